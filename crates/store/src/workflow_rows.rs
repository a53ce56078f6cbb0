//! Rows of a workflow that a person has to see, and what they decided about them (profile-send.md 2).

use std::collections::HashMap;

use domain::profile::RowState;
use domain::profile::action::ConflictChoice;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use crate::bulk::{Bulk, clean};
use crate::database::Tx;
use crate::error::{Error, Result};

/// One row. Its key and cells are personal data: `Debug` shows neither, nor its sentence.
#[derive(Clone, PartialEq, Eq)]
pub struct WorkflowRow {
    /// Counts the rows of the source.
    pub row: i64,
    /// Where it stands in the source.
    pub line: i64,
    /// What became of it.
    pub state: RowState,
    /// Why, as a word: a rule or a class of failures.
    pub code: Option<String>,
    /// Which column or attribute it is about.
    pub field: Option<String>,
    /// Why, and what to do, as a person reads it.
    pub sentence: Option<String>,
    /// Who the row is: external id or email.
    pub key: Option<String>,
    /// Zendesk's id of the user, if known.
    pub zendesk_id: Option<i64>,
    /// The second user of a conflict.
    pub other_id: Option<i64>,
    /// What a person decided about a conflict.
    pub choice: Option<ConflictChoice>,
    /// The original cells, as a JSON list.
    pub cells: Option<String>,
}

impl std::fmt::Debug for WorkflowRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WorkflowRow")
            .field("row", &self.row)
            .field("line", &self.line)
            .field("state", &self.state)
            .field("code", &self.code)
            .field("field", &self.field)
            .field("zendesk_id", &self.zendesk_id)
            .field("other_id", &self.other_id)
            .field("choice", &self.choice)
            .finish_non_exhaustive()
    }
}

fn workflow_row(row: &AnyRow) -> Result<WorkflowRow> {
    let damaged = |what: &str, word: &str| Error::Damaged(format!("{what} {word:?} of a row"));
    let state: String = row.try_get("state")?;
    let choice: Option<String> = row.try_get("choice")?;
    Ok(WorkflowRow {
        row: row.try_get("row")?,
        line: row.try_get("line")?,
        state: RowState::parse(&state).ok_or_else(|| damaged("state", &state))?,
        code: row.try_get("code")?,
        field: row.try_get("field")?,
        sentence: row.try_get("sentence")?,
        key: row.try_get("key")?,
        zendesk_id: row.try_get("zendesk_id")?,
        other_id: row.try_get("other_id")?,
        choice: choice
            .map(|word| ConflictChoice::parse(&word).ok_or_else(|| damaged("choice", &word)))
            .transpose()?,
        cells: row.try_get("cells")?,
    })
}

static PUT: Bulk = Bulk::new(
    "INSERT INTO workflow_row (workflow_id, row, line, state, code, field, sentence, key, zendesk_id, other_id, choice, cells)",
    12,
    "ON CONFLICT (workflow_id, row) DO UPDATE SET line = excluded.line, state = excluded.state, code = excluded.code, \
     field = excluded.field, sentence = excluded.sentence, key = excluded.key, zendesk_id = excluded.zendesk_id, \
     other_id = excluded.other_id, choice = COALESCE(excluded.choice, workflow_row.choice), cells = excluded.cells",
);

/// Adds rows, or replaces them by their number; of rows with one number the last counts. A choice that a
/// person made stays unless the row brings another one.
///
/// # Errors
/// As the database says.
pub async fn put(tx: &mut Tx, workflow_id: &str, rows: &[WorkflowRow]) -> Result<()> {
    // One statement may touch a row only once.
    let mut places = HashMap::with_capacity(rows.len());
    let mut last: Vec<&WorkflowRow> = Vec::with_capacity(rows.len());
    for row in rows {
        let place = *places.entry(row.row).or_insert(last.len());
        match last.get_mut(place) {
            Some(earlier) => *earlier = row,
            None => last.push(row),
        }
    }
    PUT.run(tx, &last, |values, row| {
        values
            .text(workflow_id)
            .int(row.row)
            .int(row.line)
            .text(row.state.as_str())
            .maybe_text(row.code.as_deref())
            .maybe_text(row.field.as_deref())
            .maybe_text(row.sentence.as_deref())
            .maybe_text(row.key.as_deref())
            .maybe_int(row.zendesk_id)
            .maybe_int(row.other_id)
            .maybe_text(row.choice.map(ConflictChoice::as_str))
            .maybe_text(row.cells.as_deref());
    })
    .await?;
    Ok(())
}

