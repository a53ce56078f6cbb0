//! `POST /notifications/{id}/seen`, `POST /notifications/seen`: marks one alert, or all, as seen.

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use store::users::User;

use crate::app::App;
use crate::pages;
use crate::pages::workflows::reach::Reach;
use crate::problem::Problem;
use crate::session::SignedIn;

const BACK: &str = "/notifications?done=seen";

pub(crate) async fn one(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    mark(&app, &person.user, &id).await?;
    Ok(Redirect::to(BACK).into_response())
}

pub(crate) async fn all(State(app): State<App>, person: SignedIn) -> Result<Response, Problem> {
    mark_all(&app, &person.user).await?;
    Ok(Redirect::to(BACK).into_response())
}

/// Marks one alert as seen, if `user` may see it.
pub(crate) async fn mark(app: &App, user: &User, id: &str) -> Result<(), Problem> {
    let missing = || Problem::missing("There is no such notification.");
    let id = pages::record_id(id).ok_or_else(missing)?;
    let reach = Reach::of(app, user).await?;
    let mut tx = app.engine.store.begin().await?;
    let alert = store::alerts::find(&mut tx, id)
        .await?
        .ok_or_else(missing)?;
    if let Some(workflow) = &alert.workflow_id {
        let found = store::workflows::find(&mut tx, workflow).await?;
        reach.check(user, &found.ok_or_else(missing)?.destination_id)?;
    }
    store::alerts::mark_seen(&mut tx, id, app.engine.now()).await?;
    Ok(tx.commit().await?)
}

/// Marks all that `user` may see.
pub(crate) async fn mark_all(app: &App, user: &User) -> Result<(), Problem> {
    let among = Reach::of(app, user).await?.among();
    let mut tx = app.engine.store.begin().await?;
    store::alerts::mark_all_seen(&mut tx, among.as_deref(), app.engine.now()).await?;
    Ok(tx.commit().await?)
}
