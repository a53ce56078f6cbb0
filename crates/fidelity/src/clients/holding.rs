//! What a client read of the whole account, compared with the account itself: not by way of any
//! route, so that an answer which is wrong everywhere is seen as well.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use simulator::{Account, Audit, Comment, Status, Ticket, User};

/// What differs, one sentence each.
pub(super) fn compare(account: &Account, kind: &str, rows: &[Value]) -> Vec<String> {
    let held: BTreeMap<i64, Value> = match kind {
        "users" => account.users().map(|one| (one.id, user(one))).collect(),
        "tickets" => account.tickets().map(|one| (one.id, ticket(one))).collect(),
        "comments" => account
            .tickets()
            .filter(|ticket| ticket.deleted_at.is_none())
            .flat_map(|ticket| account.comments_of(ticket.id))
            .map(|(audit, one)| (audit.comment_id(), comment(audit, one)))
            .collect(),
        other => return vec![format!("nothing here knows what {other} are")],
    };
    let mut differences = Vec::new();
    let mut read = BTreeMap::new();
    for row in rows {
        let Some(id) = row["id"].as_i64() else {
            differences.push(format!("a row of {kind} has no id"));
            continue;
        };
        if read.insert(id, row).is_some() {
            differences.push(format!("{id} of the {kind} was read twice"));
        }
    }
    for (id, expected) in &held {
        match read.get(id) {
            None => differences.push(format!("{id} of the {kind} was not read")),
            Some(row) => differences.extend(differ(kind, *id, expected, row)),
        }
    }
    let unknown = read.keys().filter(|id| !held.contains_key(*id));
    differences.extend(unknown.map(|id| format!("{id} of the {kind} is not in the account")));
    differences
}

/// The fields that are compared, by their names in answers; times are in seconds.
fn user(user: &User) -> Value {
    json!({
        "name": user.name,
        "email": user.email,
        "external_id": user.external_id,
        "active": user.active,
        "role": user.role,
        "phone": user.phone,
        "organization_id": user.organization_id,
        "tags": user.tags,
        "created_at": user.created_at,
        "updated_at": user.updated_at,
        "verified": user.verified,
        "suspended": user.suspended,
        "alias": user.alias,
        "details": user.details,
        "notes": user.notes,
    })
}

fn ticket(ticket: &Ticket) -> Value {
    let status = if ticket.deleted_at.is_some() {
        Status::Deleted
    } else {
        ticket.status
    };
    json!({
        "external_id": ticket.external_id,
        "subject": ticket.subject.as_ref().map(|subject| subject.read()),
        "status": status,
        "priority": ticket.priority,
        "type": ticket.kind,
        "requester_id": ticket.requester_id,
        "submitter_id": ticket.submitter_id,
        "assignee_id": ticket.assignee_id,
        "organization_id": ticket.organization_id,
        "group_id": ticket.group_id,
        "problem_id": ticket.problem_id,
        "has_incidents": ticket.has_incidents,
        "is_public": ticket.is_public,
        "tags": ticket.tags,
        "brand_id": ticket.brand_id,
        "followup_ids": ticket.followup_ids,
        "created_at": ticket.created_at,
        "updated_at": ticket.updated_at,
        "generated_timestamp": ticket.generated_timestamp,
    })
}

fn comment(audit: &Audit, comment: &Comment) -> Value {
    json!({
        "ticket_id": audit.ticket_id,
        "author_id": comment.author_id,
        "body": comment.body.read(),
        "public": comment.public,
        "created_at": audit.created_at,
    })
}

fn differ(kind: &str, id: i64, expected: &Value, row: &Value) -> Vec<String> {
    let Some(fields) = expected.as_object() else {
        return Vec::new();
    };
    fields
        .iter()
        .filter_map(|(key, value)| {
            let seen = if key.ends_with("_at") {
                row.get(key).map(seconds)
            } else {
                row.get(key).cloned()
            };
            match seen {
                Some(seen) if seen == *value => None,
                Some(seen) => Some(format!(
                    "{id} of the {kind}: {key} is {seen} in place of {value}"
                )),
                None => Some(format!("{id} of the {kind}: {key} is missing")),
            }
        })
        .collect()
}

/// A time in any of the clients' forms, in seconds; what is none stays as it is.
fn seconds(value: &Value) -> Value {
    let time = value.as_str().and_then(|text| text.parse().ok());
    time.map_or_else(
        || value.clone(),
        |time: jiff::Timestamp| json!(time.as_second()),
    )
}

#[cfg(test)]
mod tests {
    use simulator::Config;

    use super::*;

    async fn with_users(change: impl FnOnce(&mut Vec<Value>)) -> Vec<String> {
        let simulator = simulator::start(Config::default()).await.unwrap();
        let mut rows: Vec<Value> = simulator.read(|account| {
            let row = |one: &User| {
                let mut row = user(one);
                row["id"] = json!(one.id);
                for key in ["created_at", "updated_at"] {
                    let time = jiff::Timestamp::from_second(row[key].as_i64().unwrap()).unwrap();
                    row[key] = json!(time.to_string());
                }
                row
            };
            account.users().map(row).collect()
        });
        change(&mut rows);
        let found = simulator.read(|account| compare(account, "users", &rows));
        simulator.stop().await;
        found
    }

    #[tokio::test]
    async fn what_was_read_rightly_does_not_differ() {
        assert_eq!(with_users(|_| {}).await, [""; 0]);
    }

    #[tokio::test]
    async fn a_row_too_few_or_too_many_or_other_is_told() {
        let lost = with_users(|rows| drop(rows.pop())).await;
        assert!(
            lost.len() == 1 && lost[0].ends_with("was not read"),
            "{lost:?}"
        );
        let twice = with_users(|rows| rows.push(rows[0].clone())).await;
        assert!(twice[0].ends_with("was read twice"), "{twice:?}");
        let other = with_users(|rows| rows[1]["name"] = json!("Nobody")).await;
        assert!(
            other[0].contains("name is \"Nobody\" in place of"),
            "{other:?}"
        );
        let short = with_users(|rows| drop(rows[1].as_object_mut().unwrap().remove("email"))).await;
        assert!(short[0].ends_with("email is missing"), "{short:?}");
        let foreign = with_users(|rows| rows[0]["id"] = json!(7)).await;
        assert!(
            foreign
                .iter()
                .any(|one| one == "7 of the users is not in the account")
        );
    }
}
