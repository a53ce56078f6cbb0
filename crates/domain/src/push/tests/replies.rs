//! Step 6: each answer Zendesk may give, to each kind of request.

use rstest::rstest;

use super::*;

const CREATIONS: [Kind; 2] = [Kind::Publish, Kind::FollowUp];
const UPDATES: [Kind; 2] = [Kind::Comment, Kind::Fields];
const ALL: [Kind; 4] = [Kind::Publish, Kind::FollowUp, Kind::Comment, Kind::Fields];

/// What an answer leads to, at second 105.
fn replied(kind: Kind, reply: Reply) -> Action {
    sent(claimed(kind)).advance(Happened::Replied(reply), at(105))
}

fn taken(ticket: Ticket, audit: Option<Audit>) -> Reply {
    Reply::Taken {
        ticket: Box::new(ticket),
        date: at(104),
        audit,
        replayed: false,
    }
}

fn unknown() -> Reply {
    Reply::Unknown {
        problem: "No answer.".to_owned(),
    }
}

/// An operation of which an earlier request may still arrive until second 500.
fn unknown_before(kind: Kind) -> Operation {
    let mut operation = claimed(kind);
    operation.unknown_until = Some(at(500));
    operation
}

#[test]
fn a_ticket_that_was_made_is_there() {
    for kind in CREATIONS {
        for audit in [None, Some(audit(3, 104, Some("op")))] {
            let created = Closing::Created {
                ticket: ticket(),
                read_at: at(104),
                audit: audit.clone(),
                audits: Vec::new(),
                former: Vec::new(),
            };
            assert_eq!(closing(replied(kind, taken(ticket(), audit))), created);
        }
    }
}

#[test]
fn a_comment_counts_once_its_audit_shows_it() {
    let mut shown = audit(3, 104, Some("op"));
    shown.comments = vec![55];
    let accepted = Closing::Accepted {
        audit: shown.clone(),
        ticket: ticket(),
        read_at: at(104),
        asked: BTreeSet::new(),
        overwritten: None,
    };
    assert_eq!(
        closing(replied(Kind::Comment, taken(ticket(), Some(shown)))),
        accepted
    );
}

#[test]
fn fields_count_by_their_events_or_by_the_ticket_that_shows_them() {
    let asked = BTreeSet::from([CaseField::Priority]);
    let mut own = audit(3, 104, Some("op"));
    own.fields = vec![(CaseField::Priority, text("high"))];
    // A trigger set it otherwise at once; the event is there all the same.
    let by_event = closing(replied(Kind::Fields, taken(ticket(), Some(own.clone()))));
    let accepted = |audit: Audit, ticket: Ticket| Closing::Accepted {
        audit,
        ticket,
        read_at: at(104),
        asked: asked.clone(),
        overwritten: None,
    };
    assert_eq!(by_event, accepted(own, ticket()));
    // Zendesk had it already, so there is no event.
    let high = Ticket {
        priority: text("high"),
        ..ticket()
    };
    let by_ticket = closing(replied(Kind::Fields, taken(high.clone(), None)));
    assert_eq!(by_ticket, accepted(Audit::default(), high));
}

#[test]
fn a_request_that_met_another_value_than_was_read_says_what_it_went_over() {
    let mut own = audit(3, 104, Some("op"));
    own.fields = vec![(CaseField::Priority, text("high"))];
    for (met, went_over) in [("urgent", true), ("normal", false)] {
        let read = Ticket {
            priority: text("normal"),
            subject: text("As it was read"),
            ..ticket()
        };
        let mut attempt = attempt(claimed(Kind::Fields));
        attempt.begin("", false);
        attempt.advance(Happened::Read(reading(read.clone())), at(100));
        let planned = Happened::Planned(Planned::Send(sending(Kind::Fields)));
        attempt.advance(planned, at(100));
        // A trigger changed it further in the same audit, and something that was not asked for.
        own.was = vec![
            (CaseField::Priority, text(met)),
            (CaseField::Priority, text("high")),
            (CaseField::Subject, text("By a trigger")),
        ];
        let reply = Happened::Replied(taken(ticket(), Some(own.clone())));
        let Closing::Accepted { overwritten, .. } = closing(attempt.advance(reply, at(105))) else {
            panic!("it was taken");
        };
        let theirs = Ticket {
            priority: text(met),
            ..read
        };
        assert_eq!(overwritten.as_deref(), went_over.then_some(&theirs));
    }
}

