//! What the checks must see: each test plants a fault that the core does not make.

use domain::case::{CaseField, CasePriority};
use domain::desk::{Desk, DeskComment};
use domain::guard::Guards;
use domain::merge::{Mode, Priority};
use domain::outbox::Parked;
use domain::value::Pair;

use crate::cast::{CUSTOMERS, Cast, contact_of};
use crate::remote::{Answer, Creation, FIRST_TICKET, Origin, Writer, set};
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
    assert!(schedule.remote.close(FIRST_TICKET + 1, Writer::Rule));
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

/// What the checks find first once everything has come to rest.
fn found(schedule: &mut Schedule<'_>) -> Option<&'static str> {
    schedule.judge();
    schedule
        .ledger
        .violations
        .first()
        .map(|found| found.invariant)
}

/// Lets a person comment on the only case, and everything come to rest.
fn say(schedule: &mut Schedule<'_>, id: &str, public: bool) {
    let comment = DeskComment {
        id: id.to_owned(),
        public,
        is_description: false,
        remote: None,
    };
    if !public {
        schedule.ledger.private.insert(id.to_owned());
    }
    schedule.is_idle = false;
    schedule.transact(0, None, |desk, room, written| {
        desk.say(comment, room, written);
    });
    rest(schedule);
    assert!(schedule.ledger.violations.is_empty());
}

#[test]
fn a_private_note_that_is_public_in_zendesk_is_seen_also_if_the_case_shows_it_as_public_too() {
    for widens_here in [false, true] {
        let cast = Cast::default();
        let mut schedule = published(&cast);
        say(&mut schedule, "l1", false);
        assert_eq!(found(&mut schedule), None);
        schedule.remote.tickets[0].comments[1].public = true;
        schedule.db.desks[0].comments[1].public |= widens_here;
        assert_eq!(found(&mut schedule), Some("I-08"));
    }
}

#[test]
fn a_public_comment_that_was_sent_as_private_is_seen() {
    let cast = Cast::default();
    let mut schedule = published(&cast);
    say(&mut schedule, "l1", true);
    schedule.remote.tickets[0].comments[1].public = false;
    schedule.db.desks[0].comments[1].public = false;
    assert_eq!(found(&mut schedule), Some("I-08"));
}

#[test]
fn a_comment_that_was_hidden_in_zendesk_and_is_public_here_is_seen() {
    let cast = Cast::default();
    let mut schedule = published(&cast);
    say(&mut schedule, "l1", true);
    let comment = schedule.remote.tickets[0].comments[1].id;
    assert!(schedule.remote.hide(FIRST_TICKET, comment));
    assert_eq!(found(&mut schedule), Some("I-08"));
    schedule.ledger.violations.clear();
    rest(&mut schedule);
    assert!(schedule.ledger.violations.is_empty());
    assert!(!schedule.db.desks[0].comments[1].public);
}

#[test]
fn a_private_description_that_a_follow_up_shows_is_seen() {
    for widens in [false, true] {
        let cast = Cast::default();
        let mut schedule = published(&cast);
        let id = schedule.db.desks[0].comments[0].id.clone();
        schedule.ledger.private.insert(id);
        schedule.db.desks[0].comments[0].public = false;
        schedule.remote.tickets[0].comments[0].public = false;
        assert!(schedule.remote.close(FIRST_TICKET, Writer::Rule));
        rest(&mut schedule);
        schedule.is_idle = false;
        schedule.transact(0, None, Desk::follow_up);
        rest(&mut schedule);
        assert!(schedule.ledger.violations.is_empty());
        let second = &mut schedule.remote.tickets[1].comments[0];
        assert!(!second.public && matches!(second.origin, Origin::Repeats(_)));
        second.public |= widens;
        assert_eq!(found(&mut schedule), widens.then_some("I-08"));
    }
}

#[test]
fn a_ticket_and_a_case_that_stay_with_a_customer_who_was_merged_away_are_seen() {
    let cast = Cast::default();
    let mut schedule = published(&cast);
    let [first, second] = CUSTOMERS;
    schedule.db.desks[0].fields.contact = contact_of(first).map(str::to_owned);
    let link = schedule.db.desks[0].link.as_mut().unwrap();
    let pair = |user: i64| {
        let user_there = Some(user.to_string());
        Pair::new(contact_of(user).map(str::to_owned), user_there)
    };
    link.agreed.put(CaseField::Contact, pair(first));
    schedule.remote.tickets[0].ticket.requester_id = Some(first);
    assert_eq!(found(&mut schedule), None);
    schedule.swarm.merged = Some((first, second));
    assert_eq!(found(&mut schedule), Some("I-10"), "the ticket is behind");
    schedule.ledger.violations.clear();
    let moved = schedule.remote.merge_users(first, second);
    assert_eq!(moved, [FIRST_TICKET]);
    schedule.ledger.moved.extend(moved);
    assert_eq!(found(&mut schedule), Some("I-10"), "the case is behind");
    schedule.ledger.violations.clear();
    rest(&mut schedule);
    assert!(schedule.ledger.violations.is_empty());
    let contact = schedule.db.desks[0].fields.contact.as_deref();
    assert_eq!(contact, contact_of(second));
    schedule.db.desks[0].fields.contact = None;
    assert_eq!(found(&mut schedule), Some("I-10"), "the contact is lost");
}

#[test]
fn a_change_that_waits_for_a_follow_up_of_a_merged_ticket_is_seen() {
    let cast = Cast::default();
    let mut schedule = published(&cast);
    schedule.is_idle = false;
    schedule.create_case();
    schedule.transact(1, None, Desk::publish);
    rest(&mut schedule);
    assert!(schedule.remote.merge(FIRST_TICKET, FIRST_TICKET + 1));
    say(&mut schedule, "l1", true);
    let parked = &mut schedule.db.desks[0].operations[0];
    let into = Some(FIRST_TICKET + 1);
    assert_eq!(parked.reason, Some(Parked::TicketMerged { into }));
    for wrong in [Parked::TicketClosed, Parked::TicketMerged { into: None }] {
        schedule.db.desks[0].operations[0].reason = Some(wrong);
        assert_eq!(found(&mut schedule), Some("I-10"));
        schedule.ledger.violations.clear();
    }
}

#[test]
fn more_writes_than_there_were_reasons_for_are_seen() {
    let cast = Cast::default();
    let mut schedule = published(&cast);
    assert_eq!(found(&mut schedule), None);
    schedule.remote.fields_set = 1;
    assert_eq!(found(&mut schedule), Some("I-07"));
}

#[test]
fn a_case_that_loses_a_comment_or_its_ticket_is_seen() {
    let cast = Cast::default();
    for lose in [
        (|desk: &mut Desk| desk.comments.clear()) as fn(&mut Desk),
        |desk| desk.link = None,
        |desk| desk.deleted = true,
    ] {
        let mut schedule = published(&cast);
        schedule.transact(0, None, |desk, _, _| lose(desk));
        let found = schedule.ledger.violations.first();
        assert_eq!(found.map(|found| found.invariant), Some("I-09"));
    }
}
