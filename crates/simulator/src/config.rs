//! What a simulator is started with.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use crate::account::trigger::Trigger;
use crate::fault::Fault;

/// How to start a simulator. `Config::default()` is a small account on a free port of the loopback
/// address, without limits, delays or faults.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The same seed gives the same data.
    pub seed: u64,
    /// How many tickets to make.
    pub tickets: u64,
    /// How many users to make, staff included; at least three.
    pub users: u64,
    /// Comments of each ticket, the first one (the description) included; at least one.
    pub comments_per_ticket: u32,
    /// Whose rate limits apply.
    pub limits: Limits,
    /// The API token that opens the account for any agent's or administrator's email.
    pub api_token: String,
    /// How long every answer takes, on the machine's clock.
    pub latency: Duration,
    /// How long a background job takes, on the simulator's clock.
    pub job: Duration,
    /// How many background jobs may be open at a time; without it 30 where limits apply, and any
    /// number where they do not.
    pub job_slots: Option<usize>,
    /// Serve TLS with this certificate and key (PEM); plain HTTP without it.
    pub tls: Option<TlsFiles>,
    /// Serve under this path as well, for clients that insist on one: `/zendesk`.
    pub path_prefix: Option<String>,
    /// Faults from the start.
    pub faults: Vec<Fault>,
    /// Which generation of rate-limit headers to send.
    pub headers: HeaderEra,
    /// Where the simulator's clock starts, Unix seconds; the machine's time without it. All data is
    /// older than this.
    pub start: Option<i64>,
    /// Whether the clock stands still until [`Simulator::advance`](crate::Simulator::advance)
    /// moves it; else it runs with the machine's.
    pub still_clock: bool,
    /// The OAuth client.
    pub oauth: OAuthClient,
    /// The most comments of one ticket (zendesk-api.md 3.7: 5,000).
    pub most_comments: usize,
    /// The largest upload, in bytes (zendesk-api.md 3.8: 50 MB).
    pub largest_upload: usize,
    /// How long the endpoint of a webhook may take, on the machine's clock (zendesk-api.md 3.12: 10
    /// or 12 seconds).
    pub webhook_timeout: Duration,
    /// Triggers from the start.
    pub triggers: Vec<Trigger>,
    /// Closes tickets that have been solved for so long, as the automation that every account begins
    /// with does after four days (recorded). It runs at every full hour of the simulator's clock.
    /// None by default, so that a test that runs past a full hour sees no change it did not ask for.
    pub close_solved_after: Option<Duration>,
    /// What to do where sources disagree about Zendesk.
    pub switches: Switches,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            seed: 1,
            tickets: 100,
            users: 50,
            comments_per_ticket: 3,
            limits: Limits::Off,
            api_token: "token".to_owned(),
            latency: Duration::ZERO,
            job: Duration::from_secs(1),
            job_slots: None,
            tls: None,
            path_prefix: None,
            faults: Vec::new(),
            headers: HeaderEra::Current,
            start: None,
            still_clock: false,
            oauth: OAuthClient::default(),
            most_comments: 5_000,
            largest_upload: 50 * 1024 * 1024,
            webhook_timeout: Duration::from_secs(12),
            triggers: Vec::new(),
            close_solved_after: None,
            switches: Switches::default(),
        }
    }
}

/// A certificate and its key, both PEM files.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The certificate chain.
    pub cert: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// Whose rate limits apply (zendesk-api.md 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Limits {
    /// None: no headers, no refusals, no cap of jobs.
    #[default]
    Off,
    /// 200 requests a minute.
    Team,
    /// 400 requests a minute.
    Growth,
    /// 400 requests a minute.
    Professional,
    /// 700 requests a minute.
    Enterprise,
}

impl Limits {
    /// Requests a minute; `None` without limits.
    pub fn per_minute(self) -> Option<u32> {
        match self {
            Self::Off => None,
            Self::Team => Some(200),
            Self::Growth | Self::Professional => Some(400),
            Self::Enterprise => Some(700),
        }
    }

