//! Clients that other people wrote, pointed at the simulator.
//!
//! Each is installed from its registry, at the versions that `clients/` pins, into a folder below
//! `target`, and run by a small program of its own language there (`clients/*/run.*`), in a process
//! of its own with a time limit. The program reports steps: what must be, and what the client saw.
//! Here both are compared once more, and what a client read of the whole account is compared with
//! the account itself.

mod holding;
mod install;
mod runner;

use std::collections::BTreeSet;
use std::time::Duration;

use simulator::{Config, Limits};

use crate::stage::Stages;
use crate::table::Table;
use install::Program;
use runner::Step;

/// When the clocks begin: 2026-06-01T00:00:00Z. Some time ago, since zenpy ends an export that comes
/// within five minutes of its own clock.
const START: i64 = 1_780_272_000;

/// How long one run of a client may take, on the machine's clock. They take 10 to 20 seconds.
const PATIENCE: Duration = Duration::from_secs(180);

/// How many differing steps of a client are written out; the others are only counted.
const MOST_WRITTEN: usize = 12;

/// A client of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Client {
    /// zenpy, Python.
    Zenpy,
    /// node-zendesk, JavaScript.
    NodeZendesk,
    /// tap-zendesk, Python: it only reads.
    TapZendesk,
}

impl Client {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Zenpy, Self::NodeZendesk, Self::TapZendesk];

    /// Its name in its registry, and of its folder here.
    pub fn name(self) -> &'static str {
        match self {
            Self::Zenpy => "zenpy",
            Self::NodeZendesk => "node-zendesk",
            Self::TapZendesk => "tap-zendesk",
        }
    }

    /// What pins it and all it needs.
    fn pins(self) -> &'static str {
        match self {
            Self::Zenpy => include_str!("../clients/zenpy/requirements.txt"),
            Self::NodeZendesk => include_str!("../clients/node-zendesk/package.json"),
            Self::TapZendesk => include_str!("../clients/tap-zendesk/requirements.txt"),
        }
    }

    /// Name and version.
    fn title(self) -> String {
        let name = self.name();
        let line = self.pins().lines().find_map(|line| {
            let pin = line.trim().trim_start_matches('"').strip_prefix(name)?;
            pin.strip_prefix("==").or(pin.strip_prefix("\": \""))
        });
        let version = line.unwrap_or("of no version").trim_end_matches('"');
        format!("{name} {version}")
    }

    /// Beginnings of steps that it must have reported: a runner that leaves out a part has failed.
    fn areas(self) -> &'static [&'static str] {
        match self {
            Self::Zenpy | Self::NodeZendesk => &[
                "users: create",
                "users: search",
                "users: create_or_update_many",
                "users: merge",
                "users: delete",
                "tickets: create",
                "tickets: update",
                "tickets: incidents",
                "tickets: delete",
                "tickets: restore",
                "comments: list",
                "job statuses: show",
                "tickets: export by cursor",
                "tickets: export by time",
                "users: export by cursor",
                "users: export by time",
                "uploads: file",
                "429 on",
                "429 of the limit",
                "the account holds",
            ],
            Self::TapZendesk => &[
                "full read: tickets",
                "full read: users",
                "incremental read: tickets",
                "incremental read: users",
                "429",
                "the account holds",
            ],
        }
    }

    /// The runs of its program: words for it, and the account it meets.
    fn scenes(self) -> Vec<(Vec<&'static str>, Config)> {
        // More than a page of each list, and of the tap's batches.
        let config = Config {
            start: Some(START),
            seed: 5,
            tickets: 130,
            users: 150,
            job: Duration::from_millis(200),
            ..Config::default()
        };
        let limited = Config {
            limits: Limits::Professional,
            ..config.clone()
        };
        match self {
            Self::Zenpy | Self::NodeZendesk => {
                vec![(Vec::new(), config), (vec!["real-limit"], limited)]
            }
            Self::TapZendesk => vec![(Vec::new(), config)],
        }
    }
}

/// What became of one client.
#[derive(Debug)]
enum Fate {
    Skipped(String),
    Ran(Vec<Step>),
}

/// Runs every client and compares what it read with what the simulator holds.
///
/// A client that cannot be installed is left out with a line that says so; where `CI` is `true`, that
/// is a problem.
pub async fn run(stages: &Stages) -> Table {
    run_some(stages, &Client::ALL).await
}

/// The same with some of the clients.
pub async fn run_some(stages: &Stages, clients: &[Client]) -> Table {
    let strict = std::env::var("CI").is_ok_and(|value| value == "true");
    let mut running = Vec::new();
    for client in clients.iter().copied() {
        let stages = stages.clone();
        running.push((
            client,
            tokio::spawn(async move { try_out(&stages, client).await }),
        ));
    }
    let mut fates = Vec::new();
    for (client, task) in running {
        let fate = task
            .await
            .unwrap_or_else(|problem| Fate::Ran(vec![Step::broken("run", &problem.to_string())]));
        fates.push((client, fate));
    }
    tell(&fates, strict)
}

async fn try_out(stages: &Stages, client: Client) -> Fate {
    let program = match install::install(client).await {
        Ok(program) => program,
        Err(why) => return Fate::Skipped(why),
    };
    let mut steps = Vec::new();
    for (words, config) in client.scenes() {
        steps.extend(play(stages, client, &program, &words, config).await);
    }
    for area in client.areas() {
        if !steps.iter().any(|step| step.name.starts_with(area)) {
            steps.push(Step::broken(area, "no such step was reported"));
        }
    }
    Fate::Ran(steps)
}

