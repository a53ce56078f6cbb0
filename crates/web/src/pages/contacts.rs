//! Contacts: the customers a case or a ticket names.

pub(crate) mod edit;
mod list;
mod mask;
pub(crate) mod show;

use crate::access::Right;
use crate::routes::Routes;

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .get("/contacts", Right::SeeCases, list::show)
        .get("/contacts/{id}", Right::SeeCases, show::show)
        .get("/contacts/{id}/edit", Right::EditCases, edit::show)
        .post("/contacts/{id}/edit", Right::EditCases, edit::submit)
}
