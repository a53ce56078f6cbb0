//! The world holds what it promises to those who test in it.

use std::time::Duration;

use jiff::Timestamp;
use world::World;

#[tokio::test]
async fn a_pull_in_a_new_world_makes_a_case_of_every_ticket() {
    World::each(async |world| {
        let run = world.sync_well().await;
        assert_eq!(run.counters.cases.created, 20);
        assert_eq!(world.comments_of(1).await.len(), 3);
    })
    .await;
}

#[tokio::test]
async fn both_clocks_move_together() {
    World::each(async |world| {
        let ours = world.now();
        assert_eq!(world.zendesk().now(), ours.as_second());
        world.pass(Duration::from_secs(90));
        assert_eq!(world.now().duration_since(ours).as_secs(), 90);
        assert_eq!(world.zendesk().now(), world.now().as_second());
        assert_ne!(world.now(), Timestamp::UNIX_EPOCH);
    })
    .await;
}

#[tokio::test]
async fn the_same_seed_gives_the_same_dump_and_an_edit_changes_it() {
    let dumps = std::cell::RefCell::new(Vec::new());
    for _ in 0..2 {
        World::each(async |world| {
            world.sync_well().await;
            let dump = world.dump().await;
            dumps.borrow_mut().push(dump);
        })
        .await;
    }
    let first = dumps.borrow()[0].clone();
    assert!(first.contains("case:main/1"), "{first}");
    for dump in dumps.borrow().iter() {
        similar(&first, dump);
    }
    World::each(async |world| {
        world.sync_well().await;
        world
            .admin()
            .edit_case_of(3, |fields| fields.subject = "Changed here".to_owned())
            .await;
        assert_ne!(world.dump().await, first);
    })
    .await;
}

#[tokio::test]
async fn after_a_crash_at_any_step_and_a_restart_the_end_is_the_same() {
    World::builder()
        .tickets(6)
        .page_size(4)
        .each(async |calm| {
            calm.sync_well().await;
            let steps = calm.steps().len();
            assert!(steps > 4, "{:?}", calm.steps());
            let undisturbed = calm.dump().await;
            // Every fourth step here; the engine's own tests take every one.
            for step in (1..=steps).step_by(4) {
                World::builder()
                    .tickets(6)
                    .page_size(4)
                    .once(async |world| {
                        let crashed = world.sync_until_step(step).await;
                        assert!(crashed.is_err(), "no crash at step {step}");
                        world.restart().await;
                        world.sync_well().await;
                        similar(&undisturbed, &world.dump().await);
                    })
                    .await;
            }
        })
        .await;
}

/// Fails with the first line that differs: whole dumps are too long to read.
fn similar(expected: &str, found: &str) {
    for (expected, found) in expected.lines().zip(found.lines()) {
        assert_eq!(expected, found);
    }
    assert_eq!(expected.lines().count(), found.lines().count());
}
