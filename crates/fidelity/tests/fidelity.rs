//! The simulator held to the evidence, as part of every run of the tests.

use std::process::Command;

use fidelity::evidence;
use fidelity::stage::Stages;
use fidelity::table::Table;

/// Prints a table, and fails where it has a problem.
#[expect(
    clippy::print_stdout,
    reason = "a skipped test says so, and a table is to be read"
)]
fn hold(table: &Table) {
    println!("{table}");
    assert!(table.is_well(), "see the table above");
}

#[tokio::test]
async fn every_recorded_exchange_is_the_same_or_explained() {
    hold(&fidelity::recordings::run(&Stages::default()).await);
}

#[tokio::test]
async fn a_wrong_answer_on_each_of_ten_routes_is_noticed() {
    hold(&fidelity::planted::run().await);
}

#[test]
fn what_the_recordings_are_answered_keeps_to_zendesks_document() {
    if evidence::folder().is_none() {
        println!("skipped: openapi {}", evidence::MISSING);
        return;
    }
    let folder = std::env::temp_dir().join(format!("fidelity-{}", std::process::id()));
    let program = |words: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_fidelity"))
            .args(words)
            .env("SIMULATOR_WITNESS", &folder)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{said}");
        said
    };
    program(&["recordings"]);
    let said = program(&["openapi", folder.to_str().unwrap()]);
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(said.contains("GET /api/v2/users/{user_id}"), "{said}");
}

#[test]
fn a_part_that_there_is_not_is_bad_usage() {
    let output = Command::new(env!("CARGO_BIN_EXE_fidelity"))
        .arg("everything")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
}
