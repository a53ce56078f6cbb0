//! `GET /queries/{id}`: one query: what it reads, its columns, its first rows.

use askama::Template;
use axum::extract::{Path, Query as Address, State};
use axum::response::Response;
use domain::profile::Column;
use store::queries::Query;

use super::find;
use crate::access::Right;
use crate::app::App;
use crate::form::Wrongs;
use crate::navigation::Nav;
use crate::page::{Done, Frame, html};
use crate::problem::Problem;
use crate::session::SignedIn;

#[derive(Template)]
#[template(path = "queries/show.html")]
pub(super) struct QueryPage {
    frame: Frame,
    query: Query,
    source: String,
    statement: Option<String>,
    credential: Option<String>,
    columns: Vec<Column>,
    uses: Vec<String>,
    may_edit: bool,
    wrongs: Wrongs,
    done: Option<&'static str>,
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    id: Path<String>,
    Address(done): Address<Done>,
) -> Result<Response, Problem> {
    let query = find(&app, &id).await?;
    let mut page = page(&app, person, query, Wrongs::default()).await?;
    page.done = done.sentence(&[
        ("added", "The query was added, as a draft. Look at its rows, then activate it."),
        ("saved", "The changes were saved."),
        ("draft", "The changes were saved. The query is a draft again, since its rows may have other columns: look at them, then activate it."),
        ("active", "The query is active and may feed orchestrations. A run must find all these columns."),
        ("inactive", "The query is a draft. It feeds nothing until it is activated."),
    ]);
    html(&page)
}

pub(super) async fn page(
    app: &App,
    person: SignedIn,
    query: Query,
    wrongs: Wrongs,
) -> Result<QueryPage, Problem> {
    let connection = &mut *app.engine.store.read().await?;
    let uses = store::queries::uses(connection, &query.id).await?;
    let credential = match &query.credential_id {
        None => None,
        Some(id) => store::credentials::find(connection, id).await?,
    };
    let statement = match engine::queries::source_of(&query) {
        Ok(engine::profile_send::SourceSpec::Sql { statement, .. }) => Some(statement),
        Ok(_) | Err(_) => None,
    };
    Ok(QueryPage {
        source: super::list::source(&query),
        statement: statement.map(|text| match person.user.restrict_pii {
            true => crate::mask::text(&text).into_owned(),
            false => text,
        }),
        credential: credential.map(|credential| credential.name),
        columns: engine::queries::columns_of(&query),
        uses,
        may_edit: person.may(Right::EditSends),
        frame: Frame::new(app, person, Nav::Queries, query.name.clone()).await?,
        query,
        wrongs,
        done: None,
    })
}
