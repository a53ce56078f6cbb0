//! Files of comments.

pub(crate) mod download;
