//! The home page: how every connection does, what needs somebody, and the last day.

use jiff::{SignedDuration, Timestamp};
use store::integrations::{self, Integration};
use store::outbox::Counts;
use store::{credentials, destinations, outbox, runs, totals};

use crate::budget::BudgetView;
use crate::engine::Engine;
use crate::error::Result;
use crate::integration_view::{self, RunLine};

/// How many hours are drawn.
pub const HOURS: usize = 24;
/// The most runs that are looked at for them, of one integration: two a minute.
const RUNS: i64 = 2_880;

/// How one connection does.
#[derive(Debug, Clone)]
pub struct ConnectionView {
    /// The integration.
    pub integration: Integration,
    /// Its last run.
    pub last_run: Option<RunLine>,
    /// When the last run began that came to its end: what is older is in step.
    pub in_step_since: Option<Timestamp>,
    /// How long ago that was.
    pub lag: Option<SignedDuration>,
    /// Whether that is longer than three intervals and five minutes, as alerts count it.
    pub late: bool,
    /// What is on its way to Zendesk, and what is parked.
    pub waiting: Counts,
    /// What its account's limits leave us.
    pub budget: BudgetView,
    /// Differences that the last full round of the sweep and the present one found.
    pub differences: u64,
    /// No linked ticket was verified longer ago than this.
    pub oldest_verified_at: Option<Timestamp>,
    /// What its sign-in needs a person to do.
    pub sign_in_notice: Option<String>,
}

/// What the runs of one hour did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hour {
    /// Records that came from Zendesk.
    pub records: u64,
    /// Requests that were sent.
    pub requests: u64,
}

/// How every connection does, by name.
///
/// # Errors
/// As the database says.
pub async fn connections(engine: &Engine) -> Result<Vec<ConnectionView>> {
    let now = engine.now();
    let all = integrations::list(&mut *engine.store.read().await?).await?;
    let mut views = Vec::new();
    // A few queries each: an installation has a handful of integrations.
    for integration in all {
        let health = integration_view::health(engine, &integration).await?;
        let notice = integration_view::sign_in(engine, &integration)
            .await?
            .notice;
        let reader = &mut *engine.store.read().await?;
        let last = runs::latest(reader, &integration.id, 1).await?;
        let completed = runs::last_completed(reader, &integration.id).await?;
        let in_step_since = completed.and_then(|run| run.started_at);
        let lag = in_step_since.map(|since| now.duration_since(since).max(SignedDuration::ZERO));
        let rounds = [&health.sweep.last, &health.sweep.present];
        views.push(ConnectionView {
            waiting: outbox::counts(reader, &integration.id).await?,
            late: integration.active && lag.is_some_and(|lag| lag > patience(&integration)),
            last_run: last.into_iter().next().map(RunLine::from),
            differences: rounds.into_iter().flatten().map(|r| r.differences).sum(),
            oldest_verified_at: health.sweep.oldest_verified_at,
            budget: health.budget,
            sign_in_notice: notice,
            in_step_since,
            lag,
            integration,
        });
    }
    Ok(views)
}

/// How far behind a connection may be before that is said: three intervals, and five minutes at least
/// (security-and-operations.md 5).
fn patience(integration: &Integration) -> SignedDuration {
    let interval = SignedDuration::try_from(integration.settings.interval).unwrap_or_default();
    (interval * 3).max(SignedDuration::from_mins(5))
}

/// What the runs of the last day did, hour by hour, the oldest first.
///
/// # Errors
/// As the database says.
pub async fn last_day(engine: &Engine) -> Result<[Hour; HOURS]> {
    let now = engine.now();
    let mut hours = [Hour::default(); HOURS];
    let length = SignedDuration::from_hours(1);
    let since = now
        .saturating_sub(SignedDuration::from_hours(24))
        .unwrap_or(now);
    let reader = &mut *engine.store.read().await?;
    for integration in integrations::list(reader).await? {
        for trace in runs::since(reader, &integration.id, since, RUNS).await? {
            let age = trace.created_at.duration_since(since).as_secs() / length.as_secs();
            let at = usize::try_from(age).unwrap_or(0).min(HOURS - 1);
            let counters = &trace.counters;
            if let Some(hour) = hours.get_mut(at) {
                hour.records +=
                    counters.users.read + counters.tickets.read + counters.comments.read;
                hour.requests += counters.requests;
            }
        }
    }
    Ok(hours)
}

/// What needs somebody to look at it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Attention {
    /// Changes that are parked.
    pub parked: i64,
    /// Fields that were changed on both sides in the last day.
    pub conflicts: i64,
    /// Workflows that somebody has to settle.
    pub failed_workflows: i64,
}

/// What needs somebody to look at it.
///
/// # Errors
/// As the database says.
pub async fn attention(engine: &Engine) -> Result<Attention> {
    let day_ago = engine
        .now()
        .saturating_sub(SignedDuration::from_hours(24))
        .unwrap_or(Timestamp::MIN);
    let reader = &mut *engine.store.read().await?;
    Ok(Attention {
        parked: totals::parked(reader).await?,
        conflicts: totals::conflicts_since(reader, day_ago).await?,
        failed_workflows: totals::failed_workflows(reader).await?,
    })
}

/// What has been set up so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SetUp {
    /// Whether an account is connected.
    pub integration: bool,
    /// Whether a credential is stored.
    pub credential: bool,
    /// Whether profiles can be sent anywhere.
    pub destination: bool,
}

/// What has been set up so far.
///
/// # Errors
/// As the database says.
pub async fn set_up(engine: &Engine) -> Result<SetUp> {
    let reader = &mut *engine.store.read().await?;
    Ok(SetUp {
        integration: !integrations::list(reader).await?.is_empty(),
        credential: !credentials::list(reader).await?.is_empty(),
        destination: !destinations::list(reader).await?.is_empty(),
    })
}
