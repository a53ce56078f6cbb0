//! The form of an orchestration, as both adding and editing show it.

use askama::Template;
use domain::profile::Verification;
use domain::profile::key::SameKey;
use domain::profile::leaver::OnLeave;
use engine::alerts::recipients;
use engine::orchestration_view::{self, OrchestrationView};
use engine::profile_send::SendSettings;
use jiff::Timestamp;
use serde::Deserialize;
use store::destinations::Destination;
use store::orchestrations::{Mode, OrchestrationDraft};
use store::queries::Query;
use store::users::User;

use crate::app::App;
use crate::form::{Wrongs, ticked};
use crate::page::Frame;
use crate::pages::workflows::reach::Reach;
use crate::problem::Problem;
use crate::session::SignedIn;

/// What was typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) query: String,
    pub(crate) destination: String,
    pub(crate) mode: String,
    pub(crate) cron: String,
    pub(crate) time_zone: String,
    pub(crate) after: String,
    #[serde(deserialize_with = "ticked")]
    pub(crate) only_if_changed: bool,
    pub(crate) warn_below: String,
    pub(crate) warn_above: String,
    pub(crate) fail_below: String,
    pub(crate) fail_above: String,
    pub(crate) same_key: String,
    pub(crate) on_leave: String,
    pub(crate) leavers_percent: String,
    pub(crate) deadline_hours: String,
    pub(crate) region: String,
    pub(crate) verification: String,
    /// None leaves those that are stored: who may not see them can neither read nor lose them.
    pub(crate) alert_to: Option<String>,
}

/// The form with what was typed, and what is wrong with it.
#[derive(Template)]
#[template(path = "orchestrations/form.html")]
pub(super) struct OrchestrationForm {
    frame: Frame,
    wrongs: Wrongs,
    /// Which one; none for a new one.
    id: Option<String>,
    entry: Entry,
    queries: Vec<Query>,
    destinations: Vec<Destination>,
    others: Vec<(String, String)>,
    /// The time in words, and the next ones, if it can be read.
    words: Option<String>,
    next: Vec<Timestamp>,
    /// Whether there is a mail server to hand alerts to.
    mails: bool,
}

/// What becomes of customers who left, for people.
fn leaving(policy: &OnLeave) -> &'static str {
    match policy {
        OnLeave::Keep => "Keep them as they are",
        OnLeave::RemoveTags => "Remove the tags that we set",
        OnLeave::ClearFields => "Clear the fields that we set",
        OnLeave::Suspend => "Suspend the user in Zendesk",
        OnLeave::Delete => "Delete the user in Zendesk",
    }
}

fn verifying(word: &Verification) -> &'static str {
    match word {
        Verification::Verified => "Send users as verified: Zendesk mails nobody",
        Verification::NoMail => "Unverified, and no mail",
        Verification::Mail => "Zendesk mails every new user",
    }
}

fn keying(word: &SameKey) -> &'static str {
    match word {
        SameKey::LastWins => "The last one is sent, the others are reported",
        SameKey::Error => "Nothing is sent until the source is mended",
    }
}

impl OrchestrationForm {
    pub(super) async fn new(
        app: &App,
        person: SignedIn,
        (title, id): (&str, Option<String>),
        mut entry: Entry,
        wrongs: Wrongs,
    ) -> Result<Self, Problem> {
        if id.is_some() && person.user.restrict_pii {
            entry.alert_to = None;
        }
        let reach = Reach::of(app, &person.user).await?;
        let connection = &mut *app.engine.store.read().await?;
        let queries = store::queries::list(connection).await?;
        let others = store::orchestrations::list(connection).await?.into_iter();
        let zone = Some(entry.time_zone.trim()).filter(|zone| !zone.is_empty());
        let by_clock = entry.mode == Mode::Cron.as_str();
        Ok(Self {
            words: orchestration_view::in_words(&entry.cron, zone).filter(|_| by_clock),
            next: match by_clock {
                true => orchestration_view::next_times(&entry.cron, zone, app.engine.now()),
                false => Vec::new(),
            },
            others: others
                .filter(|one| Some(&one.id) != id.as_ref())
                .map(|one| (one.id, one.name))
                .collect(),
            frame: Frame::new(app, person, crate::navigation::Nav::Orchestrations, title).await?,
            mails: app.engine.settings.alerts.mail.is_some(),
            destinations: reach.open().to_vec(),
            queries,
            wrongs,
            id,
            entry,
        })
    }

