//! What Zendesk has erased: gone from our copies, kept on the case (ticket-sync.md 3, *scrubbed*).

use engine::case_view::{HistoryKind, NoticeKind};
use simulator::{NewComment, NewTicket};
use world::World;

use crate::states::{notices, subject};
use crate::{
    add, altered, change, contact_of, customer, lines, page, pull, pull_new, quiet, ticket,
};

#[tokio::test]
async fn a_scrubbed_ticket_is_purged_from_mirror_and_history_and_never_reaches_the_case() {
    quiet()
        .each(async |world| {
            let rosa = customer(world, "Rosa Parks", "rosa@customer.example");
            let new = NewTicket {
                subject: Some("Secret tumour".to_owned()),
                comment: NewComment::public("Secret words."),
                requester_id: Some(rosa),
                recipient: Some("secret@acme.example".to_owned()),
                ..NewTicket::default()
            };
            let (id, _) = pull_new(world, new).await;
            let more = NewComment::public("Secret answer.").by(rosa);
            world
                .zendesk()
                .edit(|account| account.add_comment(id, more))
                .unwrap();
            // A conflict, and a change in the history, both of which tell the subject.
            world
                .admin()
                .edit_case_of(id, |fields| fields.subject = "Our own edit".to_owned())
                .await;
            change(world, id, subject("Secret tumour, again"));
            pull(world).await;
            let before = world.case_of(id).await;
            world
                .zendesk()
                .edit(|account| account.delete_ticket(id))
                .unwrap();
            pull(world).await;
            world
                .zendesk()
                .edit(|account| account.scrub_ticket(id))
                .unwrap();
            let run = pull(world).await;

            let case = world.case_of(id).await;
            assert_eq!(
                case.fields, before.fields,
                "the case and its contact are kept"
            );
            assert_eq!(
                contact_of(world, id).await.email.as_deref(),
                Some("rosa@customer.example")
            );
            let comments = world.comments_of(id).await;
            assert_eq!(comments[0].comment.message, "Secret words.");
            assert_eq!(comments[1].comment.message, "Secret answer.");
            assert_eq!(notices(world, id).await, [NoticeKind::TicketScrubbed]);
            for table in [
                "zendesk_ticket",
                "zendesk_comment",
                "link",
                "outbox",
                "history",
                "conflict",
            ] {
                for line in lines(world, table).await {
                    assert!(!line.to_lowercase().contains("secret"), "{line}");
                }
            }
            let told = page(world, id).await.history;
            assert!(!told.is_empty() && told.iter().all(|line| line.kind == HistoryKind::Untold));
            let log = read_log(world, &run.id).await;
            assert!(
                log.iter().any(|line| line.contains("erased in Zendesk")),
                "{log:?}"
            );
        })
        .await;
}

async fn read_log(world: &World, run: &str) -> Vec<String> {
    let mut reader = world.store().read().await.unwrap();
    let lines = store::runs::read_log(&mut reader, run, 0, 1_000, false)
        .await
        .unwrap();
    lines.into_iter().map(|line| line.line).collect()
}

#[tokio::test]
async fn the_emptied_comments_of_a_scrubbed_ticket_never_reach_the_case() {
    quiet()
        .each(async |world| {
            let (id, _) = pull_new(world, ticket()).await;
            world
                .zendesk()
                .edit(|account| account.delete_ticket(id))
                .unwrap();
            world
                .zendesk()
                .edit(|account| account.scrub_ticket(id))
                .unwrap();
            pull(world).await;
            // The export of events is read from its beginning, where each text is now "X".
            let integration = world.integration().await;
            let mut tx = world.store().begin().await.unwrap();
            store::cursors::store(&mut tx, &integration.id, "comments", "0", world.now())
                .await
                .unwrap();
            tx.commit().await.unwrap();
            pull(world).await;
            let comments = world.comments_of(id).await;
            assert_eq!(
                (comments.len(), comments[0].comment.message.as_str()),
                (1, "It burns.")
            );
        })
        .await;
}

#[tokio::test]
async fn a_ticket_first_seen_scrubbed_gets_no_case_and_no_contact() {
    quiet()
        .each(async |world| {
            let rosa = customer(world, "Rosa Parks", "rosa@customer.example");
            let id = add(
                world,
                NewTicket {
                    requester_id: Some(rosa),
                    ..ticket()
                },
            );
            world
                .zendesk()
                .edit(|account| account.delete_ticket(id))
                .unwrap();
            world
                .zendesk()
                .edit(|account| account.scrub_ticket(id))
                .unwrap();
            let run = pull(world).await;
            assert_eq!(
                (run.counters.tickets.created, run.counters.cases.created),
                (1, 0)
            );
            assert_eq!(run.counters.contacts.created, 0);
            assert!(world.find_case_of(id).await.is_none());
            assert_eq!(pull(world).await.counters.cases.created, 0);
        })
        .await;
}

#[tokio::test]
async fn a_ticket_is_scrubbed_by_the_passing_of_thirty_days() {
    quiet()
        .each(async |world| {
            let (id, before) = pull_new(world, ticket()).await;
            world
                .zendesk()
                .edit(|account| account.delete_ticket(id))
                .unwrap();
            pull(world).await;
            world.pass_minutes(31 * 24 * 60);
            pull(world).await;
            assert_eq!(notices(world, id).await, [NoticeKind::TicketScrubbed]);
            assert_eq!(world.case_of(id).await.fields, before.fields);
        })
        .await;
}

#[tokio::test]
async fn a_scrubbed_subject_on_a_living_ticket_is_only_a_subject() {
    quiet()
        .each(async |world| {
            let id = add(world, ticket());
            world.zendesk().add_fault(altered(
                id,
                "incremental/tickets/cursor",
                "subject",
                "SCRUBBED",
            ));
            pull(world).await;
            assert_eq!(world.case_of(id).await.fields.subject, "SCRUBBED");
            assert!(notices(world, id).await.is_empty());
        })
        .await;
}
