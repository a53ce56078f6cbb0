//! Faults on request: what goes wrong, on which route, after how many requests, how often.

mod damage;
mod desk;
mod reading;

pub(crate) use damage::{damage, leave_out_audit, make_endless, refusal};
pub(crate) use desk::{Armed, FaultDesk};
pub use reading::FaultError;

use std::fmt;
use std::time::Duration;

use crate::account::job::JobFate;

/// The form of a refusal's body (zendesk-api.md 3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyForm {
    /// `{"error":"..","description":".."}`
    Json,
    /// `{"error":{"title":"..","message":".."}}`
    Object,
    /// `{"errors":[{"code":"..","title":".."}]}`
    Errors,
    /// `{"error":"RecordInvalid",..,"details":{"base":[..]}}`
    Details,
    /// Plain text.
    Text,
    /// A page of HTML.
    Html,
    /// Nothing.
    Empty,
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultKind {
    /// The request is refused with this status; nothing is done.
    Status {
        /// HTTP status.
        status: u16,
        /// The body's form.
        form: BodyForm,
        /// `Retry-After`, in seconds.
        retry_after: Option<u64>,
    },
    /// The connection breaks before anything is done.
    ResetBefore,
    /// The connection breaks after the request was carried out: the reply is lost.
    ResetAfter,
    /// The answer breaks off in the middle of its body.
    Truncate,
    /// The answer's body is no JSON.
    InvalidJson,
    /// The answer is a page of HTML with status 200.
    Html,
    /// The answer is JSON of another shape.
    WrongShape,
    /// The answer sends the client to another host.
    Redirect {
        /// Where to.
        to: String,
    },
    /// From now on every credential is refused, until faults are cleared.
    RevokeToken,
    /// A `cursor` or `page[after]` is refused.
    RefuseCursor {
        /// HTTP status: 400 or 422.
        status: u16,
    },
    /// The answer takes longer, on the machine's clock.
    Slow {
        /// By how much.
        by: Duration,
    },
    /// The first page is answered for ever, with its own cursor and never an end.
    RepeatPage,
    /// Every row comes twice.
    DuplicateRows,
    /// Rows come in another order: the last first.
    ShuffleRows,
    /// A field of one record is null.
    Null {
        /// The field.
        field: String,
    },
    /// A field of one record has this value: an unknown status, priority, type or role.
    Set {
        /// The field.
        field: String,
        /// The value: JSON where it is JSON, else text.
        value: String,
    },
    /// The subject of one record is 10,000 characters long.
    HugeSubject,
    /// One record has the email of the first.
    SameEmail,
    /// The requester of one record is no user.
    MissingRequester,
    /// `users/me` answers 200 with a null id.
    AnonymousMe,
    /// The connection breaks at once, and the request is carried out later on the simulator's clock.
    Late {
        /// By how much.
        by: Duration,
    },
    /// The request is carried out and then answered with a refusal.
    ApplyThen {
        /// HTTP status.
        status: u16,
        /// The body's form.
        form: BodyForm,
        /// `Retry-After`, in seconds.
        retry_after: Option<u64>,
    },
    /// A PUT is answered 200 with the record as it is, and nothing is done.
    OkWithoutEffect,
    /// Something becomes of the background job that the request queues.
    Job(JobFate),
    /// Something goes wrong with the delivery of a webhook; `route` names the kind of its event.
    Webhook(Trouble),
}

/// What goes wrong with the delivery of a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing is sent.
    Drop,
    /// It is sent twice.
    Duplicate,
    /// The next one overtakes it.
    Reorder,
    /// It is sent later, on the machine's clock.
    Delay {
        /// By how much.
        by: Duration,
    },
    /// It is sent later, on the simulator's clock.
    Late {
        /// By how much.
        by: Duration,
    },
}

/// Which record of an answer a fault touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Record {
    /// The record at this place of every page, from 1.
    Place(usize),
    /// The record with this id.
    Id(i64),
}

/// A fault: what, where, when, how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What goes wrong.
    pub kind: FaultKind,
    /// On which route: a pattern of docs/simulator.md such as `incremental/tickets/cursor` or
    /// `tickets/{id}`; `*` stands for any rest. All routes without it.
    pub route: Option<String>,
    /// On which method. All without it.
    pub method: Option<String>,
    /// How many matching requests pass first.
    pub after: u64,
    /// How often it happens; for ever without it.
    pub times: Option<u64>,
    /// How long it lasts from the first time it happens, on the simulator's clock; for ever without it.
    pub lasting: Option<Duration>,
    /// Which record it touches, where it touches one.
    pub record: Option<Record>,
}

