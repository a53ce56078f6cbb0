//! An installation that syncs both ways, and the people who work with it.

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use clock::{Clock as _, Dice as _, ManualClock, SeededDice, SystemClock, SystemDice};
use domain::merge::Priority;
use engine::actions::{self, CaseEdit};
use engine::attachments::{self, NewComment};
use engine::{Engine, schedule, worker};
use store::Store;
use store::runs::RunState;
use store::secrets::Keyring;
use tempfile::TempDir;
use zendesk::AddressPolicy;

pub(crate) const ADMIN: &str = "ada@example.com";
pub(crate) const POSTGRES: &str = "DESKBRIDGE_TEST_POSTGRES";
/// What decides who does what, if it is to be as in an earlier run.
const SEED: &str = "DESKBRIDGE_TEST_SEED";

/// A data folder and its database.
pub(crate) struct Desk {
    pub(crate) folder: TempDir,
    /// The database on a server; the file in the folder without it.
    pub(crate) server: Option<String>,
}

impl Desk {
    /// Sets it up for the account at `url`, and pulls once.
    pub(crate) fn set_up(url: &str, wins: Priority, server: Option<&str>) -> Self {
        let desk = Self {
            folder: tempfile::tempdir().unwrap(),
            server: server.map(str::to_owned),
        };
        let wins = match wins {
            Priority::Remote => "remote",
            Priority::Local => "local",
        };
        for words in [
            "init --admin-email ada@example.com --admin-password-env ADMIN_PASSWORD".to_owned(),
            format!(
                "integration add main --url {url} --api-email agent@example.com --api-token-env ZENDESK_TOKEN \
                 --default-user-email agent@example.com --owner {ADMIN} --two-way --priority {wins}"
            ),
            "integration activate main".to_owned(),
            "sync main --json".to_owned(),
        ] {
            desk.ok(&words);
        }
        desk
    }

    /// The same installation on another machine: its key in another folder, the database shared.
    pub(crate) fn elsewhere(&self) -> Self {
        let other = Self {
            folder: tempfile::tempdir().unwrap(),
            server: self.server.clone(),
        };
        self.copy_into(other.folder.path());
        other
    }

    /// Copies the files of the installation. Nothing may be running in it.
    pub(crate) fn copy_into(&self, folder: &Path) {
        for entry in std::fs::read_dir(self.folder.path()).unwrap() {
            let file = entry.unwrap().path();
            if file.is_file() {
                std::fs::copy(&file, folder.join(file.file_name().unwrap())).unwrap();
            }
        }
    }

    pub(crate) fn command(&self, words: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_deskbridge"));
        command
            .args(words.split_whitespace())
            .env("DESKBRIDGE_DATA", self.folder.path())
            .env("DESKBRIDGE_ALLOW_LOOPBACK", "1")
            .env("ADMIN_PASSWORD", "a long enough password")
            .env("ZENDESK_TOKEN", "token")
            .env_remove("DESKBRIDGE_DATABASE_URL")
            .env_remove("DESKBRIDGE_KEY");
        if let Some(url) = &self.server {
            command.env("DESKBRIDGE_DATABASE_URL", url);
        }
        command
    }

    /// Runs a command that must end well, while the simulator answers it from this process.
    pub(crate) fn ok(&self, words: &str) {
        let done = run(&mut self.command(words));
        assert!(done.status.success(), "{words}: {}", said(&done));
    }

    /// `serve`, and where it serves.
    pub(crate) fn serve(&self) -> Serving {
        use std::io::{BufRead as _, BufReader};
        let child = self
            .command("serve --listen 127.0.0.1:0")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut serving = Serving {
            child,
            url: String::new(),
        };
        tokio::task::block_in_place(|| {
            let mut lines = BufReader::new(serving.child.stdout.take().unwrap());
            let mut line = String::new();
            lines.read_line(&mut line).unwrap();
            let at = line.find("http").expect("it says where it serves");
            serving.url = line[at..].trim().trim_end_matches('/').to_owned();
        });
        serving
    }

