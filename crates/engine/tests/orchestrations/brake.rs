//! Customers who are no longer in the source: nobody is touched without proof that they left, and a brake
//! stops before anything is sent where too many seem to have (profile-send.md 3 and 4, reliability.md I-09).

use domain::profile::action::ActionKind;
use domain::profile::leaver::OnLeave;
use engine::orchestrations::run;
use engine::profile_send::Counts;
use engine::workflows::{act, trouble};
use store::workflows::{WorkflowKind, WorkflowState};

use crate::*;

/// How many customers are sent at first.
const PEOPLE: usize = 20;

/// An orchestration that deletes whoever leaves, after it has sent everybody; a customer of somebody else
/// is in Zendesk too.
async fn everybody_sent(world: &World) -> Orchestration {
    everybody_sent_with(world, OnLeave::Delete).await
}

/// As [`everybody_sent`], and something else becomes of those who leave.
async fn everybody_sent_with(world: &World, on_leave: OnLeave) -> Orchestration {
    world.zendesk().edit(|account| {
        let other = simulator::NewUser::end_user("Somebody Else", "else@customer.example");
        account.add_user(other).unwrap();
    });
    write_people(world, PEOPLE);
    let one = orchestration(world, "people", |draft| {
        let settings = SendSettings {
            on_leave,
            ..SendSettings::default()
        };
        draft.settings = serde_json::to_string(&settings).unwrap();
    })
    .await;
    let ended = begin(world, &one).await;
    assert_eq!(counts(&ended).rows.created, PEOPLE as u64);
    one
}

/// Runs it and sees it through.
async fn begin(world: &World, one: &Orchestration) -> Workflow {
    let begun = run(world.engine(), one, WorkflowKind::Send, None, "ada").await;
    see_through(world.engine(), &begun.unwrap(), |_| {})
        .await
        .unwrap()
}

/// Carries out an action on a workflow and sees it through.
async fn go_on(world: &World, workflow: &Workflow, action: ActionKind) -> Workflow {
    let opened = act(world.engine(), workflow, action, false, "ada").await;
    see_through(world.engine(), &opened.unwrap(), |_| {})
        .await
        .unwrap()
}

fn counts(workflow: &Workflow) -> Counts {
    serde_json::from_str(&workflow.counts).unwrap()
}

/// The customers that are in Zendesk now, by external id, and how many others are.
fn there(world: &World) -> (Vec<String>, usize) {
    world.zendesk().read(|account| {
        let active = || account.users().filter(|user| user.active);
        let mut ours: Vec<String> = active()
            .filter_map(|user| user.external_id.as_deref().map(str::to_owned))
            .collect();
        ours.sort();
        (
            ours,
            active().filter(|user| user.external_id.is_none()).count(),
        )
    })
}

/// The customers of these numbers, as [`there`] lists them.
fn customers(numbers: impl IntoIterator<Item = usize>) -> Vec<String> {
    let mut all: Vec<String> = numbers.into_iter().map(|n| format!("c{n}")).collect();
    all.sort();
    all
}

/// It stopped before anything was sent, and tells a person what to do.
#[track_caller]
fn assert_braked(world: &World, ended: &Workflow, writes: &Writes, leavers: usize, known: usize) {
    assert_eq!(ended.state, WorkflowState::Failed, "{:?}", ended.sentence);
    assert_eq!(ended.trouble.as_deref(), Some("leaver_brake"));
    let sentence = ended.sentence.as_deref().unwrap();
    let share = format!("{leavers} of {known} customers are no longer in the source");
    assert!(sentence.contains(&share), "{sentence}");
    assert!(sentence.contains("Nothing was sent"), "{sentence}");
    assert_eq!(counts(ended).leavers, leavers as u64);
    assert_eq!(counts(ended).leavers_done, 0);
    assert_eq!(&world.zendesk().writes_by_route(), writes);
    let actions = trouble(ended).unwrap().actions();
    let kinds: Vec<ActionKind> = actions.iter().map(|action| action.kind).collect();
    assert!(kinds.contains(&ActionKind::ApproveOnce), "{kinds:?}");
    assert!(actions.iter().all(|action| !action.steps.is_empty()));
}

type Writes = std::collections::BTreeMap<String, u64>;

#[tokio::test]
async fn an_empty_source_takes_nobody_along() {
    quiet()
        .each(async |world| {
            let one = everybody_sent(world).await;
            let before = (world.zendesk().writes_by_route(), there(world));
            for (empty, is_a_table) in [
                ("external_id,name,email\n", true),
                ("external_id,name,email", true),
                ("", false),
            ] {
                std::fs::write(file_of(world), empty).unwrap();
                let ended = begin(world, &one).await;
                if is_a_table {
                    assert_braked(world, &ended, &before.0, PEOPLE, PEOPLE);
                } else {
                    // Without a header it is no table at all.
                    assert_eq!(ended.state, WorkflowState::Failed);
                    assert!(trouble(&ended).is_some(), "{:?}", ended.sentence);
                }
                assert_eq!((world.zendesk().writes_by_route(), there(world)), before);
            }
            // It is there again as if nothing had happened.
            write_people(world, PEOPLE);
            let ended = begin(world, &one).await;
            assert_eq!(counts(&ended).rows.unchanged, PEOPLE as u64);
            assert_eq!((world.zendesk().writes_by_route(), there(world)), before);
        })
        .await;
}

