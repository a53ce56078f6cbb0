//! Webhooks: made, changed, signed, tested (zendesk-api.md 3.12). Their refusals are not confirmed
//! by any recording.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::listing::invalid_parameter;
use crate::account::Account;
use crate::account::webhook::{CONDITIONAL, EVENT, Invocation, Webhook};
use crate::answer::{Answer, Errand, Outcome};
use crate::call::Call;
use crate::wire::{Object, webhook};

/// What signs a test: public, so that nobody may trust it (zendesk-api.md 3.12).
const TEST_SECRET: &str = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==";

fn refuse(title: &str) -> Answer {
    Answer::listed(400, "InvalidWebhook", title)
}

fn find<'a>(account: &'a Account, call: &Call) -> Result<&'a Webhook, Answer> {
    call.places
        .first()
        .and_then(|id| account.webhooks.get(id))
        .ok_or_else(Answer::record_not_found)
}

fn text(fields: &Map<String, Value>, key: &str) -> Option<String> {
    fields.get(key).and_then(Value::as_str).map(str::to_owned)
}

/// Puts what a request says into a webhook.
///
/// # Errors
/// 400 for what Zendesk does not take.
fn fill(hook: &mut Webhook, fields: &Map<String, Value>) -> Result<(), Answer> {
    for (key, place) in [
        ("name", &mut hook.name),
        ("endpoint", &mut hook.endpoint),
        ("http_method", &mut hook.http_method),
        ("request_format", &mut hook.request_format),
    ] {
        if let Some(given) = text(fields, key) {
            *place = given;
        }
    }
    if let Some(description) = fields.get("description") {
        hook.description = description.as_str().map(str::to_owned);
    }
    match text(fields, "status").as_deref() {
        None => {}
        Some("active") => hook.active = true,
        Some("inactive") => hook.active = false,
        Some(_) => return Err(refuse("status must be active or inactive")),
    }
    if let Some(given) = fields.get("subscriptions").and_then(Value::as_array) {
        hook.subscriptions = given
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect();
    }
    if let Some(authentication) = fields.get("authentication") {
        hook.authentication = Some(authentication.clone()).filter(Value::is_object);
    }
    check(hook)
}

fn check(hook: &Webhook) -> Result<(), Answer> {
    if hook.name.trim().is_empty() {
        return Err(refuse("name cannot be blank"));
    }
    if !url::Url::parse(&hook.endpoint).is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
        return Err(refuse("endpoint must be a valid URL"));
    }
    if !["GET", "POST", "PUT", "PATCH", "DELETE"].contains(&hook.http_method.as_str()) {
        return Err(refuse("http_method is not recognized"));
    }
    if !["json", "xml", "form_encoded"].contains(&hook.request_format.as_str()) {
        return Err(refuse("request_format is not recognized"));
    }
    let by_rule = hook.subscriptions.iter().any(|kind| kind == CONDITIONAL);
    let events = hook
        .subscriptions
        .iter()
        .filter(|kind| *kind != CONDITIONAL)
        .collect::<Vec<_>>();
    if hook.subscriptions.is_empty() || events.iter().any(|kind| !kind.starts_with(EVENT)) {
        return Err(refuse("subscriptions are not recognized"));
    }
    if by_rule && !events.is_empty() {
        return Err(refuse(
            "a webhook is for triggers and automations or for events, not for both",
        ));
    }
    if !by_rule && (hook.http_method != "POST" || hook.request_format != "json") {
        return Err(refuse("a webhook for events needs POST and json"));
    }
    Ok(())
}

/// `POST webhooks`; with `clone_webhook_id` a copy of another.
pub(super) fn create(account: &mut Account, call: &Call) -> Outcome {
    let source = match call.query("clone_webhook_id") {
        Some(id) => Some(
            account
                .webhooks
                .get(id)
                .cloned()
                .ok_or_else(Answer::record_not_found)?,
        ),
        None => None,
    };
    let fields = match &source {
        Some(_) => call.object("webhook").unwrap_or_default(),
        None => call.object("webhook")?,
    };
    let mut hook = source.unwrap_or_else(|| Webhook {
        id: String::new(),
        name: String::new(),
        description: None,
        endpoint: String::new(),
        http_method: String::new(),
        request_format: String::new(),
        active: true,
        subscriptions: Vec::new(),
        authentication: None,
        created_ms: 0,
        created_by: 0,
        updated: None,
        secret: String::new(),
    });
    fill(&mut hook, &fields)?;
    hook.id = account.make_ulid(call.now_ms);
    hook.secret = account.make_secret();
    hook.created_ms = call.now_ms;
    hook.created_by = call.caller_id();
    hook.updated = None;
    let answer = Object::new().with_raw("webhook", &webhook::webhook(&hook, true));
    account.webhooks.insert(hook.id.clone(), hook);
    Ok(answer.into_answer(201))
}

/// `PUT webhooks/{id}` and `PATCH webhooks/{id}`: 204. What is left out stays.
pub(super) fn update(account: &mut Account, call: &Call) -> Outcome {
    let fields = call.object("webhook")?;
    let mut hook = find(account, call)?.clone();
    let method = hook.http_method.clone();
    fill(&mut hook, &fields)?;
    let for_events = hook.subscriptions.iter().any(|kind| kind != CONDITIONAL);
    if for_events && method != hook.http_method {
        return Err(refuse("http_method cannot change"));
    }
    hook.updated = Some((call.now(), call.caller_id()));
    account.webhooks.insert(hook.id.clone(), hook);
    Ok(Answer::empty(204))
}

/// `DELETE webhooks/{id}`: 204.
pub(super) fn delete(account: &mut Account, call: &Call) -> Outcome {
    let id = find(account, call)?.id.clone();
    account.webhooks.remove(&id);
    Ok(Answer::empty(204))
}

