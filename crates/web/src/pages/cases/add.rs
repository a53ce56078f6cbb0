//! `GET /cases/new`, `POST /cases`: a case that is made here.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use domain::case::CasePriority;
use engine::actions::{self, NewCase};
use serde::Deserialize;

use super::form::{CaseForm, Typed};
use crate::app::App;
use crate::form::{Form, Wrongs};
use crate::page::{html, html_with};
use crate::problem::Problem;
use crate::session::SignedIn;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    subject: String,
    #[serde(default)]
    description: String,
    priority: String,
    #[serde(default)]
    contact: String,
    #[serde(default)]
    assigned_to: String,
}

pub(crate) async fn show(State(app): State<App>, person: SignedIn) -> Result<Response, Problem> {
    let typed = Typed {
        priority: CasePriority::Normal.as_str().to_owned(),
        ..Typed::default()
    };
    html(&CaseForm::read(&app, person, None, typed, Wrongs::default()).await?)
}

pub(crate) async fn submit(
    State(app): State<App>,
    person: SignedIn,
    Form(entry): Form<Entry>,
) -> Result<Response, Problem> {
    let wrongs = match make(&app, &person, &entry).await? {
        Ok(number) => {
            return Ok(Redirect::to(&format!("/cases/{number}?done=made")).into_response());
        }
        Err(wrongs) => wrongs,
    };
    let typed = Typed {
        subject: entry.subject,
        description: entry.description,
        status: String::new(),
        priority: entry.priority,
        contact: entry.contact,
        assigned_to: entry.assigned_to,
    };
    let form = CaseForm::read(&app, person, None, typed, wrongs).await?;
    html_with(StatusCode::UNPROCESSABLE_ENTITY, &form)
}

/// Makes the case and says its number, or what is wrong with it.
async fn make(app: &App, person: &SignedIn, entry: &Entry) -> Result<Result<i64, Wrongs>, Problem> {
    if entry.subject.trim().is_empty() {
        return Ok(Err(Wrongs::field(
            "subject",
            "Say in a few words what it is about.",
        )));
    }
    let Some(priority) = CasePriority::parse(&entry.priority) else {
        return Ok(Err(Wrongs::field(
            "priority",
            "Choose one of the priorities.",
        )));
    };
    let contact = match actions::contact_named(&app.engine, &entry.contact).await {
        Ok(contact) => contact,
        Err(error) => return Ok(Err(of_contact(error)?)),
    };
    let new = NewCase {
        subject: entry.subject.clone(),
        description: entry.description.clone(),
        priority,
        contact,
        assigned_to: Some(entry.assigned_to.clone()).filter(|user| !user.is_empty()),
        owner: person.user.id.clone(),
    };
    Ok(
        match actions::create(&app.engine, new, &person.user.email).await {
            Ok(case) => Ok(case.number),
            Err(error) => Err(Wrongs::refusal(error)?),
        },
    )
}

/// What is wrong with a contact that was named.
pub(super) fn of_contact(error: engine::Error) -> Result<Wrongs, Problem> {
    let sentence = Wrongs::refusal(error)?.summary().unwrap_or_default();
    Ok(Wrongs::field("contact", sentence))
}
