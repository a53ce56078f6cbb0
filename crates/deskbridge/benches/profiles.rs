//! How fast a file of customers is read, checked and compared with a ledger that knows all of them, how
//! much memory that takes, and how fast new users arrive: the real binary, in a process of its own,
//! against the simulator in this one, on SQLite and, where a server is named, on PostgreSQL.
//!
//! `cargo xtask bench` runs it with the others, for 100,000 rows; alone, and for other numbers:
//! `cargo bench -p deskbridge --bench profiles -- 100000 1000000 5000000`. Words leave parts out or
//! change them: `compare` or `arrive` runs one half only, `sqlite` or `postgres` one database,
//! `users=3000` says how many users arrive without a cap (30,000 unless said; a tenth of them with it);
//! `wait` waits for a line on standard input once a ledger is full, since filling a large one takes minutes
//! and only what comes after it needs a machine without other work.
//! The server is the one that the variable `DESKBRIDGE_TEST_POSTGRES` names.
//!
//! Beside each send of an unchanged file stands a plain pass of the same file through the csv or the
//! parquet crate, in the same run. A thousand customers are really sent first; the ledger is then filled
//! through the store's own `ledger::confirm`. Whether it says what a real send would have made it say, the
//! outcome proves: every row is unchanged, and Zendesk sees no write.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a bench measures real time, prints what it measured, and stops when it cannot"
)]

#[path = "profiles/arrival.rs"]
mod arrival;
#[path = "profiles/child.rs"]
mod child;
#[expect(
    dead_code,
    clippy::panic,
    reason = "the tests use all of it, and a bench stops when it cannot go on"
)]
#[path = "../tests/two_way/desk.rs"]
mod desk;
#[path = "profiles/known.rs"]
mod known;
#[path = "profiles/people.rs"]
mod people;
#[path = "profiles/plain.rs"]
mod plain;

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use desk::{Desk, POSTGRES};
use simulator::Simulator;
use store::scratch;
use tempfile::TempDir;

use child::Measured;

/// The rows that are compared, unless other numbers are asked for.
const ROWS: u64 = 100_000;
/// The users that arrive without a cap, unless another number is asked for.
const USERS: u64 = 30_000;
/// What the destination of a send is called.
const DESTINATION: &str = "support";

/// What is asked for on the command line.
struct Asked {
    rows: Vec<u64>,
    users: u64,
    compares: bool,
    arrives: bool,
    waits: bool,
    on_sqlite: bool,
    /// The server, if PostgreSQL is wanted and there is one.
    server: Option<String>,
}

impl Asked {
    fn read() -> Self {
        let words: Vec<String> = std::env::args().skip(1).collect();
        let says = |word: &str| words.iter().any(|one| one == word);
        let mut rows: Vec<u64> = words.iter().filter_map(|word| word.parse().ok()).collect();
        if rows.is_empty() {
            rows.push(ROWS);
        }
        let users = words.iter().find_map(|word| word.strip_prefix("users="));
        let server = std::env::var(POSTGRES).ok().filter(|url| !url.is_empty());
        if server.is_none() && !says("sqlite") {
            println!("PostgreSQL is skipped: it needs {POSTGRES} (cargo xtask bench sets it)");
        }
        Self {
            rows,
            users: users.map_or(USERS, |users| users.parse().expect("users=NUMBER")),
            compares: !says("arrive"),
            arrives: !says("compare"),
            waits: says("wait"),
            on_sqlite: !says("postgres"),
            server: server.filter(|_| !says("sqlite")),
        }
    }
}

/// An account without customers, and an installation with a destination for it.
pub(crate) struct Place {
    zendesk: Simulator,
    desk: Desk,
    database: &'static str,
    /// The server and its database of this place, dropped in the end.
    scratch: Option<(String, String)>,
}

impl Place {
    async fn make(server: Option<&str>, config: simulator::Config, rate: u32) -> Self {
        let config = simulator::Config {
            seed: 11,
            tickets: 0,
            users: 3,
            ..config
        };
        let zendesk = simulator::start(config).await.unwrap();
        let (scratch, url) = match server {
            None => (None, None),
            Some(server) => {
                let name = format!("deskbridge_bench_profiles_{}", std::process::id());
                let url = scratch::create(server, &name).await.unwrap();
                (Some((server.to_owned(), name)), Some(url))
            }
        };
        let desk = Desk {
            folder: tempfile::tempdir().unwrap(),
            server: url,
        };
        for words in [
            "init --admin-email ada@example.com --admin-password-env ADMIN_PASSWORD".to_owned(),
            "credential add zd --type zendesk --api-email agent@example.com --api-token-env ZENDESK_TOKEN"
                .to_owned(),
            format!(
                "destination add {DESTINATION} --credential zd --url {} --users-per-second {rate}",
                zendesk.url()
            ),
        ] {
            desk.ok(&words);
        }
        let sample = desk.folder.path().join("sample.csv");
        people::write_csv(&sample, 0, 1_000);
        desk.ok(&format!(
            "destination fields {DESTINATION} {} --apply",
            sample.display()
        ));
        Self {
            zendesk,
            desk,
            database: if server.is_some() {
                "PostgreSQL"
            } else {
                "SQLite"
            },
            scratch,
        }
    }

