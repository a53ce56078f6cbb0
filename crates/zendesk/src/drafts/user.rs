//! Users that are to be made or changed (zendesk-api.md 3.4).

use std::fmt;

use serde::Serialize;

use super::to_json;

/// A user that is to be made, or brought up to date where one with the same email or external id
/// exists. Zendesk is always told not to mail it (`skip_verify_email`).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct NewUser {
    /// The name; Zendesk wants one.
    pub name: String,
    /// The email it is found by.
    pub email: Option<String>,
    /// Our own key, by which it is found too.
    pub external_id: Option<String>,
    /// A phone number, E.164 where possible.
    pub phone: Option<String>,
}

/// A change of a user: only what is `Some` is sent. The primary email is changed by its identities.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct UserChange {
    /// A new name.
    pub name: Option<String>,
    /// A new phone number, or none.
    pub phone: Option<Option<String>>,
}

impl NewUser {
    /// The body of the request.
    pub(crate) fn to_body(&self) -> String {
        to_json(&Enveloped {
            user: UserBody {
                name: Some(&self.name),
                email: self.email.as_deref(),
                external_id: self.external_id.as_deref(),
                phone: self.phone.as_deref().map(Some),
                skip_verify_email: Some(true),
            },
        })
    }
}

impl UserChange {
    /// The body of the request.
    pub(crate) fn to_body(&self) -> String {
        to_json(&Enveloped {
            user: UserBody {
                name: self.name.as_deref(),
                email: None,
                external_id: None,
                phone: self.phone.as_ref().map(Option::as_deref),
                skip_verify_email: None,
            },
        })
    }
}

/// The body that adds a further email to a user, without a mail to it.
pub(crate) fn email_body(email: &str) -> String {
    #[derive(Serialize)]
    struct Body<'a> {
        identity: Identity<'a>,
    }
    #[derive(Serialize)]
    struct Identity<'a> {
        #[serde(rename = "type")]
        kind: &'a str,
        value: &'a str,
        skip_verify_email: bool,
    }
    to_json(&Body {
        identity: Identity {
            kind: "email",
            value: email,
            skip_verify_email: true,
        },
    })
}

impl fmt::Debug for NewUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewUser")
            .field("email", &self.email.is_some())
            .field("external_id", &self.external_id)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for UserChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserChange")
            .field("name", &self.name.is_some())
            .field("phone", &self.phone.is_some())
            .finish()
    }
}

#[derive(Serialize)]
struct Enveloped<'a> {
    user: UserBody<'a>,
}

#[derive(Serialize)]
struct UserBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<&'a str>,
    /// Null takes the number away.
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<Option<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    skip_verify_email: Option<bool>,
}
