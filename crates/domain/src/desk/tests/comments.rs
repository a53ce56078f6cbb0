//! Comments on their way to the ticket, and comments that come in.

use super::stage::*;
use crate::case::{CaseField, CasePriority};
use crate::comment::TicketComment;
use crate::desk::{Mapped, Marker, Place, place};
use crate::guard::{Guard, Guards};
use crate::outbox::{Kind, LATE, Parked, State};
use crate::push::{Reply, Sending};

fn incoming(id: i64, is_description: bool) -> TicketComment {
    TicketComment {
        id,
        ticket_id: TICKET,
        public: true,
        is_description,
        ..TicketComment::default()
    }
}

/// The comments as Zendesk has them, in its order.
fn there(stage: &Stage) -> Vec<&str> {
    let comments = stage.zendesk.comments.iter();
    comments.map(|(comment, _)| comment.as_str()).collect()
}

fn placed(stage: &Stage, marker: &Marker) -> Place {
    let comment = incoming(101, false);
    place(&comment, marker, stage.desk.line(), None, Guards::ALL)
}

fn ours(stage: &Stage) -> Marker {
    Marker::Ours(stage.desk.operations[0].op_id.clone())
}

fn mapped(comment: &str, remote: i64, op_id: crate::value::Value) -> Mapped {
    Mapped {
        comment: comment.to_owned(),
        ticket: TICKET,
        remote,
        op_id,
    }
}

#[test]
fn a_comment_is_sent_at_once_and_its_id_there_is_noted() {
    let mut stage = Stage::linked(REMOTE);
    stage.say("c1");
    let mut worker = stage.claim().unwrap();
    stage.until_sending(&mut worker);
    let stamp = stage.zendesk.tickets[0].updated_at;
    assert!(matches!(
        sending(&worker),
        Sending::Comment { ticket: TICKET, comment, public: true, stamp: with } if comment == "c1" && *with == stamp
    ));
    stage.finish(&mut worker);
    assert_eq!(there(&stage), ["c1"]);
    let (_, id) = stage.zendesk.comments[0].clone();
    assert_eq!(stage.desk.comments[1].remote, Some(id));
    assert_eq!(stage.written.mapped, [mapped("c1", id, text("c1"))]);
    assert!(stage.line().is_empty());
}

#[test]
fn comments_arrive_in_the_order_they_were_written() {
    let mut stage = Stage::linked(REMOTE);
    for comment in ["c1", "c2", "c3"] {
        stage.say(comment);
    }
    stage.net.extend([Net::Lost, Net::AnswerLost]);
    stage.rest();
    assert_eq!(there(&stage), ["c1", "c2", "c3"]);
}

#[test]
fn a_comment_that_must_wait_holds_back_those_after_it_but_no_field() {
    let mut stage = Stage::linked(REMOTE);
    stage.say("c1");
    stage.say("c2");
    stage.edit(|fields| fields.priority = CasePriority::High);
    let until = stage.now + LATE;
    stage.net.push_back(Net::Says(Reply::Busy { until }));
    assert!(stage.work());
    stage.pass(5);
    assert!(stage.work());
    assert_eq!(stage.zendesk.ticket(TICKET).priority, text("high"));
    assert!(!stage.work());
    assert!(there(&stage).is_empty());
    stage.rest();
    assert_eq!(there(&stage), ["c1", "c2"]);
}

#[test]
fn a_parked_comment_in_the_middle_stops_nobody_and_keeps_its_place_when_retried() {
    let mut stage = Stage::linked(REMOTE);
    for comment in ["c1", "c2", "c3"] {
        stage.say(comment);
    }
    stage.work();
    let unfit = Parked::TooLong { bytes: 70_000 };
    stage.net.push_back(Net::Says(Reply::Unfit(unfit)));
    stage.work();
    assert_eq!(
        stage.line(),
        ["comment c2 parked too_long", "comment c3 waiting"]
    );
    stage.rest();
    assert_eq!(there(&stage), ["c1", "c3"]);
    stage.say("c4");
    assert!(stage.retry());
    assert_eq!(stage.line(), ["comment c2 waiting", "comment c4 waiting"]);
    stage.rest();
    assert_eq!(there(&stage), ["c1", "c3", "c2", "c4"]);
}

#[test]
fn a_comment_whose_answer_was_lost_is_found_by_its_marker_and_not_sent_twice() {
    let mut stage = Stage::linked(REMOTE);
    stage.say("c1");
    stage.net.push_back(Net::AnswerLost);
    stage.rest();
    assert_eq!(there(&stage), ["c1"]);
    assert!(stage.desk.comments[1].remote.is_some());
}

