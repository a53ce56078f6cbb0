//! What one source may cost (security-and-operations.md 3): checked before and while decoding, so
//! that a bomb ends in a sentence and not in memory.

use std::time::Duration;

/// The bounds of one reading. Every breach is an [`crate::Error::TooMuch`] or, where the format
/// lets reading go on, a rejected row; both name the limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the source as it lies there, compressed or not.
    pub input_bytes: u64,
    /// Bytes after decompression.
    pub text_bytes: u64,
    /// How many bytes may come out of one compressed byte, over the whole input. Small inputs are
    /// let off up to [`Limits::FREE_BYTES`].
    pub ratio: u64,
    /// Columns of a row.
    pub columns: usize,
    /// Bytes of one line, or of one row whose quoted cells run over several lines.
    pub line_bytes: usize,
    /// Bytes of one value.
    pub cell_bytes: usize,
    /// Rows, those that are rejected included.
    pub rows: u64,
    /// Bytes that the columns of one Parquet row group may hold in memory at one time.
    pub row_group_bytes: u64,
    /// How long the database may work on one piece of a statement's rows.
    pub statement_time: Duration,
    /// How long a stream may give nothing: a connection, an upload, an object store.
    pub silence: Duration,
}

impl Limits {
    /// So much may come out of a compressed source whatever its ratio: a short file of equal rows
    /// is no bomb.
    pub const FREE_BYTES: u64 = 16 * 1024 * 1024;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            input_bytes: 20 * 1024 * 1024 * 1024,
            text_bytes: 100 * 1024 * 1024 * 1024,
            ratio: 100,
            columns: 1_000,
            line_bytes: 1024 * 1024,
            cell_bytes: 256 * 1024,
            rows: 100_000_000,
            row_group_bytes: 256 * 1024 * 1024,
            statement_time: Duration::from_mins(5),
            silence: Duration::from_mins(1),
        }
    }
}

/// A number of bytes as people read it: "1.5 MiB", "300 bytes".
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [(&str, u64); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    for (unit, one) in UNITS {
        if bytes >= one {
            let tenths = bytes.saturating_mul(10) / one;
            return if tenths.is_multiple_of(10) {
                format!("{} {unit}", tenths / 10)
            } else {
                format!("{}.{} {unit}", tenths / 10, tenths % 10)
            };
        }
    }
    format!("{bytes} bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_like_sizes() {
        assert_eq!(size(300), "300 bytes");
        assert_eq!(size(1024), "1 KiB");
        assert_eq!(size(1_572_864), "1.5 MiB");
        assert_eq!(size(20 << 30), "20 GiB");
    }
}
