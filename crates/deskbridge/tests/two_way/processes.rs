//! `deskbridge serve` at work while people edit on both sides: one process on SQLite, two on one
//! PostgreSQL, each in a data folder of its own as on two machines.

use std::collections::BTreeMap;
use std::time::Duration;

use clock::{Clock as _, SystemClock};
use domain::case::{CasePriority, CaseStatus};
use domain::merge::Priority;
use engine::actions::CaseEdit;
use simulator::{
    Action, Condition, Fault, NewComment, NewUser, Simulator, Status, TicketChange, Trigger,
    UserChange,
};
use store::scratch;

use crate::desk::{Desk, Lots, POSTGRES, People, Serving};
use crate::ledger::{Edits, Field, Side, assert_equal, assert_no_edit_is_lost, assert_said_once};

/// How many tickets there are.
const TICKETS: i64 = 10;
/// How many edits are made on both sides together, and the pause between them.
const EDITS: usize = 90;
const PAUSE: Duration = Duration::from_millis(60);
/// How long it takes at most until nothing waits any more.
const LONGEST: Duration = Duration::from_secs(150);
/// After so many edits Zendesk does what it is asked and says nothing, or that it did not.
const LIES_AT: usize = EDITS / 6;
const LIES: [&str; 3] = [
    "reset-after:method=PUT:route=tickets/{id}:times=3",
    "reset-after:method=POST:route=tickets:times=1",
    "apply-then=503:method=PUT:route=tickets/{id}:after=2:times=2",
];
/// After so many it takes nothing for a while.
const STORM_AT: usize = EDITS / 3;
const STORM: &str = "too-many:retry-after=3:for=15";
/// After so many the customer turns out to be another one, who then gets another name.
const MERGE_AT: usize = EDITS / 2;
const RENAME_AT: usize = EDITS * 3 / 4;
const NEW_NAME: &str = "Rosa Louise Parks";

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

/// What was done so far.
#[derive(Default)]
struct Done {
    edits: Edits,
    said: BTreeMap<i64, Vec<String>>,
    published: Vec<String>,
}

/// Somebody does something, here or there.
async fn edit(n: usize, lots: &Lots, zendesk: &Simulator, people: &People, done: &mut Done) {
    let ticket = i64::try_from(lots.throw(usize::try_from(TICKETS).unwrap())).unwrap() + 1;
    let case = people.case_of(ticket).await;
    let both = (zendesk, people);
    match lots.throw(6) {
        0 => {
            let subject = format!("here-{n}-end");
            let place = (ticket, Field::Subject, Side::Here);
            done.edits.note(both, place, &subject).await;
            let edit = CaseEdit {
                subject: Some(subject),
                ..CaseEdit::default()
            };
            people.edit(&case, edit).await;
        }
        1 => {
            let status = match lots.throw(2) {
                0 => CaseStatus::InProgress,
                _ => CaseStatus::Open,
            };
            let priority = match lots.throw(3) {
                0 => CasePriority::High,
                1 => CasePriority::Normal,
                _ => CasePriority::Low,
            };
            let place = |field| (ticket, field, Side::Here);
            done.edits
                .note(both, place(Field::Status), status.as_str())
                .await;
            done.edits
                .note(both, place(Field::Priority), priority.as_str())
                .await;
            let edit = CaseEdit {
                status: Some(status),
                priority: Some(priority),
                ..CaseEdit::default()
            };
            people.edit(&case, edit).await;
        }
        2 => {
            let text = format!("said here {n}");
            done.said.entry(ticket).or_default().push(text.clone());
            people.say(&case, &text, n.is_multiple_of(2)).await;
        }
        3 => {
            let subject = format!("there-{n}-end");
            let place = (ticket, Field::Subject, Side::There);
            done.edits.note(both, place, &subject).await;
            let change = TicketChange {
                subject: Some(Some(subject)),
                ..TicketChange::default()
            };
            zendesk.edit(|account| account.update_ticket(ticket, change).unwrap());
        }
        4 => {
            let (status, priority) = match lots.throw(2) {
                0 => (Status::Pending, simulator::Priority::Urgent),
                _ => (Status::Hold, simulator::Priority::Low),
            };
            let place = |field| (ticket, field, Side::There);
            done.edits
                .note(both, place(Field::Status), status.as_str())
                .await;
            done.edits
                .note(both, place(Field::Priority), priority.as_str())
                .await;
            let change = TicketChange {
                status: Some(status),
                priority: Some(Some(priority)),
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

/// What happens besides after so many edits: faults, a merge of customers.
fn stir(n: usize, zendesk: &Simulator, [customer, survivor]: [i64; 2]) {
    let faults: &[&str] = match n {
        LIES_AT => &LIES,
        STORM_AT => &[STORM],
        _ => &[],
    };
    for fault in faults {
        zendesk.add_fault(Fault::parse(fault).unwrap());
    }
    if n == MERGE_AT {
        zendesk.edit(|account| account.merge_users(customer, survivor).unwrap());
    }
    if n == RENAME_AT {
        let change = UserChange {
            name: Some(NEW_NAME.to_owned()),
            ..UserChange::default()
        };
        zendesk.edit(|account| account.update_user(survivor, change).unwrap());
    }
}

/// The case of every ticket there was has the customer who stayed, told by webhooks alone.
async fn assert_customer(people: &People, survivor: i64) {
    let until = people.engine.now() + LONGEST;
    for ticket in 1..=TICKETS {
        let case = people.case_of(ticket).await;
        loop {
            let (users, name) = people.contact_of(&case).await;
            if users == [survivor] && name == NEW_NAME {
                break;
            }
            let now = people.engine.now();
            assert!(now < until, "ticket {ticket} is still of {users:?}, {name}");
            SystemClock.sleep(PAUSE).await;
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
    let (lots, mut done) = (Lots::new(), Done::default());
    let customers = zendesk.edit(|account| {
        let customer = account.ticket(1).unwrap().requester_id;
        let other = NewUser::end_user("Rosa Parks", "rosa@customer.example");
        [customer, account.add_user(other).unwrap()]
    });
    for n in 0..EDITS {
        stir(n, &zendesk, customers);
        if n % 30 == 10 {
            let case = people.publish(&format!("made here {n}")).await;
            done.published.push(case);
        }
        edit(n, &lots, &zendesk, &people, &mut done).await;
        SystemClock.sleep(PAUSE).await;
    }
    people.idle(LONGEST).await;
    zendesk.webhooks_settled().await;
    assert_customer(&people, customers[1]).await;
    let happened = zendesk.faults_happened();
    assert_eq!(happened[..3], [3, 1, 2], "{LIES:?}");
    assert!(happened[3] > 1, "a storm of {}", happened[3]);
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
    let tickets = usize::try_from(TICKETS).unwrap() + done.published.len();
    assert_eq!(zendesk.count_tickets(), tickets, "each made once");
    assert_said_once(&zendesk, &done.said);
    assert_equal(&zendesk, &people).await;
    assert_no_edit_is_lost(&zendesk, &people, &done.edits).await;
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
