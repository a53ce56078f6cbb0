//! `GET /api/v1/cases/{id}/ticket`: the ticket panel, how far a ticket that was asked for has come, and
//! whether the two are in step.

use axum::Json as Answer;
use axum::extract::{Path, State};
use engine::actions;
use engine::case_view::{self, CustomField, Progress, TicketPanel, TicketWish};
use engine::why::{self, Why};
use serde::Serialize;
use utoipa::ToSchema;

use super::find;
use super::record::{RecordName, TicketPerson};
use crate::access::{Right, may};
use crate::api::Caller;
use crate::app::App;
use crate::problem::Problem;

/// Another ticket, and its case.
#[derive(Serialize, ToSchema)]
struct TicketProblem {
    /// The ticket's number.
    ticket: i64,
    /// The number of its case, once it has arrived.
    case_number: Option<i64>,
}

/// A custom field of a ticket that has a value.
#[derive(Serialize, ToSchema)]
struct TicketField {
    /// The field's id.
    id: i64,
    /// Its title, or its id while that is unknown.
    name: String,
    /// Its value, as text.
    value: String,
}

impl From<CustomField> for TicketField {
    fn from(field: CustomField) -> Self {
        Self {
            id: field.id,
            name: field.name,
            value: field.value,
        }
    }
}

/// A ticket in Zendesk's own words, its people also in ours.
#[derive(Serialize, ToSchema)]
struct TicketRecord {
    /// The name of the integration it came by.
    integration: String,
    /// Its number.
    number: i64,
    /// Zendesk's page of it.
    url: Option<String>,
    /// The support address it was sent to.
    recipient: Option<String>,
    /// Zendesk's status.
    status: Option<String>,
    /// Zendesk's type.
    #[serde(rename = "type")]
    kind: Option<String>,
    /// Who typed it.
    submitter: Option<TicketPerson>,
    /// Who works on it.
    assignee: Option<TicketPerson>,
    /// Who asked.
    requester: Option<TicketPerson>,
    /// Zendesk's priority.
    priority: Option<String>,
    /// The problem it is an incident of.
    problem: Option<TicketProblem>,
    /// Who is in copy.
    collaborators: Vec<TicketPerson>,
    /// Its tags.
    tags: Vec<String>,
    /// The group it is with.
    group: Option<String>,
    /// The requester's organisation.
    organization: Option<String>,
    /// The brand it came by.
    brand: Option<String>,
    /// Its custom status.
    custom_status: Option<String>,
    /// Its custom fields that have a value.
    custom_fields: Vec<TicketField>,
    /// `alive`, `closed`, `deleted` or `scrubbed`.
    state: String,
}

impl From<TicketPanel> for TicketRecord {
    fn from(ticket: TicketPanel) -> Self {
        let people = ticket.collaborators.into_iter();
        let fields = ticket.custom_fields.into_iter();
        Self {
            integration: ticket.integration,
            number: ticket.number,
            url: ticket.url,
            recipient: ticket.recipient,
            status: ticket.status,
            kind: ticket.kind,
            submitter: ticket.submitter.map(TicketPerson::from),
            assignee: ticket.assignee.map(TicketPerson::from),
            requester: ticket.requester.map(TicketPerson::from),
            priority: ticket.priority,
            problem: ticket.problem.map(|problem| TicketProblem {
                ticket: problem.ticket,
                case_number: problem.case_number,
            }),
            collaborators: people.map(TicketPerson::from).collect(),
            tags: ticket.tags,
            group: ticket.group,
            organization: ticket.organization,
            brand: ticket.brand,
            custom_status: ticket.custom_status,
            custom_fields: fields.map(TicketField::from).collect(),
            state: ticket.state,
        }
    }
}

/// How far a ticket that was asked for has come.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum TicketStage {
    /// It is not made yet.
    Waiting,
    /// It is there; the case's comments follow.
    Comments,
    /// It could not be made.
    Failed,
}

