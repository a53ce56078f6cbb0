//! Confirm: what became of each row that was sent, by its own result (profile-send.md 3, step 5).
//!
//! HTTP 200 only means queued. What a result says of a row goes into the ledger, the rows that people are
//! told about and the counts in one transaction, which also lets the batch go: so a row is confirmed once,
//! or its batch is still there.

use std::collections::HashMap;
use std::time::Duration;

use domain::person::ZendeskUser;
use domain::profile::RowState;
use domain::profile::diff::{ReadBack, read_back};
use domain::profile::failure::{FailureClass, Retry, RowFailure};
use domain::profile::job::JobState;
use domain::profile::key::key_of;
use domain::profile::result::{RowResult, match_results};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use store::ledger::{self, Confirmed, Failed};
use store::send_batches::{self, BatchKind};
use store::workflow_rows::{self, WorkflowRow};
use zendesk::{Record, Upserted};

use super::Send;
use super::halt::Halt;
use super::parcel::{Parcel, Sent};
use super::record::with_plan;

/// How often a row is sent that nothing is wrong with.
const MOST_TRIES: u32 = 4;
/// A user made so shortly before a post was made by it: clocks differ, and Zendesk's has seconds.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_secs(5);
/// How long a job that nobody knows the id of is waited for, and how often is looked.
const LOST_JOB: SignedDuration = SignedDuration::from_secs(120);
const LOOK_FOR_LOST: Duration = Duration::from_secs(1);

/// What became of one row.
#[derive(Debug, Clone)]
pub(super) enum Said {
    /// Zendesk made or changed this user.
    Done {
        /// [`RowState::Created`] or [`RowState::Updated`].
        state: RowState,
        /// Zendesk's id of the user; none for one that was deleted.
        zendesk_id: Option<i64>,
    },
    /// Zendesk refused it.
    Failed(RowFailure),
    /// Nobody can say: it is sent again.
    Again,
}

impl Said {
    /// The user it was done to.
    pub(super) const fn user(&self) -> Option<i64> {
        match self {
            Self::Done { zendesk_id, .. } => *zendesk_id,
            Self::Failed(_) | Self::Again => None,
        }
    }

    /// What the answer to a single call says.
    pub(super) fn of_user(upserted: &Upserted) -> Self {
        Self::Done {
            state: if upserted.created {
                RowState::Created
            } else {
                RowState::Updated
            },
            zendesk_id: upserted.user.id,
        }
    }
}

/// A user of Zendesk as it is now.
pub(super) struct Seen {
    /// As Zendesk shows it.
    pub(super) raw: Value,
    created_at: Option<Timestamp>,
}

impl Seen {
    /// A user that was read; nothing if it is no JSON.
    pub(super) fn of(user: Record<ZendeskUser>) -> Option<Self> {
        Some(Self {
            raw: serde_json::from_str(user.raw.get()).ok()?,
            created_at: user.parsed.ok().and_then(|user| user.created_at),
        })
    }
}

