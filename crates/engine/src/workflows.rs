//! What people do with workflows: begin, watch, stop, and settle what made one fail (profile-send.md 4).

use std::time::Duration;

use domain::profile::action::{Action, ActionKind, ConflictChoice, RESTART, RETRY, Trouble};
use store::destinations::{self, Destination};
use store::jobs;
use store::orchestrations::{self, Orchestration};
use store::workflow_rows;
use store::workflows::{self, NewWorkflow, Workflow, WorkflowKind, WorkflowState};

use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::profile_send::{Approved, Counts, SEND, SendSettings, SourceSpec};
use crate::worker;

/// How long one who watches waits before looking again.
const LOOK: Duration = Duration::from_millis(200);

/// What a new workflow is made of.
#[derive(Debug, Clone)]
pub struct Plan<'a> {
    /// Where its rows go.
    pub destination: &'a Destination,
    /// Whose it is; none for a send from the command line.
    pub orchestration: Option<&'a Orchestration>,
    /// What it does.
    pub kind: WorkflowKind,
    /// Where its rows come from.
    pub source: SourceSpec,
    /// What becomes of them.
    pub settings: SendSettings,
    /// Who asked for it.
    pub requested_by: &'a str,
}

/// Begins a workflow: it exists, and is worked on, if and only if this returns it.
///
/// # Errors
/// As the database says.
pub async fn begin(engine: &Engine, plan: Plan<'_>) -> Result<Workflow> {
    let mut tx = engine.store.begin().await?;
    let workflow = begin_in(engine, &mut tx, &plan, None).await?;
    tx.commit().await?;
    engine.memory.ring();
    Ok(workflow)
}

/// As [`begin`], in a transaction that decides more, under an id that may have been chosen before. Whoever
/// commits it rings the bell.
pub(crate) async fn begin_in(
    engine: &Engine,
    tx: &mut store::Tx,
    plan: &Plan<'_>,
    id: Option<String>,
) -> Result<Workflow> {
    let title = match plan.orchestration {
        Some(orchestration) => orchestration.name.clone(),
        None => plan.source.title(),
    };
    let new = NewWorkflow {
        orchestration_id: plan
            .orchestration
            .map(|orchestration| orchestration.id.clone()),
        destination_id: plan.destination.id.clone(),
        kind: plan.kind,
        title,
        source: write(&plan.source)?,
        settings: write(&plan.settings)?,
        requested_by: plan.requested_by.to_owned(),
    };
    let id = id.unwrap_or_else(|| engine.new_id());
    let workflow = workflows::add_as(tx, id, &new, engine.now()).await?;
    ask_for_work(engine, tx, &workflow).await?;
    Ok(workflow)
}

fn write(what: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(what).map_err(|error| {
        Error::Refused(format!("The settings cannot be written as JSON ({error})."))
    })
}

/// One job works through all workflows of a destination, so that no two send to it at one time.
async fn ask_for_work(engine: &Engine, tx: &mut store::Tx, workflow: &Workflow) -> Result<()> {
    let subject = &workflow.destination_id;
    jobs::add(tx, SEND, subject, "", engine.now(), &*engine.dice).await?;
    Ok(())
}

/// Does the work of a workflow itself, or waits for the worker that does. Tells `watch` how it stands now
/// and then. Returns it once it is over.
///
/// # Errors
/// What kept it from being ended properly; a workflow that failed is a workflow.
pub async fn see_through(
    engine: &Engine,
    workflow: &Workflow,
    watch: impl FnMut(&Workflow) + Send,
) -> Result<Workflow> {
    let working = async {
        loop {
            let found = find(engine, &workflow.id).await?;
            if found.state.is_over() {
                return Ok(found);
            }
            if !Box::pin(worker::work_on(engine, &workflow.destination_id)).await? {
                engine.clock.sleep(LOOK).await;
            }
        }
    };
    let watching = watch_over(engine, &workflow.id, watch);
    match futures_util::future::select(std::pin::pin!(working), std::pin::pin!(watching)).await {
        futures_util::future::Either::Left((ended, _)) => ended,
        futures_util::future::Either::Right((error, _)) => Err(error),
    }
}

/// Looks at a workflow again and again. Returns only if that fails.
async fn watch_over(engine: &Engine, id: &str, mut watch: impl FnMut(&Workflow)) -> Error {
    loop {
        match find(engine, id).await {
            Ok(found) => watch(&found),
            Err(error) => return error,
        }
        engine.clock.beat(LOOK).await;
    }
}

/// The workflow with this id, or the beginning of it.
///
/// # Errors
/// [`Error::Refused`] if there is none.
pub async fn find(engine: &Engine, id: &str) -> Result<Workflow> {
    workflows::find(&mut *engine.store.read().await?, id)
        .await?
        .ok_or_else(|| {
            Error::Refused(format!(
                "There is no workflow {id}, or several begin so. `deskbridge workflow list` shows all of them."
            ))
        })
}

