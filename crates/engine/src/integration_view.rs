//! Integrations as people see them: settings, last run, next run, what needs attention.

mod details;
mod run;

use std::collections::HashMap;

use jiff::Timestamp;
use serde::Serialize;
use store::credentials::CredentialKind;
use store::integrations::Integration;
use store::runs::{Counters, Run};

use crate::budget::{self, BudgetView};
use crate::engine::Engine;
use crate::error::Result;
use crate::sweep::{self, SweepView};
use crate::webhooks;

pub use details::{Details, Loss, SignInView, details, loss, sign_in};
pub use run::{LogPage, RunPage, RunView, list as runs, log, run};

/// A line of the list of integrations.
#[derive(Serialize)]
pub struct IntegrationLine {
    /// Our id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The kind of account, as people read it.
    pub kind: String,
    /// The account's address.
    pub url: String,
    /// Whether it runs.
    pub active: bool,
    /// Whether case edits go to Zendesk.
    pub two_way: bool,
    /// Its last run, if it ever had one.
    pub last_run: Option<RunLine>,
    /// When it runs next, if it is active.
    pub next_run_at: Option<Timestamp>,
    /// What its sign-in needs a person to do, as a sentence.
    pub sign_in_notice: Option<String>,
    /// Its owner, who manages it.
    #[serde(skip)]
    pub owner_id: String,
}

/// A run, in one line.
#[derive(Debug, Clone, Serialize)]
pub struct RunLine {
    /// Our id.
    pub id: String,
    /// `waiting`, `running`, `completed`, `failed` or `stopped`.
    pub state: &'static str,
    /// What it is doing.
    pub stage: String,
    /// What it has done.
    pub counters: Counters,
    /// Why it failed.
    pub problem: Option<String>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

impl From<Run> for RunLine {
    fn from(run: Run) -> Self {
        Self {
            id: run.id,
            state: run.state.as_str(),
            stage: run.stage,
            counters: run.counters,
            problem: run.problem,
            created_at: run.created_at,
            ended_at: run.ended_at,
        }
    }
}

/// All integrations, by name.
///
/// # Errors
/// As the store says.
pub async fn list(engine: &Engine) -> Result<Vec<IntegrationLine>> {
    let connection = &mut *engine.store.read().await?;
    let kinds: HashMap<String, CredentialKind> = store::credentials::list(connection)
        .await?
        .into_iter()
        .map(|credential| (credential.id, credential.kind))
        .collect();
    let mut lines = Vec::new();
    // A query each: an installation has a handful of integrations.
    for integration in store::integrations::list(connection).await? {
        let last = store::runs::latest(connection, &integration.id, 1).await?;
        let settings = integration.settings;
        lines.push(IntegrationLine {
            sign_in_notice: kinds
                .get(&settings.credential_id)
                .and_then(|kind| sign_in_notice(*kind, engine.now())),
            last_run: last.into_iter().next().map(RunLine::from),
            next_run_at: integration.next_run_at,
            kind: kind_label(&settings.kind),
            name: settings.name,
            url: settings.url,
            owner_id: settings.owner_id,
            two_way: settings.two_way,
            active: integration.active,
            id: integration.id,
        });
    }
    Ok(lines)
}

/// How an integration does beside its runs.
#[derive(Debug, Clone, Serialize)]
pub struct Health {
    /// What its account's limits leave us.
    pub budget: BudgetView,
    /// How far the sweep has come.
    pub sweep: SweepView,
    /// Its webhook, if it has one.
    pub webhook: Option<webhooks::Status>,
}

/// How an integration does beside its runs.
///
/// # Errors
/// As the database says, or if its address is none.
pub async fn health(engine: &Engine, integration: &Integration) -> Result<Health> {
    Ok(Health {
        budget: budget::view(engine, integration).await?,
        sweep: sweep::view(engine, integration).await?,
        webhook: webhooks::status(engine, integration).await?,
    })
}

/// What people call a kind of account; a kind this version does not know is called by its word.
fn kind_label(kind: &str) -> String {
    match kind {
        "zendesk" => "Zendesk".to_owned(),
        other => other.to_owned(),
    }
}

/// The countdown of API tokens (zendesk-api.md 0); OAuth needs nothing.
fn sign_in_notice(kind: CredentialKind, now: Timestamp) -> Option<String> {
    match kind {
        CredentialKind::ApiToken => Some(zendesk::sign_in::api_token_countdown(now).sentence),
        CredentialKind::OAuthClient
        | CredentialKind::OAuthTokens
        | CredentialKind::Database
        | CredentialKind::ObjectStore => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_integration_that_signs_in_by_token_counts_the_days() {
        let now = "2026-11-22T01:00:00Z".parse().unwrap();
        let notice = sign_in_notice(CredentialKind::ApiToken, now).unwrap();
        assert!(notice.contains("30 Apr 2027"), "{notice}");
        assert!(sign_in_notice(CredentialKind::OAuthClient, now).is_none());
    }
}
