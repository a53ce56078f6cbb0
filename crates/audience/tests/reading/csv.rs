//! CSV, good and bad.

use audience::{Form, Format, Header, Limits, preview};
use proptest::prelude::*;

use crate::table::{read, read_bytes, sentence, upload};

#[tokio::test]
async fn rows_come_with_their_lines_and_empty_cells_are_empty_texts() {
    let text = "email, name ,city\nada@example.com,Ada,\n\n\"b@example.com\",\"Bo\nPeep\",\"X \"\"Y\"\"\"\r\nc@example.com,,Z";
    let table = read_bytes(text.as_bytes()).await.unwrap();
    assert_eq!(table.names(), ["email", "name", "city"]);
    assert_eq!(
        table.shown(),
        [
            "ada@example.com|Ada|",
            "b@example.com|Bo\nPeep|X \"Y\"",
            "c@example.com||Z"
        ]
    );
    assert_eq!(table.lines, [2, 4, 6]);
    let found = table.reader.found();
    assert_eq!(found.format, Some(Format::Csv));
    assert_eq!(found.delimiter, Some(','));
    assert_eq!(found.bytes, Some(text.len() as u64));
}

#[tokio::test]
async fn a_ragged_line_is_rejected_with_its_line_and_reading_goes_on() {
    let table = read_bytes(b"email,name\na@x.com,A\nb@x.com\nc@x.com,C,extra\n,\nd@x.com,D\n")
        .await
        .unwrap();
    assert_eq!(table.shown(), ["a@x.com|A", "|", "d@x.com|D"]);
    assert_eq!(
        table.reasons(),
        [
            "3: The row has 1 cell and should have 2. Quote cells that hold a delimiter or a line end.",
            "4: The row has 3 cells and should have 2. Quote cells that hold a delimiter or a line end.",
        ]
    );
    assert_eq!(table.rejected[1].text, "c@x.com,C,extra");
}

#[tokio::test]
async fn quotes_that_do_not_fit_reject_their_line_and_reading_goes_on_at_the_next() {
    let table = read_bytes(b"a,b\n1,2\n\"3\"x,4\n5,\"6\n7,8\n9,10\n")
        .await
        .unwrap();
    assert_eq!(table.shown(), ["1|2", "7|8", "9|10"]);
    assert_eq!(
        table.reasons(),
        [
            "3: A quote closes before its cell ends. Double the quotes inside a quoted cell; reading went on at the next line.",
            "4: A quote that opens in the row never closes; reading went on at the next line.",
        ]
    );
}

#[tokio::test]
async fn a_quote_that_never_closes_costs_one_row_of_a_large_file() {
    let mut text = "a,b\n1,\"2\n".to_owned();
    for row in 0..200_000 {
        text.push_str(&format!("{row},x{row}\n"));
    }
    let table = read_bytes(text.as_bytes()).await.unwrap();
    assert_eq!(table.rows.len(), 200_000);
    assert_eq!(table.lines.last(), Some(&200_002));
    assert_eq!(
        table.reasons(),
        [
            "2: A quote that opens in the row does not close within 1 MiB; reading went on at the next line."
        ]
    );
}

#[tokio::test]
async fn a_file_full_of_quotes_that_do_not_close_is_read_in_one_go() {
    let text = format!("a,b\n{}", "1,\"x\n".repeat(300_000));
    let table = read_bytes(text.as_bytes()).await.unwrap();
    assert_eq!(table.rows.len(), 0);
    assert_eq!(table.rejected.len(), 300_000);
    assert_eq!(table.rejected[299_999].line, 300_001);
}

#[tokio::test]
async fn lines_and_cells_that_are_too_long_are_rejected_one_by_one() {
    let limits = Limits {
        line_bytes: 200_000,
        cell_bytes: 1_000,
        ..Limits::default()
    };
    let cell = "x".repeat(1_001);
    let line = "y".repeat(300_000);
    let text = format!("a,b\n1,2\n{cell},3\n{line},4\n5,6\n{line}");
    let table = read(upload(text.as_bytes(), &Form::default()).await, &limits)
        .await
        .unwrap();
    assert_eq!(table.shown(), ["1|2", "5|6"]);
    assert_eq!(table.lines, [2, 5]);
    assert_eq!(
        table.reasons(),
        [
            "3: The value of column 1 is longer than 1000 bytes.",
            "4: The row is longer than 195.3 KiB.",
            "6: The row is longer than 195.3 KiB.",
        ]
    );
}

