//! What a check found, as it is shown and as it is written to a file (docs/live-check.md).

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// Names the form of the file. It changes when the meaning of a key does.
pub const SCHEMA: &str = "deskbridge-live-check/1";

/// What a finding means for Deskbridge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Deskbridge works with it.
    Fine,
    /// Something can be set better, here or in Zendesk.
    Setting,
    /// Deskbridge relies on something else: the developers should know.
    Tell,
    /// It could not be found out.
    NotFoundOut,
}

impl Verdict {
    /// As people read it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::Setting => "change a setting",
            Self::Tell => "tell the developers",
            Self::NotFoundOut => "not found out",
        }
    }
}

/// What one probe found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The probe's name, which stays the same.
    pub probe: &'static str,
    /// What it looks at, for people.
    pub title: &'static str,
    /// What Deskbridge relies on, or is ready for.
    pub expected: &'static str,
    /// What was seen, as a word that stays the same; empty where nothing was.
    pub code: String,
    /// What was seen, as a sentence.
    pub seen: String,
    /// What it means for Deskbridge.
    pub verdict: Verdict,
    /// The same as a sentence.
    pub meaning: String,
}

/// One request and the form of its answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExchangeRow {
    /// For which probe.
    pub probe: &'static str,
    /// `GET`, `POST`, `PUT` or `DELETE`.
    pub method: &'static str,
    /// Below `/api/v2/`; ids as `{id}`, parameters without their values.
    pub path: String,
    /// The status; `null` without an answer.
    pub status: Option<u16>,
    /// How long the answer took, on this machine's clock.
    pub milliseconds: i64,
    /// The answer's headers; `null` for a value that is not told.
    pub headers: BTreeMap<String, Option<String>>,
    /// Keys and types of the answer's body.
    pub shape: Option<Value>,
    /// Why there is no answer.
    pub problem: Option<String>,
}

/// What was deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Cleaned {
    /// Tickets of this check.
    pub tickets: usize,
    /// Users of this check.
    pub users: usize,
    /// Tickets and users that an earlier check had left.
    pub earlier: usize,
}

/// What could not be deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftBehind {
    /// `ticket` or `user`.
    pub kind: &'static str,
    /// Its id in Zendesk; `null` if it could not even be looked for.
    pub id: Option<i64>,
    /// Why, and what to do.
    pub why: String,
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Everything is as expected, and nothing was left behind.
    AsExpected,
    /// Everything was found out, and something is not as expected.
    Differs,
    /// Something could not be found out, or could not be deleted.
    Unfinished,
}

/// What a check found. It holds no secret and no personal data.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// The version of Deskbridge.
    pub deskbridge: &'static str,
    /// Names this check; the ticket has it in a tag.
    pub run: String,
    /// When it began, on this machine's clock.
    pub began: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
    /// The account's subdomain, if it may be named.
    pub account: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// Requests sent.
    pub requests: usize,
    /// One of each probe, in order.
    pub findings: Vec<Finding>,
    /// What was deleted.
    pub cleaned: Cleaned,
    /// What could not be deleted.
    pub left_behind: Vec<LeftBehind>,
    /// Every request, in order.
    pub exchanges: Vec<ExchangeRow>,
}

/// What is known at the end, beside what was sent.
pub(super) struct Ends {
    pub(super) began: Timestamp,
    pub(super) ended: Timestamp,
    pub(super) account: Option<String>,
    pub(super) findings: Vec<Finding>,
    pub(super) cleaned: Cleaned,
    pub(super) left: Vec<LeftBehind>,
}

impl Report {
    pub(super) fn new(
        run: String,
        requests: usize,
        exchanges: Vec<ExchangeRow>,
        ends: Ends,
    ) -> Self {
        let is = |verdict: Verdict| ends.findings.iter().any(|one| one.verdict == verdict);
        let outcome = if is(Verdict::NotFoundOut) || !ends.left.is_empty() {
            Outcome::Unfinished
        } else if is(Verdict::Tell) || is(Verdict::Setting) {
            Outcome::Differs
        } else {
            Outcome::AsExpected
        };
        Self {
            schema: SCHEMA,
            deskbridge: env!("CARGO_PKG_VERSION"),
            run,
            began: ends.began,
            ended: ends.ended,
            account: ends.account,
            outcome,
            requests,
            findings: ends.findings,
            cleaned: ends.cleaned,
            left_behind: ends.left,
            exchanges,
        }
    }

    /// What a probe found.
    pub fn finding(&self, probe: &str) -> Option<&Finding> {
        self.findings.iter().find(|one| one.probe == probe)
    }
}
