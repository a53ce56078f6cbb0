//! What calls carry: bodies, search words, and the headers that keep edits and creations safe.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::{CONTENT_TYPE, IF_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use sha2::{Digest as _, Sha256};
use store::idempotency::{self, Key};

use super::Caller;
use crate::app::App;
use crate::form::Wrongs;
use crate::problem::Problem;

/// The longest key of a creation, in characters.
const LONGEST_KEY: usize = 200;

/// A JSON body. What it does not ask for is refused by its type (`deny_unknown_fields`).
pub(crate) struct Json<T> {
    pub(crate) value: T,
    /// As it was sent: by this a creation that is asked for twice is told.
    pub(crate) bytes: Bytes,
}

impl<T, S> FromRequest<S> for Json<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let kind = request.headers().get(CONTENT_TYPE);
        let is_json = kind
            .and_then(|kind| kind.to_str().ok())
            .is_some_and(|kind| {
                let kind = kind.split(';').next().unwrap_or_default().trim();
                kind.eq_ignore_ascii_case("application/json")
            });
        if !is_json {
            return Err(Problem::unreadable(StatusCode::UNSUPPORTED_MEDIA_TYPE));
        }
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|rejection| Problem::unreadable(rejection.status()))?;
        // A list would be read as the fields of a record in their order, which nobody means.
        if bytes.trim_ascii_start().starts_with(b"[") {
            return Err(Problem::invalid(
                ".",
                "The body is a list. Send an object with the fields that the document names.",
            ));
        }
        let reader = &mut serde_json::Deserializer::from_slice(&bytes);
        let value = serde_path_to_error::deserialize(reader).map_err(|error| {
            let field = error.path().to_string();
            Problem::invalid(field, error.into_inner().to_string())
        })?;
        Ok(Self { value, bytes })
    }
}

/// A field that may be taken away: left out it stays as it is, null takes it away.
pub(crate) fn given<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

/// What a form would mark, as a program is told it.
pub(crate) fn refused(wrongs: &Wrongs) -> Problem {
    match wrongs.first() {
        Some((field, sentence)) => Problem::invalid(field, sentence.to_owned()),
        None => Problem::conflict(wrongs.summary().unwrap_or_default()),
    }
}

/// What stands behind the `?` of an address.
pub(crate) struct Query<T>(pub(crate) T);

impl<T, S> FromRequestParts<S> for Query<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match axum::extract::Query::<T>::try_from_uri(&parts.uri) {
            Ok(axum::extract::Query(value)) => Ok(Self(value)),
            Err(error) => Err(Problem::bad_query(error.body_text())),
        }
    }
}

/// What names a version of a record: it changes whenever anything that a caller can see changes.
pub(crate) fn etag(view: &impl Serialize) -> Result<String, Problem> {
    let text = serde_json::to_vec(view).map_err(|error| Problem::broken(error.to_string()))?;
    let hash = Sha256::digest(&text);
    let short: String = hash
        .iter()
        .take(12)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Ok(format!("\"{short}\""))
}

/// Makes sure that a caller edits what they have read.
pub(crate) fn check_match(headers: &HeaderMap, etag: &str) -> Result<(), Problem> {
    let given = headers.get(IF_MATCH).and_then(|given| given.to_str().ok());
    let Some(given) = given else {
        return Err(Problem::no_match());
    };
    let is_it = given.split(',').any(|one| one.trim() == etag);
    if is_it { Ok(()) } else { Err(Problem::stale()) }
}

/// The id under which a record is to be made: with an `Idempotency-Key` the same one for the same request.
pub(crate) async fn new_record(
    app: &App,
    caller: &Caller,
    headers: &HeaderMap,
    place: &str,
    body: &[u8],
) -> Result<Option<String>, Problem> {
    let Some(key) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    let key = key
        .to_str()
        .ok()
        .filter(|key| (1..=LONGEST_KEY).contains(&key.len()));
    let key = key.ok_or_else(Problem::bad_key)?;
    let request = [place.as_bytes(), b"\n", body].concat();
    let act = app.engine.act(&caller.user.email);
    let mut tx = app.engine.store.begin().await?;
    let taken = idempotency::take(&mut tx, &caller.user.id, key, &request, act).await?;
    tx.commit().await?;
    match taken {
        Key::Ours(id) => Ok(Some(id)),
        Key::Another => Err(Problem::another_request()),
    }
}
