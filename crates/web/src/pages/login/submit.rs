//! `POST /login`: checks email and password and opens a session.

use axum::extract::State;
use axum::http::header::{RETRY_AFTER, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use domain::person::email_key;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use store::users::{self, User};
use store::{audit, passwords, sessions};

use super::form::LoginPage;
use crate::app::App;
use crate::form::{Form, SecretText};
use crate::page::{Frame, html_with};
use crate::problem::Problem;
use crate::session::{self, safe_address};

const WRONG: &str = "That email and password do not belong together. Check both and try again.";

/// The longest email address there is (RFC 5321), and the most of one that is kept in mind.
const LONGEST_EMAIL: usize = 254;

/// Checked against when there is no such user, so that the answer takes as long as for one who
/// exists. Nobody knows its password: it was random and is not kept.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$Q0hBTkdFTUVDSEFOR0VNRUNIQU5HRU1FQ0hBTkdFTUU";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    email: String,
    password: SecretText,
    #[serde(default)]
    next: String,
}

pub(crate) async fn submit(
    State(app): State<App>,
    headers: HeaderMap,
    Form(entry): Form<Entry>,
) -> Result<Response, Problem> {
    let key: String = email_key(&entry.email)
        .chars()
        .filter(|c| !c.is_control())
        .take(LONGEST_EMAIL)
        .collect();
    if let Err(seconds) = app.throttle.attempt(&key, app.engine.now()) {
        return wait(&app, entry, seconds);
    }
    let Some(user) = check(&app, &key, entry.password.0).await? else {
        tracing::warn!("a login failed: wrong email or password");
        return refuse(
            &app,
            StatusCode::UNPROCESSABLE_ENTITY,
            entry.email,
            &entry.next,
            WRONG,
        );
    };
    app.throttle.forgive(&key);
    let token = open(&app, &headers, &user).await?;
    let cookie = session::cookie(&token, app.options.is_secure())
        .ok_or_else(|| Problem::broken("a session token does not fit into a cookie"))?;
    tracing::info!(user = user.id, "signed in");
    let next = safe_address(&entry.next).unwrap_or("/");
    Ok(([(SET_COOKIE, cookie)], Redirect::to(next)).into_response())
}

/// The user with this email, if the password is theirs. Takes the same time if there is none.
pub(crate) async fn check(
    app: &App,
    email: &str,
    password: SecretString,
) -> Result<Option<User>, Problem> {
    let found = {
        let connection = &mut *app.engine.store.read().await?;
        users::by_email_with_hash(connection, email).await?
    };
    let (user, hash) = found.map_or((None, None), |(user, hash)| (Some(user), hash));
    let turn = app.password_checks.acquire().await;
    let known = hash.is_some();
    let hash = hash.unwrap_or_else(|| NOBODY.to_owned());
    let matches = tokio::task::spawn_blocking(move || passwords::matches(&password, &hash))
        .await
        .map_err(|error| Problem::broken(error.to_string()))?;
    drop(turn);
    Ok(user.filter(|_| matches && known))
}

/// Opens a new session, and ends the one the browser still had: a token never outlives a login.
async fn open(app: &App, headers: &HeaderMap, user: &User) -> Result<SecretString, Problem> {
    let engine = &app.engine;
    let mut tx = engine.store.begin().await?;
    if let Some(old) = session::token(headers) {
        sessions::end(&mut tx, old.expose_secret()).await?;
    }
    let token = sessions::open(
        &mut tx,
        user,
        session::agent(headers),
        engine.now(),
        &*engine.dice,
    )
    .await?;
    audit::note(&mut tx, engine.act(&user.email), "login", &user.email, "").await?;
    tx.commit().await?;
    Ok(token)
}

fn wait(app: &App, entry: Entry, seconds: i64) -> Result<Response, Problem> {
    let sentence = format!(
        "There were too many failed attempts for this email. Wait {seconds} seconds, then try again."
    );
    let mut response = refuse(
        app,
        StatusCode::TOO_MANY_REQUESTS,
        entry.email,
        &entry.next,
        &sentence,
    )?;
    response
        .headers_mut()
        .insert(RETRY_AFTER, HeaderValue::from(seconds));
    Ok(response)
}

/// The form again, with the email as typed, and why.
fn refuse(
    app: &App,
    status: StatusCode,
    email: String,
    next: &str,
    sentence: &str,
) -> Result<Response, Problem> {
    let page = LoginPage {
        frame: Frame::bare(app, "Sign in"),
        email,
        next: safe_address(next).unwrap_or("/").to_owned(),
        refusal: Some(sentence.to_owned()),
    };
    html_with(status, &page)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clock::SeededDice;

    #[test]
    fn an_unknown_email_costs_the_same_work_as_a_known_one() {
        let real = passwords::hash(&"x".to_owned().into(), &SeededDice::new(1)).unwrap();
        let work = |hash: &str| hash.rsplitn(3, '$').last().map(str::to_owned);
        assert_eq!(work(&real), work(NOBODY));
        let lengths = |hash: &str| hash.split('$').map(str::len).collect::<Vec<_>>();
        assert_eq!(lengths(&real), lengths(NOBODY));
    }
}
