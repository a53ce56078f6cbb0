//! What an answer of Zendesk to a send means for its rows and for the run (zendesk-api.md 1 to 3.2).

use serde_json::Value;

use super::action::Trouble;
use super::failure::{FailureClass, RowFailure, explain};
use super::outcome::RowState;
use crate::word::words;

/// What was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// A batch, as a job.
    Bulk,
    /// One user.
    Single,
}

/// How Zendesk knows us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Auth {
    /// By a fixed token: there is nothing to renew.
    ApiToken,
    /// By an access token that can be renewed.
    OAuth {
        /// Whether it was renewed for this very request already.
        renewed: bool,
    },
}

/// Around the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Situation {
    /// What was asked.
    pub call: Call,
    /// How Zendesk knows us.
    pub auth: Auth,
    /// Whether a single write of a user works, if that was tried.
    pub single_works: Option<bool>,
}

/// An answer. Its body may hold personal data, so `Debug` shows none of it.
#[derive(Clone, Copy)]
pub struct Answer<'a> {
    /// The status.
    pub status: u16,
    /// `Content-Type`, if given.
    pub content_type: Option<&'a str>,
    /// `Retry-After`, as written.
    pub retry_after: Option<&'a str>,
    /// The body.
    pub body: &'a [u8],
}

impl std::fmt::Debug for Answer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status)
            .field("content_type", &self.content_type)
            .field("retry_after", &self.retry_after)
            .field("body", &format_args!("{} bytes", self.body.len()))
            .finish()
    }
}

words! {
    /// Who has to wait.
    pub enum Scope {
        /// This one user: the account's budget is untouched.
        User = "user",
        /// Everybody who calls the account.
        Account = "account",
        /// Whoever would start another job: the 30 slots are shared with other tools.
        Jobs = "jobs",
        /// Everybody: Zendesk itself is unwell.
        Server = "server",
    }
}

/// What an answer means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// Zendesk took it: the body says more.
    Accepted,
    /// Nobody is at fault: wait and send the same again. Never a failure of a row.
    Wait {
        /// At least so many seconds, however long that is; none if Zendesk did not say.
        seconds: Option<u64>,
        /// Who waits.
        scope: Scope,
        /// [`RowState::Pending`] if nothing was applied, [`RowState::Unknown`] if it may have been.
        rows: RowState,
    },
    /// Nobody knows whether it arrived: the rows are unknown, and the same batch is sent again. That is
    /// safe, since an upsert of the same identity changes nothing the second time.
    Again,
    /// Renew the access token, then send the same batch again.
    RenewToken,
    /// A 403 that may mean *bulk import is off*: try a single write and judge again.
    Probe,
    /// The one row of a single call failed.
    Failed(RowFailure),
    /// The whole batch was refused: send it in halves.
    Split(RowFailure),
    /// The run cannot go on until somebody acts. Rows of this request are pending, or unknown if what
    /// answered was not Zendesk.
    Stop(Trouble),
}

impl Judgement {
    /// The state of the rows of the request meanwhile; nothing where the body or a class says it.
    pub const fn rows(&self) -> Option<RowState> {
        match self {
            Self::Accepted | Self::Failed(_) => None,
            Self::Wait { rows, .. } => Some(*rows),
            Self::Again | Self::Stop(Trouble::NotZendesk) => Some(RowState::Unknown),
            Self::RenewToken | Self::Probe | Self::Split(_) | Self::Stop(_) => {
                Some(RowState::Pending)
            }
        }
    }
}

/// What an answer means in its situation.
pub fn judge(answer: &Answer<'_>, situation: Situation) -> Judgement {
    let body = Body::read(answer);
    match answer.status {
        200..=299 if body.is_page(answer) => Judgement::Stop(Trouble::NotZendesk),
        200..=299 => Judgement::Accepted,
        300..=399 => Judgement::Stop(Trouble::NotZendesk),
        401 => match situation.auth {
            Auth::OAuth { renewed: false } => Judgement::RenewToken,
            Auth::OAuth { renewed: true } | Auth::ApiToken => {
                Judgement::Stop(Trouble::InvalidCredentials)
            }
        },
        403 => forbidden(&body, situation),
        408 => Judgement::Again,
        429 => Judgement::Wait {
            seconds: seconds(answer),
            scope: body.limiter(),
            rows: RowState::Pending,
        },
        503 => server(answer, RowState::Pending),
        500..=599 => server(answer, RowState::Unknown),
        // An unknown subdomain answers with a page or nothing, an unknown call with an error word.
        404 if body.is_page(answer) || !body.has_error() => Judgement::Stop(Trouble::NotZendesk),
        404 if situation.call == Call::Bulk => Judgement::Stop(Trouble::BulkOff),
        409 if situation.call == Call::Bulk => server(answer, RowState::Pending),
        _ => {
            let failure = body.failure(answer.status);
            match situation.call {
                Call::Single => Judgement::Failed(failure),
                Call::Bulk => Judgement::Split(RowFailure {
                    class: FailureClass::BatchRefused,
                    ..failure
                }),
            }
        }
    }
}

/// What it means that no whole answer came, the request having been sent.
pub const fn judge_silence() -> Judgement {
    Judgement::Again
}

