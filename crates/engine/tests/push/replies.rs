//! A customer who answers opens a solved ticket again: Zendesk does so by itself, in the very audit of the
//! comment (zendesk-api.md 4.1), and nobody undoes it.

use domain::case::CaseStatus;
use simulator::Status;
use world::Voice;

use crate::*;

/// A world in which a customer's answer opens a solved ticket, which is what these stories are about.
fn reopening(wins: Wins) -> Builder {
    quiet(wins).simulator(|config| config.switches.reply_reopens = true)
}

/// A case that was resolved here, and its ticket, which is solved.
async fn resolved(world: &World) -> (i64, String) {
    let (ticket, case) = pulled(world).await;
    world
        .admin()
        .edit(&case, |fields| fields.status = CaseStatus::Resolved)
        .await;
    settle(world, &case).await;
    assert_eq!(there(world, ticket).status, Status::Solved);
    (ticket, case)
}

/// It is open on both sides, with one comment more, and nobody wrote a status.
async fn assert_reopened(world: &World, ticket: i64, case: &str, before: &Counted) {
    assert_eq!(there(world, ticket).status, Status::Open);
    assert_eq!(world.case(case).await.fields.status, CaseStatus::Open);
    assert_added(world, before, [0, 1, 1]);
    assert!(world.conflicts().await.is_empty());
    assert_eq!(world.parked(case).await, []);
    assert_same_comments(&world.said_on(case).await, world, ticket);
    assert_at_rest(world).await;
}

#[tokio::test]
async fn a_comment_sent_for_the_contact_opens_the_ticket_and_the_case_follows() {
    for wins in [Wins::Remote, Wins::Local] {
        for fault in ["", "reset-after:method=PUT:route=tickets/{id}:times=1"] {
            reopening(wins)
                .each(async |world| {
                    let (ticket, case) = resolved(world).await;
                    let contact = world.case(&case).await.fields.contact.unwrap();
                    let before = count(world);
                    hurt(world, fault);
                    let voice = Voice::Contact(&contact);
                    let admin = world.admin();
                    admin.say(&case, "It burns again.", true, voice).await;
                    settle(world, &case).await;
                    let said = comments_there(world, ticket).pop().unwrap();
                    assert_eq!(said, ("It burns again.".to_owned(), true, rosa(world)));
                    assert_reopened(world, ticket, &case, &before).await;
                })
                .await;
        }
    }
}

#[tokio::test]
async fn a_reply_in_zendesk_opens_the_ticket_and_the_case_follows() {
    for wins in [Wins::Remote, Wins::Local] {
        reopening(wins)
            .each(async |world| {
                let (ticket, case) = resolved(world).await;
                let before = count(world);
                let reply = NewComment {
                    author_id: Some(rosa(world)),
                    ..NewComment::public("It burns again.")
                };
                world
                    .zendesk()
                    .edit(|account| account.add_comment(ticket, reply))
                    .unwrap();
                settle(world, &case).await;
                assert_reopened(world, ticket, &case, &before).await;
            })
            .await;
    }
}

#[tokio::test]
async fn our_own_answer_leaves_it_solved() {
    quiet(Wins::Remote)
        .each(async |world| {
            let (ticket, case) = resolved(world).await;
            let before = count(world);
            let admin = world.admin();
            admin.say(&case, "You are welcome.", true, Voice::Own).await;
            settle(world, &case).await;
            assert_eq!(there(world, ticket).status, Status::Solved);
            let here = world.case(&case).await.fields.status;
            assert_eq!(here, CaseStatus::Resolved);
            assert_added(world, &before, [0, 1, 1]);
            assert_at_rest(world).await;
        })
        .await;
}

#[tokio::test]
async fn where_a_reply_opens_nothing_the_case_stays_resolved_too() {
    quiet(Wins::Remote)
        .simulator(|config| config.switches.reply_reopens = false)
        .each(async |world| {
            let (ticket, case) = resolved(world).await;
            let before = count(world);
            let reply = NewComment::public("It burns again.").by(rosa(world));
            let said = world
                .zendesk()
                .edit(|account| account.add_comment(ticket, reply));
            said.unwrap();
            settle(world, &case).await;
            assert_eq!(there(world, ticket).status, Status::Solved);
            let here = world.case(&case).await.fields.status;
            assert_eq!(here, CaseStatus::Resolved);
            assert_added(world, &before, [0, 1, 1]);
            assert_same_comments(&world.said_on(&case).await, world, ticket);
            assert_at_rest(world).await;
        })
        .await;
}
