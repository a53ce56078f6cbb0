//! Sends what is to go out, each alert to each channel once, and again for a day if that fails.
//!
//! A try is noted before it begins and after it ended. A process that dies in between leaves a try that
//! counts as failed after a while, so an alert may arrive twice then, with the same id; it never is lost.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, join, select};
use jiff::{SignedDuration, Timestamp};
use notify::mail::{Letter, Mailer};
use notify::webhook::Caller;
use store::alerts::{self, Alert};

use super::{Attempts, Mailed, State, message};
use crate::engine::Engine;
use crate::error::Result;

/// How long a try may take as a whole; each step of it has a shorter limit of its own.
pub(super) const LONGEST_TRY: Duration = Duration::from_secs(60);
/// When a try counts as failed whose process has not noted its end.
const LOST_AFTER: SignedDuration = SignedDuration::from_mins(5);
/// The pause after the first failed try; it doubles.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_mins(1);
/// The longest pause.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(1);
/// How long an alert is tried to be sent.
const KEEP_TRYING: SignedDuration = SignedDuration::from_hours(24);
/// How far back alerts are looked at: longer, so that what is given up is noted as such.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(48);
/// How many alerts are looked at together.
const PAGE: i64 = 100;

/// A way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// By SMTP.
    Mail,
    /// By a signed POST.
    Webhook,
}

impl Channel {
    const ALL: [Self; 2] = [Self::Mail, Self::Webhook];

    /// The word that is kept.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Webhook => "webhook",
        }
    }

    fn is_configured(self, engine: &Engine) -> bool {
        let channels = &engine.settings.alerts;
        match self {
            Self::Mail => channels.mail.is_some(),
            Self::Webhook => channels.webhook.is_some(),
        }
    }
}

/// Sends what is due, by all channels at one time. Returns how many went out.
///
/// # Errors
/// As the database says.
pub async fn deliver_once(engine: &Engine) -> Result<usize> {
    let (mail, webhook) = join(
        deliver(engine, Channel::Mail),
        deliver(engine, Channel::Webhook),
    )
    .await;
    Ok(mail? + webhook?)
}

/// Sends what is due by one channel, the oldest first. Returns how many alerts went out.
///
/// # Errors
/// As the database says.
pub async fn deliver(engine: &Engine, channel: Channel) -> Result<usize> {
    if !channel.is_configured(engine) {
        return Ok(0);
    }
    let since = engine
        .now()
        .saturating_sub(LOOK_BACK)
        .unwrap_or(Timestamp::MIN);
    let (mut sent, mut after) = (0, (since, String::new()));
    loop {
        let mut reader = engine.store.read().await?;
        let page = alerts::undelivered(&mut reader, since, (after.0, &after.1), PAGE).await?;
        drop(reader);
        let Some(last) = page.last() else {
            return Ok(sent);
        };
        after = (last.created_at, last.id.clone());
        for alert in &page {
            if is_due(&Mailed::of(alert), channel, engine.now())
                && attempt(engine, channel, alert).await?
            {
                sent += 1;
            }
        }
    }
}

fn is_due(mailed: &Mailed, channel: Channel, now: Timestamp) -> bool {
    mailed
        .channels
        .get(channel.as_str())
        .is_none_or(|attempts| !attempts.state.is_over() && attempts.next_at <= now)
}

