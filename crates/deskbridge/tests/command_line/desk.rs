//! A desk at which a script works: a data folder or a PostgreSQL database, and the binary.

use std::future::Future;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use futures_util::FutureExt as _;
use serde_json::Value;
use simulator::{Config, Simulator};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use world::Database;

pub(crate) const ADMIN: &str = "ada@example.com";
pub(crate) const PASSWORD: &str = "correct-horse-battery";
pub(crate) const TOKEN: &str = "token";

/// The longest any command here may take; far more than any does.
const LONGEST: Duration = Duration::from_secs(120);

/// Where a script works.
pub(crate) struct Desk {
    pub(crate) folder: TempDir,
    pub(crate) database_url: Option<String>,
    variables: Vec<(String, String)>,
}

/// What a command came to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Desk {
    /// A desk with nothing on it yet, with a SQLite file.
    pub(crate) fn bare() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            database_url: None,
            variables: vec![
                ("DESKBRIDGE_ALLOW_LOOPBACK".to_owned(), "1".to_owned()),
                ("ADMIN_PASSWORD".to_owned(), PASSWORD.to_owned()),
                ("ZENDESK_TOKEN".to_owned(), TOKEN.to_owned()),
            ],
        }
    }

    /// Runs `script` at a bare desk on SQLite and, where a server is named, on PostgreSQL.
    pub(crate) async fn each(script: impl AsyncFn(&mut Self)) {
        script(&mut Self::bare()).await;
        let name = std::thread::current().name().unwrap_or("a test").to_owned();
        let Some(database) = Database::postgres(&name).await else {
            return;
        };
        let mut desk = Self::bare();
        desk.database_url = Some(database.url().to_owned());
        let ended = AssertUnwindSafe(script(&mut desk)).catch_unwind().await;
        database.remove().await;
        if let Err(panic) = ended {
            eprintln!("this was on PostgreSQL");
            resume_unwind(panic);
        }
    }

    /// The data folder.
    pub(crate) fn data(&self) -> &Path {
        self.folder.path()
    }

    /// Sets a variable for every command from now on.
    pub(crate) fn set(&mut self, variable: &str, value: &str) {
        self.unset(variable);
        self.variables.push((variable.to_owned(), value.to_owned()));
    }

    pub(crate) fn unset(&mut self, variable: &str) {
        self.variables.retain(|(name, _)| name != variable);
    }

    /// The binary with these arguments.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        self.program(env!("CARGO_BIN_EXE_deskbridge"), arguments)
    }

    /// Another program, which starts the binary, with the same surroundings.
    pub(crate) fn program(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("DESKBRIDGE_") {
                command.env_remove(name);
            }
        }
        command
            .args(arguments)
            .env("DESKBRIDGE_DATA", self.data())
            .env("HOME", self.data())
            .env("TMPDIR", std::env::temp_dir())
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        if let Some(url) = &self.database_url {
            command.env("DESKBRIDGE_DATABASE_URL", url);
        }
        command
    }

    /// Runs a command to its end, whatever that is.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Ran {
        ran(self.command(arguments)).await
    }

    /// As [`Desk::run`], in an address space of so many KiB. The allocator keeps to two arenas: by itself it
    /// sets 64 MiB of addresses aside for every thread, which says nothing of the memory that is used.
    pub(crate) async fn bounded(&self, kibibytes: &str, arguments: &[&str]) -> Ran {
        let shell = [
            "-c",
            "ulimit -v \"$0\"; export MALLOC_ARENA_MAX=2; exec \"$@\"",
            kibibytes,
            env!("CARGO_BIN_EXE_deskbridge"),
        ];
        ran(self.program("sh", &[&shell[..], arguments].concat())).await
    }

    /// Runs a command that must end well; returns its standard output.
    pub(crate) async fn ok(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments).await;
        assert_eq!(ran.status, Some(0), "{arguments:?}: {ran:?}");
        ran.out
    }

    /// Runs a command that must end well and print one JSON object.
    pub(crate) async fn json(&self, arguments: &[&str]) -> Value {
        let out = self.ok(arguments).await;
        assert_eq!(out.lines().count(), 1, "{out}");
        serde_json::from_str(&out).unwrap()
    }

    /// Runs a command that must be refused with this status; returns its sentence.
    pub(crate) async fn refused(&self, status: i32, arguments: &[&str]) -> String {
        let ran = self.run(arguments).await;
        assert_eq!(ran.status, Some(status), "{arguments:?}: {ran:?}");
        assert!(!ran.err.contains("panicked"), "{}", ran.err);
        ran.err
    }

    /// `init`.
    pub(crate) async fn init(&self) {
        self.ok(&INIT).await;
    }

    /// `integration add main`, for the account at `url`.
    pub(crate) async fn add(&self, url: &str) {
        self.ok(&add_arguments(url)).await;
    }

    /// Makes the installation, and a destination `name` with a Zendesk of its own that has no customers.
    /// `more` are more flags of `destination add`.
    pub(crate) async fn destination(&self, name: &str, more: &[&str]) -> Simulator {
        let zendesk = zendesk(|config| {
            config.tickets = 0;
            config.users = 3;
            config.job = Duration::from_millis(20);
            // What becomes of bulk jobs is what the sends here are about.
            config.switches.bulk_user_import = true;
        })
        .await;
        self.init().await;
        self.ok(&CREDENTIAL).await;
        let url = zendesk.url();
        let add = [&destination_arguments(name, &url)[..], more].concat();
        self.ok(&add).await;
        zendesk
    }

    /// The folder that queries may read files from, named in the configuration.
    pub(crate) fn imports(&self) -> PathBuf {
        let imports = self.data().join("imports");
        std::fs::create_dir_all(&imports).unwrap();
        let folder = imports.to_str().unwrap();
        let config = format!("[sources]\nimport_folders = [{folder:?}]\n");
        std::fs::write(self.data().join("config.toml"), config).unwrap();
        imports
    }

    /// Writes a file into the data folder; returns its path.
    pub(crate) fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.data().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Everything up to an active integration.
    pub(crate) async fn set_up(&self, url: &str) {
        self.init().await;
        self.add(url).await;
        self.ok(&["integration", "activate", "main"]).await;
    }
}

