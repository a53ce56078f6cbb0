//! Why something did not go out, as sentences.

/// When the same thing may succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// By itself, after a pause.
    Later,
    /// Once a person has done what the sentence says.
    AfterFix,
}

/// What kept a message from going out. `Display` is the sentence a person reads; it names the host and
/// nothing that is secret or personal.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What is configured cannot work. Set when a channel is made.
    #[error("{0}")]
    Setup(String),
    /// The other side refuses it. Set when its answer says so.
    #[error("{0}")]
    Refused(String),
    /// The other side cannot be reached, or has no time now. Set when there is no answer, or one that says so.
    #[error("{0}")]
    Unavailable(String),
}

impl Error {
    /// When the same thing may succeed.
    pub const fn when(&self) -> When {
        match self {
            Self::Unavailable(_) => When::Later,
            Self::Setup(_) | Self::Refused(_) => When::AfterFix,
        }
    }
}
