//! What Zendesk did not sign just now is refused, without a word on why and without effect.

use std::time::Duration;

use engine::webhooks::Answer;
use world::World;
use zendesk::webhooks::{SIGNATURE_HEADER, TEST_SECRET, TIMESTAMP_HEADER};

use crate::deliveries::secret;
use crate::door::{Door, Request};
use crate::{heed, only_ticket, quiet, rename, status};

/// A delivery as Zendesk sent it, and the door it came through.
async fn delivered(world: &World) -> (Door, Request) {
    world.sync_well().await;
    let door = Door::open(world).await;
    rename(world, only_ticket(world), "Printer cold");
    world.zendesk().webhooks_settled().await;
    heed(world).await;
    let request = door.requests()[0].clone();
    (door, request)
}

#[tokio::test]
async fn whatever_is_changed_about_a_delivery_makes_it_a_forgery() {
    quiet()
        .each(async |world| {
            let (door, genuine) = delivered(world).await;
            let mut forgeries = Vec::new();
            let mut with = |change: &dyn Fn(&mut Request)| {
                let mut forged = genuine.clone();
                change(&mut forged);
                forgeries.push(forged);
            };
            with(&|request| request.body.push(b' '));
            with(&|request| request.body.clear());
            with(&|request| request.set(SIGNATURE_HEADER, ""));
            with(&|request| request.set(SIGNATURE_HEADER, "not base64!"));
            with(&|request| request.set(TIMESTAMP_HEADER, ""));
            with(&|request| request.set(TIMESTAMP_HEADER, "2026-11-22T12:00:01Z"));
            with(&|request| request.set(TIMESTAMP_HEADER, "yesterday"));
            with(&|request| request.headers.clear());
            with(&|request| request.sign("a guess", world.now()));
            with(&|request| request.sign(TEST_SECRET, world.now()));
            with(&|request| request.sign("", world.now()));
            let before = world.zendesk().requests();
            let count = forgeries.len();
            for (n, forged) in forgeries.into_iter().enumerate() {
                assert_eq!(door.put(&forged).await, Answer::Forged, "forgery {n}");
            }
            assert_eq!(heed(world).await, 0);
            assert_eq!(world.zendesk().requests(), before);
            world.pass_minutes(1);
            let mut last = genuine;
            last.body.clear();
            door.put(&last).await;
            let counts = status(world).await.counts;
            assert_eq!(counts.rejected, count as u64 + 1, "{counts:?}");
        })
        .await;
}

#[tokio::test]
async fn a_signature_is_good_for_five_minutes_either_way() {
    quiet()
        .each(async |world| {
            let (door, mut request) = delivered(world).await;
            let secret = secret(world).await;
            let now = world.now();
            for (seconds, expected) in [
                (-301, Answer::Forged),
                (-299, Answer::Repeated),
                (299, Answer::Repeated),
                (301, Answer::Forged),
            ] {
                let at = now + jiff::SignedDuration::from_secs(seconds);
                request.sign(&secret, at);
                assert_eq!(door.put(&request).await, expected, "{seconds} s");
            }
        })
        .await;
}

#[tokio::test]
async fn a_replay_is_refused_for_its_age_and_then_for_its_id() {
    quiet()
        .each(async |world| {
            let (door, mut request) = delivered(world).await;
            world.pass(Duration::from_secs(29 * 86_400));
            assert_eq!(door.put(&request).await, Answer::Forged);
            // Even somebody who could sign it anew would not be heard twice in a month.
            request.sign(&secret(world).await, world.now());
            assert_eq!(door.put(&request).await, Answer::Repeated);
            assert_eq!(heed(world).await, 0);
        })
        .await;
}

#[tokio::test]
async fn what_does_not_exist_is_refused_like_what_nobody_signed() {
    quiet()
        .each(async |world| {
            let (door, genuine) = delivered(world).await;
            let elsewhere = Request {
                integration: "0".to_owned(),
                ..genuine.clone()
            };
            assert_eq!(door.put(&elsewhere).await, Answer::Unknown);
            let mut guessed = elsewhere.clone();
            guessed.sign("there is no such webhook", world.now());
            assert_eq!(door.put(&guessed).await, Answer::Unknown);
            // An integration without a webhook has no door either.
            let integration = world.integration().await;
            let removed = engine::webhooks::remove(world.engine(), &integration, "test");
            assert!(Box::pin(removed).await.unwrap());
            assert_eq!(door.put(&genuine).await, Answer::Unknown);
        })
        .await;
}
