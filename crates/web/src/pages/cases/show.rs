//! `GET /cases/{number}`: a case with its ticket panel, its comments and its history.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use engine::case_view::{
    self, CaseView, ConflictView, Notice, NoticeKind, PanelValue, ParkedKind, ParkedView, Progress,
    Window,
};
use engine::why::{self, Why};
use serde::Deserialize;

use super::ticket::TicketState;
use crate::app::App;
use crate::form::Wrongs;
use crate::navigation::Nav;
use crate::page::{Done, Frame, html};
use crate::pages;
use crate::problem::Problem;
use crate::session::SignedIn;

#[derive(Default, Deserialize)]
pub(crate) struct Place {
    /// How many comments to pass over.
    #[serde(default)]
    comments_after: i64,
    /// Only history before the entry of this number.
    history_before: Option<i64>,
}

#[derive(Template)]
#[template(path = "cases/show.html")]
pub(crate) struct ShowPage {
    pub(super) frame: Frame,
    pub(super) case: CaseView,
    pub(super) state: TicketState,
    /// Whether it is in sync with its ticket, and if not, why.
    pub(super) why: Why,
    pub(super) done: Option<&'static str>,
    /// What is wrong with a comment, and what was typed.
    pub(super) wrongs: Wrongs,
    pub(super) said: String,
    pub(super) said_public: bool,
    /// How large a file may be, in words.
    pub(super) largest: String,
}

const DONE: [(&str, &str); 13] = [
    ("made", "The case was made."),
    (
        "saved",
        "The changes were saved. The ticket panel says whether Zendesk has them.",
    ),
    ("said", "The comment was added."),
    (
        "fetched",
        "The file was fetched. It stands below its comment.",
    ),
    (
        "deleted",
        "The case was deleted here. Its ticket, if it has one, was left as it is.",
    ),
    (
        "back",
        "The case is back. If it has a ticket, it catches up with it at the next sync.",
    ),
    (
        "asked",
        "The ticket was asked for. Below you see how far it has come.",
    ),
    ("retried", "It is tried again now."),
    (
        "given-up",
        "What was parked was given up. Fields are as both sides last agreed; comments and files stay on the case.",
    ),
    (
        "restored",
        "The value that lost was restored. With two-way sync it goes to Zendesk like any edit.",
    ),
    ("kept", "The file was given up. It stays on the case."),
    ("settled", "It was settled already."),
    ("none", "Nothing was parked any more."),
];

impl ShowPage {
    /// The page with what is stored.
    pub(super) async fn read(
        app: &App,
        person: SignedIn,
        number: &str,
        place: Place,
        done: Option<&'static str>,
    ) -> Result<Self, Problem> {
        let missing = || Problem::missing("There is no case with this number.");
        let number = pages::record_id(number).ok_or_else(missing)?;
        let window = Window {
            comments_after: place.comments_after,
            history_before: place.history_before,
            is_bare: false,
        };
        let case = case_view::show_part(&app.engine, number, window)
            .await?
            .ok_or_else(missing)?;
        let why = why::why(&app.engine, &case.id).await?;
        let state = TicketState::read(app, &person, &case.id).await?;
        let case = person.see(case);
        let title = format!("#{} {}", case.number, case.subject);
        Ok(Self {
            why: person.see(why),
            frame: Frame::new(app, person, Nav::Cases, title).await?,
            case,
            state,
            done,
            wrongs: Wrongs::default(),
            said: String::new(),
            said_public: false,
            largest: app.engine.settings.files.in_words(),
        })
    }
}

/// The page of a case, by number or id, with what went wrong above it.
pub(crate) async fn with(
    app: &App,
    person: SignedIn,
    case: &str,
    wrongs: Wrongs,
) -> Result<ShowPage, Problem> {
    Ok(ShowPage {
        wrongs,
        ..ShowPage::read(app, person, case, Place::default(), None).await?
    })
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Path(number): Path<String>,
    Query(place): Query<Place>,
    Query(done): Query<Done>,
) -> Result<Response, Problem> {
    let done = done.sentence(&DONE);
    html(&ShowPage::read(&app, person, &number, place, done).await?)
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

    /// Whether the notice offers a ticket that follows the closed one.
    fn offers_follow_up(&self, notice: &Notice) -> bool {
        let closed = matches!(
            notice.kind,
            NoticeKind::TicketClosed | NoticeKind::TicketMerged
        );
        closed && self.state.may_edit && self.case.deleted_at.is_none() && self.state.wish.is_none()
    }

    /// Whether the notice offers to bring the case back.
    fn offers_restore(&self, notice: &Notice) -> bool {
        notice.kind == NoticeKind::CaseDeleted && self.state.may_edit
    }

    /// What is parked, but for the making of a ticket, which the part about the ticket shows.
    fn parked(&self) -> Vec<&ParkedView> {
        let making = |kind| matches!(kind, ParkedKind::Publish | ParkedKind::FollowUp);
        let rest = self.case.parked.iter();
        rest.filter(|parked| !making(parked.kind)).collect()
    }
}
