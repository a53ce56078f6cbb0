//! Somebody in Zendesk changes the ticket at the very moment in which we are at a step of sending, while
//! the clocks stand still: the rarest race, met on purpose (reliability.md F22).

use domain::case::CasePriority;
use simulator::Priority;
use world::Voice;

use crate::*;

/// The moments of one attempt.
pub(crate) const MOMENTS: [&str; 7] = [
    "push: after the claim is committed",
    "push: before the plan is committed",
    "push: after the plan is committed",
    "push: before it is sent",
    "push: after it is sent",
    "push: before its end is committed",
    "push: after its end is committed",
];

/// Has somebody change another field and say something at this moment.
fn meanwhile(world: &World, moment: &'static str, ticket: i64) {
    world.at_step(moment, move |zendesk| {
        let change = TicketChange {
            priority: Some(Some(Priority::Low)),
            comment: Some(NewComment::public("At this moment.")),
            ..TicketChange::default()
        };
        zendesk.edit(|account| account.update_ticket(ticket, change).unwrap());
    });
}

#[tokio::test]
async fn an_edit_of_another_field_at_any_moment_of_ours_is_kept_and_so_is_ours() {
    for wins in [Wins::Remote, Wins::Local] {
        quiet(wins)
            .each(async |world| {
                for moment in MOMENTS {
                    let (ticket, case) = pulled(world).await;
                    let before = count(world);
                    meanwhile(world, moment, ticket);
                    rename(world, &case, moment).await;
                    settle(world, &case).await;
                    let now = there(world, ticket);
                    assert_eq!(now.subject.as_deref(), Some(moment));
                    assert_eq!(now.priority, Some(Priority::Low), "{moment}");
                    let here = world.case(&case).await.fields;
                    assert_eq!(here.priority, CasePriority::Low, "{moment}");
                    assert_added(world, &before, [0, 1, 2]);
                    assert!(world.conflicts().await.is_empty(), "{moment}");
                    assert_same_comments(&world.said_on(&case).await, world, ticket);
                    assert_at_rest(world).await;
                }
            })
            .await;
    }
}

#[tokio::test]
async fn an_edit_of_the_same_field_at_any_moment_of_ours_is_the_last_word_or_on_record() {
    let both = |wins| [(wins, false), (wins, true)];
    for (wins, race) in [Wins::Remote, Wins::Local].into_iter().flat_map(both) {
        quiet(wins)
            // Also where the stamp keeps our update from nothing that happened within the same second.
            .simulator(move |config| config.switches.safe_updates_race = race)
            .each(async |world| {
                for moment in MOMENTS {
                    let (ticket, case) = pulled(world).await;
                    let known = world.conflicts().await.len();
                    world.at_step(moment, move |zendesk| {
                        let words = subject("Theirs");
                        zendesk.edit(|account| account.update_ticket(ticket, words).unwrap());
                    });
                    rename(world, &case, moment).await;
                    settle(world, &case).await;
                    let now = there(world, ticket).subject.unwrap();
                    let here = world.case(&case).await.fields.subject;
                    assert_eq!(now, here, "both sides end equal: {moment}");
                    let was_after = ["after it is sent", "its end"]
                        .iter()
                        .any(|late| moment.contains(late));
                    let conflicts = world.conflicts().await.len() - known;
                    if was_after {
                        // Ours had been taken: theirs came later and is the last word.
                        assert_eq!((now.as_str(), conflicts), ("Theirs", 0), "{moment}");
                    } else {
                        let winner = match wins {
                            Wins::Remote => "Theirs",
                            Wins::Local => moment,
                        };
                        assert_eq!((now.as_str(), conflicts), (winner, 1), "{moment}");
                    }
                    assert_at_rest(world).await;
                }
            })
            .await;
    }
}

#[tokio::test]
async fn a_comment_of_theirs_at_any_moment_of_ours_is_there_once_and_so_is_ours() {
    quiet(Wins::Remote)
        .each(async |world| {
            for moment in MOMENTS {
                let (ticket, case) = pulled(world).await;
                let before = count(world);
                meanwhile(world, moment, ticket);
                world.admin().say(&case, moment, false, Voice::Own).await;
                settle(world, &case).await;
                assert_added(world, &before, [0, 2, 2]);
                let here = world.said_on(&case).await;
                assert_eq!(here.len(), 3, "{moment}");
                assert_same_comments_in_any_order(&here, world, ticket);
                assert_at_rest(world).await;
            }
        })
        .await;
}

#[tokio::test]
async fn a_ticket_that_is_closed_or_deleted_at_any_moment_of_ours_loses_and_doubles_nothing() {
    quiet(Wins::Local)
        .each(async |world| {
            for moment in MOMENTS {
                for delete in [false, true] {
                    let (ticket, case) = pulled(world).await;
                    let before = count(world);
                    world.at_step(moment, move |zendesk| {
                        zendesk.edit(|account| match delete {
                            true => account.delete_ticket(ticket).unwrap(),
                            false => {
                                account.solve(ticket).unwrap();
                                account.close(ticket).unwrap();
                            }
                        });
                    });
                    world.admin().say(&case, moment, true, Voice::Own).await;
                    settle(world, &case).await;
                    let said = count(world).comments - before.comments;
                    let parked = world.parked(&case).await.len();
                    assert_eq!(said + parked, 1, "it is there, or parked: {moment}");
                    if delete {
                        world
                            .zendesk()
                            .edit(|account| account.restore_ticket(ticket))
                            .unwrap();
                        settle(world, &case).await;
                        assert_eq!(count(world).comments - before.comments, 1, "{moment}");
                        assert_eq!(world.parked(&case).await, []);
                    }
                    assert_at_rest(world).await;
                }
            }
        })
        .await;
}
