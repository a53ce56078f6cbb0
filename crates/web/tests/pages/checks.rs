//! Checks on pages and over the API: asked for, done by a worker, told; and who sees which.

use std::time::Duration;

use engine::{sweep, worker};
use serde_json::{Value, json};
use simulator::{NewTicket, TicketChange};
use store::users::UserRole;
use world::{Builder, World};

use crate::api::json_of;
use crate::browser::{Answer, Browser};
use crate::fetching::Program;
use crate::sends::{browser, serve};

const SCOPES: &str = "&scope=integrations:write&scope=settings&scope=destinations:write";

fn desk() -> Builder {
    World::builder().tickets(2).users(3).comments(2)
}

/// The check that an answer leads to.
fn led_to(answer: &Answer) -> String {
    let place = answer.header("location");
    let rest = place.strip_prefix("/checks/").unwrap_or_default();
    assert!(!rest.is_empty(), "{place:?}: {}", answer.text());
    rest.split('?').next().unwrap().to_owned()
}

/// Does what was asked for. Returns the page of the check.
async fn done(world: &World, browser: &mut Browser, id: &str) -> Answer {
    worker::run_due_jobs(world.engine()).await.unwrap();
    browser.get(&format!("/checks/{id}")).await
}

/// A new ticket in Zendesk that a pull would find now.
fn a_ticket_waits(world: &World) {
    let ticket = NewTicket {
        subject: Some("A printer that nobody has heard of".to_owned()),
        ..NewTicket::default()
    };
    world
        .zendesk()
        .edit(|account| account.add_ticket(ticket))
        .unwrap();
    world.pass_minutes(2);
}

#[tokio::test]
async fn a_dry_run_on_the_page_says_what_a_sync_would_do_and_does_nothing() {
    desk()
        .each(async |world| {
            world.sync_well().await;
            a_ticket_waits(world);
            let at = serve(world).await;
            let mut operator = browser(world, at, UserRole::Operator, false).await;
            let id = world.integration().await.id;
            let place = format!("/integrations/{id}");
            assert!(
                operator
                    .get(&place)
                    .await
                    .has(&format!("action=\"{place}/dry-run\""))
            );

            let asked = operator.post(&format!("{place}/dry-run"), "").await;
            let check = led_to(&asked);
            let page = operator.get(&format!("/checks/{check}")).await;
            assert!(
                page.text().contains("waiting") && page.has("data-events"),
                "{}",
                page.text()
            );
            // Asked for twice, it is one.
            let joined = operator.post(&format!("{place}/dry-run"), "").await;
            assert_eq!(
                joined.header("location"),
                format!("/checks/{check}?done=joined")
            );

            let page = done(world, &mut operator, &check).await;
            let text = page.text();
            assert!(text.contains("would make 1 cases"), "{text}");
            assert!(!page.has("data-events"), "it is over");
            assert!(
                !operator.get("/cases").await.has("nobody has heard"),
                "nothing was made"
            );
            assert!(operator.get(&place).await.has(&format!("/checks/{check}")));
            let list = operator.get("/checks").await;
            assert!(list.has(&format!("/checks/{check}")) && list.text().contains("Dry run"));
            assert!(
                std::fs::read_dir(&world.engine().settings.sources.scratch)
                    .unwrap()
                    .all(|entry| entry.unwrap().file_name() != "dry-run.db")
            );
        })
        .await;
}

#[tokio::test]
async fn a_comparison_puts_right_what_differs_and_a_live_check_tells_its_findings() {
    desk()
        .each(async |world| {
            world.sync_well().await;
            world.pass_minutes(5);
            world.sync_well().await;
            let at = serve(world).await;
            let mut admin = browser(world, at, UserRole::Administrator, false).await;
            let place = format!("/integrations/{}", world.integration().await.id);

            let check = led_to(&admin.post(&format!("{place}/verify"), "").await);
            let page = done(world, &mut admin, &check).await;
            let told = "2 tickets were compared with Zendesk, and 0 differences were found";
            assert!(page.text().contains(told), "{}", page.text());
            let view = sweep::view(world.engine(), &world.integration().await)
                .await
                .unwrap();
            assert_eq!(view.last.map(|last| last.verified), Some(2));

            let terms = admin.get(&format!("{place}/live-check")).await;
            assert!(
                terms.text().contains("this would create one user"),
                "{}",
                terms.text()
            );
            let check = led_to(&admin.post(&format!("{place}/live-check"), "").await);
            let page = done(world, &mut admin, &check).await;
            let text = page.text();
            assert!(
                text.contains("All is as expected.") && text.contains("1 tickets and 1 users"),
                "{text}"
            );
            let report = admin.get(&format!("/checks/{check}/report")).await;
            assert!(
                report
                    .header("content-disposition")
                    .starts_with("attachment")
            );
            let report: Value = serde_json::from_str(&report.body).unwrap();
            assert_eq!(report["schema"], engine::live_check::SCHEMA);
            assert_eq!(
                report["account"],
                Value::Null,
                "nobody has allowed to name it"
            );
        })
        .await;
}

