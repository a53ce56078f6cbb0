//! The sweep: what is linked is verified again in rotation, and what differs is counted and put right.

use std::time::Duration;

use engine::sweep::{self, RoundView, SweepView};
use simulator::{Fault, FaultKind, Limits, NewTicket, Record};
use world::World;

use crate::{add, comment, only_ticket, pull, quiet, rename, subject, two_way};

/// Goes on with the round until it is over or the budget says so. Returns whether it was the round.
async fn go_on(world: &World) -> bool {
    let integration = world.integration().await;
    while sweep::go_on(world.engine(), &integration).await.unwrap() {}
    view(world).await.present.is_none()
}

async fn view(world: &World) -> SweepView {
    let integration = world.integration().await;
    sweep::view(world.engine(), &integration).await.unwrap()
}

/// A whole round.
async fn round(world: &World) -> RoundView {
    assert!(go_on(world).await, "{:?}", view(world).await);
    view(world).await.last.unwrap()
}

/// How many differences of each kind, in one line.
fn found(round: &RoundView) -> String {
    let kinds = round.by_kind.iter();
    let kinds: Vec<String> = kinds
        .map(|(kind, count)| format!("{kind} {count}"))
        .collect();
    kinds.join(", ")
}

async fn next_round(world: &World) -> RoundView {
    world.pass(Duration::from_secs(6 * 3_600));
    world.sync_well().await;
    world.pass_minutes(1);
    round(world).await
}

#[tokio::test]
async fn a_round_over_what_is_in_step_finds_nothing_and_writes_only_how_far_it_came() {
    World::builder()
        .tickets(250)
        .each(async |world| {
            world.sync_well().await;
            pull(world).await;
            let before = (world.dump().await, world.zendesk().requests_by_route());
            let began = world.now();
            let round = round(world).await;
            assert_eq!((round.verified, found(&round)), (250, String::new()));
            assert_eq!(world.dump().await, before.0);
            let after = world.zendesk().requests_by_route();
            let spent = |route: &str| {
                let count = |counts: &std::collections::BTreeMap<String, u64>| {
                    let matching = counts.iter().filter(|(name, _)| name.ends_with(route));
                    matching.map(|(_, count)| count).sum::<u64>()
                };
                count(&after) - count(&before.1)
            };
            assert_eq!(spent("tickets/show_many"), 3);
            assert_eq!(spent("incremental/ticket_events"), 1);
            assert_eq!(spent(""), 4);
            assert_eq!(view(world).await.oldest_verified_at, Some(began));
        })
        .await;
}

#[tokio::test]
async fn the_next_round_begins_six_hours_after_the_last_one_began() {
    quiet()
        .each(async |world| {
            world.sync_well().await;
            pull(world).await;
            let first = round(world).await;
            let before = world.zendesk().requests();
            world.pass(Duration::from_secs(6 * 3_600 - 1));
            assert!(go_on(world).await);
            assert_eq!(world.zendesk().requests(), before);
            assert_eq!(view(world).await.last, Some(first.clone()));
            world.pass(Duration::from_secs(1));
            let second = round(world).await;
            assert!(second.began_at > first.began_at);
        })
        .await;
}

#[tokio::test]
async fn before_anything_was_pulled_there_is_nothing_to_sweep() {
    quiet()
        .each(async |world| {
            let before = world.zendesk().requests();
            assert!(go_on(world).await);
            assert_eq!(view(world).await, SweepView::default());
            let integration = world.integration().await;
            let refused = sweep::verify(world.engine(), &integration)
                .await
                .unwrap_err();
            assert!(
                refused.to_string().contains("deskbridge sync main"),
                "{refused}"
            );
            assert_eq!(world.zendesk().requests(), before);
        })
        .await;
}

