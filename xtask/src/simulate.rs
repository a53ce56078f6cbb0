//! `cargo xtask simulate`: schedules of the core under faults, as many as asked for.

use crate::Stop;
use crate::command::{cargo, pass_through};

/// Passes `args` on to the rehearsal.
///
/// # Errors
/// Passes on its exit status: not 0 if an invariant was violated, or if none was without a guard.
pub(crate) fn run(args: &[String]) -> Result<(), Stop> {
    let own = args.strip_prefix(&["--".to_owned()]).unwrap_or(args);
    pass_through(
        cargo()
            .args(["run", "--quiet", "--package", "rehearsal"])
            .args(["--bin", "rehearse", "--"])
            .args(own),
    )
}
