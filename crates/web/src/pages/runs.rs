//! Runs of integrations, watched live.

mod events;
mod progress;
mod show;
mod stop;

pub(crate) use progress::found;

use crate::access::Right;
use crate::routes::Routes;

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .get("/runs/{id}", Right::SeeIntegrations, show::show)
        .get("/runs/{id}/events", Right::SeeIntegrations, events::show)
        .post("/runs/{id}/stop", Right::ManageIntegrations, stop::submit)
}
