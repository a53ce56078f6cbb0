//! What is told: written with the deed itself, only where somebody wants it, and nothing about anybody.

use engine::actions::{CaseEdit, Restored};
use store::runs::RunState;

use crate::*;

/// A port at which nobody listens: nothing is delivered in these stories.
const NOWHERE: u16 = 9;

#[tokio::test]
async fn where_nobody_wants_to_be_told_nothing_is_written() {
    quiet()
        .each(async |world| {
            let webhook = endpoint(world, "one", NOWHERE, &[EventKind::CaseDeleted]).await;
            let off = endpoint(world, "off", NOWHERE, &EventKind::ALL)
                .await
                .webhook;
            let mut draft = off.draft.clone();
            draft.active = false;
            outgoing_webhooks::edit(world.engine(), &off, &draft, ADMIN_EMAIL)
                .await
                .unwrap()
                .unwrap();
            let (ticket, _) = pulled(world).await;
            rename_there(world, ticket, "Said there");
            run(world).await;
            a_case(world, "Made here").await;
            for webhook in [&webhook.webhook, &off] {
                assert_eq!(told(world, webhook).await, []);
            }
        })
        .await;
}

#[tokio::test]
async fn each_deed_on_a_case_is_told_once_wherever_it_was_done() {
    quiet()
        .each(async |world| {
            let all = &EventKind::ALL[..7];
            let webhook = endpoint(world, "one", NOWHERE, all).await.webhook;
            let engine = world.engine();
            let (ticket, case) = pulled(world).await;
            rename_there(world, ticket, "Said there");
            run(world).await;
            let mut expected = vec!["case.created", "case.updated"];
            assert_eq!(kinds(world, &webhook).await, expected);
            // Nothing new, nothing told.
            run(world).await;
            assert_eq!(kinds(world, &webhook).await, expected);
            // Changed on both sides: the case is changed here, then by the run.
            let edit = CaseEdit {
                subject: Some("Said here".to_owned()),
                ..CaseEdit::default()
            };
            actions::edit(engine, &case.id, edit, ADMIN_EMAIL)
                .await
                .unwrap();
            rename_there(world, ticket, "Said there again");
            run(world).await;
            expected.extend(["case.updated", "case.updated", "conflict.recorded"]);
            let mut found = kinds(world, &webhook).await;
            found[3..].sort();
            assert_eq!(found, expected);
            let mut reader = world.store().read().await.unwrap();
            let all = Default::default();
            let conflicts = store::conflicts::list(&mut reader, all, None, 9).await;
            drop(reader);
            let conflict = conflicts.unwrap().remove(0).id;
            world.pass_minutes(1);
            let restored = actions::restore_conflict(engine, &conflict, ADMIN_EMAIL).await;
            assert!(matches!(restored.unwrap(), Restored::Case(_)));
            world.pass_minutes(1);
            actions::delete(engine, &case.id, ADMIN_EMAIL)
                .await
                .unwrap();
            world.pass_minutes(1);
            actions::restore(engine, &case.id, ADMIN_EMAIL)
                .await
                .unwrap();
            let mut found = kinds(world, &webhook).await.split_off(5);
            found[..2].sort();
            let ends = [
                "case.updated",
                "conflict.restored",
                "case.deleted",
                "case.restored",
            ];
            assert_eq!(found, ends);
        })
        .await;
}

#[tokio::test]
async fn a_case_made_here_is_told_as_created_and_as_published() {
    quiet()
        .each(async |world| {
            let all = &EventKind::ALL[..7];
            let webhook = endpoint(world, "one", NOWHERE, all).await.webhook;
            let case = a_case(world, "Made by Grace Hopper").await;
            actions::publish(world.engine(), &case.id, None, ADMIN_EMAIL)
                .await
                .unwrap();
            run(world).await;
            assert_eq!(
                kinds(world, &webhook).await,
                ["case.created", "case.published"]
            );
            let events = told(world, &webhook).await;
            let data: serde_json::Value = serde_json::from_str(&events[1].body).unwrap();
            let ticket = world
                .zendesk()
                .read(|account: &Account| account.tickets().last().unwrap().id);
            assert_eq!(
                data,
                serde_json::json!({
                    "case": { "id": case.id, "number": case.number },
                    "ticket": ticket,
                    "by": "crm",
                    "page": format!("/cases/{}", case.number),
                })
            );
        })
        .await;
}

#[tokio::test]
async fn nothing_that_anybody_wrote_or_that_is_about_anybody_is_told() {
    quiet()
        .each(async |world| {
            let webhook = endpoint(world, "one", NOWHERE, &EventKind::ALL)
                .await
                .webhook;
            let (ticket, case) = pulled(world).await;
            rename_there(world, ticket, "Said there");
            let edit = CaseEdit {
                description: Some("Call +1 206 555 0100".to_owned()),
                subject: Some("Grace Hopper called".to_owned()),
                ..CaseEdit::default()
            };
            actions::edit(world.engine(), &case.id, edit, ADMIN_EMAIL)
                .await
                .unwrap();
            run(world).await;
            let events = told(world, &webhook).await;
            assert!(events.len() >= 6, "{events:?}");
            for event in events {
                for text in ["Printer", "burns", "Said", "Grace", "555", "@", "main"] {
                    assert!(!event.body.contains(text), "{text} in {}", event.body);
                }
            }
        })
        .await;
}

#[tokio::test]
async fn a_run_that_is_killed_is_told_when_it_has_ended_and_not_before() {
    quiet()
        .each(async |world| {
            let kinds_of_runs = [EventKind::RunFinished, EventKind::RunFailed];
            let webhook = endpoint(world, "one", NOWHERE, &kinds_of_runs)
                .await
                .webhook;
            run(world).await;
            world.forget_steps();
            run(world).await;
            assert_eq!(kinds(world, &webhook).await, ["run.finished"; 2]);
            let end = "run: before its end is committed";
            let step = world.steps().iter().position(|step| *step == end).unwrap();
            world.pass_minutes(2);
            let crashed = world.sync_until_step(step + 1).await;
            assert_eq!(crashed.unwrap_err().0, end);
            world.restart().await;
            assert_eq!(kinds(world, &webhook).await, ["run.finished"; 2]);
            let ended = world.sync_well().await;
            let events = told(world, &webhook).await;
            assert_eq!(events.len(), 3);
            let data: serde_json::Value = serde_json::from_str(&events[2].body).unwrap();
            assert_eq!(data["run"]["id"], ended.id.as_str());
            assert_eq!(data["run"]["state"], RunState::Completed.as_str());
            assert_eq!(data["counts"]["cases"]["created"], 0);
        })
        .await;
}
