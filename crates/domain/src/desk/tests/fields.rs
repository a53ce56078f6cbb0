//! Edits of fields on their way to the ticket, and what happens to them on the way.

use super::stage::*;
use crate::case::{CaseField, CasePriority, CaseStatus};
use crate::desk::{Received, Version, Written, is_stale};
use crate::guard::{Guard, Guards};
use crate::merge::Winner;
use crate::outbox::{LATE, SETTLE, State};
use crate::push::{Reply, Sending};
use crate::ticket::Ticket;
use crate::value::Pair;

#[test]
fn an_edit_settles_then_reaches_the_ticket_and_both_sides_are_in_step() {
    let mut stage = Stage::linked(REMOTE);
    stage.edit(|fields| fields.priority = CasePriority::High);
    assert!(!stage.work(), "edits are gathered first");
    stage.now += SETTLE;
    assert!(stage.work());
    assert_eq!(stage.zendesk.ticket(TICKET).priority, text("high"));
    stage.assert_in_step();
    assert!(stage.line().is_empty() && stage.zendesk.writes == 1);
}

#[test]
fn edits_within_the_settling_time_go_as_one() {
    let mut stage = Stage::linked(REMOTE);
    stage.edit(|fields| fields.priority = CasePriority::High);
    stage.edit(|fields| fields.subject = "Printer cold".to_owned());
    stage.edit(|fields| fields.priority = CasePriority::Low);
    assert_eq!(stage.line(), ["fields waiting"]);
    stage.rest();
    assert_eq!(stage.zendesk.writes, 1);
    assert_eq!(stage.zendesk.ticket(TICKET).priority, text("low"));
    stage.assert_in_step();
}

#[test]
fn only_what_changed_is_sent_with_the_stamp_that_was_read() {
    let mut stage = Stage::linked(REMOTE);
    stage.edit(|fields| fields.status = CaseStatus::InProgress);
    stage.now += SETTLE;
    let mut worker = stage.claim().unwrap();
    stage.until_sending(&mut worker);
    let Sending::Fields {
        ticket,
        values,
        stamp,
    } = sending(&worker)
    else {
        panic!("{worker:?}")
    };
    assert_eq!((*ticket, values.len()), (TICKET, 1));
    assert_eq!(values[&CaseField::Status], text("pending"));
    assert_eq!(*stamp, stage.zendesk.tickets[0].updated_at);
}

#[test]
fn an_edit_taken_back_before_it_left_sends_nothing() {
    let mut stage = Stage::linked(REMOTE);
    stage.edit(|fields| fields.priority = CasePriority::High);
    stage.edit(|fields| fields.priority = CasePriority::Normal);
    stage.rest();
    assert_eq!(stage.zendesk.writes, 0);
    assert!(stage.line().is_empty());
}

#[test]
fn the_same_values_again_are_no_edit() {
    let mut stage = Stage::linked(REMOTE);
    stage.edit(|_| {});
    assert!(stage.line().is_empty() && stage.written.changes.is_empty());
}

#[test]
fn an_edit_made_while_another_one_is_in_flight_goes_as_a_second_operation() {
    let mut stage = Stage::linked(REMOTE);
    stage.edit(|fields| fields.priority = CasePriority::High);
    stage.now += SETTLE;
    let mut worker = stage.claim().unwrap();
    stage.until_sending(&mut worker);
    stage.edit(|fields| fields.priority = CasePriority::Low);
    assert_eq!(stage.line(), ["fields claimed", "fields waiting"]);
    stage.finish(&mut worker);
    assert!(stage.agreed(CaseField::Priority) == Some(Pair::new(text("high"), text("high"))));
    stage.rest();
    assert_eq!(stage.zendesk.ticket(TICKET).priority, text("low"));
    assert_eq!(stage.zendesk.writes, 2);
    assert!(stage.written.conflicts.is_empty());
    stage.assert_in_step();
}

