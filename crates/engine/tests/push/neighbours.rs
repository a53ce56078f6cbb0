//! Triggers, automations and people in Zendesk who change a ticket right after us: they are heard, and
//! never fought.

use domain::case::{CasePriority, CaseStatus};
use simulator::{Action, Condition, Priority, Status, Trigger};
use world::Voice;

use crate::*;

fn set_up(world: &World, trigger: Trigger) {
    world.zendesk().edit(|account| account.add_trigger(trigger));
}

#[tokio::test]
async fn what_a_trigger_changes_right_after_our_write_ends_up_in_the_case() {
    for wins in [Wins::Remote, Wins::Local] {
        for own_audit in [false, true] {
            quiet(wins)
                .simulator(move |config| config.switches.triggers_in_own_audit = own_audit)
                .each(async |world| {
                    let (ticket, case) = pulled(world).await;
                    let escalate = vec![
                        Action::Priority(Priority::High),
                        Action::AddTags(vec!["escalated".to_owned()]),
                    ];
                    set_up(
                        world,
                        Trigger::new("Escalate", escalate)
                            .when(Condition::FieldChanged("subject".to_owned())),
                    );
                    let writes = ticket_writes(world);
                    world
                        .admin()
                        .edit(&case, |fields| fields.subject = "Fire!".to_owned())
                        .await;
                    settle(world, &case).await;
                    let now = there(world, ticket);
                    assert_eq!(now.subject.as_deref(), Some("Fire!"));
                    assert_eq!(now.priority, Some(Priority::High));
                    let here = world.case(&case).await.fields;
                    assert_eq!(here.priority, CasePriority::High);
                    assert_eq!(ticket_writes(world) - writes, 1);
                    assert!(world.conflicts().await.is_empty());
                    assert_at_rest(world).await;
                })
                .await;
        }
    }
}

#[tokio::test]
async fn a_trigger_that_turns_our_value_back_is_heard_and_not_fought() {
    for wins in [Wins::Remote, Wins::Local] {
        for own_audit in [false, true] {
            quiet(wins)
                .simulator(move |config| config.switches.triggers_in_own_audit = own_audit)
                .each(async |world| {
                    let (ticket, case) = pulled(world).await;
                    let never_low =
                        Trigger::new("Never low", vec![Action::Priority(Priority::Normal)]).when(
                            Condition::FieldIs {
                                field: "priority".to_owned(),
                                value: "low".into(),
                            },
                        );
                    set_up(world, never_low);
                    let writes = ticket_writes(world);
                    world
                        .admin()
                        .edit(&case, |fields| fields.priority = CasePriority::Low)
                        .await;
                    settle(world, &case).await;
                    assert_eq!(there(world, ticket).priority, Some(Priority::Normal));
                    let here = world.case(&case).await.fields.priority;
                    assert_eq!(here, CasePriority::Normal, "{wins:?} {own_audit}");
                    assert_eq!(ticket_writes(world) - writes, 1, "once, and not again");
                    assert_at_rest(world).await;
                })
                .await;
        }
    }
}

#[tokio::test]
async fn what_a_trigger_says_after_our_comment_is_on_the_case_once() {
    // The status is in the audit of its own in any case; the comment only where triggers have audits.
    for (own_audit, audits) in [(false, 2), (true, 3)] {
        quiet(Wins::Remote)
            .simulator(move |config| config.switches.triggers_in_own_audit = own_audit)
            .each(async |world| {
                let (ticket, case) = pulled(world).await;
                let answer = Action::Comment(NewComment::private("We were told."));
                set_up(
                    world,
                    Trigger::new("Answer", vec![answer, Action::Status(Status::Pending)])
                        .when(Condition::CommentPublic(true)),
                );
                let before = count(world);
                world.admin().say(&case, "We come.", true, Voice::Own).await;
                settle(world, &case).await;
                let here = world.said_on(&case).await;
                assert_eq!(here.len(), 3, "{here:?}");
                let told = here
                    .iter()
                    .find(|row| row.comment.message == "We were told.");
                assert!(!told.unwrap().comment.public);
                assert_same_comments(&here, world, ticket);
                assert_added(world, &before, [0, 2, audits]);
                let now = world.case(&case).await.fields.status;
                assert_eq!(now, CaseStatus::InProgress);
                assert_at_rest(world).await;
            })
            .await;
    }
}