/// What stopped a workflow, if something did that a person can act on.
pub fn trouble(workflow: &Workflow) -> Option<Trouble> {
    Trouble::parse(workflow.trouble.as_deref()?)
}

/// What can be done about a workflow: what its trouble offers, or what can be done about any that has
/// ended. Nothing while it is at work.
pub fn actions(workflow: &Workflow) -> Vec<Action> {
    match workflow.state {
        WorkflowState::Waiting | WorkflowState::Running => Vec::new(),
        WorkflowState::Failed => match trouble(workflow) {
            Some(trouble) => trouble.actions(),
            None => vec![RETRY, RESTART],
        },
        WorkflowState::Stopped | WorkflowState::Completed => vec![RETRY, RESTART],
    }
}

/// Asks a workflow to stop: open jobs are seen through, and what was confirmed stays so.
///
/// # Errors
/// [`Error::Refused`] if it is over.
pub async fn stop(engine: &Engine, workflow: &Workflow) -> Result<()> {
    if workflow.state.is_over() {
        return Err(Error::Refused(format!(
            "The workflow is {} already, so there is nothing to stop.",
            workflow.state.as_str()
        )));
    }
    let mut tx = engine.store.begin().await?;
    workflows::ask_to_stop(&mut tx, &workflow.id).await?;
    Ok(tx.commit().await?)
}

/// Decides about a row that leads to two users; *Resolve* carries it out.
///
/// # Errors
/// [`Error::Refused`] if the workflow has no such row.
pub async fn choose(
    engine: &Engine,
    workflow: &Workflow,
    line: i64,
    choice: ConflictChoice,
) -> Result<()> {
    choose_all(engine, workflow, &[(line, Some(choice))]).await
}

/// As [`choose`], about several rows: all of it or nothing. Without a choice an earlier one is taken back.
///
/// # Errors
/// As [`choose`].
pub async fn choose_all(
    engine: &Engine,
    workflow: &Workflow,
    choices: &[(i64, Option<ConflictChoice>)],
) -> Result<()> {
    let mut tx = engine.store.begin().await?;
    for (line, choice) in choices {
        if !workflow_rows::choose(&mut tx, &workflow.id, *line, *choice).await? {
            return Err(Error::Refused(format!(
                "The workflow has no row of line {line} to decide about. `deskbridge workflow rows {}` lists them.",
                workflow.id
            )));
        }
    }
    Ok(tx.commit().await?)
}

/// The action of this word, if it is offered as the workflow stands now.
///
/// # Errors
/// [`Error::Refused`] if it is not.
pub fn action(workflow: &Workflow, word: &str) -> Result<Action> {
    let found = actions(workflow)
        .into_iter()
        .find(|action| action.kind.as_str() == word);
    found.ok_or_else(|| {
        Error::Refused(
            "That cannot be done about this workflow as it stands now. Open its page and choose again."
                .to_owned(),
        )
    })
}

