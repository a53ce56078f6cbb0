//! Delivery of webhooks: real requests to this machine, in the background, with the faults that are
//! asked for (zendesk-api.md 3.12).

mod line;
mod signature;

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinSet;

use crate::account::webhook::{Attempt, Delivery, Parcel};
use crate::answer::{Answer, Errand};
use crate::clock;
use crate::fault::Trouble;
use crate::server::Core;
use crate::wire::{Object, stamp};
use line::{Failure, Response};

/// How often a delivery that timed out is tried (general knowledge).
const TRIES_AFTER_TIMEOUT: usize = 5;

/// How often one that was answered 409 is tried again (secondary source).
const REPEATS_AFTER_CONFLICT: usize = 3;

/// The longest `Retry-After`, in seconds, that is waited for (secondary source).
const LONGEST_WAIT: i64 = 60;

/// How long a parcel that waits to be overtaken waits at most.
const OVERTAKEN_WITHIN: Duration = Duration::from_millis(500);

/// Takes parcels as they come and delivers them, each by itself: a slow endpoint holds up nothing.
pub(crate) async fn run(core: Arc<Core>, mut parcels: UnboundedReceiver<Parcel>) {
    let mut deliveries = JoinSet::new();
    while let Some(parcel) = parcels.recv().await {
        while deliveries.try_join_next().is_some() {}
        let now_ms = core.hands.now_ms();
        let armed = core.desk().faults.take_for_delivery(parcel.kind, now_ms);
        let held = core.desk().held.take();
        let is_overtaken = armed.contains(&Trouble::Reorder) && held.is_none();
        if is_overtaken {
            core.desk().held = Some(parcel.clone());
            core.open.remove();
            deliveries.spawn(let_go(core.clone(), parcel.id));
            continue;
        }
        if held.is_some() {
            core.open.add();
        }
        let core = core.clone();
        deliveries.spawn(async move {
            deliver_with(&core, parcel, &armed).await;
            core.open.remove();
            if let Some(held) = held {
                deliver(&core, &held).await;
                core.open.remove();
            }
        });
    }
}

/// Delivers a parcel that waits to be overtaken, when nothing came to overtake it.
async fn let_go(core: Arc<Core>, id: String) {
    clock::wait(OVERTAKEN_WITHIN).await;
    let held = {
        let mut desk = core.desk();
        let same = desk.held.as_ref().is_some_and(|held| held.id == id);
        if same { desk.held.take() } else { None }
    };
    if let Some(held) = held {
        core.open.add();
        deliver(&core, &held).await;
        core.open.remove();
    }
}

/// Delivers a parcel as its faults want it.
async fn deliver_with(core: &Core, parcel: Parcel, armed: &[Trouble]) {
    let mut late = None;
    let mut times = 1;
    for kind in armed {
        match kind {
            Trouble::Drop => {
                note(core, &parcel, None, Delivery::Dropped);
                return;
            }
            Trouble::Duplicate => times = 2,
            Trouble::Delay { by } => clock::wait(*by).await,
            Trouble::Late { by } => late = Some(*by),
            Trouble::Reorder => {}
        }
    }
    if let Some(by) = late {
        put_off(core, i64::try_from(by.as_millis()).unwrap_or(i64::MAX / 4)).await;
    }
    for _ in 0..times {
        deliver(core, &parcel).await;
    }
}

/// Waits on the simulator's clock. The parcel does not count as open meanwhile: a test that waits for
/// open ones could wait for ever for a clock that only it can move.
async fn put_off(core: &Core, by_ms: i64) {
    let until = core.hands.now_ms().saturating_add(by_ms);
    core.open.remove();
    core.hands.reach(until).await;
    core.open.add();
}

