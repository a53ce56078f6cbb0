//! One account at work: its run, if it has one, its counters, and the page at hand.
//!
//! A pull has a run that people see. A hint, a sweep and a push work on the same account quietly: what
//! they write goes the same way, without a run of their own.

mod open_run;
mod page;

use std::collections::{BTreeMap, HashSet};

use domain::identity::IdentityRules;
use jiff::{SignedDuration, Timestamp};
pub(super) use open_run::OpenRun;
use open_run::bound;
pub(super) use page::{Page, is_late, key_of};
use store::integrations::{self, Integration};
use store::jobs::{self, Job};
use store::runs::{self, Counters, Level, Run};
use store::{cursors, unreadable, zendesk_users};
use zendesk::Client;

use crate::connection;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::integrations::default_user;

/// A run whose sign-in was refused on the way looks again after this time, and ends after so many
/// looks: a quarter of an hour, the longest that anything waits without a decision (I-24).
const SIGN_IN_PAUSE: SignedDuration = SignedDuration::from_secs(30);
const SIGN_IN_LOOKS: i64 = 30;
/// How many ids are remembered as mirrored before the memory starts anew: bounded whatever the
/// size of the account.
const REMEMBERED: usize = 50_000;

/// An account that is being worked on.
pub(super) struct Pull<'a> {
    pub(super) engine: &'a Engine,
    pub(super) integration: Integration,
    pub(super) client: Client,
    run: Option<OpenRun<'a>>,
    /// Zendesk's id of the default user, if the settings name one who is staff there.
    default_user: Option<i64>,
    known_users: HashSet<i64>,
    /// Ids of groups, brands and the like that no reference list has named yet.
    pub(super) unknown_references: bool,
    /// Custom statuses that no list has named yet, each with a ticket that has it.
    pub(super) custom_statuses: BTreeMap<i64, i64>,
    /// Whether records are kept that could not be read: only then is it worth looking for those
    /// that are read well now.
    pub(super) keeps_unreadable: bool,
    warnings: Vec<String>,
    /// What was merged in pages that belong to no run.
    counted: Counters,
}

/// The run of `job`, or `None` if there is nothing left to do: the job is ended then.
pub(super) async fn open(engine: &Engine, job: &Job) -> Result<Option<Run>> {
    let run = runs::find(&mut *engine.store.read().await?, &job.payload).await?;
    match run {
        Some(run) if !run.state.is_over() => Ok(Some(run)),
        Some(_) | None => {
            let mut tx = engine.store.begin().await?;
            jobs::end(&mut tx, job, None, engine.now()).await?;
            tx.commit().await?;
            Ok(None)
        }
    }
}

/// Connects the run to its account.
///
/// # Errors
/// The run, to be ended, and why it cannot begin.
pub(super) async fn connect<'a>(
    engine: &'a Engine,
    job: &'a Job,
    run: Run,
    client: Option<Client>,
) -> Result<Pull<'a>, (OpenRun<'a>, Error)> {
    let mut open = OpenRun {
        engine,
        job,
        requests_before: run.counters.requests,
        counters: run.counters,
        id: run.id,
        log_length: 0,
        has_counted: false,
    };
    match reach(engine, &mut open, &job.subject, client).await {
        Ok((integration, client, keeps_unreadable, default_user)) => Ok(Pull {
            engine,
            default_user,
            integration,
            keeps_unreadable,
            client,
            run: Some(open),
            known_users: HashSet::new(),
            unknown_references: false,
            custom_statuses: BTreeMap::new(),
            warnings: Vec::new(),
            counted: Counters::default(),
        }),
        Err(error) => Err((open, error)),
    }
}

async fn reach(
    engine: &Engine,
    run: &mut OpenRun<'_>,
    integration: &str,
    client: Option<Client>,
) -> Result<(Integration, Client, bool, Option<i64>)> {
    let mut reader = engine.store.read().await?;
    run.log_length = runs::log_length(&mut reader, &run.id).await?;
    let integration = integrations::find(&mut reader, integration)
        .await?
        .ok_or_else(deleted_meanwhile)?;
    let keeps_unreadable = unreadable::exist(&mut reader, &integration.id).await?;
    let default_user = default_user(&mut reader, &integration).await?;
    drop(reader);
    let client = match client {
        Some(client) => client,
        // Known to the pushes of this run too, so that their requests count as the run's.
        None => {
            let client = connection::connect(engine, &integration.settings).await?;
            let (id, settings) = (&integration.id, &integration.settings);
            engine
                .memory
                .keep_client(id, settings, engine.now(), &client);
            client
        }
    };
    Ok((integration, client, keeps_unreadable, default_user))
}

