//! Deliveries at the door: believed or not, noted, and that is all.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use sha2::{Digest as _, Sha256};
use store::inbox::{self, Subject};
use store::webhooks;
use zendesk::webhooks::{
    INVOCATION_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, Unverified, parse_event, verify,
};

use super::counts::Counts;
use crate::engine::Engine;
use crate::error::Result;

/// The largest delivery that is read, in bytes.
pub const LARGEST_BODY: usize = 64 * 1024;

/// Under which name the inbox keeps deliveries.
const SOURCE: &str = "webhook";
/// How often what was counted is kept, and with it when the webhook was last heard of: a burst costs
/// no more than its hints.
const KEPT_EVERY: SignedDuration = SignedDuration::from_secs(60);
/// How many refusals of one integration are logged in that time; the others are only counted.
const LOGGED: u32 = 10;
/// What refused deliveries for integrations that do not exist are counted under.
const NOBODY: &str = "";
/// The longest name of an event that is kept as it is.
const LONGEST_KEY: usize = 128;
/// Stands in for the secret of a webhook that does not exist, so that its absence takes as long to
/// find out as a forgery. What it signs is refused too.
const NO_SECRET: &str = "there is no such webhook";

/// A request as it came in. An absent header is the empty text.
#[derive(Clone, Copy)]
pub struct Delivery<'a> {
    timestamp: &'a str,
    signature: &'a str,
    invocation: &'a str,
    body: &'a [u8],
}

impl<'a> Delivery<'a> {
    /// A request with this raw body, at most [`LARGEST_BODY`] long. `header` gives the value of a
    /// header by its name in small letters, the empty text for one that is absent.
    pub fn new(header: impl Fn(&str) -> &'a str, body: &'a [u8]) -> Self {
        Self {
            timestamp: header(TIMESTAMP_HEADER),
            signature: header(SIGNATURE_HEADER),
            invocation: header(INVOCATION_HEADER),
            body,
        }
    }
}

/// What to say to the sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It is from Zendesk and new: its record will be looked at.
    Noted,
    /// It is from Zendesk and was seen before: nothing happened.
    Repeated,
    /// It is from Zendesk, about nothing that is kept here: nothing happened.
    Ignored,
    /// Nobody believes it.
    Forged,
    /// There is no such integration, or it has no webhook.
    Unknown,
}

/// Takes deliveries, for all integrations of this process.
#[derive(Default)]
pub struct Gate(Mutex<HashMap<String, Tally>>);

/// What was counted of an integration and is not kept yet.
#[derive(Default)]
struct Tally {
    counts: Counts,
    kept_at: Option<Timestamp>,
    logged: u32,
    logged_since: Option<Timestamp>,
}

impl Gate {
    /// Takes one delivery for the integration with this id. If Zendesk signed it, by one of the
    /// secrets that are good now and within five minutes, it is noted once in one transaction; then
    /// the workers are woken. What it says is not believed beyond which record it is about.
    ///
    /// # Errors
    /// As the database says: nothing was noted, and Zendesk may send it again.
    pub async fn take(
        &self,
        engine: &Engine,
        integration: &str,
        delivery: Delivery<'_>,
    ) -> Result<Answer> {
        let now = engine.now();
        let mut reader = engine.store.read().await?;
        let keyring = &engine.keyring;
        let mut secrets = webhooks::secrets(&mut reader, keyring, integration, now).await?;
        drop(reader);
        let exists = !secrets.is_empty();
        if !exists {
            secrets.push(SecretString::from(NO_SECRET));
        }
        let Delivery {
            timestamp,
            signature,
            body,
            ..
        } = delivery;
        let believed = verify(&secrets, timestamp, signature, body, now);
        match (exists, believed) {
            (false, _) => {
                self.reject(NOBODY, None, now);
                Ok(Answer::Unknown)
            }
            (true, Err(why)) => {
                self.reject(integration, Some(why), now);
                self.keep_rejected(engine, integration, now).await;
                Ok(Answer::Forged)
            }
            (true, Ok(())) => self.note(engine, integration, delivery, now).await,
        }
    }

    /// Counts a delivery that was refused before it was read: it is larger than [`LARGEST_BODY`].
    pub fn count_oversized(&self, engine: &Engine, integration: &str) {
        let now = engine.now();
        let mut tallies = self.tallies();
        // Whether it exists is not known, so only those count that have been heard of.
        let name = match tallies.contains_key(integration) {
            true => integration,
            false => NOBODY,
        };
        let tally = tallies.entry(name.to_owned()).or_default();
        tally.counts.rejected += 1;
        if tally.may_log(now) {
            tracing::warn!(
                integration = name,
                "a webhook's delivery is too large and was refused"
            );
        }
    }

    /// Notes a delivery that Zendesk signed.
    async fn note(
        &self,
        engine: &Engine,
        integration: &str,
        delivery: Delivery<'_>,
        now: Timestamp,
    ) -> Result<Answer> {
        let (subject, event_id) = match parse_event(delivery.body) {
            Ok(event) => (subject_of(&event.subject), event.id),
            Err(bad) => {
                tracing::info!(
                    integration,
                    "a webhook's delivery says nothing of use: {bad}"
                );
                (None, None)
            }
        };
        let mut tx = engine.store.begin().await?;
        let answer = match subject {
            None => Answer::Ignored,
            Some(subject) => {
                let key = key_of(event_id.as_deref(), delivery);
                match inbox::receive(&mut tx, SOURCE, &key, integration, subject, now).await? {
                    true => Answer::Noted,
                    false => Answer::Repeated,
                }
            }
        };
        let due = self.count(integration, answer, now);
        if let Some(counts) = due {
            webhooks::note_seen(&mut tx, integration, now).await?;
            counts.add_to_kept(engine, &mut tx, integration).await?;
        }
        tx.commit().await?;
        if answer == Answer::Noted {
            engine.reached("webhook: after it is noted");
            engine.memory.ring();
        }
        Ok(answer)
    }