#[test]
fn a_comment_held_up_on_its_way_is_not_there_twice() {
    let mut stage = Stage::linked(REMOTE);
    stage.say("c1");
    stage.net.push_back(Net::Late);
    stage.work();
    stage.pass(5);
    // The second request overtakes the first, which then fails on its old stamp.
    stage.work();
    assert_eq!(there(&stage), ["c1"]);
    assert!(matches!(stage.arrive(), Reply::Changed));
    // And the other way round.
    stage.say("c2");
    stage.net.push_back(Net::Late);
    stage.work();
    stage.pass(5);
    let mut worker = stage.claim().unwrap();
    stage.until_sending(&mut worker);
    stage.arrive();
    stage.finish(&mut worker);
    assert_eq!(there(&stage), ["c1", "c2"]);
    assert!(stage.line().is_empty());
}

#[test]
fn a_comment_zendesk_did_not_take_parks_after_the_third_time() {
    let mut stage = Stage::linked(REMOTE);
    stage.say("c1");
    stage
        .net
        .extend([Net::TookNothing, Net::TookNothing, Net::TookNothing]);
    stage.rest();
    assert_eq!(stage.line(), ["comment c1 parked not_taken"]);
    // A retry counts afresh.
    stage.retry();
    stage.net.extend([Net::TookNothing, Net::TookNothing]);
    stage.rest();
    assert_eq!(there(&stage), ["c1"]);
}

#[test]
fn a_refused_comment_parks_alone() {
    let mut stage = Stage::linked(REMOTE);
    stage.say("c1");
    stage.edit(|fields| fields.priority = CasePriority::High);
    let fields = vec![(None, "No.".to_owned())];
    stage.net.push_back(Net::Says(Reply::Refused { fields }));
    stage.rest();
    assert_eq!(stage.line(), ["comment c1 parked refused"]);
    stage.assert_in_step();
}

#[test]
fn a_comment_given_up_stays_on_the_case_and_is_not_sent() {
    let mut stage = Stage::linked(REMOTE);
    stage.say("c1");
    let fields = vec![(None, "No.".to_owned())];
    stage.net.push_back(Net::Says(Reply::Refused { fields }));
    stage.rest();
    assert!(stage.discard());
    stage.rest();
    assert_eq!(stage.desk.operations[0].state, State::Discarded);
    assert_eq!(stage.desk.comments[1].id, "c1");
    assert!(there(&stage).is_empty() && stage.line().is_empty());
}

#[test]
fn the_ticket_read_with_a_comment_is_merged_as_any_other_state() {
    let mut stage = Stage::linked(REMOTE);
    stage.say("c1");
    stage.change(CaseField::Subject, "Printer cold");
    stage.rest();
    assert_eq!(stage.desk.fields.subject, "Printer cold");
    stage.assert_in_step();
}

#[test]
fn a_comment_that_is_known_there_already_is_not_sent() {
    let mut stage = Stage::linked(REMOTE);
    stage.say("c1");
    stage.desk.comments[1].remote = Some(7);
    stage.rest();
    assert!(there(&stage).is_empty() && stage.line().is_empty());
}

#[test]
fn a_comment_once_known_there_never_becomes_another_one() {
    let mut stage = Stage::linked(REMOTE);
    stage.say("c1");
    stage.with(|desk, _, written| desk.map("c1", 7, None, written));
    stage.with(|desk, _, written| desk.map("c1", 8, None, written));
    stage.with(|desk, _, written| desk.map("unknown", 9, None, written));
    assert_eq!(stage.desk.comments[1].remote, Some(7));
    assert_eq!(stage.written.mapped, [mapped("c1", 7, None)]);
}

#[test]
fn while_a_comment_of_ours_is_under_way_one_that_comes_in_waits_for_a_look_at_its_marker() {
    let mut stage = Stage::linked(REMOTE);
    assert_eq!(placed(&stage, &Marker::Unchecked), Place::New);
    stage.edit(|fields| fields.priority = CasePriority::High);
    assert_eq!(placed(&stage, &Marker::Unchecked), Place::New);
    stage.say("c1");
    assert_eq!(placed(&stage, &Marker::Unchecked), Place::Wait);
    assert_eq!(placed(&stage, &Marker::Foreign), Place::New);
    stage.rest();
    assert_eq!(placed(&stage, &Marker::Unchecked), Place::New);
}

#[test]
fn a_parked_comment_of_which_a_request_may_still_arrive_makes_one_that_comes_in_wait_too() {
    let unfit = || Net::Says(Reply::Unfit(Parked::TooLong { bytes: 70_000 }));
    let mut stage = Stage::linked(REMOTE);
    stage.say("c1");
    stage.net.extend([Net::Late, unfit()]);
    stage.work();
    stage.pass(5);
    stage.work();
    assert_eq!(stage.line(), ["comment c1 parked too_long"]);
    assert_eq!(placed(&stage, &Marker::Unchecked), Place::Wait);
    // One that parked at its first request needs no such care.
    let mut stage = Stage::linked(REMOTE);
    stage.say("c1");
    stage.net.push_back(unfit());
    stage.work();
    assert_eq!(stage.line(), ["comment c1 parked too_long"]);
    assert_eq!(placed(&stage, &Marker::Unchecked), Place::New);
}

