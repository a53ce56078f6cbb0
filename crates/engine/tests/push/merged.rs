//! Two customers are merged in Zendesk while changes of a case of the one are on their way: nothing is
//! lost or doubled, and the case is the survivor's (reliability.md 8, I-10).

use domain::case::CasePriority;
use simulator::Priority;
use world::Voice;

use crate::*;

/// The customer who stays, under another address.
fn survivor(world: &World) -> i64 {
    customer(world, "Rosa Parks", "parks@customer.example")
}

fn merge(zendesk: &simulator::Simulator, [gone, kept]: [i64; 2]) {
    zendesk
        .edit(|account| account.merge_users(gone, kept))
        .unwrap();
}

/// Changes a field and says something, in three voices.
async fn edit_and_say(world: &World, case: &str) {
    let contact = world.case(case).await.fields.contact.unwrap();
    let admin = world.admin();
    admin
        .edit(case, |fields| {
            fields.subject = "Smoke only".to_owned();
            fields.priority = CasePriority::High;
        })
        .await;
    let voice = Voice::Contact(&contact);
    admin.say(case, "It burns still.", true, voice).await;
    admin.say(case, "We come.", true, Voice::Own).await;
    admin.say(case, "She was angry.", false, Voice::Own).await;
}

const SAID: [(&str, bool); 3] = [
    ("It burns still.", true),
    ("We come.", true),
    ("She was angry.", false),
];

/// What was said on the ticket since the first comment, in its order.
fn said_there(world: &World, ticket: i64) -> Vec<(String, bool)> {
    let said = comments_there(world, ticket).into_iter().skip(1);
    said.map(|(text, public, _)| (text, public)).collect()
}

fn assert_in_order(world: &World, ticket: i64, told: &str) {
    let expected = SAID.map(|(text, public)| (text.to_owned(), public));
    assert_eq!(said_there(world, ticket), expected, "{told}");
}

/// All of it is on both sides once, and the case is the survivor's.
async fn assert_merged(world: &World, ticket: i64, case: &str, kept: i64, told: &str) {
    assert_eq!(world.parked(case).await, [], "{told}");
    let now = there(world, ticket);
    assert_eq!(now.requester, kept, "{told}");
    assert_eq!(now.subject.as_deref(), Some("Smoke only"), "{told}");
    assert_eq!(now.priority, Some(Priority::High), "{told}");
    assert_equal(world, case, ticket).await;
    let mut said = said_there(world, ticket);
    let mut expected = SAID.map(|(text, public)| (text.to_owned(), public));
    said.sort();
    expected.sort();
    assert_eq!(said, expected, "{told}");
    assert_same_comments_in_any_order(&world.said_on(case).await, world, ticket);
    let contact = world.case(case).await.fields.contact.unwrap();
    let integration = world.integration().await.id;
    let mut reader = world.store().read().await.unwrap();
    let users = store::zendesk_users::by_contact(&mut reader, &integration, &[contact]).await;
    drop(reader);
    let users = users.unwrap().into_iter().filter(|user| user.active);
    let users: Vec<i64> = users.map(|user| user.remote_id).collect();
    assert_eq!(users, [kept], "{told}");
    assert!(world.conflicts().await.is_empty(), "{told}");
    assert_at_rest(world).await;
}

#[tokio::test]
async fn customers_merged_at_any_moment_of_ours_lose_and_double_nothing() {
    for is_known in [false, true] {
        quiet(Wins::Remote)
            .each(async |world| {
                for (n, moment) in races::MOMENTS.into_iter().enumerate() {
                    let email = format!("gone{n}@customer.example");
                    let gone = customer(world, "Rosa Parks", &email);
                    let kept = survivor(world);
                    if is_known {
                        pulled_with(world, |new| new.requester_id = Some(kept)).await;
                    }
                    let (ticket, case) =
                        pulled_with(world, |new| new.requester_id = Some(gone)).await;
                    let before = count(world);
                    edit_and_say(world, &case).await;
                    world.at_step(moment, move |zendesk| merge(zendesk, [gone, kept]));
                    settle(world, &case).await;
                    // What was about to be sent in the name of who is gone was refused, and went again
                    // in the name of who stays, in its place.
                    assert_eq!(world.parked(&case).await, [], "{moment}");
                    assert_in_order(world, ticket, moment);
                    // Ours, and the merge's own.
                    assert_added(world, &before, [0, 3, 5]);
                    assert_merged(world, ticket, &case, kept, moment).await;
                }
            })
            .await;
    }
}

