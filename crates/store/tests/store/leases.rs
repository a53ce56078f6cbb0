//! Named locks with an end, and leases of all kinds whose holder has died.

use std::time::Duration;

use clock::SystemDice;
use domain::outbox::Kind;
use store::jobs::{self, Job};
use store::leases::{self, Lease};
use store::outbox::{self, Claimed};
use store::{Error, Store};

use crate::database::{Database, on_both};
use crate::samples::{active, at, operation};

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

/// A lock, a job and an operation, each of which only one may have.
struct Had {
    lock: Option<Lease>,
    job: Option<Job>,
    operation: Option<Claimed>,
}

/// Reaches for the lock of this name, and for a job and an operation that are free.
async fn reach(store: &Store, holder: &str, lock: &str, now: i64) -> Had {
    let now = at(now);
    Had {
        lock: leases::take(store, lock, holder, now, LENGTH)
            .await
            .unwrap(),
        job: jobs::claim(store, None, holder, now, LENGTH).await.unwrap(),
        operation: outbox::claim(store, None, holder, now, LENGTH)
            .await
            .unwrap(),
    }
}

#[tokio::test]
async fn what_a_dead_worker_had_goes_to_the_next_one_at_once_and_nothing_else() {
    on_both(async |database| {
        let main = active(database, "main").await.id;
        let mut tx = database.tx().await;
        for n in 1..=2 {
            let (line, n) = (format!("case{n}"), at(n));
            jobs::add(&mut tx, "pull", &line, "{}", n, &SystemDice)
                .await
                .unwrap();
            let one = operation(&line, 1, Kind::Comment);
            outbox::put(&mut tx, &main, "ada", &[one], n).await.unwrap();
        }
        tx.commit().await.unwrap();
        let store = &database.store;
        let dead = reach(store, "dead", "refresh", 10).await;
        let alive = reach(store, "alive", "another", 10).await;
        assert!(alive.lock.is_some() && alive.job.is_some() && alive.operation.is_some());
        let early = reach(store, "heir", "refresh", 11).await;
        assert!(early.lock.is_none() && early.job.is_none() && early.operation.is_none());

        leases::free_abandoned(store, &|holder| holder == "dead")
            .await
            .unwrap();
        let heir = reach(store, "heir", "refresh", 12).await;
        assert_ne!(heir.lock.unwrap(), dead.lock.clone().unwrap());
        let (former, job) = (dead.job.unwrap(), heir.job.unwrap());
        assert_eq!((&job.id, job.lease_token), (&former.id, 2));
        let (lost, claimed) = (dead.operation.unwrap(), heir.operation.unwrap());
        assert_eq!(claimed.operation.op_id, lost.operation.op_id);
        assert_eq!(claimed.operation.lease_token, 2);

        // Of the living nothing was taken, and the dead cannot come back.
        let again = reach(store, "third", "another", 13).await;
        assert!(again.lock.is_none() && again.job.is_none() && again.operation.is_none());
        let mut tx = database.tx().await;
        jobs::confirm(&mut tx, &alive.job.unwrap(), at(13), LENGTH)
            .await
            .unwrap();
        let living = alive.operation.unwrap().operation;
        outbox::confirm(&mut tx, &living, at(13), LENGTH)
            .await
            .unwrap();
        leases::confirm(&mut tx, &alive.lock.unwrap())
            .await
            .unwrap();
        let zombie = jobs::confirm(&mut tx, &former, at(13), LENGTH).await;
        assert!(matches!(zombie, Err(Error::LeaseLost)), "{zombie:?}");
        let zombie = outbox::confirm(&mut tx, &lost.operation, at(13), LENGTH).await;
        assert!(matches!(zombie, Err(Error::LeaseLost)), "{zombie:?}");
        let zombie = leases::confirm(&mut tx, &dead.lock.unwrap()).await;
        assert!(matches!(zombie, Err(Error::LeaseLost)), "{zombie:?}");
    })
    .await;
}

#[tokio::test]
async fn who_was_freed_is_not_freed_again_and_again() {
    on_both(async |database| {
        take(&database.store, "refresh", 0).await.unwrap();
        leases::free_abandoned(&database.store, &|_| true)
            .await
            .unwrap();
        // Somebody writes for as long as they like: nothing is left to be written.
        let writing = database.tx().await;
        leases::free_abandoned(&database.store, &|_| true)
            .await
            .unwrap();
        drop(writing);
    })
    .await;
}