/// A ticket that was asked for, or whose first comments are still being sent.
#[derive(Serialize, ToSchema)]
struct TicketAsked {
    /// The name of the integration it was asked for in.
    integration: Option<String>,
    /// Whether it follows a closed ticket.
    follows: bool,
    /// How far it has come.
    stage: TicketStage,
    /// What it waits for, or why it failed and what to do.
    why: Option<String>,
    /// When it is tried next, if that is not at once.
    next_at: Option<String>,
    /// How many comments are in Zendesk, once the ticket is there.
    comments_sent: Option<usize>,
    /// How many comments there are, once the ticket is there.
    comments_total: Option<usize>,
    /// The id of the parked change, if it failed: what a retry names.
    parked: Option<String>,
}

impl From<TicketWish> for TicketAsked {
    fn from(wish: TicketWish) -> Self {
        let asked = Self {
            integration: wish.integration,
            follows: wish.follows,
            stage: TicketStage::Waiting,
            why: None,
            next_at: None,
            comments_sent: None,
            comments_total: None,
            parked: None,
        };
        match wish.progress {
            Progress::Waiting { why, next } => Self {
                why,
                next_at: next.map(|at| at.to_string()),
                ..asked
            },
            Progress::Comments { sent, total, .. } => Self {
                stage: TicketStage::Comments,
                comments_sent: Some(sent),
                comments_total: Some(total),
                ..asked
            },
            Progress::Failed { id, reason } => Self {
                stage: TicketStage::Failed,
                why: Some(reason),
                parked: Some(id),
                ..asked
            },
        }
    }
}

/// Whether a case and its ticket are in step, and if not, why.
#[derive(Serialize, ToSchema)]
struct InStep {
    /// Whether nothing of the case is still to reach Zendesk. Never of a case without a ticket.
    in_sync: bool,
    /// The same in one sentence.
    sentence: String,
    /// Each change that is not there yet, with its reason.
    details: Vec<String>,
}

impl From<Why> for InStep {
    fn from(why: Why) -> Self {
        Self {
            in_sync: why.in_sync,
            sentence: why.sentence,
            details: why.details,
        }
    }
}

/// The ticket of a case.
#[derive(Serialize, ToSchema)]
pub(super) struct CaseTicket {
    /// The ticket; null while the case has none.
    ticket: Option<TicketRecord>,
    /// A ticket that is being made.
    asked: Option<TicketAsked>,
    /// The integrations that the case could be published to by whose token this is.
    may_publish_to: Vec<RecordName>,
    /// Whether the two are in step.
    sync: InStep,
}

/// Read the ticket of a case
///
/// The ticket in Zendesk's own words, how far one that was asked for has come, and whether case and ticket
/// are in step.
#[utoipa::path(
    get, path = "/api/v1/cases/{id}/ticket", tag = "Cases",
    params(("id" = String, Path, description = "The case's number or id.", min_length = 1, max_length = 64)),
    responses(
        (status = 200, description = "The ticket, if there is one, and how things stand.", body = CaseTicket),
        (status = 404, description = "There is no such case.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn read_ticket(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Answer<CaseTicket>, Problem> {
    let case = find(&app, &id).await?;
    let engine = &app.engine;
    let able = match may(caller.user.role, Right::EditCases) {
        true => actions::able_to_publish(engine, &case.id).await?,
        false => Vec::new(),
    };
    let ticket = caller.see(case_view::ticket(engine, &case.id).await?);
    let wish = caller.see(case_view::publishing(engine, &case.id).await?);
    let why = caller.see(why::why(engine, &case.id).await?);
    Ok(Answer(CaseTicket {
        ticket: ticket.map(TicketRecord::from),
        asked: wish.map(TicketAsked::from),
        may_publish_to: able
            .into_iter()
            .map(|found| RecordName::new(found.id, found.settings.name))
            .collect(),
        sync: why.into(),
    }))
}
