//! What Zendesk's answers mean to the protocol.

use domain::push::Reply;
use jiff::{SignedDuration, Timestamp};
use zendesk::{Error, When};

use super::reading::field_named;

/// A wait for a limit that names none.
const LIMITED: SignedDuration = SignedDuration::from_secs(10);
/// Zendesk's code for a key that came with another body before.
const OTHER_BODY: &str = "IdempotentRequestError";

/// What an error says of the request that met it.
pub(in crate::case_sync) fn reply_of(error: &Error, now: Timestamp) -> Reply {
    let problem = || error.to_string();
    if let Error::Limited { after, .. } = error {
        let wait = after.and_then(|after| SignedDuration::try_from(after).ok());
        let until = now.saturating_add(wait.unwrap_or(LIMITED)).unwrap_or(now);
        return Reply::Busy { until };
    }
    if error.is_not_found() {
        return Reply::Gone;
    }
    // The ticket was made by an earlier body: it is looked for before anything else is sent.
    if error.is_outcome_unknown() || error.code() == Some(OTHER_BODY) {
        return Reply::Unknown { problem: problem() };
    }
    match error {
        Error::NotSignedIn { .. }
        | Error::Forbidden { .. }
        | Error::Address(_)
        | Error::Certificate { .. }
        | Error::Setup(_) => Reply::Locked { fix: problem() },
        Error::Conflict { .. } => Reply::Changed,
        Error::Invalid { refusal } | Error::Refused { refusal, .. } => {
            let fields: Vec<_> = refusal
                .fields
                .iter()
                .flat_map(|(field, details)| {
                    details
                        .iter()
                        .map(|detail| (field_named(field), detail.description.clone()))
                })
                .collect();
            let fields = if fields.is_empty() {
                vec![(None, refusal.text())]
            } else {
                fields
            };
            Reply::Refused { fields }
        }
        Error::NotFound { .. }
        | Error::Limited { .. }
        | Error::Unavailable { .. }
        | Error::NotJson { .. }
        | Error::WrongShape { .. }
        | Error::Endless { .. }
        | Error::CursorRefused { .. }
        | Error::TooRecent { .. }
        | Error::Redirected { .. }
        | Error::TooLarge { .. }
        | Error::Store(_) => match error.when() {
            When::AfterFix(_) => Reply::Locked { fix: problem() },
            When::Later { .. } | When::Never => Reply::Unsent { problem: problem() },
        },
    }
}
