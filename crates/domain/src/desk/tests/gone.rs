//! Closed, merged, deleted and erased tickets take nothing more; what was meant for them is kept.

use rstest::rstest;

use super::stage::*;
use crate::case::{CaseField, CasePriority, CaseStatus};
use crate::desk::Received;
use crate::outbox::State;

/// Status, priority and subject edited at once.
fn edited() -> Stage {
    let mut stage = Stage::linked(REMOTE);
    stage.edit(|fields| {
        fields.status = CaseStatus::InProgress;
        fields.priority = CasePriority::High;
        fields.subject = "Printer cold".to_owned();
    });
    stage
}

#[rstest]
#[case::closed("closed", "ticket_closed")]
#[case::deleted("deleted", "ticket_deleted")]
fn edits_of_a_case_whose_ticket_takes_none_park_once(#[case] status: &str, #[case] reason: &str) {
    let mut stage = Stage::linked(REMOTE);
    stage.zendesk.ticket(TICKET).status = text(status);
    stage.edit(|fields| fields.priority = CasePriority::High);
    stage.rest();
    assert_eq!(stage.line(), [format!("fields parked priority {reason}")]);
    // Another edit parks beside it, and says nothing twice.
    stage.edit(|fields| fields.subject = "Printer cold".to_owned());
    stage.rest();
    assert_eq!(
        stage.line(),
        [
            format!("fields parked priority {reason}"),
            format!("fields parked subject {reason}")
        ]
    );
    assert_eq!(stage.zendesk.writes, 0);
}

#[test]
fn news_of_another_ticket_frees_nothing_that_waits_for_the_deleted_one() {
    let mut stage = Stage::linked(REMOTE);
    stage.zendesk.ticket(TICKET).status = text("deleted");
    stage.edit(|fields| fields.priority = CasePriority::High);
    stage.rest();
    let former = crate::ticket::Ticket {
        id: TICKET - 1,
        status: text("open"),
        ..stage.zendesk.tickets[0].clone()
    };
    stage.zendesk.tickets.push(former);
    stage.pass(60);
    assert_eq!(stage.pull(), Received::Stale);
    assert_eq!(stage.line(), ["fields parked priority ticket_deleted"]);
}

#[test]
fn an_operation_that_meets_a_closed_ticket_with_nothing_left_to_send_is_done() {
    let mut stage = Stage::linked(REMOTE);
    stage.edit(|fields| fields.priority = CasePriority::High);
    stage.edit(|fields| fields.priority = CasePriority::Normal);
    stage.zendesk.ticket(TICKET).status = text("closed");
    stage.rest();
    assert!(stage.line().is_empty(), "{:?}", stage.line());
    assert_eq!(stage.desk.operations[0].state, State::Done);
}

#[test]
fn what_is_parked_for_a_ticket_that_was_restored_meanwhile_goes_after_one_more_look() {
    let mut stage = Stage::linked(REMOTE);
    stage.say("c1");
    let mut worker = stage.claim().unwrap();
    stage.zendesk.ticket(TICKET).status = text("deleted");
    stage.until_closing(&mut worker);
    // The worker stands still, and the pull sees the ticket restored before it goes on.
    stage.change(CaseField::Status, "open");
    assert_eq!(stage.pull(), Received::Merged);
    assert!(!stage.written.look_again);
    stage.finish(&mut worker);
    assert_eq!(stage.line(), ["comment c1 parked ticket_deleted"]);
    assert!(
        stage.written.look_again,
        "it is asked for, as nobody else comes"
    );
    stage.pull();
    stage.rest();
    assert_eq!(stage.zendesk.comments.len(), 1);
    assert!(stage.line().is_empty());
}

