//! Files of comments, both ways (zendesk-api.md 3.8, security-and-operations.md 1 and 3).
//!
//! Inbound: who imports a comment has its files noted in the same transaction (`hear`); [`fetch_next`]
//! brings their bytes later. Outbound: [`comment()`] stores the files first and the comment after them,
//! and the push uploads them before it sends the comment (`upload`). Either way at most one piece of
//! [`store::attachments::CHUNK`] bytes is in memory, and what does not arrive whole is parked with the
//! reason (I-15).

mod addition;
mod arrival;
mod download;
mod name;
mod pauses;
mod pump;
mod spool;
mod upload;
mod view;

pub(crate) use addition::sweep;
pub use addition::{Added, NO_TEXT, NewComment, Source, comment, comment_as, too_many};
pub(crate) use arrival::{erase, hear};
pub use download::{fetch, fetch_next, retry};
pub use name::{content_type_of, safe_name};
pub use spool::{Spool, Spooled};
pub(crate) use upload::{Tokens, judge, upload};
pub use view::{FileView, of_case, of_comments};

use crate::error::Error;

/// How many files one comment may have.
pub const MOST_FILES: usize = 20;

/// What is fetched and sent at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The largest file, in bytes.
    pub largest: u64,
}

impl Default for Limits {
    /// As Zendesk itself: 50 MB a file (zendesk-api.md 3.8).
    fn default() -> Self {
        Self {
            largest: 50 * 1024 * 1024,
        }
    }
}

impl Limits {
    /// Whether a file of so many bytes is too large.
    pub(crate) fn is_over(self, size: i64) -> bool {
        u64::try_from(size).is_ok_and(|size| size > self.largest)
    }

    /// The largest file in words: `50 MB`.
    pub fn in_words(self) -> String {
        match self.largest / (1024 * 1024) {
            0 => format!("{} bytes", self.largest),
            whole => format!("{whole} MB"),
        }
    }

    /// What is said of a file that is too large.
    pub(crate) fn sentence(self) -> String {
        format!(
            "It is larger than {}, the most that is allowed.",
            self.in_words()
        )
    }

    /// What is said of a file that is too large to be added, with what to do.
    fn refusal(self, name: &str) -> Error {
        Error::Refused(format!(
            "The file {name:?} cannot be added. {} Share it another way and say where it is.",
            self.sentence()
        ))
    }
}
