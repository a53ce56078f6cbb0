//! The settings of an orchestration that say what becomes of a value (profile-send.md 2).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::attribute::{Attribute, Target};
use crate::word::words;

words! {
    /// A rule that an attribute or text field can be given in place of its default one.
    pub enum RuleName {
        /// One line of text; nothing is checked but control characters.
        Text = "text",
        /// A telephone number in E.164.
        Phone = "phone",
        /// The two uppercase letters of a US state or Canadian province.
        State = "us_state_2",
        /// At most eight digits before the point and two after it.
        Decimal = "decimal(10,2)",
        /// A whole number.
        Integer = "integer",
        /// An ISO date.
        Date = "date",
        /// An email by its syntax.
        Email = "email",
        /// True or false.
        Checkbox = "checkbox",
    }
}

words! {
    /// What becomes of a value that does not keep its rule.
    #[derive(Default)]
    pub enum Handling {
        /// It is repaired if it can be, else the field is left out and the row goes on. The default.
        #[default]
        Fix = "fix",
        /// It is never repaired: the field is left out and the row goes on.
        Drop = "drop_field",
        /// It is never repaired: the row is rejected.
        Reject = "reject_row",
        /// It is repaired if it can be, else the row is rejected.
        FixOrReject = "fix_or_reject_row",
    }
}

impl Handling {
    /// Whether a value may be repaired.
    pub const fn repairs(self) -> bool {
        match self {
            Self::Fix | Self::FixOrReject => true,
            Self::Drop | Self::Reject => false,
        }
    }

    /// Whether a value that stays bad rejects its row.
    pub const fn rejects(self) -> bool {
        match self {
            Self::Reject | Self::FixOrReject => true,
            Self::Fix | Self::Drop => false,
        }
    }
}

words! {
    /// What an empty cell means.
    #[derive(Default)]
    pub enum Empty {
        /// Zendesk keeps what it has. The default.
        #[default]
        Leave = "leave",
        /// The field is cleared.
        Clear = "clear",
    }
}

words! {
    /// What is said about the verification of emails. Zendesk mails every new user who is neither
    /// verified nor exempt (zendesk-api.md 4.3).
    #[derive(Default)]
    pub enum Verification {
        /// `verified: true`: no mail is sent. The default.
        #[default]
        Verified = "verified",
        /// `skip_verify_email: true`: no mail is sent, and the address stays unverified.
        NoMail = "no_mail",
        /// Neither: Zendesk mails each new user.
        Mail = "mail",
    }
}

/// What is set for one target.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ColumnRule {
    /// The rule, if not the default one.
    pub rule: Option<RuleName>,
    /// What becomes of a bad value.
    pub handling: Handling,
    /// What an empty cell means.
    pub empty: Empty,
    /// Whether a row without a value here is rejected.
    pub required: bool,
}

/// All such settings of an orchestration and its destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// By target; what is missing here has its default rule.
    pub columns: BTreeMap<Target, ColumnRule>,
    /// The region of telephone numbers without a country code, two letters.
    pub region: String,
    /// What is said about the verification of emails.
    pub verification: Verification,
    /// The powerful attributes that the destination allows.
    pub allowed: BTreeSet<Attribute>,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            columns: BTreeMap::new(),
            region: "US".to_owned(),
            verification: Verification::default(),
            allowed: BTreeSet::new(),
        }
    }
}
