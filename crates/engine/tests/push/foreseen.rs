//! What a dry run tells of tickets that would be made and of people, field by field; the run right after
//! it writes just that.

use domain::outbox::Operation;
use engine::dry_run::DryRun;
use store::{contacts, outbox};
use world::Voice;

use crate::*;

async fn foresee(world: &World) -> DryRun {
    let integration = world.integration().await;
    let folder = tempfile::tempdir().unwrap();
    let writes = world.zendesk().writes_by_route();
    let dump = world.dump().await;
    let dry = Box::pin(engine::dry_run::dry_run(
        world.engine(),
        &integration,
        folder.path(),
    ))
    .await
    .unwrap();
    assert_eq!(world.zendesk().writes_by_route(), writes);
    assert!(dump == world.dump().await, "a dry run writes nothing here");
    dry
}

#[track_caller]
fn assert_told(told: &[String], sentence: &str) {
    let times = told.iter().filter(|said| *said == sentence).count();
    assert_eq!(times, 1, "{sentence} in {told:#?}");
}

#[tokio::test]
async fn a_dry_run_tells_every_field_of_a_ticket_that_would_be_made_and_of_its_comments() {
    quiet(Wins::Remote)
        .each(async |world| {
            pull(world).await;
            let rosa = rosa(world);
            world.zendesk().edit(|account| {
                let change = simulator::UserChange {
                    phone: Some(Some("+1 313 555 0100".to_owned())),
                    ..simulator::UserChange::default()
                };
                account.update_user(rosa, change).unwrap();
            });
            let contact = meet(world, "Rosa Parks", "rosa@customer.example").await;
            let admin = world.admin();
            let new = admin.open_case("A moth", "In relay 70.", Some(&contact)).await;
            admin.say(&new.id, "Seen it.", false, Voice::Own).await;
            admin.say(&new.id, "We come.", true, Voice::Own).await;
            assert!(admin.publish(&new.id).await);
            let dry = foresee(world).await;
            let number = new.number;
            let of = |rest: &str| format!("Case {number}: {rest}");
            let expected = [
                format!("Case {number} would become a ticket with the subject “A moth”."),
                of("the description of the new ticket would be the public comment “In relay 70.”."),
                of(&format!(
                    "requester of the new ticket would be “Rosa Parks” (user {rosa}), who has the email of case {number}'s contact or owner."
                )),
                of("status of the new ticket would be “open”."),
                of("priority of the new ticket would be “normal”."),
                of(&format!(
                    "external id of the new ticket would be “deskbridge:{}:{}”.",
                    world.integration().await.id,
                    new.id
                )),
            ];
            for sentence in &expected {
                assert_told(&dry.sendings.sentences, sentence);
            }
            let comments: Vec<&String> = dry
                .sendings
                .sentences
                .iter()
                .filter(|said| said.contains("would be added to the new ticket"))
                .collect();
            assert_eq!(comments.len(), 2, "{comments:?}");
            assert!(comments[0].contains("a private note") && comments[0].ends_with(": “Seen it.”."));
            assert!(comments[1].contains("a public comment") && comments[1].ends_with(": “We come.”."));
            assert_eq!(dry.sendings.sentences.len(), expected.len() + 2, "{dry:#?}");
            // What Zendesk knows of the requester fills what the contact lacks.
            assert_eq!(
                dry.changes.sentences,
                ["Contact Rosa Parks: phone would change from nothing to “+1 313 555 0100”."]
            );

            let before = count(world);
            world.sync_well().await;
            assert_added(world, &before, [1, 3, 3]);
            let ticket = world.ticket_of(&new.id).await.unwrap();
            let there = there(world, ticket);
            assert_eq!(there.subject.as_deref(), Some("A moth"));
            assert_eq!(there.requester, rosa);
            assert_eq!(there.priority, Some(simulator::Priority::Normal));
            let said: Vec<(String, bool)> = comments_there(world, ticket)
                .into_iter()
                .map(|(text, public, _)| (text, public))
                .collect();
            let texts = [("In relay 70.", true), ("Seen it.", false), ("We come.", true)];
            assert_eq!(said, texts.map(|(text, public)| (text.to_owned(), public)));
            let mut reader = world.store().read().await.unwrap();
            let ids = [contact.clone()];
            let known = contacts::by_ids(&mut reader, &ids).await.unwrap();
            assert_eq!(known[&contact].phone.as_deref(), Some("+1 313 555 0100"));
        })
        .await;
}