    fn reject(&self, integration: &str, why: Option<Unverified>, now: Timestamp) {
        let mut tallies = self.tallies();
        let tally = tallies.entry(integration.to_owned()).or_default();
        tally.counts.rejected += 1;
        if tally.may_log(now) {
            match why {
                Some(why) => tracing::warn!(integration, "a webhook's delivery was refused: {why}"),
                None => tracing::warn!("a webhook's delivery for no webhook of ours was refused"),
            }
        }
    }

    /// Keeps how many were refused, once a minute at most, so that who forges deliveries has us
    /// write no more than that.
    async fn keep_rejected(&self, engine: &Engine, integration: &str, now: Timestamp) {
        let Some(counts) = self.tallies().get_mut(integration).and_then(|t| t.due(now)) else {
            return;
        };
        if let Err(error) = keep(engine, integration, counts).await {
            tracing::warn!(
                integration,
                "refused deliveries could not be counted: {error}"
            );
        }
    }

    /// Counts an answer. Returns what is to be kept now, if a minute has passed.
    fn count(&self, integration: &str, answer: Answer, now: Timestamp) -> Option<Counts> {
        let mut tallies = self.tallies();
        let tally = tallies.entry(integration.to_owned()).or_default();
        match answer {
            Answer::Noted => tally.counts.noted += 1,
            Answer::Repeated => tally.counts.repeated += 1,
            Answer::Ignored => tally.counts.ignored += 1,
            Answer::Forged | Answer::Unknown => tally.counts.rejected += 1,
        }
        tally.due(now)
    }

    fn tallies(&self) -> MutexGuard<'_, HashMap<String, Tally>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tally {
    /// Whether one more refusal may be logged: a flood of them must not fill the log.
    fn may_log(&mut self, now: Timestamp) -> bool {
        if self
            .logged_since
            .is_none_or(|since| now.duration_since(since) >= KEPT_EVERY)
        {
            self.logged_since = Some(now);
            self.logged = 0;
        }
        self.logged += 1;
        self.logged <= LOGGED
    }

    /// Hands out what was counted, if the last time was over a minute ago.
    fn due(&mut self, now: Timestamp) -> Option<Counts> {
        let waits = |kept: Timestamp| now.duration_since(kept).abs() < KEPT_EVERY;
        if self.kept_at.is_some_and(waits) {
            return None;
        }
        self.kept_at = Some(now);
        Some(std::mem::take(&mut self.counts))
    }
}

async fn keep(engine: &Engine, integration: &str, counts: Counts) -> Result<()> {
    let mut tx = engine.store.begin().await?;
    counts.add_to_kept(engine, &mut tx, integration).await?;
    Ok(tx.commit().await?)
}

fn subject_of(subject: &zendesk::webhooks::Subject) -> Option<Subject> {
    match subject {
        zendesk::webhooks::Subject::Ticket(id) => Some(Subject::Ticket(*id)),
        zendesk::webhooks::Subject::User(id) => Some(Subject::User(*id)),
        zendesk::webhooks::Subject::Other(_) => None,
    }
}

/// What tells a delivery from others: the event's own id, since it stands in what was signed. The id
/// of the delivery in its header does not, so whoever replays one could change it; it counts where a
/// trigger of the account's own sends no event. What is longer than an id is shortened, for the sake
/// of the index.
fn key_of(event: Option<&str>, delivery: Delivery<'_>) -> String {
    let key = event
        .or(Some(delivery.invocation).filter(|id| !id.is_empty()))
        .unwrap_or(delivery.signature);
    if key.len() <= LONGEST_KEY {
        return key.to_owned();
    }
    let hash = Sha256::digest(key.as_bytes());
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery(invocation: &'static str) -> Delivery<'static> {
        Delivery {
            timestamp: "",
            signature: "sig",
            invocation,
            body: b"",
        }
    }

    #[test]
    fn a_delivery_is_known_by_what_was_signed_if_that_can_be() {
        assert_eq!(key_of(Some("event"), delivery("header")), "event");
        assert_eq!(key_of(None, delivery("header")), "header");
        assert_eq!(key_of(None, delivery("")), "sig");
        assert_eq!(key_of(Some(&"x".repeat(5_000)), delivery("")).len(), 64);
    }

    #[test]
    fn of_a_flood_of_refusals_ten_a_minute_are_logged() {
        let mut tally = Tally::default();
        let at = |second: i64| Timestamp::from_second(1_800_000_000 + second).unwrap();
        let logged = (0..1_000).filter(|_| tally.may_log(at(0))).count();
        assert_eq!(logged, 10);
        assert!(!tally.may_log(at(59)));
        assert!(tally.may_log(at(60)));
    }

    #[test]
    fn what_was_counted_is_handed_out_once_a_minute() {
        let mut tally = Tally::default();
        let at = |second: i64| Timestamp::from_second(1_800_000_000 + second).unwrap();
        tally.counts.noted = 1;
        assert_eq!(tally.due(at(0)).map(|counts| counts.noted), Some(1));
        tally.counts.noted = 2;
        assert_eq!(tally.due(at(59)), None);
        assert_eq!(tally.due(at(60)).map(|counts| counts.noted), Some(2));
    }
}
