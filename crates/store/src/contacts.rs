//! Customers (`crm_contact`).

use std::collections::{HashMap, HashSet};

use domain::person::{PersonName, email_key};
use jiff::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use crate::bulk::{Bulk, clean, select_in};
use crate::database::Tx;
use crate::error::Result;
use crate::words::{self, Shelf, Wanted};

/// A customer.
#[derive(Clone, PartialEq, Eq)]
pub struct Contact {
    /// Our id.
    pub id: String,
    /// Their name, in parts.
    pub name: PersonName,
    /// Their primary email address.
    pub email: Option<String>,
    /// Their primary phone number.
    pub phone: Option<String>,
    /// Which user looks after them.
    pub owner_id: Option<String>,
}

impl std::fmt::Debug for Contact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Contact")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

pub(crate) fn name(row: &AnyRow) -> Result<PersonName> {
    Ok(PersonName {
        prefix: row.try_get("prefix")?,
        first: row.try_get("first_name")?,
        middle: row.try_get("middle_name")?,
        last: row.try_get("last_name")?,
        suffix: row.try_get("suffix")?,
    })
}

pub(crate) fn contact(row: &AnyRow) -> Result<Contact> {
    Ok(Contact {
        id: row.try_get("id")?,
        name: name(row)?,
        email: row.try_get("email")?,
        phone: row.try_get("phone")?,
        owner_id: row.try_get("owner_id")?,
    })
}

static UPSERT: Bulk = Bulk::new(
    "INSERT INTO crm_contact (id, prefix, first_name, middle_name, last_name, suffix, email, email_key, phone, owner_id, created_at, updated_at)",
    12,
    "ON CONFLICT (id) DO UPDATE SET prefix = excluded.prefix, first_name = excluded.first_name, middle_name = excluded.middle_name, \
     last_name = excluded.last_name, suffix = excluded.suffix, email = excluded.email, email_key = excluded.email_key, \
     phone = excluded.phone, owner_id = excluded.owner_id, updated_at = excluded.updated_at, version = crm_contact.version + 1",
);

/// Adds new contacts and replaces known ones, by id.
///
/// # Errors
/// As the database says.
pub async fn put(tx: &mut Tx, contacts: &[Contact], now: Timestamp) -> Result<()> {
    UPSERT
        .run(tx, contacts, |row, contact| {
            row.text(&contact.id)
                .maybe_text(contact.name.prefix.as_deref())
                .maybe_text(contact.name.first.as_deref())
                .maybe_text(contact.name.middle.as_deref())
                .maybe_text(contact.name.last.as_deref())
                .maybe_text(contact.name.suffix.as_deref())
                .maybe_text(contact.email.as_deref())
                .maybe_text(contact.email.as_deref().map(email_key).as_deref())
                .maybe_text(contact.phone.as_deref())
                .maybe_text(contact.owner_id.as_deref())
                .int(now.as_microsecond())
                .int(now.as_microsecond());
        })
        .await?;
    let words = contacts.iter();
    let words = words.map(|contact| (contact.id.as_str(), text(contact)));
    words::keep_records(tx, "contact", words).await
}

/// What a contact is looked up by: their name and their email.
pub(crate) fn text(contact: &Contact) -> String {
    let email = contact.email.as_deref().unwrap_or_default();
    format!("{} {email}", contact.name.full())
}

/// So many contacts that have a word are looked at.
const LOOKED_AT: i64 = 2_000;

/// The contacts whose name or email has all the words of `typed`, or words that begin so: the one made
/// last first, those with an id below `before` if given, at most `limit`. Of a word that very many have,
/// the 2,000 made last are looked at.
///
/// # Errors
/// As the database says.
pub async fn search(
    connection: &mut AnyConnection,
    typed: &str,
    before: Option<&str>,
    limit: i64,
) -> Result<Vec<Contact>> {
    let wanted = Wanted::all(typed);
    let ids = words::ids(connection, Shelf::Contacts, &wanted, before, LOOKED_AT).await?;
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut found = Vec::new();
    for ids in ids.chunks(256) {
        let known = by_ids(connection, ids).await?;
        let alive = alive(connection, ids).await?;
        let fit = ids.iter().filter(|id| alive.contains(*id));
        let fit = fit.filter_map(|id| known.get(id));
        found.extend(
            fit.filter(|contact| Wanted::all_in(&wanted, &text(contact)))
                .cloned(),
        );
        if found.len() >= most {
            break;
        }
    }
    found.truncate(most);
    Ok(found)
}

/// Which of these were not deleted.
async fn alive(connection: &mut AnyConnection, ids: &[String]) -> Result<HashSet<String>> {
    let head = "SELECT id FROM crm_contact WHERE deleted_at IS NULL AND id IN";
    let rows = select_in(connection, head, None, ids, "").await?;
    rows.iter().map(|row| Ok(row.try_get("id")?)).collect()
}

/// The contacts with these ids.
///
/// # Errors
/// As the database says.
pub async fn by_ids(
    connection: &mut AnyConnection,
    ids: &[String],
) -> Result<HashMap<String, Contact>> {
    select_in(
        connection,
        "SELECT id, prefix, first_name, middle_name, last_name, suffix, email, phone, owner_id FROM crm_contact WHERE id IN",
        None,
        ids,
        "",
    )
    .await?
    .iter()
    .map(|row| contact(row).map(|contact| (contact.id.clone(), contact)))
    .collect()
}

