//! Which result row of a job belongs to which sent row (profile-send.md 3, step 5).
//!
//! Result rows carry no reliable index or order. Ids come first, a position only where nothing speaks
//! against it, and what stays ambiguous is read back from Zendesk rather than guessed.

use std::collections::HashMap;

use serde_json::Value;

use super::failure::{RowFailure, explain};
use super::key::{Ids, key_of};
use super::outcome::RowState;
use crate::value::quiet_debug;

/// One row of a job's results, as far as it says something. Zendesk's forms differ by kind of job and
/// by success (zendesk-api.md 3.3), so everything may be missing.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct ResultRow {
    /// The position in the request; seldom there.
    pub index: Option<usize>,
    /// The id of the user, or in a failed row perhaps its position.
    pub id: Option<i64>,
    /// The external id.
    pub external_id: Option<String>,
    /// The email: on an update still the old primary one.
    pub email: Option<String>,
    /// `Created` or `Updated`; none if it says neither.
    pub done: Option<RowState>,
    /// Why it failed, if it did.
    pub failure: Option<RowFailure>,
}

quiet_debug!(ResultRow {
    shown: [index, id, done, failure],
    hidden: [external_id, email]
});

impl ResultRow {
    /// Reads one row. Never fails: what is not understood is left out.
    pub fn read(row: &Value) -> Self {
        let text = |key| {
            row.get(key).and_then(|value| match value {
                Value::String(text) => Some(text.clone()),
                Value::Number(number) => Some(number.to_string()),
                Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
            })
        };
        let status = text("status").unwrap_or_default().to_lowercase();
        let error = text("error").filter(|error| !error.is_empty());
        let failed = error.is_some()
            || status == "failed"
            || row.get("success").and_then(Value::as_bool) == Some(false);
        let done = match status.as_str() {
            _ if failed => None,
            "created" => Some(RowState::Created),
            "updated" => Some(RowState::Updated),
            _ => None,
        };
        Self {
            index: text("index").and_then(|index| index.parse().ok()),
            id: text("id").and_then(|id| id.parse().ok()),
            external_id: text("external_id").filter(|id| !id.is_empty()),
            email: text("email").filter(|email| !email.is_empty()),
            done,
            failure: failed
                .then(|| explain(error.as_deref(), row.get("details").unwrap_or(&Value::Null))),
        }
    }
}

/// One row of a batch as it was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SentRow<'a> {
    /// Its ids.
    pub ids: Ids<'a>,
    /// Zendesk's id of the user, if the batch named one.
    pub zendesk_id: Option<i64>,
}

/// What became of one sent row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowResult {
    /// Zendesk made or changed this user.
    Done {
        /// [`RowState::Created`] or [`RowState::Updated`].
        state: RowState,
        /// Zendesk's id of the user.
        zendesk_id: i64,
    },
    /// Zendesk refused it.
    Failed(RowFailure),
    /// No result can be told to be its own: read the user back.
    ReadBack,
}

/// What became of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matched {
    /// One result per sent row, in the order sent.
    pub rows: Vec<RowResult>,
    /// How many results fewer than rows there were.
    pub missing: usize,
    /// Users on whom several rows of the batch landed, lowest id first: rows that should have been
    /// told to be one person before (code `two_rows_one_user`).
    pub shared: Vec<i64>,
}

/// Matches the results of a job with the rows of its batch.
pub fn match_results(sent: &[SentRow<'_>], results: &[ResultRow]) -> Matched {
    let mut matching = Matching::new(sent, results);
    matching.by_ids();
    matching.by_position();
    matching.finish()
}

/// What a result row may still be given to.
struct Matching<'a> {
    sent: &'a [SentRow<'a>],
    results: &'a [ResultRow],
    /// Per sent row the results that claim it.
    claims: Vec<Vec<usize>>,
    /// Per result whether it found its row.
    placed: Vec<bool>,
}

