//! Background jobs (zendesk-api.md 3.3).

use std::fmt;

use domain::profile::job as profile_job;
use domain::profile::result::ResultRow;
use http::Method;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::lists::list_of;
use super::{MANY, joined, missing_is_none, with_query};
use crate::client::{Client, Write};
use crate::error::Error;
use crate::error::body::About;
use crate::governor::{Bucket, RateSeen};
use crate::http::Reply;
use crate::records::{flag, id, loose_text, read_body, read_one, read_page, text};

/// How far a job is. Zendesk sets it; we only read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobState {
    /// Waiting.
    Queued,
    /// Running.
    Working,
    /// Done, possibly with failed rows.
    Completed,
    /// Failed as a whole.
    Failed,
    /// Ended by Zendesk.
    Killed,
    /// A word we do not know.
    Other(String),
}

impl JobState {
    fn read(word: &str) -> Self {
        match word {
            "queued" => Self::Queued,
            "working" => Self::Working,
            "completed" => Self::Completed,
            "failed" => Self::Failed,
            "killed" => Self::Killed,
            other => Self::Other(other.to_owned()),
        }
    }

    /// Whether nothing more will happen. An unknown word is not an end.
    pub fn is_final(&self) -> bool {
        match self {
            Self::Completed | Self::Failed | Self::Killed => true,
            Self::Queued | Self::Working | Self::Other(_) => false,
        }
    }
}

/// One job. It is kept for a day, then unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobStatus {
    /// `V3-` and 32 hex digits.
    pub id: String,
    /// What it does, since Dec 2023: `Bulk Create Ticket`, ...
    pub job_type: Option<String>,
    /// How many rows.
    pub total: Option<i64>,
    /// How many are done.
    pub progress: Option<i64>,
    /// How far it is.
    pub status: JobState,
    /// Zendesk's note: `Creating ticket #31`, `Completed at ...`.
    pub message: Option<String>,
    /// The rows, in no promised order. Empty until it ends.
    pub rows: Vec<JobRow>,
    /// The same rows as a send of profiles reads them: to be matched with what was sent by
    /// `domain::profile::result::match_results`.
    pub results: Vec<ResultRow>,
    /// The one result of a job without rows (`{"success": true}`).
    pub success: Option<bool>,
    /// How many more jobs the account may queue now, other tools' included. Only the answer that
    /// queues a job says so, and not always.
    pub slots_left: Option<u32>,
}

impl JobStatus {
    /// How far it is, as a send of profiles reads it. A job that is not in the answer to
    /// [`Client::job_statuses`] has expired.
    pub fn outcome(&self) -> profile_job::JobState {
        let rows = || self.results.clone();
        match self.status {
            JobState::Queued | JobState::Working | JobState::Other(_) => {
                profile_job::JobState::Waiting
            }
            JobState::Completed => profile_job::JobState::Completed(rows()),
            JobState::Failed => profile_job::JobState::Failed(rows()),
            JobState::Killed => profile_job::JobState::Killed(rows()),
        }
    }
}

/// What happened to one row. Any key may be absent: created users have no index, failed
/// organisations neither `success` nor `action`.
#[derive(Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct JobRow {
    /// The record.
    #[serde(deserialize_with = "id")]
    pub id: Option<i64>,
    /// The place of the row in what was sent.
    #[serde(deserialize_with = "id")]
    pub index: Option<i64>,
    /// `update`, `delete`, ...
    #[serde(deserialize_with = "loose_text")]
    pub action: Option<String>,
    /// `Created`, `Updated`, `Deleted`, `Failed`.
    #[serde(deserialize_with = "loose_text")]
    pub status: Option<String>,
    /// Whether it succeeded, if said.
    #[serde(deserialize_with = "flag")]
    pub success: Option<bool>,
    /// The code of the failure.
    #[serde(deserialize_with = "loose_text")]
    pub error: Option<String>,
    /// The failure in Zendesk's words; may hold personal data.
    #[serde(deserialize_with = "loose_text")]
    pub details: Option<String>,
    /// Our own id of the record, if it has one.
    #[serde(deserialize_with = "loose_text")]
    pub external_id: Option<String>,
    /// The user's email, in user jobs.
    #[serde(deserialize_with = "loose_text")]
    pub email: Option<String>,
}

impl JobRow {
    /// Whether the row failed: an error, or a plain "no success".
    pub fn failed(&self) -> bool {
        self.error.is_some()
            || self.success == Some(false)
            || self.status.as_deref() == Some("Failed")
    }
}

impl fmt::Debug for JobRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobRow")
            .field("id", &self.id)
            .field("index", &self.index)
            .field("action", &self.action)
            .field("status", &self.status)
            .field("success", &self.success)
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct JobWire<'a> {
    #[serde(deserialize_with = "text")]
    id: Option<String>,
    #[serde(deserialize_with = "text")]
    job_type: Option<String>,
    #[serde(deserialize_with = "id")]
    total: Option<i64>,
    #[serde(deserialize_with = "id")]
    progress: Option<i64>,
    #[serde(deserialize_with = "text")]
    status: Option<String>,
    #[serde(deserialize_with = "loose_text")]
    message: Option<String>,
    #[serde(borrow)]
    results: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Whole {
    #[serde(deserialize_with = "flag")]
    success: Option<bool>,
}

