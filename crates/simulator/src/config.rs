//! What a simulator is started with.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use crate::account::trigger::Trigger;
use crate::fault::Fault;

mod switches;

pub use switches::{AnonymousMe, FailedRows, Switches, TwoMatches};

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
    /// What to do where sources disagree about Zendesk: by default as
    /// [`Switches::of_this_process`] says.
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
            switches: Switches::of_this_process(),
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
    /// Whether the administrator consents, when the page of authorisation asks for it; else they deny.
    pub consents: bool,
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
            consents: true,
        }
    }
}
