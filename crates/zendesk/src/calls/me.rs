//! Who we are to the account: the connection check.

use std::fmt;

use serde::Deserialize;

use crate::client::Client;
use crate::error::Error;
use crate::error::body::About;
use crate::records::{flag, id, read_body, text};

const CALL: &str = "the check of the sign-in";

/// The user that we are signed in as.
#[derive(Clone, PartialEq, Eq)]
pub struct Me {
    /// Its id: together with the subdomain it tells accounts apart.
    pub id: i64,
    /// Its name.
    pub name: Option<String>,
    /// Its email.
    pub email: Option<String>,
    /// Raw role word; exports need `admin`.
    pub role: Option<String>,
    /// The account's name in Zendesk, from its address.
    pub subdomain: String,
    /// False for a deleted user.
    pub active: bool,
    /// Whether it may not sign in.
    pub suspended: bool,
}

impl Me {
    /// Whether it may read incremental exports (zendesk-api.md 1).
    pub fn is_admin(&self) -> bool {
        self.role.as_deref() == Some("admin")
    }
}

impl fmt::Debug for Me {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Me")
            .field("id", &self.id)
            .field("role", &self.role)
            .field("subdomain", &self.subdomain)
            .finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Answer {
    user: MeWire,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct MeWire {
    #[serde(deserialize_with = "id")]
    id: Option<i64>,
    #[serde(deserialize_with = "text")]
    name: Option<String>,
    #[serde(deserialize_with = "text")]
    email: Option<String>,
    #[serde(deserialize_with = "text")]
    role: Option<String>,
    #[serde(deserialize_with = "flag")]
    active: Option<bool>,
    #[serde(deserialize_with = "flag")]
    suspended: Option<bool>,
}

impl Client {
    /// The user that the sign-in belongs to (`GET /users/me`).
    ///
    /// # Errors
    /// [`Error::NotSignedIn`] on 401, and also on a 200 without an id, which is how Zendesk
    /// answers a stranger (zendesk-api.md 0, item 2).
    pub async fn me(&self) -> Result<Me, Error> {
        self.get(About::call(CALL), "users/me", |body| {
            let user = read_body::<Answer>(CALL, body)?.user;
            let id = user.id.ok_or_else(|| Error::NotSignedIn {
                status: 200,
                why: "it answers as to a stranger".into(),
            })?;
            Ok(Me {
                id,
                name: user.name,
                email: user.email,
                role: user.role,
                subdomain: self.address().subdomain(),
                active: user.active.unwrap_or(true),
                suspended: user.suspended.unwrap_or(false),
            })
        })
        .await
    }
}
