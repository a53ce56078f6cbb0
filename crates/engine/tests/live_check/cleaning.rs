//! Whatever goes wrong, the throw-away records go: at the end, or with the next check.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use engine::live_check::{self, Options, Outcome, Report, Verdict};
use simulator::Fault;
use tokio::sync::{Notify, watch};
use world::World;

use crate::{EXPECTED, check, codes, codes_in_any_order, expected, left_in, others, target};

fn fault(world: &World, text: &str) {
    world.zendesk().add_fault(Fault::parse(text).unwrap());
}

fn verdict(report: &Report, probe: &str) -> Verdict {
    report.finding(probe).unwrap().verdict
}

#[tokio::test]
async fn a_connection_that_is_lost_anywhere_leaves_nothing_behind() {
    for (lost, probe) in [
        (
            "reset-after:method=POST:route=users:times=1",
            "throw_away_records",
        ),
        (
            "reset-after:method=POST:route=tickets:times=1",
            "throw_away_records",
        ),
        (
            "reset-before:method=POST:route=tickets:times=1",
            "throw_away_records",
        ),
        (
            "reset-after:method=POST:route=tickets:after=1:times=1",
            "idempotency_key",
        ),
        (
            "reset-after:method=PUT:route=tickets/{id}:times=1",
            "safe_update",
        ),
        (
            "reset-after:method=PUT:route=tickets/{id}:after=6:times=1",
            "same_value",
        ),
        (
            "truncate:route=tickets/{id}/audits:times=1",
            "marker_in_audits",
        ),
        (
            "status=500:route=tickets/{id}:method=PUT:after=8:times=1",
            "metadata_size",
        ),
        (
            "reset-after:route=users/create_or_update_many:times=1",
            "bulk_rows",
        ),
        ("reset-before:route=job_statuses/{id}:times=1", "bulk_rows"),
        (
            "apply-then=500:method=DELETE:route=tickets/{id}:times=1",
            "deleted_ticket",
        ),
        (
            "reset-before:method=DELETE:route=tickets/{id}:times=1",
            "deleted_ticket",
        ),
        (
            "reset-after:method=DELETE:route=users/{id}:times=1",
            "deleted_user",
        ),
    ] {
        World::builder()
            .once(async |world| {
                let before = others(world);
                fault(world, lost);
                let report = check(world).await;
                assert_eq!(world.zendesk().faults_happened(), [1], "{lost}");
                assert_eq!(verdict(&report, probe), Verdict::NotFoundOut, "{lost}");
                assert_eq!(report.outcome, Outcome::Unfinished);
                assert_eq!(left_in(world), (vec![], vec![]), "{lost}");
                assert_eq!(report.left_behind, []);
                assert_eq!(others(world), before, "{lost}");
                // A later check finds nothing of it.
                let next = check(world).await;
                assert_eq!(next.cleaned.earlier, 0, "{lost}");
                assert_eq!(codes_in_any_order(&next), expected());
            })
            .await;
    }
}

/// A check whose process is killed as soon as the probe with this number is begun.
async fn killed_at(world: &World, number: usize) {
    let (count, now) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let (heard, kill) = (count.clone(), now.clone());
    let told = move |_: &str| {
        if heard.fetch_add(1, Ordering::SeqCst) == number {
            kill.notify_one();
        }
    };
    let (_nobody, stop) = watch::channel(false);
    let options = Options {
        stop,
        names_account: false,
    };
    let target = target(world).await;
    let run = live_check::run(world.engine(), &target, options, &told);
    tokio::select! {
        biased;
        () = now.notified() => {}
        _ = run => panic!("the check came to its end"),
    }
    // A probe that sends nothing is over before the process is.
    assert!(count.load(Ordering::SeqCst) > number);
}

#[tokio::test]
async fn what_a_killed_check_left_is_deleted_by_the_next_one() {
    World::builder()
        .once(async |world| {
            let before = others(world);
            let mut found = 0;
            for number in 0..=EXPECTED.len() {
                killed_at(world, number).await;
                world.restart().await;
                let (tickets, users) = left_in(world);
                let report = check(world).await;
                let left = tickets.len() + users.len();
                // The request under way may have been carried out after its process had gone.
                assert!(report.cleaned.earlier >= left, "{number}");
                assert_eq!(left_in(world), (vec![], vec![]), "{number}");
                assert_eq!(codes_in_any_order(&report), expected(), "{number}");
                found += left;
            }
            assert!(found > 20, "{found}");
            assert_eq!(others(world), before);
        })
        .await;
}

