//! The processes of a journey: `deskbridge serve` with a folder of its own, and the simulator beside it.

use std::io::{BufRead as _, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};

use base64::Engine as _;
use serde_json::{Value, json};

use crate::wire;

/// Who administers an installation that is not set up in the browser.
pub(crate) const EMAIL: &str = "ada@example.com";
pub(crate) const PASSWORD: &str = "a long enough password";

/// A process, and what it prints. Dropping it ends it.
struct Running {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Running {
    fn start(command: &mut Command) -> Self {
        let mut process = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { process, lines }
    }

    /// What stands behind `label` in the next line that has it.
    fn says(&mut self, label: &str) -> String {
        for line in self.lines.by_ref() {
            if let Some((_, rest)) = line.unwrap().split_once(label) {
                return rest.trim().to_owned();
            }
        }
        panic!("the process ended before it said {label:?}");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// The simulator in a process of its own.
pub(crate) struct Zendesk {
    _process: Running,
    /// Its address as a person enters it.
    pub(crate) url: String,
}

impl Zendesk {
    pub(crate) fn start(tickets: u32) -> Self {
        let mut process = Running::start(
            Command::new(env!("CARGO_BIN_EXE_deskbridge"))
                .args(["simulator", "--listen", "127.0.0.1:0", "--users", "12"])
                .args(["--seed", "7", "--job-ms", "20", "--tickets"])
                .arg(tickets.to_string()),
        );
        let url = process.says("listening on ");
        Self {
            url: url.trim_end_matches('/').to_owned(),
            _process: process,
        }
    }

    /// What the simulator's control route does.
    pub(crate) fn control(&self, action: &str, body: &Value) {
        let path = format!("/_control/{action}");
        let header = ("X-Simulator-Control", "yes");
        let (status, said) = self.call("POST", &path, header, body);
        assert_eq!(status, 200, "{action}: {said}");
    }

    /// What Zendesk's API answers to its administrator.
    pub(crate) fn get(&self, path: &str) -> Value {
        let key = base64::engine::general_purpose::STANDARD.encode("agent@example.com/token:token");
        let header = format!("Basic {key}");
        let path = format!("/api/v2/{path}");
        let (status, said) = self.call("GET", &path, ("Authorization", &header), &Value::Null);
        assert_eq!(status, 200, "{path}: {said}");
        said
    }

    /// A ticket that takes changes, and its subject, which no other one has.
    pub(crate) fn open_ticket(&self) -> (i64, String) {
        let found = self.get("tickets");
        let tickets = found["tickets"].as_array().unwrap();
        let subject = |ticket: &Value| ticket["subject"].as_str().unwrap_or_default().to_owned();
        let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii() && byte != b'"');
        let taken = |text: &str| {
            tickets
                .iter()
                .filter(|other| subject(other) == text)
                .count()
        };
        let chosen = tickets.iter().find(|ticket| {
            let text = subject(ticket);
            let status = ticket["status"].as_str();
            matches!(status, Some("new" | "open" | "pending" | "hold"))
                && is_plain(&text)
                && taken(&text) == 1
        });
        let chosen = chosen.unwrap();
        (chosen["id"].as_i64().unwrap(), subject(chosen))
    }

    /// A ticket as the API has it.
    pub(crate) fn ticket(&self, id: i64) -> Value {
        self.get(&format!("tickets/{id}"))["ticket"].take()
    }

    /// The texts of a ticket's comments, oldest first.
    pub(crate) fn comments(&self, ticket: i64) -> Vec<(String, bool)> {
        let found = self.get(&format!("tickets/{ticket}/comments"));
        let comments = found["comments"].as_array().unwrap().iter();
        comments
            .map(|comment| {
                let body = comment["plain_body"].as_str().unwrap().to_owned();
                (body, comment["public"] == true)
            })
            .collect()
    }

    /// The names and sizes in bytes of the files that a ticket's newest comment has.
    pub(crate) fn newest_files(&self, ticket: i64) -> Vec<(String, i64)> {
        let found = self.get(&format!("tickets/{ticket}/comments"));
        let newest = found["comments"].as_array().unwrap().last().unwrap();
        let files = newest["attachments"].as_array().unwrap().iter();
        files
            .map(|file| {
                let name = file["file_name"].as_str().unwrap().to_owned();
                (name, file["size"].as_i64().unwrap())
            })
            .collect()
    }

    /// A user by the name they have in our data, with their email.
    pub(crate) fn user(&self, external_id: &str) -> Option<(String, String)> {
        let mut found = self.get(&format!("users/search?external_id={external_id}"));
        let user = found["users"].as_array_mut()?.pop()?;
        let text = |field: &str| user[field].as_str().unwrap_or_default().to_owned();
        Some((text("name"), text("email")))
    }

    /// Lets something go wrong, as docs/simulator.md writes it.
    pub(crate) fn fault(&self, fault: &str) {
        self.control("faults/add", &json!({ "fault": fault }));
    }

    fn call(&self, method: &str, path: &str, header: (&str, &str), body: &Value) -> (u16, Value) {
        let address = self.url.trim_start_matches("http://").parse().unwrap();
        wire::call(address, method, path, &[header], body).unwrap()
    }
}

/// `deskbridge serve` and its folder.
pub(crate) struct Desk {
    process: Option<Running>,
    /// Where its pages are, without a slash at the end.
    pub(crate) url: String,
    /// The link of the first set-up, if nobody can sign in yet.
    pub(crate) setup: Option<String>,
    folder: tempfile::TempDir,
}

impl Desk {
    /// An installation in which nobody can sign in yet.
    pub(crate) fn untouched() -> Self {
        let mut desk = Self {
            process: None,
            url: String::new(),
            setup: None,
            folder: tempfile::tempdir().unwrap(),
        };
        desk.serve();
        let process = desk.process.as_mut().unwrap();
        desk.setup = Some(process.says("administrator, open "));
        desk
    }

