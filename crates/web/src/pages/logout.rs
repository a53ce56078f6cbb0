//! `POST /logout`: ends the session, here and in the browser.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse as _, Redirect, Response};
use secrecy::ExposeSecret as _;
use store::sessions;

use crate::app::App;
use crate::problem::Problem;
use crate::session;

pub(crate) async fn submit(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if let Some(token) = session::token(&headers) {
        let mut tx = app.engine.store.begin().await?;
        sessions::end(&mut tx, token.expose_secret()).await?;
        tx.commit().await?;
    }
    let cookie = session::no_cookie(app.options.is_secure())
        .ok_or_else(|| Problem::broken("an empty cookie cannot be written"))?;
    Ok(([(SET_COOKIE, cookie)], Redirect::to("/login")).into_response())
}
