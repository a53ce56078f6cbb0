//! How fast a first pull is, how many requests it costs, how much memory it takes, and what an
//! unchanged one costs: the real binary, in a process of its own, against the simulator in another.
//!
//! `cargo xtask bench` runs it on SQLite and PostgreSQL for 10,000, 50,000 and 200,000 tickets with
//! three comments each; `cargo xtask bench -- 10000` for other numbers. Each pull stands beside a
//! plain reading of the same pages by the same client with nothing stored, measured in the same
//! run: what the wire and the parser alone allow.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a bench measures real time, prints what it measured, and stops when it cannot"
)]

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use clock::SystemClock;
use zendesk::{Address, AddressPolicy, Client, LocalGovernor, Options, Position, SignIn};

const BINARY: &str = env!("CARGO_BIN_EXE_deskbridge");
const SIZES: [u64; 3] = [10_000, 50_000, 200_000];

/// A process that is ended with its owner.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// What one pull cost.
struct Measured {
    seconds: f64,
    requests: u64,
    megabytes: f64,
}

fn main() {
    let asked: Vec<u64> = std::env::args()
        .filter_map(|word| word.parse().ok())
        .collect();
    let sizes = if asked.is_empty() {
        SIZES.to_vec()
    } else {
        asked
    };
    let server = std::env::var("DESKBRIDGE_TEST_POSTGRES").ok();
    println!(
        "tickets | database   | first pull |  tickets/s | of reading only | requests | per 1,000 | peak MB | unchanged pull"
    );
    println!(
        "--------|------------|------------|------------|-----------------|----------|-----------|---------|---------------"
    );
    for tickets in sizes {
        let (_simulator, url) = simulator(tickets);
        let reading = read_only(&url);
        println!(
            "{tickets:>7} | (reading)  | {reading:>8.2} s | {:>10.0} |",
            tickets as f64 / reading
        );
        pull(tickets, &url, None, "SQLite", reading);
        match &server {
            Some(server) => pull(tickets, &url, Some(server), "PostgreSQL", reading),
            None => println!(
                "{tickets:>7} | PostgreSQL | skipped: needs DESKBRIDGE_TEST_POSTGRES (cargo xtask bench sets it)"
            ),
        }
    }
}

fn simulator(tickets: u64) -> (Running, String) {
    let child = Command::new(BINARY)
        .args([
            "simulator",
            "--listen",
            "127.0.0.1:0",
            "--seed",
            "7",
            "--limits",
            "off",
            "--comments-per-ticket",
            "3",
        ])
        .args([
            "--tickets",
            &tickets.to_string(),
            "--users",
            &(tickets / 5).to_string(),
        ])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the simulator starts");
    let mut running = Running(child);
    let mut line = String::new();
    BufReader::new(running.0.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .expect("the simulator says where it listens");
    let at = line.find("http").expect("an address");
    let url = line[at..].split_whitespace().next().unwrap().to_owned();
    (running, url)
}

/// Reads every page that a first pull reads, and keeps nothing. Returns the seconds.
fn read_only(url: &str) -> f64 {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let policy = AddressPolicy {
            allow_loopback: true,
            extra_hosts: Vec::new(),
        };
        let clock = Arc::new(SystemClock);
        let sign_in = SignIn::ApiToken {
            email: "agent@example.com".to_owned(),
            token: "token".to_owned().into(),
        };
        let options = Options::new(Arc::new(LocalGovernor::new(clock.clone(), 50)), clock);
        let client = Client::new(Address::parse(url, &policy).unwrap(), sign_in, options).unwrap();
        let began = Instant::now();
        let mut position = Position::Start(0);
        loop {
            let page = client.incremental_users(&position, 1000).await.unwrap();
            if page.end_of_stream {
                break;
            }
            position = page.next.unwrap();
        }
        let mut position = Position::Start(0);
        loop {
            let page = client.incremental_tickets(&position, 1000).await.unwrap();
            if page.end_of_stream {
                break;
            }
            position = page.next.unwrap();
        }
        let mut start = 0;
        loop {
            let page = client.incremental_ticket_events(start).await.unwrap();
            if page.end_of_stream {
                break;
            }
            start = page.end_time.unwrap();
        }
        began.elapsed().as_secs_f64()
    })
}

fn pull(tickets: u64, url: &str, server: Option<&str>, name: &str, reading: f64) {
    let folder = tempfile::tempdir().unwrap();
    let scratch = server.map(Scratch::create);
    let run = |arguments: &[&str]| {
        let mut command = command(
            folder.path(),
            scratch.as_ref().map(|scratch| scratch.url.as_str()),
        );
        let done = command.args(arguments).output().unwrap();
        assert!(
            done.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&done.stderr)
        );
    };
    run(&[
        "init",
        "--admin-email",
        "ada@example.com",
        "--admin-password-env",
        "ADMIN_PASSWORD",
    ]);
    run(&[
        "integration",
        "add",
        "main",
        "--url",
        url,
        "--api-email",
        "agent@example.com",
        "--api-token-env",
        "ZENDESK_TOKEN",
    ]);
    run(&["integration", "activate", "main"]);
    let sync = || {
        let mut command = command(
            folder.path(),
            scratch.as_ref().map(|scratch| scratch.url.as_str()),
        );
        measure(command.args(["sync", "main", "--json"]))
    };
    let first = sync();
    let again = sync();
    println!(
        "{tickets:>7} | {name:<10} | {:>8.2} s | {:>10.0} | {:>14.0}% | {:>8} | {:>9.1} | {:>7.0} | {:.3} s, {} requests",
        first.seconds,
        tickets as f64 / first.seconds,
        100.0 * reading / first.seconds,
        first.requests,
        first.requests as f64 * 1000.0 / tickets as f64,
        first.megabytes,
        again.seconds,
        again.requests,
    );
}

fn command(folder: &Path, database: Option<&str>) -> Command {
    let mut command = Command::new(BINARY);
    command
        .env("DESKBRIDGE_DATA", folder)
        .env("DESKBRIDGE_ALLOW_LOOPBACK", "1")
        .env("ADMIN_PASSWORD", "a long bench password")
        .env("ZENDESK_TOKEN", "token")
        .env_remove("DESKBRIDGE_DATABASE_URL");
    if let Some(url) = database {
        command.env("DESKBRIDGE_DATABASE_URL", url);
    }
    command
}

fn measure(command: &mut Command) -> Measured {
    let began = Instant::now();
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let mut peak: u64 = 0;
    while child.try_wait().unwrap().is_none() {
        peak = peak.max(high_water(child.id()));
        std::thread::sleep(Duration::from_millis(5));
    }
    let seconds = began.elapsed().as_secs_f64();
    let mut said = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    let summary: serde_json::Value = serde_json::from_str(&said).expect("one JSON object");
    assert_eq!(summary["state"], "completed", "{said}");
    Measured {
        seconds,
        requests: summary["requests"].as_u64().unwrap(),
        megabytes: peak as f64 / 1024.0,
    }
}

/// The most memory a process has held so far, in KiB, as Linux counts it; 0 elsewhere.
fn high_water(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok())
        .unwrap_or(0)
}

/// A database on the server that is dropped with its owner.
struct Scratch {
    server: String,
    name: String,
    url: String,
}

impl Scratch {
    fn create(server: &str) -> Self {
        let name = format!("deskbridge_bench_{}", std::process::id());
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let url = runtime
            .block_on(store::scratch::create(server, &name))
            .unwrap();
        Self {
            server: server.to_owned(),
            name,
            url,
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        drop(runtime.block_on(store::scratch::drop(&self.server, &self.name)));
    }
}