#[test]
fn our_own_write_comes_back_by_the_pull_as_nothing_new() {
    let mut stage = Stage::linked(REMOTE);
    stage.edit(|fields| fields.priority = CasePriority::High);
    stage.rest();
    let (before, changes) = (stage.desk.clone(), stage.written.changes.len());
    stage.pass(100);
    assert_eq!(stage.pull(), Received::Merged);
    assert_eq!(stage.desk.fields, before.fields);
    assert_eq!(stage.desk.operations, before.operations);
    assert_eq!(stage.written.changes.len(), changes);
}

#[test]
fn while_an_edit_is_under_way_a_pull_leaves_the_ticket_to_the_worker() {
    let mut stage = Stage::linked(REMOTE);
    stage.edit(|fields| fields.priority = CasePriority::High);
    stage.change(CaseField::Subject, "Printer cold");
    assert_eq!(stage.pull(), Received::Deferred);
    assert_eq!(stage.desk.fields.subject, "Printer on fire");
    stage.rest();
    assert_eq!(stage.desk.fields.subject, "Printer cold");
    stage.assert_in_step();
}

#[test]
fn an_older_state_of_the_ticket_never_overwrites_a_newer_one() {
    let mut stage = Stage::linked(REMOTE);
    let old = stage.zendesk.tickets[0].clone();
    let read_at = stage.now;
    stage.change(CaseField::Subject, "Printer cold");
    assert_eq!(stage.pull(), Received::Merged);
    let received = stage.with(|desk, room, written| desk.receive(&old, read_at, room, written));
    assert_eq!(received, Received::Stale);
    assert_eq!(stage.desk.fields.subject, "Printer cold");
}

#[test]
fn of_two_states_of_one_second_the_one_read_later_is_the_newer() {
    let mut stage = Stage::linked(REMOTE);
    let first = stage.zendesk.tickets[0].clone();
    let mut second = first.clone();
    second.subject = text("Printer cold");
    let (early, late) = (stage.now, stage.now + SETTLE);
    stage.with(|desk, room, written| desk.receive(&second, late, room, written));
    let received = stage.with(|desk, room, written| desk.receive(&first, early, room, written));
    assert_eq!(received, Received::Stale);
    assert_eq!(stage.desk.fields.subject, "Printer cold");
}

#[test]
fn of_two_states_of_the_tickets_own_second_the_one_that_came_first_stays_until_a_later_look() {
    let at = |second| jiff::Timestamp::from_second(second).ok();
    let version = |updated_at, read_at| Version {
        updated_at: at(updated_at),
        read_at: at(read_at),
    };
    for (updated, read, provisional) in [(50, 49, true), (50, 50, true), (50, 51, false)] {
        let known = version(updated, read);
        assert_eq!(known.is_provisional(), provisional);
        assert_eq!(is_stale(known, known, Guards::ALL), provisional);
        assert!(!is_stale(known, version(50, 52), Guards::ALL));
        assert!(is_stale(version(50, 52), known, Guards::ALL));
        let off = Guards::without(Guard::Version);
        assert!(!is_stale(version(50, 52), known, off) && !is_stale(known, known, off));
    }
    let never_read = Version {
        updated_at: at(50),
        read_at: None,
    };
    assert!(!never_read.is_provisional() && !Version::default().is_provisional());

    let mut stage = Stage::linked(REMOTE);
    let mut first = stage.zendesk.tickets[0].clone();
    first.updated_at = Some(stage.now);
    let mut second = first.clone();
    second.subject = text("Printer cold");
    let now = stage.now;
    let mut receive = |ticket: &Ticket| {
        stage.written = Written::default();
        let received = stage.with(|desk, room, written| desk.receive(ticket, now, room, written));
        (received, stage.written.look_again)
    };
    assert_eq!(receive(&first), (Received::Merged, false));
    assert_eq!(receive(&second), (Received::Stale, true));
    stage.pass(1);
    let later = stage.now;
    stage.with(|desk, room, written| desk.receive(&second, later, room, written));
    assert_eq!(stage.desk.fields.subject, "Printer cold");
}

