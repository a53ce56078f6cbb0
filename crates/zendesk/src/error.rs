//! One error for everything that can go wrong with a call, saying what to do next.
//!
//! A sentence (its `Display`) says what happened, where, and what to do. Neither `Display` nor
//! `Debug` repeats Zendesk's own words, which may hold a customer's name or email; those are in
//! [`Refusal::text`], for the page of a person who may see them.

mod asked;
pub(crate) mod body;
mod outcome;
mod verdict;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::address::AddressError;
use crate::governor::Bucket;

pub use body::{Detail, Refusal};

/// When to try again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    /// The same call may succeed later without anybody's help; not before `after`, if known.
    Later {
        /// The least time to wait.
        after: Option<Duration>,
    },
    /// The same call will never succeed.
    Never,
    /// The same call may succeed once a person has done this.
    AfterFix(Fix),
}

/// What a person has to do. The page shows [`Fix::sentence`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fix {
    /// Enter valid sign-in details, or connect again.
    SignIn,
    /// Give the OAuth client or token these scopes.
    Scope(String),
    /// Sign in as an administrator, or have the role or plan changed.
    Role,
    /// Have Zendesk's support switch bulk import on (zendesk-api.md 0, item 4).
    BulkImport,
    /// Correct the address of the account.
    Address,
    /// Correct the named fields of the record.
    Record,
    /// Read the export again from a point in time; nothing stored is lost by it.
    Position,
    /// Install the machine's certificate authorities, or correct the server's certificate.
    Certificate,
    /// Correct the settings of the client itself.
    Settings,
}

impl Fix {
    /// What to do, as a sentence for a page.
    pub fn sentence(&self) -> String {
        match self {
            Self::SignIn => "Enter valid sign-in details, or connect to Zendesk again.".into(),
            Self::Scope(scopes) => format!("Give the OAuth client the scopes it lacks ({scopes}) and connect again."),
            Self::Role => "Use the sign-in of a Zendesk administrator, or ask the account's owner for access.".into(),
            Self::BulkImport => "Ask Zendesk's support to switch on bulk user import for this account.".into(),
            Self::Address => "Check the address of the Zendesk account in the integration.".into(),
            Self::Record => "Correct the named fields and send the record again.".into(),
            Self::Position => "Read this export again from its start; what is stored stays and is only compared.".into(),
            Self::Certificate => "Check the server's certificate and this machine's list of authorities (package ca-certificates).".into(),
            Self::Settings => "Correct the settings of the integration.".into(),
        }
    }
}

/// Why an answer did not come, or not whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The name of the host could not be looked up.
    Lookup,
    /// No connection: refused, reset while connecting, no route.
    Connect,
    /// No answer within the time allowed. Whether Zendesk acted on it is unknown.
    Timeout,
    /// The connection ended before the answer did, or its JSON stops in the middle.
    CutOff,
    /// An answer with status 5xx.
    Status(u16),
}

/// Why Zendesk knows us and still says no (403).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ForbiddenWhy {
    /// The token lacks these scopes.
    Scope(String),
    /// The user's role or the account's plan does not allow it.
    Role,
    /// Bulk import is off for this account, as the answer itself says.
    BulkOff,
    /// The answer does not say. Of a bulk import it may mean that this is off: a single write that
    /// works proves it (profile-send.md 4).
    Unsaid,
}

/// What a 409 is about (zendesk-api.md 3.2, 3.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConflictKind {
    /// A safe update met a newer ticket: read it again, plan again.
    Outdated,
    /// Zendesk's database collided; the same request may be repeated.
    Collision,
    /// Two requests are making the same requester; the same request may be repeated.
    RequesterCollision,
    /// The first request with this idempotency key is still running.
    InProgress,
    /// Any other.
    Other,
}

