//! Where the evidence lies: beside the workspace, never in it.

use std::path::{Path, PathBuf};

/// The folder with Zendesk's document and the recordings, if this machine has it.
pub fn folder() -> Option<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = own.join("../../../shared/zendesk");
    folder.is_dir().then_some(folder)
}

/// What is said where the evidence is missing.
pub const MISSING: &str = "needs ../shared";
