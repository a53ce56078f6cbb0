//! Two-way sync off, and cases that were deleted here: nothing is sent, and nothing is lost of it.

use super::stage::*;
use crate::case::{CaseField, CasePriority};
use crate::desk::Received;
use crate::merge::Mode;
use crate::outbox::State;

#[test]
fn with_two_way_off_an_edit_and_a_comment_stay_here() {
    let mut stage = Stage::linked(Mode::OneWay);
    stage.edit(|fields| fields.priority = CasePriority::High);
    stage.say("c1");
    stage.pass(3600);
    assert_eq!(stage.pull(), Received::Merged);
    stage.rest();
    assert!(stage.line().is_empty() && stage.zendesk.writes == 0);
    assert_eq!(stage.desk.fields.priority, CasePriority::High);
    assert_eq!(stage.desk.changed_here(), [CaseField::Priority]);
}

#[test]
fn with_two_way_off_zendesks_changes_still_reach_the_case_and_win() {
    let mut stage = Stage::linked(Mode::OneWay);
    stage.edit(|fields| fields.priority = CasePriority::High);
    stage.change(CaseField::Priority, "low");
    stage.change(CaseField::Subject, "Printer cold");
    assert_eq!(stage.pull(), Received::Merged);
    assert_eq!(stage.desk.fields.priority, CasePriority::Low);
    assert_eq!(stage.desk.fields.subject, "Printer cold");
    assert_eq!(stage.written.conflicts.len(), 1);
}

#[test]
fn what_was_under_way_when_two_way_was_switched_off_parks_and_is_not_lost() {
    let mut stage = Stage::linked(REMOTE);
    stage.edit(|fields| fields.priority = CasePriority::High);
    stage.say("c1");
    stage.mode = Mode::OneWay;
    stage.rest();
    let parked = [
        "fields parked priority two_way_off",
        "comment c1 parked two_way_off",
    ];
    assert_eq!(stage.line(), parked);
    assert_eq!(stage.zendesk.writes, 0);
    // The pull goes on, and leaves it there.
    stage.change(CaseField::Subject, "Printer cold");
    assert_eq!(stage.pull(), Received::Merged);
    assert_eq!(stage.desk.fields.subject, "Printer cold");
    assert_eq!(stage.line(), parked);
    // Switched on again, nothing is sent that nobody asked for.
    stage.mode = REMOTE;
    stage.change(CaseField::Subject, "Printer lukewarm");
    assert_eq!(stage.pull(), Received::Merged);
    stage.rest();
    assert_eq!(stage.line(), parked);
    assert_eq!(stage.zendesk.writes, 0);
    // Asked for, it goes.
    let ids: Vec<String> = stage
        .desk
        .operations
        .iter()
        .map(|o| o.op_id.clone())
        .collect();
    for id in ids {
        assert!(stage.with(|desk, room, written| desk.retry(&id, room, written)));
    }
    stage.rest();
    assert_eq!(stage.zendesk.comments.len(), 1);
    stage.assert_in_step();
}

fn send_piled_up(stage: &mut Stage) {
    stage.with(|desk, room, written| desk.send_piled_up(room, written));
}

#[test]
fn what_piled_up_while_two_way_was_off_goes_once_somebody_says_so() {
    let mut stage = Stage::linked(REMOTE);
    stage.say("c1");
    stage.edit(|fields| fields.priority = CasePriority::High);
    stage.mode = Mode::OneWay;
    stage.rest();
    stage.edit(|fields| fields.subject = "Printer cold".to_owned());
    stage.say("c2");
    // As long as it is off, saying so sends nothing.
    let before = stage.desk.clone();
    send_piled_up(&mut stage);
    assert_eq!(stage.desk, before);
    stage.mode = REMOTE;
    stage.desk.deleted = true;
    let before = stage.desk.clone();
    send_piled_up(&mut stage);
    assert_eq!(stage.desk, before);
    stage.desk.deleted = false;
    send_piled_up(&mut stage);
    send_piled_up(&mut stage);
    stage.rest();
    let order: Vec<&str> = stage
        .zendesk
        .comments
        .iter()
        .map(|(id, _)| id.as_str())
        .collect();
    assert_eq!(order, ["c1", "c2"]);
    assert_eq!(stage.zendesk.writes, 3);
    assert!(stage.line().is_empty());
    stage.assert_in_step();
}

fn hold_piled_up(stage: &mut Stage) {
    stage.with(|desk, room, written| desk.hold_piled_up(room, written));
}