#[test]
fn a_yes_that_shows_nothing_is_no_yes() {
    let empty = || Some(audit(3, 104, Some("op")));
    let mut other = audit(3, 104, Some("op"));
    other.fields = vec![(CaseField::Priority, text("urgent"))];
    for (kind, audit) in [
        (Kind::Comment, None),
        (Kind::Comment, empty()),
        (Kind::Fields, None),
        (Kind::Fields, empty()),
        (Kind::Fields, Some(other)),
    ] {
        for not_taken in 0..=2 {
            let mut operation = unknown_before(kind);
            operation.payload.not_taken = not_taken;
            let reply = Happened::Replied(taken(ticket(), audit.clone()));
            let action = sent(operation).advance(reply, at(105));
            let expected = if not_taken == 2 {
                Closing::Park(Parked::NotTaken)
            } else {
                Closing::PutOff {
                    until: at(106),
                    reason: Parked::NotTaken,
                    unknown_until: Some(at(500)),
                    not_taken: true,
                }
            };
            assert_eq!(closing(action), expected);
        }
    }
}

#[test]
fn a_yes_to_nothing_that_was_asked_is_no_yes() {
    let mut attempt = attempt(claimed(Kind::Fields));
    attempt.begin("", false);
    let reply = taken(ticket(), Some(audit(3, 104, Some("op"))));
    let action = attempt.advance(Happened::Replied(reply), at(105));
    assert!(matches!(
        closing(action),
        Closing::PutOff {
            not_taken: true,
            ..
        }
    ));
}

#[test]
fn who_was_overtaken_reads_again() {
    let read = Action::Read {
        ticket: TICKET,
        past: None,
    };
    for kind in UPDATES {
        assert_eq!(replied(kind, Reply::Changed), read);
    }
    for kind in CREATIONS {
        assert_eq!(no_answer(replied(kind, Reply::Changed)), (at(106), None));
    }
}

#[test]
fn who_is_overtaken_for_ever_leaves_it_for_later() {
    for kind in UPDATES {
        let mut attempt = sent(claimed(kind));
        let mut times = 0;
        let closing = loop {
            times += 1;
            let action = attempt.advance(Happened::Replied(Reply::Changed), at(105));
            if !matches!(action, Action::Read { .. }) {
                break no_answer(action);
            }
            attempt.advance(Happened::Read(reading(ticket())), at(105));
            attempt.advance(Happened::Planned(Planned::Send(sending(kind))), at(105));
        };
        assert_eq!((times, closing), (8, (at(106), None)));
    }
}

#[test]
fn an_unknown_outcome_is_looked_into_later_and_its_request_may_still_arrive() {
    for kind in ALL {
        let (until, unknown_until) = no_answer(replied(kind, unknown()));
        assert_eq!((until, unknown_until), (at(106), Some(at(105) + LATE)));
    }
}

#[rstest]
#[case(1, 1)]
#[case(3, 4)]
#[case(50, 60)]
fn the_pause_grows_with_the_attempts(#[case] attempts: i64, #[case] pause: i64) {
    let mut operation = claimed(Kind::Fields);
    operation.attempts = attempts;
    let action = sent(operation).advance(Happened::Replied(unknown()), at(105));
    assert_eq!(no_answer(action).0, at(105 + pause));
}

#[test]
fn what_was_surely_not_carried_out_leaves_unknown_only_what_was_so_before() {
    let unsent = || Reply::Unsent {
        problem: "No route.".to_owned(),
    };
    let locked = || Reply::Locked {
        fix: "Sign in.".to_owned(),
    };
    for kind in ALL {
        let busy = Reply::Busy { until: at(300) };
        let fix = "Sign in.".to_owned();
        for (reply, until, reason) in [
            (busy, 300, Parked::Limits),
            (locked(), 106, Parked::SignIn { fix }),
            (
                unsent(),
                106,
                Parked::NoAnswer {
                    problem: "No route.".to_owned(),
                },
            ),
        ] {
            let first = sent(claimed(kind)).advance(Happened::Replied(reply.clone()), at(105));
            assert_eq!(put_off(first), (at(until), reason.clone(), None));
            let again = sent(unknown_before(kind)).advance(Happened::Replied(reply), at(105));
            assert_eq!(put_off(again), (at(until), reason, Some(at(500))));
        }
    }
}

