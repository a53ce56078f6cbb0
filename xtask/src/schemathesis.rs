//! schemathesis, which calls the REST API in all the ways that its document allows, and in others.

use std::path::PathBuf;

use anyhow::Context as _;

use crate::command::{command, run_quietly, succeeds, target};

/// The variable that tells a test where the program is. Unset: the API is not held to its document.
pub(crate) const VARIABLE: &str = "DESKBRIDGE_TEST_SCHEMATHESIS";

/// The version, so that a new check comes when we choose it.
const PACKAGE: &str = "schemathesis==4.32.5";

/// The program, after installing it from its registry where it is missing. Needs Python.
///
/// # Errors
/// Says what could not be installed.
pub(crate) fn find_or_install() -> anyhow::Result<PathBuf> {
    let folder = target().join("tools").join(PACKAGE);
    let program = folder.join("bin/schemathesis");
    // Installed in full, and not only begun.
    if program.exists() && succeeds(command(&program).arg("--version")) {
        return Ok(program);
    }
    let install = || -> anyhow::Result<()> {
        run_quietly(
            command("python3")
                .args(["-m", "venv", "--clear"])
                .arg(&folder),
        )?;
        run_quietly(command(folder.join("bin/python")).args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            PACKAGE,
        ]))?;
        Ok(())
    };
    install()
        .with_context(|| format!("{PACKAGE} could not be installed from Python's registry"))?;
    Ok(program)
}
