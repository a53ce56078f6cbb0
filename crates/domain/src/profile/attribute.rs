//! Zendesk's own attributes of a user that a profile may set, and the custom ones beside them.
//!
//! The list is the writable keys of `POST` and `PUT users` (zendesk-api.md 3.4). Read-only keys such
//! as `id` or `created_at` are no attributes here, so a column of that name is reported and never sent.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::word::words;

words! {
    /// A built-in attribute of a Zendesk user. Declared in the order in which they are sent, so that
    /// the same profile is always the same bytes.
    pub enum Attribute {
        /// The key of another system; wins over the email as the match key.
        ExternalId = "external_id",
        /// The email: written on create, added as a secondary address on update.
        Email = "email",
        /// The whole name. Always required.
        Name = "name",
        /// What end users see in place of an agent's name.
        Alias = "alias",
        /// The telephone number, in E.164.
        Phone = "phone",
        /// Whether the number is shared by several users.
        SharedPhoneNumber = "shared_phone_number",
        /// Details, such as an address.
        Details = "details",
        /// Notes of the agents.
        Notes = "notes",
        /// The locale as a BCP 47 word; wins over the locale id.
        Locale = "locale",
        /// The locale as Zendesk's number.
        LocaleId = "locale_id",
        /// The time zone by its name in Zendesk.
        TimeZone = "time_zone",
        /// The address Zendesk fetches a photo from.
        RemotePhotoUrl = "remote_photo_url",
        /// An agent's signature.
        Signature = "signature",
        /// Whether the primary identity counts as verified.
        Verified = "verified",
        /// Whether Zendesk sends a new user no verification mail.
        SkipVerifyEmail = "skip_verify_email",
        /// End user, agent or admin.
        Role = "role",
        /// An agent's custom role.
        CustomRoleId = "custom_role_id",
        /// An agent's default group.
        DefaultGroupId = "default_group_id",
        /// Whether an agent moderates.
        Moderator = "moderator",
        /// Whether an agent may only comment in private.
        OnlyPrivateComments = "only_private_comments",
        /// The organisation; on update the user leaves all others.
        OrganizationId = "organization_id",
        /// The organisation by its name.
        Organization = "organization",
        /// Whether the user sees only some tickets.
        RestrictedAgent = "restricted_agent",
        /// Whether the user is barred from signing in.
        Suspended = "suspended",
        /// Which tickets the user sees.
        TicketRestriction = "ticket_restriction",
        /// The password.
        Password = "password",
        /// The tags; sent, they replace all tags of the user.
        Tags = "tags",
    }
}

/// What kind of value a built-in attribute takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Line,
    Text,
    Email,
    Phone,
    Boolean,
    Integer,
    Words(&'static [&'static str]),
    /// Sent as `{"name": …}`.
    Named,
    Tags,
}

/// Zendesk's roles.
const ROLES: &[&str] = &["end-user", "agent", "admin"];

/// Which tickets a user may see.
const RESTRICTIONS: &[&str] = &["organization", "groups", "assigned", "requested"];

impl Attribute {
    /// Whether setting it gives or takes away power, or undoes what people set up. Such a column is
    /// refused unless the destination allows it (profile-send.md 2).
    pub const fn is_powerful(self) -> bool {
        match self {
            Self::Role
            | Self::CustomRoleId
            | Self::DefaultGroupId
            | Self::Moderator
            | Self::OnlyPrivateComments
            | Self::OrganizationId
            | Self::Organization
            | Self::RestrictedAgent
            | Self::Suspended
            | Self::TicketRestriction
            | Self::Password => true,
            Self::ExternalId
            | Self::Email
            | Self::Name
            | Self::Alias
            | Self::Phone
            | Self::SharedPhoneNumber
            | Self::Details
            | Self::Notes
            | Self::Locale
            | Self::LocaleId
            | Self::TimeZone
            | Self::RemotePhotoUrl
            | Self::Signature
            | Self::Verified
            | Self::SkipVerifyEmail
            | Self::Tags => false,
        }
    }

