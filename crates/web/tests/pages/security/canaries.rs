//! Ten thousand requests with planted canaries (security-and-operations.md 1, *Logging / PII*): over every
//! route and operation, by everybody, signed in, signed out, with good and bad input. No secret comes back in
//! any answer or stands in the log; nothing of a customer's is in the log, nor in what those get who are to
//! see no personal data.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use secrecy::ExposeSecret as _;
use store::credentials::{CredentialDraft, CredentialKind};
use tracing_subscriber::EnvFilter;
use world::World;

use super::client::{Reply, Request};
use super::forms;
use super::furniture::{self, Seeds, Site};
use super::knocks::{self, Knock, Visitor};
use crate::browser::Browser;

/// How many are on their way at once.
const AT_ONCE: usize = 8;

/// What every planted secret begins with.
const SECRET: &str = "zqs-";

/// What the addresses of colleagues end with who see everything themselves.
const COLLEAGUE: &str = "-false@staff.example";

/// What every planted text of a customer's has in it, and what reaches a colleague.
pub(super) const PERSONAL: [&str; 7] = [
    "Zqpname",
    "zqpmail",
    "zqphost",
    "Zqpvalue",
    "731 046 82",
    "7310468259",
    COLLEAGUE,
];

/// Names that people of the staff or the account's administrators gave hold nobody's personal data.
fn text(place: &str) -> String {
    let theirs = [
        "subject", "comment", "html", "file", "attached", "theirs", "ours", "refusal",
    ];
    match theirs.contains(&place) {
        // Zendesk takes no `@` in a tag, and no blanks.
        false if place == "tag" => "7310468259".to_owned(),
        true => format!("{place}: mail zqpmail-{place}@zqphost.example or call +1 731 046 8259"),
        false => format!("The {place}"),
    }
}

pub(super) const SEEDS: Seeds = Seeds {
    text,
    name: |place| format!("Zqpname{place} Zqpname"),
    email: |place| format!("zqpmail-{place}@zqphost.example"),
    phone: |_| "+1 731 046 8259".to_owned(),
    value: |place| format!("Zqpvalue {place}"),
};

/// What our own processes would log with `-vvv`, and what a panic says.
static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOG.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn listen() {
    let ours = [
        "pages", "engine", "web", "store", "zendesk", "notify", "audience", "domain",
    ];
    let ours: Vec<String> = ours.iter().map(|name| format!("{name}=trace")).collect();
    let filter = EnvFilter::try_new(format!("warn,{}", ours.join(","))).unwrap();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(|| Log)
        .with_ansi(false)
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();
    std::panic::set_hook(Box::new(|panic| {
        // The test's own panics are read by its runner.
        println!("{panic}");
        drop(writeln!(Log, "{panic}"));
    }));
}

/// Stores secrets of every kind, and returns those that are not known by how they begin.
async fn plant_secrets(world: &World, site: &Site, visitors: &[Visitor]) -> Vec<String> {
    for form in [
        "kind=zendesk&name=c1&sign_in=token&api_token=zqs-token&email=agent%40example.com",
        "kind=zendesk&name=c2&sign_in=oauth&client_id=desk&client_secret=zqs-client",
        "kind=object-store&name=c4&key_id=AKIA&secret_key=zqs-key",
    ] {
        let fields: Vec<(String, String)> = form
            .split('&')
            .map(|pair| pair.split_once('=').unwrap())
            .map(|(name, value)| {
                let value = value
                    .replace("%40", "@")
                    .replace("%3A", ":")
                    .replace("%2F", "/");
                (name.to_owned(), value)
            })
            .collect();
        let request = Request::form("/credentials", &fields).by_person(&site.admin);
        let reply = request.send(site.at).await;
        assert_eq!(reply.status, 303, "{form}: {}", reply.body);
    }
    let engine = world.engine();
    // An address that a database does not answer at is refused by the form, so it is stored by hand.
    let draft = CredentialDraft {
        name: "c3".to_owned(),
        description: String::new(),
        kind: CredentialKind::Database,
        email: None,
        client_id: None,
        secret: Some(
            "postgres://desk:zqs-database@127.0.0.1:1/desk"
                .to_owned()
                .into(),
        ),
    };
    let mut tx = engine.store.begin().await.unwrap();
    let act = engine.act(world::ADMIN_EMAIL);
    store::credentials::add(&mut tx, &engine.keyring, &draft, act)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let integration = world.integration().await;
    let url = format!("http://{}", site.at);
    let installed = engine::webhooks::install(engine, &integration, &url, world::ADMIN_EMAIL);
    Box::pin(installed).await.unwrap();
    let mut reader = engine.store.read().await.unwrap();
    let (keyring, now) = (&engine.keyring, engine.now());
    let found = store::webhooks::secrets(&mut reader, keyring, &integration.id, now).await;
    let signed_with = found.unwrap();
    assert_eq!(signed_with.len(), 1);
    let mut secrets: Vec<String> = signed_with
        .into_iter()
        .map(|secret| secret.expose_secret().to_owned())
        .collect();
    for visitor in visitors {
        secrets.extend(visitor.session.clone());
        secrets.extend(visitor.token.clone());
    }
    secrets
}

