//! Runs: what they cost, when they begin, how they end, and that no two get in each other's way.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use engine::{Checkpoint, Engine, schedule, worker};
use simulator::{Fault, FaultKind, NewTicket, TicketChange, UserChange};
use store::runs::{self, Run, RunState};
use store::{Store, jobs};
use tokio::runtime::Handle;
use tokio::task::{block_in_place, yield_now};
use world::{ADMIN_EMAIL, World};

use crate::{
    add, altered, change, contact_of, customer, lines, pull, pull_new, quiet, ticket, unreadable,
};

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
            let run = find(world.store(), &run_id).await;
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
    panic!("it did not come to that");
}

async fn find(store: &Store, run: &str) -> Run {
    let mut reader = store.read().await.unwrap();
    runs::find(&mut reader, run).await.unwrap().unwrap()
}

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
            let ended = find(world.store(), &open[0].id).await;
            assert_eq!(ended.state, RunState::Completed);
            assert_eq!(ended.counters.cases.created, 40);
        })
        .await;
}

#[tokio::test]
async fn a_late_ticket_never_overwrites_a_newer_one() {
    quiet()
        .each(async |world| {
            let (id, _) = pull_new(world, ticket()).await;
            let old = world
                .zendesk()
                .read(|account| account.ticket(id).unwrap().updated_at);
            world.pass_minutes(10);
            let subject = Some(Some("Newer".to_owned()));
            change(
                world,
                id,
                TicketChange {
                    subject,
                    ..TicketChange::default()
                },
            );
            pull(world).await;
            // An older form of it comes late.
            let stamp = jiff::Timestamp::from_second(old).unwrap().to_string();
            world
                .zendesk()
                .add_fault(altered(id, TICKETS, "updated_at", &stamp));
            world
                .zendesk()
                .add_fault(altered(id, TICKETS, "subject", "Older"));
            world
                .zendesk()
                .edit(|account| account.system_touch(id))
                .unwrap();
            let run = pull(world).await;
            assert_eq!(
                (run.counters.tickets.read, run.counters.tickets.unchanged),
                (1, 1)
            );
            assert_eq!(world.case_of(id).await.fields.subject, "Newer");
            assert!(lines(world, "zendesk_ticket").await[0].contains("Newer"));
        })
        .await;
}

#[tokio::test]
async fn a_late_user_never_overwrites_a_newer_one() {
    quiet()
        .each(async |world| {
            let rosa = customer(world, "Rosa Parks", "rosa@customer.example");
            let (id, _) = pull_new(
                world,
                NewTicket {
                    requester_id: Some(rosa),
                    ..ticket()
                },
            )
            .await;
            let edit = |phone: &str| {
                let phone = Some(Some(phone.to_owned()));
                let edit = UserChange {
                    phone,
                    ..UserChange::default()
                };
                world
                    .zendesk()
                    .edit(|account| account.update_user(rosa, edit))
                    .unwrap();
            };
            edit("111");
            pull(world).await;
            world
                .zendesk()
                .add_fault(altered(rosa, USERS, "updated_at", "2026-01-01T00:00:00Z"));
            edit("222");
            pull(world).await;
            assert_eq!(contact_of(world, id).await.phone.as_deref(), Some("111"));
        })
        .await;
}

#[tokio::test]
async fn a_user_who_comes_to_light_after_a_younger_one_is_not_lost() {
    quiet()
        .each(async |world| {
            pull(world).await;
            // Two users change; Zendesk shows only the later change at first.
            let early = customer(world, "Early Bird", "early@customer.example");
            world.pass(Duration::from_secs(5));
            customer(world, "Late Riser", "late@customer.example");
            world.zendesk().add_fault(Fault {
                times: Some(1),
                ..unreadable(early, USERS)
            });
            world.pass(Duration::from_secs(5));
            assert_eq!(world.sync_well().await.counters.users.created, 1);
            assert_eq!(pull(world).await.counters.users.created, 1);
            let users = lines(world, "zendesk_user").await;
            assert!(
                users
                    .iter()
                    .any(|line| line.contains("early@customer.example"))
            );
        })
        .await;
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