/// `credential add zd`: what all destinations sign in with.
pub(crate) const CREDENTIAL: [&str; 9] = [
    "credential",
    "add",
    "zd",
    "--type",
    "zendesk",
    "--api-email",
    "agent@example.com",
    "--api-token-env",
    "ZENDESK_TOKEN",
];

pub(crate) fn destination_arguments<'a>(name: &'a str, url: &'a str) -> [&'a str; 7] {
    [
        "destination",
        "add",
        name,
        "--credential",
        "zd",
        "--url",
        url,
    ]
}

/// A file of so many customers.
pub(crate) fn people(count: usize) -> String {
    let mut csv = "external_id,name,email\n".to_owned();
    for number in 1..=count {
        csv.push_str(&format!(
            "c{number},Person {number},person{number}@customer.example\n"
        ));
    }
    csv
}

pub(crate) const INIT: [&str; 5] = [
    "init",
    "--admin-email",
    ADMIN,
    "--admin-password-env",
    "ADMIN_PASSWORD",
];

pub(crate) fn add_arguments(url: &str) -> [&str; 13] {
    [
        "integration",
        "add",
        "main",
        "--url",
        url,
        "--api-email",
        "agent@example.com",
        "--api-token-env",
        "ZENDESK_TOKEN",
        "--default-user-email",
        "agent@example.com",
        "--owner",
        ADMIN,
    ]
}

/// Runs a program to its end.
async fn ran(mut command: Command) -> Ran {
    let output = in_time(command.output()).await.unwrap();
    Ran {
        status: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A small Zendesk in this process.
pub(crate) async fn zendesk(change: impl FnOnce(&mut Config)) -> Simulator {
    let mut config = Config {
        seed: 7,
        tickets: 8,
        users: 6,
        ..Config::default()
    };
    change(&mut config);
    simulator::start(config).await.unwrap()
}

/// As [`zendesk`], and its clock is that of this machine: another one is an error that `doctor` tells.
pub(crate) async fn zendesk_in_time(change: impl FnOnce(&mut Config)) -> Simulator {
    zendesk(|config| {
        config.switches.date_ahead = 0;
        change(config);
    })
    .await
}

/// Fails the test if something takes so long that it must be stuck.
pub(crate) async fn in_time<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(LONGEST, work)
        .await
        .expect("it takes too long")
}

/// Asks a process to end as an operator would.
pub(crate) async fn terminate(child: &Child) {
    let id = child.id().unwrap().to_string();
    let sent = Command::new("kill").args(["-TERM", &id]).status();
    assert!(sent.await.unwrap().success());
}
