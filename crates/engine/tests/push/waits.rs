//! What must wait waits where a person sees it, and goes on by itself.

use domain::case::CasePriority;
use domain::outbox::{Parked, State};
use jiff::SignedDuration;
use world::Voice;

use crate::*;

#[tokio::test]
async fn a_token_revoked_in_the_middle_waits_visibly_and_goes_on_once_it_is_mended() {
    quiet(Wins::Remote)
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            let before = count(world);
            // The pull still works, and then the token is refused.
            hurt(world, "revoke-token:route=tickets/{id}:times=1");
            world
                .admin()
                .edit(&case, |fields| fields.priority = CasePriority::High)
                .await;
            world.admin().say(&case, "We come.", true, Voice::Own).await;
            for _ in 0..2 {
                world.pass_minutes(2);
                world.sync().await;
            }
            assert_added(world, &before, [0, 0, 0]);
            assert_eq!(world.parked(&case).await, [], "nothing is given up");
            let line = world.line_of(&case).await;
            let open: Vec<_> = line
                .iter()
                .filter(|e| e.operation.state.is_open())
                .collect();
            assert_eq!(open.len(), 2);
            let said = open.iter().filter_map(|e| e.operation.reason.as_ref());
            let said: Vec<String> = said.map(ToString::to_string).collect();
            assert!(
                said.iter()
                    .any(|why| why.contains("may sign in to Zendesk again")),
                "{said:?}"
            );
            // Somebody mends the credential, and nobody retries anything.
            world.zendesk().clear_faults();
            settle(world, &case).await;
            assert_added(world, &before, [0, 1, 2]);
            assert_equal(world, &case, ticket).await;
            assert_same_comments(&world.said_on(&case).await, world, ticket);
            assert_at_rest(world).await;
        })
        .await;
}

#[tokio::test]
async fn a_storm_of_429_for_ten_minutes_is_sat_out_and_everything_is_delivered_after() {
    quiet(Wins::Remote)
        .each(async |world| {
            let mut cases = Vec::new();
            for _ in 0..4 {
                cases.push(pulled(world).await);
            }
            let before = count(world);
            for (_, case) in &cases {
                world
                    .admin()
                    .edit(case, |fields| fields.priority = CasePriority::High)
                    .await;
                world.admin().say(case, "We come.", true, Voice::Own).await;
            }
            world.pass_minutes(2);
            let started = world.zendesk().now();
            let calm = world.zendesk().requests();
            hurt(world, "too-many:retry-after=60:for=600");
            while world.zendesk().now() < started + 700 {
                world.sync().await;
                world.pass(std::time::Duration::from_secs(5));
            }
            for (_, case) in &cases {
                settle(world, case).await;
            }
            // Inside a Retry-After nobody asks: one refused request for each minute of the storm, and
            // as many as were under way when it began.
            let refused = world
                .traffic()
                .into_iter()
                .filter(|(second, _)| (started..started + 590).contains(second))
                .map(|(second, routes)| (second, routes.values().sum::<u64>()))
                .collect::<Vec<_>>();
            let mut last = None;
            for (second, count) in &refused {
                assert!(*count <= 4, "{refused:?}");
                if let Some(last) = last {
                    assert!(second - last >= 59, "inside a Retry-After: {refused:?}");
                }
                last = Some(*second);
            }
            assert!(!refused.is_empty() && world.zendesk().requests() > calm);
            assert_added(world, &before, [0, 4, 8]);
            for (ticket, case) in &cases {
                assert_equal(world, case, *ticket).await;
                assert_same_comments(&world.said_on(case).await, world, *ticket);
                assert_eq!(world.parked(case).await, []);
            }
            assert_at_rest(world).await;
        })
        .await;
}

