//! Files of comments: their bytes come back as they went in, in pieces.

use store::attachments::{self, Attachment, CHUNK, FileState, Whole};
use store::comments::CaseComment;
use store::{Error, Tx};

use crate::database::{Database, on_both};
use crate::samples::{at, case};

fn file(n: i64, state: FileState) -> Attachment {
    Attachment {
        id: format!("file{n:03}"),
        case_comment_id: format!("comment{}", n % 2),
        integration_id: Some("main".to_owned()),
        remote_id: (state != FileState::Local).then_some(900 + n),
        file_name: format!("Rechnung {n} — 🖨️.pdf"),
        content_type: "application/pdf".to_owned(),
        size: 5,
        sha256: None,
        state,
        problem: None,
        content_url: Some(format!("https://acme.zendesk.com/attachments/token/{n}")),
        uploaded_at: None,
        created_at: at(n),
    }
}

async fn add(database: &Database, files: &[Attachment]) -> u64 {
    let mut tx = database.tx().await;
    let new = attachments::add(&mut tx, files).await.unwrap();
    tx.commit().await.unwrap();
    new
}

async fn find(database: &Database, id: &str) -> Option<Attachment> {
    attachments::find(&mut *database.reader().await, id)
        .await
        .unwrap()
}

/// Bytes that no text is, cut as files are cut.
fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|n| (n * 31 % 256) as u8).collect()
}

async fn keep(tx: &mut Tx, id: &str, bytes: &[u8]) -> i64 {
    let mut chunks = 0;
    for piece in bytes.chunks(CHUNK) {
        attachments::append(tx, id, chunks, piece).await.unwrap();
        chunks += 1;
    }
    chunks
}

async fn read(database: &Database, id: &str) -> Vec<u8> {
    let mut reader = database.reader().await;
    let mut all = Vec::new();
    for seq in 0.. {
        let Some(piece) = attachments::chunk(&mut reader, id, seq).await.unwrap() else {
            break;
        };
        all.extend(piece);
    }
    all
}

#[tokio::test]
async fn a_file_is_known_once_and_comes_back_as_it_was_told() {
    on_both(async |database| {
        let files: Vec<_> = (1..=60).map(|n| file(n, FileState::Remote)).collect();
        assert_eq!(add(database, &files).await, 60);
        // Seen again under another id of ours, it is the same file of Zendesk's.
        let mut again = files[..10].to_vec();
        for file in &mut again {
            file.id.push_str(" again");
        }
        assert_eq!(add(database, &again).await, 0);
        assert_eq!(add(database, &files).await, 0);
        // Files of ours have no id there, any number of them.
        let ours = [file(70, FileState::Local), file(71, FileState::Local)];
        assert_eq!(add(database, &ours).await, 2);

        assert_eq!(find(database, "file007").await, Some(files[6].clone()));
        let asked: Vec<_> = (0..300).map(|n| format!("comment{}", n % 3)).collect();
        let found = attachments::of_comments(&mut *database.reader().await, &asked).await;
        let found = found.unwrap();
        assert_eq!(found.len(), 2);
        let odd: Vec<_> = files
            .iter()
            .step_by(2)
            .cloned()
            .chain([ours[1].clone()])
            .collect();
        assert_eq!(found["comment1"], odd);
        let missing = attachments::missing(&mut *database.reader().await, "main", 7).await;
        assert_eq!(missing.unwrap(), files[..7]);
        let said = format!("{:?}", files[0]);
        assert!(
            !said.contains("Rechnung") && !said.contains("token"),
            "{said}"
        );
    })
    .await;
}

#[tokio::test]
async fn the_bytes_of_a_file_come_back_as_they_went_in() {
    on_both(async |database| {
        for (n, length) in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 7]
            .into_iter()
            .enumerate()
        {
            let n = i64::try_from(n).unwrap();
            let (id, content) = (file(n, FileState::Remote).id, bytes(length));
            add(database, &[file(n, FileState::Remote)]).await;
            let mut tx = database.tx().await;
            let chunks = keep(&mut tx, &id, &content).await;
            let whole = Whole {
                chunks,
                size: i64::try_from(length).unwrap(),
                sha256: "abc",
            };
            attachments::finish(&mut tx, &id, whole, FileState::Stored)
                .await
                .unwrap();
            tx.commit().await.unwrap();
            assert!(read(database, &id).await == content, "{length}");
            let kept = find(database, &id).await.unwrap();
            assert_eq!((kept.state, kept.size), (FileState::Stored, whole.size));
            assert_eq!(kept.sha256.as_deref(), Some("abc"));
        }
    })
    .await;
}

#[tokio::test]
async fn a_second_attempt_leaves_nothing_of_the_first() {
    on_both(async |database| {
        add(database, &[file(1, FileState::Remote)]).await;
        let id = "file001";
        let mut tx = database.tx().await;
        keep(&mut tx, id, &bytes(2 * CHUNK + 5)).await;
        tx.commit().await.unwrap();
        let mut tx = database.tx().await;
        let content = bytes(CHUNK + 9);
        let chunks = keep(&mut tx, id, &content[..]).await;
        let whole = Whole {
            chunks,
            size: i64::try_from(content.len()).unwrap(),
            sha256: "abc",
        };
        attachments::finish(&mut tx, id, whole, FileState::Local)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert!(read(database, id).await == content);
    })
    .await;
}

