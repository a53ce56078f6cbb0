//! Orchestrations that run by themselves: when a clock says so, or another one was completed.
//!
//! When one runs next is a column of its row, so nothing is lost by a process that ends, and what was missed
//! while none ran is one run, not many. Whether it begins is decided in one transaction that holds the
//! row: several processes may look, one begins it. One whose last send is still open stays due until that
//! is over, and then runs once.

use jiff::{SignedDuration, Timestamp};
use store::destinations;
use store::orchestrations::{self, Mode, Orchestration};
use store::workflows::WorkflowKind;

use super::{SCHEDULE, Timing, inputs, no_destination};
use crate::alerts;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::profile_send;
use crate::workflows::{self, Plan};

/// When one is looked at again whose cron line cannot be read. Saving it refuses such lines, so somebody
/// else wrote it.
const UNREADABLE_AGAIN: SignedDuration = SignedDuration::from_hours(1);

/// Begins a workflow of every orchestration that is due, and plans those that are not planned yet. Returns
/// how many began.
///
/// # Errors
/// As the database says; what is wrong with one orchestration is told as an alert.
pub async fn schedule_due(engine: &Engine) -> Result<usize> {
    let all = orchestrations::list(&mut *engine.store.read().await?).await?;
    for found in all
        .iter()
        .filter(|one| one.active && one.mode == Mode::Cron && one.next_run_at.is_none())
    {
        plan(engine, found).await?;
    }
    let mut begun = 0;
    let now = engine.now();
    let due = all.iter().filter(|one| {
        one.active && one.mode != Mode::Manual && one.next_run_at.is_some_and(|at| at <= now)
    });
    for found in due {
        begun += usize::from(begin(engine, found).await?);
    }
    Ok(begun)
}

/// Plans one that is not planned, if no other process has just done so.
async fn plan(engine: &Engine, found: &Orchestration) -> Result<()> {
    let mut tx = engine.store.begin().await?;
    let Some(found) = orchestrations::lock(&mut tx, &found.id).await? else {
        return Ok(());
    };
    if found.next_run_at.is_some() {
        return Ok(());
    }
    orchestrations::plan_next(&mut tx, &found.id, next_run(engine, &found)).await?;
    Ok(tx.commit().await?)
}

/// When it runs next by its clock; for one that follows another, nothing until that is completed.
fn next_run(engine: &Engine, found: &Orchestration) -> Option<Timestamp> {
    let now = engine.now();
    match found.mode {
        Mode::Manual | Mode::After => None,
        Mode::Cron => match timing(found) {
            Ok(timing) => timing.next(now),
            Err(error) => {
                tracing::warn!(orchestration = found.name, "it cannot be planned: {error}");
                now.checked_add(UNREADABLE_AGAIN).ok()
            }
        },
    }
}

fn timing(found: &Orchestration) -> Result<Timing> {
    let line = found.cron.as_deref().unwrap_or_default();
    Timing::parse(line, found.time_zone.as_deref())
}

/// Whether it began.
async fn begin(engine: &Engine, found: &Orchestration) -> Result<bool> {
    // Before anything else, since a large source is read for it.
    if orchestrations::open_send(&mut *engine.store.read().await?, &found.id)
        .await?
        .is_some()
    {
        return Ok(false);
    }
    let readable = found.mode != Mode::Cron || timing(found).is_ok();
    let prepared = match prepare(engine, found).await {
        Ok(prepared) => prepared,
        Err(Error::Refused(sentence)) => return refuse(engine, found, &sentence).await,
        Err(other) => return Err(other),
    };
    let mut tx = engine.store.begin().await?;
    let Some(held) = still_due(&mut tx, found).await? else {
        return Ok(false);
    };
    orchestrations::plan_next(&mut tx, &held.id, next_run(engine, &held)).await?;
    let begins = match prepared {
        Some((destination, source, settings)) if readable => {
            let plan = Plan {
                destination: &destination,
                orchestration: Some(&held),
                kind: WorkflowKind::Send,
                source,
                settings,
                requested_by: SCHEDULE,
            };
            workflows::begin_in(engine, &mut tx, &plan, None).await?;
            true
        }
        Some(_) | None => false,
    };
    tx.commit().await?;
    if begins {
        engine.memory.ring();
    }
    Ok(begins)
}

/// It is held now, and still what it was when it was found due.
async fn still_due(tx: &mut store::Tx, found: &Orchestration) -> Result<Option<Orchestration>> {
    let held = orchestrations::lock(tx, &found.id).await?.filter(|held| {
        held.active && held.next_run_at == found.next_run_at && held.updated_at == found.updated_at
    });
    match held {
        Some(held) if orchestrations::open_send(tx, &held.id).await?.is_none() => Ok(Some(held)),
        Some(_) | None => Ok(None),
    }
}

/// What its workflow is made of; nothing if it runs only if the source changed, and that has not.
async fn prepare(
    engine: &Engine,
    found: &Orchestration,
) -> Result<
    Option<(
        destinations::Destination,
        profile_send::SourceSpec,
        profile_send::SendSettings,
    )>,
> {
    let mut reader = engine.store.read().await?;
    let (source, settings) = inputs(&mut reader, found).await?;
    let destination = destinations::find(&mut reader, &found.destination_id)
        .await?
        .ok_or_else(|| no_destination(found))?;
    drop(reader);
    if found.only_if_changed
        && let Some(before) = &found.last_fingerprint
    {
        // A source that cannot be read is news: the workflow fails, and says what to do.
        let present = profile_send::fingerprint(engine, &source).await?;
        if present.as_ref() == Some(before) {
            return Ok(None);
        }
    }
    Ok(Some((destination, source, settings)))
}

/// Tells people why one that is due does not begin, and waits for its next time.
async fn refuse(engine: &Engine, found: &Orchestration, sentence: &str) -> Result<bool> {
    let mut tx = engine.store.begin().await?;
    let Some(held) = still_due(&mut tx, found).await? else {
        return Ok(false);
    };
    orchestrations::plan_next(&mut tx, &held.id, next_run(engine, &held)).await?;
    alerts::not_run(engine, &mut tx, &held, sentence).await?;
    tx.commit().await?;
    Ok(false)
}
