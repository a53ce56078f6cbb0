//! Fields of users: their values checked by type, and the fields themselves made and changed
//! (zendesk-api.md 3.5).

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use regex::Regex;
use serde_json::{Map, Number, Value, json};

use crate::account::Account;
use crate::account::reference::UserField;
use crate::account::user::{User, UserChange};
use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::wire::Object;
use crate::wire::reference::UserFieldView;

/// The types of fields.
const KINDS: &[&str] = &[
    "checkbox",
    "date",
    "decimal",
    "dropdown",
    "integer",
    "lookup",
    "multiselect",
    "regexp",
    "text",
    "textarea",
];
/// What a date must look like (recorded).
const DAY: &str = r"\A([0-9]{4})-(1[0-2]|0[1-9])-(3[01]|[12][0-9]|0[1-9])\z";

/// `GET user_fields/{id}`: by id or by key.
pub(super) fn show(account: &Account, call: &Call) -> Outcome {
    let place = place_of(account, call)?;
    answer(account, call, place, 200)
}

/// `POST user_fields`
pub(super) fn create(account: &mut Account, call: &Call) -> Outcome {
    let given = call.object("user_field")?;
    let text = |key: &str| given.get(key).and_then(Value::as_str).unwrap_or_default();
    let (key, title) = (text("key"), text("title"));
    if title.is_empty() {
        return Err(blank("title", "Title"));
    }
    let letters = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if key.is_empty() || !key.chars().all(letters) || key.bytes().all(|one| one.is_ascii_digit()) {
        return Err(Answer::invalid_field(
            "key",
            "Key: is invalid",
            Some("InvalidValue"),
        ));
    }
    if account
        .user_fields
        .iter()
        .any(|field| field.key.eq_ignore_ascii_case(key))
    {
        return Err(Answer::invalid_field(
            "key",
            &format!("Key: {key} has already been taken"),
            Some("DuplicateValue"),
        ));
    }
    // Without a type it is a line of text (recorded).
    let word = given.get("type").and_then(Value::as_str).unwrap_or("text");
    let kind = KINDS.iter().find(|kind| **kind == word).ok_or_else(|| {
        let said = format!("Type: {word} is not recognized");
        Answer::invalid_field("type", &said, Some("InvalidValue"))
    })?;
    let pattern = match *kind {
        "date" => Some(DAY.to_owned()),
        "regexp" => match text("regexp_for_validation") {
            "" => return Err(blank("regexp_for_validation", "Regexp for validation")),
            pattern => Some(pattern.to_owned()),
        },
        _ => None,
    };
    let tag = Some(text("tag").to_owned()).filter(|tag| *kind == "checkbox" && !tag.is_empty());
    let (key, title) = (key.to_owned(), title.to_owned());
    let description = text("description").to_owned();
    let id = account.take_id(0);
    let options = match given.get("custom_field_options") {
        Some(options) => read_options(account, options)?,
        None => Vec::new(),
    };
    let now = account.now();
    account.user_fields.push(UserField {
        id,
        kind,
        key: key.into(),
        title,
        description,
        pattern,
        tag,
        options,
        created_at: now,
    });
    let place = account.user_fields.len() - 1;
    let at = format!("{}/api/v2/user_fields/{id}.json", call.base);
    Ok(answer(account, call, place, 201)?.at(&at))
}

/// `PUT user_fields/{id}`: options that are left out are removed, and with them the values of users.
pub(super) fn update(account: &mut Account, call: &Call) -> Outcome {
    let place = place_of(account, call)?;
    let given = call.object("user_field")?;
    if let Some(title) = given.get("title").and_then(Value::as_str) {
        account.user_fields[place].title = title.to_owned();
    }
    if let Some(options) = given.get("custom_field_options") {
        let options = read_options(account, options)?;
        let field = &mut account.user_fields[place];
        let old = std::mem::replace(&mut field.options, options);
        let gone: Vec<String> = old
            .into_iter()
            .map(|(_, _, tag)| tag)
            .filter(|tag| field.options.iter().all(|(_, _, kept)| kept != tag))
            .collect();
        let key = field.key.clone();
        if !gone.is_empty() {
            forget_values(account, &key, &gone);
        }
    }
    answer(account, call, place, 200)
}

