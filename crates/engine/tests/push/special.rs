//! Tickets that are closed, merged, deleted, restored or followed up.

use domain::case::CaseStatus;
use simulator::Status;
use world::Voice;

use crate::*;

/// Edits the subject and says something, so that one operation of each kind waits.
async fn edit_and_say(world: &World, case: &str) {
    let admin = world.admin();
    rename(world, case, "Said here").await;
    admin.say(case, "We come.", true, Voice::Own).await;
}

#[tokio::test]
async fn a_closed_ticket_takes_nothing_and_its_follow_up_gets_everything() {
    quiet(Wins::Local)
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            world.zendesk().edit(|account| {
                account.solve(ticket).unwrap();
                account.close(ticket).unwrap();
            });
            pull(world).await;
            let (before, writes) = (count(world), ticket_writes(world));
            edit_and_say(world, &case).await;
            settle(world, &case).await;
            let parked = world.parked(&case).await;
            assert_eq!(parked.len(), 2, "{parked:?}");
            for (_, why) in &parked {
                assert!(why.contains("The ticket is closed in Zendesk"), "{why}");
            }
            assert_eq!(ticket_writes(world), writes, "a closed ticket is not tried");
            assert_at_rest(world).await;

            assert!(world.admin().follow_up(&case).await);
            world.admin().follow_up(&case).await;
            settle(world, &case).await;
            let next = world.ticket_of(&case).await.unwrap();
            assert_ne!(next, ticket);
            world.zendesk().read(|account| {
                let made = account.ticket(next).unwrap();
                assert_eq!(made.followup_source_id, Some(ticket));
                let external = made.external_id.as_deref().unwrap();
                assert!(external.ends_with(&format!("{case}:1")), "{external}");
            });
            assert_eq!(there(world, next).subject.as_deref(), Some("Said here"));
            assert_eq!(world.parked(&case).await, []);
            // The ticket with its description, and the comment that had waited.
            let said = comments_there(world, next);
            assert_eq!(said.last().unwrap().0, "We come.");
            assert_added(world, &before, [1, 2, 2]);
            assert_at_rest(world).await;
        })
        .await;
}

#[tokio::test]
async fn a_comment_that_a_person_gave_up_goes_to_no_later_ticket_either() {
    quiet(Wins::Local)
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            world.zendesk().edit(|account| {
                account.solve(ticket).unwrap();
                account.close(ticket).unwrap();
            });
            pull(world).await;
            let admin = world.admin();
            let given_up = admin.say(&case, "Never mind.", true, Voice::Own).await;
            admin.say(&case, "We come.", true, Voice::Own).await;
            settle(world, &case).await;
            assert_eq!(world.parked(&case).await.len(), 2);
            assert!(admin.discard(&given_up).await);
            assert_eq!(world.parked(&case).await.len(), 1);
            assert_at_rest(world).await;

            assert!(admin.follow_up(&case).await);
            settle(world, &case).await;
            let next = world.ticket_of(&case).await.unwrap();
            assert_ne!(next, ticket);
            let texts = |ticket| -> Vec<String> {
                let said = comments_there(world, ticket).into_iter();
                said.map(|(text, ..)| text).collect()
            };
            assert_eq!(texts(next).last().map(String::as_str), Some("We come."));
            assert!(!texts(next).contains(&"Never mind.".to_owned()));
            // Nor a month later, when what has ended is removed.
            world.pass(std::time::Duration::from_secs(40 * 24 * 60 * 60));
            tidy_up(world).await;
            world.zendesk().edit(|account| {
                account.solve(next).unwrap();
                account.close(next).unwrap();
            });
            pull(world).await;
            assert!(admin.follow_up(&case).await);
            settle(world, &case).await;
            let last = world.ticket_of(&case).await.unwrap();
            assert_ne!(last, next);
            assert!(!texts(last).contains(&"Never mind.".to_owned()));
            // On the case it stays.
            let here = world.said_on(&case).await;
            assert!(here.iter().any(|row| row.comment.id == given_up));
            // What was looked up comes once more with the export, in the form that is kept.
            pull(world).await;
            assert_at_rest(world).await;
        })
        .await;
}

/// Removes what ended more than a month ago, as `serve` does every hour.
async fn tidy_up(world: &World) {
    let month = jiff::SignedDuration::from_hours(30 * 24);
    let before = world.now().checked_sub(month).unwrap();
    let mut tx = world.store().begin().await.unwrap();
    store::outbox::sweep(&mut tx, before).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_ticket_closed_while_an_edit_is_on_its_way_parks_it() {
    quiet(Wins::Local)
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            edit_and_say(world, &case).await;
            world.zendesk().edit(|account| {
                account.solve(ticket).unwrap();
                account.close(ticket).unwrap();
            });
            settle(world, &case).await;
            let parked = world.parked(&case).await;
            assert_eq!(parked.len(), 2, "{parked:?}");
            assert_at_rest(world).await;
        })
        .await;
}

