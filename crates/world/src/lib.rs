//! The world of a test: a Zendesk simulator, a database, a clock and a seed, with the engine
//! between them. The same test runs on SQLite and, where a server is named, on PostgreSQL.
//!
//! ```no_run
//! # async fn example() {
//! use world::World;
//!
//! World::builder().tickets(20).each(async |world| {
//!     assert_eq!(world.sync().await.counters.cases.created, 20);
//!     world.zendesk().edit(|account| account.solve(1)).unwrap();
//!     world.pass_minutes(2);
//!     world.sync().await;
//!     assert_eq!(world.case_of(1).await.fields.status.as_str(), "closed");
//! })
//! .await;
//! # }
//! ```
//!
//! Nothing waits: a sleep of the engine moves the [`ManualClock`], and the simulator's clock with
//! it. Nothing is left to chance: identifiers come from [`SeededDice`].
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "this crate is for tests only: a world that cannot be made is a failed test"
)]

mod actor;
mod builder;
mod crash;
mod database;
mod desk;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

pub use actor::Actor;
pub use builder::Builder;
pub use clock::{Clock, ManualClock, SeededDice};
pub use crash::Crashed;
pub use database::Database;
pub use desk::{Tally, Voice};

use crash::Checkpoints;
use engine::{Engine, schedule, worker};
use jiff::Timestamp;
use secrecy::SecretString;
use simulator::Simulator;
use store::Store;
use store::cases::Case;
use store::comments::CommentRow;
use store::integrations::{self, Integration};
use store::runs::{self, Run};
use store::secrets::Keyring;

/// Who administers the installation, and owns the integration.
pub const ADMIN_EMAIL: &str = "ada@example.com";
/// Who signs in to Zendesk; its administrator, and the default Zendesk user.
pub const AGENT_EMAIL: &str = "agent@example.com";
/// What the integration is called.
pub const INTEGRATION: &str = "main";
/// When every world begins, on both clocks.
pub const BEGINNING: &str = "2026-11-22T12:00:00Z";

/// Requests by method and route, at seconds of Zendesk's clock.
pub type Traffic = Vec<(i64, BTreeMap<String, u64>)>;

/// What the leases of one process of the world are called. Those of former ones are gone.
fn holder(process: u32) -> String {
    format!("world-{process}")
}

/// Simulator, store, clock and engine.
pub struct World {
    simulator: Arc<Simulator>,
    clock: Arc<ManualClock>,
    dice: Arc<SeededDice>,
    database: Database,
    engine: Engine,
    key: SecretString,
    checkpoints: Arc<Checkpoints>,
    process: Arc<AtomicU32>,
    /// At each step of the clock: its second before, and the requests Zendesk had counted by then.
    traffic: Arc<Mutex<Traffic>>,
}

impl World {
    /// Runs `test` in a small world of its own, on SQLite and, where `DESKBRIDGE_TEST_POSTGRES`
    /// names a server, once more on PostgreSQL.
    pub async fn each(test: impl AsyncFn(&mut Self)) {
        Self::builder().each(test).await;
    }

    /// A world to be described first.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The engine at work, for calling what has no name here.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The database.
    pub fn store(&self) -> &Store {
        &self.engine.store
    }

    /// Where the database is, for opening it a second time.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// The clock of everything here. Moving it moves the simulator's.
    pub fn clock(&self) -> &ManualClock {
        &self.clock
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Moves both clocks on.
    pub fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }

    /// Moves both clocks on. Two minutes after an edit every export shows it.
    pub fn pass_minutes(&self, minutes: u64) {
        self.pass(Duration::from_secs(minutes * 60));
    }

    /// Zendesk, for reading and editing it as its people would.
    pub fn zendesk(&self) -> &Simulator {
        &self.simulator
    }

    /// The requests that Zendesk has had so far, by method and route, at each second of its clock
    /// that had any, in order.
    pub fn traffic(&self) -> Traffic {
        let steps = self.traffic.lock().unwrap_or_else(PoisonError::into_inner);
        let present = (self.simulator.now(), self.simulator.requests_by_route());
        let mut before = BTreeMap::new();
        let mut traffic = Traffic::new();
        for (second, total) in steps.iter().cloned().chain([present]) {
            for (route, count) in &total {
                let more = count - before.get(route).unwrap_or(&0);
                if more == 0 {
                    continue;
                }
                if traffic.last().is_none_or(|(last, _)| *last != second) {
                    traffic.push((second, BTreeMap::new()));
                }
                if let Some((_, routes)) = traffic.last_mut() {
                    *routes.entry(route.clone()).or_default() += more;
                }
            }
            before = total;
        }
        traffic
    }

