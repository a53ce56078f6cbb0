//! What is agreed once an attempt has ended, to the letter.

use super::stage::*;
use crate::case::{CaseField, CaseFields, CasePriority, CaseStatus};
use crate::desk::Written;
use crate::guard::{Guard, Guards};
use crate::push::{Audit, Closing, Sending};
use crate::value::Pair;

#[test]
fn without_the_guard_of_what_is_agreed_a_triggers_change_would_be_taken_for_ours() {
    for (guards, priority) in [
        (Guards::ALL, CasePriority::High),
        (Guards::without(Guard::Agreed), CasePriority::Low),
    ] {
        let mut stage = Stage::linked(REMOTE);
        stage.guards = guards;
        stage.zendesk.trigger = vec![(CaseField::Priority, text("urgent"))];
        stage.edit(|fields| fields.priority = CasePriority::Low);
        stage.now += crate::outbox::SETTLE;
        stage.work();
        assert_eq!(stage.desk.fields.priority, priority);
    }
}

#[test]
fn an_edit_that_our_request_went_over_is_on_record_and_the_rule_decides() {
    for (mode, priority) in [(REMOTE, "high"), (LOCAL, "low")] {
        let mut stage = Stage::linked(mode);
        // As where Zendesk does not look at the stamp in the moment in which it writes.
        stage.guards = Guards::without(Guard::SafeUpdate);
        stage.edit(|fields| {
            fields.priority = CasePriority::Low;
            fields.subject = "Printer cold".to_owned();
        });
        stage.now += crate::outbox::SETTLE;
        let mut worker = stage.claim().unwrap();
        stage.until_sending(&mut worker);
        stage.change(CaseField::Priority, "high");
        stage.finish(&mut worker);
        let [conflict] = stage.written.conflicts.as_slice() else {
            panic!("{:?}", stage.written.conflicts)
        };
        assert!(conflict.field == CaseField::Priority && conflict.zendesk == text("high"));
        stage.rest();
        let ticket = stage.zendesk.ticket(TICKET);
        assert_eq!(ticket.priority, text(priority));
        assert_eq!(ticket.subject, text("Printer cold"));
        stage.assert_in_step();
    }
}

#[test]
fn without_its_guard_no_stamp_is_sent() {
    for edit in [true, false] {
        let mut stage = Stage::linked(REMOTE);
        stage.guards = Guards::without(Guard::SafeUpdate);
        if edit {
            stage.edit(|fields| fields.priority = CasePriority::Low);
        } else {
            stage.say("c1");
        }
        stage.now += crate::outbox::SETTLE;
        let mut worker = stage.claim().unwrap();
        stage.until_sending(&mut worker);
        let (Sending::Fields { stamp, .. } | Sending::Comment { stamp, .. }) = sending(&worker)
        else {
            panic!("{worker:?}")
        };
        assert_eq!(*stamp, None);
    }
}

#[test]
fn what_was_read_before_a_write_is_old_news_also_while_another_edit_waits() {
    let mut stage = Stage::linked(REMOTE);
    stage.edit(|fields| fields.priority = CasePriority::High);
    stage.now += crate::outbox::SETTLE;
    let mut worker = stage.claim().unwrap();
    stage.until_sending(&mut worker);
    stage.edit(|fields| fields.subject = "Printer cold".to_owned());
    stage.finish(&mut worker);
    assert_eq!(stage.line(), ["fields waiting"]);
    let seen = stage.desk.link.as_ref().unwrap().seen;
    assert_eq!(seen.updated_at, stage.zendesk.tickets[0].updated_at);
    assert!(stage.written.look_again);
}

#[test]
fn a_state_that_is_known_while_an_edit_waits_is_not_written_again() {
    let mut stage = Stage::linked(REMOTE);
    stage.edit(|fields| fields.subject = "Printer cold".to_owned());
    let (ticket, read_at) = (stage.zendesk.tickets[0].clone(), stage.now);
    for is_news in [true, false] {
        stage.written = Written::default();
        stage.with(|desk, room, written| desk.catch_up(&ticket, read_at, room, written));
        assert_eq!(stage.written.link, is_news);
    }
}

