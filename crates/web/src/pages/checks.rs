//! System, Checks: what people have looked at, and what was found.

mod ask;
mod events;
mod list;
mod live;
mod mask;
mod record;
mod report;
mod show;
mod stop;

pub(crate) use record::{Named, find, of_integration, rights, seen};

use crate::access::Right;
use crate::routes::Routes;

pub(crate) fn routes(routes: Routes) -> Routes {
    const SEE: Right = Right::SeeIntegrations;
    const MANAGE: Right = Right::ManageIntegrations;
    const SEND: Right = Right::ManageDestinations;
    routes
        .get("/checks", SEE, list::show)
        .post("/checks", Right::ManageSettings, ask::installation)
        .get("/checks/{id}", SEE, show::show)
        .get("/checks/{id}/events", SEE, events::show)
        .get("/checks/{id}/report", SEE, report::show)
        .post("/checks/{id}/stop", MANAGE, stop::submit)
        .post("/integrations/{id}/verify", MANAGE, ask::verify)
        .post("/integrations/{id}/dry-run", MANAGE, ask::dry_run)
        .get(
            "/integrations/{id}/live-check",
            MANAGE,
            live::of_integration,
        )
        .post(
            "/integrations/{id}/live-check",
            MANAGE,
            ask::live_of_integration,
        )
        .get("/destinations/{id}/live-check", SEND, live::of_destination)
        .post(
            "/destinations/{id}/live-check",
            SEND,
            ask::live_of_destination,
        )
}