#[tokio::test]
async fn a_dry_run_tells_whom_it_would_make_and_fill_in_zendesk() {
    quiet(Wins::Local)
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            let known = world.case(&case).await.fields.contact.unwrap();
            let rosa = rosa(world);
            let grace = meet(world, "Grace Hopper", "grace@navy.example").await;
            let admin = world.admin();
            admin
                .edit(&case, |fields| fields.contact = Some(grace.clone()))
                .await;
            let mut tx = world.store().begin().await.unwrap();
            let mut found = contacts::by_ids(&mut tx, std::slice::from_ref(&known)).await.unwrap();
            let mut contact = found.remove(&known).unwrap();
            contact.phone = Some("+13135550100".to_owned());
            contacts::put(&mut tx, &[contact], world.now()).await.unwrap();
            tx.commit().await.unwrap();
            world.zendesk().edit(|account| {
                let change = simulator::UserChange {
                    name: Some("Rosa Louise Parks".to_owned()),
                    ..simulator::UserChange::default()
                };
                account.update_user(rosa, change).unwrap();
            });
            world.pass_minutes(2);
            let dry = foresee(world).await;
            let number = world.case(&case).await.number;
            let mut told = dry.sendings.sentences.clone();
            told.sort();
            let mut expected = [
                format!(
                    "Case {number}: a user would be made in Zendesk for its contact: name “Grace Hopper”, email “grace@navy.example”, external id “deskbridge:contact:{grace}”."
                ),
                format!(
                    "Case {number}: contact of ticket {ticket} would become the new user “Grace Hopper”."
                ),
                format!(
                    "Contact Rosa Louise Parks: phone of Zendesk user {rosa} would become “+13135550100”."
                ),
            ];
            expected.sort();
            assert_eq!(told, expected);
            assert_eq!(
                dry.changes.sentences,
                ["Contact Rosa Parks: name would change from “Rosa Parks” to “Rosa Louise Parks”."]
            );

            world.sync_well().await;
            let made = world
                .zendesk()
                .read(|account| account.user_by_email("grace@navy.example").unwrap().id);
            assert_eq!(there(world, ticket).requester, made);
            world.zendesk().read(|account| {
                let user = account.user(rosa).unwrap();
                assert_eq!(user.phone.as_deref(), Some("+13135550100"));
                assert_eq!(&*user.name, "Rosa Louise Parks");
            });
        })
        .await;
}

#[tokio::test]
async fn what_is_not_due_yet_is_told_as_later_and_the_next_run_leaves_it() {
    quiet(Wins::Remote)
        .each(async |world| {
            let (ticket, case) = pulled(world).await;
            world.admin().say(&case, "We come.", true, Voice::Own).await;
            let line = world.line_of(&case).await;
            let until = world.now() + jiff::SignedDuration::from_hours(1);
            let put_off = Operation {
                not_before: until,
                ..line[0].operation.clone()
            };
            let integration = world.integration().await.id;
            let mut tx = world.store().begin().await.unwrap();
            outbox::put(&mut tx, &integration, "sync", &[put_off], world.now())
                .await
                .unwrap();
            tx.commit().await.unwrap();
            let dry = foresee(world).await;
            let [told] = dry.sendings.sentences.as_slice() else {
                panic!("{:?}", dry.sendings);
            };
            let later = format!(": “We come.”. Later: not by a run before {until}.");
            assert!(told.ends_with(&later), "{told}");
            world.sync_well().await;
            assert_eq!(comments_there(world, ticket).len(), 1);
            world.pass_minutes(61);
            settle(world, &case).await;
            assert_eq!(comments_there(world, ticket).len(), 2);
        })
        .await;
}

#[tokio::test]
async fn what_cannot_be_looked_at_just_now_is_told_once_and_as_waiting() {
    quiet(Wins::Remote)
        .each(async |world| {
            let (_, case) = pulled(world).await;
            rename(world, &case, "Said here").await;
            hurt(world, "status=503:route=tickets/{id}");
            let dry = foresee(world).await;
            assert_eq!(dry.sendings.sentences, Vec::<String>::new());
            let number = world.case(&case).await.number;
            let [told] = dry.parked.sentences.as_slice() else {
                panic!("{:?}", dry.parked);
            };
            let begins = format!("Case {number}: Changed fields would wait. It is tried again");
            assert!(told.starts_with(&begins), "{told}");
            world.zendesk().clear_faults();
            settle(world, &case).await;
        })
        .await;
}