/// Reads one job.
pub(crate) fn read_job(call: &'static str, raw: &RawValue) -> Result<JobStatus, Error> {
    let wire: JobWire<'_> = read_body(call, raw.get().as_bytes())?;
    let missing = |field: &str| Error::WrongShape {
        call,
        path: field.into(),
        what: "missing".into(),
    };
    let (mut rows, mut results, mut success) = (Vec::new(), Vec::new(), None);
    if let Some(found) = wire.results {
        let json = found.get().as_bytes();
        if json.starts_with(b"[") {
            // A row of a form we do not know must not hide what became of all others.
            let raw: Vec<Value> = read_body(call, json)?;
            results = raw.iter().map(ResultRow::read).collect();
            rows = raw
                .into_iter()
                .map(|row| serde_json::from_value(row).unwrap_or_default())
                .collect();
        } else {
            success = read_body::<Option<Whole>>(call, json)?.and_then(|whole| whole.success);
        }
    }
    Ok(JobStatus {
        id: wire.id.ok_or_else(|| missing("id"))?,
        job_type: wire.job_type,
        total: wire.total,
        progress: wire.progress,
        status: JobState::read(&wire.status.ok_or_else(|| missing("status"))?),
        message: wire.message,
        rows,
        results,
        success,
        slots_left: None,
    })
}

/// Reads the answer that queues a job.
fn read_queued(call: &'static str, reply: &Reply) -> Result<JobStatus, Error> {
    let mut job = read_job(call, read_one(call, "job_status", &reply.body)?)?;
    // The moment matters only to a `Retry-After`, which such an answer has none of.
    let seen = RateSeen::read(
        &reply.headers,
        reply.status,
        &[],
        jiff::Timestamp::UNIX_EPOCH,
    );
    job.slots_left = seen
        .named
        .iter()
        .find(|limit| Bucket::of_limit(&limit.name) == Some(Bucket::Jobs))
        .and_then(|limit| limit.remaining);
    Ok(job)
}

fn queueing(call: &'static str) -> About {
    About {
        bucket: Bucket::Jobs,
        ..About::call(call)
    }
}

impl Client {
    /// Queues a job that makes or changes up to 100 users, matched by external id or email
    /// (`POST users/create_or_update_many`). `body` is the whole rendered body, `{"users":[...]}`.
    /// Sent once: where [`Error::is_outcome_unknown`], nobody knows whether the job runs.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::judge`] says what it means for the rows.
    pub async fn bulk_upsert_users(&self, body: &[u8]) -> Result<JobStatus, Error> {
        let about = About {
            bulk: true,
            ..queueing("the bulk import of users")
        };
        let path = "users/create_or_update_many";
        let write = Write::rendered(about, Method::POST, path, body);
        self.write(write, |reply| read_queued(about.call, reply))
            .await
    }

    /// Queues a job that changes up to 100 users, each named by `id` or `external_id`
    /// (`PUT users/update_many`, which needs no bulk import). `body` is `{"users":[...]}`.
    ///
    /// # Errors
    /// As [`Client::bulk_upsert_users`].
    pub async fn bulk_update_users(&self, body: &[u8]) -> Result<JobStatus, Error> {
        let about = queueing("the change of many users");
        let write = Write::rendered(about, Method::PUT, "users/update_many", body);
        self.write(write, |reply| read_queued(about.call, reply))
            .await
    }

    /// Queues a job that deletes up to 100 users (`DELETE users/destroy_many`).
    ///
    /// # Errors
    /// As [`Client::bulk_upsert_users`].
    pub async fn bulk_delete_users(&self, ids: &[i64]) -> Result<JobStatus, Error> {
        let about = queueing("the deletion of many users");
        let path = with_query("users/destroy_many", &[("ids", &joined(ids))]);
        let write = Write::bare(about, Method::DELETE, &path);
        self.write(write, |reply| read_queued(about.call, reply))
            .await
    }

    /// One job; `None` once Zendesk has forgotten it (after a day).
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn job_status(&self, id: &str) -> Result<Option<JobStatus>, Error> {
        let about = About::call("a job status");
        let id: String = url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
        let path = format!("job_statuses/{id}");
        let found = self.get(about, &path, |body| {
            read_job(about.call, read_one(about.call, "job_status", body)?)
        });
        missing_is_none(found.await)
    }

    /// Many jobs, 100 a request. Forgotten ones are left out.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn job_statuses<S: AsRef<str> + Sync>(
        &self,
        ids: &[S],
    ) -> Result<Vec<JobStatus>, Error> {
        let about = About::call("job statuses");
        let mut all = Vec::with_capacity(ids.len());
        for chunk in ids.chunks(MANY) {
            let ids: Vec<&str> = chunk.iter().map(AsRef::as_ref).collect();
            let path = with_query("job_statuses/show_many", &[("ids", &ids.join(","))]);
            let found = self.get(about, &path, |body| {
                let page = read_page(about.call, "job_statuses", body)?;
                let raws = list_of(about.call, "job_statuses", &page)?;
                raws.iter().map(|raw| read_job(about.call, raw)).collect()
            });
            all.extend::<Vec<JobStatus>>(found.await?);
        }
        Ok(all)
    }
}