#[tokio::test]
async fn the_installation_is_checked_by_who_looks_after_it() {
    desk()
        .each(async |world| {
            let at = serve(world).await;
            let mut operator = browser(world, at, UserRole::Operator, false).await;
            let mut agent = browser(world, at, UserRole::Agent, false).await;
            assert!(operator.get("/checks").await.has("Check this installation"));
            let check = led_to(&operator.post("/checks", "").await);
            let page = done(world, &mut operator, &check).await;
            let text = page.text();
            assert!(
                text.contains("database") && text.contains("main, sign-in"),
                "{text}"
            );

            assert!(!agent.get("/checks").await.has(&check));
            assert_eq!(agent.post("/checks", "").await.status, 403);
            let place = format!("/integrations/{}", world.integration().await.id);
            for deed in ["dry-run", "verify", "live-check"] {
                assert_eq!(
                    agent.post(&format!("{place}/{deed}"), "").await.status,
                    403,
                    "{deed}"
                );
            }
            for part in ["", "/events", "/report"] {
                let answer = agent.get(&format!("/checks/{check}{part}")).await;
                assert_eq!(answer.status, 404, "{part}");
            }
            assert_eq!(
                agent
                    .post(&format!("/checks/{check}/stop"), "")
                    .await
                    .status,
                404
            );
        })
        .await;
}

#[tokio::test]
async fn what_a_dry_run_quotes_is_only_counted_for_who_sees_personal_data_masked() {
    desk()
        .each(async |world| {
            world.sync_well().await;
            let ticket = world
                .zendesk()
                .read(|account| account.tickets().next().unwrap().id);
            let change = TicketChange {
                subject: Some(Some("Call Grace Hopper".to_owned())),
                ..TicketChange::default()
            };
            world
                .zendesk()
                .edit(|account| account.update_ticket(ticket, change))
                .unwrap();
            world.pass_minutes(2);
            let at = serve(world).await;
            let place = format!("/integrations/{}", world.integration().await.id);
            let mut open = browser(world, at, UserRole::Operator, false).await;
            let check = led_to(&open.post(&format!("{place}/dry-run"), "").await);
            let page = done(world, &mut open, &check).await;
            assert!(page.text().contains("Call Grace Hopper"), "{}", page.text());
            let mut masked = browser(world, at, UserRole::Operator, true).await;
            let page = masked.get(&format!("/checks/{check}")).await;
            assert!(
                !page.has("Hopper") && page.text().contains("1 in all"),
                "{}",
                page.text()
            );
            let program = Program::of(&mut masked, at, SCOPES).await;
            let answer = program.ask("GET", &format!("/api/v1/checks/{check}")).await;
            assert!(!answer.has("Hopper"));
            assert_eq!(json_of(&answer)["dry_run"]["changes"]["more"], 1);
        })
        .await;
}

#[tokio::test]
async fn a_program_asks_for_checks_stops_them_and_reads_what_they_found() {
    desk()
        .each(async |world| {
            world.sync_well().await;
            world.pass_minutes(5);
            world.sync_well().await;
            let at = serve(world).await;
            let mut admin = browser(world, at, UserRole::Administrator, false).await;
            let program = Program::of(&mut admin, at, SCOPES).await;
            let place = format!("/api/v1/integrations/{}", world.integration().await.id);
            let ask = async |path: &str| {
                // So that they were asked for one after another.
                world.pass(Duration::from_secs(1));
                let asked = program.ask("POST", path).await;
                assert_eq!(asked.status, 202, "{}", asked.body);
                let told = json_of(&asked);
                assert_eq!(told["joined"], false);
                assert!(
                    asked
                        .header("location")
                        .ends_with(told["check"].as_str().unwrap())
                );
                asked.header("location").to_owned()
            };
            let stopped = ask(&format!("{place}/dry-run")).await;
            assert_eq!(
                program.ask("POST", &format!("{stopped}/stop")).await.status,
                202
            );
            let round = ask(&format!("{place}/verify")).await;
            let installation = ask("/api/v1/checks").await;
            worker::run_due_jobs(world.engine()).await.unwrap();

            let read = async |path: &str| json_of(&program.ask("GET", path).await);
            let told = read(&stopped).await;
            assert_eq!(
                (&told["state"], &told["kind"]),
                (&json!("failed"), &json!("dry_run"))
            );
            assert!(told["problem"].as_str().unwrap().contains("stopped"));
            let told = read(&round).await;
            assert_eq!(
                told["round"],
                json!({"verified": 2, "differences": 0, "by_kind": {}})
            );
            assert_eq!(told["asked_by"], "administrator-false@staff.example");
            let told = read(&installation).await;
            assert!(
                told["findings"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .any(|one| one["check"] == "database")
            );
            let list = read("/api/v1/checks?limit=2").await;
            assert_eq!(list["items"].as_array().unwrap().len(), 2);
            let rest = read(&format!(
                "/api/v1/checks?cursor={}",
                list["next"].as_str().unwrap()
            ))
            .await;
            assert_eq!(rest["items"][0]["kind"], "dry_run");
            assert_eq!(rest["next"], Value::Null);

            // A token that is for something else knows of none.
            let other = Program::of(&mut admin, at, "&scope=integrations:read").await;
            let known = json_of(&other.ask("GET", "/api/v1/checks").await);
            let kinds = known["items"].as_array().unwrap().iter();
            let kinds: Vec<&str> = kinds.map(|one| one["kind"].as_str().unwrap()).collect();
            assert_eq!(kinds, ["verify", "dry_run"]);
            assert_eq!(other.ask("GET", &installation).await.status, 404);
            assert_eq!(other.ask("GET", &round).await.status, 200);
            assert_eq!(
                other.ask("POST", &format!("{round}/stop")).await.status,
                403
            );

            let live = program
                .send(
                    "POST",
                    &format!("{place}/live-check"),
                    r#"{"agree": false}"#,
                )
                .await;
            assert_eq!(live.status, 422, "{}", live.body);
            let live = program
                .send("POST", &format!("{place}/live-check"), r#"{"agree": true}"#)
                .await;
            assert_eq!(live.status, 202, "{}", live.body);
            worker::run_due_jobs(world.engine()).await.unwrap();
            let told = read(live.header("location")).await;
            assert_eq!(told["report"]["outcome"], "as_expected", "{told}");
        })
        .await;
}
