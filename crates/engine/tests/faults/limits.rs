//! Zendesk's limits: what it names is kept to, what it closes is left alone (reliability.md I-23).
//! The clock of the test moves only where somebody waits, so each request has its second.

use simulator::Limits;
use world::{Builder, World};

use crate::{assert_same, hurt, small, undisturbed};

/// The longest time without any request, in seconds, since the world began.
fn longest_pause(world: &World) -> i64 {
    let seconds: Vec<i64> = world.traffic().iter().map(|(second, _)| *second).collect();
    seconds
        .windows(2)
        .map(|pair| pair[1] - pair[0])
        .max()
        .unwrap_or(0)
}

/// The most requests, of those on routes that begin so, in any sixty seconds.
fn busiest_minute(world: &World, route: &str) -> u64 {
    let traffic: Vec<(i64, u64)> = world
        .traffic()
        .into_iter()
        .map(|(second, routes)| {
            let counted = routes.iter().filter(|(name, _)| name.starts_with(route));
            (second, counted.map(|(_, count)| count).sum())
        })
        .collect();
    let minute = |from: i64| {
        let within = |second: &i64| (from..from + 60).contains(second);
        let counted = traffic.iter().filter(|(second, _)| within(second));
        counted.map(|(_, count)| count).sum()
    };
    traffic
        .iter()
        .map(|(second, _)| minute(*second))
        .max()
        .unwrap_or(0)
}

#[tokio::test]
async fn nothing_is_asked_while_a_retry_after_is_open() {
    for (fault, pause) in [
        ("too-many:retry-after=47", 47),
        ("too-many:form=text:retry-after=47", 47),
        ("too-many:form=empty:retry-after=47", 47),
        ("status=503:form=text:retry-after=47", 47),
        // Without a time: the official client's ten seconds.
        ("too-many", 10),
        ("too-many:form=text", 10),
    ] {
        small()
            .each(async |world| {
                let expected = undisturbed(&small(), world).await;
                hurt(
                    world,
                    &format!("{fault}:times=1:route=incremental/tickets/cursor:after=1"),
                );
                let before = world.zendesk().requests();
                let run = world.sync_well().await;
                assert_eq!(
                    longest_pause(world),
                    pause,
                    "{fault}: {:?}",
                    world.traffic()
                );
                assert_eq!(
                    run.counters.requests,
                    world.zendesk().requests() - before,
                    "what the run says it cost"
                );
                assert_same(&expected, &world.dump().await);
            })
            .await;
    }
}

#[tokio::test]
async fn a_storm_of_ten_minutes_is_waited_out() {
    small()
        .each(async |world| {
            let expected = undisturbed(&small(), world).await;
            hurt(
                world,
                "too-many:retry-after=60:times=10:route=incremental/tickets/cursor",
            );
            let began = world.now();
            let before = world.zendesk().requests();
            let run = world.sync_well().await;
            assert_eq!(world.warnings(&run).await, Vec::<String>::new());
            assert!(world.now().duration_since(began).as_secs() >= 600);
            assert!(world.zendesk().requests() - before < 30, "one try a minute");
            assert_same(&expected, &world.dump().await);
        })
        .await;
}

/// 3,000 tickets in small pages, so that there are many more requests than a minute allows.
fn large(limits: Limits) -> Builder {
    World::builder()
        .tickets(3_000)
        .users(300)
        .comments(1)
        .page_size(25)
        .simulator(|config| config.limits = limits)
}

#[tokio::test]
async fn on_a_team_plan_a_large_pull_stays_within_its_share_and_is_never_refused() {
    large(Limits::Team)
        .each(async |world| {
            let run = world.sync_well().await;
            assert_eq!(run.counters.cases.created, 3_000);
            // Half of 200; and of ten exports a minute every one, but no eleventh.
            let busiest = busiest_minute(world, "");
            assert!(busiest <= 100, "{busiest} requests in a minute");
            let exports = busiest_minute(world, "GET incremental/");
            assert!(exports <= 10, "{exports} exports in a minute");
            let asked: u64 = world.zendesk().requests();
            assert!(asked > 120, "{asked}");
        })
        .await;
}

#[tokio::test]
async fn on_a_growth_plan_a_small_share_is_kept_to() {
    large(Limits::Growth)
        .settings(|settings| settings.budget_share = 2)
        .once(async |world| {
            let run = world.sync_well().await;
            assert_eq!(run.counters.cases.created, 3_000);
            let busiest = busiest_minute(world, "");
            assert!(busiest <= 8, "{busiest} requests in a minute");
        })
        .await;
}
