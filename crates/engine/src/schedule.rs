//! When runs begin: by interval, or because somebody asked.

use jiff::SignedDuration;
use store::integrations::{self, Integration};
use store::{jobs, runs};

use crate::engine::Engine;
use crate::error::{Error, Result};

/// The job that pulls one integration; its subject is the integration.
pub(crate) const PULL: &str = "pull";

/// A run that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scheduled {
    /// The run.
    pub run_id: String,
    /// Whether it was already waiting or running.
    pub joined: bool,
}

/// Asks for a pull of the integration; joins the one that is open, if any.
///
/// # Errors
/// [`Error::Refused`] if the integration is inactive.
pub async fn schedule_sync(
    engine: &Engine,
    integration: &Integration,
    requested_by: &str,
) -> Result<Scheduled> {
    if !integration.active {
        return Err(Error::Refused(format!(
            "Integration {0} is inactive, so nothing is synchronised. Activate it first: `deskbridge integration activate {0}`.",
            integration.settings.name
        )));
    }
    let now = engine.now();
    let mut tx = engine.store.begin().await?;
    let (run_id, new) = runs::open_or_join(
        &mut tx,
        &integration.id,
        PULL,
        requested_by,
        now,
        &*engine.dice,
    )
    .await?;
    // A run whose job was lost (a crash between two ended transactions cannot do that, a person
    // with an SQL prompt can) gets a new one.
    jobs::add(&mut tx, PULL, &integration.id, &run_id, now, &*engine.dice).await?;
    let interval = SignedDuration::try_from(integration.settings.interval)
        .unwrap_or(SignedDuration::from_secs(60));
    let next = now.saturating_add(interval).unwrap_or(now);
    integrations::plan_next(&mut tx, &integration.id, next).await?;
    tx.commit().await?;
    Ok(Scheduled {
        run_id,
        joined: !new,
    })
}

/// Asks a run to end at its next page. One that is over stays as it is.
///
/// # Errors
/// As the database says.
pub async fn stop(engine: &Engine, run: &runs::Run, actor: &str) -> Result<()> {
    let mut tx = engine.store.begin().await?;
    runs::ask_to_stop(&mut tx, &run.id).await?;
    store::audit::note(&mut tx, engine.act(actor), "run.stop", &run.id, "").await?;
    Ok(tx.commit().await?)
}

/// Asks for a pull of every active integration that is due. Returns how many.
pub(crate) async fn schedule_due(engine: &Engine) -> Result<usize> {
    let now = engine.now();
    let all = integrations::list(&mut *engine.store.read().await?).await?;
    let due = all.iter().filter(|integration| {
        integration.active && integration.next_run_at.is_none_or(|at| at <= now)
    });
    let mut asked = 0;
    for integration in due {
        schedule_sync(engine, integration, "schedule").await?;
        asked += 1;
    }
    Ok(asked)
}
