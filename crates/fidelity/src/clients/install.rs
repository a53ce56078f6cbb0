//! Installing a client from its registry, at the pinned versions.

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Client;

/// How a client's runner is started.
#[derive(Debug, Clone)]
pub(super) struct Program {
    /// The interpreter.
    pub(super) program: PathBuf,
    /// The runner.
    pub(super) script: OsString,
    /// Where it runs.
    pub(super) folder: PathBuf,
}

/// Installs a client, or finds it installed. One process does so at a time.
///
/// # Errors
/// `needs …`: what is missing on this machine, in words that go after the client's name.
pub(super) async fn install(client: Client) -> Result<Program, String> {
    tokio::task::spawn_blocking(move || install_now(client))
        .await
        .unwrap_or_else(|problem| Err(format!("needs an installation that ends: {problem}")))
}

fn install_now(client: Client) -> Result<Program, String> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients");
    let own = sources.join(client.name());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../target/fidelity")
        .join(client.name());
    let room = |problem: std::io::Error| {
        format!(
            "needs a place to be installed in: {}: {problem}",
            folder.display()
        )
    };
    std::fs::create_dir_all(&folder).map_err(room)?;
    let folder = folder.canonicalize().map_err(room)?;
    // Held until this function returns: tests and tasks may run at once.
    let lock = File::create(folder.join("lock")).map_err(room)?;
    lock.lock().map_err(room)?;
    match client {
        Client::Zenpy | Client::TapZendesk => install_python(&own, &folder),
        Client::NodeZendesk => install_node(&own, &folder),
    }
}

fn install_python(own: &Path, folder: &Path) -> Result<Program, String> {
    let venv = folder.join("venv");
    let python = venv.join("bin/python");
    let pins = own.join("requirements.txt");
    if !is_done(folder, &pins) {
        let check = "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))";
        if said(Command::new("python3").args(["-c", check])).is_err() {
            return Err("needs Python 3.11 or newer with venv (Debian: python3-venv)".to_owned());
        }
        let made = Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&venv)
            .output();
        read(made).map_err(|why| format!("needs a Python that makes environments: {why}"))?;
        let pip = "-m pip install --quiet --no-input --disable-pip-version-check \
                   --no-warn-script-location --retries 1 --timeout 20 -r";
        said(
            Command::new(&python)
                .args(pip.split_whitespace())
                .arg(&pins),
        )
        .map_err(|why| format!("needs the registry of Python packages: {why}"))?;
        note_done(folder, &pins)?;
    }
    Ok(Program {
        program: python,
        script: own.join("run.py").into_os_string(),
        folder: folder.to_owned(),
    })
}

fn install_node(own: &Path, folder: &Path) -> Result<Program, String> {
    let pins = own.join("package-lock.json");
    // Modules are looked for beside the file that asks for them, so everything goes there.
    let copy = |name: &str| {
        std::fs::copy(own.join(name), folder.join(name))
            .map(drop)
            .map_err(|problem| format!("needs its runner: {name}: {problem}"))
    };
    copy("run.mjs")?;
    copy("report.mjs")?;
    if !is_done(folder, &pins) {
        let check = "process.exit(Number(process.versions.node.split('.')[0]) < 18 ? 1 : 0)";
        if said(Command::new("node").args(["-e", check])).is_err()
            || said(Command::new("npm").arg("--version")).is_err()
        {
            return Err("needs node 18 or newer with npm (Debian: nodejs, npm)".to_owned());
        }
        copy("package.json")?;
        copy("package-lock.json")?;
        let npm = "ci --no-audit --no-fund --ignore-scripts --fetch-retries=1";
        said(
            Command::new("npm")
                .args(npm.split_whitespace())
                .current_dir(folder),
        )
        .map_err(|why| format!("needs the registry of npm: {why}"))?;
        note_done(folder, &pins)?;
    }
    Ok(Program {
        program: PathBuf::from("node"),
        script: "run.mjs".into(),
        folder: folder.to_owned(),
    })
}

/// Whether these very pins are installed.
fn is_done(folder: &Path, pins: &Path) -> bool {
    match (std::fs::read(folder.join("installed")), std::fs::read(pins)) {
        (Ok(installed), Ok(wanted)) => installed == wanted,
        (Err(_), _) | (_, Err(_)) => false,
    }
}

fn note_done(folder: &Path, pins: &Path) -> Result<(), String> {
    std::fs::copy(pins, folder.join("installed"))
        .map(drop)
        .map_err(|problem| format!("needs a place to be installed in: {problem}"))
}

/// Runs a command. The error is the first line it wrote that speaks of one, or the last.
fn said(command: &mut Command) -> Result<(), String> {
    read(command.stdin(Stdio::null()).output())
}

fn read(output: std::io::Result<std::process::Output>) -> Result<(), String> {
    let output = output.map_err(|problem| problem.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    let wrote = String::from_utf8_lossy(&output.stderr);
    let line = wrote
        .lines()
        .find(|line| line.to_lowercase().contains("error"))
        .or_else(|| wrote.lines().rfind(|line| !line.trim().is_empty()));
    Err(line.unwrap_or("it said nothing").trim().to_owned())
}
