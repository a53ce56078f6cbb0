//! Records that are written only as they were read, so that nobody's change is overwritten unseen.

use jiff::Timestamp;
use sqlx::AssertSqlSafe;

use crate::bulk::clean;
use crate::database::Tx;
use crate::error::{Error, Result};

/// A record as its reader knows it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Read<'a> {
    /// Where it lies; its people's word is the table's.
    pub(crate) table: &'static str,
    pub(crate) id: &'a str,
    pub(crate) name: &'a str,
    /// When it had last been changed.
    pub(crate) updated_at: Timestamp,
}

/// Makes sure that a record is still as it was read, and stays so until the transaction ends.
///
/// # Errors
/// [`Error::Stale`] if somebody changed or deleted it since.
pub(crate) async fn hold(tx: &mut Tx, read: Read<'_>) -> Result<()> {
    let text = format!(
        "SELECT updated_at FROM {} WHERE id = $1{}",
        read.table,
        tx.dialect().locking()
    );
    let now: Option<i64> = sqlx::query_scalar(AssertSqlSafe(text))
        .bind(clean(read.id))
        .fetch_optional(&mut **tx)
        .await?;
    if now == Some(read.updated_at.as_microsecond()) {
        return Ok(());
    }
    Err(Error::Stale {
        what: format!("the {} {}", read.table, read.name),
    })
}