#[test]
fn what_is_parked_for_a_deleted_ticket_is_what_differs_now_and_not_what_an_earlier_plan_found() {
    let mut stage = Stage::linked(REMOTE);
    stage.edit(|fields| fields.assigned_to = text("nobody there"));
    stage.pass(3);
    // The worker finds that this cannot be sent, and dies before it says so.
    let mut worker = stage.claim().unwrap();
    stage.until_closing(&mut worker);
    stage.edit(|fields| {
        fields.assigned_to = text("bob");
        fields.priority = CasePriority::High;
    });
    stage.zendesk.ticket(TICKET).status = text("deleted");
    stage.rest();
    let parked = ["fields parked priority assigned_to ticket_deleted"];
    assert_eq!(stage.line(), parked);
    // The pull sees the ticket deleted, which changes nothing.
    stage.pass(60);
    stage.pull();
    assert_eq!(stage.line(), parked);
    stage.change(CaseField::Status, "open");
    stage.pull();
    stage.rest();
    assert_eq!(stage.zendesk.ticket(TICKET).assignee_id, Some(BOB));
    stage.assert_in_step();
}

#[test]
fn while_a_ticket_is_deleted_its_parked_edits_stay_parked_and_go_once_it_is_restored() {
    let mut stage = Stage::linked(REMOTE);
    stage.zendesk.ticket(TICKET).status = text("deleted");
    stage.edit(|fields| fields.priority = CasePriority::High);
    stage.say("c1");
    stage.rest();
    let parked = [
        "fields parked priority ticket_deleted",
        "comment c1 parked ticket_deleted",
    ];
    assert_eq!(stage.line(), parked);
    // The pull sees it deleted, again and again.
    for _ in 0..3 {
        stage.pass(60);
        assert_eq!(stage.pull(), Received::Merged);
        assert_eq!(stage.line(), parked);
    }
    stage.zendesk.ticket(TICKET).status = text("open");
    stage.pass(60);
    // What it shows may be our own doing, so the worker is to look at its audits first.
    assert_eq!(stage.pull(), Received::Deferred);
    assert_eq!(stage.line(), ["fields waiting", "comment c1 waiting"]);
    stage.rest();
    assert_eq!(stage.zendesk.ticket(TICKET).priority, text("high"));
    assert_eq!(stage.zendesk.comments.len(), 1);
    stage.assert_in_step();
}

#[test]
fn a_ticket_that_was_deleted_and_restored_as_closed_says_that_it_is_closed() {
    let mut stage = Stage::linked(REMOTE);
    stage.zendesk.ticket(TICKET).status = text("deleted");
    stage.say("c1");
    stage.rest();
    stage.zendesk.ticket(TICKET).status = text("closed");
    stage.pull();
    stage.rest();
    assert_eq!(stage.line(), ["comment c1 parked ticket_closed"]);
}

#[test]
fn after_a_restored_ticket_there_is_one_operation_for_its_fields() {
    let mut stage = Stage::linked(REMOTE);
    stage.zendesk.ticket(TICKET).status = text("deleted");
    stage.edit(|fields| fields.priority = CasePriority::High);
    stage.rest();
    stage.edit(|fields| fields.subject = "Printer cold".to_owned());
    stage.rest();
    stage.zendesk.ticket(TICKET).status = text("open");
    stage.pull();
    assert_eq!(stage.line(), ["fields waiting"]);
    stage.rest();
    stage.assert_in_step();
}

#[test]
fn a_ticket_that_is_gone_altogether_parks_what_waits() {
    let mut stage = edited();
    stage.zendesk.tickets.clear();
    stage.rest();
    assert_eq!(
        stage.line(),
        ["fields parked subject status priority ticket_deleted"]
    );
}

#[test]
fn a_merged_ticket_parks_what_waits() {
    let mut stage = edited();
    stage.say("c1");
    let ticket = stage.zendesk.ticket(TICKET);
    ticket.status = text("closed");
    ticket.tags = vec!["closed_by_merge".to_owned()];
    stage.rest();
    assert_eq!(
        stage.line(),
        [
            "fields parked subject status priority ticket_merged",
            "comment c1 parked ticket_merged"
        ]
    );
}

