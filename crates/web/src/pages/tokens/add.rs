//! `POST /tokens`: makes a token and shows it, this once.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use store::api_tokens::{self, NewToken};

use super::list::{LIVES, TokensPage};
use crate::access::Scope;
use crate::app::App;
use crate::form::{Form, Wrongs};
use crate::page::{html, html_with};
use crate::problem::Problem;
use crate::session::SignedIn;

/// The longest name of a token, in characters.
const LONGEST_NAME: usize = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    name: String,
    #[serde(default)]
    scope: Vec<String>,
    days: i64,
}

pub(crate) async fn submit(
    State(app): State<App>,
    person: SignedIn,
    Form(entry): Form<Entry>,
) -> Result<Response, Problem> {
    let wrongs = check(&entry);
    if !wrongs.is_empty() {
        let page = TokensPage {
            wrongs,
            name: entry.name,
            scopes: entry.scope,
            days: entry.days,
            ..TokensPage::read(&app, person, None).await?
        };
        return html_with(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    let scopes: Vec<&str> = entry.scope.iter().map(String::as_str).collect();
    let new = NewToken {
        name: entry.name.trim(),
        scopes: &scopes,
        life: std::time::Duration::from_secs(entry.days.unsigned_abs() * 86_400),
    };
    let mut tx = app.engine.store.begin().await?;
    let act = app.engine.act(&person.user.email);
    let (_, token) = api_tokens::add(&mut tx, &person.user, new, act).await?;
    tx.commit().await?;
    html(&TokensPage {
        made: Some(token.expose_secret().to_owned()),
        ..TokensPage::read(&app, person, None).await?
    })
}

fn check(entry: &Entry) -> Wrongs {
    let mut wrongs = Wrongs::default();
    if !(1..=LONGEST_NAME).contains(&entry.name.trim().chars().count()) {
        wrongs.add(
            "name",
            format!("Say in 1 to {LONGEST_NAME} characters what the token is for."),
        );
    }
    if entry.scope.is_empty() || entry.scope.iter().any(|word| Scope::parse(word).is_none()) {
        wrongs.add("scope", "Tick at least one thing that the token is for.");
    }
    if !LIVES.contains(&entry.days) {
        wrongs.add("days", "Choose how long the token holds.");
    }
    wrongs
}