/// What a request brought back that it must not.
fn leak(knock: &Knock, reply: &Reply, secrets: &[String]) -> Option<String> {
    let whole = [reply.head.as_str(), reply.body.as_str()];
    let has = |canary: &str| whole.iter().any(|part| part.contains(canary));
    let mut found: Vec<&str> = has(SECRET).then_some(SECRET).into_iter().collect();
    found.extend(secrets.iter().map(String::as_str).filter(|one| has(one)));
    if knock.restricted {
        // A page may repeat what it was asked with.
        let asked = knock.request.path.replace("%40", "@");
        let tells = |one: &&str| has(one) && !asked.contains(*one);
        found.extend(PERSONAL.into_iter().filter(tells));
    }
    if !reply.is_guarded() {
        found.push("no policy");
    }
    let first = found.first()?;
    let at = reply.body.find(first).unwrap_or_default();
    let near: String = reply.body[..at].chars().rev().take(200).collect();
    let near: String = near.chars().rev().collect();
    Some(format!(
        "{} {} answers {} with {found:?}, after {near:?}",
        knock.request.method, knock.request.path, reply.status
    ))
}

/// What came back of many requests.
#[derive(Default)]
struct Came {
    /// What leaked.
    leaks: Vec<String>,
    /// What was too odd to be answered.
    failures: Vec<String>,
    /// All statuses.
    statuses: Vec<u16>,
}

impl Came {
    fn note(&mut self, knock: &Knock, reply: &Reply, secrets: &[String]) {
        self.leaks.extend(leak(knock, reply, secrets));
        self.statuses.push(reply.status);
        if reply.status >= 500 {
            let Request { method, path, .. } = &knock.request;
            let answer: String = reply.body.chars().take(2_000).collect();
            self.failures.push(format!("{method} {path}: {answer}"));
        }
    }
}

/// Sends them all, several at once.
async fn send(at: SocketAddr, knocks: Vec<Knock>, secrets: &[String]) -> Came {
    let (knocks, secrets) = (Arc::new(knocks), Arc::new(secrets.to_vec()));
    let next = Arc::new(AtomicUsize::new(0));
    let mut work = tokio::task::JoinSet::new();
    for _ in 0..AT_ONCE {
        let (knocks, secrets, next) = (knocks.clone(), secrets.clone(), next.clone());
        work.spawn(async move {
            let mut came = Came::default();
            while let Some(knock) = knocks.get(next.fetch_add(1, Ordering::Relaxed)) {
                let reply = knock.request.send(at).await;
                came.note(knock, &reply, &secrets);
            }
            came
        });
    }
    let mut all = Came::default();
    while let Some(done) = work.join_next().await {
        let came = done.unwrap();
        all.leaks.extend(came.leaks);
        all.failures.extend(came.failures);
        all.statuses.extend(came.statuses);
    }
    all
}

/// What the log says that it must not.
fn leaks_of_the_log(secrets: &[String]) -> Vec<String> {
    let log = String::from_utf8_lossy(&LOG.lock().unwrap()).into_owned();
    assert!(log.lines().count() > 3, "the log is listened to: {log}");
    let is_leak = |line: &&str| {
        let secret = line.contains(SECRET) || secrets.iter().any(|one| line.contains(one));
        let secret = secret || line.contains("@staff.example");
        secret || PERSONAL.iter().any(|one| line.contains(one))
    };
    let leaks = log.lines().filter(is_leak);
    leaks.map(|line| format!("the log says {line}")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_requests_bring_no_secret_and_nobodys_data_to_those_who_are_not_to_see_it() {
    listen();
    let folder = tempfile::tempdir().unwrap();
    furniture::small(&folder)
        .once(async |world| {
            let site = Box::pin(furniture::furnish(world, &SEEDS)).await;
            let visitors = knocks::visitors(world, &site).await;
            let secrets = plant_secrets(world, &site, &visitors).await;
            assert!(secrets.len() > 15, "{}", secrets.len());
            let pages = forms::walk(site.at, &site.admin).await;
            let shows = |page: &&Reply| page.body.contains("zqpmail");
            let shown = pages.values().filter(shows).count();
            assert!(
                shown > 10,
                "an administrator sees what was planted on {shown} pages"
            );
            let paths: Vec<String> = pages.keys().cloned().collect();
            let all = pages.values().flat_map(|page| forms::forms(&page.body));
            let knocks = knocks::plan(&paths, all.collect(), &visitors);
            let sent = knocks.len();
            let Came {
                mut leaks,
                failures,
                statuses,
            } = send(site.at, knocks, &secrets).await;
            for number in 0..20 {
                let mut browser = Browser::at(site.at);
                let password = format!("zqs-{number}");
                let email = format!("zqpmail-{number}@zqphost.example");
                let answer = browser.sign_in(&email, &password).await;
                assert!(!answer.has(SECRET));
            }
            // What those requests asked for is done as well.
            world.run_jobs().await;

            let count = |kind: u16| statuses.iter().filter(|one| **one / 100 == kind).count();
            let counts = [0, 2, 3, 4, 5].map(count);
            println!("{sent} requests; unanswered, well, led on, refused, failed: {counts:?}");
            leaks.extend(leaks_of_the_log(&secrets));
            leaks.sort();
            leaks.dedup();
            let few: Vec<String> = leaks.iter().take(40).cloned().collect();
            assert!(
                leaks.is_empty(),
                "{} leaks:\n{}",
                leaks.len(),
                few.join("\n")
            );
            let [unanswered, well, led_on, refused, _] = counts;
            assert!(sent >= 10_000 && well > 2_000 && led_on > 500 && refused > 1_000);
            let log = String::from_utf8_lossy(&LOG.lock().unwrap()).into_owned();
            let causes = log.lines().filter(|line| line.contains("ERROR"));
            let causes = causes.collect::<Vec<_>>().join("\n");
            assert!(failures.is_empty(), "{}\n{causes}", failures.join("\n"));
            assert_eq!(unanswered, 0, "nothing is too odd to be answered");
        })
        .await;
}
