//! Runs as people see them.

use clock::SystemDice;
use store::runs::{self, Counters, Level, Made, Run, RunState, Tally};

use crate::database::{Database, on_both};
use crate::samples::{at, integration};

async fn open(database: &Database, integration: &str, seconds: i64) -> String {
    let mut tx = database.tx().await;
    let (id, is_new) = runs::open_or_join(
        &mut tx,
        integration,
        "pull",
        "ada@example.com",
        at(seconds),
        &SystemDice,
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    assert!(is_new);
    id
}

async fn end(database: &Database, id: &str, state: RunState, problem: Option<&str>, seconds: i64) {
    let mut tx = database.tx().await;
    runs::end(&mut tx, id, state, problem, &counters(), at(seconds))
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

async fn find(database: &Database, id: &str) -> Run {
    runs::find(&mut *database.reader().await, id)
        .await
        .unwrap()
        .unwrap()
}

fn counters() -> Counters {
    Counters {
        users: Tally {
            read: 4,
            created: 1,
            updated: 2,
            unchanged: 1,
        },
        cases: Made {
            created: 7,
            updated: 8,
        },
        requests: u64::from(u32::MAX) * 4,
        ..Counters::default()
    }
}

#[tokio::test]
async fn a_run_waits_then_works_then_ends_and_stays_ended() {
    on_both(async |database| {
        let integration = integration(database, "main").await;
        let id = open(database, &integration.id, 0).await;
        let waiting = find(database, &id).await;
        assert_eq!(waiting.state, RunState::Waiting);
        assert!(!waiting.state.is_over());
        assert_eq!(waiting.counters, Counters::default());
        assert_eq!((waiting.started_at, waiting.ended_at), (None, None));
        assert_eq!((waiting.kind.as_str(), waiting.created_at), ("pull", at(0)));
        assert_eq!(waiting.requested_by, "ada@example.com");
        assert_eq!(waiting.integration_id, integration.id);

        let mut tx = database.tx().await;
        for (stage, seconds) in [("users", 5), ("tickets", 6)] {
            runs::progress(&mut tx, &id, stage, &counters(), at(seconds))
                .await
                .unwrap();
        }
        tx.commit().await.unwrap();
        let running = find(database, &id).await;
        assert_eq!(running.state, RunState::Running);
        assert_eq!(running.stage, "tickets");
        assert_eq!(running.started_at, Some(at(5)));
        assert_eq!(running.counters, counters());

        end(database, &id, RunState::Failed, Some("Zendesk said no."), 9).await;
        // A zombie's words come too late.
        end(database, &id, RunState::Completed, None, 10).await;
        let mut tx = database.tx().await;
        runs::progress(&mut tx, &id, "late", &Counters::default(), at(11))
            .await
            .unwrap();
        runs::ask_to_stop(&mut tx, &id).await.unwrap();
        tx.commit().await.unwrap();
        let ended = find(database, &id).await;
        assert_eq!(ended.state, RunState::Failed);
        assert!(ended.state.is_over() && !ended.stop_requested);
        assert_eq!(ended.problem.as_deref(), Some("Zendesk said no."));
        assert_eq!(ended.ended_at, Some(at(9)));
        assert_eq!(
            (ended.stage.as_str(), ended.counters),
            ("tickets", counters())
        );
    })
    .await;
}

#[tokio::test]
async fn a_run_that_ends_before_it_began_has_both_moments() {
    on_both(async |database| {
        let integration = integration(database, "main").await;
        let id = open(database, &integration.id, 0).await;
        end(database, &id, RunState::Stopped, None, 3).await;
        let run = find(database, &id).await;
        assert_eq!(run.state, RunState::Stopped);
        assert_eq!((run.started_at, run.ended_at), (Some(at(3)), Some(at(3))));
    })
    .await;
}

#[tokio::test]
async fn an_open_run_can_be_asked_to_stop() {
    on_both(async |database| {
        let integration = integration(database, "main").await;
        let id = open(database, &integration.id, 0).await;
        assert!(!find(database, &id).await.stop_requested);
        let mut tx = database.tx().await;
        runs::ask_to_stop(&mut tx, &id).await.unwrap();
        tx.commit().await.unwrap();
        assert!(find(database, &id).await.stop_requested);
    })
    .await;
}

#[tokio::test]
async fn the_last_runs_of_an_integration_come_newest_first() {
    on_both(async |database| {
        let main = integration(database, "main").await;
        let other = integration(database, "other").await;
        let mut ids = Vec::new();
        for n in 0..4 {
            let id = open(database, &main.id, n).await;
            end(database, &id, RunState::Completed, None, n).await;
            ids.push(id);
        }
        open(database, &other.id, 9).await;
        ids.reverse();
        let latest = async |limit| {
            let runs = runs::latest(&mut *database.reader().await, &main.id, limit).await;
            let ids: Vec<_> = runs.unwrap().into_iter().map(|run| run.id).collect();
            ids
        };
        assert_eq!(latest(10).await, ids);
        assert_eq!(latest(2).await, ids[..2]);
        assert_eq!(latest(0).await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn a_log_is_read_page_by_page_and_for_its_problems_alone() {
    on_both(async |database| {
        let integration = integration(database, "main").await;
        let id = open(database, &integration.id, 0).await;
        let length = async || {
            runs::log_length(&mut *database.reader().await, &id)
                .await
                .unwrap()
        };
        assert_eq!(length().await, 0);
        let mut tx = database.tx().await;
        let levels = [Level::Info, Level::Warning, Level::Info, Level::Error];
        let lines: Vec<_> = (1..)
            .zip(levels)
            .map(|(n, level)| (level, format!("line {n}")))
            .collect();
        runs::log(&mut tx, &id, 1, &lines[..3], at(1))
            .await
            .unwrap();
        runs::log(&mut tx, &id, 4, &lines[3..], at(2))
            .await
            .unwrap();
        runs::log(&mut tx, &id, 5, &[], at(2)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(length().await, 4);
        let read = async |after, limit, only_problems| {
            let log = runs::read_log(
                &mut *database.reader().await,
                &id,
                after,
                limit,
                only_problems,
            )
            .await;
            let seqs: Vec<_> = log.unwrap().into_iter().map(|line| line.seq).collect();
            seqs
        };
        assert_eq!(read(0, 100, false).await, [1, 2, 3, 4]);
        assert_eq!(read(2, 1, false).await, [3]);
        assert_eq!(read(0, 100, true).await, [2, 4]);
        assert_eq!(read(4, 100, false).await, [0; 0]);
        let log = runs::read_log(&mut *database.reader().await, &id, 3, 1, false).await;
        let last = log.unwrap().remove(0);
        assert_eq!((last.at, last.level.as_str()), (at(2), "error"));
        assert_eq!(last.line, "line 4");
    })
    .await;
}

#[tokio::test]
async fn what_ran_since_a_moment_is_told_in_order_and_the_last_that_ended_well() {
    on_both(async |database| {
        let main = integration(database, "main").await.id;
        for (seconds, state) in [
            (10, RunState::Completed),
            (20, RunState::Completed),
            (30, RunState::Failed),
        ] {
            let run = open(database, &main, seconds).await;
            end(database, &run, state, None, seconds + 1).await;
        }
        let connection = &mut *database.reader().await;
        let moments = |traces: Vec<runs::Trace>| -> Vec<_> {
            traces.iter().map(|trace| trace.created_at).collect()
        };
        let since = runs::since(connection, &main, at(20), 10).await.unwrap();
        assert_eq!(since[0].counters, counters());
        assert_eq!(moments(since), [at(20), at(30)]);
        let newest = runs::since(connection, &main, at(0), 1).await.unwrap();
        assert_eq!(moments(newest), [at(30)]);
        let last = runs::last_completed(connection, &main).await.unwrap();
        assert_eq!(last.unwrap().created_at, at(20));
    })
    .await;
}