#[test]
fn a_comment_refused_while_its_first_request_may_still_arrive_parks_only_after_that() {
    let mut stage = Stage::linked(REMOTE);
    stage.say("c1");
    stage.net.push_back(Net::Late);
    stage.work();
    let sure = stage.now + LATE;
    let fields = vec![(None, "No.".to_owned())];
    for _ in 0..100 {
        stage.net.push_back(Net::Says(Reply::Refused {
            fields: fields.clone(),
        }));
    }
    while stage.now < sure {
        assert_eq!(stage.line(), ["comment c1 waiting"]);
        stage.pass(60);
        stage.work();
    }
    stage.rest();
    assert_eq!(stage.line(), ["comment c1 parked refused"]);
}

#[test]
fn a_comment_with_our_marker_is_the_one_that_the_operation_sent() {
    let mut stage = Stage::linked(REMOTE);
    stage.say("c1");
    let op_id = stage.desk.operations[0].op_id.clone();
    let known = Place::Ours {
        comment: "c1".to_owned(),
        op_id: Some(op_id),
    };
    assert_eq!(placed(&stage, &ours(&stage)), known);
    // A restored database does not know the operation: then it is somebody's all the same.
    assert_eq!(placed(&stage, &Marker::Ours("lost".to_owned())), Place::New);
    // An operation that sends no comment made none.
    stage.desk.operations[0].kind = Kind::Fields;
    assert_eq!(placed(&stage, &ours(&stage)), Place::New);
    stage.desk.operations[0].kind = Kind::Person;
    assert_eq!(placed(&stage, &ours(&stage)), Place::New);
}

#[test]
fn the_first_comment_of_a_ticket_is_the_cases_description() {
    let mut stage = Stage::bare(REMOTE);
    stage.with(|desk, room, written| desk.publish(room, written));
    let line = stage.desk.line();
    let told = |is_description, marker: &Marker| {
        place(
            &incoming(1, is_description),
            marker,
            line,
            Some("description"),
            Guards::ALL,
        )
    };
    let description = Place::Ours {
        comment: "description".to_owned(),
        op_id: None,
    };
    assert_eq!(told(true, &Marker::Unchecked), description);
    assert_eq!(told(true, &Marker::Foreign), description);
    assert_eq!(told(false, &Marker::Unchecked), Place::Wait);
    assert_eq!(told(false, &Marker::Foreign), Place::New);
}

#[test]
fn the_first_comment_of_a_cases_first_ticket_is_its_description_also_without_a_marker() {
    let stage = Stage::linked(REMOTE);
    let placed = stage.desk.place(
        &incoming(1, true),
        &Marker::Unchecked,
        Some("description"),
        Guards::ALL,
    );
    let description = Place::Ours {
        comment: "description".to_owned(),
        op_id: None,
    };
    assert_eq!(placed, description);
}

#[test]
fn the_first_comment_of_a_published_ticket_is_told_by_its_marker() {
    let mut stage = Stage::bare(REMOTE);
    stage.with(|desk, room, written| desk.publish(room, written));
    assert_eq!(
        placed(&stage, &ours(&stage)),
        Place::New,
        "nothing was sent yet"
    );
    stage.net.push_back(Net::AnswerLost);
    stage.work();
    let op_id = stage.desk.operations[0].op_id.clone();
    let known = Place::Ours {
        comment: "description".to_owned(),
        op_id: Some(op_id),
    };
    assert_eq!(placed(&stage, &ours(&stage)), known);
}

#[test]
fn without_the_marker_guard_every_comment_that_comes_in_is_new() {
    let mut stage = Stage::linked(REMOTE);
    stage.say("c1");
    let guards = Guards::without(Guard::Marker);
    for marker in [Marker::Unchecked, ours(&stage), Marker::Foreign] {
        let placed = place(
            &incoming(101, false),
            &marker,
            stage.desk.line(),
            None,
            guards,
        );
        assert_eq!(placed, Place::New);
    }
}

#[test]
fn a_private_note_stays_a_private_note_whatever_happens_on_the_way() {
    let mut stage = Stage::linked(REMOTE);
    for (id, public) in [("c1", true), ("c2", false), ("c3", true)] {
        stage.say(id);
        stage.desk.comments.last_mut().unwrap().public = public;
    }
    stage
        .net
        .extend([Net::Lost, Net::AnswerLost, Net::Says(Reply::Changed)]);
    stage.rest();
    let public: Vec<bool> = stage
        .desk
        .comments
        .iter()
        .map(|comment| comment.public)
        .collect();
    assert_eq!(public, [true, true, false, true]);
    assert_eq!(there(&stage), ["c1", "c2", "c3"]);
}
