//! The fields of a destination, as its steps, its edit and what is sent to it need them.

use domain::profile::Attribute;
use engine::destinations::{self, MOST_USERS_PER_SECOND};
use serde::Deserialize;
use store::destinations::{Destination, DestinationDraft, Environment};

use crate::app::App;
use crate::form::{Wrongs, ticked};
use crate::problem::Problem;

/// What is typed.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Entry {
    /// Which step follows, while it is made.
    pub(crate) step: String,
    pub(crate) credential: String,
    pub(crate) name: String,
    pub(crate) description: String,
    #[serde(deserialize_with = "ticked")]
    pub(crate) admin_only: bool,
    #[serde(deserialize_with = "ticked")]
    pub(crate) allow_restricted: bool,
    pub(crate) subdomain: String,
    pub(crate) environment: String,
    pub(crate) users_per_second: String,
    #[serde(deserialize_with = "ticked")]
    pub(crate) one_by_one: bool,
    /// Powerful attributes that may be sent.
    pub(crate) allow: Vec<String>,
}

impl Entry {
    /// What a new one begins with.
    pub(crate) fn new() -> Self {
        Self {
            environment: Environment::Sandbox.as_str().to_owned(),
            users_per_second: "100".to_owned(),
            ..Self::default()
        }
    }

    /// What is stored.
    pub(crate) fn of(destination: &Destination) -> Result<Self, Problem> {
        let terms = destinations::terms(&destination.settings)?;
        Ok(Self {
            step: String::new(),
            credential: destination.credential_id.clone(),
            name: destination.name.clone(),
            description: destination.description.clone(),
            admin_only: destination.admin_only,
            allow_restricted: destination.allow_restricted,
            subdomain: String::new(),
            environment: destination.environment.as_str().to_owned(),
            users_per_second: terms.users_per_second.to_string(),
            one_by_one: terms.one_by_one,
            allow: terms
                .allowed
                .iter()
                .map(|attribute| attribute.as_str().to_owned())
                .collect(),
        })
    }

    /// Whether this attribute may be sent.
    pub(crate) fn allows(&self, attribute: &Attribute) -> bool {
        self.allow.iter().any(|word| word == attribute.as_str())
    }

    /// What was typed, over what is stored of it. `kept` says nothing of a new one.
    pub(crate) fn draft(
        &self,
        app: &App,
        kept: Option<&Destination>,
    ) -> Result<DestinationDraft, Wrongs> {
        let mut wrongs = Wrongs::default();
        let (url, account) = match kept {
            Some(kept) => (kept.url.clone(), kept.account.clone()),
            None => match destinations::account(&app.engine, &self.subdomain) {
                Ok(found) => found,
                Err(error) => {
                    wrongs.add("subdomain", error.to_string());
                    Default::default()
                }
            },
        };
        let environment = Environment::parse(&self.environment);
        if environment.is_none() {
            wrongs.add("environment", "Choose sandbox or production.");
        }
        let stored = kept.map_or("", |kept| &kept.settings);
        let mut terms = match destinations::terms(stored) {
            Ok(terms) => terms,
            Err(error) => return Err(Wrongs::whole(error.to_string())),
        };
        match self.users_per_second.trim().parse::<u32>() {
            Ok(rate) if rate <= MOST_USERS_PER_SECOND => terms.users_per_second = rate,
            Ok(_) | Err(_) => wrongs.add(
                "users_per_second",
                format!(
                    "Enter a whole number up to {MOST_USERS_PER_SECOND}, for example 100. 0 lifts the cap."
                ),
            ),
        }
        terms.one_by_one = self.one_by_one;
        let allowed = self
            .allow
            .iter()
            .map(|word| Attribute::parse(word).filter(|attribute| attribute.is_powerful()));
        match allowed.collect() {
            Some(allowed) => terms.allowed = allowed,
            None => wrongs.add("allow", "Choose from the attributes listed here."),
        }
        match (wrongs.is_empty(), environment) {
            (true, Some(environment)) => Ok(DestinationDraft {
                name: self.name.clone(),
                description: self.description.trim().to_owned(),
                credential_id: self.credential.clone(),
                url,
                account,
                environment,
                admin_only: self.admin_only,
                allow_restricted: self.allow_restricted,
                settings: destinations::written(&terms),
            }),
            (_, _) => Err(wrongs),
        }
    }
}

/// The attributes that are sent only where a destination allows it.
pub(crate) fn powerful() -> Vec<Attribute> {
    let all = Attribute::ALL.iter().copied();
    all.filter(|attribute| attribute.is_powerful()).collect()
}
