//! `GET /workflows/{id}/conflicts`, `POST /workflows/{id}/conflicts`: what is to become of rows that lead to
//! two users, chosen row by row. *Resolve* carries it out.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use domain::profile::action::ConflictChoice;
use serde::Deserialize;
use store::workflow_rows::{self, WorkflowRow};
use store::workflows::Workflow;

use super::reach;
use crate::access::Right;
use crate::app::App;
use crate::form::Form;
use crate::navigation::Nav;
use crate::page::{Done, Frame, html};
use crate::problem::Problem;
use crate::session::SignedIn;

/// Rows on a page.
const PAGE: i64 = 50;

#[derive(Deserialize)]
pub(crate) struct Place {
    /// Only rows behind this one.
    after: Option<i64>,
}

#[derive(Template)]
#[template(path = "workflows/conflicts.html")]
struct ConflictsPage {
    frame: Frame,
    workflow: Workflow,
    rows: Vec<WorkflowRow>,
    next: Option<i64>,
    url: String,
    may_edit: bool,
    done: Option<&'static str>,
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
    Query(place): Query<Place>,
    Query(done): Query<Done>,
) -> Result<Response, Problem> {
    let (workflow, destination) = reach::find(&app, &person.user, &id).await?;
    let mut rows = {
        let connection = &mut *app.engine.store.read().await?;
        let after = place.after.unwrap_or(-1);
        workflow_rows::undecided(connection, &workflow.id, after, PAGE + 1).await?
    };
    let most = usize::try_from(PAGE).unwrap_or(usize::MAX);
    let is_more = rows.len() > most;
    rows.truncate(most);
    let next = rows.last().filter(|_| is_more).map(|row| row.row);
    html(&ConflictsPage {
        rows: person.see(rows),
        next,
        url: destination.url,
        may_edit: person.may(Right::EditSends) && workflow.state.is_over(),
        workflow: person.see(workflow),
        done: done.sentence(&[(
            "chosen",
            "The choices are kept. Once every row has one, resolve the workflow.",
        )]),
        frame: Frame::new(&app, person, Nav::Workflows, "Identity conflicts").await?,
    })
}

/// A row and its choice have the same place in both lists.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    row: Vec<i64>,
    choice: Vec<String>,
}

pub(crate) async fn submit(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
    Form(entry): Form<Entry>,
) -> Result<Response, Problem> {
    let (workflow, _) = reach::find(&app, &person.user, &id).await?;
    // A row without a choice is left for later.
    let chosen = entry
        .row
        .iter()
        .zip(&entry.choice)
        .filter_map(|(row, word)| {
            let choice = ConflictChoice::parse(word)?;
            Some((*row, Some(choice)))
        });
    let choices: Vec<_> = chosen.collect();
    engine::workflows::choose_all(&app.engine, &workflow, &choices).await?;
    let address = format!("/workflows/{}/conflicts?done=chosen", workflow.id);
    Ok(Redirect::to(&address).into_response())
}
