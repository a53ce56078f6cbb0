//! Small sources that want to be large.

use std::io::Write as _;

use audience::{Form, Limits, UploadSource};
use audience::{Source, Spool};
use bytes::Bytes;
use futures_util::stream;

use crate::table::{read, read_bytes, sentence, upload};

const MEBIBYTE: usize = 1024 * 1024;

/// Peak memory of this process so far, where the system tells it. nextest gives every test a process of
/// its own.
fn peak_memory() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kibibytes: usize = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes * 1024)
}

#[tokio::test]
async fn a_gzip_bomb_ends_in_a_sentence_and_not_in_memory() {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(b"a,b\n").unwrap();
    let lines = "1,2\n".repeat(MEBIBYTE / 4);
    for _ in 0..60 {
        encoder.write_all(lines.as_bytes()).unwrap();
    }
    let bytes = encoder.finish().unwrap();
    assert!(bytes.len() < MEBIBYTE);
    let sentence = sentence(&bytes).await;
    assert!(
        sentence.contains("more than 100 times its size"),
        "{sentence}"
    );
}

#[tokio::test]
async fn a_zstandard_bomb_ends_in_a_sentence_and_not_in_memory() {
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 3).unwrap();
    encoder.write_all(b"a,b\n").unwrap();
    let lines = "1,2\n".repeat(MEBIBYTE / 4);
    for _ in 0..500 {
        encoder.write_all(lines.as_bytes()).unwrap();
    }
    let bytes = encoder.finish().unwrap();
    assert!(bytes.len() < MEBIBYTE);
    let before = peak_memory().unwrap_or_default();
    let source = upload(&bytes, &Form::default()).await;
    let mut reader = audience::Reader::open(source, &Limits::default())
        .await
        .unwrap();
    let error = loop {
        match reader.next().await {
            Ok(Some(batch)) => reader.give_back(batch),
            Ok(None) => panic!("the bomb was read whole"),
            Err(error) => break error.to_string(),
        }
    };
    assert!(error.contains("more than 100 times its size"), "{error}");
    let grown = peak_memory().unwrap_or_default() - before;
    assert!(grown < 100 * MEBIBYTE, "{grown} bytes");
}

#[tokio::test]
async fn a_gigabyte_without_a_line_end_is_one_rejected_row() {
    let limits = Limits::default();
    let spool = Spool::new("people.csv", &std::env::temp_dir(), &limits).unwrap();
    let piece = Bytes::from(vec![b'x'; MEBIBYTE]);
    let pieces = (0..1_026).map(|number| match number {
        0 => Bytes::from_static(b"a,b\n1,2\n"),
        1_025 => Bytes::from_static(b"\n3,4\n"),
        _ => piece.clone(),
    });
    let stream = stream::iter(pieces.map(Ok::<_, std::convert::Infallible>));
    let spooled = spool.take(stream).await.unwrap();
    assert!(spooled.bytes() > 1 << 30);
    let source = Source::Upload(UploadSource {
        spooled,
        form: Form::default(),
    });
    let before = peak_memory().unwrap_or_default();
    let table = read(source, &limits).await.unwrap();
    assert_eq!(table.shown(), ["1|2", "3|4"]);
    assert_eq!(table.lines, [2, 4]);
    assert_eq!(table.reasons(), ["3: The row is longer than 1 MiB."]);
    let grown = peak_memory().unwrap_or_default() - before;
    assert!(grown < 30 * MEBIBYTE, "{grown} bytes");
}

#[tokio::test]
async fn a_file_of_nothing_but_delimiters_or_line_ends_ends() {
    let table = read_bytes(&[b"a,b\n".as_slice(), &vec![b'\n'; 5_000_000]].concat())
        .await
        .unwrap();
    assert_eq!(table.rows.len(), 0);
    let table = read_bytes(&[b"a,b\n".as_slice(), &vec![b','; 5_000_000]].concat())
        .await
        .unwrap();
    assert_eq!(table.reasons(), ["2: The row is longer than 1 MiB."]);
    let commas = sentence(&vec![b','; 500_000]).await;
    assert!(commas.contains("500001 columns"), "{commas}");
}

#[tokio::test]
async fn a_source_with_too_many_rows_or_bytes_ends_in_a_sentence() {
    let limits = Limits {
        rows: 10,
        ..Limits::default()
    };
    let text = format!("a\n{}", "1\n".repeat(11));
    let source = upload(text.as_bytes(), &Form::default()).await;
    let error = read(source, &limits).await.unwrap_err().to_string();
    assert!(error.contains("more than 10 rows"), "{error}");

    let limits = Limits {
        input_bytes: 10,
        ..Limits::default()
    };
    let mut spool = Spool::new("people.csv", &std::env::temp_dir(), &limits).unwrap();
    spool.write(&[0; 10]).await.unwrap();
    let error = spool.write(&[0]).await.unwrap_err().to_string();
    assert!(error.contains("10 bytes is the most"), "{error}");
}
