//! `GET /workflows/{id}/resolve`, `POST /workflows/{id}/resolve`: the numbered steps of an action, and the
//! action itself: *Resolve* checks the cause again and goes on.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use domain::profile::action::{Action, ActionKind, Link};
use engine::workflow_view::{self, WorkflowView};
use serde::Deserialize;
use store::destinations::Destination;
use store::workflows::Workflow;

use super::reach;
use crate::access::Right;
use crate::app::App;
use crate::form::{Form, Wrongs, ticked};
use crate::navigation::Nav;
use crate::page::{Frame, html, html_with};
use crate::problem::Problem;
use crate::session::SignedIn;

#[derive(Deserialize)]
pub(crate) struct Choice {
    /// Which action was chosen.
    #[serde(default)]
    action: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    action: String,
    /// Whether rows that Zendesk refused are sent again although nothing has changed.
    #[serde(default, deserialize_with = "ticked")]
    repeat_failed: bool,
}

#[derive(Template)]
#[template(path = "workflows/resolve.html")]
struct StepsPage {
    frame: Frame,
    view: WorkflowView,
    action: Action,
    destination: Destination,
    query: Option<String>,
    may_edit: bool,
    wrongs: Wrongs,
}

impl StepsPage {
    /// Where a step is done.
    fn address(&self, link: &Link) -> Option<String> {
        let workflow = &self.view.line.workflow;
        let orchestration = workflow.orchestration_id.as_ref();
        match link {
            Link::Credentials => Some("/credentials".to_owned()),
            Link::Destination => Some(format!("/destinations/{}", self.destination.id)),
            Link::Orchestration => orchestration.map(|id| format!("/orchestrations/{id}/edit")),
            Link::Mapping => orchestration.map(|id| format!("/orchestrations/{id}/mapping")),
            Link::Fields => orchestration.map(|id| format!("/orchestrations/{id}/fields")),
            Link::Query => self.query.as_ref().map(|id| format!("/queries/{id}")),
            Link::Rows => Some(format!("/workflows/{}/conflicts", workflow.id)),
            Link::Diff => Some(format!("/workflows/{}", workflow.id)),
            Link::Zendesk => Some(format!("{}/admin", self.destination.url)),
        }
    }

    fn page(link: &Link) -> &'static str {
        match link {
            Link::Credentials => "Credentials",
            Link::Destination => "Destination",
            Link::Orchestration => "Orchestration",
            Link::Mapping => "Mapping",
            Link::Fields => "Fields in Zendesk",
            Link::Query => "Query",
            Link::Rows => "Rows in conflict",
            Link::Diff => "Counts of the workflow",
            Link::Zendesk => "Zendesk",
        }
    }

    /// What a person approves, in numbers.
    fn review(&self) -> Option<String> {
        self.view.review(self.action.kind)
    }

    /// Whether rows that failed for good can be sent again with this action.
    fn offers_failed(&self) -> bool {
        self.action.kind == ActionKind::Retry && self.view.counts.rows.failed > 0
    }
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
    Query(choice): Query<Choice>,
) -> Result<Response, Problem> {
    let (workflow, destination) = reach::find(&app, &person.user, &id).await?;
    let action = engine::workflows::action(&workflow, &choice.action)?;
    let page = page(
        &app,
        person,
        workflow,
        destination,
        action,
        Wrongs::default(),
    )
    .await?;
    html(&page)
}

pub(crate) async fn submit(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
    Form(entry): Form<Entry>,
) -> Result<Response, Problem> {
    let (workflow, destination) = reach::find(&app, &person.user, &id).await?;
    let action = engine::workflows::action(&workflow, &entry.action)?;
    let actor = person.user.email.clone();
    let kind = action.kind;
    match engine::workflows::act(&app.engine, &workflow, kind, entry.repeat_failed, &actor).await {
        Ok(opened) => {
            let done = match opened.id == workflow.id {
                true => "resolved",
                false => "restarted",
            };
            let address = format!("/workflows/{}?done={done}", opened.id);
            Ok(Redirect::to(&address).into_response())
        }
        Err(error) => {
            let wrongs = Wrongs::refusal(error)?;
            let page = page(&app, person, workflow, destination, action, wrongs).await?;
            html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

async fn page(
    app: &App,
    person: SignedIn,
    workflow: Workflow,
    destination: Destination,
    action: Action,
    wrongs: Wrongs,
) -> Result<StepsPage, Problem> {
    let query = match &workflow.orchestration_id {
        None => None,
        Some(id) => {
            let connection = &mut *app.engine.store.read().await?;
            let found = store::orchestrations::find(connection, id).await?;
            found.map(|found| found.query_id)
        }
    };
    let view = person.see(workflow_view::show(&app.engine, workflow).await?);
    Ok(StepsPage {
        may_edit: person.may(Right::EditSends),
        frame: Frame::new(app, person, Nav::Workflows, action.label).await?,
        view,
        action,
        destination,
        query,
        wrongs,
    })
}
