//! The examination of an installation: what is sound, what is wrong and with whom, in an order that stays, and
//! soon over, however many accounts there are and whatever does not answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::{Json, Router};
use engine::doctor::{self, Finding, Grade, has_error};
use serde_json::{Value, json};
use simulator::{BodyForm, Fault, FaultKind, Limits};
use sqlx::AssertSqlSafe;
use store::credentials::{self, CredentialDraft, CredentialKind};
use store::destinations::{self, DestinationDraft, Environment};
use store::integrations;
use tokio::net::TcpListener;
use tokio::sync::watch;
use world::{ADMIN_EMAIL, AGENT_EMAIL, INTEGRATION, World};

/// The longest that a test waits for what has to come.
const PATIENCE: Duration = Duration::from_secs(20);

/// Examines the installation as a server does: on whichever thread is free.
async fn examine(world: &World) -> Vec<Finding> {
    let engine = world.engine().clone();
    let examining = tokio::spawn(async move { doctor::examine(&engine).await });
    examining.await.unwrap()
}

fn grades(findings: &[Finding]) -> Vec<(&str, Grade)> {
    let each = findings.iter();
    each.map(|one| (one.check.as_str(), one.grade)).collect()
}

#[track_caller]
fn about<'a>(findings: &'a [Finding], check: &str) -> (Grade, &'a str) {
    let found = findings.iter().find(|one| one.check == check).unwrap();
    (found.grade, &found.finding)
}

/// A destination in the account of the integration, with its credential.
async fn add_destination(world: &World, name: &str) {
    let settings = world.integration().await.settings;
    let draft = DestinationDraft {
        name: name.to_owned(),
        description: String::new(),
        credential_id: settings.credential_id,
        url: settings.url,
        account: "simulated".to_owned(),
        environment: Environment::Sandbox,
        admin_only: false,
        allow_restricted: false,
        settings: String::new(),
    };
    let mut tx = world.store().begin().await.unwrap();
    let act = world.engine().act(ADMIN_EMAIL);
    destinations::add(&mut tx, &draft, act).await.unwrap();
    tx.commit().await.unwrap();
}

/// Another integration with the credential of the first, which nobody has activated.
async fn add_integration(world: &World, name: &str, url: &str) {
    let mut settings = world.integration().await.settings;
    settings.name = name.to_owned();
    settings.url = url.to_owned();
    let mut tx = world.store().begin().await.unwrap();
    let act = world.engine().act(ADMIN_EMAIL);
    integrations::add(&mut tx, &settings, act).await.unwrap();
    tx.commit().await.unwrap();
}

