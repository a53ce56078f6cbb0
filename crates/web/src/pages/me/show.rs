//! `GET /me`: who is signed in, and where else.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use store::sessions::{self, Login};
use store::users::User;

use crate::app::App;
use crate::form::Wrongs;
use crate::navigation::Nav;
use crate::page::{Done, Frame, html};
use crate::pages::users::explain;
use crate::problem::Problem;
use crate::session::SignedIn;

#[derive(Template)]
#[template(path = "me/show.html")]
pub(super) struct MePage {
    frame: Frame,
    user: User,
    /// What their role is allowed.
    allowed: &'static str,
    /// The session of this browser.
    here: String,
    logins: Vec<Login>,
    wrongs: Wrongs,
    done: Option<&'static str>,
}

impl MePage {
    /// The page with what is stored.
    pub(super) async fn read(
        app: &App,
        person: SignedIn,
        wrongs: Wrongs,
        done: Option<&'static str>,
    ) -> Result<Self, Problem> {
        let logins = {
            let connection = &mut *app.engine.store.read().await?;
            sessions::of_user(connection, &person.user.id, app.engine.now()).await?
        };
        Ok(Self {
            user: person.user.clone(),
            allowed: explain(&person.user.role),
            here: person.session.clone(),
            logins,
            wrongs,
            done,
            frame: Frame::new(app, person, Nav::Me, "You").await?,
        })
    }
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Query(done): Query<Done>,
) -> Result<Response, Problem> {
    let done = done.sentence(&[
        (
            "password",
            "Your new password holds from now on. Every other session of yours has ended.",
        ),
        ("ended", "That session has ended."),
    ]);
    html(&MePage::read(&app, person, Wrongs::default(), done).await?)
}
