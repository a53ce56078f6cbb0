//! `cargo xtask fidelity`: holds the simulator to the real Zendesk.

use crate::command::{cargo, pass_through};
use crate::{Stop, foreign};

/// Runs the comparison, or the one part of it that `args` name.
///
/// # Errors
/// Passes on the exit status; the tables that were printed say what is wrong.
pub(crate) fn run(args: &[String]) -> Result<(), Stop> {
    let clients = args
        .first()
        .is_none_or(|part| ["all", "clients", "planted"].contains(&part.as_str()));
    if clients && let Err(error) = foreign::find_or_install() {
        eprintln!("warning: clients of others may be skipped: {error:#}");
    }
    pass_through(
        cargo()
            .args(["run", "--quiet", "--package", "fidelity", "--"])
            .args(args),
    )
}
