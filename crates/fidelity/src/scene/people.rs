//! Users before a recorded exchange.

use serde_json::Value;
use simulator::{Account, Role};

use super::record::{blank_user, ids, number, text, time, user};
use crate::difference::Names;
use crate::recording::Recording;

/// An id below all that Zendesk gives out.
const LOWEST: i64 = 2;

fn path_id(recording: &Recording) -> i64 {
    let place = recording.places().first().and_then(|id| id.parse().ok());
    place.unwrap_or(0)
}

/// The caller of `users/me` is who was recorded; nobody, where nobody was.
pub(super) fn arrange_me(account: &mut Account, recording: &Recording) -> Option<String> {
    let record = recording.body.get("user")?;
    let name = text(record, "name")?;
    if name == "Anonymous user" {
        return None;
    }
    let id = number(record, "id").unwrap_or(LOWEST);
    let mut caller = user(id, record, recording.at);
    caller.role = Role::Admin;
    let email = caller.email.clone().unwrap_or(super::CALLER.into());
    caller.email = Some(email.clone());
    account.place_user(caller);
    Some(email.into())
}

/// The user whose identities were recorded. Before one is made primary, the other is.
pub(super) fn place_identities(account: &mut Account, recording: &Recording, names: &mut Names) {
    let rows = recording.body.get("identities").and_then(Value::as_array);
    let rows: Vec<&Value> = rows.into_iter().flatten().collect();
    let makes = recording.route.ends_with("make_primary");
    let id = path_id(recording);
    let mut one = blank_user(id, "Somebody", recording.at);
    one.created_at = rows
        .iter()
        .map(|row| time(row, "created_at", recording.at))
        .min()
        .unwrap_or(recording.at);
    one.verified = true;
    let primary = |row: &&&Value| (row.get("primary") == Some(&Value::Bool(true))) != makes;
    for row in rows.iter().filter(primary) {
        one.email = text(row, "value").map(Into::into);
    }
    for row in rows.iter().filter(|row| !primary(row)) {
        one.more_emails.extend(text(row, "value").map(Into::into));
    }
    account.place_user(one);
    if makes && let [_, wanted, ..] = recording.places().as_slice() {
        // The simulator's identities have the ids after their user's: the second is the secondary.
        names.set(wanted, (id + 2).to_string());
    }
}

/// Somebody else who has the email that an identity is refused for.
pub(super) fn place_rival(account: &mut Account, recording: &Recording) {
    let mut owner = blank_user(path_id(recording), "Somebody", recording.at - 60);
    owner.email = Some("somebody@example.org".into());
    account.place_user(owner);
    let taken = &recording.request.body["identity"]["value"];
    let mut rival = blank_user(path_id(recording) + 1, "Somebody else", recording.at - 60);
    rival.email = taken.as_str().map(Into::into);
    account.place_user(rival);
}

/// The user before a PUT or a DELETE: as it was answered, but for what was changed.
pub(super) fn place_before(account: &mut Account, recording: &Recording) {
    let Some(record) = recording.body.get("user") else {
        return;
    };
    let id = path_id(recording);
    let mut before = user(id, record, recording.at);
    before.updated_at = before.created_at;
    if recording.request.method == "DELETE" {
        before.active = true;
        before.email = Some("somebody@example.org".into());
        before.external_id = Some("somebody".into());
    }
    let sent = recording
        .request
        .body
        .get("user")
        .and_then(Value::as_object);
    let changes = sent.filter(|_| recording.request.method == "PUT");
    for (key, value) in changes.into_iter().flatten() {
        match key.as_str() {
            "name" => before.name = "As it was before".into(),
            "tags" => before.tags = vec!["before".into()],
            "alias" => before.alias = Some("Before".into()),
            "external_id" => before.external_id = None,
            "verified" => before.verified = false,
            "user_fields" => {
                let keys = value.as_object().into_iter().flatten().map(|(key, _)| key);
                for key in keys {
                    before.fields.retain(|(other, _)| **other != **key);
                }
            }
            _ => {}
        }
    }
    account.place_user(before);
}

/// The ids that a bulk request names.
pub(super) fn named_ids(recording: &Recording) -> Vec<i64> {
    let query = recording
        .request
        .query
        .iter()
        .filter(|(key, _)| key == "ids");
    let mut found: Vec<i64> = query
        .flat_map(|(_, ids)| ids.split(','))
        .filter_map(|id| id.parse().ok())
        .collect();
    let rows = recording
        .request
        .body
        .get("users")
        .and_then(Value::as_array);
    found.extend(
        rows.into_iter()
            .flatten()
            .filter_map(|row| number(row, "id")),
    );
    found.sort_unstable();
    found.dedup();
    found
}

/// Those that a new ticket points to: who asks belongs to the recorded organization, the others are
/// staff.
pub(super) fn place_ticket_people(account: &mut Account, recording: &Recording) {
    let ticket = &recording.body["ticket"];
    let caller = caller_id(account, recording);
    let sent = &recording.request.body["ticket"];
    let named = [
        number(ticket, "submitter_id"),
        number(ticket, "assignee_id"),
        Some(caller),
    ];
    for id in named
        .into_iter()
        .flatten()
        .chain(ids(sent, "collaborator_ids"))
    {
        let mut one = blank_user(id, "Somebody", recording.at - 60);
        one.role = Role::Agent;
        one.email = Some(format!("somebody{id}@example.org").into());
        account.place_user(one);
    }
    if let Some(id) = number(ticket, "requester_id") {
        let mut one = match account.user(id) {
            Some(there) => there.clone(),
            None => blank_user(id, "Somebody", recording.at - 60),
        };
        one.organization_id = number(ticket, "organization_id");
        account.place_user(one);
    }
}

/// Who made the request: the author of the audit that came of it; else somebody who is not in the way.
pub(super) fn caller_id(account: &Account, recording: &Recording) -> i64 {
    if let Some(id) = number(&recording.body["audit"], "author_id")
        && recording.route != "GET tickets/{id}/audits/{id}"
    {
        return id;
    }
    let users = account.users().map(|user| user.id);
    if recording.route != "GET users" {
        return users.max().unwrap_or(LOWEST) + 1;
    }
    // In the list of all users it takes the place of one beside the page.
    let rows = super::records(&recording.body);
    let on_page = |id: &i64| rows.iter().any(|(_, other, _)| other == id);
    let beside = account.users().map(|user| user.id).find(|id| !on_page(id));
    beside.unwrap_or(LOWEST)
}

/// When the caller last changed: outside the page of an export.
pub(super) fn caller_time(account: &Account, recording: &Recording) -> i64 {
    if !recording.route.starts_with("GET incremental/users") {
        return recording.at - 86_400;
    }
    let ends = recording.body.get("end_of_stream") == Some(&Value::Bool(true));
    let times = account.users().map(|user| user.updated_at);
    if ends {
        times.min().unwrap_or(recording.at) - 86_400
    } else {
        times.max().unwrap_or(recording.at - 1) + 1
    }
}