#[test]
fn what_is_not_there_any_more_parks() {
    for kind in UPDATES {
        let gone = replied(kind, Reply::Gone);
        assert_eq!(closing(gone), Closing::Park(Parked::TicketDeleted));
    }
}

#[test]
fn a_ticket_that_cannot_be_made_where_nothing_is_parks_and_is_not_called_deleted() {
    for kind in CREATIONS {
        let gone = replied(kind, Reply::Gone);
        assert_eq!(closing(gone), Closing::Park(Parked::NothingThere));
        let found = Attempt::new(claimed(kind), None, Guards::ALL)
            .advance(Happened::Failed(Reply::Gone), at(105));
        assert_eq!(closing(found), Closing::Park(Parked::NothingThere));
    }
    let sentence = Parked::NothingThere.to_string();
    assert!(sentence.contains("none was made") && sentence.contains("then retry"));
}

#[test]
fn what_cannot_be_sent_as_it_is_parks() {
    for kind in ALL {
        let unfit = Reply::Unfit(Parked::TooLong { bytes: 70_000 });
        let parked = Closing::Park(Parked::TooLong { bytes: 70_000 });
        assert_eq!(closing(replied(kind, unfit)), parked);
    }
}

fn refused() -> Vec<(Option<CaseField>, String)> {
    vec![(Some(CaseField::Priority), "No.".to_owned())]
}

#[test]
fn a_refused_creation_is_refused() {
    for kind in CREATIONS {
        let action = replied(kind, Reply::Refused { fields: refused() });
        assert_eq!(closing(action), Closing::Refused { fields: refused() });
    }
}

#[test]
fn a_refused_update_asks_the_ticket_itself_for_the_reason() {
    for kind in UPDATES {
        let refusal = || Happened::Replied(Reply::Refused { fields: refused() });
        let mut alive = sent(claimed(kind));
        let action = alive.advance(refusal(), at(105));
        assert!(matches!(action, Action::Read { past: None, .. }));
        let action = alive.advance(Happened::Read(reading(ticket())), at(106));
        assert_eq!(closing(action), Closing::Refused { fields: refused() });

        let mut closed = sent(claimed(kind));
        closed.advance(refusal(), at(105));
        let ticket = Ticket {
            status: text("closed"),
            ..ticket()
        };
        let action = closed.advance(Happened::Read(reading(ticket)), at(106));
        assert_eq!(closing(action), Closing::Park(Parked::TicketClosed));
    }
}

#[test]
fn what_cannot_be_read_is_left_for_later_and_nothing_was_sent() {
    for kind in ALL {
        for (reply, unknown_until) in [(unknown(), None), (unknown(), Some(500))] {
            let mut operation = claimed(kind);
            operation.unknown_until = unknown_until.map(at);
            let mut attempt = attempt(operation);
            attempt.begin("", false);
            let action = attempt.advance(Happened::Failed(reply), at(105));
            assert_eq!(no_answer(action), (at(106), unknown_until.map(at)));
        }
    }
}

#[test]
fn an_answer_that_fits_no_reading_is_left_for_later() {
    for reply in [Reply::Changed, taken(ticket(), None)] {
        let mut attempt = attempt(unknown_before(Kind::Fields));
        attempt.begin("", false);
        let action = attempt.advance(Happened::Failed(reply), at(105));
        assert_eq!(no_answer(action), (at(106), Some(at(500))));
    }
}

#[test]
fn a_refused_reading_parks_with_zendesks_words() {
    let mut attempt = attempt(claimed(Kind::Fields));
    attempt.begin("", false);
    let action = attempt.advance(
        Happened::Failed(Reply::Refused { fields: refused() }),
        at(105),
    );
    assert_eq!(closing(action), Closing::Refused { fields: refused() });
}

#[test]
fn a_pause_never_outlasts_the_moment_when_the_outcome_is_sure() {
    let mut operation = claimed(Kind::Fields);
    operation.attempts = 50;
    operation.unknown_until = Some(at(120));
    let mut attempt = attempt(operation);
    attempt.begin("", false);
    let action = attempt.advance(Happened::Failed(unknown()), at(105));
    assert_eq!(no_answer(action), (at(120), Some(at(120))));
    let action = attempt.advance(Happened::Failed(unknown()), at(120));
    assert_eq!(no_answer(action), (at(180), Some(at(120))));
}
