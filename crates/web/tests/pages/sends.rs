//! Queries, orchestrations, workflows and notifications, with a Zendesk behind them.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};

use simulator::{Fault, FaultKind};
use store::destinations::{self, Destination, DestinationDraft, Environment};
use store::users::{Member, UserEdit, UserRole};
use web::Options;
use world::{Builder, World};

use crate::browser::{Answer, Browser};
use crate::house::PASSWORD;

/// A world whose Zendesk has three people of staff and no customers, and that takes uploads.
pub(crate) fn quiet(folder: &tempfile::TempDir) -> Builder {
    let folder = folder.path().to_owned();
    // A folder for each database: both worlds roll the same ids.
    let round = AtomicU32::new(0);
    World::builder()
        .tickets(0)
        .users(3)
        .comments(1)
        .inactive()
        .engine(move |settings| {
            settings.sources.uploads = Some(engine::Uploads {
                folder: folder.join(round.fetch_add(1, Ordering::Relaxed).to_string()),
                largest: 10_000,
            });
        })
}

/// The pages of a world, on a socket.
pub(crate) async fn serve(world: &World) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = web::app(world.engine().clone(), Options::new(None, "1.2.3").unwrap());
    tokio::spawn(web::serve(listener, app, std::future::pending()));
    address
}

/// A browser of somebody new, who has signed in.
pub(crate) async fn browser(
    world: &World,
    at: SocketAddr,
    role: UserRole,
    restricted: bool,
) -> Browser {
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
    store::users::edit(&mut tx, &member, &edit, engine.act("test"))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let mut browser = Browser::at(at);
    let answer = browser.sign_in(&email, PASSWORD).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    browser
}

pub(crate) async fn destination(
    world: &World,
    change: impl FnOnce(&mut DestinationDraft),
) -> Destination {
    let engine = world.engine();
    let integration = world.integration().await;
    let mut draft = DestinationDraft {
        name: "support".to_owned(),
        description: String::new(),
        credential_id: integration.settings.credential_id.clone(),
        url: integration.settings.url.clone(),
        account: "simulated".to_owned(),
        environment: Environment::Sandbox,
        admin_only: false,
        allow_restricted: true,
        settings: "{\"users_per_second\":0}".to_owned(),
    };
    change(&mut draft);
    let mut tx = engine.store.begin().await.unwrap();
    let added = destinations::add(&mut tx, &draft, engine.act("test")).await;
    tx.commit().await.unwrap();
    added.unwrap()
}

pub(crate) const PEOPLE: &str = "external_id,name,email\nc1,Rosa Parks,rosa@customer.example\nc2,=Ada Byron,ada@customer.example\nc3,,grace@customer.example\n";

/// Sends a file with a form of our own page.
async fn upload(browser: &mut Browser, at: SocketAddr, path: &str, file: &str) -> Answer {
    let part = "--b\r\nContent-Disposition: form-data; name=";
    let body = format!(
        "{part}\"name\"\r\n\r\npeople\r\n{part}\"file\"; filename=\"people.csv\"\r\nContent-Type: text/csv\r\n\r\n{file}\r\n--b--\r\n"
    );
    let origin = format!("http://{at}");
    let headers = [
        ("Origin", origin.as_str()),
        ("Content-Type", "multipart/form-data; boundary=b"),
    ];
    browser.send("POST", path, &headers, &body).await
}

/// The id in the address to which an answer leads.
pub(crate) fn id_in(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{}", answer.text());
    let (path, _) = answer.header("location").split_once('?').unwrap();
    path.rsplit('/').next().unwrap().to_owned()
}

/// Uploads the people, activates the query, makes the orchestration. Returns the ids of both.
pub(crate) async fn furnish(
    browser: &mut Browser,
    at: SocketAddr,
    to: &Destination,
    more: &str,
) -> (String, String) {
    let query = id_in(&upload(browser, at, "/queries/upload", PEOPLE).await);
    let answer = browser
        .post(&format!("/queries/{query}/activate"), "")
        .await;
    assert!(
        answer.header("location").ends_with("done=active"),
        "{}",
        answer.text()
    );
    let form = format!(
        "name=nightly&query={query}&destination={}&mode=manual&same_key=last_wins&on_leave=keep&leavers_percent=10&deadline_hours=6&region=US&verification=verified{more}",
        to.id
    );
    let answer = browser.post("/orchestrations", &form).await;
    (query, id_in(&answer))
}

