//! What an account's limits leave us (reliability.md 8), as people see it. The rule itself is
//! [`zendesk::Budget`].

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::integrations::Integration;
use store::{Connection, budgets};
use zendesk::{Address, Bucket, Budget};

use crate::connection::account_of;
use crate::engine::Engine;
use crate::error::Result;

/// The budget of an integration's account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct BudgetView {
    /// Our share of the account's limit, in percent.
    pub share: i64,
    /// The account's limit a minute, once Zendesk has named it.
    pub limit: Option<u32>,
    /// What we may spend a minute: our share of what others leave.
    pub allowance: Option<u32>,
    /// Requests of ours in the last minute.
    pub spent: u32,
    /// Those of them that were the sweep's.
    pub swept: u32,
    /// What is closed now, and until when.
    pub closed: Vec<Closed>,
}

/// A limit that is closed to us.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Closed {
    /// What people call it.
    pub what: &'static str,
    /// Until when.
    pub until: Timestamp,
}

/// The part of a kept budget that its type does not tell.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Kept {
    closed: BTreeMap<Bucket, Timestamp>,
    windows: BTreeMap<Bucket, Window>,
}

#[derive(Deserialize)]
struct Window {
    remaining: u32,
    resets_at: Timestamp,
}

/// The budget of an integration's account; `None` while no answer has named a limit.
///
/// # Errors
/// As the database says, or if the address is none.
pub(crate) async fn of(
    engine: &Engine,
    connection: &mut Connection,
    integration: &Integration,
) -> Result<Option<Budget>> {
    let kept = kept(engine, connection, integration).await?;
    Ok(kept.and_then(|kept| {
        let mut budget: Budget = serde_json::from_str(&kept).ok()?;
        let share = integration.settings.budget_share;
        budget.set_share(u8::try_from(share).unwrap_or(50));
        Some(budget)
    }))
}

/// The budget of an integration's account at this moment.
///
/// # Errors
/// As the database says, or if the address is none.
pub async fn view(engine: &Engine, integration: &Integration) -> Result<BudgetView> {
    let now = engine.now();
    let mut reader = engine.store.read().await?;
    let share = integration.settings.budget_share;
    let Some(budget) = of(engine, &mut reader, integration).await? else {
        return Ok(BudgetView {
            share,
            ..BudgetView::default()
        });
    };
    let kept = kept(engine, &mut reader, integration).await?;
    let kept: Kept = kept
        .and_then(|kept| serde_json::from_str(&kept).ok())
        .unwrap_or_default();
    Ok(BudgetView {
        share,
        limit: budget.limit(),
        allowance: budget.allowance(now),
        spent: budget.spent(now),
        swept: budget.swept(now),
        closed: closed(&kept, now),
    })
}

async fn kept(
    engine: &Engine,
    connection: &mut Connection,
    integration: &Integration,
) -> Result<Option<String>> {
    let policy = &engine.settings.addresses;
    let address =
        Address::parse(&integration.settings.url, policy).map_err(zendesk::Error::from)?;
    Ok(budgets::load(connection, &account_of(&address)).await?)
}

/// What is closed by a `Retry-After`, or because nothing of it is left.
fn closed(kept: &Kept, now: Timestamp) -> Vec<Closed> {
    let spent = kept
        .windows
        .iter()
        .filter(|(_, window)| window.remaining == 0);
    let mut until: BTreeMap<Bucket, Timestamp> = kept.closed.clone();
    for (bucket, window) in spent {
        let known = until.entry(*bucket).or_insert(window.resets_at);
        *known = window.resets_at.max(*known);
    }
    until
        .into_iter()
        .filter(|(_, until)| *until > now)
        .map(|(bucket, until)| Closed {
            what: bucket.label(),
            until,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use zendesk::RateSeen;

    #[test]
    fn what_a_kept_budget_has_closed_can_be_told() {
        let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        let mut budget = Budget::new(50);
        let seen = RateSeen {
            status: 429,
            limit: Some(400),
            remaining: Some(0),
            retry_after: Some(Duration::from_secs(30)),
            ..RateSeen::default()
        };
        budget.observe(now, Bucket::Exports, &seen);
        let text = serde_json::to_string(&budget).unwrap();
        let kept: Kept = serde_json::from_str(&text).unwrap();
        let closed = closed(&kept, now);
        assert!(!closed.is_empty(), "{text}");
        assert!(closed.iter().all(|closed| closed.until > now));
        assert!(super::closed(&kept, now + Duration::from_secs(61)).is_empty());
    }
}
