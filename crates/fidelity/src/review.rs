//! The reviewed list of differences between recordings and the simulator: data, each with a reason.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;

use crate::difference::{Difference, What};
use crate::recording::Recording;

/// The list for recordings.
const RECORDINGS: &str = include_str!("../reviewed/recordings.toml");

/// Everything that was reviewed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Review {
    /// Differences that are explained.
    pub explained: Vec<Explained>,
    /// Rows that the simulator does not have, and that are taken out before comparing.
    pub pruned: Vec<Pruned>,
    /// Recordings that no comparison applies to.
    pub not_applicable: Vec<NotApplicable>,
    #[serde(skip)]
    used: BTreeSet<(&'static str, usize)>,
}

/// A difference that is explained.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Explained {
    /// Which kinds.
    pub what: Vec<What>,
    /// Where: pointers with `*` for any one part and a last `**` for all below; names of headers.
    pub at: Vec<String>,
    /// Only on routes that begin so: `GET users`.
    #[serde(default)]
    pub route: Vec<String>,
    /// Only in recordings from this repository.
    pub source: Option<String>,
    /// Only in recordings made before this date: `2021`.
    pub before: Option<String>,
    /// Only where this was recorded, or this type.
    pub recorded: Option<String>,
    /// Only where the simulator answers this, or this type.
    pub ours: Option<String>,
    /// Why it is no fault of the simulator, or why it is left as it is.
    pub why: String,
}

/// Rows taken out of recorded arrays.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pruned {
    /// The array, as in [`Explained::at`].
    pub rows: String,
    /// A key of its rows.
    pub key: String,
    /// Rows with one of these values of it are taken out.
    pub values: Vec<String>,
    /// Why.
    pub why: String,
}

/// Recordings that cannot be compared.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotApplicable {
    /// Their names, without `.json`.
    pub names: Vec<String>,
    /// Why.
    pub why: String,
}

impl Review {
    /// Reads the list.
    ///
    /// # Errors
    /// Where it is no valid list.
    pub fn read() -> Result<Self, toml::de::Error> {
        toml::from_str(RECORDINGS)
    }

    /// The reason for a difference, if it is reviewed.
    pub fn explain(&mut self, recording: &Recording, one: &Difference) -> Option<String> {
        let place = self
            .explained
            .iter()
            .position(|rule| rule.holds(recording, one))?;
        self.used.insert(("explained", place));
        Some(self.explained[place].why.clone())
    }

    /// Why a recording is left out, if it is.
    pub fn leave_out(&mut self, name: &str) -> Option<String> {
        let place = self
            .not_applicable
            .iter()
            .position(|rule| rule.names.iter().any(|one| one == name))?;
        self.used.insert(("not_applicable", place));
        Some(self.not_applicable[place].why.clone())
    }

    /// Takes rows out of a recorded body.
    pub fn prune(&mut self, body: &mut Value) {
        for (place, rule) in self.pruned.iter().enumerate() {
            let parts: Vec<&str> = rule.rows.split('/').skip(1).collect();
            if prune(body, &parts, rule) {
                self.used.insert(("pruned", place));
            }
        }
    }

    /// Reasons that nothing needed.
    pub fn stale(&self) -> Vec<String> {
        let unused = |list: &'static str, count: usize| {
            (0..count).filter(move |place| !self.used.contains(&(list, *place)))
        };
        let explained =
            unused("explained", self.explained.len()).map(|place| &self.explained[place].why);
        let pruned = unused("pruned", self.pruned.len()).map(|place| &self.pruned[place].why);
        let left_out = unused("not_applicable", self.not_applicable.len())
            .map(|place| &self.not_applicable[place].why);
        explained
            .chain(pruned)
            .chain(left_out)
            .map(|why| format!("stale: nothing needs the reviewed reason \"{why}\""))
            .collect()
    }
}

impl Explained {
    fn holds(&self, recording: &Recording, one: &Difference) -> bool {
        let begins = |start: &String| recording.route.starts_with(start.as_str());
        let same = |wanted: &Option<String>, found: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == found)
        };
        self.what.contains(&one.what)
            && self.at.iter().any(|pattern| matches(pattern, &one.at))
            && (self.route.is_empty() || self.route.iter().any(begins))
            && same(&self.source, &recording.source)
            && self
                .before
                .as_ref()
                .is_none_or(|before| recording.date < *before)
            && same(&self.recorded, &one.recorded)
            && same(&self.ours, &one.ours)
    }
}

/// Whether a pointer is one that a pattern means.
pub fn matches(pattern: &str, at: &str) -> bool {
    let mut wanted = pattern.split('/');
    let mut found = at.split('/');
    loop {
        match (wanted.next(), found.next()) {
            (None, None) => return true,
            (Some("**"), Some(_)) => return true,
            (Some("*"), Some(_)) => {}
            (Some(one), Some(other)) if one == other => {}
            _ => return false,
        }
    }
}

fn prune(value: &mut Value, parts: &[&str], rule: &Pruned) -> bool {
    let Some((part, rest)) = parts.split_first() else {
        let Value::Array(rows) = value else {
            return false;
        };
        let before = rows.len();
        rows.retain(|row| {
            let found = row
                .get(&rule.key)
                .and_then(Value::as_str)
                .unwrap_or_default();
            !rule.values.iter().any(|one| one == found)
        });
        return rows.len() < before;
    };
    if *part == "*" {
        let rows = value.as_array_mut().into_iter().flatten();
        // Every row, not only the first that has one to take out.
        let taken = rows.filter_map(|row| prune(row, rest, rule).then_some(()));
        return taken.count() > 0;
    }
    value
        .get_mut(*part)
        .is_some_and(|value| prune(value, rest, rule))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_means_one_part_or_all_below() {
        assert!(matches("/users/*/name", "/users/*/name"));
        assert!(matches("/*/*/name", "/users/*/name"));
        assert!(matches("/user/**", "/user/photo/url"));
        assert!(!matches("/user/*", "/user/photo/url"));
        assert!(!matches("/user/photo", "/user"));
        assert!(!matches("/users/*/name", "/users/*/email"));
    }

    #[test]
    fn the_list_is_valid_and_every_reason_is_a_sentence() {
        let review = Review::read().unwrap();
        for rule in &review.explained {
            assert!(rule.why.len() > 20, "{}", rule.why);
            assert!(
                rule.at.iter().all(|at| at != "**" && at != "/**"),
                "a reason that means everything explains nothing: {}",
                rule.why
            );
        }
    }
}
