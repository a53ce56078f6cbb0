//! A case gets a ticket: once, whatever happens on the way.

use super::stage::*;
use crate::case::{CaseField, CaseFields, CasePriority, CaseStatus};
use crate::desk::{DeskLink, Received, Version};
use crate::outbox::{Kind, State};
use crate::push::{Action, Reply, Sending};
use crate::ticket::Ticket;
use crate::value::{Agreed, Pair};

fn publish(stage: &mut Stage) -> bool {
    stage.with(|desk, room, written| desk.publish(room, written))
}

/// A case without a ticket whose publication was asked for.
fn published(edit: impl FnOnce(&mut CaseFields)) -> Stage {
    let mut stage = Stage::bare(REMOTE);
    stage.edit(edit);
    assert!(publish(&mut stage));
    stage
}

/// The pull sees a ticket that bears our `external_id`, and links it.
fn adopt(stage: &mut Stage) {
    let ticket = stage.zendesk.tickets.last().unwrap().id;
    stage.desk.link = Some(DeskLink {
        ticket,
        agreed: Agreed::default(),
        seen: Version::default(),
    });
}

#[test]
fn a_published_case_becomes_one_ticket_and_both_are_in_step() {
    let mut stage = published(|fields| fields.priority = CasePriority::High);
    stage.rest();
    let [ticket] = stage.zendesk.tickets.as_slice() else {
        panic!("{:?}", stage.zendesk.tickets)
    };
    assert_eq!(ticket.external_id, text("deskbridge:zd:case"));
    assert_eq!(
        (&ticket.priority, ticket.assignee_id),
        (&text("high"), Some(ADA))
    );
    assert_eq!(stage.zendesk.writes, 1);
    assert!(stage.line().is_empty() && stage.written.conflicts.is_empty());
    stage.assert_in_step();
}

#[test]
fn asking_twice_is_asking_once() {
    let mut stage = published(|_| {});
    assert!(!publish(&mut stage));
    let mut worker = stage.claim().unwrap();
    assert!(!publish(&mut stage));
    stage.finish(&mut worker);
    assert!(!publish(&mut stage));
    stage.rest();
    assert_eq!((stage.zendesk.tickets.len(), stage.zendesk.writes), (1, 1));
}

#[test]
fn a_case_that_cannot_be_published_is_not() {
    let mut off = Stage::bare(crate::merge::Mode::OneWay);
    assert!(!publish(&mut off));
    let mut deleted = Stage::bare(REMOTE);
    deleted.desk.deleted = true;
    assert!(!publish(&mut deleted));
    let mut linked = Stage::linked(REMOTE);
    assert!(!publish(&mut linked));
    for stage in [off, deleted, linked] {
        assert!(stage.line().is_empty());
    }
}

#[test]
fn the_description_becomes_the_first_comment_and_the_others_follow_in_order() {
    let mut stage = Stage::bare(REMOTE);
    stage.say("c1");
    stage.say("c2");
    assert!(
        stage.line().is_empty(),
        "a case without a ticket sends no comment"
    );
    publish(&mut stage);
    stage.say("c3");
    stage.rest();
    let order: Vec<&str> = stage
        .zendesk
        .comments
        .iter()
        .map(|(id, _)| id.as_str())
        .collect();
    assert_eq!(order, ["description", "c1", "c2", "c3"]);
    assert!(
        stage
            .desk
            .comments
            .iter()
            .all(|comment| comment.remote.is_some())
    );
    assert_eq!(stage.written.mapped.len(), 4);
    stage.assert_in_step();
}

#[test]
fn a_lost_answer_leads_to_one_ticket() {
    for net in [Net::Lost, Net::AnswerLost] {
        let mut stage = published(|_| {});
        stage.say("c1");
        stage.net.push_back(net);
        stage.rest();
        assert_eq!(stage.zendesk.tickets.len(), 1);
        assert_eq!(stage.zendesk.comments.len(), 2);
        stage.assert_in_step();
    }
}

