//! What the simulator does where sources disagree about Zendesk.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Names the switches that all simulators of a process begin with: `failed_rows=indexed,bare_rows=true`.
const VARIABLE: &str = "SIMULATOR_SWITCHES";

static NAMED: LazyLock<Result<Switches, String>> = LazyLock::new(|| {
    let named = std::env::var(VARIABLE).unwrap_or_default();
    Switches::default()
        .named(&named)
        .map_err(|error| format!("{VARIABLE}: {error}"))
});

/// What to do where sources disagree about Zendesk, or nothing is confirmed (zendesk-api.md 7, 8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Switches {
    /// When `GET /users/me` answers 200 with a null id in place of 401 (zendesk-api.md 0.2).
    pub anonymous_me: AnonymousMe,
    /// Whether the newest minute is left out of tickets and ticket events (zendesk-api.md 3.9).
    pub leave_out_newest_minute: bool,
    /// Whether a `start_time` of the last minute is refused for users and organizations as well.
    /// The documents say so for all exports; a recording of users from 2022 shows otherwise.
    pub refuse_recent_start_for_users: bool,
    /// Whether `{{...}}` in comments is replaced (zendesk-api.md 3.8).
    pub expand_placeholders: bool,
    /// Whether placeholders are found behind encoded braces as well: `&#123;&#123;ticket.id&#125;&#125;`.
    /// No source says so; a client that escapes customers' text relies on it that they are not.
    pub placeholders_in_encoded_braces: bool,
    /// Whether triggers write audits of their own, by the system user -1. All recordings show their
    /// events in the audit of the update that they follow, each with its own `via`.
    pub triggers_in_own_audit: bool,
    /// Whether a reply of the requester opens a solved ticket again: a public comment whose author is the
    /// ticket's requester and an end user, unless the same update says a status (zendesk-api.md 4.1).
    pub reply_reopens: bool,
    /// Whether the way to a file's content wants somebody who is signed in: 403 to others, as accounts
    /// with private attachments answer (probe of 2026).
    pub private_attachments: bool,
    /// Whether an upload token that is unknown, used or dead is refused with 422. No source says what
    /// happens; without it the comment is added without the file.
    pub refuse_unknown_uploads: bool,
    /// After how many seconds the caller's `metadata` of an update shows in audits, comments and
    /// ticket events; the answer to the update itself has it at once. No source says that there is a
    /// delay, and none that there is not.
    pub marker_delay: i64,
    /// Whether bulk user endpoints are switched on for the account (zendesk-api.md 0.4).
    pub bulk_user_import: bool,
    /// Whether the refusal of bulk user import says in its body that this is off. No source shows the
    /// body; without it, it is that of a role that may not.
    pub bulk_off_says_so: bool,
    /// Whether a job too many is refused with 422 in place of 429 (zendesk-api.md 2).
    pub too_many_jobs_is_422: bool,
    /// The form of failed rows of upserts (zendesk-api.md 3.3).
    pub failed_rows: FailedRows,
    /// Whether rows of upserts say nothing but id and status, as those of `create_many` do (recorded);
    /// else external id and email too, where the request had them.
    pub bare_rows: bool,
    /// Whether the rows of a job come in the order they were sent, as in some recordings.
    pub rows_in_order: bool,
    /// Whether an option that a dropdown does not have is refused; reports say that it is dropped
    /// without an error (zendesk-api.md 3.5).
    pub refuse_unknown_options: bool,
    /// Whether a suspended or deleted agent is told 403 in place of 401 (zendesk-api.md 1).
    pub suspended_is_forbidden: bool,
    /// Whether a bad bearer token is refused as a bad API token is, and not in OAuth's words
    /// (zendesk-api.md 1: the keys are not confirmed).
    pub bad_bearer_is_plain: bool,
    /// Whether the limits that refuse in plain text, as recorded, refuse in the documents' JSON
    /// (zendesk-api.md 2, 8).
    pub limits_say_json: bool,
    /// Whether ids of jobs are 32 hex digits, as the documents have them, and not `V3-` before as many
    /// (recorded; zendesk-api.md 8).
    pub bare_job_ids: bool,
    /// Whether rows of made users have their index, as the documents say; recorded ones have none
    /// (zendesk-api.md 8).
    pub made_rows_have_index: bool,
    /// Whether the last page of a list has a cursor and a link to the next, as recorded; the documents
    /// say null (zendesk-api.md 8).
    pub last_page_leads_on: bool,
    /// Whether `GET tickets/{id}` shows a deleted ticket, by its status, and not 404 (zendesk-api.md
    /// 3.7: not confirmed).
    pub deleted_tickets_show: bool,
    /// Whether an update that changes nothing moves `updated_at` and leaves an empty audit
    /// (zendesk-api.md 3.7: that it does not is not confirmed).
    pub idle_updates_show: bool,
    /// Whether a `start_time` that is too recent is refused with 422, not 400 (zendesk-api.md 3.9: not
    /// confirmed).
    pub recent_start_is_422: bool,
    /// Whether ticket events have the `metadata` of callers at all (zendesk-api.md 3.9: their form is
    /// general knowledge).
    pub events_have_metadata: bool,
    /// Whether setting a ticket back to new is passed over, and not refused (zendesk-api.md 4.1).
    pub new_again_is_dropped: bool,
    /// Whether only the automation closes tickets, and the API is refused; a probe saw it accepted
    /// (zendesk-api.md 8).
    pub only_rules_close: bool,
    /// Whether `GET users/{id}` answers 404 for a user that was deleted or merged away, and does not
    /// show it as inactive (zendesk-api.md 3.4: not confirmed).
    pub gone_users_are_unknown: bool,
    /// What an upsert does whose email and external id are two users' (zendesk-api.md 3.4: not
    /// documented).
    pub two_matches: TwoMatches,
    /// Whether upload tokens die after an hour, as the documents say, and not after the recorded three
    /// days (zendesk-api.md 8).
    pub uploads_die_in_an_hour: bool,
    /// Whether a phone number of a user that is no number is dropped, and not kept (zendesk-api.md 4.3:
    /// not documented).
    pub bad_phones_are_dropped: bool,
    /// Whether two safe updates that meet in one second both pass: each is held against the ticket as
    /// it was before that second. No source says that a safe update is one step.
    pub safe_updates_race: bool,
    /// How many seconds `Date` is ahead of the clock that `updated_at` is taken from; no source says
    /// that they are one.
    pub date_ahead: i64,
    /// The most bytes of an update's `metadata`, as JSON. No source names a limit.
    pub most_metadata: usize,
    /// Whether `metadata` that is too long is dropped without an error, in place of a 422.
    pub drop_long_metadata: bool,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            anonymous_me: AnonymousMe::WithoutToken,
            leave_out_newest_minute: true,
            refuse_recent_start_for_users: false,
            expand_placeholders: true,
            placeholders_in_encoded_braces: false,
            triggers_in_own_audit: false,
            reply_reopens: true,
            private_attachments: false,
            refuse_unknown_uploads: false,
            marker_delay: 0,
            bulk_user_import: true,
            bulk_off_says_so: false,
            too_many_jobs_is_422: false,
            failed_rows: FailedRows::Position,
            bare_rows: false,
            rows_in_order: false,
            refuse_unknown_options: true,
            suspended_is_forbidden: false,
            bad_bearer_is_plain: false,
            limits_say_json: false,
            bare_job_ids: false,
            made_rows_have_index: false,
            last_page_leads_on: true,
            deleted_tickets_show: false,
            idle_updates_show: false,
            recent_start_is_422: false,
            events_have_metadata: true,
            new_again_is_dropped: false,
            only_rules_close: false,
            gone_users_are_unknown: false,
            two_matches: TwoMatches::Refused,
            uploads_die_in_an_hour: false,
            bad_phones_are_dropped: false,
            safe_updates_race: false,
            date_ahead: 0,
            most_metadata: 1_000_000,
            drop_long_metadata: false,
        }
    }
}

