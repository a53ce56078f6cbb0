//! What cannot be delivered parks with a reason, holds nothing else up, and can be retried or given up.

use rstest::rstest;

use super::stage::*;
use crate::case::{CaseField, CasePriority, CaseStatus};
use crate::desk::{Received, Written};
use crate::outbox::Parked;
use crate::push::{Reply, Sending};

fn refusal(fields: &[Option<CaseField>]) -> Net {
    let fields = fields
        .iter()
        .map(|field| (*field, "No.".to_owned()))
        .collect();
    Net::Says(Reply::Refused { fields })
}

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

#[test]
fn a_refused_field_parks_and_the_rest_goes_again_as_a_new_operation() {
    let mut stage = edited();
    stage.net.push_back(refusal(&[Some(CaseField::Priority)]));
    stage.rest();
    assert_eq!(stage.line(), ["fields parked priority refused"]);
    assert_eq!(stage.zendesk.ticket(TICKET).subject, text("Printer cold"));
    assert_eq!(stage.zendesk.ticket(TICKET).status, text("pending"));
    assert_eq!(stage.zendesk.ticket(TICKET).priority, text("normal"));
    assert_eq!(stage.desk.fields.priority, CasePriority::High);
}

#[test]
fn a_refusal_of_the_record_as_a_whole_parks_the_status_if_that_was_sent() {
    let mut stage = edited();
    stage.net.push_back(refusal(&[None]));
    stage.rest();
    assert_eq!(stage.line(), ["fields parked status refused"]);
    assert_eq!(stage.zendesk.ticket(TICKET).priority, text("high"));
}

#[rstest]
#[case::as_a_whole(&[None])]
#[case::in_a_field_that_was_not_sent(&[Some(CaseField::Contact)])]
#[case::without_a_reason(&[])]
fn a_refusal_that_fits_nothing_sent_parks_all_of_it(#[case] named: &[Option<CaseField>]) {
    let mut stage = Stage::linked(REMOTE);
    stage.edit(|fields| {
        fields.priority = CasePriority::High;
        fields.subject = "Printer cold".to_owned();
    });
    stage.net.push_back(refusal(named));
    stage.rest();
    assert_eq!(stage.line(), ["fields parked subject priority refused"]);
    assert_eq!(stage.zendesk.writes, 0);
}

#[test]
fn zendesks_own_words_are_kept_but_not_without_end() {
    let mut stage = edited();
    let fields = vec![(None, "nö ".repeat(200)), (None, "end".to_owned())];
    stage.net.push_back(Net::Says(Reply::Refused { fields }));
    stage.rest();
    let op_id = stage.parked();
    let Some(Parked::Refused { said }) = &stage.desk.operation(&op_id).unwrap().reason else {
        panic!("{:?}", stage.line())
    };
    assert_eq!(said.chars().count(), 300);
    assert!(said.starts_with("nö nö"));
}

#[test]
fn an_edit_made_while_a_value_was_being_refused_is_tried_by_itself() {
    let mut stage = Stage::linked(REMOTE);
    stage.edit(|fields| fields.priority = CasePriority::High);
    stage.now += crate::outbox::SETTLE;
    stage.net.push_back(refusal(&[Some(CaseField::Priority)]));
    let mut worker = stage.claim().unwrap();
    stage.until_sending(&mut worker);
    stage.edit(|fields| fields.priority = CasePriority::Low);
    stage.finish(&mut worker);
    stage.rest();
    assert!(stage.line().is_empty(), "{:?}", stage.line());
    assert_eq!(stage.zendesk.ticket(TICKET).priority, text("low"));
    stage.assert_in_step();
}

#[test]
fn a_later_edit_frees_a_parked_field_and_is_sent() {
    let mut stage = edited();
    stage.net.push_back(refusal(&[Some(CaseField::Priority)]));
    stage.rest();
    stage.edit(|fields| fields.priority = CasePriority::Low);
    assert_eq!(stage.line(), ["fields waiting"]);
    stage.rest();
    assert_eq!(stage.zendesk.ticket(TICKET).priority, text("low"));
    stage.assert_in_step();
}

