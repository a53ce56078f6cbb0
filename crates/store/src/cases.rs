//! Cases (`crm_case`).

mod search;

use std::collections::HashMap;

use domain::case::{CaseFields, CasePriority, CaseSource, CaseStatus};
use jiff::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use crate::bulk::{Bulk, clean, select_in};
use crate::database::Tx;
use crate::error::{Error, Result};
use crate::words;

pub use search::{Assigned, CaseFilter, Found, Place, search};

/// A case.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// Our id: what programs keep.
    pub id: String,
    /// What people say to each other.
    pub number: i64,
    /// What is merged with the ticket.
    pub fields: CaseFields,
    /// How it came in.
    pub source: CaseSource,
    /// Who owns it.
    pub owner_id: Option<String>,
    /// When it was reported.
    pub reported_at: Timestamp,
    /// Which run made it, if a pull did.
    pub created_by_run: Option<String>,
    /// When it was made here.
    pub created_at: Timestamp,
    /// When it last changed here.
    pub updated_at: Timestamp,
    /// Rises with every change.
    pub version: i64,
    /// When it was deleted here; it is kept so that it can be restored.
    pub deleted_at: Option<Timestamp>,
}

pub(crate) fn moment(row: &AnyRow, column: &str) -> Result<Timestamp> {
    maybe_moment(row, column)?.ok_or_else(|| Error::Damaged(format!("{column} is empty")))
}

pub(crate) fn maybe_moment(row: &AnyRow, column: &str) -> Result<Option<Timestamp>> {
    Ok(row
        .try_get::<Option<i64>, _>(column)?
        .and_then(|at| Timestamp::from_microsecond(at).ok()))
}

pub(crate) fn case(row: &AnyRow) -> Result<Case> {
    let id: String = row.try_get("id")?;
    let damaged = |column: &str| Error::Damaged(format!("{column} of case {id}"));
    Ok(Case {
        number: row.try_get("number")?,
        fields: CaseFields {
            subject: row.try_get("subject")?,
            description: row.try_get("description")?,
            status: CaseStatus::parse(&row.try_get::<String, _>("status")?)
                .ok_or_else(|| damaged("status"))?,
            priority: CasePriority::parse(&row.try_get::<String, _>("priority")?)
                .ok_or_else(|| damaged("priority"))?,
            assigned_to: row.try_get("assigned_to")?,
            contact: row.try_get("contact_id")?,
            closed_at: maybe_moment(row, "closed_at")?,
        },
        source: CaseSource::parse(&row.try_get::<String, _>("source")?)
            .ok_or_else(|| damaged("source"))?,
        owner_id: row.try_get("owner_id")?,
        reported_at: moment(row, "reported_at")?,
        created_by_run: row.try_get("created_by_run")?,
        created_at: moment(row, "created_at")?,
        updated_at: moment(row, "updated_at")?,
        version: row.try_get("version")?,
        deleted_at: maybe_moment(row, "deleted_at")?,
        id,
    })
}

static UPSERT: Bulk = Bulk::new(
    "INSERT INTO crm_case (id, number, subject, description, status, priority, source, assigned_to, contact_id, owner_id, \
     reported_at, closed_at, created_at, updated_at, created_by_run)",
    15,
    "ON CONFLICT (id) DO UPDATE SET subject = excluded.subject, description = excluded.description, status = excluded.status, \
     priority = excluded.priority, assigned_to = excluded.assigned_to, contact_id = excluded.contact_id, \
     closed_at = excluded.closed_at, updated_at = excluded.updated_at, version = crm_case.version + 1",
);

/// Adds new cases, and replaces the merged fields of known ones, by id. The caller has read known
/// ones in this same transaction.
///
/// # Errors
/// As the database says.
pub async fn put(tx: &mut Tx, cases: &[Case]) -> Result<()> {
    UPSERT
        .run(tx, cases, |row, case| {
            let fields = &case.fields;
            row.text(&case.id)
                .int(case.number)
                .text(&fields.subject)
                .text(&fields.description)
                .text(fields.status.as_str())
                .text(fields.priority.as_str())
                .text(case.source.as_str())
                .maybe_text(fields.assigned_to.as_deref())
                .maybe_text(fields.contact.as_deref())
                .maybe_text(case.owner_id.as_deref())
                .int(case.reported_at.as_microsecond())
                .maybe_int(fields.closed_at.map(Timestamp::as_microsecond))
                .int(case.created_at.as_microsecond())
                .int(case.updated_at.as_microsecond())
                .maybe_text(case.created_by_run.as_deref());
        })
        .await?;
    let subjects = cases.iter();
    let subjects = subjects.map(|case| (case.number, case.fields.subject.as_str()));
    words::keep_cases(tx, subjects).await
}