#[test]
fn an_erased_ticket_parks_what_waits_for_good() {
    let mut stage = edited();
    let ticket = stage.zendesk.ticket(TICKET);
    ticket.status = text("deleted");
    ticket.subject = text("SCRUBBED");
    ticket.description = text("X");
    stage.rest();
    assert_eq!(
        stage.line(),
        ["fields parked subject status priority ticket_erased"]
    );
    assert_eq!(stage.desk.fields.subject, "Printer cold");
}

#[test]
fn an_edit_taken_back_while_its_ticket_is_deleted_leaves_nothing_parked() {
    let mut stage = Stage::linked(REMOTE);
    stage.zendesk.ticket(TICKET).status = text("deleted");
    stage.edit(|fields| fields.priority = CasePriority::High);
    stage.rest();
    stage.edit(|fields| fields.priority = CasePriority::Normal);
    assert!(stage.line().is_empty(), "{:?}", stage.line());
}

#[test]
fn an_edit_taken_back_after_its_ticket_closed_is_looked_for_again_if_it_may_have_arrived() {
    let mut stage = Stage::linked(REMOTE);
    stage.edit(|fields| fields.priority = CasePriority::High);
    stage.pass(3);
    stage.net.push_back(Net::Lost);
    assert!(stage.work());
    stage.zendesk.ticket(TICKET).status = text("closed");
    stage.rest();
    assert_eq!(stage.line(), ["fields parked priority ticket_closed"]);
    stage.edit(|fields| fields.priority = CasePriority::Normal);
    assert_eq!(stage.line(), ["fields waiting"]);
    // Nothing of it is there, and nothing is left to send: nothing is parked for it.
    stage.rest();
    assert!(stage.line().is_empty(), "{:?}", stage.line());
    assert_eq!(stage.desk.operations[0].state, State::Done);
}

/// A case whose raised priority was carried out without an answer, just before its ticket was deleted:
/// with the ticket, which is not there now.
fn deleted_after_our_write() -> (Stage, crate::ticket::Ticket) {
    let mut stage = Stage::linked(REMOTE);
    stage.edit(|fields| fields.priority = CasePriority::High);
    stage.pass(3);
    stage.net.push_back(Net::AnswerLost);
    assert!(stage.work());
    let ticket = stage.zendesk.tickets.remove(0);
    assert_eq!(ticket.priority, text("high"));
    (stage, ticket)
}

#[test]
fn an_edit_taken_back_before_its_ticket_was_deleted_is_taken_back_there_once_that_is_restored() {
    let (mut stage, ticket) = deleted_after_our_write();
    stage.edit(|fields| fields.priority = CasePriority::Normal);
    stage.rest();
    // Nothing differs that is known of, but the write that got no answer is still to be looked for.
    assert_eq!(stage.line(), ["fields parked ticket_deleted"]);
    stage.zendesk.tickets.push(ticket);
    stage.pass(60);
    assert_eq!(stage.pull(), Received::Deferred);
    stage.rest();
    assert_eq!(stage.desk.fields.priority, CasePriority::Normal);
    assert_eq!(stage.zendesk.ticket(TICKET).priority, text("normal"));
    assert!(stage.written.conflicts.is_empty());
    stage.assert_in_step();
}

#[test]
fn a_write_parked_for_a_deleted_ticket_is_known_as_ours_by_the_edit_that_finds_it_restored() {
    let (mut stage, ticket) = deleted_after_our_write();
    stage.rest();
    assert_eq!(stage.line(), ["fields parked priority ticket_deleted"]);
    stage.zendesk.tickets.push(ticket);
    stage.edit(|fields| fields.priority = CasePriority::Low);
    stage.rest();
    assert_eq!(stage.desk.fields.priority, CasePriority::Low);
    assert_eq!(stage.zendesk.ticket(TICKET).priority, text("low"));
    assert!(stage.written.conflicts.is_empty());
    assert!(stage.line().is_empty(), "{:?}", stage.line());
    stage.assert_in_step();
}
