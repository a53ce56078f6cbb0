//! `deskbridge serve` at work while people edit on both sides: one process on SQLite, two on one
//! PostgreSQL, each in a data folder of its own as on two machines.

use std::time::Duration;

use clock::{Clock as _, SystemClock};
use domain::case::{CasePriority, CaseStatus};
use domain::merge::Priority;
use engine::actions::CaseEdit;
use simulator::{Action, Condition, Fault, NewComment, Simulator, Status, TicketChange, Trigger};
use store::scratch;

use crate::desk::{Desk, POSTGRES, People, Serving, throw};
use crate::ledger::{Edits, assert_equal, assert_no_edit_is_lost, assert_said_once};

/// How many tickets there are.
const TICKETS: i64 = 10;
/// How many edits are made on both sides together, and the pause between them.
const EDITS: usize = 90;
const PAUSE: Duration = Duration::from_millis(60);
/// In the middle Zendesk takes nothing for so many seconds.
const STORM: &str = "too-many:retry-after=2:for=4";

async fn zendesk() -> Simulator {
    let simulator = simulator::start(simulator::Config {
        seed: 11,
        tickets: 0,
        users: 12,
        ..simulator::Config::default()
    });
    let simulator = simulator.await.unwrap();
    simulator.edit(|account| {
        let agent = account.administrator();
        let customer = account.users().next_back().unwrap().id;
        for n in 0..TICKETS {
            let new = simulator::NewTicket {
                subject: Some(format!("Number {n}")),
                comment: NewComment::public("It burns."),
                requester_id: Some(customer),
                assignee_id: Some(agent),
                priority: Some(simulator::Priority::Normal),
                ..simulator::NewTicket::default()
            };
            account.add_ticket(new).unwrap();
        }
        account.add_trigger(
            Trigger::new("Answer", vec![Action::AddTags(vec!["told".to_owned()])])
                .when(Condition::CommentPublic(true)),
        );
        account.add_trigger(
            Trigger::new(
                "Escalate",
                vec![Action::Priority(simulator::Priority::High)],
            )
            .when(Condition::FieldChanged("status".to_owned())),
        );
    });
    // The newest minute is in no export.
    simulator.advance(Duration::from_secs(61));
    simulator
}

/// Somebody does something, here or there.
async fn edit(
    n: usize,
    zendesk: &Simulator,
    people: &People,
    edits: &mut Edits,
    said: &mut std::collections::BTreeMap<i64, Vec<String>>,
) {
    let ticket = i64::try_from(throw(usize::try_from(TICKETS).unwrap())).unwrap() + 1;
    let case = people.case_of(ticket).await;
    match throw(6) {
        0 => {
            let subject = format!("here-{n}-end");
            edits.here.entry(ticket).or_default().push(subject.clone());
            let edit = CaseEdit {
                subject: Some(subject),
                ..CaseEdit::default()
            };
            people.edit(&case, edit).await;
        }
        1 => {
            let status = match throw(2) {
                0 => CaseStatus::InProgress,
                _ => CaseStatus::Open,
            };
            let edit = CaseEdit {
                status: Some(status),
                priority: Some(CasePriority::Low),
                ..CaseEdit::default()
            };
            people.edit(&case, edit).await;
        }
        2 => {
            let text = format!("said here {n}");
            said.entry(ticket).or_default().push(text.clone());
            people.say(&case, &text, n.is_multiple_of(2)).await;
        }
        3 => {
            let subject = format!("there-{n}-end");
            edits.there.entry(ticket).or_default().push(subject.clone());
            let change = TicketChange {
                subject: Some(Some(subject)),
                ..TicketChange::default()
            };
            zendesk.edit(|account| account.update_ticket(ticket, change).unwrap());
        }
        4 => {
            let change = TicketChange {
                status: Some(Status::Pending),
                comment: Some(NewComment::private(format!("said there {n}"))),
                ..TicketChange::default()
            };
            zendesk.edit(|account| account.update_ticket(ticket, change).unwrap());
        }
        _ => {
            let text = NewComment::public(format!("asked there {n}"));
            zendesk.edit(|account| account.add_comment(ticket, text).unwrap());
        }
    }
}

async fn people_on_both_sides(wins: Priority, processes: usize, server: Option<&str>) {
    let zendesk = zendesk().await;
    let desk = Desk::set_up(&zendesk.url(), wins, server);
    let others: Vec<Desk> = (1..processes).map(|_| desk.elsewhere()).collect();
    let mut serving: Vec<Serving> = vec![desk.serve()];
    serving.extend(others.iter().map(Desk::serve));
    let url = serving[0].url.clone();
    desk.ok(&format!("webhook install main --url {url}"));
    let people = desk.people().await;
    let (mut edits, mut said) = (Edits::default(), std::collections::BTreeMap::new());
    let mut published = Vec::new();
    for n in 0..EDITS {
        if n == EDITS / 3 {
            zendesk.add_fault(Fault::parse(STORM).unwrap());
        }
        if n % 30 == 10 {
            published.push(people.publish(&format!("made here {n}")).await);
        }
        edit(n, &zendesk, &people, &mut edits, &mut said).await;
        SystemClock.sleep(PAUSE).await;
    }
    people.idle(Duration::from_secs(25)).await;
    zendesk.webhooks_settled().await;
    drop(serving);
    // What no webhook told is in the exports now, and one run brings it.
    zendesk.advance(Duration::from_secs(61));
    desk.ok("sync main --json");
    let writes = zendesk.writes_by_route();
    zendesk.advance(Duration::from_secs(61));
    desk.ok("sync main --json");
    assert_eq!(
        zendesk.writes_by_route(),
        writes,
        "at rest nothing is written"
    );
    assert_eq!(people.left().await, 0);
    let tickets = usize::try_from(TICKETS).unwrap() + published.len();
    assert_eq!(zendesk.count_tickets(), tickets, "each made once");
    assert_said_once(&zendesk, &said);
    assert_equal(&zendesk, &people).await;
    assert_no_edit_is_lost(&zendesk, &people, &edits).await;
    people.engine.store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_process_on_sqlite_loses_and_doubles_nothing_while_people_edit_on_both_sides() {
    people_on_both_sides(Priority::Remote, 1, None).await;
}

async fn two_processes_on_postgresql(wins: Priority) {
    let Some(server) = std::env::var(POSTGRES).ok().filter(|url| !url.is_empty()) else {
        println!("skipped: two processes on one PostgreSQL needs {POSTGRES}");
        return;
    };
    let name = format!("deskbridge_both_{}_{}", wins.as_str(), std::process::id());
    let url = scratch::create(&server, &name).await.unwrap();
    people_on_both_sides(wins, 2, Some(&url)).await;
    scratch::drop(&server, &name).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_on_one_postgresql_lose_and_double_nothing_while_people_edit_on_both_sides() {
    two_processes_on_postgresql(Priority::Remote).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_on_one_postgresql_lose_and_double_nothing_where_the_case_wins() {
    two_processes_on_postgresql(Priority::Local).await;
}