#[test]
fn an_older_state_needs_no_second_look() {
    let mut stage = Stage::linked(REMOTE);
    let (old, read_at) = (stage.zendesk.tickets[0].clone(), stage.now);
    stage.change(CaseField::Subject, "Printer cold");
    stage.pull();
    stage.written = Written::default();
    stage.with(|desk, room, written| desk.receive(&old, read_at, room, written));
    assert!(!stage.written.look_again);
}

#[test]
fn where_remote_wins_a_conflict_found_on_the_way_sends_nothing_and_is_recorded_once() {
    let mut stage = Stage::linked(REMOTE);
    stage.edit(|fields| fields.priority = CasePriority::High);
    stage.change(CaseField::Priority, "low");
    stage.rest();
    assert_eq!(stage.desk.fields.priority, CasePriority::Low);
    assert_eq!(stage.zendesk.writes, 0);
    let [conflict] = stage.written.conflicts.as_slice() else {
        panic!("{:?}", stage.written.conflicts)
    };
    assert_eq!(
        (conflict.winner, conflict.crm.clone()),
        (Winner::Zendesk, text("high"))
    );
    stage.assert_in_step();
}

#[test]
fn where_local_wins_a_conflict_found_on_the_way_is_sent_and_recorded_once() {
    let mut stage = Stage::linked(LOCAL);
    stage.edit(|fields| fields.priority = CasePriority::High);
    stage.change(CaseField::Priority, "low");
    stage.net.push_back(Net::Lost);
    stage.rest();
    assert_eq!(stage.zendesk.ticket(TICKET).priority, text("high"));
    let [conflict] = stage.written.conflicts.as_slice() else {
        panic!("{:?}", stage.written.conflicts)
    };
    assert_eq!(
        (conflict.winner, conflict.zendesk.clone()),
        (Winner::Crm, text("low"))
    );
    stage.assert_in_step();
}

#[test]
fn a_change_there_between_reading_and_sending_is_noticed_and_merged_first() {
    let mut stage = Stage::linked(REMOTE);
    stage.edit(|fields| fields.priority = CasePriority::High);
    stage.now += SETTLE;
    let mut worker = stage.claim().unwrap();
    stage.until_sending(&mut worker);
    stage.change(CaseField::Status, "pending");
    stage.finish(&mut worker);
    assert_eq!(worker.closed, Some(true));
    assert_eq!(stage.desk.fields.status, CaseStatus::InProgress);
    assert_eq!(stage.zendesk.ticket(TICKET).priority, text("high"));
    stage.assert_in_step();
}

#[test]
fn what_a_trigger_changes_right_after_our_write_is_theirs_and_is_not_fought() {
    let mut stage = Stage::linked(LOCAL);
    stage.zendesk.trigger = vec![
        (CaseField::Priority, text("urgent")),
        (CaseField::Subject, text("[VIP] Printer on fire")),
    ];
    stage.edit(|fields| fields.priority = CasePriority::Low);
    stage.rest();
    assert_eq!(stage.zendesk.ticket(TICKET).priority, text("urgent"));
    assert_eq!(stage.desk.fields.priority, CasePriority::High);
    assert_eq!(stage.desk.fields.subject, "[VIP] Printer on fire");
    assert!(stage.written.conflicts.is_empty() && stage.zendesk.writes == 1);
}

#[test]
fn what_a_trigger_sets_in_our_audit_is_theirs_also_after_a_request_without_an_answer() {
    let mut stage = Stage::linked(LOCAL);
    stage.edit(|fields| {
        fields.priority = CasePriority::Low;
        fields.subject = "Printer cold".to_owned();
    });
    stage.now += SETTLE;
    // The second request is taken but for the subject, and a trigger sets just that.
    let second = Net::TookAllBut(vec![CaseField::Subject]);
    stage.net.extend([Net::Lost, second]);
    assert!(stage.work());
    stage.zendesk.trigger = vec![(CaseField::Subject, text("[VIP] Printer on fire"))];
    stage.wait();
    assert!(stage.work());
    stage.zendesk.trigger.clear();
    stage.rest();
    let [conflict] = stage.written.conflicts.as_slice() else {
        panic!("{:?}", stage.written.conflicts)
    };
    assert_eq!(conflict.zendesk, text("[VIP] Printer on fire"));
    assert_eq!(conflict.winner, Winner::Crm);
    assert_eq!(stage.zendesk.ticket(TICKET).subject, text("Printer cold"));
    stage.assert_in_step();
}

