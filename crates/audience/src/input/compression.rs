//! gzip and Zstandard, told by their first bytes and let in only up to a ratio.

use std::io::{BufReader, Read};

use serde::{Deserialize, Serialize};

use super::Tap;
use crate::error::Error;
use crate::limits::{Limits, size};

/// How a source is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip, also several of them one after the other.
    Gzip,
    /// Zstandard.
    Zstd,
}

impl Compression {
    /// By the first bytes.
    pub(crate) fn of(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            _ => Self::None,
        }
    }

    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::None => "not compressed",
            Self::Gzip => "gzip",
            Self::Zstd => "Zstandard",
        }
    }
}

/// Windows over 32 MiB are for archives of many gigabytes and cost us that much memory.
const LARGEST_WINDOW: u32 = 25;

/// What comes out of `tap` when it is decompressed.
pub(crate) fn decompress(
    name: &str,
    compression: Compression,
    tap: &Tap,
    limits: &Limits,
) -> Result<Box<dyn Read + Send>, Error> {
    let broken = |error: std::io::Error| Error::from_io(name, error);
    let inner: Box<dyn Read + Send> = match compression {
        Compression::None => Box::new(tap.clone()),
        Compression::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(
            BufReader::with_capacity(64 * 1024, tap.clone()),
        )),
        Compression::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::new(tap.clone()).map_err(broken)?;
            decoder.window_log_max(LARGEST_WINDOW).map_err(broken)?;
            Box::new(decoder)
        }
    };
    Ok(Box::new(Guarded {
        name: name.to_owned(),
        compression,
        inner,
        tap: tap.clone(),
        out: 0,
        ratio: limits.ratio,
        most: limits.text_bytes,
    }))
}

/// Stops a stream that gives more than it may.
struct Guarded {
    name: String,
    compression: Compression,
    inner: Box<dyn Read + Send>,
    tap: Tap,
    out: u64,
    ratio: u64,
    most: u64,
}

impl Guarded {
    fn check(&self) -> Result<(), Error> {
        if self.out > self.most {
            let why = format!("it holds more than {} of text", size(self.most));
            return Err(Error::too_much(
                &self.name,
                None,
                why,
                "Send it in several parts",
            ));
        }
        let compressed = self.compression != Compression::None;
        let allowed = self
            .tap
            .position()
            .saturating_mul(self.ratio)
            .saturating_add(Limits::FREE_BYTES);
        if compressed && self.out > allowed {
            let why = format!(
                "more than {} times its size came out of it when it was decompressed",
                self.ratio
            );
            return Err(Error::too_much(
                &self.name,
                None,
                why,
                "If it really is that repetitive, send it without compression",
            ));
        }
        Ok(())
    }

    /// What the decoder says, in our words; an error of the file itself stays what it is.
    fn explain(&self, error: std::io::Error) -> std::io::Error {
        use std::io::ErrorKind::{InvalidData, InvalidInput, Other, UnexpectedEof};
        if self.compression == Compression::None
            || !matches!(
                error.kind(),
                InvalidData | InvalidInput | Other | UnexpectedEof
            )
        {
            return error;
        }
        let kind = self.compression.words();
        let said = error.to_string();
        let (why, remedy) = if error.kind() == UnexpectedEof || said.contains("incomplete") {
            (
                format!("the {kind} data stop in the middle"),
                "Export or upload it again",
            )
        } else if said.contains("too much memory") {
            (
                format!("the {kind} data need more than 32 MiB of memory to decompress"),
                "Compress it without --ultra and --long",
            )
        } else {
            (
                format!("the {kind} data are damaged"),
                "Export or upload it again",
            )
        };
        Error::damaged(&self.name, None, why, remedy).into_io()
    }
}

impl Read for Guarded {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        match self.inner.read(into) {
            Ok(read) => {
                self.out += read as u64;
                self.check().map_err(Error::into_io)?;
                Ok(read)
            }
            Err(error) => Err(self.explain(error)),
        }
    }
}
