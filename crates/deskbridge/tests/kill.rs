//! kill -9 at every durable step of a pull, in the real binary, then a restart: the same end as an
//! undisturbed run, row for row, on both databases (reliability.md F39, T8).
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Output};

use simulator::Simulator;
use store::{Store, dump, scratch};
use tempfile::TempDir;

const POSTGRES: &str = "DESKBRIDGE_TEST_POSTGRES";
const SIGKILL: i32 = 9;

/// An installation that is set up and has never pulled: every case of the test begins with a copy.
struct Fresh {
    folder: TempDir,
    simulator: Simulator,
}

/// One such copy at work.
struct Desk {
    folder: TempDir,
    /// Where its database is, and whether on a server.
    url: String,
    on_server: bool,
}

impl Fresh {
    async fn make() -> Self {
        let simulator = simulator::start(simulator::Config {
            seed: 7,
            tickets: 20,
            users: 12,
            comments_per_ticket: 2,
            still_clock: true,
            ..simulator::Config::default()
        });
        let fresh = Self {
            folder: tempfile::tempdir().unwrap(),
            simulator: simulator.await.unwrap(),
        };
        // Small pages, so that there are many steps.
        let config = "[zendesk]\npage_size = 7\n";
        std::fs::write(fresh.folder.path().join("config.toml"), config).unwrap();
        let url = fresh.simulator.url();
        for words in [
            "init --admin-email ada@example.com --admin-password-env ADMIN_PASSWORD".to_owned(),
            format!(
                "integration add main --url {url} --api-email agent@example.com --api-token-env ZENDESK_TOKEN \
                 --default-user-email agent@example.com --owner ada@example.com"
            ),
            "integration activate main".to_owned(),
        ] {
            let mut command = deskbridge(fresh.folder.path());
            command.args(words.split_whitespace());
            let done = run(&mut command);
            assert!(done.status.success(), "{words}: {}", said(&done));
        }
        fresh
    }

    /// A copy of it, on a file or, with the address of a database on a server, there.
    async fn copy(&self, database: Option<&str>) -> Desk {
        let folder = tempfile::tempdir().unwrap();
        for entry in std::fs::read_dir(self.folder.path()).unwrap() {
            let file = entry.unwrap().path();
            if file.is_file() {
                std::fs::copy(&file, folder.path().join(file.file_name().unwrap())).unwrap();
            }
        }
        let file = folder.path().join("deskbridge.db");
        let Some(url) = database else {
            let url = format!("sqlite:{}", file.display());
            return Desk {
                folder,
                url,
                on_server: false,
            };
        };
        scratch::empty(url).await.unwrap();
        let (from, to) = (
            Store::open_file(&file).await.unwrap(),
            Store::open(url).await.unwrap(),
        );
        from.copy_into(&to).await.unwrap();
        from.close().await;
        to.close().await;
        Desk {
            folder,
            url: url.to_owned(),
            on_server: true,
        }
    }
}

impl Desk {
    fn sync(&self) -> Command {
        let mut command = deskbridge(self.folder.path());
        command.args(["sync", "main", "--json"]);
        if self.on_server {
            command.env("DESKBRIDGE_DATABASE_URL", &self.url);
        }
        command
    }

    /// Pulls, and is killed at the step of this number.
    fn sync_until(&self, step: usize) {
        let mut command = self.sync();
        command.env("DESKBRIDGE_TEST_KILL_AT", step.to_string());
        let done = run(&mut command);
        let signal = done.status.signal();
        assert_eq!(signal, Some(SIGKILL), "at step {step}: {}", said(&done));
    }

    fn sync_well(&self) {
        let done = run(&mut self.sync());
        assert!(done.status.success(), "{}", said(&done));
    }

    async fn dump(&self) -> String {
        let store = Store::open(&self.url).await.unwrap();
        let dump = dump::read(&mut store.read().await.unwrap()).await.unwrap();
        store.close().await;
        dump
    }
}

fn deskbridge(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_deskbridge"));
    command
        .env("DESKBRIDGE_DATA", data)
        .env("DESKBRIDGE_ALLOW_LOOPBACK", "1")
        .env("ADMIN_PASSWORD", "a long enough password")
        .env("ZENDESK_TOKEN", "token")
        .env_remove("DESKBRIDGE_DATABASE_URL")
        .env_remove("DESKBRIDGE_KEY");
    command
}

/// Runs a command to its end while the simulator answers it from this process.
fn run(command: &mut Command) -> Output {
    tokio::task::block_in_place(|| command.output().unwrap())
}

fn said(done: &Output) -> String {
    format!(
        "{} {}{}",
        done.status,
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr)
    )
}

#[track_caller]
fn assert_same(expected: &str, found: &str, step: usize) {
    for (expected, found) in expected.lines().zip(found.lines()) {
        assert_eq!(expected, found, "after step {step}");
    }
    assert_eq!(expected.lines().count(), found.lines().count());
}

/// Kills at every step on one kind of database, and at some steps of the restart as well.
async fn kill_everywhere(fresh: &Fresh, database: Option<&str>) {
    let calm = fresh.copy(database).await;
    let names = calm.folder.path().join("steps");
    let mut command = calm.sync();
    command.env("DESKBRIDGE_TEST_CHECKPOINTS", &names);
    let done = run(&mut command);
    assert!(done.status.success(), "{}", said(&done));
    let expected = calm.dump().await;
    let steps = std::fs::read_to_string(names).unwrap().lines().count();
    drop(calm);
    assert!(steps >= 30, "only {steps} steps");

    for step in 1..=steps {
        let desk = fresh.copy(database).await;
        desk.sync_until(step);
        if step % 7 == 3 {
            // A second time, soon after the restart.
            desk.sync_until(2);
        }
        desk.sync_well();
        assert_same(&expected, &desk.dump().await, step);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pull_killed_at_any_step_and_restarted_ends_as_if_nothing_had_happened_on_sqlite() {
    let fresh = Fresh::make().await;
    kill_everywhere(&fresh, None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pull_killed_at_any_step_and_restarted_ends_as_if_nothing_had_happened_on_postgresql() {
    let Some(server) = std::env::var(POSTGRES).ok().filter(|url| !url.is_empty()) else {
        println!("skipped: kill -9 on PostgreSQL needs {POSTGRES}");
        return;
    };
    let fresh = Fresh::make().await;
    let name = format!("deskbridge_kill_{}", std::process::id());
    let url = scratch::create(&server, &name).await.unwrap();
    kill_everywhere(&fresh, Some(&url)).await;
    scratch::drop(&server, &name).await.unwrap();
}
