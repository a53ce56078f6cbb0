//! A closed ticket takes no more; a follow-up takes the case over, with all that was parked.

use super::stage::*;
use crate::case::{CaseField, CasePriority};
use crate::comment::TicketComment;
use crate::desk::{Desk, DeskLink, Marker, Place, Version, place};
use crate::guard::Guards;
use crate::push::{Action, Closing, Reply};
use crate::value::Agreed;

const FOLLOW_UP: i64 = TICKET + 1;

fn follow_up(stage: &mut Stage) -> bool {
    stage.with(|desk, room, written| desk.follow_up(room, written))
}

/// A case with an edit and a comment that its closed ticket did not take.
fn stuck() -> Stage {
    let mut stage = Stage::linked(REMOTE);
    stage.zendesk.ticket(TICKET).status = text("closed");
    stage.edit(|fields| fields.priority = CasePriority::High);
    stage.say("c1");
    stage.say("c2");
    stage.rest();
    assert_eq!(
        stage.line(),
        [
            "fields parked priority ticket_closed",
            "comment c1 parked ticket_closed",
            "comment c2 parked ticket_closed"
        ]
    );
    stage
}

fn there(stage: &Stage) -> Vec<&str> {
    let comments = stage.zendesk.comments.iter();
    comments.map(|(comment, _)| comment.as_str()).collect()
}

#[test]
fn a_follow_up_takes_the_link_over_with_the_parked_comments_and_edits() {
    let mut stage = stuck();
    assert!(follow_up(&mut stage));
    stage.say("c3");
    stage.rest();
    assert_eq!(stage.desk.link.as_ref().unwrap().ticket, FOLLOW_UP);
    assert_eq!(
        (stage.written.closed_link, stage.desk.predecessors),
        (Some(TICKET), 1)
    );
    assert_eq!(there(&stage), ["description", "c1", "c2", "c3"]);
    let ticket = stage.zendesk.ticket(FOLLOW_UP);
    assert_eq!(ticket.external_id, text("deskbridge:zd:case:1"));
    assert_eq!(ticket.priority, text("high"));
    assert!(stage.line().is_empty(), "{:?}", stage.line());
    stage.assert_in_step();
}

/// A case with a comment that was sent to its ticket, in a database restored from before that; the ticket
/// is closed now.
fn forgotten() -> Stage {
    let mut stage = Stage::linked(REMOTE);
    stage.say("c1");
    let backup = stage.desk.clone();
    stage.rest();
    stage.desk = backup;
    stage.zendesk.ticket(TICKET).status = text("closed");
    stage.pass(3600);
    stage
}

#[test]
fn what_a_restored_database_forgot_to_have_said_is_not_said_again_on_a_follow_up() {
    for answer in [None, Some(Net::AnswerLost)] {
        let mut stage = forgotten();
        let told = stage.zendesk.comments[0].clone();
        assert!(follow_up(&mut stage));
        stage.net.extend(answer);
        stage.rest();
        assert_eq!(stage.desk.link.as_ref().unwrap().ticket, FOLLOW_UP);
        assert_eq!(there(&stage), ["c1", "description"]);
        assert_eq!(stage.desk.comments[1].remote, Some(told.1));
        let known = stage.written.mapped.iter().find(|one| one.comment == "c1");
        assert_eq!(known.unwrap().ticket, TICKET, "it stands where it was said");
        assert!(stage.line().is_empty(), "{:?}", stage.line());
    }
}

#[test]
fn a_follow_up_of_a_ticket_that_was_deleted_looks_back_at_nothing() {
    let mut stage = forgotten();
    assert!(follow_up(&mut stage));
    let former = stage.zendesk.tickets.remove(0);
    stage.zendesk.audits.clear();
    stage.rest();
    stage.zendesk.tickets.insert(0, former);
    assert_eq!(stage.zendesk.tickets.len(), 2);
    assert_eq!(
        there(&stage),
        ["c1", "description", "c1"],
        "nobody can know"
    );
}

#[test]
fn an_attempt_at_a_follow_up_looks_back_only_if_a_comment_may_be_there() {
    for (said, looks_back) in [(true, true), (false, false)] {
        let mut stage = Stage::linked(REMOTE);
        stage.zendesk.ticket(TICKET).status = text("closed");
        if said {
            stage.say("c1");
        }
        assert!(follow_up(&mut stage));
        let first = stage.claim().unwrap().action;
        let back = Action::Read {
            ticket: TICKET,
            past: None,
        };
        assert_eq!(first == back, looks_back, "{first:?}");
    }
}

