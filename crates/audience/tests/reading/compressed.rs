//! gzip and Zstandard.

use std::io::Write as _;

use audience::{Compression, Form, Limits};
use sha2::Digest as _;

use crate::table::{read, read_bytes, sentence, upload};

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn zstd(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn text(rows: u32) -> Vec<u8> {
    let mut text = "id,name\n".to_owned();
    for row in 0..rows {
        text.push_str(&format!("{row},name {}\n", row.wrapping_mul(2_654_435_761)));
    }
    text.into_bytes()
}

#[tokio::test]
async fn compression_is_found_by_the_first_bytes_and_the_fingerprint_is_of_the_file() {
    let plain = text(50_000);
    let two = [gzip(&plain[..100_000]), gzip(&plain[100_000..])].concat();
    for (bytes, compression) in [
        (plain.clone(), Compression::None),
        (gzip(&plain), Compression::Gzip),
        (two, Compression::Gzip),
        (zstd(&plain), Compression::Zstd),
    ] {
        let table = read_bytes(&bytes).await.unwrap();
        assert_eq!(table.rows.len(), 50_000);
        assert_eq!(table.reader.found().compression, Some(compression));
        let expected: [u8; 32] = sha2::Sha256::digest(&bytes).into();
        assert_eq!(table.reader.fingerprint(), Some(expected));
        assert_eq!(table.reader.bytes_read(), bytes.len() as u64);
    }
}

#[tokio::test]
async fn a_compressed_file_cut_short_never_looks_like_a_short_file() {
    let plain = text(50_000);
    for bytes in [gzip(&plain), zstd(&plain)] {
        for length in [bytes.len() / 2, bytes.len() - 1, 20] {
            let sentence = sentence(&bytes[..length]).await;
            assert!(sentence.contains("stop in the middle"), "{sentence}");
        }
    }
}

#[tokio::test]
async fn damaged_and_doubly_compressed_files_end_in_a_sentence() {
    let plain = text(50_000);
    for mut bytes in [gzip(&plain), zstd(&plain)] {
        let middle = bytes.len() / 2;
        for byte in &mut bytes[middle..middle + 50] {
            *byte ^= 0x5a;
        }
        let sentence = sentence(&bytes).await;
        assert!(sentence.contains("are damaged"), "{sentence}");
    }
    assert!(
        sentence(&gzip(&gzip(&plain)))
            .await
            .contains("compressed twice")
    );
    assert!(
        sentence(&gzip(b"PAR1...."))
            .await
            .contains("Parquet compresses itself")
    );
    assert!(sentence(&gzip(b"")).await.contains("it is empty"));
}

#[tokio::test]
async fn a_zstandard_window_that_takes_much_memory_is_refused() {
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(27).unwrap();
    encoder.long_distance_matching(true).unwrap();
    encoder.include_contentsize(false).unwrap();
    encoder.write_all(&text(50_000)).unwrap();
    let bytes = encoder.finish().unwrap();
    let sentence = sentence(&bytes).await;
    assert!(sentence.contains("need more than 32 MiB"), "{sentence}");
}

#[tokio::test]
async fn text_past_its_limit_ends_in_a_sentence() {
    let limits = Limits {
        text_bytes: 100_000,
        ..Limits::default()
    };
    let source = upload(&gzip(&text(50_000)), &Form::default()).await;
    let error = read(source, &limits).await.unwrap_err().to_string();
    assert!(error.contains("more than 97.6 KiB of text"), "{error}");
}
