//! Conflicts over the API: fields that were changed on both sides.

#![expect(
    unused_qualifications,
    reason = "the macro that describes parameters writes them so"
)]

use axum::Json as Answer;
use axum::extract::{Path, State};
use engine::actions;
use engine::case_view::{self, ConflictDetail, ConflictView, Did};
use serde::{Deserialize, Serialize};
use store::conflicts::Filter;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::body::Query;
use super::cases::RecordName;
use super::page::{Page, Place};
use super::parked::{behind_nothing, integration_id};
use super::{Caller, Operations};
use crate::access::Right;
use crate::app::App;
use crate::pages::record_id;
use crate::problem::Problem;

pub(crate) fn operations(operations: Operations) -> Operations {
    operations
        .with(Right::SeeCases, routes!(list_conflicts))
        .with(Right::SeeCases, routes!(read_conflict))
        .with(Right::EditCases, routes!(restore_conflict))
}

/// Which side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Side {
    /// Here.
    Crm,
    /// Zendesk.
    Zendesk,
}

/// A field that was changed on both sides, side by side, and how that was settled.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConflictRecord {
    /// Its id.
    id: String,
    /// The name of the integration.
    integration: Option<String>,
    /// The number of the case, if it is a case's field.
    case_number: Option<i64>,
    /// The contact, if it is a contact's field.
    contact: Option<RecordName>,
    /// The ticket or the user on the other side, by Zendesk's id.
    zendesk_id: i64,
    /// The field's word.
    field: String,
    /// What a person calls the field.
    label: String,
    /// What both sides had agreed on before.
    agreed: Option<String>,
    /// What stood here.
    crm: Option<String>,
    /// What stood in Zendesk: its own word, or the name of its user.
    zendesk: Option<String>,
    /// Whether Zendesk's value is not known any more, since Zendesk erased its ticket.
    erased: bool,
    /// The side whose value stood when it was settled.
    winner: Side,
    /// By which rule, in a few words.
    rule: String,
    /// How it stands now, in a few words.
    outcome: &'static str,
    /// In which run, if in one.
    run: Option<String>,
    /// When it was settled.
    #[schema(format = DateTime)]
    at: String,
    /// When the value that lost was restored; null if it was not.
    restored_at: Option<String>,
}

impl From<ConflictView> for ConflictRecord {
    fn from(conflict: ConflictView) -> Self {
        Self {
            winner: match conflict.is_zendesks() {
                true => Side::Zendesk,
                false => Side::Crm,
            },
            outcome: conflict.outcome(),
            id: conflict.id,
            integration: conflict.integration,
            case_number: conflict.case_number,
            contact: conflict.contact.map(RecordName::from),
            zendesk_id: conflict.zendesk_id,
            field: conflict.field,
            label: conflict.label,
            agreed: conflict.agreed,
            crm: conflict.crm,
            zendesk: conflict.zendesk,
            erased: conflict.erased,
            rule: conflict.rule,
            run: conflict.run,
            at: conflict.at.to_string(),
            restored_at: conflict.restored_at.map(|at| at.to_string()),
        }
    }
}

/// Who did something, and when.
#[derive(Serialize, ToSchema)]
struct Doing {
    /// A person, or a part of the sync.
    actor: String,
    /// In which run, if in one.
    run: Option<String>,
    /// When.
    #[schema(format = DateTime)]
    at: String,
}

impl From<Did> for Doing {
    fn from(did: Did) -> Self {
        Self {
            actor: did.actor,
            run: did.run,
            at: did.at.to_string(),
        }
    }
}

/// A conflict with who did what, as far as the history tells.
#[derive(Serialize, ToSchema)]
struct ConflictInFull {
    /// The conflict.
    conflict: ConflictRecord,
    /// Who had changed the field here.
    changed_here: Option<Doing>,
    /// Which part of the sync met it and settled it.
    settled: Option<Doing>,
    /// Who gave the case or contact the value that lost.
    restored: Option<Doing>,
}

impl From<ConflictDetail> for ConflictInFull {
    fn from(found: ConflictDetail) -> Self {
        Self {
            conflict: found.conflict.into(),
            changed_here: found.changed_here.map(Doing::from),
            settled: found.settled.map(Doing::from),
            restored: found.restored.map(Doing::from),
        }
    }
}

/// Which conflicts a list holds.
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ConflictState {
    /// Those of which nothing was restored.
    #[default]
    Open,
    /// Those of which the value that lost was restored.
    Restored,
    /// All.
    All,
}

/// Which conflicts.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ConflictWish {
    /// `open` (those of which nothing was restored; if not given), `restored` or `all`.
    #[param(inline)]
    state: Option<ConflictState>,
    /// Only of this integration, by id.
    #[param(max_length = 64)]
    integration: Option<String>,
}

/// List conflicts
///
/// Fields that were changed on both sides, with both values, the newest first.
#[utoipa::path(
    get, path = "/api/v1/conflicts", tag = "Conflicts", params(ConflictWish, Place),
    responses(
        (status = 200, description = "A page of conflicts.", body = Page<ConflictRecord>),
        (status = 400, description = "The query cannot be read.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn list_conflicts(
    State(app): State<App>,
    caller: Caller,
    Query(wish): Query<ConflictWish>,
    Query(place): Query<Place>,
) -> Result<Answer<Page<ConflictRecord>>, Problem> {
    let filter = Filter {
        integration: integration_id(wish.integration.as_deref())?,
        restored: match wish.state.unwrap_or_default() {
            ConflictState::Open => Some(false),
            ConflictState::Restored => Some(true),
            ConflictState::All => None,
        },
        ..Filter::default()
    };
    let limit = i64::try_from(place.limit()).unwrap_or(1);
    let page = case_view::conflicts(&app.engine, filter, place.after()?, limit).await;
    let page = page.map_err(behind_nothing)?;
    let items = caller.see(page.conflicts).into_iter();
    Ok(Answer(Page {
        items: items.map(ConflictRecord::from).collect(),
        next: page.next,
    }))
}

/// Read a conflict
///
/// Both values side by side with what was agreed on before, and who did what.
#[utoipa::path(
    get, path = "/api/v1/conflicts/{id}", tag = "Conflicts",
    params(("id" = String, Path, description = "The conflict's id.", min_length = 1, max_length = 64)),
    responses(
        (status = 200, description = "The conflict.", body = ConflictInFull),
        (status = 404, description = "There is no such conflict.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn read_conflict(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Answer<ConflictInFull>, Problem> {
    Ok(Answer(caller.see(find(&app, &id).await?).into()))
}

/// Restore the value that lost
///
/// Gives the case or contact the value that lost. With two-way sync it goes to Zendesk like any edit.
#[utoipa::path(
    post, path = "/api/v1/conflicts/{id}/restore", tag = "Conflicts",
    params(("id" = String, Path, description = "The conflict's id.", min_length = 1, max_length = 64)),
    responses(
        (status = 200, description = "The conflict as it is now.", body = ConflictInFull),
        (status = 404, description = "There is no such conflict.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The value cannot be restored.", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn restore_conflict(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Answer<ConflictInFull>, Problem> {
    let found = find(&app, &id).await?;
    actions::restore_conflict(&app.engine, &found.conflict.id, &caller.user.email).await?;
    Ok(Answer(caller.see(find(&app, &id).await?).into()))
}

async fn find(app: &App, id: &str) -> Result<ConflictDetail, Problem> {
    let missing = || Problem::missing("There is no such conflict.");
    let id = record_id(id).ok_or_else(missing)?;
    case_view::conflict(&app.engine, id)
        .await?
        .ok_or_else(missing)
}
