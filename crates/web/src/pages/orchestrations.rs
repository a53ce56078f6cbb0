//! Orchestrations: from a query to a destination.

mod add;
mod delete;
mod edit;
pub(crate) mod fields;
pub(crate) mod form;
pub(crate) mod lines;
mod list;
pub(crate) mod mapping;
pub(crate) mod run;
mod show;
mod switch;

use engine::orchestration_view::{self, OrchestrationView};

use store::users::User;

use crate::access::Right;
use crate::app::App;
use crate::pages;
use crate::pages::workflows::reach::Reach;
use crate::problem::Problem;
use crate::routes::Routes;

pub(crate) fn routes(routes: Routes) -> Routes {
    let (see, edit) = (Right::SeeSends, Right::EditSends);
    let manage = Right::ManageDestinations;
    routes
        .get("/orchestrations", see, list::show)
        .get("/orchestrations/new", edit, add::show)
        .post("/orchestrations", edit, add::submit)
        .get("/orchestrations/{id}", see, show::show)
        .get("/orchestrations/{id}/edit", edit, edit::show)
        .post("/orchestrations/{id}/edit", edit, edit::submit)
        .post("/orchestrations/{id}/run", edit, run::submit)
        .post("/orchestrations/{id}/activate", edit, switch::activate)
        .post("/orchestrations/{id}/deactivate", edit, switch::deactivate)
        .get("/orchestrations/{id}/delete", edit, delete::show)
        .post("/orchestrations/{id}/delete", edit, delete::submit)
        .get("/orchestrations/{id}/fields", edit, fields::show)
        .post("/orchestrations/{id}/fields", manage, fields::submit)
        .get("/orchestrations/{id}/mapping", see, mapping::show)
        .post("/orchestrations/{id}/mapping", edit, mapping::submit)
        .post(
            "/orchestrations/{id}/mapping/preview",
            edit,
            mapping::preview,
        )
}

/// The orchestration an address names, if `user` may send to its destination.
pub(crate) async fn find(app: &App, user: &User, id: &str) -> Result<OrchestrationView, Problem> {
    let missing = || Problem::missing("There is no such orchestration.");
    let id = pages::record_id(id).ok_or_else(missing)?;
    let found = orchestration_view::find(&app.engine, id).await?;
    let found = found.ok_or_else(missing)?;
    let reach = Reach::of(app, user).await?;
    reach.check(user, &found.orchestration.destination_id)?;
    Ok(found)
}
