//! `GET /users`: who works here, and what they may do.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use store::users::{self, Member};

use crate::app::App;
use crate::navigation::Nav;
use crate::page::{Done, Frame, html};
use crate::problem::Problem;
use crate::session::SignedIn;

#[derive(Template)]
#[template(path = "users/list.html")]
struct UsersPage {
    frame: Frame,
    members: Vec<Member>,
    done: Option<&'static str>,
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Query(done): Query<Done>,
) -> Result<Response, Problem> {
    let members = users::members(&mut *app.engine.store.read().await?).await?;
    html(&UsersPage {
        members: person.see(members),
        done: done.sentence(&[
            ("added", "The user was added. Tell them their password, and that they can change it under their name."),
            ("saved", "The changes were saved."),
            ("password", "The new password holds from now on, and every session of that user has ended."),
        ]),
        frame: Frame::new(&app, person, Nav::Users, "Users").await?,
    })
}
