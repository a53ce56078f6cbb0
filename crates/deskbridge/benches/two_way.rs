//! How long a change takes from one side to the other, with the real binary serving in a process of its
//! own and the simulator in this one, on SQLite and, where a server is named, on PostgreSQL.
//!
//! `cargo xtask bench` runs it with the others; `cargo bench -p deskbridge --bench two_way` alone. Edits
//! are made by another process than the one that serves, as the command line makes them: so what is
//! measured includes the wait until `serve` looks again. It ends with an error where nearly all changes
//! take longer than they may.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a bench measures real time, prints what it measured, and stops when it cannot"
)]

#[expect(
    dead_code,
    clippy::panic,
    reason = "the tests use all of it, and a bench stops when it cannot go on"
)]
#[path = "../tests/two_way/desk.rs"]
mod desk;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use desk::{Desk, POSTGRES, People};
use domain::merge::Priority;
use engine::actions::CaseEdit;
use simulator::{NewComment, NewTicket, Simulator, TicketChange};
use store::scratch;

/// How many changes are timed each way, one after another with a pause in between.
const TIMED: i64 = 40;
const PAUSE: Duration = Duration::from_millis(130);
/// How many changes are sent in a row for the rate.
const ROW: i64 = 300;
/// How often a side is looked at.
const LOOK: Duration = Duration::from_millis(3);
/// The longest that 95 of 100 changes may take: an edit until Zendesk has it, and a webhook until the
/// case has what it tells of.
const EDIT_P95: Duration = Duration::from_secs(3);
const WEBHOOK_P95: Duration = Duration::from_secs(1);
/// What never takes so long.
const LONGEST: Duration = Duration::from_secs(120);

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    println!(
        "database   | local edit -> in Zendesk    | webhook -> in the case      | pushes/s, settle 0 | requests a push | rows written a push"
    );
    println!(
        "-----------|-----------------------------|-----------------------------|--------------------|-----------------|--------------------"
    );
    let mut slow = runtime.block_on(measure("SQLite", None));
    let server = std::env::var(POSTGRES).ok().filter(|url| !url.is_empty());
    match server {
        None => println!("PostgreSQL | skipped: needs {POSTGRES} (cargo xtask bench sets it)"),
        Some(server) => slow.extend(runtime.block_on(async {
            let name = format!("deskbridge_bench_both_{}", std::process::id());
            let url = scratch::create(&server, &name).await.unwrap();
            let slow = measure("PostgreSQL", Some(&url)).await;
            scratch::drop(&server, &name).await.unwrap();
            slow
        })),
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

/// A sentence if nearly all of `taken` is more than it may be.
fn too_slow(what: &str, taken: &Percentiles, longest: Duration) -> Option<String> {
    let (p95, longest) = (taken.p95.as_secs_f64(), longest.as_secs_f64());
    (p95 > longest).then(|| format!("{what} took {p95:.2} s (p95), and may take {longest} s."))
}

async fn zendesk(tickets: i64) -> Simulator {
    let config = simulator::Config {
        seed: 11,
        tickets: 0,
        users: 12,
        ..simulator::Config::default()
    };
    let simulator = simulator::start(config).await.unwrap();
    simulator.edit(|account| {
        let agent = account.administrator();
        let customer = account.users().next_back().unwrap().id;
        for n in 0..tickets {
            let new = NewTicket {
                subject: Some(format!("Number {n}")),
                comment: NewComment::public("It burns."),
                requester_id: Some(customer),
                assignee_id: Some(agent),
                ..NewTicket::default()
            };
            account.add_ticket(new).unwrap();
        }
    });
    simulator.advance(Duration::from_secs(61));
    simulator
}

/// Measures on one database. Returns a sentence for each time that is too long.
async fn measure(database: &str, url: Option<&str>) -> Vec<String> {
    let zendesk = zendesk(TIMED + ROW).await;
    let desk = Desk::set_up(&zendesk.url(), Priority::Remote, url);
    let people = desk.people().await;
    let serving = desk.serve();
    desk.ok(&format!("webhook install main --url {}", serving.url));
    tokio::time::sleep(Duration::from_secs(2)).await;
    let there = Percentiles::of(edits(&zendesk, &people).await);
    let here = Percentiles::of(webhooks(&zendesk, &people).await);
    // It is killed: what it had begun would be waited for until its lease ends.
    people.idle(LONGEST).await;
    drop(serving);
    let row = row(&zendesk, &people, &desk).await;
    let (rate, requests) = (row.rate, row.requests);
    let rows = row.rows.map(|rows| format!("{rows:.1}"));
    let rows = rows.unwrap_or_else(|| "not counted".to_owned());
    println!("{database:<10} | {there} | {here} | {rate:>18.1} | {requests:>15.1} | {rows}");
    people.engine.store.close().await;
    let edits = format!("On {database} an edit");
    let webhooks = format!("On {database} what a webhook told of");
    [
        too_slow(&edits, &there, EDIT_P95),
        too_slow(&webhooks, &here, WEBHOOK_P95),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// From an edit here until Zendesk has it.
async fn edits(zendesk: &Simulator, people: &People) -> Vec<Duration> {
    let mut begun = BTreeMap::new();
    let mut taken = Vec::new();
    let mut next = 1;
    let start = Instant::now();
    while taken.len() < usize::try_from(TIMED).unwrap() {
        assert!(start.elapsed() < LONGEST, "{} arrived", taken.len());
        if next <= TIMED && start.elapsed() >= PAUSE * u32::try_from(next).unwrap() {
            let case = people.case_of(next).await;
            let edit = CaseEdit {
                subject: Some(format!("Edited {next}")),
                ..CaseEdit::default()
            };
            people.edit(&case, edit).await;
            begun.insert(next, Instant::now());
            next += 1;
        }
        begun.retain(|ticket, since| {
            let arrived = subject_there(zendesk, *ticket) == format!("Edited {ticket}");
            if arrived {
                taken.push(since.elapsed());
            }
            !arrived
        });
        tokio::time::sleep(LOOK).await;
    }
    taken
}

fn subject_there(zendesk: &Simulator, ticket: i64) -> String {
    zendesk.read(|account| {
        let ticket = account.ticket(ticket).unwrap();
        ticket.subject.as_ref().unwrap().to_string()
    })
}

/// From a change in Zendesk, told by a webhook, until the case has it.
async fn webhooks(zendesk: &Simulator, people: &People) -> Vec<Duration> {
    let mut taken = Vec::new();
    for ticket in 1..=TIMED {
        let case = people.case_of(ticket).await;
        tokio::time::sleep(PAUSE).await;
        let words = format!("Told {ticket}");
        let change = TicketChange {
            subject: Some(Some(words.clone())),
            ..TicketChange::default()
        };
        zendesk.edit(|account| account.update_ticket(ticket, change).unwrap());
        let since = Instant::now();
        loop {
            let mut reader = people.engine.store.read().await.unwrap();
            let now = store::cases::find(&mut reader, &case).await.unwrap();
            drop(reader);
            if now.unwrap().fields.subject == words {
                break;
            }
            assert!(since.elapsed() < LONGEST, "ticket {ticket}");
            tokio::time::sleep(LOOK).await;
        }
        taken.push(since.elapsed());
    }
    taken
}

/// What sending many changes came to.
struct Row {
    /// How many were sent in a second.
    rate: f64,
    /// The requests and, where they are counted, the written rows that each cost.
    requests: f64,
    rows: Option<f64>,
}

/// Sends waiting changes as fast as it goes.
async fn row(zendesk: &Simulator, people: &People, desk: &Desk) -> Row {
    let config = desk.folder.path().join("config.toml");
    std::fs::write(config, "[worker]\nsettle_seconds = 0\n").unwrap();
    for ticket in TIMED + 1..=TIMED + ROW {
        let case = people.case_of(ticket).await;
        let edit = CaseEdit {
            subject: Some(format!("In a row {ticket}")),
            ..CaseEdit::default()
        };
        people.edit(&case, edit).await;
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    let (requests, audits) = (ticket_requests(zendesk), zendesk.count_audits());
    let rows = written_rows(desk);
    let serving = desk.serve();
    let mut first = None;
    let start = Instant::now();
    let all = usize::try_from(ROW).unwrap();
    let seconds = loop {
        assert!(start.elapsed() < LONGEST, "they never arrive");
        let sent = zendesk.count_audits() - audits;
        if sent > 0 && first.is_none() {
            first = Some((Instant::now(), sent));
        }
        if sent >= all {
            let (since, before) = first.expect("one was the first");
            let share = (all - before) as f64 / all as f64;
            break since.elapsed().as_secs_f64() / share.max(0.01);
        }
        tokio::time::sleep(LOOK).await;
    };
    people.idle(LONGEST).await;
    drop(serving);
    tokio::time::sleep(Duration::from_secs(2)).await;
    let rows = rows
        .zip(written_rows(desk))
        .map(|(before, after)| (after - before) as f64 / ROW as f64);
    Row {
        rate: ROW as f64 / seconds,
        requests: (ticket_requests(zendesk) - requests) as f64 / ROW as f64,
        rows,
    }
}

/// How many rows PostgreSQL says were written, if it is that and its `psql` is there. What an open
/// connection wrote is counted a second later, what an ended one wrote at once.
fn written_rows(desk: &Desk) -> Option<i64> {
    let query = "SELECT tup_inserted + tup_updated + tup_deleted FROM pg_stat_database \
                 WHERE datname = current_database()";
    let mut psql = std::process::Command::new("psql");
    psql.args(["-AtXc", query]).arg(desk.server.as_ref()?);
    let done = psql.output().ok()?;
    String::from_utf8(done.stdout).ok()?.trim().parse().ok()
}

/// Requests about single tickets; what a pull reads is left out.
fn ticket_requests(zendesk: &Simulator) -> u64 {
    let routes = zendesk.requests_by_route();
    let single = routes
        .iter()
        .filter(|(route, _)| route.contains("tickets/{id}"));
    single.map(|(_, count)| count).sum()
}

/// How long most took, and nearly all.
struct Percentiles {
    p50: Duration,
    p95: Duration,
    max: Duration,
}

impl Percentiles {
    fn of(mut taken: Vec<Duration>) -> Self {
        taken.sort_unstable();
        let at = |percent: usize| taken[(taken.len() * percent).div_ceil(100) - 1];
        Self {
            p50: at(50),
            p95: at(95),
            max: at(100),
        }
    }
}

impl std::fmt::Display for Percentiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [p50, p95, max] = [self.p50, self.p95, self.max].map(|time| time.as_secs_f64());
        write!(f, "{p50:.2} / p95 {p95:.2} / max {max:.2} s")
    }
}
