//! Tickets and cases: `pull -> link -> plan -> push -> confirm` (ticket-sync.md).
//!
//! A pull reads each stream page by page. A page is one transaction: the mirror's rows, the cases
//! and comments they lead to, what both sides now agree on, the counters of the run and the
//! stream's cursor are kept together or not at all. So a pull may end anywhere, by kill -9 too, and
//! the next one goes on from there.

mod comments;
mod drain;
pub(crate) mod hints;
mod link;
mod person;
mod pull;
mod push;
mod references;
mod room;
mod stream;
mod sweep;
mod tickets;
mod users;

use store::jobs::Job;
use zendesk::Client;

use crate::engine::Engine;
use crate::error::Result;
pub(crate) use hints::heed_all;
pub(crate) use link::{persons, rule_words};
pub(crate) use person::{ask_for, operations_of};
use pull::Pull;
pub(crate) use push::{foresee, push_next};
pub(crate) use sweep::{turn as sweep, verify_all};

/// Carries out one pull job: opens its run or goes on with it, reads every stream, sends what waits,
/// ends it.
///
/// # Errors
/// What kept the run from being ended properly. A run that failed has been ended, with the reason.
pub(crate) async fn pull(engine: &Engine, job: &Job) -> Result<()> {
    run(engine, job, None).await
}

/// As [`pull()`], in a copy of the database and with a client of the real account: nothing is sent.
///
/// # Errors
/// As [`pull()`].
pub(crate) async fn pull_only(copy: &Engine, job: &Job, client: Client) -> Result<()> {
    run(copy, job, Some(client)).await
}

async fn run(engine: &Engine, job: &Job, client: Option<Client>) -> Result<()> {
    let Some(run) = pull::open(engine, job).await? else {
        return Ok(());
    };
    let sends = client.is_none();
    let mut pull = match pull::connect(engine, job, run, client).await {
        Ok(pull) => pull,
        Err((mut unopened, error)) => return unopened.end(Err(error)).await,
    };
    let mut outcome = read_streams(&mut pull).await;
    if sends && outcome.is_ok() {
        outcome = Box::pin(drain::drain(&mut pull)).await;
    }
    match outcome {
        Err(error) if pull.may_wait_for(&error) => pull.wait_for(&error).await,
        outcome => pull.end(outcome).await,
    }
}

async fn read_streams(pull: &mut Pull<'_>) -> Result<()> {
    users::read(pull).await?;
    tickets::read(pull).await?;
    comments::read(pull).await?;
    tickets::put_right(pull).await?;
    references::read(pull).await
}
