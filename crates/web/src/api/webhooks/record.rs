//! Outgoing webhooks and their events as programs see and send them.

use engine::outgoing_webhooks::{EventKind, Tested};
use serde::{Deserialize, Serialize};
use store::outgoing_events::{OutgoingEvent, OutgoingState};
use store::outgoing_webhooks::OutgoingWebhook;
use utoipa::ToSchema;

/// A kind of event.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
pub(crate) enum OutgoingEventKind {
    /// A case was made, here or of a ticket.
    #[serde(rename = "case.created")]
    CaseCreated,
    /// Fields of a case changed, here or in Zendesk.
    #[serde(rename = "case.updated")]
    CaseUpdated,
    /// A case was deleted here.
    #[serde(rename = "case.deleted")]
    CaseDeleted,
    /// A case that was deleted came back.
    #[serde(rename = "case.restored")]
    CaseRestored,
    /// A case has a ticket that it had not before.
    #[serde(rename = "case.published")]
    CasePublished,
    /// A field was changed on both sides.
    #[serde(rename = "conflict.recorded")]
    ConflictRecorded,
    /// The value that lost a conflict was given back.
    #[serde(rename = "conflict.restored")]
    ConflictRestored,
    /// A run of an integration came to its end, or was stopped.
    #[serde(rename = "run.finished")]
    RunFinished,
    /// A run of an integration failed.
    #[serde(rename = "run.failed")]
    RunFailed,
    /// A workflow sent everything.
    #[serde(rename = "workflow.completed")]
    WorkflowCompleted,
    /// A workflow waits for a person.
    #[serde(rename = "workflow.failed")]
    WorkflowFailed,
}

impl OutgoingEventKind {
    const fn kind(self) -> EventKind {
        match self {
            Self::CaseCreated => EventKind::CaseCreated,
            Self::CaseUpdated => EventKind::CaseUpdated,
            Self::CaseDeleted => EventKind::CaseDeleted,
            Self::CaseRestored => EventKind::CaseRestored,
            Self::CasePublished => EventKind::CasePublished,
            Self::ConflictRecorded => EventKind::ConflictRecorded,
            Self::ConflictRestored => EventKind::ConflictRestored,
            Self::RunFinished => EventKind::RunFinished,
            Self::RunFailed => EventKind::RunFailed,
            Self::WorkflowCompleted => EventKind::WorkflowCompleted,
            Self::WorkflowFailed => EventKind::WorkflowFailed,
        }
    }
}

/// The words of kinds as they are kept.
pub(super) fn words(kinds: Vec<OutgoingEventKind>) -> Vec<String> {
    let kinds = kinds.into_iter();
    kinds.map(|kind| kind.kind().as_str().to_owned()).collect()
}

/// A system that is told what happens here.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OutgoingWebhookRecord {
    /// Our id.
    id: String,
    /// What it is called.
    name: String,
    /// Where it takes events.
    url: String,
    /// The kinds of event that it is told of.
    #[schema(value_type = Vec<OutgoingEventKind>)]
    kinds: Vec<String>,
    /// Whether it is told anything.
    active: bool,
    /// The id of the user who answers for it.
    owner_id: String,
    /// Until when the secret before the present one signs too; null if there is none.
    #[schema(format = DateTime)]
    previous_until: Option<String>,
    /// Why it was switched off by itself; null if it was not.
    off_reason: Option<String>,
    /// Why the last try failed; null if it did not.
    problem: Option<String>,
    /// Before when it is not tried; null if it may be tried now.
    #[schema(format = DateTime)]
    paused_until: Option<String>,
    /// When an event last arrived; null if none has.
    #[schema(format = DateTime)]
    delivered_at: Option<String>,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was last edited.
    #[schema(format = DateTime)]
    updated_at: String,
}

impl From<OutgoingWebhook> for OutgoingWebhookRecord {
    fn from(webhook: OutgoingWebhook) -> Self {
        let draft = webhook.draft;
        Self {
            id: webhook.id,
            name: draft.name,
            url: draft.url,
            kinds: draft.kinds,
            active: draft.active,
            owner_id: draft.owner_id,
            previous_until: webhook.previous_until.map(|at| at.to_string()),
            off_reason: webhook.off_reason,
            problem: webhook.problem,
            paused_until: webhook.paused_until.map(|at| at.to_string()),
            delivered_at: webhook.delivered_at.map(|at| at.to_string()),
            created_at: webhook.created_at.to_string(),
            updated_at: webhook.updated_at.to_string(),
        }
    }
}

