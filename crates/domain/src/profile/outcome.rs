//! What becomes of a row: seven outcomes, and two states of a workflow that is not finished.

use serde::Serialize;

use crate::word::words;

words! {
    /// Where a row is. The first seven are outcomes: every row of a finished workflow has exactly one,
    /// and together they add up to the rows read (profile-send.md 2).
    pub enum RowState {
        /// Zendesk made a new user of it. Set by a result row `Created`, or by a read-back that finds a
        /// user who was not there before.
        Created = "created",
        /// Zendesk changed a user. Set by a result row `Updated`, or by a read-back that finds the
        /// wanted values on a user who was there before.
        Updated = "updated",
        /// Nothing was sent, because the ledger or Zendesk already holds exactly this. Set when rows
        /// are compared.
        Unchanged = "unchanged",
        /// Stopped here before anything was sent, with rule and column. Set when rows are checked; also
        /// for a row that a later row with the same key replaced.
        Rejected = "rejected",
        /// Refused by Zendesk, with its code. Set by a result row or an answer about this user.
        Failed = "failed",
        /// Several people claim it. Set when rows are compared with each other and with Zendesk, before
        /// sending; a person decides.
        Conflict = "conflict",
        /// Left out on purpose: staff, opt-out, a guard. Set before sending.
        Skipped = "skipped",
        /// Not sent yet, or waiting out a limit. Set when a row is read; never in a finished workflow.
        Pending = "pending",
        /// Sent, and nobody knows what became of it. Set before a batch is posted and until its result
        /// is read; never in a finished workflow.
        Unknown = "unknown",
    }
}

impl RowState {
    /// Whether a finished workflow may have such a row.
    pub const fn is_final(self) -> bool {
        match self {
            Self::Created
            | Self::Updated
            | Self::Unchanged
            | Self::Rejected
            | Self::Failed
            | Self::Conflict
            | Self::Skipped => true,
            Self::Pending | Self::Unknown => false,
        }
    }

    /// Whether the ledger may say so of a row whose values are now in Zendesk.
    pub const fn is_confirmed(self) -> bool {
        match self {
            Self::Created | Self::Updated | Self::Unchanged => true,
            Self::Rejected
            | Self::Failed
            | Self::Conflict
            | Self::Skipped
            | Self::Pending
            | Self::Unknown => false,
        }
    }
}

/// How many rows were read, and how many are in each state. As JSON it is the `rows` of a result; the
/// two unfinished states are left out where they are nought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Tally {
    /// Rows read from the source.
    pub read: u64,
    /// [`RowState::Created`].
    pub created: u64,
    /// [`RowState::Updated`].
    pub updated: u64,
    /// [`RowState::Unchanged`].
    pub unchanged: u64,
    /// [`RowState::Rejected`].
    pub rejected: u64,
    /// [`RowState::Failed`].
    pub failed: u64,
    /// [`RowState::Conflict`].
    pub conflict: u64,
    /// [`RowState::Skipped`].
    pub skipped: u64,
    /// [`RowState::Pending`].
    #[serde(skip_serializing_if = "is_nought")]
    pub pending: u64,
    /// [`RowState::Unknown`].
    #[serde(skip_serializing_if = "is_nought")]
    pub unknown: u64,
}

fn is_nought(count: &u64) -> bool {
    *count == 0
}

impl Tally {
    /// Counts rows that are in this state; to `read` it adds nothing.
    pub fn add(&mut self, state: RowState, rows: u64) {
        let count = self.count(state);
        *count = count.saturating_add(rows);
    }

    /// Counts rows that are no longer in this state.
    pub fn take(&mut self, state: RowState, rows: u64) {
        let count = self.count(state);
        *count = count.saturating_sub(rows);
    }

    fn count(&mut self, state: RowState) -> &mut u64 {
        match state {
            RowState::Created => &mut self.created,
            RowState::Updated => &mut self.updated,
            RowState::Unchanged => &mut self.unchanged,
            RowState::Rejected => &mut self.rejected,
            RowState::Failed => &mut self.failed,
            RowState::Conflict => &mut self.conflict,
            RowState::Skipped => &mut self.skipped,
            RowState::Pending => &mut self.pending,
            RowState::Unknown => &mut self.unknown,
        }
    }

    /// How many rows are in any state.
    pub const fn accounted(&self) -> u64 {
        self.created
            .saturating_add(self.updated)
            .saturating_add(self.unchanged)
            .saturating_add(self.rejected)
            .saturating_add(self.failed)
            .saturating_add(self.conflict)
            .saturating_add(self.skipped)
            .saturating_add(self.pending)
            .saturating_add(self.unknown)
    }