#[tokio::test]
async fn one_customer_more_than_may_leave_stops_new_ones_too() {
    quiet()
        .each(async |world| {
            let one = everybody_sent(world).await;
            let before = world.zendesk().writes_by_route();
            let mut csv = "external_id,name,email\nnew,New,new@customer.example\n".to_owned();
            for number in 4..=PEOPLE {
                csv.push_str(&format!(
                    "c{number},Other {number},p{number}@customer.example\n"
                ));
            }
            std::fs::write(file_of(world), &csv).unwrap();
            let braked = begin(world, &one).await;
            assert_braked(world, &braked, &before, 3, PEOPLE);
            // A tenth may leave.
            csv.push_str("c3,Person 3,p3@customer.example\n");
            std::fs::write(file_of(world), &csv).unwrap();
            let ended = go_on(world, &braked, ActionKind::Resolve).await;
            assert_eq!(
                ended.state,
                WorkflowState::Completed,
                "{:?}",
                ended.sentence
            );
            assert_eq!(counts(&ended).leavers_done, 2);
            let mut left = customers(3..=PEOPLE);
            left.push("new".to_owned());
            assert_eq!(there(world).0, left);
            assert_eq!(world.zendesk().sends().users_deleted, 2);
        })
        .await;
}

#[tokio::test]
async fn to_resolve_without_approving_mends_nothing_and_a_mended_source_takes_nobody_along() {
    quiet()
        .each(async |world| {
            let one = everybody_sent(world).await;
            let before = world.zendesk().writes_by_route();
            write_people(world, PEOPLE / 2);
            let braked = begin(world, &one).await;
            assert_braked(world, &braked, &before, PEOPLE / 2, PEOPLE);
            for action in [ActionKind::Resolve, ActionKind::Retry] {
                let again = go_on(world, &braked, action).await;
                assert_braked(world, &again, &before, PEOPLE / 2, PEOPLE);
            }
            write_people(world, PEOPLE);
            let ended = go_on(world, &braked, ActionKind::Resolve).await;
            assert_eq!(
                ended.state,
                WorkflowState::Completed,
                "{:?}",
                ended.sentence
            );
            assert_eq!(there(world).0, customers(1..=PEOPLE));
            assert_eq!(world.zendesk().writes_by_route(), before);
        })
        .await;
}

#[tokio::test]
async fn whoever_approves_once_deletes_those_they_were_told_of_and_nobody_else() {
    quiet()
        .each(async |world| {
            let one = everybody_sent(world).await;
            let others = there(world).1;
            write_people(world, 15);
            let braked = begin(world, &one).await;
            let jobs = world.zendesk().sends().jobs_queued;
            let ended = go_on(world, &braked, ActionKind::ApproveOnce).await;
            assert_eq!(world.zendesk().sends().jobs_queued, jobs + 1, "all in one");
            assert_eq!(
                ended.state,
                WorkflowState::Completed,
                "{:?}",
                ended.sentence
            );
            assert_eq!(
                (counts(&ended).leavers, counts(&ended).leavers_done),
                (5, 5)
            );
            assert_eq!(there(world), (customers(1..=15), others));
            let sends = world.zendesk().sends();
            assert_eq!((sends.users_deleted, sends.staff_writes), (5, 0));
            // They are customers no more; and the guard stays for the next run.
            write_people(world, 10);
            let before = world.zendesk().writes_by_route();
            let braked = begin(world, &one).await;
            assert_braked(world, &braked, &before, 5, 15);
        })
        .await;
}

#[tokio::test]
async fn what_was_approved_does_not_cover_a_source_that_became_emptier_since() {
    quiet()
        .each(async |world| {
            let one = everybody_sent(world).await;
            let before = world.zendesk().writes_by_route();
            write_people(world, 15);
            let braked = begin(world, &one).await;
            assert_braked(world, &braked, &before, 5, PEOPLE);
            write_people(world, 0);
            let again = go_on(world, &braked, ActionKind::ApproveOnce).await;
            assert_braked(world, &again, &before, PEOPLE, PEOPLE);
            assert_eq!(there(world).0, customers(1..=PEOPLE));
        })
        .await;
}

