//! Webhooks as JSON, and the events they carry (zendesk-api.md 3.12).

use serde_json::{Value, json};

use super::{Object, stamp};
use crate::account::Account;
use crate::account::happening::Happening;
use crate::account::ticket::Ticket;
use crate::account::user::User;
use crate::account::webhook::{Delivery, EVENT, Invocation, Subject, Webhook};
use crate::data::dice::Dice;

/// The account's number, in payloads and headers.
pub(crate) const ACCOUNT_ID: i64 = 21_812_345;

/// A webhook as answers carry it (recorded order). Secrets of its authentication never come back.
/// The answer to its making alone has nanoseconds (recorded).
pub(crate) fn webhook(webhook: &Webhook, new: bool) -> Vec<u8> {
    let seconds = stamp(webhook.created_ms.div_euclid(1000));
    let created_at = if new {
        let nanoseconds = webhook.created_ms.rem_euclid(1000) * 1_000_000 + 622_367;
        seconds.replace('Z', &format!(".{nanoseconds:09}Z"))
    } else {
        seconds
    };
    let mut object = Object::new()
        .with("id", &webhook.id)
        .with("name", &webhook.name);
    if let Some(description) = &webhook.description {
        object = object.with("description", description);
    }
    object = object
        .with("status", if webhook.active { "active" } else { "inactive" })
        .with("subscriptions", &webhook.subscriptions)
        .with("created_at", &created_at)
        .with("created_by", &webhook.created_by.to_string());
    if let Some((at, by)) = webhook.updated {
        object = object
            .with("updated_at", &stamp(at))
            .with("updated_by", &by.to_string());
    }
    object = object
        .with("endpoint", &webhook.endpoint)
        .with("http_method", &webhook.http_method)
        .with("request_format", &webhook.request_format);
    if let Some(authentication) = &webhook.authentication {
        object = object.with("authentication", &public_part(authentication));
    }
    object.finish()
}

fn public_part(authentication: &Value) -> Value {
    let kind = authentication.get("type").cloned().unwrap_or_default();
    let mut shown = json!({"type": kind, "add_position": "header"});
    let name = authentication
        .get("data")
        .and_then(|data| data.get("username"));
    if let (Some(name), Some(shown)) = (name, shown.as_object_mut()) {
        shown.insert("data".to_owned(), json!({"username": name}));
    }
    shown
}

/// An invocation as the list of a webhook's invocations carries it (recorded).
pub(crate) fn invocation(invocation: &Invocation) -> Vec<u8> {
    let last = invocation.attempts.last();
    let status = match invocation.outcome {
        Delivery::Waiting => "pending",
        Delivery::Success => "success",
        Delivery::Failed | Delivery::Dropped => "failed",
        Delivery::Timeout => "timeout",
    };
    let mut object = Object::new().with("id", &invocation.id);
    if let Some(code) = last.and_then(|attempt| attempt.status) {
        object = object.with("status_code", &code);
    }
    object = object.with("status", status);
    if let Some(attempt) = last {
        object = object.with("latest_completed_at", &stamp(attempt.at));
    }
    object.finish()
}

/// The body of an event: pretty-printed, every id a string, what is missing `""` or `"0"` (recorded
/// for users). `None` for an unknown ticket or user.
pub(crate) fn payload(
    account: &Account,
    subject: Subject,
    actor: i64,
    happening: &Happening,
    seed: i64,
) -> Option<String> {
    let (detail, subject) = match subject {
        Subject::Ticket(id) => (
            detail(account, account.ticket(id)?, actor),
            format!("zen:ticket:{id}"),
        ),
        Subject::User(id) => (user_detail(account.user(id)?), format!("zen:user:{id}")),
    };
    let kind = happening.kind;
    let body = json!({
        "account_id": ACCOUNT_ID,
        "detail": detail,
        "event": happening.event,
        "id": uuid(seed),
        "subject": subject,
        "time": stamp(account.now()),
        "type": format!("{EVENT}{kind}"),
        "zendesk_event_version": "2022-11-06",
    });
    serde_json::to_string_pretty(&body).ok()
}

fn detail(account: &Account, ticket: &Ticket, actor: i64) -> Value {
    let id = |id: Option<i64>| id.unwrap_or(0).to_string();
    let text = |text: Option<String>| text.unwrap_or_default();
    let tags: Vec<&str> = ticket.tags.iter().map(AsRef::as_ref).collect();
    json!({
        "actor_id": actor.to_string(),
        "assignee_id": id(ticket.assignee_id),
        "brand_id": ticket.brand_id.to_string(),
        "created_at": stamp(ticket.created_at),
        "custom_status": id(ticket.custom_status_id),
        "description": text(
            account.description_of(ticket).map(|comment| comment.body.read().into_owned())
        ),
        "external_id": text(ticket.external_id.as_deref().map(str::to_owned)),
        "form_id": account.ticket_form_id.to_string(),
        "group_id": id(ticket.group_id),
        "id": ticket.id.to_string(),
        "is_public": ticket.is_public,
        "organization_id": id(ticket.organization_id),
        "priority": text(ticket.priority.map(|word| word.as_str().to_uppercase())),
        "requester_id": ticket.requester_id.to_string(),
        "status": ticket.status.as_str().to_uppercase(),
        "subject": text(ticket.subject.as_ref().map(|text| text.read().into_owned())),
        "submitter_id": ticket.submitter_id.to_string(),
        "tags": tags,
        "type": text(ticket.kind.map(|word| word.as_str().to_uppercase())),
        "updated_at": stamp(ticket.updated_at),
        "via": {"channel": ticket.channel.as_str()},
    })
}

/// A user as its events carry it: what the one recorded event has, and what all users have.
fn user_detail(user: &User) -> Value {
    let id = |id: Option<i64>| id.unwrap_or(0).to_string();
    let text = |text: &Option<Box<str>>| text.as_deref().unwrap_or_default().to_owned();
    json!({
        "created_at": stamp(user.created_at),
        "default_group_id": id(user.default_group_id),
        "email": text(&user.email),
        "external_id": text(&user.external_id),
        "id": user.id.to_string(),
        "organization_id": id(user.organization_id),
        "role": user.role.as_str(),
        "updated_at": stamp(user.updated_at),
    })
}

fn uuid(seed: i64) -> String {
    let mut dice = Dice::new(seed.cast_unsigned());
    let (high, low) = (dice.draw(), dice.draw());
    format!(
        "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xFFFF,
        high & 0xFFF,
        (low >> 48) & 0xFFF,
        low & 0xFFFF_FFFF_FFFF
    )
}
