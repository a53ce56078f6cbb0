//! Text in other encodings.

use audience::{Encoding, Form, Limits};

use crate::table::{read, read_bytes, sentence, upload};

const TEXT: &str = "email,name\na@example.com,Zo\u{eb} \u{20ac}\nb@example.com,Ren\u{e9}e\n";

fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(unit).collect()
}

#[tokio::test]
async fn a_byte_order_mark_is_no_part_of_the_first_name() {
    let marked = format!("\u{feff}{TEXT}");
    for bytes in [
        marked.clone().into_bytes(),
        utf16(&marked, u16::to_le_bytes),
        utf16(&marked, u16::to_be_bytes),
    ] {
        let table = read_bytes(&bytes).await.unwrap();
        assert_eq!(table.names(), ["email", "name"]);
        assert_eq!(
            table.shown(),
            [
                "a@example.com|Zo\u{eb} \u{20ac}",
                "b@example.com|Ren\u{e9}e"
            ]
        );
    }
}

#[tokio::test]
async fn windows_1252_is_found_and_other_encodings_may_be_named() {
    let western = b"email,name\na@example.com,Zo\xeb \x80\nb@example.com,Ren\xe9e\n";
    let table = read_bytes(western).await.unwrap();
    assert_eq!(
        table.shown(),
        [
            "a@example.com|Zo\u{eb} \u{20ac}",
            "b@example.com|Ren\u{e9}e"
        ]
    );
    assert_eq!(table.reader.found().encoding, Some(Encoding::Windows1252));

    let form = Form {
        encoding: Some(Encoding::Utf16Le),
        ..Form::default()
    };
    let source = upload(&utf16(TEXT, u16::to_le_bytes), &form).await;
    let table = read(source, &Limits::default()).await.unwrap();
    assert_eq!(table.names(), ["email", "name"]);
}

#[tokio::test]
async fn what_cannot_be_found_out_ends_in_a_sentence() {
    assert!(
        sentence(&utf16(TEXT, u16::to_le_bytes))
            .await
            .contains("UTF-16 without a byte-order mark. Name the encoding")
    );
    assert!(
        sentence(b"\x7fELF\0\0\0\x01")
            .await
            .contains("it is no text")
    );
    assert!(
        sentence(b"PK\x03\x04stuff")
            .await
            .contains("Excel workbook")
    );
    assert!(sentence(b"[{\"a\":1}]").await.contains("JSON array"));
}

#[tokio::test]
async fn a_row_that_is_not_utf_8_after_a_clean_start_is_rejected_alone() {
    let mut bytes = b"email,name\n".to_vec();
    for row in 0..20_000 {
        bytes.extend_from_slice(format!("{row}@example.com,A\n").as_bytes());
    }
    bytes.extend_from_slice(b"bad@example.com,Ren\xe9e\ngood@example.com,B\n");
    let table = read_bytes(&bytes).await.unwrap();
    assert_eq!(table.rows.len(), 20_001);
    assert_eq!(table.rejected.len(), 1);
    assert_eq!(table.rejected[0].line, 20_002);
    assert!(table.rejected[0].reason.contains("not UTF-8"));
}
