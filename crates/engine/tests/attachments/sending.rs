//! Files that are added here reach Zendesk with their comment, once, or not without a word.

use domain::case::CasePriority;
use domain::outbox::{Kind, Parked, State};
use engine::actions::{self, NewCase};
use engine::attachments::Limits;
use simulator::Fault;
use store::attachments::{Attachment, FileState};
use store::outbox::Entry;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use world::{ADMIN_EMAIL, World};

use crate::{fetch, files, files_of, in_zendesk, kept, pull, pull_ticket, say, say_on, two_way};

/// The operations of a ticket's case that send comments, in order.
async fn sendings(world: &World, ticket: i64) -> Vec<Entry> {
    let case = world.case_of(ticket).await.id;
    let mut reader = world.store().read().await.unwrap();
    store::outbox::of_line(&mut reader, &case)
        .await
        .unwrap()
        .into_iter()
        .filter(|entry| entry.operation.kind == Kind::Comment)
        .collect()
}

fn uploads(world: &World) -> u64 {
    let routes = world.zendesk().requests_by_route();
    routes.get("POST uploads").copied().unwrap_or_default()
}

/// Deletes an upload in Zendesk: its token is dead from then on.
async fn drop_upload(world: &World, token: &str) {
    let address = world.zendesk().address();
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = format!(
        "DELETE /api/v2/uploads/{token}.json HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Authorization: Basic YWdlbnRAZXhhbXBsZS5jb20vdG9rZW46dG9rZW4=\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
}

/// Runs until the token of a file is kept, and dies there: before its comment is sent.
async fn die_after_upload(world: &mut World) {
    world.pass_minutes(1);
    for step in 1.. {
        match world.sync_until_step(step).await {
            Err(crashed) if crashed.0 == "push: after the token of a file is committed" => break,
            Err(_) => {}
            Ok(_) => panic!("nothing was uploaded"),
        }
        world.restart().await;
    }
    world.restart().await;
}

async fn token_of(world: &World, ticket: i64) -> String {
    let entry = sendings(world, ticket).await.remove(0);
    let mut tokens = entry.operation.payload.uploads.into_values();
    tokens.next().unwrap()
}

async fn only_file(world: &World, ticket: i64) -> Attachment {
    files_of(world, ticket).await.remove(0)
}

#[tokio::test]
async fn files_added_here_reach_zendesk_byte_by_byte_with_their_comment() {
    two_way()
        .each(async |world| {
            let ticket = pull_ticket(world, &[]).await;
            let files = files();
            say(world, ticket, &files).await;
            pull(world).await;
            let mut there = in_zendesk(world, ticket).pop().unwrap();
            there.sort();
            let mut here: Vec<(String, Vec<u8>)> = files
                .iter()
                .map(|(name, bytes)| ((*name).to_owned(), bytes.clone()))
                .collect();
            here.sort();
            assert!(there == here, "names and bytes");
            assert_eq!(uploads(world), 5);

            // Once the comment is seen there, each file is known as the one it became, and is not
            // fetched again.
            pull(world).await;
            let known = files_of(world, ticket).await;
            assert!(known.iter().all(|file| file.state == FileState::Stored));
            assert!(known.iter().all(|file| file.remote_id.is_some()));
            assert_eq!(fetch(world, Limits::default()).await, 0);
            assert_eq!(known.len(), 5, "none of them stands twice");
        })
        .await;
}

#[tokio::test]
async fn files_of_a_case_without_a_ticket_wait_for_it_and_go_when_it_is_published() {
    two_way()
        .each(async |world| {
            pull(world).await;
            let engine = world.engine();
            let new = NewCase {
                subject: "Made here".to_owned(),
                description: "What it is about.".to_owned(),
                priority: CasePriority::Normal,
                contact: None,
                assigned_to: None,
                owner: world.admin().user().await.id,
            };
            let case = actions::create(engine, new, ADMIN_EMAIL).await.unwrap();
            let bytes = crate::bytes(300_000);
            let file = [("a.bin", bytes.clone())];
            say_on(world, &case.id, &file).await.unwrap();
            pull(world).await;
            assert_eq!(uploads(world), 0, "there is nowhere to send it yet");

            actions::publish(engine, &case.id, None, ADMIN_EMAIL)
                .await
                .unwrap();
            for _ in 0..3 {
                pull(world).await;
            }
            let ticket = world
                .zendesk()
                .read(|account| account.tickets().map(|ticket| ticket.id).max())
                .unwrap();
            let there = in_zendesk(world, ticket);
            assert_eq!(there.len(), 2, "its description and the comment");
            assert!(there[1] == [("a.bin".to_owned(), bytes)]);
            assert_eq!(only_file(world, ticket).await.state, FileState::Stored);
        })
        .await;
}

#[tokio::test]
async fn a_crash_at_any_step_between_upload_and_comment_leaves_one_comment_with_the_right_bytes() {
    let bytes = crate::bytes(300_000);
    let file = [("a.bin", bytes.clone())];
    two_way()
        .each(async |world| {
            // Where in a run the sending begins and ends.
            let ticket = pull_ticket(world, &[]).await;
            say(world, ticket, &file).await;
            world.pass_minutes(2);
            world.forget_steps();
            world.sync_well().await;
            let steps = world.steps();
            let claim = "push: after the claim is committed";
            let first = steps.iter().position(|name| *name == claim).unwrap() + 1;

            let mut died_at = Vec::new();
            for step in first..=steps.len() {
                let ticket = pull_ticket(world, &[]).await;
                say(world, ticket, &file).await;
                world.pass_minutes(2);
                if let Err(died) = world.sync_until_step(step).await {
                    died_at.push(died.0);
                }
                world.restart().await;
                pull(world).await;
                pull(world).await;
                let died = died_at.last();
                let there = in_zendesk(world, ticket);
                assert_eq!(there.len(), 2, "one comment beside the first: {died:?}");
                assert!(
                    there[1] == [("a.bin".to_owned(), bytes.clone())],
                    "{died:?}"
                );
                let here = files_of(world, ticket).await;
                assert_eq!(here.len(), 1, "{died:?}");
                assert_eq!(here[0].state, FileState::Stored, "{died:?}");
            }
            for name in [
                "push: after the plan is committed",
                "push: after a file is uploaded",
                "push: after the token of a file is committed",
                "push: after it is sent",
                "push: after its end is committed",
            ] {
                assert!(died_at.contains(&name), "{name} is not among {died_at:?}");
            }
        })
        .await;
}

#[tokio::test]
async fn a_token_that_is_kept_is_used_and_nothing_is_uploaded_twice() {
    two_way()
        .each(async |world| {
            let ticket = pull_ticket(world, &[]).await;
            say(world, ticket, &[("a.txt", b"a".to_vec())]).await;
            die_after_upload(world).await;
            let before = uploads(world);
            pull(world).await;
            assert_eq!(uploads(world), before);
            let there = in_zendesk(world, ticket);
            assert_eq!(there[1], [("a.txt".to_owned(), b"a".to_vec())]);
        })
        .await;
}

#[tokio::test]
async fn a_token_that_may_have_expired_is_not_relied_on() {
    two_way()
        .once(async |world| {
            let ticket = pull_ticket(world, &[]).await;
            say(world, ticket, &[("a.txt", b"a".to_vec())]).await;
            die_after_upload(world).await;
            let before = uploads(world);
            world.pass_minutes(51);
            pull(world).await;
            assert_eq!(uploads(world), before + 1);
            assert_eq!(in_zendesk(world, ticket).len(), 2);
        })
        .await;
}

#[tokio::test]
async fn a_token_that_zendesk_refuses_is_replaced_by_another_upload() {
    two_way()
        .simulator(|config| config.switches.refuse_unknown_uploads = true)
        .each(async |world| {
            let ticket = pull_ticket(world, &[]).await;
            say(world, ticket, &[("a.txt", b"a".to_vec())]).await;
            die_after_upload(world).await;
            drop_upload(world, &token_of(world, ticket).await).await;
            pull(world).await;
            pull(world).await;
            let there = in_zendesk(world, ticket);
            assert_eq!(there.len(), 2);
            assert_eq!(there[1], [("a.txt".to_owned(), b"a".to_vec())]);
        })
        .await;
}

#[tokio::test]
async fn a_file_that_zendesk_drops_without_a_word_is_parked_and_stays_here() {
    two_way()
        .simulator(|config| config.switches.refuse_unknown_uploads = false)
        .each(async |world| {
            let ticket = pull_ticket(world, &[]).await;
            say(world, ticket, &[("a.txt", b"a".to_vec())]).await;
            die_after_upload(world).await;
            drop_upload(world, &token_of(world, ticket).await).await;
            pull(world).await;
            pull(world).await;
            assert_eq!(in_zendesk(world, ticket)[1], []);
            let file = only_file(world, ticket).await;
            assert_eq!(file.state, FileState::Parked);
            assert!(file.problem.unwrap().contains("without this file"));
            assert_eq!(kept(world, &file.id).await, b"a");
        })
        .await;
}

#[tokio::test]
async fn a_file_that_zendesk_does_not_take_parks_its_comment_and_no_other() {
    two_way()
        .simulator(|config| config.largest_upload = 1000)
        .each(async |world| {
            let ticket = pull_ticket(world, &[]).await;
            say(world, ticket, &[("a.bin", vec![7; 1001])]).await;
            say(world, ticket, &[("b.bin", vec![7; 1000])]).await;
            pull(world).await;
            let sendings = sendings(world, ticket).await;
            assert_eq!(sendings[0].operation.state, State::Parked);
            match &sendings[0].operation.reason {
                Some(Parked::Attachment { name, problem }) => {
                    assert_eq!(name, "a.bin");
                    assert!(problem.contains("no file of this size"), "{problem}");
                }
                other => panic!("{other:?}"),
            }
            assert_eq!(sendings[1].operation.state, State::Done);
            let there = in_zendesk(world, ticket);
            assert_eq!(there.len(), 2, "the comment is not sent without its file");
            assert_eq!(there[1], [("b.bin".to_owned(), vec![7; 1000])]);
        })
        .await;
}

#[tokio::test]
async fn a_file_over_our_own_limit_parks_its_comment_before_anything_is_sent() {
    two_way()
        .once(async |world| {
            let ticket = pull_ticket(world, &[]).await;
            let added = say(world, ticket, &[("a.bin", b"a".to_vec())]).await;
            let file = only_file(world, ticket).await;
            let huge = Attachment {
                id: "huge".to_owned(),
                case_comment_id: added.comment,
                size: 50 * 1024 * 1024 + 1,
                ..file
            };
            let mut tx = world.store().begin().await.unwrap();
            store::attachments::add(&mut tx, &[huge]).await.unwrap();
            tx.commit().await.unwrap();
            pull(world).await;
            let reason = sendings(world, ticket).await.remove(0).operation.reason;
            let sentence = reason.unwrap().to_string();
            assert!(sentence.contains("larger than 50 MB"), "{sentence}");
            assert_eq!(in_zendesk(world, ticket).len(), 1);
        })
        .await;
}

#[tokio::test]
async fn an_upload_whose_answer_is_lost_is_repeated_and_the_comment_sent_once() {
    two_way()
        .each(async |world| {
            let ticket = pull_ticket(world, &[]).await;
            say(world, ticket, &[("a.txt", b"a".to_vec())]).await;
            for text in [
                "reset-after:route=uploads:times=1",
                "status=503:route=uploads:after=1:times=1",
            ] {
                world.zendesk().add_fault(Fault::parse(text).unwrap());
            }
            for _ in 0..4 {
                pull(world).await;
            }
            let there = in_zendesk(world, ticket);
            assert_eq!(there.len(), 2);
            assert_eq!(there[1], [("a.txt".to_owned(), b"a".to_vec())]);
        })
        .await;
}
