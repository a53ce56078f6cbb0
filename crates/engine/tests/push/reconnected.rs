//! An account whose integration was deleted is connected again: its tickets have their cases again, and
//! nothing is made a second time on either side.

use domain::merge::Priority as Wins;
use engine::actions;
use engine::attachments::{self, Limits};
use engine::integrations::{self, SignIn};
use simulator::{NewComment, NewFile, NewUser};
use store::integrations::Integration;
use world::{ADMIN_EMAIL, Voice, World};

use crate::{
    assert_at_rest, assert_same_comments, change, comments_there, count, pull, pulled, pulled_with,
    quiet, rename, settle, subject, there, ticket_writes,
};

/// Deletes the integration, whatever waits.
async fn delete(world: &World) -> Integration {
    let before = world.integration().await;
    integrations::delete(world.engine(), &before, true, ADMIN_EMAIL)
        .await
        .unwrap();
    before
}

/// Connects the account of a deleted integration again, with the same settings.
async fn connect(world: &World, before: &Integration) -> integrations::Added {
    let shared = SignIn::Shared(before.settings.credential_id.clone());
    let settings = before.settings.clone();
    let added = integrations::add(world.engine(), settings, shared, ADMIN_EMAIL)
        .await
        .unwrap();
    integrations::activate(world.engine(), &added.integration, ADMIN_EMAIL)
        .await
        .unwrap();
    added
}

/// All that is stored but for what was sent, which goes with an integration.
async fn stored(world: &World) -> Vec<String> {
    let dump = world.dump().await;
    let lines = dump.lines().filter(|line| !line.starts_with("outbox"));
    lines.map(str::to_owned).collect()
}

#[tokio::test]
async fn an_account_that_is_connected_again_is_as_it_was() {
    quiet(Wins::Remote)
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            let admin = world.admin();
            admin.say(&case, "We <b>come</b>.", true, Voice::Own).await;
            // Somebody without an email is known by their id alone.
            let nameless = world.zendesk().edit(|account| {
                let nobody = NewUser {
                    email: None,
                    ..NewUser::end_user("Caller", "caller@customer.example")
                };
                account.add_user(nobody).unwrap()
            });
            let with_file = NewComment {
                files: vec![NewFile {
                    file_name: "fire.txt".to_owned(),
                    content_type: None,
                    bytes: b"It burns".to_vec(),
                }],
                ..NewComment::public("See.")
            };
            let (called, _) = pulled_with(world, |new| {
                new.requester_id = Some(nameless);
                new.comment = with_file;
            })
            .await;
            let limits = Limits::default();
            assert!(
                attachments::fetch_next(world.engine(), limits)
                    .await
                    .unwrap()
            );
            let ours = admin.open_case("Said here", "Please call.", None).await;
            assert!(admin.publish(&ours.id).await);
            settle(world, &case).await;
            settle(world, &ours.id).await;
            let published = world.ticket_of(&ours.id).await.unwrap();
            let (before, counted, writes) =
                (stored(world).await, count(world), ticket_writes(world));

            let deleted = delete(world).await;
            assert_eq!(world.ticket_of(&case).await, None);
            let added = connect(world, &deleted).await;
            assert_eq!(added.rejoined, Some(3));
            assert_eq!(added.integration.id, deleted.id);
            let run = pull(world).await;
            assert_eq!(run.counters.cases.created, 0);
            assert_eq!(run.counters.contacts.created, 0);
            let now = stored(world).await;
            for (before, now) in before.iter().zip(&now) {
                assert_eq!(before, now);
            }
            assert_eq!(before.len(), now.len());
            assert_eq!((count(world), ticket_writes(world)), (counted, writes));
            for (ticket, case) in [(ticket, &case), (published, &ours.id)] {
                assert_eq!(world.ticket_of(case).await, Some(ticket));
                assert_same_comments(&world.said_on(case).await, world, ticket);
            }
            assert!(world.find_case_of(called).await.is_some());
            assert_at_rest(world).await;

            // And once more, from the second life of the integration.
            let deleted = delete(world).await;
            assert_eq!(connect(world, &deleted).await.rejoined, Some(3));
            pull(world).await;
            assert_eq!(stored(world).await, now);
        })
        .await;
}

