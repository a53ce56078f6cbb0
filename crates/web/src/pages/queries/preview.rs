//! `GET /queries/{id}/preview`: the first 100 rows with the columns and their types, as a page or as the
//! part of one.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use engine::profile_send::{self, Preview};
use engine::queries::source_of;
use store::queries::Query;

use super::find;
use crate::app::App;
use crate::mask::{self, Mask};
use crate::navigation::Nav;
use crate::page::{Frame, html};
use crate::problem::{Problem, is_refusal};
use crate::session::SignedIn;

#[derive(Template)]
#[template(path = "queries/preview.html")]
struct PreviewPage {
    frame: Frame,
    query: Query,
    preview: Result<Preview, String>,
}

#[derive(Template)]
#[template(path = "queries/rows.html")]
struct PreviewPart {
    preview: Result<Preview, String>,
}

impl Mask for Preview {
    fn mask(&mut self) {
        for row in &mut self.rows {
            for cell in row.cells.iter_mut().flatten() {
                *cell = mask::value(cell);
            }
        }
        for (_, reason) in &mut self.rejected {
            *reason = mask::text(reason).into_owned();
        }
    }
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    id: Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let query = find(&app, &id).await?;
    let preview = match profile_send::preview(&app.engine, &source_of(&query)?).await {
        Ok(preview) => Ok(person.see(preview)),
        Err(error) if is_refusal(&error) => Err(mask::text(&error.to_string()).into_owned()),
        Err(error) => return Err(error.into()),
    };
    if headers.contains_key("hx-request") {
        return html(&PreviewPart { preview });
    }
    let title = format!("Preview of {}", query.name);
    html(&PreviewPage {
        frame: Frame::new(&app, person, Nav::Queries, title).await?,
        query,
        preview,
    })
}
