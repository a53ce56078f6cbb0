//! `GET /cases/{number}`: a case with its ticket panel, its comments and its history.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use engine::case_view::{self, CaseView, ConflictView, PanelValue, TicketPanel, Window};
use serde::Deserialize;

use crate::app::App;
use crate::page::{Frame, Section, html};
use crate::pages;
use crate::problem::Problem;
use crate::session::SignedIn;

#[derive(Deserialize)]
pub(crate) struct Place {
    /// How many comments to pass over.
    #[serde(default)]
    comments_after: i64,
    /// Only history before the entry of this number.
    history_before: Option<i64>,
}

#[derive(Template)]
#[template(path = "cases/show.html")]
struct ShowPage {
    frame: Frame,
    case: CaseView,
}

pub(crate) async fn show(
    State(app): State<App>,
    SignedIn { user }: SignedIn,
    Path(number): Path<String>,
    Query(place): Query<Place>,
) -> Result<Response, Problem> {
    let missing = || Problem::missing("There is no case with this number.");
    let number = pages::record_id(&number).ok_or_else(missing)?;
    let window = Window {
        comments_after: place.comments_after,
        history_before: place.history_before,
    };
    let case = case_view::show_part(&app.engine, number, window)
        .await?
        .ok_or_else(missing)?;
    let title = format!("#{} {}", case.number, case.subject);
    html(&ShowPage {
        frame: Frame::new(&app, user, Section::Cases, title),
        case,
    })
}

impl ShowPage {
    /// Whether the description has to be shown by itself, since it is none of the comments.
    fn description_stands_alone(&self) -> bool {
        let case = &self.case;
        case.comments_skipped == 0
            && !case.description.trim().is_empty()
            && !case.comments.iter().any(|comment| comment.is_description)
    }

    /// Where the next comments begin, if there are more.
    fn next_comments(&self) -> Option<i64> {
        let shown = i64::try_from(self.case.comments.len()).unwrap_or(i64::MAX);
        let next = self.case.comments_skipped.saturating_add(shown);
        (shown > 0 && next < self.case.comments_total).then_some(next)
    }

    /// Where the comments before these begin, if there are any.
    fn previous_comments(&self) -> Option<i64> {
        let skipped = self.case.comments_skipped;
        (skipped > 0).then(|| (skipped - case_view::COMMENTS_PAGE).max(0))
    }

    /// How many conflicts there were before those that are shown.
    fn earlier_conflicts(&self) -> i64 {
        let shown = i64::try_from(self.case.conflict_records.len()).unwrap_or(i64::MAX);
        self.case.conflicts.saturating_sub(shown)
    }

    /// The three sides of a conflict, the two values that stood against each other first.
    fn sides<'a>(&self, conflict: &'a ConflictView) -> [(&'static str, Option<&'a str>); 3] {
        [
            ("Here", conflict.crm.as_deref()),
            (
                "Zendesk",
                Some(conflict.zendesk_told())
                    .filter(|_| conflict.zendesk.is_some() || conflict.erased),
            ),
            ("Before", conflict.agreed.as_deref()),
        ]
    }

    /// What stands below the ten promised lines of the panel.
    fn more<'a>(&self, ticket: &'a TicketPanel) -> [(&'static str, Option<&'a str>); 4] {
        [
            ("Group", ticket.group.as_deref()),
            ("Organisation", ticket.organization.as_deref()),
            ("Brand", ticket.brand.as_deref()),
            ("Custom status", ticket.custom_status.as_deref()),
        ]
    }
}
