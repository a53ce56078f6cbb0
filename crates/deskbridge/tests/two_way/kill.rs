//! kill -9 at every durable step of sending, then a restart: nothing is lost and nothing is there
//! twice, counted in Zendesk and here (reliability.md F39, T8).

use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt as _;
use std::time::Duration;

use clock::{Clock as _, SystemClock};
use domain::merge::Priority;
use engine::actions::CaseEdit;
use simulator::{NewComment, Simulator, TicketChange};
use store::{Store, scratch};

use crate::desk::{Desk, POSTGRES, People, run, said};
use crate::ledger::assert_equal;

const SIGKILL: i32 = 9;
/// Between what was there at the first pull and what happened since.
const LATER: Duration = Duration::from_secs(100);
/// So many tests share the steps, so that none takes long.
const PARTS: usize = 6;
/// After this no request of a process that was killed is still on its way.
const LATE: Duration = Duration::from_secs(11 * 60);

/// An account that is the same each time it is made: at the same address, from the same second on.
async fn zendesk(listen: Option<SocketAddr>, start: i64) -> Simulator {
    let simulator = simulator::start(simulator::Config {
        seed: 11,
        tickets: 0,
        users: 12,
        listen: listen.unwrap_or(([127, 0, 0, 1], 0).into()),
        start: Some(start),
        ..simulator::Config::default()
    });
    let simulator = simulator.await.unwrap();
    simulator.edit(|account| {
        let agent = account.administrator();
        let customer = account.users().next_back().unwrap().id;
        for n in 1..=4 {
            let new = simulator::NewTicket {
                subject: Some(format!("Number {n}")),
                comment: NewComment::public("It burns."),
                requester_id: Some(customer),
                assignee_id: Some(agent),
                ..simulator::NewTicket::default()
            };
            account.add_ticket(new).unwrap();
        }
    });
    simulator.advance(LATER);
    simulator
}

/// What happens in Zendesk after the first pull.
fn meanwhile(zendesk: &Simulator) {
    zendesk.edit(|account| {
        let change = TicketChange {
            subject: Some(Some("Said there".to_owned())),
            comment: Some(NewComment::public("From there.")),
            ..TicketChange::default()
        };
        account.update_ticket(3, change).unwrap();
    });
    zendesk.advance(LATER);
}

/// What happens here after it: fields, comments, a conflict, a case that becomes a ticket.
async fn edit(people: &People) {
    let subject = |words: &str| CaseEdit {
        subject: Some(words.to_owned()),
        ..CaseEdit::default()
    };
    let case = people.case_of(1).await;
    people.edit(&case, subject("Smoke only")).await;
    let case = people.case_of(2).await;
    people.say(&case, "We come.", true).await;
    let case = people.case_of(3).await;
    people.edit(&case, subject("Said here")).await;
    people.publish("made here").await;
}

/// A prepared installation that every case of the test begins with a copy of.
struct Prepared {
    desk: Desk,
    address: SocketAddr,
    start: i64,
}

impl Prepared {
    async fn make() -> Self {
        let start = SystemClock.now().as_second() - 300;
        let simulator = zendesk(None, start).await;
        let desk = Desk::set_up(&simulator.url(), Priority::Local, None);
        // What is edited here is due at once.
        let people = desk.people_whose_edits_settle(Duration::ZERO).await;
        edit(&people).await;
        people.engine.store.close().await;
        let address = simulator.address();
        simulator.stop().await;
        Self {
            desk,
            address,
            start,
        }
    }

    async fn copy(&self, database: Option<&str>) -> (Simulator, Desk) {
        let simulator = zendesk(Some(self.address), self.start).await;
        meanwhile(&simulator);
        let desk = Desk {
            folder: tempfile::tempdir().unwrap(),
            server: database.map(str::to_owned),
        };
        self.desk.copy_into(desk.folder.path());
        if let Some(url) = database {
            scratch::empty(url).await.unwrap();
            let file = desk.folder.path().join("deskbridge.db");
            let (from, to) = (
                Store::open_file(&file).await.unwrap(),
                Store::open(url).await.unwrap(),
            );
            from.copy_into(&to).await.unwrap();
            from.close().await;
            to.close().await;
        }
        (simulator, desk)
    }
}

/// What Zendesk came to: each ticket with its comments, and how many audits there are.
fn told(zendesk: &Simulator) -> String {
    zendesk.read(|account| {
        let tickets = account.tickets().map(|ticket| {
            let said = account.comments_of(ticket.id);
            let said: Vec<String> = said
                .map(|(_, comment)| format!("{} {}", comment.body, comment.public))
                .collect();
            let audits = account.audits_of(ticket.id).count();
            format!(
                "{:?} {:?} {audits} {said:?}\n",
                ticket.subject.as_ref().map(ToString::to_string),
                ticket.status
            )
        });
        tickets.collect()
    })
}

