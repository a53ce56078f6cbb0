//! `GET /contacts/new`, `POST /contacts`: a customer who is made here.

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use engine::account_view::AccountLine;
use engine::actions::{self, NewContact};
use serde::Deserialize;
use store::users::User;

use super::form::{ContactForm, Typed};
use crate::app::App;
use crate::form::{Form, Wrongs};
use crate::navigation::Nav;
use crate::page::{Frame, html, html_with};
use crate::pages;
use crate::problem::Problem;
use crate::session::SignedIn;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    /// The account that the contact is to belong to, by id.
    account: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    name: String,
    #[serde(default)]
    phone: String,
    #[serde(default)]
    email: String,
    /// An account's id, or nothing.
    #[serde(default)]
    account: String,
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let account = account(&app, &person, &asked.account).await?;
    html(&ContactForm {
        frame: Frame::new(&app, person, Nav::Contacts, "New contact").await?,
        wrongs: Wrongs::default(),
        id: None,
        typed: Typed::default(),
        account,
    })
}

pub(crate) async fn submit(
    State(app): State<App>,
    person: SignedIn,
    Form(entry): Form<Entry>,
) -> Result<Response, Problem> {
    let typed = Typed {
        name: entry.name,
        phone: entry.phone,
        email: entry.email,
    };
    let belongs_to = Some(entry.account.clone()).filter(|account| !account.is_empty());
    let wrongs = match wanted(&person.user, &typed, belongs_to) {
        Err(wrongs) => wrongs,
        Ok(new) => match actions::create_contact(&app.engine, new, &person.user.email).await {
            Ok(id) => {
                return Ok(Redirect::to(&format!("/contacts/{id}?done=made")).into_response());
            }
            Err(error) => Wrongs::refusal(error)?,
        },
    };
    let form = ContactForm {
        account: account(&app, &person, &entry.account).await?,
        frame: Frame::new(&app, person, Nav::Contacts, "New contact").await?,
        wrongs,
        id: None,
        typed,
    };
    html_with(StatusCode::UNPROCESSABLE_ENTITY, &form)
}

/// The account that is meant, as whoever asks sees it; none if there is none of this id.
async fn account(app: &App, person: &SignedIn, id: &str) -> Result<Option<AccountLine>, Problem> {
    let Some(id) = pages::record_id(id) else {
        return Ok(None);
    };
    let connection = &mut *app.engine.store.read().await?;
    let found = store::accounts::find(connection, id).await?;
    Ok(found.map(|found| person.see(AccountLine::from(found))))
}

/// The contact to be made of what was typed, which belongs to whoever makes it. What was copied from
/// where it is masked is nobody's name or address.
pub(crate) fn wanted(
    user: &User,
    typed: &Typed,
    account: Option<String>,
) -> Result<NewContact, Wrongs> {
    const MASKED: &str = "This is masked (•••), so it reaches nobody. Enter all of it.";
    let mut wrongs = Wrongs::default();
    for (name, text) in [
        ("name", &typed.name),
        ("email", &typed.email),
        ("phone", &typed.phone),
    ] {
        if text.contains("•••") {
            wrongs.add(name, MASKED);
        }
    }
    if !wrongs.is_empty() {
        return Err(wrongs);
    }
    Ok(NewContact {
        name: typed.name.clone(),
        email: Some(typed.email.clone()),
        phone: Some(typed.phone.clone()),
        account,
        owner: user.id.clone(),
    })
}