fn place_of(account: &Account, call: &Call) -> Result<usize, Answer> {
    let name = call.places.first().map(String::as_str).unwrap_or_default();
    account
        .user_fields
        .iter()
        .position(|field| field.key.as_ref() == name || field.id.to_string() == name)
        .ok_or_else(Answer::record_not_found)
}

fn answer(account: &Account, call: &Call, place: usize, status: u16) -> Outcome {
    let view = UserFieldView::new(&account.user_fields[place], place, &call.base);
    Ok(Object::new().with("user_field", &view).into_answer(status))
}

fn blank(field: &str, title: &str) -> Answer {
    Answer::invalid_field(
        field,
        &format!("{title}: cannot be blank"),
        Some("BlankValue"),
    )
}

/// Options as they are given: those without an id are new.
fn read_options(
    account: &mut Account,
    given: &Value,
) -> Result<Vec<(i64, String, String)>, Answer> {
    let mut options: Vec<(i64, String, String)> = Vec::new();
    for row in given.as_array().into_iter().flatten() {
        let text = |key: &str| row.get(key).and_then(Value::as_str).unwrap_or_default();
        let (name, value) = (text("name").to_owned(), text("value").to_owned());
        if name.is_empty() || value.is_empty() {
            return Err(blank("custom_field_options", "Options"));
        }
        if options.iter().any(|(_, _, tag)| *tag == value) {
            return Err(Answer::invalid_field(
                "custom_field_options",
                &format!("Options: {value} is already in use"),
                Some("DuplicateValue"),
            ));
        }
        let id = match row.get("id").and_then(Value::as_i64) {
            Some(id) => id,
            None => account.take_id(0),
        };
        options.push((id, name, value));
    }
    Ok(options)
}

fn forget_values(account: &mut Account, key: &str, gone: &[String]) {
    let holds = |user: &User| {
        let mut fields = user.fields.iter();
        fields.any(|(known, value)| {
            known.as_ref() == key
                && value
                    .as_str()
                    .is_some_and(|tag| gone.iter().any(|one| one == tag))
        })
    };
    let holders: Vec<i64> = account
        .users()
        .filter(|user| holds(user))
        .map(|user| user.id)
        .collect();
    for id in holders {
        let change = UserChange {
            user_fields: [(key.to_owned(), Value::Null)].into(),
            ..UserChange::default()
        };
        if account.update_user(id, change).is_err() {
            tracing::warn!(user = id, "a user whose option was removed is gone");
        }
    }
}

/// The values that are given, as they are stored. Unknown keys are dropped silently.
pub(super) fn read_user_fields(
    account: &Account,
    user: &Map<String, Value>,
    refuses_options: bool,
) -> Result<BTreeMap<String, Value>, Answer> {
    let Some(Value::Object(given)) = user.get("user_fields") else {
        return Ok(BTreeMap::new());
    };
    let mut read = BTreeMap::new();
    for field in &account.user_fields {
        let Some(value) = given.get(field.key.as_ref()) else {
            continue;
        };
        match read_value(field, value, refuses_options) {
            Some(value) => {
                read.insert(field.key.to_string(), value);
            }
            None if !refuses_options && matches!(field.kind, "dropdown" | "multiselect") => {}
            None => {
                let shown = value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned);
                return Err(Answer::invalid_field(
                    &field.key,
                    &format!("{}: {shown} is invalid", field.title),
                    Some("InvalidValue"),
                ));
            }
        }
    }
    Ok(read)
}

