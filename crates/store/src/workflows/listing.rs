//! Workflows as a page lists them: filtered, newest first, page by page.

use jiff::Timestamp;
use sqlx::AnyConnection;
use sqlx::AssertSqlSafe;

use super::{Workflow, WorkflowState, workflow};
use crate::bulk::clean;
use crate::error::Result;

/// Which workflows are wanted. What is not said lets all through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WorkflowFilter {
    /// Only those that stand so.
    pub state: Option<WorkflowState>,
    /// Only those of this orchestration.
    pub orchestration_id: Option<String>,
    /// Only those to this destination.
    pub destination_id: Option<String>,
    /// Only those asked for since.
    pub since: Option<Timestamp>,
    /// Only those to one of these destinations: the ones that whoever asks may see.
    pub among: Option<Vec<String>>,
}

/// The workflows that pass the filter, the newest first, below the number `before`, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn page(
    connection: &mut AnyConnection,
    filter: &WorkflowFilter,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Workflow>> {
    // Numbers rise with time, so the first one since then is a bound that the index knows.
    let least: Option<i64> = match filter.since {
        None => Some(0),
        Some(since) => {
            sqlx::query_scalar(
                "SELECT number FROM workflow WHERE created_at >= $1 ORDER BY created_at, number LIMIT 1",
            )
            .bind(since.as_microsecond())
            .fetch_optional(&mut *connection)
            .await?
        }
    };
    let Some(least) = least else {
        return Ok(Vec::new());
    };
    let words = [
        ("state", filter.state.map(|state| state.as_str().to_owned())),
        ("orchestration_id", filter.orchestration_id.clone()),
        ("destination_id", filter.destination_id.clone()),
    ];
    let mut text = "SELECT * FROM workflow WHERE number < $1 AND number >= $2".to_owned();
    let mut values = Vec::new();
    for (column, value) in words {
        if let Some(value) = value {
            values.push(value);
            text.push_str(&format!(" AND {column} = ${}", values.len() + 3));
        }
    }
    if let Some(among) = &filter.among {
        if among.is_empty() {
            return Ok(Vec::new());
        }
        let first = values.len() + 4;
        let places: Vec<String> = (first..first + among.len())
            .map(|place| format!("${place}"))
            .collect();
        text.push_str(&format!(" AND destination_id IN ({})", places.join(", ")));
        values.extend(among.iter().cloned());
    }
    text.push_str(" ORDER BY number DESC LIMIT $3");
    let mut query = sqlx::query(AssertSqlSafe(text))
        .bind(before.unwrap_or(i64::MAX))
        .bind(least)
        .bind(limit);
    for value in &values {
        query = query.bind(clean(value));
    }
    query
        .fetch_all(connection)
        .await?
        .iter()
        .map(workflow)
        .collect()
}
