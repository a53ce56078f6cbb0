//! Comments: each once, in order, with its author and its visibility, which never widens.

use engine::case_view::HistoryKind;
use serde_json::json;
use simulator::{NewComment, NewTicket, TicketChange};
use world::World;

use crate::{
    add, agent, altered, change, customer, hire, lines, name, page, pull, pull_new, quiet, ticket,
    unreadable,
};

const EVENTS: &str = "incremental/ticket_events";

/// Adds a comment in Zendesk and returns its id.
fn say(world: &World, ticket: i64, comment: NewComment) -> i64 {
    world
        .zendesk()
        .edit(|account| account.add_comment(ticket, comment))
        .unwrap()
}

/// The texts on a ticket's case, each with whether it is public.
async fn said(world: &World, ticket: i64) -> Vec<(String, bool)> {
    let rows = world.comments_of(ticket).await;
    rows.into_iter()
        .map(|row| (row.comment.message, row.comment.public))
        .collect()
}

#[tokio::test]
async fn comments_come_once_in_order_with_their_visibility() {
    quiet()
        .each(async |world| {
            let (id, _) = pull_new(world, ticket()).await;
            let mut expected = vec![("It burns.".to_owned(), true)];
            for n in 0..6 {
                world.pass_minutes(1);
                let (text, public) = (format!("Answer {n}"), n % 2 == 0);
                say(
                    world,
                    id,
                    NewComment {
                        public,
                        ..NewComment::public(&text)
                    },
                );
                expected.push((text, public));
                if n == 2 {
                    pull(world).await;
                }
            }
            pull(world).await;
            pull(world).await;
            assert_eq!(said(world, id).await, expected);
        })
        .await;
}

#[tokio::test]
async fn the_same_words_said_twice_are_two_comments() {
    quiet()
        .each(async |world| {
            let (id, _) = pull_new(world, ticket()).await;
            say(world, id, NewComment::public("Same words."));
            say(world, id, NewComment::public("Same words."));
            pull(world).await;
            assert_eq!(world.comments_of(id).await.len(), 3);
        })
        .await;
}

#[tokio::test]
async fn rows_that_come_twice_and_out_of_order_do_no_harm() {
    World::builder()
        .tickets(30)
        .page_size(7)
        .each(async |calm| {
            calm.sync_well().await;
            let undisturbed = calm.dump().await;
            World::builder()
                .tickets(30)
                .page_size(7)
                .each(async |world| {
                    use simulator::{Fault, FaultKind};
                    world
                        .zendesk()
                        .add_fault(Fault::new(FaultKind::DuplicateRows).on("incremental/*"));
                    world
                        .zendesk()
                        .add_fault(Fault::new(FaultKind::ShuffleRows).on("incremental/*"));
                    world.sync_well().await;
                    let dump = world.dump().await;
                    let (expected, found) = (without_raw(&undisturbed), without_raw(&dump));
                    for (expected, found) in expected.iter().zip(&found) {
                        assert_eq!(expected, found);
                    }
                    assert_eq!(expected.len(), found.len());
                })
                .await;
        })
        .await;
}

/// The lines of a dump without raw JSON, whose keys the faults above bring into another order.
fn without_raw(dump: &str) -> Vec<String> {
    let mut lines: Vec<String> = dump
        .lines()
        .map(|line| match line.split_once(" raw=") {
            Some((before, after)) => {
                let after = after.rsplit_once("}\"").map_or("", |(_, after)| after);
                format!("{before}{after}")
            }
            None => line.to_owned(),
        })
        .collect();
    lines.sort_unstable();
    lines
}

#[tokio::test]
async fn an_author_is_the_contact_or_the_user_they_are_here() {
    quiet()
        .each(async |world| {
            hire(world, "grace@example.com", "Grace Hopper").await;
            let grace = agent(world, "G. H.", "grace@example.com");
            let rosa = customer(world, "Rosa Parks", "rosa@customer.example");
            let new = NewTicket {
                requester_id: Some(rosa),
                ..ticket()
            };
            let (id, _) = pull_new(world, new).await;
            say(world, id, NewComment::public("On my way.").by(grace));
            pull(world).await;
            let comments = page(world, id).await.comments;
            assert_eq!(
                name(comments[0].author.contact.as_ref()),
                Some("Rosa Parks")
            );
            assert_eq!(comments[0].author.user, None);
            assert_eq!(name(comments[1].author.user.as_ref()), Some("Grace Hopper"));
            assert_eq!(comments[1].author.zendesk_name_beside(), Some("G. H."));
            let stored = world.comments_of(id).await;
            assert!(stored[0].comment.contact_id.is_some() && stored[0].comment.user_id.is_none());
            assert!(stored[1].comment.user_id.is_some() && stored[1].comment.contact_id.is_none());
        })
        .await;
}

