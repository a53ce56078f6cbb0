//! A site with something of a stranger's in every place that a stranger can fill: users, tickets, comments
//! and lists of Zendesk, a file with its headers and cells, what Zendesk refuses with, names people gave.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use domain::outbox::Parked;
use simulator::{CustomValue, Fault, FaultKind, NewComment, NewTicket, Role, TicketChange};
use store::users::{Member, UserEdit, UserRole};
use web::Options;
use world::{Builder, World};

use super::client::{Reply, Request};
use super::forms;
use crate::browser::Browser;
use crate::house::PASSWORD;

/// What a stranger writes into a place that has this name.
pub(super) struct Seeds {
    /// Any text.
    pub(super) text: fn(&str) -> String,
    /// A customer's name.
    pub(super) name: fn(&str) -> String,
    /// A customer's address.
    pub(super) email: fn(&str) -> String,
    /// A customer's telephone number.
    pub(super) phone: fn(&str) -> String,
    /// A value that is somebody's, such as that of a custom field.
    pub(super) value: fn(&str) -> String,
}

/// Where the site is, and who signed in.
pub(super) struct Site {
    pub(super) at: SocketAddr,
    /// The session of an administrator.
    pub(super) admin: String,
    /// A workflow with rows that were rejected.
    pub(super) workflow: String,
}

/// A small world that takes uploads.
pub(super) fn small(folder: &tempfile::TempDir) -> Builder {
    let folder = folder.path().to_owned();
    // A folder for each database: both worlds roll the same ids.
    let round = AtomicU32::new(0);
    World::builder()
        .tickets(2)
        .users(6)
        .comments(2)
        .two_way(domain::merge::Priority::Remote)
        .engine(move |settings| {
            settings.sources.uploads = Some(engine::Uploads {
                folder: folder.join(round.fetch_add(1, Ordering::Relaxed).to_string()),
                largest: 100_000,
            });
        })
}

/// The pages of a world, on a socket.
pub(super) async fn serve(world: &World) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let app = web::app(world.engine().clone(), Options::new(None, "1.2.3").unwrap());
    tokio::spawn(web::serve(listener, app, std::future::pending()));
    at
}

/// The session of somebody new of this role, who sees personal data or does not.
pub(super) async fn somebody(
    world: &World,
    at: SocketAddr,
    role: UserRole,
    restricted: bool,
) -> String {
    let engine = world.engine();
    let email = format!("{}-{restricted}@staff.example", role.as_str());
    let (now, dice) = (engine.now(), &*engine.dice);
    let hash = store::passwords::hash(&PASSWORD.to_owned().into(), dice).unwrap();
    let mut tx = engine.store.begin().await.unwrap();
    let user = store::users::add(&mut tx, &email, "Somebody", role, Some(hash), now, dice).await;
    let member = Member {
        user: user.unwrap(),
        disabled_at: None,
        has_password: true,
    };
    let edit = UserEdit {
        restrict_pii: Some(restricted),
        ..UserEdit::default()
    };
    let act = engine.act("test");
    store::users::edit(&mut tx, &member, &edit, act)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let mut browser = Browser::at(at);
    let answer = browser.sign_in(&email, PASSWORD).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    browser.cookie().unwrap().to_owned()
}

/// Plants everything, and serves the site.
pub(super) async fn furnish(world: &World, seeds: &Seeds) -> Site {
    let ticket = plant_in_zendesk(world, seeds);
    world.pass_minutes(2);
    world.sync_well().await;
    let at = serve(world).await;
    let admin = somebody(world, at, UserRole::Administrator, false).await;
    let desk = Desk { at, admin: &admin };
    let workflow = desk.plant_sends(world, seeds).await;
    desk.plant_names(seeds).await;
    desk.plant_conflict(world, seeds, ticket).await;
    plant_refusal(world, &desk, seeds).await;
    // A status that nobody knows is told in the log of the run that reads the ticket again.
    let again = NewComment {
        body: (seeds.text)("comment"),
        ..NewComment::default()
    };
    let added = world
        .zendesk()
        .edit(|account| account.add_comment(ticket, again));
    added.unwrap();
    let odd = FaultKind::Set {
        field: "status".to_owned(),
        value: (seeds.text)("status"),
    };
    world
        .zendesk()
        .add_fault(Fault::new(odd).on("incremental/tickets/cursor").times(2));
    world.pass_minutes(2);
    world.sync().await;
    world.zendesk().clear_faults();
    Site {
        at,
        admin,
        workflow,
    }
}

