//! `GET /checks`: what was looked at, the last first.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;
use store::checks::Filter;

use super::record::{Named, seen};
use crate::access::Right;
use crate::app::App;
use crate::navigation::Nav;
use crate::page::{Frame, html};
use crate::pages::record_id;
use crate::problem::Problem;
use crate::session::SignedIn;

/// Checks on a page.
const PAGE: usize = 50;

#[derive(Template)]
#[template(path = "checks/list.html")]
struct ListPage {
    frame: Frame,
    checks: Vec<Named>,
    next: Option<String>,
    may_ask: bool,
}

/// Which page.
#[derive(Debug, Deserialize)]
pub(crate) struct Wish {
    before: Option<String>,
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Query(wish): Query<Wish>,
) -> Result<Response, Problem> {
    let before = wish.before.as_deref().and_then(record_id);
    let filter = Filter {
        of: None,
        before: before.map(str::to_owned),
    };
    let (checks, next) = seen(&app, &person.user, &filter, PAGE).await?;
    html(&ListPage {
        checks: person.see(checks),
        next,
        may_ask: person.may(Right::ManageSettings),
        frame: Frame::new(&app, person, Nav::Checks, "Checks").await?,
    })
}