#[test]
fn a_follow_up_of_a_follow_up_bears_the_next_number() {
    let mut stage = stuck();
    follow_up(&mut stage);
    stage.rest();
    assert_eq!(stage.desk.external_id("zd", false), "deskbridge:zd:case:1");
    stage.zendesk.ticket(FOLLOW_UP).status = text("closed");
    assert!(follow_up(&mut stage));
    stage.rest();
    assert_eq!(
        stage.zendesk.tickets[2].external_id,
        text("deskbridge:zd:case:2")
    );
    assert_eq!(stage.desk.predecessors, 2);
}

#[test]
fn asking_twice_for_a_follow_up_is_asking_once() {
    let mut stage = stuck();
    assert!(follow_up(&mut stage));
    assert!(!follow_up(&mut stage));
    stage.net.extend([Net::Lost, Net::AnswerLost]);
    stage.rest();
    assert_eq!(stage.zendesk.tickets.len(), 2);
}

#[test]
fn a_follow_up_needs_a_ticket_a_living_case_and_two_way_sync() {
    let mut bare = Stage::bare(REMOTE);
    assert!(!follow_up(&mut bare));
    let mut deleted = stuck();
    deleted.desk.deleted = true;
    assert!(!follow_up(&mut deleted));
    let mut off = stuck();
    off.mode = crate::merge::Mode::OneWay;
    assert!(!follow_up(&mut off));
}

#[test]
fn what_was_written_for_a_deleted_ticket_does_not_go_to_a_follow_up_by_itself() {
    let mut stage = stuck();
    let comment = stage
        .desk
        .operations
        .iter_mut()
        .find(|o| o.payload.comment.is_some());
    comment.unwrap().reason = Some(crate::outbox::Parked::TooLong { bytes: 70_000 });
    follow_up(&mut stage);
    stage.rest();
    assert_eq!(stage.line(), ["comment c1 parked too_long"]);
    assert_eq!(there(&stage), ["description", "c2"]);
}

#[test]
fn a_comment_that_was_given_up_is_sent_to_no_later_ticket() {
    let mut stage = stuck();
    assert!(stage.with(|desk, room, written| desk.discard("c1", room, written)));
    assert!(!stage.with(|desk, room, written| desk.retry("c1", room, written)));
    let backup = stage.desk.clone();
    follow_up(&mut stage);
    stage.rest();
    stage.with(|desk, room, written| desk.send_piled_up(room, written));
    stage.rest();
    assert_eq!(there(&stage), ["description", "c2"]);
    assert!(stage.line().is_empty());
    // Nor where a restored database meets the follow-up as a ticket it has forgotten.
    stage.desk = backup;
    stage.pass(3600);
    let (ticket, now) = (stage.zendesk.ticket(FOLLOW_UP).clone(), stage.now);
    stage.with(|desk, room, written| desk.adopt(&ticket, now, &[], room, written));
    stage.with(|desk, room, written| desk.send_piled_up(room, written));
    stage.rest();
    assert_eq!(there(&stage), ["description", "c2"]);
    assert!(stage.desk.link.as_ref().unwrap().ticket == FOLLOW_UP);
}

#[test]
fn a_comment_that_was_given_up_and_turns_up_all_the_same_is_known_as_ours() {
    let mut stage = stuck();
    stage.with(|desk, room, written| desk.discard("c1", room, written));
    let comment = TicketComment {
        id: 77,
        ticket_id: TICKET,
        ..TicketComment::default()
    };
    let marker = Marker::Ours("c1".to_owned());
    let unchecked = stage
        .desk
        .place(&comment, &Marker::Unchecked, None, Guards::ALL);
    assert_eq!(unchecked, Place::Wait);
    let Place::Ours { comment, op_id } = stage.desk.place(&comment, &marker, None, Guards::ALL)
    else {
        panic!("it was taken for somebody else's")
    };
    assert_eq!((comment.as_str(), op_id.as_deref()), ("c1", Some("c1")));
}

