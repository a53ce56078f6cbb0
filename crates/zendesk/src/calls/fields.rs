//! The custom fields of users: read before a send, and set up by a plan (zendesk-api.md 3.5).

use std::collections::BTreeMap;

use domain::profile::{FieldOption, FieldType, UserField};
use http::Method;
use serde::{Deserialize, Serialize};

use crate::client::{Client, Write};
use crate::error::Error;
use crate::error::body::About;
use crate::records::{Mirrored, flag, id, read_one, read_record, text};

/// 20,000 fields, more than any account may have.
const MOST_PAGES: usize = 200;

/// A custom field of users as the account has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileField {
    /// Zendesk's id.
    pub id: i64,
    /// Its key inside `user_fields`.
    pub key: String,
    /// Zendesk's word for its type.
    pub kind: String,
    /// Whether Zendesk made it and keeps it.
    pub system: bool,
    /// The tag that a ticked checkbox adds.
    pub tag: Option<String>,
    /// The field as rows are checked by it; `None` for a type that we do not know.
    pub field: Option<UserField>,
    /// The ids of its options by their values.
    option_ids: BTreeMap<String, i64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct FieldWire {
    #[serde(deserialize_with = "id")]
    id: Option<i64>,
    #[serde(deserialize_with = "text")]
    key: Option<String>,
    #[serde(rename = "type", deserialize_with = "text")]
    kind: Option<String>,
    #[serde(deserialize_with = "text")]
    title: Option<String>,
    #[serde(deserialize_with = "flag")]
    active: Option<bool>,
    #[serde(deserialize_with = "flag")]
    system: Option<bool>,
    #[serde(deserialize_with = "text")]
    tag: Option<String>,
    #[serde(deserialize_with = "text")]
    regexp_for_validation: Option<String>,
    custom_field_options: Option<Vec<OptionWire>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct OptionWire {
    #[serde(deserialize_with = "id")]
    id: Option<i64>,
    #[serde(deserialize_with = "text")]
    name: Option<String>,
    #[serde(deserialize_with = "text")]
    value: Option<String>,
}

impl Mirrored for ProfileField {
    const NOUN: &'static str = "User field";
    type Wire<'a> = FieldWire;

    fn from_wire(wire: FieldWire) -> Result<Self, &'static str> {
        let key = wire.key.ok_or("key")?;
        let kind = wire.kind.ok_or("type")?;
        let given = wire.custom_field_options.unwrap_or_default();
        let mut option_ids = BTreeMap::new();
        let mut options = Vec::with_capacity(given.len());
        for option in given {
            let Some(value) = option.value else { continue };
            if let Some(id) = option.id {
                option_ids.insert(value.clone(), id);
            }
            options.push(FieldOption {
                name: option.name.unwrap_or_else(|| value.clone()),
                value,
            });
        }
        let field = type_of(&kind).map(|kind| UserField {
            key: key.clone(),
            title: wire.title.unwrap_or_else(|| key.clone()),
            kind,
            options,
            pattern: wire.regexp_for_validation,
            active: wire.active.unwrap_or(true),
        });
        Ok(Self {
            id: wire.id.ok_or("id")?,
            key,
            kind,
            system: wire.system.unwrap_or(false),
            tag: wire.tag,
            field,
            option_ids,
        })
    }

    fn id(&self) -> i64 {
        self.id
    }
}

/// Fields of tickets call a dropdown a tagger, and old accounts do so for users too.
fn type_of(word: &str) -> Option<FieldType> {
    match word {
        "tagger" => Some(FieldType::Dropdown),
        word => FieldType::parse(word),
    }
}

#[derive(Serialize)]
struct Body<'a> {
    user_field: Written<'a>,
}

#[derive(Serialize, Default)]
struct Written<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a str>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    active: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    regexp_for_validation: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    custom_field_options: Vec<WrittenOption<'a>>,
}

#[derive(Serialize)]
struct WrittenOption<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<i64>,
    name: &'a str,
    value: &'a str,
}

fn written<'a>(
    options: &'a [FieldOption],
    ids: Option<&BTreeMap<String, i64>>,
) -> Vec<WrittenOption<'a>> {
    options
        .iter()
        .map(|option| WrittenOption {
            id: ids.and_then(|ids| ids.get(&option.value).copied()),
            name: &option.name,
            value: &option.value,
        })
        .collect()
}

impl Client {
    /// The custom fields of users, with types, options and patterns. One that cannot be read is left
    /// out.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn profile_fields(&self) -> Result<Vec<ProfileField>, Error> {
        let about = About::call("the user fields");
        let found = self
            .list::<ProfileField>(about, "user_fields", "user_fields", MOST_PAGES)
            .await?;
        let readable = found.into_iter().filter_map(|record| record.parsed.ok());
        Ok(readable.collect())
    }

    /// Creates a custom field of users. Sent once; creating it again is refused, since its key is
    /// taken.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::Invalid`] with the refused fields.
    pub async fn create_user_field(&self, field: &UserField) -> Result<ProfileField, Error> {
        let about = About::call("the new user field");
        let body = crate::drafts::to_json(&Body {
            user_field: Written {
                key: Some(&field.key),
                kind: Some(field.kind.as_str()),
                title: Some(&field.title),
                active: Some(field.active),
                // Dates bring a pattern of Zendesk's own.
                regexp_for_validation: field
                    .pattern
                    .as_deref()
                    .filter(|_| field.kind == FieldType::Regexp),
                custom_field_options: written(&field.options, None),
            },
        });
        let write = Write::json(about, Method::POST, "user_fields", &body);
        self.write(write, |reply| one_field(about.call, &reply.body))
            .await
    }

    /// Sets the options of a dropdown or multiselect. `all` must hold the old ones too: Zendesk
    /// removes what is left out, and with it the values of users.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::is_not_found`] if the field is gone.
    pub async fn set_field_options(
        &self,
        field: &ProfileField,
        all: &[FieldOption],
    ) -> Result<ProfileField, Error> {
        let about = About::call("the options of a user field");
        let path = format!("user_fields/{}", field.id);
        let body = crate::drafts::to_json(&Body {
            user_field: Written {
                custom_field_options: written(all, Some(&field.option_ids)),
                ..Written::default()
            },
        });
        let write = Write::json(about, Method::PUT, &path, &body);
        self.write(write, |reply| one_field(about.call, &reply.body))
            .await
    }
}

fn one_field(call: &'static str, body: &[u8]) -> Result<ProfileField, Error> {
    let record = read_record::<ProfileField>(0, read_one(call, "user_field", body)?);
    record.parsed.map_err(|bad| Error::WrongShape {
        call,
        path: format!("user_field.{}", bad.path),
        what: bad.what,
    })
}
