//! The list of cases by what is looked for, newest first, page by page in both directions.
//!
//! Every page costs about the same, however many cases there are: the rows come from the one index that
//! leaves fewest of them, in the order of their numbers, and what else is asked for is checked row by
//! row. So that a rare combination never walks through a million rows, a page looks at a bounded number
//! of them; if that was not enough to fill it, it says so and where to go on.

mod text;

use domain::case::{CasePriority, CaseStatus};
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::{AnyConnection, Arguments as _, AssertSqlSafe, Row as _};

use super::{CaseLine, line};
use crate::bulk::clean;
use crate::error::{Error, Result};

/// So many rows one page looks at. They may lie anywhere in a large file: with 10,000 a page took 300 ms.
const LOOKED_AT: i64 = 1_000;

/// So many cases that have a conflict, something parked, or a ticket of one integration are few enough to
/// be looked at one by one.
const FEW: i64 = 1_000;

/// To whom a case is assigned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assigned {
    /// To somebody.
    Anybody,
    /// To nobody.
    Nobody,
    /// To the user with this id.
    To(String),
}

/// What is looked for; everything, if nothing is said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CaseFilter {
    /// Words of the subject (or their beginnings), a case's or a ticket's number, or words of the name or
    /// email of the contact.
    pub text: String,
    /// Whether names and emails of contacts are looked through too.
    pub people: bool,
    /// Only of this status.
    pub status: Option<CaseStatus>,
    /// Only of this priority.
    pub priority: Option<CasePriority>,
    /// Only if assigned like this.
    pub assigned: Option<Assigned>,
    /// Only with a ticket of this integration, by id.
    pub integration: Option<String>,
    /// Only of this contact, by id.
    pub contact: Option<String>,
    /// Only with a conflict of which no value was restored.
    pub with_conflict: bool,
    /// Only with something parked.
    pub with_parked: bool,
}

/// Which page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Place {
    /// The first one.
    #[default]
    Newest,
    /// Cases with a number below this one.
    Below(i64),
    /// The ones next above this number.
    Above(i64),
}

impl Place {
    fn is_up(self) -> bool {
        matches!(self, Self::Above(_))
    }

    /// The comparison a number has to pass, with what it is compared to.
    fn bound(self) -> (&'static str, i64) {
        match self {
            Self::Newest => ("<", i64::MAX),
            Self::Below(number) => ("<", number),
            Self::Above(number) => (">", number),
        }
    }

    fn order(self) -> &'static str {
        if self.is_up() { "ASC" } else { "DESC" }
    }
}

/// A page of what was found, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The cases.
    pub lines: Vec<CaseLine>,
    /// Above which number newer ones may be.
    pub newer: Option<i64>,
    /// Below which number older ones may be.
    pub older: Option<i64>,
    /// Whether it stopped before the page was full, since it had looked at enough rows.
    pub unfinished: bool,
}

/// Finds cases, at most `limit`. Deleted ones are left out.
///
/// # Errors
/// As the database says.
pub async fn search(
    connection: &mut AnyConnection,
    filter: &CaseFilter,
    place: Place,
    limit: i64,
) -> Result<Found> {
    let (lines, stopped_at) = if filter.text.trim().is_empty() {
        by_index(connection, filter, place, limit).await?
    } else {
        text::by_text(connection, filter, place, limit).await?
    };
    Ok(page(lines, stopped_at, place, limit))
}

/// Puts a page together from one row more than it takes, in the order they were walked through.
fn page(mut lines: Vec<CaseLine>, stopped_at: Option<i64>, place: Place, limit: i64) -> Found {
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = lines.len() > most;
    lines.truncate(most);
    // Where to go on in the direction that was walked.
    let on = match more {
        true => lines.last().map(|last| last.number),
        false => stopped_at,
    };
    let unfinished = !more && stopped_at.is_some();
    let (newer, older) = match place {
        Place::Newest => (None, on),
        Place::Below(number) => {
            let first = lines
                .first()
                .map_or(number.saturating_sub(1), |first| first.number);
            (Some(first), on)
        }
        Place::Above(number) => {
            let last = lines
                .first()
                .map_or(number.saturating_add(1), |last| last.number);
            (on, Some(last))
        }
    };
    if place.is_up() {
        lines.reverse();
    }
    Found {
        lines,
        newer,
        older,
        unfinished,
    }
}

/// A statement being written, with what is bound to it.
#[derive(Default)]
struct Statement {
    arguments: AnyArguments,
    bound: usize,
}

impl Statement {
    /// Binds a text and says its place.
    fn text(&mut self, value: &str) -> Result<String> {
        self.place(clean(value))
    }

    fn int(&mut self, value: i64) -> Result<String> {
        self.place(value)
    }

