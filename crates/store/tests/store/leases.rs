//! Named locks with an end.

use std::time::Duration;

use store::leases::{self, Lease};
use store::{Error, Store};

use crate::database::{Database, on_both};
use crate::samples::at;

const LENGTH: Duration = Duration::from_secs(30);

async fn take(store: &Store, name: &str, seconds: i64) -> Option<Lease> {
    leases::take(store, name, "worker", at(seconds), LENGTH)
        .await
        .unwrap()
}

async fn confirm(database: &Database, lease: &Lease) -> Result<(), Error> {
    let mut tx = database.tx().await;
    leases::confirm(&mut tx, lease).await?;
    tx.commit().await
}

async fn give_back(database: &Database, lease: &Lease) {
    let mut tx = database.tx().await;
    leases::give_back(&mut tx, lease).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_lock_is_held_by_one_until_it_ends() {
    on_both(async |database| {
        let first = take(&database.store, "refresh", 0).await.unwrap();
        assert_eq!(take(&database.store, "refresh", 29).await, None);
        assert!(take(&database.store, "another", 1).await.is_some());
        confirm(database, &first).await.unwrap();
        let second = take(&database.store, "refresh", 30).await.unwrap();
        assert_ne!(first, second);
        confirm(database, &second).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn who_lost_a_lock_cannot_write_and_cannot_give_it_back() {
    on_both(async |database| {
        let zombie = take(&database.store, "refresh", 0).await.unwrap();
        let heir = take(&database.store, "refresh", 31).await.unwrap();
        let lost = confirm(database, &zombie).await.unwrap_err();
        assert!(matches!(lost, Error::LeaseLost), "{lost:?}");
        give_back(database, &zombie).await;
        assert_eq!(take(&database.store, "refresh", 32).await, None);
        confirm(database, &heir).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_lock_that_was_given_back_is_free_at_once() {
    on_both(async |database| {
        let lease = take(&database.store, "refresh", 0).await.unwrap();
        give_back(database, &lease).await;
        assert!(take(&database.store, "refresh", 1).await.is_some());
        let lost = confirm(database, &lease).await.unwrap_err();
        assert!(matches!(lost, Error::LeaseLost), "{lost:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_reach_for_a_lock_one_gets_it() {
    on_both(async |database| {
        // A lock that nobody ever held, and one that has ended: two ways through the statement.
        for seconds in [0, 100] {
            let takers: Vec<_> = (0..8)
                .map(|_| {
                    let store = database.store.clone();
                    tokio::spawn(async move {
                        leases::take(&store, "refresh", "worker", at(seconds), LENGTH).await
                    })
                })
                .collect();
            let mut held = Vec::new();
            for taker in takers {
                held.extend(taker.await.unwrap().unwrap());
            }
            assert_eq!(held.len(), 1, "{held:?}");
        }
    })
    .await;
}