    /// Reads the word used on the command line.
    ///
    /// # Errors
    /// A sentence with the words there are.
    pub fn parse(word: &str) -> Result<Self, String> {
        match word.to_ascii_lowercase().as_str() {
            "off" => Ok(Self::Off),
            "team" => Ok(Self::Team),
            "growth" => Ok(Self::Growth),
            "professional" => Ok(Self::Professional),
            "enterprise" => Ok(Self::Enterprise),
            other => Err(format!(
                "there are no limits called {other:?}; use off, team, growth, professional or enterprise"
            )),
        }
    }
}

impl std::str::FromStr for Limits {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::parse(word)
    }
}

/// Which generation of rate-limit headers answers carry (zendesk-api.md 2, recorded).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HeaderEra {
    /// Before 2023: `X-Rate-Limit` and `X-Rate-Limit-Remaining` only.
    Classic,
    /// August to December 2023: `rate-limit`, `rate-limit-remaining`, `rate-limit-reset`, and
    /// `zendesk-rate-limit-<name>`.
    Late2023,
    /// Since February 2024: `ratelimit-limit`, `ratelimit-remaining`, `ratelimit-reset`, and
    /// `zendesk-ratelimit-<name>`.
    #[default]
    Current,
    /// No rate-limit headers at all; refusals still carry `Retry-After`.
    None,
}

impl HeaderEra {
    /// Reads the word used on the command line.
    ///
    /// # Errors
    /// A sentence with the words there are.
    pub fn parse(word: &str) -> Result<Self, String> {
        match word.to_ascii_lowercase().as_str() {
            "classic" => Ok(Self::Classic),
            "2023" => Ok(Self::Late2023),
            "current" => Ok(Self::Current),
            "none" => Ok(Self::None),
            other => Err(format!(
                "there is no header era called {other:?}; use classic, 2023, current or none"
            )),
        }
    }
}

impl std::str::FromStr for HeaderEra {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::parse(word)
    }
}

/// The OAuth client the simulator knows.
#[derive(Clone)]
pub struct OAuthClient {
    /// Its id.
    pub id: String,
    /// Its secret.
    pub secret: String,
    /// How long access tokens live unless the request says otherwise.
    pub access_life: Duration,
    /// How long refresh tokens live unless the request says otherwise (zendesk-api.md 1: 30 days).
    pub refresh_life: Duration,
}