    fn place<'q, T>(&mut self, value: T) -> Result<String>
    where
        T: sqlx::Encode<'q, sqlx::Any> + sqlx::Type<sqlx::Any>,
    {
        let added = self.arguments.add(value);
        added.map_err(|error| Error::Damaged(format!("a value to look for: {error}")))?;
        self.bound += 1;
        Ok(format!("${}", self.bound))
    }

    async fn rows(self, connection: &mut AnyConnection, text: String) -> Result<Vec<AnyRow>> {
        let query = sqlx::query_with(AssertSqlSafe(text), self.arguments);
        Ok(query.fetch_all(connection).await?)
    }
}

/// What a line shows of the case's own row.
const OWN: &str = "c.deleted_at, c.id, c.number, c.subject, c.status, c.priority, c.contact_id, c.assigned_to, c.updated_at";

/// The ticket beside it.
const TICKET: &str = "LEFT JOIN link l ON l.case_id = c.id AND l.state = 'open'";

/// The cases with a conflict of which no value was restored.
const CONFLICTS: &str =
    "SELECT case_id FROM conflict WHERE restored_at IS NULL AND case_id IS NOT NULL";

/// The cases with something parked.
const PARKED: &str = "SELECT line AS case_id FROM outbox WHERE state = 'parked' AND kind <> 'person' UNION ALL \
     SELECT k.case_id FROM attachment a JOIN crm_case_comment k ON k.id = a.case_comment_id WHERE a.state = 'parked'";

/// Everything that is asked of a case, as conditions on `c` and `l`.
fn conditions(filter: &CaseFilter, statement: &mut Statement) -> Result<String> {
    let mut all = String::from("1 = 1");
    if let Some(status) = filter.status {
        all.push_str(&format!(" AND c.status = '{}'", status.as_str()));
    }
    if let Some(priority) = filter.priority {
        all.push_str(&format!(" AND c.priority = '{}'", priority.as_str()));
    }
    match &filter.assigned {
        Some(Assigned::Anybody) => all.push_str(" AND c.assigned_to IS NOT NULL"),
        Some(Assigned::Nobody) => all.push_str(" AND c.assigned_to IS NULL"),
        Some(Assigned::To(user)) => {
            let place = statement.text(user)?;
            all.push_str(&format!(" AND c.assigned_to = {place}"));
        }
        None => {}
    }
    if let Some(contact) = &filter.contact {
        let place = statement.text(contact)?;
        all.push_str(&format!(" AND c.contact_id = {place}"));
    }
    if let Some(integration) = &filter.integration {
        let place = statement.text(integration)?;
        // So written that SQLite does not begin at the links, of which an integration has very many.
        all.push_str(&format!(" AND COALESCE(l.integration_id, '') = {place}"));
    }
    if filter.with_conflict {
        all.push_str(
            " AND EXISTS (SELECT 1 FROM conflict f WHERE f.case_id = c.id AND f.restored_at IS NULL)",
        );
    }
    if filter.with_parked {
        all.push_str(
            " AND (EXISTS (SELECT 1 FROM outbox o WHERE o.line = c.id AND o.state = 'parked') OR EXISTS \
             (SELECT 1 FROM crm_case_comment k JOIN attachment a ON a.case_comment_id = k.id \
             WHERE k.case_id = c.id AND a.state = 'parked'))",
        );
    }
    Ok(all)
}

/// The cases that one index leaves, as a condition on `c`; the number's own index, if none does.
fn narrow(filter: &CaseFilter, statement: &mut Statement) -> Result<String> {
    let open = filter.status.filter(|status| *status != CaseStatus::Closed);
    let open =
        open.map(|status| format!("c.status = '{}' AND c.status <> 'closed'", status.as_str()));
    let assigned = match &filter.assigned {
        Some(Assigned::To(user)) => Some(format!("c.assigned_to = {}", statement.text(user)?)),
        // Those that nobody has are many where nobody is assigned, so that only status may say less.
        Some(Assigned::Nobody) if open.is_some() => Some("c.assigned_to IS NULL".to_owned()),
        Some(Assigned::Nobody | Assigned::Anybody) | None => None,
    };
    if let Some(contact) = &filter.contact {
        return Ok(format!("c.contact_id = {}", statement.text(contact)?));
    }
    let priority = filter
        .priority
        .filter(|priority| *priority != CasePriority::Normal);
    Ok(match (assigned, open, priority, &filter.assigned) {
        (Some(assigned), Some(open), _, _) => format!("{assigned} AND {open}"),
        (Some(one), None, _, _) | (None, Some(one), _, _) => one,
        (None, None, Some(priority), _) => format!(
            "c.priority = '{}' AND c.priority <> 'normal'",
            priority.as_str()
        ),
        (None, None, None, Some(Assigned::Nobody)) => "c.assigned_to IS NULL".to_owned(),
        (None, None, None, _) => "1 = 1".to_owned(),
    })
}

