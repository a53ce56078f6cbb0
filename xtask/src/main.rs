//! Tasks of the workspace: `cargo xtask test`, `ci`, `bench`, `fidelity` and `simulate`.
//!
//! A plain program with almost no dependencies, so that a fresh clone has it in seconds. The rules
//! that the whole workspace keeps are tests of this crate (`tests/house.rs`).
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line program: standard output and error are where it speaks"
)]

mod axe;
mod bench;
mod browser;
mod ci;
mod command;
mod debian;
mod deny;
mod fidelity;
mod foreign;
mod junit;
mod packages;
mod postgres;
mod schemathesis;
mod simulate;
mod suite;
mod switches;

use std::process::ExitCode;

const USAGE: &str = "\
Usage: cargo xtask <TASK>

Tasks:
  test  [--only-sqlite] [-- ARGS]  run every test, on SQLite and PostgreSQL; ARGS go to the test
                                   runner, such as `-p store` or the name of a test
  ci    [-p CRATE]...              format, clippy, docs, test, cargo-deny; what .ci/run calls
  bench [ARGS]                     run the benches; ARGS go to them, such as `--tickets 10000`
  fidelity [PART]                  hold the simulator to the real Zendesk: recorded exchanges, its
                                   own document, clients of others; `--help` tells the parts.
                                   `switches` runs the product's tests in each position of each
                                   of the simulator's switches
  simulate [ARGS]                  play schedules of the sync's core under faults, by seed;
                                   `--help` tells its arguments

What `test` and `bench` need is installed from Debian's packages where it is missing and may be
(as root, or with sudo that asks no password): PostgreSQL and, for `test`, Chromium with its driver,
Python and node.";

/// Why a task ended without success.
#[derive(Debug)]
enum Stop {
    /// The arguments make no sense: exit status 2.
    Usage(String),
    /// A command that was run failed and has already said why: its exit status is passed on.
    Status(u8),
    /// Everything else: exit status 1.
    Failed(anyhow::Error),
}

impl From<anyhow::Error> for Stop {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(error)
    }
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Stop::Usage(why)) => {
            eprintln!("error: {why}\n\n{USAGE}");
            ExitCode::from(2)
        }
        Err(Stop::Status(status)) => ExitCode::from(status),
        Err(Stop::Failed(error)) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[String]) -> Result<(), Stop> {
    let (task, rest) = match args.split_first() {
        Some((task, rest)) => (task.as_str(), rest),
        None => return Err(Stop::Usage("no task given".to_owned())),
    };
    match task {
        "test" => suite::run(&suite::Options::parse(rest).map_err(Stop::Usage)?),
        "ci" => ci::run(&ci::parse(rest).map_err(Stop::Usage)?),
        "bench" => bench::run(rest),
        "simulate" => simulate::run(rest),
        "fidelity" if rest.first().is_some_and(|part| part == "switches") => {
            switches::run(&rest[1..])
        }
        "fidelity" => fidelity::run(rest),
        "help" | "--help" | "-h" => {
            println!("{USAGE}");
            Ok(())
        }
        other => Err(Stop::Usage(format!("there is no task `{other}`"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_usage_is_told_from_failure() {
        let usage = |args: &[&str]| {
            let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
            matches!(run(&args), Err(Stop::Usage(_)))
        };
        assert!(usage(&[]));
        assert!(usage(&["tset"]));
        assert!(usage(&["test", "--only-mysql"]));
        assert!(usage(&["ci", "--fast"]));
        assert!(!usage(&["help"]));
    }
}
