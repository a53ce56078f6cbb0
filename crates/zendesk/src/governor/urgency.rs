//! How pressing a request is: who goes first when the account's limit is short.

use serde::{Deserialize, Serialize};

/// How pressing a request is, the most pressing first (reliability.md 8: comments > status >
/// fields > audience > sweep; the ordinary reading of exports lies between fields and audience).
///
/// Set by the caller with [`Client::with`](crate::Client::with). Each may use a part of what we
/// are allowed a minute, and a less pressing one a smaller part, so that something is left for
/// what must not wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// A comment on its way to a customer.
    Comments,
    /// A change of a ticket's status.
    Status,
    /// Other fields of a ticket.
    Fields,
    /// The reading of exports, and everything nobody has named.
    Pull,
    /// Profiles of users.
    Profiles,
    /// The re-verification of what is linked.
    Sweep,
}

impl Urgency {
    /// All of them, the most pressing first.
    pub const ALL: [Self; 6] = [
        Self::Comments,
        Self::Status,
        Self::Fields,
        Self::Pull,
        Self::Profiles,
        Self::Sweep,
    ];

    /// The part of our allowance, in percent, up to which such a request still goes.
    pub fn percent(self) -> u32 {
        match self {
            Self::Comments => 100,
            Self::Status => 95,
            Self::Fields => 90,
            Self::Pull => 85,
            // As much as thirty jobs of ten seconds need in an account of 700 requests a minute, at half.
            Self::Profiles => 80,
            Self::Sweep => 75,
        }
    }

    /// The word it is stored and logged under.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Comments => "comments",
            Self::Status => "status",
            Self::Fields => "fields",
            Self::Pull => "pull",
            Self::Profiles => "profiles",
            Self::Sweep => "sweep",
        }
    }
}
