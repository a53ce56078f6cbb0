//! Files that are not as they should be (profile-send.md 2). Each gets a sentence that says what happened,
//! where, and what to do, or an outcome for its row; what is good in a file is sent, and nobody is made
//! twice. All of it within an address space that holds no more than half of the largest file.

mod cases;

use serde_json::Value;
use simulator::Simulator;

use crate::desk::{Desk, people};
use crate::profiles::adds_up;
use cases::{BLANK_LINES, Ends, Read, Refused};

/// What a command may have, in KiB.
const MEMORY: &str = "524288";

/// Sends one file, and looks whether it ends as it should. Returns how many users that made.
async fn send(desk: &Desk, path: &str, ends: &Ends) -> u64 {
    let ran = desk
        .bounded(MEMORY, &["send", path, "--to", "support", "--json"])
        .await;
    let result: Value =
        serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{path}: {ran:?}"));
    adds_up(&result);
    match ends {
        Refused(sentence) => {
            assert_eq!(ran.status, Some(1), "{path}: {ran:?}");
            assert!(ran.err.contains(sentence), "{path}: {}", ran.err);
            assert_eq!(
                (&result["state"], &result["jobs"]),
                (&"failed".into(), &0.into())
            );
            0
        }
        Read(created, rejected, said) => {
            assert_eq!(ran.status, Some(0), "{path}: {ran:?}");
            let outcomes = &result["rows"];
            assert_eq!(outcomes["created"], *created, "{path}: {result}");
            assert_eq!(
                outcomes["read"],
                created + rejected.len() as u64,
                "{path}: {result}"
            );
            let id = result["workflow"].as_str().unwrap();
            let told = desk.json(&["workflow", "rows", id, "--json"]).await;
            let told = told["rows"].as_array().unwrap();
            assert_eq!(told.len(), rejected.len(), "{path}: {told:?}");
            for (row, (line, reason)) in told.iter().zip(rejected) {
                assert_eq!(row["line"], *line, "{path}: {row}");
                assert!(
                    row["reason"].as_str().unwrap().starts_with(reason),
                    "{path}: {row}"
                );
            }
            let shown = desk.json(&["workflow", "show", id, "--json"]).await;
            let notes = format!("{} {}", shown["notes"], shown["warnings"]);
            assert!(notes.contains(said), "{path}: {notes}");
            *created
        }
    }
}

fn name_of(zendesk: &Simulator, external_id: &str) -> Option<String> {
    zendesk.read(|account| {
        let user = account.user_by_external_id(external_id)?;
        Some(user.name.to_string())
    })
}

#[tokio::test]
async fn every_bad_file_gets_its_sentence_and_what_is_good_in_it_is_sent() {
    let desk = Desk::bare();
    let zendesk = desk.destination("support", &[]).await;
    let mut made = 0;
    for case in cases::all() {
        let path = desk.file(case.file, &case.bytes);
        made += send(&desk, &path, &case.ends).await;
        assert_eq!(zendesk.sends().users_created, made, "{path}");
    }
    assert_eq!(made, 16);
    assert!(zendesk.sends().created_again.is_empty());
    for external_id in ["u1", "l1"] {
        assert_eq!(name_of(&zendesk, external_id).as_deref(), Some("Zoë"));
    }
    let value = zendesk.read(|account| {
        let user = account.user_by_external_id("n1").unwrap();
        serde_json::to_string(&user.fields).unwrap()
    });
    assert!(value.contains("1234.5"), "{value}");
}

#[tokio::test]
async fn a_line_of_a_gigabyte_is_one_rejected_row() {
    let desk = Desk::bare();
    let zendesk = desk.destination("support", &[]).await;
    let before = format!("external_id,name\ng1,Kim\n{}", "\n".repeat(BLANK_LINES));
    let path = desk.file("giga.csv", &before);
    // A hole of a gigabyte, which takes no room on the disk.
    let file = std::fs::OpenOptions::new()
        .append(true)
        .open(&path)
        .unwrap();
    file.set_len(before.len() as u64 + (1 << 30)).unwrap();
    std::io::Write::write_all(&mut &file, b"\ng2,Lee\n").unwrap();
    let ends = Read(2, vec![(70_003, "The row is longer than 1 MiB.")], "");
    assert_eq!(send(&desk, &path, &ends).await, 2);
    assert_eq!(zendesk.sends().users_created, 2);
}