impl<'a> Matching<'a> {
    fn new(sent: &'a [SentRow<'a>], results: &'a [ResultRow]) -> Self {
        Self {
            sent,
            results,
            claims: vec![Vec::new(); sent.len()],
            placed: vec![false; results.len()],
        }
    }

    /// Gives each result to the row with its external id, else with its email, else with its Zendesk
    /// id. An id that two sent rows share tells nobody.
    fn by_ids(&mut self) {
        let by_external_id = unique(self.sent, |row| row.ids.external_id.map(key_of));
        let by_email = unique(self.sent, |row| row.ids.email.map(key_of));
        let by_id = unique(self.sent, |row| row.zendesk_id);
        let results = self.results;
        for (place, result) in results.iter().enumerate() {
            let found = look(&by_external_id, result.external_id.as_deref().map(key_of))
                .or_else(|| look(&by_email, result.email.as_deref().map(key_of)))
                .or_else(|| look(&by_id, result.id));
            if let Some(row) = found {
                self.claim(row, place);
            }
        }
    }

    /// Gives the rest to the rows at their positions, where nothing speaks against it.
    ///
    /// A failed row may name its position, as `index` or as `id`. The others have only their place in
    /// the list, which counts if there are as many results as rows and every result that names its row
    /// stands at that row's place. Where only an `id` speaks against the place, it may as well be
    /// counted from one: nobody can tell, and all of them are read back.
    fn by_position(&mut self) {
        let results = self.results;
        let rest: Vec<(usize, &ResultRow)> = results
            .iter()
            .enumerate()
            .filter(|(place, _)| self.placed.get(*place) == Some(&false))
            .collect();
        let in_range = |row: usize| Some(row).filter(|row| *row < self.sent.len());
        let index = |result: &ResultRow| result.index.and_then(in_range);
        let position = |result: &ResultRow| {
            let id = result.failure.is_some().then_some(result.id).flatten();
            id.and_then(|id| usize::try_from(id).ok())
                .and_then(in_range)
        };
        let in_order = results.len() == self.sent.len()
            && self
                .claims
                .iter()
                .enumerate()
                .all(|(row, claims)| claims.iter().all(|place| *place == row))
            && rest
                .iter()
                .all(|(place, result)| index(result).is_none_or(|row| row == *place));
        let doubtful = in_order
            && rest
                .iter()
                .filter(|(_, result)| index(result).is_none())
                .any(|(place, result)| position(result).is_some_and(|row| row != *place));
        let claims: Vec<(usize, usize)> = rest
            .iter()
            .filter_map(|(place, result)| {
                let row = match (index(result), in_order, doubtful) {
                    (Some(row), _, _) => row,
                    (None, true, true) => return None,
                    (None, true, false) => *place,
                    (None, false, _) => position(result)?,
                };
                (self.is_free(row) && !self.contradicts(row, result)).then_some((row, *place))
            })
            .collect();
        for (row, place) in claims {
            self.claim(row, place);
        }
    }

    /// Whether no result has this row yet.
    fn is_free(&self, row: usize) -> bool {
        self.claims.get(row).is_some_and(Vec::is_empty)
    }

    /// Whether the result bears an external id other than that of the row. Its email may differ: an
    /// update still shows the old one.
    fn contradicts(&self, row: usize, result: &ResultRow) -> bool {
        let wanted = self.sent.get(row).and_then(|row| row.ids.external_id);
        match (wanted, result.external_id.as_deref()) {
            (Some(wanted), Some(shown)) => key_of(wanted) != key_of(shown),
            (Some(_) | None, None) | (None, Some(_)) => false,
        }
    }

    fn claim(&mut self, row: usize, place: usize) {
        if let Some(claims) = self.claims.get_mut(row) {
            claims.push(place);
        }
        if let Some(placed) = self.placed.get_mut(place) {
            *placed = true;
        }
    }

    /// What each row's only claim says.
    fn finish(self) -> Matched {
        let rows: Vec<RowResult> = self
            .claims
            .iter()
            .map(|claims| match claims.as_slice() {
                [place] => self.results.get(*place).map_or(RowResult::ReadBack, said),
                _ => RowResult::ReadBack,
            })
            .collect();
        let mut seen: HashMap<i64, usize> = HashMap::new();
        for row in &rows {
            if let RowResult::Done { zendesk_id, .. } = row {
                *seen.entry(*zendesk_id).or_default() += 1;
            }
        }
        let mut shared: Vec<i64> = seen
            .into_iter()
            .filter(|(_, rows)| *rows > 1)
            .map(|(id, _)| id)
            .collect();
        shared.sort_unstable();
        Matched {
            missing: self.sent.len().saturating_sub(self.results.len()),
            rows,
            shared,
        }
    }
}

/// What a result says of its row.
fn said(result: &ResultRow) -> RowResult {
    if let Some(failure) = &result.failure {
        return RowResult::Failed(failure.clone());
    }
    match (result.done, result.id) {
        (Some(state), Some(zendesk_id)) => RowResult::Done { state, zendesk_id },
        (Some(_) | None, _) => RowResult::ReadBack,
    }
}

/// Where each id is; nothing for an id that several rows share.
fn unique<K: std::hash::Hash + Eq>(
    sent: &[SentRow<'_>],
    id: impl Fn(&SentRow<'_>) -> Option<K>,
) -> HashMap<K, Option<usize>> {
    let mut places = HashMap::new();
    for (place, row) in sent.iter().enumerate() {
        if let Some(id) = id(row) {
            places
                .entry(id)
                .and_modify(|found| *found = None)
                .or_insert(Some(place));
        }
    }
    places
}

/// The place of an id, if it is one row's alone.
fn look<K: std::hash::Hash + Eq>(
    places: &HashMap<K, Option<usize>>,
    id: Option<K>,
) -> Option<usize> {
    places.get(&id?).copied().flatten()
}
