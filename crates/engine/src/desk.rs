//! A case at work: read under lock, decided on by [`domain::desk`], written back.
//!
//! Every transaction that changes a case for both sides goes through here, whoever asked for it: a
//! person, a pull, a hint, a push. The deciding is the core's; this only fetches and keeps.

use domain::desk::{Desk, Room, Written};
use domain::guard::Guards;
use domain::identity::{IdentityRules, People};
use domain::mapping::Maps;
use domain::merge::Mode;
use domain::plan::{TicketFacts, description_key};
use domain::ticket::Ticket;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use store::Tx;
use store::cases::Case;
use store::conflicts::{self, Conflict, Subject};
use store::desks::{self, Held};
use store::history::{self, Event};
use store::integrations::Integration;

use crate::actions::Deed;
use crate::case_sync::{hints, rule_words};
use crate::engine::Engine;
use crate::error::Result;
use crate::outgoing_webhooks::{EventKind, Happening, tell};

/// What the core may draw on beside the case: gathered before, so that deciding needs no I/O.
pub(crate) struct Setting {
    pub(crate) integration: String,
    pub(crate) people: People,
    pub(crate) rules: IdentityRules,
    pub(crate) maps: Maps,
    pub(crate) mode: Mode,
}

impl Setting {
    /// For a transaction that meets no ticket: nobody needs to be known.
    pub(crate) fn without_people(integration: Option<&Integration>) -> Self {
        Self {
            integration: integration
                .map(|found| found.id.clone())
                .unwrap_or_default(),
            people: People::default(),
            rules: IdentityRules::default(),
            maps: integration
                .map(|found| found.settings.maps.clone())
                .unwrap_or_default(),
            // What is asked for while an integration is inactive waits until it is active again: no
            // worker takes it before.
            mode: integration.map_or(Mode::OneWay, |found| found.settings.mode()),
        }
    }

    /// What a plan of this ticket depends on.
    pub(crate) fn facts<'a>(&'a self, ticket: &'a Ticket) -> TicketFacts<'a> {
        TicketFacts {
            ticket,
            people: &self.people,
            rules: &self.rules,
            maps: &self.maps,
            mode: self.mode,
        }
    }

    /// Lets the core decide something at `now`.
    pub(crate) fn decide<T>(
        &self,
        engine: &Engine,
        now: Timestamp,
        decide: impl FnOnce(&mut Room<'_>) -> T,
    ) -> T {
        let mut new_id = || engine.new_op_id();
        decide(&mut Room {
            integration: &self.integration,
            people: &self.people,
            rules: &self.rules,
            maps: &self.maps,
            mode: self.mode,
            now,
            settle: SignedDuration::try_from(engine.settings.settle).unwrap_or_default(),
            lease: engine.settings.lease,
            guards: Guards::ALL,
            new_id: &mut new_id,
        })
    }
}

/// Whose doing a change is, for the case's history.
#[derive(Debug, Clone)]
pub(crate) struct By<'a> {
    /// `crm` or `zendesk`.
    pub(crate) side: &'static str,
    /// A person, or what of ours it was: `pull`, `push`, `hint`.
    pub(crate) actor: &'a str,
    /// In which run, if in one.
    pub(crate) run: Option<&'a str>,
}

/// A case before and after a decision, and what the decision changed.
#[derive(Clone, Copy)]
pub(crate) struct Decision<'a> {
    pub(crate) held: &'a Held,
    pub(crate) desk: &'a Desk,
    pub(crate) written: &'a Written,
}

/// Keeps what a decision changed: the rows of the desk, its conflicts and its history.
///
/// # Errors
/// As the database says.
pub(crate) async fn keep(
    engine: &Engine,
    tx: &mut Tx,
    setting: &Setting,
    decision: &Decision<'_>,
    by: &By<'_>,
    now: Timestamp,
) -> Result<()> {
    let deed = ticket_made(decision);
    keep_deed(engine, tx, setting, decision, (by, deed.as_ref()), now).await
}

