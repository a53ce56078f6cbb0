//! Adding files here: all of them with their comment, or none.

use engine::attachments::{self, Limits, NewComment, Source};
use store::attachments::{CHUNK, FileState};
use tokio::io::AsyncWriteExt as _;
use world::{ADMIN_EMAIL, World};

use crate::{bytes, fetch, files_of, kept, pull_ticket, say, sources, try_say, two_way};

/// The sentence with which a comment is refused; nothing of it is kept then.
async fn refused(world: &World, ticket: i64, files: Vec<Source>, limits: Limits) -> String {
    let before = world.dump().await;
    let case = world.case_of(ticket).await.id;
    let author = world.admin().user().await.id;
    let new = NewComment {
        case: &case,
        text: "Here they are.",
        public: false,
        author: &author,
        actor: ADMIN_EMAIL,
    };
    let error = attachments::comment(world.engine(), new, files, limits)
        .await
        .unwrap_err();
    assert_eq!(world.dump().await, before);
    error.to_string()
}

#[tokio::test]
async fn a_name_with_folders_is_kept_without_them() {
    two_way()
        .each(async |world| {
            let ticket = pull_ticket(world, &[]).await;
            let added = say(world, ticket, &[("../../etc/passwd", b"root".to_vec())]).await;
            let file = files_of(world, ticket).await.remove(0);
            assert_eq!(file.id, added.files[0]);
            assert_eq!(file.file_name, "passwd");
            assert_eq!(file.state, FileState::Local);
            assert_eq!(kept(world, &file.id).await, b"root");
        })
        .await;
}

#[tokio::test]
async fn a_file_that_is_too_large_keeps_the_whole_comment_from_being_added() {
    two_way()
        .each(async |world| {
            let ticket = pull_ticket(world, &[]).await;
            let files = sources(&[("a.txt", b"a".to_vec()), ("b.bin", vec![7; 1001])]);
            let said = refused(world, ticket, files, Limits { largest: 1000 }).await;
            assert!(said.contains("\"b.bin\" cannot be added"), "{said}");
            assert!(said.contains("larger than 1000 bytes"), "{said}");
        })
        .await;
}

#[tokio::test]
async fn a_comment_takes_twenty_files() {
    two_way()
        .once(async |world| {
            let ticket = pull_ticket(world, &[]).await;
            let many = vec![("a.txt", b"a".to_vec()); 21];
            let said = refused(world, ticket, sources(&many), Limits::default()).await;
            assert!(said.contains("20 files at most, and 21"), "{said}");
            try_say(world, ticket, &many[..20]).await.unwrap();
            assert_eq!(files_of(world, ticket).await.len(), 20);
        })
        .await;
}

#[tokio::test]
async fn a_file_that_cannot_be_read_to_its_end_adds_nothing() {
    struct Broken;
    impl tokio::io::AsyncRead for Broken {
        fn poll_read(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
            _: &mut tokio::io::ReadBuf<'_>,
        ) -> std::task::Poll<std::io::Result<()>> {
            std::task::Poll::Ready(Err(std::io::ErrorKind::PermissionDenied.into()))
        }
    }
    two_way()
        .once(async |world| {
            let ticket = pull_ticket(world, &[]).await;
            let mut files = sources(&[("a.txt", b"a".to_vec())]);
            files.push(Source {
                name: "b.txt".to_owned(),
                content: Box::pin(Broken),
            });
            let said = refused(world, ticket, files, Limits::default()).await;
            assert!(
                said.contains("could not be read (permission denied)"),
                "{said}"
            );
        })
        .await;
}

#[tokio::test]
async fn nothing_is_added_to_a_deleted_case_or_to_none() {
    two_way()
        .once(async |world| {
            let ticket = pull_ticket(world, &[]).await;
            world.admin().delete_case_of(ticket).await;
            let files = sources(&[("a.txt", b"a".to_vec())]);
            let said = refused(world, ticket, files, Limits::default()).await;
            assert!(said.contains("Restore it first"), "{said}");
            let new = NewComment {
                case: "no such case",
                text: "x",
                public: false,
                author: "x",
                actor: ADMIN_EMAIL,
            };
            let error = attachments::comment(world.engine(), new, Vec::new(), Limits::default())
                .await
                .unwrap_err();
            assert!(error.to_string().contains("There is no case"), "{error}");
        })
        .await;
}