/// Everything that can go wrong with a call.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// 401, or a `users/me` without an id (zendesk-api.md 0, item 2), or no usable token.
    #[error("Zendesk does not accept the sign-in ({why}). {}", Fix::SignIn.sentence())]
    NotSignedIn {
        /// The status it answered.
        status: u16,
        /// What we know, without secrets.
        why: String,
    },
    /// 403.
    #[error("Zendesk refuses {call} ({}): whoever signs in is not allowed it. {}", refusal.code_words(), why.fix().sentence())]
    Forbidden {
        /// What we asked for.
        call: &'static str,
        /// Why it said no.
        why: ForbiddenWhy,
        /// Its answer.
        refusal: Box<Refusal>,
    },
    /// 404 or 410 where a thing was expected: an unknown account, or an endpoint outside the plan.
    /// A missing record is not this but `None`.
    #[error("Zendesk does not have {call} at this address (status {}). {}", refusal.status, Fix::Address.sentence())]
    NotFound {
        /// What we asked for.
        call: &'static str,
        /// Its answer.
        refusal: Box<Refusal>,
    },
    /// 429, and the wait it wants is longer than this call may take.
    #[error("Zendesk's request limit is reached ({}). The work goes on by itself{}.", bucket.label(), in_time(*.after))]
    Limited {
        /// Which limit.
        bucket: Bucket,
        /// How long it stays closed, if known.
        after: Option<Duration>,
    },
    /// No whole answer, after the repeats allowed.
    #[error("Zendesk did not answer {call}: {}. It will be tried again{}; if this lasts, check the network and Zendesk's status page.", trouble.words(), in_time(*.after))]
    Unavailable {
        /// What we asked for.
        call: &'static str,
        /// What happened.
        trouble: Trouble,
        /// The wait it asked for.
        after: Option<Duration>,
    },
    /// Something that is not JSON, with a status that promised JSON.
    #[error(
        "Zendesk answered {call} with {what} instead of data (status {status}). It may be under maintenance and will be tried again; if this lasts, check the address of the account."
    )]
    NotJson {
        /// What we asked for.
        call: &'static str,
        /// The status.
        status: u16,
        /// `a web page`, `text`, `nothing`, `broken JSON`.
        what: &'static str,
    },
    /// Valid JSON of a shape we cannot read.
    #[error(
        "Zendesk's answer to {call} has an unexpected form at {path}: {what}. It will be tried again; if this lasts, report it with the version of Deskbridge."
    )]
    WrongShape {
        /// What we asked for.
        call: &'static str,
        /// Where in the JSON.
        path: String,
        /// What was found there, without its content.
        what: String,
    },
    /// An export or a list that names itself as its next page (F27).
    #[error(
        "Zendesk sends the same page of {call} again and again, so no more of it was asked for. Nothing stored is lost, and it will be tried again; if this lasts, report it to Zendesk's support."
    )]
    Endless {
        /// What we asked for.
        call: &'static str,
    },
    /// 400 or 422 on the cursor of an export: it is malformed, or has expired (F25).
    #[error("Zendesk no longer accepts the position of {call} (status {}). {}", refusal.status, Fix::Position.sentence())]
    CursorRefused {
        /// The export.
        call: &'static str,
        /// Its answer.
        refusal: Box<Refusal>,
    },
    /// The start time of an export is less than a minute ago (zendesk-api.md 3.9).
    #[error("Zendesk gives {call} only up to a minute ago. It will be tried again in a minute.")]
    TooRecent {
        /// The export.
        call: &'static str,
    },
    /// Any 3xx: a redirect is never followed (ASVS 15.3.2).
    #[error("The account's address answers with a redirect to {}, which is not followed. {}", to.as_deref().unwrap_or("nowhere"), Fix::Address.sentence())]
    Redirected {
        /// The host it names.
        to: Option<String>,
    },
    /// A body over the cap.
    #[error(
        "Zendesk sends more than {limit} bytes for {call}, so it was not read. Raise the limit, or lower the page size."
    )]
    TooLarge {
        /// What we asked for.
        call: &'static str,
        /// The cap, in bytes.
        limit: usize,
    },
    /// 422: fields of the record are refused.
    #[error("Zendesk refuses the record: {}. {}", refusal.field_words(), Fix::Record.sentence())]
    Invalid {
        /// Its answer, with the fields.
        refusal: Box<Refusal>,
    },
    /// 409.
    #[error("Zendesk reports a conflict on {call} ({}). It will be tried again.", refusal.code_words())]
    Conflict {
        /// What we asked for.
        call: &'static str,
        /// Which conflict.
        kind: ConflictKind,
        /// Its answer.
        refusal: Box<Refusal>,
    },
    /// Any other 4xx.
    #[error("Zendesk refuses {call} ({}). The same request will not succeed later: report it with the version of Deskbridge.", refusal.code_words())]
    Refused {
        /// What we asked for.
        call: &'static str,
        /// Its answer.
        refusal: Box<Refusal>,
    },
    /// The address, or what it resolved to, is not one we call.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// TLS failed: the certificate is unknown, expired or for another name.
    #[error("No secure connection to {host}: its certificate is not accepted. {}", Fix::Certificate.sentence())]
    Certificate {
        /// The host.
        host: String,
    },
    /// The client cannot be built from what it was given.
    #[error("The Zendesk client cannot start: {0}.")]
    Setup(String),
    /// The keeper of tokens or the governor failed (a database, usually).
    #[error("The Zendesk client could not use its own store: {0}. It will be tried again.")]
    Store(String),
}