    /// The database, and an engine that people's doings go through in this process.
    pub(crate) async fn people(&self) -> People {
        self.people_whose_edits_settle(Duration::from_secs(2)).await
    }

    /// As [`Desk::people`], and their edits are gathered for so long before they are sent.
    pub(crate) async fn people_whose_edits_settle(&self, settle: Duration) -> People {
        let store = match &self.server {
            Some(url) => Store::open(url).await.unwrap(),
            None => {
                let file = self.folder.path().join("deskbridge.db");
                Store::open_file(&file).await.unwrap()
            }
        };
        let key = std::fs::read_to_string(self.folder.path().join("key")).unwrap();
        let key = key.trim().to_owned().into();
        let engine = Engine {
            store,
            keyring: Arc::new(Keyring::parse(&key, "the test").unwrap()),
            clock: Arc::new(SystemClock),
            dice: Arc::new(SystemDice),
            settings: Arc::new(engine::Settings {
                holder: "people".to_owned(),
                lease: Duration::from_secs(120),
                page_size: 1000,
                request_timeout: Duration::from_secs(60),
                addresses: AddressPolicy {
                    allow_loopback: true,
                    extra_hosts: Vec::new(),
                },
                settle,
                files: attachments::Limits::default(),
                sources: engine::Sources::default(),
                alerts: engine::alerts::Channels::default(),
                outgoing_webhooks: engine::outgoing_webhooks::Rules::default(),
            }),
            checkpoint: Arc::new(|_| {}),
            is_gone: Arc::new(|_| false),
            memory: Arc::default(),
        };
        let mut reader = engine.store.read().await.unwrap();
        let admin = store::users::by_email(&mut reader, ADMIN).await.unwrap();
        let admin = admin.unwrap().id;
        let integration = store::integrations::find(&mut reader, "main")
            .await
            .unwrap();
        drop(reader);
        People {
            engine,
            admin,
            integration: integration.unwrap().id,
        }
    }
}

/// A running `serve`, killed with its owner.
pub(crate) struct Serving {
    pub(crate) child: Child,
    pub(crate) url: String,
}

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// People at work on cases, in the same database as the binary.
pub(crate) struct People {
    pub(crate) engine: Engine,
    pub(crate) admin: String,
    pub(crate) integration: String,
}

impl People {
    /// The case of a ticket.
    pub(crate) async fn case_of(&self, ticket: i64) -> String {
        let mut reader = self.engine.store.read().await.unwrap();
        let cases = store::links::cases_of(&mut reader, &self.integration, &[ticket]).await;
        let mut cases = cases.unwrap();
        cases
            .remove(&ticket)
            .unwrap_or_else(|| panic!("ticket {ticket} has no case"))
    }

    /// The Zendesk users that a case's contact is, and the contact's name.
    pub(crate) async fn contact_of(&self, case: &str) -> (Vec<i64>, String) {
        let mut reader = self.engine.store.read().await.unwrap();
        let case = store::cases::find(&mut reader, case).await.unwrap();
        let contact = [case.unwrap().fields.contact.expect("a contact")];
        let found = store::contacts::by_ids(&mut reader, &contact).await;
        let name = found.unwrap()[&contact[0]].name.full();
        let integration = &self.integration;
        let users = store::zendesk_users::by_contact(&mut reader, integration, &contact).await;
        let users = users.unwrap().into_iter().filter(|user| user.active);
        (users.map(|user| user.remote_id).collect(), name)
    }

    pub(crate) async fn edit(&self, case: &str, edit: CaseEdit) {
        actions::edit(&self.engine, case, edit, ADMIN)
            .await
            .unwrap();
    }

    pub(crate) async fn say(&self, case: &str, text: &str, public: bool) {
        let new = NewComment {
            case,
            text,
            public,
            author: &self.admin,
            actor: ADMIN,
        };
        let limits = attachments::Limits::default();
        attachments::comment(&self.engine, new, Vec::new(), limits)
            .await
            .unwrap();
    }

