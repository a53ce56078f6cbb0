//! The cases of ../shared/cases/profile-send.jsonl that need no I/O, each run on the real functions of
//! `domain::profile`. They are read where they lie and are no part of this repository; a clone without
//! them says so and passes.
//!
//! Where a case has `ours`, it wins over `expect`. Every id of the file is either run here or named in
//! [`LEFT_TO_THE_ENGINE`]; one that is in neither fails the test, so that none is forgotten.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is a failed test"
)]

mod answers;
mod jobs;
mod records;

use std::path::Path;

use serde_json::Value;

/// Cases that only a running engine can show: what is posted, when, and how often.
const LEFT_TO_THE_ENGINE: &[&str] = &[
    // How a batch is cut, and how many jobs are open.
    "J09", "J10", // The whole of a send over time.
    "W02", "W04", "W06", "W08",
];

/// One line of the file.
struct Case {
    id: String,
    given: Value,
    /// What is wanted: `ours` if there is one.
    wanted: Value,
}

#[expect(clippy::print_stdout, reason = "a skipped test says so in one line")]
fn read_cases() -> Option<Vec<Case>> {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/cases/profile-send.jsonl");
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("skipped: every_profile_case_is_run_here needs ../shared");
        return None;
    };
    let cases = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| {
            let case: Value = serde_json::from_str(line).expect("each line is a case");
            Case {
                id: case["id"].as_str().expect("each case has an id").to_owned(),
                given: case["given"].clone(),
                wanted: case.get("ours").unwrap_or(&case["expect"]).clone(),
            }
        })
        .collect();
    Some(cases)
}

/// Runs the case with this id, if it is one of ours.
fn run(case: &Case) -> bool {
    match case.id.as_str() {
        "T01" | "T02" | "T03" | "T04" | "T05" => records::tags(case),
        "J01" => jobs::polls(case),
        "J02" | "J03" | "J04" | "J13" => jobs::rows(case),
        "J05" => jobs::too_few(case),
        "J06" | "J07" => jobs::whole(case),
        "J08" => jobs::expired(case),
        "J11" => answers::too_many_jobs(case),
        "J12" => jobs::two_rows(case),
        "H01" | "H09" | "H14" => answers::wait(case),
        "H02" | "H03" | "H11" | "H12" => answers::refused(case),
        "H05" | "H06" => answers::stopped(case),
        "H07" => answers::renewed(case),
        "H08" => answers::renewed_once(case),
        "H10" => answers::silence(case),
        "H13" => answers::page(case),
        "A02" | "A08" | "A10" | "A12" | "A14" | "A18" | "I10" => records::sent(case),
        "A04" => records::rejected(case),
        "A06" | "I08" => records::refused(case),
        "I04" | "I18" => records::landed(case),
        "I12" => records::left(case),
        _ => return false,
    }
    true
}

#[test]
fn every_profile_case_is_run_here_or_left_to_the_engine() {
    let Some(cases) = read_cases() else {
        return;
    };
    let mut done = 0;
    for case in &cases {
        let ran = run(case);
        let left = LEFT_TO_THE_ENGINE.contains(&case.id.as_str());
        assert!(
            ran != left,
            "case {} must be in exactly one of the two lists",
            case.id
        );
        done += usize::from(ran);
    }
    for id in LEFT_TO_THE_ENGINE {
        assert!(
            cases.iter().any(|case| case.id == *id),
            "no case {id} in the file"
        );
    }
    assert_eq!(done + LEFT_TO_THE_ENGINE.len(), cases.len());
}
