//! `GET /parked`: everything that cannot be delivered now, with why.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use engine::case_view::{self, ParkedView};
use serde::Deserialize;
use store::outbox::ParkedFilter;

use crate::access::Right;
use crate::app::App;
use crate::navigation::Nav;
use crate::page::{Done, Frame, html};
use crate::pages;
use crate::problem::Problem;
use crate::session::SignedIn;

/// Changes on a page.
const PAGE: i64 = 50;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    /// An integration's id.
    integration: String,
    /// Those behind the change with this id.
    after: String,
}

#[derive(Template)]
#[template(path = "parked/list.html")]
struct ParkedPage {
    frame: Frame,
    parked: Vec<ParkedView>,
    next: Option<String>,
    asked: Asked,
    integrations: Vec<(String, String)>,
    may_edit: bool,
    done: Option<&'static str>,
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Query(asked): Query<Asked>,
    Query(done): Query<Done>,
) -> Result<Response, Problem> {
    let filter = ParkedFilter {
        integration: pages::record_id(&asked.integration),
        ..ParkedFilter::default()
    };
    let after = pages::record_id(&asked.after);
    let page = case_view::parked(&app.engine, filter, after, PAGE).await?;
    let integrations = {
        let connection = &mut *app.engine.store.read().await?;
        let all = store::integrations::list(connection).await?.into_iter();
        all.map(|found| (found.id, found.settings.name)).collect()
    };
    html(&ParkedPage {
        parked: person.see(page.parked),
        next: page.next,
        asked,
        integrations,
        may_edit: person.may(Right::EditCases),
        done: done.sentence(&[
            ("retried", "It is tried again now. What cannot be delivered yet comes back to this list with its reason."),
            ("given-up", "It was given up. Fields are as both sides last agreed; a comment or a file stays on the case."),
            ("none", "Nothing was parked any more."),
        ]),
        frame: Frame::new(&app, person, Nav::Parked, "Parked").await?,
    })
}
