//! Outgoing webhooks: other systems that are told what happens here, and whether it arrives. What comes in
//! from Zendesk is in [`crate::pages::hooks`].

mod add;
mod delete;
mod edit;
mod events;
mod form;
mod list;
mod secret;
mod show;

use store::outgoing_webhooks::OutgoingWebhook;

use crate::access::Right;
use crate::app::App;
use crate::pages::record_id;
use crate::problem::Problem;
use crate::routes::Routes;

pub(crate) fn routes(routes: Routes) -> Routes {
    const MANAGE: Right = Right::ManageSettings;
    routes
        .get("/outgoing-webhooks", MANAGE, list::show)
        .get("/outgoing-webhooks/new", MANAGE, add::show)
        .post("/outgoing-webhooks", MANAGE, add::submit)
        .get("/outgoing-webhooks/{id}", MANAGE, show::show)
        .post("/outgoing-webhooks/{id}/test", MANAGE, show::test)
        .post("/outgoing-webhooks/{id}/roll", MANAGE, secret::roll)
        .get("/outgoing-webhooks/{id}/edit", MANAGE, edit::show)
        .post("/outgoing-webhooks/{id}/edit", MANAGE, edit::submit)
        .get("/outgoing-webhooks/{id}/delete", MANAGE, delete::show)
        .post("/outgoing-webhooks/{id}/delete", MANAGE, delete::submit)
        .post(
            "/outgoing-webhooks/{id}/events/{event}/again",
            MANAGE,
            events::send_again,
        )
}

/// The endpoint an address names.
async fn find(app: &App, id: &str) -> Result<OutgoingWebhook, Problem> {
    let missing = || Problem::missing("There is no such outgoing webhook.");
    let id = record_id(id).ok_or_else(missing)?;
    let connection = &mut *app.engine.store.read().await?;
    let found = store::outgoing_webhooks::find(connection, id).await?;
    // An address names it by its id; a name is for people.
    found.filter(|webhook| webhook.id == id).ok_or_else(missing)
}
