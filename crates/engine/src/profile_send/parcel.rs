//! What goes to Zendesk in one request, and is kept in our database until its result is known.

use domain::profile::job::MOST_USERS;
use domain::profile::key::{Ids, KeyKind};
use domain::profile::result::SentRow;
use domain::profile::{Checker, Profile};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use store::send_batches::{BatchKind, SendBatch};

use super::record::{Hash, hash_of, key_hash};
use super::source::RowOf;
use crate::error::{Error, Result};

/// The most bytes of one request: more users than fit wait for the next one.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// One row on its way. Holds personal data: `Debug` shows only where it stands.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Sent {
    /// Where it stands in the source.
    pub(super) line: u64,
    /// Whom it is about.
    pub(super) key: Hash,
    /// What is sent, as the ledger compares it.
    pub(super) body: Hash,
    /// What it is told by.
    pub(super) key_kind: KeyKind,
    /// The key in lower case.
    pub(super) key_text: String,
    /// As it is sent.
    pub(super) external_id: Option<String>,
    /// As it is sent.
    pub(super) email: Option<String>,
    /// As it is sent.
    pub(super) name: String,
    /// What stands in `users: […]`.
    pub(super) json: Box<RawValue>,
    /// The tags and fields that are ours once it is confirmed, as JSON.
    pub(super) extra: Option<String>,
    /// The cells of the source, for a person to see if it fails.
    pub(super) cells: Vec<Option<String>>,
    /// Zendesk's id of the user, where it is known.
    pub(super) zendesk_id: Option<i64>,
    /// How often it has been sent.
    pub(super) tries: u32,
}

impl std::fmt::Debug for Sent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sent")
            .field("line", &self.line)
            .field("tries", &self.tries)
            .finish_non_exhaustive()
    }
}

/// What the ledger keeps of a customer beside hashes: what to take back when they leave.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Extra {
    /// Tags that are ours.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) tags: Vec<String>,
    /// Keys of the custom fields that we filled.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) fields: Vec<String>,
}

impl Sent {
    /// A checked row.
    ///
    /// # Errors
    /// [`Error::Refused`] if the profile is no JSON, which would be a mistake of ours.
    pub(super) fn of(profile: &Profile, checker: &Checker, row: &RowOf<'_>) -> Result<Self> {
        let json = serde_json::from_slice(profile.json()).map_err(|error| {
            Error::Refused(format!("A row could not be written as JSON ({error})."))
        })?;
        Ok(Self {
            line: row.batch.line(row.row),
            key: key_hash(profile.key_kind(), profile.key()),
            body: hash_of(profile.hash()),
            key_kind: profile.key_kind(),
            key_text: profile.key().to_owned(),
            external_id: profile.external_id().map(str::to_owned),
            email: profile.email().map(str::to_owned),
            name: profile.name().to_owned(),
            json,
            extra: extra(profile, checker),
            cells: row.cells(),
            zendesk_id: None,
            tries: 0,
        })
    }

    /// Its ids.
    pub(super) fn ids(&self) -> Ids<'_> {
        Ids {
            external_id: self.external_id.as_deref(),
            email: self.email.as_deref(),
        }
    }

    /// As results are matched with it.
    pub(super) fn sent_row(&self) -> SentRow<'_> {
        SentRow {
            ids: self.ids(),
            zendesk_id: self.zendesk_id,
        }
    }

    /// Leaves the email out, as a person chose: the row goes to the user with its external id.
    pub(super) fn drop_email(&mut self) {
        if self.external_id.is_none() {
            return;
        }
        let Ok(mut json) = serde_json::from_str::<serde_json::Map<_, _>>(self.json.get()) else {
            return;
        };
        json.remove("email");
        if let Ok(json) = serde_json::value::to_raw_value(&json) {
            self.json = json;
            self.email = None;
        }
    }
}

fn extra(profile: &Profile, checker: &Checker) -> Option<String> {
    let fields = checker.targets().filter_map(|target| match target {
        domain::profile::Target::Field(key) => Some(key.clone()),
        domain::profile::Target::Attribute(_) => None,
    });
    let extra = Extra {
        tags: profile.tags().map(str::to_owned).collect(),
        fields: fields.collect(),
    };
    (extra != Extra::default()).then(|| super::settings::write(&extra))
}

