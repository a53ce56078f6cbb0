//! `GET /conflicts/{id}`: one conflict side by side.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use engine::case_view::{self, ConflictView, Did};

use crate::access::Right;
use crate::app::App;
use crate::navigation::Nav;
use crate::page::{Frame, html};
use crate::pages;
use crate::problem::Problem;
use crate::session::SignedIn;

#[derive(Template)]
#[template(path = "conflicts/show.html")]
struct ConflictShown {
    frame: Frame,
    conflict: ConflictView,
    changed_here: Option<Did>,
    settled: Option<Did>,
    restored: Option<Did>,
    may_edit: bool,
}

impl ConflictShown {
    /// The three sides: whose value it is, the value, who and when, and whether it stands.
    fn sides(&self) -> [(&'static str, Option<&str>, bool); 3] {
        let conflict = &self.conflict;
        let zendesk =
            Some(conflict.zendesk_told()).filter(|_| conflict.zendesk.is_some() || conflict.erased);
        let restored = conflict.restored_at.is_some();
        [
            ("Agreed before", conflict.agreed.as_deref(), false),
            (
                "Here",
                conflict.crm.as_deref(),
                conflict.is_zendesks() == restored,
            ),
            ("Zendesk", zendesk, conflict.is_zendesks() != restored),
        ]
    }
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let missing = || Problem::missing("There is no such conflict.");
    let id = pages::record_id(&id).ok_or_else(missing)?;
    let found = case_view::conflict(&app.engine, id)
        .await?
        .ok_or_else(missing)?;
    let found = person.see(found);
    let title = format!("{} changed on both sides", found.conflict.label);
    html(&ConflictShown {
        conflict: found.conflict,
        changed_here: found.changed_here,
        settled: found.settled,
        restored: found.restored,
        may_edit: person.may(Right::EditCases),
        frame: Frame::new(&app, person, Nav::Conflicts, title).await?,
    })
}
