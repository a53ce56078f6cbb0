//! *Request credential*: links on which somebody else enters a secret once.

pub(super) mod add;
pub(super) mod answer;
pub(super) mod withdraw;
