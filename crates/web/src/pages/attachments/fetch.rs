//! `POST /attachments/{id}/fetch`: a file that is only in Zendesk is fetched now.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};

use super::{fetch, find};
use crate::app::App;
use crate::form::Wrongs;
use crate::page::html_with;
use crate::pages::cases::show;
use crate::problem::Problem;
use crate::session::SignedIn;

pub(crate) async fn submit(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let (file, case) = find(&app, &id).await?;
    match fetch(&app, file).await {
        Ok(_) => {
            let case = crate::pages::cases::find(&app, &case).await?;
            let place = format!("/cases/{}?done=fetched#comments", case.number);
            Ok(Redirect::to(&place).into_response())
        }
        Err(error) => {
            let wrongs = Wrongs::refusal(error)?;
            let page = show::with(&app, person, &case, wrongs).await?;
            html_with(StatusCode::CONFLICT, &page)
        }
    }
}