#[tokio::test]
async fn a_case_that_is_stuck_holds_back_no_other() {
    quiet(Wins::Remote)
        .each(async |world| {
            let (_, stuck) = pulled(world).await;
            let (ticket, other) = pulled(world).await;
            let long = "0123456789".repeat(7_000);
            world.admin().say(&stuck, &long, true, Voice::Own).await;
            let text = "We come.";
            world.admin().say(&other, text, true, Voice::Own).await;
            hurt(world, "status=500:method=PUT:route=tickets/{id}:times=1");
            settle(world, &other).await;
            assert_eq!(comments_there(world, ticket)[1].0, text);
            let line = world.line_of(&stuck).await;
            assert_eq!(line[0].operation.state, State::Parked);
            assert_at_rest(world).await;
        })
        .await;
}

#[tokio::test]
async fn an_inactive_integration_is_sent_nothing_until_it_is_active_again() {
    quiet(Wins::Remote)
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            world.admin().say(&case, "We come.", true, Voice::Own).await;
            let integration = world.integration().await;
            let actor = world::ADMIN_EMAIL;
            engine::integrations::deactivate(world.engine(), &integration, actor)
                .await
                .unwrap();
            world.pass_minutes(10);
            let requests = world.zendesk().requests();
            world.run_jobs().await;
            assert_eq!(world.zendesk().requests(), requests);
            let integration = world.integration().await;
            engine::integrations::activate(world.engine(), &integration, actor)
                .await
                .unwrap();
            settle(world, &case).await;
            assert_eq!(comments_there(world, ticket)[1].0, "We come.");
            assert_same_comments(&world.said_on(&case).await, world, ticket);
            assert_at_rest(world).await;
        })
        .await;
}

#[tokio::test]
async fn a_wait_for_a_limit_is_no_attempt_and_ends_with_its_retry_after() {
    quiet(Wins::Remote)
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            world.admin().say(&case, "We come.", true, Voice::Own).await;
            hurt(world, "too-many:retry-after=20:route=tickets/{id}:times=6");
            for _ in 0..6 {
                world.sync().await;
                let now = world.now();
                let line = world.line_of(&case).await;
                let [entry] = line.as_slice() else {
                    panic!("{line:?}");
                };
                let operation = &entry.operation;
                assert_eq!(operation.reason, Some(Parked::Limits));
                assert_eq!(operation.attempts, 0, "a refusal by a limit is no attempt");
                let wait = operation.not_before.duration_since(now);
                assert!(wait <= SignedDuration::from_secs(20), "{wait:?}");
                world.pass(wait.unsigned_abs());
            }
            // The storm is over, and so is the wait.
            world.sync().await;
            assert_eq!(comments_there(world, ticket).len(), 2);
            assert_eq!(world.tally(&case).await.open, 0);
        })
        .await;
}

#[tokio::test]
async fn a_refused_sign_in_is_met_once_by_the_account_and_not_by_each_change() {
    quiet(Wins::Remote)
        .each(async |world| {
            let mut cases = Vec::new();
            for _ in 0..5 {
                cases.push(pulled(world).await);
            }
            for (_, case) in &cases {
                world.admin().say(case, "We come.", true, Voice::Own).await;
            }
            hurt(world, "revoke-token:route=tickets/{id}:times=1");
            let before = world.zendesk().requests();
            world.sync().await;
            // Three streams, the ticket whose reading was refused, who we are, and what a repeated
            // look at the end may ask; never one request for each case.
            let asked = world.zendesk().requests() - before;
            assert!(asked < 10, "{asked} requests");
            let mut attempts = 0;
            for (_, case) in &cases {
                let why = engine::why::why(world.engine(), case).await.unwrap();
                assert!(
                    why.sentence.contains("may sign in to Zendesk again"),
                    "{why:?}"
                );
                attempts += world.line_of(case).await[0].operation.attempts;
            }
            assert_eq!(attempts, 1, "the others were not even begun");
            world.zendesk().clear_faults();
            world.pass_minutes(1);
            world.sync_well().await;
            for (ticket, case) in &cases {
                assert_eq!(comments_there(world, *ticket).len(), 2);
                let why = engine::why::why(world.engine(), case).await.unwrap();
                assert!(why.in_sync, "{why:?}");
            }
            pull(world).await;
            assert_at_rest(world).await;
        })
        .await;
}
