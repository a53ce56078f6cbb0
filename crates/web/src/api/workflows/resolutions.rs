//! What can be done about a workflow: actions with their steps, and choices about rows in conflict.

use axum::Json as Answer;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::profile::action::{Action, ConflictChoice};
use engine::workflow_view::{self, WorkflowView};
use serde::{Deserialize, Serialize};
use store::workflow_rows;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::row::RowRecord;
use super::{begun, rows_page};
use crate::access::Right;
use crate::api::body::{Json, Query};
use crate::api::page::{Page, Place};
use crate::api::{Caller, Operations};
use crate::app::App;
use crate::pages::workflows::reach;
use crate::pages::workflows::resolutions::offered;
use crate::problem::{Problem, ProblemBody};

/// The most rows that are decided about in one call.
const MOST_CHOICES: usize = 200;

pub(super) fn operations(operations: Operations) -> Operations {
    operations
        .with(Right::SeeSends, routes!(list_resolutions))
        .with(Right::EditSends, routes!(resolve_workflow))
        .with(Right::SeeSends, routes!(list_conflicts_of_rows))
        .with(Right::EditSends, routes!(choose_for_rows))
}

/// One numbered step.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StepRecord {
    /// What to do.
    text: String,
    /// Where it is done: `credentials`, `destination`, `orchestration`, `query`, `fields`, `rows`, `diff` or
    /// `zendesk`; null where the text says it.
    place: Option<String>,
}

/// An action on offer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ResolutionRecord {
    /// What to send to carry it out, such as `resolve`.
    action: String,
    /// What people call it.
    label: String,
    /// What is to be done first, in order; none where nothing is.
    steps: Vec<StepRecord>,
    /// What helps with them.
    tip: Option<String>,
    /// What is approved with it, in numbers; null where nothing is.
    review: Option<String>,
}

impl ResolutionRecord {
    fn of(view: &WorkflowView, action: &Action) -> Self {
        let steps = action.steps.iter().map(|step| StepRecord {
            text: step.text.to_owned(),
            place: step.link.map(|link| link.as_str().to_owned()),
        });
        Self {
            action: action.kind.as_str().to_owned(),
            label: action.label.to_owned(),
            steps: steps.collect(),
            tip: action.tip.map(str::to_owned),
            review: view.review(action.kind),
        }
    }
}

/// What can be done about a workflow.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Resolutions {
    /// The actions, the specific ones first.
    resolutions: Vec<ResolutionRecord>,
}

