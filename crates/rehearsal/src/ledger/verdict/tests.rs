//! What the checks must see: each test plants a fault that the core does not make.

use domain::case::{CaseField, CasePriority};
use domain::desk::Desk;
use domain::guard::Guards;
use domain::merge::{Mode, Priority};
use domain::value::Pair;

use crate::cast::Cast;
use crate::remote::{Answer, Creation, FIRST_TICKET, set};
use crate::schedule::Schedule;

/// A case that was published, with nothing left to do.
fn published(cast: &Cast) -> Schedule<'_> {
    let mut schedule = Schedule::new(1, Guards::ALL, cast, false);
    schedule.swarm.heal();
    schedule.db.mode = Mode::TwoWay(Priority::Remote);
    schedule.switched = false;
    schedule.create_case();
    schedule.transact(0, None, Desk::publish);
    rest(&mut schedule);
    assert_eq!(schedule.remote.tickets.len(), 1);
    assert!(schedule.ledger.violations.is_empty());
    schedule
}

fn rest(schedule: &mut Schedule<'_>) {
    schedule.is_idle = false;
    schedule.come_to_rest();
}

/// Makes the case's ticket once more, under another key.
fn publish_again(schedule: &mut Schedule<'_>) {
    let first = schedule.remote.keys.values().next();
    let draft = first.map(|first| first.draft.clone()).unwrap();
    let answer = schedule.remote.create(&Creation {
        draft,
        op: "another".to_owned(),
        trigger: None,
    });
    assert!(matches!(answer, Answer::Done { .. }));
}

#[test]
fn a_second_open_ticket_of_a_case_is_seen_also_if_it_has_got_a_case_of_its_own() {
    let cast = Cast::default();
    let mut schedule = published(&cast);
    publish_again(&mut schedule);
    rest(&mut schedule);
    assert_eq!(schedule.db.case_of(FIRST_TICKET + 1), Some(1));
    let found = schedule.ledger.violations.first();
    assert_eq!(
        found.map(|found| found.invariant),
        Some("I-01"),
        "{found:?}"
    );
}

#[test]
fn a_description_that_was_sent_twice_is_seen_also_if_its_second_ticket_is_closed() {
    let cast = Cast::default();
    let mut schedule = published(&cast);
    publish_again(&mut schedule);
    assert!(
        schedule
            .remote
            .close(FIRST_TICKET + 1, crate::remote::Writer::Rule)
    );
    rest(&mut schedule);
    let found = schedule.ledger.violations.first();
    assert_eq!(
        found.map(|found| found.invariant),
        Some("I-02"),
        "{found:?}"
    );
}

#[test]
fn a_ticket_that_people_had_deleted_when_another_was_made_is_forgiven() {
    let cast = Cast::default();
    let mut schedule = published(&cast);
    assert!(schedule.remote.delete(FIRST_TICKET));
    publish_again(&mut schedule);
    assert!(schedule.remote.restore(FIRST_TICKET));
    rest(&mut schedule);
    assert!(
        schedule.ledger.violations.is_empty(),
        "{:?}",
        schedule.ledger.violations
    );
}

#[test]
fn a_priority_that_was_never_sent_is_seen_also_if_the_ticket_has_none() {
    let cast = Cast::default();
    let mut schedule = published(&cast);
    let none = (CaseField::Priority, None);
    set(&mut schedule.remote.tickets[0].ticket, none.0, &none.1);
    let desk = &mut schedule.db.desks[0];
    desk.operations.clear();
    desk.fields.priority = CasePriority::High;
    if let Some(link) = &mut desk.link {
        let normal = Some("normal".to_owned());
        link.agreed.put(none.0, Pair::new(normal, none.1));
    }
    schedule.judge();
    let found = schedule.ledger.violations.first();
    assert_eq!(
        found.map(|found| found.invariant),
        Some("I-21"),
        "{found:?}"
    );
}
