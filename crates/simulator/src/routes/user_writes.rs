//! Writing users: create, update, upsert, merge, delete (zendesk-api.md 3.4, 3.5, 4.3).

use serde_json::{Map, Value, json};

use super::ticket_rules::Fields;
use super::user_fields::{Tags, read_user_fields};
use super::users::view;
use crate::account::user::{NewUser, UserChange};
use crate::account::{Account, EditError};
use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::config::{Switches, TwoMatches};
use crate::wire::Object;
use crate::word::{Role, Status};

/// What a caller may do to users, and how strictly values are taken.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rights {
    /// Whether it may change agents and administrators: only administrators may (zendesk-api.md 4.3).
    pub(super) edits_staff: bool,
    /// What is taken, where sources disagree.
    pub(super) switches: Switches,
}

impl Rights {
    /// Those of the caller.
    pub(super) fn of(call: &Call) -> Self {
        Self {
            edits_staff: call.caller.as_ref().is_some_and(|caller| caller.admin),
            switches: call.switches,
        }
    }
}

/// `POST users`
pub(super) fn create(account: &mut Account, call: &Call) -> Outcome {
    let id = make(account, call.object("user")?, Rights::of(call))?;
    Ok(answer(account, call, id, 201)?.at(&location(call, id)))
}

/// `PUT users/{id}`: a new email becomes a secondary one, and the body still shows the old.
pub(super) fn update(account: &mut Account, call: &Call) -> Outcome {
    let id = account
        .user(call.id(0)?)
        .filter(|user| user.active)
        .ok_or_else(Answer::record_not_found)?
        .id;
    account.tally.posted(call.now_ms, 1);
    change(account, id, call.object("user")?, Rights::of(call))?;
    answer(account, call, id, 200)
}

/// `POST users/create_or_update`: matched by email or external id.
pub(super) fn create_or_update(account: &mut Account, call: &Call) -> Outcome {
    account.tally.posted(call.now_ms, 1);
    let (id, made) = upsert(account, call.object("user")?, Rights::of(call))?;
    let status = if made { 201 } else { 200 };
    Ok(answer(account, call, id, status)?.at(&location(call, id)))
}

/// `PUT users/{id}/merge`: the user in the path goes, the one in the body stays. End users only.
pub(super) fn merge(account: &mut Account, call: &Call) -> Outcome {
    let loser = call.id(0)?;
    let winner = call
        .object("user")?
        .get("id")
        .and_then(Value::as_i64)
        .ok_or_else(|| Answer::text(400, "Required parameter missing: id"))?;
    for id in [loser, winner] {
        let user = account
            .user(id)
            .filter(|user| user.active)
            .ok_or_else(Answer::record_not_found)?;
        if user.role != Role::EndUser {
            return Err(Answer::forbidden());
        }
    }
    account
        .merge_users(loser, winner)
        .map_err(|error| refuse(&error))?;
    answer(account, call, winner, 200)
}

/// `DELETE users/{id}`: 200 with the user, inactive (recorded).
pub(super) fn delete(account: &mut Account, call: &Call) -> Outcome {
    let id = account
        .user(call.id(0)?)
        .filter(|user| user.active)
        .ok_or_else(Answer::record_not_found)?
        .id;
    let open = account
        .tickets()
        .filter(|ticket| ticket.requester_id == id && ticket.deleted_at.is_none())
        .filter(|ticket| ticket.status != Status::Closed)
        .count();
    if open > 0 {
        return Err(Answer::invalid(&json!({"base": [{
            "type": "base",
            "description": format!("User is requester on {open} ticket(s) that are not closed."),
        }]})));
    }
    account.delete_user(id).map_err(|error| refuse(&error))?;
    answer(account, call, id, 200)
}

fn answer(account: &Account, call: &Call, id: i64, status: u16) -> Outcome {
    let user = account.user(id).ok_or_else(Answer::record_not_found)?;
    Ok(Object::new()
        .with("user", &view(account, user, call))
        .into_answer(status))
}

fn location(call: &Call, id: i64) -> String {
    format!("{}/api/v2/users/{id}.json", call.base)
}

/// Makes or changes the user that has the email or the external id; says whether it was made.
pub(super) fn upsert(
    account: &mut Account,
    map: Map<String, Value>,
    rights: Rights,
) -> Result<(i64, bool), Answer> {
    let mut fields = Fields(map);
    let by_email = match fields.text("email")?.flatten() {
        Some(email) => account.user_by_email(&email).map(|user| user.id),
        None => None,
    };
    let by_external_id = match fields.text("external_id")?.flatten() {
        Some(id) => account.user_by_external_id(&id).map(|user| user.id),
        None => None,
    };
    match (by_email, by_external_id) {
        (Some(by_email), Some(by_external_id)) if by_email != by_external_id => {
            let (id, other_key) = match rights.switches.two_matches {
                TwoMatches::Email => (by_email, "external_id"),
                TwoMatches::ExternalId => (by_external_id, "email"),
                TwoMatches::Refused => {
                    let email = fields.text("email")?.flatten().unwrap_or_default();
                    return Err(refuse(&EditError::EmailTaken(email)));
                }
            };
            fields.0.remove(other_key);
            change(account, id, fields.0, rights)?;
            Ok((id, false))
        }
        (Some(id), _) | (None, Some(id)) => {
            change(account, id, fields.0, rights)?;
            Ok((id, false))
        }
        (None, None) => Ok((make(account, fields.0, rights)?, true)),
    }
}