#[tokio::test]
async fn a_file_is_uploaded_tried_and_sent_and_what_was_not_sent_is_downloaded() {
    let folder = tempfile::tempdir().unwrap();
    quiet(&folder)
        .each(async |world| {
            let at = serve(world).await;
            let to = destination(world, |_| {}).await;
            let mut ada = browser(world, at, UserRole::Analyst, false).await;
            let (query, orchestration) = furnish(&mut ada, at, &to, "").await;
            let page = ada.get(&format!("/queries/{query}/preview")).await;
            assert!(page.text().contains("Rosa Parks"), "{}", page.text());
            assert!(page.text().contains("These are all 3 rows"));
            let mapping = format!("/orchestrations/{orchestration}/mapping");
            let page = ada.get(&mapping).await;
            assert!(
                page.text().contains("Every field exists in Zendesk"),
                "{}",
                page.text()
            );
            let run = format!("/orchestrations/{orchestration}/run");
            let dry = id_in(&ada.post(&run, "kind=dry_run").await);
            world.run_jobs().await;
            let page = ada.get(&format!("/workflows/{dry}")).await.text();
            assert!(page.contains("would be created 2"), "{page}");
            assert!(page.contains("rejected 1"), "{page}");
            let sent = id_in(&ada.post(&run, "kind=send").await);
            let page = ada.get(&format!("/workflows/{sent}")).await;
            assert!(page.has("data-events"), "it is watched while it waits");
            world.run_jobs().await;
            let page = ada.get(&format!("/workflows/{sent}")).await.text();
            assert!(page.contains("created 2"), "{page}");
            assert!(page.contains("Rows read 3"), "{page}");
            let rows = format!("/workflows/{sent}/rows");
            let page = ada.get(&format!("{rows}?outcome=rejected")).await.text();
            assert!(page.contains("grace@customer.example"), "{page}");
            let file = ada.get(&format!("{rows}.csv?outcome=rejected")).await;
            assert!(file.header("content-type").starts_with("text/csv"));
            assert!(
                file.body.contains("grace@customer.example"),
                "{}",
                file.body
            );
            let file = ada.get(&format!("/workflows/{dry}/rows.csv")).await;
            assert!(file.body.contains("'=Ada Byron"), "{}", file.body);
            // One that is over says so at once, and ends the stream.
            let events = ada.get(&format!("/workflows/{sent}/events")).await;
            assert!(
                events
                    .header("content-type")
                    .starts_with("text/event-stream")
            );
            assert!(events.body.contains("event: end"), "{}", events.body);
            let listed = ada.get("/workflows?state=completed").await.text();
            assert!(listed.contains("nightly"), "{listed}");
            let none = ada.get("/workflows?state=failed").await.text();
            assert!(none.contains("No workflow passes this filter"), "{none}");
        })
        .await;
}

#[tokio::test]
async fn the_wizard_leads_from_the_notification_to_a_workflow_that_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    quiet(&folder)
        .each(async |world| {
            let at = serve(world).await;
            let to = destination(world, |_| {}).await;
            let mut ada = browser(world, at, UserRole::Operator, false).await;
            let (_, orchestration) = furnish(&mut ada, at, &to, "").await;
            world
                .zendesk()
                .add_fault(Fault::new(FaultKind::RevokeToken));
            let run = format!("/orchestrations/{orchestration}/run");
            let id = id_in(&ada.post(&run, "kind=send").await);
            world.run_jobs().await;
            let page = ada.get("/notifications").await;
            assert!(page.text().contains("View workflow"), "{}", page.text());
            assert!(page.has(&format!("href=\"/workflows/{id}\"")));
            let page = ada.get(&format!("/workflows/{id}")).await;
            assert!(
                page.text().contains("Invalid credentials"),
                "{}",
                page.text()
            );
            assert!(page.text().contains("Show resolutions"));
            let page = ada
                .get(&format!("/workflows/{id}/resolutions"))
                .await
                .text();
            for label in [
                "Resolve invalid credentials",
                "Retry",
                "Restart",
                "Continue",
                "Cancel",
            ] {
                assert!(page.contains(label), "{label}: {page}");
            }
            let steps = format!("/workflows/{id}/resolve");
            let page = ada.get(&format!("{steps}?action=resolve")).await;
            assert!(page.has("href=\"/credentials\" target=\"_blank\""));
            assert!(page.text().contains("Resolve Cancel"), "{}", page.text());
            let refused = ada.post(&steps, "action=resolve").await;
            assert_eq!(refused.status, 422, "the cause is still there");
            assert!(refused.has("role=\"alert\""), "{}", refused.text());
            world.zendesk().clear_faults();
            let answer = ada.post(&steps, "action=resolve").await;
            assert_eq!(
                answer.header("location"),
                format!("/workflows/{id}?done=resolved")
            );
            world.run_jobs().await;
            let page = ada.get(&format!("/workflows/{id}")).await.text();
            assert!(page.contains("completed"), "{page}");
            assert!(page.contains("created 2"), "{page}");
            let answer = ada.post("/notifications/seen", "").await;
            assert_eq!(answer.header("location"), "/notifications?done=seen");
            assert!(
                !ada.get("/notifications")
                    .await
                    .text()
                    .contains("Not seen yet")
            );
        })
        .await;
}

