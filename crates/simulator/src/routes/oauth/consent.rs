//! `GET /oauth/authorizations/new`: the page where an administrator consents, and the codes it brings.
//! Nobody sits at the simulator, so it answers as [`OAuthClient::consents`] says, at once.

use axum::http::header::{HeaderValue, LOCATION};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use url::Url;

use super::{invalid_grant, read_scopes};
use crate::answer::{Answer, Outcome};
use crate::auth::{Code, Tokens};
use crate::call::Call;
use crate::config::OAuthClient;

/// How long a code is good, in milliseconds.
const CODE_LIFE_MS: i64 = 120_000;

/// Answers who was led here to consent.
pub(crate) fn authorise(client: &OAuthClient, tokens: &mut Tokens, call: &Call) -> Outcome {
    let wrong = |what: &str| Answer::text(400, what);
    if call.query("client_id") != Some(&client.id) {
        return Err(wrong("There is no such client"));
    }
    let redirect = call.query("redirect_uri").unwrap_or_default();
    let mut back = Url::parse(redirect).map_err(|_| wrong("The redirect address is none"))?;
    let by_hash = call.query("code_challenge_method") == Some("S256");
    let challenge = call.query("code_challenge");
    let refused = if call.query("response_type") != Some("code") {
        Some("unsupported_response_type")
    } else if challenge.is_some() && !by_hash {
        Some("invalid_request")
    } else if !client.consents {
        Some("access_denied")
    } else {
        None
    };
    match refused {
        Some(error) => {
            back.query_pairs_mut()
                .append_pair("error", error)
                .append_pair(
                    "error_description",
                    "The end-user or authorization server denied the request.",
                );
        }
        None => {
            let code = tokens.mint();
            let granted = Code {
                redirect: redirect.to_owned(),
                challenge: challenge.map(str::to_owned),
                scopes: read_scopes(call.query("scope").unwrap_or("read"))?,
                expires_ms: call.now_ms.saturating_add(CODE_LIFE_MS),
            };
            tokens.codes.insert(code.clone(), granted);
            back.query_pairs_mut().append_pair("code", &code);
        }
    }
    if let Some(state) = call.query("state") {
        back.query_pairs_mut().append_pair("state", state);
    }
    let mut answer = Answer::empty(302);
    if let Ok(place) = HeaderValue::from_str(back.as_str()) {
        answer.headers.push((LOCATION, place));
    }
    Ok(answer)
}

/// The scopes of the code that a request redeems; the code is used up.
///
/// # Errors
/// `invalid_grant`, if the code is not good, or not with this address and this verifier.
pub(super) fn redeem<'a>(
    tokens: &mut Tokens,
    now_ms: i64,
    field: impl Fn(&str) -> Option<&'a str>,
) -> Result<Vec<String>, Answer> {
    let code = tokens.codes.remove(field("code").unwrap_or_default());
    let code = code.filter(|code| code.expires_ms > now_ms);
    let code = code.ok_or_else(invalid_grant)?;
    let proven = match (&code.challenge, field("code_verifier")) {
        (None, None) => true,
        (Some(challenge), Some(verifier)) => {
            URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes())) == *challenge
        }
        (Some(_), None) | (None, Some(_)) => false,
    };
    if !proven || field("redirect_uri") != Some(&code.redirect) {
        return Err(invalid_grant());
    }
    Ok(code.scopes)
}
