//! Who does the work: claims jobs, keeps their lease while working, ends them.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{BoxFuture, Either, join_all, join3, join4, select};
use jiff::SignedDuration;
use store::integrations;
use store::jobs::{self, Job};
use store::runs::{self, Run};
use store::words::backlog;
use store::{inbox, leases, outbox};

use crate::alerts::{self, Channel};
use crate::attachments;
use crate::case_sync;
use crate::checks::{self, CHECK};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::orchestrations;
use crate::outgoing_webhooks;
use crate::profile_send::{self, SEND};
use crate::schedule::{PULL, schedule_due};

/// How long an idle worker waits before it looks again.
const IDLE: Duration = Duration::from_millis(500);
/// How many jobs one process works on at a time.
const JOBS_AT_ONCE: usize = 8;
/// How many changes one process sends at a time. Each waits for Zendesk most of the time; those of one
/// case go one after another anyway.
const PUSHES_AT_ONCE: usize = 4;
/// How often what has ended is removed, and how long it is kept: markers of operations and ids of
/// webhooks may turn up for 30 days (reliability.md 7).
const TIDY: Duration = Duration::from_secs(60 * 60);
const KEEP_ENDED: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Does the work of `run` itself, or waits for the worker that does. Returns the ended run.
///
/// # Errors
/// Only what kept the run from being ended properly; a run that failed is a run.
pub async fn see_through(engine: &Engine, integration_id: &str, run_id: &str) -> Result<Run> {
    loop {
        let run = runs::find(&mut *engine.store.read().await?, run_id)
            .await?
            .ok_or_else(|| {
                Error::Refused("The run is gone: its integration was deleted meanwhile.".to_owned())
            })?;
        if run.state.is_over() {
            return Ok(run);
        }
        match claim(engine, Some(integration_id)).await? {
            Some(job) => work(engine, &job).await?,
            None => engine.clock.sleep(IDLE).await,
        }
    }
}

/// Does the job of this subject that is due, if there is one that nobody else is at. Returns whether.
///
/// # Errors
/// What kept the job from being ended properly.
pub(crate) async fn work_on(engine: &Engine, subject: &str) -> Result<bool> {
    match claim(engine, Some(subject)).await? {
        Some(job) => work(engine, &job).await.map(|()| true),
        None => Ok(false),
    }
}

/// Does every job that is due now. Returns how many.
///
/// # Errors
/// What kept a job from being ended properly.
pub async fn run_due_jobs(engine: &Engine) -> Result<usize> {
    let mut done = 0;
    while work_once(engine).await? > 0 {
        done += 1;
    }
    Ok(done)
}

/// Works and schedules until `stop` resolves. What is going on then is given up where it is: a page
/// that was not kept is read again by whoever takes the job up next.
pub async fn serve(engine: Engine, stop: impl Future<Output = ()>) {
    let scheduling = repeat(engine.clone(), |engine| {
        Box::pin(async move { schedule_due(&engine).await })
    });
    // A pull mostly waits, for Zendesk or for its limits, so one account's long first pull must
    // not hold up the others'.
    let working = (0..JOBS_AT_ONCE).map(|_| {
        repeat(engine.clone(), |engine| {
            Box::pin(async move { work_once(&engine).await })
        })
    });
    let pushing = (0..PUSHES_AT_ONCE).map(|_| {
        repeat(engine.clone(), |engine| {
            Box::pin(async move { push_once(&engine).await })
        })
    });
    let heeding = repeat(engine.clone(), |engine| {
        Box::pin(async move { case_sync::heed_all(&engine).await })
    });
    let verifying = repeat(engine.clone(), |engine| {
        Box::pin(async move { verify_once(&engine).await })
    });
    let fetching = repeat(engine.clone(), |engine| {
        Box::pin(async move {
            let limits = engine.settings.files;
            attachments::fetch_next(&engine, limits)
                .await
                .map(usize::from)
        })
    });
    // Beside the other schedule, since a large source may be read to see whether it changed.
    let beginning = repeat(engine.clone(), |engine| {
        Box::pin(async move { orchestrations::schedule_due(&engine).await })
    });
    // Each way out on its own, so that one that fails holds up nothing.
    let mailing = repeat(engine.clone(), |engine| {
        Box::pin(async move { alerts::deliver(&engine, Channel::Mail).await })
    });
    let calling = repeat(engine.clone(), |engine| {
        Box::pin(async move { alerts::deliver(&engine, Channel::Webhook).await })
    });
    let telling = outgoing_webhooks::serve(engine.clone());
    let first = join4(scheduling, join_all(working), join_all(pushing), heeding);
    let then = join4(verifying, fetching, tidy_up(&engine), index_older(&engine));
    let last = join4(beginning, mailing, calling, telling);
    select(pin!(stop), pin!(join3(first, then, last))).await;
}

