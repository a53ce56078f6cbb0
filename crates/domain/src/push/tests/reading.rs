//! Steps 3 to 5: what the ticket as read, and the plan, lead to.

use rstest::rstest;

use super::*;
use crate::guard::Guard;

/// What a reading leads to, at second 100.
fn judged(operation: Operation, reading: Reading) -> Action {
    let mut attempt = attempt(operation);
    attempt.begin("", false);
    attempt.advance(Happened::Read(reading), at(100))
}

fn read(past: Option<i64>) -> Action {
    Action::Read {
        ticket: TICKET,
        past: past.map(at),
    }
}

#[test]
fn an_attempt_begins_with_a_look_at_what_is_there() {
    for kind in [Kind::Comment, Kind::Fields, Kind::Person] {
        assert_eq!(attempt(claimed(kind)).begin("id", false), read(None));
        let mut unlinked = Attempt::new(claimed(kind), None, Guards::ALL);
        assert_eq!(
            unlinked.begin("id", false),
            Action::Plan,
            "the plan says that there is none"
        );
    }
    for kind in [Kind::Publish, Kind::FollowUp] {
        let mut attempt = attempt(claimed(kind));
        for (asked, next) in [("", ":1"), (":4", ":5")] {
            let find = |number| Action::Find {
                external_id: format!("deskbridge:zd:case{number}"),
            };
            let first = attempt.begin(&format!("deskbridge:zd:case{asked}"), false);
            assert_eq!(first, find(asked));
            let after = attempt.advance(Happened::Found(None), at(100));
            assert_eq!(after, find(next), "the one that would follow it");
            let after = attempt.advance(Happened::Found(None), at(100));
            assert_eq!(after, Action::Plan);
        }
    }
}

#[test]
fn a_creation_that_was_sent_before_is_looked_for_as_it_was_sent() {
    let mut operation = claimed(Kind::FollowUp);
    operation.payload.draft = Some(draft());
    let action = attempt(operation).begin("deskbridge:zd:case:2", false);
    assert!(matches!(action, Action::Find { external_id } if external_id == draft().external_id));
}

#[test]
fn a_ticket_found_is_the_one_that_was_to_be_made() {
    for op in [Some("op"), Some("forgotten")] {
        let mut attempt = attempt(claimed(Kind::Publish));
        attempt.begin("id", false);
        let found = Reading {
            audits: vec![audit(2, 50, None), audit(1, 50, op)],
            ..reading(ticket())
        };
        let Closing::Created {
            ticket,
            read_at,
            audit,
            audits,
            former: _,
        } = closing(attempt.advance(Happened::Found(Some(found)), at(100)))
        else {
            panic!("it was found")
        };
        assert_eq!((ticket.id, read_at), (TICKET, at(100)));
        assert_eq!(audit.map(|audit| audit.id), (op == Some("op")).then_some(1));
        assert_eq!(audits.len(), 2);
    }
}

#[test]
fn a_ticket_that_was_not_found_is_made() {
    let gone = Reading {
        ticket: None,
        ..reading(ticket())
    };
    for found in [None, Some(gone)] {
        let mut attempt = attempt(claimed(Kind::Publish));
        attempt.begin("id", false);
        assert_eq!(
            attempt.advance(Happened::Found(found), at(100)),
            Action::Plan
        );
        assert_eq!(attempt.reading(), None);
    }
}

#[test]
fn what_was_read_is_what_is_planned_with() {
    let mut attempt = attempt(claimed(Kind::Fields));
    attempt.begin("", false);
    assert_eq!(attempt.reading(), None);
    assert_eq!(
        attempt.advance(Happened::Read(reading(ticket())), at(100)),
        Action::Plan
    );
    assert_eq!(attempt.reading(), Some(&reading(ticket())));
    assert_eq!(attempt.operation(), &claimed(Kind::Fields));
}

#[rstest]
#[case::long_after(100, None)]
#[case::a_second_after(51, None)]
#[case::in_the_same_second(50, Some(50))]
#[case::before_it_by_a_skewed_clock(40, Some(50))]
fn what_was_read_within_the_second_of_the_last_change_is_read_again(
    #[case] date: i64,
    #[case] past: Option<i64>,
) {
    let reading = Reading {
        date: at(date),
        ..reading(ticket())
    };
    let expected = past.map_or(Action::Plan, |past| read(Some(past)));
    assert_eq!(judged(claimed(Kind::Fields), reading.clone()), expected);
    let mut attempt = Attempt::new(
        claimed(Kind::Fields),
        Some(TICKET),
        Guards::without(Guard::SameSecond),
    );
    attempt.begin("", false);
    assert_eq!(
        attempt.advance(Happened::Read(reading), at(100)),
        Action::Plan
    );
}

