//! `POST /oauth/tokens`: client credentials, codes of a consent, and refresh tokens that rotate
//! (zendesk-api.md 1).

mod consent;

pub(crate) use consent::authorise;

use serde_json::{Value, json};

use crate::account::Account;
use crate::answer::{Answer, Outcome};
use crate::auth::{Grant, Tokens};
use crate::call::Call;
use crate::config::OAuthClient;
use crate::wire::Object;

/// Answers a request for tokens.
pub(crate) fn grant(
    client: &OAuthClient,
    account: &Account,
    tokens: &mut Tokens,
    call: &Call,
) -> Outcome {
    let form = read_form(call)?;
    let field = |name: &str| form.get(name).and_then(Value::as_str);
    let known = field("client_id") == Some(&client.id);
    let secret = field("client_secret");
    // A public client refreshes without its secret (zendesk-api.md 1), and proves with PKCE that a code
    // is its own.
    let is_public =
        field("grant_type") == Some("refresh_token") || field("code_verifier").is_some();
    let proven = secret == Some(&client.secret) || (is_public && secret.is_none());
    if !known || !proven {
        return Err(refuse(
            401,
            "invalid_client",
            "Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method.",
        ));
    }
    match field("grant_type") {
        Some("client_credentials") => {
            let scopes = read_scopes(field("scope").unwrap_or("read write"))?;
            let lives = Lives::read(client, &form);
            Ok(issue(
                tokens,
                account.administrator(),
                &scopes,
                lives,
                call.now_ms,
            ))
        }
        Some("refresh_token") => {
            let given = field("refresh_token").unwrap_or_default();
            let old = tokens
                .refresh
                .remove(given)
                .filter(|grant| grant.expires_ms > call.now_ms)
                .ok_or_else(invalid_grant)?;
            if let Some(access) = &old.partner {
                tokens.access.remove(access);
            }
            let lives = Lives::read(client, &form);
            Ok(issue(tokens, old.user_id, &old.scopes, lives, call.now_ms))
        }
        Some("authorization_code") => {
            let scopes = consent::redeem(tokens, call.now_ms, field)?;
            let lives = Lives::read(client, &form);
            Ok(issue(
                tokens,
                account.administrator(),
                &scopes,
                lives,
                call.now_ms,
            ))
        }
        _ => Err(refuse(
            400,
            "unsupported_grant_type",
            "The authorization grant type is not supported by the authorization server.",
        )),
    }
}

/// How long new tokens live, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lives {
    access_ms: i64,
    refresh_ms: i64,
}

impl Lives {
    /// The client's own.
    pub(crate) fn of(client: &OAuthClient) -> Self {
        let milliseconds =
            |life: std::time::Duration| i64::try_from(life.as_millis()).unwrap_or(i64::MAX / 4);
        Self {
            access_ms: milliseconds(client.access_life),
            refresh_ms: milliseconds(client.refresh_life),
        }
    }

    /// As the request asks, in seconds.
    fn read(client: &OAuthClient, form: &Value) -> Self {
        let own = Self::of(client);
        let asked = |name: &str| {
            let value = form.get(name)?;
            let seconds = value.as_i64().or_else(|| value.as_str()?.parse().ok())?;
            Some(seconds.clamp(1, 10_000_000).saturating_mul(1000))
        };
        Self {
            access_ms: asked("expires_in").unwrap_or(own.access_ms),
            refresh_ms: asked("refresh_token_expires_in").unwrap_or(own.refresh_ms),
        }
    }
}

/// Gives out an access token and a refresh token as an answer.
fn issue(
    tokens: &mut Tokens,
    user_id: i64,
    scopes: &[String],
    lives: Lives,
    now_ms: i64,
) -> Answer {
    let scope = scopes.join(" ");
    let (access, refresh) = issue_pair(tokens, user_id, scopes, lives, now_ms);
    Answer::ok(
        Object::new()
            .with("access_token", &access)
            .with("refresh_token", &refresh)
            .with("token_type", "bearer")
            .with("scope", &scope)
            .with("expires_in", &(lives.access_ms / 1000))
            .with("refresh_token_expires_in", &(lives.refresh_ms / 1000)),
    )
}

/// Gives out an access token and a refresh token: `(access, refresh)`.
pub(crate) fn issue_pair(
    tokens: &mut Tokens,
    user_id: i64,
    scopes: &[String],
    lives: Lives,
    now_ms: i64,
) -> (String, String) {
    let (access, refresh) = (tokens.mint(), tokens.mint());
    let grant = |life: i64, partner: &str| Grant {
        user_id,
        scopes: scopes.to_vec(),
        expires_ms: now_ms.saturating_add(life),
        partner: Some(partner.to_owned()),
    };
    tokens
        .access
        .insert(access.clone(), grant(lives.access_ms, &refresh));
    tokens
        .refresh
        .insert(refresh.clone(), grant(lives.refresh_ms, &access));
    (access, refresh)
}

/// The parameters, from JSON or a form.
fn read_form(call: &Call) -> Result<Value, Answer> {
    let json_body = call
        .headers
        .get(axum::http::header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.starts_with("application/json"));
    if json_body {
        return call.json();
    }
    let pairs = url::form_urlencoded::parse(&call.body);
    Ok(Value::Object(
        pairs
            .map(|(key, value)| (key.into_owned(), json!(value)))
            .collect(),
    ))
}

/// Unknown scope names are issued and then refused everywhere; a client's ceiling is not simulated.
fn read_scopes(text: &str) -> Result<Vec<String>, Answer> {
    let scopes: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    if scopes.is_empty() {
        return Err(refuse(
            400,
            "invalid_scope",
            "The requested scope is invalid, unknown, or malformed.",
        ));
    }
    Ok(scopes)
}

fn invalid_grant() -> Answer {
    refuse(
        400,
        "invalid_grant",
        "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was issued to another client.",
    )
}

fn refuse(status: u16, error: &str, description: &str) -> Answer {
    Object::new()
        .with("error", error)
        .with("error_description", description)
        .into_answer(status)
}
