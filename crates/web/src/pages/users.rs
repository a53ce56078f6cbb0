//! Users: the staff a case or a ticket names, and what they may do.

mod add;
mod edit;
mod form;
mod list;
mod password;
mod show;

pub(crate) use form::explain;

use crate::access::Right;
use crate::routes::Routes;

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .get("/users", Right::ManageUsers, list::show)
        .get("/users/new", Right::ManageUsers, add::show)
        .post("/users", Right::ManageUsers, add::submit)
        .get("/users/{id}", Right::SignedIn, show::show)
        .get("/users/{id}/edit", Right::ManageUsers, edit::show)
        .post("/users/{id}/edit", Right::ManageUsers, edit::submit)
        .post("/users/{id}/password", Right::ManageUsers, password::submit)
}
