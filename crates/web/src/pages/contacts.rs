//! Contacts: the customers a case or a ticket names.

pub(crate) mod add;
pub(crate) mod edit;
pub(crate) mod form;
mod list;
mod mask;
pub(crate) mod show;

use crate::access::Right;
use crate::routes::Routes;

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .get("/contacts", Right::SeeCases, list::show)
        .post("/contacts", Right::EditCases, add::submit)
        .get("/contacts/new", Right::EditCases, add::show)
        .get("/contacts/{id}", Right::SeeCases, show::show)
        .get("/contacts/{id}/edit", Right::EditCases, edit::show)
        .post("/contacts/{id}/edit", Right::EditCases, edit::submit)
}
