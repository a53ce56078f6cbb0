//! `POST /credentials/requests/{id}/withdraw`: a link that opens nothing any more.

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};

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
    let engine = &app.engine;
    let mut tx = engine.store.begin().await?;
    let act = engine.act(&person.user.email);
    if !store::credential_requests::withdraw(&mut tx, id, act).await? {
        return Err(missing());
    }
    tx.commit().await?;
    Ok(Redirect::to("/credentials?done=withdrawn").into_response())
}