#[test]
fn the_first_body_is_frozen_and_edits_made_meanwhile_follow() {
    let mut stage = published(|_| {});
    stage.net.push_back(Net::Lost);
    assert!(stage.work());
    let draft = stage.desk.operations[0].payload.draft.clone();
    assert!(draft.is_some());
    stage.edit(|fields| {
        fields.subject = "Printer cold".to_owned();
        fields.contact = text("eva");
        fields.status = CaseStatus::InProgress;
        fields.assigned_to = text("bob");
    });
    assert_eq!(stage.line(), ["publish waiting"]);
    stage.pass(5);
    let mut worker = stage.claim().unwrap();
    stage.until_sending(&mut worker);
    let Sending::Create(sent) = sending(&worker) else {
        panic!("{worker:?}")
    };
    assert!(Some(&**sent) == draft.as_ref());
    stage.finish(&mut worker);
    assert_eq!(stage.zendesk.tickets[0].subject, text("Printer on fire"));
    stage.rest();
    let ticket = &stage.zendesk.tickets[0];
    assert_eq!(ticket.subject, text("Printer cold"));
    assert_eq!(
        (ticket.requester_id, ticket.assignee_id),
        (Some(EVA), Some(BOB))
    );
    assert_eq!(ticket.status, text("pending"));
    assert!(stage.written.conflicts.is_empty());
    stage.assert_in_step();
}

#[test]
fn a_description_edited_meanwhile_stays_here_through_a_later_redaction() {
    let mut stage = published(|_| {});
    let mut worker = stage.claim().unwrap();
    stage.until_sending(&mut worker);
    stage.edit(|fields| fields.description = "It burns.".to_owned());
    stage.finish(&mut worker);
    stage.rest();
    assert_eq!(stage.desk.fields.description, "It burns.");
    stage.change(CaseField::Description, "It ▇.");
    assert_eq!(stage.pull(), Received::Merged);
    assert_eq!(stage.desk.fields.description, "It burns.");
}

#[test]
fn a_requester_given_by_name_is_agreed_with_the_user_that_zendesk_found() {
    let mut stage = published(|fields| fields.contact = text("eva"));
    stage.requester = Some(crate::push::Requester::Inline {
        name: "Eva".to_owned(),
        email: text("eva@example.com"),
    });
    stage.rest();
    assert!(stage.agreed(CaseField::Contact) == Some(Pair::new(text("eva"), text("14"))));
    stage.assert_in_step();
}

#[test]
fn without_a_requester_it_parks_and_goes_once_there_is_one() {
    let mut stage = published(|_| {});
    let requester = stage.requester.take();
    stage.rest();
    assert_eq!(stage.line(), ["publish parked no_requester"]);
    stage.requester = requester;
    assert!(publish(&mut stage), "asking again is retrying");
    stage.rest();
    assert_eq!(stage.zendesk.tickets.len(), 1);
    stage.assert_in_step();
}

#[test]
fn a_case_without_a_description_parks_and_says_so() {
    let mut stage = Stage::bare(REMOTE);
    stage.desk.comments.clear();
    publish(&mut stage);
    stage.rest();
    assert_eq!(stage.line(), ["publish parked no_description"]);
}

#[test]
fn a_refused_publication_that_was_corrected_is_sent_as_corrected_under_a_new_key() {
    for by_retry in [true, false] {
        let mut stage = published(|fields| fields.subject = "Forbidden".to_owned());
        let first = stage.desk.operations[0].op_id.clone();
        let fields = vec![(Some(CaseField::Subject), "Not that subject.".to_owned())];
        stage.net.push_back(Net::Says(Reply::Refused { fields }));
        stage.rest();
        assert_eq!(stage.line(), ["publish parked refused"]);
        stage.edit(|fields| fields.subject = "Allowed".to_owned());
        if by_retry {
            assert!(stage.retry());
        } else {
            assert!(publish(&mut stage));
        }
        assert_eq!(stage.line(), ["publish waiting"]);
        let open: Vec<String> = stage.desk.line().open().map(|o| o.op_id.clone()).collect();
        assert!(
            !open.contains(&first),
            "Zendesk repeats its answer for a key it knows"
        );
        stage.rest();
        assert_eq!(stage.zendesk.tickets.len(), 1);
        assert_eq!(stage.zendesk.tickets[0].subject, text("Allowed"));
        stage.assert_in_step();
    }
}

#[test]
fn a_refused_publication_of_which_a_request_may_still_arrive_is_retried_as_it_was() {
    let mut stage = published(|_| {});
    stage.net.push_back(Net::Late);
    stage
        .net
        .push_back(Net::Says(Reply::Unfit(crate::outbox::Parked::TooLong {
            bytes: 70_000,
        })));
    stage.work();
    stage.pass(5);
    stage.work();
    assert_eq!(stage.line(), ["publish parked too_long"]);
    assert!(stage.retry());
    stage.arrive();
    stage.rest();
    assert_eq!(stage.zendesk.tickets.len(), 1);
    stage.assert_in_step();
}

