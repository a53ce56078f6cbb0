//! When orchestrations run, and with what (profile-send.md 1).

mod change;
mod due;
mod timing;

use domain::profile::Column;
use store::orchestrations::{self, Mode, Orchestration, OrchestrationDraft};
use store::workflows::{Workflow, WorkflowKind};
use store::{Connection, destinations, queries};

use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::profile_send::{SendSettings, SourceSpec};
use crate::workflows::{self, Plan};

pub use change::{add, add_as, delete, draft_of, edit, set_active, when};
pub(crate) use change::{check_name, in_use};
pub use due::schedule_due;
pub use timing::Timing;

/// Who asks for what runs by itself.
pub(crate) const SCHEDULE: &str = "schedule";
/// How many orchestrations may run one after another.
const LONGEST_CHAIN: usize = 100;

/// Looks whether an orchestration can run when its draft says so: its cron line and its zone can be read and
/// come about, or there is the one that it runs after, and no circle of them. `own_id` is its id, if it has
/// one already.
///
/// # Errors
/// [`Error::Refused`] with what to write instead.
pub async fn check_timing(
    engine: &Engine,
    draft: &OrchestrationDraft,
    own_id: Option<&str>,
) -> Result<()> {
    match draft.mode {
        Mode::Manual => Ok(()),
        Mode::Cron => {
            let line = draft.cron.as_deref().unwrap_or_default();
            let timing = Timing::parse(line, draft.time_zone.as_deref())?;
            match timing.next(engine.now()) {
                Some(_) => Ok(()),
                None => Err(Error::Refused(format!(
                    "The time {line:?} never comes. Look at its day and its month."
                ))),
            }
        }
        Mode::After => {
            let mut reader = engine.store.read().await?;
            let mut next = draft.after_id.clone().unwrap_or_default();
            for _ in 0..LONGEST_CHAIN {
                if own_id == Some(next.as_str()) {
                    return Err(circle(&draft.name));
                }
                let found = orchestrations::find(&mut reader, &next)
                    .await?
                    .ok_or_else(|| {
                        Error::Refused(
                            "The orchestration that it should run after is gone. Name another one."
                                .to_owned(),
                        )
                    })?;
                match (found.mode, found.after_id) {
                    (Mode::After, Some(before)) => next = before,
                    (Mode::Manual | Mode::Cron | Mode::After, _) => return Ok(()),
                }
            }
            Err(circle(&draft.name))
        }
    }
}

fn circle(name: &str) -> Error {
    Error::Refused(format!(
        "{name} would run after itself, by way of others, without end. Name one that does not depend on it."
    ))
}

/// What is asked for when an orchestration is run by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// All rows, a comparison, or a test.
    pub kind: WorkflowKind,
    /// Only so many rows are read: a test.
    pub first: Option<u64>,
    /// Whether the ledger is ignored, and every row sent.
    pub full: bool,
}

/// As [`begin`], for what has changed since it was sent.
///
/// # Errors
/// As [`begin`].
pub async fn run(
    engine: &Engine,
    orchestration: &Orchestration,
    kind: WorkflowKind,
    first: Option<u64>,
    requested_by: &str,
) -> Result<Workflow> {
    let asked = Asked {
        kind,
        first,
        full: false,
    };
    begin(engine, orchestration, asked, requested_by).await
}

/// Begins a workflow of an orchestration with what is configured now. A send is refused while another send
/// of the same orchestration is open; a comparison or test waits its turn at the destination.
///
/// # Errors
/// [`Error::Refused`] as [`inputs`] says, or if it is open already.
pub async fn begin(
    engine: &Engine,
    orchestration: &Orchestration,
    asked: Asked,
    requested_by: &str,
) -> Result<Workflow> {
    begin_as(engine, None, orchestration, asked, requested_by).await
}

/// As [`begin`], under an id that may have been chosen before: asked for twice, one workflow begins.
///
/// # Errors
/// As [`begin`].
pub async fn begin_as(
    engine: &Engine,
    id: Option<String>,
    orchestration: &Orchestration,
    asked: Asked,
    requested_by: &str,
) -> Result<Workflow> {
    let mut reader = engine.store.read().await?;
    if let Some(id) = &id
        && let Some(begun) = store::workflows::find(&mut reader, id).await?
    {
        return Ok(begun);
    }
    let (source, mut settings) = inputs(&mut reader, orchestration).await?;
    let destination = destinations::find(&mut reader, &orchestration.destination_id)
        .await?
        .ok_or_else(|| no_destination(orchestration))?;
    drop(reader);
    settings.first = asked.first.or(settings.first);
    settings.full |= asked.full;
    let mut tx = engine.store.begin().await?;
    let gone = || Error::Refused(format!("Orchestration {} is gone.", orchestration.name));
    let found = orchestrations::lock(&mut tx, &orchestration.id)
        .await?
        .ok_or_else(gone)?;
    if asked.kind == WorkflowKind::Send
        && let Some(open) = orchestrations::open_send(&mut tx, &found.id).await?
    {
        return Err(Error::Refused(format!(
            "Orchestration {} is at work already, as workflow {open}. Wait for its end; if nobody works on it, go on with it: `deskbridge workflow retry {open}`; or stop it: `deskbridge workflow stop {open}`.",
            found.name
        )));
    }
    let plan = Plan {
        destination: &destination,
        orchestration: Some(&found),
        kind: asked.kind,
        source,
        settings,
        requested_by,
    };
    let workflow = workflows::begin_in(engine, &mut tx, &plan, id).await?;
    tx.commit().await?;
    engine.memory.ring();
    Ok(workflow)
}

fn no_destination(orchestration: &Orchestration) -> Error {
    Error::Refused(format!(
        "The destination of orchestration {} is gone. Choose another one: `deskbridge orchestration edit`.",
        orchestration.name
    ))
}

/// Source and settings of an orchestration as they are configured now.
///
/// # Errors
/// [`Error::Refused`] if its query is gone or not active, or if what is stored cannot be read.
pub async fn inputs(
    reader: &mut Connection,
    orchestration: &Orchestration,
) -> Result<(SourceSpec, SendSettings)> {
    let unreadable = |what: &str, error: serde_json::Error| {
        Error::Refused(format!(
            "The {what} of orchestration {} cannot be read ({error}). Save it again.",
            orchestration.name
        ))
    };
    let query = queries::find(reader, &orchestration.query_id)
        .await?
        .ok_or_else(|| {
            Error::Refused(format!(
                "The query of orchestration {} is gone.",
                orchestration.name
            ))
        })?;
    if !query.active {
        return Err(Error::Refused(format!(
            "Query {0} is a draft, and only an activated query feeds an orchestration. Look at its rows and activate it: `deskbridge query activate {0}`.",
            query.name
        )));
    }
    let source = serde_json::from_str(&query.source).map_err(|error| unreadable("query", error))?;
    let mut settings: SendSettings = serde_json::from_str(&orchestration.settings)
        .map_err(|error| unreadable("settings", error))?;
    if let Some(columns) = &query.columns {
        let columns: Vec<Column> =
            serde_json::from_str(columns).map_err(|error| unreadable("columns", error))?;
        settings.columns = Some(columns);
    }
    Ok((source, settings))
}
