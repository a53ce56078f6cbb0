//! `GET /contacts`: customers by name or email, the one made last first.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use engine::contact_view::{self, ContactLine};
use serde::Deserialize;

use crate::access::Right;
use crate::app::App;
use crate::navigation::Nav;
use crate::page::{Frame, encode, html};
use crate::pages;
use crate::problem::Problem;
use crate::session::SignedIn;

/// Contacts on a page.
const PAGE: i64 = 50;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    /// Words of the name or the email.
    q: String,
    /// Only contacts with an id below this one.
    before: String,
}

#[derive(Template)]
#[template(path = "contacts/list.html")]
struct ContactsPage {
    frame: Frame,
    contacts: Vec<ContactLine>,
    asked: Asked,
    next: Option<String>,
    /// Whether whoever looks may look for names and emails.
    may_search: bool,
    may_edit: bool,
}

impl ContactsPage {
    /// The address of the next page.
    fn address(&self, before: &str) -> String {
        let q = self.asked.q.trim();
        match q.is_empty() {
            true => format!("/contacts?before={before}"),
            false => format!("/contacts?q={}&before={before}", encode(q, "-_.")),
        }
    }
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Query(mut asked): Query<Asked>,
) -> Result<Response, Problem> {
    // Who may not see an email shall not find it out by asking letter by letter.
    let may_search = !person.user.restrict_pii;
    if !may_search {
        asked.q.clear();
    }
    let before = pages::record_id(&asked.before);
    let page = contact_view::search(&app.engine, &asked.q, before, PAGE).await?;
    html(&ContactsPage {
        contacts: person.see(page.contacts),
        next: page.next,
        asked,
        may_search,
        may_edit: person.may(Right::EditCases),
        frame: Frame::new(&app, person, Nav::Contacts, "Contacts").await?,
    })
}
