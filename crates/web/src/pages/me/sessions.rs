//! `POST /me/sessions/{id}/end`: ends a session of one's own in another browser.

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use engine::staff;

use crate::app::App;
use crate::pages;
use crate::problem::Problem;
use crate::session::SignedIn;

pub(crate) async fn end(
    State(app): State<App>,
    SignedIn { user, .. }: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let missing =
        || Problem::missing("There is no such session of yours; it may have ended by itself.");
    let id = pages::record_id(&id).ok_or_else(missing)?;
    if !staff::end_session(&app.engine, &user, id, &user.email).await? {
        return Err(missing());
    }
    Ok(Redirect::to("/me?done=ended").into_response())
}
