//! What a plan could not decide, each as one sentence that says what happened, where, and what to do.

use std::fmt;

/// Something met on the way that a person should know of. It never stops the record it belongs to.
///
/// Made by [`crate::plan`] and by the engine; shown in the run's log and summary. Ids are Zendesk's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Warning {
    /// A ticket bears a status no map knows; the case keeps its status.
    UnknownStatus {
        /// The ticket.
        ticket: i64,
        /// The raw word.
        word: String,
    },
    /// A ticket bears a priority no map knows; the case keeps its priority.
    UnknownPriority {
        /// The ticket.
        ticket: i64,
        /// The raw word.
        word: String,
    },
    /// A ticket bears a type we do not know; the mirror keeps it.
    UnknownType {
        /// The ticket.
        ticket: i64,
        /// The raw word.
        word: String,
    },
    /// A ticket bears a custom status that is not in the account's list.
    UnknownCustomStatus {
        /// The ticket.
        ticket: i64,
        /// The custom status.
        status: i64,
    },
    /// A user bears a role we do not know, so it is linked to nobody.
    UnknownRole {
        /// The Zendesk user.
        user: i64,
        /// The raw word, if there is one.
        word: Option<String>,
    },
    /// The requester of a ticket has not arrived.
    MissingRequester {
        /// The ticket.
        ticket: i64,
        /// The Zendesk user.
        user: i64,
    },
    /// A ticket names no requester.
    NoRequester {
        /// The ticket.
        ticket: i64,
    },
    /// The submitter of a ticket has not arrived.
    MissingSubmitter {
        /// The ticket.
        ticket: i64,
        /// The Zendesk user.
        user: i64,
    },
    /// The assignee of a ticket has not arrived.
    MissingAssignee {
        /// The ticket.
        ticket: i64,
        /// The Zendesk user.
        user: i64,
    },
    /// The problem of a ticket has not arrived.
    MissingProblem {
        /// The ticket.
        ticket: i64,
        /// The problem ticket.
        problem: i64,
    },
    /// The author of a comment has not arrived.
    MissingAuthor {
        /// The ticket.
        ticket: i64,
        /// The comment.
        comment: i64,
        /// The Zendesk user, if it names one.
        user: Option<i64>,
    },
    /// A comment belongs to a ticket that has not arrived.
    CommentWithoutTicket {
        /// The ticket.
        ticket: i64,
        /// The comment.
        comment: i64,
    },
}

impl Warning {
    /// The Zendesk user who is not known yet, or not known well enough, if it is about one whom a
    /// case waits for.
    pub const fn missing_user(&self) -> Option<i64> {
        match self {
            Self::UnknownRole { user, .. }
            | Self::MissingRequester { user, .. }
            | Self::MissingSubmitter { user, .. }
            | Self::MissingAssignee { user, .. } => Some(*user),
            Self::UnknownStatus { .. }
            | Self::UnknownPriority { .. }
            | Self::UnknownType { .. }
            | Self::UnknownCustomStatus { .. }
            | Self::NoRequester { .. }
            | Self::MissingProblem { .. }
            | Self::MissingAuthor { .. }
            | Self::CommentWithoutTicket { .. } => None,
        }
    }

