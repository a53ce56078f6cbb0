//! Sends what is to go out, each alert by each channel once, and again for a day if that fails.
//!
//! A try is noted before it begins and after it ended. A process that dies in between leaves a try that
//! counts as failed after a while, so an alert may arrive twice then, with the same id; it never is lost.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, join, select};
use jiff::{SignedDuration, Timestamp};
use notify::mail::{Letter, MailSettings, Mailer};
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

/// A way out that is configured for the installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// By SMTP.
    Mail,
    /// By a signed POST.
    Webhook,
}

impl Channel {
    /// The word that is kept.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Webhook => "webhook",
        }
    }

    const fn parcels(self) -> &'static [Parcel] {
        match self {
            Self::Mail => &[Parcel::Mail, Parcel::OwnMail],
            Self::Webhook => &[Parcel::Webhook],
        }
    }
}

/// What goes out of an alert, each with its own account of tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Parcel {
    /// A letter to those of the installation.
    Mail,
    /// A letter to those whom the orchestration adds. It is one of its own, since a server refuses a
    /// letter as a whole if it knows one of its recipients not.
    OwnMail,
    /// A POST.
    Webhook,
}

impl Parcel {
    const ALL: [Self; 3] = [Self::Mail, Self::OwnMail, Self::Webhook];

    /// The word that is kept.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::OwnMail => "own_mail",
            Self::Webhook => "webhook",
        }
    }

    fn is_wanted(self, engine: &Engine, mailed: &Mailed) -> bool {
        let channels = &engine.settings.alerts;
        match self {
            Self::Mail => channels.mail.is_some(),
            Self::OwnMail => channels.mail.is_some() && !mailed.about.also_to.is_empty(),
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
    let channels = &engine.settings.alerts;
    let is_configured = match channel {
        Channel::Mail => channels.mail.is_some(),
        Channel::Webhook => channels.webhook.is_some(),
    };
    if !is_configured {
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
            for parcel in channel.parcels() {
                if is_due(engine, &Mailed::of(alert), *parcel)
                    && attempt(engine, *parcel, alert).await?
                {
                    sent += 1;
                }
            }
        }
    }
}

fn is_due(engine: &Engine, mailed: &Mailed, parcel: Parcel) -> bool {
    let before = mailed.channels.get(parcel.as_str());
    let may_be_tried =
        |attempts: &Attempts| !attempts.state.is_over() && attempts.next_at <= engine.now();
    parcel.is_wanted(engine, mailed) && before.is_none_or(may_be_tried)
}

/// Whether it went out.
async fn attempt(engine: &Engine, parcel: Parcel, alert: &Alert) -> Result<bool> {
    let begun = note(engine, &alert.id, |mailed| {
        let now = engine.now();
        if !is_due(engine, mailed, parcel) {
            return false;
        }
        let attempts = attempts_of(mailed, parcel, now);
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
        let trying = send(engine, parcel, alert, &mailed);
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
    note(engine, &alert.id, move |mailed| {
        let now = engine.now();
        let attempts = attempts_of(mailed, parcel, now);
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

fn attempts_of(mailed: &mut Mailed, parcel: Parcel, now: Timestamp) -> &mut Attempts {
    mailed
        .channels
        .entry(parcel.as_str().to_owned())
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

/// Changes what is kept with an alert. All that goes out of it shares it, so whoever comes second looks again; the
/// store lets one write at a time. Nothing if there is nothing to change.
async fn note(
    engine: &Engine,
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
        mailed.over = Parcel::ALL
            .into_iter()
            .all(|one| match mailed.channels.get(one.as_str()) {
                Some(attempts) => attempts.state.is_over(),
                None => !one.is_wanted(engine, &mailed),
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
    parcel: Parcel,
    alert: &Alert,
    mailed: &Mailed,
) -> Result<(), notify::Error> {
    let channels = &engine.settings.alerts;
    match (parcel, &channels.mail, &channels.webhook) {
        (Parcel::Mail, Some(settings), _) => mail(engine, settings, alert, mailed).await,
        (Parcel::OwnMail, Some(settings), _) => {
            let settings = MailSettings {
                to: mailed.about.also_to.clone(),
                ..settings.clone()
            };
            mail(engine, &settings, alert, mailed).await
        }
        (Parcel::Webhook, _, Some(settings)) => {
            let body = message::webhook(alert, &mailed.about).to_string();
            let caller = Caller::new(settings)?;
            caller
                .post(&alert.id, engine.now(), body.into_bytes())
                .await
        }
        (Parcel::Mail | Parcel::OwnMail, None, _) | (Parcel::Webhook, _, None) => Ok(()),
    }
}

async fn mail(
    engine: &Engine,
    settings: &MailSettings,
    alert: &Alert,
    mailed: &Mailed,
) -> Result<(), notify::Error> {
    let pages = engine.settings.alerts.pages.as_deref();
    let (subject, text) = message::mail(alert, &mailed.about, pages);
    let letter = Letter {
        id: &alert.id,
        at: alert.created_at,
        subject: &subject,
        text: &text,
    };
    Mailer::new(settings)?.send(&letter).await
}
