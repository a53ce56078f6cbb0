//! Cases about one source row: groups T, A and I.

use std::collections::BTreeMap;

use domain::profile::key::{Found, Ids, KeyKind, Landing, key_of, land};
use domain::profile::leaver::{Farewell, Leaver, OnLeave, farewell};
use domain::profile::tag;
use domain::profile::{
    Checker, Column, ColumnKind, ColumnRule, FieldOption, FieldType, Mapping, Problem, Profile,
    RuleName, Rules, Target, UserField, Verdict,
};
use serde_json::Value;

use crate::Case;

/// A record as a source hands it over: columns with their kinds, and cells as text.
fn source(record: &Value) -> (Vec<Column>, Vec<Option<String>>) {
    record
        .as_object()
        .expect("a record is an object")
        .iter()
        .map(|(name, value)| {
            let (kind, cell) = match value {
                Value::Null => (ColumnKind::Text, None),
                Value::Bool(truth) => (ColumnKind::Boolean, Some(truth.to_string())),
                Value::Number(number) if number.is_f64() => {
                    (ColumnKind::Float, Some(number.to_string()))
                }
                Value::Number(number) => (ColumnKind::Integer, Some(number.to_string())),
                Value::String(text) => (ColumnKind::Text, Some(text.clone())),
                Value::Array(_) | Value::Object(_) => (ColumnKind::List, Some(value.to_string())),
            };
            (Column::new(name, kind), cell)
        })
        .unzip()
}

/// The rules that the case asks for.
fn rules(case: &Case) -> Rules {
    let mut columns = BTreeMap::new();
    for (target, rule) in case.given["opts"]["rules"]
        .as_object()
        .into_iter()
        .flatten()
    {
        columns.insert(
            Target::parse(target).expect("a target"),
            ColumnRule {
                rule: Some(RuleName::parse(rule.as_str().unwrap_or_default()).expect("a rule")),
                ..ColumnRule::default()
            },
        );
    }
    Rules {
        columns,
        ..Rules::default()
    }
}

/// The fields of the account. A case that does not list them has those its record needs, of the type its
/// rule is for.
fn fields(case: &Case, rules: &Rules) -> Vec<UserField> {
    let listed = case.given["zendesk"]
        .get("user_fields")
        .and_then(Value::as_array);
    if let Some(listed) = listed {
        return listed
            .iter()
            .map(|field| {
                let kind = field["type"]
                    .as_str()
                    .and_then(FieldType::parse)
                    .expect("a type");
                let mut made = UserField::new(field["key"].as_str().expect("a key"), kind);
                made.options = field["options"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(|option| FieldOption {
                        name: option["name"].as_str().unwrap_or_default().to_owned(),
                        value: option["value"].as_str().unwrap_or_default().to_owned(),
                    })
                    .collect();
                made
            })
            .collect();
    }
    case.given["record"]
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(name, _)| match Target::parse(name) {
            Some(Target::Field(key)) => {
                let rule = rules.columns.get(&Target::Field(key.clone()));
                let decimal = rule.is_some_and(|rule| rule.rule == Some(RuleName::Decimal));
                let kind = if decimal {
                    FieldType::Decimal
                } else {
                    FieldType::Text
                };
                Some(UserField::new(key, kind))
            }
            Some(Target::Attribute(_)) | None => None,
        })
        .collect()
}

/// What the record becomes: the user that is sent, the code and field of its rejection, or the problems
/// before the run.
fn check(case: &Case, also: &[&str]) -> Result<Result<Value, (String, String)>, Vec<Problem>> {
    let (mut columns, mut cells) = source(&case.given["record"]);
    for name in also {
        columns.push(Column::new(*name, ColumnKind::Text));
        cells.push(None);
    }
    let rules = rules(case);
    let checker = Checker::plan(&columns, &Mapping::by_name(), &rules, &fields(case, &rules))?;
    let mut profile = Profile::new();
    Ok(match checker.check(&cells, &mut profile) {
        Verdict::Ready => Ok(serde_json::from_slice(profile.json()).expect("a profile is JSON")),
        Verdict::Rejected(rejection) => {
            Err((rejection.code.to_string(), rejection.field.to_owned()))
        }
    })
}

/// Whether everything wanted is in what is there.
fn includes(there: &Value, wanted: &Value) -> bool {
    match wanted.as_object() {
        Some(wanted) => wanted
            .iter()
            .all(|(key, value)| there.get(key).is_some_and(|there| includes(there, value))),
        None => there == wanted,
    }
}

pub(crate) fn sent(case: &Case) {
    let user = check(case, &[])
        .unwrap_or_else(|problems| panic!("{}: {problems:?}", case.id))
        .unwrap_or_else(|rejection| panic!("{}: {rejection:?}", case.id));
    if let Some(wanted) = case.wanted.get("user") {
        assert_eq!(&user, wanted, "{}", case.id);
    }
    if let Some(wanted) = case.wanted.get("user_includes") {
        assert!(includes(&user, wanted), "{}: {user}", case.id);
    }
    assert!(
        case.wanted
            .get("user")
            .or(case.wanted.get("user_includes"))
            .is_some(),
        "{} wants nothing of the user",
        case.id
    );
}

