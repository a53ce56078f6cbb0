//! The job queue: who gets a job, and who may still write about it.

use std::time::Duration;

use clock::SystemDice;
use store::jobs::{self, Job};
use store::{Error, Store, When};

use crate::database::{Database, execute, on_both, on_postgres};
use crate::samples::at;

const LEASE: Duration = Duration::from_secs(60);

async fn add(database: &Database, subject: &str, seconds: i64) -> bool {
    let mut tx = database.tx().await;
    let added = jobs::add(&mut tx, "pull", subject, "{}", at(seconds), &SystemDice)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    added
}

async fn claim(store: &Store, worker: &str, seconds: i64) -> Option<Job> {
    jobs::claim(store, None, worker, at(seconds), LEASE)
        .await
        .unwrap()
}

async fn confirm(database: &Database, job: &Job, seconds: i64) -> Result<(), Error> {
    let mut tx = database.tx().await;
    jobs::confirm(&mut tx, job, at(seconds), LEASE).await?;
    tx.commit().await
}

async fn end(database: &Database, job: &Job, problem: Option<&str>) -> Result<(), Error> {
    let mut tx = database.tx().await;
    jobs::end(&mut tx, job, problem, at(100)).await?;
    tx.commit().await
}

#[track_caller]
fn assert_lost(outcome: Result<(), Error>) {
    let error = outcome.unwrap_err();
    assert!(matches!(error, Error::LeaseLost), "{error:?}");
    assert_eq!(error.when(), When::Later);
    assert_eq!(
        error.to_string(),
        "Another worker has taken over this work, so this one stopped without writing. Nothing was lost."
    );
}

#[tokio::test]
async fn a_job_exists_only_if_its_transaction_committed() {
    on_both(async |database| {
        let mut tx = database.tx().await;
        assert!(
            jobs::add(&mut tx, "pull", "main", "{}", at(0), &SystemDice)
                .await
                .unwrap()
        );
        drop(tx);
        assert_eq!(claim(&database.store, "a", 1).await, None);
        assert!(add(database, "main", 0).await);
        assert!(claim(&database.store, "a", 1).await.is_some());
    })
    .await;
}

