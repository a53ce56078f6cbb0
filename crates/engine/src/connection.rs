//! The way to an integration's Zendesk account: address, sign-in, limits, tokens.

pub mod consent;
mod governor;
mod keeper;

use std::sync::Arc;

use domain::person::{Role, ZendeskUser, email_key};
use secrecy::SecretString;
use store::credentials::{self, CredentialDraft, CredentialKind};
use store::destinations::Destination;
use store::integrations::{Integration, Settings};
use zendesk::{Address, Client, Me, Options, Record, SignIn, TokenKeeper, Urgency};

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
    let sign_in = sign_in(
        &credential.name,
        credential.kind,
        (credential.email.as_deref(), credential.client_id.as_deref()),
        secret,
    )?;
    client(engine, address, sign_in, share, Some(credential.id))
}

/// A client for the account at `url` with sign-in details that may not be stored yet: the tokens that it
/// gets are kept nowhere.
///
/// # Errors
/// What is wrong with the address or the details.
pub(crate) fn connect_unsaved(
    engine: &Engine,
    url: &str,
    draft: &CredentialDraft,
    secret: SecretString,
    share: u8,
) -> Result<Client> {
    let address = Address::parse(url, &engine.settings.addresses).map_err(zendesk::Error::from)?;
    let ids = (draft.email.as_deref(), draft.client_id.as_deref());
    let sign_in = sign_in(&draft.name, draft.kind, ids, Ok(secret))?;
    client(engine, address, sign_in, share, None)
}

/// How a credential signs in to Zendesk; `ids` are its email and its client id.
fn sign_in(
    name: &str,
    kind: CredentialKind,
    (email, client_id): (Option<&str>, Option<&str>),
    secret: store::Result<SecretString>,
) -> Result<SignIn> {
    let given = |value: Option<&str>, what: &str| {
        value.map(str::to_owned).ok_or_else(|| {
            Error::Refused(format!(
                "Credential {name} has no {what}. Edit it under Settings, Credentials, or with `deskbridge credential edit`."
            ))
        })
    };
    match kind {
        CredentialKind::ApiToken => Ok(SignIn::ApiToken {
            email: given(email, "email address")?,
            token: secret?,
        }),
        CredentialKind::OAuthClient => Ok(SignIn::OAuthClient {
            client_id: given(client_id, "client id")?,
            client_secret: secret?,
        }),
        CredentialKind::OAuthTokens => Ok(SignIn::OAuthTokens {
            client_id: given(client_id, "client id")?,
            client_secret: secret.ok(),
        }),
        CredentialKind::Database | CredentialKind::ObjectStore => Err(Error::Refused(format!(
            "Credential {name} opens a source of rows and cannot sign in to Zendesk. Choose one with an API token or an OAuth client."
        ))),
    }
}

/// The client; its tokens are those of the credential named, if one is.
fn client(
    engine: &Engine,
    address: Address,
    sign_in: SignIn,
    share: u8,
    credential: Option<String>,
) -> Result<Client> {
    // Without the memory, which holds clients: neither would ever be let go.
    let engine = Engine {
        memory: Arc::default(),
        ..engine.clone()
    };
    let governor = AccountGovernor::new(engine.clone(), account_of(&address), share);
    let options = Options::new(Arc::new(governor), engine.clock.clone());
    let timeout = engine.settings.request_timeout;
    let tokens =
        credential.map(|id| Arc::new(CredentialKeeper::new(engine, id)) as Arc<dyn TokenKeeper>);
    Ok(Client::new(
        address,
        sign_in,
        Options {
            tokens: tokens.or(options.tokens),
            timeout,
            ..options
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
    let client = connect(engine, settings).await?;
    let looking = look_around(&client, settings).await;
    looking.map_err(Error::for_asker)
}

/// As [`probe`], with a client that is there; the kind of an error is kept.
///
/// # Errors
/// Why the account cannot be used.
pub(crate) async fn look_around(client: &Client, settings: &Settings) -> Result<Probe> {
    let address = client.address();
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
        account: account_of(address),
        me,
        findings,
    })
}
