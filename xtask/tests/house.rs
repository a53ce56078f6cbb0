//! The rules of the house, as tests: what no compiler and no clippy lint can say.
//!
//! Each rule is a function over a path and its text (or over `cargo metadata`), tested with a bad
//! and a good sample beside it, and run here over the whole workspace.
#![expect(
    clippy::unwrap_used,
    reason = "a workspace that cannot be read is a failed test"
)]

#[path = "house/arrows.rs"]
mod arrows;
#[path = "house/layout.rs"]
mod layout;
#[path = "house/manifests.rs"]
mod manifests;
#[path = "house/source.rs"]
mod source;
#[path = "house/words.rs"]
mod words;

use source::{Finding, files};

/// Fails with every finding on a line of its own.
fn hold(rule: &str, findings: &[Finding]) {
    let list: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert!(findings.is_empty(), "{rule}\n{}\n", list.join("\n"));
}

/// Runs `rule` over every file of the workspace whose name ends in `ending`.
fn check(what: &str, ending: &str, rule: impl Fn(&str, &str) -> Vec<Finding>) {
    let files = files(ending);
    assert!(
        !files.is_empty(),
        "no {ending} file found: the rule would hold by accident"
    );
    let findings: Vec<Finding> = files
        .iter()
        .flat_map(|(path, text)| rule(path, text))
        .collect();
    hold(what, &findings);
}

#[test]
fn arrows_between_our_crates_only_go_down() {
    hold(
        "a crate uses one that it must not know",
        &arrows::find_forbidden(&arrows::read_metadata()),
    );
}

#[test]
fn only_the_rooms_that_may_use_a_database_or_a_network_client_depend_on_one() {
    hold(
        "a crate depends on what belongs in another room",
        &arrows::find_misplaced_libraries(&arrows::read_metadata()),
    );
}

#[test]
fn every_member_keeps_the_lints_of_the_workspace() {
    check(
        "a member does not keep the workspace's lints",
        "Cargo.toml",
        manifests::find_missing_lints,
    );
}

#[test]
fn no_file_or_module_has_a_name_that_says_nothing() {
    check(
        "a name says nothing about what is inside",
        ".rs",
        layout::find_empty_names,
    );
}

#[test]
fn no_file_is_longer_than_a_person_reads_in_one_go() {
    check("a file is too long", ".rs", layout::find_long_files);
}

#[test]
fn only_store_holds_sql() {
    check("SQL outside the store", ".rs", words::find_sql);
}

#[test]
fn only_zendesk_opens_connections() {
    check(
        "a connection is opened outside zendesk",
        ".rs",
        words::find_connections,
    );
}

#[test]
fn only_the_binary_reads_the_environment() {
    check(
        "the environment is read outside the binary",
        ".rs",
        words::find_environment_reads,
    );
}

#[test]
fn lints_are_expected_with_a_reason_and_never_allowed() {
    check("a lint is switched off", ".rs", words::find_allowed_lints);
}

#[test]
fn every_table_has_a_comment() {
    let migrations: Vec<_> = files(".sql")
        .into_iter()
        .filter(|(path, _)| path.starts_with("crates/store/migrations/"))
        .collect();
    let findings: Vec<Finding> = migrations
        .iter()
        .flat_map(|(path, text)| words::find_tables_without_comment(path, text))
        .collect();
    hold("a table has no comment", &findings);
}
