//! One pull at work: its run, its counters, and the page at hand.

use std::collections::HashSet;

use domain::identity::IdentityRules;
use jiff::Timestamp;
use store::integrations::{self, Integration};
use store::jobs::{self, Job};
use store::runs::{self, Counters, Level, Run, RunState};
use store::{Tx, cursors};
use zendesk::Client;

use crate::connection;
use crate::engine::Engine;
use crate::error::{Error, Result, When};

/// Lines that a run's log takes; what is beyond is only counted.
const LOG_LINES: i64 = 1_000;
/// How many ids are remembered as mirrored before the memory starts anew: bounded whatever the
/// size of the account.
const REMEMBERED: usize = 50_000;

/// A pull whose run is open.
pub(super) struct Pull<'a> {
    pub(super) engine: &'a Engine,
    pub(super) integration: Integration,
    pub(super) client: Client,
    pub(super) run: OpenRun<'a>,
    known_users: HashSet<i64>,
    /// Ids of groups, brands and the like that no reference list has named yet.
    pub(super) unknown_references: bool,
    warnings: Vec<String>,
}

/// A run that is going on, whether or not its account could be reached.
pub(super) struct OpenRun<'a> {
    engine: &'a Engine,
    job: &'a Job,
    id: String,
    counters: Counters,
    requests_before: u64,
    log_length: i64,
}

/// A page being written: everything in it is kept together, or nothing is.
pub(super) struct Page {
    pub(super) tx: Tx,
    pub(super) counters: Counters,
    pub(super) now: Timestamp,
    log: Vec<(Level, String)>,
}

impl Page {
    /// Notes something that a person may want to look at.
    pub(super) fn warn(&mut self, sentence: String) {
        self.counters.warnings += 1;
        self.log.push((Level::Warning, sentence));
    }

    /// Notes what happened.
    pub(super) fn tell(&mut self, sentence: String) {
        self.log.push((Level::Info, sentence));
    }
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
    };
    match reach(engine, &mut open, &job.subject, client).await {
        Ok((integration, client)) => Ok(Pull {
            engine,
            integration,
            client,
            run: open,
            known_users: HashSet::new(),
            unknown_references: false,
            warnings: Vec::new(),
        }),
        Err(error) => Err((open, error)),
    }
}

async fn reach(
    engine: &Engine,
    run: &mut OpenRun<'_>,
    integration: &str,
    client: Option<Client>,
) -> Result<(Integration, Client)> {
    let mut reader = engine.store.read().await?;
    run.log_length = runs::log_length(&mut reader, &run.id).await?;
    let integration = integrations::find(&mut reader, integration)
        .await?
        .ok_or_else(|| Error::Refused("The integration was deleted meanwhile.".to_owned()))?;
    drop(reader);
    let client = match client {
        Some(client) => client,
        None => connection::connect(engine, &integration.settings).await?,
    };
    Ok((integration, client))
}

impl OpenRun<'_> {
    /// The run's id.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Whether anything in the mirror has changed in this run.
    pub(super) fn changed_anything(&self) -> bool {
        let Counters {
            users,
            tickets,
            comments,
            ..
        } = &self.counters;
        [users, tickets, comments]
            .into_iter()
            .any(|tally| tally.created + tally.updated > 0)
    }

    /// Ends the run and its job.
    ///
    /// # Errors
    /// As the database says. A lost lease is told apart: the run is somebody else's then.
    pub(super) async fn end(&mut self, outcome: Result<()>) -> Result<()> {
        let (state, problem) = match &outcome {
            Ok(()) => (RunState::Completed, None),
            Err(Error::Store(store::Error::LeaseLost)) => return outcome,
            Err(Error::Stopped) => (RunState::Stopped, Some(Error::Stopped.to_string())),
            Err(error) => (RunState::Failed, Some(error.to_string())),
        };
        let now = self.engine.now();
        let mut tx = self.engine.store.begin().await?;
        jobs::end(&mut tx, self.job, problem.as_deref(), now).await?;
        if let Some(problem) = &problem {
            let line = [(Level::Error, problem.clone())];
            runs::log(&mut tx, &self.id, self.log_length + 1, &line, now).await?;
        }
        runs::end(
            &mut tx,
            &self.id,
            state,
            problem.as_deref(),
            &self.counters,
            now,
        )
        .await?;
        self.engine.reached("run: before its end is committed");
        tx.commit().await?;
        self.engine.reached("run: after its end is committed");
        if let Err(error) = outcome
            && error.when() == When::Never
        {
            tracing::error!("a run ended with a defect: {error}");
        }
        Ok(())
    }
}

impl Pull<'_> {
    /// How the two sides are merged.
    pub(super) fn mode(&self) -> domain::merge::Mode {
        self.integration.settings.mode()
    }

    /// Who stands in for people unknown here.
    pub(super) fn identity_rules(&self) -> IdentityRules {
        IdentityRules {
            owner: Some(self.integration.settings.owner_id.clone()),
            unassigned: self.integration.settings.unassigned,
        }
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

    /// Begins to write a page, under the job's lease.
    ///
    /// # Errors
    /// [`Error::Stopped`] if a person asked for it.
    pub(super) async fn begin(&self) -> Result<Page> {
        let now = self.engine.now();
        let mut tx = self.engine.store.begin().await?;
        jobs::confirm(&mut tx, self.run.job, now, self.engine.settings.lease).await?;
        let run = runs::find(&mut tx, &self.run.id).await?;
        if run.is_none_or(|run| run.stop_requested) {
            return Err(Error::Stopped);
        }
        Ok(Page {
            tx,
            counters: self.run.counters.clone(),
            now,
            log: Vec::new(),
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
        let run = &mut self.run;
        page.counters.requests = run.requests_before + self.client.requests();
        let room = usize::try_from(LOG_LINES - run.log_length).unwrap_or(0);
        if page.log.len() > room {
            page.log.truncate(room);
            if let Some(last) = page.log.last_mut() {
                *last = (
                    Level::Warning,
                    format!(
                        "This run's log is full at {LOG_LINES} lines; further warnings are only counted."
                    ),
                );
            }
        }
        runs::log(
            &mut page.tx,
            &run.id,
            run.log_length + 1,
            &page.log,
            page.now,
        )
        .await?;
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
        runs::progress(&mut page.tx, &run.id, stage, &page.counters, page.now).await?;
        self.engine.reached("page: before it is committed");
        page.tx.commit().await?;
        self.engine.reached("page: after it is committed");
        run.log_length += i64::try_from(page.log.len()).unwrap_or(0);
        run.counters = page.counters;
        Ok(())
    }

    /// Ends the run.
    pub(super) async fn end(mut self, outcome: Result<()>) -> Result<()> {
        self.run.counters.requests = self.run.requests_before + self.client.requests();
        self.run.end(outcome).await
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
        let known =
            store::zendesk_users::by_ids(&mut reader, &self.integration.id, &unsure).await?;
        if self.known_users.len() > REMEMBERED {
            self.known_users.clear();
        }
        self.known_users.extend(known.keys());
        unsure.retain(|id| !known.contains_key(id));
        Ok(unsure)
    }
}
