//! `GET /accounts/{id}`: a company and its contacts.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use engine::account_view::{self, AccountView};
use serde::Deserialize;

use crate::access::Right;
use crate::app::App;
use crate::form::Wrongs;
use crate::navigation::Nav;
use crate::page::{Done, Frame, html};
use crate::pages;
use crate::problem::Problem;
use crate::session::SignedIn;

/// Contacts on a page.
const PAGE: i64 = 50;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    /// Only contacts with an id below this one.
    before: String,
}

#[derive(Template)]
#[template(path = "accounts/show.html")]
pub(super) struct AccountPage {
    pub(super) frame: Frame,
    pub(super) account: AccountView,
    pub(super) may_edit: bool,
    pub(super) done: Option<&'static str>,
    pub(super) wrongs: Wrongs,
    /// The contact that was typed.
    pub(super) typed: String,
}

impl AccountPage {
    /// The page with what is stored.
    pub(super) async fn read(
        app: &App,
        person: SignedIn,
        id: &str,
        before: &str,
        done: Option<&'static str>,
    ) -> Result<Self, Problem> {
        let missing = || Problem::missing("There is no such account.");
        let id = pages::record_id(id).ok_or_else(missing)?;
        let before = pages::record_id(before);
        let account = account_view::show(&app.engine, id, before, PAGE).await?;
        let account = person.see(account.ok_or_else(missing)?);
        Ok(Self {
            may_edit: person.may(Right::EditCases),
            frame: Frame::new(app, person, Nav::Accounts, account.line.name.clone()).await?,
            account,
            done,
            wrongs: Wrongs::default(),
            typed: String::new(),
        })
    }
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
    Query(done): Query<Done>,
) -> Result<Response, Problem> {
    let done = done.sentence(&[
        ("made", "The account was made. Add its contacts below."),
        ("saved", "The changes were saved."),
        ("joined", "The contact belongs to this account now."),
        ("left", "The contact belongs to no account any more."),
    ]);
    html(&AccountPage::read(&app, person, &id, &asked.before, done).await?)
}
