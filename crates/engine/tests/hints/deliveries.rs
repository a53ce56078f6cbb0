//! What Zendesk signs: it leads to a look at the record, once, and nothing in it is believed.

use std::time::Duration;

use engine::webhooks::Answer;
use secrecy::ExposeSecret as _;
use simulator::{Fault, NewUser, UserChange};
use world::World;
use zendesk::webhooks::INVOCATION_HEADER;

use crate::door::{Door, Request};
use crate::{add, comment, heed, only_ticket, pull, quiet, rename, status, subject};

/// The body of an event, as far as anybody reads it.
fn event(id: &str, kind: &str, subject: &str) -> String {
    format!(
        r#"{{"id":"{id}","type":"zen:event-type:{kind}","subject":"zen:{subject}","detail":{{}}}}"#
    )
}

/// The secret that Zendesk signs with.
pub(crate) async fn secret(world: &World) -> String {
    let (engine, id) = (world.engine(), world.integration().await.id);
    let mut reader = world.store().read().await.unwrap();
    let secrets = store::webhooks::secrets(&mut reader, &engine.keyring, &id, world.now());
    let secrets = secrets.await.unwrap();
    secrets[0].expose_secret().to_owned()
}

/// An event that Zendesk signs just now.
async fn signed(world: &World, id: &str, kind: &str, subject: &str) -> Request {
    let integration = world.integration().await.id;
    let body = event(id, kind, subject);
    Request::signed(&integration, id, &body, &secret(world).await, world.now())
}

#[tokio::test]
async fn a_change_that_zendesk_tells_of_is_in_the_case_before_any_pull() {
    quiet()
        .each(async |world| {
            world.sync_well().await;
            let door = Door::open(world).await;
            let ticket = only_ticket(world);
            world.pass_minutes(1);
            rename(world, ticket, "Printer cold");
            comment(world, ticket, "It is out.");
            world.zendesk().webhooks_settled().await;
            assert_eq!(door.answers(), [Answer::Noted, Answer::Noted]);
            assert!(heed(world).await >= 1);
            assert_eq!(subject(world, ticket).await, "Printer cold");
            let comments = world.comments_of(ticket).await;
            assert_eq!(comments.last().unwrap().comment.message, "It is out.");
        })
        .await;
}

#[tokio::test]
async fn a_delivery_that_comes_again_has_no_effect() {
    quiet()
        .each(async |world| {
            world.sync_well().await;
            let door = Door::open(world).await;
            let ticket = only_ticket(world);
            rename(world, ticket, "Printer cold");
            world.zendesk().webhooks_settled().await;
            heed(world).await;
            let before = world.zendesk().requests();
            let mut replay = door.requests()[0].clone();
            assert_eq!(door.put(&replay).await, Answer::Repeated);
            // The id in the header is not signed, so whoever replays it may have changed it.
            replay.set(INVOCATION_HEADER, "01another");
            assert_eq!(door.put(&replay).await, Answer::Repeated);
            assert_eq!(heed(world).await, 0);
            assert_eq!(world.zendesk().requests(), before);
        })
        .await;
}

#[tokio::test]
async fn a_delivery_that_zendesk_repeats_by_itself_has_no_effect() {
    quiet()
        .each(async |world| {
            world.sync_well().await;
            let door = Door::open(world).await;
            let fault = Fault::parse("webhook-duplicate:times=1").unwrap();
            world.zendesk().add_fault(fault);
            rename(world, only_ticket(world), "Printer cold");
            world.zendesk().webhooks_settled().await;
            assert_eq!(door.answers(), [Answer::Noted, Answer::Repeated]);
        })
        .await;
}