impl Switches {
    /// Those that simulators of this process have unless told otherwise: the default ones, but for what
    /// the variable `SIMULATOR_SWITCHES` names, so that a whole test suite runs in another position. Read
    /// once. If it names what is not there, no simulator starts: a suite must not pass because of a
    /// misspelt name.
    pub fn of_this_process() -> Self {
        NAMED
            .as_ref()
            .map_or_else(|_| Self::default(), |named| *named)
    }

    /// Whether the environment names what is there.
    ///
    /// # Errors
    /// A sentence about what is not.
    pub(crate) fn check_environment() -> Result<(), String> {
        let named = NAMED.as_ref();
        named.map_or_else(|error| Err(error.clone()), |_| Ok(()))
    }

    /// These, but for those that are named: `failed_rows=indexed,bare_rows=true`.
    ///
    /// # Errors
    /// A sentence about what is not there.
    pub fn named(self, named: &str) -> Result<Self, String> {
        let pairs = named.split(',').map(str::trim);
        let mut changes = Map::new();
        for pair in pairs.filter(|pair| !pair.is_empty()) {
            let (name, value) = pair
                .split_once('=')
                .ok_or_else(|| format!("{pair:?} is not NAME=VALUE"))?;
            let value = serde_json::from_str(value).unwrap_or_else(|_| json!(value));
            changes.insert(name.to_owned(), value);
        }
        self.changed(changes)
    }