#[tokio::test]
async fn a_guard_is_passed_once_by_whoever_has_read_the_numbers() {
    let folder = tempfile::tempdir().unwrap();
    quiet(&folder)
        .each(async |world| {
            let at = serve(world).await;
            let to = destination(world, |_| {}).await;
            let mut ada = browser(world, at, UserRole::Operator, false).await;
            let (_, orchestration) = furnish(&mut ada, at, &to, "&fail_below=100").await;
            let run = format!("/orchestrations/{orchestration}/run");
            let id = id_in(&ada.post(&run, "kind=send").await);
            world.run_jobs().await;
            let steps = format!("/workflows/{id}/resolve");
            let page = ada
                .get(&format!("{steps}?action=approve_once"))
                .await
                .text();
            assert!(page.contains("The source has 3 rows"), "{page}");
            let answer = ada.post(&steps, "action=approve_once").await;
            assert_eq!(answer.status, 303, "{}", answer.text());
            world.run_jobs().await;
            let page = ada.get(&format!("/workflows/{id}")).await.text();
            assert!(page.contains("created 2"), "{page}");
            let refused = ada.get(&format!("{steps}?action=ignore")).await;
            assert_eq!(refused.status, 409);
        })
        .await;
}

#[tokio::test]
async fn who_sees_personal_data_masked_sees_it_masked_on_every_page_of_a_send() {
    let folder = tempfile::tempdir().unwrap();
    quiet(&folder)
        .each(async |world| {
            let at = serve(world).await;
            let to = destination(world, |_| {}).await;
            let mut ada = browser(world, at, UserRole::Analyst, false).await;
            let (query, orchestration) = furnish(&mut ada, at, &to, "").await;
            let run = format!("/orchestrations/{orchestration}/run");
            let id = id_in(&ada.post(&run, "kind=dry_run").await);
            world.run_jobs().await;
            let mut eve = browser(world, at, UserRole::Analyst, true).await;
            for path in [
                format!("/queries/{query}"),
                format!("/queries/{query}/preview"),
                format!("/orchestrations/{orchestration}/mapping"),
                format!("/workflows/{id}"),
                format!("/workflows/{id}/rows"),
                format!("/workflows/{id}/rows.csv"),
                format!("/workflows/{id}/conflicts"),
                "/workflows".to_owned(),
                "/notifications".to_owned(),
            ] {
                let page = eve.get(&path).await;
                assert_eq!(page.status, 200, "{path}: {}", page.text());
                for secret in ["Rosa", "Byron", "customer.example"] {
                    assert!(!page.has(secret), "{secret} on {path}: {}", page.body);
                }
            }
        })
        .await;
}

