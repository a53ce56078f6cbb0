//! Checks that people asked for and a worker does: once for a kind, again if the worker died, and what they found
//! is kept no longer than it may be.

use std::time::Duration;

use engine::checks::{self, CheckView, Found, Shown, Wish};
use engine::worker;
use store::checks::{CheckKind, Filter};
use store::jobs;
use world::{ADMIN_EMAIL, World};

fn desk() -> world::Builder {
    World::builder().tickets(2).users(3).comments(1)
}

/// Asks for it. Returns its id, and whether it is a new one.
async fn ask(world: &World, wish: Wish) -> (String, bool) {
    let asked = checks::ask(world.engine(), wish, ADMIN_EMAIL)
        .await
        .unwrap();
    (asked.id, !asked.joined)
}

async fn view(world: &World, id: &str) -> Option<CheckView> {
    checks::find(world.engine(), id).await.unwrap()
}

async fn work(world: &World) {
    worker::run_due_jobs(world.engine()).await.unwrap();
}

#[tokio::test]
async fn a_check_whose_worker_died_is_done_by_the_next_one() {
    desk()
        .each(async |world| {
            world.sync_well().await;
            let wish = Wish::dry_run(&world.integration().await);
            let (id, _) = ask(world, wish.clone()).await;
            let engine = world.engine();
            let lease = engine.settings.lease;
            // Under the name of a process of which nobody can know whether it lives.
            let holder = engine.settings.holder.as_str();
            let dead = jobs::claim(&engine.store, Some(&id), holder, engine.now(), lease);
            assert!(dead.await.unwrap().is_some());
            work(world).await;
            assert_eq!(view(world, &id).await.unwrap().state, Shown::Waiting);
            assert_eq!(ask(world, wish.clone()).await, (id.clone(), false));

            world.pass(lease + Duration::from_secs(1));
            work(world).await;
            let done = view(world, &id).await.unwrap();
            assert_eq!(done.state, Shown::Done, "{:?}", done.problem);
            assert!(matches!(done.found, Some(Found::DryRun(_))));
            let (next, is_new) = ask(world, wish).await;
            assert!(is_new && next != id, "what is over is not joined");
        })
        .await;
}

#[tokio::test]
async fn a_check_that_cannot_be_seen_through_says_why_and_one_of_what_is_gone_goes_with_it() {
    desk()
        .inactive()
        .each(async |world| {
            let integration = world.integration().await;
            let (id, _) = ask(world, Wish::verify(&integration)).await;
            work(world).await;
            let failed = view(world, &id).await.unwrap();
            assert_eq!(failed.state, Shown::Failed);
            let problem = failed.problem.unwrap();
            assert!(
                problem.contains("Nothing of integration main was pulled yet"),
                "{problem}"
            );

            let (id, _) = ask(world, Wish::dry_run(&integration)).await;
            let mut tx = world.store().begin().await.unwrap();
            let act = world.engine().act(ADMIN_EMAIL);
            store::integrations::delete(&mut tx, &integration, act)
                .await
                .unwrap();
            tx.commit().await.unwrap();
            work(world).await;
            assert_eq!(view(world, &id).await, None);
        })
        .await;
}

#[tokio::test]
async fn what_quotes_customers_is_kept_for_a_day_and_the_rest_for_a_month() {
    desk()
        .each(async |world| {
            world.sync_well().await;
            let integration = world.integration().await;
            let (quoting, _) = ask(world, Wish::dry_run(&integration)).await;
            let (other, _) = ask(world, Wish::installation()).await;
            work(world).await;
            let kept = async || {
                worker::tidy_up_once(world.engine()).await.unwrap();
                let page = checks::list(world.engine(), &Filter::default(), 10).await;
                let kinds = page.unwrap().checks.into_iter().map(|check| check.kind);
                kinds.collect::<Vec<_>>()
            };
            world.pass(Duration::from_secs(23 * 3_600));
            assert_eq!(kept().await.len(), 2);
            world.pass(Duration::from_secs(2 * 3_600));
            assert_eq!(kept().await, [CheckKind::Installation]);
            assert_eq!(view(world, &quoting).await, None);
            world.pass(Duration::from_secs(30 * 24 * 3_600));
            assert_eq!(kept().await, []);
            assert_eq!(view(world, &other).await, None);
        })
        .await;
}

#[tokio::test]
async fn what_dry_runs_found_goes_when_zendesk_erases_a_ticket() {
    desk()
        .each(async |world| {
            world.sync_well().await;
            let integration = world.integration().await;
            let (quoting, _) = ask(world, Wish::dry_run(&integration)).await;
            work(world).await;
            let (running, _) = ask(world, Wish::dry_run(&integration)).await;
            let ticket = world
                .zendesk()
                .read(|account| account.tickets().next().unwrap().id);
            world
                .zendesk()
                .edit(|account| account.delete_ticket(ticket))
                .unwrap();
            world.pass_minutes(2);
            world.sync_well().await;
            world
                .zendesk()
                .edit(|account| account.scrub_ticket(ticket))
                .unwrap();
            world.pass_minutes(2);
            world.sync_well().await;
            assert_eq!(view(world, &quoting).await, None);
            work(world).await;
            let stopped = view(world, &running).await.unwrap();
            assert_eq!(
                (stopped.state, stopped.found),
                (Shown::Failed, None),
                "it may quote it"
            );
        })
        .await;
}

#[tokio::test]
async fn a_dry_run_that_comes_to_its_end_when_it_is_to_stop_tells_nothing() {
    desk()
        .each(async |world| {
            let (id, _) = ask(world, Wish::dry_run(&world.integration().await)).await;
            let mut tx = world.store().begin().await.unwrap();
            store::checks::ask_to_stop(&mut tx, &id).await.unwrap();
            let found = Ok(r#"{"verify":{}}"#);
            store::checks::end(&mut tx, &id, found, world.now())
                .await
                .unwrap();
            tx.commit().await.unwrap();
            let ended = view(world, &id).await.unwrap();
            assert_eq!((ended.state, ended.found), (Shown::Failed, None));
            assert!(ended.problem.unwrap().contains("Ask again"));
        })
        .await;
}
