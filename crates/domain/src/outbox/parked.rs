//! Why something cannot be delivered now, as a sentence that says what to do.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why an operation is parked, or (while it is still in the line) what it waits for.
///
/// Kept as JSON beside the operation. `Display` is the sentence that the case page, the command line
/// and *Why is this not in sync?* show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Parked {
    /// The ticket is closed; Zendesk takes nothing more.
    TicketClosed,
    /// The ticket was merged away.
    TicketMerged {
        /// The surviving ticket, where Zendesk names it.
        into: Option<i64>,
    },
    /// The ticket was deleted in Zendesk (or may not be seen any more).
    TicketDeleted,
    /// Zendesk erased the ticket for good.
    TicketErased,
    /// Zendesk knows nothing of what the making of a ticket needs: the account, or the closed ticket that
    /// the new one follows.
    NothingThere,
    /// Two-way sync was switched off while it was under way.
    TwoWayOff,
    /// The case was deleted here while it was under way.
    CaseDeleted,
    /// Zendesk refused it.
    Refused {
        /// Zendesk's own words, in the language of the account.
        said: String,
    },
    /// Zendesk answered that all was well and took nothing, more than once.
    NotTaken,
    /// Nobody in Zendesk is this user, and there is no default Zendesk user.
    NobodyThere,
    /// A ticket without an assignee cannot be solved, and there is no default Zendesk user.
    NobodyToSolve,
    /// The case has no contact, or one that cannot be a requester.
    NoRequester,
    /// The case has no description, which a new ticket begins with.
    NoDescription,
    /// The comment is longer than Zendesk takes; it would be cut without a word.
    TooLong {
        /// Its length as sent, in bytes.
        bytes: usize,
    },
    /// An attachment cannot be sent.
    Attachment {
        /// Its file name.
        name: String,
        /// What is wrong with it, as a sentence.
        problem: String,
    },
    /// It was noted by another version of Deskbridge, and this one cannot read it. Never kept.
    Unreadable,
    /// Waits: the sign-in or its rights must be mended.
    SignIn {
        /// What to do, as a sentence.
        fix: String,
    },
    /// Waits: Zendesk's limits.
    Limits,
    /// Waits: Zendesk did not answer, or not as it should.
    NoAnswer {
        /// What happened, as a sentence.
        problem: String,
    },
}

impl fmt::Display for Parked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TicketClosed => f.write_str(
                "The ticket is closed in Zendesk, which takes no more changes. Create a follow-up ticket, or give the change up.",
            ),
            Self::TicketMerged { into: Some(into) } => write!(
                f,
                "The ticket was merged into ticket {into} in Zendesk. Make the change on the case of that ticket, then give this one up."
            ),
            Self::TicketMerged { into: None } => f.write_str(
                "The ticket was merged into another one in Zendesk. Make the change on the case of that ticket, then give this one up.",
            ),
            Self::TicketDeleted => f.write_str(
                "The ticket was deleted in Zendesk. It is sent by itself once the ticket is restored there; or give it up.",
            ),
            Self::TicketErased => f.write_str(
                "The ticket was erased in Zendesk for good, so this can never be delivered. Give it up.",
            ),
            Self::NothingThere => f.write_str(
                "Zendesk answered “not found” (404) to the making of the ticket, so none was made. Check the integration's address, that the account still exists and, for a follow-up, that the closed ticket was not deleted; then retry, or give it up.",
            ),
            Self::TwoWayOff => f.write_str(
                "Two-way sync was switched off, so nothing was sent to Zendesk. Once it is on, retry; or give the change up.",
            ),
            Self::CaseDeleted => f.write_str(
                "The case was deleted, so nothing more of it is sent. It is sent by itself once the case is restored; or give it up.",
            ),
            Self::Refused { said } => write!(
                f,
                "Zendesk refused it: “{said}”. Correct the value or Zendesk's rule, then retry; or give it up."
            ),
            Self::NotTaken => f.write_str(
                "Zendesk answered that all was well and did not take the value. Check in Zendesk who may change this field, then retry; or give it up.",
            ),
            Self::NobodyThere => f.write_str(
                "Nobody in Zendesk has this user's email, and the integration names no default Zendesk user that is there. Add the agent in Zendesk or set the default user, then retry.",
            ),
            Self::NobodyToSolve => f.write_str(
                "Zendesk solves no ticket without an assignee, and the integration names no default Zendesk user that is there. Assign the case, or set the default user, then retry.",
            ),
            Self::NoRequester => f.write_str(
                "The case has no contact with a name, and a ticket needs a requester. Choose a contact on the case, then retry.",
            ),
            Self::NoDescription => f.write_str(
                "The case has no description, and a ticket begins with one. Write it, then retry; or give it up.",
            ),
            Self::TooLong { bytes } => write!(
                f,
                "The comment has {bytes} bytes as Zendesk counts them; it would cut everything above 65,535 without a word. Send it in parts, then give this one up."
            ),
            Self::Attachment { name, problem } => write!(
                f,
                "The attachment “{name}” cannot be sent: {problem}"
            ),
            Self::Unreadable => f.write_str(
                "It was noted by another version of Deskbridge, and this one cannot read it. It is left as it is, and is sent by itself where the newer version runs. Let all processes run that one.",
            ),
            Self::SignIn { fix } => write!(
                f,
                "It waits until Deskbridge may sign in to Zendesk again, and is then sent by itself. {fix}"
            ),
            Self::Limits => f.write_str(
                "It waits for Zendesk's request limits and is sent by itself. Nothing needs to be done.",
            ),
            Self::NoAnswer { problem } => write!(
                f,
                "It is tried again by itself, since the last answer was no use: {problem}"
            ),
        }
    }
}
