//! Files on their way: read in pieces, sent in pieces, never whole in memory.

mod content;
mod link;

pub use content::FileContent;
pub(crate) use content::SourceFailed;
pub(crate) use link::{account_link, may_hold_content};

/// The size of the pieces that a file is read in.
pub(crate) const PIECE: usize = 64 * 1024;

/// A file that was fetched: what went through, for the comparison with what was promised (I-15).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Downloaded {
    /// How many bytes.
    pub bytes: u64,
    /// Their SHA-256.
    pub sha256: [u8; 32],
}

impl Downloaded {
    /// The SHA-256 as 64 hexadecimal digits.
    pub fn sha256_hex(&self) -> String {
        self.sha256
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}
