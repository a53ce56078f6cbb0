//! System, Integrations, Manage integrations: connected accounts.

mod activity;
mod add;
mod backlog;
mod callback;
mod connect;
mod delete;
mod edit;
mod form;
mod list;
mod maps;
mod mask;
mod record;
mod show;
mod sign_in;
mod sync;
mod webhook;

pub(crate) use form::{owner, owners};
pub(crate) use record::{find, managed};
pub(crate) use sign_in::{SignInWish, sign_in};
pub(crate) use sync::INACTIVE;

use crate::access::Right;
use crate::routes::Routes;

pub(crate) fn routes(routes: Routes) -> Routes {
    let (see, manage, add) = (
        Right::SeeIntegrations,
        Right::ManageIntegrations,
        Right::AddIntegrations,
    );
    routes
        .get("/integrations", see, list::show)
        .get("/integrations/new", add, add::show)
        .post("/integrations", add, add::submit)
        .get("/integrations/{id}", see, show::show)
        .get("/integrations/{id}/edit", manage, edit::show)
        .post("/integrations/{id}/edit", manage, edit::submit)
        .get("/integrations/{id}/backlog", manage, backlog::show)
        .post("/integrations/{id}/backlog", manage, backlog::submit)
        .get("/integrations/{id}/webhook", manage, webhook::show)
        .post("/integrations/{id}/webhook", manage, webhook::install)
        .post("/integrations/{id}/webhook/rotate", manage, webhook::rotate)
        .get("/integrations/{id}/webhook/remove", manage, webhook::ask)
        .post("/integrations/{id}/webhook/remove", manage, webhook::remove)
        .post("/integrations/{id}/activate", manage, activity::activate)
        .post(
            "/integrations/{id}/deactivate",
            manage,
            activity::deactivate,
        )
        .post("/integrations/{id}/sync", manage, sync::submit)
        .get("/integrations/{id}/delete", manage, delete::show)
        .post("/integrations/{id}/delete", manage, delete::submit)
        .post("/integrations/{id}/connect", manage, connect::submit)
        .get("/oauth/zendesk/callback", manage, callback::show)
}