    /// Whether every row read has one of the seven outcomes.
    pub const fn is_complete(&self) -> bool {
        self.pending == 0 && self.unknown == 0 && self.accounted() == self.read
    }
}

words! {
    /// Why a row or one of its fields was not sent, found before sending.
    pub enum RowCode {
        /// Neither an email nor an external id.
        MissingIdentity = "missing_identity",
        /// No name.
        MissingName = "missing_name",
        /// No value where one is required.
        MissingRequired = "missing_required",
        /// Not an email by its syntax.
        BadEmail = "bad_email",
        /// Not a telephone number.
        BadPhone = "bad_phone",
        /// Neither a US state nor a Canadian province.
        BadState = "bad_state",
        /// Not a number.
        BadDecimal = "bad_decimal",
        /// A number of more than eight digits before the point.
        DecimalTooLarge = "decimal_too_large",
        /// Not a whole number of 64 bits.
        BadInteger = "bad_integer",
        /// Not a day of the calendar, year first.
        BadDate = "bad_date",
        /// Neither yes nor no.
        BadCheckbox = "bad_checkbox",
        /// Not an option of the field.
        BadOption = "bad_option",
        /// Not matching the pattern of the field.
        BadPattern = "bad_pattern",
        /// Not the id of a record.
        BadLookup = "bad_lookup",
        /// Not one of the words of the attribute.
        BadWord = "bad_word",
        /// No tag in it that Zendesk would keep.
        BadTags = "bad_tags",
        /// Nothing but characters that cannot be shown.
        BadText = "bad_text",
        /// In need of a repair that its rule forbids.
        NeedsRepair = "needs_repair",
        /// Longer than a value may be.
        TooLong = "too_long",
        /// All values together are more than a user may have.
        TooLarge = "too_large",
        /// The template gave up on this row.
        BadTemplate = "bad_template",
        /// A later row of the same source has the same key and takes its place.
        Replaced = "replaced_by_later_row",
        /// Another row has the same key, and the settings make that an error.
        SameKey = "same_key",
    }
}

impl RowCode {
    /// What is wrong and what to do, as the second half of a sentence about a field.
    pub const fn advice(self) -> &'static str {
        match self {
            Self::MissingIdentity => {
                "is empty, and a user needs one of the two. Fill one of them in the source."
            }
            Self::MissingName => "is empty, and every user needs a name. Fill it in the source.",
            Self::MissingRequired => {
                "is empty, and the rules of this orchestration require it. Fill it in the source, or \
                 take the requirement away."
            }
            Self::BadEmail => "is not an email address. Correct it in the source.",
            Self::BadPhone => {
                "is not a telephone number. Write it with its country code, such as +15035550100."
            }
            Self::BadState => {
                "is neither a US state nor a Canadian province. Write two letters, or give the field \
                 the rule text."
            }
            Self::BadDecimal => "is not a number. Write digits with a point, such as 1234.50.",
            Self::DecimalTooLarge => {
                "has more than eight digits before the point. Send it in a larger unit, or to a text \
                 field."
            }
            Self::BadInteger => "is not a whole number. Write digits only.",
            Self::BadDate => "is not a date. Write the year first, such as 2026-11-22.",
            Self::BadCheckbox => "is neither yes nor no. Write true or false.",
            Self::BadOption => {
                "is not an option of the field. Add the option in Zendesk, or correct the source."
            }
            Self::BadPattern => {
                "does not match the pattern of the field in Zendesk. Correct it in the source."
            }
            Self::BadLookup => "is not the id of a Zendesk record. Write the number of the record.",
            Self::BadWord => "is not a word that Zendesk knows here. Correct it in the source.",
            Self::BadTags => {
                "holds no tag that Zendesk would keep, and an empty list would wipe all tags. Write \
                 letters, or leave it empty."
            }
            Self::BadText => "holds nothing that can be shown. Correct it in the source.",
            Self::NeedsRepair => {
                "is not in the form its rule asks for, and the rule forbids repairs. Correct it in \
                 the source, or set the rule to fix."
            }
            Self::TooLong => "is longer than Zendesk takes. Shorten it in the source.",
            Self::TooLarge => {
                "brings the user over the size of one request. Send fewer or shorter fields."
            }
            Self::BadTemplate => {
                "cannot be made from this row by its template. Look at the template and the row."
            }
            Self::Replaced => {
                "is the key of a later row too, which is sent in place of this one. Remove one of \
                 them if that is wrong."
            }
            Self::SameKey => {
                "is the key of another row too, and the settings allow that to nobody. Remove one of \
                 them."
            }
        }
    }
}
