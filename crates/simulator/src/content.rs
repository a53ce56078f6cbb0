//! The host that keeps the contents of files, as `*.zdusercontent.com` does: a second listener on
//! this machine (zendesk-api.md 3.8, recorded redirects). A signed token opens a file for an hour;
//! credentials are refused, so that a test notices a client that carries them to another host.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::answer::Answer;
use crate::fault::FaultKind;
use crate::server::{Core, finish};

/// The name of this host's only route in counters and faults.
pub(crate) const ROUTE: &str = "content";

/// How long a token opens its file, in seconds.
const LIFE: i64 = 3_600;

const SECRET: &[u8] = b"the simulator's own";

/// A token that opens the content with this key for an hour.
pub(crate) fn sign(key: &str, now: i64) -> String {
    let until = now + LIFE;
    format!("{until}.{}", signature(key, until))
}

fn signature(key: &str, until: i64) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(SECRET) else {
        return String::new();
    };
    mac.update(format!("{key} {until}").as_bytes());
    URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
}

fn opens(token: &str, key: &str, now: i64) -> bool {
    token.split_once('.').is_some_and(|(until, signed)| {
        until
            .parse()
            .is_ok_and(|until: i64| until >= now && signature(key, until) == signed)
    })
}

/// Answers one request for a content.
pub(crate) async fn handle(State(core): State<Arc<Core>>, request: Request) -> Response {
    let armed = core.note(request.method(), ROUTE);
    for one in &armed {
        if let FaultKind::Slow { by } = one.fault.kind {
            crate::clock::wait(by).await;
        }
    }
    let answer = content(&core, &request);
    finish(&core, answer, &armed)
}

fn content(core: &Core, request: &Request) -> Answer {
    let refused = |status, text: &str| Answer::text(status, text);
    if request.method() != axum::http::Method::GET {
        return refused(405, "Method not allowed");
    }
    if request.headers().contains_key(header::AUTHORIZATION) {
        return refused(
            400,
            "Only one auth mechanism allowed: this address is signed, and takes no Authorization",
        );
    }
    let key = request.uri().path().rsplit('/').next().unwrap_or_default();
    let query = request.uri().query().unwrap_or_default();
    let token = url::form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "token")
        .map(|(_, token)| token.into_owned())
        .unwrap_or_default();
    let account = core.account();
    if !opens(&token, key, account.now()) {
        return refused(403, "The token is not valid, or no longer");
    }
    let Some(file) = account.attachment_with_key(key) else {
        return refused(404, "Not found");
    };
    let name = format!("attachment; filename=\"{}\"", file.file_name);
    Answer::raw(200, file.bytes())
        .of_type(&file.content_type)
        .with_header(header::CONTENT_DISPOSITION, &name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_opens_its_own_file_for_an_hour() {
        let token = sign("abc", 1_000);
        assert!(opens(&token, "abc", 1_000 + LIFE));
        assert!(!opens(&token, "abc", 1_001 + LIFE));
        assert!(!opens(&token, "abd", 1_000));
        assert!(!opens("99999.forged", "abc", 1_000));
        assert!(!opens("", "abc", 1_000));
    }
}
