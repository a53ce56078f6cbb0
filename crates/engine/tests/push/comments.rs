//! Comments on their way to Zendesk and back.

use domain::outbox::{Kind, State};
use world::Voice;

use crate::*;

#[tokio::test]
async fn a_private_note_stays_private_and_shows_who_wrote_it() {
    quiet(Wins::Remote)
        .each(async |world| {
            let agent = world.zendesk().edit(|account| {
                let new = NewUser::agent("Alan Turing", "alan@bletchley.example");
                account.add_user(new).unwrap()
            });
            let (ticket, case) = pulled(world).await;
            let before = count(world);
            hire(world, "alan@bletchley.example", "Alan Turing").await;
            let admin = world.admin();
            admin.say(&case, "Between us.", false, Voice::Own).await;
            let alan = world.actor("alan@bletchley.example");
            alan.say(&case, "We come at once.", true, Voice::Own).await;
            settle(world, &case).await;
            let said = comments_there(world, ticket);
            // Ada is nobody in Zendesk, so the default user stands in for her.
            assert_eq!(
                said[1..],
                [
                    ("Between us.".to_owned(), false, administrator(world)),
                    ("We come at once.".to_owned(), true, agent),
                ]
            );
            assert_added(world, &before, [0, 2, 2]);
            assert_same_comments(&world.said_on(&case).await, world, ticket);
            assert_at_rest(world).await;
        })
        .await;
}

#[tokio::test]
async fn a_customers_words_are_the_customers_and_a_private_note_never_is() {
    quiet(Wins::Remote)
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            let contact = world.case(&case).await.fields.contact.unwrap();
            let admin = world.admin();
            let voice = Voice::Contact(&contact);
            admin.say(&case, "It burns still.", true, voice).await;
            admin.say(&case, "She was angry.", false, voice).await;
            settle(world, &case).await;
            let said = comments_there(world, ticket);
            assert_eq!(
                said[1..],
                [
                    ("It burns still.".to_owned(), true, rosa(world)),
                    ("She was angry.".to_owned(), false, administrator(world)),
                ]
            );
            assert_same_comments(&world.said_on(&case).await, world, ticket);
            assert_at_rest(world).await;
        })
        .await;
}

#[tokio::test]
async fn five_comments_arrive_in_the_order_they_were_said_each_once() {
    quiet(Wins::Remote)
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            let before = count(world);
            let words = ["one", "two", "three", "four", "five"];
            for (n, word) in words.iter().enumerate() {
                let public = n % 2 == 0;
                world.admin().say(&case, word, public, Voice::Own).await;
            }
            settle(world, &case).await;
            let said: Vec<String> = comments_there(world, ticket)
                .into_iter()
                .skip(1)
                .map(|(text, ..)| text)
                .collect();
            assert_eq!(said, words);
            assert_added(world, &before, [0, 5, 5]);
            let here = world.said_on(&case).await;
            assert_eq!(here.len(), 6, "none came back as a second one");
            assert_same_comments(&here, world, ticket);
            assert_at_rest(world).await;
        })
        .await;
}

#[tokio::test]
async fn comments_said_on_both_sides_at_once_are_all_on_both_once() {
    quiet(Wins::Remote)
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            let before = count(world);
            for n in 0..3 {
                let text = format!("here {n}");
                world.admin().say(&case, &text, true, Voice::Own).await;
                world.zendesk().edit(|account| {
                    let text = format!("there {n}");
                    account
                        .add_comment(ticket, NewComment::public(text))
                        .unwrap()
                });
            }
            settle(world, &case).await;
            assert_added(world, &before, [0, 6, 6]);
            let here = world.said_on(&case).await;
            assert_eq!(here.len(), 7);
            assert_same_comments(&here, world, ticket);
            assert_at_rest(world).await;
        })
        .await;
}

