//! `Idempotency-Key` of `POST /tickets` (zendesk-api.md 3.7).

use std::collections::{HashMap, HashSet};

use axum::http::header::HeaderName;

use crate::answer::{Answer, Outcome};
use crate::call::Call;

/// Keys are kept this long, in milliseconds.
const KEPT: i64 = 2 * 3_600_000;

/// The longest key.
const LONGEST: usize = 255;

const LOOKUP: HeaderName = HeaderName::from_static("x-idempotency-lookup");

#[derive(Debug)]
struct Replay {
    body: Vec<u8>,
    answer: Answer,
    noted_ms: i64,
}

/// First answers by key, and the keys whose request is still at work.
#[derive(Debug, Default)]
pub(crate) struct Replays {
    noted: HashMap<String, Replay>,
    running: HashSet<String>,
}

impl Replays {
    /// Marks a request's key as being at work; `None` when it has none, or another request with it
    /// is at work, which is told by [`Self::refuse_second`].
    pub(crate) fn begin(&mut self, call: &Call) -> Option<String> {
        let key = key(call)?;
        self.running.insert(key.clone()).then_some(key)
    }

    /// The request with this key is at its end.
    pub(crate) fn end(&mut self, key: &str) {
        self.running.remove(key);
    }

    /// Refuses a request whose key another one is still at work with.
    ///
    /// # Errors
    /// 409 (zendesk-api.md 3.7).
    pub(crate) fn refuse_second(&self, call: &Call, own: Option<&str>) -> Result<(), Answer> {
        match key(call) {
            Some(key) if own.is_none() && self.running.contains(&key) => Err(Answer::error(
                409,
                "IdempotentRequestInProgress",
                "A request with this idempotency key is still in progress. Please try again later.",
            )),
            _ => Ok(()),
        }
    }

    /// The first answer to a key, marked as a hit.
    ///
    /// # Errors
    /// 400 for a key that came with another body, or is too long.
    pub(crate) fn look_up(&mut self, call: &Call) -> Result<Option<Answer>, Answer> {
        let Some(key) = key(call) else {
            return Ok(None);
        };
        if key.len() > LONGEST {
            return Err(Answer::error(
                400,
                "IdempotentRequestError",
                "Idempotency key must not be longer than 255 characters",
            ));
        }
        self.noted
            .retain(|_, replay| call.now_ms - replay.noted_ms < KEPT);
        match self.noted.get(&key) {
            None => Ok(None),
            Some(replay) if replay.body == call.body => {
                Ok(Some(replay.answer.clone().with_header(LOOKUP, "hit")))
            }
            Some(_) => Err(Answer::error(
                400,
                "IdempotentRequestError",
                "Request parameters don't match the given idempotency key. Please use a new key, or send the parameters of the first request.",
            )),
        }
    }

    /// Keeps the first answer to a key, if it made a ticket, and marks it as a miss.
    ///
    /// # Errors
    /// The refusal it was given.
    pub(crate) fn note(&mut self, call: &Call, outcome: Outcome) -> Outcome {
        let Some(key) = key(call) else {
            return outcome;
        };
        let answer = outcome?;
        let replay = Replay {
            body: call.body.clone(),
            answer: answer.clone(),
            noted_ms: call.now_ms,
        };
        self.noted.insert(key, replay);
        Ok(answer.with_header(LOOKUP, "miss"))
    }
}

fn key(call: &Call) -> Option<String> {
    call.headers
        .get("idempotency-key")
        .and_then(|key| key.to_str().ok())
        .map(str::to_owned)
}
