//! The way to an integration's Zendesk account: address, sign-in, limits, tokens.

mod governor;
mod keeper;

use std::sync::Arc;

use domain::person::{Role, ZendeskUser, email_key};
use store::credentials::{self, CredentialKind};
use store::destinations::Destination;
use store::integrations::{Integration, Settings};
use zendesk::{Address, Client, Me, Options, Record, SignIn, Urgency};

use crate::engine::Engine;
use crate::error::{Error, Result};
use governor::AccountGovernor;
use keeper::CredentialKeeper;

/// What a probe of an account found.
#[derive(Debug, Clone)]
pub struct Probe {
    /// Which account it is.
    pub account: String,
    /// Who we are there.
    pub me: Me,
    /// What a person should know, as sentences; nothing here keeps the integration from working.
    pub findings: Vec<String>,
}

/// The client of an integration: the one made lately, else a new one.
///
/// # Errors
/// As [`connect`].
pub(crate) async fn client_of(engine: &Engine, integration: &Integration) -> Result<Client> {
    let (id, settings, now) = (&integration.id, &integration.settings, engine.now());
    if let Some(client) = engine.memory.client(id, settings, now) {
        return Ok(client);
    }
    let client = connect(engine, settings).await?;
    engine.memory.keep_client(id, settings, now, &client);
    Ok(client)
}

/// A client for the account that `settings` name. Opens no connection yet.
///
/// # Errors
/// What is wrong with the address or the credential.
pub async fn connect(engine: &Engine, settings: &Settings) -> Result<Client> {
    let share = u8::try_from(settings.budget_share).unwrap_or(50);
    let whose = format!("integration {}", settings.name);
    connect_account(
        engine,
        &settings.url,
        &settings.credential_id,
        share,
        &whose,
    )
    .await
}

/// A client for the account of a destination. Opens no connection yet.
///
/// # Errors
/// What is wrong with the address or the credential.
pub(crate) async fn connect_destination(
    engine: &Engine,
    destination: &Destination,
    share: u8,
) -> Result<Client> {
    let Destination {
        url,
        credential_id,
        name,
        ..
    } = destination;
    let whose = format!("destination {name}");
    let client = connect_account(engine, url, credential_id, share, &whose).await?;
    Ok(client.with(Urgency::Profiles))
}

/// A client for the account at `url`, of which we take `share` percent. `whose` it is stands in sentences.
///
/// # Errors
/// What is wrong with the address or the credential.
pub(crate) async fn connect_account(
    engine: &Engine,
    url: &str,
    credential_id: &str,
    share: u8,
    whose: &str,
) -> Result<Client> {
    let address = Address::parse(url, &engine.settings.addresses).map_err(zendesk::Error::from)?;
    let mut reader = engine.store.read().await?;
    let credential = credentials::find(&mut reader, credential_id)
        .await?
        .ok_or_else(|| {
            Error::Refused(format!(
                "The credential of {whose} is gone. Edit it and choose another one."
            ))
        })?;
    let secret = credentials::secret(&mut reader, &engine.keyring, &credential.id).await;
    drop(reader);
    let missing = |what: &str| {
        Error::Refused(format!(
            "Credential {} has no {what}. Edit it with `deskbridge credential edit`.",
            credential.name
        ))
    };
    let sign_in = match credential.kind {
        CredentialKind::ApiToken => SignIn::ApiToken {
            email: credential
                .email
                .clone()
                .ok_or_else(|| missing("email address"))?,
            token: secret?,
        },
        CredentialKind::OAuthClient => SignIn::OAuthClient {
            client_id: credential
                .client_id
                .clone()
                .ok_or_else(|| missing("client id"))?,
            client_secret: secret?,
        },
        CredentialKind::OAuthTokens => SignIn::OAuthTokens {
            client_id: credential
                .client_id
                .clone()
                .ok_or_else(|| missing("client id"))?,
            client_secret: secret.ok(),
        },
        CredentialKind::Database | CredentialKind::ObjectStore => {
            return Err(Error::Refused(format!(
                "Credential {} opens a source of rows and cannot sign in to Zendesk. Choose one with an API token or an OAuth client.",
                credential.name
            )));
        }
    };
    // Without the memory, which holds clients: neither would ever be let go.
    let engine = Engine {
        memory: Arc::default(),
        ..engine.clone()
    };
    let governor = AccountGovernor::new(engine.clone(), account_of(&address), share);
    let keeper = CredentialKeeper::new(engine.clone(), credential.id);
    Ok(Client::new(
        address,
        sign_in,
        Options {
            tokens: Some(Arc::new(keeper)),
            timeout: engine.settings.request_timeout,
            ..Options::new(Arc::new(governor), engine.clock.clone())
        },
    )?)
}

fn is_staff(record: &Record<ZendeskUser>) -> bool {
    let role = record
        .parsed
        .as_ref()
        .ok()
        .and_then(ZendeskUser::known_role);
    role.is_some_and(Role::is_staff)
}

/// Which account an address is, as limits and integrations know it.
pub(crate) fn account_of(address: &Address) -> String {
    address.subdomain()
}

/// Signs in and looks around: who are we, may we export, is the default user known.
///
/// # Errors
/// Why the account cannot be used.
pub async fn probe(engine: &Engine, settings: &Settings) -> Result<Probe> {
    let address =
        Address::parse(&settings.url, &engine.settings.addresses).map_err(zendesk::Error::from)?;
    let client = connect(engine, settings).await?;
    let me = client.me().await?;
    if !me.is_admin() {
        return Err(Error::Refused(format!(
            "Signed in to {address} as a user with the role {}, but Zendesk lets only administrators export tickets. Use the credential of an administrator.",
            me.role.as_deref().unwrap_or("unknown")
        )));
    }
    let mut findings = Vec::new();
    if let Some(email) = settings
        .default_email
        .as_deref()
        .filter(|email| !email.trim().is_empty())
    {
        let known = email_key(email) == me.email.as_deref().map(email_key).unwrap_or_default()
            || client.users_with_email(email).await?.iter().any(is_staff);
        if !known {
            findings.push(
                "No agent or administrator in Zendesk has the default user's email, so tickets without a known assignee stay unassigned. Correct the default Zendesk user email if that is not what you want."
                    .to_owned(),
            );
        }
    } else {
        findings.push(
            "No default Zendesk user email is set, so tickets without a known assignee stay unassigned.".to_owned(),
        );
    }
    Ok(Probe {
        account: account_of(&address),
        me,
        findings,
    })
}