#[test]
fn a_marker_counts_only_in_a_reading_of_a_later_second() {
    let mut reading = reading(ticket());
    reading.audits = vec![audit(1, 50, Some("op"))];
    reading.date = at(50);
    assert_eq!(judged(claimed(Kind::Comment), reading), read(Some(50)));
}

#[test]
fn our_marker_means_that_it_was_carried_out() {
    let mut reading = reading(ticket());
    let mut own = audit(7, 45, Some("op"));
    own.fields = vec![(CaseField::Priority, text("high"))];
    reading.audits = vec![audit(9, 50, None), audit(8, 48, Some("other")), own.clone()];
    for kind in [Kind::Comment, Kind::Fields] {
        let action = judged(claimed(kind), reading.clone());
        let accepted = Closing::Accepted {
            audit: own.clone(),
            ticket: ticket(),
            read_at: at(100),
            asked: BTreeSet::new(),
            overwritten: None,
        };
        assert_eq!(closing(action), accepted);
    }
    let guards = Guards::without(Guard::Marker);
    let mut blind = Attempt::new(claimed(Kind::Comment), Some(TICKET), guards);
    blind.begin("", false);
    assert_eq!(
        blind.advance(Happened::Read(reading), at(100)),
        Action::Plan
    );
}

#[test]
fn our_marker_after_a_yes_that_was_none_is_judged_by_what_was_sent() {
    let mut operation = claimed(Kind::Fields);
    operation.payload.not_taken = 1;
    let pair = Pair::new(text("high"), text("high"));
    operation.payload.sent.insert(CaseField::Priority, pair);
    let mut reading = reading(ticket());
    reading.audits = vec![audit(7, 50, Some("op"))];
    let Closing::Accepted { asked, .. } = closing(judged(operation, reading)) else {
        panic!("the marker is there")
    };
    assert_eq!(asked, BTreeSet::from([CaseField::Priority]));
}

#[test]
fn our_marker_alone_does_not_say_which_request_was_carried_out() {
    let mut operation = claimed(Kind::Fields);
    let pair = Pair::new(text("high"), text("high"));
    operation.payload.sent.insert(CaseField::Priority, pair);
    let mut reading = reading(ticket());
    reading.audits = vec![audit(7, 50, Some("op"))];
    let Closing::Accepted { asked, .. } = closing(judged(operation, reading)) else {
        panic!("the marker is there")
    };
    assert!(asked.is_empty());
}

#[test]
fn our_marker_counts_whatever_became_of_the_ticket_since() {
    let merged = vec!["closed_by_merge".to_owned()];
    for (status, tags) in [("closed", vec![]), ("deleted", vec![]), ("closed", merged)] {
        let mut reading = reading(Ticket {
            status: text(status),
            tags,
            ..ticket()
        });
        reading.audits = vec![audit(7, 50, Some("op"))];
        let action = judged(claimed(Kind::Comment), reading);
        assert!(matches!(closing(action), Closing::Accepted { .. }));
    }
}

#[test]
fn an_audit_newer_than_the_ticket_tells_that_it_must_be_read_again_once() {
    let mut attempt = attempt(claimed(Kind::Fields));
    attempt.begin("", false);
    let with = |id, second| Reading {
        audits: vec![audit(id, second, None), audit(1, 40, None)],
        ..reading(ticket())
    };
    assert_eq!(
        attempt.advance(Happened::Read(with(5, 60)), at(100)),
        read(None)
    );
    // Another one came since.
    assert_eq!(
        attempt.advance(Happened::Read(with(6, 61)), at(100)),
        read(None)
    );
    // The same one: it does not move the ticket's stamp.
    assert_eq!(
        attempt.advance(Happened::Read(with(6, 61)), at(100)),
        Action::Plan
    );
}

#[test]
fn an_audit_of_the_tickets_own_second_needs_no_second_look() {
    let mut reading = reading(ticket());
    reading.audits = vec![audit(5, 50, None)];
    assert_eq!(judged(claimed(Kind::Fields), reading), Action::Plan);
}

#[rstest]
#[case::closed("closed", &[], "Printer", Parked::TicketClosed)]
#[case::deleted("deleted", &[], "Printer", Parked::TicketDeleted)]
#[case::erased("deleted", &[], "SCRUBBED", Parked::TicketErased)]
#[case::merged("closed", &["closed_by_merge"], "Printer", Parked::TicketMerged { into: Some(7) })]
fn a_ticket_that_takes_no_more_parks_what_was_to_be_sent(
    #[case] status: &str,
    #[case] tags: &[&str],
    #[case] subject: &str,
    #[case] reason: Parked,
) {
    for kind in [Kind::Comment, Kind::Fields] {
        let mut reading = reading(Ticket {
            status: text(status),
            tags: tags.iter().map(ToString::to_string).collect(),
            subject: text(subject),
            description: text("X"),
            ..ticket()
        });
        reading.merged_into = Some(7);
        let action = judged(claimed(kind), reading);
        assert_eq!(closing(action), Closing::Park(reason.clone()));
    }
}

