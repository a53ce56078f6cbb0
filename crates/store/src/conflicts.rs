//! Fields that were changed on both sides. Nothing that lost is thrown away.

use jiff::Timestamp;
use sqlx::{AnyConnection, Row as _};

use crate::bulk::{Bulk, clean};
use crate::database::Tx;
use crate::error::Result;

/// Whose field was changed on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A case's; the other side is its ticket.
    Case(String),
    /// A contact's; the other side is a Zendesk user.
    Contact(String),
}

/// One field changed on both sides, and how it was settled.
#[derive(Clone, PartialEq, Eq)]
pub struct Conflict {
    /// Our id.
    pub id: String,
    /// Whose field it is, here.
    pub subject: Subject,
    /// Whose field it is, in Zendesk: a ticket's or a user's.
    pub remote_id: i64,
    /// The field's word.
    pub field: String,
    /// What both sides last agreed on, in our terms.
    pub agreed: Option<String>,
    /// What we held.
    pub crm: Option<String>,
    /// What Zendesk held, raw.
    pub zendesk: Option<String>,
    /// The side whose value stands: `crm` or `zendesk`.
    pub winner: &'static str,
    /// By which rule: `remote wins`, `local wins`, `one-way`.
    pub rule: &'static str,
}

impl std::fmt::Debug for Conflict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Conflict")
            .field("subject", &self.subject)
            .field("field", &self.field)
            .field("winner", &self.winner)
            .finish_non_exhaustive()
    }
}

static INSERT: Bulk = Bulk::new(
    "INSERT INTO conflict (id, integration_id, case_id, contact_id, remote_id, field, agreed, crm, zendesk, winner, rule, run_id, at)",
    13,
    "",
);

/// Records conflicts.
///
/// # Errors
/// As the database says.
pub async fn record(
    tx: &mut Tx,
    integration: &str,
    run: &str,
    conflicts: &[Conflict],
    now: Timestamp,
) -> Result<()> {
    INSERT
        .run(tx, conflicts, |row, conflict| {
            let (case, contact) = match &conflict.subject {
                Subject::Case(id) => (Some(id.as_str()), None),
                Subject::Contact(id) => (None, Some(id.as_str())),
            };
            row.text(&conflict.id)
                .text(integration)
                .maybe_text(case)
                .maybe_text(contact)
                .int(conflict.remote_id)
                .text(&conflict.field)
                .maybe_text(conflict.agreed.as_deref())
                .maybe_text(conflict.crm.as_deref())
                .maybe_text(conflict.zendesk.as_deref())
                .text(conflict.winner)
                .text(conflict.rule)
                .text(run)
                .int(now.as_microsecond());
        })
        .await?;
    Ok(())
}

/// Empties what conflict records repeat of these tickets, which Zendesk has erased. Our own value
/// of the field, and that there was a conflict, stays.
///
/// # Errors
/// As the database says.
pub async fn purge(tx: &mut Tx, integration: &str, tickets: &[i64]) -> Result<()> {
    for ticket in tickets {
        sqlx::query("UPDATE conflict SET zendesk = NULL, agreed = NULL WHERE integration_id = $1 AND remote_id = $2 AND case_id IS NOT NULL")
            .bind(integration.to_owned())
            .bind(*ticket)
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

/// How many conflicts a case has had.
///
/// # Errors
/// As the database says.
pub async fn count(connection: &mut AnyConnection, case: &str) -> Result<i64> {
    Ok(
        sqlx::query("SELECT COUNT(*) AS n FROM conflict WHERE case_id = $1")
            .bind(clean(case))
            .fetch_one(connection)
            .await?
            .try_get("n")?,
    )
}
