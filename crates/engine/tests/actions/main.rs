//! What people do to cases, on both databases: each act is one transaction, and what is to reach
//! Zendesk because of it gets there with the next run.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed unwrap is a failed test"
)]

mod contacts;
mod refusals;
mod settling;
mod switching;
mod timeline;

use domain::case::{CasePriority, CaseStatus};
use domain::merge::Priority;
use engine::actions::{self, CaseEdit, NewCase};
use engine::attachments::{self, Limits, NewComment};
use simulator::{Account, NewTicket, Status};
use store::cases::Case;
use world::{ADMIN_EMAIL, Builder, World};

/// A two-way world whose Zendesk has three people of staff and no tickets.
fn quiet(wins: Priority) -> Builder {
    World::builder()
        .tickets(0)
        .users(3)
        .comments(1)
        .two_way(wins)
}

/// A ticket of Zendesk, pulled; and its case.
async fn pulled(world: &World) -> (i64, Case) {
    let ticket = world.zendesk().edit(|account| {
        let new = NewTicket {
            subject: Some("Printer on fire".to_owned()),
            comment: simulator::NewComment::public("It burns."),
            requester_id: Some(account.administrator()),
            assignee_id: Some(account.administrator()),
            ..NewTicket::default()
        };
        account.add_ticket(new).unwrap()
    });
    run(world).await;
    (ticket, world.case_of(ticket).await)
}

/// A run, when every export shows what was done before.
async fn run(world: &World) {
    world.pass_minutes(2);
    world.sync_well().await;
}

fn subject_there(world: &World, ticket: i64) -> Option<String> {
    world.zendesk().read(|account: &Account| {
        account
            .ticket(ticket)
            .unwrap()
            .subject
            .as_ref()
            .map(ToString::to_string)
    })
}

async fn a_case(world: &World, subject: &str) -> Case {
    let owner = world.admin().user().await.id;
    let new = NewCase {
        subject: subject.to_owned(),
        description: "It began on Monday.".to_owned(),
        priority: CasePriority::High,
        contact: None,
        assigned_to: None,
        owner,
    };
    actions::create(world.engine(), new, ADMIN_EMAIL)
        .await
        .unwrap()
}

async fn say(world: &World, case: &str, text: &str, public: bool) -> engine::Result<()> {
    let author = world.admin().user().await.id;
    let new = NewComment {
        case,
        text,
        public,
        author: &author,
        actor: ADMIN_EMAIL,
    };
    attachments::comment(world.engine(), new, Vec::new(), Limits::default())
        .await
        .map(drop)
}

#[tokio::test]
async fn an_edit_of_several_fields_reaches_the_ticket_in_one_update() {
    quiet(Priority::Remote)
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            let before = world.zendesk().count_audits();
            let edit = CaseEdit {
                subject: Some("Printer repaired".to_owned()),
                priority: Some(CasePriority::Low),
                ..CaseEdit::default()
            };
            let edited = actions::edit(world.engine(), &case.number.to_string(), edit, ADMIN_EMAIL)
                .await
                .unwrap();
            assert_eq!(edited.version, case.version + 1);
            let why = engine::why::why(world.engine(), &case.id).await.unwrap();
            assert!(
                !why.in_sync && why.sentence.contains("to be sent in"),
                "{why:?}"
            );
            run(world).await;
            assert_eq!(
                subject_there(world, ticket).as_deref(),
                Some("Printer repaired")
            );
            assert_eq!(world.zendesk().count_audits(), before + 1);
            let why = engine::why::why(world.engine(), &case.id).await.unwrap();
            assert!(why.in_sync && why.sentence.contains("in step"), "{why:?}");
        })
        .await;
}

#[tokio::test]
async fn a_status_set_here_is_a_status_there_and_closes_the_case() {
    quiet(Priority::Remote)
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            let edit = CaseEdit {
                status: Some(CaseStatus::Resolved),
                ..CaseEdit::default()
            };
            let edited = actions::edit(world.engine(), &case.id, edit, ADMIN_EMAIL)
                .await
                .unwrap();
            assert_eq!(edited.fields.closed_at, Some(world.now()));
            run(world).await;
            let there = world
                .zendesk()
                .read(|account: &Account| account.ticket(ticket).unwrap().status);
            assert_eq!(there, Status::Solved);
            // Resolved stays resolved while the ticket stays solved.
            run(world).await;
            assert_eq!(
                world.case_of(ticket).await.fields.status,
                CaseStatus::Resolved
            );
        })
        .await;
}

#[tokio::test]
async fn a_case_made_here_becomes_one_ticket_however_often_it_is_asked_for() {
    quiet(Priority::Remote)
        .each(async |world| {
            let before = world.zendesk().count_tickets();
            let case = a_case(world, "Made here").await;
            say(world, &case.id, "Before it was published.", false)
                .await
                .unwrap();
            let first = actions::publish(world.engine(), &case.id, None, ADMIN_EMAIL)
                .await
                .unwrap();
            let second = actions::publish(world.engine(), &case.id, None, ADMIN_EMAIL)
                .await
                .unwrap();
            assert!(!first.already && second.already);
            run(world).await;
            assert_eq!(world.zendesk().count_tickets(), before + 1);
            let why = engine::why::why(world.engine(), &case.id).await.unwrap();
            assert!(why.in_sync, "{why:?}");
            // The description, public, and the note, private: each once, on both sides.
            assert_eq!(world.zendesk().count_comments(), 2);
            let ticket = world
                .zendesk()
                .read(|account: &Account| account.tickets().last().unwrap().id);
            run(world).await;
            let here = world.comments_of(ticket).await;
            let shown: Vec<(&str, bool)> = here
                .iter()
                .map(|row| (row.comment.message.as_str(), row.comment.public))
                .collect();
            assert_eq!(
                shown,
                [
                    ("It began on Monday.", true),
                    ("Before it was published.", false)
                ]
            );
        })
        .await;
}

#[tokio::test]
async fn a_closed_ticket_is_followed_and_takes_what_was_parked() {
    quiet(Priority::Remote)
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            world.zendesk().edit(|account| {
                account.solve(ticket).unwrap();
                account.close(ticket).unwrap();
            });
            run(world).await;
            say(world, &case.id, "Is it still warm?", true)
                .await
                .unwrap();
            run(world).await;
            let why = engine::why::why(world.engine(), &case.id).await.unwrap();
            assert!(why.sentence.contains("follow-up"), "{why:?}");
            let asked = actions::follow_up(world.engine(), &case.id, ADMIN_EMAIL)
                .await
                .unwrap();
            assert!(!asked.already);
            run(world).await;
            let (followed, comments) = world.zendesk().read(|account: &Account| {
                let last = account.tickets().last().unwrap();
                (last.id, account.comments_of(last.id).count())
            });
            assert_ne!(followed, ticket);
            assert_eq!(comments, 2, "its description and what was parked");
            let why = engine::why::why(world.engine(), &case.id).await.unwrap();
            assert!(why.in_sync, "{why:?}");
        })
        .await;
}
