//! `GET /contacts/{id}/edit`, `POST /contacts/{id}/edit`: name, phone and primary email of a customer.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use engine::actions::{self, ContactEdit};
use engine::contact_view::ContactLine;
use serde::Deserialize;
use store::contacts::Contact;
use store::users::User;

use super::form::{ContactForm, Typed};
use crate::app::App;
use crate::form::{Form, Wrongs};
use crate::mask::Mask as _;
use crate::navigation::Nav;
use crate::page::{Frame, html, html_with};
use crate::pages;
use crate::problem::Problem;
use crate::session::SignedIn;

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) phone: String,
    #[serde(default)]
    pub(crate) email: String,
}

impl From<Entry> for Typed {
    fn from(entry: Entry) -> Self {
        Self {
            name: entry.name,
            phone: entry.phone,
            email: entry.email,
        }
    }
}

/// What is stored, as whoever edits it sees it.
pub(crate) fn shown(user: &User, contact: &Contact) -> Entry {
    let mut line = ContactLine::from(contact.clone());
    if user.restrict_pii {
        line.mask();
    }
    Entry {
        name: match contact.name.full().is_empty() {
            true => String::new(),
            false => line.name,
        },
        phone: line.phone.unwrap_or_default(),
        email: line.email.unwrap_or_default(),
    }
}

/// The contact an address names.
pub(crate) async fn find(app: &App, id: &str) -> Result<Contact, Problem> {
    let missing = || Problem::missing("There is no such contact.");
    let id = pages::record_id(id).ok_or_else(missing)?.to_owned();
    let connection = &mut *app.engine.store.read().await?;
    let mut found = store::contacts::by_ids(connection, std::slice::from_ref(&id)).await?;
    found.remove(&id).ok_or_else(missing)
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let contact = find(&app, &id).await?;
    html(&ContactForm {
        wrongs: Wrongs::default(),
        typed: shown(&person.user, &contact).into(),
        id: Some(contact.id),
        account: None,
        frame: Frame::new(&app, person, Nav::Contacts, "Edit contact").await?,
    })
}

pub(crate) async fn submit(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
    Form(entry): Form<Entry>,
) -> Result<Response, Problem> {
    let contact = find(&app, &id).await?;
    let stored = shown(&person.user, &contact);
    let wrongs = match wanted(&stored, &entry) {
        Err(wrongs) => wrongs,
        Ok(edit) => {
            match actions::edit_contact(&app.engine, &contact.id, edit, &person.user.email).await {
                Ok(_) => {
                    let place = format!("/contacts/{}?done=saved", contact.id);
                    return Ok(Redirect::to(&place).into_response());
                }
                Err(error) => Wrongs::refusal(error)?,
            }
        }
    };
    let form = ContactForm {
        wrongs,
        typed: entry.into(),
        id: Some(contact.id),
        account: None,
        frame: Frame::new(&app, person, Nav::Contacts, "Edit contact").await?,
    };
    html_with(StatusCode::UNPROCESSABLE_ENTITY, &form)
}

/// What differs from what the form showed. Somebody who saw a value masked and left it leaves it as it
/// is; one that was changed may hold nothing that stands for something hidden.
pub(crate) fn wanted(stored: &Entry, entry: &Entry) -> Result<ContactEdit, Wrongs> {
    const MASKED: &str =
        "This is masked for you (•••). Leave it as it was, or enter all of it anew.";
    let mut wrongs = Wrongs::default();
    let mut changed = |name, stored: &str, typed: &str| {
        let differs = stored.trim() != typed.trim();
        if differs && typed.contains("•••") {
            wrongs.add(name, MASKED);
        }
        differs.then(|| typed.to_owned())
    };
    let edit = ContactEdit {
        name: changed("name", &stored.name, &entry.name),
        phone: changed("phone", &stored.phone, &entry.phone).map(Some),
        email: changed("email", &stored.email, &entry.email).map(Some),
    };
    if edit
        .name
        .as_deref()
        .is_some_and(|name| name.trim().is_empty())
    {
        wrongs.add("name", "A contact needs a name.");
    }
    match wrongs.is_empty() {
        true => Ok(edit),
        false => Err(wrongs),
    }
}
