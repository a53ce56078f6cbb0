//! JSON Lines, good and bad.

use audience::{ColumnKind, Form, Format, Limits, UnknownKeys};

use crate::table::{read, read_bytes, sentence, upload};

const TEXT: &str = r#"{"email":"a@example.com","age":36,"spent":12.50,"vip":true,"tags":["x","y z"]}
{"email":"b@example.com","spent":3,"address":{"city":"Zo\u00eb"},"age":null}

{"city":"late","email":"c\"@example.com"}
"#;

#[tokio::test]
async fn the_columns_are_all_keys_of_the_sample_and_absent_ones_are_null() {
    let table = read_bytes(TEXT.as_bytes()).await.unwrap();
    use ColumnKind::{Boolean, Decimal, Integer, List, Text};
    let columns: Vec<_> = table
        .columns
        .iter()
        .map(|(name, kind)| (name.as_str(), *kind))
        .collect();
    assert_eq!(
        columns,
        [
            ("email", Text),
            ("age", Integer),
            ("spent", Decimal),
            ("vip", Boolean),
            ("tags", List),
            ("address", Text),
            ("city", Text)
        ]
    );
    assert_eq!(
        table.shown(),
        [
            "a@example.com|36|12.50|true|[\"x\",\"y z\"]|-|-",
            "b@example.com|-|3|-|-|{\"city\":\"Zo\\u00eb\"}|-",
            "c\"@example.com|-|-|-|-|-|late"
        ]
    );
    assert_eq!(table.lines, [1, 2, 4]);
    assert_eq!(table.reader.found().format, Some(Format::JsonLines));
}

#[tokio::test]
async fn a_key_that_comes_up_late_rejects_its_row_unless_it_may_be_ignored() {
    let mut text = "{\"email\":\"a\"}\n".repeat(1_500);
    text.push_str("{\"email\":\"b\",\"new\":1}\n{\"email\":\"c\"}\n");
    let table = read_bytes(text.as_bytes()).await.unwrap();
    assert_eq!(table.rows.len(), 1_501);
    assert_eq!(table.rejected[0].line, 1_501);
    assert!(
        table.rejected[0]
            .reason
            .contains("`new` is none of the columns")
    );

    let form = Form {
        unknown_keys: UnknownKeys::Ignore,
        ..Form::default()
    };
    let table = read(upload(text.as_bytes(), &form).await, &Limits::default())
        .await
        .unwrap();
    assert_eq!((table.rows.len(), table.rejected.len()), (1_502, 0));
}

#[tokio::test]
async fn a_line_that_is_no_object_is_rejected_without_its_values() {
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let text = format!(
        "{{\"a\":1}}\n{{\"a\":2\n[1]\n\"ada@example.com\"\n{{\"a\":3,\"a\":4}}\n{{\"a\":1e999}}\n{deep}\n{{\"a\":5}} x\n{{\"a\":6}}\n"
    );
    let table = read_bytes(text.as_bytes()).await.unwrap();
    assert_eq!(table.shown(), ["1", "6"]);
    let lines: Vec<u64> = table.rejected.iter().map(|row| row.line).collect();
    assert_eq!(lines, [2, 3, 4, 5, 6, 7, 8]);
    let reasons = table.reasons().join("\n");
    assert!(!reasons.contains("ada@"), "{reasons}");
    assert!(reasons.contains("5: The key `a` comes twice."), "{reasons}");
    assert!(
        reasons.contains("6: The value of `a` cannot be told."),
        "{reasons}"
    );
}

#[tokio::test]
async fn lines_and_values_that_are_too_long_are_rejected_one_by_one() {
    let limits = Limits {
        line_bytes: 2_000_000,
        cell_bytes: 1_000,
        ..Limits::default()
    };
    let text = format!(
        "{{\"a\":1}}\n{{\"a\":\"{}\"}}\n{{\"a\":\"{}\"}}\n{{\"a\":2}}\n",
        "x".repeat(1_001),
        "x".repeat(3_000_000)
    );
    let table = read(upload(text.as_bytes(), &Form::default()).await, &limits)
        .await
        .unwrap();
    assert_eq!(table.shown(), ["1", "2"]);
    assert_eq!(table.lines, [1, 4]);
    assert_eq!(
        table.reasons(),
        [
            "2: The value of `a` is longer than 1000 bytes.",
            "3: The line is longer than 1.9 MiB."
        ]
    );
}

#[tokio::test]
async fn a_file_without_any_object_ends_in_a_sentence() {
    assert!(
        sentence(b"{broken\n{also\n")
            .await
            .contains("none of its first lines is a JSON object")
    );
    assert!(sentence(b"{}\n{}\n").await.contains("there is none"));
}