    /// The thresholds: their names, what they are called, and what was typed.
    fn guards(&self) -> [(&'static str, &'static str, &str); 4] {
        let entry = &self.entry;
        [
            ("warn_below", "Warn when fewer rows than", &entry.warn_below),
            ("warn_above", "Warn when more rows than", &entry.warn_above),
            ("fail_below", "Fail when fewer rows than", &entry.fail_below),
            ("fail_above", "Fail when more rows than", &entry.fail_above),
        ]
    }

    fn action(&self) -> String {
        match &self.id {
            Some(id) => format!("/orchestrations/{id}/edit"),
            None => "/orchestrations".to_owned(),
        }
    }
}

/// A number that may be missing.
fn number(wrongs: &mut Wrongs, name: &'static str, text: &str) -> Option<u64> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let found = text.replace([',', ' '], "").parse().ok();
    if found.is_none() {
        wrongs.add(
            name,
            "Write a whole number, such as 1000, or leave it empty.",
        );
    }
    found
}

/// Percent with one place as thousandths.
fn per_mille(text: &str) -> Option<u64> {
    let text = text.trim().trim_end_matches('%').trim();
    let (whole, rest) = text.split_once('.').unwrap_or((text, "0"));
    let digit: u64 = rest.parse().ok().filter(|_| rest.len() == 1)?;
    let whole: u64 = whole.parse().ok()?;
    Some(whole.checked_mul(10)?.checked_add(digit)?).filter(|all| *all <= 1_000)
}

impl Entry {
    /// What a new one begins with.
    pub(crate) fn blank(query: String, destination: String) -> Self {
        Self {
            query,
            destination,
            mode: Mode::Manual.as_str().to_owned(),
            time_zone: "UTC".to_owned(),
            ..Self::default()
        }
        .with(&SendSettings::default())
    }

    /// What a stored one has.
    pub(crate) fn of(view: &OrchestrationView) -> Self {
        let one = view.orchestration.clone();
        Self {
            name: one.name,
            description: one.description,
            query: one.query_id,
            destination: one.destination_id,
            mode: one.mode.as_str().to_owned(),
            cron: one.cron.unwrap_or_default(),
            time_zone: one.time_zone.unwrap_or_else(|| "UTC".to_owned()),
            after: one.after_id.unwrap_or_default(),
            only_if_changed: one.only_if_changed,
            ..Self::default()
        }
        .with(&view.settings())
    }

    fn with(self, settings: &SendSettings) -> Self {
        let text = |number: Option<u64>| number.map_or_else(String::new, |n| n.to_string());
        let mille = settings.leavers_per_mille;
        Self {
            warn_below: text(settings.guard.warn_below),
            warn_above: text(settings.guard.warn_above),
            fail_below: text(settings.guard.fail_below),
            fail_above: text(settings.guard.fail_above),
            same_key: settings.same_key.as_str().to_owned(),
            on_leave: settings.on_leave.as_str().to_owned(),
            leavers_percent: match mille % 10 {
                0 => (mille / 10).to_string(),
                rest => format!("{}.{rest}", mille / 10),
            },
            deadline_hours: settings.deadline_hours.to_string(),
            region: settings.rules.region.clone(),
            alert_to: Some(settings.alert_to.join(", ")),
            verification: settings.rules.verification.as_str().to_owned(),
            ..self
        }
    }

