//! A process that dies at any durable step of a send, and the next one that goes on.

use store::workflows::{WorkflowKind, WorkflowState};

use crate::*;

/// Customers, in three batches.
const PEOPLE: usize = 230;

#[tokio::test]
async fn a_process_may_die_at_every_durable_step_and_nobody_is_lost_or_created_twice() {
    for number in 1.. {
        let is_over = std::cell::Cell::new(false);
        quiet()
            .once(async |world| {
                let workflow = begin(world, &people(PEOPLE), WorkflowKind::Send, |_| {}).await;
                let crashed = world
                    .until_step(number, see_through(world, &workflow))
                    .await;
                is_over.set(crashed.is_ok());
                world.restart().await;
                let ended = see_through(world, &workflow).await;
                let step = format!("step {number}: {crashed:?}");
                assert_eq!(
                    ended.state,
                    WorkflowState::Completed,
                    "{step}: {:?}",
                    ended.sentence
                );
                let outcome = rows(&ended);
                assert_eq!(outcome.read, PEOPLE as u64, "{step}");
                // What was sent again may have been there: then it counts as updated.
                let again = counts(&ended).sent_again;
                assert_eq!(
                    outcome.created + outcome.updated,
                    PEOPLE as u64,
                    "{step}: {outcome:?}"
                );
                assert!(
                    outcome.updated <= again,
                    "{step}: {outcome:?}, {again} again"
                );
                assert!(again <= 100, "{step}: only one batch at most was under way");
                let there = world.zendesk().read(|account| {
                    let is_customer = |user: &&simulator::User| user.external_id.is_some();
                    account.users().filter(is_customer).count()
                });
                assert_eq!(there, PEOPLE, "{step}");
                // A job whose id was lost with the process is one that nobody can count.
                let queued = world.zendesk().sends().jobs_queued;
                let lost = u64::from(crashed == Err(world::Crashed("batch_posted")));
                assert_eq!(counts(&ended).jobs, queued - lost, "{step}");
                assert_eq!(counts(&ended).open_jobs, 0, "{step}");
                let second = send(world, &people(PEOPLE)).await;
                assert_eq!(rows(&second).unchanged, PEOPLE as u64, "{step}");
            })
            .await;
        if is_over.get() {
            assert!(
                number > 12,
                "a send of three batches has more durable steps than {number}"
            );
            return;
        }
    }
}

#[tokio::test]
async fn a_process_may_die_twice_in_a_row_and_at_the_same_place() {
    for number in (2..20).step_by(3) {
        quiet()
            .once(async |world| {
                let workflow = begin(world, &people(PEOPLE), WorkflowKind::Send, |_| {}).await;
                for _ in 0..2 {
                    drop(
                        world
                            .until_step(number, see_through(world, &workflow))
                            .await,
                    );
                    world.restart().await;
                }
                let ended = see_through(world, &workflow).await;
                assert_eq!(
                    ended.state,
                    WorkflowState::Completed,
                    "{:?}",
                    ended.sentence
                );
                let outcome = rows(&ended);
                assert_eq!(
                    outcome.created + outcome.updated,
                    PEOPLE as u64,
                    "{outcome:?}"
                );
            })
            .await;
    }
}