#[tokio::test]
async fn one_of_kind_and_subject_waits_or_runs_at_a_time() {
    on_both(async |database| {
        assert!(add(database, "main", 0).await);
        assert!(!add(database, "main", 1).await);
        assert!(add(database, "other", 1).await);
        let job = claim(&database.store, "a", 2).await.unwrap();
        assert_eq!(job.subject, "main");
        assert!(!add(database, "main", 3).await);
        end(database, &job, None).await.unwrap();
        assert!(add(database, "main", 4).await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_claim_at_once_one_gets_the_job() {
    on_both(async |database| {
        for round in 0..5 {
            assert!(add(database, &format!("subject{round}"), 0).await);
            let claimers: Vec<_> = (0..8)
                .map(|n| {
                    let store = database.store.clone();
                    tokio::spawn(async move {
                        jobs::claim(&store, None, &format!("worker{n}"), at(1), LEASE).await
                    })
                })
                .collect();
            let mut winners = Vec::new();
            for claimer in claimers {
                winners.extend(claimer.await.unwrap().unwrap());
            }
            assert_eq!(winners.len(), 1, "{winners:?}");
            end(database, &winners[0], None).await.unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn the_job_that_has_been_due_longest_comes_first_and_none_before_it_is_due() {
    on_both(async |database| {
        add(database, "third", 30).await;
        add(database, "first", 10).await;
        add(database, "second", 20).await;
        assert_eq!(claim(&database.store, "a", 9).await, None);
        for subject in ["first", "second", "third"] {
            let job = claim(&database.store, "a", 30).await.unwrap();
            assert_eq!(job.subject, subject);
            assert_eq!((job.kind.as_str(), job.payload.as_str()), ("pull", "{}"));
            assert_eq!((job.attempts, job.lease_token), (1, 1));
        }
        assert_eq!(claim(&database.store, "a", 30).await, None);
    })
    .await;
}

#[tokio::test]
async fn a_claim_for_one_subject_takes_no_other() {
    on_both(async |database| {
        add(database, "main", 0).await;
        add(database, "other", 1).await;
        let claim = async |subject| {
            jobs::claim(&database.store, Some(subject), "a", at(2), LEASE)
                .await
                .unwrap()
        };
        assert_eq!(claim("nobody").await, None);
        assert_eq!(claim("other").await.unwrap().subject, "other");
        assert_eq!(claim("other").await, None);
    })
    .await;
}

#[tokio::test]
async fn a_job_whose_worker_let_its_lease_end_is_claimed_again_with_a_higher_token() {
    on_both(async |database| {
        add(database, "main", 0).await;
        let first = claim(&database.store, "a", 0).await.unwrap();
        assert_eq!(claim(&database.store, "b", 59).await, None);
        let second = claim(&database.store, "b", 60).await.unwrap();
        assert_eq!(second.id, first.id);
        assert_eq!(second.attempts, 2);
        assert!(second.lease_token > first.lease_token);
    })
    .await;
}

#[tokio::test]
async fn a_worker_that_lost_its_lease_can_neither_go_on_nor_end_the_job() {
    on_both(async |database| {
        add(database, "main", 0).await;
        let zombie = claim(&database.store, "a", 0).await.unwrap();
        let heir = claim(&database.store, "b", 61).await.unwrap();
        assert_lost(confirm(database, &zombie, 62).await);
        assert_lost(end(database, &zombie, None).await);
        confirm(database, &heir, 62).await.unwrap();
        end(database, &heir, None).await.unwrap();
        assert_lost(confirm(database, &heir, 63).await);
        assert_lost(end(database, &heir, None).await);
    })
    .await;
}

#[tokio::test]
async fn what_a_worker_wrote_before_it_found_its_lease_lost_is_undone() {
    on_both(async |database| {
        add(database, "main", 0).await;
        let zombie = claim(&database.store, "a", 0).await.unwrap();
        claim(&database.store, "b", 61).await.unwrap();
        let mut tx = database.tx().await;
        store::budgets::store(&mut tx, "acme", "spent", at(62))
            .await
            .unwrap();
        let outcome = jobs::confirm(&mut tx, &zombie, at(62), LEASE).await;
        drop(tx);
        assert_lost(outcome);
        assert_eq!(database.count("budget").await, 0);
    })
    .await;
}

#[tokio::test]
async fn confirming_lengthens_the_lease_so_that_nobody_takes_over() {
    on_both(async |database| {
        add(database, "main", 0).await;
        let job = claim(&database.store, "a", 0).await.unwrap();
        let held = async || {
            jobs::held_until(&mut *database.reader().await, "pull", "main")
                .await
                .unwrap()
        };
        assert_eq!(held().await, Some(at(60)));
        confirm(database, &job, 50).await.unwrap();
        assert_eq!(held().await, Some(at(110)));
        assert_eq!(claim(&database.store, "b", 109).await, None);
        end(database, &job, None).await.unwrap();
        assert_eq!(held().await, None);
    })
    .await;
}

#[tokio::test]
async fn a_job_that_failed_keeps_its_reason_and_is_not_claimed_again() {
    on_both(async |database| {
        add(database, "main", 0).await;
        let job = claim(&database.store, "a", 0).await.unwrap();
        end(database, &job, Some("The token was refused."))
            .await
            .unwrap();
        assert_eq!(claim(&database.store, "b", 1_000).await, None);
        let kept = database
            .texts("SELECT state || ': ' || problem FROM job")
            .await;
        assert_eq!(kept, ["failed: The token was refused."]);
    })
    .await;
}

#[tokio::test]
async fn sweeping_removes_old_ends_and_nothing_that_is_open() {
    on_both(async |database| {
        for subject in ["done", "failed", "running", "waiting"] {
            add(database, subject, 0).await;
        }
        for (subject, problem) in [("done", None), ("failed", Some("why"))] {
            let job = jobs::claim(&database.store, Some(subject), "a", at(1), LEASE)
                .await
                .unwrap()
                .unwrap();
            end(database, &job, problem).await.unwrap();
        }
        jobs::claim(&database.store, Some("running"), "a", at(1), LEASE)
            .await
            .unwrap()
            .unwrap();
        let sweep = async |seconds| {
            let mut tx = database.tx().await;
            let swept = jobs::sweep(&mut tx, at(seconds)).await.unwrap();
            tx.commit().await.unwrap();
            swept
        };
        assert_eq!(sweep(100).await, 0);
        assert_eq!(sweep(101).await, 2);
        assert_eq!(database.count("job").await, 2);
    })
    .await;
}

#[tokio::test]
async fn two_workers_on_postgresql_skip_each_others_row() {
    on_postgres(async |database| {
        add(database, "first", 0).await;
        add(database, "second", 1).await;
        let mut theirs = database.tx().await;
        execute(
            &mut theirs,
            "SELECT id FROM job WHERE subject = 'first' FOR UPDATE",
        )
        .await
        .unwrap();
        // Waiting for their row would end in a timeout, or in the same job twice.
        let claiming = jobs::claim(&database.store, None, "b", at(2), LEASE);
        let job = tokio::time::timeout(Duration::from_secs(10), claiming)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(job.unwrap().subject, "second");
        assert_eq!(claim(&database.store, "b", 2).await, None);
        // Not dropped: a transaction that is dropped lets its locks go only later.
        theirs.commit().await.unwrap();
        assert_eq!(
            claim(&database.store, "b", 2).await.unwrap().subject,
            "first"
        );
    })
    .await;
}
