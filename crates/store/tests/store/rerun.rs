//! A test that starts itself again in a process of another kind, and passes if that one passes.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::Command;

/// Whether this process may do everything.
pub(crate) fn is_root() -> bool {
    std::fs::metadata("/proc/self").unwrap().uid() == 0
}

pub(crate) fn allow(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// Runs the present test once more, by the command that `start` makes of the path of a program.
/// Says that the test was skipped for want of `need` where there is no such command.
pub(crate) fn run_again(need: &str, start: impl FnOnce(&Path) -> Command) {
    let thread = std::thread::current();
    let name = thread.name().unwrap();
    let folder = tempfile::tempdir().unwrap();
    allow(folder.path(), 0o777);
    // A copy, since not everybody may reach the folder where it was built.
    let program = folder.path().join("tests");
    std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    allow(&program, 0o755);
    let output = start(&program)
        .args(["--exact", name, "--nocapture"])
        .current_dir("/")
        .env_remove("DESKBRIDGE_TEST_POSTGRES")
        .env("TMPDIR", folder.path())
        .output();
    match output {
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stdout);
            let failed = String::from_utf8_lossy(&output.stderr);
            if !said.contains("running 1 test") {
                println!("skipped: {name} needs {need}: {failed}");
                return;
            }
            assert!(output.status.success(), "run again: {said}{failed}");
            assert!(said.contains("1 passed"), "run again: {said}{failed}");
        }
        Err(error) => println!("skipped: {name} needs {need}: {error}"),
    }
}
