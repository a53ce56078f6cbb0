//! `cargo xtask fidelity switches`: the product's tests with each switch of the simulator in each
//! position that it does not have by default.

use std::time::Instant;

use crate::Stop;
use crate::command::{cargo, describe, run_quietly};

/// What the simulator begins with in every test of the run.
const VARIABLE: &str = "SIMULATOR_SWITCHES";

/// The crates whose tests talk to a simulator and know nothing of it but HTTP.
const PRODUCT: [&str; 3] = ["zendesk", "engine", "deskbridge"];

/// What to run.
#[derive(Debug, Default, PartialEq, Eq)]
struct Options {
    /// Only positions whose words contain one of these; none for all.
    named: Vec<String>,
    /// Arguments for the test runner, in place of all tests of the product.
    args: Vec<String>,
}

impl Options {
    fn parse(args: &[String]) -> Self {
        let (named, args) = match args.iter().position(|arg| arg == "--") {
            Some(at) => (&args[..at], &args[at + 1..]),
            None => (args, &[][..]),
        };
        Self {
            named: named.to_vec(),
            args: args.to_vec(),
        }
    }

    fn is_asked_for(&self, position: &str) -> bool {
        self.named.is_empty() || self.named.iter().any(|name| position.contains(name))
    }
}

/// Runs the tests once for each position and prints a line about each; `-- ARGS` narrows the tests.
///
/// # Errors
/// Fails if any test fails in any position, after all of them were tried.
#[expect(
    clippy::disallowed_methods,
    reason = "how long a run took on the machine's clock is what is told"
)]
pub(crate) fn run(args: &[String]) -> Result<(), Stop> {
    let options = Options::parse(args);
    let positions =
        run_quietly(cargo().args(["run", "--quiet", "--package", "fidelity", "--", "positions"]))?;
    let positions: Vec<&str> = positions
        .lines()
        .filter(|position| options.is_asked_for(position))
        .collect();
    if positions.is_empty() {
        return Err(Stop::Usage(format!(
            "no position of a switch has {} in its name",
            options.named.join(" or ")
        )));
    }
    let mut failed = 0;
    for position in &positions {
        let mut tests = cargo();
        tests.args(["nextest", "run", "--no-fail-fast", "--no-tests=fail"]);
        if options.args.is_empty() {
            for package in PRODUCT {
                tests.args(["--package", package]);
            }
        }
        tests.args(&options.args).env(VARIABLE, position);
        let began = Instant::now();
        let seen = tests
            .output()
            .map_err(|error| anyhow::anyhow!("could not start {}: {error}", describe(&tests)))?;
        let written = String::from_utf8_lossy(&seen.stderr);
        let took = began.elapsed().as_secs();
        println!("{position}: {} ({took} s)", summary(&written));
        if !seen.status.success() {
            failed += 1;
            for line in failures(&written) {
                println!("    {line}");
            }
        }
    }
    println!(
        "{} positions, {} well, {failed} not",
        positions.len(),
        positions.len() - failed
    );
    match failed {
        0 => Ok(()),
        _ => Err(Stop::Status(1)),
    }
}

/// What the runner's last lines say in numbers: `12 tests run: 12 passed, 0 skipped`.
fn summary(written: &str) -> &str {
    let line = written.lines().find(|line| line.contains(" tests run: "));
    match line.and_then(|line| line.split_once("] ")) {
        Some((_, numbers)) => numbers.trim(),
        None => "the tests could not be run",
    }
}

/// The tests that failed, each once; where none did, the last of what was said.
fn failures(written: &str) -> Vec<&str> {
    let mut names: Vec<&str> = written
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("FAIL ")?.split_once("] "))
        .map(|(_, name)| name.trim())
        .collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        names = written.lines().rev().take(5).collect();
        names.reverse();
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRITTEN: &str = "\
        PASS [   0.1s] (1/3) engine::send outcomes::a\n\
        FAIL [   0.2s] (2/3) engine::send outcomes::b\n\
     Summary [   0.3s] 3 tests run: 2 passed, 1 failed, 0 skipped\n\
        FAIL [   0.2s] (2/3) engine::send outcomes::b\n";

    #[test]
    fn a_run_is_told_by_its_numbers_and_the_names_that_failed() {
        assert_eq!(
            summary(WRITTEN),
            "3 tests run: 2 passed, 1 failed, 0 skipped"
        );
        assert_eq!(failures(WRITTEN), ["(2/3) engine::send outcomes::b"]);
        assert_eq!(summary("error: no"), "the tests could not be run");
        assert_eq!(failures("error: no"), ["error: no"]);
    }

    #[test]
    fn positions_stand_before_the_dashes_and_tests_behind() {
        let words = ["bare", "--", "-p", "engine"].map(str::to_owned);
        let options = Options::parse(&words);
        assert!(options.is_asked_for("bare_rows=true"));
        assert!(!options.is_asked_for("rows_in_order=true"));
        assert_eq!(options.args, ["-p", "engine"]);
    }
}
