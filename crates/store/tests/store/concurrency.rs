//! Writers at the same time: they wait for each other instead of failing.

use clock::SystemDice;
use store::runs::{self, Counters, RunState};
use store::{Error, Store, budgets, cases};

use crate::database::{execute, on_both, on_postgres};
use crate::samples::{at, case, integration};

/// Reads a number, then writes it one higher: what a plain BEGIN of SQLite fails at.
async fn add_one(store: &Store) -> store::Result<()> {
    let mut tx = store.begin().await?;
    let state = budgets::lock(&mut tx, "acme").await?;
    let n: u32 = state.map_or(0, |state| state.parse().unwrap());
    budgets::store(&mut tx, "acme", &(n + 1).to_string(), at(0)).await?;
    tx.commit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_of_two_processes_wait_for_each_other_and_lose_nothing() {
    on_both(async |database| {
        add_one(&database.store).await.unwrap();
        let other = database.again().await;
        let writers: Vec<_> = (0..8)
            .map(|n| {
                let store = if n % 2 == 0 { &database.store } else { &other };
                let store = store.clone();
                tokio::spawn(async move {
                    for _ in 0..25 {
                        add_one(&store).await.unwrap();
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.await.unwrap();
        }
        other.close().await;
        let state = budgets::load(&mut *database.reader().await, "acme").await;
        assert_eq!(state.unwrap().as_deref(), Some("201"));
    })
    .await;
}

#[tokio::test]
async fn pages_are_read_while_a_pull_writes_and_show_only_what_was_committed() {
    on_both(async |database| {
        add_one(&database.store).await.unwrap();
        let mut tx = database.tx().await;
        budgets::store(&mut tx, "acme", "unfinished", at(0))
            .await
            .unwrap();
        let seen = budgets::load(&mut *database.reader().await, "acme").await;
        assert_eq!(seen.unwrap().as_deref(), Some("1"));
        tx.commit().await.unwrap();
        let seen = budgets::load(&mut *database.reader().await, "acme").await;
        assert_eq!(seen.unwrap().as_deref(), Some("unfinished"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_asks_for_a_run_while_another_one_ends_gets_the_old_or_a_new_one() {
    on_both(async |database| {
        let integration = integration(database, "main").await.id;
        let askers: Vec<_> = (0..6)
            .map(|_| {
                let (store, integration) = (database.store.clone(), integration.clone());
                tokio::spawn(async move {
                    for _ in 0..30 {
                        let mut tx = store.begin().await.unwrap();
                        let (run, _) = runs::open_or_join(
                            &mut tx,
                            &integration,
                            "pull",
                            "schedule",
                            at(0),
                            &SystemDice,
                        )
                        .await
                        .unwrap();
                        tx.commit().await.unwrap();
                        let mut tx = store.begin().await.unwrap();
                        let none = Counters::default();
                        runs::end(&mut tx, &run, RunState::Completed, None, &none, at(1))
                            .await
                            .unwrap();
                        tx.commit().await.unwrap();
                    }
                })
            })
            .collect();
        for asker in askers {
            asker.await.unwrap();
        }
        let open = "SELECT COUNT(*) FROM run WHERE ended_at IS NULL";
        assert_eq!(database.number(open).await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_case_that_a_merge_has_read_is_changed_by_nobody_else_until_the_merge_ends() {
    // SQLite has one writer at a time; PostgreSQL must be told which rows are meant.
    on_postgres(async |database| {
        let mut tx = database.tx().await;
        cases::put(&mut tx, &[case(1), case(2)]).await.unwrap();
        tx.commit().await.unwrap();
        let mut merge = database.tx().await;
        let read = cases::lock(&mut merge, &[case(1).id]).await.unwrap();
        assert_eq!(read.len(), 1);
        for (n, is_free) in [(1, false), (2, true)] {
            let mut other = database.tx().await;
            execute(&mut other, "SET LOCAL lock_timeout = '20ms'")
                .await
                .unwrap();
            let outcome = cases::put(&mut other, &[case(n)]).await;
            match outcome {
                Ok(()) => assert!(is_free, "case {n}"),
                Err(error) => assert!(matches!(error, Error::Busy) && !is_free, "{error:?}"),
            }
        }
    })
    .await;
}
