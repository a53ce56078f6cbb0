//! What a workflow is told: where rows come from, what becomes of them, how they are sent. Kept as JSON
//! with the workflow, so that a later edit of an orchestration does not reach into one that runs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use audience::Form;
use domain::profile::action::DEADLINE_HOURS;
use domain::profile::guard::RowGuard;
use domain::profile::key::SameKey;
use domain::profile::leaver::{LEAVERS_PER_MILLE, OnLeave};
use domain::profile::{Attribute, Column, Mapping, Rules, Tally, Verification};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::preflight::Estimate;
use crate::error::{Error, Result};

/// Where the rows of a query come from (profile-send.md 1, *query*).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum SourceSpec {
    /// A file of this machine.
    File {
        /// Its path.
        path: PathBuf,
        /// Whether it may lie anywhere, as for the command line, or only in a configured import folder.
        #[serde(default)]
        anywhere: bool,
        /// What is said of its form.
        #[serde(default)]
        form: Form,
    },
    /// An object of an object store.
    Object {
        /// The store's address for all but Amazon's own.
        #[serde(default)]
        endpoint: Option<String>,
        /// Whether that may be an address without TLS.
        #[serde(default)]
        allow_plain_http: bool,
        /// The region.
        region: String,
        /// The bucket.
        bucket: String,
        /// The object's key in it.
        key: String,
        /// The credential that opens the store; none for what everybody may read.
        #[serde(default)]
        credential: Option<String>,
        /// What is said of its form.
        #[serde(default)]
        form: Form,
    },
    /// A read-only statement on a PostgreSQL-wire database.
    Sql {
        /// The credential that holds the database's address.
        credential: String,
        /// One `SELECT`.
        statement: String,
        /// Schemas in which names without one are looked up.
        #[serde(default = "public")]
        search_path: String,
    },
    /// Our own contacts.
    Contacts {
        /// Which of them.
        #[serde(default)]
        filter: ContactFilter,
    },
}

fn public() -> String {
    "public".to_owned()
}

/// Which of our contacts are sent. What is not said lets everybody through.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ContactFilter {
    /// Only those who have an email address.
    pub with_email: bool,
    /// Only those whose address ends so: `@example.com`.
    pub email_ends_with: Option<String>,
    /// Only those changed since.
    pub changed_since: Option<Timestamp>,
}

impl SourceSpec {
    /// What people call it: the file's name, the object's, the statement.
    pub fn title(&self) -> String {
        match self {
            Self::File { path, .. } => path
                .file_name()
                .unwrap_or(path.as_os_str())
                .to_string_lossy()
                .into_owned(),
            Self::Object { key, .. } => key.rsplit('/').next().unwrap_or_default().to_owned(),
            Self::Sql { .. } => "the statement".to_owned(),
            Self::Contacts { .. } => "our contacts".to_owned(),
        }
    }

    /// The word of its kind, as a query stores it.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::File { .. } => "file",
            Self::Object { .. } => "object",
            Self::Sql { .. } => "sql",
            Self::Contacts { .. } => "contacts",
        }
    }

    /// The id of the credential that it needs.
    pub fn credential(&self) -> Option<&str> {
        match self {
            Self::Object { credential, .. } => credential.as_deref(),
            Self::Sql { credential, .. } => Some(credential),
            Self::File { .. } | Self::Contacts { .. } => None,
        }
    }
}

/// What an orchestration, or one send, says about its rows (profile-send.md 2 and 3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SendSettings {
    /// Which value comes from where.
    pub mapping: Mapping,
    /// What becomes of values.
    pub rules: Rules,
    /// The columns that the query had when it was activated; a run must find them all.
    pub columns: Option<Vec<Column>>,
    /// What is done about rows with one key.
    pub same_key: SameKey,
    /// What becomes of customers who left the query.
    pub on_leave: OnLeave,
    /// The largest share of customers that may leave in one run, in thousandths.
    pub leavers_per_mille: u64,
    /// How many rows a run may have.
    pub guard: RowGuard,
    /// After how many hours of waiting for Zendesk a workflow fails.
    pub deadline_hours: u64,
    /// Whether the ledger is ignored, and every row sent.
    pub full: bool,
    /// Only so many rows are read: a test send.
    pub first: Option<u64>,
    /// Whether rows that failed for good are sent again although nothing has changed.
    pub repeat_failed: bool,
    /// Whether each user is sent with a call of its own, one a second.
    pub one_by_one: bool,
    /// Who is mailed of its alerts beside those of the installation: addresses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub alert_to: Vec<String>,
}

impl Default for SendSettings {
    fn default() -> Self {
        Self {
            mapping: Mapping::default(),
            rules: Rules::default(),
            columns: None,
            same_key: SameKey::default(),
            on_leave: OnLeave::default(),
            leavers_per_mille: LEAVERS_PER_MILLE,
            guard: RowGuard::default(),
            deadline_hours: DEADLINE_HOURS,
            full: false,
            first: None,
            repeat_failed: false,
            one_by_one: false,
            alert_to: Vec::new(),
        }
    }
}

