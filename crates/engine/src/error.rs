//! What can end a run, or refuse a request, as sentences.

use std::time::Duration;

/// When the same thing may succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// By itself, after a pause.
    Later,
    /// Once a person has done what the sentence says.
    AfterFix,
    /// Never: a defect.
    Never,
}

/// A failure of the engine. `Display` is the sentence a person reads.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// Zendesk, or the way to it.
    #[error(transparent)]
    Zendesk(#[from] zendesk::Error),
    /// Something was asked for that the rules refuse.
    #[error("{0}")]
    Refused(String),
    /// A record was asked for that cannot be, for what one of its fields holds.
    #[error("{sentence}")]
    Field {
        /// Which field, by the name that forms and the API give it.
        field: &'static str,
        /// What is wrong with it, and what to do.
        sentence: String,
    },
    /// A person asked the run to stop.
    #[error(
        "The run was stopped because somebody asked for it. What it had read is kept; the next run goes on from there."
    )]
    Stopped,
    /// An export refuses the place that it named itself.
    #[error(
        "Zendesk's {stream} export refuses to go on from the place that it named itself a moment ago, so the run was ended. Nothing stored is lost; the next run asks again. If it stays so, report it to Zendesk's support."
    )]
    Rejected {
        /// Which export.
        stream: &'static str,
    },
    /// An export leads back to a page that it has sent in this run.
    #[error(
        "Zendesk's {stream} export sends the same page again and again, so the run was ended. Nothing stored is lost; the next run asks again. If it stays so, report it to Zendesk's support."
    )]
    Stuck {
        /// Which export.
        stream: &'static str,
    },
}

impl Error {
    /// When the same thing may succeed.
    pub fn when(&self) -> When {
        match self {
            Self::Store(error) => match error.when() {
                store::When::Later => When::Later,
                store::When::AfterFix => When::AfterFix,
                store::When::Never => When::Never,
            },
            Self::Zendesk(error) => match error.when() {
                zendesk::When::Later { .. } => When::Later,
                zendesk::When::AfterFix(_) => When::AfterFix,
                zendesk::When::Never => When::Never,
            },
            Self::Refused(_) | Self::Field { .. } => When::AfterFix,
            Self::Stopped | Self::Rejected { .. } | Self::Stuck { .. } => When::Later,
        }
    }

    /// The same for a person who waits for the answer: without the promise to try again by itself, which
    /// holds for what runs.
    #[must_use]
    pub(crate) fn for_asker(self) -> Self {
        if let Self::Zendesk(error) = &self
            && matches!(error.when(), zendesk::When::Later { .. })
        {
            return Self::Refused(error.sentence_for_asker());
        }
        self
    }

    /// How long Zendesk asked us to wait, if it did.
    pub fn wait(&self) -> Option<Duration> {
        match self {
            Self::Zendesk(error) => match error.when() {
                zendesk::When::Later { after } => after,
                zendesk::When::AfterFix(_) | zendesk::When::Never => None,
            },
            Self::Store(_)
            | Self::Refused(_)
            | Self::Field { .. }
            | Self::Stopped
            | Self::Rejected { .. }
            | Self::Stuck { .. } => None,
        }
    }
}

/// That what was asked for cannot be, if it is about a record that was deleted in the same moment.
pub(crate) fn deleted_meanwhile(error: store::Error) -> Error {
    if matches!(error, store::Error::Stale { .. }) {
        return Error::Refused(error.to_string());
    }
    error.into()
}

/// A result of the engine.
pub type Result<T, E = Error> = std::result::Result<T, E>;
