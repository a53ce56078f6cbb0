//! Files that Zendesk has come here.

use engine::attachments::Limits;
use sha2::{Digest as _, Sha256};
use store::attachments::FileState;

use crate::{fetch, files, files_of, kept, pull, pull_ticket, two_way};

#[tokio::test]
async fn files_of_a_comment_come_byte_by_byte_whatever_their_size_and_name() {
    two_way()
        .each(async |world| {
            let files = files();
            let ticket = pull_ticket(world, &files).await;
            let waiting = files_of(world, ticket).await;
            assert!(waiting.iter().all(|file| file.state == FileState::Remote));
            assert_eq!(fetch(world, Limits::default()).await, files.len());

            let found = files_of(world, ticket).await;
            assert_eq!(found.len(), files.len());
            for (name, bytes) in &files {
                let file = found.iter().find(|file| file.file_name == *name).unwrap();
                assert_eq!(file.state, FileState::Stored, "{name}");
                assert_eq!(file.size, i64::try_from(bytes.len()).unwrap(), "{name}");
                assert!(kept(world, &file.id).await == *bytes, "{name}");
                let hash: String = Sha256::digest(bytes)
                    .iter()
                    .map(|byte| format!("{byte:02x}"))
                    .collect();
                assert_eq!(file.sha256.as_deref(), Some(hash.as_str()), "{name}");
            }
        })
        .await;
}

#[tokio::test]
async fn the_host_that_keeps_files_never_sees_the_sign_in() {
    // That host answers 400 to whoever brings credentials, so a file that came is the proof; the
    // account's own host wants them for each file.
    two_way()
        .simulator(|config| config.switches.private_attachments = true)
        .each(async |world| {
            let ticket = pull_ticket(world, &[("a.txt", b"a".to_vec())]).await;
            fetch(world, Limits::default()).await;
            assert_eq!(files_of(world, ticket).await[0].state, FileState::Stored);
            let routes = world.zendesk().requests_by_route();
            assert_eq!(routes["GET attachments/token"], 1);
            assert_eq!(routes["GET content"], 1);
        })
        .await;
}

#[tokio::test]
async fn nothing_is_asked_or_written_when_nothing_is_missing() {
    two_way()
        .each(async |world| {
            let ticket = pull_ticket(world, &[("a.txt", b"a".to_vec())]).await;
            fetch(world, Limits::default()).await;
            let (before, asked) = (world.dump().await, world.zendesk().requests());
            assert_eq!(fetch(world, Limits::default()).await, 0);
            assert_eq!(world.zendesk().requests(), asked);
            pull(world).await;
            assert_eq!(fetch(world, Limits::default()).await, 0);
            assert_eq!(world.dump().await, before);
            assert_eq!(files_of(world, ticket).await.len(), 1);
        })
        .await;
}

#[tokio::test]
async fn an_inactive_integration_fetches_nothing() {
    two_way()
        .once(async |world| {
            pull_ticket(world, &[("a.txt", b"a".to_vec())]).await;
            let integration = world.integration().await;
            let mut tx = world.store().begin().await.unwrap();
            let act = world.engine().act("test");
            store::integrations::deactivate(&mut tx, &integration, act)
                .await
                .unwrap();
            tx.commit().await.unwrap();
            assert_eq!(fetch(world, Limits::default()).await, 0);
        })
        .await;
}

#[tokio::test]
async fn a_redacted_file_is_purged_here_and_its_empty_stand_in_comes_instead() {
    two_way()
        .each(async |world| {
            let secret = b"a secret nobody should read".to_vec();
            let ticket =
                pull_ticket(world, &[("secret.txt", secret), ("b.txt", b"b".to_vec())]).await;
            fetch(world, Limits::default()).await;
            let before = files_of(world, ticket).await;
            let file = before
                .iter()
                .find(|file| file.file_name == "secret.txt")
                .unwrap();
            world.zendesk().edit(|account| {
                let (comment, attachment) = account
                    .comments_of(ticket)
                    .map(|(audit, comment)| (audit.comment_id(), comment.attachments[0].id))
                    .next()
                    .unwrap();
                account.redact_attachment(comment, attachment).unwrap();
            });
            pull(world).await;
            fetch(world, Limits::default()).await;
            assert!(kept(world, &file.id).await.is_empty());
            let mut names: Vec<(String, i64)> = files_of(world, ticket)
                .await
                .into_iter()
                .map(|file| (file.file_name, file.size))
                .collect();
            names.sort();
            let expected = [("b.txt".to_owned(), 1), ("redacted.txt".to_owned(), 0)];
            assert_eq!(names, expected);
        })
        .await;
}

#[tokio::test]
async fn files_of_an_erased_ticket_go_with_it() {
    two_way()
        .each(async |world| {
            let ticket = pull_ticket(world, &[("a.txt", b"personal".to_vec())]).await;
            fetch(world, Limits::default()).await;
            let file = files_of(world, ticket).await.remove(0);
            for step in 0..2 {
                world.zendesk().edit(|account| match step {
                    0 => account.delete_ticket(ticket).unwrap(),
                    _ => account.scrub_ticket(ticket).unwrap(),
                });
                pull(world).await;
            }
            assert!(kept(world, &file.id).await.is_empty());
            assert!(files_of(world, ticket).await.is_empty());
        })
        .await;
}
