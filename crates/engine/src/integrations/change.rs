//! Adding and editing an integration, with the credential that is its own (ticket-sync.md 2).

use domain::person::resembles_an_address;
use secrecy::{ExposeSecret as _, SecretString};
use store::Tx;
use store::credentials::{self, Credential, CredentialDraft, CredentialKind};
use store::former;
use store::integrations::{self, Integration, Settings};
use zendesk::Address;

use super::{Fault, check, check_edit};
use crate::actions::{self, Backlog};
use crate::connection::account_of;
use crate::engine::Engine;
use crate::error::{Error, Result};

/// How an integration is to sign in.
#[derive(Clone)]
pub enum SignIn {
    /// By a stored credential, by its name or id.
    Shared(String),
    /// By details of its own.
    Own(OwnSignIn),
    /// As before.
    Kept,
}

/// Sign-in details for one integration. What is `None` stays as it is kept.
#[derive(Clone)]
pub struct OwnSignIn {
    /// How it signs in.
    pub kind: CredentialKind,
    /// Who signs in, for an API token.
    pub email: Option<String>,
    /// Which OAuth client signs in.
    pub client_id: Option<String>,
    /// The API token or the client's secret.
    pub secret: Option<SecretString>,
}

impl OwnSignIn {
    /// What is missing or malformed, by the fields of the form; `kept` is what is stored already.
    pub fn faults(&self, kept: Option<&Credential>) -> Vec<Fault> {
        let kept = kept.filter(|kept| kept.kind == self.kind);
        let has_secret = kept.is_some()
            || self
                .secret
                .as_ref()
                .is_some_and(|secret| !secret.expose_secret().trim().is_empty());
        let client_id = self.client_id.as_deref().unwrap_or_default().trim();
        let no_client = || {
            Fault::new(
                "client_id",
                "Enter the unique identifier of the OAuth client. Zendesk shows it under Apps and integrations, APIs, OAuth clients.",
            )
        };
        let mut faults = Vec::new();
        match self.kind {
            CredentialKind::ApiToken => {
                let email = self.email.as_deref().unwrap_or_default().trim();
                if !resembles_an_address(email) {
                    faults.push(Fault::new("api_email", "Enter the email address of the Zendesk administrator who signs in, for example ada@example.com."));
                }
                if !has_secret {
                    faults.push(Fault::new("api_token", "Enter an API token. Zendesk shows active ones under Admin, Channels, API, with Token Access enabled."));
                }
            }
            CredentialKind::OAuthClient => {
                if client_id.is_empty() {
                    faults.push(no_client());
                }
                if !has_secret {
                    faults.push(Fault::new("client_secret", "Enter the secret of the OAuth client. Zendesk shows it once, when the client is saved."));
                }
            }
            CredentialKind::OAuthTokens => {
                if client_id.is_empty() {
                    faults.push(no_client());
                }
            }
            CredentialKind::Database | CredentialKind::ObjectStore => {
                faults.push(Fault::new("sign_in", "This kind of credential cannot sign in to Zendesk. Choose an API token or an OAuth client."));
            }
        }
        faults
    }