    /// An installation with an administrator, served.
    pub(crate) fn with_administrator() -> Self {
        let mut desk = Self::set_up();
        desk.serve();
        desk
    }

    /// The same, which has pulled the account of `zendesk` and writes to it.
    pub(crate) fn connected_to(zendesk: &Zendesk) -> Self {
        let mut desk = Self::set_up();
        desk.run(&format!(
            "integration add main --url {} --api-email agent@example.com --api-token-env ZENDESK_TOKEN \
             --default-user-email agent@example.com --owner {EMAIL} --two-way --priority remote",
            zendesk.url
        ));
        desk.run("integration activate main");
        desk.run("sync main");
        desk.serve();
        desk
    }

    fn set_up() -> Self {
        let desk = Self {
            process: None,
            url: String::new(),
            setup: None,
            folder: tempfile::tempdir().unwrap(),
        };
        desk.run(&format!(
            "init --admin-email {EMAIL} --admin-password-env ADMIN_PASSWORD"
        ));
        desk
    }

    fn serve(&mut self) {
        // Edits are sent at once: nobody in these journeys types as slowly as people do.
        std::fs::write(
            self.folder.path().join("config.toml"),
            "[worker]\nsettle_seconds = 0\n",
        )
        .unwrap();
        let mut process = Running::start(&mut self.command("serve --listen 127.0.0.1:0"));
        self.url = process.says("serves ").trim_end_matches('/').to_owned();
        self.process = Some(process);
    }

    fn command(&self, words: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_deskbridge"));
        command
            .args(words.split_whitespace())
            .env("DESKBRIDGE_DATA", self.folder.path())
            .env("DESKBRIDGE_ALLOW_LOOPBACK", "1")
            .env("ADMIN_PASSWORD", PASSWORD)
            .env("ZENDESK_TOKEN", "token")
            .env_remove("DESKBRIDGE_DATABASE_URL")
            .env_remove("DESKBRIDGE_KEY");
        command
    }

    /// A command that must end well.
    fn run(&self, words: &str) {
        let done = self.command(words).output().unwrap();
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{words}: {said}");
    }
}
