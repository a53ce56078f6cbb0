//! `cargo xtask test`: every test, on both databases, with what they need.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::command::{cargo, pass_through, root, succeeds};
use crate::packages::{selection, split_selection, targets};
use crate::postgres::{self, Durability, Postgres};
use crate::{Stop, axe, browser, fidelity, foreign, junit, schemathesis};

/// What to run.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// Leave PostgreSQL out.
    pub(crate) only_sqlite: bool,
    /// Hold to `Cargo.lock` as it is, and take a missing browser for a failure: what decides
    /// whether a change lands leaves nothing out unseen.
    pub(crate) strict: bool,
    /// Only these packages; none for all.
    pub(crate) packages: Vec<String>,
    /// Further arguments for the test runner.
    pub(crate) args: Vec<String>,
}

impl Options {
    /// Reads the arguments after `test`.
    ///
    /// # Errors
    /// The sentence that tells what is wrong with them.
    pub(crate) fn parse(args: &[String]) -> Result<Self, String> {
        let (own, passed) = match args.iter().position(|arg| arg == "--") {
            Some(at) => (&args[..at], &args[at + 1..]),
            None => (args, &[][..]),
        };
        let mut options = Self::default();
        for arg in own {
            match arg.as_str() {
                "--only-sqlite" => options.only_sqlite = true,
                other => {
                    return Err(format!(
                        "`test` has no option `{other}`; arguments for the test runner go after `--`"
                    ));
                }
            }
        }
        (options.packages, options.args) = split_selection(passed);
        Ok(options)
    }
}

/// Runs the tests.
///
/// # Errors
/// Passes on the exit status of the test runner; says what is missing where nothing could be run.
pub(crate) fn run(options: &Options) -> Result<(), Stop> {
    let mut left_out = BTreeMap::new();
    let driver = find_browser(options, &mut left_out)?;
    find_foreign(options)?;
    let axe = match driver {
        Some(_) => find_tool(options, axe::find_or_fetch, "axe-core", &mut left_out)?,
        None => None,
    };
    let schemathesis = find_tool(
        options,
        schemathesis::find_or_install,
        "schemathesis",
        &mut left_out,
    )?;
    let server = if options.only_sqlite {
        left_out.insert("PostgreSQL (--only-sqlite)".to_owned(), None);
        None
    } else {
        let server = Postgres::start(Durability::ThrowAway).map_err(|error| {
            error.context("tests run on PostgreSQL too (`--only-sqlite` leaves it out)")
        })?;
        Some(server)
    };
    let tools = Tools {
        driver,
        axe,
        schemathesis,
    };
    let outcome = run_tests(options, server.as_ref(), &tools, &mut left_out);
    drop(server);
    println!("{}", closing_line(&left_out));
    outcome
}

/// What was left out, and the number of tests where it is known.
type LeftOut = BTreeMap<String, Option<usize>>;

fn find_browser(options: &Options, left_out: &mut LeftOut) -> Result<Option<PathBuf>, Stop> {
    if let Some(driver) = std::env::var_os(browser::VARIABLE).filter(|path| !path.is_empty()) {
        return Ok(Some(driver.into()));
    }
    match browser::find_or_install() {
        Ok(driver) => {
            println!("Chromium: {}", driver.display());
            Ok(Some(driver))
        }
        Err(error) if options.strict => {
            Err(error.context("tests in a browser need Chromium").into())
        }
        Err(error) => {
            eprintln!("warning: tests in a browser are skipped: {error:#}");
            left_out.insert("needs Chromium".to_owned(), None);
            Ok(None)
        }
    }
}

/// A tool from a registry that tests of the program need. Needs Python or npm, as clients of others do.
fn find_tool(
    options: &Options,
    find: fn() -> anyhow::Result<PathBuf>,
    name: &str,
    left_out: &mut LeftOut,
) -> Result<Option<PathBuf>, Stop> {
    let wanted =
        options.packages.is_empty() || options.packages.iter().any(|one| one == "deskbridge");
    if !wanted {
        return Ok(None);
    }
    match foreign::find_or_install().and_then(|()| find()) {
        Ok(file) => Ok(Some(file)),
        Err(error) if options.strict => Err(error.context(format!("tests need {name}")).into()),
        Err(error) => {
            eprintln!("warning: tests with {name} are skipped: {error:#}");
            left_out.insert(format!("needs {name}"), None);
            Ok(None)
        }
    }
}

/// What tests of the program need, where it is there.
struct Tools {
    driver: Option<PathBuf>,
    axe: Option<PathBuf>,
    schemathesis: Option<PathBuf>,
}

