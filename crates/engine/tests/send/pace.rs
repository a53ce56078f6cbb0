//! How fast users go out, and what waits for what.

use std::time::Duration;

use simulator::{Fault, FaultKind, JobFate, Limits};

use crate::*;

/// An account as issue 4 measures it, on a clock that the waiting moves.
fn measured() -> Builder {
    quiet().simulator(|config| {
        config.job = Duration::from_secs(10);
        config.job_slots = Some(30);
        config.limits = Limits::Off;
    })
}

#[tokio::test]
async fn by_default_no_second_sees_more_than_a_hundred_users() {
    measured()
        .once(async |world| {
            destination(world, |terms| terms.users_per_second = 100).await;
            let sent = send(world, &people(1_500)).await;
            assert_eq!(rows(&sent).created, 1_500);
            assert_eq!(world.zendesk().sends().most_users_in_a_second, 100);
        })
        .await;
}

#[tokio::test]
async fn with_the_cap_lifted_all_slots_are_used_and_never_one_more() {
    measured()
        .once(async |world| {
            let sent = send(world, &people(9_000)).await;
            assert_eq!(rows(&sent).created, 9_000);
            let sends = world.zendesk().sends();
            assert_eq!(sends.most_open_jobs, 30);
            let counts = counts(&sent);
            let seconds = counts
                .last_confirmed_at
                .unwrap()
                .duration_since(counts.first_post_at.unwrap())
                .as_secs_f64();
            let rate = 9_000.0 / seconds;
            assert!(rate >= 270.0, "{rate} users a second in {seconds} s");
        })
        .await;
}

#[tokio::test]
async fn slots_that_others_use_make_the_window_narrower_and_no_row_fails() {
    measured()
        .once(async |world| {
            // Somebody else's jobs never end, so that five slots are left.
            destination(world, |_| {}).await;
            world
                .zendesk()
                .add_fault(Fault::new(FaultKind::Job(JobFate::Never)).times(25));
            let body: Vec<u8> = br#"{"users":[{"name":"Other","external_id":"other"}]}"#.to_vec();
            let integration = world.integration().await;
            let client = engine::connection::connect(world.engine(), &integration.settings)
                .await
                .unwrap();
            for _ in 0..25 {
                client.bulk_upsert_users(&body).await.unwrap();
            }
            let sent = send(world, &people(1_200)).await;
            let outcome = rows(&sent);
            assert_eq!((outcome.created, outcome.failed), (1_200, 0));
            assert_eq!(world.zendesk().sends().most_open_jobs, 30);
        })
        .await;
}

#[tokio::test]
async fn an_expired_job_is_reconciled_by_reading_users_back() {
    measured()
        .each(async |world| {
            let fate = FaultKind::Job(JobFate::Forget);
            world.zendesk().add_fault(Fault::new(fate).times(1));
            let sent = send(world, &people(250)).await;
            assert_eq!(rows(&sent).created, 250, "{:?}", rows(&sent));
            assert_eq!(counts(&sent).sent_again, 0);
            assert_eq!(seen(world, "create_or_update_many"), 3);
        })
        .await;
}

#[tokio::test]
async fn killed_and_failed_jobs_are_sent_again_until_every_row_is_there() {
    measured()
        .each(async |world| {
            for fate in [JobFate::Kill { rows: 10 }, JobFate::Fail { rows: 3 }] {
                world
                    .zendesk()
                    .add_fault(Fault::new(FaultKind::Job(fate)).times(1));
            }
            let sent = send(world, &people(250)).await;
            let outcome = rows(&sent);
            assert_eq!(outcome.created + outcome.updated, 250, "{outcome:?}");
            assert_eq!(outcome.failed, 0);
        })
        .await;
}
