//! The webhook in Zendesk: made once, found again, mended, given another secret, removed.

use engine::connection::connect;
use engine::webhooks::{self, Answer, Change, PREVIOUS_LASTS};
use simulator::Fault;
use world::{ADMIN_EMAIL, World};
use zendesk::{Client, Webhook};

use crate::deliveries::secret;
use crate::door::Door;
use crate::{only_ticket, quiet, rename, status};

async fn client(world: &World) -> Client {
    let integration = world.integration().await;
    connect(world.engine(), &integration.settings)
        .await
        .unwrap()
}

async fn there(world: &World) -> Vec<Webhook> {
    client(world).await.webhooks().await.unwrap()
}

#[tokio::test]
async fn a_webhook_is_made_once_however_often_it_is_installed() {
    quiet()
        .each(async |world| {
            let door = Door::unknown(world).await;
            let integration = world.integration().await;
            let first = door.install(world).await;
            assert_eq!(first.change, Change::Made);
            assert_eq!(
                first.endpoint,
                format!("{}/hooks/zendesk/{}", door.url(), integration.id)
            );
            let made = there(world).await;
            assert_eq!(made.len(), 1);
            let (webhook, secret_then) = (&made[0], secret(world).await);
            assert!(webhook.is_active() && webhook.name.contains("main"));
            for kind in [
                "ticket.comment_added",
                "ticket.status_changed",
                "user.name_changed",
            ] {
                let event = format!("zen:event-type:{kind}");
                assert!(webhook.subscriptions.contains(&event), "{kind}");
            }
            let before = world.dump().await;
            let again = door.install(world).await;
            assert_eq!(again.change, Change::None);
            assert_eq!(there(world).await, made);
            assert_eq!(secret(world).await, secret_then);
            assert_eq!(world.dump().await, before);
        })
        .await;
}

#[tokio::test]
async fn a_webhook_whose_making_was_never_heard_of_is_found_and_not_made_twice() {
    quiet()
        .each(async |world| {
            let door = Door::unknown(world).await;
            let lost = Fault::parse("reset-after:route=webhooks:method=POST:times=1").unwrap();
            world.zendesk().add_fault(lost);
            door.install(world).await;
            assert_eq!(there(world).await.len(), 1);
            rename(world, only_ticket(world), "Printer cold");
            world.zendesk().webhooks_settled().await;
            assert_eq!(door.answers(), [Answer::Noted]);
        })
        .await;
}

#[tokio::test]
async fn a_webhook_that_lacks_something_or_calls_elsewhere_is_mended() {
    quiet()
        .each(async |world| {
            let door = Door::unknown(world).await;
            let id = world.integration().await.id;
            let client = client(world).await;
            let poor = ["zen:event-type:ticket.created"];
            let here = format!("{}/hooks/zendesk/{id}", door.url());
            let elsewhere = format!("https://old.example.com/hooks/zendesk/{id}");
            client.create_webhook("poor", &here, &poor).await.unwrap();
            client
                .create_webhook("old", &elsewhere, &poor)
                .await
                .unwrap();
            let others = "https://other.example.com/hooks/zendesk/nobody";
            client
                .create_webhook("somebody's", others, &poor)
                .await
                .unwrap();
            assert_eq!(door.install(world).await.change, Change::Mended);
            let mut left = there(world).await;
            left.retain(|webhook| webhook.endpoint != others);
            assert_eq!(left.len(), 1, "{left:?}");
            assert!(left[0].subscriptions.len() > 10 && left[0].endpoint == here);
            assert_eq!(there(world).await.len(), 2, "what is not ours stays");
        })
        .await;
}

#[tokio::test]
async fn a_secret_that_somebody_changed_in_zendesk_is_fetched_by_installing_again() {
    quiet()
        .each(async |world| {
            world.sync_well().await;
            let door = Door::open(world).await;
            let webhook = there(world).await.remove(0);
            client(world)
                .await
                .reset_signing_secret(&webhook.id)
                .await
                .unwrap();
            rename(world, only_ticket(world), "Printer cold");
            world.zendesk().webhooks_settled().await;
            assert_eq!(door.answers(), [Answer::Forged]);
            assert_eq!(door.install(world).await.change, Change::Mended);
            rename(world, only_ticket(world), "Printer lukewarm");
            world.zendesk().webhooks_settled().await;
            assert_eq!(door.answers(), [Answer::Forged, Answer::Noted]);
        })
        .await;
}

