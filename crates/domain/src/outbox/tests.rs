use rstest::rstest;

use super::*;
use crate::guard::Guard;

const LEASE: Duration = Duration::from_secs(60);

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

/// An operation `k7` is of the kind that begins with `k`, with seq 7; all due at second 0.
fn operation(name: &str) -> Operation {
    let (kind, seq) = name.split_at(1);
    let kind = match kind {
        "p" => Kind::Publish,
        "u" => Kind::FollowUp,
        "c" => Kind::Comment,
        "f" => Kind::Fields,
        "x" => Kind::Person,
        _ => panic!("{name}"),
    };
    let line = Line {
        id: "case",
        operations: &[],
        last_seq: seq.parse::<i64>().unwrap() - 1,
    };
    Operation::new(name.to_owned(), &line, kind, Payload::default(), at(0))
}

fn operations(names: &[&str]) -> Vec<Operation> {
    names.iter().map(|name| operation(name)).collect()
}

/// What goes next at a second.
fn next(operations: &[Operation], second: i64) -> Option<&str> {
    next_with(operations, second, Guards::ALL)
}

fn next_with(operations: &[Operation], second: i64, guards: Guards) -> Option<&str> {
    let line = Line {
        id: "case",
        operations,
        last_seq: 9,
    };
    head(line, at(second), guards).map(|operation| operation.op_id.as_str())
}

#[rstest]
#[case::nothing(&[], None)]
#[case::the_only_one(&["f1"], Some("f1"))]
#[case::what_makes_the_ticket_before_all_else(&["c1", "f2", "p3"], Some("p3"))]
#[case::a_follow_up_too(&["c1", "f2", "u3"], Some("u3"))]
#[case::comments_before_fields(&["f1", "c2"], Some("c2"))]
#[case::comments_in_their_order(&["c3", "c1", "c2"], Some("c1"))]
#[case::fields_before_people(&["x1", "f2"], Some("f2"))]
fn what_goes_first_of_what_is_due(#[case] names: &[&str], #[case] first: Option<&str>) {
    assert_eq!(next(&operations(names), 0), first);
}

#[test]
fn a_new_operation_stands_at_the_end_of_its_line_and_is_due_at_once() {
    let line = Line {
        id: "case",
        operations: &[],
        last_seq: 41,
    };
    let new = Operation::new(
        "op".to_owned(),
        &line,
        Kind::Comment,
        Payload::default(),
        at(5),
    );
    assert_eq!(
        (new.seq, new.line.as_str(), new.state),
        (42, "case", State::Waiting)
    );
    assert_eq!(
        (new.created_at, new.attempts, new.lease_token),
        (at(5), 0, 0)
    );
    assert!(new.is_due(at(5)) && !new.is_due(at(4)));
    assert!(new.reason.is_none() && new.sent_at.is_none() && !new.is_unknown(at(5)));
}

#[test]
fn of_one_kind_only_the_first_may_go_so_that_comments_keep_their_order() {
    let mut line = operations(&["c1", "c2"]);
    line[0].wait_until(at(10));
    assert_eq!(next(&line, 9), None);
    assert_eq!(next(&line, 10), Some("c1"));
}

#[test]
fn a_comment_that_waits_holds_back_no_field_and_a_field_no_comment() {
    let mut line = operations(&["c1", "f2"]);
    line[0].wait_until(at(10));
    assert_eq!(next(&line, 5), Some("f2"));
    let mut line = operations(&["c2", "f1"]);
    line[1].wait_until(at(10));
    assert_eq!(next(&line, 5), Some("c2"));
}

#[test]
fn while_a_ticket_is_still_to_be_made_nothing_else_goes() {
    for makes in ["p2", "u2"] {
        let mut line = operations(&["c1", makes, "f3"]);
        line[1].wait_until(at(10));
        assert_eq!(next(&line, 9), None);
        assert_eq!(next(&line, 10), Some(makes));
    }
}

#[test]
fn before_a_follow_up_goes_what_may_have_been_carried_out_on_the_closed_ticket() {
    let mut line = operations(&["c1", "f2", "u3"]);
    line[1].unknown_until = Some(at(60));
    assert_eq!(next(&line, 0), Some("f2"));
    line[1].wait_until(at(9));
    assert_eq!(next(&line, 0), None, "it is waited for");
    // Where there is no ticket yet, and where none is to be made, the order is as always.
    for (names, first) in [(["f2", "p3"], "p3"), (["f2", "c3"], "c3")] {
        let mut line = operations(&names);
        line[0].unknown_until = Some(at(60));
        assert_eq!(next(&line, 0), Some(first));
    }
}

