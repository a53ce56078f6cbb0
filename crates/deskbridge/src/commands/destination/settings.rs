//! What can be set of a destination beside its account.

use std::collections::BTreeSet;

use clap::{ArgAction, Args, ValueEnum};
use domain::profile::Attribute;
use engine::destinations::{terms, written};
use store::destinations::{DestinationDraft, Environment};

use crate::failure::usage;

/// The flags; what is not given stays, or has its default.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct SettingsFlags {
    /// What the account is for (production unless said)
    #[arg(long, value_enum)]
    environment: Option<AccountKind>,
    /// What it is for, in your words
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Only administrators and operators may send to it; =false takes it back
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    admin_only: Option<bool>,
    /// People who may not see personal data may send to it; =false takes it back
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    allow_restricted: Option<bool>,
    /// The most users a second, 100 unless said; 0 lifts the cap, and Zendesk's own limits remain
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=10_000))]
    users_per_second: Option<u32>,
    /// A powerful attribute that may be sent, such as role or suspended; may be repeated, and replaces
    /// those allowed before. '' allows none
    #[arg(long, value_name = "ATTRIBUTE", action = ArgAction::Append)]
    allow: Vec<String>,
    /// Sends users one by one (one a second) where the account's bulk import is off; =false takes it back
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    one_by_one: Option<bool>,
}

/// What an account is for.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum AccountKind {
    /// For trying out
    Sandbox,
    /// The one whose users are real
    Production,
}

impl SettingsFlags {
    /// Puts what was given over what the draft has.
    ///
    /// # Errors
    /// A usage error for a word that is no attribute; a sentence if what is stored cannot be read.
    pub(super) fn lay_over(&self, draft: &mut DestinationDraft) -> anyhow::Result<()> {
        if let Some(environment) = self.environment {
            draft.environment = match environment {
                AccountKind::Sandbox => Environment::Sandbox,
                AccountKind::Production => Environment::Production,
            };
        }
        if let Some(description) = &self.description {
            draft.description = description.trim().to_owned();
        }
        draft.admin_only = self.admin_only.unwrap_or(draft.admin_only);
        draft.allow_restricted = self.allow_restricted.unwrap_or(draft.allow_restricted);
        let mut settings = terms(&draft.settings)?;
        if let Some(rate) = self.users_per_second {
            settings.users_per_second = rate;
        }
        if !self.allow.is_empty() {
            settings.allowed = attributes(&self.allow)?;
        }
        settings.one_by_one = self.one_by_one.unwrap_or(settings.one_by_one);
        draft.settings = written(&settings);
        Ok(())
    }
}

fn attributes(words: &[String]) -> anyhow::Result<BTreeSet<Attribute>> {
    words
        .iter()
        .map(|word| word.trim())
        .filter(|word| !word.is_empty())
        .map(|word| {
            Attribute::parse(word).ok_or_else(|| {
                let powerful: Vec<&str> = Attribute::ALL
                    .iter()
                    .filter(|attribute| attribute.is_powerful())
                    .map(|attribute| attribute.as_str())
                    .collect();
                usage(format!(
                    "--allow: {word:?} is no attribute of a Zendesk user. Those that need to be allowed are {}.",
                    powerful.join(", ")
                ))
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> DestinationDraft {
        DestinationDraft {
            name: "d".to_owned(),
            description: String::new(),
            credential_id: String::new(),
            url: String::new(),
            account: String::new(),
            environment: Environment::Production,
            admin_only: true,
            allow_restricted: false,
            settings: String::new(),
        }
    }

    #[test]
    fn what_is_not_given_stays() {
        let mut draft = draft();
        let flags = SettingsFlags {
            users_per_second: Some(0),
            allow: vec!["role".to_owned()],
            ..SettingsFlags::default()
        };
        flags.lay_over(&mut draft).unwrap();
        assert!(draft.admin_only);
        let again = SettingsFlags {
            admin_only: Some(false),
            ..SettingsFlags::default()
        };
        again.lay_over(&mut draft).unwrap();
        assert!(!draft.admin_only);
        let settings = terms(&draft.settings).unwrap();
        assert_eq!(settings.users_per_second, 0);
        assert!(settings.allowed.contains(&Attribute::Role));
    }

    #[test]
    fn what_is_no_attribute_is_answered_with_those_that_need_it() {
        let flags = SettingsFlags {
            allow: vec!["rôle".to_owned()],
            ..SettingsFlags::default()
        };
        let said = flags.lay_over(&mut draft()).unwrap_err().to_string();
        assert!(said.contains("role"), "{said}");
        assert!(said.contains("suspended"), "{said}");
    }
}
