//! Outgoing webhooks, on both databases: what other systems are told, and that it arrives.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed unwrap is a failed test"
)]

mod delivering;
mod failing;
mod receiver;
mod telling;

use domain::case::CasePriority;
use domain::merge::Priority;
use engine::actions::{self, NewCase};
use engine::outgoing_webhooks::{self, Added, EventKind, Rules};
use secrecy::ExposeSecret as _;
use simulator::{Account, NewTicket, TicketChange};
use store::cases::Case;
use store::outgoing_events::{self, OutgoingEvent};
use store::outgoing_webhooks::{OutgoingWebhook, OutgoingWebhookDraft};
use world::{ADMIN_EMAIL, Builder, World};

/// A two-way world that may tell receivers on this machine, and whose pages have an address.
fn quiet() -> Builder {
    World::builder()
        .tickets(0)
        .users(3)
        .comments(1)
        .two_way(Priority::Remote)
        .engine(|settings| {
            settings.outgoing_webhooks = Rules {
                allow_private: true,
            };
            settings.alerts.pages = Some("https://desk.example.com".to_owned());
        })
}

/// An endpoint at this port that wants these kinds of event.
async fn endpoint(world: &World, name: &str, port: u16, kinds: &[EventKind]) -> Added {
    let draft = OutgoingWebhookDraft {
        name: name.to_owned(),
        url: format!("http://127.0.0.1:{port}/events"),
        kinds: kinds.iter().map(|kind| kind.as_str().to_owned()).collect(),
        active: true,
        owner_id: world.admin().user().await.id,
    };
    outgoing_webhooks::add(world.engine(), None, &draft, ADMIN_EMAIL)
        .await
        .unwrap()
}

/// The endpoint as it is now.
async fn now(world: &World, webhook: &OutgoingWebhook) -> OutgoingWebhook {
    let mut reader = world.store().read().await.unwrap();
    let found = store::outgoing_webhooks::find(&mut reader, &webhook.id).await;
    found.unwrap().unwrap()
}

/// What an endpoint was or is to be told, oldest first.
async fn told(world: &World, webhook: &OutgoingWebhook) -> Vec<OutgoingEvent> {
    let mut reader = world.store().read().await.unwrap();
    let mut all = outgoing_events::page(&mut reader, &webhook.id, None, None, 1_000)
        .await
        .unwrap();
    all.reverse();
    all
}

async fn kinds(world: &World, webhook: &OutgoingWebhook) -> Vec<String> {
    let all = told(world, webhook).await;
    all.into_iter().map(|event| event.kind).collect()
}

async fn deliver(world: &World) -> usize {
    Box::pin(outgoing_webhooks::deliver_due(world.engine()))
        .await
        .unwrap()
}

async fn a_case(world: &World, subject: &str) -> Case {
    let new = NewCase {
        subject: subject.to_owned(),
        description: "It began on Monday.".to_owned(),
        priority: CasePriority::High,
        contact: None,
        assigned_to: None,
        owner: world.admin().user().await.id,
    };
    // Later than the one before, so that their order is known.
    world.pass(std::time::Duration::from_secs(1));
    actions::create(world.engine(), new, ADMIN_EMAIL)
        .await
        .unwrap()
}

/// A new ticket of Zendesk, and a run that pulls it.
async fn pulled(world: &World) -> (i64, Case) {
    let ticket = world.zendesk().edit(|account: &mut Account| {
        let new = NewTicket {
            subject: Some("Printer on fire".to_owned()),
            comment: simulator::NewComment::public("It burns."),
            requester_id: Some(account.administrator()),
            ..NewTicket::default()
        };
        account.add_ticket(new).unwrap()
    });
    run(world).await;
    (ticket, world.case_of(ticket).await)
}

/// A run, when every export shows what was done before.
async fn run(world: &World) {
    world.pass_minutes(2);
    world.sync_well().await;
}

fn rename_there(world: &World, ticket: i64, subject: &str) {
    let change = TicketChange {
        subject: Some(Some(subject.to_owned())),
        ..TicketChange::default()
    };
    world
        .zendesk()
        .edit(|account| account.update_ticket(ticket, change))
        .unwrap();
}

/// The secret as the receiver gets it.
fn text(added: &Added) -> &str {
    added.secret.expose_secret()
}