#[tokio::test]
async fn a_worker_that_sweeps_takes_part_in_a_verification_and_another_one_replaces_it() {
    quiet()
        .each(async |world| {
            for _ in 0..3 {
                world
                    .zendesk()
                    .edit(|account| account.add_ticket(NewTicket::default()))
                    .unwrap();
            }
            world.pass_minutes(2);
            world.sync_well().await;
            world.pass_minutes(5);
            world.sync_well().await;
            let (engine, integration) = (world.engine(), world.integration().await);
            // Whatever the worker gets hold of first, the round of the one who waits ends with all of it.
            let working = async {
                for _ in 0..20 {
                    go_on(world).await;
                    tokio::task::yield_now().await;
                }
            };
            let (round, ()) = tokio::join!(sweep::verify(engine, &integration), working);
            let round = round.unwrap();
            assert_eq!(Some(&round), view(world).await.last.as_ref());
            assert!(round.verified >= 3, "{round:?}");
        })
        .await;
}

#[tokio::test]
async fn a_change_that_the_export_never_showed_is_counted_and_put_right() {
    quiet()
        .each(async |world| {
            let ticket = only_ticket(world);
            world.sync_well().await;
            let then = subject(world, ticket).await;
            rename(world, ticket, "Printer cold");
            let hides = FaultKind::Set {
                field: "subject".to_owned(),
                value: then.clone(),
            };
            let hidden = Fault::new(hides)
                .on("incremental/tickets/cursor")
                .record(Record::Id(ticket));
            world.zendesk().add_fault(hidden);
            pull(world).await;
            world.pass_minutes(5);
            pull(world).await;
            assert_eq!(
                subject(world, ticket).await,
                then,
                "the export kept it back"
            );
            let round = round(world).await;
            assert_eq!(found(&round), "fields 1");
            assert_eq!(subject(world, ticket).await, "Printer cold");
            assert_eq!(found(&next_round(world).await), "");
        })
        .await;
}

#[tokio::test]
async fn a_change_that_was_not_pulled_yet_is_no_difference() {
    quiet()
        .each(async |world| {
            let ticket = only_ticket(world);
            world.sync_well().await;
            pull(world).await;
            let then = subject(world, ticket).await;
            rename(world, ticket, "Printer cold");
            comment(world, ticket, "It is out.");
            let round = round(world).await;
            assert_eq!(found(&round), "");
            assert_eq!(subject(world, ticket).await, then);
            assert_eq!(world.comments_of(ticket).await.len(), 1);
        })
        .await;
}

#[tokio::test]
async fn a_comment_that_the_export_never_showed_is_counted_and_put_right() {
    quiet()
        .each(async |world| {
            let ticket = only_ticket(world);
            world.sync_well().await;
            comment(world, ticket, "It is out.");
            let audit = world.zendesk().audits_of(ticket).last().unwrap().id;
            let hidden = Fault::new(FaultKind::Set {
                field: "child_events".to_owned(),
                value: "[]".to_owned(),
            });
            let hidden = hidden
                .on("incremental/ticket_events")
                .record(Record::Id(audit));
            world.zendesk().add_fault(hidden);
            // Exports repeat their last event, so there has to be a later one.
            world.pass_minutes(1);
            rename(world, ticket, "later");
            pull(world).await;
            assert_eq!(world.comments_of(ticket).await.len(), 1);
            world.zendesk().clear_faults();
            world.pass_minutes(5);
            pull(world).await;
            assert_eq!(
                world.comments_of(ticket).await.len(),
                1,
                "the export has gone past it"
            );
            let round = round(world).await;
            assert_eq!(found(&round), "comments 1");
            let comments = world.comments_of(ticket).await;
            assert_eq!(comments[1].comment.message, "It is out.");
            assert_eq!(found(&next_round(world).await), "");
            assert_eq!(world.comments_of(ticket).await, comments);
        })
        .await;
}

