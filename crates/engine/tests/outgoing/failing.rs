//! What happens to events that do not arrive.

use std::time::Duration;

use store::alerts;
use store::outgoing_events::OutgoingState;

use crate::receiver::Receiver;
use crate::*;

const KINDS: [EventKind; 1] = [EventKind::CaseCreated];

async fn alerts_told(world: &World) -> Vec<(String, String)> {
    let mut reader = world.store().read().await.unwrap();
    let all = alerts::list(&mut reader, false, 100).await.unwrap();
    all.into_iter()
        .map(|alert| (alert.kind, alert.sentence))
        .collect()
}

/// Moves the clock to when the endpoint is tried again.
async fn wait_for(world: &World, webhook: &OutgoingWebhook) -> i64 {
    let until = now(world, webhook).await.paused_until.unwrap();
    let pause = until.duration_since(world.now());
    world.pass(Duration::try_from(pause).unwrap());
    pause.as_secs()
}

#[tokio::test]
async fn an_endpoint_that_has_no_time_is_left_alone_and_gets_all_in_order_later() {
    quiet()
        .each(async |world| {
            let receiver = Receiver::start().await;
            let webhook = endpoint(world, "one", receiver.port, &KINDS).await.webhook;
            for subject in ["One", "Two", "Three"] {
                a_case(world, subject).await;
            }
            receiver.answer(&[
                "503 Service Unavailable",
                "500 Internal Server Error",
                "429 Too Many Requests\r\nretry-after: 5000",
            ]);
            let mut pauses = Vec::new();
            for _ in 0..3 {
                assert_eq!(deliver(world).await, 0);
                assert_eq!(deliver(world).await, 0, "not before its pause is over");
                pauses.push(wait_for(world, &webhook).await);
            }
            assert_eq!(receiver.all().len(), 3);
            assert!((15..=19).contains(&pauses[0]), "{pauses:?}");
            assert!((30..=38).contains(&pauses[1]), "{pauses:?}");
            assert_eq!(pauses[2], 5_000, "what the endpoint asked for");
            let first = told(world, &webhook).await.remove(0);
            assert_eq!((first.attempts, first.status), (3, Some(429)));
            assert!(first.problem.unwrap().contains("(429)"));
            assert_eq!(now(world, &webhook).await.failures, 3);
            assert_eq!(deliver(world).await, 3);
            let ids: Vec<String> = told(world, &webhook)
                .await
                .into_iter()
                .map(|event| event.id)
                .collect();
            assert_eq!(receiver.ids(), ids);
            let well = now(world, &webhook).await;
            assert_eq!(
                (well.failures, well.problem, well.paused_until),
                (0, None, None)
            );
            assert_eq!(alerts_told(world).await, []);
        })
        .await;
}

#[tokio::test]
async fn an_event_that_is_refused_holds_up_no_other() {
    quiet()
        .each(async |world| {
            let receiver = Receiver::start().await;
            let webhook = endpoint(world, "one", receiver.port, &KINDS).await.webhook;
            a_case(world, "One").await;
            a_case(world, "Two").await;
            receiver.answer(&["400 Bad Request"]);
            assert_eq!(deliver(world).await, 1);
            let events = told(world, &webhook).await;
            assert_eq!(events[0].state, OutgoingState::Waiting);
            assert_eq!(events[1].state, OutgoingState::Delivered);
            world.pass(Duration::from_secs(20));
            assert_eq!(deliver(world).await, 1);
            assert_eq!(receiver.ids().len(), 2);
        })
        .await;
}

#[tokio::test]
async fn after_three_days_an_event_is_given_up_told_about_once_and_can_be_sent_again() {
    quiet()
        .each(async |world| {
            let receiver = Receiver::start().await;
            let webhook = endpoint(world, "one", receiver.port, &KINDS).await.webhook;
            a_case(world, "One").await;
            a_case(world, "Two").await;
            let began = world.now();
            receiver.answer(&["503 Service Unavailable"; 200]);
            let mut tries = 0;
            while told(world, &webhook).await[1].state == OutgoingState::Waiting {
                assert_eq!(deliver(world).await, 0);
                tries += 1;
                assert!(tries < 100, "it is never given up");
                wait_for(world, &webhook).await;
            }
            let took = world.now().duration_since(began).as_hours();
            assert!((70..=75).contains(&took), "{took} hours");
            assert!(tries > 30, "{tries} tries");
            let events = told(world, &webhook).await;
            for event in &events {
                assert_eq!(event.state, OutgoingState::GivenUp);
                assert!(event.ended_at.is_some());
            }
            let said = alerts_told(world).await;
            assert_eq!(said.len(), 1, "{said:?}");
            assert_eq!(said[0].0, engine::alerts::WEBHOOK_GAVE_UP);
            assert!(said[0].1.contains("Outgoing webhook one"), "{said:?}");
            // The same again says nothing new.
            a_case(world, "Three").await;
            world.pass(Duration::from_secs(4 * 86_400));
            deliver(world).await;
            assert_eq!(alerts_told(world).await.len(), 1);

            let id = &events[0].id;
            let again = outgoing_webhooks::send_again(world.engine(), &webhook, id, ADMIN_EMAIL);
            assert!(again.await.unwrap());
            let well = Receiver::start().await;
            let read = now(world, &webhook).await;
            let mut draft = read.draft.clone();
            draft.url = format!("http://127.0.0.1:{}/events", well.port);
            outgoing_webhooks::edit(world.engine(), &read, &draft, ADMIN_EMAIL)
                .await
                .unwrap()
                .unwrap();
            assert_eq!(deliver(world).await, 1);
            assert_eq!(well.ids(), std::slice::from_ref(id), "with the same id");
            assert!(!now(world, &webhook).await.gave_up);
        })
        .await;
}

