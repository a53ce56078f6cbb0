//! When orchestrations begin.

use std::sync::Arc;

use engine::Engine;
use engine::orchestrations::{Asked, begin, check_timing, run};
use store::orchestrations::{self, OrchestrationDraft};
use store::workflows::{WorkflowKind, WorkflowState};

use crate::*;

#[tokio::test]
async fn a_clock_begins_one_workflow_at_each_of_its_times() {
    quiet()
        .each(async |world| {
            write_people(world, 2);
            hourly(world, |_| {}).await;
            assert_eq!(look(world.engine()).await, 0, "it is planned, not due");
            let planned = found(world, "hourly").await.next_run_at.unwrap();
            assert_eq!(planned.to_string(), "2026-11-22T13:00:00Z");
            world.pass_minutes(59);
            assert_eq!(look(world.engine()).await, 0);
            world.pass_minutes(1);
            assert_eq!(look(world.engine()).await, 1);
            assert_eq!(look(world.engine()).await, 0, "once");
            let ended = see_all_through(world).await;
            assert_eq!(
                ended.state,
                WorkflowState::Completed,
                "{:?}",
                ended.sentence
            );
            assert_eq!(ended.requested_by, "schedule");
            world.pass_minutes(60);
            assert_eq!(look(world.engine()).await, 1);
        })
        .await;
}

#[tokio::test]
async fn what_was_missed_while_no_process_ran_is_one_run() {
    quiet()
        .each(async |world| {
            write_people(world, 1);
            hourly(world, |_| {}).await;
            look(world.engine()).await;
            world.pass_minutes(7 * 60 + 30);
            assert_eq!(look(world.engine()).await, 1);
            see_all_through(world).await;
            assert_eq!(look(world.engine()).await, 0);
            let next = found(world, "hourly").await.next_run_at.unwrap();
            assert_eq!(next.to_string(), "2026-11-22T20:00:00Z");
        })
        .await;
}

