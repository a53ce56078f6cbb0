//! Believable records, numbered, so that a test says only what it is about.

use clock::{SeededDice, SystemDice};
use domain::case::{CaseField, CaseFields, CasePriority, CaseSource, CaseStatus};
use domain::comment::TicketComment;
use domain::identity::Unassigned;
use domain::mapping::Maps;
use domain::merge::Priority;
use domain::outbox::{Kind, Line, Operation, Payload};
use domain::person::{PersonName, ZendeskUser};
use domain::ticket::Ticket;
use domain::value::{Agreed, Pair};
use jiff::Timestamp;
use std::time::Duration;
use store::audit::Act;
use store::cases::Case;
use store::comments::CaseComment;
use store::contacts::Contact;
use store::credentials::{self, CredentialDraft, CredentialKind};
use store::integrations::{self, ContactPolicy, EmailMatch, Integration, Settings};
use store::links::Link;
use store::secrets::Keyring;
use store::users::{self, User, UserRole};

use crate::database::Database;

/// A moment, `seconds` after noon of a spring day.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_772_366_400 + seconds).unwrap()
}

pub(crate) fn act() -> Act<'static> {
    Act {
        actor: "ada@example.com",
        now: at(0),
        dice: &SystemDice,
    }
}

pub(crate) fn keyring(seed: u64) -> Keyring {
    Keyring::parse(&Keyring::generate(&SeededDice::new(seed)), "the test").unwrap()
}

pub(crate) fn case(n: i64) -> Case {
    Case {
        id: format!("case{n:06}"),
        number: n,
        fields: CaseFields {
            subject: format!("The printer of room {n} is on fire"),
            description: "It burns since this morning.".to_owned(),
            status: CaseStatus::Open,
            priority: CasePriority::High,
            assigned_to: None,
            contact: Some(format!("contact{n:06}")),
            closed_at: None,
        },
        source: CaseSource::Email,
        owner_id: Some("ada".to_owned()),
        reported_at: at(n),
        created_by_run: Some("run1".to_owned()),
        created_at: at(n),
        updated_at: at(n),
        version: 1,
        deleted_at: None,
    }
}

pub(crate) fn contact(n: i64) -> Contact {
    Contact {
        id: format!("contact{n:06}"),
        name: PersonName {
            prefix: None,
            first: Some("Grace".to_owned()),
            middle: None,
            last: Some(format!("Hopper {n}")),
            suffix: None,
        },
        email: Some(format!("Grace{n}@Example.com")),
        phone: Some("+49 30 1234".to_owned()),
        owner_id: Some("ada".to_owned()),
    }
}

pub(crate) fn case_comment(n: i64, case: &str) -> CaseComment {
    CaseComment {
        id: format!("comment{n:06}"),
        case_id: case.to_owned(),
        message: format!("Message {n}"),
        public: n % 2 == 0,
        is_description: n == 1,
        contact_id: Some("contact000001".to_owned()),
        user_id: None,
        created_at: at(n),
    }
}

pub(crate) fn ticket(n: i64) -> Ticket {
    Ticket {
        id: n,
        subject: Some(format!("Ticket {n}")),
        status: Some("open".to_owned()),
        priority: Some("urgent".to_owned()),
        kind: Some("incident".to_owned()),
        recipient: Some("help@example.com".to_owned()),
        requester_id: Some(7_000_000_000_000 + n),
        submitter_id: Some(1),
        assignee_id: Some(2),
        problem_id: Some(3),
        updated_at: Some(at(n)),
        ..Ticket::default()
    }
}

pub(crate) fn zendesk_user(n: i64) -> ZendeskUser {
    ZendeskUser {
        id: n,
        name: Some(format!("Grace Hopper {n}")),
        email: Some(format!("Grace{n}@Example.com")),
        phone: Some("+49 30 1234".to_owned()),
        role: Some("end-user".to_owned()),
        active: true,
        updated_at: Some(at(n)),
        ..ZendeskUser::default()
    }
}

pub(crate) fn ticket_comment(n: i64, ticket: i64) -> TicketComment {
    TicketComment {
        id: n,
        ticket_id: ticket,
        author_id: Some(70 + n),
        body: format!("Message {n}"),
        public: true,
        created_at: Some(at(n)),
        is_description: false,
        audit_id: None,
        merged_into: None,
        attachments: Vec::new(),
    }
}

pub(crate) fn link(ticket: i64, case: &str) -> Link {
    let mut agreed = Agreed::default();
    agreed.put(
        CaseField::Status,
        Pair::new(Some("open".to_owned()), Some("new".to_owned())),
    );
    agreed.put(CaseField::AssignedTo, Pair::new(None, None));
    Link {
        remote_id: ticket,
        case_id: case.to_owned(),
        open: true,
        agreed,
    }
}

pub(crate) async fn user(database: &Database, email: &str) -> User {
    let mut tx = database.tx().await;
    let user = users::add(
        &mut tx,
        email,
        "Ada Lovelace",
        UserRole::Administrator,
        None,
        at(0),
        &SystemDice,
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    user
}

pub(crate) fn draft(name: &str, secret: Option<&str>) -> CredentialDraft {
    CredentialDraft {
        name: name.to_owned(),
        description: "For the help desk".to_owned(),
        kind: CredentialKind::ApiToken,
        email: Some("agent@example.com".to_owned()),
        client_id: None,
        secret: secret.map(|secret| secret.to_owned().into()),
    }
}

pub(crate) async fn credential(database: &Database, name: &str) -> String {
    let mut tx = database.tx().await;
    let id = credentials::add(&mut tx, &keyring(1), &draft(name, Some("a-secret")), act())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    id
}

pub(crate) fn settings(name: &str, credential_id: &str, owner_id: &str) -> Settings {
    Settings {
        name: name.to_owned(),
        kind: "zendesk".to_owned(),
        url: "https://acme.zendesk.com".to_owned(),
        credential_id: credential_id.to_owned(),
        default_email: Some("agent@example.com".to_owned()),
        owner_id: owner_id.to_owned(),
        two_way: true,
        priority: Priority::Local,
        interval: Duration::from_secs(300),
        contacts: ContactPolicy::All,
        unassigned: Unassigned::Owner,
        email_match: EmailMatch::PrimaryThenSecondary,
        budget_share: 50,
        maps: Maps::default(),
    }
}

/// An integration of this name, with an owner and a credential of its own.
pub(crate) async fn integration(database: &Database, name: &str) -> Integration {
    let owner = user(database, &format!("{name}@example.com")).await;
    let credential = credential(database, name).await;
    let mut tx = database.tx().await;
    integrations::add(&mut tx, &settings(name, &credential, &owner.id), act())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    integrations::find(&mut *database.reader().await, name)
        .await
        .unwrap()
        .unwrap()
}

/// An integration that syncs both ways and is active, so that its operations may be claimed.
pub(crate) async fn active(database: &Database, name: &str) -> Integration {
    let made = integration(database, name).await;
    let mut tx = database.tx().await;
    integrations::activate(&mut tx, &made, name, act())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    integrations::find(&mut *database.reader().await, name)
        .await
        .unwrap()
        .unwrap()
}

/// The `seq`-th operation of a line, noted and due `seq` seconds after noon.
pub(crate) fn operation(line: &str, seq: i64, kind: Kind) -> Operation {
    let end = Line {
        id: line,
        operations: &[],
        last_seq: seq - 1,
    };
    let payload = Payload {
        comment: (kind == Kind::Comment).then(|| format!("comment {seq} of {line}")),
        ..Payload::default()
    };
    Operation::new(format!("{line}-{seq}"), &end, kind, payload, at(seq))
}
