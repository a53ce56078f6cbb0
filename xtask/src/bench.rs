//! `cargo xtask bench`: the benches of the binary, on both databases.

use crate::Stop;
use crate::command::{cargo, pass_through};
use crate::packages::targets;
use crate::postgres::{self, Durability, Postgres};

const PACKAGE: &str = "deskbridge";

/// Runs every bench of the binary with `args`.
///
/// # Errors
/// Passes on the benches' exit status; says so when there is no bench to run.
pub(crate) fn run(args: &[String]) -> Result<(), Stop> {
    let benches = targets(PACKAGE, "bench")?;
    if benches.is_empty() {
        return Err(anyhow::anyhow!("the package {PACKAGE} has no benches").into());
    }
    let server = Postgres::start(Durability::AsInProduction)?;
    let mut run = cargo();
    run.args(["bench", "--package", PACKAGE]);
    // By name, since a bare `cargo bench` also starts the unit tests, which know none of `args`.
    for bench in &benches {
        run.args(["--bench", bench]);
    }
    let args = args.strip_prefix(&["--".to_owned()]).unwrap_or(args);
    run.arg("--").args(args);
    pass_through(run.env(postgres::VARIABLE, server.url()))
}