impl std::fmt::Debug for OAuthClient {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("OAuthClient")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl Default for OAuthClient {
    fn default() -> Self {
        Self {
            id: "deskbridge".to_owned(),
            secret: "secret".to_owned(),
            access_life: Duration::from_secs(30 * 60),
            refresh_life: Duration::from_secs(30 * 86_400),
        }
    }
}

/// What to do where sources disagree about Zendesk, or nothing is confirmed (zendesk-api.md 7, 8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Switches {
    /// When `GET /users/me` answers 200 with a null id in place of 401 (zendesk-api.md 0.2).
    pub anonymous_me: AnonymousMe,
    /// Whether the newest minute is left out of tickets and ticket events (zendesk-api.md 3.9).
    pub leave_out_newest_minute: bool,
    /// Whether a `start_time` of the last minute is refused for users and organizations as well.
    /// The documents say so for all exports; a recording of users from 2022 shows otherwise.
    pub refuse_recent_start_for_users: bool,
    /// Whether `{{...}}` in comments is replaced (zendesk-api.md 3.8).
    pub expand_placeholders: bool,
    /// Whether placeholders are found behind encoded braces as well: `&#123;&#123;ticket.id&#125;&#125;`.
    /// No source says so; a client that escapes customers' text relies on it that they are not.
    pub placeholders_in_encoded_braces: bool,
    /// Whether triggers write audits of their own, by the system user -1. All recordings show their
    /// events in the audit of the update that they follow, each with its own `via`.
    pub triggers_in_own_audit: bool,
    /// Whether a reply of the requester opens a solved ticket again: a public comment whose author is the
    /// ticket's requester and an end user, unless the same update says a status (zendesk-api.md 4.1).
    pub reply_reopens: bool,
    /// Whether the way to a file's content wants somebody who is signed in: 403 to others, as accounts
    /// with private attachments answer (probe of 2026).
    pub private_attachments: bool,
    /// Whether an upload token that is unknown, used or dead is refused with 422. No source says what
    /// happens; without it the comment is added without the file.
    pub refuse_unknown_uploads: bool,
    /// After how many seconds the caller's `metadata` of an update shows in audits, comments and
    /// ticket events; the answer to the update itself has it at once. No source says that there is a
    /// delay, and none that there is not.
    pub marker_delay: i64,
    /// Whether bulk user endpoints are switched on for the account (zendesk-api.md 0.4).
    pub bulk_user_import: bool,
    /// Whether the refusal of bulk user import says in its body that this is off. No source shows the
    /// body; without it, it is that of a role that may not.
    pub bulk_off_says_so: bool,
    /// Whether a job too many is refused with 422 in place of 429 (zendesk-api.md 2).
    pub too_many_jobs_is_422: bool,
    /// The form of failed rows of upserts (zendesk-api.md 3.3).
    pub failed_rows: FailedRows,
    /// Whether rows of upserts say nothing but id and status, as those of `create_many` do (recorded);
    /// else external id and email too, where the request had them.
    pub bare_rows: bool,
    /// Whether the rows of a job come in the order they were sent, as in some recordings.
    pub rows_in_order: bool,
    /// Whether an option that a dropdown does not have is refused; reports say that it is dropped
    /// without an error (zendesk-api.md 3.5).
    pub refuse_unknown_options: bool,
    /// Whether a suspended or deleted agent is told 403 in place of 401 (zendesk-api.md 1).
    pub suspended_is_forbidden: bool,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            anonymous_me: AnonymousMe::WithoutToken,
            leave_out_newest_minute: true,
            refuse_recent_start_for_users: false,
            expand_placeholders: true,
            placeholders_in_encoded_braces: false,
            triggers_in_own_audit: false,
            reply_reopens: true,
            private_attachments: false,
            refuse_unknown_uploads: false,
            marker_delay: 0,
            bulk_user_import: true,
            bulk_off_says_so: false,
            too_many_jobs_is_422: false,
            failed_rows: FailedRows::Position,
            bare_rows: false,
            rows_in_order: false,
            refuse_unknown_options: true,
            suspended_is_forbidden: false,
        }
    }
}

/// How a row says that it failed (zendesk-api.md 3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailedRows {
    /// `{"id":2,"status":"Failed","error":..,"details":"Name: Email: .."}`: the id is the row's
    /// position, and there is no index (reported).
    Position,
    /// `{"index":2,"id":2,"error":..,"details":..}`: neither `success` nor `action` nor `status`.
    Indexed,
}

/// Who is answered 200 with a null id at `GET /users/me` (zendesk-api.md 0.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnonymousMe {
    /// Nobody: 401 for all.
    Nobody,
    /// Requests without credentials or with a password; a wrong API token is 401 (probe of 2026).
    WithoutToken,
    /// Every request that is not signed in (client fixtures of 2023).
    Everybody,
}

#[cfg(test)]
mod tests {
    use super::Switches;

    #[test]
    fn the_documentation_names_every_switch() {
        let page = include_str!("../../../docs/simulator.md");
        let written = format!("{:?}", Switches::default());
        let names: Vec<&str> = written
            .trim_start_matches("Switches { ")
            .split(", ")
            .filter_map(|pair| pair.split_once(':').map(|(name, _)| name))
            .collect();
        assert!(names.len() > 10, "{names:?}");
        for name in names {
            assert!(
                page.contains(&format!("| `{name}` |")),
                "{name} is not in docs/simulator.md"
            );
        }
    }
}