#[test]
fn what_is_parked_or_ended_stops_nobody() {
    for state in [State::Parked, State::Done, State::Discarded] {
        let mut line = operations(&["p1", "c2", "c3", "c4"]);
        line[0].state = state;
        line[2].state = state;
        assert_eq!(next(&line, 0), Some("c2"));
        line[1].state = state;
        assert_eq!(
            next(&line, 0),
            Some("c4"),
            "the one in the middle is passed over"
        );
        line[3].state = state;
        assert_eq!(next(&line, 0), None);
    }
}

#[test]
fn while_one_is_claimed_no_other_goes_until_the_claim_ends() {
    let mut line = operations(&["c1", "c2", "f3"]);
    line[2].claim(at(0), LEASE);
    assert_eq!(next(&line, 59), None);
    assert_eq!(
        next(&line, 60),
        Some("f3"),
        "whose claim ended is the first to go again"
    );
}

#[test]
fn without_the_lease_guard_a_claimed_one_is_taken_again() {
    let mut line = operations(&["c1", "f2"]);
    line[0].claim(at(0), LEASE);
    let guards = Guards::without(Guard::Lease);
    assert_eq!(next_with(&line, 1, guards), Some("c1"));
    assert_eq!(next_with(&line, 1, Guards::ALL), None);
}

#[test]
fn each_claim_has_a_higher_token_and_only_the_latest_holds() {
    let mut operation = operation("c1");
    let first = operation.claim(at(0), LEASE);
    assert_eq!((operation.attempts, operation.lease_until), (1, at(60)));
    assert!(operation.is_held(first, Guards::ALL));
    let second = operation.claim(at(60), LEASE);
    assert!(second > first && operation.attempts == 2);
    assert!(!operation.is_held(first, Guards::ALL) && operation.is_held(second, Guards::ALL));
    assert!(operation.is_held(first, Guards::without(Guard::Lease)));
}

#[rstest]
#[case::put_off(State::Waiting)]
#[case::parked(State::Parked)]
#[case::done(State::Done)]
#[case::discarded(State::Discarded)]
fn who_gave_a_claim_up_does_not_hold_it(#[case] state: State) {
    let mut operation = operation("c1");
    let token = operation.claim(at(0), LEASE);
    operation.state = state;
    assert!(!operation.is_held(token, Guards::ALL));
}

#[test]
fn a_claim_longer_than_time_itself_ends_with_it() {
    let mut operation = operation("c1");
    operation.claim(at(0), Duration::MAX);
    assert_eq!(operation.lease_until, Timestamp::MAX);
}

#[rstest]
#[case(State::Waiting, true)]
#[case(State::Claimed, true)]
#[case(State::Parked, false)]
#[case(State::Done, false)]
#[case(State::Discarded, false)]
fn what_stands_in_the_line(#[case] state: State, #[case] open: bool) {
    assert_eq!(state.is_open(), open);
    let mut operation = operation("c1");
    operation.state = state;
    assert_eq!(operation.is_due(at(0)), open);
    let operations = [operation];
    let line = Line {
        id: "case",
        operations: &operations,
        last_seq: 1,
    };
    assert_eq!(line.open().count(), usize::from(open));
}

#[rstest]
#[case("p1", true, true)]
#[case("u1", true, true)]
#[case("c1", false, true)]
#[case("f1", true, false)]
#[case("x1", false, false)]
fn what_a_line_awaits(#[case] name: &str, #[case] fields: bool, #[case] comments: bool) {
    let mut operations = operations(&[name]);
    let awaits = |operations: &[Operation]| {
        let line = Line {
            id: "case",
            operations,
            last_seq: 1,
        };
        (line.awaits_fields(), line.awaits_comments())
    };
    assert_eq!(awaits(&operations), (fields, comments));
    operations[0].claim(at(0), LEASE);
    assert_eq!(awaits(&operations), (fields, comments));
    operations[0].park(Parked::NotTaken);
    assert_eq!(awaits(&operations), (false, false));
    operations[0].end(State::Done);
    assert_eq!(awaits(&operations), (false, false));
}

#[test]
fn a_field_is_parked_only_with_the_value_that_could_not_be_delivered() {
    let mut operations = operations(&["f1"]);
    let high = Some("high".to_owned());
    operations[0]
        .payload
        .parked
        .insert(CaseField::Priority, high.clone());
    let parked = |operations: &[Operation], field, value: &Value| {
        let line = Line {
            id: "case",
            operations,
            last_seq: 1,
        };
        line.is_parked(field, value)
    };
    assert!(
        !parked(&operations, CaseField::Priority, &high),
        "it is not parked yet"
    );
    operations[0].park(Parked::NotTaken);
    assert!(parked(&operations, CaseField::Priority, &high));
    assert!(!parked(
        &operations,
        CaseField::Priority,
        &Some("low".to_owned())
    ));
    assert!(!parked(&operations, CaseField::Status, &high));
}

