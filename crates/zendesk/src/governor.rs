//! Who may send when: one account's limits, kept by everyone who works on that account.
//!
//! Zendesk's limits are per account, so a governor belongs to the account, not to a client
//! (reliability.md 8). The client asks [`Governor::admit`] before every request and tells
//! [`Governor::observe`] what every answer said. [`Budget`] is the rule itself, without clock or
//! storage, so that a database can hold it; [`LocalGovernor`] holds one in this process.

mod budget;
mod local;
mod seen;
mod urgency;

use std::time::Duration;

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::error::Error;

pub use budget::Budget;
pub use local::LocalGovernor;
pub(crate) use seen::date;
pub use seen::{NamedLimit, RateSeen};
pub use urgency::Urgency;

/// A limit that Zendesk counts by itself. Every request also counts on [`Bucket::Account`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bucket {
    /// All requests of the account, per minute.
    Account,
    /// All incremental exports together: 10 a minute, 30 with High Volume.
    Exports,
    /// Background jobs queued or running: 30.
    Jobs,
    /// Tickets made: 300 a minute.
    TicketCreates,
    /// Any PUT that updates a ticket: 100 a minute.
    TicketUpdates,
    /// Single user writes: one a second, five a minute for each user.
    UserUpdates,
    /// The search endpoints.
    Search,
    /// `GET /tickets` with its deep pages.
    TicketLists,
    /// The endpoints that manage webhooks, which have a limit of their own.
    Webhooks,
}

impl Bucket {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Account,
        Self::Exports,
        Self::Jobs,
        Self::TicketCreates,
        Self::TicketUpdates,
        Self::UserUpdates,
        Self::Search,
        Self::TicketLists,
        Self::Webhooks,
    ];

    /// The word it is stored under.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Exports => "exports",
            Self::Jobs => "jobs",
            Self::TicketCreates => "ticket_creates",
            Self::TicketUpdates => "ticket_updates",
            Self::UserUpdates => "user_updates",
            Self::Search => "search",
            Self::TicketLists => "ticket_lists",
            Self::Webhooks => "webhooks",
        }
    }

    /// Reads [`Bucket::as_str`] back.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|bucket| bucket.as_str() == word)
    }

    /// What a page calls it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Account => "all requests of the account",
            Self::Exports => "incremental exports",
            Self::Jobs => "background jobs",
            Self::TicketCreates => "new tickets",
            Self::TicketUpdates => "ticket updates",
            Self::UserUpdates => "user updates",
            Self::Search => "searches",
            Self::TicketLists => "ticket lists",
            Self::Webhooks => "the management of webhooks",
        }
    }

    /// The bucket that a limit named in a `zendesk-ratelimit-<name>` header belongs to
    /// (zendesk-api.md 2). `None` for a name we do not know, and for the limits of one record
    /// ([`Bucket::of_record_limit`]): a ticket that was changed often holds back no other.
    pub fn of_limit(name: &str) -> Option<Self> {
        match name {
            "incremental-exports" => Some(Self::Exports),
            "inflight-jobs" => Some(Self::Jobs),
            "tickets-update" => Some(Self::TicketUpdates),
            "ticket-request-create-by-user-and-ip" => Some(Self::TicketCreates),
            "users-update" => Some(Self::UserUpdates),
            "search-index" | "search-export" => Some(Self::Search),
            "tickets-index" | "tickets-index-pagination" | "tickets-index-deep-pagination" => {
                Some(Self::TicketLists)
            }
            _ => None,
        }
    }

    /// The bucket of the requests that a named limit of a single record counts: 30 changes of one
    /// ticket in ten minutes, five of one user in one.
    pub fn of_record_limit(name: &str) -> Option<Self> {
        match name {
            "per-ticket-updates" => Some(Self::TicketUpdates),
            "per-user-updates" => Some(Self::UserUpdates),
            _ => None,
        }
    }
}

/// What a governor is asked before a request goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asking {
    /// The limit that the request counts on.
    pub bucket: Bucket,
    /// How pressing it is.
    pub urgency: Urgency,
    /// The longest that the caller is willing to be held; `None` leaves that to the governor.
    pub patience: Option<Duration>,
}

impl Asking {
    /// An ordinary request, which waits as long as the governor holds it.
    pub fn on(bucket: Bucket) -> Self {
        Self {
            bucket,
            urgency: Urgency::Pull,
            patience: None,
        }
    }

    /// Whether a caller that is to be held for `waited` in all has had enough, where the governor
    /// itself holds nobody for more than `longest`.
    pub fn is_too_long(&self, waited: Duration, longest: Duration) -> bool {
        waited
            > self
                .patience
                .map_or(longest, |patience| patience.min(longest))
    }
}

/// Decides when a request may go. One per account, shared by everything that calls it.
pub trait Governor: Send + Sync {
    /// Waits until a request may go, and counts it as sent.
    ///
    /// # Errors
    /// [`Error::Limited`], at once and without counting anything, when the wait would be longer
    /// than the caller's patience or than the governor is willing to hold anybody;
    /// [`Error::Store`] when its own store fails.
    fn admit(&self, asking: Asking) -> BoxFuture<'_, Result<(), Error>>;

    /// Takes note of what an answer to a request on `bucket` said. On a 429 or 503 the client has
    /// already filled `retry_after` in, so that the next [`Governor::admit`] waits that long.
    fn observe<'a>(&'a self, bucket: Bucket, seen: &'a RateSeen) -> BoxFuture<'a, ()>;
}
