//! What an error means for a send of profiles: the rule itself is `domain::profile::answer`.

use domain::profile::RowState;
use domain::profile::action::Trouble as Stop;
use domain::profile::answer::{Call, Judgement, Scope, Situation};
use domain::profile::failure::{FailureClass, RowFailure, explain};
use serde_json::{Map, Value, json};

use super::body::is_missing_record;
use super::{Error, ForbiddenWhy, Refusal, Trouble};
use crate::governor::Bucket;

impl Error {
    /// What this error means for the rows and the run of a send. The client has renewed OAuth tokens
    /// by itself where that could help, so a refused sign-in is final, whatever the situation says.
    pub fn judge(&self, situation: Situation) -> Judgement {
        let call = situation.call;
        match self {
            Self::NotSignedIn { .. } | Self::Setup(_) => Judgement::Stop(Stop::InvalidCredentials),
            Self::Forbidden { why, .. } => forbidden(why, situation),
            Self::NotFound { refusal, .. } if is_missing_record(refusal) => match call {
                Call::Single => failed(call, refusal),
                Call::Bulk => Judgement::Stop(Stop::BulkOff),
            },
            Self::NotFound { .. }
            | Self::Redirected { .. }
            | Self::Address(_)
            | Self::Certificate { .. }
            | Self::NotJson {
                what: "a web page", ..
            } => Judgement::Stop(Stop::NotZendesk),
            Self::Limited { bucket, .. } => {
                let scope = match bucket {
                    Bucket::UserUpdates => Scope::User,
                    Bucket::Jobs => Scope::Jobs,
                    Bucket::Account
                    | Bucket::Exports
                    | Bucket::TicketCreates
                    | Bucket::TicketUpdates
                    | Bucket::Search
                    | Bucket::TicketLists
                    | Bucket::Webhooks => Scope::Account,
                };
                self.waiting(scope, RowState::Pending)
            }
            Self::Unavailable { trouble, .. } if self.is_outcome_unknown() => match trouble {
                Trouble::Status(503) => self.waiting(Scope::Server, RowState::Pending),
                Trouble::Status(_) => self.waiting(Scope::Server, RowState::Unknown),
                Trouble::Lookup | Trouble::Connect | Trouble::Timeout | Trouble::CutOff => {
                    Judgement::Again
                }
            },
            Self::NotJson { .. } | Self::WrongShape { .. } | Self::TooLarge { .. } => {
                Judgement::Again
            }
            Self::Refused { refusal, .. } if refusal.status == 408 => Judgement::Again,
            Self::Conflict { .. } if call == Call::Bulk => {
                self.waiting(Scope::Server, RowState::Pending)
            }
            Self::Invalid { refusal }
            | Self::Conflict { refusal, .. }
            | Self::CursorRefused { refusal, .. }
            | Self::Refused { refusal, .. } => failed(call, refusal),
            Self::Unavailable { .. }
            | Self::Endless { .. }
            | Self::TooRecent { .. }
            | Self::Store(_) => self.waiting(Scope::Server, RowState::Pending),
        }
    }

    fn waiting(&self, scope: Scope, rows: RowState) -> Judgement {
        let seconds = self.wait().map(|wait| {
            let more = u64::from(wait.subsec_nanos() > 0);
            wait.as_secs().saturating_add(more)
        });
        Judgement::Wait {
            seconds,
            scope,
            rows,
        }
    }
}

fn forbidden(why: &ForbiddenWhy, situation: Situation) -> Judgement {
    match (why, situation.call, situation.single_works) {
        (ForbiddenWhy::BulkOff, Call::Bulk, _) | (_, Call::Bulk, Some(true)) => {
            Judgement::Stop(Stop::BulkOff)
        }
        (ForbiddenWhy::Role | ForbiddenWhy::Unsaid, Call::Bulk, None) => Judgement::Probe,
        (
            ForbiddenWhy::Scope(_)
            | ForbiddenWhy::Role
            | ForbiddenWhy::BulkOff
            | ForbiddenWhy::Unsaid,
            Call::Single | Call::Bulk,
            _,
        ) => Judgement::Stop(Stop::Authorization),
    }
}

/// The one row failed, or the batch is to be split.
fn failed(call: Call, refusal: &Refusal) -> Judgement {
    let failure = failure_of(refusal);
    match call {
        Call::Single => Judgement::Failed(failure),
        Call::Bulk => Judgement::Split(RowFailure {
            class: FailureClass::BatchRefused,
            ..failure
        }),
    }
}

fn failure_of(refusal: &Refusal) -> RowFailure {
    let details = if refusal.fields.is_empty() {
        refusal.message.clone().map_or(Value::Null, Value::String)
    } else {
        let fields = refusal.fields.iter().map(|(field, details)| {
            let details: Vec<Value> = details
                .iter()
                .map(|detail| json!({"description": detail.description, "error": detail.code}))
                .collect();
            (field.clone(), Value::Array(details))
        });
        Value::Object(fields.collect::<Map<_, _>>())
    };
    let failure = explain(refusal.code.as_deref(), &details);
    let class = match (failure.class, refusal.status) {
        (FailureClass::Unrecognised, 404) => FailureClass::UserGone,
        (FailureClass::Unrecognised, 409) => FailureClass::Collision,
        (class, _) => class,
    };
    RowFailure { class, ..failure }
}

#[cfg(test)]
mod tests;
