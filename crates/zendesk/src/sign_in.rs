//! Who we are to Zendesk: OAuth first, API token second (zendesk-api.md 0 and 1).
//!
//! Secrets are held in `secrecy` types and appear in no `Debug`, log or error.

mod consent;
mod oauth;
mod sunset;
mod tokens;

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

use crate::error::Error;

pub use consent::{Code, Consent};
pub use sunset::{TokenSunset, api_token_countdown};
pub use tokens::{KeeperError, MemoryKeeper, TokenKeeper, TokenLock, Tokens};

/// How a client signs in.
#[derive(Clone)]
pub enum SignIn {
    /// Basic `{email}/token:{api_token}`. Zendesk ends these on 30 Apr 2027.
    ApiToken {
        /// The agent whose token it is.
        email: String,
        /// The token.
        token: SecretString,
    },
    /// OAuth `client_credentials`: the client signs in by itself and fetches its own tokens.
    OAuthClient {
        /// The client's identifier.
        client_id: String,
        /// The client's secret.
        client_secret: SecretString,
    },
    /// OAuth tokens that a person granted (*Connect to Zendesk*); they live in the
    /// [`TokenKeeper`] and are refreshed from there.
    OAuthTokens {
        /// The client's identifier.
        client_id: String,
        /// The client's secret; a public client has none.
        client_secret: Option<SecretString>,
    },
}

impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ApiToken { .. } => "SignIn::ApiToken",
            Self::OAuthClient { .. } => "SignIn::OAuthClient",
            Self::OAuthTokens { .. } => "SignIn::OAuthTokens",
        })
    }
}

/// The sign-in of one client at work.
pub(crate) enum Session {
    Basic(HeaderValue),
    OAuth(OAuth),
}

pub(crate) use oauth::{CALL as TOKENS, Exchange, OAuth};

impl Session {
    /// # Errors
    /// [`Error::Setup`] for details that cannot work.
    pub(crate) fn new(
        sign_in: SignIn,
        keeper: Option<Arc<dyn TokenKeeper>>,
    ) -> Result<Self, Error> {
        match sign_in {
            SignIn::ApiToken { email, token } => {
                let email = email.trim();
                let token = token.expose_secret().trim();
                if email.is_empty() || token.is_empty() || email.contains(':') {
                    return Err(Error::Setup(
                        "the API email or the API token is missing or malformed".into(),
                    ));
                }
                let basic = STANDARD.encode(format!("{email}/token:{token}"));
                secret_header(&format!("Basic {basic}")).map(Self::Basic)
            }
            SignIn::OAuthClient {
                client_id,
                client_secret,
            } => {
                let keeper = keeper.unwrap_or_else(|| Arc::new(MemoryKeeper::default()));
                let secret = Some(client_secret);
                Ok(Self::OAuth(OAuth::new(client_id, secret, true, keeper)?))
            }
            SignIn::OAuthTokens {
                client_id,
                client_secret,
            } => {
                let keeper = keeper.ok_or_else(|| {
                    Error::Setup("OAuth tokens need a place where they are kept".into())
                })?;
                let oauth = OAuth::new(client_id, client_secret, false, keeper)?;
                Ok(Self::OAuth(oauth))
            }
        }
    }
}

/// A header that HTTP libraries keep out of their logs.
pub(crate) fn secret_header(value: &str) -> Result<HeaderValue, Error> {
    let mut header = HeaderValue::from_str(value).map_err(|_| {
        Error::Setup("the sign-in details hold characters that cannot be sent".into())
    })?;
    header.set_sensitive(true);
    Ok(header)
}
