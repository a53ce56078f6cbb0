//! What can stop a workflow, and what a person can do about it (profile-send.md 4).
//!
//! A failed workflow shows its trouble with the reasons; *Show resolutions* lists the actions,
//! *Continue* chooses one, its numbered steps are shown, and *Resolve* checks the cause again and goes
//! on from the failed task. All texts are data here, so that page, command line and API say the same.

mod texts;

use crate::word::words;

words! {
    /// What stops a workflow until somebody acts.
    pub enum Trouble {
        /// Zendesk answered 403, and it is not proven that bulk import is off.
        Authorization = "authorization",
        /// Zendesk answered 401.
        InvalidCredentials = "invalid_credentials",
        /// The account may not import users in bulk.
        BulkOff = "bulk_off",
        /// Fields are missing in Zendesk or misspelt.
        UnknownFields = "unknown_fields",
        /// A column gives or takes away power, and the destination does not allow it.
        PowerfulColumns = "powerful_columns",
        /// Rows lead to more than one user.
        IdentityConflicts = "identity_conflicts",
        /// There are more or fewer rows than the guard allows.
        RowGuard = "row_guard",
        /// More customers left than the brake allows.
        LeaverBrake = "leaver_brake",
        /// The source cannot be read.
        SourceUnavailable = "source_unavailable",
        /// The source has other columns than before.
        SourceChanged = "source_columns_changed",
        /// There is no file where one should be.
        SourceMissing = "source_file_missing",
        /// What answers at the address is not Zendesk.
        NotZendesk = "not_zendesk",
        /// Waiting for Zendesk took longer than the deadline.
        Deadline = "deadline",
    }
}

words! {
    /// An action on a failed workflow.
    pub enum ActionKind {
        /// Follow the steps, then check the cause again and go on from the failed task with the current
        /// configuration.
        Resolve = "resolve",
        /// The same inputs again, from the failed task.
        Retry = "retry",
        /// From the beginning, with the current configuration.
        Restart = "restart",
        /// Send each user with a call of its own, one a second.
        OneByOne = "send_one_by_one",
        /// Let this one run pass its guard.
        ApproveOnce = "approve_once",
        /// Go on as if there were no file this time.
        Ignore = "ignore",
    }
}

words! {
    /// Where a step leads; opened in a new tab.
    pub enum Link {
        /// The credentials.
        Credentials = "credentials",
        /// The destination.
        Destination = "destination",
        /// The orchestration with its guards.
        Orchestration = "orchestration",
        /// Its mapping.
        Mapping = "mapping",
        /// The query.
        Query = "query",
        /// The plan that sets up fields.
        Fields = "fields",
        /// The rows in question.
        Rows = "rows",
        /// What would change, before and after.
        Diff = "diff",
        /// Zendesk's own pages.
        Zendesk = "zendesk",
    }
}

/// One numbered step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// What to do.
    pub text: &'static str,
    /// Where it is done.
    pub link: Option<Link>,
}

/// One action on offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Action {
    /// Which.
    pub kind: ActionKind,
    /// What the choice is called.
    pub label: &'static str,
    /// The numbered steps, in order; none where nothing is to be done first.
    pub steps: &'static [Step],
    /// What helps with them.
    pub tip: Option<&'static str>,
}

pub use texts::{RESTART, RETRY};

/// The form of the credential string that an API token is sent as (zendesk-api.md 1).
pub const CREDENTIAL_FORM: &str = "{email_address}/token:{api_token}";

/// The credential string for a page, with the token masked.
pub fn credential_string(email: &str) -> String {
    format!("{email}/token:••••••••")
}

impl Trouble {
    /// The name that a person reads.
    pub const fn title(self) -> &'static str {
        texts::title(self)
    }

    /// What happened.
    pub const fn sentence(self) -> &'static str {
        texts::sentence(self)
    }

    /// What may be the reason, the likeliest first.
    pub const fn reasons(self) -> &'static [&'static str] {
        texts::reasons(self)
    }

    /// What can be done, the specific actions first. Every trouble can be resolved, retried and
    /// restarted.
    pub fn actions(self) -> Vec<Action> {
        let mut actions = vec![Action {
            kind: ActionKind::Resolve,
            label: texts::label(self),
            steps: texts::steps(self),
            tip: texts::tip(self),
        }];
        actions.extend(texts::alternative(self));
        actions.push(RETRY);
        actions.push(RESTART);
        actions
    }

    /// Whether the page shows the credential string beside the reasons.
    pub const fn shows_credential(self) -> bool {
        match self {
            Self::Authorization => true,
            Self::InvalidCredentials
            | Self::BulkOff
            | Self::UnknownFields
            | Self::PowerfulColumns
            | Self::IdentityConflicts
            | Self::RowGuard
            | Self::LeaverBrake
            | Self::SourceUnavailable
            | Self::SourceChanged
            | Self::SourceMissing
            | Self::NotZendesk
            | Self::Deadline => false,
        }
    }
}

words! {
    /// What a person can choose for a row whose ids lead to two users. Both users are shown with it.
    pub enum ConflictChoice {
        /// Merge the user with the email into the user with the external id, in Zendesk.
        Merge = "merge",
        /// Send the row to the user with the external id, without the email, which stays where it is.
        KeepSecondary = "keep_secondary",
        /// Leave the row out.
        Skip = "skip",
    }
}

impl ConflictChoice {
    /// What a person reads.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Merge => "Merge both users in Zendesk",
            Self::KeepSecondary => "Keep both and leave the address where it is",
            Self::Skip => "Skip the row",
        }
    }
}

/// What Zendesk makes a workflow wait for without anybody having to act. It becomes
/// [`Trouble::Deadline`] only when the deadline of the orchestration, by default six hours, has passed.
pub const DEADLINE_HOURS: u64 = 6;

#[cfg(test)]
mod tests;
