//! Users: customers and staff, and what an edit of one can say.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::ticket::given;
use crate::word::Role;

/// A user (zendesk-api.md 3.4). Times are Unix seconds.
#[derive(Debug, Clone)]
pub struct User {
    /// Zendesk's id.
    pub id: i64,
    /// Name.
    pub name: Box<str>,
    /// Primary email.
    pub email: Option<Box<str>>,
    /// Secondary emails.
    pub more_emails: Vec<Box<str>>,
    /// Its emails in the order they came, once it has had more than one: the place of an email says
    /// the id of its identity, which stays when another becomes the primary one (recorded).
    pub known_emails: Vec<Box<str>>,
    /// When it was made.
    pub created_at: i64,
    /// When it last changed: what the export orders by.
    pub updated_at: i64,
    /// Phone number.
    pub phone: Option<Box<str>>,
    /// Organization.
    pub organization_id: Option<i64>,
    /// Role.
    pub role: Role,
    /// Whether the primary email is verified.
    pub verified: bool,
    /// Somebody else's id, unique among active users.
    pub external_id: Option<Box<str>>,
    /// Tags.
    pub tags: Vec<Cow<'static, str>>,
    /// Alias, shown to customers.
    pub alias: Option<Box<str>>,
    /// False once deleted or merged away.
    pub active: bool,
    /// Whether sign-in is blocked.
    pub suspended: bool,
    /// Details.
    pub details: Option<Box<str>>,
    /// Notes.
    pub notes: Option<Box<str>>,
    /// Language: id and word.
    pub locale: (i64, &'static str),
    /// Time zone.
    pub time_zone: &'static str,
    /// The group an agent works in.
    pub default_group_id: Option<i64>,
    /// Values of user fields that are set.
    pub fields: Vec<(Arc<str>, Value)>,
    /// Whether personal data was removed for good.
    pub permanently_deleted: bool,
    /// Whom it was merged into.
    pub merged_into: Option<i64>,
}

impl User {
    /// Gives every email a place that it keeps.
    pub(crate) fn note_emails(&mut self) {
        if self.more_emails.is_empty() {
            return;
        }
        for email in self.email.iter().chain(&self.more_emails) {
            if !self.known_emails.contains(email) {
                self.known_emails.push(email.clone());
            }
        }
    }

    /// Whether it may sign in by the API: active staff that is not suspended.
    pub fn may_sign_in(&self) -> bool {
        self.active && !self.suspended && self.role.is_staff()
    }
}

/// A user to make.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NewUser {
    /// Name.
    pub name: String,
    /// Primary email.
    pub email: Option<String>,
    /// Role; end user without it.
    pub role: Option<Role>,
    /// Phone number.
    pub phone: Option<String>,
    /// Somebody else's id.
    pub external_id: Option<String>,
    /// Organization.
    pub organization_id: Option<i64>,
    /// Tags.
    pub tags: Vec<String>,
    /// Whether the email is verified.
    pub verified: bool,
    /// Whether sign-in is blocked.
    pub suspended: bool,
    /// Alias.
    pub alias: Option<String>,
    /// Details.
    pub details: Option<String>,
    /// Notes.
    pub notes: Option<String>,
    /// User fields by key.
    pub user_fields: BTreeMap<String, Value>,
}

impl NewUser {
    /// An end user with this name and email.
    pub fn end_user(name: impl Into<String>, email: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            email: Some(email.into()),
            ..Self::default()
        }
    }

    /// An agent with this name and email.
    pub fn agent(name: impl Into<String>, email: impl Into<String>) -> Self {
        Self {
            role: Some(Role::Agent),
            verified: true,
            ..Self::end_user(name, email)
        }
    }
}

/// What changes in a user; what is `None` stays. `Some(None)` clears a field.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UserChange {
    /// Name.
    pub name: Option<String>,
    /// Primary email. (The API's PUT adds a secondary one instead, zendesk-api.md 0.5.)
    #[serde(deserialize_with = "given")]
    pub email: Option<Option<String>>,
    /// An email to add as a secondary one.
    pub add_email: Option<String>,
    /// Role.
    pub role: Option<Role>,
    /// Phone number.
    #[serde(deserialize_with = "given")]
    pub phone: Option<Option<String>>,
    /// Somebody else's id.
    #[serde(deserialize_with = "given")]
    pub external_id: Option<Option<String>>,
    /// Organization.
    #[serde(deserialize_with = "given")]
    pub organization_id: Option<Option<i64>>,
    /// Tags: the whole list.
    pub tags: Option<Vec<String>>,
    /// Whether the email is verified.
    pub verified: Option<bool>,
    /// Whether sign-in is blocked.
    pub suspended: Option<bool>,
    /// Alias.
    #[serde(deserialize_with = "given")]
    pub alias: Option<Option<String>>,
    /// Details.
    #[serde(deserialize_with = "given")]
    pub details: Option<Option<String>>,
    /// Notes.
    #[serde(deserialize_with = "given")]
    pub notes: Option<Option<String>>,
    /// User fields by key; `null` clears one.
    pub user_fields: BTreeMap<String, Value>,
}
