//! Editors and workers at the same lines at once, in two processes: nothing is lost, done twice, or
//! done out of order.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use domain::desk::Written;
use domain::guard::Guards;
use domain::outbox::{Kind, State};
use store::{Store, cases, desks, outbox};

use super::LEASE;
use crate::database::on_both;
use crate::samples::{active, at, case, operation};

const CASES: i64 = 3;
const EDITS: i64 = 12;

/// Adds a comment to the line of each case in turn.
async fn edit(store: Store, integration: String) {
    for n in 0..CASES * EDITS {
        let id = case(n % CASES).id;
        let mut tx = store.begin().await.unwrap();
        let held = desks::lock(&mut tx, &id).await.unwrap().unwrap();
        let (mut desk, mut written) = (held.desk.clone(), Written::default());
        let mut said = operation(&id, desk.last_seq + 1, Kind::Comment);
        said.not_before = at(0);
        written.operations.insert(said.op_id.clone());
        desk.operations.push(said);
        desks::save(&mut tx, &integration, &held, &desk, &written, "ada", at(1))
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }
}

/// Claims and ends operations until as many are done as there will be. Returns what it had.
async fn work(store: Store, integration: String, done: Arc<AtomicI64>) -> Vec<(String, i64)> {
    let mut mine = Vec::new();
    while done.load(Ordering::SeqCst) < 2 * CASES * EDITS {
        let claimed = outbox::claim(&store, Some(&integration), "worker", at(5), LEASE)
            .await
            .unwrap();
        let Some(claimed) = claimed else {
            tokio::task::yield_now().await;
            continue;
        };
        let operation = claimed.operation;
        let mut tx = store.begin().await.unwrap();
        let held = desks::lock(&mut tx, &operation.line)
            .await
            .unwrap()
            .unwrap();
        outbox::confirm(&mut tx, &operation, at(6), LEASE)
            .await
            .unwrap();
        let (mut desk, mut written) = (held.desk.clone(), Written::default());
        let own = desk.operations.iter_mut();
        let own = own
            .into_iter()
            .find(|o| o.op_id == operation.op_id)
            .unwrap();
        assert!(own.is_held(operation.lease_token, Guards::ALL));
        own.end(State::Done);
        written.operations.insert(operation.op_id.clone());
        desks::save(&mut tx, &integration, &held, &desk, &written, "sync", at(7))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        mine.push((operation.line, operation.seq));
        done.fetch_add(1, Ordering::SeqCst);
    }
    mine
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn while_some_write_and_others_send_every_comment_goes_once_and_in_order() {
    on_both(async |database| {
        let main = active(database, "main").await.id;
        let mut tx = database.tx().await;
        let all: Vec<_> = (0..CASES).map(case).collect();
        cases::put(&mut tx, &all).await.unwrap();
        tx.commit().await.unwrap();
        let again = database.again().await;
        let done = Arc::new(AtomicI64::new(0));
        let stores = [&database.store, &again];
        let editors = stores.map(|store| tokio::spawn(edit(store.clone(), main.clone())));
        let workers: Vec<_> = (0..4)
            .map(|n| tokio::spawn(work(stores[n % 2].clone(), main.clone(), done.clone())))
            .collect();
        for editor in editors {
            editor.await.unwrap();
        }
        let mut ended = 0;
        for worker in workers {
            let mine = worker.await.unwrap();
            ended += i64::try_from(mine.len()).unwrap();
            for n in 0..CASES {
                let seqs: Vec<_> = mine
                    .iter()
                    .filter(|(line, _)| *line == case(n).id)
                    .collect();
                assert!(seqs.is_sorted(), "{seqs:?}");
            }
        }
        assert_eq!(ended, 2 * CASES * EDITS);
        for n in 0..CASES {
            let line = outbox::of_line(&mut *database.reader().await, &case(n).id).await;
            let line = line.unwrap();
            let seqs: Vec<_> = line.iter().map(|entry| entry.operation.seq).collect();
            assert_eq!(seqs, (1..=2 * EDITS).collect::<Vec<_>>());
            let once = |entry: &outbox::Entry| {
                entry.operation.state == State::Done && entry.operation.attempts == 1
            };
            assert!(line.iter().all(once), "{line:?}");
        }
        again.close().await;
    })
    .await;
}