#[tokio::test]
async fn a_trigger_that_changes_a_ticket_as_it_is_made_is_heard() {
    quiet(Wins::Local)
        .each(async |world| {
            let contact = meet(world, "Grace Hopper", "grace@navy.example").await;
            let case = world
                .admin()
                .open_case("New", "It smokes.", Some(&contact))
                .await;
            let greet = vec![
                Action::Priority(Priority::Urgent),
                Action::Comment(NewComment::public("Welcome.")),
            ];
            set_up(world, Trigger::new("Greet", greet).when(Condition::Created));
            let writes = ticket_writes(world);
            assert!(world.admin().publish(&case.id).await);
            settle(world, &case.id).await;
            let ticket = world.ticket_of(&case.id).await.unwrap();
            assert_eq!(there(world, ticket).priority, Some(Priority::Urgent));
            let here = world.case(&case.id).await.fields.priority;
            assert_eq!(here, CasePriority::High);
            let said = world.said_on(&case.id).await;
            assert_eq!(said.len(), 2, "{said:?}");
            assert_same_comments(&said, world, ticket);
            assert_eq!(ticket_writes(world) - writes, 1);
            assert_at_rest(world).await;
        })
        .await;
}

/// Edits the ticket in the very second in which something of ours is sent: the clocks stand still.
#[tokio::test]
async fn a_person_who_edits_in_the_same_second_is_heard() {
    for wins in [Wins::Remote, Wins::Local] {
        quiet(wins)
            .engine(|settings| settings.settle = std::time::Duration::ZERO)
            .each(async |world| {
                let (ticket, case) = pulled(world).await;
                // Theirs, ours and theirs again with no time in between.
                change(
                    world,
                    ticket,
                    TicketChange {
                        priority: Some(Some(Priority::Low)),
                        ..TicketChange::default()
                    },
                );
                world
                    .admin()
                    .edit(&case, |fields| fields.subject = "Ours".to_owned())
                    .await;
                world.sync_well().await;
                change(
                    world,
                    ticket,
                    TicketChange {
                        status: Some(Status::Pending),
                        comment: Some(NewComment::public("At the same time.")),
                        ..TicketChange::default()
                    },
                );
                settle(world, &case).await;
                let now = there(world, ticket);
                assert_eq!(now.subject.as_deref(), Some("Ours"));
                assert_eq!(now.priority, Some(Priority::Low));
                assert_eq!(now.status, Status::Pending);
                let here = world.case(&case).await.fields;
                assert_eq!(
                    (here.status, here.priority),
                    (CaseStatus::InProgress, CasePriority::Low)
                );
                assert!(world.conflicts().await.is_empty());
                assert_same_comments(&world.said_on(&case).await, world, ticket);
                assert_at_rest(world).await;
            })
            .await;
    }
}

#[tokio::test]
async fn a_person_who_undoes_our_write_at_once_is_heard() {
    for wins in [Wins::Remote, Wins::Local] {
        quiet(wins)
            .each(async |world| {
                let (ticket, case) = pulled(world).await;
                world
                    .admin()
                    .edit(&case, |fields| fields.subject = "Ours".to_owned())
                    .await;
                world.pass_minutes(2);
                world.sync_well().await;
                change(world, ticket, subject("Printer on fire"));
                let writes = ticket_writes(world);
                settle(world, &case).await;
                let here = world.case(&case).await.fields.subject;
                assert_eq!(here, "Printer on fire", "{wins:?}");
                assert_eq!(ticket_writes(world), writes, "it is not fought");
                assert!(world.conflicts().await.is_empty());
                assert_at_rest(world).await;
            })
            .await;
    }
}

#[tokio::test]
async fn a_marker_that_shows_late_in_audits_doubles_no_comment() {
    quiet(Wins::Remote)
        .simulator(|config| config.switches.marker_delay = 5)
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            let before = count(world);
            // Zendesk carries the first out and its answer is lost, so only the marker tells.
            hurt(world, "reset-after:method=PUT:route=tickets/{id}:times=1");
            for text in ["one", "two"] {
                world.admin().say(&case, text, true, Voice::Own).await;
            }
            settle(world, &case).await;
            assert_added(world, &before, [0, 2, 2]);
            assert_same_comments(&world.said_on(&case).await, world, ticket);
            assert_at_rest(world).await;
        })
        .await;
}
