//! `GET /login`: the form. Who is signed in already is led on.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

use crate::app::App;
use crate::page::{Frame, html};
use crate::pages::setup;
use crate::problem::Problem;
use crate::session::{self, safe_address};

#[derive(Deserialize)]
pub(crate) struct Wish {
    /// Where to go after the login.
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "login/form.html")]
pub(super) struct LoginPage {
    pub(super) frame: Frame,
    pub(super) email: String,
    pub(super) next: String,
    /// Why the last attempt failed.
    pub(super) refusal: Option<String>,
}

pub(crate) async fn show(
    State(app): State<App>,
    Query(wish): Query<Wish>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let next = wish.next.as_deref().and_then(safe_address).unwrap_or("/");
    if session::find(&app, &headers).await?.is_some() {
        return Ok(Redirect::to(next).into_response());
    }
    if setup::is_due(&app).await? {
        return Ok(Redirect::to("/setup").into_response());
    }
    html(&LoginPage {
        frame: Frame::bare(&app, "Sign in"),
        email: String::new(),
        next: next.to_owned(),
        refusal: None,
    })
}