#[test]
fn what_piled_up_is_held_when_two_way_is_switched_on_until_somebody_says_so() {
    let mut stage = Stage::linked(Mode::OneWay);
    stage.edit(|fields| fields.priority = CasePriority::High);
    stage.say("c1");
    hold_piled_up(&mut stage);
    let held = [
        "comment c1 parked two_way_off",
        "fields parked priority two_way_off",
    ];
    assert_eq!(stage.line(), held);
    // Twice is once.
    let before = stage.desk.clone();
    hold_piled_up(&mut stage);
    assert_eq!(stage.desk, before);
    stage.mode = REMOTE;
    stage.change(CaseField::Subject, "Printer cold");
    stage.pass(60);
    assert_eq!(stage.pull(), Received::Merged);
    stage.rest();
    assert_eq!(stage.line(), held);
    assert_eq!(stage.zendesk.writes, 0);
    assert_eq!(stage.desk.fields.subject, "Printer cold");
    // A later edit goes, and what is held stays.
    stage.edit(|fields| fields.subject = "Printer lukewarm".to_owned());
    stage.rest();
    assert_eq!(stage.line(), held);
    assert_eq!(stage.zendesk.writes, 1);
    send_piled_up(&mut stage);
    stage.rest();
    assert!(stage.line().is_empty());
    stage.assert_in_step();
}

#[test]
fn what_is_held_can_be_given_up() {
    let mut stage = Stage::linked(Mode::OneWay);
    stage.edit(|fields| fields.priority = CasePriority::High);
    hold_piled_up(&mut stage);
    stage.mode = REMOTE;
    let held = stage.desk.operations[0].op_id.clone();
    assert!(stage.with(|desk, room, written| desk.discard(&held, room, written)));
    stage.rest();
    assert_eq!(stage.zendesk.writes, 0);
    assert_eq!(stage.desk.fields.priority, CasePriority::Normal);
    stage.assert_in_step();
}

#[test]
fn what_waited_when_two_way_was_switched_off_is_held_too() {
    let mut stage = Stage::linked(REMOTE);
    stage.edit(|fields| fields.priority = CasePriority::High);
    stage.say("c1");
    stage.mode = Mode::OneWay;
    hold_piled_up(&mut stage);
    let held = [
        "fields parked priority two_way_off",
        "comment c1 parked two_way_off",
    ];
    assert_eq!(stage.line(), held);
    let mut stage = Stage::bare(REMOTE);
    stage.with(|desk, room, written| desk.publish(room, written));
    stage.say("c1");
    stage.mode = Mode::OneWay;
    hold_piled_up(&mut stage);
    assert_eq!(stage.line(), ["publish parked two_way_off"]);
}

#[test]
fn what_was_perhaps_sent_is_not_held_but_found_out() {
    let mut stage = Stage::linked(REMOTE);
    stage.edit(|fields| fields.priority = CasePriority::High);
    stage.pass(3);
    stage.net.push_back(Net::AnswerLost);
    stage.work();
    stage.mode = Mode::OneWay;
    hold_piled_up(&mut stage);
    assert_eq!(stage.line(), ["fields waiting"]);
    stage.mode = REMOTE;
    stage.rest();
    assert_eq!(stage.zendesk.writes, 1);
    stage.assert_in_step();
}

#[test]
fn nothing_is_held_with_two_way_on_or_of_a_deleted_case() {
    let mut stage = Stage::linked(REMOTE);
    stage.edit(|fields| fields.priority = CasePriority::High);
    let before = stage.desk.clone();
    hold_piled_up(&mut stage);
    assert_eq!(stage.desk, before);
    stage.mode = Mode::OneWay;
    stage.desk.deleted = true;
    let before = stage.desk.clone();
    hold_piled_up(&mut stage);
    assert_eq!(stage.desk, before);
}

#[test]
fn a_case_without_a_ticket_has_nothing_piled_up() {
    let mut stage = Stage::bare(REMOTE);
    stage.say("c1");
    send_piled_up(&mut stage);
    assert!(stage.line().is_empty());
}

#[test]
fn a_publication_under_way_when_two_way_was_switched_off_parks() {
    let mut stage = Stage::bare(REMOTE);
    stage.with(|desk, room, written| desk.publish(room, written));
    stage.mode = Mode::OneWay;
    stage.rest();
    assert_eq!(stage.line(), ["publish parked two_way_off"]);
    assert!(stage.zendesk.tickets.is_empty());
}

