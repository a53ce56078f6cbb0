//! What piled up while two-way sync was off (ticket-sync.md 2): counted first, sent only if asked for.

use domain::case::CaseField;
use domain::desk::Desk;
use domain::merge::Mode;
use domain::outbox::{Operation, Parked, State};
use domain::plan::case_value;
use store::integrations::Integration;
use store::{Connection, desks, links, outbox};

use super::{Deed, Open};
use crate::engine::Engine;
use crate::error::{Error, Result};

/// Cases of one turn.
const AT_ONCE: i64 = 500;

/// What was changed here and never reached Zendesk.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Cases that differ from what was last agreed on, or have comments Zendesk has not got.
    pub cases: usize,
    /// Their fields.
    pub fields: usize,
    /// Their comments.
    pub comments: usize,
}

/// Counts what piled up in the cases of an integration, and has it sent if `push`.
///
/// # Errors
/// [`Error::Refused`] to push for an integration that is inactive or syncs one way.
pub async fn backlog(
    engine: &Engine,
    integration: &Integration,
    push: bool,
    actor: &str,
) -> Result<Backlog> {
    if push && (!integration.active || integration.settings.mode() == Mode::OneWay) {
        return Err(Error::Refused(format!(
            "Integration {} is inactive or syncs one way only, so nothing is sent. Activate it and switch two-way sync on first.",
            integration.settings.name
        )));
    }
    let mut told = Backlog::default();
    let mut after = None;
    loop {
        let mut reader = engine.store.read().await?;
        let cases =
            links::changed_here_after(&mut reader, &integration.id, after.as_deref(), AT_ONCE)
                .await?;
        drop(reader);
        let Some(last) = cases.last() else {
            return Ok(told);
        };
        after = Some(last.clone());
        for case in &cases {
            let mut reader = engine.store.read().await?;
            let seen = desks::read(&mut reader, case).await?;
            drop(reader);
            // Who only counts locks nothing, and a case without a backlog is not locked either.
            let Some(mut piled) = seen.and_then(|held| PiledUp::on(&held.desk)) else {
                continue;
            };
            if push {
                let open = match Open::case(engine, case).await {
                    Ok(open) => open,
                    // It was deleted here meanwhile.
                    Err(Error::Refused(_)) => continue,
                    Err(error) => return Err(error),
                };
                match PiledUp::on(&open.held.desk) {
                    Some(now) => piled = now,
                    None => continue,
                }
                open.decide(engine, actor, |desk, room, written| {
                    desk.send_piled_up(room, written);
                    ((), Some(Deed::SentPiledUp))
                })
                .await?;
            }
            told.cases += 1;
            told.fields += piled.fields;
            told.comments += piled.comments;
        }
    }
}

/// Parks what Zendesk has not got of an integration's cases, while two-way sync is off: called when it
/// was switched off, and again before it is switched on, so that nothing is sent then that nobody asked
/// for. Returns what there is.
///
/// # Errors
/// As the database says; called again, it goes on.
pub async fn hold_backlog(
    engine: &Engine,
    integration: &Integration,
    actor: &str,
) -> Result<Backlog> {
    for of in [Cases::Waiting, Cases::ChangedHere] {
        let mut after = None;
        loop {
            let mut reader = engine.store.read().await?;
            let cases = of
                .after(&mut reader, &integration.id, after.as_deref())
                .await?;
            drop(reader);
            let Some(last) = cases.last() else { break };
            after = Some(last.clone());
            for case in &cases {
                let mut reader = engine.store.read().await?;
                let seen = desks::read(&mut reader, case).await?;
                drop(reader);
                if !seen.is_some_and(|held| is_to_be_held(&held.desk)) {
                    continue;
                }
                match Open::case(engine, case).await {
                    Ok(open) => {
                        open.decide(engine, actor, |desk, room, written| {
                            desk.hold_piled_up(room, written);
                            ((), None)
                        })
                        .await?;
                    }
                    // It was deleted here meanwhile.
                    Err(Error::Refused(_)) => {}
                    Err(error) => return Err(error),
                }
            }
        }
    }
    backlog(engine, integration, false, actor).await
}

/// Where something may have piled up.
#[derive(Clone, Copy)]
enum Cases {
    /// An operation waits in the line, also of a case that has no ticket yet.
    Waiting,
    /// Somebody here changed it or commented on it.
    ChangedHere,
}

impl Cases {
    async fn after(
        self,
        connection: &mut Connection,
        integration: &str,
        after: Option<&str>,
    ) -> Result<Vec<String>> {
        Ok(match self {
            Self::Waiting => {
                outbox::waiting_cases_after(connection, integration, after, AT_ONCE).await?
            }
            Self::ChangedHere => {
                links::changed_here_after(connection, integration, after, AT_ONCE).await?
            }
        })
    }
}

fn is_to_be_held(desk: &Desk) -> bool {
    let waits = |operation: &Operation| operation.state == State::Waiting;
    desk.operations.iter().any(waits) || PiledUp::on(desk).is_some()
}

/// What of one case waits for nobody.
struct PiledUp {
    fields: usize,
    comments: usize,
}

impl PiledUp {
    /// What piled up on a case, if anything did. A case that was deleted here has nothing to send.
    fn on(desk: &Desk) -> Option<Self> {
        if desk.deleted {
            return None;
        }
        let fields = desk.changed_here();
        let fields = fields
            .iter()
            .filter(|field| waits_for_nobody(desk, **field));
        let comments = desk
            .comments
            .iter()
            .filter(|comment| comment.remote.is_none() && !comment.is_description)
            .filter(|comment| {
                let id = Some(comment.id.as_str());
                let mut sending = desk
                    .operations
                    .iter()
                    .filter(|operation| operation.payload.comment.as_deref() == id);
                sending.all(was_switched_off)
            });
        let piled = Self {
            fields: fields.count(),
            comments: comments.count(),
        };
        let any = piled.fields > 0 || piled.comments > 0;
        // A follow-up ticket that was asked for is neither, and goes on too.
        (any || desk.operations.iter().any(was_switched_off)).then_some(piled)
    }
}

/// Whether two-way sync was switched off while a worker was at it, so that it is parked for that
/// reason alone: part of what piled up.
fn was_switched_off(operation: &Operation) -> bool {
    operation.state == State::Parked && operation.reason == Some(Parked::TwoWayOff)
}

/// Whether a changed field is neither on its way nor parked for another reason.
fn waits_for_nobody(desk: &Desk, field: CaseField) -> bool {
    let crm = case_value(&desk.fields, field);
    let mut parked = desk.operations.iter().filter(|operation| {
        operation.state == State::Parked && operation.payload.parked.get(&field) == Some(&crm)
    });
    match parked.next() {
        Some(operation) => was_switched_off(operation),
        None => !desk.line().awaits_fields(),
    }
}
