//! One budget for tickets and profiles of an account, tickets first (reliability.md 8): case W08 of
//! ../shared/cases/profile-send.jsonl, run as data, and comments of cases beside a send.

use std::sync::Arc;
use std::time::Duration;

use clock::{Clock, Sleep, SystemClock};
use domain::merge::Priority;
use engine::{Engine, worker};
use futures_util::future::join;
use jiff::Timestamp;
use simulator::Limits;
use store::workflows::{WorkflowKind, WorkflowState};
use tokio::task::JoinSet;
use world::Voice;
use zendesk::{Client, Urgency};

use crate::cases::{cases, number};
use crate::*;

/// The step in which time goes by, and how long the machine's is waited for until all has come to rest.
const STEP: Duration = Duration::from_millis(100);
const REST: Duration = Duration::from_millis(1);
/// The send is alone for so long, so that it has taken all that it may.
const ALONE: Duration = Duration::from_secs(60);
/// Then tickets want their requests for so long.
const TOGETHER: Duration = Duration::from_secs(120);
/// Customers who cost a request each: known by their emails alone, their tags are read before.
const PEOPLE: usize = 400;

/// The world's clock, on which a sleep is waited for: two who work beside each other do not move each
/// other's time.
struct Waiting(Arc<dyn Clock>);

impl Clock for Waiting {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    fn sleep(&self, wait: Duration) -> Sleep {
        self.0.beat(wait)
    }

    fn beat(&self, wait: Duration) -> Sleep {
        self.0.beat(wait)
    }
}

/// The engine of a world, with a clock on which a sleep is waited for.
fn waiting(world: &World) -> Engine {
    Engine {
        clock: Arc::new(Waiting(world.engine().clock.clone())),
        ..world.engine().clone()
    }
}

/// Customers who cost a request each before they are sent.
fn tagged() -> String {
    let mut csv = "email,name,tags\n".to_owned();
    for number in 1..=PEOPLE {
        csv.push_str(&format!("p{number}@customer.example,Person {number},vip\n"));
    }
    csv
}

/// What came of the requests for tickets.
#[derive(Debug, Default)]
struct Lags {
    requests: u64,
    longest: f64,
}

#[tokio::test]
async fn w08_tickets_and_profiles_share_one_budget_and_tickets_go_first() {
    let Some(cases) = cases() else { return };
    let case = &cases["W08"];
    let rpm = number(&case["given"]["zendesk"]["rpm"]);
    assert_eq!(Limits::Enterprise.per_minute().map(u64::from), Some(rpm));
    let tickets_rpm = number(&case["given"]["ticket_sync"]["rpm_wanted"]);
    let longest = number(&case["expect"]["ticket_sync_lag_s_at_most"]);
    assert_eq!(number(&case["expect"]["answers_429"]), 0);
    quiet()
        .simulator(|config| config.limits = Limits::Enterprise)
        .once(async |world| {
            destination(world, |_| {}).await;
            let engine = waiting(world);
            let integration = world.integration().await;
            let tickets = engine::connection::connect(&engine, &integration.settings).await;
            let tickets = tickets.unwrap().with(Urgency::Comments);
            let workflow = begin(world, &tagged(), WorkflowKind::Send, |_| {}).await;
            let before = (world.zendesk().now(), world.zendesk().requests());
            let sending = workflows::see_through(&engine, &workflow, |_| {});
            let asking = ask(world, &tickets, tickets_rpm, &workflow.id);
            let (ended, lags) = join(Box::pin(sending), Box::pin(asking)).await;
            let ended = ended.unwrap();
            assert_eq!(
                ended.state,
                WorkflowState::Completed,
                "{:?}",
                ended.sentence
            );
            assert_eq!(rows(&ended).created, PEOPLE as u64);
            assert_eq!(lags.requests, tickets_rpm * TOGETHER.as_secs() / 60);
            assert!(lags.longest <= longest as f64, "{lags:?}");
            assert_eq!(world.zendesk().sends().requests_too_early, 0);
            // Alone, the send wanted more than it was given, and used it.
            let alone = requests_within(world, before.0, ALONE);
            assert!(alone >= rpm / 4, "{alone} requests");
            let spent = busiest_minute(world);
            assert!(spent <= rpm / 2, "{spent} requests in a minute");
        })
        .await;
}