    /// Sends a file with the real binary.
    fn send(&self, file: &Path) -> Measured {
        let words = format!("send {} --to {DESTINATION} --json", file.display());
        tokio::task::block_in_place(|| child::measure(&mut self.desk.command(&words)))
    }

    /// Requests that write, so far.
    fn writes(&self) -> u64 {
        self.zendesk.writes_by_route().values().sum()
    }

    async fn end(self) {
        if let Some((server, name)) = &self.scratch {
            scratch::drop(server, name).await.unwrap();
        }
    }
}

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let asked = Asked::read();
    let mut servers = Vec::new();
    if asked.on_sqlite {
        servers.push(None);
    }
    if let Some(server) = &asked.server {
        servers.push(Some(server.as_str()));
    }
    if asked.compares {
        println!(
            "     rows | database   | file    |     sent |   rows/s | plain rows/s | share | CPU, of it in the system | peak MB | requests"
        );
        println!(
            "----------|------------|---------|----------|----------|--------------|-------|--------------------------|---------|---------"
        );
        for rows in &asked.rows {
            let files = Files::write(*rows);
            for server in &servers {
                runtime.block_on(compare(&files, *server, asked.waits));
            }
        }
    }
    let mut slow = Vec::new();
    if asked.arrives {
        arrival::head();
        for server in &servers {
            slow.extend(runtime.block_on(arrival::measure(*server, asked.users)));
        }
    }
    for sentence in &slow {
        eprintln!("error: {sentence}");
    }
    if slow.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// The same customers in two files, and how long a plain pass of each takes.
struct Files {
    rows: u64,
    folder: TempDir,
}

impl Files {
    fn write(rows: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        people::write_csv(&folder.path().join("people.csv"), 0, rows);
        people::write_parquet(&folder.path().join("people.parquet"), rows);
        Self { rows, folder }
    }
}

/// Reads a file with nothing but its format's crate, and says how many rows it has.
type Pass = fn(&Path) -> u64;

/// Sends unchanged files, once somebody says so if it `waits` for that.
async fn compare(files: &Files, server: Option<&str>, waits: bool) {
    let place = Place::make(server, simulator::Config::default(), 0).await;
    known::fill(&place, files.rows).await;
    if waits {
        eprintln!("The ledger is full. Press Enter to measure.");
        std::io::stdin().read_line(&mut String::new()).unwrap();
    }
    let passes: [(&str, Pass); 2] = [
        ("people.csv", plain::csv),
        ("people.parquet", plain::parquet),
    ];
    for (name, pass) in passes {
        let file = files.folder.path().join(name);
        let writes = place.writes();
        // By turns, so that what else the machine does falls on both; of each the best counts.
        let (mut plain, mut best) = (Duration::MAX, None::<Measured>);
        for _ in 0..if files.rows > 1_000_000 { 1 } else { 3 } {
            let began = Instant::now();
            assert_eq!(pass(&file), files.rows);
            plain = plain.min(began.elapsed());
            let sent = place.send(&file);
            assert_eq!(sent.rows("read"), files.rows);
            assert_eq!(sent.rows("unchanged"), files.rows, "{}", sent.said);
            assert_eq!(place.writes(), writes, "an unchanged file writes nothing");
            if best.as_ref().is_none_or(|best| sent.took < best.took) {
                best = Some(sent);
            }
        }
        let sent = best.expect("it was sent");
        let a_second = |took: Duration| files.rows as f64 / took.as_secs_f64();
        println!(
            "{:>9} | {:<10} | {:<7} | {:>6.2} s | {:>8.0} | {:>12.0} | {:>4.0}% | {:>13.2} s, {:>5.2} s | {:>7.0} | {}",
            files.rows,
            place.database,
            name.trim_start_matches("people."),
            sent.took.as_secs_f64(),
            a_second(sent.took),
            a_second(plain),
            100.0 * plain.as_secs_f64() / sent.took.as_secs_f64(),
            sent.cpu.as_secs_f64(),
            sent.system.as_secs_f64(),
            sent.megabytes,
            sent.result["requests"],
        );
    }
    place.end().await;
}