#[test]
fn an_edit_reads_back_to_where_earlier_ones_may_have_left_a_mark_and_no_further() {
    let mut stage = Stage::linked(REMOTE);
    stage.say("c1");
    stage.pass(60);
    stage.edit(|fields| fields.priority = CasePriority::High);
    let first = stage.now;
    assert_eq!(stage.desk.operations[1].created_at, first);
    stage.desk.operations[1].park(Parked::TicketClosed);
    stage.pass(3600);
    stage.edit(|fields| fields.subject = "Printer cold".to_owned());
    assert_eq!(stage.desk.operations[2].created_at, first);
}

#[test]
fn an_edit_of_another_field_leaves_a_parked_one_parked() {
    let mut stage = edited();
    stage.net.push_back(refusal(&[Some(CaseField::Priority)]));
    stage.rest();
    stage.edit(|fields| fields.subject = "Printer lukewarm".to_owned());
    stage.rest();
    assert_eq!(stage.line(), ["fields parked priority refused"]);
    assert_eq!(
        stage.zendesk.ticket(TICKET).subject,
        text("Printer lukewarm")
    );
    assert_eq!(stage.zendesk.ticket(TICKET).priority, text("normal"));
}

#[test]
fn a_pull_that_leaves_nothing_to_send_ends_what_was_parked_for_it() {
    let mut stage = edited();
    stage.net.push_back(refusal(&[Some(CaseField::Priority)]));
    stage.rest();
    stage.change(CaseField::Priority, "high");
    assert_eq!(stage.pull(), Received::Merged);
    assert!(stage.line().is_empty());
    stage.assert_in_step();
}

#[test]
fn what_stays_as_it_is_is_not_written_again() {
    let mut stage = edited();
    stage.net.push_back(refusal(&[Some(CaseField::Priority)]));
    stage.rest();
    stage.pass(60);
    stage.written = Written::default();
    assert_eq!(stage.pull(), Received::Merged);
    assert_eq!(stage.written, Written::default());
    stage.edit(|fields| fields.priority = CasePriority::Low);
    assert_eq!(stage.written.operations.len(), 2, "one ended, one new");
}

#[test]
fn a_retry_sends_the_parked_value_again() {
    let mut stage = edited();
    stage.net.push_back(refusal(&[Some(CaseField::Priority)]));
    stage.rest();
    assert!(stage.retry());
    assert_eq!(stage.line(), ["fields waiting"]);
    stage.rest();
    assert_eq!(stage.zendesk.ticket(TICKET).priority, text("high"));
    stage.assert_in_step();
}

#[test]
fn giving_up_a_field_puts_back_what_both_sides_last_agreed_on() {
    let mut stage = edited();
    stage.net.push_back(refusal(&[Some(CaseField::Priority)]));
    stage.rest();
    assert!(stage.discard());
    assert_eq!(stage.desk.fields.priority, CasePriority::Normal);
    assert_eq!(stage.desk.fields.status, CaseStatus::InProgress);
    assert!(
        stage.written.look_again,
        "Zendesk may have set it meanwhile"
    );
    assert!(stage.line().is_empty());
    stage.assert_in_step();
}

#[test]
fn every_field_can_be_given_up() {
    let mut stage = Stage::linked(REMOTE);
    let before = stage.desk.fields.clone();
    stage.edit(|fields| {
        fields.subject = "Printer cold".to_owned();
        fields.status = CaseStatus::Resolved;
        fields.priority = CasePriority::High;
        fields.assigned_to = text("bob");
        fields.contact = text("eva");
    });
    stage.zendesk.ticket(TICKET).status = text("closed");
    stage.rest();
    assert!(stage.discard());
    assert_eq!(stage.desk.fields.subject, before.subject);
    assert_eq!(stage.desk.fields.priority, before.priority);
    assert_eq!(stage.desk.fields.assigned_to, before.assigned_to);
    assert_eq!(stage.desk.fields.contact, before.contact);
    assert_eq!(stage.desk.fields.status, before.status);
    assert_eq!(stage.desk.fields.closed_at, None);
    assert!(stage.line().is_empty());
}

