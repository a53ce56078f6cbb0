//! Answers of Zendesk's to a look that say nothing: they are never taken for "there is nothing".

use std::time::Duration;

use simulator::Fault;

use crate::door::Door;
use crate::{add, comment, heed, pull, quiet, rename, status, subject};

#[tokio::test]
async fn a_list_of_comments_of_another_shape_is_no_empty_list() {
    quiet()
        .each(async |world| {
            let ticket = add(world, "Printer two");
            pull(world).await;
            let _door = Door::open(world).await;
            world.pass_minutes(1);
            rename(world, ticket, "Printer cold");
            comment(world, ticket, "It is out.");
            world.zendesk().webhooks_settled().await;
            let fault = Fault::parse("wrong-shape:route=tickets/{id}/comments").unwrap();
            world.zendesk().add_fault(fault);
            world.pass(Duration::from_secs(2));
            drop(engine::webhooks::heed(world.engine()).await);
            // The look has failed as a whole: nothing is half there, and it is done again.
            assert_eq!(subject(world, ticket).await, "Printer two");
            assert_eq!(world.comments_of(ticket).await.len(), 1);
            assert!(status(world).await.waiting >= 1);
            world.zendesk().clear_faults();
            world.pass_minutes(16);
            heed(world).await;
            assert_eq!(subject(world, ticket).await, "Printer cold");
            assert_eq!(world.comments_of(ticket).await.len(), 2);
            assert_eq!(status(world).await.waiting, 0);
        })
        .await;
}

#[tokio::test]
async fn a_hint_that_meets_a_limit_is_due_when_the_limit_ends_however_long_it_has_waited() {
    quiet()
        .each(async |world| {
            let ticket = add(world, "Printer two");
            pull(world).await;
            let _door = Door::open(world).await;
            world.pass_minutes(1);
            rename(world, ticket, "Printer cold");
            world.zendesk().webhooks_settled().await;
            // It has waited for ten minutes already.
            world.pass_minutes(10);
            let fault = "too-many:retry-after=1000:route=tickets/show_many:times=1";
            world.zendesk().add_fault(Fault::parse(fault).unwrap());
            drop(engine::webhooks::heed(world.engine()).await);
            assert_ne!(subject(world, ticket).await, "Printer cold");
            let mut reader = world.store().read().await.unwrap();
            let integration = world.integration().await.id;
            let due = store::inbox::next_due_of(&mut reader, &integration).await;
            drop(reader);
            let wait = due.unwrap().unwrap().duration_since(world.now());
            assert!(wait <= jiff::SignedDuration::from_secs(1_000), "{wait:?}");
            world.pass(wait.unsigned_abs());
            assert!(heed(world).await >= 1);
            assert_eq!(subject(world, ticket).await, "Printer cold");
        })
        .await;
}
