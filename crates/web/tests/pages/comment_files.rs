//! Files with a comment, on the page and over the API: each whole, or nothing of any.

use std::io::Write as _;
use std::net::Shutdown;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use clock::{Clock as _, SystemClock};
use engine::attachments::NO_TEXT;
use serde_json::json;
use store::users::UserRole;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::file_desk::{CALL, Desk, LARGEST, PAGE, Part, bytes, form, is};
use crate::house::{House, on_both};

#[tokio::test]
async fn files_stand_below_their_comment_byte_for_byte() {
    on_both(async |house: House| {
        let desk = Desk::of(house).await;
        // Bytes that look like the end of a part are none, and the largest file is not too large.
        let tricky = b"\r\n--\r\n--a\r\n\r\n--\r\n".to_vec();
        let large = bytes(usize::try_from(LARGEST).unwrap());
        let answer = desk
            .send(
                PAGE,
                &[
                    ("text", None, b"Two files.\r\nAs you asked."),
                    ("public", None, b"yes"),
                    ("file", Some("large 1.bin"), &large),
                    ("file", Some("../tricky <b>.html"), &tricky),
                ],
            )
            .await;
        assert_eq!(
            answer.location(),
            "/cases/1?done=said#comments",
            "{}",
            answer.text()
        );
        // One file before its text; and a browser whose user chose none.
        let one: [Part; 2] = [("file", Some("empty.txt"), b""), ("text", None, b"One.")];
        assert_eq!(desk.send(PAGE, &one).await.status, 303);
        let none: [Part; 2] = [("text", None, b"None."), ("file", Some(""), b"")];
        assert_eq!(desk.send(PAGE, &none).await.status, 303);

        let comments = desk.comments().await;
        let told: Vec<_> = comments
            .iter()
            .map(|one| (&one["text"], &one["public"]))
            .collect();
        let wanted = [
            (&json!("Two files.\nAs you asked."), &json!(true)),
            (&json!("One."), &json!(false)),
            (&json!("None."), &json!(false)),
        ];
        let in_any_order = wanted.iter().all(|one| told.contains(one));
        assert!(told.len() == 3 && in_any_order, "{told:?}");
        for comment in &comments {
            let files = desk.files(comment).await;
            match comment["text"].as_str().unwrap() {
                "One." => assert_eq!(files, [("empty.txt".to_owned(), Vec::new())]),
                "None." => assert!(files.is_empty()),
                _ => {
                    assert_eq!(files[0], ("large 1.bin".to_owned(), large.clone()));
                    assert_eq!(files[1], ("tricky <b>.html".to_owned(), tricky.clone()));
                }
            }
        }
        let page = desk.read("/cases/1").await.text();
        let below = page
            .split("<article")
            .find(|one| one.contains("Two files."));
        let below = below.unwrap();
        assert!(
            below.contains("large 1.bin") && below.contains("tricky &#60;b&#62;.html"),
            "{below}"
        );
        assert!(page.contains("Up to 20 files of 300000 bytes each."));
        assert_eq!(desk.kept_aside(), 0);
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_taken_is_refused_beside_its_field_and_nothing_of_it_is_kept() {
    on_both(async |house: House| {
        let desk = Desk::of(house).await;
        let before = desk.dump().await;
        let too_large = bytes(usize::try_from(LARGEST).unwrap() + 1);
        let text: Part = ("text", None, b"Typed with care.");
        let public: Part = ("public", None, b"yes");
        let small: Part = ("file", Some("small.txt"), b"small");
        let mut many = vec![small; 21];
        many.splice(0..0, [text, public]);
        let cases: [(&[Part], &str, &str); 4] = [
            (
                &[
                    text,
                    public,
                    small,
                    ("file", Some("b.bin"), &too_large),
                    small,
                ],
                "file-wrong",
                "larger than 300000 bytes",
            ),
            // The text behind what is refused is not lost either.
            (
                &[("file", Some("b.bin"), &too_large), text, public],
                "file-wrong",
                "larger than 300000 bytes",
            ),
            (&many, "file-wrong", "20 files at most, and 21 were given"),
            (
                &[("text", None, b" \r\n "), public, small],
                "text-wrong",
                NO_TEXT,
            ),
        ];
        for (parts, field, said) in cases {
            let answer = desk.send(PAGE, parts).await;
            assert_eq!(answer.status, 422, "{said}");
            let page = answer.text();
            let (_, told) = page.split_once(&format!("id=\"{field}\">")).unwrap();
            let (told, _) = told.split_once("</p>").unwrap();
            assert!(told.contains(said), "{told}");
            assert!(page.contains("Choose the files again"), "{said}");
            assert!(page.contains("value=\"yes\" checked"), "{said}");
            if field == "file-wrong" {
                assert!(page.contains("\nTyped with care.</textarea>"), "{said}");
            }
        }
        let more = desk.send(PAGE, &[text, ("owner_id", None, b"me")]).await;
        assert_eq!(more.status, 422);
        let twice = desk.send(PAGE, &[text, text]).await;
        assert_eq!(twice.status, 422);
        // No need to send it all to be told so.
        let length = usize::try_from(LARGEST).unwrap() * 20 + 2 * 1024 * 1024;
        let cut = desk.ask(&desk.head(PAGE, length, ""), b"").await;
        assert_eq!(cut.status, 413, "{}", cut.text());
        // Who does not say how much it is, is stopped where it is too much.
        let head = desk.head(PAGE, 7, "Transfer-Encoding: chunked\r\n");
        let head = head.replace("Content-Length: 7\r\n", "");
        let piece = vec![b'x'; 1024 * 1024];
        let begin = b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n";
        let mut body = format!("{:x}\r\n", begin.len()).into_bytes();
        body.extend_from_slice(begin);
        for _ in 0..9 {
            body.extend_from_slice(format!("\r\n{:x}\r\n", piece.len()).as_bytes());
            body.extend_from_slice(&piece);
        }
        body.extend_from_slice(b"\r\n0\r\n\r\n");
        let endless = desk.ask(&head, &body).await;
        assert_eq!(endless.status, 413, "{}", endless.text());

        assert_eq!(desk.dump().await, before);
        assert_eq!(desk.kept_aside(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_connection_that_is_cut_in_the_middle_of_a_file_leaves_nothing() {
    on_both(async |house: House| {
        let desk = Desk::of(house).await;
        let before = desk.dump().await;
        for path in [PAGE, CALL] {
            let body = form(&[
                ("text", None, b"Cut."),
                ("file", Some("whole.txt"), b"whole"),
                ("file", Some("cut.bin"), &bytes(200_000)),
            ]);
            let mut stream = TcpStream::connect(desk.at).await.unwrap();
            let head = desk.head(path, body.len(), "");
            stream.write_all(head.as_bytes()).await.unwrap();
            stream.write_all(&body[..150_000]).await.unwrap();
            desk.until_kept_aside(2).await;
            drop(stream);
            desk.until_kept_aside(0).await;
        }
        assert_eq!(desk.dump().await, before);
    })
    .await;
}

#[tokio::test]
async fn who_goes_away_while_the_comment_is_added_has_added_it_whole() {
    on_both(async |mut house: House| {
        // Where all of the form is here and the comment is not: the connection ends there.
        let line: Arc<Mutex<Option<std::net::TcpStream>>> = Arc::default();
        let held = line.clone();
        house.engine.checkpoint = Arc::new(move |step| {
            if step == "files: before their comment is added" {
                let line = held.lock().unwrap().take();
                line.unwrap().shutdown(Shutdown::Both).unwrap();
            }
        });
        let desk = Desk::of(house).await;
        let content = bytes(280_000);
        let body = form(&[("text", None, b"Gone."), ("file", Some("a.bin"), &content)]);
        let mut stream = std::net::TcpStream::connect(desk.at).unwrap();
        *line.lock().unwrap() = Some(stream.try_clone().unwrap());
        let request = [desk.head(PAGE, body.len(), "").into_bytes(), body].concat();
        let sent = tokio::task::spawn_blocking(move || stream.write_all(&request));
        sent.await.unwrap().unwrap();
        let mut comments = Vec::new();
        for _ in 0..500 {
            comments = desk.comments().await;
            if !comments.is_empty() {
                break;
            }
            SystemClock.sleep(Duration::from_millis(20)).await;
        }
        assert!(line.lock().unwrap().is_none(), "it was cut");
        let files = desk.files(&comments[0]).await;
        assert!(files == [("a.bin".to_owned(), content)]);
    })
    .await;
}

#[tokio::test]
async fn a_program_adds_files_once_under_one_key() {
    on_both(async |house: House| {
        let desk = Desk::of(house).await;
        let parts: [Part; 4] = [
            ("text", None, b"From a program."),
            ("public", None, b"true"),
            ("file", Some("a.bin"), &bytes(270_000)),
            ("file", Some("b.txt"), b"b"),
        ];
        // At once, and again.
        let (first, second) = tokio::join!(
            desk.send_under("one", &parts),
            desk.send_under("one", &parts)
        );
        let third = desk.send_under("one", &parts).await;
        let said = first.json();
        assert_eq!(first.status, 201, "{}", first.text());
        assert_eq!(first.location(), "/api/v1/cases/1/comments");
        for other in [second, third] {
            assert_eq!((other.status, &other.json()["id"]), (201, &said["id"]));
            assert_eq!(other.json()["files"].as_array().unwrap().len(), 2);
        }
        let other_files: [[Part; 2]; 2] = [
            [parts[0], ("file", Some("a.bin"), b"other")],
            [parts[0], ("file", Some("c.txt"), b"b")],
        ];
        for parts in other_files {
            let answer = desk.send_under("one", &parts).await;
            assert_eq!(answer.problem(), is(422, "idempotency_mismatch", ""));
        }
        let comments = desk.comments().await;
        assert_eq!(comments.len(), 1, "{comments:?}");
        assert_eq!(comments[0]["id"], said["id"]);
        assert_eq!(comments[0]["public"], true);
        let files = desk.files(&comments[0]).await;
        let wanted = [
            ("a.bin".to_owned(), bytes(270_000)),
            ("b.txt".to_owned(), b"b".to_vec()),
        ];
        assert!(files == wanted, "both, and each once");
        // No file of an attempt that came too late is left.
        let mut reader = desk.house.engine.store.read().await.unwrap();
        let left = store::attachments::left_behind(&mut reader, jiff::Timestamp::MAX, 9).await;
        assert!(left.unwrap().is_empty());
        assert_eq!(desk.kept_aside(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_program_is_told_by_field_what_cannot_be_taken() {
    on_both(async |house: House| {
        let desk = Desk::of(house).await;
        let before = desk.dump().await;
        let too_large = bytes(usize::try_from(LARGEST).unwrap() + 1);
        let text: Part = ("text", None, b"Hello.");
        let small: Part = ("file", Some("small.txt"), b"small");
        let mut many = vec![small; 21];
        many.push(text);
        let cases: [(&[Part], &str); 6] = [
            (&[text, ("file", Some("b.bin"), &too_large)], "file"),
            (&many, "file"),
            (&[("text", None, b" "), small], "text"),
            (&[small], "text"),
            (&[text, ("public", None, b"perhaps"), small], "public"),
            (&[text, ("author", None, b"me"), small], "author"),
        ];
        for (parts, field) in cases {
            let answer = desk.send(CALL, parts).await;
            assert_eq!(answer.problem(), is(422, "invalid", field));
        }
        let nowhere = desk
            .send(&CALL.replace("/1/", "/99/"), &[text, small])
            .await;
        assert_eq!(nowhere.problem(), is(404, "not_found", ""));
        let length = usize::try_from(LARGEST).unwrap() * 20 + 2 * 1024 * 1024;
        let cut = desk.ask(&desk.head(CALL, length, ""), b"").await;
        assert_eq!(cut.problem(), is(413, "too_large", ""));
        let plain = desk
            .head(CALL, 2, "")
            .replace("multipart/form-data; boundary=b", "application/json");
        assert_eq!(desk.ask(&plain, b"{}").await.status, 415);
        assert_eq!(desk.dump().await, before);

        let token = desk
            .house
            .token_of(UserRole::Analyst, &["cases:read"])
            .await;
        let reads = Desk { token, ..desk };
        let answer = reads.send(CALL, &[text, small]).await;
        assert_eq!(answer.problem(), is(403, "insufficient_scope", ""));
        assert_eq!(reads.kept_aside(), 0);
    })
    .await;
}
