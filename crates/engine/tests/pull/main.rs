//! What a pull does, row by row of ticket-sync.md 3, on both databases. docs/pull.md tells the same
//! to an administrator.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod comments;
mod contacts;
mod erased;
mod late;
mod mapping;
mod merging;
mod panel;
mod people;
mod rewrites;
mod roles;
mod runs;
mod states;
mod unknown;
mod workers;

use domain::person::PersonName;
use engine::case_view::{CaseView, Name, PersonView};
use simulator::{Fault, FaultKind, NewComment, NewTicket, NewUser, Record, TicketChange};
use store::Store;
use store::cases::Case;
use store::contacts::Contact;
use store::runs::Run;
use store::users::{User, UserRole};
use world::{Builder, World};

/// A world whose Zendesk has three people of staff and neither customers nor tickets yet.
fn quiet() -> Builder {
    World::builder().tickets(0).users(3).comments(1)
}

/// A ticket with a subject and a first comment.
fn ticket() -> NewTicket {
    NewTicket {
        subject: Some("Printer on fire".to_owned()),
        comment: NewComment::public("It burns."),
        ..NewTicket::default()
    }
}

/// Makes a ticket in Zendesk.
fn add(world: &World, new: NewTicket) -> i64 {
    world
        .zendesk()
        .edit(|account| account.add_ticket(new))
        .unwrap()
}

/// Changes a ticket in Zendesk.
fn change(world: &World, ticket: i64, change: TicketChange) {
    world
        .zendesk()
        .edit(|account| account.update_ticket(ticket, change))
        .unwrap();
}

/// A pull two minutes later, when every export shows what was done before.
async fn pull(world: &World) -> Run {
    world.pass_minutes(2);
    world.sync_well().await
}

/// Makes a ticket in Zendesk and pulls it.
async fn pull_new(world: &World, new: NewTicket) -> (i64, Case) {
    let id = add(world, new);
    pull(world).await;
    (id, world.case_of(id).await)
}

/// The page of a ticket's case.
async fn page(world: &World, ticket: i64) -> CaseView {
    let case = world.case_of(ticket).await;
    engine::case_view::show(world.engine(), &case.id)
        .await
        .unwrap()
        .unwrap()
}

/// Gives somebody an account here.
async fn hire(world: &World, email: &str, name: &str) -> User {
    let engine = world.engine();
    let mut tx = world.store().begin().await.unwrap();
    let user = store::users::add(
        &mut tx,
        email,
        name,
        UserRole::Agent,
        None,
        engine.clock.now(),
        &*engine.dice,
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    user
}

/// Makes a contact here, before Zendesk is looked at.
async fn meet(world: &World, id: &str, name: &str, email: &str) -> String {
    let contact = Contact {
        id: id.to_owned(),
        name: PersonName::parse(name).unwrap(),
        email: Some(email.to_owned()),
        phone: None,
        owner_id: None,
    };
    let mut tx = world.store().begin().await.unwrap();
    store::contacts::put(&mut tx, &[contact], world.now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    id.to_owned()
}

/// A contact.
async fn contact(world: &World, id: &str) -> Contact {
    let mut reader = world.store().read().await.unwrap();
    store::contacts::by_ids(&mut reader, &[id.to_owned()])
        .await
        .unwrap()
        .remove(id)
        .unwrap()
}

/// The contact of a ticket's case.
async fn contact_of(world: &World, ticket: i64) -> Contact {
    let id = world.case_of(ticket).await.fields.contact.unwrap();
    contact(world, &id).await
}

/// A run, as it stands now.
async fn find_run(store: &Store, run: &str) -> Run {
    let mut reader = store.read().await.unwrap();
    store::runs::find(&mut reader, run).await.unwrap().unwrap()
}

/// The lines of a dump that tell of one table.
async fn lines(world: &World, table: &str) -> Vec<String> {
    let start = format!("{table} ");
    let dump = world.dump().await;
    dump.lines()
        .filter(|line| line.starts_with(&start))
        .map(str::to_owned)
        .collect()
}

fn name(name: Option<&Name>) -> Option<&str> {
    name.map(|name| name.name.as_str())
}

/// What a page shows of somebody: the name shown first, and Zendesk's own beside it.
fn shown(person: Option<&PersonView>) -> (Option<&str>, Option<&str>) {
    let person = person.unwrap();
    (name(person.shown()), person.zendesk_name_beside())
}

/// Makes a customer in Zendesk.
fn customer(world: &World, name: &str, email: &str) -> i64 {
    world
        .zendesk()
        .edit(|account| account.add_user(NewUser::end_user(name, email)))
        .unwrap()
}

/// Makes an agent in Zendesk.
fn agent(world: &World, name: &str, email: &str) -> i64 {
    world
        .zendesk()
        .edit(|account| account.add_user(NewUser::agent(name, email)))
        .unwrap()
}

/// One record of a route's answers loses its id, so that nobody can read it.
fn unreadable(id: i64, route: &str) -> Fault {
    let field = "id".to_owned();
    Fault::new(FaultKind::Null { field })
        .on(route)
        .record(Record::Id(id))
}

/// One record of a route's answers says something else.
fn altered(id: i64, route: &str, field: &str, value: &str) -> Fault {
    let (field, value) = (field.to_owned(), value.to_owned());
    Fault::new(FaultKind::Set { field, value })
        .on(route)
        .record(Record::Id(id))
}