#[tokio::test]
async fn a_file_that_is_not_whole_is_not_taken_for_whole() {
    on_both(async |database| {
        add(database, &[file(1, FileState::Remote)]).await;
        for (chunks, size) in [(2, 10), (1, 9), (1, 11), (0, 0)] {
            let mut tx = database.tx().await;
            keep(&mut tx, "file001", &bytes(10)).await;
            let whole = Whole {
                chunks,
                size,
                sha256: "abc",
            };
            let refused = attachments::finish(&mut tx, "file001", whole, FileState::Stored).await;
            // Nothing said and nothing kept is whole: the pieces of a former attempt go.
            assert_eq!(refused.is_ok(), (chunks, size) == (0, 0), "{chunks} {size}");
            if let Err(error) = refused {
                assert!(matches!(error, Error::Damaged(_)), "{error:?}");
            }
        }
        assert_eq!(
            find(database, "file001").await.unwrap().state,
            FileState::Remote
        );
        let mut tx = database.tx().await;
        let nobodys = attachments::append(&mut tx, "nobody's", 0, &[1]).await;
        assert!(nobodys.is_err());
    })
    .await;
}

#[tokio::test]
async fn a_parked_file_says_why_and_goes_back_to_where_it_was() {
    on_both(async |database| {
        let mut lost = file(3, FileState::Remote);
        lost.content_url = None;
        let all = [file(1, FileState::Remote), file(2, FileState::Local), lost];
        add(database, &all).await;
        let mut tx = database.tx().await;
        for id in ["file001", "file002"] {
            keep(&mut tx, id, &bytes(5)).await;
        }
        let whole = Whole {
            chunks: 1,
            size: 5,
            sha256: "abc",
        };
        attachments::finish(&mut tx, "file002", whole, FileState::Local)
            .await
            .unwrap();
        for id in ["file001", "file002", "file003"] {
            attachments::park(&mut tx, id, "It is too large.")
                .await
                .unwrap();
        }
        tx.commit().await.unwrap();
        let parked = find(database, "file001").await.unwrap();
        assert_eq!(parked.state, FileState::Parked);
        assert_eq!(parked.problem.as_deref(), Some("It is too large."));
        // Half a file of Zendesk's is of no use; what is ours is kept.
        assert!(read(database, "file001").await.is_empty());
        assert_eq!(read(database, "file002").await, bytes(5));
        let mut tx = database.tx().await;
        for (id, may, state) in [
            ("file001", true, FileState::Remote),
            ("file002", true, FileState::Local),
            ("file003", false, FileState::Parked),
        ] {
            assert_eq!(attachments::retry(&mut tx, id).await.unwrap(), may, "{id}");
            assert!(!attachments::retry(&mut tx, id).await.unwrap(), "{id}");
            let now = attachments::find(&mut tx, id).await.unwrap().unwrap();
            assert_eq!((now.state, now.problem.is_some()), (state, !may), "{id}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_file_that_was_sent_is_on_both_sides_and_is_never_imported_again() {
    on_both(async |database| {
        add(
            database,
            &[file(1, FileState::Local), file(2, FileState::Remote)],
        )
        .await;
        let mut tx = database.tx().await;
        attachments::note_uploaded(&mut tx, "file001", at(40))
            .await
            .unwrap();
        let note = async |tx: &mut Tx, remote| {
            attachments::note_remote(tx, "file001", "main", remote, "https://there")
                .await
                .unwrap()
        };
        assert!(!note(&mut tx, 902).await, "it is the other file");
        assert!(note(&mut tx, 950).await);
        tx.commit().await.unwrap();
        let sent = find(database, "file001").await.unwrap();
        assert_eq!(sent.uploaded_at, Some(at(40)));
        assert_eq!((sent.remote_id, sent.state), (Some(950), FileState::Stored));
        let mut pulled = file(5, FileState::Remote);
        pulled.remote_id = Some(950);
        assert_eq!(add(database, &[pulled]).await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_redacted_file_goes_with_its_bytes() {
    on_both(async |database| {
        add(database, &[file(1, FileState::Local)]).await;
        let mut tx = database.tx().await;
        keep(&mut tx, "file001", &bytes(CHUNK * 2)).await;
        attachments::remove(&mut tx, "file001").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(find(database, "file001").await, None);
        assert_eq!(database.count("attachment_chunk").await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_file_of_ours_that_no_comment_has_is_left_behind_and_no_other() {
    on_both(async |database| {
        let mut tx = database.tx().await;
        store::cases::put(&mut tx, &[case(1)]).await.unwrap();
        let said = CaseComment {
            id: "comment1".to_owned(),
            case_id: case(1).id,
            message: "Here it is.".to_owned(),
            public: false,
            is_description: false,
            contact_id: None,
            user_id: None,
            created_at: at(1),
        };
        store::comments::put(&mut tx, &[said], at(1)).await.unwrap();
        tx.commit().await.unwrap();
        // Odd ones have a comment, even ones have none.
        let files = [
            file(1, FileState::Local),
            file(2, FileState::Local),
            file(4, FileState::Remote),
            file(6, FileState::Local),
        ];
        add(database, &files).await;
        let left = async |before, limit| {
            attachments::left_behind(&mut *database.reader().await, at(before), limit)
                .await
                .unwrap()
        };
        assert_eq!(left(6, 10).await, ["file002"], "the other one is too young");
        assert_eq!(left(7, 10).await.len(), 2);
        assert_eq!(left(7, 1).await.len(), 1);
    })
    .await;
}
