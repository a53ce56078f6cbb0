//! The notifications pane: what people are told of workflows.

mod list;
pub(crate) mod seen;

use crate::access::Right;
use crate::routes::Routes;

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .get("/notifications", Right::SeeSends, list::show)
        .post("/notifications/seen", Right::SeeSends, seen::all)
        .post("/notifications/{id}/seen", Right::SeeSends, seen::one)
}
