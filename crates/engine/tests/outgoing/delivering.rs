//! What is told arrives: signed, in order, by one process at a time, and whenever a process dies.

use std::time::Duration;

use store::outgoing_events::OutgoingState;

use crate::receiver::Receiver;
use crate::*;

/// The page that tells receivers how to check a signature.
const PAGE: &str = include_str!("../../../../docs/outgoing-webhooks.md");

/// Whether the page's own lines of Python believe a request.
fn is_ours(secret: &str, request: &receiver::Request) -> bool {
    let (_, rest) = PAGE.split_once("```python\n").unwrap();
    let (check, _) = rest.split_once("```").unwrap();
    let script = format!(
        "{check}\nimport json, sys\nheaders = json.loads(sys.argv[2])\n\
         time.time = lambda: int(headers['webhook-timestamp'])\n\
         print(is_ours(sys.argv[1], headers, sys.argv[3].encode()))"
    );
    let headers = serde_json::to_string(&request.headers).unwrap();
    let done = std::process::Command::new("python3")
        .args(["-c", &script, secret, &headers, &request.text])
        .output()
        .unwrap();
    match String::from_utf8(done.stdout).unwrap().trim() {
        "True" => true,
        "False" => false,
        other => panic!("{other}: {}", String::from_utf8_lossy(&done.stderr)),
    }
}

#[tokio::test]
async fn an_event_arrives_signed_as_the_page_says_that_it_is_checked() {
    quiet()
        .once(async |world| {
            let receiver = Receiver::start().await;
            let kinds = [EventKind::CaseCreated];
            let added = endpoint(world, "one", receiver.port, &kinds).await;
            let case = a_case(world, "Made here").await;
            assert_eq!(deliver(world).await, 1);
            assert_eq!(deliver(world).await, 0);
            let request = receiver.all().remove(0);
            let event = told(world, &added.webhook).await.remove(0);
            assert_eq!(request.id(), event.id);
            assert_eq!(event.state, OutgoingState::Delivered);
            assert_eq!((event.attempts, event.status), (1, Some(204)));
            let body = request.body();
            assert_eq!(body["id"], event.id.as_str());
            assert_eq!(body["type"], "case.created");
            assert_eq!(body["timestamp"], event.at.to_string());
            let link = format!("https://desk.example.com/cases/{}", case.number);
            assert_eq!(body["data"]["link"], link);
            assert!(is_ours(text(&added), &request));
            let mut forged = request.clone();
            forged.text = forged.text.replace("created", "deleted");
            assert!(!is_ours(text(&added), &forged));

            // While the secret is exchanged, both sign; a day later only the new one does.
            let new = outgoing_webhooks::roll(world.engine(), &added.webhook, ADMIN_EMAIL);
            let new = new.await.unwrap();
            a_case(world, "Made later").await;
            deliver(world).await;
            let request = receiver.all().remove(1);
            assert!(is_ours(new.expose_secret(), &request) && is_ours(text(&added), &request));
            world.pass(outgoing_webhooks::PREVIOUS_HOLDS);
            a_case(world, "Made a day later").await;
            deliver(world).await;
            let request = receiver.all().remove(2);
            assert!(is_ours(new.expose_secret(), &request) && !is_ours(text(&added), &request));
        })
        .await;
}

#[tokio::test]
async fn a_process_that_dies_at_any_step_loses_nothing_and_repeats_only_the_same_id() {
    quiet()
        .each(async |world| {
            let receiver = Receiver::start().await;
            let kinds = [EventKind::CaseCreated];
            let webhook = endpoint(world, "one", receiver.port, &kinds).await.webhook;
            let three = async |world: &World| {
                for subject in ["One", "Two", "Three"] {
                    a_case(world, subject).await;
                }
            };
            three(world).await;
            world.forget_steps();
            assert_eq!(deliver(world).await, 3);
            let steps = world.steps();
            assert!(steps.len() >= 13, "{steps:?}");
            let mut repeated = 0;
            for step in 1..=steps.len() {
                three(world).await;
                let before = receiver.all().len();
                let crashed = world.until_step(step, deliver(world)).await;
                assert!(crashed.is_err(), "it ends at step {step}");
                world.restart().await;
                // Whoever looks for work frees what the dead one held.
                world.run_jobs().await;
                deliver(world).await;
                let came = receiver.all().len() - before;
                assert!((3..=4).contains(&came), "{came} after {crashed:?}");
                repeated += came - 3;
            }
            assert!(repeated >= 3, "an answer was lost {repeated} times");
            let told = told(world, &webhook).await;
            assert_eq!(told.len(), 3 * (steps.len() + 1));
            let is_there = |event: &OutgoingEvent| event.state == OutgoingState::Delivered;
            assert!(told.iter().all(is_there));
            let ids: Vec<String> = told.into_iter().map(|event| event.id).collect();
            assert_eq!(receiver.ids(), ids, "each arrived, in order");
        })
        .await;
}

#[tokio::test]
async fn two_processes_do_not_both_send() {
    quiet()
        .each(async |world| {
            let receiver = Receiver::start().await;
            let kinds = [EventKind::CaseCreated];
            endpoint(world, "one", receiver.port, &kinds).await;
            for number in 0..10 {
                a_case(world, &format!("Case {number}")).await;
            }
            let (one, other) = tokio::join!(deliver(world), deliver(world));
            assert_eq!(one + other, 10);
            assert_eq!(receiver.all().len(), 10);
            assert_eq!(receiver.ids().len(), 10);
        })
        .await;
}

#[tokio::test]
async fn a_slow_endpoint_holds_up_no_other() {
    quiet()
        .once(async |world| {
            let (slow, quick) = (Receiver::start().await, Receiver::start().await);
            slow.hang();
            let kinds = [EventKind::CaseCreated];
            endpoint(world, "a slow one", slow.port, &kinds).await;
            endpoint(world, "a quick one", quick.port, &kinds).await;
            for number in 0..5 {
                a_case(world, &format!("Case {number}")).await;
            }
            let working = engine::worker::serve(world.engine().clone(), async {
                slow.heard(1).await;
                quick.heard(5).await;
                // What comes later goes on too, while the slow one still takes its time.
                a_case(world, "Case 5").await;
                world.engine().memory.ring();
                quick.heard(6).await;
            });
            Box::pin(working).await;
            assert_eq!(slow.all().len(), 1);
        })
        .await;
}

#[tokio::test]
async fn what_arrived_is_kept_for_a_week() {
    quiet()
        .each(async |world| {
            let receiver = Receiver::start().await;
            let kinds = [EventKind::CaseCreated];
            let webhook = endpoint(world, "one", receiver.port, &kinds).await.webhook;
            a_case(world, "Made here").await;
            deliver(world).await;
            world.pass(Duration::from_secs(7 * 86_400));
            outgoing_webhooks::tidy_up(world.engine()).await.unwrap();
            assert_eq!(told(world, &webhook).await.len(), 1);
            world.pass(Duration::from_secs(1));
            outgoing_webhooks::tidy_up(world.engine()).await.unwrap();
            assert_eq!(told(world, &webhook).await, []);
        })
        .await;
}
