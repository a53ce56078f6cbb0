//! Answers, and Zendesk's forms of refusal (zendesk-api.md 3.2).

use std::borrow::Cow;

use axum::http::header::{self, HeaderName, HeaderValue};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::{Value, json};

use crate::wire::{Object, write_json};

/// What a route answers.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: Cow<'static, str>,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: Vec<u8>,
    /// What has to be done before it can be given.
    pub(crate) errand: Option<Box<Errand>>,
}

/// A request to an endpoint of a webhook.
#[derive(Debug, Clone)]
pub(crate) struct Errand {
    pub(crate) endpoint: String,
    pub(crate) method: String,
    pub(crate) webhook_id: String,
    pub(crate) invocation_id: String,
    pub(crate) secret: String,
    /// As the webhook was given it.
    pub(crate) authentication: Option<Value>,
    pub(crate) body: String,
}

impl Errand {
    /// The header that signs the webhook in at its endpoint.
    pub(crate) fn credentials(&self) -> Option<(String, String)> {
        let given = self.authentication.as_ref()?;
        let data = |key: &str| given.get("data")?.get(key)?.as_str();
        match given.get("type")?.as_str()? {
            "basic_auth" => {
                let pair = format!("{}:{}", data("username")?, data("password")?);
                let value = format!("Basic {}", STANDARD.encode(pair));
                Some(("Authorization".to_owned(), value))
            }
            "bearer_token" => {
                let value = format!("Bearer {}", data("token")?);
                Some(("Authorization".to_owned(), value))
            }
            "api_key" => Some((data("name")?.to_owned(), data("value")?.to_owned())),
            _ => None,
        }
    }
}

pub(crate) const JSON: &str = "application/json; charset=utf-8";
/// What the routes of webhooks answer, also without a body (recorded).
pub(crate) const WEBHOOK_JSON: &str = "application/json";
pub(crate) const TEXT: &str = "text/plain; charset=UTF-8";
pub(crate) const HTML: &str = "text/html; charset=utf-8";

/// The result of a route: refusals travel as errors.
pub(crate) type Outcome = Result<Answer, Answer>;

impl Answer {
    /// JSON that is written already.
    pub(crate) fn raw(status: u16, body: Vec<u8>) -> Self {
        Self {
            status,
            content_type: JSON.into(),
            headers: Vec::new(),
            body,
            errand: None,
        }
    }

    /// 200 with an object.
    pub(crate) fn ok(object: Object) -> Self {
        Self::raw(200, object.finish())
    }

    /// Any value as JSON.
    pub(crate) fn json(status: u16, value: &impl Serialize) -> Self {
        let mut body = Vec::new();
        write_json(&mut body, value);
        Self::raw(status, body)
    }

    /// Plain text, as some of Zendesk's refusals are.
    pub(crate) fn text(status: u16, text: &str) -> Self {
        Self {
            status,
            content_type: TEXT.into(),
            headers: Vec::new(),
            body: text.as_bytes().to_vec(),
            errand: None,
        }
    }

    /// A page of HTML.
    pub(crate) fn html(status: u16, page: &str) -> Self {
        Self {
            content_type: HTML.into(),
            ..Self::text(status, page)
        }
    }

    /// No body.
    pub(crate) fn empty(status: u16) -> Self {
        Self::raw(status, Vec::new())
    }

    /// Envelope 1: `error` and `description`.
    pub(crate) fn error(status: u16, error: &str, description: &str) -> Self {
        let body = Object::new()
            .with("error", error)
            .with("description", description);
        Self::raw(status, body.finish())
    }

    /// Envelope 3: `error` with `title` and `message`.
    pub(crate) fn titled(status: u16, title: &str, message: &str) -> Self {
        Self::json(
            status,
            &json!({"error": {"title": title, "message": message}}),
        )
    }

    /// Envelope 4: a list of errors.
    pub(crate) fn listed(status: u16, code: &str, title: &str) -> Self {
        Self::json(status, &json!({"errors": [{"code": code, "title": title}]}))
    }

    /// Envelope 2: a record that was refused, with the details by field.
    pub(crate) fn invalid(details: &Value) -> Self {
        let body = Object::new()
            .with("error", "RecordInvalid")
            .with("description", "Record validation errors")
            .with("details", details);
        Self::raw(422, body.finish())
    }

    /// Envelope 2 with one detail.
    pub(crate) fn invalid_field(field: &str, description: &str, error: Option<&str>) -> Self {
        let detail = match error {
            Some(error) => json!({"description": description, "error": error}),
            None => json!({"description": description}),
        };
        Self::invalid(&json!({field: [detail]}))
    }

    /// 404 for an unknown record.
    pub(crate) fn record_not_found() -> Self {
        Self::error(404, "RecordNotFound", "Not found")
    }

    /// 404 for an unknown path.
    pub(crate) fn invalid_endpoint() -> Self {
        Self::error(404, "InvalidEndpoint", "Not found")
    }

    /// 401 for bad credentials or none (probe of 2026).
    pub(crate) fn unauthenticated() -> Self {
        Self::json(401, &json!({"error": "Couldn't authenticate you"}))
    }

    /// 401 for a bad bearer token.
    pub(crate) fn invalid_bearer() -> Self {
        Object::new()
            .with("error", "invalid_token")
            .with(
                "error_description",
                "The access token provided is expired, revoked, malformed or invalid for other reasons.",
            )
            .into_answer(401)
    }

    /// 403 for a role that may not.
    pub(crate) fn forbidden() -> Self {
        Self::titled(
            403,
            "Forbidden",
            "You do not have access to this page. Please contact the account owner of this help desk for further help.",
        )
    }

    /// The same answer with one more header; left out when the value is no header value.
    #[must_use]
    pub(crate) fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((name, value));
        }
        self
    }

    /// The same answer with another media type.
    #[must_use]
    pub(crate) fn of_type(mut self, content_type: &str) -> Self {
        self.content_type = content_type.to_owned().into();
        self
    }

    /// The same answer once an errand is done, whose own answer takes its place.
    #[must_use]
    pub(crate) fn after(mut self, errand: Errand) -> Self {
        self.errand = Some(Box::new(errand));
        self
    }

    /// The same answer with `Location`.
    #[must_use]
    pub(crate) fn at(self, location: &str) -> Self {
        self.with_header(header::LOCATION, location)
    }
}

impl Object {
    /// The object as an answer.
    pub(crate) fn into_answer(self, status: u16) -> Answer {
        Answer::raw(status, self.finish())
    }
}