    /// These, but for those in `changes`, by name.
    ///
    /// # Errors
    /// A sentence about what is not there.
    pub fn changed(self, changes: Map<String, Value>) -> Result<Self, String> {
        let written = serde_json::to_value(self).map_err(|error| error.to_string())?;
        let Value::Object(mut all) = written else {
            return Err("switches are no object".to_owned());
        };
        for (name, value) in changes {
            match all.get_mut(&name) {
                Some(place) => *place = value,
                None => return Err(format!("there is no switch {name:?}")),
            }
        }
        serde_json::from_value(Value::Object(all)).map_err(|error| error.to_string())
    }

    /// Every position that a switch can have and has not by default, as `name=value`.
    pub fn positions() -> Vec<String> {
        let Ok(Value::Object(all)) = serde_json::to_value(Self::default()) else {
            return Vec::new();
        };
        let words: &[&[&str]] = &[
            &["nobody", "without_token", "everybody"],
            &["position", "indexed"],
            &["refused", "email", "external_id"],
        ];
        let positions = all.iter().flat_map(|(name, value)| match value {
            Value::Bool(on) => vec![format!("{name}={}", !on)],
            // The least that a limit may be, and otherwise seconds.
            Value::Number(_) if name == "most_metadata" => vec![format!("{name}=1000")],
            Value::Number(_) => vec![format!("{name}=20")],
            Value::String(word) => words
                .iter()
                .filter(|words| words.contains(&word.as_str()))
                .flat_map(|words| words.iter().filter(|other| **other != word.as_str()))
                .map(|other| format!("{name}={other}"))
                .collect(),
            Value::Null | Value::Array(_) | Value::Object(_) => Vec::new(),
        });
        positions.collect()
    }
}

/// How a row says that it failed (zendesk-api.md 3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailedRows {
    /// `{"id":2,"status":"Failed","error":..,"details":"Name: Email: .."}`: the id is the row's
    /// position, and there is no index (reported).
    Position,
    /// `{"index":2,"id":2,"error":..,"details":..}`: neither `success` nor `action` nor `status`.
    Indexed,
}

/// What becomes of an upsert whose email and external id are those of two users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TwoMatches {
    /// It is refused: the email is taken.
    Refused,
    /// The user with the email is changed, and the external id passed over.
    Email,
    /// The user with the external id is changed, and the email passed over.
    ExternalId,
}

/// Who is answered 200 with a null id at `GET /users/me` (zendesk-api.md 0.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnonymousMe {
    /// Nobody: 401 for all.
    Nobody,
    /// Requests without credentials or with a password; a wrong API token is 401 (probe of 2026).
    WithoutToken,
    /// Every request that is not signed in (client fixtures of 2023).
    Everybody,
}

#[cfg(test)]
mod tests {
    use super::Switches;

    #[test]
    fn the_documentation_names_every_switch() {
        let page = include_str!("../../../../docs/simulator.md");
        let written = format!("{:?}", Switches::default());
        let names: Vec<&str> = written
            .trim_start_matches("Switches { ")
            .split(", ")
            .filter_map(|pair| pair.split_once(':').map(|(name, _)| name))
            .collect();
        assert!(names.len() > 10, "{names:?}");
        for name in names {
            assert!(
                page.contains(&format!("| `{name}` |")),
                "{name} is not in docs/simulator.md"
            );
        }
    }

    #[test]
    fn every_switch_has_another_position_that_can_be_named() {
        let positions = Switches::positions();
        let names = format!("{:?}", Switches::default()).matches(": ").count();
        assert!(positions.len() > names, "{positions:?}");
        for position in positions {
            let moved = Switches::default().named(&position).unwrap();
            assert_ne!(moved, Switches::default(), "{position}");
        }
    }

    #[test]
    fn a_switch_that_is_not_there_is_told() {
        let error = |named: &str| Switches::default().named(named).unwrap_err();
        assert_eq!(error("bare_row=true"), "there is no switch \"bare_row\"");
        assert_eq!(error("bare_rows"), "\"bare_rows\" is not NAME=VALUE");
        assert!(error("failed_rows=none").contains("none"));
    }
}