/// As [`keep`], of a decision that is somebody's deed: the history tells of it even if no field changed.
///
/// # Errors
/// As the database says.
pub(crate) async fn keep_deed(
    engine: &Engine,
    tx: &mut Tx,
    setting: &Setting,
    decision: &Decision<'_>,
    (by, deed): (&By<'_>, Option<&Deed>),
    now: Timestamp,
) -> Result<()> {
    let Decision {
        held,
        desk,
        written,
    } = *decision;
    let (integration, actor) = (&setting.integration, by.actor);
    for missed in desks::save(tx, integration, held, desk, written, actor, now).await? {
        tracing::warn!(
            case = held.case.number,
            comment = missed.comment,
            zendesk = missed.remote_id,
            "a comment of the case was found in Zendesk, where it is known as another one already; both are left as they are"
        );
    }
    let ticket = desk.link.as_ref().map(|link| link.ticket);
    let fought = conflicts_of(engine, desk, ticket, written, setting.mode);
    conflicts::record(tx, &setting.integration, by.run, &fought, now).await?;
    tell(engine, tx, &happened(decision, &fought, by, deed), now).await?;
    if let Some(ticket) = ticket.filter(|_| written.look_again) {
        hints::look_again(tx, integration, ticket, now).await?;
    }
    if let Some(event) = event(&held.case, ticket, written, by, deed) {
        history::append(tx, &[event], now).await?;
    }
    Ok(())
}

/// What other systems can be told of a decision.
fn happened(
    decision: &Decision<'_>,
    fought: &[Conflict],
    by: &By<'_>,
    deed: Option<&Deed>,
) -> Vec<Happening> {
    let ticket = decision.desk.link.as_ref().map(|link| link.ticket);
    let case = &decision.held.case;
    let kind = match deed {
        Some(Deed::Restored) => Some(EventKind::CaseRestored),
        Some(Deed::TicketMade { .. }) => Some(EventKind::CasePublished),
        Some(
            Deed::Created
            | Deed::Deleted
            | Deed::AskedForTicket { .. }
            | Deed::AskedForFollowUp { .. }
            | Deed::Retried { .. }
            | Deed::Discarded { .. }
            | Deed::SentPiledUp
            | Deed::Commented { .. }
            | Deed::ConflictRestored { .. },
        )
        | None => None,
    };
    let side = match deed {
        // The push finds the ticket in Zendesk, but it was made because somebody here asked for it.
        Some(Deed::TicketMade { .. }) => "crm",
        Some(_) | None => by.side,
    };
    let deed = kind.map(|kind| Happening::of_case(kind, case, ticket, side));
    let updated = Happening::case_updated(case, ticket, by.side, &decision.written.changes);
    let fought = fought.iter().map(Happening::conflict_recorded);
    deed.into_iter().chain(updated).chain(fought).collect()
}

/// Tells of a ticket that the case has since this decision.
fn ticket_made(decision: &Decision<'_>) -> Option<Deed> {
    let ticket = decision.desk.link.as_ref()?.ticket;
    let former = decision.held.desk.link.as_ref().map(|link| link.ticket);
    (former != Some(ticket)).then_some(Deed::TicketMade {
        ticket,
        follows: former,
    })
}

/// The conflict records of a decision.
pub(crate) fn conflicts_of(
    engine: &Engine,
    desk: &Desk,
    ticket: Option<i64>,
    written: &Written,
    mode: Mode,
) -> Vec<Conflict> {
    written
        .conflicts
        .iter()
        .map(|conflict| Conflict {
            id: engine.new_id(),
            subject: Subject::Case(desk.case.clone()),
            remote_id: ticket.unwrap_or_default(),
            field: conflict.field.as_str().to_owned(),
            agreed: conflict.agreed.as_ref().and_then(|pair| pair.crm.clone()),
            crm: conflict.crm.clone(),
            zendesk: conflict.zendesk.clone(),
            winner: conflict.winner.as_str(),
            rule: rule_words(mode),
        })
        .collect()
}

/// The entry of a case's history for a decision that changed its fields, or who it is in Zendesk.
pub(crate) fn event_of(
    before: &Case,
    ticket: Option<i64>,
    written: &Written,
    by: &By<'_>,
) -> Option<Event> {
    event(before, ticket, written, by, None)
}

fn event(
    before: &Case,
    ticket: Option<i64>,
    written: &Written,
    by: &By<'_>,
    deed: Option<&Deed>,
) -> Option<Event> {
    if written.changes.is_empty() && written.conflicts.is_empty() && deed.is_none() {
        return None;
    }
    let changes: Vec<_> = written
        .changes
        .iter()
        .map(|change| json!({ "field": change.field.as_str(), "from": change.from, "to": change.to }))
        .collect();
    let conflicts: Vec<_> = written
        .conflicts
        .iter()
        .map(|conflict| conflict.field.as_str())
        .collect();
    let mut body = json!({ "ticket": ticket, "changes": changes, "conflicts": conflicts });
    if let Some(deed) = deed {
        body["deed"] = json!(deed);
    }
    Some(Event {
        case_id: before.id.clone(),
        side: by.side,
        actor: by.actor.to_owned(),
        run_id: by.run.map(str::to_owned),
        body: body.to_string(),
        before: json!({ "state": state(before) }).to_string(),
    })
}

/// A case's merged fields as its history tells them. The description is there as its key only: what
/// Zendesk redacts later must not live on here.
pub(crate) fn state(case: &Case) -> serde_json::Value {
    let fields = &case.fields;
    json!({
        "subject": fields.subject,
        "description": description_key(Some(&fields.description)),
        "status": fields.status.as_str(),
        "priority": fields.priority.as_str(),
        "assigned_to": fields.assigned_to,
        "contact": fields.contact,
        "owner": case.owner_id,
        "closed_at": fields.closed_at,
    })
}