/// Verifies a little of every active integration. Returns how many have more to verify at once.
async fn verify_once(engine: &Engine) -> Result<usize> {
    let all = integrations::list(&mut *engine.store.read().await?).await?;
    let mut more = 0;
    for integration in all.iter().filter(|integration| integration.active) {
        match case_sync::sweep(engine, integration).await {
            Ok(has_more) => more += usize::from(has_more),
            Err(error) => tracing::warn!(
                integration = integration.settings.name,
                "linked tickets could not be verified: {error}"
            ),
        }
    }
    Ok(more)
}

/// Makes records findable by words that are older than those, until none is left.
async fn index_older(engine: &Engine) {
    loop {
        match backlog::go_on(&engine.store).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => {
                tracing::warn!("older records cannot be found by words yet: {error}");
                engine.clock.beat(TIDY).await;
            }
        }
    }
}

/// Tidies up every hour.
async fn tidy_up(engine: &Engine) {
    loop {
        engine.clock.beat(TIDY).await;
        if let Err(error) = tidy_up_once(engine).await {
            tracing::warn!("what is of no use any more could not be removed: {error}");
        }
    }
}

/// Removes what has ended long ago and is looked for no more, and files that were being added when their
/// process died. `serve` does so every hour.
///
/// # Errors
/// As the database says; called again, it goes on.
pub async fn tidy_up_once(engine: &Engine) -> Result<()> {
    let now = engine.now();
    let before = now.saturating_sub(KEEP_ENDED).unwrap_or(now);
    let mut tx = engine.store.begin().await?;
    outbox::sweep(&mut tx, before).await?;
    inbox::sweep(&mut tx, before).await?;
    tx.commit().await?;
    outgoing_webhooks::tidy_up(engine).await?;
    checks::tidy_up(engine).await?;
    attachments::sweep(engine).await
}

async fn push_once(engine: &Engine) -> Result<usize> {
    Ok(usize::from(
        case_sync::push_next(engine, None).await?.is_some(),
    ))
}

/// Does something again and again: at once while there is more of it, else after a pause or when the
/// bell rings.
async fn repeat(engine: Engine, turn: fn(Engine) -> BoxFuture<'static, Result<usize>>) {
    loop {
        let more = match turn(engine.clone()).await {
            Ok(done) => done > 0,
            Err(error) => {
                tracing::error!("{error}");
                false
            }
        };
        if !more {
            let pause = engine.clock.beat(IDLE);
            select(pin!(pause), pin!(engine.memory.rung())).await;
        }
    }
}

async fn work_once(engine: &Engine) -> Result<usize> {
    match claim(engine, None).await? {
        Some(job) => work(engine, &job).await.map(|()| 1),
        None => Ok(0),
    }
}

async fn claim(engine: &Engine, subject: Option<&str>) -> Result<Option<Job>> {
    let Engine {
        store, settings, ..
    } = engine;
    leases::free_abandoned(store, &*engine.is_gone).await?;
    Ok(jobs::claim(
        store,
        subject,
        &settings.holder,
        engine.now(),
        settings.lease,
    )
    .await?)
}

async fn work(engine: &Engine, job: &Job) -> Result<()> {
    let ended = match job.kind.as_str() {
        PULL => keep_lease(engine, job, case_sync::pull(engine, job)).await,
        // Boxed, since the state of a send is large and every worker would carry room for one.
        SEND => keep_lease(engine, job, Box::pin(profile_send::send(engine, job))).await,
        CHECK => keep_lease(engine, job, Box::pin(checks::work(engine, job))).await,
        other => end_unknown(engine, job, other).await,
    };
    match ended {
        // Somebody else has the job now and will end it.
        Err(Error::Store(store::Error::LeaseLost)) => {
            tracing::warn!("a job was taken over by another worker");
            Ok(())
        }
        other => other,
    }
}

/// Works while the lease is kept alive beside it, also through a long wait for Zendesk.
async fn keep_lease(
    engine: &Engine,
    job: &Job,
    work: impl Future<Output = Result<()>>,
) -> Result<()> {
    let beat = async {
        loop {
            engine.clock.beat(engine.settings.lease / 3).await;
            match renew(engine, job).await {
                Ok(()) => {}
                Err(error @ Error::Store(store::Error::LeaseLost)) => return error,
                // A database that is busy for a moment is no reason to give the work up: there are
                // two more beats before the lease ends, and each page confirms it anyway.
                Err(error) => tracing::warn!("a lease could not be lengthened: {error}"),
            }
        }
    };
    match select(pin!(work), pin!(beat)).await {
        Either::Left((done, _)) => done,
        Either::Right((error, _)) => Err(error),
    }
}

async fn renew(engine: &Engine, job: &Job) -> Result<()> {
    let mut tx = engine.store.begin().await?;
    jobs::confirm(&mut tx, job, engine.now(), engine.settings.lease).await?;
    Ok(tx.commit().await?)
}

async fn end_unknown(engine: &Engine, job: &Job, kind: &str) -> Result<()> {
    let mut tx = engine.store.begin().await?;
    let problem = format!("This version of Deskbridge does not know jobs of kind {kind}.");
    jobs::end(&mut tx, job, Some(&problem), engine.now()).await?;
    Ok(tx.commit().await?)
}