    /// Makes a case here that has no ticket, and asks for one.
    pub(crate) async fn publish(&self, subject: &str) -> String {
        let new = actions::NewCase {
            subject: subject.to_owned(),
            description: format!("It is about {subject}."),
            priority: domain::case::CasePriority::Normal,
            contact: None,
            assigned_to: None,
            owner: self.admin.clone(),
        };
        let case = actions::create(&self.engine, new, ADMIN).await.unwrap().id;
        actions::publish(&self.engine, &case, None, ADMIN)
            .await
            .unwrap();
        case
    }

    /// How much waits: operations, hints.
    pub(crate) async fn left(&self) -> i64 {
        let mut reader = self.engine.store.read().await.unwrap();
        let left = store::outbox::counts(&mut reader, &self.integration).await;
        let looks = store::inbox::open_counts(&mut reader, &self.integration).await;
        let (left, looks) = (left.unwrap(), looks.unwrap());
        left.waiting + left.claimed + looks.waiting
    }

    /// A run in this process, on a clock that is so much ahead.
    pub(crate) async fn sync_later(&self, by: Duration) {
        let engine = Engine {
            clock: Arc::new(ManualClock::at(SystemClock.now() + by)),
            ..self.engine.clone()
        };
        let mut reader = engine.store.read().await.unwrap();
        let main = store::integrations::find(&mut reader, "main").await;
        drop(reader);
        let main = main.unwrap().unwrap();
        let asked = schedule::schedule_sync(&engine, &main, ADMIN)
            .await
            .unwrap();
        let run = Box::pin(worker::see_through(&engine, &main.id, &asked.run_id)).await;
        let run = run.unwrap();
        assert_eq!(run.state, RunState::Completed, "{:?}", run.problem);
    }

    /// Waits until nothing waits any more.
    pub(crate) async fn idle(&self, longest: Duration) {
        let until = self.engine.now() + longest;
        while self.left().await > 0 {
            if self.engine.now() >= until {
                panic!("still waiting:\n{}", self.waiting().await);
            }
            SystemClock.sleep(Duration::from_millis(50)).await;
        }
    }

    /// What waits to be sent, for whoever reads a failure.
    async fn waiting(&self) -> String {
        let mut reader = self.engine.store.read().await.unwrap();
        let (integration, now) = (&self.integration, self.engine.now());
        let cases = store::outbox::waiting_cases_after(&mut reader, integration, None, i64::MAX);
        let mut told = vec![format!("It is {now}.")];
        for case in cases.await.unwrap() {
            let line = store::outbox::of_line(&mut reader, &case).await.unwrap();
            let line = line.into_iter().map(|entry| entry.operation);
            told.extend(line.map(|operation| format!("{operation:?}")));
        }
        told.join("\n")
    }
}

/// Who does what, by lot: the same lots for the same seed.
pub(crate) struct Lots(SeededDice);

impl Lots {
    /// The seed is printed, so that what a failed test did can be done again: `DESKBRIDGE_TEST_SEED`.
    pub(crate) fn new() -> Self {
        let seed = std::env::var(SEED).ok().and_then(|seed| seed.parse().ok());
        let seed = seed.unwrap_or_else(|| {
            let mut bytes = [0; 8];
            SystemDice.fill(&mut bytes);
            u64::from_le_bytes(bytes)
        });
        println!("{SEED}={seed}");
        Self(SeededDice::new(seed))
    }

    /// A number below `below`.
    pub(crate) fn throw(&self, below: usize) -> usize {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        usize::try_from(u64::from_le_bytes(bytes) % u64::try_from(below).unwrap()).unwrap()
    }
}

/// Runs a command to its end while the simulator answers it from this process.
pub(crate) fn run(command: &mut Command) -> Output {
    tokio::task::block_in_place(|| command.output().unwrap())
}

pub(crate) fn said(done: &Output) -> String {
    format!(
        "{} {}{}",
        done.status,
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr)
    )
}
