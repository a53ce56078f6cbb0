//! Which crate may know which: read from `cargo metadata`.

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::source::{Finding, finding, root};

/// Our crates, lowest first, each with the ones of ours that its product code may use.
const MAY_USE: [(&str, &[&str]); 14] = [
    ("clock", &[]),
    ("domain", &[]),
    ("simulator", &[]),
    ("rehearsal", &["domain"]),
    ("fidelity", &["simulator"]),
    ("zendesk", &["clock", "domain"]),
    ("audience", &["domain"]),
    ("store", &["clock", "domain"]),
    ("notify", &["domain"]),
    (
        "engine",
        &["clock", "domain", "audience", "zendesk", "store", "notify"],
    ),
    ("web", &["audience", "clock", "domain", "engine", "store"]),
    (
        "world",
        &[
            "audience",
            "clock",
            "domain",
            "engine",
            "simulator",
            "store",
            "zendesk",
        ],
    ),
    (
        "deskbridge",
        &[
            "audience",
            "clock",
            "domain",
            "engine",
            "simulator",
            "store",
            "web",
            "zendesk",
        ],
    ),
    ("xtask", &[]),
];

/// Crates whose tests may also use the test world and the simulator.
const TESTS_USE_THE_WORLD: [&str; 3] = ["engine", "web", "deskbridge"];

/// Libraries that only these crates' product code may use, each with the reason.
const KEPT_LIBRARIES: [(&str, &[&str], &str); 4] = [
    (
        "sqlx",
        &["store", "audience"],
        "only crates/store holds SQL, and crates/audience runs a person's own statement",
    ),
    (
        "reqwest",
        &["zendesk", "audience", "notify", "fidelity"],
        "only crates/zendesk, crates/audience and crates/notify open connections, and crates/fidelity to the simulator",
    ),
    ("lettre", &["notify"], "only crates/notify sends mail"),
    (
        "anyhow",
        &["deskbridge", "xtask"],
        "errors below the binary are enums that say what to do",
    ),
];

/// What cargo knows of the workspace's members.
pub(crate) fn read_metadata() -> Value {
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["metadata", "--no-deps", "--offline", "--format-version=1"])
        .current_dir(root())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo metadata failed: {errors}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// One line of a manifest: who uses what, and whether for tests only.
struct Arrow<'a> {
    from: &'a str,
    to: &'a str,
    for_tests: bool,
    path: String,
}

fn arrows(metadata: &Value) -> Vec<Arrow<'_>> {
    let mut arrows = Vec::new();
    for package in metadata["packages"].as_array().unwrap() {
        let manifest = package["manifest_path"].as_str().unwrap();
        let path = manifest
            .rsplit_once("/crates/")
            .map_or("xtask/Cargo.toml".to_owned(), |(_, end)| {
                format!("crates/{end}")
            });
        for dependency in package["dependencies"].as_array().unwrap() {
            arrows.push(Arrow {
                from: package["name"].as_str().unwrap(),
                to: dependency["name"].as_str().unwrap(),
                // A build script's dependency is a normal one here: it shapes the product.
                for_tests: dependency["kind"] == "dev",
                path: path.clone(),
            });
        }
    }
    arrows
}

/// Arrows that do not go down, and members that the table does not know.
pub(crate) fn find_forbidden(metadata: &Value) -> Vec<Finding> {
    let mut findings = Vec::new();
    let names = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| package["name"].as_str().unwrap());
    let names: Vec<&str> = names.collect();
    for name in &names {
        if !MAY_USE.iter().any(|(known, _)| known == name) {
            let remedy = format!(
                "`{name}` has no row in xtask/tests/house/arrows.rs: decide what it may use"
            );
            findings.push(finding("Cargo.toml", 0, remedy));
        }
    }
    for arrow in arrows(metadata) {
        let Some((_, allowed)) = MAY_USE.iter().find(|(known, _)| *known == arrow.from) else {
            continue;
        };
        let is_ours = names.contains(&arrow.to);
        let for_its_tests = arrow.for_tests
            && TESTS_USE_THE_WORLD.contains(&arrow.from)
            && ["world", "simulator"].contains(&arrow.to);
        if is_ours && !allowed.contains(&arrow.to) && !for_its_tests {
            let why = match arrow.to {
                "simulator" => {
                    "the simulator shares no code with the client: only deskbridge, world and tests use it"
                }
                "world" => "world is for tests",
                _ => "arrows only go down",
            };
            let remedy = format!(
                "{} must not use {}: {why}; move what is shared into a crate below both, or pass it in",
                arrow.from, arrow.to
            );
            findings.push(finding(&arrow.path, 0, remedy));
        }
    }
    findings
}

/// Libraries of others in a room that they do not belong in.
pub(crate) fn find_misplaced_libraries(metadata: &Value) -> Vec<Finding> {
    arrows(metadata)
        .iter()
        .filter(|arrow| !arrow.for_tests)
        .filter_map(|arrow| {
            let (_, homes, reason) = KEPT_LIBRARIES.iter().find(|(name, ..)| *name == arrow.to)?;
            let remedy = format!("{} must not use {}: {reason}", arrow.from, arrow.to);
            (!homes.contains(&arrow.from)).then(|| finding(&arrow.path, 0, remedy))
        })
        .collect()
}

#[cfg(test)]
mod samples {
    use super::*;

    fn metadata(from: &str, to: &str, kind: Option<&str>) -> Value {
        let package = |name: &str, dependencies: Value| {
            serde_json::json!({
                "name": name,
                "manifest_path": format!("/somewhere/crates/{name}/Cargo.toml"),
                "dependencies": dependencies,
            })
        };
        serde_json::json!({"packages": [
            package(from, serde_json::json!([{"name": to, "kind": kind}])),
            package(to, serde_json::json!([])),
        ]})
    }

    fn is_found(from: &str, to: &str, kind: Option<&str>) -> bool {
        !find_forbidden(&metadata(from, to, kind)).is_empty()
    }

    #[test]
    fn an_arrow_that_goes_up_or_sideways_is_found() {
        assert!(is_found("domain", "clock", None));
        assert!(is_found("store", "zendesk", None));
        assert!(is_found("zendesk", "store", Some("build")));
        assert!(is_found("engine", "web", None));
        assert!(!is_found("engine", "store", None));
        assert!(!is_found("web", "engine", None));
    }

    #[test]
    fn the_simulator_is_for_the_demo_and_for_tests() {
        assert!(is_found("zendesk", "simulator", None));
        assert!(is_found("zendesk", "simulator", Some("dev")));
        assert!(is_found("engine", "simulator", None));
        assert!(!is_found("engine", "simulator", Some("dev")));
        assert!(!is_found("deskbridge", "simulator", None));
        assert!(is_found("deskbridge", "world", None));
        assert!(!is_found("deskbridge", "world", Some("dev")));
    }

    #[test]
    fn a_member_that_the_table_does_not_know_is_found() {
        let found = find_forbidden(&metadata("attic", "domain", None));
        assert!(found[0].remedy.contains("attic"), "{found:?}");
    }

    #[test]
    fn a_library_in_the_wrong_room_is_found() {
        let is_misplaced =
            |from, to, kind| !find_misplaced_libraries(&metadata(from, to, kind)).is_empty();
        assert!(is_misplaced("engine", "sqlx", None));
        assert!(is_misplaced("web", "reqwest", None));
        assert!(!is_misplaced("deskbridge", "reqwest", Some("dev")));
        assert!(!is_misplaced("store", "sqlx", None));
    }
}