#[tokio::test]
async fn the_same_words_said_twice_are_two_comments() {
    quiet(Wins::Remote)
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            for _ in 0..2 {
                world
                    .admin()
                    .say(&case, "Any news?", true, Voice::Own)
                    .await;
            }
            change(
                world,
                ticket,
                TicketChange {
                    comment: Some(NewComment::public("Any news?")),
                    ..TicketChange::default()
                },
            );
            settle(world, &case).await;
            let here = world.said_on(&case).await;
            assert_eq!((here.len(), comments_there(world, ticket).len()), (4, 4));
            assert_same_comments(&here, world, ticket);
            assert_at_rest(world).await;
        })
        .await;
}

#[tokio::test]
async fn what_zendesk_makes_private_or_redacts_is_so_here_too_and_nothing_goes_back() {
    quiet(Wins::Local)
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            let admin = world.admin();
            let first = admin.say(&case, "Card 4111 1111.", true, Voice::Own).await;
            let second = admin.say(&case, "Not for all.", true, Voice::Own).await;
            settle(world, &case).await;
            let here = world.said_on(&case).await;
            let remote = |id: &str| {
                let row = here.iter().find(|row| row.comment.id == id).unwrap();
                row.remote_id.unwrap()
            };
            let (first_there, second_there) = (remote(&first), remote(&second));
            world.zendesk().edit(|account| {
                account
                    .redact_comment(first_there, Some("4111 1111"))
                    .unwrap();
                account.make_comment_private(second_there).unwrap();
            });
            let writes = ticket_writes(world);
            settle(world, &case).await;
            let here = world.said_on(&case).await;
            let row = |id: &str| here.iter().find(|row| row.comment.id == id).unwrap();
            assert!(!row(&first).comment.message.contains("4111"));
            assert!(!row(&second).comment.public);
            assert_eq!(ticket_writes(world), writes);
            assert_same_comments(&here, world, ticket);
            assert_at_rest(world).await;
        })
        .await;
}

#[tokio::test]
async fn what_waited_for_its_tickets_limit_is_sent_at_the_very_moment_it_waited_for() {
    quiet(Wins::Remote)
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            for n in 0..29 {
                let text = format!("number {n}");
                world.admin().say(&case, &text, false, Voice::Own).await;
            }
            world.sync_well().await;
            let put_off = || async {
                let line = world.line_of(&case).await;
                let waiting = line.iter().find(|e| e.operation.state == State::Waiting);
                waiting.map(|entry| entry.operation.not_before)
            };
            let until = put_off().await.unwrap();
            assert_eq!(comments_there(world, ticket).len(), 1 + 28);
            let wait = until.duration_since(world.now());
            assert!(wait > jiff::SignedDuration::from_mins(9), "{wait:?}");
            world.pass(wait.unsigned_abs());
            world.sync_well().await;
            assert_eq!(put_off().await, None);
            assert_eq!(comments_there(world, ticket).len(), 1 + 29);
        })
        .await;
}

#[tokio::test]
async fn thirty_comments_in_a_row_are_paced_and_all_arrive() {
    quiet(Wins::Remote)
        .simulator(|config| config.limits = simulator::Limits::Enterprise)
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            let before = count(world);
            for n in 0..35 {
                let text = format!("number {n}");
                world.admin().say(&case, &text, false, Voice::Own).await;
            }
            settle(world, &case).await;
            let said: Vec<String> = comments_there(world, ticket)
                .into_iter()
                .skip(1)
                .map(|(text, ..)| text)
                .collect();
            let expected: Vec<String> = (0..35).map(|n| format!("number {n}")).collect();
            assert_eq!(said, expected);
            assert_added(world, &before, [0, 35, 35]);
            // Zendesk never had to say no: one request a comment.
            let line = world.line_of(&case).await;
            let comments = line.iter().filter(|e| e.operation.kind == Kind::Comment);
            assert_eq!(comments.count(), 35);
            assert_eq!(ticket_writes(world), 35);
            assert_at_rest(world).await;
        })
        .await;
}
