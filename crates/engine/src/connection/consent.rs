//! *Connect to Zendesk*: somebody consents there, and the account's tokens are kept here.

use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use store::audit;
use store::credentials::{self, Credential, CredentialKind};
use store::integrations::{self, Integration, consents};
use zendesk::Address;
use zendesk::sign_in::{Code, Consent};

use super::{Probe, connect, probe};
use crate::engine::Engine;
use crate::error::{Error, Result};

/// The session in which somebody consents: its id, and the token that only their browser has.
#[derive(Debug, Clone)]
pub struct Session {
    /// Its id, which opens nothing.
    pub id: String,
    /// Its token.
    pub token: SecretString,
}

/// A consent that somebody came back with.
#[derive(Debug)]
pub struct Returned {
    /// For which integration it was asked.
    pub integration: Integration,
    redirect: String,
    verifier: SecretString,
}

/// Begins a consent; returns the address of the page in Zendesk where it is given.
///
/// # Errors
/// [`Error::Refused`] if the integration signs in otherwise.
pub async fn begin(
    engine: &Engine,
    integration: &Integration,
    session: &Session,
    redirect: &str,
) -> Result<String> {
    let policy = &engine.settings.addresses;
    let address =
        Address::parse(&integration.settings.url, policy).map_err(zendesk::Error::from)?;
    let mut tx = engine.store.begin().await?;
    let credential = credentials::find(&mut tx, &integration.settings.credential_id).await?;
    let client_id = client_id(integration, credential)?;
    let mut bytes = [0; 32];
    engine.dice.fill(&mut bytes);
    let state = hex(&bytes);
    let place = (session.id.as_str(), integration.id.as_str(), redirect);
    consents::begin(&mut tx, &state, place, engine.now()).await?;
    tx.commit().await?;
    let consent = Consent {
        client_id: &client_id,
        redirect,
        state: &state,
        verifier: &verifier(session, &state),
    };
    Ok(consent.page(&address))
}

fn client_id(integration: &Integration, credential: Option<Credential>) -> Result<String> {
    let found = credential.filter(|found| found.kind == CredentialKind::OAuthTokens);
    found.and_then(|found| found.client_id).ok_or_else(|| {
        Error::Refused(format!(
            "Integration {} does not sign in by Connect to Zendesk. Edit it, choose that way to sign in, and name the OAuth client.",
            integration.settings.name
        ))
    })
}

/// Uses up the `state` with which somebody came back.
///
/// # Errors
/// [`Error::Refused`] if it is unknown in this session, was used already, or its time is over.
pub async fn come_back(engine: &Engine, session: &Session, state: &str) -> Result<Returned> {
    let mut tx = engine.store.begin().await?;
    let found = consents::take(&mut tx, state, &session.id).await?;
    let integration = match &found {
        Some(found) => integrations::find(&mut tx, &found.integration).await?,
        None => None,
    };
    // Used up, whatever comes of it.
    tx.commit().await?;
    let refuse = |sentence: &str| Err(Error::Refused(sentence.to_owned()));
    let Some(found) = found else {
        return refuse(
            "This way back from Zendesk was not begun in this session, or has been used already, so nothing was connected. Open the integration and choose Connect to Zendesk again.",
        );
    };
    if found.expires_at <= engine.now() {
        return refuse(
            "The consent in Zendesk took longer than 10 minutes, so it is not valid any more and nothing was connected. Open the integration and choose Connect to Zendesk again.",
        );
    }
    let Some(integration) = integration else {
        return refuse("The integration was deleted meanwhile, so nothing was connected.");
    };
    Ok(Returned {
        integration,
        redirect: found.redirect,
        verifier: verifier(session, state),
    })
}

/// Redeems the code of a consent, keeps the tokens sealed in the integration's credential, and looks
/// around with them.
///
/// # Errors
/// What Zendesk says to the code, or to who came with it; in the second case the tokens are kept.
pub async fn redeem(
    engine: &Engine,
    returned: Returned,
    code: SecretString,
    actor: &str,
) -> Result<Probe> {
    let settings = &returned.integration.settings;
    let code = Code {
        code,
        redirect: returned.redirect,
        verifier: returned.verifier,
    };
    connect(engine, settings).await?.redeem(&code).await?;
    engine.memory.forget_client(&returned.integration.id);
    let mut tx = engine.store.begin().await?;
    let act = engine.act(actor);
    audit::note(&mut tx, act, "integration.connect", &settings.name, "").await?;
    tx.commit().await?;
    probe(engine, settings).await
}

/// What the code of a consent can be redeemed with: nobody can tell it who has not both the session's
/// token and the state, and neither is kept here.
fn verifier(session: &Session, state: &str) -> SecretString {
    let mut hash = Sha256::new();
    hash.update(b"consent\n");
    hash.update(session.token.expose_secret().as_bytes());
    hash.update(b"\n");
    hash.update(state.as_bytes());
    hex(&hash.finalize()).into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
