//! Profiles to users: read -> link -> plan -> push -> confirm (people see: read, check, compare, send,
//! confirm; profile-send.md 3).
//!
//! `execute` is the whole way of a workflow. A row is read and checked (`read`), compared with what was
//! confirmed before (`link`), passes the guards (`plan`), goes to Zendesk in a batch that is durable
//! before it is posted (`push`), and is confirmed by its own result (`confirm`). Whatever ends the work,
//! it begins again at the front: what was confirmed is in the ledger under this workflow's number, so it
//! costs no request and counts as what it was.

mod confirm;
mod contacts;
mod dry_run;
mod fate;
mod feed;
mod fields;
mod fingerprint;
mod halt;
mod leave;
mod link;
mod mapped;
mod parcel;
mod plan;
mod polls;
mod post;
mod preflight;
mod preview;
mod push;
mod read;
mod record;
mod report;
mod resume;
mod rows;
mod settings;
mod source;
mod spill;
mod tags;
mod window;

use std::collections::{HashMap, HashSet};

use domain::profile::action::{ConflictChoice, Trouble};
use domain::profile::{Column, Tally};
use store::destinations::{self, Destination};
use store::jobs::{self, Job};
use store::workflow_rows::{self, WorkflowRow};
use store::workflows::{self, Task, Workflow, WorkflowKind};
use zendesk::Client;

use crate::engine::Engine;
use crate::error::{Error, Result};
pub use audience::{Compression, Encoding, Form, Format, Header, UnknownKeys};
pub use fields::{plan_fields, set_up_fields};
pub(crate) use fingerprint::fingerprint;
use halt::Halt;
pub use mapped::{Mapped, MappedRow, mapped};
pub(crate) use preflight::who;
pub use preflight::{Estimate, probe};
pub(crate) use preview::try_database_at;
pub use preview::{Preview, PreviewRow, preview, try_database};
pub use report::{Report, TaskReport};
pub use rows::{Download, download};
pub use settings::{
    Approved, ContactFilter, Counts, DestinationSettings, Rows, SendSettings, SourceSpec,
};

/// The job that works on a destination's workflows, one after another; its subject is the destination.
pub(crate) const SEND: &str = "send";

/// A workflow at work.
struct Send<'a> {
    engine: &'a Engine,
    job: &'a Job,
    workflow: Workflow,
    destination: Destination,
    /// What the destination says.
    terms: DestinationSettings,
    /// What this send says.
    settings: SendSettings,
    approved: Approved,
    source: SourceSpec,
    /// The number of the orchestration in the ledger; nought for a send from the command line.
    source_number: i64,
    client: Client,
    /// What people have decided about conflicts, by the key of the row.
    choices: HashMap<String, ConflictChoice>,
    fields: std::sync::Arc<[domain::profile::UserField]>,
    /// Zendesk's ids of agents and administrators.
    staff: HashSet<i64>,
    /// The fingerprint of the plan of columns: part of what a lasting failure is kept under.
    plan: [u8; 16],
    /// The fingerprint of the source's bytes, in hex, once it was read.
    fingerprint: Option<String>,
    task: Task,
    report: Report,
    counts: Counts,
    tally: Tally,
    /// Requests of earlier tries.
    requests_before: u64,
    /// Rows that Zendesk refused since their ids lead to two users: a person decides about them too.
    two_users: u64,
    /// What Zendesk makes it wait for.
    waits: Option<String>,
}

/// Works through the workflows of a destination that are open, one after another.
///
/// # Errors
/// What kept a workflow from being ended properly: a lost lease, the database.
pub(crate) async fn send(engine: &Engine, job: &Job) -> Result<()> {
    loop {
        let next = workflows::next_of(&mut *engine.store.read().await?, &job.subject).await?;
        let Some(workflow) = next else {
            // Whoever adds a workflow adds a job in the same transaction, which adds nothing while this one
            // is open. So it is ended first, and only then looked whether somebody came before that.
            let mut tx = engine.store.begin().await?;
            jobs::end(&mut tx, job, None, engine.now()).await?;
            if workflows::next_of(&mut tx, &job.subject).await?.is_none() {
                return Ok(tx.commit().await?);
            }
            continue;
        };
        match open(engine, job, workflow.clone()).await {
            Ok(mut send) => {
                let ended = match execute(&mut send).await {
                    // No file means no news: somebody said so.
                    Err(Halt::Trouble(Trouble::SourceMissing, _)) if send.approved.missing_file => {
                        Ok(())
                    }
                    ended => ended,
                };
                send.end(ended).await?;
            }
            Err(halt) => end_unopened(engine, job, &workflow, halt).await?,
        }
    }
}

