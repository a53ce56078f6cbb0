//! Why a workflow does not go on: for a person, because a person asked, or by a fault of ours.

use domain::profile::action::Trouble;
use zendesk::ForbiddenWhy;

use crate::error::Error;

/// What ends the work on a workflow before its end.
#[derive(Debug)]
pub(super) enum Halt {
    /// It fails: a person must act. With the sentence about this very case.
    Trouble(Trouble, String),
    /// Somebody asked it to stop.
    Asked,
    /// Our database, or a lost lease: nothing is said to anybody, and it is taken up again later.
    Broken(Error),
}

impl From<store::Error> for Halt {
    fn from(error: store::Error) -> Self {
        Self::Broken(error.into())
    }
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        match error {
            Error::Zendesk(error) => error.into(),
            Error::Refused(sentence) => Self::Trouble(Trouble::SourceUnavailable, sentence),
            other @ (Error::Store(_)
            | Error::Field { .. }
            | Error::Stopped
            | Error::Rejected { .. }
            | Error::Stuck { .. }) => Self::Broken(other),
        }
    }
}

impl From<audience::Error> for Halt {
    fn from(error: audience::Error) -> Self {
        let trouble = match error.class() {
            audience::Class::Missing => Trouble::SourceMissing,
            audience::Class::ColumnsChanged => Trouble::SourceChanged,
            audience::Class::Unavailable
            | audience::Class::Unreadable
            | audience::Class::TooMuch
            | audience::Class::Refused => Trouble::SourceUnavailable,
        };
        Self::Trouble(trouble, error.to_string())
    }
}

impl From<zendesk::Error> for Halt {
    fn from(error: zendesk::Error) -> Self {
        let sentence = error.to_string();
        match error {
            zendesk::Error::NotSignedIn { .. } | zendesk::Error::Setup(_) => {
                Self::Trouble(Trouble::InvalidCredentials, sentence)
            }
            zendesk::Error::Forbidden {
                why: ForbiddenWhy::BulkOff,
                ..
            } => Self::Trouble(Trouble::BulkOff, sentence),
            zendesk::Error::Forbidden {
                why: ForbiddenWhy::Scope(_) | ForbiddenWhy::Role | ForbiddenWhy::Unsaid,
                ..
            } => Self::Trouble(Trouble::Authorization, sentence),
            zendesk::Error::NotFound { .. }
            | zendesk::Error::NotJson { .. }
            | zendesk::Error::WrongShape { .. }
            | zendesk::Error::Endless { .. }
            | zendesk::Error::CursorRefused { .. }
            | zendesk::Error::Redirected { .. }
            | zendesk::Error::Address(_)
            | zendesk::Error::Certificate { .. }
            | zendesk::Error::TooLarge { .. }
            | zendesk::Error::Invalid { .. }
            | zendesk::Error::Refused { .. } => Self::Trouble(Trouble::NotZendesk, sentence),
            zendesk::Error::Limited { .. }
            | zendesk::Error::Unavailable { .. }
            | zendesk::Error::TooRecent { .. }
            | zendesk::Error::Conflict { .. } => Self::Trouble(Trouble::Deadline, sentence),
            error @ zendesk::Error::Store(_) => Self::Broken(error.into()),
        }
    }
}

/// Whether waiting may help: Zendesk is slow, busy or away, and nobody has to act.
pub(super) fn passes_by_itself(error: &zendesk::Error) -> bool {
    match error {
        zendesk::Error::Limited { .. }
        | zendesk::Error::Unavailable { .. }
        | zendesk::Error::Conflict { .. }
        | zendesk::Error::TooRecent { .. }
        | zendesk::Error::Store(_) => true,
        zendesk::Error::NotSignedIn { .. }
        | zendesk::Error::Forbidden { .. }
        | zendesk::Error::NotFound { .. }
        | zendesk::Error::NotJson { .. }
        | zendesk::Error::WrongShape { .. }
        | zendesk::Error::Endless { .. }
        | zendesk::Error::CursorRefused { .. }
        | zendesk::Error::Redirected { .. }
        | zendesk::Error::TooLarge { .. }
        | zendesk::Error::Invalid { .. }
        | zendesk::Error::Refused { .. }
        | zendesk::Error::Address(_)
        | zendesk::Error::Certificate { .. }
        | zendesk::Error::Setup(_) => false,
    }
}