#[tokio::test]
async fn deliveries_that_come_late_and_in_another_order_end_in_what_is_true_now() {
    quiet()
        .each(async |world| {
            world.sync_well().await;
            let door = Door::open(world).await;
            let ticket = only_ticket(world);
            let late = Fault::parse("webhook-late=86400:times=1").unwrap();
            world.zendesk().add_fault(late);
            rename(world, ticket, "first");
            world.zendesk().webhooks_settled().await;
            let overtaken = Fault::parse("webhook-reorder:times=1").unwrap();
            world.zendesk().add_fault(overtaken);
            rename(world, ticket, "second");
            rename(world, ticket, "third");
            door.heard(2).await;
            heed(world).await;
            assert_eq!(subject(world, ticket).await, "third");
            // The first one arrives a day later, and says what was true then.
            world.pass(Duration::from_secs(86_400));
            door.heard(3).await;
            assert_eq!(door.answers()[2], Answer::Noted);
            heed(world).await;
            assert_eq!(subject(world, ticket).await, "third");
        })
        .await;
}

#[tokio::test]
async fn what_a_delivery_says_is_not_believed_beyond_its_subject() {
    quiet()
        .each(async |world| {
            world.sync_well().await;
            let door = Door::open(world).await;
            let ticket = only_ticket(world);
            let before = subject(world, ticket).await;
            let mut lie = signed(
                world,
                "1",
                "ticket.subject_changed",
                &format!("ticket:{ticket}"),
            )
            .await;
            let body = String::from_utf8(lie.body).unwrap();
            lie.body = body
                .replace("{}", r#"{"subject":"A lie","status":"CLOSED"}"#)
                .into_bytes();
            lie.sign(&secret(world).await, world.now());
            assert_eq!(door.put(&lie).await, Answer::Noted);
            assert_eq!(heed(world).await, 1);
            assert_eq!(subject(world, ticket).await, before);
        })
        .await;
}

#[tokio::test]
async fn a_thousand_deliveries_about_one_ticket_cost_a_handful_of_requests() {
    quiet()
        .each(async |world| {
            world.sync_well().await;
            let door = Door::open(world).await;
            let ticket = only_ticket(world);
            let subject = format!("ticket:{ticket}");
            let mut one = signed(world, "0", "ticket.tags_changed", &subject).await;
            let secret = secret(world).await;
            for n in 0..1_000 {
                one.body = event(&n.to_string(), "ticket.tags_changed", &subject).into_bytes();
                one.sign(&secret, world.now());
                assert_eq!(door.put(&one).await, Answer::Noted, "{n}");
            }
            let before = world.zendesk().requests();
            assert_eq!(heed(world).await, 1, "they are one look");
            let spent = world.zendesk().requests() - before;
            assert!(spent <= 3, "{spent} requests");
        })
        .await;
}

#[tokio::test]
async fn a_user_that_zendesk_tells_of_is_fetched_and_the_contact_follows() {
    quiet()
        .each(async |world| {
            world.sync_well().await;
            let door = Door::open(world).await;
            let ticket = only_ticket(world);
            let requester = world
                .zendesk()
                .read(|account| account.ticket(ticket).unwrap().requester_id);
            world.pass_minutes(1);
            let change = UserChange {
                name: Some("Steven Spielberg".to_owned()),
                ..UserChange::default()
            };
            let changed = world
                .zendesk()
                .edit(|account| account.update_user(requester, change));
            assert!(changed.unwrap());
            world.zendesk().webhooks_settled().await;
            assert_eq!(door.answers(), [Answer::Noted]);
            assert_eq!(heed(world).await, 1);
            assert_eq!(contact_of(world, ticket).await, "Steven Spielberg");
        })
        .await;
}

/// The name of the contact of a ticket's case.
async fn contact_of(world: &World, ticket: i64) -> String {
    let contact = world.case_of(ticket).await.fields.contact.unwrap();
    let mut reader = world.store().read().await.unwrap();
    let ids = [contact.clone()];
    let contacts = store::contacts::by_ids(&mut reader, &ids).await.unwrap();
    contacts[&contact].name.full()
}

#[tokio::test]
async fn a_merge_of_customers_that_zendesk_tells_of_moves_the_case_before_any_pull() {
    quiet()
        .each(async |world| {
            world.sync_well().await;
            let door = Door::open(world).await;
            let ticket = only_ticket(world);
            world.pass_minutes(1);
            world.zendesk().edit(|account| {
                let gone = account.ticket(ticket).unwrap().requester_id;
                let new = NewUser::end_user("Steven Spielberg", "steven@customer.example");
                let kept = account.add_user(new).unwrap();
                account.merge_users(gone, kept).unwrap();
            });
            world.zendesk().webhooks_settled().await;
            let told = world.zendesk().webhook_invocations();
            let told: Vec<_> = told.iter().filter_map(|one| one.kind).collect();
            for kind in ["user.merged", "ticket.requester_changed"] {
                assert!(told.contains(&kind), "{told:?}");
            }
            let answers = door.answers();
            assert!(answers.iter().all(|answer| *answer == Answer::Noted));
            // One look at the ticket, one at who is gone.
            assert_eq!(heed(world).await, 2);
            assert_eq!(contact_of(world, ticket).await, "Steven Spielberg");
            let version = world.case_of(ticket).await.version;
            pull(world).await;
            let now = world.case_of(ticket).await.version;
            assert_eq!(now, version, "a pull finds nothing more");
        })
        .await;
}

#[tokio::test]
async fn a_trigger_of_the_accounts_own_may_tell_of_a_ticket_too() {
    quiet()
        .each(async |world| {
            world.sync_well().await;
            let door = Door::open(world).await;
            let ticket = only_ticket(world);
            let (id, secret) = (world.integration().await.id, secret(world).await);
            let body = format!(r#"{{"ticket_id":"{ticket}"}}"#);
            let by =
                |invocation: &str| Request::signed(&id, invocation, &body, &secret, world.now());
            assert_eq!(door.put(&by("one")).await, Answer::Noted);
            // The same words again are another delivery, if their id says so.
            assert_eq!(door.put(&by("two")).await, Answer::Noted);
            assert_eq!(door.put(&by("two")).await, Answer::Repeated);
        })
        .await;
}

#[tokio::test]
async fn what_is_about_nothing_kept_here_is_taken_without_effect() {
    quiet()
        .each(async |world| {
            world.sync_well().await;
            let door = Door::open(world).await;
            let (id, secret) = (world.integration().await.id, secret(world).await);
            let organization = event("1", "organization.created", "organization:5");
            for body in [organization.as_str(), "", "{}", "no JSON", "[1]", "\u{0}"] {
                let request = Request::signed(&id, "x", body, &secret, world.now());
                assert_eq!(door.put(&request).await, Answer::Ignored, "{body}");
            }
            assert_eq!(heed(world).await, 0);
        })
        .await;
}

#[tokio::test]
async fn when_every_delivery_is_lost_polling_brings_the_same() {
    quiet()
        .each(async |world| {
            world.sync_well().await;
            let door = Door::open(world).await;
            let ticket = only_ticket(world);
            world
                .zendesk()
                .add_fault(Fault::parse("webhook-drop").unwrap());
            rename(world, ticket, "Printer cold");
            comment(world, ticket, "It is out.");
            world.zendesk().webhooks_settled().await;
            assert_eq!(heed(world).await, 0);
            assert!(door.answers().is_empty());
            world.pass_minutes(10);
            pull(world).await;
            assert_eq!(subject(world, ticket).await, "Printer cold");
            assert_eq!(world.comments_of(ticket).await.len(), 2);
            let silence = status(world).await.silence.unwrap();
            assert!(silence.contains("1 run since then"), "{silence}");
        })
        .await;
}

#[tokio::test]
async fn a_comment_that_comes_by_webhook_and_by_poll_is_there_once() {
    quiet()
        .each(async |world| {
            world.sync_well().await;
            let door = Door::open(world).await;
            let ticket = only_ticket(world);
            world.pass_minutes(1);
            comment(world, ticket, "It is out.");
            world.zendesk().webhooks_settled().await;
            assert_eq!(door.answers(), [Answer::Noted]);
            assert_eq!(heed(world).await, 1);
            let by_webhook = world.comments_of(ticket).await;
            assert_eq!(by_webhook.len(), 2);
            for _ in 0..2 {
                pull(world).await;
                assert_eq!(world.comments_of(ticket).await, by_webhook);
            }
            assert_eq!(status(world).await.silence, None);
        })
        .await;
}

#[tokio::test]
async fn a_delivery_that_was_noted_is_heeded_after_a_crash() {
    quiet()
        .each(async |world| {
            world.sync_well().await;
            let door = Door::open(world).await;
            let ticket = only_ticket(world);
            rename(world, ticket, "Printer cold");
            world.zendesk().webhooks_settled().await;
            assert_eq!(door.answers(), [Answer::Noted]);
            drop(door);
            world.restart().await;
            assert_eq!(status(world).await.waiting, 1);
            assert!(heed(world).await >= 1);
            assert_eq!(subject(world, ticket).await, "Printer cold");
            assert_eq!(status(world).await.waiting, 0);
        })
        .await;
}

#[tokio::test]
async fn a_ticket_that_cannot_be_read_holds_up_no_other_and_is_read_later() {
    quiet()
        .each(async |world| {
            let tickets = [only_ticket(world), add(world, "Printer two")];
            pull(world).await;
            let _door = Door::open(world).await;
            world.pass_minutes(1);
            for ticket in tickets {
                rename(world, ticket, "Printer cold");
            }
            world.zendesk().webhooks_settled().await;
            let fault = Fault::parse("status=500:route=tickets/{id}/comments:times=5").unwrap();
            world.zendesk().add_fault(fault);
            world.pass(Duration::from_secs(2));
            engine::webhooks::heed(world.engine()).await.unwrap();
            let mut known = 0;
            for ticket in tickets {
                known += u32::from(subject(world, ticket).await == "Printer cold");
            }
            assert_eq!(known, 1);
            world.pass(Duration::from_secs(30));
            heed(world).await;
            for ticket in tickets {
                assert_eq!(subject(world, ticket).await, "Printer cold");
            }
        })
        .await;
}

#[tokio::test]
async fn a_hint_waits_while_zendesk_is_away() {
    quiet()
        .each(async |world| {
            world.sync_well().await;
            let door = Door::open(world).await;
            let ticket = only_ticket(world);
            rename(world, ticket, "Printer cold");
            world.zendesk().webhooks_settled().await;
            assert_eq!(door.answers(), [Answer::Noted]);
            let away = Fault::parse("unavailable:route=tickets/show_many").unwrap();
            world.zendesk().add_fault(away);
            assert_eq!(heed(world).await, 0);
            assert_eq!(status(world).await.waiting, 1);
            world.zendesk().clear_faults();
            world.pass_minutes(2);
            assert!(heed(world).await >= 1);
            assert_eq!(subject(world, ticket).await, "Printer cold");
        })
        .await;
}

#[tokio::test]
async fn a_burst_writes_when_it_was_last_heard_of_once_a_minute() {
    quiet()
        .each(async |world| {
            world.sync_well().await;
            let door = Door::open(world).await;
            let began = world.now();
            for n in 0..5 {
                let id = n.to_string();
                let request = signed(world, &id, "ticket.tags_changed", "ticket:1").await;
                assert_eq!(door.put(&request).await, Answer::Noted);
                world.pass(Duration::from_secs(10));
            }
            assert_eq!(status(world).await.last_seen_at, Some(began));
            world.pass(Duration::from_secs(10));
            let request = signed(world, "5", "ticket.tags_changed", "ticket:1").await;
            assert_eq!(door.put(&request).await, Answer::Noted);
            assert_eq!(status(world).await.last_seen_at, Some(world.now()));
            assert_eq!(status(world).await.counts.noted, 6);
        })
        .await;
}