#[tokio::test]
async fn a_redaction_that_was_missed_is_carried_over_and_never_undone() {
    quiet()
        .each(async |world| {
            let ticket = only_ticket(world);
            world.sync_well().await;
            comment(world, ticket, "My card is 4111 1111.");
            // Exports repeat their last event, so there have to be later ones.
            world.pass_minutes(1);
            rename(world, ticket, "later");
            pull(world).await;
            let remote = world.comments_of(ticket).await[1].remote_id.unwrap();
            let redacted = world
                .zendesk()
                .edit(|account| account.redact_comment(remote, Some("4111 1111")));
            redacted.unwrap();
            let audit = world.zendesk().audits_of(ticket).last().unwrap().id;
            let hidden = Fault::new(FaultKind::Set {
                field: "child_events".to_owned(),
                value: "[]".to_owned(),
            });
            let hidden = hidden
                .on("incremental/ticket_events")
                .record(Record::Id(audit));
            world.zendesk().add_fault(hidden);
            world.pass_minutes(1);
            rename(world, ticket, "later still");
            pull(world).await;
            world.zendesk().clear_faults();
            world.pass_minutes(5);
            pull(world).await;
            assert!(
                world.comments_of(ticket).await[1]
                    .comment
                    .message
                    .contains("4111")
            );
            assert_eq!(found(&round(world).await), "comments 1");
            let message = world.comments_of(ticket).await[1].comment.message.clone();
            assert!(!message.contains("4111"), "{message}");
            assert_eq!(found(&next_round(world).await), "");
            assert_eq!(world.comments_of(ticket).await[1].comment.message, message);
        })
        .await;
}

#[tokio::test]
async fn a_ticket_that_is_gone_untold_is_counted_once_it_was_asked_for_twice_and_its_case_stays() {
    quiet()
        .each(async |world| {
            let ticket = only_ticket(world);
            let other = add(world, "Scanner cold");
            world.sync_well().await;
            pull(world).await;
            let before = world.dump().await;
            let gone = FaultKind::Set {
                field: "id".to_owned(),
                value: "999999".to_owned(),
            };
            let gone = Fault::new(gone)
                .on("tickets/show_many")
                .record(Record::Id(ticket));
            world.zendesk().add_fault(gone);
            let first = round(world).await;
            // An export may still tell of its deletion.
            assert_eq!((first.verified, found(&first)), (1, String::new()));
            assert_eq!(found(&next_round(world).await), "missing 1");
            assert_eq!(world.dump().await, before);
            world.zendesk().clear_faults();
            assert_eq!(found(&next_round(world).await), "");
            assert!(world.find_case_of(other).await.is_some());
        })
        .await;
}

fn make_it_cold(fields: &mut domain::case::CaseFields) {
    fields.subject = "Printer cold".to_owned();
}

async fn line(world: &World, case: &str) -> usize {
    let mut reader = world.store().read().await.unwrap();
    let line = store::outbox::of_line(&mut reader, case).await.unwrap();
    line.len()
}

#[tokio::test]
async fn a_case_whose_edit_lost_its_operation_gets_another_one() {
    two_way()
        .each(async |world| {
            let ticket = only_ticket(world);
            world.sync_well().await;
            pull(world).await;
            assert_eq!(found(&round(world).await), "");
            world.pass_minutes(1);
            let case = world.admin().edit_case_of(ticket, make_it_cold).await.id;
            assert_eq!(line(world, &case).await, 0);
            assert_eq!(found(&next_round(world).await), "cases 1");
            assert_eq!(line(world, &case).await, 1);
            world.sync_well().await;
            let there = world.zendesk().read(|account| {
                let subject = account.ticket(ticket).unwrap().subject.as_ref();
                subject.map(|text| text.read().into_owned())
            });
            assert_eq!(there.as_deref(), Some("Printer cold"));
            assert_eq!(found(&next_round(world).await), "");
        })
        .await;
}

#[tokio::test]
async fn what_piled_up_while_two_way_was_off_is_not_sent_because_it_is_found() {
    quiet()
        .each(async |world| {
            let ticket = only_ticket(world);
            world.sync_well().await;
            pull(world).await;
            assert_eq!(found(&round(world).await), "");
            let case = world.admin().edit_case_of(ticket, make_it_cold).await.id;
            world.pass_minutes(1);
            world.set(|settings| settings.two_way = true).await;
            assert_eq!(found(&next_round(world).await), "");
            assert_eq!(line(world, &case).await, 0);
            // Off and on again between two rounds, and it is still nobody's wish.
            world.set(|settings| settings.two_way = false).await;
            assert!(go_on(world).await);
            world.pass_minutes(1);
            world.admin().edit_case_of(ticket, make_it_cold).await;
            world.pass_minutes(1);
            world.set(|settings| settings.two_way = true).await;
            assert!(go_on(world).await);
            assert_eq!(found(&next_round(world).await), "");
            assert_eq!(line(world, &case).await, 0);
        })
        .await;
}