/// Contacts, the one made last first, those with an id below `before` if given, at most `limit`. Deleted
/// ones are left out.
///
/// # Errors
/// As the database says.
pub async fn list(
    connection: &mut AnyConnection,
    before: Option<&str>,
    limit: i64,
) -> Result<Vec<Contact>> {
    sqlx::query(
        "SELECT id, prefix, first_name, middle_name, last_name, suffix, email, phone, owner_id FROM crm_contact \
         WHERE deleted_at IS NULL AND ($1 = '' OR id < $1) ORDER BY id DESC LIMIT $2",
    )
    .bind(clean(before.unwrap_or_default()))
    .bind(limit)
    .fetch_all(connection)
    .await?
    .iter()
    .map(contact)
    .collect()
}

/// The contacts that were written from `since` on, by their ids, behind the id `after`.
///
/// # Errors
/// As the database says.
pub async fn changed_since(
    connection: &mut AnyConnection,
    since: Timestamp,
    after: &str,
    limit: i64,
) -> Result<Vec<Contact>> {
    sqlx::query(
        "SELECT id, prefix, first_name, middle_name, last_name, suffix, email, phone, owner_id FROM crm_contact \
         WHERE updated_at >= $1 AND id > $2 ORDER BY id LIMIT $3",
    )
    .bind(since.as_microsecond())
    .bind(clean(after))
    .bind(limit)
    .fetch_all(connection)
    .await?
    .iter()
    .map(contact)
    .collect()
}

/// A contact on a page of all of them.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The contact.
    pub contact: Contact,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// The next contacts behind the one with this id, in the order of their ids; deleted ones are left out.
///
/// # Errors
/// As the database says.
pub async fn page(connection: &mut AnyConnection, after: &str, limit: i64) -> Result<Vec<Listed>> {
    sqlx::query(
        "SELECT id, prefix, first_name, middle_name, last_name, suffix, email, phone, owner_id, updated_at FROM crm_contact \
         WHERE deleted_at IS NULL AND id > $1 ORDER BY id LIMIT $2",
    )
    .bind(clean(after))
    .bind(limit)
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| {
        Ok(Listed {
            contact: contact(row)?,
            updated_at: crate::cases::moment(row, "updated_at")?,
        })
    })
    .collect()
}

/// Which contact has each of these emails (as [`email_key`] makes them) as its primary one. If
/// several do, the one made first, so that the answer never depends on chance.
///
/// # Errors
/// As the database says.
pub async fn ids_by_primary_email(
    connection: &mut AnyConnection,
    keys: &[String],
) -> Result<HashMap<String, String>> {
    let rows = select_in(
        connection,
        "SELECT email_key, MIN(id) AS id FROM crm_contact WHERE deleted_at IS NULL AND email_key IN",
        None,
        keys,
        "GROUP BY email_key",
    )
    .await?;
    rows.iter()
        .map(|row| Ok((row.try_get("email_key")?, row.try_get("id")?)))
        .collect()
}

/// Which contact has each of these emails as a secondary one; the one made first.
///
/// # Errors
/// As the database says.
pub async fn ids_by_secondary_email(
    connection: &mut AnyConnection,
    keys: &[String],
) -> Result<HashMap<String, String>> {
    let rows = select_in(
        connection,
        "SELECT e.email_key, MIN(c.id) AS id FROM crm_contact_email e JOIN crm_contact c ON c.id = e.contact_id \
         WHERE c.deleted_at IS NULL AND e.email_key IN",
        None,
        keys,
        "GROUP BY e.email_key",
    )
    .await?;
    rows.iter()
        .map(|row| Ok((row.try_get("email_key")?, row.try_get("id")?)))
        .collect()
}

/// Adds a secondary email address to a contact.
///
/// # Errors
/// As the database says.
pub async fn add_email(tx: &mut Tx, contact_id: &str, email: &str) -> Result<()> {
    sqlx::query("INSERT INTO crm_contact_email (contact_id, email, email_key) VALUES ($1, $2, $3) ON CONFLICT (contact_id, email_key) DO NOTHING")
        .bind(clean(contact_id))
        .bind(clean(email.trim()))
        .bind(clean(&email_key(email)))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Something that a person did to a contact, as the audit log tells.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Told {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// What, in the log's word.
    pub action: String,
    /// To what of it.
    pub detail: String,
}

/// What people did to a contact, newest first, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn told(connection: &mut AnyConnection, contact: &str, limit: i64) -> Result<Vec<Told>> {
    sqlx::query("SELECT at, actor, action, detail FROM audit_log WHERE subject = $1 ORDER BY id DESC LIMIT $2")
        .bind(clean(contact))
        .bind(limit)
        .fetch_all(connection)
        .await?
        .iter()
        .map(|row| {
            Ok(Told {
                at: crate::cases::moment(row, "at")?,
                actor: row.try_get("actor")?,
                action: row.try_get("action")?,
                detail: row.try_get("detail")?,
            })
        })
        .collect()
}
