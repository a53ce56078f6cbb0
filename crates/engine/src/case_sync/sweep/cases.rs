//! Whether a case waits to reach its ticket without anything that would send it.

use domain::desk::{Received, Written};
use domain::merge::Mode;
use domain::outbox::State;
use domain::ticket::{Life, Ticket};
use jiff::Timestamp;
use store::desks::{self, Held};

use crate::case_sync::pull::{Page, Pull};
use crate::case_sync::{hints, room};
use crate::desk::{By, Decision, keep};
use crate::error::Result;

/// Those of these tickets whose case differs from what both sides agreed on, while nothing is on its
/// way or parked that would say why. With two-way off that is as it should be, and so it is for what
/// piled up before two-way was on, `since` then.
pub(super) async fn left_behind(
    pull: &Pull<'_>,
    tickets: &[Ticket],
    since: Option<Timestamp>,
) -> Result<Vec<Ticket>> {
    let Some(since) = since.filter(|_| pull.mode() != Mode::OneWay && !tickets.is_empty()) else {
        return Ok(Vec::new());
    };
    let ids: Vec<i64> = tickets.iter().map(|ticket| ticket.id).collect();
    let mut reader = pull.engine.store.read().await?;
    let integration = &pull.integration.id;
    let cases = store::links::cases_of(&mut reader, integration, &ids).await?;
    let mut behind = Vec::new();
    for ticket in tickets.iter().filter(|ticket| ticket.life() == Life::Alive) {
        let Some(case) = cases.get(&ticket.id) else {
            continue;
        };
        let held = desks::read(&mut reader, case).await?;
        if held.is_some_and(|held| held.case.updated_at > since && is_behind(&held, ticket.id)) {
            behind.push(ticket.clone());
        }
    }
    Ok(behind)
}

fn is_behind(held: &Held, ticket: i64) -> bool {
    let desk = &held.desk;
    !desk.deleted
        && desk
            .operations
            .iter()
            .all(|operation| operation.state == State::Discarded)
        && desk.link.as_ref().is_some_and(|link| link.ticket == ticket)
        && !desk.changed_here().is_empty()
}

/// Merges these tickets with their cases once more, which makes the operations that are wanting.
/// Returns for how many.
pub(super) async fn catch_up(
    pull: &Pull<'_>,
    page: &mut Page,
    tickets: &[Ticket],
    read_at: Timestamp,
) -> Result<usize> {
    let mut caught_up = 0;
    for ticket in tickets {
        let integration = &pull.integration.id;
        let held = desks::lock_by_ticket(&mut page.tx, integration, ticket.id).await?;
        // Whoever had it until now may have put it right.
        let Some(held) = held.filter(|held| is_behind(held, ticket.id)) else {
            continue;
        };
        let setting = room::setting(pull, page, Some(ticket), &held.desk).await?;
        let (mut desk, mut written) = (held.desk.clone(), Written::default());
        let received = setting.decide(pull.engine, page.now, |room| {
            desk.receive(ticket, read_at, room, &mut written)
        });
        // What is read by a worker just now comes again.
        if received == Received::Deferred {
            hints::look_again(&mut page.tx, integration, ticket.id, page.now).await?;
        }
        if written == Written::default() {
            continue;
        }
        for warning in &written.warnings {
            page.warn(warning.sentence());
        }
        let decision = Decision {
            held: &held,
            desk: &desk,
            written: &written,
        };
        let by = By {
            side: "zendesk",
            actor: "sweep",
            run: None,
        };
        keep(
            pull.engine,
            &mut page.tx,
            &setting,
            &decision,
            &by,
            page.now,
        )
        .await?;
        caught_up += usize::from(received == Received::Merged);
    }
    Ok(caught_up)
}
