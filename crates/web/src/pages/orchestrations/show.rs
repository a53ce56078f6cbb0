//! `GET /orchestrations/{id}`: one orchestration: what it joins, when it runs, what became of it last.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use engine::alerts::Channels;
use engine::orchestration_view::OrchestrationView;
use engine::workflow_view::{self, WorkflowLine};
use store::workflows::WorkflowFilter;

use super::find;
use crate::access::Right;
use crate::app::App;
use crate::form::Wrongs;
use crate::mask;
use crate::navigation::Nav;
use crate::page::{Done, Frame, html, html_with};
use crate::problem::Problem;
use crate::session::SignedIn;

/// Workflows that are shown of it.
const LAST: i64 = 10;

#[derive(Template)]
#[template(path = "orchestrations/show.html")]
struct OrchestrationPage {
    frame: Frame,
    view: OrchestrationView,
    last: Vec<WorkflowLine>,
    /// Who is told when a workflow of it waits for a person.
    alerts: String,
    may_edit: bool,
    wrongs: Wrongs,
    done: Option<&'static str>,
}

impl OrchestrationPage {
    /// How many columns are mapped by hand.
    fn mapped(&self) -> usize {
        self.view.settings().mapping.entries.len()
    }
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
    Query(done): Query<Done>,
) -> Result<Response, Problem> {
    let view = find(&app, &person.user, &id).await?;
    let mut page = page(&app, person, view, Wrongs::default()).await?;
    page.done = done.sentence(&[
        ("added", "The orchestration was added, inactive. Look at its mapping, try a dry run, then activate it."),
        ("saved", "The changes were saved."),
        ("mapped", "The mapping was saved."),
        ("active", "The orchestration is active and runs by itself, as it is scheduled."),
        ("inactive", "The orchestration is inactive and runs only when asked for."),
    ]);
    html(&page)
}

/// The page again, with what was refused.
pub(super) async fn refused(
    app: &App,
    person: SignedIn,
    view: OrchestrationView,
    error: engine::Error,
) -> Result<Response, Problem> {
    let wrongs = Wrongs::refusal(error)?;
    let page = page(app, person, view, wrongs).await?;
    html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// Who is told of its alerts, in words: `own` are those whom it adds.
fn told(channels: &Channels, own: &[String]) -> String {
    let mut told = "In the notifications".to_owned();
    match (&channels.mail, own) {
        (Some(_), []) => told.push_str(", by mail"),
        (Some(_), own) => told.push_str(&format!(", by mail, also to {}", own.join(", "))),
        (None, _) => {}
    }
    if channels.webhook.is_some() {
        told.push_str(", by webhook");
    }
    told.push('.');
    if channels.mail.is_none() && !own.is_empty() {
        told.push_str(&format!(
            " Once a mail server is configured, by mail to {}.",
            own.join(", ")
        ));
    }
    told
}

async fn page(
    app: &App,
    person: SignedIn,
    view: OrchestrationView,
    wrongs: Wrongs,
) -> Result<OrchestrationPage, Problem> {
    let filter = WorkflowFilter {
        orchestration_id: Some(view.orchestration.id.clone()),
        ..WorkflowFilter::default()
    };
    let last = workflow_view::list(&app.engine, &filter, None, LAST).await?;
    let title = view.orchestration.name.clone();
    let mut own = view.settings().alert_to;
    if person.user.restrict_pii {
        for address in &mut own {
            *address = mask::email(address);
        }
    }
    Ok(OrchestrationPage {
        last: person.see(last.lines),
        alerts: told(&app.engine.settings.alerts, &own),
        may_edit: person.may(Right::EditSends),
        frame: Frame::new(app, person, Nav::Orchestrations, title).await?,
        view,
        wrongs,
        done: None,
    })
}