#[test]
fn of_many_requests_without_an_answer_the_one_that_arrived_is_known_as_ours() {
    let subjects = ["first", "second", "third", "fourth"];
    for arrives in 0..3 {
        let mut stage = Stage::linked(REMOTE);
        stage.net.extend([Net::Late, Net::Late, Net::Late]);
        for subject in subjects {
            stage.edit(|fields| fields.subject = subject.to_owned());
            stage.pass(30);
            if subject != "fourth" {
                assert!(stage.work(), "{subject}");
            }
        }
        stage.zendesk.late.swap(0, arrives);
        assert!(matches!(stage.arrive(), Reply::Taken { .. }));
        stage.rest();
        assert_eq!(stage.zendesk.ticket(TICKET).subject, text("fourth"));
        assert!(stage.written.conflicts.is_empty(), "{}", subjects[arrives]);
        stage.assert_in_step();
    }
}

#[test]
fn what_a_person_there_changes_right_after_our_write_is_theirs_and_is_not_fought() {
    let mut stage = Stage::linked(LOCAL);
    stage.edit(|fields| fields.priority = CasePriority::Low);
    stage.now += SETTLE;
    stage.net.push_back(Net::AnswerLost);
    assert!(stage.work());
    stage.change(CaseField::Priority, "urgent");
    stage.rest();
    assert_eq!(stage.desk.fields.priority, CasePriority::High);
    assert!(stage.written.conflicts.is_empty() && stage.zendesk.writes == 1);
}

#[test]
fn a_lost_answer_is_found_again_by_the_marker_and_nothing_is_sent_twice() {
    let mut stage = Stage::linked(REMOTE);
    stage.edit(|fields| fields.priority = CasePriority::High);
    stage.net.push_back(Net::AnswerLost);
    stage.rest();
    assert_eq!(stage.zendesk.writes, 1);
    stage.assert_in_step();
}

#[test]
fn a_lost_request_is_sent_again() {
    let mut stage = Stage::linked(REMOTE);
    stage.edit(|fields| fields.priority = CasePriority::High);
    stage.net.extend([Net::Lost, Net::Lost]);
    stage.rest();
    assert_eq!(stage.zendesk.writes, 1);
    stage.assert_in_step();
}

#[test]
fn an_edit_taken_back_while_a_request_may_still_arrive_waits_until_that_cannot_be_any_more() {
    let mut stage = Stage::linked(REMOTE);
    stage.edit(|fields| fields.priority = CasePriority::High);
    stage.now += SETTLE;
    stage.net.push_back(Net::Late);
    assert!(stage.work());
    let unknown_until = stage.desk.operations[0].unknown_until.unwrap();
    assert!(unknown_until >= stage.now + LATE - SETTLE);
    stage.edit(|fields| fields.priority = CasePriority::Normal);
    while stage.now < unknown_until {
        assert!(stage.desk.operations[0].state.is_open());
        stage.work();
        stage.pass(30);
    }
    stage.rest();
    assert_eq!(stage.desk.operations[0].state, State::Done);
    assert_eq!(stage.zendesk.writes, 0);
}

#[test]
fn a_late_request_is_known_as_ours_and_the_edit_that_came_after_it_still_wins() {
    let mut stage = Stage::linked(REMOTE);
    stage.edit(|fields| fields.priority = CasePriority::High);
    stage.now += SETTLE;
    stage.net.push_back(Net::Late);
    assert!(stage.work());
    stage.edit(|fields| fields.priority = CasePriority::Normal);
    stage.pass(30);
    stage.work();
    assert!(matches!(stage.arrive(), Reply::Taken { .. }));
    stage.rest();
    assert_eq!(stage.desk.fields.priority, CasePriority::Normal);
    assert_eq!(stage.zendesk.ticket(TICKET).priority, text("normal"));
    assert!(stage.written.conflicts.is_empty());
    stage.assert_in_step();
}

