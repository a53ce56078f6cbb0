//! Fetches that go wrong: what passes is tried again, what lasts is parked with the reason.

use engine::attachments::{self, Limits};
use simulator::Fault;
use store::attachments::{Attachment, FileState};
use world::World;

use crate::{fetch, files_of, kept, pull_ticket, two_way};

fn fault(world: &World, text: &str) {
    world.zendesk().add_fault(Fault::parse(text).unwrap());
}

async fn only_file(world: &World, ticket: i64) -> Attachment {
    files_of(world, ticket).await.remove(0)
}

/// The file is parked, and this stands in the reason.
fn assert_parked(file: &Attachment, words: &str) {
    assert_eq!(file.state, FileState::Parked);
    let problem = file.problem.as_deref().unwrap_or_default();
    assert!(problem.contains(words), "{problem}");
}

#[tokio::test]
async fn a_redirect_to_a_foreign_host_is_refused_and_the_file_parked() {
    two_way()
        .each(async |world| {
            let ticket = pull_ticket(world, &[("a.txt", b"a".to_vec())]).await;
            fault(
                world,
                "redirect=https://evil.example/a:route=attachments/token",
            );
            assert_eq!(fetch(world, Limits::default()).await, 1);
            let file = only_file(world, ticket).await;
            assert_parked(&file, "evil.example");
            assert!(
                !world
                    .zendesk()
                    .requests_by_route()
                    .contains_key("GET content")
            );

            world.zendesk().clear_faults();
            assert!(attachments::retry(world.engine(), &file.id).await.unwrap());
            assert_eq!(fetch(world, Limits::default()).await, 1);
            assert_eq!(only_file(world, ticket).await.state, FileState::Stored);
            assert!(!attachments::retry(world.engine(), &file.id).await.unwrap());
        })
        .await;
}

#[tokio::test]
async fn a_second_redirect_is_refused() {
    two_way()
        .once(async |world| {
            let ticket = pull_ticket(world, &[("a.txt", b"a".to_vec())]).await;
            fault(
                world,
                "redirect=https://files.zdusercontent.com/a:route=content",
            );
            fetch(world, Limits::default()).await;
            assert_parked(&only_file(world, ticket).await, "no host of its files");
        })
        .await;
}

#[tokio::test]
async fn a_file_of_another_size_than_zendesk_says_is_parked_and_not_kept() {
    two_way()
        .each(async |world| {
            let ticket = pull_ticket(world, &[("a.txt", b"abc".to_vec())]).await;
            let file = only_file(world, ticket).await;
            let lie = Attachment {
                id: "lie".to_owned(),
                remote_id: Some(77),
                size: 4,
                ..file
            };
            let mut tx = world.store().begin().await.unwrap();
            store::attachments::add(&mut tx, &[lie]).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(fetch(world, Limits::default()).await, 2);
            let mut reader = world.store().read().await.unwrap();
            let lie = store::attachments::find(&mut reader, "lie").await.unwrap();
            assert_parked(&lie.unwrap(), "says that it has 4 bytes, and sent 3");
            assert!(kept(world, "lie").await.is_empty());
        })
        .await;
}

#[tokio::test]
async fn a_file_that_is_too_large_is_parked_without_being_asked_for() {
    two_way()
        .each(async |world| {
            let ticket = pull_ticket(world, &[("a.bin", vec![7; 1001])]).await;
            fetch(world, Limits { largest: 1000 }).await;
            assert_parked(&only_file(world, ticket).await, "larger than 1000 bytes");
            let routes = world.zendesk().requests_by_route();
            assert!(!routes.contains_key("GET attachments/token"));
        })
        .await;
}

#[tokio::test]
async fn a_file_that_is_gone_is_parked() {
    two_way()
        .once(async |world| {
            let ticket = pull_ticket(world, &[("a.txt", b"a".to_vec())]).await;
            fault(world, "status=404:route=attachments/token");
            fetch(world, Limits::default()).await;
            assert_parked(&only_file(world, ticket).await, "does not have it any more");
        })
        .await;
}

