//! `GET /audit.csv`: the entries that a filter lets through, page by page, so that memory does not grow with
//! the log.

use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use engine::audit_view::{self, HEADER, line, record};
use futures_util::stream::try_unfold;
use store::audit::EntryFilter;

use super::Wish;
use crate::app::App;
use crate::problem::Problem;
use crate::session::SignedIn;

/// Entries read at a time.
const PAGE: usize = 1_000;

/// How far the download is.
enum Place {
    /// Nothing was sent.
    Beginning,
    /// What is older than this entry is to be sent.
    Before(String),
    /// The end.
    End,
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Query(wish): Query<Wish>,
) -> Result<Response, Problem> {
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8"),
        (
            CONTENT_DISPOSITION,
            "attachment; filename=\"audit-log.csv\"",
        ),
    ];
    let begun = (app, person, wish.filter(), Place::Beginning);
    Ok((headers, Body::from_stream(try_unfold(begun, next_piece))).into_response())
}

type Download = (App, SignedIn, EntryFilter, Place);

async fn next_piece(
    (app, person, filter, place): Download,
) -> engine::Result<Option<(String, Download)>> {
    let (mut text, before) = match place {
        Place::Beginning => (record(&HEADER.map(str::to_owned)), None),
        Place::Before(id) => (String::new(), Some(id)),
        Place::End => return Ok(None),
    };
    let page = audit_view::page(&app.engine, &filter, before.as_deref(), PAGE).await?;
    for entry in person.see(page.entries) {
        text.push_str(&line(&entry));
    }
    let place = page.next.map_or(Place::End, Place::Before);
    Ok(Some((text, (app, person, filter, place))))
}
