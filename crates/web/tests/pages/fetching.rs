//! Files that are only in Zendesk: fetched on request, on the page and over the API, and downloaded then.

use std::net::SocketAddr;

use engine::attachments::{self, Limits, NewComment, Source};
use serde_json::{Value, json};
use simulator::{Fault, NewComment as Said, NewFile, NewTicket};
use store::users::UserRole;
use world::{ADMIN_EMAIL, Builder, World};

use crate::api::json_of;
use crate::browser::{Answer, Browser};
use crate::sends::{browser, serve};

const CONTENT: &str = "The whole file.";

/// A world whose Zendesk has people of staff and no tickets yet.
fn empty() -> Builder {
    World::builder().tickets(0).users(3).comments(1)
}

/// A case from a ticket with a file of this name, which is not fetched yet: its number and the file's id.
async fn pulled(world: &World, name: &str) -> (i64, String) {
    let file = NewFile {
        file_name: name.to_owned(),
        content_type: None,
        bytes: CONTENT.as_bytes().to_vec(),
    };
    let ticket = NewTicket {
        subject: Some("Printer".to_owned()),
        comment: Said {
            files: vec![file],
            ..Said::public("See the file.")
        },
        ..NewTicket::default()
    };
    let ticket = world.zendesk().edit(|account| account.add_ticket(ticket));
    world.pass_minutes(2);
    world.sync_well().await;
    let case = world.case_of(ticket.unwrap()).await;
    let files = attachments::of_case(world.engine(), &case.id).await;
    (case.number, files.unwrap().remove(0).id)
}

fn gone() -> Fault {
    Fault::parse("status=404:route=attachments/token").unwrap()
}

/// A program with these scopes of whoever is signed in.
pub(crate) struct Program {
    at: SocketAddr,
    token: String,
}

impl Program {
    pub(crate) async fn of(browser: &mut Browser, at: SocketAddr, scopes: &str) -> Self {
        let form = format!("name=test&days=30{scopes}");
        let page = browser.post("/tokens", &form).await;
        let (_, rest) = page.body.split_once("<code>deskbridge_").unwrap();
        let (token, _) = rest.split_once('<').unwrap();
        let token = format!("deskbridge_{token}");
        Self { at, token }
    }

    pub(crate) async fn ask(&self, method: &str, path: &str) -> Answer {
        self.send(method, path, "").await
    }

    /// The same with a body of JSON.
    pub(crate) async fn send(&self, method: &str, path: &str, body: &str) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        let mut headers = vec![("Authorization", bearer.as_str())];
        if !body.is_empty() {
            headers.push(("Content-Type", "application/json"));
        }
        Browser::at(self.at)
            .send(method, path, &headers, body)
            .await
    }
}

#[tokio::test]
async fn a_person_has_a_file_fetched_and_is_told_why_it_cannot_be() {
    empty()
        .each(async |world| {
            let (number, id) = pulled(world, "a <b>.txt").await;
            let at = serve(world).await;
            let mut agent = browser(world, at, UserRole::Agent, false).await;
            let (case, file) = (format!("/cases/{number}"), format!("/attachments/{id}"));
            let fetch = format!("{file}/fetch");
            let button = format!("action=\"{fetch}\"");
            let page = agent.get(&case).await;
            assert!(page.has(&button) && page.text().contains("Fetch again"));
            assert_eq!(agent.get(&file).await.status, 404);

            world.zendesk().add_fault(gone());
            let refused = agent.post(&fetch, "").await;
            assert_eq!(refused.status, 409);
            let told = refused.text();
            assert!(
                told.contains("Zendesk does not have it any more."),
                "{told}"
            );
            assert!(
                refused.has(&format!("action=\"{case}/comments\"")),
                "on the case's page"
            );
            assert!(refused.has(&button), "it is parked, and can be tried again");

            world.zendesk().clear_faults();
            let done = agent.post(&fetch, "").await;
            let place = format!("{case}?done=fetched#comments");
            assert_eq!(done.header("location"), place, "{}", done.text());
            let page = agent.get(&case).await;
            assert!(!page.has(&button) && page.has(&format!("href=\"{file}\"")));
            assert_eq!(agent.get(&file).await.body, CONTENT);
            // A second click changes nothing.
            assert_eq!(agent.post(&fetch, "").await.header("location"), place);
            for id in ["nothing", "..%2Fx"] {
                let answer = agent.post(&format!("/attachments/{id}/fetch"), "").await;
                assert_eq!(answer.status, 404);
            }
        })
        .await;
}

