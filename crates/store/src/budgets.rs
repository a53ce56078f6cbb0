//! What is left of each limit of a Zendesk account, shared by all processes (reliability.md 8).

use jiff::Timestamp;
use sqlx::{AnyConnection, Row as _};

use crate::database::Tx;
use crate::error::Result;

/// One limit of one account, as the account's answers last said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    /// The limiter: `account`, or the name Zendesk gives it.
    pub bucket: String,
    /// Requests allowed in a window, if said.
    pub allowed: Option<i64>,
    /// Requests left in this window, if said.
    pub remaining: Option<i64>,
    /// When the window ends, if said.
    pub resets_at: Option<Timestamp>,
    /// Nobody asks this limiter before then: an open `Retry-After`.
    pub closed_until: Option<Timestamp>,
}

/// All known limits of `account`.
///
/// # Errors
/// As the database says.
pub async fn load(connection: &mut AnyConnection, account: &str) -> Result<Vec<Budget>> {
    sqlx::query("SELECT bucket, allowed, remaining, resets_at, closed_until FROM budget WHERE account = $1 ORDER BY bucket")
        .bind(account.to_owned())
        .fetch_all(connection)
        .await?
        .into_iter()
        .map(|row| {
            let closed: i64 = row.try_get("closed_until")?;
            Ok(Budget {
                bucket: row.try_get("bucket")?,
                allowed: row.try_get("allowed")?,
                remaining: row.try_get("remaining")?,
                resets_at: row
                    .try_get::<Option<i64>, _>("resets_at")?
                    .and_then(|at| Timestamp::from_microsecond(at).ok()),
                closed_until: (closed > 0)
                    .then(|| Timestamp::from_microsecond(closed).ok())
                    .flatten(),
            })
        })
        .collect()
}

/// Notes what an answer said of a limit. A closing never becomes earlier: the answer of a request
/// that was sent before the limiter closed must not open it again.
///
/// # Errors
/// As the database says.
pub async fn note(tx: &mut Tx, account: &str, budget: &Budget, now: Timestamp) -> Result<()> {
    sqlx::query(
        "INSERT INTO budget (account, bucket, allowed, remaining, resets_at, closed_until, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) \
         ON CONFLICT (account, bucket) DO UPDATE SET allowed = COALESCE(excluded.allowed, budget.allowed), \
         remaining = excluded.remaining, resets_at = excluded.resets_at, updated_at = excluded.updated_at, \
         closed_until = CASE WHEN excluded.closed_until > budget.closed_until THEN excluded.closed_until ELSE budget.closed_until END",
    )
    .bind(account.to_owned())
    .bind(budget.bucket.clone())
    .bind(budget.allowed)
    .bind(budget.remaining)
    .bind(budget.resets_at.map(Timestamp::as_microsecond))
    .bind(budget.closed_until.map_or(0, Timestamp::as_microsecond))
    .bind(now.as_microsecond())
    .execute(&mut **tx)
    .await?;
    Ok(())
}
