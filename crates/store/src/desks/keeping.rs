//! Writing a desk back: what changed, and nothing else.

use domain::desk::{Desk, DeskLink, Mapped, Version, Written};
use domain::outbox::Operation;
use jiff::Timestamp;
use sqlx::Row as _;

use super::Held;
use crate::bulk::clean;
use crate::database::Tx;
use crate::error::{Error, Result};
use crate::leases::still_held;
use crate::outbox;
use crate::zendesk_users::encode;

/// A comment whose mapping could not be kept, since one of its halves is something else already. Both
/// are left as they are; it costs a comment that stands on the case twice, and is worth a warning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotMapped {
    /// The case comment.
    pub comment: String,
    /// The Zendesk comment it was found to be.
    pub remote_id: i64,
}

/// Keeps what was decided on a case that was read by [`super::lock`] in this same transaction: its
/// fields, its link, its operations, which Zendesk comments its comments are, and which state of the
/// ticket was merged. What did not change costs no statement. History and conflicts are the caller's to
/// add; so is the mirror's row of a ticket that is new here, before this, since only the caller has it
/// whole ([`crate::tickets::put_read`]).
///
/// `requested_by` says of new operations who asked: a user's id, or `sync`. Comments that could not be
/// mapped are handed back.
///
/// # Errors
/// [`Error::LeaseLost`] if the case was changed since it was read, which a locked one cannot be;
/// [`Error::Taken`] if the ticket is another case's already. Nothing may be committed then.
pub async fn save(
    tx: &mut Tx,
    integration: &str,
    before: &Held,
    after: &Desk,
    written: &Written,
    requested_by: &str,
    now: Timestamp,
) -> Result<Vec<NotMapped>> {
    keep_link(tx, integration, before, after, written, now).await?;
    keep_fields(tx, before, after, now).await?;
    let changed: Vec<Operation> = after
        .operations
        .iter()
        .filter(|operation| written.operations.contains(&operation.op_id))
        .filter(|operation| before.desk.operation(&operation.op_id) != Some(operation))
        .cloned()
        .collect();
    outbox::put(tx, integration, requested_by, &changed, now).await?;
    let mut not_mapped = Vec::new();
    for mapped in &written.mapped {
        if !map(tx, integration, mapped).await? {
            not_mapped.push(NotMapped {
                comment: mapped.comment.clone(),
                remote_id: mapped.remote,
            });
        }
    }
    Ok(not_mapped)
}

async fn keep_fields(tx: &mut Tx, before: &Held, after: &Desk, now: Timestamp) -> Result<()> {
    if after.fields == before.case.fields {
        return Ok(());
    }
    let fields = &after.fields;
    let done = sqlx::query(
        "UPDATE crm_case SET subject = $3, description = $4, status = $5, priority = $6, assigned_to = $7, contact_id = $8, \
         closed_at = $9, updated_at = $10, version = version + 1 WHERE id = $1 AND version = $2",
    )
    .bind(before.case.id.clone())
    .bind(before.case.version)
    .bind(clean(&fields.subject))
    .bind(clean(&fields.description))
    .bind(fields.status.as_str().to_owned())
    .bind(fields.priority.as_str().to_owned())
    .bind(fields.assigned_to.as_deref().map(clean))
    .bind(fields.contact.as_deref().map(clean))
    .bind(fields.closed_at.map(Timestamp::as_microsecond))
    .bind(now.as_microsecond())
    .execute(&mut **tx)
    .await?;
    still_held(&done)?;
    if fields.subject != before.case.fields.subject {
        let subject = (before.case.number, fields.subject.as_str());
        crate::words::keep_cases(tx, std::iter::once(subject)).await?;
    }
    Ok(())
}

