//! Users as JSON, as an administrator sees them.

use serde::ser::{SerializeMap, SerializeStruct};
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::{Stamp, Url};
use crate::account::Account;
use crate::account::user::User;
use crate::word::Role;

/// Which answer the user is part of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum UserForm {
    /// Any but the others.
    Plain,
    /// An incremental export: `permanently_deleted` at the end of deleted users (recorded).
    Export,
    /// `users/me`: `authenticity_token` at the end.
    Me,
}

/// A user as answers carry it.
pub(crate) struct UserView<'a> {
    pub(crate) account: &'a Account,
    pub(crate) user: &'a User,
    pub(crate) base: &'a str,
    pub(crate) form: UserForm,
}

struct Fields<'a>(&'a Account, &'a User);

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(account, user) = self;
        let mut map = serializer.serialize_map(None)?;
        for field in &account.user_fields {
            let key = field.key.as_ref();
            let value = user
                .fields
                .iter()
                .find(|(key, _)| *key == field.key)
                .map(|(_, value)| value);
            match value {
                Some(value) => map.serialize_entry(key, value)?,
                // An unset checkbox is false, all others are null (recorded).
                None if field.kind == "checkbox" => map.serialize_entry(key, &false)?,
                None => map.serialize_entry(key, &Value::Null)?,
            }
        }
        map.end()
    }
}

impl Serialize for UserView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self {
            account,
            user,
            base,
            form,
        } = *self;
        let none: Option<i64> = None;
        let staff = user.role.is_staff();
        let url = Url {
            base,
            kind: "users",
            id: user.id,
        };
        let role_type = match user.role {
            Role::EndUser => None,
            Role::Agent => Some(0),
            Role::Admin => Some(4),
        };
        let mut map = serializer.serialize_struct("user", 38)?;
        map.serialize_field("id", &user.id)?;
        map.serialize_field("url", &url)?;
        map.serialize_field("name", &user.name)?;
        map.serialize_field("email", &user.email)?;
        map.serialize_field("created_at", &Stamp(user.created_at))?;
        map.serialize_field("updated_at", &Stamp(user.updated_at))?;
        map.serialize_field("time_zone", user.time_zone)?;
        map.serialize_field("iana_time_zone", user.time_zone)?;
        map.serialize_field("phone", &user.phone)?;
        map.serialize_field("shared_phone_number", &user.phone.as_ref().map(|_| false))?;
        map.serialize_field("photo", &none)?;
        map.serialize_field("locale_id", &user.locale.0)?;
        map.serialize_field("locale", user.locale.1)?;
        map.serialize_field("organization_id", &user.organization_id)?;
        map.serialize_field("role", &user.role)?;
        map.serialize_field("verified", &user.verified)?;
        map.serialize_field("external_id", &user.external_id)?;
        map.serialize_field("tags", &user.tags)?;
        map.serialize_field("alias", &user.alias)?;
        map.serialize_field("active", &user.active)?;
        map.serialize_field("shared", &false)?;
        map.serialize_field("shared_agent", &false)?;
        map.serialize_field("last_login_at", &staff.then_some(Stamp(user.updated_at)))?;
        map.serialize_field("two_factor_auth_enabled", &false)?;
        map.serialize_field("signature", &none)?;
        map.serialize_field("details", &user.details)?;
        map.serialize_field("notes", &user.notes)?;
        map.serialize_field("role_type", &role_type)?;
        map.serialize_field("custom_role_id", &none)?;
        map.serialize_field("moderator", &staff)?;
        map.serialize_field("ticket_restriction", &(!staff).then_some("requested"))?;
        map.serialize_field("only_private_comments", &false)?;
        map.serialize_field("restricted_agent", &!staff)?;
        map.serialize_field("suspended", &user.suspended)?;
        map.serialize_field("default_group_id", &user.default_group_id)?;
        map.serialize_field("report_csv", &false)?;
        map.serialize_field("user_fields", &Fields(account, user))?;
        match form {
            // Those that are still there have no such key in exports either (recorded).
            UserForm::Export if user.active => {}
            UserForm::Plain => {}
            UserForm::Export => {
                map.serialize_field("permanently_deleted", &user.permanently_deleted)?;
            }
            UserForm::Me => map.serialize_field("authenticity_token", "simulated")?,
        }
        map.end()
    }
}
