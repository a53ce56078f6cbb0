//! `GET /contacts/{id}`: who a customer is and how to reach them.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use engine::case_view::contact_name;
use store::contacts::Contact;
use store::users::User;

use crate::app::App;
use crate::page::{Frame, Section, html};
use crate::pages;
use crate::problem::Problem;
use crate::session::SignedIn;

#[derive(Template)]
#[template(path = "contacts/show.html")]
struct ContactPage {
    frame: Frame,
    contact: Contact,
    owner: Option<User>,
}

pub(crate) async fn show(
    State(app): State<App>,
    SignedIn { user }: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let missing = || Problem::missing("There is no such contact.");
    let id = pages::record_id(&id).ok_or_else(missing)?.to_owned();
    let connection = &mut *app.engine.store.read().await?;
    let contact = store::contacts::by_ids(connection, std::slice::from_ref(&id))
        .await?
        .remove(&id)
        .ok_or_else(missing)?;
    let owner = match &contact.owner_id {
        Some(owner) => store::users::by_ids(connection, std::slice::from_ref(owner))
            .await?
            .remove(owner),
        None => None,
    };
    let name = contact_name(&contact.name, contact.email.as_deref());
    html(&ContactPage {
        frame: Frame::new(&app, user, Section::Cases, name),
        contact,
        owner,
    })
}
