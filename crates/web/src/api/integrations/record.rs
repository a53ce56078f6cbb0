//! An integration as programs read it.

use engine::integration_view::{Details, Health, IntegrationLine};
use jiff::Timestamp;
use serde::Serialize;
use store::outbox::Counts;
use utoipa::ToSchema;

use super::settings::{SettingsRecord, SignInRecord};
use crate::api::body::etag;
use crate::api::cases::RecordName;
use crate::api::runs::RunSummary;
use crate::problem::Problem;

/// An integration in a list.
#[derive(Serialize, ToSchema)]
pub(super) struct IntegrationSummary {
    /// Its id.
    id: String,
    /// What it is called.
    name: String,
    /// The kind of account, as people read it.
    kind: String,
    /// The account's address.
    url: String,
    /// The id of its owner, who manages it.
    owner: String,
    /// Whether it runs.
    active: bool,
    /// Whether what is changed here goes to Zendesk.
    two_way: bool,
    /// Its last run, if it ever had one.
    last_run: Option<RunSummary>,
    /// When it runs next, if it is active.
    next_run_at: Option<String>,
    /// What its sign-in needs a person to do, as a sentence.
    sign_in_notice: Option<String>,
}

impl From<IntegrationLine> for IntegrationSummary {
    fn from(line: IntegrationLine) -> Self {
        Self {
            id: line.id,
            name: line.name,
            kind: line.kind,
            url: line.url,
            owner: line.owner_id,
            active: line.active,
            two_way: line.two_way,
            last_run: line.last_run.map(RunSummary::from),
            next_run_at: told(line.next_run_at),
            sign_in_notice: line.sign_in_notice,
        }
    }
}

/// How much of an integration is on its way to Zendesk.
#[derive(Serialize, ToSchema)]
struct OnTheWay {
    /// Changes that wait.
    waiting: i64,
    /// Changes that a worker is at.
    being_sent: i64,
    /// Changes that are parked.
    parked: i64,
    /// When the change that has waited longest was noted.
    oldest_waiting_at: Option<String>,
}

impl From<Counts> for OnTheWay {
    fn from(counts: Counts) -> Self {
        Self {
            waiting: counts.waiting,
            being_sent: counts.claimed,
            parked: counts.parked,
            oldest_waiting_at: told(counts.oldest_waiting_at),
        }
    }
}

/// How an integration does beside its runs.
#[derive(Serialize, ToSchema)]
struct IntegrationHealth {
    /// The account's limit of requests a minute, once Zendesk has named it.
    limit: Option<u32>,
    /// How many of them may be sent from here.
    allowance: Option<u32>,
    /// How many were sent from here in the last minute.
    spent: u32,
    /// No linked ticket was verified longer ago than this; null before the first full round.
    oldest_verified_at: Option<String>,
    /// When Zendesk last sent an event; null if it has not, or has no webhook.
    last_event_at: Option<String>,
    /// That changes come in by polling only, as a sentence.
    silence: Option<String>,
}

impl From<Health> for IntegrationHealth {
    fn from(health: Health) -> Self {
        let webhook = health.webhook.as_ref();
        Self {
            limit: health.budget.limit,
            allowance: health.budget.allowance,
            spent: health.budget.spent,
            oldest_verified_at: told(health.sweep.oldest_verified_at),
            last_event_at: told(webhook.and_then(|webhook| webhook.last_seen_at)),
            silence: webhook.and_then(|webhook| webhook.silence.clone()),
        }
    }
}

/// An integration.
#[derive(Serialize, ToSchema)]
pub(super) struct IntegrationRecord {
    /// Its id.
    id: String,
    /// The kind of account, as people read it.
    kind: String,
    /// Which account it is, once it was reached.
    account: Option<String>,
    /// Whether it runs.
    active: bool,
    /// When it runs next, if it is active.
    next_run_at: Option<String>,
    /// Who owns it, if they are still there.
    owner: Option<RecordName>,
    /// What can be edited.
    settings: SettingsRecord,
    /// How it signs in.
    sign_in: SignInRecord,
    /// How much is on its way to Zendesk.
    on_the_way: OnTheWay,
    /// How it does beside its runs.
    health: IntegrationHealth,
}

impl From<Details> for IntegrationRecord {
    fn from(details: Details) -> Self {
        Self {
            settings: SettingsRecord::from(&details.settings),
            id: details.id,
            kind: details.kind,
            account: details.account,
            active: details.active,
            next_run_at: told(details.next_run_at),
            owner: details
                .owner
                .map(|user| RecordName::new(user.id, user.name)),
            sign_in: details.sign_in.into(),
            on_the_way: details.waiting.into(),
            health: details.health.into(),
        }
    }
}

impl IntegrationRecord {
    /// What names the version of the settings: whatever can be edited changes it, and how the integration
    /// does just now does not.
    pub(super) fn version(&self) -> Result<String, Problem> {
        etag(&(
            &self.id,
            &self.owner,
            &self.settings,
            self.sign_in.version(),
        ))
    }
}

/// A moment as programs read it.
pub(super) fn told(at: Option<Timestamp>) -> Option<String> {
    at.map(|at| at.to_string())
}
