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
mod upload;
mod view;

pub(crate) use addition::sweep;
pub use addition::{Added, NO_TEXT, NewComment, Source, comment, comment_as};
pub(crate) use arrival::{erase, hear};
pub use download::{fetch, fetch_next, retry};
pub use name::{content_type_of, safe_name};
pub(crate) use upload::{Tokens, judge, upload};
pub use view::{FileView, of_case, of_comments};

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

    /// What is said of a file that is too large, with what to do.
    pub(crate) fn sentence(self) -> String {
        let whole = self.largest / (1024 * 1024);
        if whole > 0 {
            format!("It is larger than {whole} MB, the most that is allowed.")
        } else {
            format!(
                "It is larger than {} bytes, the most that is allowed.",
                self.largest
            )
        }
    }
}