/// The row is stopped; and so is a whole source that has no column to tell a row by.
pub(crate) fn rejected(case: &Case) {
    let reject = &case.wanted["reject"];
    let (code, field) = check(case, &["email"])
        .expect("the columns are fine")
        .expect_err("the row is not");
    assert_eq!(
        (code.as_str(), field.as_str()),
        (text(&reject["code"]), text(&reject["field"]))
    );
    let problems = check(case, &[]).expect_err("no column can tell a row");
    assert!(
        problems
            .iter()
            .any(|problem| problem.code.as_str() == code && problem.field == field)
    );
}

/// The case speaks of a row or of the preflight; with us it is the plan of columns that is refused, so
/// that nothing is sent either way.
pub(crate) fn refused(case: &Case) {
    let wanted = case
        .wanted
        .get("preflight")
        .unwrap_or(&case.wanted["reject"]);
    let problems = check(case, &[]).expect_err("the plan is refused");
    let problem = problems
        .iter()
        .find(|problem| problem.code.stops())
        .expect("a problem that stops");
    assert_eq!(problem.code.as_str(), text(&wanted["code"]), "{}", case.id);
    assert_eq!(problem.field, text(&wanted["field"]), "{}", case.id);
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

pub(crate) fn tags(case: &Case) {
    let sent: Vec<&str> = case.given["tags_sent"]
        .as_array()
        .expect("tags")
        .iter()
        .map(text)
        .collect();
    let wanted: tag::Tags = case.wanted["stored"]["tags"]
        .as_array()
        .expect("tags")
        .iter()
        .map(|tag| text(tag).to_owned())
        .collect();
    assert_eq!(tag::normalise(sent.iter().copied()), wanted, "{}", case.id);
    if wanted.is_empty() {
        // Zendesk would wipe all tags: a row that says so is not sent unless clearing is asked for.
        let columns =
            ["name", "external_id", "tags"].map(|name| Column::new(name, ColumnKind::Text));
        let checker =
            Checker::plan(&columns, &Mapping::by_name(), &Rules::default(), &[]).expect("a plan");
        let mut profile = Profile::new();
        for tag in [sent[0], "!", "[\" \"]"] {
            let row = [Some("Kim"), Some("1"), Some(tag)];
            assert_eq!(checker.check(&row, &mut profile), Verdict::Ready);
            let json = String::from_utf8_lossy(profile.json()).into_owned();
            assert!(!json.contains("tags"), "{json}");
        }
    }
}

pub(crate) fn landed(case: &Case) {
    let record = &case.given["record"];
    let ids = Ids {
        external_id: record["external_id"].as_str(),
        email: record["email"].as_str(),
    };
    let users: Vec<(Found, Vec<String>)> = case.given["zendesk"]["users"]
        .as_array()
        .expect("users")
        .iter()
        .map(|user| {
            let emails = std::iter::once(&user["email"])
                .chain(
                    user["identities"]
                        .as_array()
                        .into_iter()
                        .flatten()
                        .map(|one| &one["value"]),
                )
                // What a deleted user was called is still in an old mirror.
                .chain(std::iter::once(&user["formerly"]))
                .filter_map(|email| email.as_str().map(key_of))
                .collect();
            let found = Found {
                id: user["id"].as_i64().expect("an id"),
                external_id: user["external_id"].as_str().map(str::to_owned),
                active: user["active"].as_bool().unwrap_or(true),
                staff: false,
            };
            (found, emails)
        })
        .collect();
    let by_email = ids.email.map(key_of).and_then(|email| {
        users
            .iter()
            .find(|(_, emails)| emails.contains(&email))
            .map(|(user, _)| user)
    });
    let by_external_id = users
        .iter()
        .find(|(user, _)| {
            user.external_id.is_some() && user.external_id.as_deref() == ids.external_id
        })
        .map(|(user, _)| user);
    let landing = land(ids, by_external_id, by_email);
    match case.wanted["target_id"].as_i64() {
        Some(id) => assert_eq!(landing, Landing::On(id), "{}", case.id),
        None => {
            assert_eq!(case.wanted["row"]["state"], "created");
            assert_eq!(landing, Landing::New, "{}", case.id);
        }
    }
}

pub(crate) fn left(case: &Case) {
    let record = &case.given["record"];
    let policy = case.given["opts"]["on_leave"]
        .as_str()
        .and_then(OnLeave::parse)
        .expect("a policy");
    let leaver = Leaver {
        key_kind: KeyKind::ExternalId,
        key: text(&record["external_id"]).to_owned(),
        name: text(&record["name"]).to_owned(),
        zendesk_id: Some(1),
        tags: tag::Tags::new(),
        fields: Vec::new(),
    };
    let Farewell::Send(json) = farewell(&leaver, policy) else {
        panic!("{}: nothing is sent", case.id)
    };
    let user: Value = serde_json::from_slice(&json).expect("JSON");
    assert_eq!(user, case.wanted["user"], "{}", case.id);
}