async fn keep_link(
    tx: &mut Tx,
    integration: &str,
    before: &Held,
    after: &Desk,
    written: &Written,
    now: Timestamp,
) -> Result<()> {
    if let Some(former) = written.closed_link {
        sqlx::query(
            "UPDATE link SET state = 'closed' WHERE remote_id = $2 AND integration_id = $1 AND case_id = $3",
        )
        .bind(clean(integration))
        .bind(former)
        .bind(after.case.clone())
        .execute(&mut **tx)
        .await?;
    }
    let Some(link) = &after.link else {
        return Ok(());
    };
    let known = before
        .desk
        .link
        .as_ref()
        .filter(|known| known.ticket == link.ticket);
    if known.is_none_or(|known| known.agreed != link.agreed) {
        put_link(tx, integration, after, link, now).await?;
    }
    // A ticket that was only linked has not been merged yet: the mirror's row stays what it is.
    if link.seen != Version::default() && known.is_none_or(|known| known.seen != link.seen) {
        sqlx::query(
            "UPDATE zendesk_ticket SET updated_at = $3, read_at = $4 WHERE remote_id = $2 AND integration_id = $1",
        )
        .bind(clean(integration))
        .bind(link.ticket)
        .bind(link.seen.updated_at.map(Timestamp::as_microsecond))
        .bind(link.seen.read_at.map(Timestamp::as_microsecond))
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

async fn put_link(
    tx: &mut Tx,
    integration: &str,
    after: &Desk,
    link: &DeskLink,
    now: Timestamp,
) -> Result<()> {
    let agreed = encode(std::iter::once(&link.agreed))?.pop();
    let done = sqlx::query(
        "INSERT INTO link (integration_id, remote_id, case_id, state, agreed, created_at, number) VALUES ($1, $2, $3, 'open', $4, $5, $6) \
         ON CONFLICT (remote_id, integration_id) DO UPDATE SET state = 'open', agreed = excluded.agreed, number = excluded.number WHERE link.case_id = excluded.case_id",
    )
    .bind(clean(integration))
    .bind(link.ticket)
    .bind(after.case.clone())
    .bind(agreed.unwrap_or_default())
    .bind(now.as_microsecond())
    .bind(i64::from(after.predecessors))
    .execute(&mut **tx)
    .await;
    let taken = || Error::Taken {
        what: format!("Ticket {}", link.ticket),
    };
    match done {
        Ok(done) if done.rows_affected() > 0 => Ok(()),
        Ok(_) => Err(taken()),
        // The case has an open link already, which somebody made without its lock.
        Err(error)
            if error
                .as_database_error()
                .is_some_and(|said| said.is_unique_violation()) =>
        {
            Err(taken())
        }
        Err(error) => Err(error.into()),
    }
}

/// Notes which Zendesk comment a case comment is. Where the mirror has not got it yet, an empty row
/// stands in for it, which its import fills. False if either is something else already.
async fn map(tx: &mut Tx, integration: &str, mapped: &Mapped) -> Result<bool> {
    let known = sqlx::query(
        "SELECT integration_id, remote_id FROM zendesk_comment WHERE case_comment_id = $1",
    )
    .bind(clean(&mapped.comment))
    .fetch_optional(&mut **tx)
    .await?;
    if let Some(row) = known {
        return Ok(row.try_get::<i64, _>("remote_id")? == mapped.remote
            && row.try_get::<String, _>("integration_id")? == integration);
    }
    let done = sqlx::query(
        "INSERT INTO zendesk_comment (integration_id, remote_id, ticket_remote_id, case_comment_id, op_id, content, raw) \
         VALUES ($1, $2, $3, $4, $5, 0, '{}') \
         ON CONFLICT (remote_id, integration_id) DO UPDATE SET case_comment_id = excluded.case_comment_id, op_id = excluded.op_id \
         WHERE zendesk_comment.case_comment_id IS NULL",
    )
    .bind(clean(integration))
    .bind(mapped.remote)
    .bind(mapped.ticket)
    .bind(clean(&mapped.comment))
    .bind(mapped.op_id.as_deref().map(clean))
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}
