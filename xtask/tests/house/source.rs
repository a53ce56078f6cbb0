//! The files of the workspace, and which of their lines are product code.

use std::path::Path;

/// One place that breaks a rule, and what to do about it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) path: String,
    /// Counted from 1; 0 where the whole file is meant.
    pub(crate) line: usize,
    pub(crate) remedy: String,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.path, self.remedy),
            line => write!(f, "{}:{line}: {}", self.path, self.remedy),
        }
    }
}

/// A finding about line `line` of the file at `path`.
pub(crate) fn finding(path: &str, line: usize, remedy: impl Into<String>) -> Finding {
    Finding {
        path: path.to_owned(),
        line,
        remedy: remedy.into(),
    }
}

/// The workspace's root folder.
pub(crate) fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// Every file of the workspace whose name ends in `ending`, as path from the root and text.
/// Built and hidden folders are left out.
pub(crate) fn files(ending: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    walk(root(), ending, &mut found);
    found.sort();
    found
}

fn walk(folder: &Path, ending: &str, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !name.starts_with('.') && name != "target" {
                walk(&path, ending, found);
            }
        } else if name.ends_with(ending) {
            let short = path.strip_prefix(root()).unwrap();
            let text = std::fs::read_to_string(&path).unwrap();
            found.push((short.to_string_lossy().into_owned(), text));
        }
    }
}

/// The crate that the file at `path` belongs to ("store"; "xtask"; "" for none).
pub(crate) fn room(path: &str) -> &str {
    let mut folders = path.split('/');
    match folders.next() {
        Some("crates") => folders.next().unwrap_or_default(),
        Some(folder) if path.contains('/') => folder,
        Some(_) | None => "",
    }
}

/// Whether the whole file at `path` is for tests, or measures, or tends the workspace.
pub(crate) fn is_for_tests(path: &str) -> bool {
    ["/tests/", "/benches/", "/tests.rs", "/examples/"]
        .iter()
        .any(|part| path.contains(part))
        || ["xtask", "world", "fidelity", "fuzz", "e2e"].contains(&room(path))
}

/// The lines of a Rust file with their numbers, without comments and without what is compiled for
/// tests only. Relies on rustfmt: an item ends at the first line indented like its attribute that
/// closes it.
pub(crate) fn product_lines(text: &str) -> Vec<(usize, &str)> {
    let mut lines = Vec::new();
    let mut test_item: Option<(usize, bool)> = None;
    for (index, line) in text.lines().enumerate() {
        let code = line.trim_start();
        let indent = line.len() - code.len();
        match test_item {
            Some((depth, open)) => {
                let ends = indent == depth
                    && if open {
                        code.starts_with('}') || code.starts_with(')')
                    } else {
                        code.ends_with(';') || code.ends_with('}')
                    };
                if ends {
                    test_item = None;
                } else if code.ends_with('{') || code.ends_with('(') {
                    test_item = Some((depth, true));
                }
            }
            None if code.starts_with("#[cfg(test)]") => test_item = Some((indent, false)),
            None if code.starts_with("//") => {}
            None => lines.push((index + 1, line)),
        }
    }
    lines
}

#[test]
fn a_crate_is_told_by_its_folder() {
    assert_eq!(room("crates/store/src/links.rs"), "store");
    assert_eq!(room("xtask/src/main.rs"), "xtask");
    assert_eq!(room("build.rs"), "");
}

#[test]
fn test_code_and_comments_are_no_product_code() {
    let text = "\
use a::b;
/// A comment.
fn product() {}
#[cfg(test)]
use c::d;
mod inner {
    #[cfg(test)]
    pub(super) fn only_for_tests() {
        let x = 1;
    }
    fn also_product() {}
}
#[cfg(test)]
mod tests {
    fn test() {
        let y = 2;
    }
}
fn last() {}
";
    let kept: Vec<usize> = product_lines(text).iter().map(|(line, _)| *line).collect();
    assert_eq!(kept, [1, 3, 6, 11, 12, 19]);
}
