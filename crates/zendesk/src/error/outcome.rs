//! What an error says about a write: was it applied, and what stood in its way?

use super::body::is_missing_record;
use super::{ConflictKind, Error, Trouble};

impl Error {
    /// Whether Zendesk may have acted on the request although this error came back: it took too
    /// long, the connection broke after it was made, a 5xx, a redirect, or a 2xx whose body could
    /// not be read. The caller then reads what is there before anything is sent again
    /// (reliability.md 5, step 6). False where surely nothing was applied.
    pub fn is_outcome_unknown(&self) -> bool {
        match self {
            // Tokens are asked for before the request itself goes out, or after it was refused.
            Self::Unavailable { call, .. }
            | Self::NotJson { call, .. }
            | Self::WrongShape { call, .. }
            | Self::TooLarge { call, .. }
                if *call == crate::sign_in::TOKENS =>
            {
                false
            }
            Self::Unavailable { trouble, .. } => match trouble {
                Trouble::Lookup | Trouble::Connect => false,
                Trouble::Timeout | Trouble::CutOff | Trouble::Status(_) => true,
            },
            Self::NotJson { .. }
            | Self::WrongShape { .. }
            | Self::TooLarge { .. }
            | Self::Redirected { .. } => true,
            // What is neither 4xx nor anything else we know says nothing. A 408 may come from
            // something in between that had already passed the request on.
            Self::Refused { refusal, .. } => {
                !(400..500).contains(&refusal.status) || refusal.status == 408
            }
            Self::NotSignedIn { .. }
            | Self::Forbidden { .. }
            | Self::NotFound { .. }
            | Self::Limited { .. }
            | Self::Endless { .. }
            | Self::CursorRefused { .. }
            | Self::TooRecent { .. }
            | Self::Invalid { .. }
            | Self::Conflict { .. }
            | Self::Address(_)
            | Self::Certificate { .. }
            | Self::Setup(_)
            | Self::Store(_) => false,
        }
    }

    /// Whether a safe update met a ticket that is newer than its stamp (409 `UpdateConflict`):
    /// read again, plan again.
    pub fn is_update_conflict(&self) -> bool {
        self.conflict() == Some(ConflictKind::Outdated)
    }

    /// Whether the first request with this idempotency key is still running (409): ask again
    /// later, with the same key and the same body.
    pub fn is_idempotency_in_progress(&self) -> bool {
        self.conflict() == Some(ConflictKind::InProgress)
    }

    /// Whether the record that was to be changed is not there (404 or 410 with Zendesk's own
    /// body): deleted, as opposed to a wrong address of the account.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound { refusal, .. } if is_missing_record(refusal))
    }

    /// The fields that a 422 refuses, each with Zendesk's sentence, in the language of the
    /// account; `base` stands for the record as a whole. A closed ticket refuses `status`. The
    /// sentences may hold personal data, so they are for a page and not for a log.
    pub fn refused_fields(&self) -> Vec<(String, String)> {
        let Self::Invalid { refusal } = self else {
            return Vec::new();
        };
        let fields = refusal.fields.iter();
        fields
            .map(|(field, details)| {
                let sentences: Vec<&str> = details
                    .iter()
                    .map(|detail| detail.description.as_str())
                    .collect();
                (field.clone(), sentences.join(" "))
            })
            .collect()
    }

    fn conflict(&self) -> Option<ConflictKind> {
        if let Self::Conflict { kind, .. } = self {
            Some(*kind)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests;
