//! Accounts: the companies that customers belong to.

mod add;
mod contacts;
mod edit;
mod form;
mod list;
mod mask;
mod show;

pub(crate) use edit::find;

use crate::access::Right;
use crate::routes::Routes;

pub(crate) fn routes(routes: Routes) -> Routes {
    let (see, change) = (Right::SeeCases, Right::EditCases);
    routes
        .get("/accounts", see, list::show)
        .post("/accounts", change, add::submit)
        .get("/accounts/new", change, add::show)
        .get("/accounts/{id}", see, show::show)
        .get("/accounts/{id}/edit", change, edit::show)
        .post("/accounts/{id}/edit", change, edit::submit)
        .post("/accounts/{id}/contacts", change, contacts::join)
        .post(
            "/accounts/{id}/contacts/{contact}/remove",
            change,
            contacts::leave,
        )
}
