//! Runs: what they cost, when they begin, how they end, and that no two get in each other's way.

use std::time::Duration;

use engine::{schedule, worker};
use simulator::{Fault, FaultKind, NewComment, NewTicket, TicketChange};
use store::runs::{self, Run, RunState};
use tokio::task::yield_now;
use world::{ADMIN_EMAIL, World};

use crate::{add, altered, change, customer, find_run, lines, pull, quiet, ticket};

const USERS: &str = "incremental/users/cursor";
const TICKETS: &str = "incremental/tickets/cursor";
const DAY: Duration = Duration::from_secs(86_400);

#[tokio::test]
async fn the_counters_of_a_run_add_up() {
    World::builder()
        .tickets(70)
        .users(25)
        .page_size(20)
        .each(async |world| {
            let run = world.sync_well().await;
            let (there_users, there_comments) = world
                .zendesk()
                .read(|account| (account.users().count(), account.count_comments()));
            let counters = run.counters;
            let (users, tickets, comments) = (counters.users, counters.tickets, counters.comments);
            for tally in [users, tickets, comments] {
                assert_eq!(
                    tally.read,
                    tally.created + tally.updated + tally.unchanged,
                    "{tally:?}"
                );
                assert_eq!(tally.updated, 0);
            }
            assert_eq!(usize::try_from(users.created).unwrap(), there_users);
            assert_eq!(usize::try_from(comments.created).unwrap(), there_comments);
            assert_eq!(
                (
                    tickets.created,
                    counters.cases.created,
                    counters.cases.updated
                ),
                (70, 70, 0)
            );
            let contacts = lines(world, "crm_contact").await.len();
            assert_eq!(
                usize::try_from(counters.contacts.created).unwrap(),
                contacts
            );
            assert_eq!((counters.conflicts, counters.warnings), (0, 0));

            change(
                world,
                3,
                TicketChange {
                    subject: Some(Some("Changed".to_owned())),
                    ..TicketChange::default()
                },
            );
            add(world, ticket());
            let counters = pull(world).await.counters;
            assert_eq!((counters.tickets.created, counters.tickets.updated), (1, 1));
            assert_eq!((counters.cases.created, counters.cases.updated), (1, 1));
            assert_eq!(counters.comments.created, 1);
        })
        .await;
}

#[tokio::test]
async fn two_thousand_tickets_cost_at_most_eight_requests_per_thousand() {
    World::builder()
        .tickets(2_000)
        .users(400)
        .each(async |world| {
            let before = world.zendesk().requests();
            let run = world.sync_well().await;
            let sent = world.zendesk().requests() - before;
            assert_eq!(run.counters.cases.created, 2_000);
            assert_eq!(run.counters.comments.created, 6_000);
            assert!(
                sent <= 16,
                "{sent} requests: {:?}",
                world.zendesk().requests_by_route()
            );
            assert_eq!(run.counters.requests, sent);
        })
        .await;
}

#[tokio::test]
async fn a_new_integration_is_inactive_and_a_sync_is_refused_with_the_reason() {
    quiet()
        .inactive()
        .each(async |world| {
            let integration = world.integration().await;
            assert!(!integration.active);
            let refused = schedule::schedule_sync(world.engine(), &integration, ADMIN_EMAIL).await;
            let sentence = refused.unwrap_err().to_string();
            assert!(
                sentence.contains("is inactive") && sentence.contains("activate main"),
                "{sentence}"
            );
            assert_eq!(world.run_jobs().await, 0);
        })
        .await;
}

#[tokio::test]
async fn activation_probes_first_and_starts_the_first_run_at_once() {
    quiet()
        .inactive()
        .each(async |world| {
            let integration = world.integration().await;
            let engine = world.engine();
            let activate =
                async || engine::integrations::activate(engine, &integration, ADMIN_EMAIL).await;
            world
                .zendesk()
                .add_fault(Fault::new(FaultKind::RevokeToken));
            let sentence = activate().await.unwrap_err().to_string();
            assert!(sentence.len() > 20, "{sentence}");
            assert!(!world.integration().await.active, "nothing has changed");

            world.zendesk().clear_faults();
            let run_id = activate().await.unwrap().run_id;
            assert_eq!(world.run_jobs().await, 1);
            let run = find_run(world.store(), &run_id).await;
            assert_eq!(
                (run.state, run.requested_by.as_str()),
                (RunState::Completed, ADMIN_EMAIL)
            );
        })
        .await;
}

#[tokio::test]
async fn asking_while_a_run_is_open_joins_it() {
    quiet()
        .each(async |world| {
            let integration = world.integration().await;
            let ask = async || {
                schedule::schedule_sync(world.engine(), &integration, ADMIN_EMAIL)
                    .await
                    .unwrap()
            };
            let (first, second) = (ask().await, ask().await);
            assert!(
                first.joined && second.joined,
                "activation has asked for one already"
            );
            assert_eq!(first.run_id, second.run_id);
            assert_eq!(world.run_jobs().await, 1);
            let next = ask().await;
            assert!(!next.joined);
            assert_ne!(next.run_id, first.run_id);
        })
        .await;
}