/// `GET webhooks/{id}`
pub(super) fn show(account: &Account, call: &Call) -> Outcome {
    let hook = find(account, call)?;
    Ok(Answer::ok(
        Object::new().with_raw("webhook", &webhook::webhook(hook, false)),
    ))
}

/// `GET webhooks`: newest first, all of them; `meta` says that there are no more (recorded).
pub(super) fn list(account: &Account, _call: &Call) -> Outcome {
    let hooks = account.webhooks.values().rev();
    Ok(Answer::ok(
        Object::new()
            .with("meta", &json!({"has_more": false}))
            .with_rows("webhooks", hooks, |hook, out| {
                out.extend_from_slice(&webhook::webhook(hook, false));
            }),
    ))
}

/// Rows of a page of invocations (recorded).
const PAGE: usize = 100;

/// `GET webhooks/{id}/invocations`: newest first, by cursor. The first page has no way back and the
/// last none on, and brackets stay as they are in links (recorded).
pub(super) fn invocations(account: &Account, call: &Call) -> Outcome {
    let id = &find(account, call)?.id;
    let all: Vec<&Invocation> = account
        .webhook_invocations()
        .iter()
        .rev()
        .filter(|one| one.webhook_id == *id)
        .collect();
    let size = match call.query("page[size]") {
        None => PAGE,
        Some(text) => text
            .parse::<usize>()
            .map_err(|_| invalid_parameter("page[size] is not valid"))?
            .clamp(1, PAGE),
    };
    let place = |cursor: &str| {
        let named = decode(cursor).ok_or_else(|| invalid_parameter("cursor is not valid"))?;
        let place = all.iter().position(|one| one.id == named);
        place.ok_or_else(|| invalid_parameter("cursor is not valid"))
    };
    let from = match (call.query("page[after]"), call.query("page[before]")) {
        (Some(cursor), _) => place(cursor)? + 1,
        (None, Some(cursor)) => place(cursor)?.saturating_sub(size),
        (None, None) => 0,
    };
    let rows = all
        .get(from..all.len().min(from + size))
        .unwrap_or_default();
    let has_more = from + rows.len() < all.len();
    let mut meta = Object::new().with("has_more", &has_more);
    let mut links = Object::new();
    let link = |way: &str, cursor: &str| {
        let (base, path) = (&call.base, &call.path);
        format!("{base}/api/v2/{path}?page[{way}]={cursor}")
    };
    if let Some(first) = rows.first().filter(|_| from > 0) {
        let cursor = encode(&first.id);
        meta = meta.with("before_cursor", &cursor);
        links = links.with("prev", &link("before", &cursor));
    }
    if let Some(last) = rows.last().filter(|_| has_more) {
        let cursor = encode(&last.id);
        meta = meta.with("after_cursor", &cursor);
        links = links.with("next", &link("after", &cursor));
    }
    Ok(Answer::ok(
        Object::new()
            .with_raw("meta", &meta.finish())
            .with_raw("links", &links.finish())
            .with_rows("invocations", rows, |one, out| {
                out.extend_from_slice(&webhook::invocation(one));
            }),
    ))
}

/// A cursor of invocations: base64 of the id and the order (recorded).
fn encode(id: &str) -> String {
    STANDARD.encode(format!("{id},desc"))
}

fn decode(cursor: &str) -> Option<String> {
    let text = String::from_utf8(STANDARD.decode(cursor).ok()?).ok()?;
    text.strip_suffix(",desc").map(str::to_owned)
}

/// `GET webhooks/{id}/signing_secret`
pub(super) fn signing_secret(account: &Account, call: &Call) -> Outcome {
    Ok(secret(&find(account, call)?.secret, 200))
}

/// `POST webhooks/{id}/signing_secret`: a new one, 201; the old one dies at once.
pub(super) fn reset_secret(account: &mut Account, call: &Call) -> Outcome {
    let id = find(account, call)?.id.clone();
    let fresh = account.make_secret();
    if let Some(hook) = account.webhooks.get_mut(&id) {
        hook.secret.clone_from(&fresh);
    }
    Ok(secret(&fresh, 201))
}

fn secret(secret: &str, status: u16) -> Answer {
    Object::new()
        .with(
            "signing_secret",
            &json!({"algorithm": "SHA256", "secret": secret}),
        )
        .into_answer(status)
}

/// `POST webhooks/test`: sends a request at once, signed with the secret for tests, and answers what
/// came back. `webhook_id` takes over what the webhook says.
pub(super) fn test(account: &mut Account, call: &Call) -> Outcome {
    let request = call.object("request")?;
    let known = call
        .query("webhook_id")
        .map(|id| {
            account
                .webhooks
                .get(id)
                .ok_or_else(Answer::record_not_found)
        })
        .transpose()?;
    let endpoint = text(&request, "endpoint")
        .or(known.map(|hook| hook.endpoint.clone()))
        .ok_or_else(|| refuse("endpoint must be a valid URL"))?;
    let method = text(&request, "http_method")
        .or(known.map(|hook| hook.http_method.clone()))
        .unwrap_or_else(|| "POST".to_owned());
    let webhook_id = known.map(|hook| hook.id.clone());
    let errand = Errand {
        endpoint,
        method,
        webhook_id: webhook_id.unwrap_or_else(|| account.make_ulid(call.now_ms)),
        invocation_id: account.make_ulid(call.now_ms),
        secret: TEST_SECRET.to_owned(),
        authentication: request.get("authentication").cloned(),
        body: text(&request, "payload").unwrap_or_default(),
    };
    Ok(Answer::ok(Object::new()).after(errand))
}