#[test]
fn a_late_request_with_other_fields_than_the_present_one_is_known_as_ours() {
    let mut stage = Stage::linked(REMOTE);
    stage.edit(|fields| fields.priority = CasePriority::High);
    stage.now += SETTLE;
    stage.net.push_back(Net::Late);
    assert!(stage.work());
    // The edit is taken back and another one made: the next request is about that alone.
    stage.edit(|fields| {
        fields.priority = CasePriority::Normal;
        fields.subject = "Printer cold".to_owned();
    });
    stage.pass(30);
    let mut worker = stage.claim().unwrap();
    stage.until_sending(&mut worker);
    stage.arrive();
    stage.finish(&mut worker);
    assert!(
        !stage.line().iter().any(|told| told.contains("parked")),
        "{:?}",
        stage.line()
    );
    stage.rest();
    assert_eq!(stage.desk.fields.priority, CasePriority::Normal);
    assert_eq!(stage.zendesk.ticket(TICKET).priority, text("normal"));
    assert_eq!(stage.zendesk.ticket(TICKET).subject, text("Printer cold"));
    assert!(stage.written.conflicts.is_empty());
    stage.assert_in_step();
}

#[test]
fn a_worker_whose_claim_has_passed_on_writes_nothing() {
    let mut stage = Stage::linked(REMOTE);
    stage.edit(|fields| fields.priority = CasePriority::High);
    stage.now += SETTLE;
    for steps in 0..4 {
        let mut zombie = stage.claim().unwrap();
        for _ in 0..steps {
            stage.step(&mut zombie);
        }
        stage.pass(61);
        let other = stage.claim().unwrap();
        assert!(other.token > zombie.token);
        let before = stage.desk.clone();
        if !zombie.is_about_to_send() {
            stage.finish(&mut zombie);
            assert!(zombie.closed != Some(true));
            assert_eq!(stage.desk, before, "after {steps} steps");
        }
        stage.pass(61);
    }
}

#[test]
fn a_zombie_that_sends_all_the_same_is_recognised_by_the_next_worker() {
    let mut stage = Stage::linked(REMOTE);
    stage.edit(|fields| fields.priority = CasePriority::High);
    stage.now += SETTLE;
    let mut zombie = stage.claim().unwrap();
    stage.until_sending(&mut zombie);
    stage.pass(61);
    let mut other = stage.claim().unwrap();
    stage.until_sending(&mut other);
    stage.finish(&mut zombie);
    assert_eq!(zombie.closed, Some(false));
    stage.finish(&mut other);
    assert_eq!((other.closed, stage.zendesk.writes), (Some(true), 1));
    stage.assert_in_step();
}

#[test]
fn requests_without_an_answer_are_known_as_ours_while_they_may_arrive_and_then_forgotten() {
    let all = vec!["third", "second", "first"];
    for (later, known) in [(SETTLE, all), (LATE + SETTLE, vec!["third"])] {
        let mut stage = Stage::linked(REMOTE);
        stage.net.extend([Net::Lost, Net::Lost]);
        for subject in ["first", "second"] {
            stage.edit(|fields| fields.subject = subject.to_owned());
            stage.now += SETTLE;
            assert!(stage.work(), "{subject}");
        }
        stage.edit(|fields| fields.subject = "third".to_owned());
        stage.now += later;
        let mut worker = stage.claim().unwrap();
        stage.until_sending(&mut worker);
        let asked = stage.desk.operations[0].payload.asked(CaseField::Subject);
        let asked: Vec<_> = asked.filter_map(|pair| pair.zendesk.as_deref()).collect();
        assert_eq!(asked, known);
    }
}

#[test]
fn debug_of_a_room_tells_the_rule_and_the_moment_and_nobodys_name() {
    let mut stage = Stage::linked(LOCAL);
    let told = stage.with(|_, room, _| format!("{room:?}"));
    assert!(
        told.contains("Local") && told.contains("2026-11-03T10:00:00Z"),
        "{told}"
    );
    assert!(!told.contains("ivo") && !told.contains("owner"), "{told}");
}
