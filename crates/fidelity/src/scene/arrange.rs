//! What there is before a recorded exchange, and who sends it.

use serde_json::Value;
use simulator::{Account, Role};

use super::people;
use super::record::{
    blank_user, brand, group, ids, number, organization, text, ticket_field, user, user_field,
};
use super::tickets::{self, place, place_audits, place_comments, place_lists, place_unknown};
use super::{CALLER, records};
use crate::difference::Names;
use crate::recording::Recording;

/// Puts everything in, and says whom the request is signed in as.
pub(super) fn arrange(
    account: &mut Account,
    recording: &Recording,
    all: &[Recording],
    names: &mut Names,
) -> Option<String> {
    account.clear();
    let now = recording.at;
    let method = recording.request.method.as_str();
    let pattern = recording.pattern.unwrap_or_default();
    let succeeded = recording.status.is_none_or(|status| status < 300);
    place_user_fields(account, recording, all);
    if method == "GET" && succeeded {
        show(account, recording);
    } else if succeeded {
        before_write(account, recording, names);
    }
    match (method, pattern) {
        ("GET", "tickets/{id}/audits/{id}") => {
            let id = number(&recording.body["audit"], "id").unwrap_or(0);
            if let [_, wanted, ..] = recording.places().as_slice() {
                names.set(wanted, id.to_string());
            }
        }
        ("GET", "users/me") => return people::arrange_me(account, recording),
        ("GET", "users/{id}/identities") | ("PUT", "users/{id}/identities/{id}/make_primary") => {
            people::place_identities(account, recording, names);
        }
        ("POST", "users/{id}/identities") => people::place_rival(account, recording),
        ("PUT", "users/{id}") if recording.status == Some(429) => {
            let id = path_id(recording);
            account.place_user(blank_user(id, "Somebody", now - 86_400));
        }
        _ => {}
    }
    fill_list(account, recording);
    Some(sign_in(account, recording))
}

fn path_id(recording: &Recording) -> i64 {
    let place = recording.places().first().and_then(|id| id.parse().ok());
    place.unwrap_or(0)
}

/// Fields of users are shown beside their values by another recording of the same account, or only by
/// the keys of the values.
fn place_user_fields(account: &mut Account, recording: &Recording, all: &[Recording]) {
    let mut keys: Vec<&String> = Vec::new();
    for (kind, _, record) in records(&recording.body) {
        if kind == "users"
            && let Some(map) = record.get("user_fields").and_then(Value::as_object)
        {
            keys.extend(
                map.keys()
                    .filter(|key| !keys.contains(key))
                    .collect::<Vec<_>>(),
            );
        }
    }
    let shown = all
        .iter()
        .filter(|one| one.source == recording.source && one.route == "GET user_fields")
        .flat_map(|one| records(&one.body))
        .filter(|(kind, ..)| *kind == "user_fields");
    let shown: Vec<(i64, &Value)> = shown.map(|(_, id, field)| (id, field)).collect();
    keys.sort_unstable();
    keys.dedup();
    for (place, key) in keys.into_iter().enumerate() {
        let known = shown
            .iter()
            .find(|(_, field)| text(field, "key").as_ref() == Some(key));
        let (id, field) = match known {
            Some((id, field)) => (*id, (*field).clone()),
            None => (
                i64::try_from(place).unwrap_or(0) + 1,
                serde_json::json!({"key": key, "title": key, "type": "text"}),
            ),
        };
        account.place_user_field(user_field(id, &field, recording.at));
    }
}

/// A read shows what there is.
fn show(account: &mut Account, recording: &Recording) {
    let now = recording.at;
    let export = recording.route.contains("incremental/");
    for (kind, id, record) in records(&recording.body) {
        match kind {
            "users" => account.place_user(user(id, record, now)),
            "tickets" => place(account, id, record, now),
            "organizations" => account.place_organization(organization(id, record, now)),
            "groups" => account.place_group(group(id, record, now)),
            "brands" => {
                if let Some(form) = ids(record, "ticket_form_ids").first() {
                    account.place_ticket_form(*form);
                }
                account.place_brand(brand(id, record, now));
            }
            "ticket_fields" => account.place_ticket_field(ticket_field(id, record, now)),
            "user_fields" if account.user_fields().iter().all(|field| field.id != id) => {
                account.place_user_field(user_field(id, record, now));
            }
            _ => {}
        }
    }
    let rows = |key: &str| recording.body.get(key).and_then(Value::as_array);
    if let Some(rows) = rows("comments") {
        place_comments(account, path_id(recording), rows, now);
    }
    if let Some(rows) = rows("audits") {
        place_audits(account, path_id(recording), rows, now);
    }
    if let Some(audit) = recording.body.get("audit") {
        place_audits(
            account,
            path_id(recording),
            std::slice::from_ref(audit),
            now,
        );
    }
    let ends = recording.body.get("end_of_stream").and_then(Value::as_bool);
    if export && ends == Some(false) {
        fill_export(account, recording);
    }
}

/// One more record after those of a page of an export that goes on.
fn fill_export(account: &mut Account, recording: &Recording) {
    let newest = account
        .tickets()
        .map(|ticket| ticket.generated_timestamp)
        .max();
    if let Some(newest) = newest {
        let id = account.tickets().map(|ticket| ticket.id).max().unwrap_or(0) + 1;
        place_unknown(account, id, 0, newest + 1);
    } else if let Some(newest) = account.users().map(|user| user.updated_at).max() {
        let id = account.users().map(|user| user.id).max().unwrap_or(0) + 1;
        let at = newest.max(recording.at - 1);
        account.place_user(blank_user(id, "Somebody else", at));
    }
}

