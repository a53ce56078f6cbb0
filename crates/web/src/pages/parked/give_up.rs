//! `GET /parked/{id}/give-up`, `POST /parked/{id}/give-up`: a parked change is given up, after a page that
//! says what that means.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use engine::actions;
use engine::case_view::{self, ParkedKind, ParkedView};
use serde::Deserialize;

use super::{about, back};
use crate::app::App;
use crate::form::Form;
use crate::navigation::Nav;
use crate::page::{Frame, html};
use crate::pages;
use crate::problem::Problem;
use crate::session::SignedIn;

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct From {
    /// The number of the case from whose page one came.
    from: String,
}

#[derive(Template)]
#[template(path = "parked/give_up.html")]
struct GiveUpPage {
    frame: Frame,
    parked: Vec<ParkedView>,
    action: String,
    back: String,
    /// The number of the case, if one came from there.
    from: String,
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
    Query(asked): Query<From>,
) -> Result<Response, Problem> {
    let missing =
        || Problem::missing("Nothing with this id is parked; it may have been settled meanwhile.");
    let id = pages::record_id(&id).ok_or_else(missing)?;
    let found = case_view::parked_one(&app.engine, id).await?;
    let found = person.see(found.ok_or_else(missing)?);
    let title = format!("Give up: {}", about(&found));
    let number = asked.from.parse::<i64>().ok();
    html(&GiveUpPage {
        action: format!("/parked/{id}/give-up"),
        back: number.map_or_else(|| "/parked".to_owned(), |number| format!("/cases/{number}")),
        from: number.map(|number| number.to_string()).unwrap_or_default(),
        parked: vec![found],
        frame: Frame::new(&app, person, Nav::Parked, title).await?,
    })
}

pub(crate) async fn submit(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
    Form(entry): Form<From>,
) -> Result<Response, Problem> {
    let missing = || Problem::missing("There is no such parked change.");
    let id = pages::record_id(&id).ok_or_else(missing)?;
    actions::discard(&app.engine, id, &person.user.email).await?;
    Ok(Redirect::to(&back(&entry.from, "given-up")).into_response())
}
