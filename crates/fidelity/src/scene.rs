//! The state that a recorded exchange implies, set up in a simulator, and the request to send there.

mod arrange;
mod people;
mod prelude;
mod record;
mod tickets;

use serde_json::Value;
use simulator::{Account, AnonymousMe, Config, FailedRows, HeaderEra, Limits, Switches};

use crate::client::{Client, Reply, Request};
use crate::difference::{Moment, Names};
use crate::recording::Recording;
use crate::stage::{Stage, Stages};

/// When the newest minute began to be left out of exports: 28 October 2024 (zendesk-api.md 3.9).
const NEWEST_LEFT_OUT: &str = "2024-10-28";

/// Whom requests are signed in as where no recorded member of the staff is at hand.
pub(crate) const CALLER: &str = "caller@example.com";

/// A simulator in the state before an exchange, and the exchange's request.
#[derive(Debug)]
pub struct Scene {
    stage: Stage,
    client: Client,
    /// Which of our ids stands for which recorded one.
    pub names: Names,
    /// The request as it is to be sent.
    pub request: Request,
}

/// Why a scene could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum SceneError {
    /// The simulator did not start.
    #[error(transparent)]
    Start(#[from] simulator::StartError),
    /// A request that goes before was not answered.
    #[error("the simulator gave no answer: {0}")]
    Send(#[from] reqwest::Error),
    /// A request that goes before was refused.
    #[error("what goes before was refused: {0}")]
    Refused(String),
}

impl Scene {
    /// Sets up the state before an exchange. `all` are the recordings beside it, which show lists that
    /// it only points to.
    ///
    /// # Errors
    /// A simulator that does not start, or refuses what goes before.
    pub async fn set(
        stages: &Stages,
        recording: &Recording,
        all: &[Recording],
    ) -> Result<Self, SceneError> {
        let stage = stages.open(config(recording)).await?;
        let client = Client::new(&stage.url)?;
        let mut names = Names::default();
        let email = stage
            .simulator
            .edit(|account| arrange::arrange(account, recording, all, &mut names));
        let mut request = Request::recorded(recording, email);
        prelude::act(&stage, &client, recording, &mut names, &mut request).await?;
        request.rename(&names);
        Ok(Self {
            stage,
            client,
            names,
            request,
        })
    }

    /// Sends the request.
    ///
    /// # Errors
    /// No answer.
    pub async fn play(&self) -> Result<Reply, reqwest::Error> {
        self.client.send(&self.request).await
    }

    /// The times of the two answers.
    pub fn moment(&self, recording: &Recording) -> Moment {
        Moment {
            recorded: recording.at,
            ours: self.stage.simulator.now(),
        }
    }

    /// Looks at the account.
    pub fn read<R>(&self, look: impl FnOnce(&Account) -> R) -> R {
        self.stage.simulator.read(look)
    }
}

/// An account of the recording's day, with its headers.
fn config(recording: &Recording) -> Config {
    let has = |name: &str| recording.headers.contains_key(name);
    let headers = if has("ratelimit-limit") {
        HeaderEra::Current
    } else if has("rate-limit") {
        HeaderEra::Late2023
    } else if has("x-rate-limit") {
        HeaderEra::Classic
    } else {
        HeaderEra::None
    };
    Config {
        tickets: 0,
        users: 3,
        limits: if headers == HeaderEra::None {
            Limits::Off
        } else {
            Limits::Enterprise
        },
        headers,
        start: Some(recording.at),
        still_clock: true,
        switches: Switches {
            anonymous_me: AnonymousMe::Everybody,
            leave_out_newest_minute: recording.date.as_str() >= NEWEST_LEFT_OUT,
            failed_rows: FailedRows::Indexed,
            bare_rows: true,
            rows_in_order: true,
            ..Switches::default()
        },
        ..Config::default()
    }
}

/// The records of a body, each with its kind and id: whatever has an address of its own.
pub(crate) fn records(body: &Value) -> Vec<(&str, i64, &Value)> {
    let mut found = Vec::new();
    collect(body, &mut found);
    found
}

fn collect<'a>(value: &'a Value, found: &mut Vec<(&'a str, i64, &'a Value)>) {
    match value {
        Value::Object(map) => {
            if let Some((kind, id)) = map.get("url").and_then(Value::as_str).and_then(address) {
                found.push((kind, id, value));
            }
            map.values().for_each(|value| collect(value, found));
        }
        Value::Array(rows) => rows.iter().for_each(|row| collect(row, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// `users` and 12 of `https://../api/v2/users/12.json`.
fn address(url: &str) -> Option<(&str, i64)> {
    let (_, path) = url.split_once("/api/v2/")?;
    let (kind, id) = path.trim_end_matches(".json").split_once('/')?;
    Some((kind, id.parse().ok()?))
}