/// A case edited like this, published; the worker ends its attempt with this audit, and with the
/// ticket as `change` leaves it.
fn created(
    edit: impl FnOnce(&mut CaseFields),
    audit: Option<Audit>,
    change: impl FnOnce(&mut crate::ticket::Ticket),
) -> Stage {
    let mut stage = Stage::bare(REMOTE);
    stage.edit(edit);
    stage.with(|desk, room, written| desk.publish(room, written));
    let mut worker = stage.claim().unwrap();
    stage.until_closing(&mut worker);
    let mut ticket = stage.zendesk.tickets[0].clone();
    change(&mut ticket);
    let (op_id, token, read_at) = (worker.op_id(), worker.token, stage.now);
    let closing = Closing::Created {
        ticket,
        read_at,
        audit,
        audits: Vec::new(),
        former: Vec::new(),
    };
    assert!(stage.with(|desk, room, written| desk.close(&op_id, token, closing, room, written)));
    stage
}

#[test]
fn a_value_that_the_new_ticket_shows_was_taken_although_no_event_tells() {
    let resolve = |fields: &mut CaseFields| fields.status = CaseStatus::Resolved;
    let stage = created(resolve, Some(Audit::default()), |_| {});
    let status = Pair::new(text("resolved"), text("solved"));
    assert!(stage.agreed(CaseField::Status) == Some(status));
    assert!(stage.line().is_empty());
}

#[test]
fn where_nobody_knows_what_a_ticket_was_made_with_its_value_is_theirs() {
    let stage = created(
        |_| {},
        None,
        |ticket| {
            ticket.priority = text("urgent");
        },
    );
    assert_eq!(stage.desk.fields.priority, CasePriority::High);
    assert!(stage.line().is_empty() && stage.written.conflicts.is_empty());
}

#[test]
fn where_nobody_knows_whom_a_ticket_was_made_for_an_assignee_that_was_not_sent_is_a_conflict() {
    let assign = |fields: &mut CaseFields| fields.assigned_to = text("nobody");
    let stage = created(assign, None, |ticket| ticket.assignee_id = Some(BOB));
    let [conflict] = stage.written.conflicts.as_slice() else {
        panic!("{:?}", stage.written.conflicts)
    };
    assert!(conflict.agreed.is_none() && conflict.crm == text("nobody"));
    assert_eq!(stage.desk.fields.assigned_to, text("bob"));
    assert!(stage.line().is_empty(), "{:?}", stage.line());
}

#[test]
fn a_ticket_that_was_made_for_somebody_else_is_a_conflict_about_the_contact() {
    let stage = created(|_| {}, None, |ticket| ticket.requester_id = Some(EVA));
    let [conflict] = stage.written.conflicts.as_slice() else {
        panic!("{:?}", stage.written.conflicts)
    };
    assert!(conflict.field == CaseField::Contact && conflict.agreed.is_none());
    assert_eq!(stage.desk.fields.contact, text("eva"));
}

#[test]
fn somebody_nobody_knows_whom_the_new_ticket_got_by_itself_is_not_agreed_on() {
    let assign = |fields: &mut CaseFields| fields.assigned_to = text("nobody");
    let audit = Audit {
        fields: vec![(CaseField::AssignedTo, text("77"))],
        ..Audit::default()
    };
    let stage = created(assign, Some(audit), |ticket| ticket.assignee_id = Some(77));
    assert_eq!(stage.agreed(CaseField::AssignedTo), None);
    assert_eq!(stage.desk.fields.assigned_to, text("nobody"));
}

#[test]
fn a_word_nobody_knows_that_the_new_ticket_got_instead_of_ours_leaves_ours_to_be_sent() {
    let audit = Audit {
        fields: vec![(CaseField::Status, text("odd"))],
        ..Audit::default()
    };
    let stage = created(|_| {}, Some(audit), |ticket| ticket.status = text("odd"));
    assert!(stage.agreed(CaseField::Status) == Some(Pair::new(None, text("odd"))));
    assert_eq!(stage.desk.fields.status, CaseStatus::Open);
    assert_eq!(stage.line(), ["fields waiting"]);
}
