//! Numbers handed out one after another.

use std::collections::BTreeSet;

use store::counters;

use crate::database::{Database, on_both};

async fn take(database: &Database, name: &str, count: usize) -> i64 {
    let mut tx = database.tx().await;
    let first = counters::take(&mut tx, name, count).await.unwrap();
    tx.commit().await.unwrap();
    first
}

#[tokio::test]
async fn numbers_begin_at_one_and_follow_each_other() {
    on_both(async |database| {
        assert_eq!(take(database, "case", 1).await, 1);
        assert_eq!(take(database, "case", 1_000).await, 2);
        assert_eq!(take(database, "case", 1).await, 1_002);
        assert_eq!(take(database, "other", 1).await, 1);
    })
    .await;
}

#[tokio::test]
async fn taking_none_moves_nothing() {
    on_both(async |database| {
        assert_eq!(take(database, "case", 0).await, 1);
        assert_eq!(take(database, "case", 3).await, 1);
        assert_eq!(take(database, "case", 0).await, 4);
        assert_eq!(take(database, "case", 1).await, 4);
    })
    .await;
}

#[tokio::test]
async fn a_number_that_was_not_committed_is_handed_out_again() {
    on_both(async |database| {
        assert_eq!(take(database, "case", 1).await, 1);
        let mut tx = database.tx().await;
        assert_eq!(counters::take(&mut tx, "case", 50).await.unwrap(), 2);
        drop(tx);
        assert_eq!(take(database, "case", 1).await, 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn numbers_are_handed_out_once_without_gaps_whoever_asks_and_gives_up() {
    on_both(async |database| {
        let takers: Vec<_> = (0..8)
            .map(|taker| {
                let store = database.store.clone();
                tokio::spawn(async move {
                    let mut mine = Vec::new();
                    for n in 0..20 {
                        let mut tx = store.begin().await.unwrap();
                        let number = counters::take(&mut tx, "case", 1).await.unwrap();
                        if (taker + n) % 3 == 0 {
                            drop(tx);
                        } else {
                            tx.commit().await.unwrap();
                            mine.push(number);
                        }
                    }
                    mine
                })
            })
            .collect();
        let mut all = Vec::new();
        for taker in takers {
            all.extend(taker.await.unwrap());
        }
        let different: BTreeSet<i64> = all.iter().copied().collect();
        assert_eq!(different.len(), all.len());
        let expected: BTreeSet<i64> = (1..=i64::try_from(all.len()).unwrap()).collect();
        assert_eq!(different, expected);
    })
    .await;
}
