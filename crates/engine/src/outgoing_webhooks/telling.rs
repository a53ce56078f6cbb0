//! What happened, as it is noted in the transaction that made it happen: ids, numbers and our own words, and
//! nothing that people typed or that is about a person.

use domain::plan::FieldChange;
use domain::profile::action::Trouble;
use jiff::Timestamp;
use serde_json::{Value, json};
use store::Tx;
use store::cases::Case;
use store::conflicts::{Conflict, Recorded, Subject};
use store::outgoing_events::{self, NewOutgoingEvent};
use store::runs::{Counters, RunState};
use store::workflows::Workflow;

use super::EventKind;
use crate::engine::Engine;
use crate::error::Result;
use crate::profile_send::Rows;

/// Something that happened.
pub(crate) struct Happening {
    kind: EventKind,
    data: Value,
}

impl Happening {
    /// Something that happened to a case, by whose doing: `crm` or `zendesk`.
    pub(crate) fn of_case(
        kind: EventKind,
        case: &Case,
        ticket: Option<i64>,
        side: &'static str,
    ) -> Self {
        let data = json!({
            "case": { "id": case.id, "number": case.number },
            "ticket": ticket,
            "by": side,
            "page": format!("/cases/{}", case.number),
        });
        Self { kind, data }
    }

    /// Fields of a case changed, if any did: their names, never their values.
    pub(crate) fn case_updated(
        case: &Case,
        ticket: Option<i64>,
        side: &'static str,
        changes: &[FieldChange],
    ) -> Option<Self> {
        if changes.is_empty() {
            return None;
        }
        let mut updated = Self::of_case(EventKind::CaseUpdated, case, ticket, side);
        let fields = changes.iter().map(|change| change.field.as_str());
        updated.data["fields"] = fields.collect();
        Some(updated)
    }

    /// A field was changed on both sides.
    pub(crate) fn conflict_recorded(conflict: &Conflict) -> Self {
        let about = (&*conflict.id, &conflict.subject, conflict.remote_id);
        let mut recorded = Self::of_conflict(EventKind::ConflictRecorded, about, &conflict.field);
        recorded.data["kept"] = conflict.winner.into();
        recorded
    }

    /// The value that lost was given back.
    pub(crate) fn conflict_restored(conflict: &Recorded) -> Self {
        let about = (&*conflict.id, &conflict.subject, conflict.remote_id);
        Self::of_conflict(EventKind::ConflictRestored, about, &conflict.field)
    }

    fn of_conflict(
        kind: EventKind,
        (id, subject, remote): (&str, &Subject, i64),
        field: &str,
    ) -> Self {
        let mut data = json!({
            "conflict": { "id": id },
            "field": field,
            "page": format!("/conflicts/{id}"),
        });
        match subject {
            Subject::Case(case) => {
                data["case"] = json!({ "id": case });
                data["ticket"] = remote.into();
            }
            Subject::Contact(contact) => {
                data["contact"] = json!({ "id": contact });
                data["zendesk_user"] = remote.into();
            }
        }
        Self { kind, data }
    }

    /// A run ended.
    pub(crate) fn run_ended(
        run: &str,
        integration: &str,
        state: RunState,
        counters: &Counters,
    ) -> Self {
        let kind = match state {
            RunState::Failed => EventKind::RunFailed,
            RunState::Waiting | RunState::Running | RunState::Completed | RunState::Stopped => {
                EventKind::RunFinished
            }
        };
        let data = json!({
            "run": { "id": run, "state": state.as_str() },
            "integration": { "id": integration },
            "counts": counters,
            "page": format!("/runs/{run}"),
        });
        Self { kind, data }
    }

    /// A workflow ended: well, or by something that a person has to settle.
    pub(crate) fn workflow_ended(
        workflow: &Workflow,
        trouble: Option<Trouble>,
        rows: &Rows,
    ) -> Self {
        let kind = match trouble {
            Some(_) => EventKind::WorkflowFailed,
            None => EventKind::WorkflowCompleted,
        };
        let data = json!({
            "workflow": { "id": workflow.id, "kind": workflow.kind.as_str() },
            "orchestration": workflow.orchestration_id.as_ref().map(|id| json!({ "id": id })),
            "trouble": trouble.map(Trouble::as_str),
            "rows": rows,
            "page": format!("/workflows/{}", workflow.id),
        });
        Self { kind, data }
    }
}

/// Notes what happened for every endpoint that is on and wants to be told, in the transaction of the deed.
/// Where nobody wants to be told, nothing is written.
pub(crate) async fn tell(
    engine: &Engine,
    tx: &mut Tx,
    happened: &[Happening],
    now: Timestamp,
) -> Result<()> {
    if happened.is_empty() {
        return Ok(());
    }
    let wanted = outgoing_events::wanted(tx).await?;
    if wanted.is_nothing() {
        return Ok(());
    }
    let bodies: Vec<(&'static str, String)> = happened
        .iter()
        .map(|one| (one.kind.as_str(), one.data.to_string()))
        .collect();
    let events: Vec<NewOutgoingEvent<'_>> = bodies
        .iter()
        .flat_map(|(kind, body)| wanted.by(kind).map(move |webhook| (webhook, *kind, body)))
        .map(|(webhook_id, kind, body)| NewOutgoingEvent {
            id: engine.new_id(),
            webhook_id,
            kind,
            body,
        })
        .collect();
    Ok(outgoing_events::add(tx, &events, now).await?)
}
