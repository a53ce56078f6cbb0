//! Identities of a user: emails and the phone number (zendesk-api.md 3.4).

use serde_json::Value;

use super::listing::{Listing, Part};
use crate::account::user::{User, UserChange};
use crate::account::{Account, fold};
use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::wire::{Object, Stamp};

/// How far behind its user's id the id of a phone number stands: behind those of the emails.
const PHONE: i64 = 100;

/// An identity. Its id follows the user's: users stand far enough apart.
struct Identity<'a> {
    id: i64,
    kind: &'static str,
    value: &'a str,
    primary: bool,
}

fn identities(user: &User) -> Vec<Identity<'_>> {
    let place = |email: &str| {
        let known = user.known_emails.iter();
        let place = known.take_while(|known| known.as_ref() != email).count();
        i64::try_from(place).unwrap_or(0)
    };
    let emails = user
        .email
        .iter()
        .map(|email| (email, true))
        .chain(user.more_emails.iter().map(|email| (email, false)))
        .map(|(email, primary)| Identity {
            id: user.id + 1 + place(email),
            kind: "email",
            value: email,
            primary,
        });
    let phone = user.phone.iter().map(|phone| Identity {
        id: user.id + PHONE,
        kind: "phone_number",
        value: phone,
        primary: true,
    });
    emails.chain(phone).collect()
}

fn write(user: &User, identity: &Identity<'_>, call: &Call) -> Vec<u8> {
    let (of, id) = (user.id, identity.id);
    let url = format!("{}/api/v2/users/{of}/identities/{id}.json", call.base);
    let reserved = [".example", "@example.com", "@example.org", "@example.net"]
        .iter()
        .any(|end| identity.value.ends_with(end));
    let state = match identity.kind {
        "email" if reserved => "reserved_example",
        _ => "deliverable",
    };
    Object::new()
        .with("url", &url)
        .with("id", &id)
        .with("user_id", &of)
        .with("type", identity.kind)
        .with("value", identity.value)
        .with("verified", &(user.verified && identity.primary))
        .with("primary", &identity.primary)
        .with("created_at", &Stamp(user.created_at))
        .with("updated_at", &Stamp(user.updated_at))
        .with("undeliverable_count", &0)
        .with("deliverable_state", state)
        .finish()
}

fn of_path<'a>(account: &'a Account, call: &Call) -> Result<&'a User, Answer> {
    account
        .user(call.id(0)?)
        .filter(|user| user.active)
        .ok_or_else(Answer::record_not_found)
}

/// `GET users/{id}/identities`
pub(super) fn list(account: &Account, call: &Call) -> Outcome {
    let user = of_path(account, call)?;
    let all = identities(user);
    let mut rows: Vec<_> = all
        .iter()
        .map(|one| (vec![Part::Number(one.id)], one.id))
        .collect();
    // By offset the primary one comes first (recorded); a cursor needs the order of the ids.
    if call.query.iter().any(|(key, _)| key.starts_with("page[")) {
        rows.sort();
    }
    Listing::of("id", rows, false).answer(call, "identities", |id, out| {
        if let Some(one) = all.iter().find(|one| one.id == id) {
            out.extend_from_slice(&write(user, one, call));
        }
    })
}

/// `POST users/{id}/identities`: one more email. The first email of a user is its primary one.
pub(super) fn create(account: &mut Account, call: &Call) -> Outcome {
    let id = of_path(account, call)?.id;
    let identity = call.object("identity")?;
    let text = |key: &str| identity.get(key).and_then(Value::as_str);
    if text("type") != Some("email") {
        return Err(Answer::invalid_field(
            "type",
            "Type: the simulator takes emails only",
            Some("InvalidValue"),
        ));
    }
    let value = fold(text("value").unwrap_or_default());
    if !super::user_writes::is_email(&value) {
        return Err(Answer::invalid_field(
            "value",
            &format!("Value: {value} is not properly formatted"),
            Some("InvalidFormat"),
        ));
    }
    if account.user_by_email(&value).is_some() {
        return Err(Answer::invalid_field(
            "value",
            &format!("Value: {value} is already being used by another user"),
            Some("DuplicateValue"),
        ));
    }
    let change = UserChange {
        add_email: Some(value.clone()),
        ..UserChange::default()
    };
    account
        .update_user(id, change)
        .map_err(|error| super::user_writes::refuse(&error))?;
    let user = of_path(account, call)?;
    let made = identities(user)
        .into_iter()
        .find(|one| one.value == value)
        .map(|one| write(user, &one, call))
        .ok_or_else(Answer::record_not_found)?;
    Ok(Object::new().with_raw("identity", &made).into_answer(201))
}

/// `PUT users/{id}/identities/{id}/make_primary`: answers the whole list (recorded).
pub(super) fn make_primary(account: &mut Account, call: &Call) -> Outcome {
    let user = of_path(account, call)?;
    let (id, wanted) = (user.id, call.id(1)?);
    let email = identities(user)
        .into_iter()
        .find(|one| one.id == wanted && one.kind == "email")
        .map(|one| one.value.to_owned())
        .ok_or_else(Answer::record_not_found)?;
    let old = user.email.as_ref().map(|email| email.to_string());
    let change = UserChange {
        email: Some(Some(email.clone())),
        ..UserChange::default()
    };
    account
        .update_user(id, change)
        .map_err(|error| super::user_writes::refuse(&error))?;
    account.keep_as_secondary(id, &email, old);
    list(account, call)
}
