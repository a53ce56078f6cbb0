//! Doing a check: what it looks at is somebody else's; here it is begun, watched and ended.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, FutureExt as _, select};
use store::checks::{self, Check, CheckKind, Subject};
use store::jobs::{self, Job};
use store::{destinations, integrations};
use tokio::sync::watch;

use super::found::Found;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::live_check::{self, Options, Target};
use crate::{doctor, dry_run, sweep};

/// How often it is looked whether somebody asked it to stop, and noted what it is at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Why a check that was stopped found nothing.
const STOPPED: &str = "It was stopped, since somebody asked for it.";

/// Does the check of a job, and keeps what was found.
///
/// # Errors
/// What kept it from being ended properly: a lost lease, the database.
pub(crate) async fn work(engine: &Engine, job: &Job) -> Result<()> {
    let found = checks::find(&mut *engine.store.read().await?, &job.subject).await?;
    // It went with its integration, or ended while its job was given to somebody else.
    let Some(check) = found.filter(|check| check.ended_at.is_none()) else {
        return end(engine, job, None).await;
    };
    if check.stop_asked {
        return end(engine, job, Some(Err(STOPPED.to_owned()))).await;
    }
    let mut tx = engine.store.begin().await?;
    checks::begin(&mut tx, &check.id, engine.now()).await?;
    tx.commit().await?;
    let found = match watched(engine, &check).await {
        Err(error @ Error::Store(store::Error::LeaseLost)) => return Err(error),
        Ok(found) => serde_json::to_string(&found)
            .map_err(|error| store::Error::Damaged(error.to_string()).to_string()),
        Err(error) => Err(error.for_asker().to_string()),
    };
    end(engine, job, Some(found)).await
}

async fn end(engine: &Engine, job: &Job, found: Option<Result<String, String>>) -> Result<()> {
    let now = engine.now();
    let mut tx = engine.store.begin().await?;
    jobs::end(&mut tx, job, None, now).await?;
    if let Some(found) = &found {
        let found = found.as_deref().map_err(String::as_str);
        checks::end(&mut tx, &job.subject, found, now).await?;
    }
    Ok(tx.commit().await?)
}

/// Looks while it is watched whether somebody wants it to stop. A live check cleans up first; any other
/// has nothing to leave behind.
async fn watched(engine: &Engine, check: &Check) -> Result<Found> {
    let (stop, stopped) = watch::channel(false);
    let (say, said) = watch::channel(String::new());
    let work = look(engine, check, stopped, say).boxed();
    let watch = async {
        loop {
            engine.clock.beat(LOOK_EVERY).await;
            if is_to_stop(engine, check, &said).await {
                return;
            }
        }
    };
    match select(work, pin!(watch)).await {
        Either::Left((found, _)) => found,
        Either::Right(((), work)) if check.kind == CheckKind::Live => {
            stop.send_replace(true);
            work.await
        }
        Either::Right(((), _)) => Err(Error::Refused(STOPPED.to_owned())),
    }
}

/// Whether somebody asked it to stop, or it is gone. Notes what it is at. A database that cannot be asked is
/// asked again.
async fn is_to_stop(engine: &Engine, check: &Check, said: &watch::Receiver<String>) -> bool {
    let stage = said.borrow().clone();
    let looked: Result<Option<Check>> = async {
        let found = checks::find(&mut *engine.store.read().await?, &check.id).await?;
        let is_new = found
            .as_ref()
            .is_some_and(|found| found.stage.as_deref().unwrap_or_default() != stage);
        if is_new {
            let mut tx = engine.store.begin().await?;
            checks::note_stage(&mut tx, &check.id, &stage).await?;
            tx.commit().await?;
        }
        Ok(found)
    }
    .await;
    looked.is_ok_and(|found| found.is_none_or(|found| found.stop_asked))
}

async fn look(
    engine: &Engine,
    check: &Check,
    stopped: live_check::Stop,
    say: watch::Sender<String>,
) -> Result<Found> {
    match check.kind {
        CheckKind::Installation => Ok(Found::Installation(doctor::examine(engine).await)),
        CheckKind::Verify => {
            let integration = integration(engine, check).await?;
            Ok(Found::Verify(sweep::verify(engine, &integration).await?))
        }
        CheckKind::DryRun => {
            let integration = integration(engine, check).await?;
            let folder = tempfile::tempdir_in(&engine.settings.sources.scratch).map_err(|error| {
                Error::Refused(format!(
                    "The copy on which a dry run works has no room: {error}. Whoever looks after this installation should look at its disk."
                ))
            })?;
            let would = dry_run::dry_run(engine, &integration, folder.path()).await?;
            Ok(Found::DryRun(Box::new(would.into())))
        }
        CheckKind::Live => {
            let target = target(engine, check).await?;
            let options = Options {
                stop: stopped,
                names_account: check.names_account,
            };
            let told = move |what: &str| {
                say.send_replace(what.to_owned());
            };
            let report = live_check::run(engine, &target, options, &told).await?;
            let report = serde_json::to_value(&report)
                .map_err(|error| store::Error::Damaged(error.to_string()))?;
            Ok(Found::Live(report))
        }
    }
}

async fn target(engine: &Engine, check: &Check) -> Result<Target> {
    let Subject::Destination(id) = &check.subject else {
        let integration = integration(engine, check).await?;
        return Target::integration(engine, &integration).await;
    };
    let found = destinations::find(&mut *engine.store.read().await?, id).await?;
    Target::destination(engine, &found.ok_or_else(gone)?).await
}

async fn integration(engine: &Engine, check: &Check) -> Result<integrations::Integration> {
    let id = check.subject.id();
    let found = integrations::find(&mut *engine.store.read().await?, id).await?;
    found.ok_or_else(gone)
}

fn gone() -> Error {
    Error::Refused("What it was to look at was deleted meanwhile.".to_owned())
}
