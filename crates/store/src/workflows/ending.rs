//! How a workflow ends, and how it is opened again.

use jiff::Timestamp;
use sqlx::{AnyConnection, Row as _};

use super::{Workflow, WorkflowState};
use crate::audit::{self, Act};
use crate::bulk::clean;
use crate::database::Tx;
use crate::error::Result;

/// Ends an open workflow by something that a person has to settle: its word, if it has one, and what the
/// person reads.
///
/// # Errors
/// As the database says.
pub async fn fail(
    tx: &mut Tx,
    id: &str,
    trouble: Option<&str>,
    sentence: &str,
    result: Option<&str>,
    now: Timestamp,
) -> Result<()> {
    let how = (trouble, Some(sentence), result);
    end(tx, id, WorkflowState::Failed, how, now).await
}

/// Ends an open workflow: all its rows have an outcome.
///
/// # Errors
/// As the database says.
pub async fn complete(tx: &mut Tx, id: &str, result: &str, now: Timestamp) -> Result<()> {
    let how = (None, None, Some(result));
    end(tx, id, WorkflowState::Completed, how, now).await
}

/// Ends an open workflow because a person asked.
///
/// # Errors
/// As the database says.
pub async fn stop(tx: &mut Tx, id: &str, result: Option<&str>, now: Timestamp) -> Result<()> {
    end(tx, id, WorkflowState::Stopped, (None, None, result), now).await
}

async fn end(
    tx: &mut Tx,
    id: &str,
    state: WorkflowState,
    (trouble, sentence, result): (Option<&str>, Option<&str>, Option<&str>),
    now: Timestamp,
) -> Result<()> {
    sqlx::query(
        "UPDATE workflow SET state = $2, trouble = $3, sentence = $4, result = $5, ended_at = $6, waits = NULL, stop_asked = 0 \
         WHERE id = $1 AND ended_at IS NULL",
    )
    .bind(clean(id))
    .bind(state.as_str().to_owned())
    .bind(trouble.map(clean))
    .bind(sentence.map(clean))
    .bind(result.map(clean))
    .bind(now.as_microsecond())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Asks an open workflow to stop at the next place where it can.
///
/// # Errors
/// As the database says.
pub async fn ask_to_stop(tx: &mut Tx, id: &str) -> Result<()> {
    sqlx::query("UPDATE workflow SET stop_asked = 1 WHERE id = $1 AND ended_at IS NULL")
        .bind(clean(id))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Whether a person asked an open workflow to stop; also yes if it is gone.
///
/// # Errors
/// As the database says.
pub async fn is_stop_asked(connection: &mut AnyConnection, id: &str) -> Result<bool> {
    let row = sqlx::query("SELECT stop_asked FROM workflow WHERE id = $1")
        .bind(clean(id))
        .fetch_optional(connection)
        .await?;
    match row {
        Some(row) => Ok(row.try_get::<i64, _>("stop_asked")? != 0),
        None => Ok(true),
    }
}

/// Opens a failed or stopped workflow again: it waits, at the task where it ended, with other settings
/// or further approved guards if given. `how` is the action that a person took, for the audit log.
/// Returns whether there was one to open.
///
/// # Errors
/// As the database says.
pub async fn reopen(
    tx: &mut Tx,
    workflow: &Workflow,
    settings: Option<&str>,
    approved: Option<&str>,
    how: &str,
    act: Act<'_>,
) -> Result<bool> {
    let opened = sqlx::query(
        "UPDATE workflow SET state = 'waiting', settings = COALESCE($2, settings), approved = COALESCE($3, approved), \
         trouble = NULL, sentence = NULL, result = NULL, ended_at = NULL, stop_asked = 0 \
         WHERE id = $1 AND state IN ('failed', 'stopped')",
    )
    .bind(workflow.id.clone())
    .bind(settings.map(clean))
    .bind(approved.map(clean))
    .execute(&mut **tx)
    .await?;
    if opened.rows_affected() == 0 {
        return Ok(false);
    }
    audit::note(tx, act, "workflow.reopen", &workflow.title, how).await?;
    Ok(true)
}