#[test]
fn what_was_sent_just_before_two_way_was_switched_off_is_still_known_as_ours() {
    let mut stage = Stage::linked(REMOTE);
    stage.edit(|fields| fields.priority = CasePriority::High);
    stage.say("c1");
    stage.pass(3);
    stage.net.extend([Net::AnswerLost, Net::AnswerLost]);
    stage.work();
    stage.work();
    stage.mode = Mode::OneWay;
    stage.rest();
    assert!(stage.line().is_empty());
    assert!(stage.desk.comments[1].remote.is_some());
    stage.assert_in_step();
}

#[test]
fn a_deleted_case_takes_nothing_and_sends_nothing_and_loses_nothing() {
    let mut stage = Stage::linked(REMOTE);
    stage.edit(|fields| fields.priority = CasePriority::High);
    stage.say("c1");
    stage.desk.deleted = true;
    stage.change(CaseField::Subject, "Printer cold");
    stage.rest();
    let parked = [
        "fields parked priority case_deleted",
        "comment c1 parked case_deleted",
    ];
    assert_eq!(stage.line(), parked);
    assert_eq!(stage.pull(), Received::Merged);
    assert_eq!(stage.desk.fields.subject, "Printer on fire");
    assert_eq!(stage.line(), parked);
    assert_eq!(stage.zendesk.writes, 0);
    // Restored here, it catches up with the next look at the ticket.
    stage.desk.deleted = false;
    stage.pass(60);
    assert_eq!(stage.pull(), Received::Merged);
    stage.rest();
    assert_eq!(stage.desk.fields.subject, "Printer cold");
    assert_eq!(stage.zendesk.comments.len(), 1);
    assert!(stage.line().is_empty());
    stage.assert_in_step();
}

fn bring_back(stage: &mut Stage) {
    stage.with(|desk, room, written| desk.bring_back(room, written));
}

#[test]
fn a_case_that_is_brought_back_sends_what_was_parked_though_its_ticket_never_changed() {
    let mut stage = Stage::linked(REMOTE);
    stage.edit(|fields| fields.priority = CasePriority::High);
    stage.say("c1");
    stage.desk.deleted = true;
    stage.rest();
    assert_eq!(stage.line().len(), 2);
    bring_back(&mut stage);
    stage.rest();
    assert!(stage.line().is_empty());
    assert_eq!(stage.zendesk.comments.len(), 1);
    stage.assert_in_step();
    let mut stage = Stage::bare(REMOTE);
    stage.with(|desk, room, written| desk.publish(room, written));
    stage.desk.deleted = true;
    stage.rest();
    assert_eq!(stage.line(), ["publish parked case_deleted"]);
    bring_back(&mut stage);
    stage.rest();
    assert_eq!(stage.zendesk.tickets.len(), 1);
    stage.assert_in_step();
}

#[test]
fn a_case_that_is_brought_back_while_two_way_is_off_holds_what_was_parked() {
    let mut stage = Stage::linked(REMOTE);
    stage.edit(|fields| fields.priority = CasePriority::High);
    stage.desk.deleted = true;
    stage.rest();
    stage.mode = Mode::OneWay;
    bring_back(&mut stage);
    assert_eq!(stage.line(), ["fields parked priority two_way_off"]);
}

#[test]
fn a_case_deleted_with_nothing_left_to_send_has_nothing_parked() {
    let mut stage = Stage::linked(REMOTE);
    stage.edit(|fields| fields.priority = CasePriority::High);
    stage.edit(|fields| fields.priority = CasePriority::Normal);
    stage.desk.deleted = true;
    stage.rest();
    assert!(stage.line().is_empty());
    assert_eq!(stage.desk.operations[0].state, State::Done);
}

#[test]
fn a_comment_on_a_deleted_case_is_not_sent() {
    let mut stage = Stage::linked(REMOTE);
    stage.desk.deleted = true;
    stage.say("c1");
    assert!(stage.line().is_empty());
}

#[test]
fn a_rule_switched_in_mid_way_decides_by_what_holds_when_it_is_decided() {
    let mut stage = Stage::linked(LOCAL);
    stage.edit(|fields| fields.priority = CasePriority::High);
    stage.change(CaseField::Priority, "low");
    stage.mode = REMOTE;
    stage.rest();
    assert_eq!(stage.desk.fields.priority, CasePriority::Low);
    assert_eq!(stage.written.conflicts.len(), 1);
    stage.assert_in_step();
}