/// Whether it went out.
async fn attempt(engine: &Engine, channel: Channel, alert: &Alert) -> Result<bool> {
    let begun = note(engine, channel, &alert.id, |mailed| {
        let now = engine.now();
        if !is_due(mailed, channel, now) {
            return false;
        }
        let attempts = attempts_of(mailed, channel, now);
        attempts.state = State::Sending;
        attempts.tries += 1;
        attempts.next_at = later(now, LOST_AFTER);
        true
    })
    .await?;
    let Some(mailed) = begun else {
        return Ok(false);
    };
    engine.reached("alert: before it is sent");
    let outcome = {
        let trying = send(engine, channel, alert, &mailed);
        let waiting = engine.clock.beat(LONGEST_TRY);
        match select(pin!(trying), waiting).await {
            Either::Left((outcome, _)) => outcome.map_err(|error| error.to_string()),
            Either::Right(_) => Err("The other side did not answer in time.".to_owned()),
        }
    };
    engine.reached("alert: after it is sent");
    if let Err(sentence) = &outcome {
        tracing::warn!(alert = alert.id, "an alert could not be sent: {sentence}");
    }
    let went_out = outcome.is_ok();
    note(engine, channel, &alert.id, move |mailed| {
        let now = engine.now();
        let attempts = attempts_of(mailed, channel, now);
        match &outcome {
            Ok(()) => (attempts.state, attempts.sentence) = (State::Sent, None),
            Err(sentence) => {
                attempts.sentence = Some(sentence.clone());
                attempts.next_at = later(now, pause(attempts.tries));
                let end = later(alert.created_at, KEEP_TRYING);
                attempts.state = if attempts.next_at > end {
                    State::GivenUp
                } else {
                    State::Waiting
                };
            }
        }
        true
    })
    .await?;
    Ok(went_out)
}

fn attempts_of(mailed: &mut Mailed, channel: Channel, now: Timestamp) -> &mut Attempts {
    mailed
        .channels
        .entry(channel.as_str().to_owned())
        .or_insert(Attempts {
            state: State::Waiting,
            tries: 0,
            next_at: now,
            sentence: None,
        })
}

fn later(from: Timestamp, by: SignedDuration) -> Timestamp {
    from.saturating_add(by).unwrap_or(Timestamp::MAX)
}

/// The pause after so many failed tries.
fn pause(tries: u32) -> SignedDuration {
    let doubled = tries.saturating_sub(1).min(10);
    (FIRST_PAUSE * (1 << doubled)).min(LONGEST_PAUSE)
}

/// Changes what is kept with an alert. The channels share it, so whoever comes second looks again; the
/// store lets one write at a time. Nothing if there is nothing to change.
async fn note(
    engine: &Engine,
    channel: Channel,
    id: &str,
    change: impl Fn(&mut Mailed) -> bool,
) -> Result<Option<Mailed>> {
    loop {
        let mut tx = engine.store.begin().await?;
        let Some(found) = alerts::find(&mut tx, id).await? else {
            return Ok(None);
        };
        let mut mailed = Mailed::of(&found);
        if !change(&mut mailed) {
            return Ok(None);
        }
        let state = |one: Channel| mailed.channels.get(one.as_str()).map(|found| found.state);
        mailed.over = Channel::ALL.into_iter().all(|one| match state(one) {
            Some(state) => state.is_over(),
            None => one != channel && !one.is_configured(engine),
        });
        let text = mailed.text();
        if alerts::exchange_mailed(&mut tx, id, found.mailed.as_deref(), &text).await? {
            tx.commit().await?;
            return Ok(Some(mailed));
        }
    }
}

async fn send(
    engine: &Engine,
    channel: Channel,
    alert: &Alert,
    mailed: &Mailed,
) -> Result<(), notify::Error> {
    let channels = &engine.settings.alerts;
    match (channel, &channels.mail, &channels.webhook) {
        (Channel::Mail, Some(settings), _) => {
            let pages = channels.pages.as_deref();
            let (subject, text) = message::mail(alert, &mailed.about, pages);
            let letter = Letter {
                id: &alert.id,
                at: alert.created_at,
                subject: &subject,
                text: &text,
            };
            Mailer::new(settings)?.send(&letter).await
        }
        (Channel::Webhook, _, Some(settings)) => {
            let body = message::webhook(alert, &mailed.about).to_string();
            let caller = Caller::new(settings)?;
            caller
                .post(&alert.id, engine.now(), body.into_bytes())
                .await
        }
        (Channel::Mail, None, _) | (Channel::Webhook, _, None) => Ok(()),
    }
}