#[tokio::test]
async fn a_destination_that_is_not_open_keeps_its_workflows_to_itself() {
    let folder = tempfile::tempdir().unwrap();
    quiet(&folder)
        .each(async |world| {
            let at = serve(world).await;
            let to = destination(world, |draft| draft.admin_only = true).await;
            let mut ada = browser(world, at, UserRole::Operator, false).await;
            let (query, orchestration) = furnish(&mut ada, at, &to, "").await;
            let run = format!("/orchestrations/{orchestration}/run");
            let id = id_in(&ada.post(&run, "kind=send").await);
            let mut eve = browser(world, at, UserRole::Analyst, false).await;
            for path in [
                format!("/workflows/{id}"),
                format!("/workflows/{id}/rows.csv"),
                format!("/workflows/{id}/events"),
                format!("/orchestrations/{orchestration}"),
            ] {
                assert_eq!(eve.get(&path).await.status, 403, "{path}");
            }
            assert_eq!(eve.post(&run, "kind=send").await.status, 403);
            let stop = format!("/workflows/{id}/stop");
            assert_eq!(eve.post(&stop, "").await.status, 403);
            assert!(!eve.get("/workflows").await.text().contains("nightly"));
            assert!(!eve.get("/orchestrations").await.text().contains("nightly"));
            let form = format!(
                "name=mine&query={query}&destination={}&mode=manual&same_key=last_wins&on_leave=keep&leavers_percent=10&deadline_hours=6&region=US&verification=verified",
                to.id
            );
            let refused = eve.post("/orchestrations", &form).await;
            assert_eq!(refused.status, 422);
            assert!(refused.text().contains("that you may send to"));
            let answer = ada.post(&stop, "").await;
            assert!(answer.header("location").ends_with("done=stopping"));
        })
        .await;
}

#[tokio::test]
async fn a_mapping_is_previewed_as_a_send_would_make_it_and_then_kept() {
    let folder = tempfile::tempdir().unwrap();
    quiet(&folder)
        .each(async |world| {
            let at = serve(world).await;
            let to = destination(world, |_| {}).await;
            let mut ada = browser(world, at, UserRole::Analyst, false).await;
            let (_, orchestration) = furnish(&mut ada, at, &to, "").await;
            let path = format!("/orchestrations/{orchestration}/mapping");
            let form = "target=external_id&origin=column&value=external_id&target=name&origin=template&value=%7B%7B+name+%7D%7D+of+us&target=email&origin=column&value=email";
            let page = ada.post(&format!("{path}/preview"), form).await;
            assert!(page.text().contains("Rosa Parks of us"), "{}", page.text());
            let unknown = format!("{form}&target=user_fields.shoe_size&origin=constant&value=42");
            let page = ada.post(&format!("{path}/preview"), &unknown).await.text();
            assert!(page.contains("A send could not begin"), "{page}");
            assert!(page.contains("shoe_size"), "{page}");
            let refused = ada
                .post(&path, "target=shoe_size&origin=column&value=name")
                .await;
            assert_eq!(refused.status, 422);
            assert!(refused.has("value=\"shoe_size\""), "what was typed stays");
            let answer = ada.post(&path, form).await;
            assert!(answer.header("location").ends_with("done=mapped"));
            let page = ada.get(&format!("/orchestrations/{orchestration}")).await;
            assert!(page.text().contains("3 fields mapped"), "{}", page.text());
        })
        .await;
}

#[tokio::test]
async fn an_upload_is_refused_if_it_is_too_large_or_empty_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    quiet(&folder)
        .each(async |world| {
            let uploads = world.engine().settings.sources.uploads.as_ref();
            let path = &uploads.unwrap().folder;
            let kept = || std::fs::read_dir(path).map_or(0, Iterator::count);
            let at = serve(world).await;
            let mut ada = browser(world, at, UserRole::Analyst, false).await;
            let large = "a,b\n".repeat(5_000);
            for (file, said) in [(large.as_str(), "larger than"), ("", "empty")] {
                let answer = upload(&mut ada, at, "/queries/upload", file).await;
                assert_eq!(answer.status, 422, "{}", answer.text());
                assert!(answer.text().contains(said), "{}", answer.text());
            }
            assert_eq!(kept(), 0);
            let id = id_in(&upload(&mut ada, at, "/queries/upload", PEOPLE).await);
            assert_eq!(kept(), 1);
            let twice = upload(&mut ada, at, "/queries/upload", PEOPLE).await;
            assert_eq!(twice.status, 422, "the name is taken");
            assert_eq!(kept(), 1);
            // Nobody reads it by its path.
            let file = std::fs::read_dir(path).unwrap().next().unwrap().unwrap();
            let form = format!(
                "kind=file&name=other&path={}/people.csv",
                file.path().display()
            );
            let answer = ada.post("/queries", &form).await;
            assert_eq!(answer.status, 422, "{}", answer.text());
            let answer = ada.post(&format!("/queries/{id}/delete"), "").await;
            assert_eq!(answer.header("location"), "/queries?done=deleted");
            assert_eq!(kept(), 0);
        })
        .await;
}
