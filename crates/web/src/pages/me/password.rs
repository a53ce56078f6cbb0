//! `POST /me/password`: a new password of one's own. Every other session ends.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use domain::person::email_key;
use engine::staff;
use serde::Deserialize;

use super::show::MePage;
use crate::app::App;
use crate::form::{Form, SecretText, Wrongs};
use crate::page::html_with;
use crate::pages::login;
use crate::problem::Problem;
use crate::session::SignedIn;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    current: SecretText,
    password: SecretText,
}

pub(crate) async fn submit(
    State(app): State<App>,
    person: SignedIn,
    Form(entry): Form<Entry>,
) -> Result<Response, Problem> {
    let user = person.user.clone();
    // Whoever finds a browser open is slowed down like whoever guesses at the door.
    let key = email_key(&user.email);
    let wrongs = if let Err(seconds) = app.throttle.attempt(&key, app.engine.now()) {
        let sentence =
            format!("There were too many failed attempts. Wait {seconds} seconds, then try again.");
        Wrongs::field("current", sentence)
    } else if login::check(&app, &key, entry.current.0).await?.is_none() {
        Wrongs::field(
            "current",
            "This is not your password. Enter the one you signed in with.",
        )
    } else {
        app.throttle.forgive(&key);
        let keep = Some(person.session.as_str());
        match staff::set_password(&app.engine, &user.id, entry.password.0, keep, &user.email).await
        {
            Ok(()) => return Ok(Redirect::to("/me?done=password").into_response()),
            Err(error) => {
                let sentence = Wrongs::refusal(error)?.summary().unwrap_or_default();
                Wrongs::field("password", sentence)
            }
        }
    };
    let page = MePage::read(&app, person, wrongs, None).await?;
    html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
}
