//! Credentials as programs read and write them.

use engine::credentials::{Kind, Trial};
use serde::{Deserialize, Serialize};
use store::credentials::{Credential, CredentialKind};
use utoipa::ToSchema;

use crate::form::SecretText;
use crate::pages::credentials::form::Entry;
use crate::problem::Problem;

/// How a stored credential signs in.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CredentialType {
    /// An email address and an API token of Zendesk. Zendesk stops these on 30 April 2027.
    ApiToken,
    /// An OAuth client of Zendesk.
    OauthClient,
    /// An OAuth client of Zendesk whose owner has given consent: *Connect to Zendesk*.
    OauthTokens,
    /// A PostgreSQL database that queries read.
    Database,
    /// An object store (S3) that queries read.
    ObjectStore,
}

impl From<CredentialKind> for CredentialType {
    fn from(kind: CredentialKind) -> Self {
        match kind {
            CredentialKind::ApiToken => Self::ApiToken,
            CredentialKind::OAuthClient => Self::OauthClient,
            CredentialKind::OAuthTokens => Self::OauthTokens,
            CredentialKind::Database => Self::Database,
            CredentialKind::ObjectStore => Self::ObjectStore,
        }
    }
}

/// How a new credential signs in.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NewCredentialType {
    /// `email`, and the API token as `secret`.
    ApiToken,
    /// `client_id`, and the client's secret as `secret`.
    OauthClient,
    /// The database's address with user and password as `secret`.
    Database,
    /// `access_key_id`, and the secret key as `secret`.
    ObjectStore,
}

impl NewCredentialType {
    /// The type that people choose.
    pub(super) fn kind(self) -> Kind {
        match self {
            Self::ApiToken | Self::OauthClient => Kind::Zendesk,
            Self::Database => Kind::Database,
            Self::ObjectStore => Kind::ObjectStore,
        }
    }
}

impl From<CredentialKind> for NewCredentialType {
    fn from(kind: CredentialKind) -> Self {
        match kind {
            CredentialKind::ApiToken => Self::ApiToken,
            CredentialKind::OAuthClient | CredentialKind::OAuthTokens => Self::OauthClient,
            CredentialKind::Database => Self::Database,
            CredentialKind::ObjectStore => Self::ObjectStore,
        }
    }
}

/// A credential, without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CredentialRecord {
    /// Our id.
    id: String,
    /// Its name, unique.
    name: String,
    /// What it is for.
    description: String,
    /// How it signs in.
    #[serde(rename = "type")]
    kind: CredentialType,
    /// Who signs in, for an API token; null for others.
    email: Option<String>,
    /// Which OAuth client signs in; null for others.
    client_id: Option<String>,
    /// The access key id of an object store; null for others.
    access_key_id: Option<String>,
    /// How many integrations, destinations and queries use it.
    used_by: i64,
    /// When it or its secret was last changed.
    #[schema(format = DateTime)]
    updated_at: String,
}

impl From<Credential> for CredentialRecord {
    fn from(found: Credential) -> Self {
        let is_store = found.kind == CredentialKind::ObjectStore;
        let (client_id, access_key_id) = match is_store {
            true => (None, found.client_id),
            false => (found.client_id, None),
        };
        Self {
            id: found.id,
            name: found.name,
            description: found.description,
            kind: found.kind.into(),
            email: found.email,
            client_id,
            access_key_id,
            used_by: found.used_by,
            updated_at: found.updated_at.to_string(),
        }
    }
}

/// A credential with what uses it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CredentialDetails {
    #[serde(flatten)]
    pub(super) credential: CredentialRecord,
    /// What uses it and keeps it from being deleted, such as `destination live`.
    pub(super) uses: Vec<String>,
}

/// A new credential.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CredentialNew {
    /// Its name, unique.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// What it is for.
    #[serde(default)]
    description: String,
    /// How it signs in.
    #[serde(rename = "type")]
    pub(super) kind: NewCredentialType,
    /// The email address of the person who made the API token.
    #[serde(default)]
    email: String,
    /// The identifier of the OAuth client.
    #[serde(default)]
    client_id: String,
    /// The access key id of the object store.
    #[serde(default)]
    access_key_id: String,
    /// The API token, client secret, address of the database, or secret key. It is stored sealed and never
    /// answered.
    #[schema(value_type = String, format = Password)]
    secret: SecretText,
    /// The Zendesk account on which it is tried, by its subdomain or address; none to store it untried.
    #[serde(default)]
    account: String,
    /// Whether it is stored although it could not sign in.
    #[serde(default)]
    keep_if_refused: bool,
}

