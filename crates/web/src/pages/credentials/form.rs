//! The fields of a credential, as adding, editing and a link for others show them.

use askama::Template;
use engine::credentials::Kind;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use store::credentials::{Credential, CredentialDraft, CredentialKind};

use crate::form::{SecretText, Wrongs, ticked};
use crate::mask;
use crate::page::Frame;

/// What is typed. Which of it counts, the type says.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Entry {
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) description: String,
    /// `token` or `oauth`.
    pub(crate) sign_in: String,
    pub(crate) api_token: SecretText,
    pub(crate) email: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: SecretText,
    pub(crate) address: SecretText,
    pub(crate) key_id: String,
    pub(crate) secret_key: SecretText,
    pub(crate) subdomain: String,
    #[serde(deserialize_with = "ticked")]
    pub(crate) anyway: bool,
}

/// What of it is shown again: everything but secrets.
pub(super) struct Fields {
    pub(super) kind: Kind,
    pub(super) by_token: bool,
    pub(super) email: String,
    pub(super) client_id: String,
    pub(super) key_id: String,
    /// Whether a secret is stored, which stays if none is entered.
    pub(super) kept: bool,
}

impl Fields {
    /// Empty fields of a type.
    pub(super) fn new(kind: Kind) -> Self {
        Self {
            kind,
            // Zendesk makes no new tokens; an OAuth client lasts.
            by_token: false,
            email: String::new(),
            client_id: String::new(),
            key_id: String::new(),
            kept: false,
        }
    }

    /// What is stored, as its reader may see it.
    pub(super) fn of(credential: &Credential) -> Self {
        let kind = Kind::of(credential.kind);
        let id = credential.client_id.clone().unwrap_or_default();
        let (client_id, key_id) = match kind {
            Kind::ObjectStore => (String::new(), id),
            Kind::Database | Kind::Zendesk => (id, String::new()),
        };
        Self {
            kind,
            by_token: credential.kind == CredentialKind::ApiToken,
            email: credential.email.clone().unwrap_or_default(),
            client_id,
            key_id,
            kept: true,
        }
    }
}

impl Entry {
    /// What was typed, without its secrets.
    pub(super) fn fields(&self, kind: Kind, kept: bool) -> Fields {
        Fields {
            kind,
            by_token: self.sign_in != "oauth",
            email: self.email.clone(),
            client_id: self.client_id.clone(),
            key_id: self.key_id.clone(),
            kept,
        }
    }

    /// The credential that was typed, over what `kept` holds already.
    ///
    /// # Errors
    /// Which fields are missing.
    pub(crate) fn draft(
        &self,
        kind: Kind,
        kept: Option<&Credential>,
    ) -> Result<CredentialDraft, Wrongs> {
        let mut wrongs = Wrongs::default();
        let (stored_as, email, client_id, secret) = match kind {
            Kind::Zendesk if self.sign_in == "oauth" => {
                let tokens = kept.filter(|kept| kept.kind == CredentialKind::OAuthTokens);
                let client = kept.filter(|kept| kept.kind == CredentialKind::OAuthClient);
                let id = needed(&mut wrongs, "client_id", &self.client_id, CLIENT_ID);
                let kept = tokens.or(client);
                let secret = &self.client_secret;
                let secret = secret_of(&mut wrongs, "client_secret", secret, kept, CLIENT_SECRET);
                let stored_as = tokens.map_or(CredentialKind::OAuthClient, |kept| kept.kind);
                (stored_as, None, id, secret)
            }
            Kind::Zendesk => {
                let kept = kept.filter(|kept| kept.kind == CredentialKind::ApiToken);
                let secret = secret_of(&mut wrongs, "api_token", &self.api_token, kept, API_TOKEN);
                let email = needed(&mut wrongs, "email", &self.email, EMAIL);
                // Who sees it masked and leaves it so has not changed it.
                let real = kept.and_then(|kept| kept.email.clone());
                let untouched = real.as_deref().map(mask::email) == email;
                let email = if untouched { real } else { email };
                (CredentialKind::ApiToken, email, None, secret)
            }
            Kind::Database => {
                let secret = secret_of(&mut wrongs, "address", &self.address, kept, ADDRESS);
                (CredentialKind::Database, None, None, secret)
            }
            Kind::ObjectStore => {
                let id = needed(&mut wrongs, "key_id", &self.key_id, KEY_ID);
                let secret = &self.secret_key;
                let secret = secret_of(&mut wrongs, "secret_key", secret, kept, SECRET_KEY);
                (CredentialKind::ObjectStore, None, id, secret)
            }
        };
        if !wrongs.is_empty() {
            return Err(wrongs);
        }
        Ok(CredentialDraft {
            name: self.name.clone(),
            description: self.description.clone(),
            kind: stored_as,
            email,
            client_id,
            secret,
        })
    }
}

const API_TOKEN: &str = "Enter the API token.";
const EMAIL: &str = "Enter the email address of the person who made the API token.";
const CLIENT_ID: &str = "Enter the identifier of the OAuth client.";
const CLIENT_SECRET: &str = "Enter the secret of the OAuth client.";
const ADDRESS: &str = "Enter the database's address: postgres://user:password@db.example.com/name.";
const KEY_ID: &str = "Enter the access key id.";
const SECRET_KEY: &str = "Enter the secret key.";

fn needed(wrongs: &mut Wrongs, field: &'static str, text: &str, sentence: &str) -> Option<String> {
    let text = text.trim();
    if text.is_empty() {
        wrongs.add(field, sentence);
        return None;
    }
    Some(text.to_owned())
}

/// What was entered; nothing if a stored one stays.
fn secret_of(
    wrongs: &mut Wrongs,
    field: &'static str,
    secret: &SecretText,
    kept: Option<&Credential>,
    sentence: &str,
) -> Option<SecretString> {
    let text = secret.0.expose_secret().trim();
    if text.is_empty() {
        if kept.is_none() {
            wrongs.add(field, sentence);
        }
        return None;
    }
    Some(text.to_owned().into())
}

/// The form with what was typed, and what is wrong with it.
#[derive(Template)]
#[template(path = "credentials/form.html")]
pub(super) struct CredentialForm {
    pub(super) frame: Frame,
    pub(super) wrongs: Wrongs,
    /// Whose it is; none for a new one.
    pub(super) id: Option<String>,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) subdomain: String,
    pub(super) fields: Fields,
    /// Whether it may be saved although a trial failed: offered once that has happened.
    pub(super) offers_anyway: bool,
    /// How many things use it, which are tried.
    pub(super) used_by: i64,
}

impl CredentialForm {
    /// Where the form is sent.
    fn action(&self) -> String {
        match &self.id {
            Some(id) => format!("/credentials/{id}/edit"),
            None => "/credentials".to_owned(),
        }
    }
}