#[test]
fn a_ticket_that_is_not_there_parks_what_was_to_be_sent() {
    let gone = Reading {
        ticket: None,
        ..reading(ticket())
    };
    let action = judged(claimed(Kind::Fields), gone);
    assert_eq!(closing(action), Closing::Park(Parked::TicketDeleted));
}

#[test]
fn a_ticket_that_never_rests_is_left_for_later() {
    let mut attempt = attempt(claimed(Kind::Fields));
    let mut action = attempt.begin("", false);
    let mut reads = 0;
    while matches!(action, Action::Read { .. }) {
        reads += 1;
        let restless = Reading {
            date: at(50),
            ..reading(ticket())
        };
        action = attempt.advance(Happened::Read(restless), at(100));
    }
    assert_eq!(reads, 8);
    assert_eq!(no_answer(action), (at(101), None));
}

/// An attempt at an operation of which a request may still arrive, or not, about to plan.
fn planning(kind: Kind, unknown_until: Option<i64>) -> Attempt {
    let mut operation = claimed(kind);
    operation.unknown_until = unknown_until.map(at);
    let mut attempt = attempt(operation);
    attempt.begin("", false);
    attempt.advance(Happened::Read(reading(ticket())), at(100));
    attempt
}

#[test]
fn with_nothing_left_to_send_it_is_done() {
    for unknown_until in [None, Some(99), Some(100)] {
        let mut attempt = planning(Kind::Fields, unknown_until);
        let action = attempt.advance(Happened::Planned(Planned::Nothing), at(100));
        assert_eq!(closing(action), Closing::Nothing);
        let parked = Planned::Park(Parked::NobodyThere);
        let action = attempt.advance(Happened::Planned(parked), at(100));
        assert_eq!(closing(action), Closing::Park(Parked::NobodyThere));
    }
}

#[test]
fn with_nothing_left_to_send_it_waits_while_a_request_may_still_arrive() {
    for planned in [Planned::Nothing, Planned::Park(Parked::NobodyThere)] {
        let mut attempt = planning(Kind::Fields, Some(500));
        let action = attempt.advance(Happened::Planned(planned.clone()), at(100));
        assert_eq!(no_answer(action), (at(101), Some(at(500))));
        let action = attempt.advance(Happened::Planned(planned), at(499));
        assert_eq!(no_answer(action), (at(500), Some(at(500))));
    }
}

#[test]
fn a_plan_on_an_older_state_than_is_known_is_made_again() {
    let mut attempt = planning(Kind::Fields, None);
    let action = attempt.advance(Happened::Planned(Planned::Outdated), at(100));
    assert_eq!(action, read(None));
}

#[test]
fn a_lost_claim_ends_the_attempt_without_a_word() {
    let mut attempt = planning(Kind::Fields, None);
    let action = attempt.advance(Happened::Planned(Planned::Lost), at(100));
    assert_eq!(closing(action), Closing::Lost);
}

#[test]
fn what_may_have_been_done_is_not_done_again_while_a_young_update_shows_no_marker() {
    let foreign = |kind: Kind, second: i64| {
        let mut audit = audit(2, second, None);
        match kind {
            Kind::Comment => audit.comments.push(7),
            Kind::Fields => audit.fields.push((CaseField::Priority, text("high"))),
            Kind::Publish | Kind::FollowUp | Kind::Person => {}
        }
        audit
    };
    for kind in [Kind::Comment, Kind::Fields] {
        let mut unknown = claimed(kind);
        unknown.unknown_until = Some(at(400));
        let with = |audits: Vec<Audit>| Reading {
            audits,
            ..reading(ticket())
        };
        let young = with(vec![foreign(kind, 49)]);
        let (until, unknown_until) = no_answer(judged(unknown.clone(), young.clone()));
        assert!(until > at(100), "{kind}");
        assert_eq!(unknown_until, Some(at(400)), "{kind}");
        // Nothing of this operation can be there without its being noted.
        assert_eq!(judged(claimed(kind), young.clone()), Action::Plan, "{kind}");
        // Long enough after it, its marker would show.
        let old = with(vec![foreign(kind, 40)]);
        assert_eq!(judged(unknown.clone(), old), Action::Plan, "{kind}");
        // Of other things it tells nothing.
        let other = match kind {
            Kind::Comment => Kind::Fields,
            Kind::Publish | Kind::FollowUp | Kind::Fields | Kind::Person => Kind::Comment,
        };
        let apart = with(vec![foreign(other, 49)]);
        assert_eq!(judged(unknown.clone(), apart), Action::Plan, "{kind}");
        let mut marked = foreign(kind, 49);
        marked.op = Some("another".to_owned());
        assert_eq!(judged(unknown, with(vec![marked])), Action::Plan, "{kind}");
    }
}
