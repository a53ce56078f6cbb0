//! Tickets and cases: `pull -> link -> plan -> push -> confirm` (ticket-sync.md).
//!
//! A pull reads each stream page by page. A page is one transaction: the mirror's rows, the cases
//! and comments they lead to, what both sides now agree on, the counters of the run and the
//! stream's cursor are kept together or not at all. So a pull may end anywhere, by kill -9 too, and
//! the next one goes on from there.

mod comments;
mod link;
mod pull;
mod references;
mod stream;
mod tickets;
mod users;

use store::jobs::Job;
use zendesk::Client;

use crate::engine::Engine;
use crate::error::Result;
use pull::Pull;

/// Carries out one pull job: opens its run or goes on with it, reads every stream, ends it.
/// `client` is given where requests must not go through `engine`'s own database (a dry run).
///
/// # Errors
/// What kept the run from being ended properly. A run that failed has been ended, with the reason.
pub(crate) async fn pull(engine: &Engine, job: &Job, client: Option<Client>) -> Result<()> {
    let Some(run) = pull::open(engine, job).await? else {
        return Ok(());
    };
    let mut pull = match pull::connect(engine, job, run, client).await {
        Ok(pull) => pull,
        Err((mut unopened, error)) => return unopened.end(Err(error)).await,
    };
    let outcome = read_streams(&mut pull).await;
    pull.end(outcome).await
}

async fn read_streams(pull: &mut Pull<'_>) -> Result<()> {
    users::read(pull).await?;
    tickets::read(pull).await?;
    comments::read(pull).await?;
    tickets::put_right(pull).await?;
    references::read(pull).await
}
