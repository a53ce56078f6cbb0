//! Fields that were changed on both sides. Nothing that lost is thrown away.

use jiff::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};

use crate::bulk::{Bulk, clean};
use crate::database::Tx;
use crate::error::{Error, Result};

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

/// Records conflicts. `run` is the run that met them, if one did.
///
/// # Errors
/// As the database says.
pub async fn record(
    tx: &mut Tx,
    integration: &str,
    run: Option<&str>,
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
                .maybe_text(run)
                .int(now.as_microsecond());
        })
        .await?;
    Ok(())
}

/// A conflict as it is read back.
#[derive(Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Our id: what a restore names.
    pub id: String,
    /// Between us and which account.
    pub integration_id: String,
    /// Whose field it is, here.
    pub subject: Subject,
    /// The number of its case; none for a contact's, or if the case is gone.
    pub case_number: Option<i64>,
    /// Whose field it is, in Zendesk: a ticket's or a user's.
    pub remote_id: i64,
    /// The field's word.
    pub field: String,
    /// What both sides had last agreed on, in our terms.
    pub agreed: Option<String>,
    /// What we held.
    pub crm: Option<String>,
    /// What Zendesk held, raw.
    pub zendesk: Option<String>,
    /// The side whose value stands: `crm` or `zendesk`.
    pub winner: String,
    /// By which rule.
    pub rule: String,
    /// In which run, if in one.
    pub run_id: Option<String>,
    /// When it was settled.
    pub at: Timestamp,
    /// When the losing value was restored, if it was.
    pub restored_at: Option<Timestamp>,
}

impl std::fmt::Debug for Recorded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorded")
            .field("id", &self.id)
            .field("subject", &self.subject)
            .field("field", &self.field)
            .field("winner", &self.winner)
            .finish_non_exhaustive()
    }
}

impl Recorded {
    /// Where a list goes on behind it.
    pub fn cursor(&self) -> Cursor {
        Cursor {
            at: self.at,
            id: self.id.clone(),
        }
    }
}

/// Which conflicts are meant; all, if nothing is said.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter<'a> {
    /// Only of this case.
    pub case: Option<&'a str>,
    /// Only of this contact.
    pub contact: Option<&'a str>,
    /// Only of this integration.
    pub integration: Option<&'a str>,
    /// Only those of which the value that lost was (or was not) restored.
    pub restored: Option<bool>,
}

/// Where a list goes on: behind this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// When the last one that was told was settled.
    pub at: Timestamp,
    /// Its id.
    pub id: String,
}

fn recorded(row: &AnyRow) -> Result<Recorded> {
    let id: String = row.try_get("id")?;
    let (case, contact): (Option<String>, Option<String>) =
        (row.try_get("case_id")?, row.try_get("contact_id")?);
    let subject = match (case, contact) {
        (Some(case), _) => Subject::Case(case),
        (None, Some(contact)) => Subject::Contact(contact),
        (None, None) => return Err(Error::Damaged(format!("conflict {id} is nobody's"))),
    };
    Ok(Recorded {
        integration_id: row.try_get("integration_id")?,
        subject,
        case_number: row.try_get("case_number")?,
        remote_id: row.try_get("remote_id")?,
        field: row.try_get("field")?,
        agreed: row.try_get("agreed")?,
        crm: row.try_get("crm")?,
        zendesk: row.try_get("zendesk")?,
        winner: row.try_get("winner")?,
        rule: row.try_get("rule")?,
        run_id: row.try_get("run_id")?,
        at: crate::cases::moment(row, "at")?,
        restored_at: crate::cases::maybe_moment(row, "restored_at")?,
        id,
    })
}

/// The conflicts there were, newest first, at most `limit` behind the cursor.
///
/// # Errors
/// As the database says.
pub async fn list(
    connection: &mut AnyConnection,
    filter: Filter<'_>,
    after: Option<&Cursor>,
    limit: i64,
) -> Result<Vec<Recorded>> {
    let (at, id) = after.map_or((i64::MAX, ""), |cursor| {
        (cursor.at.as_microsecond(), cursor.id.as_str())
    });
    // By the index of what is asked for: a few of one record, or the newest of all.
    let of = match (filter.case, filter.contact) {
        (Some(_), Some(_)) => "f.case_id = $1 AND f.contact_id = $2",
        (Some(_), None) => "f.case_id = $1 AND $2 = ''",
        (None, Some(_)) => "$1 = '' AND f.contact_id = $2",
        (None, None) => "$1 = '' AND $2 = ''",
    };
    let restored = match filter.restored {
        Some(true) => "f.restored_at IS NOT NULL",
        Some(false) => "f.restored_at IS NULL",
        None => "1 = 1",
    };
    sqlx::query(AssertSqlSafe(format!(
        "SELECT f.*, c.number AS case_number FROM conflict f LEFT JOIN crm_case c ON c.id = f.case_id \
         WHERE {of} AND {restored} AND ($3 = '' OR f.integration_id = $3) AND (f.at, f.id) < ($4, $5) ORDER BY f.at DESC, f.id DESC LIMIT $6",
    )))
    .bind(clean(filter.case.unwrap_or_default()))
    .bind(clean(filter.contact.unwrap_or_default()))
    .bind(clean(filter.integration.unwrap_or_default()))
    .bind(at)
    .bind(clean(id))
    .bind(limit)
    .fetch_all(connection)
    .await?
    .iter()
    .map(recorded)
    .collect()
}

/// The conflict with this id.
///
/// # Errors
/// As the database says.
pub async fn find(connection: &mut AnyConnection, id: &str) -> Result<Option<Recorded>> {
    let row = sqlx::query(
        "SELECT f.*, c.number AS case_number FROM conflict f LEFT JOIN crm_case c ON c.id = f.case_id WHERE f.id = $1",
    )
    .bind(clean(id))
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(recorded).transpose()
}

/// Notes that the losing value was restored. False if it was before, or there is no such conflict.
///
/// # Errors
/// As the database says.
pub async fn mark_restored(tx: &mut Tx, id: &str, now: Timestamp) -> Result<bool> {
    Ok(
        sqlx::query("UPDATE conflict SET restored_at = $2 WHERE id = $1 AND restored_at IS NULL")
            .bind(clean(id))
            .bind(now.as_microsecond())
            .execute(&mut **tx)
            .await?
            .rows_affected()
            > 0,
    )
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
