//! `POST /credentials/requests/{id}/withdraw`: a link that opens nothing any more.

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use engine::credentials::requests;

use crate::app::App;
use crate::pages::record_id;
use crate::problem::Problem;
use crate::session::SignedIn;

pub(crate) async fn submit(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let missing = || Problem::missing("This link was used, withdrawn or has expired already.");
    let id = record_id(&id).ok_or_else(missing)?;
    if !requests::withdraw(&app.engine, id, &person.user.email).await? {
        return Err(missing());
    }
    Ok(Redirect::to("/credentials?done=withdrawn").into_response())
}
