//! Errors as somebody reads them who asked for one call and waits for it.

use super::{Error, in_time};

impl Error {
    /// The sentence for a person who asked for this call: nothing tries it again for them. [`Error::sentence`]
    /// is the one for what runs by itself, which goes on by itself.
    pub fn sentence_for_asker(&self) -> String {
        match self {
            Self::Limited { bucket, after } => format!(
                "Zendesk's request limit is reached ({}). Try again{}.",
                bucket.label(),
                in_time(*after)
            ),
            Self::Unavailable {
                call,
                trouble,
                after,
            } => format!(
                "Zendesk did not answer {call}: {}. Try again{}; if this lasts, check the address, the network and Zendesk's status page.",
                trouble.words(),
                in_time(*after)
            ),
            Self::NotJson { call, status, what } => format!(
                "Zendesk answered {call} with {what} instead of data (status {status}). Check the address of the account; if it is right, Zendesk may be under maintenance: try again later."
            ),
            Self::WrongShape { call, path, what } => format!(
                "Zendesk's answer to {call} has an unexpected form at {path}: {what}. Try again; if this lasts, report it with the version of Deskbridge."
            ),
            Self::Endless { call } => format!(
                "Zendesk sends the same page of {call} again and again, so no more of it was asked for. Try again; if this lasts, report it to Zendesk's support."
            ),
            Self::TooRecent { call } => {
                format!("Zendesk gives {call} only up to a minute ago. Try again in a minute.")
            }
            Self::Conflict { call, refusal, .. } => format!(
                "Zendesk reports a conflict on {call} ({}). Try again.",
                refusal.code_words()
            ),
            Self::Store(why) => {
                format!("The Zendesk client could not use its own store: {why}. Try again.")
            }
            Self::NotSignedIn { .. }
            | Self::Forbidden { .. }
            | Self::NotFound { .. }
            | Self::CursorRefused { .. }
            | Self::Redirected { .. }
            | Self::TooLarge { .. }
            | Self::Invalid { .. }
            | Self::Refused { .. }
            | Self::Address(_)
            | Self::Certificate { .. }
            | Self::Setup(_) => self.sentence(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::error::Trouble;

    #[test]
    fn whoever_asked_is_not_told_that_it_goes_on_by_itself() {
        let error = Error::Unavailable {
            call: "the groups",
            trouble: Trouble::Status(503),
            after: Some(Duration::from_secs(30)),
        };
        assert!(error.sentence().contains("It will be tried again in 30 s"));
        let asked = error.sentence_for_asker();
        assert!(!asked.contains("will be tried"), "{asked}");
        assert!(asked.contains("Try again in 30 s;"), "{asked}");
        let lasting = Error::Setup("no room".to_owned());
        assert_eq!(lasting.sentence_for_asker(), lasting.sentence());
    }
}
