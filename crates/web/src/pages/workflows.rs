//! Workflows: sends, what became of them, and what to do about those that failed.

mod conflicts;
pub(crate) mod download;
mod events;
mod list;
mod mask;
pub(crate) mod reach;
pub(crate) mod resolutions;
mod resolve;
pub(crate) mod rows;
mod show;
mod stop;

pub(crate) use show::{count, is_told, kind, lasting, outcome, rows_told};

use crate::access::Right;
use crate::routes::Routes;

pub(crate) fn routes(routes: Routes) -> Routes {
    let (see, edit) = (Right::SeeSends, Right::EditSends);
    routes
        .get("/workflows", see, list::show)
        .get("/workflows/{id}", see, show::show)
        .get("/workflows/{id}/events", see, events::show)
        .post("/workflows/{id}/stop", edit, stop::submit)
        .get("/workflows/{id}/rows", see, rows::show)
        .get("/workflows/{id}/rows.csv", see, download::show)
        .get("/workflows/{id}/conflicts", see, conflicts::show)
        .post("/workflows/{id}/conflicts", edit, conflicts::submit)
        .get("/workflows/{id}/resolutions", see, resolutions::show)
        .get("/workflows/{id}/resolve", see, resolve::show)
        .post("/workflows/{id}/resolve", edit, resolve::submit)
}