/// One value as it is stored; `None` if the field does not take it.
fn read_value(field: &UserField, value: &Value, refuses_options: bool) -> Option<Value> {
    let text = value.as_str();
    if value.is_null() || text == Some("") {
        return Some(Value::Null);
    }
    let is_option = |tag: &str| field.options.iter().any(|(_, _, known)| known == tag);
    match (field.kind, value, text) {
        ("text" | "textarea" | "regexp", Value::Array(_) | Value::Object(_), _) => None,
        ("text" | "textarea", _, Some(_)) => Some(value.clone()),
        ("text" | "textarea", _, None) => Some(json!(value.to_string())),
        ("regexp", _, _) => {
            let text = text.map_or_else(|| value.to_string(), str::to_owned);
            let fits = matches(field.pattern.as_deref().unwrap_or_default(), &text);
            fits.then(|| json!(text))
        }
        ("integer", Value::Number(number), _) => number.as_i64().map(|whole| json!(whole)),
        ("integer" | "lookup", _, Some(text)) => {
            text.trim().parse::<i64>().ok().map(|whole| json!(whole))
        }
        ("lookup", Value::Number(_), _) | ("decimal", Value::Number(_), _) => Some(value.clone()),
        ("decimal", _, Some(text)) => {
            let number: f64 = text.trim().parse().ok()?;
            Number::from_f64(number).map(Value::Number)
        }
        ("checkbox", Value::Bool(_), _) => Some(value.clone()),
        ("checkbox", _, Some("true" | "1")) => Some(json!(true)),
        ("checkbox", _, Some("false" | "0")) => Some(json!(false)),
        ("checkbox", Value::Number(number), _) => match number.as_i64() {
            Some(1) => Some(json!(true)),
            Some(0) => Some(json!(false)),
            _ => None,
        },
        ("date", _, Some(text)) => {
            let day = text.get(..10)?;
            day.parse::<jiff::civil::Date>().ok()?;
            Some(json!(format!("{day}T00:00:00+00:00")))
        }
        ("dropdown", _, Some(tag)) => is_option(tag).then(|| value.clone()),
        ("multiselect", _, Some(tag)) => is_option(tag).then(|| json!([tag])),
        ("multiselect", Value::Array(tags), _) => {
            let known: Vec<&Value> = tags
                .iter()
                .filter(|tag| tag.as_str().is_some_and(is_option))
                .collect();
            (known.len() == tags.len() || !refuses_options).then(|| json!(known))
        }
        _ => None,
    }
}

/// Whether a text fits a pattern, which Ruby understands as this library does where `\A` and `\z` are
/// concerned. A pattern that cannot be read fits nothing.
fn matches(pattern: &str, text: &str) -> bool {
    static READ: Mutex<Option<HashMap<String, Option<Regex>>>> = Mutex::new(None);
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    let known = read.get_or_insert_default();
    if !known.contains_key(pattern) {
        known.insert(pattern.to_owned(), Regex::new(pattern).ok());
    }
    known
        .get(pattern)
        .and_then(Option::as_ref)
        .is_some_and(|pattern| pattern.is_match(text))
}

/// The tags that values bring and take away (zendesk-api.md 3.5).
pub(super) struct Tags {
    /// Of ticked checkboxes and chosen options.
    pub(super) added: Vec<String>,
    /// Of what was ticked or chosen before.
    removed: Vec<String>,
}

impl Tags {
    /// Those of values that a user gets.
    pub(super) fn of(
        account: &Account,
        user: Option<&User>,
        values: &BTreeMap<String, Value>,
    ) -> Self {
        let mut tags = Self {
            added: Vec::new(),
            removed: Vec::new(),
        };
        if values.is_empty() {
            return tags;
        }
        for field in &account.user_fields {
            let Some(value) = values.get(field.key.as_ref()) else {
                continue;
            };
            let old = user.and_then(|user| {
                let mut fields = user.fields.iter();
                fields
                    .find(|(key, _)| key == &field.key)
                    .map(|(_, value)| value)
            });
            if let Some(old) = old {
                tags.removed.extend(tags_of(field, old));
            }
            tags.added.extend(tags_of(field, value));
        }
        tags
    }

    /// The user's tags with them: those that are given, else those it has.
    pub(super) fn join(
        self,
        user: Option<&User>,
        given: Option<Vec<String>>,
    ) -> Option<Vec<String>> {
        if given.is_none() && self.added.is_empty() && self.removed.is_empty() {
            return None;
        }
        let own = || {
            let own = user.into_iter().flat_map(|user| &user.tags);
            own.map(|tag| tag.to_string())
                .filter(|tag| !self.removed.contains(tag))
                .collect()
        };
        let mut tags: Vec<String> = given.unwrap_or_else(own);
        tags.extend(self.added);
        Some(tags)
    }
}

fn tags_of(field: &UserField, value: &Value) -> Vec<String> {
    match (field.kind, value) {
        ("checkbox", Value::Bool(true)) => field.tag.iter().cloned().collect(),
        ("dropdown", Value::String(tag)) => vec![tag.clone()],
        ("multiselect", Value::Array(tags)) => {
            let tags = tags.iter().filter_map(Value::as_str);
            tags.map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}
