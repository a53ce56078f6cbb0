//! Orchestrations as programs read and write them.

use engine::orchestration_view::OrchestrationView;
use serde::{Deserialize, Deserializer, Serialize};
use store::orchestrations::Mode;
use utoipa::ToSchema;

use crate::mask::{self, Mask};
use crate::pages::orchestrations::form::Entry;

/// What the fields of the form are called in a body.
pub(super) const NAMES: [(&str, &str); 16] = [
    ("query", "query_id"),
    ("destination", "destination_id"),
    ("mode", "settings.mode"),
    ("cron", "settings.cron"),
    ("after", "settings.after_id"),
    ("warn_below", "settings.warn_below"),
    ("warn_above", "settings.warn_above"),
    ("fail_below", "settings.fail_below"),
    ("fail_above", "settings.fail_above"),
    ("same_key", "settings.same_key"),
    ("on_leave", "settings.on_leave"),
    ("leavers_percent", "settings.leavers_percent"),
    ("deadline_hours", "settings.deadline_hours"),
    ("region", "settings.region"),
    ("verification", "settings.verification"),
    ("alert_to", "settings.alert_to"),
];

/// What makes an orchestration run.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RunMode {
    /// A person, or a program.
    Manual,
    /// A clock.
    Cron,
    /// Another one that has completed.
    After,
}

impl From<Mode> for RunMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Manual => Self::Manual,
            Mode::Cron => Self::Cron,
            Mode::After => Self::After,
        }
    }
}

impl From<RunMode> for Mode {
    fn from(mode: RunMode) -> Self {
        match mode {
            RunMode::Manual => Self::Manual,
            RunMode::Cron => Self::Cron,
            RunMode::After => Self::After,
        }
    }
}

/// A value that was given, null too: null takes away what is there, and without the field it stays.
fn given<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

/// When an orchestration runs, and its guards. Of a change, what is not given stays.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct OrchestrationSettings {
    /// What makes it run; `manual` if nothing is said.
    mode: Option<RunMode>,
    /// When, for a clock: minute, hour, day, month and day of the week, such as `0 6 * * *`.
    cron: Option<String>,
    /// By which clock, as an IANA name such as `Europe/Berlin`; `UTC` if nothing is said.
    time_zone: Option<String>,
    /// The id of the one it runs after.
    after_id: Option<String>,
    /// Whether it runs by itself only if the source changed.
    only_if_changed: Option<bool>,
    /// Fewer rows are worth a warning; null guards nothing.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<u64>)]
    warn_below: Option<Option<u64>>,
    /// More rows are worth a warning; null guards nothing.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<u64>)]
    warn_above: Option<Option<u64>>,
    /// With fewer rows nothing is sent; null guards nothing.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<u64>)]
    fail_below: Option<Option<u64>>,
    /// With more rows nothing is sent; null guards nothing.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<u64>)]
    fail_above: Option<Option<u64>>,
    /// What is done about rows with one key: `last_wins` or `error`.
    same_key: Option<String>,
    /// What becomes of customers who left the query: `keep`, `remove_tags`, `clear_fields`, `suspend` or
    /// `delete`.
    on_leave: Option<String>,
    /// The largest share of customers that may leave in one run, in percent, with one place at most.
    #[schema(minimum = 0, maximum = 100)]
    leavers_percent: Option<f64>,
    /// After how many hours of waiting for Zendesk a workflow fails.
    #[schema(minimum = 1, maximum = 168)]
    deadline_hours: Option<u64>,
    /// The country of telephone numbers without one, two letters.
    #[schema(min_length = 2, max_length = 2)]
    region: Option<String>,
    /// What is said about the verification of emails: `verified`, `no_mail` or `mail`.
    verification: Option<String>,
    /// Who is mailed of its alerts beside those of the alert channels: addresses.
    #[schema(max_items = 20)]
    alert_to: Option<Vec<String>>,
}

impl OrchestrationSettings {
    fn of(view: &OrchestrationView) -> Self {
        let settings = view.settings();
        let one = &view.orchestration;
        let mille = u32::try_from(settings.leavers_per_mille).unwrap_or(1_000);
        Self {
            mode: Some(one.mode.into()),
            cron: one.cron.clone(),
            time_zone: one.time_zone.clone(),
            after_id: one.after_id.clone(),
            only_if_changed: Some(one.only_if_changed),
            warn_below: Some(settings.guard.warn_below),
            warn_above: Some(settings.guard.warn_above),
            fail_below: Some(settings.guard.fail_below),
            fail_above: Some(settings.guard.fail_above),
            same_key: Some(settings.same_key.as_str().to_owned()),
            on_leave: Some(settings.on_leave.as_str().to_owned()),
            leavers_percent: Some(f64::from(mille) / 10.0),
            deadline_hours: Some(settings.deadline_hours),
            alert_to: Some(settings.alert_to),
            region: Some(settings.rules.region),
            verification: Some(settings.rules.verification.as_str().to_owned()),
        }
    }