/// The whole way of a workflow.
async fn execute(send: &mut Send<'_>) -> Result<(), Halt> {
    send.begin(Task::Read).await?;
    let staff = preflight::look(send).await?;
    send.forget_told().await?;
    send.settle_open_batches().await?;
    let reading = read::read(send, &staff).await?;
    send.begin(Task::Compare).await?;
    let compared = link::compare(send, &reading).await?;
    plan::guard(send, &compared).await?;
    if send.workflow.kind == WorkflowKind::DryRun {
        return dry_run::compare(send, reading, compared).await;
    }
    send.begin(Task::Send).await?;
    push::push(send, reading, compared).await?;
    send.begin(Task::Confirm).await?;
    plan::ask_about_conflicts(send)
}

async fn open<'a>(engine: &'a Engine, job: &'a Job, workflow: Workflow) -> Result<Send<'a>, Halt> {
    let mut reader = engine.store.read().await?;
    let destination = destinations::find(&mut reader, &workflow.destination_id)
        .await?
        .ok_or_else(|| Error::Refused("The destination of the workflow is gone.".to_owned()))?;
    let orchestration = match &workflow.orchestration_id {
        Some(id) => store::orchestrations::find(&mut reader, id).await?,
        None => None,
    };
    let choices = workflow_rows::with_choice(&mut reader, &workflow.id)
        .await?
        .into_iter()
        .filter_map(|row| Some((row.key?, row.choice?)))
        .collect();
    drop(reader);
    let terms: DestinationSettings = settings::read("destination", &destination.settings)?;
    let approved = settings::read(
        "approvals",
        workflow.approved.as_deref().unwrap_or_default(),
    )?;
    let counts: Counts = settings::read("counts", &workflow.counts)?;
    let mut send_settings: SendSettings = settings::read("settings", &workflow.settings)?;
    // What a destination allows is the destination's to say, whatever an orchestration has in its rules.
    send_settings.rules.allowed = terms.allowed.clone();
    if let Some(verification) = terms.verification {
        send_settings.rules.verification = verification;
    }
    let source: SourceSpec = serde_json::from_str(&workflow.source).map_err(|error| {
        Error::Refused(format!(
            "The source of the workflow cannot be read ({error})."
        ))
    })?;
    let client =
        crate::connection::connect_destination(engine, &destination, terms.budget_share).await?;
    Ok(Send {
        report: settings::read("tasks", &workflow.tasks)?,
        task: workflow.task,
        source_number: orchestration.map_or(0, |orchestration| orchestration.number),
        requests_before: counts.requests,
        counts: Counts {
            // What was read and told is read and told again; what was sent stays counted.
            rows: Rows::default(),
            notes: std::collections::BTreeMap::new(),
            warnings: std::collections::BTreeSet::new(),
            ..counts
        },
        settings: send_settings,
        engine,
        job,
        workflow,
        destination,
        terms,
        approved,
        source,
        client,
        choices,
        plan: [0; 16],
        fingerprint: None,
        fields: [].into(),
        staff: HashSet::new(),
        tally: Tally::default(),
        two_users: 0,
        waits: None,
    })
}

/// Ends a workflow that could not even be opened.
async fn end_unopened(engine: &Engine, job: &Job, workflow: &Workflow, halt: Halt) -> Result<()> {
    let (trouble, sentence) = match halt {
        Halt::Trouble(trouble, sentence) => (trouble, sentence),
        Halt::Asked => return Ok(()),
        Halt::Broken(error) => return Err(error),
    };
    let mut tx = engine.store.begin().await?;
    jobs::confirm(&mut tx, job, engine.now(), engine.settings.lease).await?;
    workflows::start(&mut tx, &workflow.id, engine.now()).await?;
    report::fail(engine, &mut tx, workflow, trouble, &sentence).await?;
    Ok(tx.commit().await?)
}

