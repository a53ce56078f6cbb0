//! Recorded records as the simulator holds them.

use std::borrow::Cow;

use jiff::Timestamp;
use serde_json::Value;
use simulator::{Brand, Group, Organization, Role, TicketField, User, UserField};

/// A value that lives as long as the process: the simulator's own words do, and a recorded one must.
fn word(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

pub(super) fn text(record: &Value, key: &str) -> Option<String> {
    record.get(key)?.as_str().map(str::to_owned)
}

pub(super) fn number(record: &Value, key: &str) -> Option<i64> {
    record.get(key)?.as_i64()
}

pub(super) fn is(record: &Value, key: &str) -> bool {
    record.get(key).and_then(Value::as_bool).unwrap_or(false)
}

pub(super) fn list(record: &Value, key: &str) -> Vec<String> {
    let rows = record.get(key).and_then(Value::as_array);
    rows.into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

pub(super) fn ids(record: &Value, key: &str) -> Vec<i64> {
    let rows = record.get(key).and_then(Value::as_array);
    rows.into_iter()
        .flatten()
        .filter_map(Value::as_i64)
        .collect()
}

/// A time of a record; `otherwise` where it has none.
pub(super) fn time(record: &Value, key: &str, otherwise: i64) -> i64 {
    record
        .get(key)
        .and_then(Value::as_str)
        .and_then(|text| text.parse::<Timestamp>().ok())
        .map_or(otherwise, Timestamp::as_second)
}

/// A user without anything but a name.
pub(super) fn blank_user(id: i64, name: &str, at: i64) -> User {
    User {
        id,
        name: name.into(),
        email: None,
        more_emails: Vec::new(),
        known_emails: Vec::new(),
        created_at: at,
        updated_at: at,
        phone: None,
        organization_id: None,
        role: Role::EndUser,
        verified: false,
        external_id: None,
        tags: Vec::new(),
        alias: None,
        active: true,
        suspended: false,
        details: None,
        notes: None,
        locale: (1, "en-US"),
        time_zone: "America/New_York",
        default_group_id: None,
        fields: Vec::new(),
        permanently_deleted: false,
        merged_into: None,
    }
}

pub(super) fn user(id: i64, record: &Value, now: i64) -> User {
    let boxed = |key: &str| text(record, key).map(String::into_boxed_str);
    let created_at = time(record, "created_at", now);
    let fields = record.get("user_fields").and_then(Value::as_object);
    User {
        email: boxed("email"),
        updated_at: time(record, "updated_at", created_at),
        phone: boxed("phone"),
        organization_id: number(record, "organization_id"),
        role: text(record, "role")
            .and_then(|word| Role::parse(&word))
            .unwrap_or(Role::EndUser),
        verified: is(record, "verified"),
        external_id: boxed("external_id"),
        tags: list(record, "tags").into_iter().map(Cow::Owned).collect(),
        alias: boxed("alias"),
        active: record.get("active").is_none_or(|active| active == true),
        suspended: is(record, "suspended"),
        details: boxed("details"),
        notes: boxed("notes"),
        locale: (
            number(record, "locale_id").unwrap_or(1),
            word(&text(record, "locale").unwrap_or("en-US".to_owned())),
        ),
        time_zone: word(&text(record, "time_zone").unwrap_or("America/New_York".to_owned())),
        default_group_id: number(record, "default_group_id"),
        fields: fields
            .into_iter()
            .flatten()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key.as_str().into(), value.clone()))
            .collect(),
        permanently_deleted: is(record, "permanently_deleted"),
        ..blank_user(id, &text(record, "name").unwrap_or_default(), created_at)
    }
}

pub(super) fn organization(id: i64, record: &Value, now: i64) -> Organization {
    Organization {
        id,
        name: text(record, "name").unwrap_or_default(),
        external_id: text(record, "external_id"),
        domain_names: list(record, "domain_names"),
        details: text(record, "details"),
        notes: text(record, "notes"),
        tags: list(record, "tags"),
        created_at: time(record, "created_at", now),
        updated_at: time(record, "updated_at", now),
        deleted_at: text(record, "deleted_at").map(|_| time(record, "deleted_at", now)),
    }
}

pub(super) fn group(id: i64, record: &Value, now: i64) -> Group {
    Group {
        id,
        name: text(record, "name").unwrap_or_default(),
        description: text(record, "description").unwrap_or_default(),
        default: is(record, "default"),
        created_at: time(record, "created_at", now),
        updated_at: time(record, "updated_at", now),
    }
}

pub(super) fn brand(id: i64, record: &Value, now: i64) -> Brand {
    Brand {
        id,
        name: text(record, "name").unwrap_or_default(),
        subdomain: text(record, "subdomain").unwrap_or_default(),
        default: is(record, "default"),
        created_at: time(record, "created_at", now),
    }
}

fn options(record: &Value) -> Vec<(i64, String, String)> {
    let rows = record.get("custom_field_options").and_then(Value::as_array);
    rows.into_iter()
        .flatten()
        .map(|row| {
            let part = |key| text(row, key).unwrap_or_default();
            (number(row, "id").unwrap_or(0), part("name"), part("value"))
        })
        .collect()
}

pub(super) fn ticket_field(id: i64, record: &Value, now: i64) -> TicketField {
    TicketField {
        id,
        kind: word(&text(record, "type").unwrap_or("text".to_owned())),
        title: text(record, "title").unwrap_or_default(),
        required: is(record, "required"),
        removable: is(record, "removable"),
        options: options(record),
        created_at: time(record, "created_at", now),
    }
}

/// A custom ticket field of which only the id is known.
pub(super) fn custom_field(id: i64, now: i64) -> TicketField {
    TicketField {
        id,
        kind: "text",
        title: format!("Field {id}"),
        required: false,
        removable: true,
        options: Vec::new(),
        created_at: now,
    }
}

pub(super) fn user_field(id: i64, record: &Value, now: i64) -> UserField {
    UserField {
        id,
        kind: word(&text(record, "type").unwrap_or("text".to_owned())),
        key: text(record, "key").unwrap_or_default().into(),
        title: text(record, "title").unwrap_or_default(),
        description: text(record, "description").unwrap_or_default(),
        pattern: text(record, "regexp_for_validation"),
        tag: text(record, "tag"),
        options: options(record),
        created_at: time(record, "created_at", now),
    }
}