    fn draft(&self, name: &str, integration: &str) -> CredentialDraft {
        let told = |text: &Option<String>| {
            let text = text.as_deref().map(str::trim);
            text.filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let (email, client_id) = match self.kind {
            CredentialKind::ApiToken => (told(&self.email), None),
            CredentialKind::OAuthClient
            | CredentialKind::OAuthTokens
            | CredentialKind::Database
            | CredentialKind::ObjectStore => (None, told(&self.client_id)),
        };
        let given = |secret: &&SecretString| !secret.expose_secret().trim().is_empty();
        CredentialDraft {
            name: name.to_owned(),
            description: description_of(integration),
            kind: self.kind,
            email,
            client_id,
            secret: self.secret.as_ref().filter(given).cloned(),
        }
    }
}

/// A credential made for one integration says so, which is how it is told from shared ones.
fn description_of(integration: &str) -> String {
    format!("Made for the integration {integration}")
}

/// Whether a credential was made for the integration of this name, and nothing else uses it.
pub fn is_own(credential: &Credential, integration: &str) -> bool {
    credential.used_by <= 1 && credential.description == description_of(integration)
}

/// What an edit did.
#[derive(Debug, Clone)]
pub struct Changed {
    /// The settings as they are now.
    pub settings: Settings,
    /// What was changed, from what to what, without secrets; empty if nothing was.
    pub told: String,
    /// What was changed here and Zendesk has not got, if two-way sync was switched on or off.
    pub held: Backlog,
}

/// An integration that was added.
#[derive(Debug, Clone)]
pub struct Added {
    /// As it is kept.
    pub integration: Integration,
    /// How many tickets have their cases again, if one of the same account was deleted before: that one's
    /// id is this one's then. None if there was none, or if it was asked for twice.
    pub rejoined: Option<u64>,
}

/// Adds an integration, inactive. If one of its account was deleted before, the account's tickets have the
/// cases again that they had then.
///
/// # Errors
/// [`Error::Refused`] with what is wrong with which field; [`store::Error::Exists`] if the name is taken.
pub async fn add(
    engine: &Engine,
    settings: Settings,
    sign_in: SignIn,
    actor: &str,
) -> Result<Added> {
    let id = store::ids::new_short_id(&*engine.dice);
    add_as(engine, id, settings, sign_in, actor).await
}

/// As [`add`], under an id that was chosen before: asked for twice, one integration is made.
///
/// # Errors
/// As [`add`].
pub async fn add_as(
    engine: &Engine,
    id: String,
    settings: Settings,
    sign_in: SignIn,
    actor: &str,
) -> Result<Added> {
    let mut tx = engine.store.begin().await?;
    let taken_over = former::taken_over_as(&mut tx, &id).await?;
    let made = taken_over.as_ref().unwrap_or(&id);
    if let Some(made) = integrations::lock(&mut tx, made).await? {
        return Ok(Added {
            integration: made,
            rejoined: None,
        });
    }
    let mut settings = check(settings, &engine.settings.addresses)?;
    settings.credential_id = match sign_in {
        SignIn::Shared(shared) => shared_credential(&mut tx, &shared).await?.id,
        SignIn::Own(own) => {
            refuse(own.faults(None))?;
            add_own(engine, &mut tx, &own, &settings.name, actor).await?
        }
        SignIn::Kept => {
            return Err(Error::Refused(
                "Sign-in details are missing. Give an API email and an API token, an OAuth client, or a stored credential.".to_owned(),
            ));
        }
    };
    let address =
        Address::parse(&settings.url, &engine.settings.addresses).map_err(zendesk::Error::from)?;
    let account = account_of(&address);
    let mut integration = Integration {
        id,
        settings,
        account: None,
        active: false,
        next_run_at: None,
        references_at: None,
    };
    let act = engine.act(actor);
    let rejoined = match take_over(&mut tx, &account, &integration.id).await? {
        Some(former) => {
            integration.id = former;
            integration.account = Some(account);
            Some(integrations::add_again(&mut tx, &integration, act).await?)
        }
        None => {
            integrations::add_as(&mut tx, &integration.id, &integration.settings, act).await?;
            None
        }
    };
    tx.commit().await?;
    Ok(Added {
        integration,
        rejoined,
    })
}

/// The id of the integration of this account that was deleted last, which is now that of the one that was
/// asked for under `asked`.
async fn take_over(tx: &mut Tx, account: &str, asked: &str) -> Result<Option<String>> {
    let Some(former) = former::of_account(tx, account).await? else {
        return Ok(None);
    };
    Ok(former::take_over(tx, &former, asked)
        .await?
        .then_some(former))
}

/// Replaces the settings of an integration. If it was switched between one-way and two-way sync, what
/// piled up is kept from going by itself ([`actions::backlog`] sends it).
///
/// # Errors
/// As [`add`]; [`Error::Refused`] if a used integration would be pointed at another account, and if it is
/// not as in `before` any more.
pub async fn edit(
    engine: &Engine,
    before: &Integration,
    settings: Settings,
    sign_in: SignIn,
    actor: &str,
) -> Result<Changed> {
    let edited = edit_unless_changed(engine, before, settings, sign_in, actor);
    Box::pin(edited).await?.ok_or_else(|| {
        Error::Refused(format!(
            "Integration {} was changed since you read it, so nothing was changed now. Read it again, and repeat what is still wanted.",
            before.settings.name
        ))
    })
}

/// As [`edit`], but settings that have changed since are no error: `None`, and they stay as they are.
///
/// # Errors
/// As [`edit`].
pub async fn edit_unless_changed(
    engine: &Engine,
    before: &Integration,
    settings: Settings,
    sign_in: SignIn,
    actor: &str,
) -> Result<Option<Changed>> {
    let addresses = &engine.settings.addresses;
    let mut settings = check(settings, addresses)?;
    check_edit(before, &settings, addresses)?;
    let switched_on = settings.two_way && !before.settings.two_way;
    let switched_off = before.settings.two_way && !settings.two_way;
    let mut held = Backlog::default();
    if switched_on {
        held = Box::pin(actions::hold_backlog(engine, before, actor)).await?;
    }
    let act = engine.act(actor);
    let mut tx = engine.store.begin().await?;
    let now = integrations::lock(&mut tx, &before.id).await?;
    if now.is_none_or(|now| now.settings != before.settings) {
        return Ok(None);
    }
    let kept = credentials::find(&mut tx, &before.settings.credential_id).await?;
    let own = kept
        .as_ref()
        .filter(|kept| is_own(kept, &before.settings.name));
    let renamed = settings.name != before.settings.name;
    let mut sign_in_changed = false;
    let mut unused = None;
    match sign_in {
        SignIn::Shared(shared) => {
            settings.credential_id = shared_credential(&mut tx, &shared).await?.id;
            unused = own.filter(|own| own.id != settings.credential_id);
        }
        SignIn::Own(given) => {
            sign_in_changed = true;
            refuse(given.faults(own))?;
            match own {
                Some(own) if own.kind == given.kind => {
                    let draft = given.draft(&own.name, &settings.name);
                    keep_over(engine, &mut tx, own, &draft, actor).await?;
                }
                // A shared one is not changed behind the back of the others who use it, and a secret
                // of one kind is never sent as one of another kind.
                Some(_) | None => {
                    settings.credential_id =
                        add_own(engine, &mut tx, &given, &settings.name, actor).await?;
                    unused = own;
                }
            }
        }
        SignIn::Kept => {
            if let (true, Some(own)) = (renamed, own) {
                let same = OwnSignIn {
                    kind: own.kind,
                    email: own.email.clone(),
                    client_id: own.client_id.clone(),
                    secret: None,
                };
                let draft = same.draft(&own.name, &settings.name);
                keep_over(engine, &mut tx, own, &draft, actor).await?;
            }
        }
    }
    let told = describe(&before.settings, &settings, sign_in_changed);
    integrations::edit(&mut tx, &before.id, &settings, &told, act).await?;
    if let Some(unused) = unused {
        credentials::delete(&mut tx, unused, act).await?;
    }
    tx.commit().await?;
    engine.memory.forget_client(&before.id);
    if switched_off {
        held = Box::pin(actions::hold_backlog(engine, before, actor)).await?;
    }
    Ok(Some(Changed {
        settings,
        told,
        held,
    }))
}

fn refuse(faults: Vec<Fault>) -> Result<()> {
    match faults.into_iter().next() {
        Some(first) => Err(Error::Refused(first.sentence)),
        None => Ok(()),
    }
}

/// Replaces what the integration's own credential holds. The tokens of an account that was connected
/// stay where neither client nor secret changed.
async fn keep_over(
    engine: &Engine,
    tx: &mut Tx,
    own: &Credential,
    draft: &CredentialDraft,
    actor: &str,
) -> Result<()> {
    let same_client = draft.secret.is_none() && draft.client_id == own.client_id;
    let tokens = if same_client {
        credentials::tokens(tx, &engine.keyring, &own.id).await?
    } else {
        None
    };
    credentials::edit(tx, &engine.keyring, &own.id, draft, engine.act(actor)).await?;
    if let Some(tokens) = tokens {
        credentials::keep_tokens(tx, &engine.keyring, &own.id, &tokens, &*engine.dice).await?;
    }
    Ok(())
}

/// Stores the integration's own credential under its name, or under one that is still free.
async fn add_own(
    engine: &Engine,
    tx: &mut Tx,
    own: &OwnSignIn,
    integration: &str,
    actor: &str,
) -> Result<String> {
    let taken: Vec<String> = credentials::list(tx)
        .await?
        .into_iter()
        .map(|credential| credential.name)
        .collect();
    let mut draft = own.draft(integration, integration);
    let mut number = 1;
    while taken.contains(&draft.name) {
        number += 1;
        draft.name = format!("{integration} {number}");
    }
    Ok(credentials::add(tx, &engine.keyring, &draft, engine.act(actor)).await?)
}

async fn shared_credential(tx: &mut Tx, name: &str) -> Result<Credential> {
    credentials::find(tx, name).await?.ok_or_else(|| {
        Error::Refused(format!(
            "There is no credential named {name:?}. Settings, Credentials shows those there are, as does `deskbridge credential list`."
        ))
    })
}

/// What an edit changed, for the audit log and for the person: from what to what, secrets left out.
fn describe(before: &Settings, after: &Settings, sign_in: bool) -> String {
    let mut changed = Vec::new();
    let mut note = |what: &str, from: String, to: String| {
        if from != to {
            changed.push(format!("{what} from {from} to {to}"));
        }
    };
    let none = |email: &Option<String>| email.clone().unwrap_or_else(|| "none".to_owned());
    let way = |two_way| if two_way { "two-way" } else { "one-way" }.to_owned();
    note("name", before.name.clone(), after.name.clone());
    note("URL", before.url.clone(), after.url.clone());
    note(
        "default user",
        none(&before.default_email),
        none(&after.default_email),
    );
    note("sync", way(before.two_way), way(after.two_way));
    note(
        "interval",
        format!("{} s", before.interval.as_secs()),
        format!("{} s", after.interval.as_secs()),
    );
    note(
        "budget share",
        format!("{} %", before.budget_share),
        format!("{} %", after.budget_share),
    );
    for ((what, from), (_, to)) in integrations::words(before)
        .into_iter()
        .zip(integrations::words(after))
    {
        note(&what.replace('_', " "), from.to_owned(), to.to_owned());
    }
    if before.owner_id != after.owner_id {
        changed.push("owner changed".to_owned());
    }
    if before.maps != after.maps {
        changed.push("maps changed".to_owned());
    }
    if sign_in || before.credential_id != after.credential_id {
        changed.push("sign-in changed".to_owned());
    }
    changed.join(", ")
}
