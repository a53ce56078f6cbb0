//! `GET /users/{id}`: who somebody on the staff is.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use store::users::User;

use crate::app::App;
use crate::navigation::Nav;
use crate::page::{Frame, html};
use crate::pages;
use crate::problem::Problem;
use crate::session::SignedIn;

#[derive(Template)]
#[template(path = "users/show.html")]
struct UserPage {
    frame: Frame,
    person: User,
    /// Whether the email may be written to from here.
    is_masked: bool,
}

pub(crate) async fn show(
    State(app): State<App>,
    signed: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let missing = || Problem::missing("There is no such user.");
    let id = pages::record_id(&id).ok_or_else(missing)?.to_owned();
    let connection = &mut *app.engine.store.read().await?;
    let person = store::users::by_ids(connection, std::slice::from_ref(&id))
        .await?
        .remove(&id)
        .ok_or_else(missing)?;
    let person = signed.see(person);
    html(&UserPage {
        is_masked: signed.user.restrict_pii,
        frame: Frame::new(&app, signed, Nav::Users, person.name.clone()).await?,
        person,
    })
}
