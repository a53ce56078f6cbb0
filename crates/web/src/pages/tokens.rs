//! Tokens with which programs call the REST API: everybody's own.

mod add;
mod end;
mod list;

use crate::access::Right;
use crate::routes::Routes;

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .get("/tokens", Right::SignedIn, list::show)
        .post("/tokens", Right::SignedIn, add::submit)
        .post("/tokens/{id}/end", Right::SignedIn, end::submit)
}
