//! What is left of the limits of a Zendesk account, shared by all processes (reliability.md 8).
//!
//! The rule itself is `zendesk::Budget`; here is only where it is kept.

use jiff::Timestamp;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};

use crate::bulk::clean;
use crate::database::Tx;
use crate::error::Result;

/// The kept state of an account's budget, for looking only.
///
/// # Errors
/// As the database says.
pub async fn load(connection: &mut AnyConnection, account: &str) -> Result<Option<String>> {
    let row = sqlx::query("SELECT state FROM budget WHERE account = $1")
        .bind(clean(account))
        .fetch_optional(connection)
        .await?;
    Ok(row.map(|row| row.try_get("state")).transpose()?)
}

/// The kept state, locked until the transaction ends, so that two processes never spend the same
/// request.
///
/// # Errors
/// As the database says.
pub async fn lock(tx: &mut Tx, account: &str) -> Result<Option<String>> {
    let lock = tx.dialect().locking();
    let text = format!("SELECT state FROM budget WHERE account = $1{lock}");
    let row = sqlx::query(AssertSqlSafe(text))
        .bind(clean(account))
        .fetch_optional(&mut **tx)
        .await?;
    Ok(row.map(|row| row.try_get("state")).transpose()?)
}

/// Keeps the state.
///
/// # Errors
/// As the database says.
pub async fn store(tx: &mut Tx, account: &str, state: &str, now: Timestamp) -> Result<()> {
    sqlx::query(
        "INSERT INTO budget (account, state, updated_at) VALUES ($1, $2, $3) \
         ON CONFLICT (account) DO UPDATE SET state = excluded.state, updated_at = excluded.updated_at",
    )
    .bind(clean(account))
    .bind(clean(state))
    .bind(now.as_microsecond())
    .execute(&mut **tx)
    .await?;
    Ok(())
}
