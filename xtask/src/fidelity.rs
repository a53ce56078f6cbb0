//! `cargo xtask fidelity`: holds the simulator to the real Zendesk.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{cargo, pass_through, target};
use crate::{Stop, foreign};

/// Names the folder that the simulators of a run write their exchanges to.
pub(crate) const VARIABLE: &str = "SIMULATOR_WITNESS";

/// Runs the comparison, or the one part of it that `args` name.
///
/// # Errors
/// Passes on the exit status; the tables that were printed say what is wrong.
pub(crate) fn run(args: &[String]) -> Result<(), Stop> {
    let clients = args
        .first()
        .is_none_or(|part| ["all", "clients"].contains(&part.as_str()));
    if clients && let Err(error) = foreign::find_or_install() {
        eprintln!("warning: clients of others may be skipped: {error:#}");
    }
    let folder = fresh_folder("fidelity");
    let mut program = program();
    program.env(VARIABLE, &folder);
    match args {
        [] => program.arg("all").arg(&folder),
        [all] if all == "all" => program.arg("all").arg(&folder),
        args => program.args(args),
    };
    pass_through(&mut program)
}

/// Holds what was written down in a whole run of the tests to Zendesk's document.
///
/// # Errors
/// As [`run`].
pub(crate) fn check(folder: &Path) -> Result<(), Stop> {
    pass_through(program().arg("openapi").arg(folder).arg("--whole"))
}

/// An empty folder for exchanges.
pub(crate) fn fresh_folder(name: &str) -> PathBuf {
    let folder = target().join("witness").join(name);
    // There may be none yet; what could not be taken away is checked once more.
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

fn program() -> Command {
    let mut command = cargo();
    command.args(["run", "--quiet", "--package", "fidelity"]);
    command.args(["--bin", "fidelity", "--"]);
    command
}