#[tokio::test]
async fn the_schedule_asks_for_a_run_at_each_interval_while_the_integration_is_active() {
    let interval = Duration::from_secs(300);
    quiet()
        .engine(|settings| settings.lease = DAY)
        .settings(move |settings| settings.interval = interval)
        .each(async |world| {
            world.sync_well().await;
            let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
            let serving = tokio::spawn(worker::serve(world.engine().clone(), async {
                stopped.await.ok();
            }));
            let runs = until(world, |runs| runs.len() >= 4).await;
            for pair in runs.windows(2) {
                let apart = pair[0].created_at.duration_since(pair[1].created_at);
                assert!(apart.as_secs() >= 300, "{apart}");
            }
            assert!(runs[..3].iter().all(|run| run.requested_by == "schedule"));

            let integration = world.integration().await;
            engine::integrations::deactivate(world.engine(), &integration, ADMIN_EMAIL)
                .await
                .unwrap();
            let ended = until(world, |_| true).await.len();
            for _ in 0..20 {
                world.pass(interval);
                yield_now().await;
            }
            assert_eq!(
                until(world, |_| true).await.len(),
                ended,
                "nothing is due any more"
            );
            drop(stop);
            serving.await.unwrap();
        })
        .await;
}

/// The ended runs, newest first, once this holds for them and no run is open. Time passes meanwhile.
async fn until(world: &World, holds: impl Fn(&[Run]) -> bool) -> Vec<Run> {
    let integration = world.integration().await.id;
    for _ in 0..100_000 {
        let runs = {
            let mut reader = world.store().read().await.unwrap();
            runs::latest(&mut reader, &integration, 100).await.unwrap()
        };
        if runs.iter().all(|run| run.state.is_over()) && holds(&runs) {
            return runs;
        }
        world.pass(Duration::from_secs(1));
        yield_now().await;
    }
    unreachable!("it did not come to that");
}

#[tokio::test]
async fn reference_lists_are_read_at_first_for_an_unknown_id_and_daily_where_something_changed() {
    World::builder()
        .tickets(5)
        .users(20)
        .each(async |world| {
            let read = |world: &World| {
                let asked = world.zendesk().requests_by_route();
                [
                    "groups",
                    "brands",
                    "custom_statuses",
                    "ticket_fields",
                    "incremental/organizations",
                ]
                .map(|list| asked.get(&format!("GET {list}")).copied().unwrap_or(0))
            };
            world.sync_well().await;
            assert_eq!(read(world), [1; 5], "at the first pull");
            let touch = |world: &World, tag: &str| {
                let tags = Some(vec![tag.to_owned()]);
                change(
                    world,
                    1,
                    TicketChange {
                        tags,
                        ..TicketChange::default()
                    },
                );
            };
            touch(world, "one");
            pull(world).await;
            assert_eq!(
                read(world),
                [1; 5],
                "not for a change that names nothing new"
            );

            world
                .zendesk()
                .add_fault(altered(1, TICKETS, "group_id", "4242"));
            touch(world, "two");
            pull(world).await;
            assert_eq!(read(world), [2; 5], "for an id that no list has named");
            world.zendesk().clear_faults();

            world.pass(DAY);
            pull(world).await;
            assert_eq!(
                read(world),
                [2; 5],
                "not in a pull that changed nothing, however old they are"
            );
            touch(world, "three");
            pull(world).await;
            assert_eq!(
                read(world),
                [3; 5],
                "a day later, in a pull that changed something"
            );
        })
        .await;
}

#[tokio::test]
async fn the_log_of_a_run_is_bounded_and_says_so() {
    quiet()
        .each(async |world| {
            // Each of these tickets is asked by somebody whose role nobody knows, which is a warning.
            let rosa = customer(world, "Rosa Parks", "rosa@customer.example");
            world
                .zendesk()
                .add_fault(altered(rosa, USERS, "role", "wizard"));
            for _ in 0..1_100 {
                add(
                    world,
                    NewTicket {
                        requester_id: Some(rosa),
                        ..ticket()
                    },
                );
            }
            let run = pull(world).await;
            assert!(run.counters.warnings >= 1_100, "{}", run.counters.warnings);
            let log = world.warnings(&run).await;
            assert!(log.len() <= 1_000, "{}", log.len());
            assert!(
                log.last().unwrap().contains("only counted"),
                "{:?}",
                log.last()
            );
            assert_eq!(run.counters.cases.created, 1_100);
        })
        .await;
}

#[tokio::test]
async fn where_the_export_tells_of_the_newest_minute_a_pull_may_follow_another_at_once() {
    for date_ahead in [0, 20] {
        quiet()
            .simulator(move |config| {
                config.switches.leave_out_newest_minute = false;
                config.switches.date_ahead = date_ahead;
            })
            .each(async |world| {
                let id = add(world, ticket());
                world.sync_well().await;
                let case = world.case_of(id).await.id;
                for n in 1..4 {
                    let said = NewComment::public(format!("number {n}"));
                    let comment = world
                        .zendesk()
                        .edit(|account| account.add_comment(id, said));
                    comment.unwrap();
                    world.sync_well().await;
                    let here = world.said_on(&case).await;
                    let times = |n: i32| {
                        let text = format!("number {n}");
                        here.iter()
                            .filter(|row| row.comment.message == text)
                            .count()
                    };
                    assert!((1..=n).all(|n| times(n) == 1), "{here:?}");
                }
                // Once a minute has passed there is nothing to read again.
                world.pass_minutes(5);
                world.sync_well().await;
                let run = world.sync_well().await;
                assert_eq!(run.counters.comments.created, 0);
            })
            .await;
    }
}