/// Removes the rows in these states; those about which a person has decided stay, since what was decided
/// must outlive a crash.
///
/// # Errors
/// As the database says.
pub async fn clear(tx: &mut Tx, workflow_id: &str, states: &[&str]) -> Result<()> {
    for state in states {
        sqlx::query(
            "DELETE FROM workflow_row WHERE workflow_id = $1 AND state = $2 AND choice IS NULL",
        )
        .bind(clean(workflow_id))
        .bind(clean(state))
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// The rows behind `after_row`, in their order, at most `limit`, of one state if given. To begin with,
/// `after_row` is below the first row's number: -1.
///
/// # Errors
/// As the database says.
pub async fn page(
    connection: &mut AnyConnection,
    workflow_id: &str,
    state: Option<&str>,
    after_row: i64,
    limit: i64,
) -> Result<Vec<WorkflowRow>> {
    let text = match state {
        Some(_) => {
            "SELECT * FROM workflow_row WHERE workflow_id = $1 AND row > $2 AND state = $4 ORDER BY row LIMIT $3"
        }
        None => {
            "SELECT * FROM workflow_row WHERE workflow_id = $1 AND row > $2 ORDER BY row LIMIT $3"
        }
    };
    let mut query = sqlx::query(text)
        .bind(clean(workflow_id))
        .bind(after_row)
        .bind(limit);
    if let Some(state) = state {
        query = query.bind(clean(state));
    }
    query
        .fetch_all(connection)
        .await?
        .iter()
        .map(workflow_row)
        .collect()
}

/// The rows about which a person decides, behind `after_row`, in their order, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn undecided(
    connection: &mut AnyConnection,
    workflow_id: &str,
    after_row: i64,
    limit: i64,
) -> Result<Vec<WorkflowRow>> {
    // Two walks over the index of states, so that a million rows of other states cost nothing.
    sqlx::query(
        "SELECT * FROM workflow_row WHERE workflow_id = $1 AND row > $2 AND state = 'conflict' \
         UNION ALL SELECT * FROM workflow_row WHERE workflow_id = $1 AND row > $2 AND state = 'failed' \
         AND code = 'identity_conflict' ORDER BY row LIMIT $3",
    )
    .bind(clean(workflow_id))
    .bind(after_row)
    .bind(limit)
    .fetch_all(connection)
    .await?
    .iter()
    .map(workflow_row)
    .collect()
}

/// How many rows are kept of each state; states without rows are left out.
///
/// # Errors
/// As the database says.
pub async fn count(
    connection: &mut AnyConnection,
    workflow_id: &str,
) -> Result<Vec<(RowState, u64)>> {
    sqlx::query(
        "SELECT state, COUNT(*) AS n FROM workflow_row WHERE workflow_id = $1 GROUP BY state ORDER BY state",
    )
    .bind(clean(workflow_id))
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| {
        let word: String = row.try_get("state")?;
        let state = RowState::parse(&word)
            .ok_or_else(|| Error::Damaged(format!("state {word:?} of a row")))?;
        Ok((state, u64::try_from(row.try_get::<i64, _>("n")?).unwrap_or(0)))
    })
    .collect()
}

/// Notes what a person decided about a conflict, or that they took it back. Returns whether there is such
/// a row in conflict.
///
/// # Errors
/// As the database says.
pub async fn choose(
    tx: &mut Tx,
    workflow_id: &str,
    row: i64,
    choice: Option<ConflictChoice>,
) -> Result<bool> {
    let chosen = sqlx::query(
        "UPDATE workflow_row SET choice = $3 WHERE workflow_id = $1 AND row = $2 \
         AND (state = 'conflict' OR code = 'identity_conflict')",
    )
    .bind(clean(workflow_id))
    .bind(row)
    .bind(choice.map(|choice| choice.as_str().to_owned()))
    .execute(&mut **tx)
    .await?;
    Ok(chosen.rows_affected() > 0)
}

/// The rows about which a person decided, in their order.
///
/// # Errors
/// As the database says.
pub async fn with_choice(
    connection: &mut AnyConnection,
    workflow_id: &str,
) -> Result<Vec<WorkflowRow>> {
    sqlx::query(
        "SELECT * FROM workflow_row WHERE workflow_id = $1 AND choice IS NOT NULL ORDER BY row",
    )
    .bind(clean(workflow_id))
    .fetch_all(connection)
    .await?
    .iter()
    .map(workflow_row)
    .collect()
}