    /// Whether an empty cell may be made to clear it: not what identifies or names the user, and not
    /// what is a switch or a choice in Zendesk.
    pub const fn is_clearable(self) -> bool {
        match self {
            Self::Alias
            | Self::Phone
            | Self::Details
            | Self::Notes
            | Self::Signature
            | Self::OrganizationId
            | Self::Tags => true,
            Self::ExternalId
            | Self::Email
            | Self::Name
            | Self::SharedPhoneNumber
            | Self::Locale
            | Self::LocaleId
            | Self::TimeZone
            | Self::RemotePhotoUrl
            | Self::Verified
            | Self::SkipVerifyEmail
            | Self::Role
            | Self::CustomRoleId
            | Self::DefaultGroupId
            | Self::Moderator
            | Self::OnlyPrivateComments
            | Self::Organization
            | Self::RestrictedAgent
            | Self::Suspended
            | Self::TicketRestriction
            | Self::Password => false,
        }
    }

    /// What kind of value it takes.
    pub(crate) const fn kind(self) -> Kind {
        match self {
            Self::ExternalId
            | Self::Name
            | Self::Alias
            | Self::Locale
            | Self::TimeZone
            | Self::RemotePhotoUrl
            | Self::Password => Kind::Line,
            Self::Details | Self::Notes | Self::Signature => Kind::Text,
            Self::Email => Kind::Email,
            Self::Phone => Kind::Phone,
            Self::SharedPhoneNumber
            | Self::Verified
            | Self::SkipVerifyEmail
            | Self::Moderator
            | Self::OnlyPrivateComments
            | Self::RestrictedAgent
            | Self::Suspended => Kind::Boolean,
            Self::LocaleId | Self::CustomRoleId | Self::DefaultGroupId | Self::OrganizationId => {
                Kind::Integer
            }
            Self::Role => Kind::Words(ROLES),
            Self::TicketRestriction => Kind::Words(RESTRICTIONS),
            Self::Organization => Kind::Named,
            Self::Tags => Kind::Tags,
        }
    }
}

/// What stands before the key of a custom field.
const FIELD_PREFIX: &str = "user_fields.";

/// Where a value goes: a built-in attribute, or a custom field by its key. Written as in a column
/// name: `phone`, `user_fields.tier`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Target {
    /// One of Zendesk's own.
    Attribute(Attribute),
    /// The custom field with this key.
    Field(String),
}

impl Target {
    /// What this name stands for, exactly as written; `None` if it is neither.
    pub fn parse(name: &str) -> Option<Self> {
        match name.strip_prefix(FIELD_PREFIX) {
            Some("") => None,
            Some(key) => Some(Self::Field(key.to_owned())),
            None => Attribute::parse(name).map(Self::Attribute),
        }
    }

    /// What a column of this name stands for: as [`Target::parse`], but blanks around it and the case
    /// of letters do not count, since databases like to change both.
    pub fn of_column(name: &str) -> Option<Self> {
        let name = name.trim();
        Self::parse(name).or_else(|| {
            let lower = name.to_lowercase();
            match lower.strip_prefix(FIELD_PREFIX) {
                // The key keeps its case: Zendesk's keys are compared as written, then without case.
                Some(key) if !key.is_empty() => name
                    .get(name.len() - key.len()..)
                    .map(|key| Self::Field(key.to_owned())),
                Some(_) => None,
                None => Attribute::parse(&lower).map(Self::Attribute),
            }
        })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attribute(attribute) => f.write_str(attribute.as_str()),
            Self::Field(key) => write!(f, "{FIELD_PREFIX}{key}"),
        }
    }
}

impl From<Target> for String {
    fn from(target: Target) -> Self {
        target.to_string()
    }
}

impl TryFrom<String> for Target {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        Self::parse(&name).ok_or_else(|| {
            format!(
                "“{}” is no attribute of a Zendesk user. Use a built-in one such as phone, or \
                 user_fields. followed by the key of a custom field.",
                name.chars().take(80).collect::<String>().escape_debug()
            )
        })
    }
}