#[test]
fn a_publication_given_up_can_be_asked_for_again() {
    let mut stage = published(|_| {});
    let requester = stage.requester.take();
    stage.rest();
    assert!(stage.discard());
    assert!(stage.line().is_empty());
    stage.requester = requester;
    assert!(publish(&mut stage));
    stage.rest();
    assert_eq!(stage.zendesk.tickets.len(), 1);
}

#[test]
fn a_ticket_that_a_restored_database_has_forgotten_is_adopted_and_not_made_again() {
    let mut stage = published(|fields| fields.priority = CasePriority::High);
    let backup = stage.desk.clone();
    stage.rest();
    stage.desk = backup;
    stage.desk.operations.clear();
    publish(&mut stage);
    stage.rest();
    assert_eq!((stage.zendesk.tickets.len(), stage.zendesk.writes), (1, 1));
    assert!(stage.written.conflicts.is_empty());
    stage.assert_in_step();
}

#[test]
fn a_ticket_that_the_pull_linked_first_is_not_made_again() {
    // At which step of the worker the pull comes in.
    for steps in 0..4 {
        let mut stage = published(|_| {});
        stage.say("c1");
        stage.net.push_back(Net::AnswerLost);
        assert!(stage.work());
        stage.pass(5);
        let mut worker = stage.claim().unwrap();
        for _ in 0..steps {
            stage.step(&mut worker);
        }
        if worker.closed.is_none() {
            adopt(&mut stage);
        }
        stage.finish(&mut worker);
        stage.rest();
        assert_eq!(stage.zendesk.tickets.len(), 1, "after {steps} steps");
        assert_eq!(stage.zendesk.comments.len(), 2, "after {steps} steps");
        stage.assert_in_step();
    }
}

#[test]
fn a_ticket_that_the_pull_linked_and_the_listing_does_not_show_is_not_made_again() {
    let mut stage = published(|_| {});
    stage.say("c1");
    stage.net.push_back(Net::AnswerLost);
    assert!(stage.work());
    adopt(&mut stage);
    // Somebody there took our external_id away.
    stage.zendesk.ticket(TICKET).external_id = None;
    stage.pass(3600);
    stage.rest();
    assert_eq!(stage.zendesk.tickets.len(), 1);
    let comments: Vec<&str> = stage
        .zendesk
        .comments
        .iter()
        .map(|(id, _)| id.as_str())
        .collect();
    assert_eq!(
        comments,
        ["description", "c1"],
        "what the case has beside it is sent all the same"
    );
    assert!(stage.line().is_empty());
}

#[test]
fn what_zendesk_did_not_take_at_the_creation_is_not_agreed_and_goes_again() {
    let mut stage = published(|fields| {
        fields.priority = CasePriority::High;
        fields.status = CaseStatus::InProgress;
    });
    stage.net.push_back(Net::TookAllBut(vec![
        CaseField::Priority,
        CaseField::Status,
    ]));
    stage.work();
    assert_eq!(stage.desk.fields.priority, CasePriority::High);
    assert_eq!(stage.desk.fields.status, CaseStatus::InProgress);
    stage.rest();
    assert_eq!(stage.zendesk.tickets[0].priority, text("high"));
    assert_eq!(stage.zendesk.tickets[0].status, text("pending"));
    assert!(stage.written.conflicts.is_empty());
    stage.assert_in_step();
}

#[test]
fn what_a_trigger_changes_at_the_creation_is_theirs() {
    let mut stage = published(|fields| fields.priority = CasePriority::Low);
    stage.zendesk.trigger = vec![(CaseField::Priority, text("urgent"))];
    stage.rest();
    assert_eq!(stage.zendesk.tickets[0].priority, text("urgent"));
    assert_eq!(stage.desk.fields.priority, CasePriority::High);
    assert!(stage.written.conflicts.is_empty() && stage.zendesk.writes == 1);
}

#[test]
fn who_is_assigned_in_zendesk_after_the_creation_is_theirs() {
    for (mode, assigned) in [(REMOTE, "bob"), (LOCAL, "nobody")] {
        let mut stage = Stage::bare(mode);
        stage.edit(|fields| fields.assigned_to = text("nobody"));
        publish(&mut stage);
        stage.net.push_back(Net::AnswerLost);
        assert!(stage.work());
        stage.change(CaseField::AssignedTo, "13");
        stage.rest();
        assert_eq!(stage.desk.fields.assigned_to, text(assigned));
        assert_eq!(stage.zendesk.tickets[0].assignee_id, Some(BOB));
        let conflicts = stage.written.conflicts.len();
        assert_eq!(
            conflicts,
            usize::from(mode == REMOTE),
            "nothing was said there that lost"
        );
    }
}

