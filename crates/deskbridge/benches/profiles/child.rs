//! A command of the binary in a process of its own, and what it cost.

use std::io::Read as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What a send said and cost.
pub(crate) struct Measured {
    /// From the start of the process to its end.
    pub(crate) took: Duration,
    /// What it used of all processors.
    pub(crate) cpu: Duration,
    /// What of that the system did for it.
    pub(crate) system: Duration,
    /// The most memory of its own that it held: what of the program's file is in memory is not counted,
    /// since that depends on how the system has cached it.
    pub(crate) megabytes: f64,
    /// The object of `--json`.
    pub(crate) result: serde_json::Value,
    /// The same as it was printed.
    pub(crate) said: String,
}

impl Measured {
    /// How many rows had an outcome.
    pub(crate) fn rows(&self, outcome: &str) -> u64 {
        self.result["rows"][outcome].as_u64().unwrap()
    }
}

/// Runs it. It must print one JSON object of a completed workflow.
pub(crate) fn measure(command: &mut Command) -> Measured {
    let (user, system) = children();
    let began = Instant::now();
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let mut peak: u64 = 0;
    while child.try_wait().unwrap().is_none() {
        peak = peak.max(memory(child.id()));
        std::thread::sleep(Duration::from_millis(5));
    }
    let took = began.elapsed();
    let (user_then, system_then) = children();
    let mut said = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    let result: serde_json::Value = serde_json::from_str(&said).expect("one JSON object");
    assert_eq!(result["state"], "completed", "{said}");
    Measured {
        took,
        cpu: user_then + system_then - user - system,
        system: system_then - system,
        megabytes: peak as f64 / 1024.0,
        result,
        said,
    }
}

/// The memory that a process holds now, without files, in KiB, as Linux counts it; 0 elsewhere.
fn memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("RssAnon:"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok())
        .unwrap_or(0)
}

/// What all processes that this one has waited for used, themselves and the system for them, as Linux
/// counts it, in hundredths of a second; nothing elsewhere.
fn children() -> (Duration, Duration) {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name of the process stands in brackets and may hold anything.
    let rest = stat.rsplit(')').next().unwrap_or_default();
    let ticks = |place: usize| {
        let ticks = rest.split_whitespace().nth(place)?.parse().ok();
        ticks.map(|ticks: u64| Duration::from_millis(ticks * 10))
    };
    (ticks(13).unwrap_or_default(), ticks(14).unwrap_or_default())
}
