//! The pages: one file an action, with its errors and its answer.

pub(crate) mod assets;
pub(crate) mod attachments;
pub(crate) mod cases;
pub(crate) mod contacts;
pub(crate) mod health;
pub(crate) mod home;
pub(crate) mod hooks;
pub(crate) mod integrations;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod missing;
pub(crate) mod ready;
pub(crate) mod users;

/// An id or a number as an address names it, if it can be one at all. What cannot is not asked for:
/// the databases differ in what they make of odd characters.
pub(crate) fn record_id(text: &str) -> Option<&str> {
    let plain =
        (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    plain.then_some(text)
}
