//! cargo-deny: which dependencies we accept, by `deny.toml`.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Context;

use crate::Stop;
use crate::command::{cargo, command, find_program, pass_through, run_quietly, succeeds, target};

/// The version that `deny.toml` is written for.
const VERSION: &str = "0.20.2";
/// Where known weaknesses of crates are published; cargo-deny's own default.
const ADVISORIES: &str = "https://github.com/RustSec/advisory-db";

/// Checks bans, licences and sources; and advisories, where their database can be reached.
///
/// # Errors
/// Passes on cargo-deny's exit status; says what to do when it cannot be installed.
pub(crate) fn check() -> Result<(), Stop> {
    let program = find_or_install()?;
    pass_through(deny(&program).args(["bans", "licenses", "sources"]))?;
    if can_reach_advisories() {
        pass_through(deny(&program).arg("advisories"))
    } else {
        println!("advisories: not checked, since {ADVISORIES} cannot be reached from here");
        Ok(())
    }
}

fn deny(program: &PathBuf) -> Command {
    // cargo-deny asks cargo about the workspace, so it gets the same environment as cargo does.
    let mut run = command(program);
    for (name, value) in cargo().get_envs() {
        if value.is_none() {
            run.env_remove(name);
        }
    }
    // Duplicate versions are a warning for whoever reads it with `cargo deny check`, and a wall of
    // text here.
    run.args([
        "--locked",
        "--log-level=error",
        "check",
        "--hide-inclusion-graph",
    ]);
    run
}

fn find_or_install() -> anyhow::Result<PathBuf> {
    let tools = target().join("tools");
    let own = tools.join("bin/cargo-deny");
    let fits = |program: &PathBuf| {
        run_quietly(command(program).arg("--version"))
            .is_ok_and(|version| version.trim() == format!("cargo-deny {VERSION}"))
    };
    if let Some(found) = [Some(own.clone()), find_program("cargo-deny")]
        .into_iter()
        .flatten()
        .find(fits)
    {
        return Ok(found);
    }
    println!("installing cargo-deny {VERSION} into target/tools");
    // Not optimised: it builds in a fraction of the time, and checks this workspace in seconds.
    run_quietly(
        cargo()
            .args(["install", "cargo-deny", "--locked", "--debug", "--version"])
            .arg(VERSION)
            .arg("--root")
            .arg(tools)
            .env("CARGO_PROFILE_DEV_DEBUG", "0"),
    )
    .with_context(|| {
        format!("could not install cargo-deny; try by hand: cargo install cargo-deny@{VERSION}")
    })?;
    Ok(own)
}

fn can_reach_advisories() -> bool {
    let mut ask = command("git");
    ask.args(["-c", "http.lowSpeedLimit=1", "-c", "http.lowSpeedTime=20"])
        .args(["ls-remote", ADVISORIES, "HEAD"])
        .env("GIT_TERMINAL_PROMPT", "0");
    if find_program("timeout").is_some() {
        let mut limited = command("timeout");
        limited
            .arg("30")
            .arg(ask.get_program())
            .args(ask.get_args())
            .env("GIT_TERMINAL_PROMPT", "0");
        return succeeds(&mut limited);
    }
    succeeds(&mut ask)
}
