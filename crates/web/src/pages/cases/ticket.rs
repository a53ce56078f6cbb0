//! `GET /cases/{number}/ticket`, `POST /cases/{number}/publish`, `POST /cases/{number}/follow-up`: a case
//! asks for its ticket, and shows in place how far it has come.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use engine::actions;
use engine::case_view::{self, CaseView, PanelValue, Progress, TicketPanel, TicketWish};
use serde::Deserialize;
use store::cases::Case;

use crate::access::Right;
use crate::app::App;
use crate::form::Form;
use crate::page::html;
use crate::problem::Problem;
use crate::session::SignedIn;

/// What the part of the page about the ticket shows beside the case.
pub(super) struct TicketState {
    /// The integrations the case can be published to, by id and name, for who may.
    pub(super) able: Vec<(String, String)>,
    /// A ticket that is being made.
    pub(super) wish: Option<TicketWish>,
    /// Whether whoever looks may change the case.
    pub(super) may_edit: bool,
}

impl TicketState {
    pub(super) async fn read(app: &App, person: &SignedIn, case: &str) -> Result<Self, Problem> {
        let may_edit = person.may(Right::EditCases);
        let able = match may_edit {
            true => actions::able_to_publish(&app.engine, case).await?,
            false => Vec::new(),
        };
        let able = able.into_iter();
        let wish = case_view::publishing(&app.engine, case).await?;
        Ok(Self {
            able: able.map(|found| (found.id, found.settings.name)).collect(),
            wish: wish.map(|wish| person.see(wish)),
            may_edit,
        })
    }

    /// Whether the part is worth looking at again by itself.
    pub(super) fn goes_on(&self) -> bool {
        self.wish.as_ref().is_some_and(TicketWish::goes_on)
    }
}

#[derive(Template)]
#[template(path = "cases/ticket.html")]
struct TicketPart {
    case: CaseView,
    state: TicketState,
}

/// What stands below the ten promised lines of the panel.
pub(crate) fn more(ticket: &TicketPanel) -> [(&'static str, Option<&str>); 4] {
    [
        ("Group", ticket.group.as_deref()),
        ("Organisation", ticket.organization.as_deref()),
        ("Brand", ticket.brand.as_deref()),
        ("Custom status", ticket.custom_status.as_deref()),
    ]
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Path(number): Path<String>,
) -> Result<Response, Problem> {
    let case = super::find(&app, &number).await?;
    let view = case_view::show(&app.engine, &case.id)
        .await?
        .ok_or_else(|| Problem::missing("There is no case with this number."))?;
    html(&TicketPart {
        state: TicketState::read(&app, &person, &case.id).await?,
        case: person.see(view),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    /// Where to, if there is a choice.
    #[serde(default)]
    integration: String,
}

pub(crate) async fn publish(
    State(app): State<App>,
    person: SignedIn,
    Path(number): Path<String>,
    Form(entry): Form<Entry>,
) -> Result<Response, Problem> {
    let case = super::find(&app, &number).await?;
    let to = Some(entry.integration.as_str()).filter(|to| !to.is_empty());
    actions::publish(&app.engine, &case.id, to, &person.user.email).await?;
    Ok(asked(&case))
}

pub(crate) async fn follow_up(
    State(app): State<App>,
    person: SignedIn,
    Path(number): Path<String>,
) -> Result<Response, Problem> {
    let case = super::find(&app, &number).await?;
    actions::follow_up(&app.engine, &case.id, &person.user.email).await?;
    Ok(asked(&case))
}

fn asked(case: &Case) -> Response {
    let place = format!("/cases/{}?done=asked#ticket-part", case.number);
    Redirect::to(&place).into_response()
}
