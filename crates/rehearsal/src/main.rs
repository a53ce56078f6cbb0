//! `rehearse`: plays schedules of the core; `cargo xtask simulate` calls it.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line program: standard output and error are where it speaks"
)]

use std::process::ExitCode;
use std::time::Instant;

use domain::guard::{Guard, Guards};
use rehearsal::campaign::{Campaign, Report, run};
use rehearsal::cast::Cast;
use rehearsal::schedule::play;
use serde_json::json;

const USAGE: &str = "\
Usage: cargo xtask simulate [OPTIONS]

  --schedules N    how many schedules to play (20000)
  --seed S         the first seed (1)
  --without GUARD  with this safety device off: then a violation must be found. One of
                   marker, safe-update, same-second, agreed, atomic-import, lease, version
  --threads T      how many threads (one a core)
  --json           the counts as JSON
  --replay SEED    play one schedule and tell its story";

/// The most failing seeds that are shown.
const SHOWN: usize = 10;
/// The most lines of a story shown without being asked for it.
const STORY: usize = 60;

#[derive(Debug)]
struct Options {
    schedules: u64,
    seed: u64,
    without: Option<Guard>,
    threads: usize,
    json: bool,
    replay: Option<u64>,
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args.iter().any(|arg| arg == "--help" || arg == "-h") {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    match parse(&args) {
        Ok(options) => rehearse(&options),
        Err(why) => {
            eprintln!("error: {why}\n\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn parse(args: &[String]) -> Result<Options, String> {
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let mut options = Options {
        schedules: 20_000,
        seed: 1,
        without: None,
        threads: cores,
        json: false,
        replay: None,
    };
    let mut words = args.iter();
    while let Some(word) = words.next() {
        let mut value = || {
            words
                .next()
                .ok_or_else(|| format!("`{word}` needs a value"))
        };
        let number = |text: &String| {
            let plain = text.replace('_', "");
            plain
                .parse::<u64>()
                .map_err(|_| format!("`{word}` needs a number, not `{text}`"))
        };
        match word.as_str() {
            "--schedules" => options.schedules = number(value()?)?,
            "--seed" => options.seed = number(value()?)?,
            "--threads" => options.threads = number(value()?)?.clamp(1, 256) as usize,
            "--replay" => options.replay = Some(number(value()?)?),
            "--json" => options.json = true,
            "--without" => {
                let name = value()?;
                let guard = Guard::parse(name);
                options.without =
                    Some(guard.ok_or_else(|| format!("no guard is called `{name}`"))?);
            }
            other => return Err(format!("there is no option `{other}`")),
        }
    }
    Ok(options)
}

fn rehearse(options: &Options) -> ExitCode {
    let guards = options.without.map_or(Guards::ALL, Guards::without);
    if let Some(seed) = options.replay {
        return replay(seed, guards);
    }
    let begun = now();
    let report = run(&Campaign {
        first: options.seed,
        schedules: options.schedules,
        guards,
        threads: options.threads,
        stop_at_first: options.without.is_some(),
    });
    let seconds = begun.elapsed().as_secs_f64();
    if options.json {
        println!("{}", as_json(&report, seconds));
    }
    let well = report.failures.is_empty()
        && report.unsteady.is_empty()
        && report.played == options.schedules;
    match options.without {
        Some(guard) => tell_ablation(guard, &report, options),
        None => {
            tell_failures(&report, options);
            let rate = report.played as f64 / seconds.max(0.001);
            if !options.json {
                println!(
                    "{} schedules from seed {} in {seconds:.1} s ({rate:.0} a second): {} violations",
                    report.played,
                    options.seed,
                    report.failures.len()
                );
            }
            if well {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
    }
}

fn tell_ablation(guard: Guard, report: &Report, options: &Options) -> ExitCode {
    match report.failures.first() {
        Some(failure) => {
            // What goes wrong with every device on proves nothing about this one.
            let whole = play(failure.seed, Guards::ALL, &Cast::default(), false);
            if let Some(violation) = whole.violation {
                eprintln!(
                    "error: seed {} goes wrong with {guard} too, so it proves nothing: {} {}",
                    failure.seed, violation.invariant, violation.said
                );
                return ExitCode::FAILURE;
            }
            let after = failure.seed.wrapping_sub(options.seed) + 1;
            if !options.json {
                println!(
                    "without {guard}: {} was violated after {after} schedules, as it must be (seed {}: {})",
                    failure.violation.invariant, failure.seed, failure.violation.said
                );
            }
            ExitCode::SUCCESS
        }
        None => {
            eprintln!(
                "error: without {guard} nothing was violated in {} schedules: the guard carries no weight, or the model is too kind",
                report.played
            );
            ExitCode::FAILURE
        }
    }
}

fn tell_failures(report: &Report, options: &Options) {
    for seed in &report.unsteady {
        eprintln!("error: seed {seed} gave two different logs (I-17)");
    }
    if report.played < options.schedules {
        let missing = options.schedules - report.played;
        eprintln!(
            "error: {missing} schedules were not played to their end, since the core panicked"
        );
    }
    for (index, failure) in report.failures.iter().take(SHOWN).enumerate() {
        let violation = &failure.violation;
        eprintln!(
            "seed {}: {} {}",
            failure.seed, violation.invariant, violation.said
        );
        if index == 0 {
            let outcome = play(failure.seed, Guards::ALL, &Cast::default(), true);
            let skipped = outcome.story.len().saturating_sub(STORY);
            for line in &outcome.story[skipped..] {
                eprintln!("    {line}");
            }
        }
        eprintln!("    cargo xtask simulate --replay {}", failure.seed);
    }
    if report.failures.len() > SHOWN {
        eprintln!("... and {} more", report.failures.len() - SHOWN);
    }
}

fn replay(seed: u64, guards: Guards) -> ExitCode {
    let outcome = play(seed, guards, &Cast::default(), true);
    for line in &outcome.story {
        println!("{line}");
    }
    match outcome.violation {
        None => {
            println!(
                "seed {seed}: all is well (log {:016x})",
                outcome.fingerprint
            );
            ExitCode::SUCCESS
        }
        Some(violation) => {
            println!("seed {seed}: {} {}", violation.invariant, violation.said);
            ExitCode::FAILURE
        }
    }
}

fn as_json(report: &Report, seconds: f64) -> serde_json::Value {
    let failures: Vec<_> = report
        .failures
        .iter()
        .map(|failure| {
            json!({
                "seed": failure.seed,
                "invariant": failure.violation.invariant,
                "said": failure.violation.said,
            })
        })
        .collect();
    let counts: serde_json::Map<_, _> = report
        .tally
        .entries()
        .map(|(words, count)| (words.to_owned(), json!(count)))
        .collect();
    json!({
        "schedules": report.played,
        "seconds": seconds,
        "violations": failures,
        "unsteady": report.unsteady,
        "counts": counts,
    })
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long this very run takes; no schedule depends on it"
)]
fn now() -> Instant {
    Instant::now()
}
