//! Describing a world, making it, and running a test in it.

use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clock::{Clock as _, ManualClock, SeededDice};
use domain::identity::Unassigned;
use domain::mapping::Maps;
use domain::merge::Priority;
use engine::Engine;
use futures_util::FutureExt as _;
use jiff::Timestamp;
use secrecy::SecretString;
use simulator::Config;
use store::Store;
use store::credentials::{self, CredentialDraft, CredentialKind};
use store::integrations::{self, ContactPolicy, EmailMatch, Settings};
use store::secrets::Keyring;
use store::users::{self, UserRole};
use zendesk::AddressPolicy;

use crate::crash::Checkpoints;
use crate::database::{Database, test_name};
use crate::{ADMIN_EMAIL, AGENT_EMAIL, BEGINNING, INTEGRATION, World, holder};

type Change<T> = Box<dyn Fn(&mut T)>;

/// A world to be made: what is not said is small and plain.
pub struct Builder {
    simulator: Config,
    settings: Vec<Change<Settings>>,
    engine: Vec<Change<engine::Settings>>,
    credential: CredentialKind,
    active: bool,
    seed: u64,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            simulator: Config {
                seed: 7,
                tickets: 20,
                users: 12,
                comments_per_ticket: 3,
                ..Config::default()
            },
            settings: Vec::new(),
            engine: Vec::new(),
            credential: CredentialKind::ApiToken,
            active: true,
            seed: 7,
        }
    }
}

impl Builder {
    /// How many tickets Zendesk has at first.
    #[must_use]
    pub fn tickets(mut self, tickets: u64) -> Self {
        self.simulator.tickets = tickets;
        self
    }

    /// How many users Zendesk has at first, staff included; at least three.
    #[must_use]
    pub fn users(mut self, users: u64) -> Self {
        self.simulator.users = users;
        self
    }

    /// How many comments each ticket has at first, its description included.
    #[must_use]
    pub fn comments(mut self, comments: u32) -> Self {
        self.simulator.comments_per_ticket = comments;
        self
    }

