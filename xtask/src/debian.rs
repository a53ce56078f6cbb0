//! Installing what the tests need, from Debian's packages.

use anyhow::Context;

use crate::command::{command, find_program, is_root, pass_through, succeeds};

/// Installs `packages`, or says what a person has to do.
///
/// Only as root or with a sudo that asks no password: a test run never waits for a person.
///
/// # Errors
/// Names the packages and the command to type where it may not or could not install them.
pub(crate) fn install(packages: &[&str]) -> anyhow::Result<()> {
    let list = packages.join(" ");
    let by_hand = format!("as an administrator, run: apt-get install {list}");
    if find_program("apt-get").is_none() {
        anyhow::bail!(
            "this machine has no apt-get; install what Debian calls {list} in its own way"
        );
    }
    let sudo: &[&str] = if is_root() {
        &[]
    } else if succeeds(command("sudo").args(["-n", "true"])) {
        &["sudo", "-n"]
    } else {
        anyhow::bail!("installing packages needs root or sudo without a password; {by_hand}");
    };
    println!("installing {list} from Debian's packages");
    // The lists of a machine that was just made are empty or old, so they are fetched first. If
    // that fails, the old lists may still do: the install decides.
    if let Err(problem) = apt_get(sudo, &["update"]) {
        eprintln!("warning: {problem:#}; going on with the lists this machine has");
    }
    let mut args = vec!["install", "--yes", "--no-install-recommends"];
    args.extend(packages);
    apt_get(sudo, &args).with_context(|| format!("could not install {list}; {by_hand}"))
}

fn apt_get(sudo: &[&str], args: &[&str]) -> anyhow::Result<()> {
    let words = [
        sudo,
        &["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"],
        &["--quiet", "--quiet", "-o", "Acquire::Retries=3"],
        args,
    ]
    .concat();
    let (program, rest) = words.split_first().context("no command")?;
    let mut run = command(program);
    run.args(rest);
    if args.first() == Some(&"install") {
        // Hundreds of lines of "Selecting…" and "Unpacking…" help nobody.
        crate::command::run_quietly(&mut run).map(drop)
    } else {
        pass_through(&mut run).map_err(|_| anyhow::anyhow!("apt-get {} failed", args.join(" ")))
    }
}
