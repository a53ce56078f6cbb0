//! Workers: a run that is stopped, two workers at once, a worker that lost its lease.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use engine::{Checkpoint, Engine, schedule, worker};
use store::jobs;
use store::runs::{self, RunState};
use tokio::runtime::Handle;
use tokio::task::block_in_place;
use world::{ADMIN_EMAIL, World};

use crate::find_run;

const DAY: Duration = Duration::from_secs(86_400);

/// An engine that does something the `nth` time it reaches the durable step `step`.
fn interrupted(
    world: &World,
    step: &'static str,
    nth: usize,
    act: impl AsyncFn() + Send + Sync + 'static,
) -> Engine {
    let count = AtomicUsize::new(0);
    let checkpoint: Checkpoint = Arc::new(move |name| {
        if name == step && count.fetch_add(1, Ordering::SeqCst) + 1 == nth {
            block_in_place(|| Handle::current().block_on(act()));
        }
    });
    Engine {
        checkpoint,
        is_gone: Arc::new(|_| false),
        memory: Arc::default(),
        ..world.engine().clone()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_is_asked_to_stop_ends_at_its_next_page_and_the_next_one_goes_on() {
    World::builder()
        .tickets(40)
        .page_size(10)
        .each(async |calm| {
            calm.sync_well().await;
            let undisturbed = calm.dump().await;
            World::builder()
                .tickets(40)
                .page_size(10)
                .each(async |world| {
                    let integration = world.integration().await;
                    let asked = schedule::schedule_sync(world.engine(), &integration, ADMIN_EMAIL);
                    let run = asked.await.unwrap().run_id;
                    let (store, id) = (world.store().clone(), run.clone());
                    // Users take two pages, so the fourth is the second page of tickets.
                    let engine =
                        interrupted(world, "page: after it is committed", 4, async move || {
                            let mut tx = store.begin().await.unwrap();
                            runs::ask_to_stop(&mut tx, &id).await.unwrap();
                            tx.commit().await.unwrap();
                        });
                    let ended = Box::pin(worker::see_through(&engine, &integration.id, &run))
                        .await
                        .unwrap();
                    assert_eq!(ended.state, RunState::Stopped);
                    assert!(ended.problem.unwrap().contains("somebody asked"));
                    assert_eq!(ended.counters.tickets.read, 20);

                    let next = world.sync_well().await;
                    assert_eq!(
                        next.counters.tickets.read, 20,
                        "it goes on, it does not begin again"
                    );
                    assert_eq!(next.counters.cases.created, 20);
                    let dump = world.dump().await;
                    for (expected, found) in undisturbed.lines().zip(dump.lines()) {
                        assert_eq!(expected, found);
                    }
                })
                .await;
        })
        .await;
}

#[tokio::test]
async fn of_two_workers_on_one_database_one_works_and_the_other_joins() {
    World::builder()
        .tickets(40)
        .page_size(10)
        .engine(|settings| settings.lease = DAY * 365)
        .each(async |world| {
            let integration = world.integration().await;
            let asked = schedule::schedule_sync(world.engine(), &integration, ADMIN_EMAIL);
            let run = asked.await.unwrap().run_id;
            let other = |name: &str| {
                let mut settings = (*world.engine().settings).clone();
                settings.holder = name.to_owned();
                Engine {
                    settings: Arc::new(settings),
                    is_gone: Arc::new(|_| false),
                    ..world.engine().clone()
                }
            };
            let (one, two) = (other("one"), other("two"));
            let before = world.zendesk().requests();
            let (first, second) = tokio::join!(
                Box::pin(worker::see_through(&one, &integration.id, &run)),
                Box::pin(worker::see_through(&two, &integration.id, &run)),
            );
            let (first, second) = (first.unwrap(), second.unwrap());
            assert_eq!(first, second);
            assert_eq!(first.state, RunState::Completed);
            assert_eq!(first.counters.cases.created, 40);
            assert_eq!(
                world.zendesk().requests() - before,
                first.counters.requests,
                "nothing twice"
            );
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_lost_its_lease_writes_nothing() {
    World::builder()
        .tickets(40)
        .page_size(10)
        .each(async |world| {
            let (store, now) = (world.store().clone(), world.now());
            let later = now + 2 * DAY;
            let dump = Arc::new(std::sync::Mutex::new(String::new()));
            let kept = dump.clone();
            let engine = interrupted(world, "page: after it is committed", 4, async move || {
                // Another worker believes this one dead and takes the job.
                let claimed = jobs::claim(&store, None, "other", later, DAY)
                    .await
                    .unwrap();
                assert!(claimed.is_some());
                let mut reader = store.read().await.unwrap();
                *kept.lock().unwrap() = store::dump::read(&mut reader).await.unwrap();
            });
            Box::pin(worker::run_due_jobs(&engine)).await.unwrap();
            let then = dump.lock().unwrap().clone();
            assert!(then.contains("zendesk_ticket "), "it had begun");
            assert!(
                then == world.dump().await,
                "nothing was written after the lease was lost"
            );
            let integration = world.integration().await.id;
            let open = runs::latest(&mut world.store().read().await.unwrap(), &integration, 1)
                .await
                .unwrap();
            assert_eq!(
                open[0].state,
                RunState::Running,
                "the run is the other worker's to end"
            );

            // That one dies too; a third takes over once its lease has run out.
            world.pass(4 * DAY);
            assert_eq!(world.run_jobs().await, 1);
            let ended = find_run(world.store(), &open[0].id).await;
            assert_eq!(ended.state, RunState::Completed);
            assert_eq!(ended.counters.cases.created, 40);
        })
        .await;
}