#[tokio::test]
async fn the_owner_stands_in_for_an_author_unknown_here_with_zendesks_name_shown() {
    quiet()
        .each(async |world| {
            let lin = agent(world, "Lin Stranger", "lin@elsewhere.example");
            // Somebody in copy, who is neither requester nor submitter of any ticket.
            let passer_by = customer(world, "Petra Passing", "petra@customer.example");
            let (id, _) = pull_new(world, ticket()).await;
            say(world, id, NewComment::public("From staff.").by(lin));
            world.pass_minutes(1);
            say(world, id, NewComment::public("From outside.").by(passer_by));
            pull(world).await;
            let comments = page(world, id).await.comments;
            for (comment, zendesk) in comments[1..].iter().zip(["Lin Stranger", "Petra Passing"]) {
                assert_eq!(name(comment.author.shown()), Some("Ada Lovelace"));
                assert_eq!(comment.author.zendesk_name_beside(), Some(zendesk));
            }
        })
        .await;
}

#[tokio::test]
async fn an_author_who_arrives_late_is_shown_as_themselves_from_then_on() {
    quiet()
        .each(async |world| {
            let rosa = customer(world, "Rosa Parks", "rosa@customer.example");
            let (id, _) = pull_new(world, ticket()).await;
            say(world, id, NewComment::public("It is me.").by(rosa));
            pull(world).await;
            assert_eq!(
                name(page(world, id).await.comments[1].author.shown()),
                Some("Ada Lovelace")
            );
            add(
                world,
                NewTicket {
                    requester_id: Some(rosa),
                    ..ticket()
                },
            );
            pull(world).await;
            assert_eq!(
                name(page(world, id).await.comments[1].author.shown()),
                Some("Rosa Parks")
            );
        })
        .await;
}

#[tokio::test]
async fn a_comment_that_is_redacted_in_zendesk_is_redacted_here_and_its_old_text_is_nowhere() {
    quiet()
        .each(async |world| {
            let (id, _) = pull_new(world, ticket()).await;
            let comment = say(world, id, NewComment::public("My card is 4111."));
            pull(world).await;
            world
                .zendesk()
                .edit(|account| account.redact_comment(comment, Some("4111")))
                .unwrap();
            pull(world).await;
            let comments = world.comments_of(id).await;
            assert_eq!(comments.len(), 2);
            assert_eq!(comments[1].comment.message, "My card is ▇▇▇▇.");
            assert!(
                !world.dump().await.contains("4111"),
                "no copy of the old text is left"
            );
            let history = page(world, id).await.history;
            let told = history
                .iter()
                .filter(|line| line.kind == HistoryKind::CommentRedacted);
            assert_eq!(
                told.count(),
                1,
                "only the comment that was redacted has changed"
            );
        })
        .await;
}

#[tokio::test]
async fn a_redacted_description_is_redacted_on_the_case_too() {
    quiet()
        .each(async |world| {
            let comment = NewComment::public("My card is 4111.");
            let (id, _) = pull_new(
                world,
                NewTicket {
                    comment,
                    ..ticket()
                },
            )
            .await;
            let first = world.comments_of(id).await[0].remote_id.unwrap();
            world
                .zendesk()
                .edit(|account| account.redact_comment(first, Some("4111")))
                .unwrap();
            pull(world).await;
            let page = page(world, id).await;
            assert_eq!(page.description, "My card is ▇▇▇▇.");
            assert_eq!(page.comments[0].message, "My card is ▇▇▇▇.");
            assert!(page.comments[0].is_description);
            assert!(!world.dump().await.contains("4111"));
        })
        .await;
}