/// The files that no comment has, at any age.
async fn left_behind(world: &World) -> Vec<String> {
    let mut reader = world.store().read().await.unwrap();
    store::attachments::left_behind(&mut reader, jiff::Timestamp::MAX, 100)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_file_whose_adding_was_cut_off_is_removed_a_day_later_and_no_other() {
    two_way()
        .each(async |world| {
            let engine = world.engine();
            let ticket = pull_ticket(world, &[("theirs.txt", b"theirs".to_vec())]).await;
            fetch(world, Limits::default()).await;
            say(world, ticket, &[("ours.txt", b"ours".to_vec())]).await;
            let case = world.case_of(ticket).await.id;
            let author = world.admin().user().await.id;
            let new = NewComment {
                case: &case,
                text: "Here it is.",
                public: false,
                author: &author,
                actor: ADMIN_EMAIL,
            };
            let (mut hand, content) = tokio::io::duplex(4 * CHUNK);
            hand.write_all(&bytes(2 * CHUNK)).await.unwrap();
            let source = Source {
                name: "endless.bin".to_owned(),
                content: Box::pin(content),
            };
            let is_kept = async {
                while match left_behind(world).await.as_slice() {
                    [id] => kept(world, id).await.len() < 2 * CHUNK,
                    _ => true,
                } {
                    tokio::task::yield_now().await;
                }
            };
            let limits = Limits::default();
            tokio::select! {
                added = attachments::comment(engine, new, vec![source], limits) => panic!("{added:?}"),
                () = is_kept => {}
            }
            drop(hand);
            let cut = left_behind(world).await.remove(0);

            world.pass_minutes(23 * 60);
            engine::worker::tidy_up_once(engine).await.unwrap();
            assert_eq!(left_behind(world).await, [cut.as_str()], "it may still go on");
            world.pass_minutes(2 * 60);
            engine::worker::tidy_up_once(engine).await.unwrap();
            assert!(left_behind(world).await.is_empty());
            assert!(kept(world, &cut).await.is_empty(), "its pieces are gone too");
            let names: Vec<String> = files_of(world, ticket)
                .await
                .into_iter()
                .map(|file| file.file_name)
                .collect();
            assert_eq!(names, ["theirs.txt", "ours.txt"]);
        })
        .await;
}

#[tokio::test]
async fn an_attempt_that_was_cut_off_leaves_its_files_to_no_later_one_at_the_same_comment() {
    two_way()
        .each(async |world| {
            let engine = world.engine();
            let ticket = pull_ticket(world, &[]).await;
            let case = world.case_of(ticket).await.id;
            let author = world.admin().user().await.id;
            let new = NewComment {
                case: &case,
                text: "Here they are.",
                public: false,
                author: &author,
                actor: ADMIN_EMAIL,
            };
            let id = engine.new_id();
            let limits = Limits::default();
            let (hand, content) = tokio::io::duplex(CHUNK);
            let mut files = sources(&[("a.txt", b"a".to_vec())]);
            files.push(Source {
                name: "endless.bin".to_owned(),
                content: Box::pin(content),
            });
            let both_begun = async {
                while left_behind(world).await.len() < 2 {
                    tokio::task::yield_now().await;
                }
            };
            let first = attachments::comment_as(engine, id.clone(), new, files, limits);
            tokio::select! {
                added = first => panic!("{added:?}"),
                () = both_begun => {}
            }
            drop(hand);
            let again = || sources(&[("a.txt", b"a".to_vec()), ("b.txt", b"b".to_vec())]);
            let add =
                async || attachments::comment_as(engine, id.clone(), new, again(), limits).await;
            let added = add().await.unwrap();
            let mut names: Vec<String> = files_of(world, ticket)
                .await
                .into_iter()
                .map(|file| file.file_name)
                .collect();
            names.sort();
            assert_eq!(names, ["a.txt", "b.txt"], "each once");
            assert_eq!(left_behind(world).await.len(), 2, "of the first attempt");
            assert_eq!(add().await.unwrap().comment, added.comment);
            assert_eq!(files_of(world, ticket).await.len(), 2);
        })
        .await;
}
