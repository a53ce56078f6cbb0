//! `GET /cases/new`, `POST /cases`: a case that is made here.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use domain::case::CasePriority;
use engine::actions;
use serde::Deserialize;

use super::Wanted;
use super::form::{CaseForm, Typed};
use crate::app::App;
use crate::form::{Form, Wrongs};
use crate::page::{html, html_with};
use crate::pages::staff;
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
    let mut wrongs = Wrongs::default();
    let priority = CasePriority::parse(&entry.priority);
    if priority.is_none() {
        wrongs.add("priority", "Choose one of the priorities.");
    }
    let assigned_to = staff::assigned_to(app, &entry.assigned_to, &mut wrongs).await?;
    let wanted = Wanted {
        subject: Some(entry.subject.clone()),
        description: Some(entry.description.clone()),
        status: None,
        priority,
        contact: Some(entry.contact.clone()),
        assigned_to: Some(assigned_to),
    };
    let new = match wanted.new_case(app, &person.user, wrongs).await? {
        Ok(new) => new,
        Err(wrongs) => return Ok(Err(wrongs)),
    };
    Ok(
        match actions::create(&app.engine, new, &person.user.email).await {
            Ok(case) => Ok(case.number),
            Err(error) => Err(Wrongs::refusal(error)?),
        },
    )
}
