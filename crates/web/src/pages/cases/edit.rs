//! `GET /cases/{number}/edit`, `POST /cases/{number}/edit`: fields of a case. What was read is what is
//! edited: a change that somebody, or the sync, made meanwhile is never overwritten unseen.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use domain::case::{CasePriority, CaseStatus};
use engine::actions;
use serde::Deserialize;
use store::cases::Case;

use super::Wanted;
use super::form::{CaseForm, Typed};
use crate::app::App;
use crate::form::{Form, Wrongs};
use crate::mask;
use crate::page::{html, html_with};
use crate::pages::staff;
use crate::problem::Problem;
use crate::session::SignedIn;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    /// The one the form was made from.
    version: i64,
    subject: String,
    #[serde(default)]
    description: String,
    status: String,
    priority: String,
    #[serde(default)]
    contact: String,
    #[serde(default)]
    assigned_to: String,
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Path(number): Path<String>,
) -> Result<Response, Problem> {
    let case = super::find(&app, &number).await?;
    let typed = stored(&app, &person, &case).await?;
    html(&CaseForm::read(&app, person, Some(&case), typed, Wrongs::default()).await?)
}

pub(crate) async fn submit(
    State(app): State<App>,
    person: SignedIn,
    Path(number): Path<String>,
    Form(entry): Form<Entry>,
) -> Result<Response, Problem> {
    let case = super::find(&app, &number).await?;
    let wrongs = match save(&app, &person, &case, &entry).await? {
        Ok(()) => {
            let place = format!("/cases/{}?done=saved", case.number);
            return Ok(Redirect::to(&place).into_response());
        }
        Err(wrongs) => wrongs,
    };
    let typed = Typed {
        subject: entry.subject,
        description: entry.description,
        status: entry.status,
        priority: entry.priority,
        contact: entry.contact,
        assigned_to: entry.assigned_to,
    };
    // The form keeps the version it was made from: only who has read the case again may save.
    let read = Case {
        version: entry.version,
        ..case
    };
    let form = CaseForm::read(&app, person, Some(&read), typed, wrongs).await?;
    html_with(StatusCode::UNPROCESSABLE_ENTITY, &form)
}

async fn save(
    app: &App,
    person: &SignedIn,
    case: &Case,
    entry: &Entry,
) -> Result<Result<(), Wrongs>, Problem> {
    let mut wrongs = Wrongs::default();
    let status = CaseStatus::parse(&entry.status);
    let priority = CasePriority::parse(&entry.priority);
    if status.is_none() {
        wrongs.add("status", "Choose one of the states.");
    }
    if priority.is_none() {
        wrongs.add("priority", "Choose one of the priorities.");
    }
    // Who may not see the email leaves the field empty to leave the contact as it is.
    let stays = person.user.restrict_pii && entry.contact.trim().is_empty();
    let assigned_to = staff::assigned_to(app, &entry.assigned_to, &mut wrongs).await?;
    let wanted = Wanted {
        subject: Some(entry.subject.clone()),
        description: Some(entry.description.clone()),
        status,
        priority,
        contact: (!stays).then(|| entry.contact.clone()),
        assigned_to: Some(assigned_to),
    };
    let edit = match wanted.edit(app, &person.user, case, wrongs).await? {
        Ok(edit) => edit,
        Err(wrongs) => return Ok(Err(wrongs)),
    };
    let number = case.number.to_string();
    let (engine, actor) = (&app.engine, &person.user.email);
    Ok(
        match actions::edit_as_read(engine, &number, edit, entry.version, actor).await {
            Ok(_) => Ok(()),
            Err(error) => Err(Wrongs::refusal(error)?),
        },
    )
}

/// What is stored, as whoever edits it sees it.
async fn stored(app: &App, person: &SignedIn, case: &Case) -> Result<Typed, Problem> {
    let fields = &case.fields;
    let text = |text: &str| match person.user.restrict_pii {
        true => mask::text(text).into_owned(),
        false => text.to_owned(),
    };
    let contact = match &fields.contact {
        Some(id) if !person.user.restrict_pii => {
            let connection = &mut *app.engine.store.read().await?;
            let found = store::contacts::by_ids(connection, std::slice::from_ref(id)).await?;
            let email = found.get(id).and_then(|found| found.email.clone());
            email.unwrap_or_else(|| id.clone())
        }
        Some(_) | None => String::new(),
    };
    Ok(Typed {
        subject: text(&fields.subject),
        description: text(&fields.description),
        status: fields.status.as_str().to_owned(),
        priority: fields.priority.as_str().to_owned(),
        contact,
        assigned_to: fields.assigned_to.clone().unwrap_or_default(),
    })
}