#[tokio::test]
async fn a_customer_whose_row_is_refused_has_not_left() {
    quiet()
        .each(async |world| {
            let one = everybody_sent(world).await;
            let mut csv = "external_id,name,email\nc1,,p1@customer.example\n".to_owned();
            for number in 3..=PEOPLE {
                csv.push_str(&format!(
                    "c{number},Person {number},p{number}@customer.example\n"
                ));
            }
            std::fs::write(file_of(world), &csv).unwrap();
            // The first one's row has no name, the second one's is gone.
            let ended = begin(world, &one).await;
            assert_eq!(
                ended.state,
                WorkflowState::Completed,
                "{:?}",
                ended.sentence
            );
            assert_eq!(counts(&ended).rows.rejected, 1);
            assert_eq!(counts(&ended).leavers_done, 1);
            assert_eq!(there(world).0, customers((1..=PEOPLE).filter(|n| *n != 2)));
        })
        .await;
}

#[tokio::test]
async fn while_a_row_may_be_about_anybody_nobody_has_left() {
    quiet()
        .each(async |world| {
            let one = everybody_sent(world).await;
            let before = there(world);
            let mut csv = "external_id,name,email\n".to_owned();
            for number in 2..=PEOPLE {
                csv.push_str(&format!(
                    "c{number},Person {number},p{number}@customer.example\n"
                ));
            }
            for damaged in [
                ",Person 1,no address\n",
                "c1,Person 1,p1@customer.example,more\n",
            ] {
                std::fs::write(file_of(world), format!("{csv}{damaged}")).unwrap();
                let ended = begin(world, &one).await;
                assert_eq!(
                    ended.state,
                    WorkflowState::Completed,
                    "{:?}",
                    ended.sentence
                );
                assert_eq!(counts(&ended).rows.rejected, 1, "{damaged}");
                assert_eq!(counts(&ended).leavers, 0, "{damaged}");
                let warnings = counts(&ended).warnings;
                let says = |warning: &String| warning.contains("1 row does not say whom");
                assert!(warnings.iter().any(says), "{damaged}: {warnings:?}");
                assert_eq!(there(world), before);
            }
            std::fs::write(file_of(world), csv).unwrap();
            let ended = begin(world, &one).await;
            assert_eq!(counts(&ended).leavers_done, 1);
            assert_eq!(there(world).0, customers(2..=PEOPLE));
        })
        .await;
}

#[tokio::test]
async fn a_process_may_die_at_every_durable_step_of_a_goodbye() {
    for number in 1.. {
        let is_over = std::cell::Cell::new(false);
        quiet()
            .once(async |world| {
                let one = everybody_sent(world).await;
                write_people(world, PEOPLE - 2);
                let begun = run(world.engine(), &one, WorkflowKind::Send, None, "ada").await;
                let begun = begun.unwrap();
                world.forget_steps();
                let work = see_through(world.engine(), &begun, |_| {});
                let crashed = world.until_step(number, work).await.map(drop);
                is_over.set(crashed.is_ok());
                let step = format!("step {number}: {crashed:?}");
                world.restart().await;
                let ended = see_through(world.engine(), &begun, |_| {}).await.unwrap();
                assert_eq!(ended.state, WorkflowState::Completed, "{step}");
                assert_eq!(counts(&ended).leavers_done, 2, "{step}");
                let warnings = counts(&ended).warnings;
                assert!(warnings.is_empty(), "{step}: {warnings:?}");
                assert_eq!(there(world).0, customers(1..=PEOPLE - 2), "{step}");
                assert_eq!(world.zendesk().sends().users_deleted, 2, "{step}");
                // Nobody is left to say goodbye to.
                let again = begin(world, &one).await;
                assert_eq!(counts(&again).leavers, 0, "{step}");
            })
            .await;
        if is_over.get() {
            assert!(number > 8, "only {number} steps");
            return;
        }
    }
}

#[tokio::test]
async fn a_customer_who_became_staff_is_left_alone_when_they_leave() {
    for policy in [OnLeave::Delete, OnLeave::Suspend] {
        quiet()
            .each(async |world| {
                let one = everybody_sent_with(world, policy).await;
                let promoted = format!("c{PEOPLE}");
                world.zendesk().edit(|account| {
                    let id = account.user_by_external_id(&promoted).unwrap().id;
                    let change = simulator::UserChange {
                        role: Some(simulator::Role::Agent),
                        ..simulator::UserChange::default()
                    };
                    account.update_user(id, change).unwrap();
                });
                write_people(world, PEOPLE - 2);
                let ended = begin(world, &one).await;
                assert_eq!(
                    ended.state,
                    WorkflowState::Completed,
                    "{:?}",
                    ended.sentence
                );
                assert_eq!(world.zendesk().sends().staff_writes, 0);
                let warnings = counts(&ended).warnings;
                assert!(
                    warnings.iter().any(|one| one.contains("left alone")),
                    "{warnings:?}"
                );
                let untouched = |customer: &str| {
                    world.zendesk().edit(|account| {
                        let user = account.user_by_external_id(customer);
                        user.is_some_and(|user| user.active && !user.suspended)
                    })
                };
                assert!(untouched(&promoted) && untouched("c1"));
                assert!(!untouched(&format!("c{}", PEOPLE - 1)));
            })
            .await;
    }
}
