//! The companies that customers belong to (`crm_account`).

use jiff::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use crate::bulk::{clean, select_in};
use crate::contacts::{self, Contact};
use crate::database::{Dialect, Tx};
use crate::error::Result;
use crate::words::{self, Shelf, Wanted};

/// A company.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// Our id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// When it was made here.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// Without the name, which is a customer's.
impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

fn account(row: &AnyRow) -> Result<Account> {
    Ok(Account {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        created_at: crate::cases::moment(row, "created_at")?,
        updated_at: crate::cases::moment(row, "updated_at")?,
    })
}

/// Adds an account, or gives a known one its new name.
///
/// # Errors
/// As the database says.
pub async fn put(tx: &mut Tx, id: &str, name: &str, now: Timestamp) -> Result<()> {
    sqlx::query(
        "INSERT INTO crm_account (id, name, created_at, updated_at) VALUES ($1, $2, $3, $3) \
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, updated_at = excluded.updated_at",
    )
    .bind(clean(id))
    .bind(clean(name))
    .bind(now.as_microsecond())
    .execute(&mut **tx)
    .await?;
    words::keep_records(tx, "account", std::iter::once((id, name.to_owned()))).await
}

/// The account with this id.
///
/// # Errors
/// As the database says.
pub async fn find(connection: &mut AnyConnection, id: &str) -> Result<Option<Account>> {
    let row = sqlx::query("SELECT * FROM crm_account WHERE id = $1 AND deleted_at IS NULL")
        .bind(clean(id))
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(account).transpose()
}

/// As [`find`]; nobody else changes it until the transaction ends.
///
/// # Errors
/// As the database says.
pub async fn lock(tx: &mut Tx, id: &str) -> Result<Option<Account>> {
    let text = match tx.dialect() {
        Dialect::Sqlite => "SELECT * FROM crm_account WHERE id = $1 AND deleted_at IS NULL",
        Dialect::Postgres => {
            "SELECT * FROM crm_account WHERE id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE"
        }
    };
    let row = sqlx::query(text)
        .bind(clean(id))
        .fetch_optional(&mut **tx)
        .await?;
    row.as_ref().map(account).transpose()
}

/// Accounts, the one made last first, those with an id below `before` if given, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn list(
    connection: &mut AnyConnection,
    before: Option<&str>,
    limit: i64,
) -> Result<Vec<Account>> {
    sqlx::query(
        "SELECT * FROM crm_account WHERE deleted_at IS NULL AND ($1 = '' OR id < $1) ORDER BY id DESC LIMIT $2",
    )
    .bind(clean(before.unwrap_or_default()))
    .bind(limit)
    .fetch_all(connection)
    .await?
    .iter()
    .map(account)
    .collect()
}

/// So many accounts that have a word are looked at.
const LOOKED_AT: i64 = 2_000;

/// The accounts whose name has all the words of `typed`, or words that begin so, as [`list`] orders them.
///
/// # Errors
/// As the database says.
pub async fn search(
    connection: &mut AnyConnection,
    typed: &str,
    before: Option<&str>,
    limit: i64,
) -> Result<Vec<Account>> {
    let wanted = Wanted::all(typed);
    let ids = words::ids(connection, Shelf::Accounts, &wanted, before, LOOKED_AT).await?;
    let head = "SELECT * FROM crm_account WHERE deleted_at IS NULL AND id IN";
    let mut found = Vec::new();
    for row in select_in(connection, head, None, &ids, "").await? {
        found.push(account(&row)?);
    }
    found.retain(|account| Wanted::all_in(&wanted, &account.name));
    found.sort_by(|one, other| other.id.cmp(&one.id));
    found.dedup();
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(found)
}

/// The contacts of an account, as [`contacts::list`] orders them.
///
/// # Errors
/// As the database says.
pub async fn contacts(
    connection: &mut AnyConnection,
    account: &str,
    before: Option<&str>,
    limit: i64,
) -> Result<Vec<Contact>> {
    let rows = sqlx::query(
        "SELECT id, prefix, first_name, middle_name, last_name, suffix, email, phone, owner_id FROM crm_contact \
         WHERE account_id = $1 AND deleted_at IS NULL AND ($2 = '' OR id < $2) ORDER BY id DESC LIMIT $3",
    )
    .bind(clean(account))
    .bind(clean(before.unwrap_or_default()))
    .bind(limit)
    .fetch_all(connection)
    .await?;
    rows.iter().map(contacts::contact).collect()
}

/// The account that a contact belongs to.
///
/// # Errors
/// As the database says.
pub async fn of_contact(connection: &mut AnyConnection, contact: &str) -> Result<Option<Account>> {
    let row = sqlx::query(
        "SELECT a.* FROM crm_contact c JOIN crm_account a ON a.id = c.account_id WHERE c.id = $1 AND a.deleted_at IS NULL",
    )
    .bind(clean(contact))
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(account).transpose()
}

/// Puts a contact into an account, or into none. False if there is no such contact.
///
/// # Errors
/// As the database says.
pub async fn set_of_contact(
    tx: &mut Tx,
    contact: &str,
    account: Option<&str>,
    now: Timestamp,
) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE crm_contact SET account_id = $2, updated_at = $3, version = version + 1 WHERE id = $1 AND deleted_at IS NULL",
    )
    .bind(clean(contact))
    .bind(account.map(clean))
    .bind(now.as_microsecond())
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}
