//! An installation for a test: a store with people in it, and its pages on a socket.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use clock::{Clock as _, ManualClock, SeededDice};
use engine::{Engine, Settings};
use jiff::Timestamp;
use store::secrets::Keyring;
use store::users::{User, UserRole};
use store::{Store, scratch};
use web::Options;

use crate::browser::Browser;

/// Names a PostgreSQL server in which tests may create and drop databases.
const POSTGRES: &str = "DESKBRIDGE_TEST_POSTGRES";

pub(crate) const EMAIL: &str = "ada@example.com";
pub(crate) const PASSWORD: &str = "correct-horse";

/// An installation with one administrator, Ada.
pub(crate) struct House {
    pub(crate) engine: Engine,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) ada: User,
    address: SocketAddr,
}

/// Runs `test` on SQLite and, if there is a server, on PostgreSQL.
pub(crate) async fn on_both<F>(test: impl Fn(House) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    on_both_at(None, test).await;
}

/// The same, for an installation that browsers reach at `public_url`.
pub(crate) async fn on_both_at<F>(public_url: Option<&str>, test: impl Fn(House) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("desk.db");
    let store = Store::open_file(&file).await.unwrap();
    test(House::build(store, public_url).await).await;

    let Some(server) = std::env::var(POSTGRES).ok().filter(|url| !url.is_empty()) else {
        let thread = std::thread::current();
        let name = thread.name().unwrap_or("pages").to_owned();
        println!("skipped: {name} on PostgreSQL needs {POSTGRES}");
        return;
    };
    on_postgres(&server, public_url, test).await;
}

async fn on_postgres<F>(server: &str, public_url: Option<&str>, test: impl Fn(House) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = format!("deskbridge_web_{}_{number}", std::process::id());
    let url = scratch::create_with_tables(server, &name).await.unwrap();
    let store = Store::open(&url).await.unwrap();
    let house = House::build(store, public_url).await;
    // In a task of its own, so that the database goes whatever the test says.
    let outcome = tokio::spawn(test(house)).await;
    scratch::drop(server, &name).await.unwrap();
    assert!(outcome.is_ok(), "it failed on PostgreSQL");
}

impl House {
    /// Builds it on an empty store; browsers are told to reach it at `public_url`.
    pub(crate) async fn build(store: Store, public_url: Option<&str>) -> Self {
        let clock = Arc::new(ManualClock::at("2026-11-22T09:00:00Z".parse().unwrap()));
        let dice = Arc::new(SeededDice::new(7));
        let key = Keyring::generate(&*dice);
        let mut settings = Settings {
            holder: "test".to_owned(),
            lease: Duration::from_secs(60),
            page_size: 100,
            request_timeout: Duration::from_secs(10),
            addresses: Default::default(),
            settle: Duration::from_secs(2),
            files: engine::attachments::Limits::default(),
            sources: engine::Sources::default(),
            alerts: engine::alerts::Channels::default(),
            outgoing_webhooks: engine::outgoing_webhooks::Rules::default(),
        };
        // A simulator of this machine may stand for Zendesk.
        settings.addresses.allow_loopback = true;
        let engine = Engine {
            store,
            keyring: Arc::new(Keyring::parse(&key, "the test").unwrap()),
            clock: clock.clone(),
            dice,
            settings: Arc::new(settings),
            checkpoint: Arc::new(|_| {}),
            is_gone: Arc::new(|_| false),
            memory: Arc::default(),
        };
        let keyring = engine.keyring.clone();
        keyring.check(&engine.store, &*engine.dice).await.unwrap();
        let ada = add_user(&engine, EMAIL, "Ada Lovelace", Some(PASSWORD)).await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = web::app(engine.clone(), Options::new(public_url, "1.2.3").unwrap());
        tokio::spawn(web::serve(listener, app, std::future::pending()));
        Self {
            engine,
            clock,
            ada,
            address,
        }
    }

    /// Where its pages are.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A browser of somebody who has not signed in.
    pub(crate) fn stranger(&self) -> Browser {
        Browser::at(self.address)
    }

    /// A browser in which Ada has signed in.
    pub(crate) async fn browser(&self) -> Browser {
        let mut browser = self.stranger();
        let answer = browser.sign_in(EMAIL, PASSWORD).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        browser
    }

    /// Adds somebody to the staff, who cannot log in.
    pub(crate) async fn user(&self, email: &str, name: &str) -> User {
        add_user(&self.engine, email, name, None).await
    }

    /// A browser in which somebody of this role has signed in.
    pub(crate) async fn browser_of(&self, role: UserRole) -> Browser {
        self.id_of(role).await;
        let mut browser = self.stranger();
        let email = format!("{}@example.com", role.as_str());
        let answer = browser.sign_in(&email, PASSWORD).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        browser
    }

    /// The id of somebody of this role, whose email is the role's name at example.com.
    pub(crate) async fn id_of(&self, role: UserRole) -> String {
        let email = format!("{}@example.com", role.as_str());
        let connection = &mut *self.engine.store.read().await.unwrap();
        let found = store::users::by_email(connection, &email).await.unwrap();
        match found {
            Some(user) => user.id,
            None => {
                let name = format!("The {}", role.as_str());
                let added = add(&self.engine, &email, &name, role, Some(PASSWORD)).await;
                added.id
            }
        }
    }

    pub(crate) fn id(&self) -> String {
        store::ids::new_id(self.now(), &*self.engine.dice)
    }
}

async fn add_user(engine: &Engine, email: &str, name: &str, password: Option<&str>) -> User {
    add(engine, email, name, UserRole::Administrator, password).await
}

async fn add(
    engine: &Engine,
    email: &str,
    name: &str,
    role: UserRole,
    password: Option<&str>,
) -> User {
    let hash = password
        .map(|text| store::passwords::hash(&text.to_owned().into(), &*engine.dice).unwrap());
    let mut tx = engine.store.begin().await.unwrap();
    let (now, dice) = (engine.now(), &*engine.dice);
    let user = store::users::add(&mut tx, email, name, role, hash, now, dice).await;
    tx.commit().await.unwrap();
    user.unwrap()
}