/// A database that queries read, at this address.
async fn add_database(world: &World, name: &str, address: &str) {
    let draft = CredentialDraft {
        name: name.to_owned(),
        description: String::new(),
        kind: CredentialKind::Database,
        email: None,
        client_id: None,
        secret: Some(address.to_owned().into()),
    };
    let engine = world.engine();
    let mut tx = world.store().begin().await.unwrap();
    let act = engine.act(ADMIN_EMAIL);
    credentials::add(&mut tx, &engine.keyring, &draft, act)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

/// An address at which nobody answers, for as long as the test lasts.
async fn nowhere() -> (String, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    (listener.local_addr().unwrap().to_string(), listener)
}

#[tokio::test]
async fn a_sound_installation_has_no_error() {
    let folder = std::env::temp_dir();
    let world = World::builder().simulator(|config| config.limits = Limits::Team);
    let world =
        world.engine(move |settings| settings.sources.import_folders = vec![folder.clone()]);
    world
        .each(async |world| {
            add_destination(world, "support").await;
            let findings = examine(world).await;
            assert!(!has_error(&findings), "{findings:?}");
            assert_eq!(findings[0].check, "disk");
            assert_eq!(
                grades(&findings[1..]),
                [
                    ("database", Grade::Ok),
                    ("administrator", Grade::Ok),
                    ("main, sign-in", Grade::Ok),
                    ("main, clock", Grade::Ok),
                    ("main, API token", Grade::Warning),
                    ("main, limits", Grade::Ok),
                    ("destination support", Grade::Ok),
                    ("import folder", Grade::Ok),
                ]
            );
            let (_, limits) = about(&findings, "main, limits");
            assert!(limits.contains("200 requests a minute"), "{limits}");
            let written = serde_json::to_value(&findings).unwrap();
            assert_eq!(written[1]["grade"], "ok");
            let read: Vec<Finding> = serde_json::from_value(written).unwrap();
            assert_eq!(read, findings);
        })
        .await;
}

#[tokio::test]
async fn a_wrong_token_is_an_error_of_all_who_use_it() {
    World::each(async |world| {
        add_destination(world, "support").await;
        let engine = world.engine();
        let credential = world.integration().await.settings.credential_id;
        let draft = CredentialDraft {
            name: INTEGRATION.to_owned(),
            description: String::new(),
            kind: CredentialKind::ApiToken,
            email: Some(AGENT_EMAIL.to_owned()),
            client_id: None,
            secret: Some("0ld-t0ken".to_owned().into()),
        };
        let mut tx = world.store().begin().await.unwrap();
        let act = engine.act(ADMIN_EMAIL);
        credentials::edit(&mut tx, &engine.keyring, &credential, &draft, act)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let findings = examine(world).await;
        for check in ["main, sign-in", "destination support"] {
            let (grade, said) = about(&findings, check);
            assert_eq!(grade, Grade::Error, "{check}: {said}");
            assert!(said.contains("does not accept the sign-in"), "{said}");
        }
        assert!(has_error(&findings));
        // Whoever is not let in is not asked for the time.
        assert!(findings.iter().all(|one| one.check != "main, clock"));
        assert!(!format!("{findings:?}").contains("0ld-t0ken"));
    })
    .await;
}

#[tokio::test]
async fn an_account_that_is_at_its_limit_is_not_called_broken() {
    World::each(async |world| {
        world.zendesk().add_fault(Fault::new(FaultKind::Status {
            status: 429,
            form: BodyForm::Json,
            retry_after: Some(300),
        }));
        let findings = examine(world).await;
        let (grade, said) = about(&findings, "main, sign-in");
        assert_eq!(grade, Grade::Warning, "{said}");
        assert!(said.contains("request limit is reached"), "{said}");
        assert!(!has_error(&findings), "{findings:?}");
    })
    .await;
}

#[tokio::test]
async fn without_an_administrator_there_is_an_error() {
    World::each(async |world| {
        let mut tx = world.store().begin().await.unwrap();
        let disabled = "UPDATE crm_user SET disabled_at = 1";
        sqlx::raw_sql(AssertSqlSafe(disabled.to_owned()))
            .execute(&mut *tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let findings = examine(world).await;
        let (grade, said) = about(&findings, "administrator");
        assert_eq!(grade, Grade::Error);
        assert!(said.contains("`deskbridge init"), "{said}");
    })
    .await;
}

#[tokio::test]
async fn the_order_stays_whoever_answers_last_or_not_at_all() {
    let folder = std::env::temp_dir().join("nobody-made-this-folder");
    let world = World::builder()
        .engine(move |settings| settings.sources.import_folders = vec![folder.clone()]);
    world
        .each(async |world| {
            // Nobody listens there any more once the listener is gone.
            let (closed, listener) = nowhere().await;
            drop(listener);
            let names: Vec<String> = ('a'..='l').map(|letter| format!("{letter}-shop")).collect();
            let zendesk = world.zendesk().url();
            for name in names.iter().rev() {
                let url = match name.as_str() {
                    "b-shop" => format!("http://{closed}"),
                    _ => zendesk.clone(),
                };
                add_integration(world, name, &url).await;
            }
            add_destination(world, "support").await;
            add_database(
                world,
                "warehouse",
                &format!("postgres://reader@{closed}/people"),
            )
            .await;
            let findings = examine(world).await;
            let mut expected = vec![
                ("database".to_owned(), Grade::Ok),
                ("administrator".to_owned(), Grade::Ok),
            ];
            for name in &names {
                let mut expect =
                    |what: &str, grade| expected.push((format!("{name}, {what}"), grade));
                expect("state", Grade::Warning);
                match name.as_str() {
                    "b-shop" => expect("sign-in", Grade::Error),
                    _ => {
                        expect("sign-in", Grade::Ok);
                        expect("clock", Grade::Ok);
                    }
                }
                expect("API token", Grade::Warning);
                expect("limits", Grade::Ok);
            }
            let rest = [
                ("main, sign-in", Grade::Ok),
                ("main, clock", Grade::Ok),
                ("main, API token", Grade::Warning),
                ("main, limits", Grade::Ok),
                ("destination support", Grade::Ok),
                ("database warehouse", Grade::Error),
                ("import folder", Grade::Warning),
            ];
            expected.extend(rest.map(|(check, grade)| (check.to_owned(), grade)));
            let expected: Vec<(&str, Grade)> = expected
                .iter()
                .map(|(check, grade)| (check.as_str(), *grade))
                .collect();
            assert_eq!(grades(&findings[1..]), expected);
            assert_eq!(grades(&examine(world).await[1..]), expected);
            // Each names a page or a deed: whoever reads them on a page has no terminal.
            let naming = findings
                .iter()
                .find(|one| one.finding.contains("`deskbridge"));
            assert_eq!(naming, None);
        })
        .await;
}

#[tokio::test]
async fn whoever_takes_the_request_and_never_answers_is_waited_for_half_a_minute() {
    World::each(async |world| {
        let (silent, listener) = nowhere().await;
        world
            .set(|settings| settings.url = format!("http://{silent}"))
            .await;
        let waiting = async {
            let taken = tokio::time::timeout(PATIENCE, listener.accept()).await;
            world.pass(Duration::from_secs(31));
            // Held open until the examination is over.
            taken.unwrap().unwrap()
        };
        let (findings, _connection) = tokio::join!(examine(world), waiting);
        let (grade, said) = about(&findings, "main, sign-in");
        assert_eq!(grade, Grade::Error);
        assert!(said.contains("did not answer within 30 seconds"), "{said}");
    })
    .await;
}

/// An account that holds each request until so many may be answered. Returns its address, how many requests
/// have come, and what lets them go.
async fn account_that_holds() -> (String, Arc<AtomicUsize>, watch::Sender<usize>) {
    let arrived = Arc::new(AtomicUsize::new(0));
    let (release, released) = watch::channel(0);
    let count = arrived.clone();
    let answering = move || {
        let mut released = released.clone();
        let place = count.fetch_add(1, Ordering::SeqCst) + 1;
        async move {
            released
                .wait_for(|so_many| *so_many >= place)
                .await
                .unwrap();
            let me: Value =
                json!({ "id": 1, "name": "Ada", "email": AGENT_EMAIL, "role": "admin" });
            Json(json!({ "user": me }))
        }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let account = Router::new().fallback(answering);
    tokio::spawn(async move { axum::serve(listener, account).await });
    (url, arrived, release)
}

#[tokio::test]
async fn eight_accounts_are_asked_side_by_side_and_no_more() {
    World::each(async |world| {
        let (url, arrived, release) = account_that_holds().await;
        for number in 0..16 {
            add_integration(world, &format!("a{number:02}"), &url).await;
        }
        let letting_go = async {
            // Each is asked twice, for who we are and for the time.
            for expected in [8, 16, 24, 32] {
                let coming = async {
                    while arrived.load(Ordering::SeqCst) < expected {
                        tokio::task::yield_now().await;
                    }
                };
                let came = tokio::time::timeout(PATIENCE, coming).await;
                assert!(came.is_ok(), "only {arrived:?} of {expected} came");
                // Whoever else were asked would come by now.
                for _ in 0..2_000 {
                    tokio::task::yield_now().await;
                }
                assert_eq!(arrived.load(Ordering::SeqCst), expected);
                release.send_replace(expected);
            }
        };
        let (findings, ()) = tokio::join!(examine(world), letting_go);
        for number in 0..16 {
            let (grade, said) = about(&findings, &format!("a{number:02}, sign-in"));
            assert_eq!(grade, Grade::Ok, "{said}");
        }
    })
    .await;
}
