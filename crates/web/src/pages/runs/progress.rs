//! The part of a run's page that changes: stage, counts, rate, budget, time left, log.

use askama::Template;
use engine::integration_view::{self, RunView};

use crate::app::App;
use crate::pages;
use crate::problem::Problem;
use crate::session::SignedIn;

/// The live part.
#[derive(Template)]
#[template(path = "runs/progress.html")]
pub(super) struct Progress {
    pub(super) view: RunView,
}

/// What the template makes is HTML already, each value in it escaped there.
impl askama::filters::HtmlSafe for Progress {}

impl Progress {
    /// How long it will still take, in words.
    fn time_left(&self) -> Option<String> {
        let left = self.view.time_left()?;
        let end = self.view.seen_at.checked_add(left).ok()?;
        Some(crate::moment::took(&self.view.seen_at, &end))
    }

    /// How long it has worked, in words.
    fn worked(&self) -> Option<String> {
        let (began, until) = self.view.span()?;
        Some(crate::moment::took(&began, &until))
    }

    /// Records a second, with one digit behind the point.
    fn rate(&self) -> Option<String> {
        self.view.rate.map(|rate| format!("{rate:.1}"))
    }
}

/// The run an address names.
pub(crate) async fn found(app: &App, id: &str) -> Result<RunView, Problem> {
    let missing = || {
        Problem::missing(
            "There is no such run. Old ones are removed after a while, those that found nothing after a day.",
        )
    };
    let id = pages::record_id(id).ok_or_else(missing)?;
    let view = integration_view::run(&app.engine, id).await?;
    view.ok_or_else(missing)
}

/// The run an address names, as this person may see it.
pub(super) async fn find(app: &App, person: &SignedIn, id: &str) -> Result<RunView, Problem> {
    Ok(person.see(found(app, id).await?))
}
