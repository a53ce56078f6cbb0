//! What the clients of others need that are run against the simulator: Python and node.
//!
//! The clients themselves are installed by crate `fidelity`, from their registries.

use crate::command::{command, succeeds};
use crate::debian;

/// Installs what is missing.
///
/// # Errors
/// Says what to install where that could not be done.
pub(crate) fn find_or_install() -> anyhow::Result<()> {
    let missing = missing();
    if missing.is_empty() {
        return Ok(());
    }
    debian::install(&missing)?;
    let still = self::missing();
    if still.is_empty() {
        return Ok(());
    }
    anyhow::bail!(
        "{} were installed, but Python 3.11 or newer with `venv`, or node 18 or newer with npm, do not answer",
        still.join(", ")
    )
}

/// The packages that are missing.
fn missing() -> Vec<&'static str> {
    let mut packages = Vec::new();
    let venv = "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))";
    if !succeeds(command("python3").args(["-c", venv])) {
        packages.push("python3-venv");
    }
    let version = "process.exit(Number(process.versions.node.split('.')[0]) < 18 ? 1 : 0)";
    if !succeeds(command("node").args(["-e", version])) {
        packages.push("nodejs");
    }
    if !succeeds(command("npm").arg("--version")) {
        packages.push("npm");
    }
    packages
}