    /// The seed of Zendesk's data and of our identifiers.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.simulator.seed = seed;
        self.seed = seed;
        self
    }

    /// How many records we ask for per page.
    #[must_use]
    pub fn page_size(self, page_size: u32) -> Self {
        self.engine(move |settings| settings.page_size = page_size)
    }

    /// Anything else about the simulator: limits, faults, switches.
    #[must_use]
    pub fn simulator(mut self, change: impl FnOnce(&mut Config)) -> Self {
        change(&mut self.simulator);
        self
    }

    /// The integration's settings.
    #[must_use]
    pub fn settings(mut self, change: impl Fn(&mut Settings) + 'static) -> Self {
        self.settings.push(Box::new(change));
        self
    }

    /// The engine's settings.
    #[must_use]
    pub fn engine(mut self, change: impl Fn(&mut engine::Settings) + 'static) -> Self {
        self.engine.push(Box::new(change));
        self
    }

    /// Two-way, with this side winning a conflict.
    #[must_use]
    pub fn two_way(self, priority: Priority) -> Self {
        self.settings(move |settings| {
            settings.two_way = true;
            settings.priority = priority;
        })
    }

    /// Signs in by OAuth (client credentials) instead of by API token.
    #[must_use]
    pub fn oauth(mut self) -> Self {
        self.credential = CredentialKind::OAuthClient;
        self
    }

    /// Leaves the integration as it is when it was just added.
    #[must_use]
    pub fn inactive(mut self) -> Self {
        self.active = false;
        self
    }

    /// Runs `test` in such a world on SQLite and, where `DESKBRIDGE_TEST_POSTGRES` names a server,
    /// in another such world on PostgreSQL. A database is gone when its test has ended, however it
    /// ended.
    pub async fn each(self, test: impl AsyncFn(&mut World)) {
        self.run(Database::sqlite(), &test).await;
        if let Some(database) = Database::postgres(&test_name()).await {
            self.run(database, &test).await;
        }
    }

    /// Runs `test` in such a world on SQLite only: for what has nothing to do with the database.
    pub async fn once(self, test: impl AsyncFn(&mut World)) {
        self.run(Database::sqlite(), &test).await;
    }

    #[expect(
        clippy::print_stderr,
        reason = "a failed test says on which database it failed"
    )]
    async fn run(&self, database: Database, test: &impl AsyncFn(&mut World)) {
        let kind = database.kind();
        let mut world = Box::pin(self.make(database)).await;
        let ended = AssertUnwindSafe(test(&mut world)).catch_unwind().await;
        if ended.is_err() {
            eprintln!("this was on {kind}");
        }
        Box::pin(world.end()).await;
        if let Err(panic) = ended {
            resume_unwind(panic);
        }
    }

    /// Makes the world, on this database. [`World::end`] ends it.
    pub async fn make(&self, database: Database) -> World {
        let beginning: Timestamp = BEGINNING.parse().unwrap();
        let simulator = simulator::start(Config {
            start: Some(beginning.as_second()),
            still_clock: true,
            ..self.simulator.clone()
        });
        let simulator = Arc::new(simulator.await.unwrap());
        let clock = Arc::new(ManualClock::at(beginning));
        let follower = simulator.clone();
        let traffic = Arc::new(Mutex::new(Vec::new()));
        let seen = traffic.clone();
        clock.on_advance(move |by| {
            let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.push((follower.now(), follower.requests_by_route()));
            follower.advance(by);
        });
        let dice = Arc::new(SeededDice::new(self.seed));
        let key: SecretString = Keyring::generate(&*dice);
        let keyring = Keyring::parse(&key, "the world").unwrap();
        let store = Store::open(database.url()).await.unwrap();
        keyring.check(&store, &*dice).await.unwrap();
        let checkpoints = Arc::new(Checkpoints::default());
        let mut settings = engine::Settings {
            holder: holder(0),
            lease: Duration::from_secs(120),
            page_size: 1000,
            request_timeout: Duration::from_secs(60),
            addresses: AddressPolicy {
                allow_loopback: true,
                extra_hosts: Vec::new(),
            },
            settle: Duration::from_secs(2),
            files: engine::attachments::Limits::default(),
            sources: engine::Sources::default(),
            alerts: engine::alerts::Channels::default(),
            outgoing_webhooks: engine::outgoing_webhooks::Rules::default(),
        };
        for change in &self.engine {
            change(&mut settings);
        }
        let process = Arc::new(AtomicU32::new(0));
        let living = process.clone();
        let engine = Engine {
            store,
            keyring: Arc::new(keyring),
            clock: clock.clone(),
            dice: dice.clone(),
            settings: Arc::new(settings),
            checkpoint: checkpoints.listener(),
            is_gone: Arc::new(move |name| name != holder(living.load(Ordering::SeqCst))),
            memory: Arc::default(),
        };
        self.set_up(&engine, &simulator.url()).await;
        let world = World {
            simulator,
            clock,
            dice,
            database,
            engine,
            key,
            checkpoints,
            process,
            traffic,
        };
        if self.active {
            let integration = world.integration().await;
            let engine = world.engine();
            Box::pin(engine::integrations::activate(
                engine,
                &integration,
                ADMIN_EMAIL,
            ))
            .await
            .unwrap();
        }
        world.forget_steps();
        world
    }

    async fn set_up(&self, engine: &Engine, url: &str) {
        let mut tx = engine.store.begin().await.unwrap();
        let admin = users::add(
            &mut tx,
            ADMIN_EMAIL,
            "Ada Lovelace",
            UserRole::Administrator,
            None,
            engine.clock.now(),
            &*engine.dice,
        )
        .await
        .unwrap();
        let token = self.simulator.api_token.clone();
        let draft = match self.credential {
            CredentialKind::ApiToken => CredentialDraft {
                name: INTEGRATION.to_owned(),
                description: String::new(),
                kind: CredentialKind::ApiToken,
                email: Some(AGENT_EMAIL.to_owned()),
                client_id: None,
                secret: Some(token.into()),
            },
            // The other kinds sign in nowhere, and no builder sets one.
            kind @ (CredentialKind::OAuthClient
            | CredentialKind::OAuthTokens
            | CredentialKind::Database
            | CredentialKind::ObjectStore) => CredentialDraft {
                name: INTEGRATION.to_owned(),
                description: String::new(),
                kind,
                email: None,
                client_id: Some(self.simulator.oauth.id.clone()),
                secret: Some(self.simulator.oauth.secret.clone().into()),
            },
        };
        let act = engine.act(ADMIN_EMAIL);
        let credential_id = credentials::add(&mut tx, &engine.keyring, &draft, act)
            .await
            .unwrap();
        let mut settings = Settings {
            name: INTEGRATION.to_owned(),
            kind: engine::integrations::ZENDESK.to_owned(),
            url: url.to_owned(),
            credential_id,
            default_email: Some(AGENT_EMAIL.to_owned()),
            owner_id: admin.id,
            two_way: false,
            priority: Priority::Remote,
            interval: Duration::from_secs(60),
            contacts: ContactPolicy::TicketPeople,
            unassigned: Unassigned::Leave,
            email_match: EmailMatch::Primary,
            budget_share: 50,
            maps: Maps::default(),
        };
        for change in &self.settings {
            change(&mut settings);
        }
        integrations::add(&mut tx, &settings, act).await.unwrap();
        tx.commit().await.unwrap();
    }
}

impl World {
    /// Ends the world: its database is closed and gone.
    pub async fn end(self) {
        self.close().await.remove().await;
    }

    /// Ends the world and hands its database on, empty: quicker than to make another one.
    pub async fn leave(self) -> Database {
        self.close().await.emptied().await
    }

    async fn close(self) -> Database {
        self.engine.store.close().await;
        let Self {
            database,
            engine,
            clock,
            ..
        } = self;
        drop(engine);
        // The clock holds the simulator, which ends with its last holder.
        clock.on_advance(|_| {});
        database
    }
}
