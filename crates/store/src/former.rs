//! What is kept of integrations that were deleted, so that an account that is connected again finds its
//! cases, comments and contacts instead of making them a second time.
//!
//! Only what joins the two sides is kept: ids, and what both last agreed on. The mirror itself goes
//! (ticket-sync.md 2) and is read anew.

use jiff::Timestamp;
use sqlx::{AnyConnection, AssertSqlSafe};

use crate::bulk::clean;
use crate::database::Tx;
use crate::error::Result;

/// Sets aside what joins the records of an integration to ours, before it is deleted.
///
/// # Errors
/// As the database says.
pub(crate) async fn keep(
    tx: &mut Tx,
    integration: &str,
    account: &str,
    now: Timestamp,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO former_integration (id, account, deleted_at) VALUES ($1, $2, $3) \
         ON CONFLICT (id) DO UPDATE SET account = excluded.account, asked_id = NULL, deleted_at = excluded.deleted_at",
    )
    .bind(clean(integration))
    .bind(clean(account))
    .bind(now.as_microsecond())
    .execute(&mut **tx)
    .await?;
    for text in [
        "INSERT INTO former_link (former_id, remote_id, case_id, state, agreed, number, created_at) \
         SELECT integration_id, remote_id, case_id, state, agreed, number, created_at FROM link WHERE integration_id = $1",
        "INSERT INTO former_comment (former_id, remote_id, ticket_remote_id, case_comment_id, op_id, content) \
         SELECT integration_id, remote_id, ticket_remote_id, case_comment_id, op_id, content FROM zendesk_comment \
         WHERE integration_id = $1 AND case_comment_id IS NOT NULL",
        "INSERT INTO former_person (former_id, remote_id, contact_id, agreed, created_at) \
         SELECT integration_id, remote_id, contact_id, agreed, created_at FROM person_link WHERE integration_id = $1",
    ] {
        run(tx, text, integration).await?;
    }
    Ok(())
}

/// The integration of this account that was deleted last and whose id nobody has taken over.
///
/// # Errors
/// As the database says.
pub async fn of_account(connection: &mut AnyConnection, account: &str) -> Result<Option<String>> {
    Ok(sqlx::query_scalar(
        "SELECT id FROM former_integration WHERE account = $1 AND asked_id IS NULL ORDER BY deleted_at DESC, id LIMIT 1",
    )
    .bind(clean(account))
    .fetch_optional(connection)
    .await?)
}

/// The id that was taken over by the integration that was asked for under `asked`.
///
/// # Errors
/// As the database says.
pub async fn taken_over_as(connection: &mut AnyConnection, asked: &str) -> Result<Option<String>> {
    Ok(
        sqlx::query_scalar("SELECT id FROM former_integration WHERE asked_id = $1")
            .bind(clean(asked))
            .fetch_optional(connection)
            .await?,
    )
}

/// Takes the id of a deleted integration over, for the one that was asked for under `asked`. False if
/// somebody else has just done so.
///
/// # Errors
/// As the database says.
pub async fn take_over(tx: &mut Tx, former: &str, asked: &str) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE former_integration SET asked_id = $2 WHERE id = $1 AND asked_id IS NULL",
    )
    .bind(clean(former))
    .bind(clean(asked))
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Joins the records of an account to ours as they were joined before its integration was deleted, under
/// the id that the integration had and has again. Returns how many tickets have their case again.
///
/// A case that got a ticket elsewhere meanwhile, or is about to, is left alone: its former ticket will
/// make a case of its own. A file that could not be fetched before the deletion goes, since it comes
/// with its comment.
///
/// # Errors
/// As the database says.
pub async fn rejoin(tx: &mut Tx, integration: &str) -> Result<u64> {
    let links = run(
        tx,
        "INSERT INTO link (integration_id, remote_id, case_id, state, agreed, number, created_at) \
         SELECT f.former_id, f.remote_id, f.case_id, f.state, f.agreed, f.number, f.created_at FROM former_link f \
         WHERE f.former_id = $1 \
         AND NOT EXISTS (SELECT 1 FROM link l WHERE l.case_id = f.case_id AND l.state = 'open') \
         AND NOT EXISTS (SELECT 1 FROM link l WHERE l.case_id = f.case_id AND l.state = 'closed') \
         AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.line = f.case_id AND o.kind IN ('publish', 'follow_up') \
         AND o.state IN ('waiting', 'claimed', 'parked'))",
        integration,
    )
    .await?;
    for text in [
        // Without a text, and with a hash that no text has, so that it is mirrored when it is read.
        "INSERT INTO zendesk_comment (integration_id, remote_id, ticket_remote_id, case_comment_id, op_id, content, raw) \
         SELECT f.former_id, f.remote_id, f.ticket_remote_id, f.case_comment_id, f.op_id, \
         CASE WHEN f.content = 0 THEN 0 ELSE ~f.content END, '{}' FROM former_comment f WHERE f.former_id = $1 \
         AND EXISTS (SELECT 1 FROM link l WHERE l.remote_id = f.ticket_remote_id AND l.integration_id = f.former_id)",
        "INSERT INTO person_link (integration_id, remote_id, contact_id, agreed, created_at) \
         SELECT former_id, remote_id, contact_id, agreed, created_at FROM former_person WHERE former_id = $1",
        "DELETE FROM attachment WHERE integration_id IS NULL AND remote_id IS NULL AND sha256 IS NULL AND state = 'parked' \
         AND case_comment_id IN (SELECT case_comment_id FROM zendesk_comment WHERE integration_id = $1)",
        "DELETE FROM former_link WHERE former_id = $1",
        "DELETE FROM former_comment WHERE former_id = $1",
        "DELETE FROM former_person WHERE former_id = $1",
    ] {
        run(tx, text, integration).await?;
    }
    Ok(links)
}

async fn run(tx: &mut Tx, text: &'static str, integration: &str) -> Result<u64> {
    let done = sqlx::query(AssertSqlSafe(text))
        .bind(clean(integration))
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected())
}