#[tokio::test]
async fn a_deleted_ticket_parks_and_a_restored_one_gets_it_all_by_itself() {
    quiet(Wins::Local)
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            world
                .zendesk()
                .edit(|account| account.delete_ticket(ticket))
                .unwrap();
            pull(world).await;
            edit_and_say(world, &case).await;
            settle(world, &case).await;
            let parked = world.parked(&case).await;
            assert_eq!(parked.len(), 2, "{parked:?}");
            assert!(parked[0].1.contains("deleted in Zendesk"), "{parked:?}");
            assert_eq!(world.said_on(&case).await.len(), 2, "the case is kept");
            assert_at_rest(world).await;
            world
                .zendesk()
                .edit(|account| account.restore_ticket(ticket))
                .unwrap();
            let before = count(world);
            settle(world, &case).await;
            assert_eq!(world.parked(&case).await, []);
            assert_added(world, &before, [0, 1, 2]);
            assert_eq!(there(world, ticket).subject.as_deref(), Some("Said here"));
            assert_same_comments(&world.said_on(&case).await, world, ticket);
            assert_at_rest(world).await;
        })
        .await;
}

#[tokio::test]
async fn a_merged_ticket_parks_and_names_the_one_it_went_into() {
    quiet(Wins::Local)
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            let (survivor, other) = pulled(world).await;
            world
                .zendesk()
                .edit(|account| account.merge_tickets(ticket, survivor))
                .unwrap();
            pull(world).await;
            let before = count(world);
            edit_and_say(world, &case).await;
            settle(world, &case).await;
            let parked = world.parked(&case).await;
            assert_eq!(parked.len(), 2, "{parked:?}");
            for (_, why) in &parked {
                assert!(why.contains(&format!("into ticket {survivor}")), "{why}");
            }
            assert_added(world, &before, [0, 0, 0]);
            // The other case goes on.
            world
                .admin()
                .say(&other, "Both now.", true, Voice::Own)
                .await;
            settle(world, &other).await;
            assert_added(world, &before, [0, 1, 1]);
            assert_same_comments(&world.said_on(&other).await, world, survivor);
            assert_at_rest(world).await;
        })
        .await;
}

#[tokio::test]
async fn a_merge_while_an_edit_is_on_its_way_parks_it_and_names_the_survivor() {
    quiet(Wins::Local)
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            let (survivor, _) = pulled(world).await;
            edit_and_say(world, &case).await;
            world
                .zendesk()
                .edit(|account| account.merge_tickets(ticket, survivor))
                .unwrap();
            settle(world, &case).await;
            let parked = world.parked(&case).await;
            assert_eq!(parked.len(), 2, "{parked:?}");
            assert!(parked[0].1.contains("merged into"), "{parked:?}");
            assert_at_rest(world).await;
        })
        .await;
}

#[tokio::test]
async fn a_case_deleted_here_sends_nothing_until_it_is_restored() {
    quiet(Wins::Local)
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            edit_and_say(world, &case).await;
            world.admin().delete_case_of(ticket).await;
            let before = count(world);
            settle(world, &case).await;
            assert_added(world, &before, [0, 0, 0]);
            let parked = world.parked(&case).await;
            assert!(!parked.is_empty());
            assert_at_rest(world).await;
            world.admin().restore_case_of(ticket).await;
            change(world, ticket, TicketChange::default());
            world
                .zendesk()
                .edit(|account| account.system_touch(ticket).unwrap());
            settle(world, &case).await;
            assert_eq!(world.parked(&case).await, []);
            assert_eq!(there(world, ticket).subject.as_deref(), Some("Said here"));
            assert_same_comments(&world.said_on(&case).await, world, ticket);
            assert_at_rest(world).await;
        })
        .await;
}

#[tokio::test]
async fn a_solved_ticket_that_the_automation_closes_stays_as_the_case_has_it() {
    quiet(Wins::Remote)
        .each(async |world| {
            world.zendesk().edit(|account| {
                account.close_solved_after(Some(std::time::Duration::from_secs(96 * 3600)));
            });
            let (ticket, case) = pulled(world).await;
            world
                .admin()
                .edit(&case, |fields| fields.status = CaseStatus::Resolved)
                .await;
            settle(world, &case).await;
            assert_eq!(there(world, ticket).status, Status::Solved);
            let writes = ticket_writes(world);
            world.pass_minutes(100 * 60);
            pull(world).await;
            assert_eq!(there(world, ticket).status, Status::Closed);
            let here = world.case(&case).await.fields.status;
            assert_eq!(here, CaseStatus::Closed);
            assert_eq!(ticket_writes(world), writes, "nobody fights the automation");
            assert!(world.conflicts().await.is_empty());
            assert_at_rest(world).await;
            // What is said from now on waits for a follow-up.
            world
                .admin()
                .say(&case, "One more.", true, Voice::Own)
                .await;
            settle(world, &case).await;
            assert_eq!(world.parked(&case).await.len(), 1);
            assert_at_rest(world).await;
        })
        .await;
}