impl CredentialNew {
    /// What the page's form would hold.
    pub(super) fn entry(self) -> Entry {
        let entry = Entry {
            name: self.name,
            description: self.description,
            email: self.email,
            client_id: self.client_id,
            key_id: self.access_key_id,
            subdomain: self.account,
            anyway: self.keep_if_refused,
            ..Entry::default()
        };
        with_secret(entry, self.kind, self.secret)
    }
}

/// What is changed of a credential; what is not given stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CredentialChange {
    /// Its name, unique.
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    /// What it is for.
    description: Option<String>,
    /// How it signs in: a Zendesk credential may change between API token and OAuth client.
    #[serde(rename = "type")]
    kind: Option<NewCredentialType>,
    /// The email address of the person who made the API token.
    email: Option<String>,
    /// The identifier of the OAuth client.
    client_id: Option<String>,
    /// The access key id of the object store.
    access_key_id: Option<String>,
    /// The new secret.
    #[schema(value_type = Option<String>, format = Password)]
    secret: Option<SecretText>,
    /// Whether it is stored although it could not sign in.
    #[serde(default)]
    keep_if_refused: bool,
}

impl CredentialChange {
    /// What the page's form would hold, over what is stored.
    ///
    /// # Errors
    /// If it would become a credential for something else.
    pub(super) fn entry(self, found: &Credential) -> Result<(NewCredentialType, Entry), Problem> {
        let kind = self.kind.unwrap_or_else(|| found.kind.into());
        if kind.kind() != Kind::of(found.kind) {
            return Err(Problem::invalid(
                "type",
                "A credential stays one for what it opens. Add another one for something else.",
            ));
        }
        let stored = CredentialRecord::from(found.clone());
        let entry = Entry {
            name: self.name.unwrap_or(stored.name),
            description: self.description.unwrap_or(stored.description),
            email: self.email.or(stored.email).unwrap_or_default(),
            client_id: self.client_id.or(stored.client_id).unwrap_or_default(),
            key_id: self
                .access_key_id
                .or(stored.access_key_id)
                .unwrap_or_default(),
            anyway: self.keep_if_refused,
            ..Entry::default()
        };
        Ok((
            kind,
            with_secret(entry, kind, self.secret.unwrap_or_default()),
        ))
    }
}

/// The form has a field of its own for each kind of secret.
fn with_secret(entry: Entry, kind: NewCredentialType, secret: SecretText) -> Entry {
    let mut entry = Entry {
        kind: kind.kind().as_str().to_owned(),
        sign_in: "token".to_owned(),
        ..entry
    };
    match kind {
        NewCredentialType::ApiToken => entry.api_token = secret,
        NewCredentialType::OauthClient => {
            "oauth".clone_into(&mut entry.sign_in);
            entry.client_secret = secret;
        }
        NewCredentialType::Database => entry.address = secret,
        NewCredentialType::ObjectStore => entry.secret_key = secret,
    }
    entry
}

/// What the fields of the form are called in a body.
pub(super) fn body_names(kind: NewCredentialType) -> [(&'static str, &'static str); 3] {
    let secret = match kind {
        NewCredentialType::ApiToken => "api_token",
        NewCredentialType::OauthClient => "client_secret",
        NewCredentialType::Database => "address",
        NewCredentialType::ObjectStore => "secret_key",
    };
    [
        (secret, "secret"),
        ("key_id", "access_key_id"),
        ("subdomain", "account"),
    ]
}

/// What a test found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Trials {
    /// One for each place; none where nothing can be tried.
    pub(super) trials: Vec<TrialRecord>,
}

/// What was found at one place.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TrialRecord {
    /// The account's address, or what was opened.
    place: String,
    /// What was found there.
    sentence: String,
    /// Whether it works.
    works: bool,
}

impl From<Trial> for TrialRecord {
    fn from(trial: Trial) -> Self {
        Self {
            place: trial.place,
            sentence: trial.sentence,
            works: trial.well,
        }
    }
}
