//! A ticket that bears our external id comes in by the way, most often after a database was restored.

use super::stage::*;
use crate::case::{CaseField, CasePriority};
use crate::comment::TicketComment;
use crate::desk::{Marker, Place, Received, Written};
use crate::guard::{Guard, Guards};
use crate::merge::Mode;
use crate::outbox::State;
use crate::push::{Action, Audit, Reply};

/// The poller brings in a ticket that bears our external id.
fn adopt(stage: &mut Stage, id: i64) -> Received {
    let (ticket, now) = (stage.zendesk.ticket(id).clone(), stage.now);
    let audits = stage.zendesk.audits.iter().filter(|(of, _)| *of == id);
    let audits: Vec<Audit> = audits.map(|(_, audit)| audit.clone()).collect();
    stage.with(|desk, room, written| desk.adopt(&ticket, now, &audits, room, written))
}

/// A case that was published with two comments, in a database restored from
/// before that.
fn restored(mode: Mode) -> Stage {
    let mut stage = Stage::bare(mode);
    stage.edit(|fields| fields.priority = CasePriority::High);
    stage.say("c1");
    stage.say("c2");
    let backup = stage.desk.clone();
    stage.mode = REMOTE;
    stage.with(|desk, room, written| desk.publish(room, written));
    stage.rest();
    (stage.desk, stage.mode) = (backup, mode);
    stage.written = Written::default();
    stage.pass(3600);
    stage
}

fn there(stage: &Stage) -> Vec<&str> {
    let comments = stage.zendesk.comments.iter();
    comments.map(|(comment, _)| comment.as_str()).collect()
}

#[test]
fn a_forgotten_ticket_is_linked_again_with_its_comments_and_nothing_is_sent_twice() {
    let mut stage = restored(REMOTE);
    stage.say("c3");
    assert_eq!(adopt(&mut stage, TICKET), Received::Merged);
    assert!(stage.written.link && stage.written.closed_link.is_none());
    assert_eq!(stage.written.mapped.len(), 2);
    assert_eq!(stage.desk.predecessors, 0);
    stage.rest();
    assert_eq!(there(&stage), ["description", "c1", "c2", "c3"]);
    assert_eq!(stage.zendesk.tickets.len(), 1);
    assert!(stage.written.conflicts.is_empty() && stage.line().is_empty());
    stage.assert_in_step();
}

#[test]
fn an_edit_that_waited_for_a_ticket_which_somebody_else_linked_is_told_also_if_that_is_deleted() {
    let mut stage = Stage::bare(REMOTE);
    stage.with(|desk, room, written| desk.publish(room, written));
    stage.net.push_back(Net::AnswerLost);
    assert!(stage.work());
    // Two-way sync is off for a while, so the pull links the ticket at once.
    stage.mode = Mode::OneWay;
    assert_eq!(adopt(&mut stage, TICKET), Received::Merged);
    stage.pass(60);
    assert_eq!(stage.pull(), Received::Merged);
    stage.mode = REMOTE;
    stage.edit(|fields| fields.priority = CasePriority::High);
    assert_eq!(stage.line(), ["publish waiting"]);
    stage.zendesk.ticket(TICKET).status = text("deleted");
    stage.rest();
    assert_eq!(stage.line(), ["fields parked priority ticket_deleted"]);
}

#[test]
fn an_edit_made_after_a_refused_repeat_of_a_late_creation_stands_when_the_ticket_comes_to_light() {
    let mut stage = Stage::bare(REMOTE);
    stage.with(|desk, room, written| desk.publish(room, written));
    stage.net.push_back(Net::Late);
    assert!(stage.work());
    stage.edit(|fields| fields.priority = CasePriority::High);
    stage.pass(60);
    let said = vec![(None, "No.".to_owned())];
    let refused = Reply::Refused { fields: said };
    stage.net.push_back(Net::Says(refused));
    assert!(stage.work());
    assert_eq!(stage.line(), ["publish parked refused"]);
    stage.arrive();
    stage.pass(60);
    assert_eq!(adopt(&mut stage, TICKET), Received::Merged);
    stage.rest();
    assert_eq!(stage.desk.fields.priority, CasePriority::High);
    assert_eq!(stage.zendesk.ticket(TICKET).priority, text("high"));
    assert!(stage.written.conflicts.is_empty() && stage.line().is_empty());
    assert_eq!(stage.zendesk.tickets.len(), 1);
    stage.assert_in_step();
}

#[test]
fn what_differs_from_a_forgotten_ticket_is_a_conflict_by_the_rule() {
    for (mode, priority) in [(REMOTE, "low"), (LOCAL, "high")] {
        let mut stage = restored(mode);
        stage.change(CaseField::Priority, "low");
        assert_eq!(adopt(&mut stage, TICKET), Received::Merged);
        stage.rest();
        assert_eq!(stage.zendesk.ticket(TICKET).priority, text(priority));
        assert_eq!(stage.written.conflicts.len(), 1);
        stage.assert_in_step();
    }
}