impl Send<'_> {
    /// Confirms a job that has ended. Returns what is to be sent again.
    pub(super) async fn confirm_job(
        &mut self,
        parcel: Parcel,
        ended: &JobState,
    ) -> Result<Vec<Parcel>, Halt> {
        let (results, rest) = match ended {
            JobState::Waiting => return Ok(Vec::new()),
            JobState::Expired => return self.look_up(parcel, &[]).await,
            JobState::Completed(results) => (results, None),
            JobState::Failed(results) => (results, Some(FailureClass::JobFailed)),
            JobState::Killed(results) => (results, Some(FailureClass::JobKilled)),
        };
        if parcel.kind == BatchKind::Delete {
            let said = self.said_of_deletion(&parcel.rows, results, rest).await?;
            return self.confirm(parcel, said).await;
        }
        let sent: Vec<_> = parcel.rows.iter().map(Sent::sent_row).collect();
        let matched = match_results(&sent, results);
        for id in &matched.shared {
            self.counts.warnings.insert(format!(
                "Several rows landed on the Zendesk user {id}: they are about one person, and the last one counts. Give these rows one key."
            ));
        }
        let mut said = Vec::with_capacity(parcel.rows.len());
        let mut doubtful = false;
        for result in matched.rows {
            said.push(match (result, rest) {
                (RowResult::Done { state, zendesk_id }, _) => Said::Done {
                    state,
                    zendesk_id: Some(zendesk_id),
                },
                (RowResult::Failed(failure), _) => Said::Failed(failure),
                (RowResult::ReadBack, Some(class)) => Said::Failed(failure(class)),
                (RowResult::ReadBack, None) => {
                    doubtful = true;
                    Said::Again
                }
            });
        }
        if doubtful {
            let places = said.iter().enumerate();
            let doubtful: Vec<usize> = places
                .filter(|(_, said)| matches!(said, Said::Again))
                .map(|(place, _)| place)
                .collect();
            let rows: Vec<&Sent> = doubtful
                .iter()
                .filter_map(|place| parcel.rows.get(*place))
                .collect();
            let found = self.read_back(&rows, parcel.posted_at).await?;
            for (place, answer) in doubtful.into_iter().zip(found) {
                if let Some(said) = said.get_mut(place) {
                    *said = match answer {
                        Said::Again => Said::Failed(failure(FailureClass::ResultMissing)),
                        known @ (Said::Done { .. } | Said::Failed(_)) => known,
                    };
                }
            }
        }
        self.confirm(parcel, said).await
    }

    /// Keeps what became of the rows of a parcel, one answer a row. Returns what is to be sent again.
    pub(super) async fn confirm(
        &mut self,
        parcel: Parcel,
        said: Vec<Said>,
    ) -> Result<Vec<Parcel>, Halt> {
        let now = self.engine.now();
        let is_job = parcel.job_id.is_some();
        let Parcel {
            id, kind, mut rows, ..
        } = parcel;
        if has_outcomes(kind) {
            let checked = self.tag_desk().check(&mut rows, &said).await;
            // Tags that cannot be looked at now are those we sent, as far as anybody knows.
            self.counts.warnings.extend(checked.ok().flatten());
        }
        let (mut confirmed, mut failed, mut told) = (Vec::new(), Vec::new(), Vec::new());
        let (mut later, mut halves, mut gone) = (Vec::new(), Vec::new(), Vec::new());
        for (row, said) in rows.into_iter().zip(said) {
            match said {
                Said::Done { zendesk_id, .. } if !has_outcomes(kind) => {
                    self.counts.leavers_done += 1;
                    gone.push((row.key, zendesk_id));
                }
                Said::Done { state, zendesk_id } => {
                    self.settle(state);
                    if self.choices.contains_key(&row.key_text) {
                        // It was listed as a conflict; now it says what became of it.
                        told.push(told_decided(&row, state, zendesk_id));
                    }
                    confirmed.push(self.confirmed(row, state, zendesk_id));
                }
                Said::Again => later.push(row),
                Said::Failed(failure) => {
                    let may_try = row.tries < MOST_TRIES && has_outcomes(kind);
                    match failure.class.retry() {
                        Retry::Later if may_try => later.push(row),
                        Retry::Split if may_try => halves.push(row),
                        Retry::Never | Retry::AfterAction | Retry::Later | Retry::Split => {
                            if has_outcomes(kind) {
                                self.settle(RowState::Failed);
                                self.two_users +=
                                    u64::from(failure.class == FailureClass::IdentityConflict);
                                failed.push(self.failed(&row, &failure));
                                told.push(told_failed(&row, &failure));
                            } else {
                                self.counts.warnings.insert(format!(
                                    "A customer who left could not be dealt with in Zendesk: {}",
                                    failure.class.sentence()
                                ));
                            }
                        }
                    }
                }
            }
        }
        let again = later.len() + halves.len();
        if has_outcomes(kind) {
            self.tally.take(RowState::Unknown, again as u64);
            self.tally.add(RowState::Pending, again as u64);
        }
        self.counts.last_confirmed_at = Some(now);
        let open_jobs = &mut self.counts.open_jobs;
        *open_jobs = open_jobs.saturating_sub(u64::from(is_job));
        let (destination, workflow) = (self.destination.number, self.workflow.number);
        let mut tx = self.begin_tx().await?;
        ledger::confirm(&mut tx, destination, workflow, now, &confirmed).await?;
        ledger::fail(&mut tx, destination, workflow, &failed).await?;
        let gone: Vec<_> = gone.into_iter().map(|(key, _)| key).collect();
        ledger::remove(&mut tx, destination, &gone).await?;
        workflow_rows::put(&mut tx, &self.workflow.id, &told).await?;
        send_batches::remove(&mut tx, &id).await?;
        self.keep_in(&mut tx).await?;
        tx.commit().await?;
        self.engine.reached("batch_confirmed");
        let second = halves.split_off(halves.len().div_ceil(2));
        Ok([later, halves, second]
            .into_iter()
            .filter(|rows| !rows.is_empty())
            .map(|rows| Parcel::new(self.engine.new_id(), kind, rows))
            .collect())
    }

    /// Nobody knows what was done with a parcel: what Zendesk has of it is confirmed, and only the rest is
    /// returned, to be sent again. `known` are the ids of the other jobs of ours that are open.
    pub(super) async fn look_up(
        &mut self,
        parcel: Parcel,
        known: &[String],
    ) -> Result<Vec<Parcel>, Halt> {
        if parcel.job_id.is_none() {
            self.wait_for_lost_jobs(parcel.posted_at, known).await?;
        }
        let rows: Vec<&Sent> = parcel.rows.iter().collect();
        let said = match parcel.kind {
            BatchKind::Users | BatchKind::Single => self.read_back(&rows, parcel.posted_at).await?,
            BatchKind::Delete => self.deleted(&parcel.rows).await?,
            BatchKind::Leave => vec![Said::Again; rows.len()],
        };
        let rest = said
            .iter()
            .filter(|said| matches!(said, Said::Again))
            .count();
        self.counts.sent_again += rest as u64;
        let mut next = self.confirm(parcel, said).await?;
        for parcel in &mut next {
            parcel.again = true;
        }
        Ok(next)
    }

    /// The rows of a parcel in two halves.
    pub(super) async fn halve(
        &mut self,
        parcel: Parcel,
        class: FailureClass,
    ) -> Result<Vec<Parcel>, Halt> {
        let said = vec![Said::Failed(failure(class)); parcel.rows.len()];
        self.confirm(parcel, said).await
    }

    /// Waits while a job may still run that we do not know the id of: reading back before it has ended
    /// would find nothing, and send its rows twice at one time.
    async fn wait_for_lost_jobs(
        &mut self,
        posted_at: Option<Timestamp>,
        known: &[String],
    ) -> Result<(), Halt> {
        let begun = self.engine.now();
        let mut strangers: Option<Vec<String>> = None;
        loop {
            let running = self
                .patiently(|client| async move { client.recent_jobs().await })
                .await?
                .into_iter()
                .filter(|job| !job.status.is_final() && !known.contains(&job.id))
                .map(|job| job.id);
            // Jobs that begin later cannot be the lost one.
            let now: Vec<String> = match &strangers {
                None => running.collect(),
                Some(before) => running.filter(|id| before.contains(id)).collect(),
            };
            let waited = self.engine.now().duration_since(begun);
            if now.is_empty() || waited > LOST_JOB {
                break;
            }
            strangers = Some(now);
            self.engine.clock.sleep(LOOK_FOR_LOST).await;
        }
        tracing::debug!(?posted_at, "looked for a job that was lost");
        Ok(())
    }

    /// Reads users back: which rows arrived.
    async fn read_back(
        &mut self,
        rows: &[&Sent],
        posted_at: Option<Timestamp>,
    ) -> Result<Vec<Said>, Halt> {
        let mut said = Vec::with_capacity(rows.len());
        let users = self.users_of(rows).await?;
        let by_email = by(&users, "email");
        let by_external_id = by(&users, "external_id");
        for row in rows {
            let found = match &row.external_id {
                Some(id) => by_external_id.get(&key_of(id)),
                None => row
                    .email
                    .as_ref()
                    .and_then(|email| by_email.get(&key_of(email))),
            };
            let was_there = found.is_some_and(|seen| is_older(seen.created_at, posted_at));
            let user = found.map(|seen| &seen.raw);
            said.push(
                match read_back(user, &[], row.json.get().as_bytes(), was_there) {
                    ReadBack::Confirmed { state, zendesk_id } => Said::Done {
                        state,
                        zendesk_id: Some(zendesk_id),
                    },
                    ReadBack::SendAgain => Said::Again,
                },
            );
        }
        Ok(said)
    }

    /// The users that rows lead to now, by external id or else by email.
    pub(super) async fn users_of(&mut self, rows: &[&Sent]) -> Result<Vec<Seen>, Halt> {
        let ids: Vec<String> = rows
            .iter()
            .filter_map(|row| row.external_id.clone())
            .collect();
        let mut users = Vec::new();
        if !ids.is_empty() {
            let ids = &ids;
            users = self
                .patiently(|client| async move { client.users_by_external_ids(ids).await })
                .await?;
        }
        for row in rows.iter().filter(|row| row.external_id.is_none()) {
            if let Some(email) = &row.email {
                users.extend(
                    self.patiently(|client| async move { client.users_with_email(email).await })
                        .await?,
                );
            }
        }
        Ok(users.into_iter().filter_map(Seen::of).collect())
    }

    fn settle(&mut self, state: RowState) {
        self.tally.take(RowState::Unknown, 1);
        self.tally.add(state, 1);
    }

    fn confirmed(&self, row: Sent, state: RowState, zendesk_id: Option<i64>) -> Confirmed {
        Confirmed {
            key: row.key,
            body: row.body,
            state,
            zendesk_id,
            key_kind: row.key_kind,
            key_text: row.key_text,
            name: row.name,
            extra: row.extra,
            source: self.source_number,
        }
    }

    fn failed(&self, row: &Sent, failure: &RowFailure) -> Failed {
        Failed {
            key: row.key,
            body: with_plan(row.body, self.plan),
            class: failure.class,
            key_kind: row.key_kind,
            key_text: row.key_text.clone(),
            name: row.name.clone(),
            source: self.source_number,
        }
    }
}