/// Carries out an action on a workflow that failed or was stopped: checks the cause again and goes on from
/// the failed task, with the current configuration or, for *Retry*, with the same inputs. *Restart* begins
/// a new workflow, which is returned.
///
/// # Errors
/// [`Error::Refused`] with what is still wrong, or if the action is not one for this workflow.
pub async fn act(
    engine: &Engine,
    workflow: &Workflow,
    action: ActionKind,
    repeat_failed: bool,
    actor: &str,
) -> Result<Workflow> {
    let can_go_on = match workflow.state {
        WorkflowState::Failed | WorkflowState::Stopped => true,
        // Its failed rows may be worth another try.
        WorkflowState::Completed => matches!(action, ActionKind::Retry | ActionKind::Restart),
        WorkflowState::Waiting | WorkflowState::Running => false,
    };
    if !can_go_on {
        return Err(Error::Refused(format!(
            "The workflow is {}, so there is nothing to {}.",
            workflow.state.as_str(),
            action.as_str().replace('_', " ")
        )));
    }
    let trouble = trouble(workflow);
    let offered = trouble.map(Trouble::actions).unwrap_or_default();
    let is_general = matches!(
        action,
        ActionKind::Resolve | ActionKind::Retry | ActionKind::Restart
    );
    if !is_general && !offered.iter().any(|offer| offer.kind == action) {
        return Err(Error::Refused(format!(
            "The action {} is not one for this workflow. `deskbridge workflow show {}` lists those that are.",
            action.as_str(),
            workflow.id
        )));
    }
    let mut approved: Approved = match &workflow.approved {
        None => Approved::default(),
        Some(json) => serde_json::from_str(json).unwrap_or_default(),
    };
    let current = current(engine, workflow).await?;
    match action {
        ActionKind::Restart => return restart(engine, workflow, current, actor).await,
        ActionKind::Resolve => {
            if let Some(trouble) = trouble {
                check_again(engine, workflow, trouble).await?;
            }
            approved.acted = true;
        }
        ActionKind::Retry => {}
        ActionKind::OneByOne => approved.one_by_one = true,
        ActionKind::ApproveOnce => match trouble {
            // Those who were counted then: a source that has become shorter since is braked again.
            Some(Trouble::LeaverBrake) => {
                let counts: Counts = serde_json::from_str(&workflow.counts).unwrap_or_default();
                approved.leavers_up_to = Some(counts.leavers);
            }
            Some(_) | None => approved.rows = true,
        },
        ActionKind::Ignore => approved.missing_file = true,
    }
    let mut settings = match action {
        ActionKind::Retry => own_settings(workflow)?,
        ActionKind::Resolve
        | ActionKind::Restart
        | ActionKind::OneByOne
        | ActionKind::ApproveOnce
        | ActionKind::Ignore => current.1,
    };
    settings.repeat_failed = repeat_failed;
    let (settings, approved) = (write(&settings)?, write(&approved)?);
    let mut tx = engine.store.begin().await?;
    let opened = workflows::reopen(
        &mut tx,
        workflow,
        Some(&settings),
        Some(&approved),
        action.as_str(),
        engine.act(actor),
    )
    .await?;
    if !opened {
        return Err(Error::Refused(
            "Somebody else has just acted on the workflow. Look at it again.".to_owned(),
        ));
    }
    ask_for_work(engine, &mut tx, workflow).await?;
    tx.commit().await?;
    engine.memory.ring();
    find(engine, &workflow.id).await
}

fn own_settings(workflow: &Workflow) -> Result<SendSettings> {
    serde_json::from_str(&workflow.settings).map_err(|error| {
        Error::Refused(format!(
            "The settings of the workflow cannot be read ({error}). Start a new one."
        ))
    })
}

/// Source and settings as they are configured now: those of the orchestration, or the workflow's own.
async fn current(engine: &Engine, workflow: &Workflow) -> Result<(SourceSpec, SendSettings)> {
    let own: SourceSpec = serde_json::from_str(&workflow.source).map_err(|error| {
        Error::Refused(format!(
            "The source of the workflow cannot be read ({error}). Start a new one."
        ))
    })?;
    let Some(id) = &workflow.orchestration_id else {
        return Ok((own, own_settings(workflow)?));
    };
    let mut reader = engine.store.read().await?;
    let Some(orchestration) = orchestrations::find(&mut reader, id).await? else {
        return Ok((own, own_settings(workflow)?));
    };
    crate::orchestrations::inputs(&mut reader, &orchestration).await
}

async fn restart(
    engine: &Engine,
    workflow: &Workflow,
    (source, settings): (SourceSpec, SendSettings),
    actor: &str,
) -> Result<Workflow> {
    let mut reader = engine.store.read().await?;
    let destination = destinations::find(&mut reader, &workflow.destination_id)
        .await?
        .ok_or_else(|| Error::Refused("The destination of the workflow is gone.".to_owned()))?;
    let orchestration = match &workflow.orchestration_id {
        Some(id) => orchestrations::find(&mut reader, id).await?,
        None => None,
    };
    drop(reader);
    let plan = Plan {
        destination: &destination,
        orchestration: orchestration.as_ref(),
        kind: workflow.kind,
        source,
        settings,
        requested_by: actor,
    };
    begin(engine, plan).await
}

/// Looks whether the cause of a failure is still there, so that a person learns at once and not after the
/// next run.
async fn check_again(engine: &Engine, workflow: &Workflow, trouble: Trouble) -> Result<()> {
    match trouble {
        Trouble::Authorization | Trouble::InvalidCredentials | Trouble::NotZendesk => {
            let destination =
                destinations::find(&mut *engine.store.read().await?, &workflow.destination_id)
                    .await?
                    .ok_or_else(|| {
                        Error::Refused("The destination of the workflow is gone.".to_owned())
                    })?;
            let share = crate::profile_send::DestinationSettings::default().budget_share;
            let client =
                crate::connection::connect_destination(engine, &destination, share).await?;
            client.me().await?;
            Ok(())
        }
        // What these are about is looked at again by the workflow itself, before it sends anything.
        Trouble::BulkOff
        | Trouble::UnknownFields
        | Trouble::PowerfulColumns
        | Trouble::IdentityConflicts
        | Trouble::RowGuard
        | Trouble::LeaverBrake
        | Trouble::SourceUnavailable
        | Trouble::SourceChanged
        | Trouble::SourceMissing
        | Trouble::Deadline => Ok(()),
    }
}
