//! kill -9 at random moments of sending profiles, in the real binary, as often as asked for: no row is
//! lost, nobody is created twice, and only batches of unknown outcome are sent again, which is counted
//! (profile-send.md 3, step 6; reliability.md F39, T8). docs/testing.md tells how to run it for long.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a failed unwrap is a failed test, and what was done is told"
)]

mod counting;
mod desk;
mod killing;
mod people;

use std::time::Duration;

use clock::{Clock as _, SystemClock};
use simulator::Simulator;
use store::scratch;

use counting::Totals;
use desk::Desk;
use killing::{Chances, Lots};

const POSTGRES: &str = "DESKBRIDGE_TEST_POSTGRES";
/// How often processes are killed, each time on either database.
const KILLS: &str = "DESKBRIDGE_TEST_SEND_KILLS";
const FEW: usize = 6;
/// How long Zendesk works on a job: long enough that most kills meet open ones.
const JOB: Duration = Duration::from_millis(300);
/// One post at a time, spread over the time that a workflow takes; an answer takes so long that some
/// processes die while they wait for one.
const ONE_AT_A_TIME: Line = Line {
    latency: Duration::from_millis(25),
    users_per_second: 400,
};
/// So slow a line, without a cap, that several posts are on their way at once.
const SEVERAL_AT_ONCE: Line = Line {
    latency: Duration::from_millis(200),
    users_per_second: 0,
};
/// What was sent before is so much older than what is sent now.
const LATER: Duration = Duration::from_secs(200);

/// How posts go out.
struct Line {
    /// How long an answer takes.
    latency: Duration,
    /// The cap of the destination.
    users_per_second: u32,
}

fn kills() -> usize {
    let asked = std::env::var(KILLS).ok();
    asked.map_or(FEW, |asked| asked.parse().unwrap())
}

async fn zendesk(latency: Duration) -> Simulator {
    let mut config = simulator::Config {
        seed: 11,
        tickets: 0,
        users: 3,
        job: JOB,
        job_slots: Some(30),
        latency,
        start: Some(SystemClock.now().as_second() - LATER.as_secs().cast_signed()),
        ..simulator::Config::default()
    };
    // Killed in the middle of bulk jobs is what these are about.
    config.switches.bulk_user_import = true;
    simulator::start(config).await.unwrap()
}

/// Sends again and again, kills until it was often enough, and counts after each workflow.
async fn kill_often(database: Option<&str>, line: &Line) {
    let (kills, lots) = (kills(), Lots::new());
    let zendesk = zendesk(line.latency).await;
    let desk = Desk::set_up(&zendesk.url(), database);
    // Customers who were sent before, some for each workflow; each takes a kill at least.
    let known = kills + 1;
    desk.ok(&desk.sending(&people::known(known)));
    zendesk.advance(LATER);
    let rate = line.users_per_second;
    desk.ok(&format!(
        "destination edit support --users-per-second {rate}"
    ));
    let mut totals = Totals::default();
    // One that nobody kills tells how long a workflow takes, and how many durable steps it has.
    let calm = killing::measure(&desk, &zendesk).await;
    counting::check_round(&zendesk, &desk, &calm.ended, &mut totals).await;
    println!(
        "undisturbed: {:?}, {} durable steps",
        calm.lasts, calm.steps
    );
    let chances = Chances {
        lots,
        lasts: calm.lasts,
        steps: calm.steps,
    };
    while totals.kills < kills && totals.rounds < kills {
        totals.rounds += 1;
        let ended = killing::see_through(&desk, &zendesk, &chances, &mut totals, kills).await;
        counting::check_round(&zendesk, &desk, &ended, &mut totals).await;
    }
    println!("{totals}");
    assert_eq!(totals.kills, kills);
    counting::check_all(&zendesk, &desk, known, &totals).await;
}

async fn kill_often_on_sqlite(line: &Line) {
    kill_often(None, line).await;
}

async fn kill_often_on_postgresql(line: &Line) {
    let Some(server) = std::env::var(POSTGRES).ok().filter(|url| !url.is_empty()) else {
        println!("skipped: kill -9 of a send on PostgreSQL needs {POSTGRES}");
        return;
    };
    let (process, rate) = (std::process::id(), line.users_per_second);
    let name = format!("deskbridge_send_kill_{process}_{rate}");
    let url = scratch::create(&server, &name).await.unwrap();
    kill_often(Some(&url), line).await;
    scratch::drop(&server, &name).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_send_killed_at_random_moments_loses_nobody_and_creates_nobody_twice_on_sqlite() {
    kill_often_on_sqlite(&ONE_AT_A_TIME).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_send_killed_at_random_moments_loses_nobody_and_creates_nobody_twice_on_postgresql() {
    kill_often_on_postgresql(&ONE_AT_A_TIME).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_send_killed_with_several_posts_on_their_way_creates_nobody_twice_on_sqlite() {
    kill_often_on_sqlite(&SEVERAL_AT_ONCE).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_send_killed_with_several_posts_on_their_way_creates_nobody_twice_on_postgresql() {
    kill_often_on_postgresql(&SEVERAL_AT_ONCE).await;
}
