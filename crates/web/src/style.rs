//! What pages are dressed in, compiled in: one style sheet and one picture.

use std::sync::LazyLock;

use sha2::{Digest as _, Sha256};

/// The style sheet.
pub(crate) const SHEET: &str = include_str!("../assets/deskbridge.css");

/// The picture that browsers show beside the title.
pub(crate) const MARK: &str = include_str!("../assets/mark.svg");

/// The style sheet's address. It changes with its content, so that browsers may keep it for good.
pub(crate) static SHEET_ADDRESS: LazyLock<String> = LazyLock::new(|| {
    let hash = Sha256::digest(SHEET.as_bytes());
    let short: String = hash
        .iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("/assets/deskbridge.css?v={short}")
});