/// Restarts, and goes on until nothing is left; then both sides say the same.
async fn see_through(zendesk: &Simulator, desk: &Desk) -> String {
    desk.ok("sync main --json");
    // A request that was under way may be carried out for ten minutes more, and what it was to do is
    // not sent again before. They pass on both sides' clocks; the rest is done in this process.
    let people = desk.people().await;
    zendesk.advance(LATE);
    for _ in 0..4 {
        people.sync_later(LATE).await;
        if people.left().await == 0 {
            break;
        }
    }
    assert_eq!(people.left().await, 0, "something is left");
    assert_equal(zendesk, &people).await;
    people.engine.store.close().await;
    told(zendesk)
}

/// Kills at every [`PARTS`]th step of sending, from the one of this part on.
async fn kill_everywhere(prepared: &Prepared, database: Option<&str>, part: usize) {
    let (zendesk, calm) = prepared.copy(database).await;
    let names = calm.folder.path().join("steps");
    let mut command = calm.command("sync main --json");
    command.env("DESKBRIDGE_TEST_CHECKPOINTS", &names);
    let done = run(&mut command);
    assert!(done.status.success(), "{}", said(&done));
    let expected = see_through(&zendesk, &calm).await;
    assert!(
        expected.contains("We come. true") && expected.contains("made here"),
        "{expected}"
    );
    zendesk.stop().await;
    let steps = std::fs::read_to_string(names).unwrap();
    // What comes before is a pull, whose steps `tests/kill.rs` goes through.
    let first = steps.lines().position(|name| name.starts_with("push"));
    let first = first.expect("something is sent") + 1;
    let last = steps.lines().count();
    assert!(last - first >= 20, "{steps}");
    for step in (first + part..=last).step_by(PARTS) {
        let (zendesk, desk) = prepared.copy(database).await;
        let mut command = desk.command("sync main --json");
        command.env("DESKBRIDGE_TEST_KILL_AT", step.to_string());
        let done = run(&mut command);
        let signal = done.status.signal();
        assert_eq!(signal, Some(SIGKILL), "at step {step}: {}", said(&done));
        let found = see_through(&zendesk, &desk).await;
        let name = steps.lines().nth(step - 1);
        assert_eq!(found, expected, "after step {step}, {name:?}");
        zendesk.stop().await;
    }
}

async fn kill_on_sqlite(part: usize) {
    let prepared = Prepared::make().await;
    kill_everywhere(&prepared, None, part).await;
}

async fn kill_on_postgresql(part: usize) {
    let Some(server) = std::env::var(POSTGRES).ok().filter(|url| !url.is_empty()) else {
        println!("skipped: kill -9 on PostgreSQL needs {POSTGRES}");
        return;
    };
    let prepared = Prepared::make().await;
    let name = format!("deskbridge_kill_both_{part}_{}", std::process::id());
    let url = scratch::create(&server, &name).await.unwrap();
    kill_everywhere(&prepared, Some(&url), part).await;
    scratch::drop(&server, &name).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sending_killed_at_the_first_step_of_six_loses_and_doubles_nothing_on_sqlite() {
    kill_on_sqlite(0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sending_killed_at_the_second_step_of_six_loses_and_doubles_nothing_on_sqlite() {
    kill_on_sqlite(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sending_killed_at_the_third_step_of_six_loses_and_doubles_nothing_on_sqlite() {
    kill_on_sqlite(2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sending_killed_at_the_fourth_step_of_six_loses_and_doubles_nothing_on_sqlite() {
    kill_on_sqlite(3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sending_killed_at_the_fifth_step_of_six_loses_and_doubles_nothing_on_sqlite() {
    kill_on_sqlite(4).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sending_killed_at_the_sixth_step_of_six_loses_and_doubles_nothing_on_sqlite() {
    kill_on_sqlite(5).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sending_killed_at_the_first_step_of_six_loses_and_doubles_nothing_on_postgresql() {
    kill_on_postgresql(0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sending_killed_at_the_second_step_of_six_loses_and_doubles_nothing_on_postgresql() {
    kill_on_postgresql(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sending_killed_at_the_third_step_of_six_loses_and_doubles_nothing_on_postgresql() {
    kill_on_postgresql(2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sending_killed_at_the_fourth_step_of_six_loses_and_doubles_nothing_on_postgresql() {
    kill_on_postgresql(3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sending_killed_at_the_fifth_step_of_six_loses_and_doubles_nothing_on_postgresql() {
    kill_on_postgresql(4).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sending_killed_at_the_sixth_step_of_six_loses_and_doubles_nothing_on_postgresql() {
    kill_on_postgresql(5).await;
}
