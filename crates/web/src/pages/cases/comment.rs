//! `POST /cases/{number}/comments`: something is said on a case.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use engine::attachments::{self, NewComment};
use serde::Deserialize;

use super::show::{Place, ShowPage};
use crate::app::App;
use crate::form::{Form, Wrongs, ticked};
use crate::page::html_with;
use crate::problem::Problem;
use crate::session::SignedIn;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    text: String,
    #[serde(default, deserialize_with = "ticked")]
    public: bool,
}

pub(crate) async fn submit(
    State(app): State<App>,
    person: SignedIn,
    Path(number): Path<String>,
    Form(entry): Form<Entry>,
) -> Result<Response, Problem> {
    let case = super::find(&app, &number).await?;
    let text = entry.text.replace("\r\n", "\n");
    let user = person.user.clone();
    let new = NewComment {
        case: &case.id,
        text: &text,
        public: entry.public,
        author: &user.id,
        actor: &user.email,
    };
    let limits = app.engine.settings.files;
    match Box::pin(attachments::comment(&app.engine, new, Vec::new(), limits)).await {
        Ok(_) => {
            let place = format!("/cases/{}?done=said#comments", case.number);
            Ok(Redirect::to(&place).into_response())
        }
        Err(error) => {
            let sentence = Wrongs::refusal(error)?.summary().unwrap_or_default();
            let page = ShowPage {
                wrongs: Wrongs::field("text", sentence),
                said: text,
                said_public: entry.public,
                ..ShowPage::read(&app, person, &number, Place::default(), None).await?
            };
            html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}
