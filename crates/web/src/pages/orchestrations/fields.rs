//! `/orchestrations/{id}/fields`: which custom fields Zendesk lacks for an orchestration, created only on
//! request.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use domain::profile::FieldOption;
use domain::profile::setup::Step;
use engine::orchestration_view::OrchestrationView;
use engine::profile_send::{plan_fields, set_up_fields};
use engine::queries::source_of;

use super::find;
use crate::access::Right;
use crate::app::App;
use crate::form::Wrongs;
use crate::navigation::Nav;
use crate::page::{Frame, html, html_with};
use crate::problem::Problem;
use crate::session::SignedIn;

#[derive(Template)]
#[template(path = "orchestrations/fields.html")]
struct FieldsPage {
    frame: Frame,
    view: OrchestrationView,
    /// What would be done; none if it could not be found out.
    plan: Option<Vec<String>>,
    /// Whether all of it can be done here.
    can_apply: bool,
    wrongs: Wrongs,
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let view = find(&app, &person.user, &id).await?;
    let (steps, wrongs) = match plan(&app, &view).await {
        Ok(steps) => (Some(steps), Wrongs::default()),
        Err(error) => (None, Wrongs::refusal(error)?),
    };
    let is_refused = steps.is_none();
    let page = page(&app, person, view, steps, wrongs).await?;
    match is_refused {
        true => html_with(StatusCode::UNPROCESSABLE_ENTITY, &page),
        false => html(&page),
    }
}

pub(crate) async fn submit(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let view = find(&app, &person.user, &id).await?;
    match set_up(&app, &view).await {
        Ok(()) => {
            let address = format!("/orchestrations/{}/mapping", view.orchestration.id);
            Ok(Redirect::to(&address).into_response())
        }
        Err(error) => {
            let wrongs = Wrongs::refusal(error)?;
            let page = page(&app, person, view, None, wrongs).await?;
            html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

/// Makes the fields that Zendesk lacks.
pub(crate) async fn set_up(app: &App, view: &OrchestrationView) -> Result<(), engine::Error> {
    let steps = plan(app, view).await?;
    match &view.destination {
        Some(destination) => set_up_fields(&app.engine, destination, &steps).await,
        None => Ok(()),
    }
}

pub(crate) async fn plan(app: &App, view: &OrchestrationView) -> Result<Vec<Step>, engine::Error> {
    let (Some(query), Some(destination)) = (&view.query, &view.destination) else {
        return Err(engine::Error::Refused(
            "Its query or its destination is gone. Edit the orchestration first.".to_owned(),
        ));
    };
    plan_fields(
        &app.engine,
        destination,
        &source_of(query)?,
        &view.settings(),
    )
    .await
}

async fn page(
    app: &App,
    person: SignedIn,
    view: OrchestrationView,
    steps: Option<Vec<Step>>,
    wrongs: Wrongs,
) -> Result<FieldsPage, Problem> {
    let shown = !person.user.restrict_pii;
    let steps = steps.as_deref();
    Ok(FieldsPage {
        can_apply: person.may(Right::ManageDestinations) && steps.is_some_and(can_be_done),
        plan: steps.map(|all| all.iter().map(|step| words(step, shown)).collect()),
        frame: Frame::new(app, person, Nav::Orchestrations, "Fields in Zendesk").await?,
        view,
        wrongs,
    })
}

/// Whether there is something to do, and all of it can be done here.
pub(crate) fn can_be_done(steps: &[Step]) -> bool {
    let is_done_here = |step: &Step| match step {
        Step::Create(_) | Step::AddOptions { .. } => true,
        Step::Rename { .. } => false,
    };
    !steps.is_empty() && steps.iter().all(is_done_here)
}

/// A step for people. Options are values of rows: `shown` says whether they may be seen.
pub(crate) fn words(step: &Step, shown: bool) -> String {
    let options = |all: &[FieldOption]| match shown {
        true => {
            let names: Vec<&str> = all.iter().map(|option| option.name.as_str()).collect();
            names.join(", ")
        }
        false => format!("{} options", all.len()),
    };
    match step {
        Step::Create(field) if field.options.is_empty() => {
            format!("Create the field {} ({}).", field.key, field.kind)
        }
        Step::Create(field) => format!(
            "Create the field {} ({}: {}).",
            field.key,
            field.kind,
            options(&field.options)
        ),
        Step::AddOptions { key, new, .. } => {
            format!("Add to the options of the field {key}: {}.", options(new))
        }
        Step::Rename { key, better } => format!(
            "Zendesk takes no field with the key {key}: map the column to user_fields.{better}."
        ),
    }
}
