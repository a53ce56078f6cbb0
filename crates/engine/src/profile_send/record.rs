//! What comparing needs of a row: 48 bytes of it.

use domain::profile::Profile;
use domain::profile::key::{KeyKind, key_of};
use sha2::{Digest as _, Sha256};

use super::spill::{Laid, lay_numbers, number};

/// A hash in the two numbers that the database keeps it in.
pub(super) type Hash = [i64; 2];

/// The two numbers of a hash of sixteen bytes.
pub(super) fn hash_of(bytes: [u8; 16]) -> Hash {
    [number(&bytes, 0), number(&bytes, 1)]
}

/// What a failure is kept under: the row and the plan together, so that a change of either makes the row
/// worth sending again.
pub(super) fn with_plan(body: Hash, plan: [u8; 16]) -> Hash {
    let plan = hash_of(plan);
    [body[0] ^ plan[0], body[1] ^ plan[1]]
}

/// The hash of a key. The kind is part of it: an external id that looks like an email is not one.
pub(super) fn key_hash(kind: KeyKind, key: &str) -> Hash {
    let mut digest = Sha256::new();
    digest.update(kind.as_str());
    digest.update([0]);
    digest.update(key);
    let mut half = [0; 16];
    for (kept, byte) in half.iter_mut().zip(digest.finalize()) {
        *kept = byte;
    }
    hash_of(half)
}

/// A row that passed its checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Record {
    /// Whom it is about.
    pub(super) key: Hash,
    /// The hash of its email; nought if it has none.
    pub(super) email: i64,
    /// What would be sent.
    pub(super) body: Hash,
    /// Where it stands in the source.
    pub(super) line: u64,
}

impl Record {
    /// The record of a checked row.
    pub(super) fn of(profile: &Profile, line: u64) -> Self {
        let email = profile.email().map_or(0, |email| {
            let [hash, _] = key_hash(KeyKind::Email, &key_of(email));
            // Nought stands for none.
            if hash == 0 { 1 } else { hash }
        });
        Self {
            key: key_hash(profile.key_kind(), profile.key()),
            email,
            body: hash_of(profile.hash()),
            line,
        }
    }
}

impl Laid for Record {
    const BYTES: usize = 48;

    fn place(&self) -> i64 {
        self.key[0]
    }

    fn lay(&self, out: &mut Vec<u8>) {
        let line = self.line.cast_signed();
        let ([key, rest], [body, end]) = (self.key, self.body);
        lay_numbers([key, rest, self.email, body, end, line], out);
    }

    fn take(bytes: &[u8]) -> Self {
        Self {
            key: [number(bytes, 0), number(bytes, 1)],
            email: number(bytes, 2),
            body: [number(bytes, 3), number(bytes, 4)],
            line: number(bytes, 5).cast_unsigned(),
        }
    }
}

/// Who bears an email: to find one that stands under two keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Bearer {
    /// The hash of the email.
    pub(super) email: i64,
    /// Whom the row is about.
    pub(super) key: Hash,
    /// Where it stands in the source.
    pub(super) line: u64,
    /// What it was counted as when it was compared: its place in [`super::link::SETTLED`].
    pub(super) counted: u64,
}

impl Laid for Bearer {
    const BYTES: usize = 40;

    fn place(&self) -> i64 {
        self.email
    }

    fn lay(&self, out: &mut Vec<u8>) {
        let (line, counted) = (self.line.cast_signed(), self.counted.cast_signed());
        lay_numbers([self.email, self.key[0], self.key[1], line, counted], out);
    }

    fn take(bytes: &[u8]) -> Self {
        Self {
            email: number(bytes, 0),
            key: [number(bytes, 1), number(bytes, 2)],
            line: number(bytes, 3).cast_unsigned(),
            counted: number(bytes, 4).cast_unsigned(),
        }
    }
}

/// A customer who left the query, or might have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Left(pub(super) Hash);

impl Laid for Left {
    const BYTES: usize = 16;

    fn place(&self) -> i64 {
        self.0[0]
    }

    fn lay(&self, out: &mut Vec<u8>) {
        lay_numbers(self.0, out);
    }

    fn take(bytes: &[u8]) -> Self {
        Self([number(bytes, 0), number(bytes, 1)])
    }
}
