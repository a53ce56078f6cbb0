//! Files cut short and with flipped bytes, many of each format: whatever comes out, nothing panics
//! and everything ends.

use std::panic::catch_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};

use audience::{Form, Limits};
use parquet::basic::{Compression, GzipLevel, ZstdLevel};
use rand_free::Throws;

use crate::compressed::{gzip, zstd};
use crate::parquet_writing::{Values, all, levelled, texts, write};
use crate::table::{read, upload};

/// Numbers that look random and are the same in every run.
mod rand_free {
    pub(super) struct Throws(pub(super) u64);

    impl Throws {
        pub(super) fn below(&mut self, most: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            usize::try_from(self.0 % most.max(1) as u64).unwrap()
        }
    }
}

/// Cuts, flips, doubles and leaves out some bytes.
fn damage(bytes: &[u8], throws: &mut Throws) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=throws.below(4) {
        let at = throws.below(bytes.len());
        match throws.below(6) {
            0 => bytes.truncate(at.max(1)),
            1 => bytes[at] ^= 1 << throws.below(8),
            2 => bytes[at] = [0, 0xff, 0x7f, 0x80, b'"', b'\n'][throws.below(6)],
            3 => {
                let end = (at + throws.below(20)).min(bytes.len());
                bytes.drain(at..end);
            }
            4 => {
                let end = (at + throws.below(20)).min(bytes.len());
                let copy = bytes[at..end].to_vec();
                bytes.splice(at..at, copy);
            }
            // The ends of files are where formats keep what they know of themselves.
            _ => {
                let from_end = throws.below(200).min(bytes.len() - 1);
                let at = bytes.len() - 1 - from_end;
                bytes[at] = bytes[at].wrapping_add(u8::try_from(throws.below(256)).unwrap());
            }
        }
        if bytes.is_empty() {
            bytes.push(b'x');
        }
    }
    bytes
}

/// How many panics there were over `count` damaged copies of `bytes` in the thread that decodes;
/// whoever reads hears of them by a sentence.
fn survive(bytes: &[u8], count: usize) -> usize {
    static PANICS: AtomicUsize = AtomicUsize::new(0);
    std::panic::set_hook(Box::new(|_| {
        PANICS.fetch_add(1, Ordering::Relaxed);
    }));
    let limits = Limits {
        row_group_bytes: 8 * 1024 * 1024,
        rows: 1_000_000,
        ..Limits::default()
    };
    let (mut good, mut bad) = (0, 0);
    let outcome = catch_unwind(std::panic::AssertUnwindSafe(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let mut throws = Throws(0x9e37_79b9_7f4a_7c15);
        for _ in 0..count {
            let damaged = damage(bytes, &mut throws);
            let outcome = runtime
                .block_on(async { read(upload(&damaged, &Form::default()).await, &limits).await });
            match outcome {
                Ok(_) => good += 1,
                Err(error) => {
                    assert!(error.to_string().ends_with('.'), "{error}");
                    bad += 1;
                }
            }
        }
    }));
    drop(std::panic::take_hook());
    assert!(outcome.is_ok(), "after {good} good and {bad} bad ones");
    assert!(bad > 0, "nothing was damaged");
    PANICS.load(Ordering::Relaxed)
}

fn lines() -> Vec<u8> {
    let mut text = "email,name,note\n".to_owned();
    for row in 0..60 {
        text.push_str(&format!(
            "{row}@example.com,\"Na \"\"{row}\"\"\",\"a\nb\"\n"
        ));
    }
    text.into_bytes()
}

#[test]
fn damaged_csv_never_panics_and_always_ends() {
    assert_eq!(survive(&lines(), 1_500), 0);
}

#[test]
fn damaged_json_lines_never_panic_and_always_end() {
    let mut text = String::new();
    for row in 0..60 {
        text.push_str(&format!(
            "{{\"email\":\"{row}@example.com\",\"n\":{row}.5,\"tags\":[\"x\",{{\"y\":null}}]}}\n"
        ));
    }
    assert_eq!(survive(text.as_bytes(), 1_500), 0);
}

#[test]
fn damaged_utf_16_never_panics_and_always_ends() {
    let text = String::from_utf8(lines()).unwrap();
    let marked = format!("\u{feff}{text}\u{1f600}");
    let bytes: Vec<u8> = marked.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(survive(&bytes, 700), 0);
}

#[test]
fn damaged_compressed_files_never_panic_and_always_end() {
    assert_eq!(survive(&gzip(&lines()), 700), 0);
    assert_eq!(survive(&zstd(&lines()), 700), 0);
}

#[test]
fn damaged_parquet_never_panics_and_always_ends() {
    let schema = "message m {
        required binary email (UTF8);
        optional int32 age;
        required int64 seen (TIMESTAMP(MICROS,true));
        optional group tags (LIST) { repeated group list { optional binary element (UTF8); } }
        required fixed_len_byte_array(16) amount (DECIMAL(38,4));
        required boolean vip;
    }";
    let columns = || {
        vec![
            all(texts(&["a@example.com", "b@example.com", "a@example.com"])),
            levelled(Values::Int32(vec![1, 2]), &[1, 0, 1], None),
            all(Values::Int64(vec![0, 1, 2])),
            levelled(texts(&["x", "y", "z"]), &[3, 3, 0, 3], Some(&[0, 1, 0, 0])),
            all(Values::Fixed(vec![vec![1; 16]; 3])),
            all(Values::Truths(vec![true, false, true])),
        ]
    };
    let mut panics = 0;
    for compression in [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(GzipLevel::default()),
        Compression::ZSTD(ZstdLevel::default()),
    ] {
        let bytes = write(schema, compression, &[columns(), columns()]);
        panics = survive(&bytes, 1_500);
    }
    // The library has some assertions about what it reads; they must stay rare.
    assert!(panics < 20, "{panics}");
}
