use std::time::Duration;

use super::*;
use crate::guard::Guards;
use crate::outbox::{Kind, LATE, Line, Operation, Payload};

mod reading;
mod replies;

const TICKET: i64 = 123;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn text(text: &str) -> Value {
    Some(text.to_owned())
}

/// An operation of this kind, claimed for the first time at second 100.
fn claimed(kind: Kind) -> Operation {
    let line = Line {
        id: "case",
        operations: &[],
        last_seq: 0,
    };
    let payload = Payload {
        comment: (kind == Kind::Comment).then(|| "c1".to_owned()),
        ..Payload::default()
    };
    let mut operation = Operation::new("op".to_owned(), &line, kind, payload, at(90));
    operation.claim(at(100), Duration::from_secs(60));
    operation
}

fn attempt(operation: Operation) -> Attempt {
    Attempt::new(operation, Some(TICKET), Guards::ALL)
}

/// The ticket, last changed at second 50.
fn ticket() -> Ticket {
    Ticket {
        id: TICKET,
        status: text("open"),
        priority: text("normal"),
        updated_at: Some(at(50)),
        ..Ticket::default()
    }
}

fn reading(ticket: Ticket) -> Reading {
    Reading {
        ticket: Some(ticket),
        date: at(100),
        audits: Vec::new(),
        merged_into: None,
    }
}

fn audit(id: i64, second: i64, op: Option<&str>) -> Audit {
    Audit {
        id,
        at: at(second),
        op: op.map(str::to_owned),
        ..Audit::default()
    }
}

fn draft() -> Draft {
    Draft {
        external_id: "deskbridge:zd:case".to_owned(),
        subject: "Printer on fire".to_owned(),
        comment: "description".to_owned(),
        public: true,
        requester: Requester::Known(11),
        values: BTreeMap::new(),
        sent: BTreeMap::new(),
        follows: None,
    }
}

/// What an operation of this kind sends.
fn sending(kind: Kind) -> Sending {
    match kind {
        Kind::Publish | Kind::FollowUp => Sending::Create(Box::new(draft())),
        Kind::Comment => Sending::Comment {
            ticket: TICKET,
            comment: "c1".to_owned(),
            public: true,
            stamp: Some(at(50)),
        },
        Kind::Fields | Kind::Person => Sending::Fields {
            ticket: TICKET,
            values: BTreeMap::from([(CaseField::Priority, text("high"))]),
            stamp: Some(at(50)),
        },
    }
}

/// An attempt of this kind that has sent its request.
fn sent(operation: Operation) -> Attempt {
    let kind = operation.kind;
    let mut attempt = attempt(operation);
    let read = match attempt.begin("deskbridge:zd:case", false) {
        Action::Find { .. } => {
            let also = attempt.advance(Happened::Found(None), at(100));
            assert!(matches!(also, Action::Find { .. }), "the one after it too");
            Happened::Found(None)
        }
        Action::Read { .. } => Happened::Read(reading(ticket())),
        other @ (Action::Plan | Action::Send(_) | Action::Close(_)) => panic!("{other:?}"),
    };
    assert_eq!(attempt.advance(read, at(100)), Action::Plan);
    let planned = Happened::Planned(Planned::Send(sending(kind)));
    assert_eq!(
        attempt.advance(planned, at(100)),
        Action::Send(sending(kind))
    );
    attempt
}

fn closing(action: Action) -> Closing {
    match action {
        Action::Close(closing) => *closing,
        Action::Find { .. } | Action::Read { .. } | Action::Plan | Action::Send(_) => {
            panic!("{action:?}")
        }
    }
}

/// Until when something is put off, why, and until when a request may still arrive.
fn put_off(action: Action) -> (Timestamp, Parked, Option<Timestamp>) {
    let closing = closing(action);
    let Closing::PutOff {
        until,
        reason,
        unknown_until,
        not_taken: false,
    } = closing
    else {
        panic!("{closing:?}")
    };
    (until, reason, unknown_until)
}

fn no_answer(action: Action) -> (Timestamp, Option<Timestamp>) {
    let (until, reason, unknown) = put_off(action);
    assert!(matches!(reason, Parked::NoAnswer { .. }), "{reason:?}");
    (until, unknown)
}

#[test]
fn debug_of_what_is_sent_tells_no_value() {
    for kind in Kind::ALL {
        let told = format!("{:?}", sending(*kind));
        assert!(
            !told.contains("Printer") && !told.contains("high"),
            "{told}"
        );
        let named = ["deskbridge:zd:case", "c1", "Priority"];
        assert!(named.iter().any(|part| told.contains(part)), "{told}");
    }
    let requester = Requester::Inline {
        name: "Ivo".to_owned(),
        email: text("ivo@example.com"),
    };
    let told = format!(
        "{:?}",
        Draft {
            requester,
            ..draft()
        }
    );
    assert!(!told.contains("ivo") && !told.contains("Ivo"), "{told}");
}

#[test]
fn an_audit_says_what_it_set_and_nothing_else() {
    let mut audit = audit(1, 50, None);
    audit.fields = vec![
        (CaseField::Priority, text("high")),
        (CaseField::Subject, None),
    ];
    assert!(audit.set(CaseField::Priority, &text("high")));
    assert!(audit.set(CaseField::Subject, &None));
    assert!(!audit.set(CaseField::Priority, &text("low")));
    assert!(!audit.set(CaseField::Status, &text("high")));
}

#[test]
fn a_draft_comes_back_from_its_json_as_it_was() {
    for requester in [
        Requester::Known(11),
        Requester::Inline {
            name: "Ivo".to_owned(),
            email: None,
        },
    ] {
        let draft = Draft {
            requester,
            ..draft()
        };
        let json = serde_json::to_string(&draft).unwrap();
        assert!(serde_json::from_str::<Draft>(&json).unwrap() == draft);
    }
}

#[test]
fn a_draft_of_before_its_visibility_was_kept_leaves_it_to_the_case() {
    let mut json = serde_json::to_value(draft()).unwrap();
    json.as_object_mut().unwrap().remove("public");
    let read: Draft = serde_json::from_value(json).unwrap();
    assert!(read == draft() && read.public);
    let private = Draft {
        public: false,
        ..draft()
    };
    let json = serde_json::to_string(&private).unwrap();
    assert!(!serde_json::from_str::<Draft>(&json).unwrap().public);
}