    /// What the page's form would hold, over what it has.
    fn over(self, entry: Entry) -> Entry {
        let guard = |given: Option<Option<u64>>, stored| match given {
            None => stored,
            Some(rows) => rows.map_or_else(String::new, |rows| rows.to_string()),
        };
        let mode = self.mode.map(Mode::from);
        Entry {
            mode: mode.map_or(entry.mode, |mode| mode.as_str().to_owned()),
            cron: self.cron.unwrap_or(entry.cron),
            time_zone: self.time_zone.unwrap_or(entry.time_zone),
            after: self.after_id.unwrap_or(entry.after),
            only_if_changed: self.only_if_changed.unwrap_or(entry.only_if_changed),
            warn_below: guard(self.warn_below, entry.warn_below),
            warn_above: guard(self.warn_above, entry.warn_above),
            fail_below: guard(self.fail_below, entry.fail_below),
            fail_above: guard(self.fail_above, entry.fail_above),
            same_key: self.same_key.unwrap_or(entry.same_key),
            on_leave: self.on_leave.unwrap_or(entry.on_leave),
            leavers_percent: self
                .leavers_percent
                .map_or(entry.leavers_percent, |percent| percent.to_string()),
            deadline_hours: self
                .deadline_hours
                .map_or(entry.deadline_hours, |hours| hours.to_string()),
            region: self.region.unwrap_or(entry.region),
            verification: self.verification.unwrap_or(entry.verification),
            alert_to: self.alert_to.map(|all| all.join(",")).or(entry.alert_to),
            ..entry
        }
    }
}

impl Mask for OrchestrationSettings {
    fn mask(&mut self) {
        for address in self.alert_to.iter_mut().flatten() {
            *address = mask::email(address);
        }
    }
}

/// From a query to a destination.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrchestrationRecord {
    /// Our id.
    id: String,
    /// Its name, unique.
    name: String,
    /// What it is for.
    description: String,
    /// The id of the query: where its rows come from.
    query_id: String,
    /// The name of the query.
    query: Option<String>,
    /// The id of the destination: where they go.
    destination_id: String,
    /// The name of the destination.
    destination: Option<String>,
    /// When it runs, and its guards.
    settings: OrchestrationSettings,
    /// Whether it runs by itself at all.
    active: bool,
    /// When it runs by itself, in words.
    runs: String,
    /// The next three times by its clock, as if it were active.
    next: Vec<String>,
    /// How many fields are mapped by hand.
    mapped_fields: usize,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was last changed.
    #[schema(format = DateTime)]
    updated_at: String,
}

impl From<OrchestrationView> for OrchestrationRecord {
    fn from(view: OrchestrationView) -> Self {
        Self {
            settings: OrchestrationSettings::of(&view),
            mapped_fields: view.settings().mapping.entries.len(),
            next: view.next.iter().map(ToString::to_string).collect(),
            runs: view.runs,
            query: view.query.map(|query| query.name),
            destination: view.destination.map(|destination| destination.name),
            id: view.orchestration.id,
            name: view.orchestration.name,
            description: view.orchestration.description,
            query_id: view.orchestration.query_id,
            destination_id: view.orchestration.destination_id,
            active: view.orchestration.active,
            created_at: view.orchestration.created_at.to_string(),
            updated_at: view.orchestration.updated_at.to_string(),
        }
    }
}

impl Mask for OrchestrationRecord {
    fn mask(&mut self) {
        self.settings.mask();
    }
}

/// An orchestration with what uses it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrchestrationDetails {
    #[serde(flatten)]
    pub(super) orchestration: OrchestrationRecord,
    /// What uses it and keeps it from being deleted, such as `orchestration later`.
    pub(super) uses: Vec<String>,
}

/// A new orchestration.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrchestrationNew {
    /// Its name, unique.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// What it is for.
    #[serde(default)]
    description: String,
    /// The id of the query: where its rows come from.
    query_id: String,
    /// The id of the destination: where they go.
    destination_id: String,
    /// When it runs, and its guards; what is not said is as the page's form begins.
    #[serde(default)]
    settings: OrchestrationSettings,
}

impl From<OrchestrationNew> for Entry {
    fn from(new: OrchestrationNew) -> Self {
        let blank = Self {
            name: new.name,
            description: new.description,
            ..Self::blank(new.query_id, new.destination_id)
        };
        new.settings.over(blank)
    }
}

/// What is changed of an orchestration; what is not given stays. Its mapping is changed on its own.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrchestrationChange {
    /// Its name, unique.
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    /// What it is for.
    description: Option<String>,
    /// The id of the query: where its rows come from.
    query_id: Option<String>,
    /// The id of the destination: where they go.
    destination_id: Option<String>,
    /// When it runs, and its guards; what is not given stays.
    #[serde(default)]
    settings: OrchestrationSettings,
}

impl OrchestrationChange {
    /// What the page's form would hold, over what is stored.
    pub(super) fn over(self, view: &OrchestrationView) -> Entry {
        let stored = Entry::of(view);
        self.settings.over(Entry {
            name: self.name.unwrap_or(stored.name),
            description: self.description.unwrap_or(stored.description),
            query: self.query_id.unwrap_or(stored.query),
            destination: self.destination_id.unwrap_or(stored.destination),
            ..stored
        })
    }
}