fn deleted_meanwhile() -> Error {
    Error::Refused("The integration was deleted meanwhile.".to_owned())
}

impl<'a> Pull<'a> {
    /// The account of `integration`, to be worked on without a run.
    ///
    /// # Errors
    /// As the database says.
    pub(super) async fn quietly(
        engine: &'a Engine,
        integration: Integration,
        client: Client,
    ) -> Result<Self> {
        let mut reader = engine.store.read().await?;
        let keeps_unreadable = unreadable::exist(&mut reader, &integration.id).await?;
        let default_user = default_user(&mut reader, &integration).await?;
        drop(reader);
        Ok(Self {
            engine,
            integration,
            client,
            run: None,
            default_user,
            known_users: HashSet::new(),
            unknown_references: false,
            custom_statuses: BTreeMap::new(),
            keeps_unreadable,
            warnings: Vec::new(),
            counted: Counters::default(),
        })
    }

    /// The run it works in, if any.
    pub(super) fn run_id(&self) -> Option<&str> {
        self.run.as_ref().map(|run| run.id.as_str())
    }

    /// Whether anything in the mirror has changed in this run.
    pub(super) fn changed_anything(&self) -> bool {
        self.run.as_ref().is_some_and(OpenRun::changed_anything)
    }

    /// Counts something outside of a page; it is kept with the next one.
    pub(super) fn count(&mut self, count: impl FnOnce(&mut Counters)) {
        if let Some(run) = &mut self.run {
            count(&mut run.counters);
            run.has_counted = true;
        }
    }

    /// What was merged without a run: cases, contacts, conflicts.
    pub(super) fn into_counted(self) -> Counters {
        self.counted
    }

    /// Whether something was counted that no page has kept yet.
    pub(super) fn has_counted(&self) -> bool {
        self.run.as_ref().is_some_and(|run| run.has_counted)
    }

    /// How the two sides are merged.
    pub(super) fn mode(&self) -> domain::merge::Mode {
        self.integration.settings.mode()
    }

    /// Zendesk's id of the default user, if the settings name one who is staff there.
    pub(super) const fn default_user(&self) -> Option<i64> {
        self.default_user
    }

    /// Who stands in for people unknown here. A pull does not look for everybody who might be meant
    /// there, so it never takes the default user for an answer; a push does.
    pub(super) fn identity_rules(&self) -> IdentityRules {
        IdentityRules {
            owner: Some(self.integration.settings.owner_id.clone()),
            unassigned: self.integration.settings.unassigned,
            default_user: None,
        }
    }

    /// Zendesk's clock as of its last answer.
    pub(super) fn read_at(&self) -> Timestamp {
        self.client
            .server_time()
            .unwrap_or_else(|| self.engine.now())
    }

    /// Where `stream` was left.
    pub(super) async fn position(&self, stream: &str) -> Result<Option<String>> {
        let mut reader = self.engine.store.read().await?;
        Ok(cursors::load(&mut reader, &self.integration.id, stream).await?)
    }

    /// Notes a warning outside of a page; it is kept with the next one.
    pub(super) fn warn_later(&mut self, sentence: String) {
        self.warnings.push(sentence);
    }

    /// Whether a warning waits for a page that keeps it.
    pub(super) fn has_to_warn(&self) -> bool {
        !self.warnings.is_empty()
    }

    /// Begins to write a page, under the job's lease, by the settings as they are now.
    ///
    /// # Errors
    /// [`Error::Stopped`] if a person asked for it.
    pub(super) async fn begin(&mut self) -> Result<Page> {
        let now = self.engine.now();
        let mut tx = self.engine.store.begin().await?;
        // A pull, a hint and a push of one account take turns: what one of them finds unknown must
        // not be made twice.
        let now_set = integrations::lock(&mut tx, &self.integration.id).await?;
        self.integration = now_set.ok_or_else(deleted_meanwhile)?;
        let mut counters = Counters::default();
        if let Some(open) = &self.run {
            jobs::confirm(&mut tx, open.job, now, self.engine.settings.lease).await?;
            let run = runs::find(&mut tx, &open.id).await?;
            if run.is_none_or(|run| run.stop_requested) {
                return Err(Error::Stopped);
            }
            counters = open.counters.clone();
        }
        Ok(Page {
            tx,
            counters,
            now,
            log: Vec::new(),
            unreadable: Vec::new(),
            read_well: self.keeps_unreadable.then(Vec::new),
        })
    }

