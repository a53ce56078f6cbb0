//! Files of comments: listed below them, saved and never shown, for those who are signed in.

use engine::attachments::{self, Added, Limits, NewComment, Source};

use crate::house::{EMAIL, House, on_both};

/// More than one piece, and nothing that repeats within one.
fn long_text() -> String {
    (0..60_000).map(|n| format!("{n};")).collect()
}

async fn attach(house: &House, case: &str, name: &str, content: &str) -> Added {
    let new = NewComment {
        case,
        text: "See the file.",
        public: false,
        author: &house.ada.id,
        actor: EMAIL,
    };
    let source = Source {
        name: name.to_owned(),
        content: Box::pin(std::io::Cursor::new(content.to_owned().into_bytes())),
    };
    attachments::comment(&house.engine, new, vec![source], Limits::default())
        .await
        .unwrap()
}

#[tokio::test]
async fn a_file_stands_below_its_comment_with_name_and_size_and_is_saved_whole() {
    on_both(async |house: House| {
        house.case(1, "Printer").await;
        let text = long_text();
        let added = attach(&house, "1", "all \"numbers\" 雪.html", &text).await;
        let mut browser = house.browser().await;
        let page = browser.get("/cases/1").await;
        let words = format!("{} kB", (text.len() + 500) / 1_000);
        assert!(page.has("雪.html") && page.has(&words), "{}", page.body);
        let path = format!("/attachments/{}", added.files[0]);
        assert!(page.has(&format!("href=\"{path}\"")));

        let answer = browser.get(&path).await;
        assert_eq!(answer.status, 200);
        assert!(answer.body == text, "all of it");
        let told = answer.header("content-disposition");
        assert_eq!(
            told,
            "attachment; filename=\"all _numbers_ _.html\"; filename*=UTF-8''all%20%22numbers%22%20%E9%9B%AA.html"
        );
        assert_eq!(answer.header("content-type"), "application/octet-stream");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("content-length"), text.len().to_string());
        assert_eq!(answer.header("cache-control"), "no-store");
    })
    .await;
}

#[tokio::test]
async fn only_who_is_signed_in_gets_a_file() {
    on_both(async |house: House| {
        house.case(1, "Printer").await;
        let added = attach(&house, "1", "secret.txt", "the secret").await;
        let path = format!("/attachments/{}", added.files[0]);
        let answer = house.stranger().get(&path).await;
        assert_eq!(answer.status, 303);
        assert!(answer.header("location").starts_with("/login"));
        assert!(!answer.has("the secret"));
    })
    .await;
}

#[tokio::test]
async fn a_file_that_is_not_here_is_named_without_a_link_and_has_its_reason() {
    on_both(async |house: House| {
        house.case(1, "Printer").await;
        let added = attach(&house, "1", "a.txt", "a").await;
        let mut tx = house.engine.store.begin().await.unwrap();
        let known = store::attachments::find(&mut tx, &added.files[0]).await;
        let known = known.unwrap().unwrap();
        let elsewhere = |id: &str, state, problem: Option<&str>| store::attachments::Attachment {
            id: id.to_owned(),
            file_name: format!("{id}.txt"),
            sha256: None,
            state,
            problem: problem.map(str::to_owned),
            ..known.clone()
        };
        let files = [
            elsewhere("waiting", store::attachments::FileState::Remote, None),
            elsewhere(
                "stuck",
                store::attachments::FileState::Parked,
                Some("It is <too> large."),
            ),
        ];
        store::attachments::add(&mut tx, &files).await.unwrap();
        tx.commit().await.unwrap();
        let mut browser = house.browser().await;
        let page = browser.get("/cases/1").await;
        assert!(page.has("waiting.txt") && page.has("being fetched from Zendesk"));
        assert!(
            page.text().contains("It is &#60;too&#62; large."),
            "{}",
            page.text()
        );
        for id in ["waiting", "stuck"] {
            assert!(!page.has(&format!("href=\"/attachments/{id}\"")));
            assert!(page.has(&format!("action=\"/attachments/{id}/fetch\"")));
            let answer = browser.get(&format!("/attachments/{id}")).await;
            assert_eq!(answer.status, 404);
            assert!(answer.text().contains("only in Zendesk as yet"));
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_no_file_or_has_no_comment_is_not_found() {
    on_both(async |house: House| {
        house.case(1, "Printer").await;
        let added = attach(&house, "1", "a.txt", "a").await;
        let mut tx = house.engine.store.begin().await.unwrap();
        let known = store::attachments::find(&mut tx, &added.files[0]).await;
        let orphan = store::attachments::Attachment {
            id: "orphan".to_owned(),
            case_comment_id: "none".to_owned(),
            ..known.unwrap().unwrap()
        };
        store::attachments::add(&mut tx, &[orphan]).await.unwrap();
        tx.commit().await.unwrap();
        let mut browser = house.browser().await;
        for path in ["nothing", "orphan", "..%2F..%2Fetc%2Fpasswd", "a%00b"] {
            let answer = browser.get(&format!("/attachments/{path}")).await;
            assert_eq!(answer.status, 404, "{path}");
            assert!(answer.text().contains("There is no such file."), "{path}");
        }
    })
    .await;
}
