//! `GET /workflows/{id}`: one workflow: its tasks, its rows by outcome, what made it fail.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use engine::workflow_view::{self, WorkflowView};
use store::workflows::WorkflowKind;

use super::reach;
use crate::access::Right;
use crate::app::App;
use crate::navigation::Nav;
use crate::page::{Done, Frame, html};
use crate::problem::Problem;
use crate::session::SignedIn;

#[derive(Template)]
#[template(path = "workflows/show.html")]
struct WorkflowPage {
    frame: Frame,
    view: WorkflowView,
    may_edit: bool,
    done: Option<&'static str>,
}

/// What changes while a workflow is at work: a part of the page, sent anew when it does.
#[derive(Template)]
#[template(path = "workflows/part.html")]
pub(super) struct WorkflowPart {
    pub(super) view: WorkflowView,
    pub(super) may_edit: bool,
}

/// What a workflow does, for people.
pub(crate) fn kind(kind: &WorkflowKind) -> &'static str {
    match kind {
        WorkflowKind::Send => "send",
        WorkflowKind::DryRun => "dry run",
        WorkflowKind::Test => "test send",
    }
}

/// A number as people read it.
pub(crate) fn count(number: &u64) -> String {
    workflow_view::grouped(*number)
}

/// So many rows.
pub(crate) fn rows_told(number: &u64) -> String {
    workflow_view::rows(*number)
}

/// Seconds as people say them.
pub(crate) fn lasting(seconds: &u64) -> String {
    workflow_view::lasting(*seconds)
}

/// The name of an outcome, as a person reads it of this kind of workflow.
pub(crate) fn outcome(kind: &WorkflowKind, word: &'static str) -> &'static str {
    match (kind, word) {
        (WorkflowKind::DryRun, "created") => "would be created",
        (WorkflowKind::DryRun, "updated") => "would be updated",
        (_, "conflict") => "in conflict",
        (_, "pending") => "not sent yet",
        (_, "unknown") => "sent, outcome not known yet",
        (_, word) => word,
    }
}

/// Whether rows of this outcome are kept, so that they can be looked at.
pub(crate) fn is_told(kind: &WorkflowKind, word: &str) -> bool {
    match word {
        "rejected" | "failed" | "conflict" | "skipped" => true,
        "created" | "updated" => *kind == WorkflowKind::DryRun,
        _ => false,
    }
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
    Query(done): Query<Done>,
) -> Result<Response, Problem> {
    let (workflow, _) = reach::find(&app, &person.user, &id).await?;
    let view = person.see(workflow_view::show(&app.engine, workflow).await?);
    html(&WorkflowPage {
        may_edit: person.may(Right::EditSends),
        done: done.sentence(&[
            ("begun", "The workflow has begun. This page shows how far it is."),
            ("resolved", "The workflow goes on from the failed task."),
            ("restarted", "A new workflow has begun, with the current configuration."),
            ("stopping", "The workflow was asked to stop: what Zendesk is working on is seen through, and what was confirmed stays."),
        ]),
        frame: Frame::new(&app, person, Nav::Workflows, view.line.workflow.title.clone()).await?,
        view,
    })
}