#[test]
fn a_follow_up_that_the_pull_linked_first_is_not_made_again() {
    for hidden in [false, true] {
        let mut stage = stuck();
        follow_up(&mut stage);
        stage.net.push_back(Net::AnswerLost);
        assert!(stage.work());
        stage.desk.link = Some(DeskLink {
            ticket: FOLLOW_UP,
            agreed: Agreed::default(),
            seen: Version::default(),
        });
        stage.desk.predecessors += 1;
        if hidden {
            stage.zendesk.ticket(FOLLOW_UP).external_id = None;
        }
        stage.pass(3 * 3600);
        stage.rest();
        assert_eq!(stage.zendesk.tickets.len(), 2);
        assert_eq!(there(&stage), ["description", "c1", "c2"]);
        assert_eq!(stage.zendesk.ticket(FOLLOW_UP).priority, text("high"));
        assert!(stage.line().is_empty(), "{:?}", stage.line());
    }
}

#[test]
fn the_first_comment_of_a_follow_up_is_a_comment_of_its_own() {
    let mut stage = stuck();
    follow_up(&mut stage);
    stage.net.push_back(Net::AnswerLost);
    assert!(stage.work());
    let comment = TicketComment {
        id: 999,
        ticket_id: FOLLOW_UP,
        ..TicketComment::default()
    };
    let op_id = stage.desk.line().open().map(|o| o.op_id.clone()).collect();
    let placed = place(
        &comment,
        &Marker::Ours(op_id),
        stage.desk.line(),
        None,
        Guards::ALL,
    );
    assert_eq!(
        placed,
        Place::New,
        "the description is another comment of Zendesk's already"
    );
    stage.rest();
    assert_eq!(stage.desk.comments[0].remote, Some(1));
}

#[test]
fn what_comes_of_the_former_ticket_is_no_news_of_the_follow_up() {
    let mut stage = Stage::linked(REMOTE);
    stage.edit(|fields| fields.priority = CasePriority::High);
    stage.pass(3);
    let mut worker = stage.claim().unwrap();
    stage.until_closing(&mut worker);
    // While that worker was at it, the pull linked a follow-up.
    stage.desk.link = Some(DeskLink {
        ticket: FOLLOW_UP,
        agreed: Agreed::default(),
        seen: Version::default(),
    });
    stage.finish(&mut worker);
    assert_eq!(worker.closed, Some(true));
    let link = stage.desk.link.as_ref().unwrap();
    assert!(link.agreed.get(CaseField::Priority).is_none());
    assert_eq!(link.seen, Version::default());
    let former = stage.zendesk.ticket(TICKET).clone();
    let now = stage.now;
    let received =
        stage.with(|desk: &mut Desk, room, written| desk.receive(&former, now, room, written));
    assert_eq!(received, crate::desk::Received::Stale);
}

#[test]
fn a_worker_without_a_claim_makes_no_follow_up() {
    let mut stage = stuck();
    follow_up(&mut stage);
    let mut worker = stage.claim().unwrap();
    stage.until_closing(&mut worker);
    let token = worker.token - 1;
    let op_id = worker.op_id();
    let closed = stage
        .with(|desk, room, written| desk.close(&op_id, token, Closing::Nothing, room, written));
    assert!(!closed);
    assert_eq!(stage.desk.link.as_ref().unwrap().ticket, TICKET);
}

#[test]
fn a_refused_follow_up_that_is_retried_still_follows_its_ticket() {
    let mut stage = stuck();
    follow_up(&mut stage);
    let fields = vec![(Some(CaseField::Subject), "Not that subject.".to_owned())];
    stage.net.push_back(Net::Says(Reply::Refused { fields }));
    stage.rest();
    assert_eq!(stage.line().last().unwrap(), "follow_up parked refused");
    assert!(follow_up(&mut stage), "asking again is retrying");
    stage.rest();
    assert_eq!(stage.written.closed_link, Some(TICKET));
    assert_eq!(stage.desk.link.as_ref().unwrap().ticket, FOLLOW_UP);
    assert_eq!(there(&stage), ["description", "c1", "c2"]);
    stage.assert_in_step();
}

#[test]
fn the_first_comment_of_a_follow_up_is_no_description_and_that_of_the_former_ticket_is() {
    let mut stage = stuck();
    follow_up(&mut stage);
    stage.rest();
    let placed = |ticket_id| {
        let comment = TicketComment {
            id: 999,
            ticket_id,
            is_description: true,
            ..TicketComment::default()
        };
        let description = Some("description");
        let desk = &stage.desk;
        desk.place(&comment, &Marker::Foreign, description, Guards::ALL)
    };
    assert_eq!(placed(FOLLOW_UP), Place::New);
    let description = Place::Ours {
        comment: "description".to_owned(),
        op_id: None,
    };
    assert_eq!(placed(TICKET), description);
}