#[test]
fn what_is_not_parked_can_neither_be_retried_nor_given_up() {
    let mut stage = edited();
    let op_id = stage.desk.operations[0].op_id.clone();
    for id in [op_id.as_str(), "unknown"] {
        let before = stage.desk.clone();
        assert!(!stage.with(|desk, room, written| desk.retry(id, room, written)));
        assert!(!stage.with(|desk, room, written| desk.discard(id, room, written)));
        assert_eq!(stage.desk, before);
    }
}

#[test]
fn what_zendesk_says_it_took_and_did_not_parks_after_the_third_time() {
    let mut stage = Stage::linked(REMOTE);
    stage.edit(|fields| fields.priority = CasePriority::High);
    stage.net.extend([Net::TookNothing, Net::TookNothing]);
    stage.now += crate::outbox::SETTLE;
    for times in 1..=2 {
        assert!(stage.work());
        assert_eq!(stage.desk.operations[0].payload.not_taken, times);
        assert_eq!(stage.line(), ["fields waiting"]);
        assert!(!stage.work(), "it pauses first");
        stage.pass(60);
    }
    let mut twice = stage.desk.clone();
    stage.net.push_back(Net::TookNothing);
    assert!(stage.work());
    assert_eq!(stage.line(), ["fields parked priority not_taken"]);
    std::mem::swap(&mut stage.desk, &mut twice);
    stage.rest();
    stage.assert_in_step();
}

#[test]
fn of_several_fields_the_one_not_taken_parks_and_the_others_are_done() {
    let mut stage = edited();
    stage
        .net
        .push_back(Net::TookAllBut(vec![CaseField::Priority]));
    stage.rest();
    assert_eq!(stage.line(), ["fields parked priority not_taken"]);
    assert_eq!(stage.zendesk.writes, 1);
    assert_eq!(stage.desk.fields.priority, CasePriority::High);
    assert!(stage.agreed(CaseField::Subject).unwrap().crm == text("Printer cold"));
}

#[test]
fn a_trace_of_ours_without_the_field_is_not_tried_for_ever() {
    let mut stage = Stage::linked(REMOTE);
    stage.edit(|fields| fields.priority = CasePriority::High);
    // Zendesk's own rule touches the tags, so there is an audit with our marker and nothing of ours.
    stage.zendesk.trigger = vec![(CaseField::Subject, text("[seen] Printer on fire"))];
    stage.zendesk.ignores_always = vec![CaseField::Priority];
    stage.rest();
    assert_eq!(stage.line(), ["fields parked priority not_taken"]);
    assert!(stage.zendesk.writes <= 3, "{}", stage.zendesk.writes);
}

#[test]
fn a_case_given_to_somebody_unknown_there_parks_only_that_field() {
    let mut stage = Stage::linked(REMOTE);
    stage.edit(|fields| {
        fields.assigned_to = text("nobody");
        fields.priority = CasePriority::High;
    });
    stage.net.push_back(Net::Says(Reply::Changed));
    stage.rest();
    assert_eq!(stage.line(), ["fields parked assigned_to nobody_there"]);
    assert_eq!(stage.zendesk.ticket(TICKET).priority, text("high"));
    assert_eq!(stage.zendesk.ticket(TICKET).assignee_id, Some(ADA));
}

#[test]
fn an_edit_takes_no_operation_from_the_worker_that_is_about_to_park_it() {
    let mut stage = Stage::linked(REMOTE);
    stage.edit(|fields| fields.assigned_to = text("nobody"));
    stage.pass(3);
    let mut worker = stage.claim().unwrap();
    stage.until_closing(&mut worker);
    stage.edit(|fields| fields.assigned_to = text("bob"));
    assert_eq!(stage.line(), ["fields claimed", "fields waiting"]);
    stage.finish(&mut worker);
    assert_eq!(worker.closed, Some(true));
    stage.rest();
    assert_eq!(stage.zendesk.ticket(TICKET).assignee_id, Some(BOB));
    assert!(stage.line().is_empty(), "{:?}", stage.line());
    stage.assert_in_step();
}

