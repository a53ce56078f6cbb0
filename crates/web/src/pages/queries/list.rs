//! `GET /queries`: all queries, by name.

use askama::Template;
use axum::extract::{Query as Address, State};
use axum::response::Response;
use store::queries::Query;

use crate::access::Right;
use crate::app::App;
use crate::navigation::Nav;
use crate::page::{Done, Frame, html};
use crate::problem::Problem;
use crate::session::SignedIn;

#[derive(Template)]
#[template(path = "queries/list.html")]
struct QueriesPage {
    frame: Frame,
    queries: Vec<Query>,
    may_edit: bool,
    done: Option<&'static str>,
}

/// What a query reads, in a word or two.
pub(super) fn source(query: &Query) -> String {
    engine::queries::source_of(query).map_or_else(|_| "unreadable".to_owned(), |one| one.title())
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Address(done): Address<Done>,
) -> Result<Response, Problem> {
    let queries = store::queries::list(&mut *app.engine.store.read().await?).await?;
    html(&QueriesPage {
        queries,
        may_edit: person.may(Right::EditSends),
        done: done.sentence(&[("deleted", "The query was deleted.")]),
        frame: Frame::new(&app, person, Nav::Queries, "Queries").await?,
    })
}