impl Error {
    /// Whether and when the same call may succeed.
    pub fn when(&self) -> When {
        match self {
            Self::NotSignedIn { .. } => When::AfterFix(Fix::SignIn),
            Self::Forbidden { why, .. } => When::AfterFix(why.fix()),
            Self::NotFound { .. } | Self::Redirected { .. } | Self::Address(_) => {
                When::AfterFix(Fix::Address)
            }
            Self::Limited { after, .. } | Self::Unavailable { after, .. } => {
                When::Later { after: *after }
            }
            Self::NotJson { .. }
            | Self::WrongShape { .. }
            | Self::Endless { .. }
            | Self::Store(_) => When::Later { after: None },
            Self::TooRecent { .. } => When::Later {
                after: Some(Duration::from_secs(60)),
            },
            Self::CursorRefused { .. } => When::AfterFix(Fix::Position),
            Self::Invalid { .. } => When::AfterFix(Fix::Record),
            Self::Conflict { .. } => When::Later { after: None },
            Self::Refused { .. } => When::Never,
            Self::Certificate { .. } => When::AfterFix(Fix::Certificate),
            Self::TooLarge { .. } | Self::Setup(_) => When::AfterFix(Fix::Settings),
        }
    }

    /// The whole sentence for a page; the same as `Display`.
    pub fn sentence(&self) -> String {
        self.to_string()
    }

    /// The least wait that the answer asked for.
    pub(crate) fn wait(&self) -> Option<Duration> {
        match self.when() {
            When::Later { after } => after,
            When::Never | When::AfterFix(_) => None,
        }
    }

    /// The HTTP status, where there was one.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::NotSignedIn { status, .. } | Self::NotJson { status, .. } => Some(*status),
            Self::Limited { .. } => Some(429),
            Self::Unavailable {
                trouble: Trouble::Status(status),
                ..
            } => Some(*status),
            Self::TooRecent { .. } => Some(400),
            Self::Forbidden { .. }
            | Self::NotFound { .. }
            | Self::CursorRefused { .. }
            | Self::Invalid { .. }
            | Self::Conflict { .. }
            | Self::Refused { .. } => self.refusal().map(|refusal| refusal.status),
            Self::Unavailable { .. }
            | Self::WrongShape { .. }
            | Self::Endless { .. }
            | Self::Redirected { .. }
            | Self::TooLarge { .. }
            | Self::Address(_)
            | Self::Certificate { .. }
            | Self::Setup(_)
            | Self::Store(_) => None,
        }
    }

    /// Zendesk's refusal, with its own words and fields.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Forbidden { refusal, .. }
            | Self::NotFound { refusal, .. }
            | Self::CursorRefused { refusal, .. }
            | Self::Invalid { refusal }
            | Self::Conflict { refusal, .. }
            | Self::Refused { refusal, .. } => Some(refusal),
            Self::NotSignedIn { .. }
            | Self::Limited { .. }
            | Self::Unavailable { .. }
            | Self::NotJson { .. }
            | Self::WrongShape { .. }
            | Self::Endless { .. }
            | Self::TooRecent { .. }
            | Self::Redirected { .. }
            | Self::TooLarge { .. }
            | Self::Address(_)
            | Self::Certificate { .. }
            | Self::Setup(_)
            | Self::Store(_) => None,
        }
    }

    /// Zendesk's own code (`RecordInvalid`, `UpdateConflict`), which does not change with the
    /// language of the account as its messages do.
    pub fn code(&self) -> Option<&str> {
        self.refusal().and_then(|refusal| refusal.code.as_deref())
    }

    /// The refused fields of a 422; `base` stands for the whole record.
    pub fn fields(&self) -> Option<&BTreeMap<String, Vec<Detail>>> {
        self.refusal().map(|refusal| &refusal.fields)
    }

    /// Whether the same request may be repeated at once by the client, as it is.
    pub(crate) fn is_repeatable(&self) -> bool {
        match self {
            Self::Unavailable { .. }
            | Self::NotJson { .. }
            | Self::WrongShape { .. }
            | Self::Endless { .. } => true,
            Self::NotSignedIn { .. }
            | Self::Forbidden { .. }
            | Self::NotFound { .. }
            | Self::Limited { .. }
            | Self::CursorRefused { .. }
            | Self::TooRecent { .. }
            | Self::Redirected { .. }
            | Self::TooLarge { .. }
            | Self::Invalid { .. }
            | Self::Conflict { .. }
            | Self::Refused { .. }
            | Self::Address(_)
            | Self::Certificate { .. }
            | Self::Setup(_)
            | Self::Store(_) => false,
        }
    }
}

impl ForbiddenWhy {
    fn fix(&self) -> Fix {
        match self {
            Self::Scope(scopes) => Fix::Scope(scopes.clone()),
            Self::Role | Self::Unsaid => Fix::Role,
            Self::BulkOff => Fix::BulkImport,
        }
    }
}

impl Trouble {
    /// What happened, for the middle of a sentence.
    pub fn words(self) -> String {
        match self {
            Self::Lookup => "the name of its host could not be looked up".into(),
            Self::Connect => "no connection could be made".into(),
            Self::Timeout => "it took too long".into(),
            Self::CutOff => "the answer stopped in the middle".into(),
            Self::Status(status) => format!("it answered with status {status}"),
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words())
    }
}

fn in_time(after: Option<Duration>) -> String {
    match after {
        Some(after) => format!(" in {} s", after.as_secs().max(1)),
        None => String::new(),
    }
}
