//! How sign-in details are given on the command line: secrets only by the name of a variable.

use clap::Args;
use secrecy::SecretString;
use store::credentials::{Credential, CredentialDraft, CredentialKind};

use crate::environment;
use crate::failure::usage;

/// The flags.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct SignInFlags {
    /// The email address of the Zendesk administrator whose API token it is
    #[arg(long, value_name = "EMAIL", conflicts_with_all = ["oauth_client_id", "oauth_client_secret_env"])]
    pub(crate) api_email: Option<String>,
    /// The environment variable that holds the API token (Zendesk ends API tokens on 30 Apr 2027)
    #[arg(long, value_name = "VARIABLE", conflicts_with_all = ["oauth_client_id", "oauth_client_secret_env"])]
    pub(crate) api_token_env: Option<String>,
    /// The identifier of the OAuth client (client credentials)
    #[arg(long, value_name = "ID")]
    pub(crate) oauth_client_id: Option<String>,
    /// The environment variable that holds the OAuth client's secret
    #[arg(long, value_name = "VARIABLE")]
    pub(crate) oauth_client_secret_env: Option<String>,
}

/// Sign-in details as given, secret in hand.
pub(crate) struct SignIn {
    kind: CredentialKind,
    email: Option<String>,
    client_id: Option<String>,
    secret: Option<SecretString>,
}

impl SignInFlags {
    /// Whether any of them was given.
    pub(crate) fn are_given(&self) -> bool {
        self.api_email.is_some()
            || self.api_token_env.is_some()
            || self.oauth_client_id.is_some()
            || self.oauth_client_secret_env.is_some()
    }

    /// Complete sign-in details, where there were none.
    ///
    /// # Errors
    /// A usage error that names the missing flag.
    pub(crate) fn complete(&self) -> anyhow::Result<SignIn> {
        self.over(None)
    }

    /// What was given, over what `kept` holds already.
    ///
    /// # Errors
    /// A usage error that names the missing flag.
    pub(crate) fn over(&self, kept: Option<&Credential>) -> anyhow::Result<SignIn> {
        let kept_as = |kind| kept.filter(|kept| kept.kind == kind);
        let missing = |flag: &str, given: &str| {
            usage(format!(
                "{given} was given without {flag}; both are needed to sign in."
            ))
        };
        if self.api_email.is_some() || self.api_token_env.is_some() {
            let kept = kept_as(CredentialKind::ApiToken);
            let email = self
                .api_email
                .clone()
                .or_else(|| kept.and_then(|kept| kept.email.clone()))
                .ok_or_else(|| missing("--api-email", "--api-token-env"))?;
            let secret = secret_of("--api-token-env", self.api_token_env.as_deref())?;
            if secret.is_none() && kept.is_none() {
                return Err(missing("--api-token-env", "--api-email"));
            }
            return Ok(SignIn {
                kind: CredentialKind::ApiToken,
                email: Some(email.trim().to_owned()),
                client_id: None,
                secret,
            });
        }
        if self.oauth_client_id.is_some() || self.oauth_client_secret_env.is_some() {
            // A client that people connected through (refresh tokens) stays of that kind.
            let kept =
                kept_as(CredentialKind::OAuthClient).or(kept_as(CredentialKind::OAuthTokens));
            let client_id = self
                .oauth_client_id
                .clone()
                .or_else(|| kept.and_then(|kept| kept.client_id.clone()))
                .ok_or_else(|| missing("--oauth-client-id", "--oauth-client-secret-env"))?;
            let secret = secret_of(
                "--oauth-client-secret-env",
                self.oauth_client_secret_env.as_deref(),
            )?;
            if secret.is_none() && kept.is_none() {
                return Err(missing("--oauth-client-secret-env", "--oauth-client-id"));
            }
            return Ok(SignIn {
                kind: kept.map_or(CredentialKind::OAuthClient, |kept| kept.kind),
                email: None,
                client_id: Some(client_id.trim().to_owned()),
                secret,
            });
        }
        match kept {
            Some(kept) => Ok(SignIn {
                kind: kept.kind,
                email: kept.email.clone(),
                client_id: kept.client_id.clone(),
                secret: None,
            }),
            None => Err(usage(
                "Sign-in details are missing. Give --oauth-client-id ID and --oauth-client-secret-env VARIABLE, or --api-email EMAIL and --api-token-env VARIABLE.",
            )),
        }
    }
}

impl SignIn {
    /// As the details of one integration.
    pub(crate) fn own(self) -> engine::integrations::OwnSignIn {
        engine::integrations::OwnSignIn {
            kind: self.kind,
            email: self.email,
            client_id: self.client_id,
            secret: self.secret,
        }
    }

    /// As a credential to store.
    pub(crate) fn draft(self, name: &str, description: &str) -> CredentialDraft {
        CredentialDraft {
            name: name.to_owned(),
            description: description.to_owned(),
            kind: self.kind,
            email: self.email,
            client_id: self.client_id,
            secret: self.secret,
        }
    }
}

fn secret_of(flag: &str, variable: Option<&str>) -> anyhow::Result<Option<SecretString>> {
    variable
        .map(|variable| environment::secret(flag, variable))
        .transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(flags: &SignInFlags) -> String {
        match flags.complete() {
            Ok(_) => "complete".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn half_of_the_sign_in_details_are_refused_with_the_missing_half() {
        let flags = SignInFlags {
            api_email: Some("a@b.example".to_owned()),
            ..SignInFlags::default()
        };
        assert!(said(&flags).contains("without --api-token-env"));
        let flags = SignInFlags {
            oauth_client_id: Some("id".to_owned()),
            ..SignInFlags::default()
        };
        assert!(said(&flags).contains("without --oauth-client-secret-env"));
        assert!(said(&SignInFlags::default()).contains("missing"));
    }
}