    /// One sentence or two for a person: what happened, where, what to do.
    pub fn sentence(&self) -> String {
        match self {
            Self::UnknownStatus { ticket, word } => format!(
                "Ticket {ticket} has the status {}, which no map knows; the case keeps its own \
                 status. Add the word to the status map of the integration.",
                Word(word)
            ),
            Self::UnknownPriority { ticket, word } => format!(
                "Ticket {ticket} has the priority {}, which no map knows; the case keeps its own \
                 priority. Add the word to the priority map of the integration.",
                Word(word)
            ),
            Self::UnknownType { ticket, word } => format!(
                "Ticket {ticket} has the type {}, which Deskbridge does not know; it is kept and \
                 shown as it came. Nothing needs to be done.",
                Word(word)
            ),
            Self::UnknownCustomStatus { ticket, status } => format!(
                "Ticket {ticket} has the custom status {status}, which the account does not list; \
                 its plain status is used. If it stays so, check that the API user may read custom \
                 statuses."
            ),
            Self::UnknownRole {
                user,
                word: Some(word),
            } => format!(
                "Zendesk user {user} has the role {}, which Deskbridge does not know, so it is \
                 linked to no contact and no user. Give it the role end-user, agent or admin in \
                 Zendesk.",
                Word(word)
            ),
            Self::UnknownRole { user, word: None } => format!(
                "Zendesk user {user} has no role that Deskbridge knows, so it is linked to no \
                 contact and no user. Give it the role end-user, agent or admin in Zendesk."
            ),
            Self::MissingRequester { ticket, user } => format!(
                "The requester of ticket {ticket}, Zendesk user {user}, has not arrived; the case \
                 gets its contact when it does. If it stays so, check that the user still exists in \
                 Zendesk."
            ),
            Self::NoRequester { ticket } => format!(
                "Ticket {ticket} names no requester, so the case has no contact from it. Set the \
                 requester in Zendesk, or the contact on the case."
            ),
            Self::MissingSubmitter { ticket, user } => format!(
                "The submitter of ticket {ticket}, Zendesk user {user}, has not arrived; the \
                 requester or the integration owner stands in. If it stays so, check that the user \
                 still exists in Zendesk."
            ),
            Self::MissingAssignee { ticket, user } => format!(
                "The assignee of ticket {ticket}, Zendesk user {user}, is not known here; the case \
                 follows when it is. If it stays so, check that the user exists in Zendesk and has \
                 the role agent or admin."
            ),
            Self::MissingProblem { ticket, problem } => format!(
                "Ticket {ticket} belongs to problem ticket {problem}, which has not arrived; the \
                 link is made when it does. If it stays so, check that the problem ticket still \
                 exists in Zendesk."
            ),
            Self::MissingAuthor {
                ticket,
                comment,
                user: Some(user),
            } => format!(
                "The author of comment {comment} on ticket {ticket}, Zendesk user {user}, has not \
                 arrived; the integration owner stands in. If it stays so, check that the user still \
                 exists in Zendesk."
            ),
            Self::MissingAuthor {
                ticket,
                comment,
                user: None,
            } => format!(
                "Comment {comment} on ticket {ticket} names no author; the integration owner stands \
                 in. Nothing needs to be done."
            ),
            Self::CommentWithoutTicket { ticket, comment } => format!(
                "Comment {comment} belongs to ticket {ticket}, which has not arrived; it is kept and \
                 shown once the ticket does. If it stays so, check that the API user may see the \
                 ticket."
            ),
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence())
    }
}

/// The most characters of a foreign word that a sentence repeats.
const LONGEST_WORD: usize = 40;

/// A word from outside inside a sentence: quoted, short, and unable to break a line of a log.
struct Word<'a>(&'a str);

impl fmt::Display for Word<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short: String = self.0.chars().take(LONGEST_WORD).collect();
        let more = if short.len() < self.0.len() {
            "…"
        } else {
            ""
        };
        write!(f, "“{}{more}”", short.escape_debug())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_warning() -> Vec<Warning> {
        let word = "snoozed".to_owned();
        vec![
            Warning::UnknownStatus {
                ticket: 123,
                word: word.clone(),
            },
            Warning::UnknownPriority {
                ticket: 123,
                word: word.clone(),
            },
            Warning::UnknownType {
                ticket: 123,
                word: word.clone(),
            },
            Warning::UnknownCustomStatus {
                ticket: 123,
                status: 9,
            },
            Warning::UnknownRole {
                user: 45,
                word: Some(word),
            },
            Warning::UnknownRole {
                user: 45,
                word: None,
            },
            Warning::MissingRequester {
                ticket: 123,
                user: 45,
            },
            Warning::NoRequester { ticket: 123 },
            Warning::MissingSubmitter {
                ticket: 123,
                user: 45,
            },
            Warning::MissingAssignee {
                ticket: 123,
                user: 45,
            },
            Warning::MissingProblem {
                ticket: 123,
                problem: 9,
            },
            Warning::MissingAuthor {
                ticket: 123,
                comment: 9,
                user: Some(45),
            },
            Warning::MissingAuthor {
                ticket: 123,
                comment: 9,
                user: None,
            },
            Warning::CommentWithoutTicket {
                ticket: 123,
                comment: 9,
            },
        ]
    }

    #[test]
    fn every_warning_says_where_and_what_to_do() {
        for warning in every_warning() {
            let sentence = warning.sentence();
            assert!(
                sentence.contains("icket 123") || sentence.contains("user 45"),
                "where? {sentence}"
            );
            assert!(
                [
                    "check that",
                    "Add the",
                    "Set the",
                    "Give it",
                    "Nothing needs"
                ]
                .iter()
                .any(|what| sentence.contains(what)),
                "what to do? {sentence}"
            );
            assert!(
                sentence.ends_with('.') && !sentence.contains("  "),
                "{sentence}"
            );
        }
    }

    #[test]
    fn a_warning_repeats_the_word_it_met() {
        let warning = Warning::UnknownStatus {
            ticket: 123,
            word: "snoozed".to_owned(),
        };
        assert_eq!(
            warning.to_string(),
            "Ticket 123 has the status “snoozed”, which no map knows; the case keeps its own \
             status. Add the word to the status map of the integration."
        );
    }

    #[test]
    fn a_foreign_word_can_neither_break_a_line_nor_fill_the_log() {
        let word = format!("a\nb\u{1b}[31m{}", "x".repeat(5_000));
        let sentence = Warning::UnknownType { ticket: 1, word }.sentence();
        assert!(!sentence.chars().any(char::is_control), "{sentence}");
        assert!(sentence.len() < 300, "{}", sentence.len());
    }
}
