//! Tickets whose case waits: for a Zendesk user who has not arrived or whose role nobody knows yet,
//! or to be restored.

use sqlx::AnyConnection;

use crate::bulk::Bulk;
use crate::database::Tx;
use crate::error::Result;

/// In place of a user: the ticket waits for its case, which was deleted here, to be restored.
pub const CASE: i64 = 0;

static NOTE: Bulk = Bulk::new(
    "INSERT INTO waiting_ticket (integration_id, user_remote_id, ticket_remote_id)",
    3,
    "ON CONFLICT DO NOTHING",
);

/// Notes who, or what ([`CASE`]), is waited for: `(user, ticket)`.
///
/// # Errors
/// As the database says.
pub async fn note(tx: &mut Tx, integration: &str, waiting: &[(i64, i64)]) -> Result<()> {
    NOTE.run(tx, waiting, |row, (user, ticket)| {
        row.text(integration).int(*user).int(*ticket);
    })
    .await?;
    Ok(())
}

/// Tickets for which somebody has arrived with one of these roles, or whose case has been restored,
/// at most `limit`, in the order of their ids. A ticket whose case is deleted here waits in any case.
///
/// # Errors
/// As the database says.
pub async fn ready(
    connection: &mut AnyConnection,
    integration: &str,
    roles: [&str; 3],
    limit: i64,
) -> Result<Vec<i64>> {
    let [first, second, third] = roles.map(str::to_owned);
    Ok(sqlx::query_scalar(
        "SELECT DISTINCT w.ticket_remote_id FROM waiting_ticket w \
         LEFT JOIN zendesk_user u ON u.integration_id = w.integration_id AND u.remote_id = w.user_remote_id \
         WHERE w.integration_id = $1 AND (w.user_remote_id = 0 OR u.role IN ($2, $3, $4)) \
         AND NOT EXISTS (SELECT 1 FROM link l JOIN crm_case c ON c.id = l.case_id \
         WHERE l.integration_id = w.integration_id AND l.remote_id = w.ticket_remote_id AND c.deleted_at IS NOT NULL) ORDER BY w.ticket_remote_id LIMIT $5",
    )
    .bind(integration.to_owned())
    .bind(first)
    .bind(second)
    .bind(third)
    .bind(limit)
    .fetch_all(connection)
    .await?)
}

static FORGET: Bulk = Bulk::new(
    "DELETE FROM waiting_ticket WHERE (integration_id, ticket_remote_id) IN (",
    2,
    ")",
);

/// Forgets whom these tickets waited for.
///
/// # Errors
/// As the database says.
pub async fn forget(tx: &mut Tx, integration: &str, tickets: &[i64]) -> Result<()> {
    FORGET
        .run(tx, tickets, |row, ticket| {
            row.text(integration).int(*ticket);
        })
        .await?;
    Ok(())
}
