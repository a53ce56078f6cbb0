//! Files that are not as they should be (profile-send.md 2). Each gets a sentence that says what happened,
//! where, and what to do, or an outcome for its row; what is good in a file is sent, and nobody is made
//! twice. All of it within an address space that holds no more than half of the largest file.

use serde_json::Value;
use simulator::{BodyForm, Fault, FaultKind, Simulator};

use crate::desk::{Desk, people};
use crate::profiles::adds_up;

/// What a command may have, in KiB.
const MEMORY: &str = "524288";
/// More than what is looked at to find out what a file is, and none of it a row.
const BLANK_LINES: usize = 70_000;

/// How a send of a file ends.
enum Ends {
    /// Nothing is sent, and this is said.
    Refused(&'static str),
    /// It completes: so many new users, these rows rejected (line and reason), and this noted of the rest.
    Read(u64, Vec<(u64, &'static str)>, &'static str),
}

use Ends::{Read, Refused};

struct Case {
    file: &'static str,
    bytes: Vec<u8>,
    ends: Ends,
}

fn case(file: &'static str, bytes: impl Into<Vec<u8>>, ends: Ends) -> Case {
    let bytes = bytes.into();
    Case { file, bytes, ends }
}

fn names() -> Vec<Case> {
    let ten_thousand: Vec<String> = (0..10_000).map(|number| format!("c{number}")).collect();
    vec![
        case(
            "no-names.csv",
            "c1,Kim Lee,kim@customer.example\nc2,Ada May,ada@customer.example\n",
            Refused(
                "The columns of no-names.csv cannot be used: the first line looks like a row, not like names of columns: column 3 of it holds an email address. Put the names of the columns into the first line, or name the columns in the settings of the source.",
            ),
        ),
        case(
            "no-names-either.csv",
            "c1,Kim Lee\nc2,Ada May\n",
            Refused(
                "Nothing fills email or external_id, and one of them must say who a row is. Add or map a column for one of them. The source has 2 columns: “c1”, “Kim Lee”.",
            ),
        ),
        case(
            "doubled.csv",
            "external_id,name,email,email\nd1,Kim,kim@customer.example,lee@customer.example\n",
            Refused(
                "The columns of doubled.csv cannot be used: columns 3 and 4 are both called `email`. Rename one of them, or leave it out.",
            ),
        ),
        case(
            "doubled-in-capitals.csv",
            "external_id,name,email,Email\nd1,Kim,kim@customer.example,lee@customer.example\n",
            Refused(
                "The columns “email” and “Email” both stand for email. Rename one, or map the one that counts.",
            ),
        ),
        case(
            "unnamed.csv",
            "external_id,name,,email\nd1,Kim,x,kim@customer.example\n",
            Refused("column 3 has no name. Give every column a name, or leave the column out."),
        ),
        case(
            "parted-by-carets.csv",
            "external_id^name^email\nd1^Kim^kim@customer.example\n",
            Refused(
                "The source has one column, “external_id^name^email”. If these are several, name what stands between them, its delimiter.",
            ),
        ),
        case(
            "open-quote-in-names.csv",
            "external_id,\"name,email\nd1,Kim,kim@customer.example\n",
            Refused(
                "a quote in the first line does not close. Check that the first line holds the names of the columns.",
            ),
        ),
        case(
            "endless-names.csv",
            vec![b'a'; 2 << 20],
            Refused("the first line is longer than 1 MiB."),
        ),
        case(
            "ten-thousand.csv",
            format!("{}\n", ten_thousand.join(",")),
            Refused(
                "ten-thousand.csv is too much: it has 10000 columns, and 1000 is the most. Leave out the columns that are not sent.",
            ),
        ),
    ]
}

fn formats() -> Vec<Case> {
    let good = "external_id,name,email\nf1,Kim,kim@customer.example\n".as_bytes();
    let text = "external_id,name\nu1,Zoë\n";
    let utf_16 =
        |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    vec![
        case(
            "empty.csv",
            "",
            Refused("empty.csv cannot be read: it is empty. Check the export that writes it."),
        ),
        case(
            "blank.csv",
            "\n\n\n",
            Refused("it has no line. Check the export that writes it."),
        ),
        case(
            "marked.csv",
            [b"\xef\xbb\xbf".as_slice(), b"external_id,name\nb1,Kim\n"].concat(),
            Read(1, vec![], ""),
        ),
        case(
            "utf-16-marked.csv",
            [vec![0xff, 0xfe], utf_16(text)].concat(),
            Read(1, vec![], ""),
        ),
        case(
            "utf-16.csv",
            utf_16(text),
            Refused(
                "utf-16.csv cannot be read: it looks like UTF-16 without a byte-order mark. Name the encoding (utf-16le or utf-16be), or save it as UTF-8.",
            ),
        ),
        case(
            "latin-1.csv",
            b"external_id,name\nl1,Zo\xeb\n",
            Read(
                1,
                vec![],
                "latin-1.csv is not UTF-8 and was read as Windows-1252. If its letters look wrong, save it as UTF-8",
            ),
        ),
        case(
            "late-latin-1.csv",
            [
                b"external_id,name\nl2,Kim\n".as_slice(),
                &[b'\n'; BLANK_LINES],
                b"l3,Zo\xeb\nl4,Lee\n",
            ]
            .concat(),
            Read(
                2,
                vec![(
                    70_003,
                    "The row is not UTF-8. Save the file as UTF-8, or name its encoding",
                )],
                "",
            ),
        ),
        case(
            "half.csv.gz",
            half_of_gzip(good),
            Refused("the gzip data stop in the middle. Export or upload it again."),
        ),
        case(
            "half.parquet",
            b"PAR1\x15\x04\x15\x10\x15\x14\x4c\x15\x02\x15\x00\x12\x00\x00\x08\x1c\x01\x00\x00\x00",
            Refused(
                "half.parquet cannot be read: it is no Parquet file, or only the first part of one: its end is missing. Export it again.",
            ),
        ),
        case(
            "bomb.csv.zst",
            bomb(good),
            Refused(
                "bomb.csv.zst is too much: more than 100 times its size came out of it when it was decompressed. If it really is that repetitive, send it without compression.",
            ),
        ),
        case(
            "people.xlsx",
            b"PK\x03\x04\x14\x00\x06\x00",
            Refused("it is a ZIP archive or an Excel workbook. In Excel, save it as \"CSV UTF-8\""),
        ),
        case(
            "array.json",
            "[{\"external_id\":\"j1\",\"name\":\"Kim\"}]",
            Refused("it is a JSON array. Write one object a line (JSON Lines)"),
        ),
    ]
}

fn rows() -> Vec<Case> {
    vec![
        case(
            "ragged.csv",
            "external_id,name,email\nr1,Kim,kim@ragged.example\nr2,Lee\nr3,Ann,ann@ragged.example,more\nr4,Ada,ada@ragged.example\n",
            Read(
                2,
                vec![
                    (3, "The row has 2 cells and should have 3."),
                    (
                        4,
                        "The row has 4 cells and should have 3. Quote cells that hold a delimiter",
                    ),
                ],
                "",
            ),
        ),
        case(
            "open-quote.csv",
            "external_id,name\nq1,Kim\nq2,\"Lee\nq3,Ann\nq4,Ada\n",
            Read(
                3,
                vec![(
                    3,
                    "A quote that opens in the row never closes; reading went on at the next line.",
                )],
                "",
            ),
        ),
        case(
            "early-quote.csv",
            "external_id,name\nq5,\"Kim\" Lee\nq6,Ann\n",
            Read(
                1,
                vec![(
                    2,
                    "A quote closes before its cell ends. Double the quotes inside a quoted cell",
                )],
                "",
            ),
        ),
        case(
            "broken.jsonl",
            "{\"external_id\":\"j1\",\"name\":\"Kim\"}\n{\"external_id\":\"j2\",\n{\"external_id\":\"j3\",\"name\":\"Ann\"}\n",
            Read(
                2,
                vec![(
                    2,
                    "The line is not a JSON object: it cannot be read on at character 20.",
                )],
                "",
            ),
        ),
        case(
            "numbers.csv",
            "external_id,name,user_fields.orders_total,user_fields.lifetime_value\n\
             n1,Kim,12,\"1,234.50\"\nn2,Lee,twelve,$12\nn3,Ann,12.0,123456789.00\n",
            Read(
                3,
                vec![],
                "user_fields.orders_total is not a whole number. Write digits only. The field was left out and the row went on. First in line 3.",
            ),
        ),
    ]
}

/// The first part of a gzip file that holds `text` without compressing it.
fn half_of_gzip(text: &[u8]) -> Vec<u8> {
    let length = u16::try_from(text.len()).unwrap();
    let mut bytes = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff, 1];
    bytes.extend(length.to_le_bytes());
    bytes.extend((!length).to_le_bytes());
    bytes.extend(&text[..text.len() / 2]);
    bytes
}

/// A gigabyte of line ends behind `text` in 32 KiB of Zstandard: the text as it is, and then blocks of
/// 128 KiB that say one byte and how often.
fn bomb(text: &[u8]) -> Vec<u8> {
    const BLOCK: u32 = 128 * 1024;
    let mut bytes = vec![0x28, 0xb5, 0x2f, 0xfd, 0, 0x38];
    let header = |kind: u32, length: u32| {
        let [low, middle, high, _] = (length << 3 | kind << 1).to_le_bytes();
        [low, middle, high]
    };
    bytes.extend(header(0, u32::try_from(text.len()).unwrap()));
    bytes.extend(text);
    for _ in 0..(1 << 30) / BLOCK {
        bytes.extend(header(1, BLOCK));
        bytes.push(b'\n');
    }
    bytes
}

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
    for case in names().into_iter().chain(formats()).chain(rows()) {
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

#[tokio::test]
async fn an_orchestration_is_not_sent_twice_at_one_time_and_in_full_when_asked() {
    let desk = Desk::bare();
    std::fs::write(desk.imports().join("people.csv"), people(3)).unwrap();
    let zendesk = desk.destination("support", &[]).await;
    desk.ok(&["query", "add", "people", "--file", "people.csv"])
        .await;
    desk.ok(&["query", "activate", "people"]).await;
    desk.ok(&[
        "orchestration",
        "add",
        "all",
        "--query",
        "people",
        "--to",
        "support",
    ])
    .await;
    // Zendesk is away, so the first run waits and is not over.
    let away = FaultKind::Status {
        status: 503,
        form: BodyForm::Text,
        retry_after: None,
    };
    zendesk.add_fault(Fault::new(away).on("users/create_or_update_many"));
    let run = ["orchestration", "run", "all", "--json"];
    let mut first = desk.command(&run).spawn().unwrap();
    let workflow = crate::desk::in_time(async {
        loop {
            let all = desk.json(&["workflow", "list", "--json"]).await;
            if let Some(id) = all["workflows"][0]["id"].as_str() {
                break id.to_owned();
            }
        }
    })
    .await;
    let said = desk.refused(1, &run).await;
    assert!(
        said.contains(&format!("is at work already, as workflow {workflow}")),
        "{said}"
    );
    first.kill().await.unwrap();
    let said = desk.refused(1, &run).await;
    assert!(
        said.contains(&format!("workflow retry {workflow}")),
        "{said}"
    );
    zendesk.clear_faults();
    let gone_on = desk.json(&["workflow", "retry", &workflow, "--json"]).await;
    assert_eq!(gone_on["rows"]["created"], 3, "{gone_on}");
    let again = desk.json(&run).await;
    assert_eq!(again["rows"]["unchanged"], 3, "{again}");
    let full = desk.json(&[&run[..], &["--full"]].concat()).await;
    assert_eq!(full["rows"]["updated"], 3, "{full}");
    assert!(zendesk.sends().created_again.is_empty());
}
