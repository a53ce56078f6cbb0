//! `GET /cases`: the newest cases, page by page.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use engine::case_view::{self, CasePage};
use serde::Deserialize;

use crate::app::App;
use crate::page::{Frame, Section, html};
use crate::problem::Problem;
use crate::session::SignedIn;

/// Cases on a page.
const PAGE: i64 = 50;

#[derive(Deserialize)]
pub(crate) struct Place {
    /// Only cases with a number below this one.
    before: Option<i64>,
}

#[derive(Template)]
#[template(path = "cases/list.html")]
struct CasesPage {
    frame: Frame,
    page: CasePage,
    /// Whether this is not the first page.
    is_later: bool,
}

pub(crate) async fn show(
    State(app): State<App>,
    SignedIn { user }: SignedIn,
    Query(place): Query<Place>,
) -> Result<Response, Problem> {
    html(&CasesPage {
        page: case_view::list(&app.engine, place.before, PAGE).await?,
        is_later: place.before.is_some(),
        frame: Frame::new(&app, user, Section::Cases, "Cases"),
    })
}