impl Fault {
    /// A fault of this kind on all routes, at once and for ever.
    pub fn new(kind: FaultKind) -> Self {
        Self {
            kind,
            route: None,
            method: None,
            after: 0,
            times: None,
            lasting: None,
            record: None,
        }
    }

    /// The same fault on one route.
    #[must_use]
    pub fn on(mut self, route: impl Into<String>) -> Self {
        self.route = Some(route.into());
        self
    }

    /// The same fault for one method.
    #[must_use]
    pub fn method(mut self, method: impl Into<String>) -> Self {
        self.method = Some(method.into());
        self
    }

    /// The same fault after some matching requests have passed.
    #[must_use]
    pub fn after(mut self, requests: u64) -> Self {
        self.after = requests;
        self
    }

    /// The same fault, so many times only.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }

    /// The same fault for so long from the first time it happens, on the simulator's clock.
    #[must_use]
    pub fn lasting(mut self, lasting: Duration) -> Self {
        self.lasting = Some(lasting);
        self
    }

    /// The same fault on one record.
    #[must_use]
    pub fn record(mut self, record: Record) -> Self {
        self.record = Some(record);
        self
    }

    /// Whether it concerns a request.
    pub(crate) fn matches(&self, method: &str, route: &str) -> bool {
        self.method.as_deref().is_none_or(|wanted| wanted == method)
            && self.route.as_deref().is_none_or(|wanted| {
                wanted == route
                    || wanted
                        .strip_suffix('*')
                        .is_some_and(|start| route.starts_with(start))
            })
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status { status, .. } => write!(formatter, "status={status}"),
            Self::ResetBefore => formatter.write_str("reset-before"),
            Self::ResetAfter => formatter.write_str("reset-after"),
            Self::Truncate => formatter.write_str("truncate"),
            Self::InvalidJson => formatter.write_str("invalid-json"),
            Self::Html => formatter.write_str("html"),
            Self::WrongShape => formatter.write_str("wrong-shape"),
            Self::Redirect { to } => write!(formatter, "redirect={to}"),
            Self::RevokeToken => formatter.write_str("revoke-token"),
            Self::RefuseCursor { status } => write!(formatter, "refuse-cursor={status}"),
            Self::Slow { by } => write!(formatter, "slow={}", by.as_millis()),
            Self::RepeatPage => formatter.write_str("repeat-page"),
            Self::DuplicateRows => formatter.write_str("duplicate-rows"),
            Self::ShuffleRows => formatter.write_str("shuffle-rows"),
            Self::Null { field } => write!(formatter, "null={field}"),
            Self::Set { field, value } => write!(formatter, "set={field}:value={value}"),
            Self::HugeSubject => formatter.write_str("huge-subject"),
            Self::SameEmail => formatter.write_str("same-email"),
            Self::MissingRequester => formatter.write_str("missing-requester"),
            Self::AnonymousMe => formatter.write_str("anonymous-me"),
            Self::Late { by } => write!(formatter, "late={}", by.as_millis()),
            Self::ApplyThen { status, .. } => write!(formatter, "apply-then={status}"),
            Self::OkWithoutEffect => formatter.write_str("ok-without-effect"),
            Self::Job(JobFate::Never) => formatter.write_str("job-never"),
            Self::Job(JobFate::Slow { by }) => write!(formatter, "job-slow={}", by.as_millis()),
            Self::Job(JobFate::Fail { rows }) => write!(formatter, "job-fail={rows}"),
            Self::Job(JobFate::Kill { rows }) => write!(formatter, "job-kill={rows}"),
            Self::Job(JobFate::Forget) => formatter.write_str("job-forget"),
            Self::Job(JobFate::FailRows { rows }) => write!(formatter, "fail-rows={rows}"),
            Self::Webhook(Trouble::Drop) => formatter.write_str("webhook-drop"),
            Self::Webhook(Trouble::Duplicate) => formatter.write_str("webhook-duplicate"),
            Self::Webhook(Trouble::Reorder) => formatter.write_str("webhook-reorder"),
            Self::Webhook(Trouble::Delay { by }) => {
                write!(formatter, "webhook-delay={}", by.as_millis())
            }
            Self::Webhook(Trouble::Late { by }) => {
                write!(formatter, "webhook-late={}", by.as_secs())
            }
        }
    }
}
