//! The browser that tests drive: Chromium and its WebDriver server.

use std::path::PathBuf;

use crate::command::{command, find_program, succeeds};
use crate::debian;

/// The variable that tells tests where the WebDriver server is. Unset: there is no browser.
pub(crate) const VARIABLE: &str = "DESKBRIDGE_TEST_CHROMEDRIVER";

const PACKAGES: [&str; 2] = ["chromium", "chromium-driver"];

/// The driver's program, after installing it and the browser where they are missing.
///
/// # Errors
/// Says what to install where that could not be done.
pub(crate) fn find_or_install() -> anyhow::Result<PathBuf> {
    if let Some(driver) = find() {
        return Ok(driver);
    }
    debian::install(&PACKAGES)?;
    find().ok_or_else(|| {
        anyhow::anyhow!(
            "{} were installed, but `chromedriver --version` and `chromium --version` do not both answer",
            PACKAGES.join(" and ")
        )
    })
}

fn find() -> Option<PathBuf> {
    let answers = |program: &PathBuf| succeeds(command(program).arg("--version"));
    let driver = find_program("chromedriver").filter(answers)?;
    // A driver without a browser starts and then fails every test with a riddle.
    ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .filter_map(find_program)
        .any(|browser| answers(&browser))
        .then_some(driver)
}