#[tokio::test]
async fn with_two_way_off_a_case_may_differ() {
    quiet()
        .each(async |world| {
            let ticket = only_ticket(world);
            world.sync_well().await;
            pull(world).await;
            world.admin().edit_case_of(ticket, make_it_cold).await;
            assert_eq!(found(&round(world).await), "");
            assert_eq!(subject(world, ticket).await, "Printer cold");
        })
        .await;
}

#[tokio::test]
async fn the_sweep_keeps_within_a_twentieth_of_what_we_may_send() {
    World::builder()
        .tickets(1_500)
        .users(5)
        .comments(1)
        .simulator(|config| config.limits = Limits::Growth)
        .each(async |world| {
            world.sync_well().await;
            pull(world).await;
            world.pass_minutes(2);
            // 400 a minute, of which half is ours, of which a twentieth is the sweep's.
            let count = || {
                let routes = world.zendesk().requests_by_route();
                routes.values().sum::<u64>()
            };
            let before = count();
            assert!(!go_on(world).await, "15 requests are more than 10");
            assert_eq!(count() - before, 10);
            assert!(!go_on(world).await);
            assert_eq!(count() - before, 10, "nothing is sent until there is room");
            let integration = world.integration().await;
            let budget = engine::budget::view(world.engine(), &integration);
            let budget = budget.await.unwrap();
            assert_eq!(
                (budget.limit, budget.share, budget.swept),
                (Some(400), 50, 10)
            );
            assert!(budget.allowance.is_some_and(|allowance| allowance <= 200));
            world.pass(Duration::from_secs(70));
            assert_eq!(round(world).await.verified, 1_500);
        })
        .await;
}

#[tokio::test]
async fn a_round_goes_on_after_a_restart() {
    World::builder()
        .tickets(1_500)
        .users(5)
        .comments(1)
        .simulator(|config| config.limits = Limits::Growth)
        .each(async |world| {
            world.sync_well().await;
            pull(world).await;
            world.pass_minutes(2);
            assert!(!go_on(world).await);
            let began = view(world).await.present.unwrap().began_at;
            world.restart().await;
            world.pass(Duration::from_secs(70));
            let round = round(world).await;
            assert_eq!((round.began_at, round.verified), (began, 1_500));
        })
        .await;
}

#[tokio::test]
async fn a_sweep_whose_sign_in_is_refused_asks_again_only_minutes_later() {
    quiet()
        .each(async |world| {
            world.sync_well().await;
            pull(world).await;
            let revoked = Fault::parse("revoke-token:route=tickets/show_many").unwrap();
            world.zendesk().add_fault(revoked);
            let integration = world.integration().await;
            let go_on = || sweep::go_on(world.engine(), &integration);
            go_on().await.unwrap_err();
            let before = world.zendesk().requests();
            assert!(!go_on().await.unwrap());
            assert_eq!(world.zendesk().requests(), before);
            world.zendesk().clear_faults();
            world.pass_minutes(5);
            assert_eq!(found(&round(world).await), "");
        })
        .await;
}

#[tokio::test]
async fn somebody_who_asks_has_everything_verified_now() {
    World::builder()
        .tickets(30)
        .comments(3)
        .each(async |world| {
            world.sync_well().await;
            pull(world).await;
            let ticket = only_ticket(world);
            round(world).await;
            let subject_there = "Printer cold";
            rename(world, ticket, subject_there);
            world.pass_minutes(5);
            pull(world).await;
            let integration = world.integration().await;
            let round = sweep::verify(world.engine(), &integration).await.unwrap();
            assert_eq!((round.verified, found(&round)), (30, String::new()));
            assert!(round.ended_at.is_some());
            assert_eq!(view(world).await.last, Some(round));
        })
        .await;
}
