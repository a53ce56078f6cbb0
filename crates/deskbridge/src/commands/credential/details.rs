//! What a credential holds, as it is given: secrets only by the name of a variable.

use clap::Args;
use store::credentials::{Credential, CredentialDraft, CredentialKind};

use super::Kind;
use crate::commands::naming::checked;
use crate::environment;
use crate::failure::usage;
use crate::sign_in::SignInFlags;

/// The flags of all types.
#[derive(Debug, Args)]
pub(crate) struct Details {
    #[command(flatten)]
    sign_in: SignInFlags,
    /// For a database: the environment variable that holds its whole address,
    /// postgres://user:password@host/name
    #[arg(long, value_name = "VARIABLE")]
    address_env: Option<String>,
    /// For an object store: the access key id
    #[arg(long, value_name = "ID")]
    key_id: Option<String>,
    /// For an object store: the environment variable that holds the secret key
    #[arg(long, value_name = "VARIABLE")]
    secret_env: Option<String>,
}

impl Details {
    /// A new credential.
    ///
    /// # Errors
    /// A usage error that names the flag that is missing or does not belong here.
    pub(super) fn draft(
        &self,
        kind: Kind,
        name: &str,
        description: &str,
    ) -> anyhow::Result<CredentialDraft> {
        let name = checked("a credential", name)?;
        self.check_belong(kind)?;
        match kind {
            Kind::Zendesk => Ok(self.sign_in.complete()?.draft(name, description)),
            Kind::Database => self.database(name, description, None),
            Kind::ObjectStore => self.object_store(name, description, None),
        }
    }

    /// What was given, over what `kept` holds already.
    ///
    /// # Errors
    /// As [`Self::draft`].
    pub(super) fn over(
        &self,
        kept: &Credential,
        new_name: Option<&str>,
        description: Option<&str>,
    ) -> anyhow::Result<CredentialDraft> {
        let name = checked("a credential", new_name.unwrap_or(&kept.name))?;
        let description = description.unwrap_or(&kept.description);
        let kind = kind_of(kept);
        self.check_belong(kind)?;
        match kind {
            Kind::Zendesk => Ok(self.sign_in.over(Some(kept))?.draft(name, description)),
            Kind::Database => self.database(name, description, Some(kept)),
            Kind::ObjectStore => self.object_store(name, description, Some(kept)),
        }
    }

    fn database(
        &self,
        name: &str,
        description: &str,
        kept: Option<&Credential>,
    ) -> anyhow::Result<CredentialDraft> {
        let secret = match &self.address_env {
            Some(variable) => Some(environment::secret("--address-env", variable)?),
            None if kept.is_some() => None,
            None => {
                return Err(usage(
                    "The address is missing. Give --address-env VARIABLE, where VARIABLE holds postgres://user:password@host/name.",
                ));
            }
        };
        Ok(CredentialDraft {
            name: name.to_owned(),
            description: description.to_owned(),
            kind: CredentialKind::Database,
            email: None,
            client_id: None,
            secret,
        })
    }

    fn object_store(
        &self,
        name: &str,
        description: &str,
        kept: Option<&Credential>,
    ) -> anyhow::Result<CredentialDraft> {
        let missing = || {
            usage("Give both --key-id ID and --secret-env VARIABLE: an object store asks for both.")
        };
        let key_id = self
            .key_id
            .clone()
            .or_else(|| kept.and_then(|kept| kept.client_id.clone()))
            .ok_or_else(missing)?;
        let secret = match &self.secret_env {
            Some(variable) => Some(environment::secret("--secret-env", variable)?),
            None if kept.is_some() => None,
            None => return Err(missing()),
        };
        Ok(CredentialDraft {
            name: name.to_owned(),
            description: description.to_owned(),
            kind: CredentialKind::ObjectStore,
            email: None,
            client_id: Some(key_id.trim().to_owned()),
            secret,
        })
    }

    /// Flags of another type are refused, so that nobody believes they were stored.
    fn check_belong(&self, kind: Kind) -> anyhow::Result<()> {
        let given = [
            ("the sign-in flags", Kind::Zendesk, self.sign_in.are_given()),
            ("--address-env", Kind::Database, self.address_env.is_some()),
            ("--key-id", Kind::ObjectStore, self.key_id.is_some()),
            ("--secret-env", Kind::ObjectStore, self.secret_env.is_some()),
        ];
        match given.iter().find(|(_, of, given)| *given && *of != kind) {
            None => Ok(()),
            Some((flag, of, _)) => Err(usage(format!(
                "{flag}: that is for a credential of the type {}, and this one is of the type {}.",
                word(*of),
                word(kind)
            ))),
        }
    }
}

/// The type of a stored credential.
pub(super) fn kind_of(credential: &Credential) -> Kind {
    match credential.kind {
        CredentialKind::OAuthClient | CredentialKind::OAuthTokens | CredentialKind::ApiToken => {
            Kind::Zendesk
        }
        CredentialKind::Database => Kind::Database,
        CredentialKind::ObjectStore => Kind::ObjectStore,
    }
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Zendesk => "zendesk",
        Kind::Database => "database",
        Kind::ObjectStore => "object-store",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn none() -> Details {
        Details {
            sign_in: SignInFlags::default(),
            address_env: None,
            key_id: None,
            secret_env: None,
        }
    }

    fn said(details: &Details, kind: Kind) -> String {
        match details.draft(kind, "x", "") {
            Ok(_) => "complete".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn what_a_type_needs_is_asked_for() {
        assert!(said(&none(), Kind::Database).contains("--address-env"));
        assert!(said(&none(), Kind::ObjectStore).contains("--key-id"));
        let half = Details {
            key_id: Some("AKIA".to_owned()),
            ..none()
        };
        assert!(said(&half, Kind::ObjectStore).contains("--secret-env"));
    }

    #[test]
    fn a_flag_of_another_type_is_refused() {
        let mixed = Details {
            key_id: Some("AKIA".to_owned()),
            ..none()
        };
        let said = said(&mixed, Kind::Zendesk);
        assert!(said.contains("--key-id"), "{said}");
        assert!(said.contains("of the type object-store"), "{said}");
    }
}
