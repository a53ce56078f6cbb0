//! What Zendesk tells by itself, and what nobody tells: webhooks in, and the sweep. On both databases.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed unwrap is a failed test"
)]

mod adopting;
mod answers;
mod deliveries;
mod door;
mod managing;
mod refusals;
mod sweep;

use domain::merge::Priority;
use engine::webhooks;
use simulator::{NewComment, NewTicket, TicketChange};
use world::{Builder, World};

/// A world whose Zendesk has three people of staff, and one ticket that was pulled.
fn quiet() -> Builder {
    World::builder().tickets(1).users(4).comments(1)
}

/// The same, where case edits go to Zendesk.
fn two_way() -> Builder {
    quiet().two_way(Priority::Remote)
}

/// The only ticket of such a world.
fn only_ticket(world: &World) -> i64 {
    world
        .zendesk()
        .read(|account| account.tickets().next().map(|ticket| ticket.id))
        .unwrap()
}

/// Makes a ticket in Zendesk.
fn add(world: &World, subject: &str) -> i64 {
    let new = NewTicket {
        subject: Some(subject.to_owned()),
        comment: NewComment::public("It burns."),
        ..NewTicket::default()
    };
    let added = world.zendesk().edit(|account| account.add_ticket(new));
    added.unwrap()
}

/// Gives a ticket another subject in Zendesk.
fn rename(world: &World, ticket: i64, subject: &str) {
    let change = TicketChange {
        subject: Some(Some(subject.to_owned())),
        ..TicketChange::default()
    };
    let changed = world
        .zendesk()
        .edit(|account| account.update_ticket(ticket, change));
    changed.unwrap();
}

/// Adds a comment to a ticket in Zendesk.
fn comment(world: &World, ticket: i64, text: &str) {
    let comment = NewComment::public(text);
    let added = world
        .zendesk()
        .edit(|account| account.add_comment(ticket, comment));
    added.unwrap();
}

/// A pull two minutes later, when every export shows what was done before.
async fn pull(world: &World) {
    world.pass_minutes(2);
    world.sync_well().await;
}

/// Lets the workers look at what came in, until nothing waits any more.
async fn heed(world: &World) -> usize {
    let mut looked = 0;
    for _ in 0..20 {
        // What changed in the very second it was looked at is looked at again a second later.
        world.pass(std::time::Duration::from_secs(2));
        match webhooks::heed(world.engine()).await.unwrap() {
            0 => return looked,
            count => looked += count,
        }
    }
    panic!("hints never end");
}

/// The subject of a ticket's case.
async fn subject(world: &World, ticket: i64) -> String {
    world.case_of(ticket).await.fields.subject
}

/// How the webhook does.
async fn status(world: &World) -> webhooks::Status {
    let integration = world.integration().await;
    let found = webhooks::status(world.engine(), &integration).await;
    found.unwrap().unwrap()
}
