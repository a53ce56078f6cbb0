//! Changes on their way to Zendesk (reliability.md 5). Pushing fills and empties it.

use crate::bulk::clean;
use crate::database::Tx;
use crate::error::Result;

/// Empties what waits to be sent about these cases, whose ticket Zendesk has erased: nothing of it
/// can be delivered, and its text must not stay.
///
/// # Errors
/// As the database says.
pub async fn purge(tx: &mut Tx, integration: &str, cases: &[String]) -> Result<()> {
    for case in cases {
        sqlx::query("UPDATE outbox SET payload = '{}', state = 'parked', reason = 'the ticket was erased in Zendesk' WHERE integration_id = $1 AND case_id = $2")
            .bind(clean(integration))
            .bind(case.clone())
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}
