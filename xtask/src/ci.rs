//! `cargo xtask ci`: what decides whether a change lands. The same on a laptop.

use std::time::{Duration, Instant};

use crate::command::{cargo, pass_through};
use crate::packages::{selection, split_selection};
use crate::suite::Options;
use crate::{Stop, deny, suite};

/// The packages that the arguments after `ci` name; none for all.
///
/// # Errors
/// The sentence that tells what is wrong with the arguments.
pub(crate) fn parse(args: &[String]) -> Result<Vec<String>, String> {
    let (packages, rest) = split_selection(args);
    match rest.first() {
        None => Ok(packages),
        Some(other) => Err(format!("`ci` has no option `{other}`")),
    }
}

/// Runs every step, cheapest first, up to the first that fails.
///
/// The steps share one profile and one set of compiler flags, so that no dependency is built twice:
/// warnings are denied by arguments of clippy and rustdoc alone.
///
/// # Errors
/// Names the step that failed.
pub(crate) fn run(packages: &[String]) -> Result<(), Stop> {
    let chosen = selection(packages);
    let begun = now();
    step("format", begun, || {
        let all = if packages.is_empty() {
            vec!["--all".to_owned()]
        } else {
            chosen.clone()
        };
        pass_through(cargo().args(["fmt", "--check"]).args(all))
    })?;
    step("clippy", begun, || {
        pass_through(
            cargo()
                .args(["clippy", "--locked", "--all-targets"])
                .args(&chosen)
                .args(["--", "-D", "warnings"]),
        )
    })?;
    step("docs", begun, || {
        pass_through(
            cargo()
                .args(["doc", "--locked", "--no-deps"])
                .args(&chosen)
                .env("RUSTDOCFLAGS", "-D warnings"),
        )
    })?;
    step("test", begun, || {
        suite::run(&Options {
            strict: true,
            packages: packages.to_vec(),
            ..Options::default()
        })
    })?;
    step("cargo-deny", begun, deny::check)?;
    println!("ci: all steps passed in {}", show(now() - begun));
    // Last, so that who reads only the end sees what was run.
    if let Some(totals) = suite::totals() {
        println!("{totals}");
    }
    Ok(())
}

fn step(name: &str, begun: Instant, run: impl FnOnce() -> Result<(), Stop>) -> Result<(), Stop> {
    println!("ci: {name} (at {})", show(now() - begun));
    let started = now();
    let outcome = run();
    let took = show(now() - started);
    match &outcome {
        Ok(()) => println!("ci: {name} passed in {took}"),
        Err(Stop::Failed(error)) => eprintln!("error: {error:#}"),
        Err(Stop::Status(_) | Stop::Usage(_)) => {}
    }
    outcome.map_err(|_| {
        Stop::Failed(anyhow::anyhow!(
            "the step `{name}` failed after {took}; what it wrote above says why, and the steps after it were not run"
        ))
    })
}

fn show(time: Duration) -> String {
    format!("{}:{:02}", time.as_secs() / 60, time.as_secs() % 60)
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long a step of this very run takes; no product code depends on it"
)]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_failing_step_stops_with_a_sentence_that_names_it() {
        let failed = step("docs", now(), || Err(Stop::Status(101)));
        let Err(Stop::Failed(error)) = failed else {
            panic!("{failed:?}");
        };
        assert!(error.to_string().starts_with("the step `docs` failed"));
        assert!(step("docs", now(), || Ok(())).is_ok());
    }

    #[test]
    fn a_run_can_be_narrowed_to_packages_and_to_nothing_else() {
        let words = |text: &str| -> Vec<String> { text.split(' ').map(str::to_owned).collect() };
        assert_eq!(
            parse(&words("-p clock -p xtask")).unwrap(),
            ["clock", "xtask"]
        );
        assert!(parse(&words("--quick")).unwrap_err().contains("--quick"));
    }

    #[test]
    fn elapsed_time_reads_as_minutes_and_seconds() {
        assert_eq!(show(Duration::from_secs(65)), "1:05");
    }
}