/// A few cases among which all that are looked for must be, as a query of their ids.
async fn few(connection: &mut AnyConnection, filter: &CaseFilter) -> Result<Option<String>> {
    let mut sets: Vec<String> = Vec::new();
    if filter.with_conflict {
        sets.push(CONFLICTS.to_owned());
    }
    if filter.with_parked {
        sets.push(PARKED.to_owned());
    }
    for set in sets {
        let count = format!(
            "SELECT COUNT(*) FROM (SELECT case_id FROM ({set}) AS every LIMIT {}) AS counted",
            FEW + 1
        );
        let found: i64 = sqlx::query_scalar(AssertSqlSafe(count))
            .fetch_one(&mut *connection)
            .await?;
        if found <= FEW {
            return Ok(Some(format!(
                "SELECT DISTINCT case_id FROM ({set}) AS every"
            )));
        }
    }
    let Some(integration) = &filter.integration else {
        return Ok(None);
    };
    // An integration's id is letters and digits; whatever else is no integration's.
    if !integration.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Ok(Some("SELECT '' AS case_id".to_owned()));
    }
    let set = format!(
        "SELECT case_id FROM link WHERE integration_id = '{integration}' AND state = 'open' LIMIT {}",
        FEW + 1
    );
    let count = format!("SELECT COUNT(*) FROM ({set}) AS counted");
    let found: i64 = sqlx::query_scalar(AssertSqlSafe(count))
        .persistent(false)
        .fetch_one(&mut *connection)
        .await?;
    Ok((found <= FEW).then_some(set))
}

/// Walks one index: the rows that pass in the order of the walk, one more than the page takes, and where
/// it stopped if that was before the end.
async fn by_index(
    connection: &mut AnyConnection,
    filter: &CaseFilter,
    place: Place,
    limit: i64,
) -> Result<(Vec<CaseLine>, Option<i64>)> {
    let (sign, from) = place.bound();
    let order = place.order();
    let mut statement = Statement::default();
    if let Some(set) = few(connection, filter).await? {
        let rest = conditions(filter, &mut statement)?;
        let (from, most) = (statement.int(from)?, statement.int(limit + 1)?);
        // A cross join is walked from the left on SQLite, whatever its planner would like better.
        let text = format!(
            "SELECT {OWN}, l.remote_id, l.integration_id FROM ({set}) AS few CROSS JOIN crm_case c {TICKET} \
             WHERE c.id = few.case_id AND c.deleted_at IS NULL AND c.number {sign} {from} AND {rest} \
             ORDER BY c.number {order} LIMIT {most}"
        );
        let rows = statement.rows(connection, text).await?;
        return Ok((rows.iter().map(line).collect::<Result<_>>()?, None));
    }
    let narrow = narrow(filter, &mut statement)?;
    let rest = conditions(filter, &mut statement)?;
    let (from, most) = (statement.int(from)?, statement.int(limit + 1)?);
    let run = format!(
        "FROM crm_case c WHERE {narrow} AND c.number {sign} {from} \
         ORDER BY c.number {order} LIMIT {LOOKED_AT}"
    );
    let text = format!(
        "SELECT {OWN}, l.remote_id, l.integration_id FROM (SELECT {OWN} {run}) AS c {TICKET} WHERE c.deleted_at IS NULL AND {rest} \
         ORDER BY c.number {order} LIMIT {most}"
    );
    let rows = statement.rows(connection, text).await?;
    let lines = rows.iter().map(line).collect::<Result<Vec<_>>>()?;
    if i64::try_from(lines.len()).is_ok_and(|found| found > limit) {
        return Ok((lines, None));
    }
    let end = end_of_walk(connection, filter, place).await?;
    Ok((lines, end))
}

/// Where a walk stopped that found too little, if it was not at the end.
async fn end_of_walk(
    connection: &mut AnyConnection,
    filter: &CaseFilter,
    place: Place,
) -> Result<Option<i64>> {
    let (sign, from) = place.bound();
    let order = place.order();
    let mut statement = Statement::default();
    let narrow = narrow(filter, &mut statement)?;
    let from = statement.int(from)?;
    let text = format!(
        "SELECT c.number FROM crm_case c WHERE {narrow} AND c.number {sign} {from} \
         ORDER BY c.number {order} LIMIT 1 OFFSET {}",
        LOOKED_AT - 1
    );
    let rows = statement.rows(connection, text).await?;
    Ok(match rows.first() {
        Some(row) => Some(row.try_get("number")?),
        None => None,
    })
}
