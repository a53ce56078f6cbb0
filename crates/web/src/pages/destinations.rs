//! Destinations: Zendesk accounts that profiles are sent to.

pub(crate) mod add;
mod delete;
mod edit;
pub(crate) mod form;
mod list;
pub(crate) mod promote;
pub(crate) mod show;

use store::credentials::Credential;
use store::destinations::Destination;
use store::users::User;

use crate::access::{self, Right};
use crate::app::App;
use crate::pages::record_id;
use crate::problem::Problem;
use crate::routes::Routes;

pub(crate) fn routes(routes: Routes) -> Routes {
    const MANAGE: Right = Right::ManageDestinations;
    routes
        .get("/destinations", Right::SeeSends, list::show)
        .get("/destinations/new", MANAGE, add::pick)
        .get("/destinations/new/zendesk", MANAGE, add::show)
        .post("/destinations", MANAGE, add::submit)
        .get("/destinations/{id}", Right::SeeSends, show::show)
        .post("/destinations/{id}/test", MANAGE, show::test)
        .get("/destinations/{id}/edit", MANAGE, edit::show)
        .post("/destinations/{id}/edit", MANAGE, edit::submit)
        .get("/destinations/{id}/promote", MANAGE, promote::show)
        .post("/destinations/{id}/promote", MANAGE, promote::submit)
        .get("/destinations/{id}/delete", MANAGE, delete::show)
        .post("/destinations/{id}/delete", MANAGE, delete::submit)
}

/// Whether somebody sees a destination: who may send to it, and who looks after all of them.
pub(crate) fn may_see(user: &User, destination: &Destination) -> Result<(), String> {
    if access::may(user.role, Right::ManageDestinations) {
        return Ok(());
    }
    access::may_send(user, destination)
}

/// The destination an address names, if whoever asks may see it.
pub(crate) async fn find(app: &App, user: &User, id: &str) -> Result<Destination, Problem> {
    let missing = || Problem::missing("There is no such destination.");
    let id = record_id(id).ok_or_else(missing)?;
    let connection = &mut *app.engine.store.read().await?;
    let found = store::destinations::find(connection, id).await?;
    // An address names it by its id; a name is for people.
    let found = found
        .filter(|destination| destination.id == id)
        .ok_or_else(missing)?;
    may_see(user, &found).map_err(Problem::refused)?;
    Ok(found)
}

/// The credentials that sign in to Zendesk, by name.
pub(crate) async fn credentials(app: &App) -> Result<Vec<Credential>, Problem> {
    use engine::credentials::Kind;
    let connection = &mut *app.engine.store.read().await?;
    let mut all = store::credentials::list(connection).await?;
    all.retain(|credential| Kind::of(credential.kind) == Kind::Zendesk);
    Ok(all)
}