#[tokio::test]
async fn customers_merged_while_requests_are_late_or_their_answers_lost_lose_and_double_nothing() {
    for fault in [
        "late=5000:method=PUT:route=tickets/{id}:times=1",
        "late=5000:method=PUT:route=tickets/{id}:times=2",
        "reset-after:method=PUT:route=tickets/{id}:times=1",
        "reset-after:method=PUT:route=tickets/{id}:after=1:times=2",
        "apply-then=503:method=PUT:route=tickets/{id}:times=2",
    ] {
        quiet(Wins::Local)
            .each(async |world| {
                let (kept, gone) = (survivor(world), rosa(world));
                let (ticket, case) = pulled(world).await;
                let before = count(world);
                edit_and_say(world, &case).await;
                hurt(world, fault);
                world.pass(std::time::Duration::from_secs(2));
                world.sync().await;
                merge(world.zendesk(), [gone, kept]);
                settle(world, &case).await;
                let now = count(world);
                assert_eq!(
                    (now.tickets, now.comments),
                    (before.tickets, before.comments + 3),
                    "{fault}"
                );
                assert_in_order(world, ticket, fault);
                assert_merged(world, ticket, &case, kept, fault).await;
            })
            .await;
    }
}

#[tokio::test]
async fn a_contact_who_was_merged_away_can_still_be_spoken_for_and_given_a_ticket() {
    quiet(Wins::Remote)
        .each(async |world| {
            let (gone, kept) = (rosa(world), survivor(world));
            let (ticket, case) = pulled(world).await;
            let contact = world.case(&case).await.fields.contact.unwrap();
            merge(world.zendesk(), [gone, kept]);
            settle(world, &case).await;
            assert_eq!(there(world, ticket).requester, kept);
            let before = count(world);
            let admin = world.admin();
            let voice = Voice::Contact(&contact);
            admin.say(&case, "It burns still.", true, voice).await;
            settle(world, &case).await;
            assert_eq!(world.parked(&case).await, []);
            assert_added(world, &before, [0, 1, 1]);
            assert_same_comments(&world.said_on(&case).await, world, ticket);

            let new = admin.open_case("Another", "In the cellar.", Some(&contact));
            let new = new.await.id;
            assert!(admin.publish(&new).await);
            settle(world, &new).await;
            assert_eq!(world.parked(&new).await, []);
            let made = world.ticket_of(&new).await.unwrap();
            assert_eq!(there(world, made).requester, kept);
            assert_at_rest(world).await;
        })
        .await;
}

#[tokio::test]
async fn a_case_given_the_contact_of_somebody_merged_away_is_the_survivors_there() {
    quiet(Wins::Remote)
        .each(async |world| {
            let gone = rosa(world);
            let (_, theirs) = pulled(world).await;
            let contact = world.case(&theirs).await.fields.contact.unwrap();
            // The survivor is a contact too, and has had no email: so the merge gives her that one.
            let kept = world.zendesk().edit(|account| {
                let new = NewUser {
                    email: None,
                    ..NewUser::end_user("Rosa Parks", "")
                };
                account.add_user(new).unwrap()
            });
            let (_, hers) = pulled_with(world, |new| new.requester_id = Some(kept)).await;
            let other = world.case(&hers).await.fields.contact.unwrap();
            assert_ne!(contact, other);
            let ida = customer(world, "Ida Wells", "ida@customer.example");
            let (ticket, case) = pulled_with(world, |new| new.requester_id = Some(ida)).await;
            merge(world.zendesk(), [gone, kept]);
            settle(world, &case).await;
            let before = count(world);
            for given in [&contact, &other, &contact] {
                let admin = world.admin();
                admin
                    .edit(&case, |fields| fields.contact = Some(given.clone()))
                    .await;
                settle(world, &case).await;
                assert_eq!(world.parked(&case).await, []);
                assert_eq!(there(world, ticket).requester, kept);
                let now = world.case(&case).await.fields.contact;
                assert_eq!(now.as_ref(), Some(given), "it stays what it was given");
            }
            // The one write says it all: whoever else of the two it is given, the survivor asks.
            assert_added(world, &before, [0, 0, 1]);
            assert!(world.conflicts().await.is_empty());
            assert_at_rest(world).await;
        })
        .await;
}

#[tokio::test]
async fn a_case_given_the_contact_of_somebody_deleted_waits_and_says_so() {
    quiet(Wins::Remote)
        .each(async |world| {
            let gone = rosa(world);
            let (_, theirs) = pulled(world).await;
            let contact = world.case(&theirs).await.fields.contact.unwrap();
            let ida = customer(world, "Ida Wells", "ida@customer.example");
            let (ticket, case) = pulled_with(world, |new| new.requester_id = Some(ida)).await;
            world
                .zendesk()
                .edit(|account| account.delete_user(gone))
                .unwrap();
            settle(world, &case).await;
            let before = count(world);
            let admin = world.admin();
            admin
                .edit(&case, |fields| fields.contact = Some(contact.clone()))
                .await;
            settle(world, &case).await;
            let parked = world.parked(&case).await.into_iter().map(|(_, why)| why);
            let why = domain::outbox::Parked::NoRequester.to_string();
            assert_eq!(parked.collect::<Vec<_>>(), [why]);
            assert_eq!(there(world, ticket).requester, ida);
            assert_added(world, &before, [0, 0, 0]);
        })
        .await;
}