#[tokio::test]
async fn a_comment_reaches_its_ticket_at_once_while_a_send_takes_all_that_it_may() {
    World::builder()
        .tickets(0)
        .users(4)
        .comments(1)
        .two_way(Priority::Local)
        .simulator(|config| config.limits = Limits::Team)
        .each(async |world| {
            destination(world, |_| {}).await;
            world.zendesk().edit(add_tickets);
            world.pass_minutes(3);
            world.sync_well().await;
            begin(world, &tagged(), WorkflowKind::Send, |_| {}).await;
            let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
            let serving = worker::serve(waiting(world), async { drop(stopped.await) });
            let talking = async {
                let lags = talk(world).await;
                drop(stop);
                lags
            };
            let ((), lags) = join(Box::pin(serving), Box::pin(talking)).await;
            assert!(lags.longest <= 10.0, "{lags:?}");
            let spent = busiest_minute(world);
            assert!((70..=100).contains(&spent), "{spent} requests in a minute");
            let read = seen(world, "users/search");
            assert!(read > 40 && read < PEOPLE as u64, "it still sends: {read}");
        })
        .await;
}

/// Four tickets of one customer.
fn add_tickets(account: &mut simulator::Account) {
    let customer = account.users().next_back().unwrap().id;
    for number in 1..=4 {
        let new = simulator::NewTicket {
            subject: Some(format!("Number {number}")),
            comment: simulator::NewComment::public("It burns."),
            requester_id: Some(customer),
            assignee_id: Some(account.administrator()),
            ..simulator::NewTicket::default()
        };
        account.add_ticket(new).unwrap();
    }
}

/// Says something on each case in turn, one comment after another has arrived, once the send has been
/// alone for a minute.
async fn talk(world: &World) -> Lags {
    let begun = world.now();
    while world.now().duration_since(begun) < ALONE.try_into().unwrap() {
        world.pass(STEP);
        come_to_rest(world).await;
    }
    let mut lags = Lags::default();
    for ticket in [1, 2, 3, 4] {
        let case = world.case_of(ticket).await.id;
        let before = (world.now(), world.zendesk().count_comments());
        world.admin().say(&case, "We come.", true, Voice::Own).await;
        while world.zendesk().count_comments() == before.1 {
            world.pass(STEP);
            come_to_rest(world).await;
            let lag = world.now().duration_since(before.0).as_secs_f64();
            lags.longest = lags.longest.max(lag);
            assert!(lag < 60.0, "{lags:?} {:?}", world.line_of(&case).await);
        }
        lags.requests += 1;
    }
    lags
}

/// Lets time go by: the send alone, then with requests for tickets at an even rate, then what is left of
/// the send. Nothing is ever refused.
async fn ask(world: &World, tickets: &Client, rpm: u64, workflow: &str) -> Lags {
    let begun = world.now();
    let every = Duration::from_secs(60) / u32::try_from(rpm).unwrap();
    let wanted = rpm * TOGETHER.as_secs() / 60;
    let (mut lags, mut asked) = (Lags::default(), JoinSet::new());
    loop {
        let gone = Duration::try_from(world.now().duration_since(begun)).unwrap();
        let due = gone.saturating_sub(ALONE).as_millis() / every.as_millis();
        while lags.requests < wanted && u128::from(lags.requests) < due {
            lags.requests += 1;
            let (tickets, clock) = (tickets.clone(), world.engine().clock.clone());
            asked.spawn(async move {
                let begun = clock.now();
                tickets.me().await.unwrap();
                clock.now().duration_since(begun).as_secs_f64()
            });
        }
        while let Some(lag) = asked.try_join_next() {
            lags.longest = lags.longest.max(lag.unwrap());
        }
        let mut reader = world.store().read().await.unwrap();
        let found = store::workflows::find(&mut reader, workflow).await;
        drop(reader);
        let is_over = found.unwrap().unwrap().state.is_over();
        if is_over && lags.requests == wanted && asked.is_empty() {
            return lags;
        }
        let budget = engine::budget::view(world.engine(), &world.integration().await).await;
        assert_eq!(budget.unwrap().closed, [], "nothing was refused");
        assert!(gone < 3 * TOGETHER, "{lags:?}, {} waiting", asked.len());
        world.pass(STEP);
        come_to_rest(world).await;
    }
}

/// Waits until no request comes in any more: all that may go have gone, and time may go by.
async fn come_to_rest(world: &World) {
    let mut quiet = 0;
    while quiet < 3 {
        let before = world.zendesk().requests();
        SystemClock.sleep(REST).await;
        quiet = if world.zendesk().requests() == before {
            quiet + 1
        } else {
            0
        };
    }
}

/// The requests of the time from a second on.
fn requests_within(world: &World, from: i64, time: Duration) -> u64 {
    let until = from + time.as_secs().cast_signed();
    let traffic = world.traffic();
    let within = traffic
        .iter()
        .filter(|(second, _)| (from..until).contains(second));
    within.flat_map(|(_, routes)| routes.values()).sum()
}

/// The most requests in any sixty seconds.
fn busiest_minute(world: &World) -> u64 {
    let seconds: Vec<i64> = world.traffic().iter().map(|(second, _)| *second).collect();
    let minute = |from: &i64| requests_within(world, *from, Duration::from_secs(60));
    seconds.iter().map(minute).max().unwrap_or(0)
}
