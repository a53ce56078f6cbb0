//! `GET /conflicts`: fields that were changed on both sides, those first of which nothing was restored.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use engine::case_view::{self, ConflictPage};
use serde::Deserialize;
use store::conflicts::Filter;

use crate::app::App;
use crate::navigation::Nav;
use crate::page::{Done, Frame, html};
use crate::pages;
use crate::problem::Problem;
use crate::session::SignedIn;

/// Conflicts on a page.
const PAGE: i64 = 50;

#[derive(Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    /// `open`, `restored` or `all`.
    show: String,
    /// An integration's id.
    integration: String,
    /// Those behind the conflict with this id.
    after: String,
}

impl Default for Asked {
    fn default() -> Self {
        Self {
            show: "open".to_owned(),
            integration: String::new(),
            after: String::new(),
        }
    }
}

#[derive(Template)]
#[template(path = "conflicts/list.html")]
struct ConflictsPage {
    frame: Frame,
    page: ConflictPage,
    asked: Asked,
    integrations: Vec<(String, String)>,
    done: Option<&'static str>,
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Query(asked): Query<Asked>,
    Query(done): Query<Done>,
) -> Result<Response, Problem> {
    let filter = Filter {
        integration: pages::record_id(&asked.integration),
        restored: match asked.show.as_str() {
            "restored" => Some(true),
            "all" => None,
            _ => Some(false),
        },
        ..Filter::default()
    };
    let after = pages::record_id(&asked.after);
    let page = case_view::conflicts(&app.engine, filter, after, PAGE).await?;
    let integrations = {
        let connection = &mut *app.engine.store.read().await?;
        let all = store::integrations::list(connection).await?.into_iter();
        all.map(|found| (found.id, found.settings.name)).collect()
    };
    html(&ConflictsPage {
        page: super::masked(&person, page),
        asked,
        integrations,
        done: done.sentence(&[("restored", "The value that lost was restored.")]),
        frame: Frame::new(&app, person, Nav::Conflicts, "Conflicts").await?,
    })
}
