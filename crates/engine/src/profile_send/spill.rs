//! Records on disk, sorted roughly: so that memory is the same for a thousand rows and for five million.
//!
//! A record goes to one of 256 parts by the first bits of its hash, and parts are read back one by one in
//! the order of their hashes, which is the order of the ledger. All parts share one file without a name,
//! which is gone after a crash; each part is a list of pieces in it.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use crate::error::{Error, Result};

/// How many parts there are: five million rows make parts of 20,000.
pub(super) const PARTS: usize = 256;
/// A part is written once so much of it has come together.
const PIECE: usize = 16 * 1024;

/// A record of fixed size that can be laid down and taken up again.
pub(super) trait Laid: Copy {
    /// How many bytes it takes.
    const BYTES: usize;
    /// The hash that puts it into a part.
    fn place(&self) -> i64;
    /// Adds its bytes.
    fn lay(&self, out: &mut Vec<u8>);
    /// Reads it from its bytes, which are as many as [`Laid::BYTES`].
    fn take(bytes: &[u8]) -> Self;
}

/// The hashes that lie in the parts `from` up to, not including, `to`: the lowest and the highest.
pub(super) fn range(from: usize, to: usize) -> (i64, i64) {
    let bound = |part: usize| (part as i128) << 56;
    let low = bound(from) + i128::from(i64::MIN);
    let high = bound(to) + i128::from(i64::MIN) - 1;
    let narrow = |wide: i128| i64::try_from(wide).unwrap_or(i64::MAX);
    (narrow(low), narrow(high))
}

/// The part of a hash: its first eight bits, in the order of signed numbers.
fn part(hash: i64) -> usize {
    usize::from((hash.to_be_bytes()[0]) ^ 0x80)
}

/// Eight bytes of a record as a number; nought where there are fewer.
pub(super) fn number(bytes: &[u8], place: usize) -> i64 {
    let eight = bytes.get(place * 8..).and_then(<[u8]>::first_chunk);
    eight.copied().map_or(0, i64::from_be_bytes)
}

/// Adds numbers as [`number`] reads them, all at once.
pub(super) fn lay_numbers<const N: usize>(numbers: [i64; N], out: &mut Vec<u8>) {
    out.extend_from_slice(numbers.map(i64::to_be_bytes).as_flattened());
}

/// Where a piece of a part lies in the file.
#[derive(Clone, Copy)]
struct Piece {
    at: u64,
    bytes: usize,
}

/// One part: what is still in memory, and what has been written.
#[derive(Default)]
struct Part {
    waiting: Vec<u8>,
    pieces: Vec<Piece>,
    records: usize,
}

/// Records of one kind, by parts.
pub(super) struct Spill<R> {
    file: File,
    end: u64,
    parts: Vec<Part>,
    records: std::marker::PhantomData<R>,
}

impl<R: Laid> Spill<R> {
    /// An empty one, in a file of `folder`.
    ///
    /// # Errors
    /// [`Error::Refused`] if there is no room for it.
    pub(super) fn new(folder: &Path) -> Result<Self> {
        Ok(Self {
            file: tempfile::tempfile_in(folder).map_err(|error| no_room(&error))?,
            end: 0,
            parts: (0..PARTS).map(|_| Part::default()).collect(),
            records: std::marker::PhantomData,
        })
    }

    /// Lays a record down. Now and then this writes 16 KiB into the cache of the file system.
    ///
    /// # Errors
    /// [`Error::Refused`] if the disk is full.
    pub(super) fn push(&mut self, record: R) -> Result<()> {
        let Some(part) = self.parts.get_mut(part(record.place())) else {
            return Ok(());
        };
        record.lay(&mut part.waiting);
        part.records += 1;
        if part.waiting.len() + R::BYTES > PIECE {
            self.file
                .write_all_at(&part.waiting, self.end)
                .map_err(|error| no_room(&error))?;
            part.pieces.push(Piece {
                at: self.end,
                bytes: part.waiting.len(),
            });
            self.end += part.waiting.len() as u64;
            part.waiting.clear();
        }
        Ok(())
    }

    /// How many records there are.
    pub(super) fn len(&self) -> u64 {
        self.parts.iter().map(|part| part.records as u64).sum()
    }

    /// Adds the records of a part to `out`, in the order in which they came.
    ///
    /// # Errors
    /// [`Error::Refused`] if the file cannot be read.
    pub(super) fn read(&self, part: usize, out: &mut Vec<R>) -> Result<()> {
        let Some(part) = self.parts.get(part) else {
            return Ok(());
        };
        let mut bytes = vec![0; PIECE];
        out.reserve(part.records);
        for piece in &part.pieces {
            bytes.resize(piece.bytes, 0);
            self.file
                .read_exact_at(&mut bytes, piece.at)
                .map_err(|error| no_room(&error))?;
            out.extend(bytes.chunks_exact(R::BYTES).map(R::take));
        }
        out.extend(part.waiting.chunks_exact(R::BYTES).map(R::take));
        Ok(())
    }
}

/// What a person reads when a file that only lives for a while cannot be written or read.
pub(super) fn no_room(error: &std::io::Error) -> Error {
    Error::Refused(format!(
        "A temporary file of the workflow could not be used ({error}). Check the room in the data folder, then resolve the workflow."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
    struct Pair(i64, i64);

    impl Laid for Pair {
        const BYTES: usize = 16;
        fn place(&self) -> i64 {
            self.0
        }
        fn lay(&self, out: &mut Vec<u8>) {
            out.extend(self.0.to_be_bytes());
            out.extend(self.1.to_be_bytes());
        }
        fn take(bytes: &[u8]) -> Self {
            Self(number(bytes, 0), number(bytes, 1))
        }
    }

    #[test]
    fn every_record_comes_back_once_and_parts_are_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let mut spill = Spill::new(folder.path()).unwrap();
        // A walk over all of the numbers, more than a piece of each part.
        let all: Vec<Pair> = (0..400_000_i64)
            .map(|n| Pair(n.wrapping_mul(0x9E37_79B9_7F4A_7C15_u64 as i64), n))
            .chain([
                Pair(i64::MIN, -1),
                Pair(i64::MAX, -2),
                Pair(0, -3),
                Pair(-1, -4),
            ])
            .collect();
        for pair in &all {
            spill.push(*pair).unwrap();
        }
        assert_eq!(spill.len(), all.len() as u64);
        let mut back = Vec::new();
        for part in 0..PARTS {
            let start = back.len();
            spill.read(part, &mut back).unwrap();
            let (low, high) = range(part, part + 1);
            assert!(
                back[start..]
                    .iter()
                    .all(|pair| (low..=high).contains(&pair.0))
            );
            back[start..].sort_unstable();
        }
        let mut sorted = all;
        sorted.sort_unstable();
        assert_eq!(back, sorted);
    }

    #[test]
    fn the_ranges_of_all_parts_are_all_numbers() {
        assert_eq!(range(0, PARTS), (i64::MIN, i64::MAX));
        assert_eq!(range(0, 128).1, -1);
        assert_eq!(range(128, 256).0, 0);
    }
}