#[test]
fn what_parks_for_different_reasons_says_each() {
    let mut stage = Stage::linked(REMOTE);
    stage.zendesk.ticket(TICKET).assignee_id = None;
    stage.pull();
    stage.edit(|fields| {
        fields.status = CaseStatus::Resolved;
        fields.contact = text("stranger");
    });
    stage.rest();
    assert_eq!(
        stage.line(),
        [
            "fields parked contact no_requester",
            "fields parked status nobody_to_solve"
        ]
    );
}

#[test]
fn solving_without_an_assignee_takes_the_default_user() {
    let mut stage = Stage::linked(REMOTE);
    stage.rules.default_user = Some(BOB);
    stage.edit(|fields| {
        fields.status = CaseStatus::Resolved;
        fields.assigned_to = None;
    });
    stage.rest();
    let ticket = stage.zendesk.ticket(TICKET).clone();
    assert_eq!(
        (ticket.status, ticket.assignee_id),
        (text("solved"), Some(BOB))
    );
    assert_eq!(stage.desk.fields.assigned_to, None);
    assert_eq!(stage.desk.fields.status, CaseStatus::Resolved);
    assert!(stage.line().is_empty() && stage.zendesk.writes == 1);
}

#[test]
fn solving_without_an_assignee_and_without_a_default_user_parks_the_status_alone() {
    let mut stage = Stage::linked(REMOTE);
    stage.edit(|fields| {
        fields.status = CaseStatus::Closed;
        fields.assigned_to = None;
    });
    stage.rest();
    assert_eq!(stage.line(), ["fields parked status nobody_to_solve"]);
    assert_eq!(stage.zendesk.ticket(TICKET).assignee_id, None);
    assert_eq!(stage.zendesk.ticket(TICKET).status, text("open"));
}

#[test]
fn solving_with_the_tickets_own_assignee_needs_nobody_else() {
    let mut stage = Stage::linked(REMOTE);
    stage.edit(|fields| fields.status = CaseStatus::Resolved);
    stage.rest();
    assert_eq!(stage.zendesk.ticket(TICKET).status, text("solved"));
    assert_eq!(stage.zendesk.ticket(TICKET).assignee_id, Some(ADA));
    assert!(stage.line().is_empty());
}

#[test]
fn a_default_user_that_zendesk_refuses_parks_the_solving_and_is_not_tried_for_ever() {
    let mut stage = Stage::linked(REMOTE);
    stage.rules.default_user = Some(BOB);
    stage.zendesk.ticket(TICKET).assignee_id = None;
    stage.pull();
    stage.edit(|fields| {
        fields.status = CaseStatus::Resolved;
        fields.priority = CasePriority::High;
    });
    for _ in 0..20 {
        stage.net.push_back(refusal(&[Some(CaseField::AssignedTo)]));
    }
    stage.now += crate::outbox::SETTLE;
    stage.work();
    stage.net.clear();
    for _ in 0..20 {
        stage.net.push_back(refusal(&[Some(CaseField::AssignedTo)]));
        stage.pass(60);
        let Some(mut worker) = stage.claim() else {
            break;
        };
        stage.until_sending(&mut worker);
        if let Sending::Fields { values, .. } = sending(&worker)
            && !values.contains_key(&CaseField::AssignedTo)
        {
            stage.net.clear();
        }
        stage.finish(&mut worker);
    }
    assert_eq!(stage.line(), ["fields parked status refused"]);
    assert_eq!(stage.zendesk.ticket(TICKET).priority, text("high"));
}

#[test]
fn one_parked_operation_is_not_discarded_with_a_value_the_case_no_longer_has() {
    let mut stage = edited();
    stage.net.push_back(refusal(&[Some(CaseField::Priority)]));
    stage.rest();
    // As if somebody had changed the case without a look at the line.
    stage.desk.fields.priority = CasePriority::Low;
    assert!(stage.discard());
    assert_eq!(stage.desk.fields.priority, CasePriority::Low);
}
