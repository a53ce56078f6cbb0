//! Signing in: API token, OAuth bearer token, or nobody (zendesk-api.md 1).

use std::collections::HashMap;

use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::account::Account;
use crate::answer::Answer;
use crate::call::Caller;
use crate::config::{AnonymousMe, Config};
use crate::data::dice::Dice;
use crate::word::Role;

/// An access token, or a refresh token.
#[derive(Debug, Clone)]
pub(crate) struct Grant {
    pub(crate) user_id: i64,
    pub(crate) scopes: Vec<String>,
    pub(crate) expires_ms: i64,
    /// The other token that was given with it.
    pub(crate) partner: Option<String>,
}

/// A code that a consent has brought, until it is redeemed.
#[derive(Debug, Clone)]
pub(crate) struct Code {
    pub(crate) redirect: String,
    pub(crate) challenge: Option<String>,
    pub(crate) scopes: Vec<String>,
    pub(crate) expires_ms: i64,
}

/// The OAuth tokens in force.
#[derive(Debug)]
pub(crate) struct Tokens {
    pub(crate) access: HashMap<String, Grant>,
    pub(crate) refresh: HashMap<String, Grant>,
    pub(crate) codes: HashMap<String, Code>,
    dice: Dice,
}

impl Tokens {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            access: HashMap::new(),
            refresh: HashMap::new(),
            codes: HashMap::new(),
            dice: Dice::new(seed ^ 0x0A07),
        }
    }

    /// A token nobody has yet: 64 hex digits.
    pub(crate) fn mint(&mut self) -> String {
        (0..4)
            .map(|_| format!("{:016x}", self.dice.draw()))
            .collect()
    }
}

/// Why somebody is not signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stranger {
    /// No credentials, or a password.
    WithoutToken,
    /// A wrong API token, or one for nobody.
    WrongToken,
    /// A wrong bearer token.
    WrongBearer,
    /// A suspended or deleted agent.
    Suspended,
}

/// Who asks. `Ok(None)` is a stranger whom `users/me` answers.
///
/// # Errors
/// The refusal of a stranger.
pub(crate) fn sign_in(
    config: &Config,
    account: &Account,
    tokens: &Tokens,
    headers: &HeaderMap,
    now_ms: i64,
    at_me: bool,
) -> Result<Option<Caller>, Answer> {
    let stranger = match identify(config, account, tokens, headers, now_ms) {
        Ok(caller) => return Ok(Some(caller)),
        Err(stranger) => stranger,
    };
    let answered = match config.switches.anonymous_me {
        AnonymousMe::Nobody => false,
        AnonymousMe::WithoutToken => stranger == Stranger::WithoutToken,
        AnonymousMe::Everybody => true,
    };
    if at_me && answered {
        return Ok(None);
    }
    Err(match stranger {
        Stranger::WithoutToken | Stranger::WrongToken => Answer::unauthenticated(),
        Stranger::WrongBearer if config.switches.bad_bearer_is_plain => Answer::unauthenticated(),
        Stranger::WrongBearer => Answer::invalid_bearer(),
        Stranger::Suspended if config.switches.suspended_is_forbidden => Answer::forbidden(),
        Stranger::Suspended => Answer::unauthenticated(),
    })
}

fn identify(
    config: &Config,
    account: &Account,
    tokens: &Tokens,
    headers: &HeaderMap,
    now_ms: i64,
) -> Result<Caller, Stranger> {
    let given = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .ok_or(Stranger::WithoutToken)?;
    let (kind, secret) = given.split_once(' ').ok_or(Stranger::WithoutToken)?;
    if kind.eq_ignore_ascii_case("bearer") {
        let grant = tokens
            .access
            .get(secret.trim())
            .filter(|grant| grant.expires_ms > now_ms)
            .ok_or(Stranger::WrongBearer)?;
        return admit(account, grant.user_id, Some(grant.scopes.clone()));
    }
    if !kind.eq_ignore_ascii_case("basic") {
        return Err(Stranger::WithoutToken);
    }
    let pair = STANDARD
        .decode(secret.trim())
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or(Stranger::WithoutToken)?;
    let (name, token) = pair.split_once(':').ok_or(Stranger::WithoutToken)?;
    let email = name.strip_suffix("/token").ok_or(Stranger::WithoutToken)?;
    if token != config.api_token {
        return Err(Stranger::WrongToken);
    }
    match account.user_by_email(email) {
        Some(user) => admit(account, user.id, None),
        None => Err(Stranger::WrongToken),
    }
}

fn admit(account: &Account, user_id: i64, scopes: Option<Vec<String>>) -> Result<Caller, Stranger> {
    let user = account.user(user_id).ok_or(Stranger::WrongToken)?;
    if !user.role.is_staff() {
        return Err(Stranger::WrongToken);
    }
    if !user.may_sign_in() {
        return Err(Stranger::Suspended);
    }
    Ok(Caller {
        user_id,
        admin: user.role == Role::Admin,
        scopes,
    })
}

/// Whether a caller's OAuth scopes cover a request; the refusal names those missing
/// (zendesk-api.md 1).
///
/// # Errors
/// 403 with the missing scopes.
pub(crate) fn check_scopes(caller: &Caller, method: &str, route: &str) -> Result<(), Answer> {
    let Some(scopes) = &caller.scopes else {
        return Ok(());
    };
    let act = if method == "GET" { "read" } else { "write" };
    let mut segments = route.split('/');
    let resource = match segments.next().unwrap_or_default() {
        "incremental" => match segments.next().unwrap_or_default() {
            "ticket_events" => "tickets",
            other => other,
        },
        other => other,
    };
    let own = format!("{resource}:{act}");
    // Audits need the global scope.
    let global = route.ends_with("/audits");
    let covered = scopes
        .iter()
        .any(|scope| scope == act || (scope == &own && !global));
    if covered {
        return Ok(());
    }
    let missing = if global {
        act.to_owned()
    } else {
        format!("{own}, {act}")
    };
    Err(Answer::error(
        403,
        "Forbidden",
        &format!("You are missing the following required scopes: {missing}"),
    ))
}