/// Makes a user.
pub(super) fn make(
    account: &mut Account,
    map: Map<String, Value>,
    rights: Rights,
) -> Result<i64, Answer> {
    let fields = Fields(map);
    let name = fields.text("name")?.flatten().unwrap_or_default();
    if name.trim().is_empty() {
        return Err(Answer::invalid_field(
            "name",
            "Name: is too short (minimum one character)",
            Some("ValueTooShort"),
        ));
    }
    let email = fields
        .text("email")?
        .flatten()
        .filter(|email| !email.is_empty());
    if let Some(email) = &email {
        check_email(email)?;
    }
    let user_fields = read_user_fields(account, &fields.0, rights.switches.refuse_unknown_options)?;
    let flag = |key: &str| fields.0.get(key).and_then(Value::as_bool).unwrap_or(false);
    let mut tags = fields.words("tags")?.unwrap_or_default();
    tags.extend(Tags::of(account, None, &user_fields).added);
    let new = NewUser {
        name,
        email,
        role: fields.word("role", "Role", Role::parse)?.flatten(),
        phone: read_phone(&fields, rights)?.flatten(),
        external_id: fields.text("external_id")?.flatten(),
        organization_id: fields.id("organization_id")?.flatten(),
        tags,
        verified: flag("verified"),
        suspended: flag("suspended"),
        alias: fields.text("alias")?.flatten(),
        details: fields.text("details")?.flatten(),
        notes: fields.text("notes")?.flatten(),
        user_fields,
    };
    let (external_id, made_email) = (new.external_id.clone(), new.email.clone());
    let id = account.add_user(new).map_err(|error| refuse(&error))?;
    account
        .tally
        .made(external_id.as_deref(), made_email.as_deref());
    Ok(id)
}

/// Changes a user.
pub(super) fn change(
    account: &mut Account,
    id: i64,
    map: Map<String, Value>,
    rights: Rights,
) -> Result<(), Answer> {
    let fields = Fields(map);
    let is_staff = account.user(id).is_some_and(|user| user.role.is_staff());
    if is_staff && !rights.edits_staff {
        return Err(Answer::forbidden());
    }
    let name = fields.text("name")?.flatten();
    if name.as_ref().is_some_and(|name| name.trim().is_empty()) {
        return Err(Answer::invalid_field(
            "name",
            "Name: is too short (minimum one character)",
            Some("ValueTooShort"),
        ));
    }
    let email = fields
        .text("email")?
        .flatten()
        .filter(|email| !email.is_empty());
    if let Some(email) = &email {
        check_email(email)?;
    }
    let user_fields = read_user_fields(account, &fields.0, rights.switches.refuse_unknown_options)?;
    let of_fields = Tags::of(account, account.user(id), &user_fields);
    let tags = of_fields.join(account.user(id), fields.words("tags")?);
    // An alias set to null comes back as an empty text (recorded).
    let alias = fields
        .text("alias")?
        .map(|alias| Some(alias.unwrap_or_default()));
    let change = UserChange {
        name,
        email: None,
        add_email: email,
        role: fields.word("role", "Role", Role::parse)?.flatten(),
        phone: read_phone(&fields, rights)?,
        external_id: fields.text("external_id")?,
        organization_id: fields.id("organization_id")?,
        tags,
        verified: fields.0.get("verified").and_then(Value::as_bool),
        suspended: fields.0.get("suspended").and_then(Value::as_bool),
        alias,
        details: fields.text("details")?,
        notes: fields.text("notes")?,
        user_fields,
    };
    account
        .update_user(id, change)
        .map_err(|error| refuse(&error))?;
    account.tally.counts.users_updated += 1;
    account.tally.counts.staff_writes += u64::from(is_staff);
    Ok(())
}

/// A phone number; one that is none is dropped where the switch says so.
fn read_phone(fields: &Fields, rights: Rights) -> Result<Option<Option<String>>, Answer> {
    let is_number = |phone: &str| {
        let digits = phone.chars().filter(char::is_ascii_digit).count();
        let is_part = |c: char| c.is_ascii_digit() || "+()-./ ".contains(c);
        (7..=15).contains(&digits) && phone.chars().all(is_part)
    };
    let phone = fields.text("phone")?;
    let dropped = rights.switches.bad_phones_are_dropped
        && matches!(&phone, Some(Some(phone)) if !is_number(phone));
    Ok(phone.filter(|_| !dropped))
}

/// Whether a text has the form of an email, roughly.
pub(super) fn is_email(email: &str) -> bool {
    email.split_once('@').is_some_and(|(name, domain)| {
        !name.is_empty()
            && domain.contains('.')
            && !domain.starts_with('.')
            && !domain.ends_with('.')
            && !domain.contains('@')
            && !email.contains(char::is_whitespace)
    })
}

fn check_email(email: &str) -> Result<(), Answer> {
    if is_email(email) {
        return Ok(());
    }
    Err(Answer::invalid_field(
        "email",
        &format!("Email: {email} is not properly formatted"),
        Some("InvalidValue"),
    ))
}

/// An edit that was not made, as Zendesk refuses it.
pub(super) fn refuse(error: &EditError) -> Answer {
    match error {
        EditError::EmailTaken(email) => Answer::invalid_field(
            "email",
            &format!("Email: {email} is already being used by another user"),
            Some("DuplicateValue"),
        ),
        EditError::ExternalIdTaken(_) => Answer::invalid_field(
            "external_id",
            "External has already been taken",
            Some("DuplicateValue"),
        ),
        EditError::NoUser(_) | EditError::NoTicket(_) | EditError::NoComment(_) => {
            Answer::record_not_found()
        }
        EditError::NoAttachment(_) | EditError::NotDeleted(_) => Answer::record_not_found(),
    }
}
