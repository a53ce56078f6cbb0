//! Credentials: stored sign-in details, and links on which somebody else enters them.

pub(crate) mod add;
mod delete;
mod edit;
pub(crate) mod form;
mod list;
mod mask;
mod requests;
mod show;

use store::credentials::Credential;

use crate::access::Right;
use crate::app::App;
use crate::pages::record_id;
use crate::problem::Problem;
use crate::routes::Routes;

pub(crate) fn routes(routes: Routes) -> Routes {
    const MANAGE: Right = Right::ManageDestinations;
    routes
        .get("/credentials", MANAGE, list::show)
        .get("/credentials/new", MANAGE, add::show)
        .post("/credentials", MANAGE, add::submit)
        .get("/credentials/requests/new", MANAGE, requests::add::show)
        .post("/credentials/requests", MANAGE, requests::add::submit)
        .post(
            "/credentials/requests/{id}/withdraw",
            MANAGE,
            requests::withdraw::submit,
        )
        .get("/credentials/{id}", MANAGE, show::show)
        .post("/credentials/{id}/test", MANAGE, show::test)
        .get("/credentials/{id}/edit", MANAGE, edit::show)
        .post("/credentials/{id}/edit", MANAGE, edit::submit)
        .get("/credentials/{id}/delete", MANAGE, delete::show)
        .post("/credentials/{id}/delete", MANAGE, delete::submit)
        // The link carries its own secret: whoever opens it needs no account here.
        .get(
            "/credential-requests/{token}",
            Right::Open,
            requests::answer::show,
        )
        .post(
            "/credential-requests/{token}",
            Right::Open,
            requests::answer::submit,
        )
}

/// The credential an address names.
pub(crate) async fn find(app: &App, id: &str) -> Result<Credential, Problem> {
    let missing = || Problem::missing("There is no such credential.");
    let id = record_id(id).ok_or_else(missing)?;
    let connection = &mut *app.engine.store.read().await?;
    let found = store::credentials::find(connection, id).await?;
    // An address names it by its id; a name is for people.
    found
        .filter(|credential| credential.id == id)
        .ok_or_else(missing)
}