/// A webhook that was just made.
#[derive(Serialize, ToSchema)]
pub(crate) struct OutgoingWebhookAdded {
    /// The webhook.
    pub(super) webhook: OutgoingWebhookRecord,
    /// What signs: `whsec_` and base64. It is told in no other answer.
    pub(super) secret: String,
}

/// A new secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewSecret {
    /// What signs from now on: `whsec_` and base64. It is told in no other answer.
    pub(super) secret: String,
    /// Until when the one before signs too.
    #[schema(format = DateTime)]
    pub(super) previous_until: Option<String>,
}

/// A new webhook.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OutgoingWebhookNew {
    /// What it is called.
    #[schema(min_length = 1, max_length = 100)]
    pub(super) name: String,
    /// Where it takes events: https, and no address inside your network unless that is allowed.
    #[schema(min_length = 1, max_length = 2000)]
    pub(super) url: String,
    /// The kinds of event that it is told of.
    #[schema(min_items = 1)]
    pub(super) kinds: Vec<OutgoingEventKind>,
    /// Whether it is told anything yet.
    #[serde(default = "yes")]
    #[schema(default = true)]
    pub(super) active: bool,
    /// The id of the user who answers for it; if not given, who makes it.
    #[schema(min_length = 1, max_length = 64)]
    pub(super) owner_id: Option<String>,
}

const fn yes() -> bool {
    true
}

/// What is changed about a webhook; what is not given stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OutgoingWebhookChange {
    /// What it is called.
    #[schema(min_length = 1, max_length = 100)]
    pub(super) name: Option<String>,
    /// Where it takes events.
    #[schema(min_length = 1, max_length = 2000)]
    pub(super) url: Option<String>,
    /// The kinds of event that it is told of.
    #[schema(min_items = 1)]
    pub(super) kinds: Option<Vec<OutgoingEventKind>>,
    /// Whether it is told anything.
    pub(super) active: Option<bool>,
    /// The id of the user who answers for it.
    #[schema(min_length = 1, max_length = 64)]
    pub(super) owner_id: Option<String>,
}

/// What became of a test event.
#[derive(Serialize, ToSchema)]
pub(crate) struct TestedWebhook {
    /// Whether the receiver took it.
    arrived: bool,
    /// The HTTP status of its answer; null if there was none.
    status: Option<u16>,
    /// What is to be said about it.
    sentence: String,
}

impl From<Tested> for TestedWebhook {
    fn from(tested: Tested) -> Self {
        Self {
            arrived: tested.arrived,
            status: tested.status,
            sentence: tested.sentence,
        }
    }
}

/// Where an event stands with its receiver.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OutgoingEventState {
    /// It is to be sent, or sent again.
    Waiting,
    /// The receiver took it.
    Delivered,
    /// It was tried for three days.
    GivenUp,
}

impl From<OutgoingState> for OutgoingEventState {
    fn from(state: OutgoingState) -> Self {
        match state {
            OutgoingState::Waiting => Self::Waiting,
            OutgoingState::Delivered => Self::Delivered,
            OutgoingState::GivenUp => Self::GivenUp,
        }
    }
}

impl From<OutgoingEventState> for OutgoingState {
    fn from(state: OutgoingEventState) -> Self {
        match state {
            OutgoingEventState::Waiting => Self::Waiting,
            OutgoingEventState::Delivered => Self::Delivered,
            OutgoingEventState::GivenUp => Self::GivenUp,
        }
    }
}

/// An event that a receiver was or is to be told.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OutgoingEventRecord {
    /// Its id: the `webhook-id` of each delivery of it.
    id: String,
    /// What happened.
    #[schema(value_type = OutgoingEventKind)]
    kind: String,
    /// When it happened.
    #[schema(format = DateTime)]
    at: String,
    /// Where it stands.
    state: OutgoingEventState,
    /// How often it was sent.
    attempts: i64,
    /// When it is sent next, but not before its webhook may be tried; null unless it waits.
    #[schema(format = DateTime)]
    next_at: Option<String>,
    /// The HTTP status of the last answer; null if there was none.
    status: Option<i64>,
    /// Why the last try failed; null if it did not.
    problem: Option<String>,
    /// When it arrived or was given up; null while it waits.
    #[schema(format = DateTime)]
    ended_at: Option<String>,
}

impl From<OutgoingEvent> for OutgoingEventRecord {
    fn from(event: OutgoingEvent) -> Self {
        let waits = event.state == OutgoingState::Waiting;
        Self {
            id: event.id,
            kind: event.kind,
            at: event.at.to_string(),
            state: event.state.into(),
            attempts: event.attempts,
            next_at: waits.then(|| event.next_at.to_string()),
            status: event.status,
            problem: event.problem,
            ended_at: event.ended_at.map(|at| at.to_string()),
        }
    }
}