/// Up to a hundred rows in one request.
#[derive(Debug, Clone)]
pub(super) struct Parcel {
    pub(super) id: String,
    pub(super) kind: BatchKind,
    pub(super) rows: Vec<Sent>,
    /// The job that Zendesk made of it.
    pub(super) job_id: Option<String>,
    /// When it was posted.
    pub(super) posted_at: Option<Timestamp>,
    /// When Zendesk said that it had queued the job; unknown for a job of an earlier try.
    pub(super) queued_at: Option<Timestamp>,
    /// Whether our database has it.
    pub(super) is_kept: bool,
    /// Whether nobody knew what had become of it, so that it is sent again.
    pub(super) again: bool,
}

impl Parcel {
    /// A parcel that nobody has seen yet.
    pub(super) fn new(id: String, kind: BatchKind, rows: Vec<Sent>) -> Self {
        Self {
            id,
            kind,
            rows,
            job_id: None,
            posted_at: None,
            queued_at: None,
            is_kept: false,
            again: false,
        }
    }

    /// The body of its request.
    pub(super) fn body(&self) -> Vec<u8> {
        let mut body =
            Vec::with_capacity(self.rows.iter().map(|row| row.json.get().len() + 1).sum());
        body.extend_from_slice(match self.kind {
            BatchKind::Single => b"{\"user\":".as_slice(),
            BatchKind::Users | BatchKind::Leave | BatchKind::Delete => b"{\"users\":[".as_slice(),
        });
        for (place, row) in self.rows.iter().enumerate() {
            if place > 0 {
                body.push(b',');
            }
            body.extend_from_slice(row.json.get().as_bytes());
        }
        body.extend_from_slice(match self.kind {
            BatchKind::Single => b"}".as_slice(),
            BatchKind::Users | BatchKind::Leave | BatchKind::Delete => b"]}".as_slice(),
        });
        body
    }

    /// As it is kept.
    pub(super) fn to_batch(&self, workflow_id: &str) -> SendBatch {
        SendBatch {
            id: self.id.clone(),
            workflow_id: workflow_id.to_owned(),
            kind: self.kind,
            job_id: self.job_id.clone(),
            posted_at: self.posted_at,
            tries: self
                .rows
                .iter()
                .map(|row| i64::from(row.tries))
                .max()
                .unwrap_or_default(),
            again: self.again,
            rows: super::settings::write(&self.rows),
        }
    }

    /// What was kept.
    ///
    /// # Errors
    /// [`Error::Refused`] if a newer version wrote it.
    pub(super) fn of_batch(batch: SendBatch) -> Result<Self> {
        let unreadable = |what: &str| {
            Error::Refused(format!(
                "A batch of the workflow cannot be read ({what}). A newer version of Deskbridge may have written it: use that version to finish the workflow."
            ))
        };
        Ok(Self {
            kind: batch.kind,
            rows: serde_json::from_str(&batch.rows)
                .map_err(|error| unreadable(&error.to_string()))?,
            id: batch.id,
            job_id: batch.job_id,
            posted_at: batch.posted_at,
            queued_at: None,
            is_kept: true,
            again: batch.again,
        })
    }
}

/// Rows that come together until a parcel is full.
#[derive(Default)]
pub(super) struct Gathering {
    rows: Vec<Sent>,
    bytes: usize,
}

impl Gathering {
    /// Adds a row. Returns those before it, if they are a parcel.
    pub(super) fn add(&mut self, row: Sent) -> Option<Vec<Sent>> {
        let bytes = row.json.get().len() + 1;
        let is_full = self.rows.len() == MOST_USERS || self.bytes + bytes > MOST_BYTES;
        let full = (is_full && !self.rows.is_empty()).then(|| self.take());
        self.bytes += bytes;
        self.rows.push(row);
        full
    }

    /// The rows so far.
    pub(super) fn take(&mut self) -> Vec<Sent> {
        self.bytes = 0;
        std::mem::take(&mut self.rows)
    }

    /// Whether as many rows have come together as one request takes.
    pub(super) fn is_full(&self) -> bool {
        self.rows.len() == MOST_USERS
    }
}
