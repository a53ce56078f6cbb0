//! axe-core, which looks for what keeps people out of pages. Tests in the browser run it on every page.

use std::path::PathBuf;

use anyhow::Context as _;

use crate::command::{command, run_quietly, target};

/// The variable that tells tests where axe-core is. Unset: pages are not looked at.
pub(crate) const VARIABLE: &str = "DESKBRIDGE_TEST_AXE";

/// The version, so that a new rule comes when we choose it.
const PACKAGE: &str = "axe-core@4.14.1";

/// The file of axe-core, after fetching it from its registry where it is missing. Needs npm.
///
/// # Errors
/// Says what could not be fetched.
pub(crate) fn find_or_fetch() -> anyhow::Result<PathBuf> {
    let folder = target().join("tools").join(PACKAGE);
    let file = folder.join("package/axe.min.js");
    if file.exists() {
        return Ok(file);
    }
    std::fs::create_dir_all(&folder)?;
    let fetch = || -> anyhow::Result<()> {
        let said = run_quietly(
            command("npm")
                .args(["pack", PACKAGE, "--silent", "--pack-destination"])
                .arg(&folder),
        )?;
        let archive = said.lines().last().unwrap_or_default().trim();
        run_quietly(
            command("tar")
                .args(["--extract", "--gzip", "--file"])
                .arg(folder.join(archive))
                .arg("--directory")
                .arg(&folder),
        )?;
        Ok(())
    };
    fetch().with_context(|| format!("{PACKAGE} could not be fetched from npm's registry"))?;
    anyhow::ensure!(file.exists(), "{PACKAGE} holds no axe.min.js");
    Ok(file)
}
