//! Files that are parked stand among the parked changes, and are settled there.

use engine::actions;
use engine::attachments::Limits;
use engine::case_view::{self, ParkedKind, ParkedPage};
use simulator::Fault;
use store::attachments::FileState;
use store::outbox::ParkedFilter;
use world::{ADMIN_EMAIL, World};

use crate::{fetch, files_of, pull, pull_ticket, say, two_way};

async fn parked(world: &World, filter: ParkedFilter<'_>, limit: i64) -> ParkedPage {
    case_view::parked(world.engine(), filter, None, limit)
        .await
        .unwrap()
}

fn hurt(world: &World, text: &str) {
    world.zendesk().add_fault(Fault::parse(text).unwrap());
}

#[tokio::test]
async fn a_parked_file_is_listed_and_named_and_comes_when_it_is_retried() {
    two_way()
        .each(async |world| {
            let names = [("a.txt", b"a".to_vec()), ("b.txt", b"b".to_vec())];
            let ticket = pull_ticket(world, &names).await;
            hurt(world, "status=404:route=attachments/token");
            fetch(world, Limits::default()).await;
            world.zendesk().clear_faults();
            let case = world.case_of(ticket).await;
            let of_case = ParkedFilter {
                case: Some(&case.id),
                ..ParkedFilter::default()
            };
            let page = parked(world, of_case, 10).await;
            assert_eq!(page.parked.len(), 2, "{page:?}");
            for found in &page.parked {
                assert_eq!(found.kind, ParkedKind::File);
                assert_eq!(found.case_number, Some(case.number));
                assert!(found.what.ends_with(".txt"), "{found:?}");
                assert!(
                    found.reason.contains("does not have it any more"),
                    "{found:?}"
                );
            }
            // Page by page it is the same.
            let first = parked(world, ParkedFilter::default(), 1).await;
            let engine = world.engine();
            let after = first.next.as_deref();
            let second = case_view::parked(engine, ParkedFilter::default(), after, 1)
                .await
                .unwrap();
            assert_eq!(second.next, None);
            let ids = [&first.parked[0].id, &second.parked[0].id];
            assert_eq!(ids, [&page.parked[0].id, &page.parked[1].id]);

            let why = engine::why::why(engine, &case.id).await.unwrap();
            assert!(!why.in_sync);
            assert!(why.sentence.starts_with("The files “"), "{why:?}");
            assert!(why.sentence.contains("“a.txt”") && why.sentence.contains("“b.txt”"));

            actions::retry(engine, ids[0], ADMIN_EMAIL).await.unwrap();
            let again = actions::retry(engine, ids[0], ADMIN_EMAIL).await;
            assert!(again.is_err(), "it is not parked any more");
            let retried = actions::retry_all(engine, None, ADMIN_EMAIL).await.unwrap();
            assert_eq!(retried, 1);
            assert_eq!(fetch(world, Limits::default()).await, 2);
            let files = files_of(world, ticket).await;
            assert!(files.iter().all(|file| file.state == FileState::Stored));
            assert!(parked(world, of_case, 10).await.parked.is_empty());
            let why = engine::why::why(engine, &case.id).await.unwrap();
            assert!(why.in_sync, "{why:?}");
        })
        .await;
}

#[tokio::test]
async fn a_file_of_ours_that_zendesk_did_not_take_is_not_sent_again_and_can_be_given_up() {
    two_way()
        .each(async |world| {
            let ticket = pull_ticket(world, &[]).await;
            let added = say(world, ticket, &[("a.txt", b"ours".to_vec())]).await;
            // Sent by the first run, and read back by the second.
            pull(world).await;
            pull(world).await;
            let ours = files_of(world, ticket).await.pop().unwrap();
            assert_eq!(ours.state, FileState::Stored, "{added:?}");
            let mut tx = world.store().begin().await.unwrap();
            store::attachments::park(&mut tx, &ours.id, "Zendesk took the comment without it.")
                .await
                .unwrap();
            tx.commit().await.unwrap();
            let engine = world.engine();
            let refused = actions::retry(engine, &ours.id, ADMIN_EMAIL).await;
            let said = refused.unwrap_err().to_string();
            assert!(said.contains("Send it with another comment"), "{said}");
            let retried = actions::retry_all(engine, None, ADMIN_EMAIL).await.unwrap();
            assert_eq!(retried, 0);
            actions::discard(engine, &ours.id, ADMIN_EMAIL)
                .await
                .unwrap();
            assert!(
                parked(world, ParkedFilter::default(), 10)
                    .await
                    .parked
                    .is_empty()
            );
            assert_eq!(crate::kept(world, &ours.id).await, b"ours");
        })
        .await;
}

#[tokio::test]
async fn a_file_that_only_zendesk_has_is_not_given_up_here() {
    two_way()
        .once(async |world| {
            let ticket = pull_ticket(world, &[("a.txt", b"a".to_vec())]).await;
            hurt(world, "status=404:route=attachments/token");
            fetch(world, Limits::default()).await;
            let file = files_of(world, ticket).await.remove(0);
            let refused = actions::discard(world.engine(), &file.id, ADMIN_EMAIL).await;
            let said = refused.unwrap_err().to_string();
            assert!(said.contains("only in Zendesk"), "{said}");
        })
        .await;
}
