//! One integration in full: settings, sign-in, health, last runs (ticket-sync.md 2 and 6).

use serde::Serialize;
use store::credentials::{self, CredentialKind};
use store::integrations::{self, Integration, Settings};
use store::outbox::Counts;
use store::runs::RunState;
use store::users::User;
use store::{outbox, runs, tickets, users};

use super::{Health, RunLine, health, kind_label, sign_in_notice};
use crate::engine::Engine;
use crate::error::Result;
use crate::integrations::default_user;

/// How many runs are shown.
const RUNS: i64 = 10;

/// One integration in full.
#[derive(Debug, Clone)]
pub struct Details {
    /// Our id.
    pub id: String,
    /// The kind of account, as people read it.
    pub kind: String,
    /// What a person set.
    pub settings: Settings,
    /// Which account it is, once it was reached.
    pub account: Option<String>,
    /// Whether it runs.
    pub active: bool,
    /// When it runs next.
    pub next_run_at: Option<jiff::Timestamp>,
    /// Who owns it, if they are still there.
    pub owner: Option<User>,
    /// How it signs in.
    pub sign_in: SignInView,
    /// Whether a default Zendesk user is named who is no agent there, as far as the runs have read.
    pub default_user_unknown: bool,
    /// How it does beside its runs.
    pub health: Health,
    /// How much is on its way to Zendesk, and what is parked.
    pub waiting: Counts,
    /// Its last runs, newest first.
    pub runs: Vec<RunLine>,
}

/// How an integration signs in, without secrets.
#[derive(Debug, Clone, Default, Serialize)]
pub struct SignInView {
    /// The credential's id.
    pub credential_id: String,
    /// The credential's name, if it is still there.
    pub credential: Option<String>,
    /// The word of its kind: `api_token`, `oauth_client`, `oauth_tokens`.
    pub kind: &'static str,
    /// Whether it was made for this integration.
    pub is_own: bool,
    /// Who signs in, for an API token.
    pub email: Option<String>,
    /// Which OAuth client signs in.
    pub client_id: Option<String>,
    /// For an account that people connect: whether somebody has.
    pub connected: Option<bool>,
    /// What it needs a person to do, as a sentence.
    pub notice: Option<String>,
}

/// One integration in full.
///
/// # Errors
/// As the database says, or if its address is none.
pub async fn details(engine: &Engine, integration: &Integration) -> Result<Details> {
    let sign_in = sign_in(engine, integration).await?;
    let health = health(engine, integration).await?;
    let reader = &mut *engine.store.read().await?;
    let settings = integration.settings.clone();
    let runs = runs::latest(reader, &integration.id, RUNS).await?;
    let was_read = runs.iter().any(|run| run.state == RunState::Completed);
    let is_unknown = was_read
        && settings.default_email.is_some()
        && default_user(reader, integration).await?.is_none();
    Ok(Details {
        default_user_unknown: is_unknown,
        id: integration.id.clone(),
        kind: kind_label(&settings.kind),
        account: integration.account.clone(),
        active: integration.active,
        next_run_at: integration.next_run_at,
        owner: users::find(reader, &settings.owner_id).await?,
        sign_in,
        health,
        waiting: outbox::counts(reader, &integration.id).await?,
        runs: runs.into_iter().map(RunLine::from).collect(),
        settings,
    })
}

/// How an integration signs in.
///
/// # Errors
/// As the database says.
pub async fn sign_in(engine: &Engine, integration: &Integration) -> Result<SignInView> {
    let reader = &mut *engine.store.read().await?;
    let id = &integration.settings.credential_id;
    let Some(kept) = credentials::find(reader, id).await? else {
        return Ok(SignInView::default());
    };
    let connected = match kept.kind {
        CredentialKind::OAuthTokens => Some(
            credentials::tokens(reader, &engine.keyring, id)
                .await?
                .is_some(),
        ),
        CredentialKind::ApiToken
        | CredentialKind::OAuthClient
        | CredentialKind::Database
        | CredentialKind::ObjectStore => None,
    };
    Ok(SignInView {
        is_own: crate::integrations::is_own(&kept, &integration.settings.name),
        kind: kept.kind.as_str(),
        notice: sign_in_notice(kept.kind, engine.now()),
        connected,
        credential_id: kept.id,
        credential: Some(kept.name),
        email: kept.email,
        client_id: kept.client_id,
    })
}

/// What goes with an integration that is deleted, and what stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loss {
    /// Changes that wait to be sent, or are parked.
    pub pending: i64,
    /// Mirrored tickets. The case of each stays.
    pub tickets: i64,
}

/// What goes with an integration that is deleted.
///
/// # Errors
/// As the database says.
pub async fn loss(engine: &Engine, integration: &Integration) -> Result<Loss> {
    let reader = &mut *engine.store.read().await?;
    Ok(Loss {
        pending: integrations::pending(reader, &integration.id).await?,
        tickets: tickets::count(reader, &integration.id).await?,
    })
}
