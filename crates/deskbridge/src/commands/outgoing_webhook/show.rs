//! What outgoing webhooks there are, and what they were told.

use engine::Engine;
use engine::outgoing_webhooks::{self, Overview};
use serde_json::{Value, json};
use store::outgoing_events::OutgoingEvent;
use store::outgoing_webhooks::OutgoingWebhook;

use crate::output;

pub(super) async fn list(engine: &Engine, as_json: bool) -> anyhow::Result<()> {
    let all = outgoing_webhooks::list(engine).await?;
    if as_json {
        let lines: Vec<Value> = all.iter().map(described).collect();
        return output::json(&json!({ "outgoing_webhooks": lines }));
    }
    if all.is_empty() {
        output::note("There are no outgoing webhooks.");
        return Ok(());
    }
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|one| {
            let draft = &one.webhook.draft;
            let problem = one.webhook.problem.as_deref().unwrap_or_default();
            vec![
                output::shown(&draft.name, 60),
                if draft.active { "on" } else { "off" }.to_owned(),
                one.waiting.to_string(),
                draft.kinds.join(" "),
                output::shown(problem, 200),
            ]
        })
        .collect();
    output::table(&["NAME", "STATE", "WAITING", "EVENTS", "PROBLEM"], &rows);
    Ok(())
}

fn described(one: &Overview) -> Value {
    let webhook = &one.webhook;
    json!({
        "id": webhook.id,
        "name": webhook.draft.name,
        "url": webhook.draft.url,
        "events": webhook.draft.kinds,
        "active": webhook.draft.active,
        "owner_id": webhook.draft.owner_id,
        "waiting": one.waiting,
        "off_reason": webhook.off_reason,
        "problem": webhook.problem,
        "paused_until": webhook.paused_until.map(|at| at.to_string()),
        "delivered_at": webhook.delivered_at.map(|at| at.to_string()),
        "previous_until": webhook.previous_until.map(|at| at.to_string()),
    })
}

pub(super) async fn events(
    engine: &Engine,
    found: &OutgoingWebhook,
    limit: usize,
    after: Option<&str>,
    as_json: bool,
) -> anyhow::Result<()> {
    let page = outgoing_webhooks::events(engine, found, None, after, limit).await?;
    if as_json {
        let lines: Vec<Value> = page.events.iter().map(told).collect();
        return output::json(&json!({ "events": lines, "next": page.next }));
    }
    if page.events.is_empty() {
        output::note("It was told nothing that is still kept.");
        return Ok(());
    }
    let rows: Vec<Vec<String>> = page
        .events
        .iter()
        .map(|event| {
            vec![
                event.id.clone(),
                event.at.strftime("%F %TZ").to_string(),
                event.kind.clone(),
                event.state.as_str().to_owned(),
                event.attempts.to_string(),
                output::shown(event.problem.as_deref().unwrap_or_default(), 200),
            ]
        })
        .collect();
    output::table(&["ID", "AT", "EVENT", "STATE", "TRIES", "PROBLEM"], &rows);
    if let Some(next) = page.next {
        output::note(&format!(
            "There are more: deskbridge outgoing-webhook events {} --after {next}",
            output::shown(&found.draft.name, 60)
        ));
    }
    Ok(())
}

fn told(event: &OutgoingEvent) -> Value {
    json!({
        "id": event.id,
        "event": event.kind,
        "at": event.at.to_string(),
        "state": event.state.as_str(),
        "attempts": event.attempts,
        "next_at": event.next_at.to_string(),
        "status": event.status,
        "problem": event.problem,
        "ended_at": event.ended_at.map(|at| at.to_string()),
    })
}