async fn play(
    stages: &Stages,
    client: Client,
    program: &Program,
    words: &[&str],
    config: Config,
) -> Vec<Step> {
    let stage = match stages.open(config).await {
        Ok(stage) => stage,
        Err(problem) => return vec![Step::broken("start", &problem.to_string())],
    };
    let truth = stage.simulator.url();
    let ran = runner::run(program, words, &stage.url, &truth, PATIENCE).await;
    let mut steps = ran.steps;
    for held in ran.held {
        let differences = stage
            .simulator
            .read(|account| holding::compare(account, &held.kind, &held.rows));
        steps.push(Step::of(&held.name, &differences));
    }
    if let Some(end) = ran.bad_end {
        steps.push(Step::broken(&format!("{} ends well", client.name()), &end));
    }
    stage.simulator.stop().await;
    steps
}

fn tell(fates: &[(Client, Fate)], strict: bool) -> Table {
    let missing: Vec<String> = fates
        .iter()
        .filter_map(|(client, fate)| match fate {
            Fate::Skipped(why) => Some(format!("{} {why}", client.name())),
            Fate::Ran(_) => None,
        })
        .collect();
    if missing.len() == fates.len() && !strict {
        let why = fates.iter().find_map(|(_, fate)| match fate {
            Fate::Skipped(why) => Some(why.as_str()),
            Fate::Ran(_) => None,
        });
        return Table::skipped("clients", why.unwrap_or("needs clients"));
    }
    let mut table = Table::new(
        "clients",
        &["client", "steps", "passed", "failed", "explained"],
    );
    for (client, fate) in fates {
        match fate {
            Fate::Skipped(why) if strict => {
                table.row([&client.title(), "0", "0", "0", "not run"]);
                table.problem(format!("{} {why}", client.name()));
            }
            Fate::Skipped(why) => {
                table.row([&client.title(), "0", "0", "0", "skipped"]);
                table.note(format!("skipped: {} {why}", client.name()));
            }
            Fate::Ran(steps) => tell_steps(&mut table, *client, steps),
        }
    }
    table
}

fn tell_steps(table: &mut Table, client: Client, steps: &[Step]) {
    let failed: Vec<(&Step, &str)> = steps
        .iter()
        .filter_map(|step| Some((step, step.wrong.as_deref()?)))
        .collect();
    let explained = steps.iter().filter(|step| step.note.is_some()).count();
    table.row([
        client.title(),
        steps.len().to_string(),
        (steps.len() - failed.len()).to_string(),
        failed.len().to_string(),
        explained.to_string(),
    ]);
    let notes: BTreeSet<&str> = steps
        .iter()
        .filter_map(|step| step.note.as_deref())
        .collect();
    for note in notes {
        table.note(format!("{}: {note}", client.name()));
    }
    for (step, wrong) in failed.iter().take(MOST_WRITTEN) {
        table.problem(format!("{}, {}: {wrong}", client.name(), step.name));
    }
    if failed.len() > MOST_WRITTEN {
        table.problem(format!(
            "{}: {} more steps failed",
            client.name(),
            failed.len() - MOST_WRITTEN
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ran() -> (Client, Fate) {
        let note = Step {
            note: Some("it does not wait".to_owned()),
            ..Step::of("429", &[])
        };
        (Client::Zenpy, Fate::Ran(vec![Step::of("users", &[]), note]))
    }

    fn skipped() -> (Client, Fate) {
        (
            Client::NodeZendesk,
            Fate::Skipped("needs node and npm".to_owned()),
        )
    }

    #[test]
    fn a_client_that_is_missing_is_left_out_or_a_problem_where_nothing_may_be() {
        let table = tell(&[ran(), skipped()], false);
        assert!(table.is_well());
        assert!(
            table
                .to_string()
                .contains("skipped: node-zendesk needs node")
        );
        assert!(!tell(&[ran(), skipped()], true).is_well());
    }

    #[test]
    fn without_any_client_the_part_is_skipped() {
        let table = tell(&[skipped()], false);
        assert_eq!(table.to_string(), "skipped: clients needs node and npm\n");
        assert!(!tell(&[skipped()], true).is_well());
    }

    #[test]
    fn the_documentation_names_the_versions_that_are_run() {
        let page = include_str!("../../../docs/simulator.md").replace("**", "");
        for client in Client::ALL {
            assert!(page.contains(&client.title()), "{}", client.title());
        }
    }

    #[test]
    fn everything_is_pinned_and_no_pin_says_where_it_is_fetched_from() {
        for client in [Client::Zenpy, Client::TapZendesk] {
            for line in client.pins().lines() {
                let (name, version) = line.split_once("==").unwrap();
                assert!(!name.is_empty() && version.starts_with(|one: char| one.is_ascii_digit()));
            }
        }
        let lock = include_str!("../clients/node-zendesk/package-lock.json");
        assert!(lock.contains("\"integrity\"") && !lock.contains("\"resolved\""));
    }

    #[test]
    fn a_failed_step_is_counted_and_written_out() {
        let mut fates = vec![ran()];
        if let Fate::Ran(steps) = &mut fates[0].1 {
            steps.push(Step::broken("users: create", "no such step was reported"));
        }
        let table = tell(&fates, false);
        assert_eq!(
            table.rows[0],
            [Client::Zenpy.title().as_str(), "3", "2", "1", "1"]
        );
        assert_eq!(
            table.problems,
            ["zenpy, users: create: no such step was reported"]
        );
        assert_eq!(table.notes, ["zenpy: it does not wait"]);
    }
}