#[tokio::test]
async fn a_first_line_that_cannot_name_columns_says_why() {
    for (text, part) in [
        ("", "it is empty"),
        ("\n\n\r\n", "it has no line"),
        (
            "email,name,email\n1,2,3\n",
            "columns 1 and 3 are both called `email`",
        ),
        (
            "\u{feff}email,name,email\n",
            "columns 1 and 3 are both called `email`",
        ),
        ("email,,name\n", "column 2 has no name"),
        (
            "ada@example.com,Ada\nb@example.com,B\n",
            "column 1 of it holds an email address",
        ),
        ("1,2,3\n4,5,6\n", "all of it is numbers"),
        ("\"email,name\n", "a quote in the first line does not close"),
        ("\"email\"x,name\n", "closes before its cell ends"),
    ] {
        let sentence = sentence(text.as_bytes()).await;
        assert!(sentence.contains(part), "{text:?}: {sentence}");
    }
}

#[tokio::test]
async fn ten_thousand_columns_end_in_a_sentence() {
    let names: Vec<String> = (0..10_000)
        .map(|number| format!("column_{number}"))
        .collect();
    let text = format!("{}\n", names.join(","));
    let sentence = sentence(text.as_bytes()).await;
    assert!(
        sentence.contains("10000 columns, and 1000 is the most"),
        "{sentence}"
    );
}

#[tokio::test]
async fn a_file_without_names_is_read_with_those_that_a_person_gives() {
    let form = Form {
        header: Header::Names(vec!["email".into(), "name".into()]),
        delimiter: Some('|'),
        ..Form::default()
    };
    let source = upload(b"a@example.com|A,B\nb@example.com|C\n", &form).await;
    let table = read(source, &Limits::default()).await.unwrap();
    assert_eq!(table.shown(), ["a@example.com|A,B", "b@example.com|C"]);
    assert_eq!(table.lines, [1, 2]);
}

#[tokio::test]
async fn numbers_stay_the_text_that_they_are() {
    let table = read_bytes(b"id,zip,amount\n007,01234,\"1,234.50\"\n1e5,-0,+3\n")
        .await
        .unwrap();
    assert_eq!(table.shown(), ["007|01234|1,234.50", "1e5|-0|+3"]);
}

#[tokio::test]
async fn a_preview_shows_a_hundred_rows_and_says_whether_there_are_more() {
    let text = |rows: u32| {
        let mut text = "a,b\n".to_owned();
        for row in 0..rows {
            text.push_str(&if row == 50 {
                "ragged\n".to_owned()
            } else {
                format!("{row},x\n")
            });
        }
        text
    };
    let show = async |rows| {
        let source = upload(text(rows).as_bytes(), &Form::default()).await;
        preview(source, 100, &Limits::default()).await.unwrap()
    };
    let long = show(10_000).await;
    assert_eq!((long.rows.len(), long.rows.rejected().len()), (99, 1));
    assert_eq!(long.rows.cell(98, 0), Some("99"));
    assert!(!long.complete);
    assert!(show(100).await.complete);
    assert!(!show(101).await.complete);
    assert_eq!(show(0).await.rows.len(), 0);
}

/// Text of every shape that quoting has to survive.
fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z0-9]{0,8}",
        "[a-z\",;|\t\r\n \u{e9}\u{1f600}]{0,12}",
        Just("\"".to_owned()),
        Just("\r\n".to_owned()),
        "[x]{0,3000}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_the_csv_crate_writes_comes_back_equal(
        rows in (1..6_usize).prop_flat_map(|columns| {
            prop::collection::vec(prop::collection::vec(cell(), columns), 1..40)
        }),
        delimiter in prop::sample::select(vec![b',', b';', b'\t', b'|']),
        crlf in any::<bool>(),
    ) {
        let columns = rows[0].len();
        let mut writer = ::csv::WriterBuilder::new()
            .delimiter(delimiter)
            .terminator(if crlf { ::csv::Terminator::CRLF } else { ::csv::Terminator::Any(b'\n') })
            .from_writer(Vec::new());
        let names: Vec<String> = (0..columns).map(|number| format!("column {number}")).collect();
        writer.write_record(&names).unwrap();
        for row in &rows {
            writer.write_record(row).unwrap();
        }
        let bytes = writer.into_inner().unwrap();
        let form = Form { delimiter: Some(char::from(delimiter)), ..Form::default() };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let table = runtime.block_on(async {
            read(upload(&bytes, &form).await, &Limits { silence: std::time::Duration::ZERO, ..Limits::default() }).await
        }).unwrap();
        prop_assert_eq!(table.reasons(), Vec::<String>::new());
        let expected: Vec<Vec<Option<String>>> = rows
            .into_iter()
            .map(|row| row.into_iter().map(Some).collect())
            .collect();
        prop_assert_eq!(table.rows, expected);
    }
}