#[tokio::test]
async fn a_check_that_is_asked_to_stop_cleans_up_and_says_what_it_did_not_find_out() {
    for number in [0, 1, 4, 7, 13, 15] {
        World::builder()
            .once(async |world| {
                let (say, stop) = watch::channel(false);
                let count = AtomicUsize::new(0);
                let told = |_: &str| {
                    if count.fetch_add(1, Ordering::SeqCst) == number {
                        say.send_replace(true);
                    }
                };
                let options = Options {
                    stop,
                    names_account: false,
                };
                let target = target(world).await;
                let report = live_check::run(world.engine(), &target, options, &told);
                let report = report.await.unwrap();
                assert_eq!(report.outcome, Outcome::Unfinished);
                let known = report.findings.iter();
                let known = known.take_while(|one| one.verdict != Verdict::NotFoundOut);
                assert_eq!(known.count(), number);
                let stopped = &report.findings[number];
                assert!(stopped.seen.contains("asked to stop"), "{stopped:?}");
                assert_eq!(left_in(world), (vec![], vec![]), "{number}");
                assert_eq!(report.left_behind, []);
            })
            .await;
    }
}

#[tokio::test]
async fn what_cannot_be_deleted_is_told_with_its_id_and_goes_with_the_next_check() {
    World::builder()
        .once(async |world| {
            for route in ["tickets/{id}", "users/{id}"] {
                fault(world, &format!("status=403:method=DELETE:route={route}"));
            }
            let report = check(world).await;
            assert_eq!(report.outcome, Outcome::Unfinished);
            let (tickets, users) = left_in(world);
            assert_eq!((tickets.len(), users.len()), (1, 1));
            let told: Vec<_> = report
                .left_behind
                .iter()
                .map(|left| (left.kind, left.id))
                .collect();
            assert_eq!(
                told,
                [("ticket", Some(tickets[0])), ("user", Some(users[0]))]
            );
            // It is no use to begin another one as long as this is so: it would only leave more.
            let again = check(world).await;
            assert_eq!(verdict(&again, "throw_away_records"), Verdict::NotFoundOut);
            assert_eq!(left_in(world), (tickets, users));
            world.zendesk().clear_faults();
            let next = check(world).await;
            assert_eq!(next.cleaned.earlier, 2);
            assert_eq!(codes_in_any_order(&next), expected());
            assert_eq!(left_in(world), (vec![], vec![]));
        })
        .await;
}

#[tokio::test]
async fn a_wrong_sign_in_sends_nothing_but_questions() {
    World::builder()
        .once(async |world| {
            fault(world, "revoke-token");
            let report = check(world).await;
            assert_eq!(report.outcome, Outcome::Unfinished);
            assert_eq!(report.requests, 1);
            assert_eq!(verdict(&report, "sign_in"), Verdict::NotFoundOut);
        })
        .await;
}

#[tokio::test]
async fn a_limit_that_is_reached_is_waited_for() {
    World::builder()
        .once(async |world| {
            fault(world, "too-many:retry-after=7:method=PUT:after=4:times=1");
            let report = check(world).await;
            assert_eq!(codes(&report), EXPECTED);
            assert_eq!(left_in(world), (vec![], vec![]));
        })
        .await;
}

#[tokio::test]
async fn a_record_that_only_has_the_external_id_of_ours_is_left_alone() {
    World::builder()
        .once(async |world| {
            let id = world.zendesk().edit(|account| {
                account
                    .add_ticket(simulator::NewTicket {
                        subject: Some("Somebody's own".to_owned()),
                        comment: simulator::NewComment::public("x"),
                        external_id: Some(live_check::EXTERNAL_ID.to_owned()),
                        ..simulator::NewTicket::default()
                    })
                    .unwrap()
            });
            let report = check(world).await;
            assert_eq!(codes(&report), EXPECTED);
            assert_eq!(left_in(world).0, [id]);
        })
        .await;
}

#[tokio::test]
async fn somebody_who_may_not_delete_makes_nothing() {
    World::builder()
        .once(async |world| {
            world.zendesk().edit(|account| {
                let id = account.administrator();
                let demoted = simulator::UserChange {
                    role: Some(simulator::Role::Agent),
                    ..simulator::UserChange::default()
                };
                account.update_user(id, demoted).unwrap();
            });
            let before = world.zendesk().writes_by_route();
            let report = check(world).await;
            assert_eq!(report.requests, 1);
            let sign_in = report.finding("sign_in").unwrap();
            assert!(sign_in.seen.contains("administrator"), "{sign_in:?}");
            assert_eq!(world.zendesk().writes_by_route(), before);
        })
        .await;
}
