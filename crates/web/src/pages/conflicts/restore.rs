//! `POST /conflicts/{id}/restore`: the case or contact takes the value that lost.

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use engine::actions::{self, Restored};
use serde::Deserialize;

use crate::app::App;
use crate::form::Form;
use crate::pages;
use crate::problem::Problem;
use crate::session::SignedIn;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    /// `record` to go on to the case or contact.
    #[serde(default)]
    back: String,
}

pub(crate) async fn submit(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
    Form(entry): Form<Entry>,
) -> Result<Response, Problem> {
    let id = pages::record_id(&id).ok_or_else(|| Problem::missing("There is no such conflict."))?;
    let restored = actions::restore_conflict(&app.engine, id, &person.user.email).await?;
    let place = match (entry.back.as_str(), restored) {
        ("record", Restored::Case(case)) => format!("/cases/{}?done=restored", case.number),
        ("record", Restored::Contact(contact)) => {
            format!("/contacts/{}?done=restored", contact.id)
        }
        (_, Restored::Case(_) | Restored::Contact(_)) => "/conflicts?done=restored".to_owned(),
    };
    Ok(Redirect::to(&place).into_response())
}
