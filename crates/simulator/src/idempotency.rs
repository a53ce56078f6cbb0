//! `Idempotency-Key` of `POST /tickets` (zendesk-api.md 3.7).

use std::collections::HashMap;

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

/// First answers by key.
#[derive(Debug, Default)]
pub(crate) struct Replays(HashMap<String, Replay>);

impl Replays {
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
        self.0
            .retain(|_, replay| call.now_ms - replay.noted_ms < KEPT);
        match self.0.get(&key) {
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
        self.0.insert(key, replay);
        Ok(answer.with_header(LOOKUP, "miss"))
    }
}

fn key(call: &Call) -> Option<String> {
    call.headers
        .get("idempotency-key")
        .and_then(|key| key.to_str().ok())
        .map(str::to_owned)
}