#[test]
fn with_two_way_off_a_forgotten_ticket_is_linked_and_gets_nothing() {
    let mut stage = restored(Mode::OneWay);
    stage.say("c3");
    assert_eq!(adopt(&mut stage, TICKET), Received::Merged);
    stage.rest();
    assert!(stage.line().is_empty());
    assert_eq!(there(&stage), ["description", "c1", "c2"]);
    assert!(stage.desk.link.is_some());
}

#[test]
fn while_a_ticket_is_being_made_its_maker_links_it() {
    let mut stage = restored(REMOTE);
    stage.with(|desk, room, written| desk.publish(room, written));
    let before = stage.desk.clone();
    assert_eq!(adopt(&mut stage, TICKET), Received::Deferred);
    assert_eq!(stage.desk, before);
    stage.mode = Mode::OneWay;
    assert_eq!(
        adopt(&mut stage, TICKET),
        Received::Merged,
        "nobody makes it now"
    );
}

#[test]
fn a_parked_publication_is_done_once_its_ticket_comes_in() {
    let mut stage = restored(REMOTE);
    stage.with(|desk, room, written| desk.publish(room, written));
    let operation = stage.desk.operations.last_mut().unwrap();
    operation.park(crate::outbox::Parked::NoRequester);
    let op_id = operation.op_id.clone();
    stage.written = Written::default();
    assert_eq!(adopt(&mut stage, TICKET), Received::Merged);
    assert_eq!(stage.desk.operation(&op_id).unwrap().state, State::Done);
    assert!(stage.written.operations.contains(&op_id));
}

#[test]
fn a_case_keeps_its_open_ticket_and_takes_no_stranger() {
    for external_id in [
        None,
        text("deskbridge:zd:case"),
        text("deskbridge:zd:case:2"),
        text("deskbridge:zd:other:1"),
    ] {
        let mut stage = Stage::linked(REMOTE);
        let stranger = crate::ticket::Ticket {
            id: 999,
            external_id,
            ..stage.zendesk.tickets[0].clone()
        };
        stage.zendesk.tickets.push(stranger);
        let before = stage.desk.clone();
        assert_eq!(adopt(&mut stage, 999), Received::Stale);
        assert_eq!(stage.desk, before);
    }
    let mut stage = restored(REMOTE);
    stage.zendesk.ticket(TICKET).external_id = text("deskbridge:zd:other");
    assert_eq!(adopt(&mut stage, TICKET), Received::Stale);
    assert!(stage.desk.link.is_none());
}

#[test]
fn the_cases_own_ticket_comes_in_as_always() {
    let mut stage = Stage::linked(REMOTE);
    stage.zendesk.ticket(TICKET).external_id = text("deskbridge:zd:case");
    stage.change(CaseField::Subject, "Printer cold");
    assert_eq!(adopt(&mut stage, TICKET), Received::Merged);
    assert_eq!(stage.desk.fields.subject, "Printer cold");
    stage.assert_in_step();
}

#[test]
fn a_forgotten_follow_up_takes_the_case_over_with_what_is_parked() {
    let mut stage = Stage::linked(REMOTE);
    stage.zendesk.ticket(TICKET).status = text("closed");
    stage.say("c1");
    stage.rest();
    let backup = stage.desk.clone();
    stage.with(|desk, room, written| desk.follow_up(room, written));
    assert!(stage.work());
    stage.desk = backup;
    stage.written = Written::default();
    assert_eq!(adopt(&mut stage, TICKET + 1), Received::Merged);
    assert_eq!(stage.written.closed_link, Some(TICKET));
    assert_eq!(stage.desk.predecessors, 1);
    stage.rest();
    assert_eq!(stage.desk.link.as_ref().unwrap().ticket, TICKET + 1);
    assert_eq!(there(&stage), ["description", "c1"]);
    assert!(stage.line().is_empty());
    stage.assert_in_step();
}

#[test]
fn a_creation_that_is_answered_from_its_key_looks_at_what_was_said_on_the_ticket_since() {
    for is_restored in [true, false] {
        let mut stage = Stage::bare(REMOTE);
        stage.say("c1");
        stage.with(|desk, room, written| desk.publish(room, written));
        let backup = stage.desk.clone();
        stage.rest();
        stage.desk = backup;
        stage.pass(600);
        // It is not listed while it is deleted, and Zendesk knows the key all the same.
        stage.zendesk.ticket(TICKET).status = text("deleted");
        let mut worker = stage.claim().unwrap();
        while !matches!(worker.action, Action::Send(_)) {
            assert!(stage.step(&mut worker));
        }
        if is_restored {
            stage.zendesk.ticket(TICKET).status = text("new");
        }
        stage.finish(&mut worker);
        stage.rest();
        assert_eq!(stage.desk.link.as_ref().unwrap().ticket, TICKET);
        assert_eq!(stage.zendesk.tickets.len(), 1);
        assert_eq!(there(&stage), ["description", "c1"], "said once");
    }
}