/// A write changes what was there: the same record, otherwise.
fn before_write(account: &mut Account, recording: &Recording, names: &mut Names) {
    let now = recording.at;
    let sent = &recording.request.body;
    let answered = &recording.body;
    match recording.route.as_str() {
        "PUT users/{id}" | "DELETE users/{id}" => people::place_before(account, recording),
        "PUT tickets/{id}" => {
            if let Some(record) = answered.get("ticket") {
                let mut before = record.clone();
                let changed = sent.get("ticket").and_then(Value::as_object);
                for key in changed.into_iter().flatten().map(|(key, _)| key) {
                    let events = answered["audit"]["events"].as_array();
                    let event = events.into_iter().flatten().find(|event| {
                        event["field_name"] == **key && event.get("previous_value").is_some()
                    });
                    if let Some(event) = event {
                        before[key] = event["previous_value"].clone();
                    }
                }
                before["updated_at"] = before["created_at"].clone();
                place(account, path_id(recording), &before, now);
            }
        }
        "DELETE tickets/{id}" => place_unknown(account, path_id(recording), 0, now - 60),
        "PUT deleted_tickets/{id}/restore" => {
            let id = path_id(recording);
            place_unknown(account, id, 0, now - 60);
            let deleted = account.delete_ticket(id);
            debug_assert!(deleted.is_ok());
        }
        "POST tickets" => {
            if let Some(record) = answered.get("ticket") {
                place_lists(account, record, now);
                let id = number(record, "id").unwrap_or(1);
                if id > 1 {
                    place_unknown(account, id - 1, 0, now - 60);
                }
                people::place_ticket_people(account, recording);
            }
        }
        "DELETE users/destroy_many" | "PUT users/update_many" => {
            for id in people::named_ids(recording) {
                account.place_user(blank_user(id, "Somebody", now - 60));
            }
        }
        "PUT user_fields/{id}" => {
            for (kind, id, record) in records(answered) {
                if kind == "user_fields" {
                    let mut field = user_field(id, record, now - 60);
                    if sent["user_field"].get("title").is_some() {
                        field.title = "As it was before".to_owned();
                    }
                    account.place_user_field(field);
                }
            }
        }
        "PUT tickets/{id}/comments/{id}/attachments/{id}/redact" => {
            place_unknown(account, path_id(recording), 0, now - 60);
            let file = answered["attachment"]["file_name"].as_str();
            let comment = tickets::with_file(file.unwrap_or_default());
            if let Ok(comment) = account.add_comment(path_id(recording), comment)
                && let Some((_, added)) = account.comments_of(path_id(recording)).last()
                && let [_, wanted, wanted_file, ..] = recording.places().as_slice()
            {
                names.set(wanted, comment.to_string());
                for file in &added.attachments {
                    names.set(wanted_file, file.id.to_string());
                }
            }
        }
        _ => {}
    }
}

/// The rows before and after a page of a list.
fn fill_list(account: &mut Account, recording: &Recording) {
    let body = &recording.body;
    let kind = match recording.route.as_str() {
        "GET users" => "users",
        "GET tickets" => "tickets",
        "GET organizations" => "organizations",
        _ => return,
    };
    let rows = body.get(kind).and_then(Value::as_array);
    let ids: Vec<i64> = rows
        .into_iter()
        .flatten()
        .filter_map(|row| number(row, "id"))
        .collect();
    let query = |name: &str| {
        let found = recording.request.query.iter().find(|(key, _)| key == name);
        found.and_then(|(_, value)| value.parse::<i64>().ok())
    };
    let (before, after) = match number(body, "count") {
        Some(count) => {
            let rows = i64::try_from(ids.len()).unwrap_or(0);
            let before = (query("page").unwrap_or(1) - 1) * query("per_page").unwrap_or(100);
            (before, count - before - rows)
        }
        None => {
            let more = body["meta"]["has_more"] == true;
            (0, i64::from(more))
        }
    };
    let (Some(first), Some(last)) = (ids.iter().min(), ids.iter().max()) else {
        return;
    };
    let fillers = (1..=before).map(|place| first - place);
    for id in fillers.chain((1..=after).map(|place| last + place)) {
        match kind {
            "users" => account.place_user(blank_user(id, "Somebody else", recording.at - 86_400)),
            "tickets" => place_unknown(account, id, 0, recording.at - 86_400),
            _ => account.place_organization(organization(
                id,
                &serde_json::json!({"name": format!("Another {id}")}),
                recording.at - 86_400,
            )),
        }
    }
}

/// The email to sign in with: that of an administrator who was recorded, else of one more, who takes
/// the place of a row beside the page where the rows are users.
fn sign_in(account: &mut Account, recording: &Recording) -> String {
    let known = account
        .users()
        .filter(|user| user.may_sign_in() && user.role == Role::Admin)
        .find_map(|user| user.email.as_deref());
    if let Some(email) = known {
        return email.to_owned();
    }
    let id = people::caller_id(account, recording);
    let at = people::caller_time(account, recording);
    let mut caller = match account.user(id) {
        Some(there) => there.clone(),
        None => blank_user(id, "The caller", at),
    };
    if caller.email.is_none() {
        caller.email = Some(CALLER.into());
    }
    let email = caller.email.as_deref().unwrap_or(CALLER).to_owned();
    caller.role = Role::Admin;
    caller.verified = true;
    account.place_user(caller);
    email
}