#[test]
fn what_ends_has_no_reason_any_more_and_awaits_nothing() {
    let mut operation = operation("c1");
    operation.reason = Some(Parked::Limits);
    operation.unknown_until = Some(at(60));
    assert!(operation.is_unknown(at(59)) && !operation.is_unknown(at(60)));
    operation.park(Parked::NotTaken);
    assert_eq!(operation.reason, Some(Parked::NotTaken));
    assert!(operation.is_unknown(at(59)), "its request may still arrive");
    operation.end(State::Done);
    assert_eq!((operation.reason, operation.unknown_until), (None, None));
}

#[rstest]
#[case(-1, 1)]
#[case(0, 1)]
#[case(1, 1)]
#[case(2, 2)]
#[case(3, 4)]
#[case(6, 32)]
#[case(7, 60)]
#[case(8, 60)]
#[case(i64::MAX, 60)]
fn pauses_double_from_a_second_to_a_minute(#[case] attempts: i64, #[case] seconds: i64) {
    assert_eq!(pause_after(attempts), SignedDuration::from_secs(seconds));
}

#[test]
fn a_payload_is_kept_short_and_comes_back_as_it_was() {
    assert_eq!(serde_json::to_string(&Payload::default()).unwrap(), "{}");
    let pair = Pair::new(Some("high".to_owned()), Some("high".to_owned()));
    let full = Payload {
        comment: Some("c1".to_owned()),
        draft: None,
        sent: BTreeMap::from([(CaseField::Priority, pair.clone())]),
        sent_by: 2,
        sent_before: BTreeMap::from([(CaseField::Subject, pair.clone())]),
        sent_earlier: BTreeMap::from([(CaseField::Subject, vec![pair])]),
        unknown_before: Some(at(5)),
        parked: BTreeMap::from([(CaseField::Status, None)]),
        follows: Some(7),
        uploads: BTreeMap::from([("a".to_owned(), "token".to_owned())]),
        not_taken: 1,
    };
    let json = serde_json::to_string(&full).unwrap();
    assert_eq!(serde_json::from_str::<Payload>(&json).unwrap(), full);
    assert!(serde_json::from_str::<Payload>(r#"{"odd":1}"#).is_err());
}

/// Every reason there is.
fn reasons() -> Vec<Parked> {
    vec![
        Parked::TicketClosed,
        Parked::TicketMerged { into: Some(7) },
        Parked::TicketMerged { into: None },
        Parked::TicketDeleted,
        Parked::TicketErased,
        Parked::TwoWayOff,
        Parked::CaseDeleted,
        Parked::Refused {
            said: "Priority: cannot be reset".to_owned(),
        },
        Parked::NotTaken,
        Parked::NothingThere,
        Parked::NobodyThere,
        Parked::NobodyToSolve,
        Parked::NoRequester,
        Parked::NoDescription,
        Parked::TooLong { bytes: 70_000 },
        Parked::Attachment {
            name: "a.png".to_owned(),
            problem: "It is gone.".to_owned(),
        },
        Parked::SignIn {
            fix: "Sign in again.".to_owned(),
        },
        Parked::Limits,
        Parked::NoAnswer {
            problem: "No route to host.".to_owned(),
        },
    ]
}

#[test]
fn every_reason_is_kept_as_json_and_told_in_whole_sentences() {
    for reason in reasons() {
        let json = serde_json::to_string(&reason).unwrap();
        assert_eq!(serde_json::from_str::<Parked>(&json).unwrap(), reason);
        let told = reason.to_string();
        assert!(told.starts_with(|c: char| c.is_uppercase()), "{told}");
        assert!(told.ends_with('.'), "{told}");
        assert!(told.len() > 40, "{told}");
    }
}

#[rstest]
#[case(Parked::TicketMerged { into: Some(7) }, "ticket 7")]
#[case(Parked::TicketMerged { into: None }, "another one")]
#[case(Parked::Refused { said: "No way".to_owned() }, "“No way”")]
#[case(Parked::TooLong { bytes: 70_000 }, "70000 bytes")]
#[case(Parked::Attachment { name: "a.png".to_owned(), problem: "Gone.".to_owned() }, "“a.png” cannot be sent: Gone.")]
#[case(Parked::SignIn { fix: "Renew the token.".to_owned() }, "Renew the token.")]
#[case(Parked::NoAnswer { problem: "No route.".to_owned() }, "No route.")]
fn a_reason_tells_the_particulars(#[case] reason: Parked, #[case] part: &str) {
    assert!(reason.to_string().contains(part), "{reason}");
}
