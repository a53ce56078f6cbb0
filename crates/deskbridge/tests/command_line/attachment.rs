//! Files of comments by command, between the real binary and a Zendesk over sockets.

use std::time::Duration;

use simulator::{NewComment, NewFile};

use crate::desk::{Desk, zendesk};

/// More than one piece.
fn bytes() -> Vec<u8> {
    (0..400_000_u32)
        .flat_map(|n| n.to_le_bytes())
        .take(700_001)
        .collect()
}

#[tokio::test]
async fn a_file_from_zendesk_is_listed_fetched_and_saved_once() {
    Desk::each(async |desk| {
        let simulator = zendesk(|_| {}).await;
        let comment = NewComment {
            files: vec![NewFile {
                file_name: "../all numbers.bin".to_owned(),
                content_type: None,
                bytes: bytes(),
            }],
            ..NewComment::public("See the file.")
        };
        simulator
            .edit(|account| account.add_comment(1, comment))
            .unwrap();
        simulator.advance(Duration::from_secs(120));
        desk.set_up(&simulator.url()).await;
        desk.ok(&["sync", "main"]).await;
        let page = desk.json(&["case", "list", "--json"]).await;
        let cases = page["cases"].as_array().unwrap();
        let case = cases.iter().find(|case| case["ticket"] == 1).unwrap();
        let case = case["number"].to_string();

        let files = desk.json(&["case", "download", &case, "--json"]).await;
        let file = files["files"]
            .as_array()
            .unwrap()
            .iter()
            .find(|file| file["name"] == "all numbers.bin")
            .unwrap()
            .clone();
        assert_eq!(
            (&file["state"], &file["size"]),
            (&"remote".into(), &700_001.into())
        );
        let to = desk.data().join("saved.bin");
        let path = to.to_str().unwrap();
        let save = ["case", "download", &case, "all numbers.bin", "--to", path];
        let said = desk.refused(1, &save).await;
        assert!(said.contains("only in Zendesk as yet"), "{said}");
        assert!(!to.exists());

        let now: Vec<&str> = save.into_iter().chain(["--fetch"]).collect();
        let told = desk.ok(&now).await;
        assert!(told.contains("700 kB"), "{told}");
        assert!(std::fs::read(&to).unwrap() == bytes());
        let said = desk.refused(1, &save).await;
        assert!(said.contains("choose another path"), "{said}");
        let said = desk
            .refused(1, &["case", "download", &case, "nothing.txt"])
            .await;
        assert!(said.contains("lists those it has"), "{said}");
    })
    .await;
}

#[tokio::test]
async fn files_added_by_command_reach_zendesk_with_a_private_note() {
    Desk::each(async |desk| {
        let simulator = zendesk(|_| {}).await;
        simulator.advance(Duration::from_secs(120));
        desk.set_up(&simulator.url()).await;
        desk.ok(&["integration", "edit", "main", "--two-way"]).await;
        desk.ok(&["sync", "main"]).await;
        let page = desk.json(&["case", "list", "--json"]).await;
        let cases = page["cases"].as_array().unwrap();
        let open = |case: &&serde_json::Value| case["status"] == "open";
        let case = cases.iter().find(open).unwrap();
        let (number, ticket) = (case["number"].to_string(), case["ticket"].as_i64().unwrap());

        let numbers = desk.data().join("numbers.bin");
        std::fs::write(&numbers, bytes()).unwrap();
        let empty = desk.data().join("empty.txt");
        std::fs::write(&empty, "").unwrap();
        let added = desk
            .json(&[
                "case",
                "attach",
                &number,
                numbers.to_str().unwrap(),
                empty.to_str().unwrap(),
                "--json",
            ])
            .await;
        assert_eq!(added["files"].as_array().unwrap().len(), 2);
        desk.ok(&["sync", "main"]).await;
        let (public, text, files) = simulator.read(|account| {
            let (_, comment) = account.comments_of(ticket).last().unwrap();
            let files: Vec<(String, Vec<u8>)> = comment
                .attachments
                .iter()
                .map(|file| (file.file_name.clone(), file.bytes()))
                .collect();
            (comment.public, comment.body.to_string(), files)
        });
        assert!(!public);
        assert_eq!(text, "Attached: numbers.bin, empty.txt");
        let expected = [
            ("numbers.bin".to_owned(), bytes()),
            ("empty.txt".to_owned(), Vec::new()),
        ];
        assert!(files == expected);

        let folder = desk.data().to_str().unwrap();
        let said = desk.refused(1, &["case", "attach", &number, folder]).await;
        assert!(said.contains("Name files, not folders"), "{said}");
        let said = desk
            .refused(1, &["case", "attach", &number, "no such file"])
            .await;
        assert!(said.contains("cannot be read"), "{said}");
        let nobody = [
            "case",
            "attach",
            &number,
            empty.to_str().unwrap(),
            "--as",
            "x@y.z",
        ];
        let said = desk.refused(1, &nobody).await;
        assert!(said.contains("no user with the email"), "{said}");
    })
    .await;
}

#[tokio::test]
async fn the_largest_file_is_what_the_settings_say() {
    Desk::each(async |desk| {
        desk.init().await;
        let made = desk
            .json(&["case", "create", "--subject", "Big", "--json"])
            .await;
        let case = made["case"].to_string();
        let big = desk.data().join("big.bin");
        std::fs::write(&big, vec![7; 1024 * 1024 + 1]).unwrap();
        let attach = ["case", "attach", &case, big.to_str().unwrap()];
        std::fs::write(
            desk.data().join("config.toml"),
            "[attachments]\nlargest_mb = 1\n",
        )
        .unwrap();
        let said = desk.refused(1, &attach).await;
        assert!(said.contains("larger than 1 MB"), "{said}");
        std::fs::remove_file(desk.data().join("config.toml")).unwrap();
        desk.ok(&attach).await;
        let shown = desk.ok(&["case", "show", &case]).await;
        let told = "A private note was added, with 1 file, here by";
        assert!(shown.contains(told), "{shown}");
    })
    .await;
}