#[tokio::test]
async fn what_was_done_on_either_side_meanwhile_is_merged() {
    quiet(Wins::Remote)
        .each(async |world| {
            let (renamed_there, case_there) = pulled(world).await;
            let (renamed_here, case_here) = pulled(world).await;
            let (fought, case_fought) = pulled(world).await;
            let deleted = delete(world).await;

            change(world, renamed_there, subject("Said there"));
            world.zendesk().edit(|account| {
                let more = NewComment::public("It still burns.");
                account.add_comment(renamed_there, more).unwrap();
            });
            rename(world, &case_here, "Said here").await;
            let admin = world.admin();
            admin.say(&case_here, "We came.", true, Voice::Own).await;
            rename(world, &case_fought, "Ours").await;
            change(world, fought, subject("Theirs"));

            connect(world, &deleted).await;
            settle(world, &case_here).await;
            assert_eq!(world.case(&case_there).await.fields.subject, "Said there");
            let said = world.said_on(&case_there).await;
            assert_same_comments(&said, world, renamed_there);
            assert_eq!(there(world, renamed_here).subject.unwrap(), "Said here");
            assert_eq!(world.case(&case_fought).await.fields.subject, "Theirs");
            let conflicts = world.conflicts().await;
            assert_eq!(conflicts.len(), 1);
            assert_eq!(conflicts[0].crm.as_deref(), Some("Ours"));

            // What was said here meanwhile piled up, and goes when somebody asks for it.
            assert_eq!(comments_there(world, renamed_here).len(), 1);
            let integration = world.integration().await;
            let piled = actions::backlog(world.engine(), &integration, false, ADMIN_EMAIL)
                .await
                .unwrap();
            assert_eq!((piled.cases, piled.fields, piled.comments), (1, 0, 1));
            admin.send_piled_up().await;
            settle(world, &case_here).await;
            let said = world.said_on(&case_here).await;
            assert_same_comments(&said, world, renamed_here);
            assert_at_rest(world).await;
        })
        .await;
}

#[tokio::test]
async fn what_was_edited_before_the_first_sync_of_the_second_life_is_kept() {
    quiet(Wins::Remote)
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            let deleted = delete(world).await;
            change(
                world,
                ticket,
                simulator::TicketChange {
                    priority: Some(Some(simulator::Priority::High)),
                    ..simulator::TicketChange::default()
                },
            );
            connect(world, &deleted).await;
            rename(world, &case, "Said here").await;
            let admin = world.admin();
            admin.say(&case, "We come.", true, Voice::Own).await;
            settle(world, &case).await;
            let now = there(world, ticket);
            assert_eq!(now.subject.as_deref(), Some("Said here"));
            assert_eq!(now.priority, Some(simulator::Priority::High));
            assert_eq!(
                world.case(&case).await.fields.priority,
                domain::case::CasePriority::High
            );
            assert_same_comments(&world.said_on(&case).await, world, ticket);
            assert_eq!(comments_there(world, ticket).len(), 2);
            assert_at_rest(world).await;
        })
        .await;
}

#[tokio::test]
async fn what_zendesk_takes_back_meanwhile_is_taken_back_here() {
    quiet(Wins::Remote)
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            let secret = world.zendesk().edit(|account| {
                let said = NewComment::public("My number is 4111.");
                account.add_comment(ticket, said).unwrap()
            });
            let shown = world.zendesk().edit(|account| {
                let said = NewComment::public("For your eyes.");
                account.add_comment(ticket, said).unwrap()
            });
            pull(world).await;
            let deleted = delete(world).await;
            world.zendesk().edit(|account| {
                account.redact_comment(secret, Some("4111")).unwrap();
                account.make_comment_private(shown).unwrap();
            });
            connect(world, &deleted).await;
            pull(world).await;
            let said = world.said_on(&case).await;
            assert_eq!(said.len(), 3, "none is made twice");
            let texts: Vec<(&str, bool)> = said
                .iter()
                .map(|row| (row.comment.message.as_str(), row.comment.public))
                .collect();
            assert!(
                !texts.iter().any(|(text, _)| text.contains("4111")),
                "{texts:?}"
            );
            assert!(texts.contains(&("For your eyes.", false)), "{texts:?}");
            assert_at_rest(world).await;
        })
        .await;
}

#[tokio::test]
async fn it_belongs_to_its_account_from_its_first_day() {
    quiet(Wins::Remote)
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            let deleted = delete(world).await;
            let shared = || SignIn::Shared(deleted.settings.credential_id.clone());
            let mut elsewhere = deleted.settings.clone();
            elsewhere.name = "elsewhere".to_owned();
            elsewhere.url = "https://another.zendesk.com".to_owned();
            let engine = world.engine();
            let other = integrations::add(engine, elsewhere.clone(), shared(), ADMIN_EMAIL)
                .await
                .unwrap();
            assert_eq!(other.rejoined, None);
            assert_ne!(other.integration.id, deleted.id);

            let added = connect(world, &deleted).await.integration;
            elsewhere.name = added.settings.name.clone();
            let moved = integrations::edit(engine, &added, elsewhere, SignIn::Kept, ADMIN_EMAIL);
            let refusal = Box::pin(moved).await.unwrap_err().to_string();
            assert!(refusal.contains("belongs to the account"), "{refusal}");
            assert_eq!(world.ticket_of(&case).await, Some(ticket));
        })
        .await;
}

#[tokio::test]
async fn asked_for_twice_under_one_id_one_integration_takes_over() {
    quiet(Wins::Remote)
        .each(async |world| {
            pulled(world).await;
            let deleted = delete(world).await;
            let engine = world.engine();
            for rejoined in [Some(1), None] {
                let shared = SignIn::Shared(deleted.settings.credential_id.clone());
                let (id, settings) = ("asked1".to_owned(), deleted.settings.clone());
                let added = integrations::add_as(engine, id, settings, shared, ADMIN_EMAIL)
                    .await
                    .unwrap();
                assert_eq!(added.rejoined, rejoined);
                assert_eq!(added.integration.id, deleted.id);
            }
        })
        .await;
}
