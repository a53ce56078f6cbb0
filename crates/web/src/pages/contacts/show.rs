//! `GET /contacts/{id}`: a customer: how to reach them, their cases, whom in Zendesk they are, what was
//! changed on both sides, and what people did.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use engine::case_view::{self, CaseLine};
use engine::contact_view::{self, ContactView};
use store::cases::{CaseFilter, Place};
use store::users::User;

use crate::access::Right;
use crate::app::App;
use crate::navigation::Nav;
use crate::page::{Done, Frame, html};
use crate::pages;
use crate::problem::Problem;
use crate::session::SignedIn;

/// Cases on the page; the list of cases shows the others.
const CASES: i64 = 20;

#[derive(Template)]
#[template(path = "contacts/show.html")]
struct ContactPage {
    frame: Frame,
    contact: ContactView,
    owner: Option<User>,
    cases: Vec<CaseLine>,
    more_cases: bool,
    may_edit: bool,
    /// Whether the email may be written to from here.
    is_masked: bool,
    done: Option<&'static str>,
}

/// What the audit log calls a deed, as a person reads it.
pub(crate) fn told(action: &str) -> &str {
    match action {
        "contact.add" => "Made",
        "contact.edit" => "Edited",
        "conflict.restore" => "The value that lost was restored",
        "parked.retry" => "What was parked was tried again",
        "parked.discard" => "What was parked was given up",
        other => other,
    }
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
    Query(done): Query<Done>,
) -> Result<Response, Problem> {
    let missing = || Problem::missing("There is no such contact.");
    let id = pages::record_id(&id).ok_or_else(missing)?.to_owned();
    let contact = contact_view::show(&app.engine, &id)
        .await?
        .ok_or_else(missing)?;
    let owner = {
        let connection = &mut *app.engine.store.read().await?;
        let found = store::contacts::by_ids(connection, std::slice::from_ref(&id)).await?;
        match found.get(&id).and_then(|found| found.owner_id.clone()) {
            Some(owner) => store::users::find(connection, &owner).await?,
            None => None,
        }
    };
    let filter = CaseFilter {
        contact: Some(id),
        ..CaseFilter::default()
    };
    let cases = case_view::search(&app.engine, &filter, Place::Newest, CASES).await?;
    let contact = person.see(contact);
    html(&ContactPage {
        owner,
        more_cases: cases.older.is_some(),
        cases: person.see(cases.cases),
        may_edit: person.may(Right::EditCases),
        is_masked: person.user.restrict_pii,
        done: done.sentence(&[
            ("made", "The contact was made. Cases and accounts take it by its email."),
            ("saved", "The changes were saved. With two-way sync they go to Zendesk."),
            ("restored", "The value that lost was restored. With two-way sync it goes to Zendesk like any edit."),
        ]),
        frame: Frame::new(&app, person, Nav::Contacts, contact.line.name.clone()).await?,
        contact,
    })
}
