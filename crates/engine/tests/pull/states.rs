//! The special states of ticket-sync.md 3: deleted, closed, merged, scrubbed, deleted here.

use domain::case::CaseStatus;
use engine::case_view::NoticeKind;
use simulator::{NewComment, NewTicket, Status, TicketChange};
use world::World;

use crate::{add, change, contact_of, customer, name, page, pull, pull_new, quiet, ticket};

pub(crate) fn subject(words: &str) -> TicketChange {
    TicketChange {
        subject: Some(Some(words.to_owned())),
        ..TicketChange::default()
    }
}

/// The kinds of the notices on a ticket's case.
pub(crate) async fn notices(world: &World, ticket: i64) -> Vec<NoticeKind> {
    page(world, ticket)
        .await
        .notices
        .iter()
        .map(|notice| notice.kind)
        .collect()
}

#[tokio::test]
async fn a_deleted_ticket_keeps_its_case_and_its_values() {
    quiet()
        .each(async |world| {
            let rosa = customer(world, "Rosa Parks", "rosa@customer.example");
            let new = NewTicket {
                requester_id: Some(rosa),
                ..ticket()
            };
            let (id, before) = pull_new(world, new).await;
            world
                .zendesk()
                .edit(|account| account.delete_ticket(id))
                .unwrap();
            let run = pull(world).await;
            assert_eq!(
                (run.counters.tickets.updated, run.counters.cases.updated),
                (1, 0)
            );
            assert_eq!(world.case_of(id).await, before);
            assert_eq!(notices(world, id).await, [NoticeKind::TicketDeleted]);
            assert_eq!(page(world, id).await.ticket.unwrap().state, "deleted");
            assert_eq!(world.comments_of(id).await.len(), 1);
        })
        .await;
}

#[tokio::test]
async fn a_ticket_first_seen_deleted_still_gets_its_case_with_a_notice() {
    quiet()
        .each(async |world| {
            let id = add(world, ticket());
            world
                .zendesk()
                .edit(|account| account.delete_ticket(id))
                .unwrap();
            pull(world).await;
            let page = page(world, id).await;
            assert_eq!(
                (page.subject.as_str(), page.status),
                ("Printer on fire", CaseStatus::Open)
            );
            assert_eq!(notices(world, id).await, [NoticeKind::TicketDeleted]);
        })
        .await;
}

#[tokio::test]
async fn a_restored_ticket_goes_on_in_step_with_its_case() {
    quiet()
        .each(async |world| {
            let (id, before) = pull_new(world, ticket()).await;
            world
                .zendesk()
                .edit(|account| account.delete_ticket(id))
                .unwrap();
            pull(world).await;
            world
                .zendesk()
                .edit(|account| account.restore_ticket(id))
                .unwrap();
            pull(world).await;
            assert_eq!(world.case_of(id).await.fields, before.fields);
            assert!(notices(world, id).await.is_empty());
            change(
                world,
                id,
                TicketChange {
                    status: Some(Status::Pending),
                    ..subject("Smoke only")
                },
            );
            pull(world).await;
            let case = world.case_of(id).await;
            assert_eq!(case.id, before.id);
            assert_eq!(case.fields.subject, "Smoke only");
            assert_eq!(case.fields.status, CaseStatus::InProgress);
        })
        .await;
}

#[tokio::test]
async fn a_closed_ticket_has_a_notice_that_names_the_follow_up() {
    quiet()
        .each(async |world| {
            let (id, _) = pull_new(world, ticket()).await;
            world.zendesk().edit(|account| account.close(id)).unwrap();
            pull(world).await;
            assert_eq!(notices(world, id).await, [NoticeKind::TicketClosed]);
            assert!(
                page(world, id).await.notices[0]
                    .sentence
                    .contains("follow-up")
            );
        })
        .await;
}

