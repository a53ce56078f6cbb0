//! An installation that sends profiles by the real binary, and a look into its database while no process
//! works there.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, Output};

use serde_json::Value;
use store::{Store, destinations, send_batches, workflows};
use tempfile::TempDir;

/// A data folder and its database.
pub(crate) struct Desk {
    folder: TempDir,
    /// The database on a server; the file in the folder without it.
    server: Option<String>,
}

/// What became of a workflow so far.
pub(crate) struct Seen {
    pub(crate) is_over: bool,
    /// What it was at, for people.
    pub(crate) phase: String,
    /// Batches that were kept and of which nobody knows whether Zendesk took them: their ids, and how
    /// many rows each has.
    pub(crate) unknown: Vec<(String, u64)>,
}

/// A process at work, which is ended with its owner.
pub(crate) struct Process(pub(crate) Child);

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

impl Desk {
    /// Sets it up with a destination that no cap slows down yet.
    pub(crate) fn set_up(url: &str, server: Option<&str>) -> Self {
        let desk = Self {
            folder: tempfile::tempdir().unwrap(),
            server: server.map(str::to_owned),
        };
        for words in [
            "init --admin-email ada@example.com --admin-password-env ADMIN_PASSWORD".to_owned(),
            "credential add zd --type zendesk --api-email agent@example.com --api-token-env ZENDESK_TOKEN"
                .to_owned(),
            format!("destination add support --credential zd --url {url}"),
            "destination edit support --users-per-second 0".to_owned(),
        ] {
            desk.ok(&words);
        }
        desk
    }

    /// A file in its folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes the rows of a workflow; returns the words that send them.
    pub(crate) fn sending(&self, csv: &str) -> String {
        let path = self.path("people.csv");
        std::fs::write(&path, csv).unwrap();
        format!("send {} --to support --json", path.display())
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

    /// Starts a command that notes its durable steps and what it says in files.
    pub(crate) fn start(&self, words: &str) -> Process {
        let steps = self.path("steps");
        drop(std::fs::remove_file(&steps));
        let child = self
            .command(words)
            .env("DESKBRIDGE_TEST_CHECKPOINTS", steps)
            .stdout(File::create(self.path("said")).unwrap())
            .stderr(File::create(self.path("complained")).unwrap())
            .spawn();
        Process(child.unwrap())
    }

    /// How many durable steps the command started last has reached.
    pub(crate) fn steps(&self) -> usize {
        std::fs::read_to_string(self.path("steps")).map_or(0, |steps| steps.lines().count())
    }

    /// What the command started last said.
    pub(crate) fn said(&self) -> (String, String) {
        let read = |name| std::fs::read_to_string(self.path(name)).unwrap();
        (read("said"), read("complained"))
    }

    /// Runs a command that must end well while the simulator answers it from this process.
    pub(crate) fn ok(&self, words: &str) -> Output {
        let done = tokio::task::block_in_place(|| self.command(words).output().unwrap());
        assert!(
            done.status.success(),
            "{words}: {} {}{}",
            done.status,
            String::from_utf8_lossy(&done.stdout),
            String::from_utf8_lossy(&done.stderr)
        );
        done
    }

    /// As [`Desk::ok`], and it says one JSON object.
    pub(crate) fn json(&self, words: &str) -> Value {
        serde_json::from_slice(&self.ok(words).stdout).unwrap()
    }

    /// The workflow begun last, if there is one.
    pub(crate) fn newest(&self) -> Option<Value> {
        let all = self.json("workflow list --limit 1 --json");
        all["workflows"].get(0).cloned()
    }

    /// Reads the database. The file is copied first, so that what a killed process left in it is found
    /// by the next process and not by this one.
    pub(crate) async fn look<T>(&self, look: impl AsyncFnOnce(&Store) -> T) -> T {
        let copy = tempfile::tempdir().unwrap();
        let store = match &self.server {
            Some(url) => Store::open(url).await.unwrap(),
            None => {
                for name in ["deskbridge.db", "deskbridge.db-wal"] {
                    if self.path(name).exists() {
                        std::fs::copy(self.path(name), copy.path().join(name)).unwrap();
                    }
                }
                Store::open_file(&copy.path().join("deskbridge.db"))
                    .await
                    .unwrap()
            }
        };
        let found = look(&store).await;
        store.close().await;
        found
    }

    /// What became of a workflow.
    pub(crate) async fn look_at(&self, id: &str) -> Seen {
        self.look(async |store| {
            let mut reader = store.read().await.unwrap();
            let found = workflows::find(&mut reader, id).await.unwrap().unwrap();
            let open = send_batches::open(&mut reader, id).await.unwrap();
            let (known, unknown): (Vec<_>, Vec<_>) =
                open.into_iter().partition(|batch| batch.job_id.is_some());
            let phase = match (found.state.is_over(), unknown.len(), known.len()) {
                (true, ..) => "after its end".to_owned(),
                (false, 0, 0) => found.task.as_str().to_owned(),
                (false, 0, _) => format!("{}, jobs open", found.task.as_str()),
                (false, ..) => format!("{}, a batch of unknown outcome", found.task.as_str()),
            };
            let rows_of = |rows: &str| {
                let rows: Vec<Value> = serde_json::from_str(rows).unwrap();
                rows.len() as u64
            };
            Seen {
                is_over: found.state.is_over(),
                phase,
                unknown: unknown
                    .into_iter()
                    .map(|batch| (batch.id, rows_of(&batch.rows)))
                    .collect(),
            }
        })
        .await
    }

    /// How many customers of the destination Zendesk has confirmed.
    pub(crate) async fn confirmed(&self) -> u64 {
        self.look(async |store| {
            let mut reader = store.read().await.unwrap();
            let found = destinations::find(&mut reader, "support").await.unwrap();
            let number = found.unwrap().number;
            store::ledger::count(&mut reader, number, None)
                .await
                .unwrap()
        })
        .await
    }
}