#[tokio::test]
async fn an_endpoint_that_is_gone_is_switched_off_with_a_sentence() {
    quiet()
        .each(async |world| {
            let receiver = Receiver::start().await;
            let webhook = endpoint(world, "one", receiver.port, &KINDS).await.webhook;
            a_case(world, "One").await;
            receiver.answer(&["410 Gone"]);
            assert_eq!(deliver(world).await, 0);
            let off = now(world, &webhook).await;
            assert!(!off.draft.active);
            assert!(off.off_reason.as_ref().unwrap().contains("410"), "{off:?}");
            assert_eq!(alerts_told(world).await[0].0, engine::alerts::WEBHOOK_OFF);
            // It is told nothing more; what waits is kept, and sent when it is on again.
            a_case(world, "Two").await;
            world.pass_minutes(600);
            assert_eq!(deliver(world).await, 0);
            assert_eq!(told(world, &webhook).await.len(), 1);
            let id = told(world, &webhook).await.remove(0).id;
            let refused = outgoing_webhooks::send_again(world.engine(), &off, &id, ADMIN_EMAIL);
            assert!(refused.await.unwrap_err().to_string().contains("is off"));
            let mut draft = off.draft.clone();
            draft.active = true;
            let on = outgoing_webhooks::edit(world.engine(), &off, &draft, ADMIN_EMAIL);
            assert_eq!(on.await.unwrap().unwrap().off_reason, None);
            assert_eq!(deliver(world).await, 1);
            // Who had read it as it was before edits nothing.
            let stale = outgoing_webhooks::edit(world.engine(), &off, &draft, ADMIN_EMAIL);
            assert_eq!(stale.await.unwrap(), None);
        })
        .await;
}

#[tokio::test]
async fn a_test_event_goes_out_at_once_and_is_no_row() {
    quiet()
        .once(async |world| {
            let receiver = Receiver::start().await;
            let webhook = endpoint(world, "one", receiver.port, &KINDS).await.webhook;
            receiver.answer(&["200 OK", "401 Unauthorized"]);
            let test = async || {
                let testing = outgoing_webhooks::test(world.engine(), &webhook, ADMIN_EMAIL);
                Box::pin(testing).await.unwrap()
            };
            let well = test().await;
            assert!(well.arrived && well.status == Some(200), "{well:?}");
            assert_eq!(receiver.all()[0].body()["type"], "test");
            let refused = test().await;
            assert!(
                !refused.arrived && refused.sentence.contains("401"),
                "{refused:?}"
            );
            assert_eq!(told(world, &webhook).await, []);
        })
        .await;
}

#[tokio::test]
async fn an_endpoint_inside_is_refused_unless_that_is_allowed() {
    World::builder()
        .tickets(0)
        .users(3)
        .once(async |world| {
            let owner_id = world.admin().user().await.id;
            let draft = |url: &str| OutgoingWebhookDraft {
                name: "one".to_owned(),
                url: url.to_owned(),
                kinds: vec!["case.created".to_owned()],
                active: true,
                owner_id: owner_id.clone(),
            };
            for inner in [
                "https://127.0.0.1/x",
                "https://[::1]/x",
                "https://10.1.2.3/x",
            ] {
                let draft = draft(inner);
                let adding = outgoing_webhooks::add(world.engine(), None, &draft, ADMIN_EMAIL);
                let refused = adding.await.unwrap_err().to_string();
                assert!(refused.contains("not called"), "{refused}");
            }
            // A name that leads inside is found out when it is called.
            let local = draft("https://localhost:9/x");
            let added = outgoing_webhooks::add(world.engine(), None, &local, ADMIN_EMAIL).await;
            let webhook = added.unwrap().webhook;
            let testing = outgoing_webhooks::test(world.engine(), &webhook, ADMIN_EMAIL);
            let tested = Box::pin(testing).await.unwrap();
            assert!(
                !tested.arrived && tested.sentence.contains("not called"),
                "{tested:?}"
            );
        })
        .await;
}