/// Attempts to deliver until it is done or given up.
async fn deliver(core: &Core, parcel: &Parcel) {
    let mut tries = 0;
    loop {
        tries += 1;
        let Some(errand) = errand(core, parcel) else {
            note(core, parcel, None, Delivery::Failed);
            return;
        };
        let headers = match &parcel.replayed {
            Some(headers) => headers.clone(),
            None => headers(&errand, core.hands.now_ms()),
        };
        let sent = line::send(&errand, &headers, core.config.webhook_timeout).await;
        let attempt = Attempt {
            at: core.hands.now_ms().div_euclid(1000),
            headers,
            status: sent.as_ref().ok().map(|response| response.status),
            problem: sent.as_ref().err().map(ToString::to_string),
        };
        let (outcome, wait) = judge(&sent, tries);
        let again = wait.is_some();
        let outcome = if again { Delivery::Waiting } else { outcome };
        note(core, parcel, Some(attempt), outcome);
        let Some(seconds) = wait else { return };
        if seconds > 0 {
            put_off(core, seconds * 1000).await;
        }
    }
}

/// How a delivery ended, or after how many seconds it is tried again.
fn judge(sent: &Result<Response, Failure>, tries: usize) -> (Delivery, Option<i64>) {
    match sent {
        Ok(response) if (200..300).contains(&response.status) => (Delivery::Success, None),
        Ok(response) => {
            let wait = match response.status {
                409 => (tries <= REPEATS_AFTER_CONFLICT).then_some(0),
                429 | 503 => response.retry_after.filter(|wait| *wait < LONGEST_WAIT),
                _ => None,
            };
            (Delivery::Failed, wait)
        }
        Err(Failure::Timeout) => (
            Delivery::Timeout,
            (tries < TRIES_AFTER_TIMEOUT).then_some(0),
        ),
        Err(Failure::Unreachable(_) | Failure::Elsewhere(_)) => (Delivery::Failed, None),
    }
}

fn note(core: &Core, parcel: &Parcel, attempt: Option<Attempt>, outcome: Delivery) {
    let mut account = core.account_mut();
    if let Some(invocation) = account.invocation_mut(&parcel.id) {
        invocation.attempts.extend(attempt);
        invocation.outcome = outcome;
    }
}

/// What to send for a parcel now; `None` when its webhook is gone.
fn errand(core: &Core, parcel: &Parcel) -> Option<Errand> {
    let account = core.account();
    let webhook = account.webhooks.get(&parcel.webhook_id)?;
    let invocation = account
        .webhook_invocations()
        .iter()
        .rev()
        .find(|one| one.id == parcel.id)?;
    Some(Errand {
        endpoint: webhook.endpoint.clone(),
        method: webhook.http_method.clone(),
        webhook_id: webhook.id.clone(),
        invocation_id: parcel.id.clone(),
        secret: webhook.secret.clone(),
        authentication: webhook.authentication.clone(),
        body: invocation.payload.clone(),
    })
}

/// The headers of a delivery (recorded names), signed for this moment.
fn headers(errand: &Errand, now_ms: i64) -> Vec<(String, String)> {
    let timestamp = stamp(now_ms.div_euclid(1000));
    let signature = signature::sign(&errand.secret, &timestamp, errand.body.as_bytes());
    let headers = [
        ("User-Agent", "Zendesk Webhook".to_owned()),
        ("Content-Type", "application/json; charset=utf-8".to_owned()),
        (
            "X-Zendesk-Account-Id",
            crate::wire::webhook::ACCOUNT_ID.to_string(),
        ),
        ("X-Zendesk-Webhook-Id", errand.webhook_id.clone()),
        (
            "X-Zendesk-Webhook-Invocation-Id",
            errand.invocation_id.clone(),
        ),
        ("X-Zendesk-Webhook-Signature", signature),
        ("X-Zendesk-Webhook-Signature-Timestamp", timestamp),
    ];
    headers
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .chain(errand.credentials())
        .collect()
}

/// Runs the errand of `POST webhooks/test` and makes its answer (recorded form).
pub(crate) async fn test(core: &Core, errand: &Errand) -> Answer {
    let headers = headers(errand, core.hands.now_ms());
    match line::send(errand, &headers, core.config.webhook_timeout).await {
        Ok(response) => {
            let headers: Vec<_> = response
                .headers
                .iter()
                .map(|(key, value)| json!({"key": key, "value": value}))
                .collect();
            let body = json!({
                "headers": headers,
                "status_code": response.status,
                "payload": response.body,
            });
            Answer::ok(Object::new().with("response", &body))
        }
        Err(failure) => Answer::listed(400, "WebhookTestFailed", &failure.to_string()),
    }
}