    /// Keeps a page, together with how far its stream has been read.
    pub(super) async fn commit(
        &mut self,
        mut page: Page,
        stage: &'static str,
        position: Option<&str>,
    ) -> Result<()> {
        for sentence in std::mem::take(&mut self.warnings) {
            page.warn(sentence);
        }
        let integration = &self.integration.id;
        if let Some(read_well) = &page.read_well {
            unreadable::forget(&mut page.tx, integration, read_well).await?;
        }
        unreadable::keep(&mut page.tx, integration, &page.unreadable, page.now).await?;
        match &self.run {
            Some(run) => {
                page.counters.requests = run.requests_before + self.client.requests();
                bound(&mut page.log, run.log_length);
                let next = run.log_length + 1;
                runs::log(&mut page.tx, &run.id, next, &page.log, page.now).await?;
                runs::progress(&mut page.tx, &run.id, stage, &page.counters, page.now).await?;
            }
            None => {
                for (_, line) in &page.log {
                    tracing::info!(integration = self.integration.settings.name, "{line}");
                }
            }
        }
        if let Some(position) = position {
            cursors::store(
                &mut page.tx,
                &self.integration.id,
                stage,
                position,
                page.now,
            )
            .await?;
        }
        self.engine.reached("page: before it is committed");
        page.tx.commit().await?;
        self.engine.reached("page: after it is committed");
        if let Some(run) = &mut self.run {
            run.log_length += i64::try_from(page.log.len()).unwrap_or(0);
            run.counters = page.counters;
            run.has_counted = false;
        } else {
            self.counted.conflicts += page.counters.conflicts;
            self.counted.cases.created += page.counters.cases.created;
            self.counted.cases.updated += page.counters.cases.updated;
            self.counted.contacts.created += page.counters.contacts.created;
            self.counted.contacts.updated += page.counters.contacts.updated;
        }
        self.keeps_unreadable |= !page.unreadable.is_empty();
        Ok(())
    }

    /// Whether the run is to wait for a person to mend the sign-in, rather than end: it worked when the
    /// run began, and somebody has taken it away since.
    pub(super) fn may_wait_for(&self, error: &Error) -> bool {
        let refused = matches!(error, Error::Zendesk(zendesk::Error::NotSignedIn { .. }));
        let run = self.run.as_ref();
        refused
            && run.is_some_and(|run| {
                run.job.attempts < SIGN_IN_LOOKS && run.counters.have_read_anything()
            })
    }

    /// Leaves the run waiting, with the reason for all to see. It goes on by itself once the sign-in is
    /// mended.
    pub(super) async fn wait_for(self, error: &Error) -> Result<()> {
        let Some(run) = &self.run else {
            return Ok(());
        };
        self.engine.memory.forget_client(&self.integration.id);
        let now = self.engine.now();
        let mut tx = self.engine.store.begin().await?;
        jobs::put_off(
            &mut tx,
            run.job,
            now.saturating_add(SIGN_IN_PAUSE).unwrap_or(now),
        )
        .await?;
        runs::wait(&mut tx, &run.id, &error.to_string()).await?;
        let line = [(Level::Warning, error.to_string())];
        runs::log(&mut tx, &run.id, run.log_length + 1, &line, now).await?;
        Ok(tx.commit().await?)
    }

    /// Ends the run.
    pub(super) async fn end(mut self, outcome: Result<()>) -> Result<()> {
        let Some(mut run) = self.run.take() else {
            return outcome;
        };
        run.counters.requests = run.requests_before + self.client.requests();
        run.end(outcome).await
    }

    /// Those of `ids` that are not known to be in the mirror of users.
    pub(super) async fn strangers(&mut self, ids: impl Iterator<Item = i64>) -> Result<Vec<i64>> {
        let mut unsure: Vec<i64> = ids.filter(|id| !self.known_users.contains(id)).collect();
        unsure.sort_unstable();
        unsure.dedup();
        if unsure.is_empty() {
            return Ok(unsure);
        }
        let mut reader = self.engine.store.read().await?;
        let known = zendesk_users::by_ids(&mut reader, &self.integration.id, &unsure).await?;
        if self.known_users.len() > REMEMBERED {
            self.known_users.clear();
        }
        self.known_users.extend(known.keys());
        unsure.retain(|id| !known.contains_key(id));
        Ok(unsure)
    }
}
