//! The integration an address names, and whether somebody may change it.

use store::integrations::{self, Integration};
use store::users::User;

use crate::access::may_manage;
use crate::app::App;
use crate::pages;
use crate::problem::Problem;

/// The integration of this id.
pub(crate) async fn find(app: &App, id: &str) -> Result<Integration, Problem> {
    let missing =
        || Problem::missing("There is no such integration. Integrations, under System, lists all.");
    let id = pages::record_id(id).ok_or_else(missing)?;
    let connection = &mut *app.engine.store.read().await?;
    let found = integrations::find(connection, id).await?;
    found.filter(|found| found.id == id).ok_or_else(missing)
}

/// The integration of this id, for somebody who wants to change it.
pub(crate) async fn managed(app: &App, user: &User, id: &str) -> Result<Integration, Problem> {
    let found = find(app, id).await?;
    if may_manage(user, &found) {
        return Ok(found);
    }
    Err(Problem::refused(
        "Only its owner, operators and administrators may change or run this integration, so nothing was changed. Ask one of them, or have yourself made its owner.",
    ))
}