/// The cases with these ids, deleted ones too. On PostgreSQL they stay locked until the
/// transaction ends, so that what a merge read is what it replaces.
///
/// # Errors
/// As the database says.
pub async fn lock(tx: &mut Tx, ids: &[String]) -> Result<HashMap<String, Case>> {
    let tail = match tx.dialect() {
        crate::Dialect::Sqlite => "",
        crate::Dialect::Postgres => "ORDER BY id FOR UPDATE",
    };
    select_in(tx, "SELECT * FROM crm_case WHERE id IN", None, ids, tail)
        .await?
        .iter()
        .map(|row| case(row).map(|case| (case.id.clone(), case)))
        .collect()
}

static CLOSED: Bulk = Bulk::new(
    "UPDATE crm_case SET closed_at = v.column2 FROM (",
    2,
    ") AS v WHERE crm_case.id = v.column1 AND crm_case.closed_at IS NOT NULL AND crm_case.closed_at <> v.column2",
);

/// Sets when cases were closed, for those that are: `(case, moment)`. Returns how many it changed.
///
/// # Errors
/// As the database says.
pub async fn set_closed_at(tx: &mut Tx, closed: &[(String, Timestamp)]) -> Result<u64> {
    CLOSED
        .run(tx, closed, |row, (case, at)| {
            row.text(case).int(at.as_microsecond());
        })
        .await
}

/// Marks a case deleted, or restored. Its row stays.
///
/// # Errors
/// As the database says.
pub async fn set_deleted(
    tx: &mut Tx,
    id: &str,
    deleted_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<()> {
    sqlx::query(
        "UPDATE crm_case SET deleted_at = $2, updated_at = $3, version = version + 1 WHERE id = $1",
    )
    .bind(clean(id))
    .bind(deleted_at.map(Timestamp::as_microsecond))
    .bind(now.as_microsecond())
    .execute(&mut **tx)
    .await?;
    match deleted_at {
        Some(at) => crate::tombstones::put(tx, "case", id, "deleted here", at).await,
        None => crate::tombstones::lift(tx, "case", id).await,
    }
}

/// A line of the list of cases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseLine {
    /// Our id.
    pub id: String,
    /// What people say to each other.
    pub number: i64,
    /// Subject.
    pub subject: String,
    /// Status.
    pub status: CaseStatus,
    /// Priority.
    pub priority: CasePriority,
    /// Contact it is for.
    pub contact_id: Option<String>,
    /// User it is assigned to.
    pub assigned_to: Option<String>,
    /// When it last changed here.
    pub updated_at: Timestamp,
    /// Its ticket, if it has one.
    pub ticket: Option<i64>,
    /// Whose ticket.
    pub integration_id: Option<String>,
}

/// The newest cases by number, those with a number below `before` if given, at most `limit`.
/// Deleted ones are left out. A walk over the numbers' index: page 10,000 costs as much as page 1.
///
/// # Errors
/// As the database says.
pub async fn list(
    connection: &mut AnyConnection,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<CaseLine>> {
    sqlx::query(
        "SELECT c.id, c.number, c.subject, c.status, c.priority, c.contact_id, c.assigned_to, c.updated_at, l.remote_id, l.integration_id \
         FROM crm_case c LEFT JOIN link l ON l.case_id = c.id AND l.state = 'open' \
         WHERE c.deleted_at IS NULL AND c.number < $1 ORDER BY c.number DESC LIMIT $2",
    )
    .bind(before.unwrap_or(i64::MAX))
    .bind(limit)
    .fetch_all(connection)
    .await?
    .iter()
    .map(line)
    .collect()
}

fn line(row: &AnyRow) -> Result<CaseLine> {
    let id: String = row.try_get("id")?;
    Ok(CaseLine {
        number: row.try_get("number")?,
        subject: row.try_get("subject")?,
        status: CaseStatus::parse(&row.try_get::<String, _>("status")?)
            .ok_or_else(|| Error::Damaged(format!("status of case {id}")))?,
        priority: CasePriority::parse(&row.try_get::<String, _>("priority")?)
            .ok_or_else(|| Error::Damaged(format!("priority of case {id}")))?,
        contact_id: row.try_get("contact_id")?,
        assigned_to: row.try_get("assigned_to")?,
        updated_at: moment(row, "updated_at")?,
        ticket: row.try_get("remote_id")?,
        integration_id: row.try_get("integration_id")?,
        id,
    })
}

/// The case with this number or id, deleted or not.
///
/// # Errors
/// As the database says.
pub async fn find(connection: &mut AnyConnection, number_or_id: &str) -> Result<Option<Case>> {
    let query = match number_or_id.parse::<i64>() {
        Ok(number) => sqlx::query("SELECT * FROM crm_case WHERE number = $1").bind(number),
        Err(_) => sqlx::query("SELECT * FROM crm_case WHERE id = $1").bind(clean(number_or_id)),
    };
    query
        .fetch_optional(connection)
        .await?
        .as_ref()
        .map(case)
        .transpose()
}

/// How many cases there are, deleted ones left out.
///
/// # Errors
/// As the database says.
pub async fn count(connection: &mut AnyConnection) -> Result<i64> {
    Ok(
        sqlx::query_scalar("SELECT COUNT(*) FROM crm_case WHERE deleted_at IS NULL")
            .fetch_one(connection)
            .await?,
    )
}
