//! Two-way sync over real sockets, on both databases: what is edited here reaches Zendesk once, what is
//! edited there is neither lost nor fought, and every fault ends so too (ticket-sync.md 4 and 5,
//! reliability.md 1 and 5). Each story counts on both sides.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed unwrap is a failed test"
)]

mod answers;
mod comments;
mod conflicts;
mod contacts;
mod crash;
mod database;
mod fields;
mod foreseen;
mod idle;
mod merged;
mod neighbours;
mod people;
mod publish;
mod races;
mod reconnected;
mod replies;
mod special;
mod text;
mod waits;

use domain::merge::Priority as Wins;
use domain::person::PersonName;
use simulator::{Account, Fault, NewComment, NewTicket, NewUser, TicketChange};
use store::contacts::Contact;
use store::runs::Run;
use world::{Builder, World};

/// A two-way world whose Zendesk has three people of staff, and neither customers nor tickets yet.
fn quiet(wins: Wins) -> Builder {
    World::builder()
        .tickets(0)
        .users(3)
        .comments(1)
        .two_way(wins)
}

/// Makes a ticket by a customer in Zendesk and pulls it. Returns it and its case.
async fn pulled(world: &World) -> (i64, String) {
    pulled_with(world, |_| {}).await
}

/// As [`pulled`], with something else about the ticket.
async fn pulled_with(world: &World, change: impl FnOnce(&mut NewTicket)) -> (i64, String) {
    let rosa = rosa(world);
    let mut new = NewTicket {
        subject: Some("Printer on fire".to_owned()),
        comment: NewComment::public("It burns."),
        requester_id: Some(rosa),
        assignee_id: Some(administrator(world)),
        priority: Some(simulator::Priority::Normal),
        ..NewTicket::default()
    };
    change(&mut new);
    let ticket = world
        .zendesk()
        .edit(|account| account.add_ticket(new))
        .unwrap();
    pull(world).await;
    (ticket, world.case_of(ticket).await.id)
}

/// The one customer, made when first asked for.
fn rosa(world: &World) -> i64 {
    customer(world, "Rosa Parks", "rosa@customer.example")
}

/// A customer in Zendesk, made when first asked for.
fn customer(world: &World, name: &str, email: &str) -> i64 {
    world.zendesk().edit(|account| {
        let known = account.user_by_email(email).map(|user| user.id);
        known.unwrap_or_else(|| account.add_user(NewUser::end_user(name, email)).unwrap())
    })
}

fn administrator(world: &World) -> i64 {
    world.zendesk().read(Account::administrator)
}

/// A run two minutes later, when every export shows what was done before: it pulls and sends.
async fn pull(world: &World) -> Run {
    world.pass_minutes(2);
    world.sync_well().await
}

/// What Zendesk has, as far as it is counted: a number for all that a write may leave there.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Counted {
    tickets: usize,
    comments: usize,
    audits: usize,
}

fn count(world: &World) -> Counted {
    let zendesk = world.zendesk();
    Counted {
        tickets: zendesk.count_tickets(),
        comments: zendesk.count_comments(),
        audits: zendesk.count_audits(),
    }
}

/// How much more there is now than before: tickets, comments, audits.
#[track_caller]
fn assert_added(world: &World, before: &Counted, added: [usize; 3]) {
    let now = count(world);
    assert_eq!(
        [
            now.tickets - before.tickets,
            now.comments - before.comments,
            now.audits - before.audits,
        ],
        added,
        "tickets, comments and audits more than before"
    );
}

/// How many requests that write a ticket or make one Zendesk has had.
fn ticket_writes(world: &World) -> u64 {
    let writes = world.zendesk().writes_by_route();
    writes
        .iter()
        .filter(|(route, _)| route.contains("tickets"))
        .map(|(_, count)| count)
        .sum()
}

/// A ticket's fields as Zendesk has them: subject, status, priority, assignee, requester.
fn there(world: &World, ticket: i64) -> There {
    world.zendesk().read(|account| {
        let ticket = account.ticket(ticket).unwrap();
        There {
            subject: ticket.subject.as_ref().map(ToString::to_string),
            status: ticket.status,
            priority: ticket.priority,
            assignee: ticket.assignee_id,
            requester: ticket.requester_id,
        }
    })
}

#[derive(Debug, Clone, PartialEq)]
struct There {
    subject: Option<String>,
    status: simulator::Status,
    priority: Option<simulator::Priority>,
    assignee: Option<i64>,
    requester: i64,
}

/// The comments of a ticket, oldest first: text, whether public, author.
fn comments_there(world: &World, ticket: i64) -> Vec<(String, bool, i64)> {
    world.zendesk().read(|account| {
        account
            .comments_of(ticket)
            .map(|(_, comment)| (comment.body.to_string(), comment.public, comment.author_id))
            .collect()
    })
}

