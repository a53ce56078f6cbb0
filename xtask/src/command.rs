//! Running other programs.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context;

use crate::Stop;

/// The workspace's root folder.
pub(crate) fn root() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own)
}

/// The workspace's own `target` folder, where tools and throw-away clusters go.
pub(crate) fn target() -> PathBuf {
    root().join("target")
}

/// The first program called `name` on the search path.
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

/// A command that reads nothing and starts in the workspace's root.
pub(crate) fn command(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root()).stdin(Stdio::null());
    command
}

/// Cargo, as if called from the shell.
///
/// `cargo run` tells this program about its own package by environment variables. Some build
/// scripts (ring's) are run again when those change, so without this a build from here and a build
/// from the shell would keep on rebuilding each other's dependencies.
pub(crate) fn cargo() -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = command(program);
    for (name, _) in std::env::vars_os() {
        let told = name.to_str().is_some_and(|name| {
            name.starts_with("CARGO_PKG_")
                || name.starts_with("CARGO_MANIFEST_")
                || matches!(
                    name,
                    "CARGO" | "CARGO_CRATE_NAME" | "CARGO_BIN_NAME" | "CARGO_PRIMARY_PACKAGE"
                )
        });
        if told {
            command.env_remove(name);
        }
    }
    command
}

/// Runs `command` with this program's own output, and passes its exit status on if it fails.
pub(crate) fn pass_through(command: &mut Command) -> Result<(), Stop> {
    let status = command
        .status()
        .with_context(|| format!("could not start {}", describe(command)))?;
    if status.success() {
        return Ok(());
    }
    // A program ended by a signal has no status of its own; shells then say 128 and the signal.
    let code = status.code().unwrap_or_else(|| {
        128 + std::os::unix::process::ExitStatusExt::signal(&status).unwrap_or(1)
    });
    Err(Stop::Status(u8::try_from(code).unwrap_or(1).max(1)))
}

/// Runs `command` quietly. On failure the error holds what it wrote.
pub(crate) fn run_quietly(command: &mut Command) -> anyhow::Result<String> {
    let output = command
        .output()
        .with_context(|| format!("could not start {}", describe(command)))?;
    let written = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(written);
    }
    anyhow::bail!(
        "{} failed ({}):\n{written}{}",
        describe(command),
        output.status,
        String::from_utf8_lossy(&output.stderr)
    )
}

/// Whether `command` can be started and ends well, whatever it writes.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The command as a person would type it.
pub(crate) fn describe(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(
        command
            .get_args()
            .map(|arg| arg.to_string_lossy().into_owned()),
    );
    words.join(" ")
}

/// Whether this program runs as root.
pub(crate) fn is_root() -> bool {
    run_quietly(command("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_status_of_a_failed_command_is_passed_on() {
        let status = |script: &str| match pass_through(command("sh").args(["-c", script])) {
            Err(Stop::Status(status)) => Some(status),
            Err(Stop::Usage(_) | Stop::Failed(_)) => panic!("not a status"),
            Ok(()) => None,
        };
        assert_eq!(status("exit 0"), None);
        assert_eq!(status("exit 100"), Some(100));
        assert_eq!(status("kill -TERM $$"), Some(143));
    }

    #[test]
    fn the_error_of_a_quiet_command_says_what_the_command_wrote() {
        let error = run_quietly(command("sh").args(["-c", "echo out; echo err >&2; exit 3"]))
            .unwrap_err()
            .to_string();
        assert!(error.contains("out") && error.contains("err"), "{error}");
    }

    #[test]
    fn programs_are_found_on_the_search_path_only() {
        assert!(find_program("sh").is_some());
        assert!(find_program("no-such-program-anywhere").is_none());
    }
}