/// Whether its rows are rows of the source, with outcomes of their own.
pub(super) const fn has_outcomes(kind: BatchKind) -> bool {
    match kind {
        BatchKind::Users | BatchKind::Single => true,
        BatchKind::Leave | BatchKind::Delete => false,
    }
}

fn failure(class: FailureClass) -> RowFailure {
    RowFailure::of(class)
}

fn is_older(created_at: Option<Timestamp>, posted_at: Option<Timestamp>) -> bool {
    match (created_at, posted_at) {
        (Some(created), Some(posted)) => {
            created < posted.saturating_sub(CLOCKS_DIFFER).unwrap_or(posted)
        }
        (Some(_) | None, _) => true,
    }
}

/// Users by a text of theirs, such as `email`.
pub(super) fn by<'a>(users: &'a [Seen], key: &str) -> HashMap<String, &'a Seen> {
    users
        .iter()
        .filter_map(|seen| Some((key_of(seen.raw.get(key)?.as_str()?), seen)))
        .collect()
}

fn told_decided(row: &Sent, state: RowState, zendesk_id: Option<i64>) -> WorkflowRow {
    let line = row.line.cast_signed();
    WorkflowRow {
        row: line,
        line,
        state,
        code: Some("chosen".to_owned()),
        field: None,
        sentence: Some("It was sent as somebody chose.".to_owned()),
        key: Some(row.key_text.clone()),
        zendesk_id,
        other_id: None,
        choice: None,
        cells: Some(super::settings::write(&row.cells)),
    }
}

fn told_failed(row: &Sent, failure: &RowFailure) -> WorkflowRow {
    let line = row.line.cast_signed();
    let said = failure.said.as_deref().filter(|said| !said.is_empty());
    WorkflowRow {
        row: line,
        line,
        state: RowState::Failed,
        code: Some(failure.class.as_str().to_owned()),
        field: failure.field.clone(),
        sentence: Some(match said {
            Some(said) => format!("{} Zendesk said: {said}", failure.class.sentence()),
            None => failure.class.sentence().to_owned(),
        }),
        key: Some(row.key_text.clone()),
        zendesk_id: row.zendesk_id,
        other_id: None,
        choice: None,
        cells: Some(super::settings::write(&row.cells)),
    }
}