/// What clients of others need. Tests that lack it say so themselves.
fn find_foreign(options: &Options) -> Result<(), Stop> {
    let wanted =
        options.packages.is_empty() || options.packages.iter().any(|one| one == "fidelity");
    if !wanted {
        return Ok(());
    }
    match foreign::find_or_install() {
        Ok(()) => Ok(()),
        Err(error) if options.strict => Err(error
            .context("clients of others need Python and node")
            .into()),
        Err(error) => {
            eprintln!("warning: clients of others are skipped: {error:#}");
            Ok(())
        }
    }
}

fn run_tests(
    options: &Options,
    server: Option<&Postgres>,
    tools: &Tools,
    left_out: &mut LeftOut,
) -> Result<(), Stop> {
    // What the simulators of the tests were asked and answered is held to Zendesk's document.
    let witness = fidelity::fresh_folder("test");
    let prepare = |words: &[&str]| {
        let mut run = cargo();
        run.args(words).env(fidelity::VARIABLE, &witness);
        match server {
            Some(server) => run.env(postgres::VARIABLE, server.url()),
            None => run.env_remove(postgres::VARIABLE),
        };
        for (variable, tool) in [
            (browser::VARIABLE, &tools.driver),
            (axe::VARIABLE, &tools.axe),
            (schemathesis::VARIABLE, &tools.schemathesis),
        ] {
            match tool {
                Some(tool) => run.env(variable, tool),
                None => run.env_remove(variable),
            };
        }
        if options.strict {
            // By this, tests know as well that nothing may be left out.
            run.arg("--locked").env("CI", "true");
        }
        run
    };
    let chosen = selection(&options.packages);

    if !succeeds(cargo().args(["nextest", "--version"])) {
        if !root().join("../shared").exists() {
            left_out.insert("needs ../shared".to_owned(), None);
        }
        // Plain `cargo test` runs the doc tests itself.
        return pass_through(prepare(&["test"]).args(&chosen).args(&options.args));
    }

    let report = report();
    // An old report must not be taken for this run's; there may be none.
    let _ = std::fs::remove_file(&report);
    let outcome = pass_through(
        prepare(&["nextest", "run"])
            .args(&chosen)
            .args(&options.args),
    );
    if let Ok(report) = std::fs::read_to_string(&report) {
        for (reason, tests) in junit::count_skipped(&report) {
            left_out.insert(reason, Some(tests));
        }
    }
    outcome?;

    if options.packages.is_empty() && options.args.is_empty() {
        fidelity::check(&witness)?;
    }

    // A run narrowed to single tests is about those, not about doc tests.
    if !options.args.is_empty() {
        left_out.insert("doc tests (the run was narrowed)".to_owned(), None);
        return Ok(());
    }
    let mut with_library = Vec::new();
    for package in &options.packages {
        if !targets(package, "lib")?.is_empty() {
            with_library.push(package.clone());
        }
    }
    if !options.packages.is_empty() && with_library.is_empty() {
        return Ok(());
    }
    pass_through(prepare(&["test", "--doc", "--quiet"]).args(selection(&with_library)))
}

fn report() -> PathBuf {
    root().join("target/nextest/default/junit.xml")
}

/// How the last run came out, in one line; none without cargo-nextest.
pub(crate) fn totals() -> Option<String> {
    junit::totals(&std::fs::read_to_string(report()).ok()?)
}

fn closing_line(left_out: &LeftOut) -> String {
    if left_out.is_empty() {
        return "skipped: nothing".to_owned();
    }
    let parts: Vec<String> = left_out
        .iter()
        .map(|(reason, tests)| match tests {
            Some(1) => format!("1 test that {reason}"),
            Some(tests) => format!("{tests} tests that {}", reason.replacen("needs", "need", 1)),
            None => reason.strip_prefix("needs ").map_or_else(
                || reason.clone(),
                |thing| format!("tests that need {thing}"),
            ),
        })
        .collect();
    format!("skipped: {}", parts.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn options_stand_before_the_dashes_and_arguments_for_the_runner_behind() {
        let options =
            Options::parse(&words("--only-sqlite -- -p clock a_name --no-capture")).unwrap();
        assert!(options.only_sqlite && !options.strict);
        assert_eq!(options.packages, ["clock"]);
        assert_eq!(options.args, ["a_name", "--no-capture"]);
        let error = Options::parse(&words("-p clock")).unwrap_err();
        assert!(error.contains("after `--`"), "{error}");
    }

    #[test]
    fn the_closing_line_tells_what_was_skipped_and_why() {
        assert_eq!(closing_line(&LeftOut::new()), "skipped: nothing");
        let left_out = LeftOut::from([
            ("needs ../shared".to_owned(), Some(4)),
            ("needs a browser".to_owned(), Some(1)),
            ("needs Chromium".to_owned(), None),
            ("PostgreSQL (--only-sqlite)".to_owned(), None),
        ]);
        assert_eq!(
            closing_line(&left_out),
            "skipped: PostgreSQL (--only-sqlite); 4 tests that need ../shared; \
             tests that need Chromium; 1 test that needs a browser"
        );
    }
}