/// Both sides have the same comments in the same order, each once, and each is known to be the other.
#[track_caller]
fn assert_same_comments(here: &[store::comments::CommentRow], world: &World, ticket: i64) {
    assert_eq!(
        ids_here(here),
        ids_there(world, ticket),
        "the comments of ticket {ticket}, by their ids"
    );
}

/// As [`assert_same_comments`], where the order may be another one: a case has its comments in the order
/// they were said, and a ticket in the order they arrived, so what was said in Zendesk while ours was
/// on its way stands before it there.
#[track_caller]
fn assert_same_comments_in_any_order(
    here: &[store::comments::CommentRow],
    world: &World,
    ticket: i64,
) {
    let (mut here, mut there) = (ids_here(here), ids_there(world, ticket));
    here.sort_unstable();
    there.sort_unstable();
    assert_eq!(here, there, "the comments of ticket {ticket}, by their ids");
}

/// The ids that Zendesk gave the comments of a case: every one of them has reached it.
#[track_caller]
fn ids_here(here: &[store::comments::CommentRow]) -> Vec<i64> {
    here.iter()
        .map(|row| match row.remote_id {
            Some(id) => id,
            None => panic!("never reached Zendesk: {:.40}", row.comment.message),
        })
        .collect()
}

fn ids_there(world: &World, ticket: i64) -> Vec<i64> {
    world.zendesk().read(|account| {
        let comments = account.comments_of(ticket);
        comments.map(|(audit, _)| audit.comment_id()).collect()
    })
}

/// Makes a contact here whom Zendesk does not know. Returns its id.
async fn meet(world: &World, name: &str, email: &str) -> String {
    let contact = Contact {
        id: world.new_id(),
        name: PersonName::parse(name).unwrap(),
        email: Some(email.to_owned()),
        phone: None,
        owner_id: None,
    };
    let mut tx = world.store().begin().await.unwrap();
    store::contacts::put(&mut tx, std::slice::from_ref(&contact), world.now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    contact.id
}

/// Gives somebody an account here. Returns its id.
async fn hire(world: &World, email: &str, name: &str) -> String {
    let engine = world.engine();
    let mut tx = world.store().begin().await.unwrap();
    let role = store::users::UserRole::Agent;
    let now = world.now();
    let user = store::users::add(&mut tx, email, name, role, None, now, &*engine.dice)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    user.id
}

/// Gives a case another subject, here.
async fn rename(world: &World, case: &str, words: &str) {
    let admin = world.admin();
    admin
        .edit(case, |fields| fields.subject = words.to_owned())
        .await;
}

/// Changes a ticket in Zendesk.
fn change(world: &World, ticket: i64, change: TicketChange) {
    world
        .zendesk()
        .edit(|account| account.update_ticket(ticket, change))
        .unwrap();
}

/// A change of the subject.
fn subject(words: &str) -> TicketChange {
    TicketChange {
        subject: Some(Some(words.to_owned())),
        ..TicketChange::default()
    }
}

/// Arms faults, as the command line writes them, several with spaces between.
fn hurt(world: &World, faults: &str) {
    for fault in faults.split_whitespace() {
        world.zendesk().add_fault(Fault::parse(fault).unwrap());
    }
}

/// Runs until nothing of the case is open any more, and fails if it never comes to that.
async fn settle(world: &World, case: &str) {
    for _ in 0..40 {
        pull(world).await;
        if world.tally(case).await.open == 0 {
            // One more brings in what the last write stirred up.
            pull(world).await;
            return;
        }
    }
    panic!("it never settled: {:?}", world.line_of(case).await);
}

/// Nothing is left to do: a further full cycle sends no write, and changes nothing on either side.
async fn assert_at_rest(world: &World) {
    let (dump, counted, writes) = (world.dump().await, count(world), ticket_writes(world));
    pull(world).await;
    assert_eq!(ticket_writes(world), writes, "a write at rest");
    assert_eq!(count(world), counted);
    let now = world.dump().await;
    for (before, after) in dump.lines().zip(now.lines()) {
        assert_eq!(before, after, "changed at rest");
    }
    assert_eq!(dump.lines().count(), now.lines().count());
}

/// The case and its ticket say the same in subject, status and priority, by the maps of the settings.
async fn assert_equal(world: &World, case: &str, ticket: i64) {
    use domain::mapping::{priority_to_ticket, status_to_ticket, subject_to_ticket};
    let here = world.case(case).await.fields;
    let there = there(world, ticket);
    let maps = world.integration().await.settings.maps;
    let word = Some(there.status.as_str().to_owned());
    let status = status_to_ticket(here.status, &maps);
    assert!(status.says(&word), "{:?} and {word:?}", here.status);
    let word = there.priority.map(|priority| priority.as_str().to_owned());
    let priority = priority_to_ticket(here.priority, &maps);
    assert!(priority.says(&word), "{:?} and {word:?}", here.priority);
    assert!(
        subject_to_ticket(&here.subject).says(&there.subject),
        "{:?}",
        there.subject
    );
}