    /// The administrator at work on our side.
    pub fn admin(&self) -> Actor<'_> {
        Actor::new(self, ADMIN_EMAIL)
    }

    /// Somebody else of the staff at work on our side.
    pub fn actor(&self, email: &'static str) -> Actor<'_> {
        Actor::new(self, email)
    }

    /// The integration, as it stands now.
    pub async fn integration(&self) -> Integration {
        let mut reader = self.store().read().await.unwrap();
        integrations::find(&mut reader, INTEGRATION)
            .await
            .unwrap()
            .unwrap()
    }

    /// Changes the integration's settings.
    pub async fn set(&self, change: impl FnOnce(&mut integrations::Settings)) {
        let mut integration = self.integration().await;
        change(&mut integration.settings);
        let mut tx = self.store().begin().await.unwrap();
        let act = self.engine.act(ADMIN_EMAIL);
        integrations::edit(&mut tx, &integration.id, &integration.settings, "test", act)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    /// Asks for a pull, or joins the one that waits, and sees it through. The run may have failed.
    pub async fn sync(&self) -> Run {
        let integration = self.integration().await;
        let scheduled = schedule::schedule_sync(&self.engine, &integration, ADMIN_EMAIL)
            .await
            .unwrap();
        Box::pin(worker::see_through(
            &self.engine,
            &integration.id,
            &scheduled.run_id,
        ))
        .await
        .unwrap()
    }

    /// As [`World::sync`], and the run must have completed.
    pub async fn sync_well(&self) -> Run {
        let run = self.sync().await;
        assert_eq!(run.state, runs::RunState::Completed, "{:?}", run.problem);
        run
    }

    /// Does every job that is due, in this process. Returns how many.
    pub async fn run_jobs(&self) -> usize {
        Box::pin(worker::run_due_jobs(&self.engine)).await.unwrap()
    }

    /// The lines of a run's log that are warnings or errors.
    pub async fn warnings(&self, run: &Run) -> Vec<String> {
        let mut reader = self.store().read().await.unwrap();
        let lines = runs::read_log(&mut reader, &run.id, 0, i64::MAX, true)
            .await
            .unwrap();
        lines.into_iter().map(|line| line.line).collect()
    }

    /// Ends the process, so to speak, and begins a new one: the database is closed and opened
    /// again, and a new worker looks at it.
    pub async fn restart(&mut self) {
        self.store().close().await;
        let process = self.process.fetch_add(1, Ordering::SeqCst) + 1;
        self.checkpoints.settle();
        let keyring = Keyring::parse(&self.key, "the world").unwrap();
        let store = Store::open(self.database.url()).await.unwrap();
        keyring.check(&store, &*self.dice).await.unwrap();
        let mut settings = (*self.engine.settings).clone();
        settings.holder = holder(process);
        self.engine = Engine {
            store,
            keyring: Arc::new(keyring),
            settings: Arc::new(settings),
            memory: Arc::default(),
            ..self.engine.clone()
        };
    }

    /// The case of a ticket.
    pub async fn case_of(&self, ticket: i64) -> Case {
        self.find_case_of(ticket)
            .await
            .unwrap_or_else(|| panic!("ticket {ticket} has no case"))
    }

    /// The case of a ticket, if it has one.
    pub async fn find_case_of(&self, ticket: i64) -> Option<Case> {
        let integration = self.integration().await;
        let mut reader = self.store().read().await.unwrap();
        let cases = store::links::cases_of(&mut reader, &integration.id, &[ticket])
            .await
            .unwrap();
        let id = cases.get(&ticket)?;
        store::cases::find(&mut reader, id).await.unwrap()
    }

    /// The comments of a ticket's case, oldest first.
    pub async fn comments_of(&self, ticket: i64) -> Vec<CommentRow> {
        let case = self.case_of(ticket).await;
        let mut reader = self.store().read().await.unwrap();
        store::comments::of_case(&mut reader, &case.id, 0, i64::MAX)
            .await
            .unwrap()
    }

    /// Our CRM, the mirror, links, conflicts and histories as one text without local ids and
    /// times: two worlds that came to the same end have the same one, line for line.
    pub async fn dump(&self) -> String {
        let mut reader = self.store().read().await.unwrap();
        store::dump::read(&mut reader).await.unwrap()
    }
}
