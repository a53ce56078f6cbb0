//! Words of records that are older than the words: kept bit by bit, the newest records first, while
//! everything else goes on.

use sqlx::{AnyConnection, AssertSqlSafe, Row as _};

use super::{keep_cases, keep_records};
use crate::database::{Store, Tx};
use crate::error::Result;

/// How many records one turn takes: a few milliseconds, in which nobody else can write to SQLite.
const AT_ONCE: i64 = 500;

/// Whether records are left whose words are not kept yet, so that a search may miss them.
///
/// # Errors
/// As the database says.
pub async fn is_left(connection: &mut AnyConnection) -> Result<bool> {
    let left: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM word_backlog")
        .fetch_one(connection)
        .await?;
    Ok(left > 0)
}

/// Keeps the words of the next few older records. Returns whether there are more. A process that dies
/// leaves what it had not committed to the next turn.
///
/// # Errors
/// As the database says; called again, it goes on.
pub async fn go_on(store: &Store) -> Result<bool> {
    let mut tx = store.begin().await?;
    let text = format!(
        "SELECT shelf, below FROM word_backlog ORDER BY shelf LIMIT 1{}",
        tx.dialect().locking()
    );
    let next = sqlx::query(AssertSqlSafe(text))
        .fetch_optional(&mut *tx)
        .await?;
    let Some(next) = next else { return Ok(false) };
    let (shelf, below): (String, String) = (next.try_get("shelf")?, next.try_get("below")?);
    let now_below = match shelf.as_str() {
        "case" => cases(&mut tx, &below).await?,
        kind => records(&mut tx, kind, &below).await?,
    };
    match now_below {
        Some(below) => {
            sqlx::query("UPDATE word_backlog SET below = $2 WHERE shelf = $1")
                .bind(shelf)
                .bind(below)
                .execute(&mut *tx)
                .await?;
        }
        None => {
            sqlx::query("DELETE FROM word_backlog WHERE shelf = $1")
                .bind(shelf)
                .execute(&mut *tx)
                .await?;
        }
    }
    let more = is_left(&mut tx).await?;
    tx.commit().await?;
    Ok(more)
}

/// Cases below a number; returns below which the next turn begins, none after the last.
async fn cases(tx: &mut Tx, below: &str) -> Result<Option<String>> {
    let rows = sqlx::query(
        "SELECT number, subject FROM crm_case WHERE number < $1 ORDER BY number DESC LIMIT $2",
    )
    .bind(below.parse::<i64>().unwrap_or(i64::MAX))
    .bind(AT_ONCE)
    .fetch_all(&mut **tx)
    .await?;
    let subjects: Vec<(i64, String)> = rows
        .iter()
        .map(|row| Ok((row.try_get("number")?, row.try_get("subject")?)))
        .collect::<Result<_>>()?;
    let kept = subjects.iter();
    keep_cases(
        tx,
        kept.map(|(number, subject)| (*number, subject.as_str())),
    )
    .await?;
    Ok(subjects.last().map(|(number, _)| number.to_string()))
}

/// The same of contacts or accounts, by id.
async fn records(tx: &mut Tx, kind: &str, below: &str) -> Result<Option<String>> {
    let text = match kind {
        "contact" => {
            "SELECT id, prefix, first_name, middle_name, last_name, suffix, email, phone, owner_id FROM crm_contact"
        }
        _ => "SELECT id, name FROM crm_account",
    };
    let rows = sqlx::query(AssertSqlSafe(format!(
        "{text} WHERE id < $1 ORDER BY id DESC LIMIT $2"
    )))
    .bind(below.to_owned())
    .bind(AT_ONCE)
    .fetch_all(&mut **tx)
    .await?;
    let texts: Vec<(String, String)> = rows
        .iter()
        .map(|row| {
            let text = match kind {
                "contact" => crate::contacts::text(&crate::contacts::contact(row)?),
                _ => row.try_get("name")?,
            };
            Ok((row.try_get("id")?, text))
        })
        .collect::<Result<_>>()?;
    let kept = texts.iter();
    keep_records(tx, kind, kept.map(|(id, text)| (id.as_str(), text.clone()))).await?;
    Ok(texts.last().map(|(id, _)| id.clone()))
}