/// What a destination says about everything that is sent to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DestinationSettings {
    /// The most users a second.
    pub users_per_second: u32,
    /// The most jobs of ours that may be open at one time.
    pub jobs_at_once: usize,
    /// Our share of the account's limit, in percent.
    pub budget_share: u8,
    /// Powerful attributes that may be sent.
    pub allowed: BTreeSet<Attribute>,
    /// What is said about the verification of emails, where an orchestration says nothing else.
    pub verification: Option<Verification>,
    /// Whether users may be sent one by one where bulk import is off, without asking each time.
    pub one_by_one: bool,
}

impl Default for DestinationSettings {
    fn default() -> Self {
        Self {
            users_per_second: 100,
            jobs_at_once: domain::profile::job::MOST_JOBS,
            budget_share: 50,
            allowed: BTreeSet::new(),
            verification: None,
            one_by_one: false,
        }
    }
}

/// Guards that a person let one workflow pass.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Approved {
    /// The guard of the number of rows, or of rows with one key.
    pub rows: bool,
    /// The brake on leavers: so many may leave, as many as the person who approved it was told of. None:
    /// nobody approved.
    pub leavers_up_to: Option<u64>,
    /// Sending one by one, where bulk import is off.
    pub one_by_one: bool,
    /// A missing file counts as one without news: the workflow ends with nothing sent.
    pub missing_file: bool,
    /// Somebody acted on failures that wait for a person.
    pub acted: bool,
}

/// How far a workflow is: kept with every step, and shown while it runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Rows by outcome.
    pub rows: Rows,
    /// Requests to Zendesk.
    pub requests: u64,
    /// Jobs that Zendesk took, those of `open_jobs` among them.
    pub jobs: u64,
    /// Rows that were sent again since nobody knew what had become of them.
    pub sent_again: u64,
    /// Customers who left the query.
    pub leavers: u64,
    /// Those of them about whom something was done.
    pub leavers_done: u64,
    /// When the first batch was posted.
    pub first_post_at: Option<Timestamp>,
    /// When the last row was confirmed.
    pub last_confirmed_at: Option<Timestamp>,
    /// Jobs whose rows are not confirmed yet.
    pub open_jobs: u64,
    /// Bytes of the source read, and how many there are.
    pub bytes_read: u64,
    /// How many bytes the source has, if known.
    pub bytes: Option<u64>,
    /// Fields that were repaired or left out, by what a person reads about it, with how many rows.
    pub notes: BTreeMap<String, u64>,
    /// What the send will take, once a dry run knows it.
    pub estimate: Option<Estimate>,
    /// The names of the source's columns, in their order.
    pub columns: Vec<String>,
    /// What is worth knowing besides.
    pub warnings: BTreeSet<String>,
}

/// [`Tally`] as it is kept: `pending` and `unknown` too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rows {
    /// Rows read.
    pub read: u64,
    /// Made in Zendesk.
    pub created: u64,
    /// Changed in Zendesk.
    pub updated: u64,
    /// There already.
    pub unchanged: u64,
    /// Not sent, by a rule.
    pub rejected: u64,
    /// Refused by Zendesk.
    pub failed: u64,
    /// Claimed by several people.
    pub conflict: u64,
    /// Left out on purpose.
    pub skipped: u64,
    /// Not sent yet.
    pub pending: u64,
    /// Sent, and nobody knows.
    pub unknown: u64,
}

impl From<Tally> for Rows {
    fn from(tally: Tally) -> Self {
        Self {
            read: tally.read,
            created: tally.created,
            updated: tally.updated,
            unchanged: tally.unchanged,
            rejected: tally.rejected,
            failed: tally.failed,
            conflict: tally.conflict,
            skipped: tally.skipped,
            pending: tally.pending,
            unknown: tally.unknown,
        }
    }
}

/// Reads what was kept as JSON; nothing kept is the default.
///
/// # Errors
/// [`Error::Refused`] if it was written by a newer version.
pub(super) fn read<T: Default + for<'a> Deserialize<'a>>(what: &str, json: &str) -> Result<T> {
    if json.is_empty() {
        return Ok(T::default());
    }
    serde_json::from_str(json).map_err(|error| {
        Error::Refused(format!(
            "The {what} of the workflow cannot be read ({error}). A newer version of Deskbridge may have written it: use that version, or start a new workflow."
        ))
    })
}

/// Writes what is kept as JSON.
pub(super) fn write(what: &impl Serialize) -> String {
    // Maps with keys of text and plain values always serialise.
    serde_json::to_string(what).unwrap_or_default()
}