#[tokio::test]
async fn one_whose_send_is_open_is_not_begun_again_and_runs_once_when_that_is_over() {
    quiet()
        .each(async |world| {
            write_people(world, 1);
            let hourly = hourly(world, |_| {}).await;
            look(world.engine()).await;
            world.pass_minutes(60);
            assert_eq!(look(world.engine()).await, 1);
            world.pass_minutes(180);
            assert_eq!(look(world.engine()).await, 0, "the first is still open");
            let refused = run(world.engine(), &hourly, WorkflowKind::Send, None, "ada").await;
            assert!(refused.unwrap_err().to_string().contains("at work already"));
            see_all_through(world).await;
            assert_eq!(look(world.engine()).await, 1);
            assert_eq!(look(world.engine()).await, 0);
            assert_eq!(all(world).await.len(), 2);
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_processes_on_one_database_begin_it_once() {
    quiet()
        .each(async |world| {
            write_people(world, 1);
            hourly(world, |_| {}).await;
            let mut processes = Vec::new();
            for _ in 0..4 {
                processes.push(Engine {
                    store: store::Store::open(world.database().url()).await.unwrap(),
                    memory: Arc::default(),
                    ..world.engine().clone()
                });
            }
            for round in 1..=5 {
                let looks = processes.iter().map(look);
                futures_util::future::join_all(looks).await;
                world.pass_minutes(60);
                let looks = processes.iter().map(|process| {
                    let process = process.clone();
                    tokio::spawn(async move { look(&process).await })
                });
                let begun = futures_util::future::join_all(looks.collect::<Vec<_>>()).await;
                let begun: usize = begun.into_iter().map(|one| one.unwrap()).sum();
                assert_eq!((begun, all(world).await.len()), (1, round));
                see_all_through(world).await;
            }
            for process in processes {
                process.store.close().await;
            }
        })
        .await;
}

#[tokio::test]
async fn one_follows_another_each_time_that_was_completed_and_not_when_it_failed() {
    quiet()
        .each(async |world| {
            let first = orchestration(world, "first", |_| {}).await;
            let after = |draft: &mut OrchestrationDraft| {
                draft.mode = Mode::After;
                draft.after_id = Some(first.id.clone());
            };
            let second = orchestration(world, "second", after).await;
            let engine = world.engine();
            // The file is missing, so the first one fails.
            run(engine, &first, WorkflowKind::Send, None, "ada")
                .await
                .unwrap();
            assert_eq!(see_all_through(world).await.state, WorkflowState::Failed);
            assert_eq!(look(engine).await, 0);
            write_people(world, 2);
            run(engine, &first, WorkflowKind::DryRun, None, "ada")
                .await
                .unwrap();
            see_all_through(world).await;
            assert_eq!(look(engine).await, 0, "a comparison sends nothing");
            run(engine, &first, WorkflowKind::Send, None, "ada")
                .await
                .unwrap();
            see_all_through(world).await;
            assert_eq!(look(engine).await, 1);
            assert_eq!(look(engine).await, 0);
            let ended = see_all_through(world).await;
            assert_eq!(ended.orchestration_id, Some(second.id));
            assert_eq!(
                ended.state,
                WorkflowState::Completed,
                "{:?}",
                ended.sentence
            );
        })
        .await;
}

#[tokio::test]
async fn only_a_changed_source_is_read_again_if_so_wished() {
    quiet()
        .each(async |world| {
            write_people(world, 2);
            hourly(world, |draft| draft.only_if_changed = true).await;
            let mut begun = Vec::new();
            look(world.engine()).await;
            for people in [2, 2, 3, 3] {
                write_people(world, people);
                world.pass_minutes(60);
                begun.push(look(world.engine()).await);
                see_all_through(world).await;
            }
            assert_eq!(begun, [1, 0, 1, 0]);
            // A file that is gone is news: the workflow says so.
            std::fs::remove_file(file_of(world)).unwrap();
            world.pass_minutes(60);
            assert_eq!(look(world.engine()).await, 1);
            let ended = see_all_through(world).await;
            assert_eq!(ended.trouble.as_deref(), Some("source_file_missing"));
        })
        .await;
}

#[tokio::test]
async fn a_run_in_full_sends_what_is_unchanged_too() {
    quiet()
        .each(async |world| {
            write_people(world, 3);
            let one = orchestration(world, "one", |_| {}).await;
            let mut outcomes = Vec::new();
            for full in [false, false, true] {
                let asked = Asked {
                    kind: WorkflowKind::Send,
                    first: None,
                    full,
                };
                begin(world.engine(), &one, asked, "ada").await.unwrap();
                let ended = see_all_through(world).await;
                let counts: engine::profile_send::Counts =
                    serde_json::from_str(&ended.counts).unwrap();
                let rows = counts.rows;
                outcomes.push((rows.created, rows.unchanged, rows.updated));
            }
            assert_eq!(outcomes, [(3, 0, 0), (0, 3, 0), (0, 0, 3)]);
        })
        .await;
}

#[tokio::test]
async fn a_test_of_an_orchestration_sends_its_first_rows_only() {
    quiet()
        .each(async |world| {
            write_people(world, 30);
            let one = orchestration(world, "one", |_| {}).await;
            let asked = run(world.engine(), &one, WorkflowKind::Test, Some(10), "ada").await;
            let ended = see_through(world.engine(), &asked.unwrap(), |_| {})
                .await
                .unwrap();
            assert_eq!(
                ended.state,
                WorkflowState::Completed,
                "{:?}",
                ended.sentence
            );
            let counts: engine::profile_send::Counts = serde_json::from_str(&ended.counts).unwrap();
            assert_eq!((counts.rows.read, counts.rows.created), (10, 10));
        })
        .await;
}

#[tokio::test]
async fn one_that_cannot_begin_says_so_once_and_tries_at_its_next_time() {
    quiet()
        .each(async |world| {
            write_people(world, 1);
            hourly(world, |_| {}).await;
            look(world.engine()).await;
            let mut tx = world.store().begin().await.unwrap();
            let act = world.engine().act(ADMIN_EMAIL);
            queries::deactivate(&mut tx, &query(world).await, act)
                .await
                .unwrap();
            tx.commit().await.unwrap();
            for _ in 0..3 {
                world.pass_minutes(60);
                assert_eq!(look(world.engine()).await, 0);
            }
            let mut reader = world.store().read().await.unwrap();
            let told = store::alerts::list(&mut reader, true, 10).await.unwrap();
            assert_eq!(told.len(), 1, "{told:?}");
            assert_eq!(told[0].kind, engine::alerts::NOT_RUN);
            assert!(told[0].sentence.contains("query activate people"));
            drop(reader);
            let next = found(world, "hourly").await.next_run_at.unwrap();
            assert!(next > world.now());
        })
        .await;
}

#[tokio::test]
async fn a_time_that_never_comes_and_a_circle_are_refused() {
    quiet()
        .once(async |world| {
            let first = orchestration(world, "first", |_| {}).await;
            let after = |draft: &mut OrchestrationDraft| {
                draft.mode = Mode::After;
                draft.after_id = Some(first.id.clone());
            };
            let second = orchestration(world, "second", after).await;
            let mut draft = OrchestrationDraft {
                name: "first".to_owned(),
                description: String::new(),
                query_id: first.query_id.clone(),
                destination_id: first.destination_id.clone(),
                settings: first.settings.clone(),
                mode: Mode::After,
                cron: None,
                time_zone: None,
                after_id: Some(second.id.clone()),
                only_if_changed: false,
            };
            let engine = world.engine();
            let refused = check_timing(engine, &draft, Some(&first.id))
                .await
                .unwrap_err();
            assert!(refused.to_string().contains("without end"), "{refused}");
            check_timing(engine, &draft, None).await.unwrap();
            draft.mode = Mode::Cron;
            draft.cron = Some("0 0 31 2 *".to_owned());
            let refused = check_timing(engine, &draft, None).await.unwrap_err();
            assert!(refused.to_string().contains("never comes"), "{refused}");
            draft.cron = Some("0 6 * * *".to_owned());
            check_timing(engine, &draft, None).await.unwrap();
            let all = orchestrations::list(&mut engine.store.read().await.unwrap()).await;
            assert_eq!(all.unwrap().len(), 2);
        })
        .await;
}
