//! What every member's `Cargo.toml` says.

use crate::source::{Finding, finding};

/// Manifests of packages that do not take over the workspace's lints.
pub(crate) fn find_missing_lints(path: &str, text: &str) -> Vec<Finding> {
    let mut section = "";
    let (mut is_package, mut inherits) = (false, false);
    for line in text.lines().map(str::trim) {
        if line.starts_with('[') {
            section = line;
            is_package |= section == "[package]";
        } else if section == "[lints]" {
            inherits |= line.replace(' ', "") == "workspace=true";
        }
    }
    if !is_package || inherits {
        return Vec::new();
    }
    vec![finding(
        path,
        0,
        "add a section `[lints]` with `workspace = true`",
    )]
}

#[test]
fn a_package_without_the_workspace_lints_is_found() {
    let count = |text| find_missing_lints("crates/a/Cargo.toml", text).len();
    assert_eq!(count("[package]\nname = \"a\"\n"), 1);
    assert_eq!(
        count("[package]\n[lints]\n[dependencies]\nworkspace = true\n"),
        1
    );
    assert_eq!(
        count("[package]\nname = \"a\"\n[lints]\nworkspace = true\n"),
        0
    );
    assert_eq!(count("[workspace]\nmembers = []\n"), 0);
}