/// List resolutions
///
/// What can be done about a workflow that is over, with numbered steps. To look at them changes nothing, and
/// nothing has to be cancelled: an action is chosen and carried out in one call.
#[utoipa::path(
    get, path = "/api/v1/workflows/{id}/resolutions", tag = "Workflows",
    params(("id" = String, Path, description = "The workflow's id.", min_length = 1, max_length = 64)),
    responses(
        (status = 200, description = "The actions.", body = Resolutions),
        (status = 404, description = "There is no such workflow.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "It is at work.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn list_resolutions(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Answer<Resolutions>, Problem> {
    let (workflow, _) = reach::find(&app, &caller.user, &id).await?;
    let view = caller.see(workflow_view::show(&app.engine, workflow).await?);
    let actions = offered(&view)?;
    let resolutions = actions.iter();
    Ok(Answer(Resolutions {
        resolutions: resolutions
            .map(|action| ResolutionRecord::of(&view, action))
            .collect(),
    }))
}

/// An action that is carried out.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResolutionWish {
    /// Which one, as the list of resolutions has it.
    action: String,
    /// Whether rows that Zendesk refused are sent again although nothing has changed.
    #[serde(default)]
    repeat_failed: bool,
}

/// Resolve a workflow
///
/// Carries out an action: the cause is checked again, and the workflow goes on from the task that failed;
/// `restart` begins a new one. If the cause is still there, nothing is changed.
#[utoipa::path(
    post, path = "/api/v1/workflows/{id}/resolve", tag = "Workflows", request_body = ResolutionWish,
    params(("id" = String, Path, description = "The workflow's id.", min_length = 1, max_length = 64)),
    responses(
        (status = 202, description = "The workflow that goes on, or the new one.", body = super::record::WorkflowDetails, headers(("Location" = String, description = "Where to look how it stands."))),
        (status = 404, description = "There is no such workflow.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The action is not on offer, or its cause is still there.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn resolve_workflow(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Json { value, .. }: Json<ResolutionWish>,
) -> Result<Response, Problem> {
    let (workflow, _) = reach::find(&app, &caller.user, &id).await?;
    let (engine, actor) = (&app.engine, &caller.user.email);
    let action = engine::workflows::action(&workflow, &value.action)?;
    let acting = engine::workflows::act(engine, &workflow, action.kind, value.repeat_failed, actor);
    let opened = Box::pin(acting).await?;
    begun(&app, &caller, opened).await
}

/// List rows in conflict
///
/// Rows that lead to two users, in the order of the source: what is to become of each is chosen row by row.
#[utoipa::path(
    get, path = "/api/v1/workflows/{id}/conflicts", tag = "Workflows",
    params(("id" = String, Path, description = "The workflow's id.", min_length = 1, max_length = 64), Place),
    responses(
        (status = 200, description = "A page of the rows.", body = Page<RowRecord>),
        (status = 400, description = "The query cannot be read.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such workflow.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn list_conflicts_of_rows(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Query(place): Query<Place>,
) -> Result<Answer<Page<RowRecord>>, Problem> {
    let (workflow, _) = reach::find(&app, &caller.user, &id).await?;
    let (after, limit) = (place.number()?.unwrap_or(-1), place.count() + 1);
    let rows = {
        let connection = &mut *app.engine.store.read().await?;
        workflow_rows::undecided(connection, &workflow.id, after, limit).await?
    };
    Ok(Answer(rows_page(&caller, &workflow, rows, &place)))
}

/// What is to become of a row that leads to two users.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum RowChoice {
    /// Merge the user with the email into the user with the external id, in Zendesk.
    Merge,
    /// Send the row to the user with the external id, without the email, which stays where it is.
    KeepSecondary,
    /// Leave the row out.
    Skip,
}

impl From<RowChoice> for ConflictChoice {
    fn from(choice: RowChoice) -> Self {
        match choice {
            RowChoice::Merge => Self::Merge,
            RowChoice::KeepSecondary => Self::KeepSecondary,
            RowChoice::Skip => Self::Skip,
        }
    }
}

/// What was chosen for a row.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChoiceNew {
    /// The row, as the list of rows in conflict names it.
    row: i64,
    /// What is to become of it; null takes back what was chosen before.
    choice: Option<RowChoice>,
}

/// What was chosen.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Choices {
    /// Row by row; all of them are kept, or none.
    #[schema(min_items = 1, max_items = 200)]
    choices: Vec<ChoiceNew>,
}

/// Choose for rows in conflict
///
/// The choices are kept. Once every row has one, resolve the workflow: that carries them out.
#[utoipa::path(
    post, path = "/api/v1/workflows/{id}/conflicts", tag = "Workflows", request_body = Choices,
    params(("id" = String, Path, description = "The workflow's id.", min_length = 1, max_length = 64)),
    responses(
        (status = 204, description = "The choices are kept."),
        (status = 404, description = "There is no such workflow.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "One of the rows is none to decide about, so none was kept.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn choose_for_rows(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Json { value, .. }: Json<Choices>,
) -> Result<StatusCode, Problem> {
    let (workflow, _) = reach::find(&app, &caller.user, &id).await?;
    let choices = value.choices.into_iter();
    let choices: Vec<_> = choices
        .map(|one| (one.row, one.choice.map(ConflictChoice::from)))
        .collect();
    if !(1..=MOST_CHOICES).contains(&choices.len()) {
        return Err(Problem::invalid(
            "choices",
            format!("Send 1 to {MOST_CHOICES} choices at a time."),
        ));
    }
    engine::workflows::choose_all(&app.engine, &workflow, &choices).await?;
    Ok(StatusCode::NO_CONTENT)
}