/// Users, lists, and a ticket with comments and files. Returns the ticket.
fn plant_in_zendesk(world: &World, seeds: &Seeds) -> i64 {
    world.zendesk().edit(|account| {
        let users: Vec<_> = account.users().cloned().collect();
        for mut user in users {
            if user.role == Role::Admin {
                continue;
            }
            let id = user.id.to_string();
            user.name = (seeds.name)(&id).into();
            user.email = Some((seeds.email)(&id).into());
            user.phone = Some((seeds.phone)(&id).into());
            user.alias = Some((seeds.name)("alias").into());
            user.details = Some((seeds.value)("details").into());
            user.notes = Some((seeds.value)("notes").into());
            account.place_user(user);
        }
        let mut group = account.groups()[0].clone();
        (group.id, group.name) = (9_000_001, (seeds.text)("group"));
        account.place_group(group);
        let mut brand = account.brands()[0].clone();
        (brand.id, brand.name) = (9_000_002, (seeds.text)("brand"));
        account.place_brand(brand);
        let mut field = account.ticket_fields().last().unwrap().clone();
        (field.id, field.kind, field.title) = (9_000_003, "text", (seeds.text)("field"));
        account.place_ticket_field(field);
        let requester = account.users().find(|user| user.role == Role::EndUser);
        let requester = requester.unwrap().id;
        let ticket = NewTicket {
            subject: Some((seeds.text)("subject")),
            comment: NewComment {
                body: (seeds.text)("comment"),
                attachments: vec![format!("{}.txt", (seeds.text)("file"))],
                ..NewComment::default()
            },
            requester_id: Some(requester),
            recipient: Some((seeds.email)("recipient")),
            tags: vec![(seeds.text)("tag").replace(' ', "_")],
            custom_fields: vec![CustomValue {
                id: 9_000_003,
                value: (seeds.value)("custom").into(),
            }],
            group_id: Some(9_000_001),
            brand_id: Some(9_000_002),
            ..NewTicket::default()
        };
        let ticket = account.add_ticket(ticket).unwrap();
        let html = NewComment {
            // What Zendesk makes of the HTML for those who show none.
            body: (seeds.text)("html"),
            html_body: Some((seeds.text)("html")),
            author_id: Some(requester),
            ..NewComment::default()
        };
        account.add_comment(ticket, html).unwrap();
        ticket
    })
}

/// What Zendesk refused a change with.
async fn plant_refusal(world: &World, desk: &Desk<'_>, seeds: &Seeds) {
    let made = desk
        .submit("/cases/new", "/cases", &[("subject", "Made here")])
        .await;
    let place = made
        .header("location")
        .split('?')
        .next()
        .unwrap()
        .to_owned();
    let file = (seeds.text)("attached");
    let said = [("text", "See the file."), ("file", file.as_str())];
    desk.submit(&place, &format!("{place}/comments"), &said)
        .await;
    desk.submit(&place, &format!("{place}/publish"), &[]).await;
    let number = place.rsplit('/').next().unwrap().to_owned();
    let integration = world.integration().await;
    let mut tx = world.store().begin().await.unwrap();
    let case = store::cases::find(&mut tx, &number).await.unwrap();
    let held = store::desks::lock(&mut tx, &case.unwrap().id).await;
    let mut operation = held.unwrap().unwrap().desk.operations[0].clone();
    operation.park(Parked::Refused {
        said: (seeds.text)("refusal"),
    });
    let (now, all) = (world.now(), [operation]);
    let put = store::outbox::put(&mut tx, &integration.id, "test", &all, now).await;
    put.unwrap();
    tx.commit().await.unwrap();
}

/// An administrator at the forms of the site.
pub(super) struct Desk<'a> {
    pub(super) at: SocketAddr,
    pub(super) admin: &'a str,
}

impl Desk<'_> {
    /// Fills the form with this action on a page, and sends it.
    pub(super) async fn submit(&self, page: &str, action: &str, fields: &[(&str, &str)]) -> Reply {
        let shown = Request::get(page).by_person(self.admin).send(self.at).await;
        let forms = forms::forms(&shown.body);
        let form = forms.iter().find(|form| form.action == action);
        assert!(form.is_some(), "{page} has no form to {action}: {forms:?}");
        let form = form.unwrap();
        let request = form.request(&form.with(fields));
        let reply = request.by_person(self.admin).send(self.at).await;
        assert_eq!(reply.status, 303, "{action}: {}", reply.body);
        reply
    }

    /// The id in the address that a form leads to.
    pub(super) async fn made(&self, page: &str, action: &str, fields: &[(&str, &str)]) -> String {
        let reply = self.submit(page, action, fields).await;
        let place = reply
            .header("location")
            .split('?')
            .next()
            .unwrap_or_default();
        place.rsplit('/').next().unwrap_or_default().to_owned()
    }

    /// Names that people of the staff gave.
    async fn plant_names(&self, seeds: &Seeds) {
        let text = |place: &str| (seeds.text)(place);
        let account = self
            .submit("/accounts/new", "/accounts", &[("name", &text("account"))])
            .await;
        assert!(account.header("location").starts_with("/accounts/"));
        let (name, email, phone) = (
            (seeds.name)("made"),
            (seeds.email)("made"),
            (seeds.phone)("made"),
        );
        let contact = [("name", &*name), ("email", &email), ("phone", &phone)];
        self.submit("/contacts/new", "/contacts", &contact).await;
        let user = [
            ("name", text("user")),
            ("email", "planted@staff.example".to_owned()),
            ("password", "four rhyming words".to_owned()),
        ];
        let user: Vec<(&str, &str)> = user.iter().map(|(n, v)| (*n, v.as_str())).collect();
        self.submit("/users/new", "/users", &user).await;
        let name = text("credential");
        let credential = [
            ("name", name.as_str()),
            ("sign_in", "token"),
            ("api_token", "token"),
            ("email", "agent@example.com"),
        ];
        self.submit("/credentials/new?kind=zendesk", "/credentials", &credential)
            .await;
    }

    /// A field that is changed here and in Zendesk at once.
    async fn plant_conflict(&self, world: &World, seeds: &Seeds, ticket: i64) {
        let subject = (seeds.text)("theirs");
        let change = TicketChange {
            subject: Some(Some(subject)),
            ..TicketChange::default()
        };
        let edited = world
            .zendesk()
            .edit(|account| account.update_ticket(ticket, change));
        edited.unwrap();
        let case = format!("/cases/{}", world.case_of(ticket).await.number);
        let edit = format!("{case}/edit");
        self.submit(&edit, &edit, &[("subject", &(seeds.text)("ours"))])
            .await;
        world.pass(Duration::from_secs(5));
        world.run_jobs().await;
        world.pass_minutes(2);
        world.sync().await;
    }
}
