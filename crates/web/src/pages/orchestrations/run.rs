//! `POST /orchestrations/{id}/run`: a send, a dry run or a test send, now.

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use engine::orchestrations::{self, Asked};
use serde::Deserialize;
use store::workflows::WorkflowKind;

use super::{find, show};
use crate::app::App;
use crate::form::{Form, ticked};
use crate::problem::Problem;
use crate::session::SignedIn;

/// How many rows a test send may have.
const TEST: std::ops::RangeInclusive<u64> = 10..=100;

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
#[derive(Default)]
pub(crate) struct Entry {
    pub(crate) kind: String,
    pub(crate) first: String,
    #[serde(deserialize_with = "ticked")]
    pub(crate) full: bool,
}

pub(crate) async fn submit(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
    Form(entry): Form<Entry>,
) -> Result<Response, Problem> {
    let view = find(&app, &person.user, &id).await?;
    let asked = match entry.asked() {
        Ok(asked) => asked,
        Err(sentence) => {
            let error = engine::Error::Refused(sentence.to_owned());
            return show::refused(&app, person, view, error).await;
        }
    };
    let actor = person.user.email.clone();
    match orchestrations::begin(&app.engine, &view.orchestration, asked, &actor).await {
        Ok(workflow) => {
            let address = format!("/workflows/{}?done=begun", workflow.id);
            Ok(Redirect::to(&address).into_response())
        }
        Err(error) => show::refused(&app, person, view, error).await,
    }
}

impl Entry {
    pub(crate) fn asked(&self) -> Result<Asked, &'static str> {
        let kind = WorkflowKind::parse(&self.kind).ok_or("Choose what is to be run.")?;
        let first = match kind {
            WorkflowKind::Send | WorkflowKind::DryRun => None,
            WorkflowKind::Test => {
                let first = self.first.trim().parse().ok();
                let first = first.filter(|rows| TEST.contains(rows));
                Some(first.ok_or("A test send has 10 to 100 rows. Write how many.")?)
            }
        };
        Ok(Asked {
            kind,
            first,
            full: self.full,
        })
    }
}
