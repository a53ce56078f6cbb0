//! Destinations as programs read and write them.

use engine::destinations::terms;
use serde::{Deserialize, Serialize};
use store::destinations::{Destination, Environment};
use utoipa::ToSchema;

use crate::pages::destinations::{form, promote};
use crate::problem::Problem;

/// What the fields of the form are called in a body.
pub(super) const NAMES: [(&str, &str); 3] = [
    ("credential", "credential_id"),
    ("subdomain", "account"),
    ("allow", "allowed_attributes"),
];

/// What an account is for.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AccountUse {
    /// For trying out.
    Sandbox,
    /// The one whose users are real.
    Production,
}

impl From<Environment> for AccountUse {
    fn from(environment: Environment) -> Self {
        match environment {
            Environment::Sandbox => Self::Sandbox,
            Environment::Production => Self::Production,
        }
    }
}

impl From<AccountUse> for Environment {
    fn from(environment: AccountUse) -> Self {
        match environment {
            AccountUse::Sandbox => Self::Sandbox,
            AccountUse::Production => Self::Production,
        }
    }
}

/// A Zendesk account that profiles are sent to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DestinationRecord {
    /// Our id.
    id: String,
    /// Its name, unique.
    name: String,
    /// What it is for.
    description: String,
    /// The id of the credential that signs in.
    credential_id: String,
    /// The account's address.
    url: String,
    /// The account's subdomain.
    account: String,
    /// What the account is for.
    environment: AccountUse,
    /// Whether only administrators and operators may send to it.
    admin_only: bool,
    /// Whether people who see personal data masked may send to it.
    allow_restricted: bool,
    /// The most users that are sent in a second; 0 for no cap. Null if a newer version of Deskbridge wrote
    /// the settings.
    users_per_second: Option<u32>,
    /// Whether users are sent one by one where bulk import is off, without asking each time.
    one_by_one: bool,
    /// Powerful attributes that may be sent, such as `role` and `suspended`.
    allowed_attributes: Vec<String>,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was last changed.
    #[schema(format = DateTime)]
    updated_at: String,
}

impl From<Destination> for DestinationRecord {
    fn from(found: Destination) -> Self {
        let terms = terms(&found.settings).ok();
        let allowed = terms.iter().flat_map(|terms| &terms.allowed);
        Self {
            allowed_attributes: allowed.map(|one| one.as_str().to_owned()).collect(),
            users_per_second: terms.as_ref().map(|terms| terms.users_per_second),
            one_by_one: terms.is_some_and(|terms| terms.one_by_one),
            id: found.id,
            name: found.name,
            description: found.description,
            credential_id: found.credential_id,
            url: found.url,
            account: found.account,
            environment: found.environment.into(),
            admin_only: found.admin_only,
            allow_restricted: found.allow_restricted,
            created_at: found.created_at.to_string(),
            updated_at: found.updated_at.to_string(),
        }
    }
}

/// A destination with what uses it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DestinationDetails {
    #[serde(flatten)]
    pub(super) destination: DestinationRecord,
    /// What uses it and keeps it from being deleted, such as `orchestration live`.
    pub(super) uses: Vec<String>,
    /// Why the token's owner may not send to it; null if they may.
    pub(super) not_for_you: Option<String>,
}

/// A new destination.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DestinationNew {
    /// Its name, unique.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// What it is for.
    #[serde(default)]
    description: String,
    /// The id of the credential that signs in.
    credential_id: String,
    /// The account: its subdomain (`company` for company.zendesk.com) or its address.
    #[schema(min_length = 1)]
    account: String,
    /// What the account is for.
    environment: AccountUse,
    /// Whether only administrators and operators may send to it.
    #[serde(default)]
    admin_only: bool,
    /// Whether people who see personal data masked may send to it.
    #[serde(default)]
    allow_restricted: bool,
    /// The most users that are sent in a second; 0 for no cap.
    #[serde(default = "usual_rate")]
    #[schema(maximum = 10_000, default = 100)]
    users_per_second: u32,
    /// Whether users are sent one by one where bulk import is off, without asking each time.
    #[serde(default)]
    one_by_one: bool,
    /// Powerful attributes that may be sent, such as `role` and `suspended`.
    #[serde(default)]
    allowed_attributes: Vec<String>,
}

/// As the page's form begins.
fn usual_rate() -> u32 {
    engine::profile_send::DestinationSettings::default().users_per_second
}

impl From<DestinationNew> for form::Entry {
    fn from(new: DestinationNew) -> Self {
        Self {
            step: String::new(),
            credential: new.credential_id,
            name: new.name,
            description: new.description,
            admin_only: new.admin_only,
            allow_restricted: new.allow_restricted,
            subdomain: new.account,
            environment: Environment::from(new.environment).as_str().to_owned(),
            users_per_second: new.users_per_second.to_string(),
            one_by_one: new.one_by_one,
            allow: new.allowed_attributes,
        }
    }
}

/// What is changed of a destination; what is not given stays, and the account stays always.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DestinationChange {
    /// Its name, unique.
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    /// What it is for.
    description: Option<String>,
    /// The id of the credential that signs in.
    credential_id: Option<String>,
    /// What the account is for.
    environment: Option<AccountUse>,
    /// Whether only administrators and operators may send to it.
    admin_only: Option<bool>,
    /// Whether people who see personal data masked may send to it.
    allow_restricted: Option<bool>,
    /// The most users that are sent in a second; 0 for no cap.
    #[schema(maximum = 10_000)]
    users_per_second: Option<u32>,
    /// Whether users are sent one by one where bulk import is off, without asking each time.
    one_by_one: Option<bool>,
    /// Powerful attributes that may be sent, such as `role` and `suspended`.
    allowed_attributes: Option<Vec<String>>,
}

impl DestinationChange {
    /// What the page's form would hold, over what is stored.
    pub(super) fn over(self, found: &Destination) -> Result<form::Entry, Problem> {
        let stored = form::Entry::of(found)?;
        let environment = self.environment.map(Environment::from);
        let rate = self.users_per_second.map(|rate| rate.to_string());
        Ok(form::Entry {
            credential: self.credential_id.unwrap_or(stored.credential),
            name: self.name.unwrap_or(stored.name),
            description: self.description.unwrap_or(stored.description),
            admin_only: self.admin_only.unwrap_or(stored.admin_only),
            allow_restricted: self.allow_restricted.unwrap_or(stored.allow_restricted),
            environment: environment.map_or(stored.environment, |one| one.as_str().to_owned()),
            users_per_second: rate.unwrap_or(stored.users_per_second),
            one_by_one: self.one_by_one.unwrap_or(stored.one_by_one),
            allow: self.allowed_attributes.unwrap_or(stored.allow),
            ..stored
        })
    }
}

/// What a test of the connection found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConnectionTest {
    /// Whether the account lets us in.
    pub(super) works: bool,
    /// Who we are there, or why not.
    pub(super) sentence: String,
}

/// Where a sandbox is promoted to.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PromotionWish {
    /// The name of the new destination.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// The id of the credential that signs in to the production account.
    credential_id: String,
    /// The production account, by its subdomain or address.
    #[schema(min_length = 1)]
    account: String,
}

impl From<PromotionWish> for promote::Entry {
    fn from(wish: PromotionWish) -> Self {
        Self {
            name: wish.name,
            credential: wish.credential_id,
            subdomain: wish.account,
        }
    }
}

/// What a promotion made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PromotionMade {
    /// The new destination.
    pub(super) destination: DestinationDetails,
    /// The names of the copied orchestrations, which are inactive until somebody activates them.
    pub(super) orchestrations: Vec<String>,
}