/// A case whose ticket was closed and then deleted, and which has a follow-up, in a database restored from
/// before it had either of them.
fn restored_before_both() -> Stage {
    let mut stage = Stage::bare(REMOTE);
    let backup = stage.desk.clone();
    stage.with(|desk, room, written| desk.publish(room, written));
    stage.rest();
    stage.zendesk.ticket(TICKET).status = text("closed");
    stage.with(|desk, room, written| desk.follow_up(room, written));
    stage.rest();
    stage.zendesk.ticket(TICKET).status = text("deleted");
    stage.desk = backup;
    stage.written = Written::default();
    stage.pass(3600);
    stage
}

#[test]
fn a_case_that_is_published_again_finds_the_follow_up_of_a_ticket_that_was_deleted() {
    let mut stage = restored_before_both();
    stage.edit(|fields| fields.priority = CasePriority::High);
    stage.with(|desk, room, written| desk.publish(room, written));
    stage.rest();
    assert_eq!(stage.zendesk.tickets.len(), 2, "none is made for it");
    assert_eq!(stage.desk.link.as_ref().unwrap().ticket, TICKET + 1);
    assert_eq!(stage.desk.predecessors, 1);
    assert_eq!(stage.desk.external_id("zd", true), "deskbridge:zd:case:2");
    assert!(stage.line().is_empty(), "{:?}", stage.line());
    stage.assert_in_step();
}

#[test]
fn what_was_sent_for_the_first_ticket_is_not_agreed_on_with_a_forgotten_follow_up() {
    let mut stage = restored_before_both();
    stage.with(|desk, room, written| desk.publish(room, written));
    let reply = Reply::Unknown {
        problem: "No answer.".to_owned(),
    };
    stage.net.push_back(Net::Says(reply));
    let follow_up = stage.zendesk.tickets.pop().unwrap();
    assert!(stage.work(), "the follow-up is listed only now");
    stage.zendesk.tickets.push(follow_up);
    stage.change(CaseField::Priority, "urgent");
    stage.pass(60);
    stage.rest();
    assert_eq!(stage.zendesk.tickets.len(), 2);
    let told = stage.written.conflicts.iter();
    let told: Vec<_> = told.map(|one| (one.field, one.agreed.clone())).collect();
    assert!(told == [(CaseField::Priority, None)], "{told:?}");
    stage.assert_in_step();
}

#[test]
fn a_follow_up_is_taken_by_its_number_when_those_before_it_are_gone() {
    let mut stage = restored_before_both();
    assert_eq!(adopt(&mut stage, TICKET + 1), Received::Merged);
    assert_eq!(stage.desk.predecessors, 1);
    assert!(stage.written.link && stage.written.closed_link.is_none());
    // Its first ticket is somebody else's from now on, should it be restored.
    stage.zendesk.ticket(TICKET).status = text("closed");
    assert_eq!(adopt(&mut stage, TICKET), Received::Stale);
    // And so is a second copy of the same one.
    let copy = crate::ticket::Ticket {
        id: 999,
        ..stage.zendesk.ticket(TICKET + 1).clone()
    };
    stage.zendesk.tickets.push(copy);
    assert_eq!(adopt(&mut stage, 999), Received::Stale);
}

#[test]
fn a_comment_of_ours_is_known_by_its_marker_although_its_sending_was_forgotten() {
    let stage = restored(REMOTE);
    let comment = TicketComment {
        id: 77,
        ticket_id: TICKET,
        ..TicketComment::default()
    };
    let placed = |marker: Marker, guards| stage.desk.place(&comment, &marker, None, guards);
    let ours = |id: &str| Marker::Ours(id.to_owned());
    let known = Place::Ours {
        comment: "c1".to_owned(),
        op_id: text("c1"),
    };
    assert_eq!(placed(ours("c1"), Guards::ALL), known);
    assert_eq!(placed(ours("lost"), Guards::ALL), Place::New);
    assert_eq!(placed(Marker::Foreign, Guards::ALL), Place::New);
    // Its sending may be what was forgotten, so a look at the marker is due.
    assert_eq!(placed(Marker::Unchecked, Guards::ALL), Place::Wait);
    let blind = Guards::without(Guard::Marker);
    assert_eq!(placed(ours("c1"), blind), Place::New);
    assert_eq!(placed(Marker::Unchecked, blind), Place::New);
    // With every comment known, nothing of ours can be on its way.
    let linked = Stage::linked(REMOTE);
    let placed = linked
        .desk
        .place(&comment, &Marker::Unchecked, None, Guards::ALL);
    assert_eq!(placed, Place::New);
    let fresh = Stage::bare(REMOTE);
    let placed = fresh
        .desk
        .place(&comment, &Marker::Unchecked, None, Guards::ALL);
    assert_eq!(placed, Place::New, "the description is told by itself");
}