#[tokio::test]
async fn a_file_that_stops_in_the_middle_is_fetched_again_after_a_pause_and_comes_whole() {
    two_way()
        .each(async |world| {
            let bytes = crate::bytes(700_000);
            let ticket = pull_ticket(world, &[("a.bin", bytes.clone())]).await;
            fault(world, "truncate:route=content:times=1");
            fault(world, "status=503:route=content:after=1:times=1");
            assert_eq!(
                fetch(world, Limits::default()).await,
                1,
                "one try, then a pause"
            );
            assert_eq!(only_file(world, ticket).await.state, FileState::Remote);
            for _ in 0..2 {
                world.pass_minutes(2);
                assert_eq!(fetch(world, Limits::default()).await, 1);
            }
            let file = only_file(world, ticket).await;
            assert_eq!(file.state, FileState::Stored);
            assert!(kept(world, &file.id).await == bytes);
        })
        .await;
}

#[tokio::test]
async fn one_file_that_keeps_failing_is_parked_in_the_end_and_holds_up_no_other() {
    two_way()
        .each(async |world| {
            let ticket =
                pull_ticket(world, &[("a.txt", b"a".to_vec()), ("b.txt", b"b".to_vec())]).await;
            let bad = only_file(world, ticket).await;
            // The one at the head of the line is tried, and refused, alone.
            fault(world, "status=403:route=content:times=1");
            assert_eq!(fetch(world, Limits::default()).await, 1);
            world.pass_minutes(0);
            world.pass(std::time::Duration::from_secs(6));
            assert_eq!(fetch(world, Limits::default()).await, 1, "the other one");
            let good = files_of(world, ticket).await.remove(1);
            assert_eq!(good.state, FileState::Stored);

            fault(world, "status=403:route=content");
            let mut tries = 1;
            while only_file(world, ticket).await.state == FileState::Remote {
                world.pass_minutes(61);
                tries += fetch(world, Limits::default()).await;
            }
            assert_eq!(tries, 8);
            let file = only_file(world, ticket).await;
            assert_eq!(file.id, bad.id);
            assert_parked(&file, "could not be fetched in 8 tries");
        })
        .await;
}

#[tokio::test]
async fn files_wait_while_the_sign_in_is_refused_and_come_once_it_is_mended() {
    two_way()
        .each(async |world| {
            let ticket = pull_ticket(world, &[("a.txt", b"a".to_vec())]).await;
            // A stranger is refused a private file as if it were one that nobody may see, or is led
            // to the page for signing in.
            for answer in [
                "status=403",
                "redirect=https://company.zendesk.com/access/login",
            ] {
                fault(world, "revoke-token");
                fault(world, &format!("{answer}:route=attachments/token"));
                fetch(world, Limits::default()).await;
                for _ in 0..10 {
                    world.pass_minutes(6);
                    fetch(world, Limits::default()).await;
                }
                let file = only_file(world, ticket).await;
                assert_eq!(file.state, FileState::Remote, "no fault of the file's");
                world.zendesk().clear_faults();
            }
            world.pass_minutes(6);
            fetch(world, Limits::default()).await;
            assert_eq!(only_file(world, ticket).await.state, FileState::Stored);
        })
        .await;
}

#[tokio::test]
async fn a_limit_of_zendesk_is_waited_for() {
    two_way()
        .once(async |world| {
            let ticket = pull_ticket(world, &[("a.txt", b"a".to_vec())]).await;
            fault(
                world,
                "too-many:route=attachments/token:retry-after=90:times=1",
            );
            fetch(world, Limits::default()).await;
            let asked = world.zendesk().requests();
            assert_eq!(fetch(world, Limits::default()).await, 0);
            assert_eq!(
                world.zendesk().requests(),
                asked,
                "not before the limit ends"
            );
            world.pass_minutes(2);
            fetch(world, Limits::default()).await;
            assert_eq!(only_file(world, ticket).await.state, FileState::Stored);
        })
        .await;
}
