//! The body that an endpoint gets: `id`, `type`, `timestamp` and `data`, as *Standard Webhooks* recommends.

use jiff::Timestamp;
use serde_json::{Value, json};
use store::outgoing_events::OutgoingEvent;

/// The kind of a test event.
pub(super) const TEST: &str = "test";

/// The body of an event. `pages` is the address of our own pages, for the link.
pub(super) fn of_event(event: &OutgoingEvent, pages: Option<&str>) -> String {
    // We wrote it as JSON; one that is damaged is told as nothing rather than never.
    let mut data: Value = serde_json::from_str(&event.body).unwrap_or_default();
    let link = match (pages, data["page"].as_str()) {
        (Some(pages), Some(page)) => Some(format!("{pages}{page}")),
        (_, _) => None,
    };
    if let Value::Object(fields) = &mut data {
        fields.insert("link".to_owned(), link.into());
    }
    body(&event.id, &event.kind, event.at, &data)
}

/// The body of a test event.
pub(super) fn of_test(id: &str, at: Timestamp) -> String {
    body(id, TEST, at, &json!({}))
}

fn body(id: &str, kind: &str, at: Timestamp, data: &Value) -> String {
    json!({ "id": id, "type": kind, "timestamp": at, "data": data }).to_string()
}