impl Send<'_> {
    /// Goes on to a task, for people to see.
    async fn begin(&mut self, task: Task) -> Result<(), Halt> {
        self.heed_stop().await?;
        self.counts.rows = self.tally.into();
        self.report.begin(task, &self.counts, self.engine.now());
        self.task = task;
        self.engine.reached(task.as_str());
        let mut tx = self.begin_tx().await?;
        workflows::start(&mut tx, &self.workflow.id, self.engine.now()).await?;
        self.keep_in(&mut tx).await?;
        Ok(tx.commit().await?)
    }

    /// A transaction of whoever still holds this job.
    async fn begin_tx(&self) -> Result<store::Tx> {
        let mut tx = self.engine.store.begin().await?;
        jobs::confirm(
            &mut tx,
            self.job,
            self.engine.now(),
            self.engine.settings.lease,
        )
        .await?;
        Ok(tx)
    }

    /// Keeps what has been done so far, in a transaction that did something.
    async fn keep_in(&mut self, tx: &mut store::Tx) -> Result<()> {
        self.counts.rows = self.tally.into();
        self.counts.requests = self.requests_before + self.client.requests();
        Ok(workflows::keep(
            tx,
            &self.workflow.id,
            self.task,
            &settings::write(&self.report),
            &settings::write(&self.counts),
            self.waits.as_deref(),
        )
        .await?)
    }

    /// Keeps what has been done so far.
    async fn keep(&mut self) -> Result<(), Halt> {
        let mut tx = self.begin_tx().await?;
        self.keep_in(&mut tx).await?;
        Ok(tx.commit().await?)
    }

    /// Keeps rows that people are told about.
    async fn tell(&mut self, rows: &[WorkflowRow]) -> Result<(), Halt> {
        if rows.is_empty() {
            return Ok(());
        }
        let mut tx = self.begin_tx().await?;
        workflow_rows::put(&mut tx, &self.workflow.id, rows).await?;
        Ok(tx.commit().await?)
    }

    /// Rows that an earlier try told about are told about anew; what people chose for them stays.
    async fn forget_told(&self) -> Result<(), Halt> {
        let mut tx = self.begin_tx().await?;
        workflow_rows::clear(
            &mut tx,
            &self.workflow.id,
            &["rejected", "skipped", "failed"],
        )
        .await?;
        Ok(tx.commit().await?)
    }

    /// Ends here if somebody asked for it.
    async fn heed_stop(&self) -> Result<(), Halt> {
        let asked =
            workflows::is_stop_asked(&mut *self.engine.store.read().await?, &self.workflow.id)
                .await?;
        if asked { Err(Halt::Asked) } else { Ok(()) }
    }

    /// Ends the workflow as the work ended.
    async fn end(mut self, ended: Result<(), Halt>) -> Result<()> {
        let now = self.engine.now();
        let state = match &ended {
            Ok(()) => workflows::WorkflowState::Completed,
            Err(Halt::Trouble(..)) => workflows::WorkflowState::Failed,
            Err(Halt::Asked) => workflows::WorkflowState::Stopped,
            Err(Halt::Broken(_)) => workflows::WorkflowState::Running,
        };
        self.waits = None;
        self.report.end(state, &self.counts, now);
        let mut tx = self.begin_tx().await?;
        self.keep_in(&mut tx).await?;
        let result = report::result(&self.workflow, state, &self.counts).to_string();
        match ended {
            Ok(()) => {
                workflows::complete(&mut tx, &self.workflow.id, &result, now).await?;
                report::completed(&self, &mut tx).await?;
            }
            Err(Halt::Trouble(trouble, sentence)) => {
                let trouble_word = Some(trouble.as_str());
                workflows::fail(
                    &mut tx,
                    &self.workflow.id,
                    trouble_word,
                    &sentence,
                    Some(&result),
                    now,
                )
                .await?;
                let (why, rows) = ((trouble, sentence.as_str()), &self.counts.rows);
                report::failed(self.engine, &mut tx, &self.workflow, why, rows).await?;
            }
            Err(Halt::Asked) => {
                workflows::stop(&mut tx, &self.workflow.id, Some(&result), now).await?;
            }
            Err(Halt::Broken(error)) => return Err(error),
        }
        Ok(tx.commit().await?)
    }

    /// Where the tags of rows are completed.
    fn tag_desk(&self) -> tags::TagDesk {
        tags::TagDesk {
            engine: self.engine.clone(),
            client: self.client.clone(),
            destination: self.destination.number,
            fields: self.fields.clone(),
        }
    }

    /// What the rules make of the source's columns.
    fn plan_columns(&mut self, known: &[Column]) -> Result<domain::profile::Checker, Halt> {
        let checker = domain::profile::Checker::plan(
            known,
            &self.settings.mapping,
            &self.settings.rules,
            &self.fields,
        )
        .map_err(|problems| plan::problems(&problems, known))?;
        for notice in checker.notices() {
            self.counts.warnings.insert(notice.sentence.clone());
        }
        Ok(checker)
    }

    /// A query knows its columns; a run with others would send something else than was agreed on.
    fn must_have_columns(&self, known: &[Column]) -> Result<(), Halt> {
        let Some(expected) = &self.settings.columns else {
            return Ok(());
        };
        let missing: Vec<&str> = expected
            .iter()
            .filter(|column| !known.contains(column))
            .map(|column| column.name.as_str())
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(Halt::Trouble(
            Trouble::SourceChanged,
            format!(
                "The source no longer has, or has with another type: {}. Nothing was sent. Mend the source, or preview and activate the query again and look at the mapping.",
                missing.join(", ")
            ),
        ))
    }
}
