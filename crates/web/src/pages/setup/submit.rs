//! `GET /setup`, `POST /setup`: with the code from the terminal, the first administrator.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use engine::staff;
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use store::sessions;

use super::is_due;
use crate::app::App;
use crate::form::{Form, SecretText, Wrongs};
use crate::page::{Frame, html, html_with};
use crate::problem::Problem;
use crate::session;

/// All guesses of the code count together.
const GUESSES: &str = "the set-up code";

#[derive(Default, Deserialize)]
pub(crate) struct Wish {
    #[serde(default)]
    code: SecretText,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    code: SecretText,
    name: String,
    email: String,
    password: SecretText,
}

#[derive(Template)]
#[template(path = "setup/form.html")]
struct SetupPage {
    frame: Frame,
    wrongs: Wrongs,
    code: String,
    name: String,
    email: String,
}

#[derive(Template)]
#[template(path = "setup/closed.html")]
struct ClosedPage {
    frame: Frame,
    /// Whether a code was given that is not the one.
    wrong: bool,
}

pub(crate) async fn show(
    State(app): State<App>,
    Query(wish): Query<Wish>,
) -> Result<Response, Problem> {
    check_due(&app).await?;
    if !opens(&app, &wish.code)? {
        return closed(&app, !wish.code.0.expose_secret().is_empty());
    }
    html(&SetupPage {
        frame: Frame::bare(&app, "Set up Deskbridge"),
        wrongs: Wrongs::default(),
        code: wish.code.0.expose_secret().to_owned(),
        name: String::new(),
        email: String::new(),
    })
}

pub(crate) async fn submit(
    State(app): State<App>,
    headers: HeaderMap,
    Form(entry): Form<Entry>,
) -> Result<Response, Problem> {
    let _turn = app.options.setup_turn.lock().await;
    check_due(&app).await?;
    if !opens(&app, &entry.code)? {
        return closed(&app, true);
    }
    let (engine, password) = (&app.engine, entry.password.0);
    let user = match staff::add_first(engine, &entry.email, &entry.name, password).await {
        Ok(user) => user,
        Err(error) => {
            let page = SetupPage {
                frame: Frame::bare(&app, "Set up Deskbridge"),
                wrongs: Wrongs::refusal(error)?,
                code: entry.code.0.expose_secret().to_owned(),
                name: entry.name,
                email: entry.email,
            };
            return html_with(StatusCode::UNPROCESSABLE_ENTITY, &page);
        }
    };
    // From here on there is somebody, so the code opens nothing any more.
    app.options.note_set_up();
    let mut tx = engine.store.begin().await?;
    let (now, dice) = (engine.now(), &*engine.dice);
    let token = sessions::open(&mut tx, &user, session::agent(&headers), now, dice).await?;
    tx.commit().await?;
    let cookie = session::cookie(&token, app.options.is_secure())
        .ok_or_else(|| Problem::broken("a session token does not fit into a cookie"))?;
    Ok(([(SET_COOKIE, cookie)], Redirect::to("/")).into_response())
}

async fn check_due(app: &App) -> Result<(), Problem> {
    if is_due(app).await? {
        return Ok(());
    }
    Err(Problem::missing("There is no such page."))
}

/// Whether this is the code. Wrong ones are slowed down together.
fn opens(app: &App, code: &SecretText) -> Result<bool, Problem> {
    if code.0.expose_secret().is_empty() {
        return Ok(false);
    }
    if app.throttle.attempt(GUESSES, app.engine.now()).is_err() {
        return Err(Problem::refused(
            "Too many wrong set-up codes were tried. Wait a minute, then open the link in the terminal.",
        ));
    }
    let opens = app.options.is_setup_code(&code.0);
    if opens {
        app.throttle.forgive(GUESSES);
    }
    Ok(opens)
}

fn closed(app: &App, wrong: bool) -> Result<Response, Problem> {
    let page = ClosedPage {
        frame: Frame::bare(app, "Set up Deskbridge"),
        wrong,
    };
    let status = if wrong {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    html_with(status, &page)
}