#[tokio::test]
async fn a_closed_ticket_born_again_as_follow_up_makes_a_new_case_linked_to_the_old_one() {
    quiet()
        .each(async |world| {
            let (old, _) = pull_new(world, ticket()).await;
            world.zendesk().edit(|account| account.close(old)).unwrap();
            let again = NewComment::public("It burns again.");
            let new = world
                .zendesk()
                .edit(|account| account.follow_up(old, again))
                .unwrap();
            let run = pull(world).await;
            assert_eq!(run.counters.cases.created, 1);
            let (before, after) = (page(world, old).await, page(world, new).await);
            assert_ne!(before.id, after.id);
            assert_eq!(after.predecessor, Some(before.number));
            assert_eq!(before.follow_ups, [after.number]);
            assert_eq!(after.description, "It burns again.");
        })
        .await;
}

#[tokio::test]
async fn a_merged_ticket_shows_the_ticket_that_goes_on_and_its_case() {
    quiet()
        .each(async |world| {
            let survivor = add(world, ticket());
            let (id, _) = pull_new(world, ticket()).await;
            world
                .zendesk()
                .edit(|account| account.merge_tickets(id, survivor))
                .unwrap();
            pull(world).await;
            let merged = page(world, id).await;
            assert_eq!(notices(world, id).await, [NoticeKind::TicketMerged]);
            let sentence = &merged.notices[0].sentence;
            assert!(
                sentence.contains(&format!("merged into ticket #{survivor}")),
                "{sentence}"
            );
            let number = world.case_of(survivor).await.number;
            assert_eq!(merged.notices[0].case_number, Some(number));
            assert_eq!(merged.status, CaseStatus::Closed);
            // The comments that tell of it are private on both sides.
            let told = world.comments_of(survivor).await;
            assert!(!told.last().unwrap().comment.public);
            assert!(notices(world, survivor).await.is_empty());
        })
        .await;
}

#[tokio::test]
async fn a_ticket_tagged_as_merged_says_so_before_its_comment_arrives() {
    quiet()
        .each(async |world| {
            let new = NewTicket {
                tags: vec!["closed_by_merge".to_owned()],
                status: Some(Status::Closed),
                ..ticket()
            };
            let (id, _) = pull_new(world, new).await;
            assert_eq!(notices(world, id).await, [NoticeKind::TicketMerged]);
        })
        .await;
}

#[tokio::test]
async fn a_customer_who_writes_the_words_of_a_merge_has_merged_nothing() {
    quiet()
        .each(async |world| {
            let rosa = customer(world, "Rosa Parks", "rosa@customer.example");
            let secret = add(world, ticket());
            let words = format!("This request was closed and merged into request #{secret} \"x\".");
            let new = NewTicket {
                requester_id: Some(rosa),
                comment: NewComment::public(words),
                ..ticket()
            };
            let (id, _) = pull_new(world, new).await;
            assert!(notices(world, id).await.is_empty());
            world.zendesk().edit(|account| account.close(id)).unwrap();
            pull(world).await;
            assert_eq!(notices(world, id).await, [NoticeKind::TicketClosed]);
        })
        .await;
}

#[tokio::test]
async fn a_case_that_a_follow_up_took_over_no_longer_follows_its_former_ticket() {
    quiet()
        .each(async |world| {
            let (id, before) = pull_new(world, ticket()).await;
            let mut tx = world.store().begin().await.unwrap();
            sqlx::query("UPDATE link SET state = 'closed' WHERE case_id = $1")
                .bind(before.id.clone())
                .execute(&mut *tx)
                .await
                .unwrap();
            tx.commit().await.unwrap();
            change(world, id, subject("Changed once more"));
            let run = pull(world).await;
            assert_eq!(
                (run.counters.tickets.updated, run.counters.cases.created),
                (1, 0)
            );
            assert_eq!(world.case_of(id).await, before);
        })
        .await;
}

