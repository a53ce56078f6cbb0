//! What a run did, as one JSON object or in a few lines. The keys are a promise to scripts.

use engine::Engine;
use serde::Serialize;
use store::runs::{self, Run, RunState, Tally};

use crate::output;

/// The most warnings that are listed; the rest is counted.
const WARNINGS: i64 = 1000;

/// The summary of an ended run.
#[derive(Debug, Serialize)]
pub(crate) struct Summary {
    run: String,
    state: &'static str,
    users: Tally,
    tickets: Tally,
    comments: Tally,
    cases: Cases,
    contacts: Contacts,
    conflicts: u64,
    delivered: u64,
    parked: u64,
    requests: u64,
    seconds: f64,
    warnings: Vec<String>,
    warnings_total: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    #[serde(skip)]
    completed: bool,
}

#[derive(Debug, Serialize)]
struct Cases {
    created: u64,
    updated: u64,
}

#[derive(Debug, Serialize)]
struct Contacts {
    created: u64,
}

impl Summary {
    /// Of `run`, with its warnings.
    ///
    /// # Errors
    /// As the database says.
    pub(crate) async fn of(engine: &Engine, run: Run) -> anyhow::Result<Self> {
        let mut reader = engine.store.read().await?;
        let warnings = runs::read_log(&mut reader, &run.id, 0, WARNINGS, true)
            .await?
            .into_iter()
            .filter(|line| line.level == runs::Level::Warning.as_str())
            .map(|line| line.line)
            .collect();
        let (from, to) = (run.started_at.unwrap_or(run.created_at), run.ended_at);
        let seconds = to.map_or(0.0, |to| to.duration_since(from).as_secs_f64());
        let counters = run.counters;
        Ok(Self {
            state: run.state.as_str(),
            completed: run.state == RunState::Completed,
            run: run.id,
            users: counters.users,
            tickets: counters.tickets,
            comments: counters.comments,
            cases: Cases {
                created: counters.cases.created,
                updated: counters.cases.updated,
            },
            contacts: Contacts {
                created: counters.contacts.created,
            },
            conflicts: counters.conflicts,
            delivered: counters.delivered,
            parked: counters.parked,
            requests: counters.requests,
            seconds: (seconds * 1000.0).round() / 1000.0,
            warnings,
            warnings_total: counters.warnings,
            problem: run.problem,
        })
    }

    /// Tells it: the object on standard output with `json`, else lines.
    ///
    /// # Errors
    /// The run's problem, if it did not complete.
    pub(crate) fn tell(self, json: bool) -> anyhow::Result<()> {
        if json {
            output::json(&self)?;
        } else if self.completed || self.users.read + self.tickets.read + self.comments.read > 0 {
            self.print();
        }
        if self.completed {
            return Ok(());
        }
        Err(anyhow::anyhow!(self.problem.unwrap_or_else(|| {
            format!("The run ended in the state {}.", self.state)
        })))
    }

    fn print(&self) {
        let tally = |what: &str, tally: Tally| {
            output::line(&format!(
                "{what:<9} {:>8} read, {} new, {} changed, {} unchanged",
                tally.read, tally.created, tally.updated, tally.unchanged
            ));
        };
        tally("users", self.users);
        tally("tickets", self.tickets);
        tally("comments", self.comments);
        output::line(&format!(
            "cases     {:>8} new, {} changed; contacts {} new; conflicts {}",
            self.cases.created, self.cases.updated, self.contacts.created, self.conflicts
        ));
        output::line(&format!(
            "changes   {:>8} delivered to Zendesk, {} parked",
            self.delivered, self.parked
        ));
        if self.parked > 0 {
            output::note("`deskbridge parked list` says why changes are parked and what to do.");
        }
        output::line(&format!(
            "{} in {:.1} s with {} requests",
            self.state, self.seconds, self.requests
        ));
        const SHOWN: usize = 20;
        for warning in self.warnings.iter().take(SHOWN) {
            output::note(&format!("warning: {warning}"));
        }
        let shown = u64::try_from(self.warnings.len().min(SHOWN)).unwrap_or(0);
        if self.warnings_total > shown {
            output::note(&format!(
                "and {} warnings more; --json lists them",
                self.warnings_total - shown
            ));
        }
    }
}
