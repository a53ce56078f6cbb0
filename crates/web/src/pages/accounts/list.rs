//! `GET /accounts`: companies by name, the one made last first.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use engine::account_view::{self, AccountLine};
use serde::Deserialize;

use crate::access::Right;
use crate::app::App;
use crate::navigation::Nav;
use crate::page::{Frame, encode, html};
use crate::pages;
use crate::problem::Problem;
use crate::session::SignedIn;

/// Accounts on a page.
const PAGE: i64 = 50;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    /// Words of the name.
    q: String,
    /// Only accounts with an id below this one.
    before: String,
}

#[derive(Template)]
#[template(path = "accounts/list.html")]
struct AccountsPage {
    frame: Frame,
    accounts: Vec<AccountLine>,
    asked: Asked,
    next: Option<String>,
    may_edit: bool,
}

impl AccountsPage {
    /// The address of the next page.
    fn address(&self, before: &str) -> String {
        let q = self.asked.q.trim();
        match q.is_empty() {
            true => format!("/accounts?before={before}"),
            false => format!("/accounts?q={}&before={before}", encode(q, "-_.")),
        }
    }
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let before = pages::record_id(&asked.before);
    let page = account_view::list(&app.engine, &asked.q, before, PAGE).await?;
    html(&AccountsPage {
        accounts: person.see(page.accounts),
        next: page.next,
        asked,
        may_edit: person.may(Right::EditCases),
        frame: Frame::new(&app, person, Nav::Accounts, "Accounts").await?,
    })
}