    /// What was typed, over the settings that are kept.
    pub(crate) async fn draft(
        &self,
        app: &App,
        user: &User,
        mut settings: SendSettings,
    ) -> Result<Result<OrchestrationDraft, Wrongs>, Problem> {
        let mut wrongs = Wrongs::default();
        if self.name.trim().is_empty() {
            wrongs.add("name", "Enter a name.");
        }
        let reach = Reach::of(app, user).await?;
        let connection = &mut *app.engine.store.read().await?;
        if store::queries::find(connection, &self.query)
            .await?
            .is_none()
        {
            wrongs.add("query", "Choose a query: it says what to send.");
        }
        if !reach.has(&self.destination) {
            wrongs.add("destination", "Choose a destination that you may send to.");
        }
        let mode = Mode::parse(&self.mode);
        match mode {
            None => wrongs.add("mode", "Choose when it runs."),
            Some(Mode::Cron) if self.cron.trim().is_empty() => wrongs.add(
                "cron",
                "Write five fields, minute, hour, day, month and day of the week: 0 6 * * * is every day at six.",
            ),
            Some(Mode::After) if self.after.is_empty() => {
                wrongs.add("after", "Choose the orchestration that it runs after.");
            }
            Some(Mode::Manual | Mode::Cron | Mode::After) => {}
        }
        self.lay_over(&mut settings, &mut wrongs);
        let mode = match mode {
            Some(mode) if wrongs.is_empty() => mode,
            Some(_) | None => return Ok(Err(wrongs)),
        };
        let by_clock = mode == Mode::Cron;
        let zone = match self.time_zone.trim() {
            "" => "UTC",
            zone => zone,
        };
        let fields: Vec<&str> = self.cron.split_whitespace().collect();
        Ok(Ok(OrchestrationDraft {
            name: self.name.trim().to_owned(),
            description: self.description.trim().to_owned(),
            query_id: self.query.clone(),
            destination_id: self.destination.clone(),
            settings: serde_json::to_string(&settings)
                .map_err(|error| Problem::broken(error.to_string()))?,
            mode,
            cron: by_clock.then(|| fields.join(" ")),
            time_zone: by_clock.then(|| zone.to_owned()),
            after_id: (mode == Mode::After).then(|| self.after.clone()),
            only_if_changed: self.only_if_changed,
        }))
    }

    fn lay_over(&self, settings: &mut SendSettings, wrongs: &mut Wrongs) {
        let guard = &mut settings.guard;
        guard.warn_below = number(wrongs, "warn_below", &self.warn_below);
        guard.warn_above = number(wrongs, "warn_above", &self.warn_above);
        guard.fail_below = number(wrongs, "fail_below", &self.fail_below);
        guard.fail_above = number(wrongs, "fail_above", &self.fail_above);
        match SameKey::parse(&self.same_key) {
            Some(word) => settings.same_key = word,
            None => wrongs.add("same_key", "Choose one of them."),
        }
        match OnLeave::parse(&self.on_leave) {
            Some(word) => settings.on_leave = word,
            None => wrongs.add("on_leave", "Choose one of them."),
        }
        match Verification::parse(&self.verification) {
            Some(word) => settings.rules.verification = word,
            None => wrongs.add("verification", "Choose one of them."),
        }
        match per_mille(&self.leavers_percent) {
            Some(share) => settings.leavers_per_mille = share,
            None => wrongs.add(
                "leavers_percent",
                "Write a share from 0 to 100, with one place at most, such as 10 or 2.5.",
            ),
        }
        match number(wrongs, "deadline_hours", &self.deadline_hours) {
            Some(hours) if (1..=168).contains(&hours) => settings.deadline_hours = hours,
            Some(_) | None => wrongs.add("deadline_hours", "Write a number from 1 to 168."),
        }
        match self.alert_to.as_deref().map(recipients) {
            Some(Ok(all)) => settings.alert_to = all,
            Some(Err(said)) => wrongs.add("alert_to", said),
            None => {}
        }
        let region = self.region.trim().to_uppercase();
        if region.len() == 2 && region.bytes().all(|byte| byte.is_ascii_uppercase()) {
            settings.rules.region = region;
        } else {
            wrongs.add("region", "Write the two letters of a country, such as US.");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_has_one_place_at_most() {
        assert_eq!(per_mille("10"), Some(100));
        assert_eq!(per_mille(" 2.5 % "), Some(25));
        assert_eq!(per_mille("0"), Some(0));
        for bad in ["", "101", "2.55", "-1", "ten"] {
            assert_eq!(per_mille(bad), None, "{bad}");
        }
    }
}