#[tokio::test]
async fn a_case_deleted_here_stays_deleted_and_can_be_restored() {
    quiet()
        .each(async |world| {
            let (id, _) = pull_new(world, ticket()).await;
            world.admin().delete_case_of(id).await;
            change(world, id, subject("Changed while gone"));
            let answer = NewComment::public("Said while gone.");
            world
                .zendesk()
                .edit(|account| account.add_comment(id, answer))
                .unwrap();
            let run = pull(world).await;
            assert_eq!(
                (run.counters.cases.created, run.counters.cases.updated),
                (0, 0)
            );
            assert_eq!(run.counters.tickets.updated, 1);
            let gone = world.case_of(id).await;
            assert!(gone.deleted_at.is_some());
            assert_eq!(notices(world, id).await, [NoticeKind::CaseDeleted]);
            let list = engine::case_view::list(world.engine(), None, 10)
                .await
                .unwrap();
            assert!(list.cases.is_empty());

            pull(world).await;
            assert_eq!(world.case_of(id).await, gone, "also in pulls after that");

            // Restored, it catches up: nothing that was said or done meanwhile is lost.
            world.admin().restore_case_of(id).await;
            assert_eq!(world.comments_of(id).await.len(), 2);
            pull(world).await;
            let back = world.case_of(id).await;
            assert_eq!((&back.id, back.deleted_at), (&gone.id, None));
            assert_eq!(back.fields.subject, "Changed while gone");
            change(world, id, subject("Changed once back"));
            pull(world).await;
            let fields = world.case_of(id).await.fields;
            assert_eq!(fields.subject, "Changed once back");
        })
        .await;
}

#[tokio::test]
async fn a_deleted_zendesk_user_loses_nobody_their_contact_and_no_placeholder_reaches_it() {
    quiet()
        .each(async |world| {
            let rosa = customer(world, "Rosa Parks", "rosa@customer.example");
            let new = NewTicket {
                requester_id: Some(rosa),
                ..ticket()
            };
            let (id, _) = pull_new(world, new).await;
            let before = contact_of(world, id).await;
            world
                .zendesk()
                .edit(|account| account.delete_user(rosa))
                .unwrap();
            pull(world).await;
            assert_eq!(contact_of(world, id).await, before);
            world
                .zendesk()
                .edit(|account| account.forget_user(rosa))
                .unwrap();
            pull(world).await;
            assert_eq!(contact_of(world, id).await, before);
            assert_eq!(
                name(page(world, id).await.contact.as_ref()),
                Some("Rosa Parks")
            );
        })
        .await;
}

#[tokio::test]
async fn a_deleted_user_first_seen_as_a_placeholder_makes_no_contact_of_that_name() {
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
                .edit(|account| account.forget_user(rosa))
                .unwrap();
            pull(world).await;
            let contact = contact_of(world, id).await;
            let full = contact.name.full();
            assert!(!full.contains("Deleted"), "{full}");
            assert!(full.contains(&rosa.to_string()), "{full}");
        })
        .await;
}

#[tokio::test]
async fn tickets_of_a_merged_zendesk_user_move_to_the_survivors_contact() {
    quiet()
        .each(async |world| {
            let loser = customer(world, "R. Parks", "rosa@old.example");
            let winner = customer(world, "Rosa Parks", "rosa@new.example");
            let new = NewTicket {
                requester_id: Some(loser),
                ..ticket()
            };
            let (id, _) = pull_new(world, new).await;
            let old_contact = contact_of(world, id).await;
            world
                .zendesk()
                .edit(|account| account.merge_users(loser, winner))
                .unwrap();
            pull(world).await;
            let moved = contact_of(world, id).await;
            assert_eq!(moved.name.full(), "Rosa Parks");
            assert_eq!(moved.email.as_deref(), Some("rosa@new.example"));
            // No contact is lost: the old one keeps what it had.
            assert_eq!(crate::contact(world, &old_contact.id).await, old_contact);
        })
        .await;
}
