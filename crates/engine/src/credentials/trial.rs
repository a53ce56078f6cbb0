//! Trying a credential: signing in with it, or opening what it opens, before or after it is stored.

use std::fmt;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use secrecy::SecretString;
use store::credentials::{self, Credential, CredentialDraft};
use store::{destinations, integrations};
use zendesk::{Client, Me};

use super::Kind;
use crate::connection::{connect_account, connect_unsaved};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::profile_send::{self, DestinationSettings, who};

/// How long a person waits for a trial.
const LONGEST: Duration = Duration::from_secs(30);
/// The most of an email address or a role of Zendesk's that is shown.
const LONGEST_WORD: usize = 80;

/// What was found at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// The account's address, or what was opened.
    pub place: String,
    /// What was found there.
    pub sentence: String,
    /// Whether it works.
    pub well: bool,
}

impl fmt::Display for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sentence = self.sentence.trim_end_matches('.');
        write!(f, "{}: {sentence}.", self.place)
    }
}

impl Trial {
    fn of<T, E: fmt::Display>(
        place: &str,
        found: Result<T, E>,
        told: impl FnOnce(T) -> String,
    ) -> Self {
        let (sentence, well) = match found {
            Ok(found) => (told(found), true),
            Err(error) => (error.to_string(), false),
        };
        Self {
            place: place.to_owned(),
            sentence,
            well,
        }
    }
}

/// The addresses of the accounts that integrations and destinations reach with a credential.
///
/// # Errors
/// As the database says.
pub async fn accounts(engine: &Engine, credential: &str) -> Result<Vec<String>> {
    let mut reader = engine.store.read().await?;
    let integrations = integrations::list(&mut reader).await?.into_iter();
    let destinations = destinations::list(&mut reader).await?.into_iter();
    let mut places: Vec<String> = integrations
        .filter(|integration| integration.settings.credential_id == credential)
        .map(|integration| integration.settings.url)
        .chain(
            destinations
                .filter(|destination| destination.credential_id == credential)
                .map(|destination| destination.url),
        )
        .collect();
    places.sort_unstable();
    places.dedup();
    Ok(places)
}

/// Tries a credential as it would be after it was saved: `kept` is what is stored of it, whose secret
/// stays if the draft has none. An object store is not tried, since it is opened object by object.
///
/// # Errors
/// As the database says; what is found is in the trials.
pub async fn try_draft(
    engine: &Engine,
    draft: &CredentialDraft,
    kept: Option<&Credential>,
    places: &[String],
) -> Result<Vec<Trial>> {
    if let Some(kept) = kept {
        let same = kept.kind == draft.kind
            && kept.email == draft.email
            && kept.client_id == draft.client_id;
        if same && draft.secret.is_none() {
            return try_everywhere(engine, kept, places).await;
        }
    }
    let secret = match (&draft.secret, kept) {
        (Some(secret), _) => secret.clone(),
        (None, Some(kept)) => {
            let reader = &mut *engine.store.read().await?;
            credentials::secret(reader, &engine.keyring, &kept.id).await?
        }
        (None, None) => return Err(no_secret()),
    };
    match Kind::of(draft.kind) {
        Kind::ObjectStore => Ok(Vec::new()),
        Kind::Database => {
            let opening = profile_send::try_database_at(engine, draft.name.clone(), secret);
            let found = in_time(engine, Box::pin(opening)).await;
            Ok(vec![Trial::of("the database", found, advised)])
        }
        Kind::Zendesk => {
            let mut trials = Vec::new();
            for url in places {
                let found = try_unsaved(engine, url, draft, secret.clone()).await;
                trials.push(Trial::of(url, found, |me| signed_in(&me)));
            }
            Ok(trials)
        }
    }
}

async fn try_unsaved(
    engine: &Engine,
    url: &str,
    draft: &CredentialDraft,
    secret: SecretString,
) -> Result<Me> {
    let share = DestinationSettings::default().budget_share;
    let client = connect_unsaved(engine, url, draft, secret, share)?;
    look(engine, &client).await
}

/// Tries a stored credential on these accounts, or opens its database.
///
/// # Errors
/// As the database says; what is found is in the trials.
pub async fn try_everywhere(
    engine: &Engine,
    credential: &Credential,
    places: &[String],
) -> Result<Vec<Trial>> {
    match Kind::of(credential.kind) {
        Kind::ObjectStore => Ok(Vec::new()),
        Kind::Database => Ok(vec![try_database(engine, credential).await]),
        Kind::Zendesk => {
            let mut trials = Vec::new();
            for url in places {
                trials.push(try_at(engine, credential, url).await);
            }
            Ok(trials)
        }
    }
}

/// Signs in to one account with a stored credential.
pub async fn try_at(engine: &Engine, credential: &Credential, url: &str) -> Trial {
    let share = DestinationSettings::default().budget_share;
    let whose = format!("the trial of {}", credential.name);
    let found = match connect_account(engine, url, &credential.id, share, &whose).await {
        Ok(client) => look(engine, &client).await,
        Err(error) => Err(error),
    };
    Trial::of(url, found, |me| signed_in(&me))
}

/// Signs in to the database of a stored credential, and passes on what its user can do and should not.
pub async fn try_database(engine: &Engine, credential: &Credential) -> Trial {
    let opening = profile_send::try_database(engine, &credential.id);
    let found = in_time(engine, Box::pin(opening)).await;
    Trial::of("the database", found, advised)
}

async fn look(engine: &Engine, client: &Client) -> Result<Me> {
    in_time(engine, who(client)).await
}

fn advised(advice: Vec<String>) -> String {
    std::iter::once("signed in".to_owned())
        .chain(advice)
        .collect::<Vec<_>>()
        .join(". ")
}

fn signed_in(me: &Me) -> String {
    format!(
        "signed in as {}, who has the role {}",
        word(me.email.as_deref().unwrap_or("a user without email")),
        word(me.role.as_deref().unwrap_or("unknown"))
    )
}

/// A word of Zendesk's: what could steer a terminal is left out.
pub(crate) fn word(text: &str) -> String {
    let plain = text.chars().filter(|letter| !letter.is_control());
    plain.take(LONGEST_WORD).collect()
}

/// The outcome, if it comes while a person still waits for it.
pub(crate) async fn in_time<T>(
    engine: &Engine,
    trying: impl Future<Output = Result<T>>,
) -> Result<T> {
    match select(pin!(trying), engine.clock.beat(LONGEST)).await {
        Either::Left((outcome, _)) => outcome.map_err(Error::for_asker),
        Either::Right(_) => Err(Error::Refused(format!(
            "The other side did not answer within {} seconds. Try again; if it stays so, look whether it can be reached from here.",
            LONGEST.as_secs()
        ))),
    }
}

fn no_secret() -> Error {
    Error::Refused("The secret is missing. Enter it.".to_owned())
}
