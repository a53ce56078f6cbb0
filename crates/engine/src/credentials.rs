//! What people do with credentials: add, edit, try, delete, and have somebody else enter them
//! (profile-send.md 1).

pub mod requests;
mod trial;

use store::credentials::{self, Credential, CredentialDraft, CredentialKind};

use crate::engine::Engine;
use crate::error::{Error, Result};

pub use trial::{Trial, accounts, try_at, try_database, try_draft, try_everywhere};
pub(crate) use trial::{in_time, word};

/// The longest name, in characters.
const LONGEST_NAME: usize = 200;

/// What a credential signs in to: the type that a person chooses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A PostgreSQL database that queries read.
    Database,
    /// An object store (S3) that queries read.
    ObjectStore,
    /// A Zendesk account.
    Zendesk,
}

impl Kind {
    /// All of them, by title.
    pub const ALL: [Self; 3] = [Self::Database, Self::ObjectStore, Self::Zendesk];

    /// The word of the command line and of addresses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::ObjectStore => "object-store",
            Self::Zendesk => "zendesk",
        }
    }

    /// The type of a word, exactly as written.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// What people call it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Database => "Database",
            Self::ObjectStore => "Object store",
            Self::Zendesk => "Zendesk",
        }
    }

    /// The type of a stored credential.
    pub const fn of(kind: CredentialKind) -> Self {
        match kind {
            CredentialKind::OAuthClient
            | CredentialKind::OAuthTokens
            | CredentialKind::ApiToken => Self::Zendesk,
            CredentialKind::Database => Self::Database,
            CredentialKind::ObjectStore => Self::ObjectStore,
        }
    }
}

/// What is done about a trial that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnFailure {
    /// Nothing is stored.
    Refuse,
    /// It is stored all the same: the change may be half of one that is made elsewhere too.
    Keep,
}

/// What became of an addition or an edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// The credential's id.
    pub id: String,
    /// What was found where it was tried.
    pub trials: Vec<Trial>,
}

/// Checks what people type into every type of credential.
///
/// # Errors
/// [`Error::Refused`] with what is wrong.
pub fn check(draft: &mut CredentialDraft) -> Result<()> {
    draft.name = check_name(&draft.name)?.to_owned();
    draft.description = draft.description.trim().to_owned();
    Ok(())
}

/// A name as it is stored.
///
/// # Errors
/// [`Error::Refused`] if it is none.
pub fn check_name(name: &str) -> Result<&str> {
    let name = name.trim();
    let length = name.chars().count();
    if (1..=LONGEST_NAME).contains(&length) {
        return Ok(name);
    }
    Err(Error::Refused(format!(
        "A name has 1 to {LONGEST_NAME} characters; this one has {length}. Enter another one."
    )))
}

/// Stores a new credential, after a trial where one is possible: a database opens with it, a Zendesk
/// account on `url` if that is given.
///
/// # Errors
/// [`Error::Refused`] if the trial fails and nothing is to be stored then; [`store::Error::Exists`] if
/// the name is taken.
pub async fn add(
    engine: &Engine,
    draft: CredentialDraft,
    url: Option<&str>,
    on_failure: OnFailure,
    actor: &str,
) -> Result<Saved> {
    add_as(engine, engine.new_id(), draft, url, on_failure, actor).await
}

/// As [`add`], under an id that was chosen before: asked for twice, one is made.
///
/// # Errors
/// As [`add`].
pub async fn add_as(
    engine: &Engine,
    id: String,
    mut draft: CredentialDraft,
    url: Option<&str>,
    on_failure: OnFailure,
    actor: &str,
) -> Result<Saved> {
    let made = credentials::find(&mut *engine.store.read().await?, &id).await?;
    if made.is_some() {
        let trials = Vec::new();
        return Ok(Saved { id, trials });
    }
    check(&mut draft)?;
    let places: Vec<String> = url.map(str::to_owned).into_iter().collect();
    let trials = try_draft(engine, &draft, None, &places).await?;
    refuse_if_failed(&trials, on_failure)?;
    let mut tx = engine.store.begin().await?;
    let act = engine.act(actor);
    let id = credentials::add_as(&mut tx, &engine.keyring, id, &draft, act).await?;
    tx.commit().await?;
    Ok(Saved { id, trials })
}

/// Changes a credential, after a trial on every account that uses it.
///
/// # Errors
/// As [`add`]; [`store::Error::Stale`] if somebody changed it since it was read.
pub async fn edit(
    engine: &Engine,
    found: &Credential,
    mut draft: CredentialDraft,
    on_failure: OnFailure,
    actor: &str,
) -> Result<Saved> {
    check(&mut draft)?;
    let places = accounts(engine, &found.id).await?;
    let trials = try_draft(engine, &draft, Some(found), &places).await?;
    refuse_if_failed(&trials, on_failure)?;
    let mut tx = engine.store.begin().await?;
    let act = engine.act(actor);
    credentials::hold(&mut tx, found).await?;
    credentials::edit(&mut tx, &engine.keyring, &found.id, &draft, act).await?;
    tx.commit().await?;
    Ok(Saved {
        id: found.id.clone(),
        trials,
    })
}

fn refuse_if_failed(trials: &[Trial], on_failure: OnFailure) -> Result<()> {
    let failed: Vec<String> = trials
        .iter()
        .filter(|trial| !trial.well)
        .map(Trial::to_string)
        .collect();
    match on_failure {
        OnFailure::Refuse if !failed.is_empty() => Err(Error::Refused(format!(
            "{} Nothing was saved.",
            failed.join(" ")
        ))),
        OnFailure::Refuse | OnFailure::Keep => Ok(()),
    }
}

/// Deletes a credential that nothing uses.
///
/// # Errors
/// [`Error::Refused`] with what uses it.
pub async fn delete(engine: &Engine, found: &Credential, actor: &str) -> Result<()> {
    let mut tx = engine.store.begin().await?;
    credentials::hold(&mut tx, found).await?;
    // Looked up inside the transaction, so that none can begin to use it meanwhile.
    let uses = credentials::uses(&mut tx, &found.id).await?;
    if !uses.is_empty() {
        return Err(in_use("credential", &found.name, &uses));
    }
    credentials::delete(&mut tx, found, engine.act(actor)).await?;
    Ok(tx.commit().await?)
}

/// Why something is not deleted: by what it is used, the first ten of it.
pub(crate) fn in_use(what: &str, name: &str, uses: &[String]) -> Error {
    const MOST: usize = 10;
    let mut named = uses
        .iter()
        .take(MOST)
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ");
    if uses.len() > MOST {
        named.push_str(&format!(" and {} more", uses.len() - MOST));
    }
    Error::Refused(format!(
        "The {what} {name} is used by: {named}. Change or delete that first, then try again."
    ))
}
