//! Names and sizes of files.

use crate::source::{Finding, finding};

/// Longer files that a person has looked at and found to be one thing: path and reason.
const LONG_AFTER_REVIEW: [(&str, &str); 0] = [];

const MOST_LINES: usize = 500;

const EMPTY_NAMES: [&str; 8] = [
    "utils", "util", "common", "types", "helpers", "helper", "misc", "shared",
];

/// `mod.rs` files, and files, folders and modules with a name that fits anything.
pub(crate) fn find_empty_names(path: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    if path.ends_with("/mod.rs") {
        findings.push(finding(
            path,
            0,
            "name it after its folder: `foo.rs` beside `foo/`",
        ));
    }
    let remedy = |name: &str| {
        format!("`{name}` fits anything; name what is inside, or move it to where it is used")
    };
    for part in path.trim_end_matches(".rs").split('/') {
        if EMPTY_NAMES.contains(&part) {
            findings.push(finding(path, 0, remedy(part)));
        }
    }
    for (index, line) in text.lines().enumerate() {
        let code = line.trim_start();
        let name = ["mod ", "pub mod ", "pub(crate) mod ", "pub(super) mod "]
            .iter()
            .find_map(|start| code.strip_prefix(start))
            .map(|rest| rest.trim_end_matches([' ', '{', '}', ';']));
        if let Some(name) = name.filter(|name| EMPTY_NAMES.contains(name)) {
            findings.push(finding(path, index + 1, remedy(name)));
        }
    }
    findings
}

/// Files over the limit that nobody has reviewed as such.
pub(crate) fn find_long_files(path: &str, text: &str) -> Vec<Finding> {
    let lines = text.lines().count();
    let reviewed = LONG_AFTER_REVIEW.iter().any(|(known, _)| *known == path);
    if lines <= MOST_LINES || reviewed {
        return Vec::new();
    }
    let remedy = format!(
        "{lines} lines, and {MOST_LINES} is the most: split it by noun, or have it reviewed and \
         listed in xtask/tests/house/layout.rs with the reason"
    );
    vec![finding(path, 0, remedy)]
}

#[test]
fn a_name_that_fits_anything_is_found_as_file_folder_and_module() {
    let count = |path, text| find_empty_names(path, text).len();
    assert_eq!(count("crates/web/src/utils.rs", ""), 1);
    assert_eq!(count("crates/web/src/helpers/html.rs", ""), 1);
    assert_eq!(count("crates/web/src/pages/mod.rs", ""), 1);
    assert_eq!(count("crates/web/src/lib.rs", "pub mod common;\n"), 1);
    assert_eq!(count("crates/web/src/lib.rs", "    mod types {\n"), 1);
    assert_eq!(
        count("crates/web/src/cases.rs", "mod list;\n// mod utils;\n"),
        0
    );
}

#[test]
fn a_file_over_the_limit_is_found_and_one_at_the_limit_is_not() {
    assert_eq!(find_long_files("a.rs", &"\n".repeat(501)).len(), 1);
    assert_eq!(find_long_files("a.rs", &"\n".repeat(500)).len(), 0);
}
