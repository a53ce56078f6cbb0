//! Numbers handed out one after another.

use sqlx::Row as _;

use crate::bulk::clean;
use crate::database::Tx;
use crate::error::Result;

/// Takes the next `count` numbers of `name`; returns the first of them. They are given back if the
/// transaction is not committed, so no number is ever skipped.
///
/// # Errors
/// As the database says.
pub async fn take(tx: &mut Tx, name: &str, count: usize) -> Result<i64> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let row = sqlx::query(
        "INSERT INTO counter (name, value) VALUES ($1, $2) \
         ON CONFLICT (name) DO UPDATE SET value = counter.value + excluded.value RETURNING value",
    )
    .bind(clean(name))
    .bind(count)
    .fetch_one(&mut **tx)
    .await?;
    Ok(row.try_get::<i64, _>("value")? - count + 1)
}
