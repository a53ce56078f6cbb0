//! Webhooks that are to be made (zendesk-api.md 3.12).

use serde::Serialize;

use super::to_json;

/// The body that makes a webhook. Subscriptions to events need POST and JSON.
pub(crate) fn webhook_body(name: &str, endpoint: &str, subscriptions: &[&str]) -> String {
    #[derive(Serialize)]
    struct Body<'a> {
        webhook: NewWebhook<'a>,
    }
    #[derive(Serialize)]
    struct NewWebhook<'a> {
        name: &'a str,
        endpoint: &'a str,
        http_method: &'a str,
        request_format: &'a str,
        status: &'a str,
        subscriptions: &'a [&'a str],
    }
    to_json(&Body {
        webhook: NewWebhook {
            name,
            endpoint,
            http_method: "POST",
            request_format: "json",
            status: "active",
            subscriptions,
        },
    })
}