#[tokio::test]
async fn while_a_secret_is_exchanged_both_are_good_for_a_day() {
    quiet()
        .each(async |world| {
            world.sync_well().await;
            let door = Door::open(world).await;
            let ticket = only_ticket(world);
            rename(world, ticket, "one");
            world.zendesk().webhooks_settled().await;
            let former = secret(world).await;
            let integration = world.integration().await;
            let rotated = webhooks::rotate(world.engine(), &integration, ADMIN_EMAIL);
            let until = Box::pin(rotated).await.unwrap();
            assert_eq!(until, world.now() + PREVIOUS_LASTS);
            assert_ne!(secret(world).await, former);
            assert_eq!(status(world).await.previous_until, Some(until));
            // Zendesk signs with the new one; what is still on its way was signed with the former.
            rename(world, ticket, "two");
            world.zendesk().webhooks_settled().await;
            assert_eq!(door.answers(), [Answer::Noted, Answer::Noted]);
            let mut old = door.requests()[0].clone();
            old.sign(&former, world.now());
            assert_eq!(door.put(&old).await, Answer::Repeated);
            world.pass(PREVIOUS_LASTS.unsigned_abs());
            old.sign(&former, world.now());
            assert_eq!(door.put(&old).await, Answer::Forged);
            assert_eq!(status(world).await.previous_until, None);
        })
        .await;
}

#[tokio::test]
async fn a_new_secret_whose_answer_was_lost_is_fetched() {
    quiet()
        .each(async |world| {
            world.sync_well().await;
            let door = Door::open(world).await;
            let lost = "reset-after:route=webhooks/{id}/signing_secret:method=POST:times=1";
            world.zendesk().add_fault(Fault::parse(lost).unwrap());
            let integration = world.integration().await;
            let rotated = webhooks::rotate(world.engine(), &integration, ADMIN_EMAIL);
            Box::pin(rotated).await.unwrap();
            rename(world, only_ticket(world), "two");
            world.zendesk().webhooks_settled().await;
            assert_eq!(door.answers(), [Answer::Noted]);
        })
        .await;
}

#[tokio::test]
async fn a_webhook_that_is_removed_is_gone_on_both_sides() {
    quiet()
        .each(async |world| {
            let door = Door::open(world).await;
            let integration = world.integration().await;
            let engine = world.engine();
            let remote = status(world).await.remote_id.unwrap();
            let word = webhooks::in_zendesk(engine, &integration, &remote)
                .await
                .unwrap();
            assert_eq!(word, "active");
            let remove = || Box::pin(webhooks::remove(engine, &integration, ADMIN_EMAIL));
            assert!(remove().await.unwrap());
            assert!(there(world).await.is_empty());
            assert!(
                webhooks::status(engine, &integration)
                    .await
                    .unwrap()
                    .is_none()
            );
            let word = webhooks::in_zendesk(engine, &integration, &remote)
                .await
                .unwrap();
            assert_eq!(word, "missing");
            assert!(!remove().await.unwrap());
            let rotated = webhooks::rotate(engine, &integration, ADMIN_EMAIL).await;
            assert!(
                rotated
                    .unwrap_err()
                    .to_string()
                    .contains("webhook install main")
            );
            assert_eq!(door.install(world).await.change, Change::Made);
        })
        .await;
}

#[tokio::test]
async fn an_address_without_tls_is_refused_before_zendesk_is_asked() {
    quiet()
        .each(async |world| {
            let integration = world.integration().await;
            let before = world.zendesk().requests();
            for url in ["http://desk.example.com", "", "desk.example.com"] {
                let refused = webhooks::install(world.engine(), &integration, url, ADMIN_EMAIL);
                let sentence = refused.await.unwrap_err().to_string();
                assert!(sentence.contains("https://"), "{url}: {sentence}");
            }
            assert_eq!(world.zendesk().requests(), before);
        })
        .await;
}
