//! Cases.

mod add;
mod asked;
mod comment;
mod delete;
mod edit;
mod form;
mod give_up;
pub(crate) mod list;
pub(crate) mod mask;
mod restore;
pub(crate) mod said;
pub(crate) mod show;
pub(crate) mod ticket;
mod views;
mod wanted;

pub(crate) use asked::Asked;
pub(crate) use wanted::{MASKED, Wanted, written};

use store::cases::Case;

use crate::access::Right;
use crate::app::App;
use crate::pages;
use crate::problem::Problem;
use crate::routes::Routes;

pub(crate) fn routes(routes: Routes) -> Routes {
    let (see, change) = (Right::SeeCases, Right::EditCases);
    routes
        .get("/cases", see, list::show)
        .post("/cases", change, add::submit)
        .get("/cases/new", change, add::show)
        .post("/cases/views", see, views::keep)
        .post("/cases/views/{id}/delete", see, views::forget)
        .get("/cases/{number}", see, show::show)
        .get("/cases/{number}/edit", change, edit::show)
        .post("/cases/{number}/edit", change, edit::submit)
        .post("/cases/{number}/comments", change, comment::submit)
        .get("/cases/{number}/delete", change, delete::show)
        .post("/cases/{number}/delete", change, delete::submit)
        .post("/cases/{number}/restore", change, restore::submit)
        .get("/cases/{number}/ticket", see, ticket::show)
        .post("/cases/{number}/publish", change, ticket::publish)
        .post("/cases/{number}/follow-up", change, ticket::follow_up)
        .get("/cases/{number}/give-up", change, give_up::show)
        .post("/cases/{number}/give-up", change, give_up::submit)
}

/// The case an address names, deleted or not.
pub(crate) async fn find(app: &App, number: &str) -> Result<Case, Problem> {
    let missing = || Problem::missing("There is no case with this number.");
    let number = pages::record_id(number).ok_or_else(missing)?;
    let connection = &mut *app.engine.store.read().await?;
    store::cases::find(connection, number)
        .await?
        .ok_or_else(missing)
}