#[test]
fn who_is_assigned_after_the_creation_is_theirs_also_where_the_owner_has_what_is_unassigned() {
    let mut stage = Stage::bare(LOCAL);
    stage.rules.unassigned = crate::identity::Unassigned::Owner;
    stage.edit(|fields| fields.assigned_to = None);
    publish(&mut stage);
    stage.net.push_back(Net::AnswerLost);
    assert!(stage.work());
    stage.change(CaseField::AssignedTo, "13");
    stage.rest();
    assert_eq!(stage.desk.fields.assigned_to, text("bob"));
    assert_eq!(stage.zendesk.tickets[0].assignee_id, Some(BOB));
    assert!(stage.written.conflicts.is_empty());
}

#[test]
fn whom_a_trigger_assigns_at_the_creation_is_what_the_ticket_was_made_with() {
    let mut stage = published(|fields| fields.assigned_to = text("nobody"));
    stage.zendesk.trigger = vec![(CaseField::AssignedTo, text("13"))];
    stage.net.push_back(Net::AnswerLost);
    assert!(stage.work());
    stage.change(CaseField::AssignedTo, "12");
    stage.rest();
    let [conflict] = stage.written.conflicts.as_slice() else {
        panic!("{:?}", stage.written.conflicts)
    };
    let made = Pair::new(text("bob"), text("13"));
    assert!(conflict.agreed == Some(made) && conflict.crm == text("nobody"));
    assert_eq!(stage.desk.fields.assigned_to, text("ada"));
}

#[test]
fn a_case_given_to_somebody_unknown_there_is_published_and_that_field_parks() {
    let mut stage = published(|fields| fields.assigned_to = text("nobody"));
    stage.rest();
    assert_eq!(stage.zendesk.tickets[0].assignee_id, None);
    assert_eq!(stage.line(), ["fields parked assigned_to nobody_there"]);
    assert_eq!(stage.desk.fields.assigned_to, text("nobody"));
}

#[test]
fn a_resolved_case_is_published_with_the_default_user_as_assignee() {
    let mut stage = Stage::bare(REMOTE);
    stage.rules.default_user = Some(BOB);
    stage.edit(|fields| {
        fields.status = CaseStatus::Resolved;
        fields.assigned_to = None;
    });
    publish(&mut stage);
    stage.rest();
    let ticket = &stage.zendesk.tickets[0];
    assert_eq!(
        (&ticket.status, ticket.assignee_id),
        (&text("solved"), Some(BOB))
    );
    assert_eq!(stage.desk.fields.assigned_to, None);
    assert_eq!(stage.desk.fields.status, CaseStatus::Resolved);
    assert!(stage.line().is_empty() && stage.zendesk.writes == 1);
}

#[test]
fn a_resolved_case_without_assignee_and_default_user_is_published_open_and_says_why() {
    let mut stage = published(|fields| {
        fields.status = CaseStatus::Resolved;
        fields.assigned_to = None;
    });
    stage.rest();
    assert_eq!(stage.zendesk.tickets[0].status, text("new"));
    assert_eq!(stage.desk.fields.status, CaseStatus::Resolved);
    assert_eq!(stage.line(), ["fields parked status nobody_to_solve"]);
}

#[test]
fn a_second_ticket_for_one_case_is_never_linked() {
    let mut stage = published(|_| {});
    let mut worker = stage.claim().unwrap();
    stage.until_closing(&mut worker);
    stage.desk.link = Some(DeskLink {
        ticket: 999,
        agreed: Agreed::default(),
        seen: Version::default(),
    });
    stage.zendesk.tickets.push(Ticket {
        id: 999,
        ..stage.zendesk.tickets[0].clone()
    });
    stage.finish(&mut worker);
    assert_eq!(stage.desk.link.as_ref().unwrap().ticket, 999);
    assert_eq!(stage.desk.operations[0].state, State::Done);
}

#[test]
fn nothing_else_goes_before_the_ticket_is_there() {
    let mut stage = Stage::linked(REMOTE);
    stage.say("c1");
    stage.with(|desk, room, written| desk.follow_up(room, written));
    let mut worker = stage.claim().unwrap();
    assert_eq!(worker.attempt.operation().kind, Kind::FollowUp);
    assert!(stage.step(&mut worker), "the closed ticket may have c1");
    assert!(
        matches!(&worker.action, Action::Find { external_id } if external_id == "deskbridge:zd:case:1")
    );
    assert!(stage.claim().is_none());
}