#[tokio::test]
async fn what_cannot_be_found_out_of_a_file_can_be_said() {
    let desk = Desk::bare();
    let zendesk = desk.destination("support", &[]).await;
    let utf_16: Vec<u8> = "external_id,name\nu1,Zoë\n"
        .encode_utf16()
        .flat_map(u16::to_be_bytes)
        .collect();
    let carets = "external_id^name\nu2^Zoë\n";
    for (file, bytes, flags, id) in [
        (
            "utf-16.csv",
            utf_16.as_slice(),
            ["--encoding", "utf-16be"],
            "u1",
        ),
        ("carets.txt", carets.as_bytes(), ["--delimiter", "^"], "u2"),
        (
            "tabs.txt",
            "external_id\tname\nu3\tZoë\n".as_bytes(),
            ["--delimiter", "tab"],
            "u3",
        ),
        (
            "no-names.csv",
            "u4,Zoë\n".as_bytes(),
            ["--columns", "external_id, name"],
            "u4",
        ),
        (
            "latin-1.csv",
            b"external_id,name\nu5,Zo\xeb\n",
            ["--encoding", "windows-1252"],
            "u5",
        ),
    ] {
        let path = desk.file(file, bytes);
        let send = [&["send", &path, "--to", "support", "--json"][..], &flags].concat();
        let result = desk.json(&send).await;
        assert_eq!(result["rows"]["created"], 1, "{file}: {result}");
        assert_eq!(name_of(&zendesk, id).as_deref(), Some("Zoë"), "{file}");
        let id = result["workflow"].as_str().unwrap();
        let shown = desk.json(&["workflow", "show", id, "--json"]).await;
        assert_eq!(shown["warnings"], serde_json::json!([]), "{file}");
    }
    for (flags, part) in [
        (["--delimiter", "::"], "the word tab"),
        (["--columns", "a,,b"], "the names of all columns"),
        (["--encoding", "shift-jis"], "windows-1252"),
        (["--format", "xlsx"], "json-lines"),
    ] {
        let send = [&["send", "people.csv", "--to", "support"][..], &flags].concat();
        let said = desk.refused(2, &send).await;
        assert!(said.contains(part), "{said}");
    }
}

#[tokio::test]
async fn the_form_of_a_querys_file_is_kept_and_its_guess_is_told_in_the_preview() {
    let desk = Desk::bare();
    desk.init().await;
    let file = desk.imports().join("people.txt");
    std::fs::write(file, b"external_id^name\nk1^Zo\xeb\n").unwrap();
    let add = [
        "query",
        "add",
        "people",
        "--file",
        "people.txt",
        "--delimiter",
        "^",
    ];
    desk.ok(&add).await;
    let seen = desk.json(&["query", "preview", "people", "--json"]).await;
    assert_eq!(seen["rows"][0]["cells"]["name"], "Zoë", "{seen}");
    let guess = seen["guess"].as_str().unwrap();
    assert!(guess.contains("was read as Windows-1252"), "{guess}");
    desk.ok(&["query", "edit", "people", "--encoding", "windows-1252"])
        .await;
    let seen = desk.json(&["query", "preview", "people", "--json"]).await;
    assert_eq!(
        (&seen["guess"], &seen["complete"]),
        (&Value::Null, &true.into())
    );
    assert_eq!(seen["columns"].as_array().unwrap().len(), 2, "{seen}");
}

#[tokio::test]
async fn a_source_that_is_not_what_was_agreed_on_sends_and_deletes_nothing() {
    Desk::each(async |desk| {
        let file = desk.imports().join("people.csv");
        let zendesk = desk.destination("support", &[]).await;
        std::fs::write(&file, people(20)).unwrap();
        desk.ok(&["query", "add", "people", "--file", "people.csv"]).await;
        desk.ok(&["query", "activate", "people"]).await;
        let add = [
            "orchestration", "add", "all", "--query", "people", "--to", "support", "--on-leave", "delete",
        ];
        desk.ok(&add).await;
        let run = ["orchestration", "run", "all", "--json"];
        let first = desk.json(&run).await;
        assert_eq!(first["rows"]["created"], 20, "{first}");
        let posted = zendesk.writes_by_route();
        let renamed = people(20).replacen(",name,", ",full_name,", 1);
        let shorter: String = people(20).lines().take(18).map(|line| format!("{line}\n")).collect();
        for (text, sentence) in [
            (
                renamed.as_str(),
                "Source columns changed: The source no longer has, or has with another type: name. Nothing was sent.",
            ),
            ("", "people.csv cannot be read: it is empty. Check the export that writes it."),
            (
                "external_id,name,email\n",
                "Leaver brake: 20 of 20 customers are no longer in the source, more than the 10 % that may leave in one run. Nothing was sent.",
            ),
            (
                &shorter,
                "Leaver brake: 3 of 20 customers are no longer in the source, more than the 10 % that may leave in one run.",
            ),
        ] {
            std::fs::write(&file, text).unwrap();
            let said = desk.refused(1, &run).await;
            assert!(said.contains(sentence), "{said}");
            assert_eq!(zendesk.writes_by_route(), posted, "{sentence}");
        }
        // Another order and one more column change nothing about who is sent.
        let more: String = people(20)
            .lines()
            .map(|line| format!("x,{line}\n"))
            .collect();
        std::fs::write(&file, more).unwrap();
        let again = desk.json(&run).await;
        assert_eq!(again["rows"]["unchanged"], 20, "{again}");
        let all = desk.json(&["workflow", "list", "--json"]).await;
        let brake = all["workflows"].as_array().unwrap().iter().find(|one| one["trouble"] == "leaver_brake");
        assert!(brake.is_some(), "{all}");
        assert_eq!(zendesk.sends().users_deleted, 0);
    })
    .await;
}
