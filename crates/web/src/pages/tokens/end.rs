//! `POST /tokens/{id}/end`: ends a token of one's own for good.

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use store::api_tokens;

use crate::app::App;
use crate::pages;
use crate::problem::Problem;
use crate::session::SignedIn;

pub(crate) async fn submit(
    State(app): State<App>,
    SignedIn { user, .. }: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let missing = || Problem::missing("There is no such token of yours; it may have been ended.");
    let id = pages::record_id(&id).ok_or_else(missing)?;
    let mut tx = app.engine.store.begin().await?;
    let ended = api_tokens::remove(&mut tx, &user, id, app.engine.act(&user.email)).await?;
    tx.commit().await?;
    if !ended {
        return Err(missing());
    }
    Ok(Redirect::to("/tokens?done=ended").into_response())
}