#[tokio::test]
async fn a_program_has_a_file_fetched_and_downloads_it() {
    empty()
        .each(async |world| {
            let (number, id) = pulled(world, "a.html").await;
            let at = serve(world).await;
            let mut agent = browser(world, at, UserRole::Agent, false).await;
            let scopes = "&scope=cases:read&scope=cases:write";
            let writer = Program::of(&mut agent, at, scopes).await;
            let reader = Program::of(&mut agent, at, "&scope=cases:read").await;
            let path = format!("/api/v1/attachments/{id}");
            let fetch = format!("{path}/fetch");
            let early = reader.ask("GET", &path).await;
            assert_eq!(early.status, 404);
            assert!(early.has(&format!("POST {fetch}")), "{}", early.body);
            let not_theirs = reader.ask("POST", &fetch).await;
            assert_eq!(json_of(&not_theirs)["code"], "insufficient_scope");

            world.zendesk().add_fault(gone());
            let refused = writer.ask("POST", &fetch).await;
            assert_eq!(refused.status, 409);
            assert!(refused.has("does not have it any more"), "{}", refused.body);
            let parked = reader.ask("GET", &path).await;
            assert!(parked.has("does not have it any more"), "{}", parked.body);

            world.zendesk().clear_faults();
            for _ in 0..2 {
                let file = json_of(&writer.ask("POST", &fetch).await);
                let told = json!([file["id"], file["state"], file["is_here"], file["problem"]]);
                assert_eq!(told, json!([id, "stored", true, Value::Null]), "{file}");
            }
            let saved = reader.ask("GET", &path).await;
            assert_eq!((saved.status, saved.body.as_str()), (200, CONTENT));
            assert_eq!(saved.header("content-type"), "application/octet-stream");
            assert_eq!(saved.header("x-content-type-options"), "nosniff");
            assert_eq!(saved.header("content-length"), CONTENT.len().to_string());
            let told = saved.header("content-disposition");
            assert!(
                told.starts_with("attachment; filename=\"a.html\""),
                "{told}"
            );
            let comments = format!("/api/v1/cases/{number}/comments");
            let comments = json_of(&reader.ask("GET", &comments).await);
            assert_eq!(comments["items"][0]["files"][0]["is_here"], true);
            for method in ["GET", "POST"] {
                let rest = if method == "POST" { "/fetch" } else { "" };
                let path = format!("/api/v1/attachments/nothing{rest}");
                let answer = writer.ask(method, &path).await;
                assert_eq!(json_of(&answer)["code"], "not_found");
            }
        })
        .await;
}

#[tokio::test]
async fn a_parked_file_of_ours_is_left_as_it_is() {
    empty()
        .each(async |world| {
            let (number, _) = pulled(world, "a.txt").await;
            let new = NewComment {
                case: &number.to_string(),
                text: "Ours.",
                public: false,
                author: &world.admin().user().await.id,
                actor: ADMIN_EMAIL,
            };
            let source = Source {
                name: "ours.txt".to_owned(),
                content: Box::pin(CONTENT.as_bytes()),
            };
            let files = vec![source];
            let added = attachments::comment(world.engine(), new, files, Limits::default()).await;
            let id = added.unwrap().files.remove(0);
            let mut tx = world.store().begin().await.unwrap();
            store::attachments::park(&mut tx, &id, "It was refused.")
                .await
                .unwrap();
            tx.commit().await.unwrap();
            let at = serve(world).await;
            let mut agent = browser(world, at, UserRole::Agent, false).await;
            let page = agent.get(&format!("/cases/{number}")).await;
            assert!(page.has("It was refused.") && !page.has(&format!("{id}/fetch")));
            let writer = Program::of(&mut agent, at, "&scope=cases:write").await;
            let path = format!("/api/v1/attachments/{id}/fetch");
            let file = json_of(&writer.ask("POST", &path).await);
            assert_eq!(
                (&file["state"], &file["is_here"]),
                (&json!("parked"), &json!(true))
            );
        })
        .await;
}

#[tokio::test]
async fn who_sees_no_personal_data_gets_a_file_under_a_masked_name() {
    empty()
        .each(async |world| {
            let (number, id) = pulled(world, "mail rosa@customer.example.txt").await;
            let at = serve(world).await;
            let mut agent = browser(world, at, UserRole::Agent, true).await;
            let answer = agent.post(&format!("/attachments/{id}/fetch"), "").await;
            assert_eq!(answer.status, 303, "{}", answer.text());
            let scopes = "&scope=cases:read&scope=cases:write";
            let program = Program::of(&mut agent, at, scopes).await;
            let call = format!("/api/v1/attachments/{id}");
            let fetched = program.ask("POST", &format!("{call}/fetch")).await;
            assert!(
                fetched.status == 200 && !fetched.has("rosa"),
                "{}",
                fetched.body
            );
            let page = agent.get(&format!("/attachments/{id}")).await;
            for saved in [page, program.ask("GET", &call).await] {
                assert_eq!((saved.status, saved.body.as_str()), (200, CONTENT));
                let told = saved.header("content-disposition");
                assert!(told.contains("mail") && !told.contains("rosa"), "{told}");
            }
            // They add files too, and see their names masked as well.
            let said = agent.comment(number, "From me.", "").await;
            assert_eq!(said.status, 303, "{}", said.text());
        })
        .await;
}