/// Zendesk is unwell.
fn server(answer: &Answer<'_>, rows: RowState) -> Judgement {
    Judgement::Wait {
        seconds: seconds(answer),
        scope: Scope::Server,
        rows,
    }
}

/// `Retry-After` in whole seconds; a fraction is rounded up. There is no ceiling: who comes back early
/// is only turned away again.
fn seconds(answer: &Answer<'_>) -> Option<u64> {
    let text = answer.retry_after?.trim();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let more = fraction.bytes().any(|byte| matches!(byte, b'1'..=b'9'));
    whole
        .parse::<u64>()
        .ok()
        .map(|seconds| seconds.saturating_add(u64::from(more)))
}

/// What a 403 means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Forbidden {
    /// The body says that bulk import is off.
    BulkOff,
    /// The access token lacks these scopes.
    Scope(Vec<String>),
    /// The user's role or the account's plan does not allow it.
    Role,
    /// The body does not say.
    Unsaid,
}

/// What the body of a 403 says (zendesk-api.md 1).
pub fn read_forbidden(body: &[u8]) -> Forbidden {
    let text = String::from_utf8_lossy(body);
    let lower = text.to_lowercase();
    let value: Value = serde_json::from_slice(body).unwrap_or_default();
    if let Some((_, scopes)) = value
        .get("description")
        .and_then(Value::as_str)
        .and_then(|text| text.split_once("required scopes:"))
    {
        return Forbidden::Scope(
            scopes
                .split([',', ' '])
                .map(|scope| scope.trim_end_matches('.'))
                .filter(|scope| !scope.is_empty())
                .map(str::to_owned)
                .collect(),
        );
    }
    let bulk = lower.contains("bulk") || lower.contains("create_or_update_many");
    if bulk
        && ["enable", "import", "allowed", "disabled", "permitted"]
            .iter()
            .any(|word| lower.contains(word))
    {
        return Forbidden::BulkOff;
    }
    if value.get("error").is_some_and(Value::is_object) {
        return Forbidden::Role;
    }
    Forbidden::Unsaid
}

/// A 403 is an authorisation error unless it is proven to be *bulk off*: by its body, or by single
/// calls that work (profile-send.md 4).
fn forbidden(body: &Body<'_>, situation: Situation) -> Judgement {
    let said = read_forbidden(body.bytes);
    match (said, situation.call, situation.single_works) {
        (Forbidden::BulkOff, Call::Bulk, _) | (_, Call::Bulk, Some(true)) => {
            Judgement::Stop(Trouble::BulkOff)
        }
        (Forbidden::Unsaid | Forbidden::Role, Call::Bulk, None) => Judgement::Probe,
        (
            Forbidden::BulkOff | Forbidden::Scope(_) | Forbidden::Role | Forbidden::Unsaid,
            Call::Bulk | Call::Single,
            _,
        ) => Judgement::Stop(Trouble::Authorization),
    }
}

/// A body, read as far as it can be.
struct Body<'a> {
    bytes: &'a [u8],
    json: Option<Value>,
}

impl<'a> Body<'a> {
    fn read(answer: &Answer<'a>) -> Self {
        Self {
            bytes: answer.body,
            json: serde_json::from_slice(answer.body).ok(),
        }
    }

    /// Whether this is a page for people and not an answer of the API: a wrong subdomain, or a sign-in.
    fn is_page(&self, answer: &Answer<'_>) -> bool {
        let html = answer
            .content_type
            .is_some_and(|kind| kind.to_ascii_lowercase().contains("html"));
        let starts_like_one = self
            .bytes
            .iter()
            .find(|byte| !byte.is_ascii_whitespace())
            .is_some_and(|byte| *byte == b'<');
        html || starts_like_one
    }

    /// Whether it names an error, as every error of the API does.
    fn has_error(&self) -> bool {
        self.json
            .as_ref()
            .is_some_and(|json| json.get("error").is_some() || json.get("errors").is_some())
    }

    /// Which limiter said no.
    fn limiter(&self) -> Scope {
        let text = String::from_utf8_lossy(self.bytes);
        if text.contains("TooManyJobs") {
            Scope::Jobs
        } else if text.contains("single unique user") {
            Scope::User
        } else {
            Scope::Account
        }
    }

    /// Why a row was refused.
    fn failure(&self, status: u16) -> RowFailure {
        let word = |key| self.json.as_ref()?.get(key);
        let error = word("error").and_then(Value::as_str);
        if let Some(details) = word("details") {
            return explain(error, details);
        }
        let said = word("description")
            .and_then(Value::as_str)
            .map(str::to_owned)
            .or_else(|| {
                let text = std::str::from_utf8(self.bytes).ok()?.trim();
                (self.json.is_none() && !text.is_empty()).then(|| text.chars().take(500).collect())
            });
        let failure = explain(error, &said.map_or(Value::Null, Value::String));
        match (failure.class, status) {
            (FailureClass::Unrecognised, 404) => RowFailure {
                class: FailureClass::UserGone,
                ..failure
            },
            (FailureClass::Unrecognised, 409) => RowFailure {
                class: FailureClass::Collision,
                ..failure
            },
            (_, _) => failure,
        }
    }
}