#[tokio::test]
async fn a_comment_made_private_in_zendesk_becomes_private_here() {
    quiet()
        .each(async |world| {
            let (id, _) = pull_new(world, ticket()).await;
            let comment = say(world, id, NewComment::public("Oops, that was internal."));
            // Something later, so that the export does not simply tell the comment once more.
            world.pass_minutes(1);
            add(world, ticket());
            pull(world).await;
            world
                .zendesk()
                .edit(|account| account.make_comment_private(comment))
                .unwrap();
            pull(world).await;
            let last = said(world, id).await.pop().unwrap();
            assert_eq!(last, ("Oops, that was internal.".to_owned(), false));
            let history = page(world, id).await.history;
            assert!(
                history
                    .iter()
                    .any(|line| line.what == "A comment was made private")
            );
        })
        .await;
}

#[tokio::test]
async fn a_comment_that_comes_together_with_its_being_made_private_is_private() {
    quiet()
        .each(async |world| {
            let (id, _) = pull_new(world, ticket()).await;
            let comment = say(world, id, NewComment::public("Oops."));
            let audit = world.zendesk().read(|account| account.audits_of(id).last().unwrap().id);
            world.pass(std::time::Duration::from_secs(1));
            world.zendesk().edit(|account| account.make_comment_private(comment)).unwrap();
            // The export tells the comment as it was when it was written.
            let as_written = json!([{
                "id": comment, "event_type": "Comment", "type": "Comment", "body": "Oops.", "public": true,
            }]);
            let fault = altered(audit, EVENTS, "child_events", &as_written.to_string());
            world.zendesk().add_fault(fault);
            pull(world).await;
            let last = said(world, id).await.pop().unwrap();
            assert_eq!(last, ("Oops.".to_owned(), false));
        })
        .await;
}

#[tokio::test]
async fn visibility_never_widens_whatever_an_export_says_later() {
    quiet()
        .each(async |world| {
            let (id, _) = pull_new(world, ticket()).await;
            let note = say(world, id, NewComment::private("Between us."));
            pull(world).await;
            let audit = world.zendesk().read(|account| account.audits_of(id).last().unwrap().id);
            let public = json!([
                { "id": note, "event_type": "Comment", "type": "Comment", "body": "Between us.", "public": true },
                { "event_type": "CommentPrivacyChange", "comment_id": note, "public": true },
            ]);
            world.zendesk().add_fault(altered(audit, EVENTS, "child_events", &public.to_string()));
            pull(world).await;
            let last = said(world, id).await.pop().unwrap();
            assert_eq!(last, ("Between us.".to_owned(), false));
        })
        .await;
}

#[tokio::test]
async fn a_comment_whose_ticket_came_after_the_tickets_were_read_brings_its_ticket_along() {
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
            // As if the ticket had been made while the tickets were read.
            world
                .zendesk()
                .add_fault(unreadable(id, "incremental/tickets/cursor"));
            pull(world).await;
            let page = page(world, id).await;
            assert_eq!(page.subject, "Printer on fire");
            assert_eq!(name(page.contact.as_ref()), Some("Rosa Parks"));
            assert_eq!(page.comments_total, 1);
        })
        .await;
}

#[tokio::test]
async fn a_comment_whose_ticket_cannot_be_had_waits_until_the_ticket_arrives() {
    quiet()
        .each(async |world| {
            let id = add(world, ticket());
            for route in ["incremental/tickets/cursor", "tickets/show_many"] {
                world.zendesk().add_fault(unreadable(id, route));
            }
            pull(world).await;
            assert!(world.find_case_of(id).await.is_none());
            assert_eq!(
                lines(world, "zendesk_comment").await.len(),
                1,
                "kept in the mirror"
            );

            world.zendesk().clear_faults();
            change(
                world,
                id,
                TicketChange {
                    tags: Some(vec!["x".to_owned()]),
                    ..TicketChange::default()
                },
            );
            pull(world).await;
            assert_eq!(said(world, id).await, [("It burns.".to_owned(), true)]);
            assert!(world.comments_of(id).await[0].comment.is_description);
        })
        .await;
}

#[tokio::test]
async fn comments_of_a_deleted_ticket_stay_and_late_ones_still_arrive() {
    quiet()
        .each(async |world| {
            let (id, _) = pull_new(world, ticket()).await;
            say(world, id, NewComment::public("Last words."));
            world
                .zendesk()
                .edit(|account| account.delete_ticket(id))
                .unwrap();
            pull(world).await;
            assert_eq!(world.comments_of(id).await.len(), 2);
        })
        .await;
}
