//! A person's read-only statement on a PostgreSQL-wire database (security-and-operations.md 2).
//!
//! Fences, each enough for most accidents: the statement is looked at here (one `SELECT`, harmless
//! functions); the transaction is read only with timeouts; the database parses the statement by
//! itself, so that it cannot break out of what is put around it; it becomes a cursor over at most
//! [`Limits::rows`] rows whose values are cut on the server; our own database is refused. What a
//! user of its own with few rights adds, [`SqlSource::advise`] tells.
//!
//! The rows are read at the speed of whoever takes them, with the transaction open: take them as
//! fast as a disk writes.

mod advice;
mod session;
mod statement;
mod value;

use futures_util::TryStreamExt as _;
use secrecy::SecretString;
use sqlx::postgres::{PgRow, PgTypeKind};
use sqlx::{AssertSqlSafe, Column as _, Connection as _, Executor as _, PgConnection};
use sqlx::{Row as _, SqlSafeStr as _, Statement as _, TypeInfo as _};

pub use session::DatabaseIdentity;

use crate::batch::{Batch, Draft, RejectedRow, Span, span};
use crate::error::Error;
use crate::form::Found;
use crate::limits::{Limits, size};
use crate::reader::{Reader, Step, Steps, steps};
use crate::schema::{Column, Schema};

use session::{ask_identity, begin, connect, explain, options, quoted};
use value::Reads;

/// So many rows are fetched at a time at most, and so many first, to see how long they are.
const ROWS: usize = 2_048;
const FIRST_ROWS: usize = 256;
const BYTES: usize = 1024 * 1024;

/// A statement, and where to run it.
#[derive(Clone)]
pub struct SqlSource {
    /// What people call it.
    pub name: String,
    /// `postgres://USER:PASSWORD@HOST:PORT/DATABASE`, from a credential of an administrator or
    /// operator (profile-send.md 5).
    pub address: SecretString,
    /// One `SELECT`.
    pub statement: String,
    /// Schemas in which names without one are looked up, parted by commas; mostly `public`.
    pub search_path: String,
    /// Functions besides the usual harmless ones, vouched for by whoever made the credential: in
    /// small letters, with their schema unless it is `pg_catalog`: `crm.segment`.
    pub extra_functions: Vec<String>,
    /// Our own database, if it is one of this kind: it is refused.
    pub own: Option<DatabaseIdentity>,
}

impl std::fmt::Debug for SqlSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqlSource")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Asks the database at `address` (for example our own) who it is.
///
/// # Errors
/// [`Error::Unavailable`] or [`Error::Statement`] if it cannot be reached, [`Error::Refused`] for an
/// address that is none.
pub async fn identify(
    name: &str,
    address: &SecretString,
    limits: &Limits,
) -> Result<DatabaseIdentity, Error> {
    let mut connection = connect(name, &options(name, address)?, limits.silence).await?;
    let identity = ask_identity(name, &mut connection).await;
    drop(connection.close().await);
    identity
}

/// How one column is read.
struct Place {
    name: String,
    reads: Reads,
}

impl SqlSource {
    /// What the database user of this source can do and should not: sentences for `doctor`.
    ///
    /// # Errors
    /// Any of connecting; [`Error::Refused`] for our own database.
    pub async fn advise(&self, limits: &Limits) -> Result<Vec<String>, Error> {
        let mut connection = self.connect(limits).await?;
        let advice = advice::ask(&self.name, &mut connection).await;
        drop(connection.close().await);
        advice
    }

    async fn connect(&self, limits: &Limits) -> Result<PgConnection, Error> {
        let options = options(&self.name, &self.address)?;
        let mut connection = connect(&self.name, &options, limits.silence).await?;
        if let Some(own) = &self.own
            && *own == ask_identity(&self.name, &mut connection).await?
        {
            return Err(Error::refused(
                &self.name,
                "it is Deskbridge's own database",
                "To send our own contacts, make a query of contacts with a filter",
            ));
        }
        Ok(connection)
    }

    pub(crate) async fn open(self, limits: &Limits) -> Result<Reader, Error> {
        let refused = |refusal: statement::Refusal| Error::Statement {
            source_name: self.name.clone(),
            why: refusal.why,
            remedy: refusal.remedy.to_owned(),
        };
        let text = statement::check(&self.statement, &self.extra_functions)
            .map_err(refused)?
            .to_owned();
        let mut connection = self.connect(limits).await?;
        begin(&self.name, &mut connection, &self.search_path, limits).await?;
        let (schema, places) = self.describe(&mut connection, &text, limits).await?;
        let cursor = cursor_over(&text, &places, limits);
        sqlx::query(AssertSqlSafe(cursor))
            .persistent(false)
            .execute(&mut connection)
            .await
            .map_err(|error| explain(&self.name, &error, limits.statement_time))?;

        let (sender, receiver) = steps();
        let (reader, reused) = Reader::over(&self.name, schema, Found::default(), limits, receiver);
        let fetching = Fetching {
            name: self.name,
            connection,
            places,
            limits: limits.clone(),
            record: 0,
        };
        drop(tokio::spawn(fetching.run(sender, reused)));
        Ok(reader)
    }

    /// Has the database parse the statement by itself, and tell its columns.
    async fn describe(
        &self,
        connection: &mut PgConnection,
        text: &str,
        limits: &Limits,
    ) -> Result<(Schema, Vec<Place>), Error> {
        let prepared = connection
            .prepare(AssertSqlSafe(text.to_owned()).into_sql_str())
            .await
            .map_err(|error| explain(&self.name, &error, limits.statement_time))?;
        let mut places = Vec::new();
        let mut columns = Vec::new();
        for column in prepared.columns() {
            let type_info = column.type_info();
            let type_name = if let PgTypeKind::Domain(base) = type_info.kind() {
                base.name()
            } else if matches!(type_info.kind(), PgTypeKind::Array(_)) {
                "[]"
            } else {
                type_info.name()
            };
            let Some((kind, reads)) = value::kind(type_name) else {
                return Err(Error::columns(
                    &self.name,
                    format!("`{}` holds bytes, not text", column.name()),
                    "Leave it out, or encode it as text",
                ));
            };
            places.push(Place {
                name: column.name().to_owned(),
                reads,
            });
            columns.push(Column {
                name: column.name().to_owned(),
                kind,
            });
        }
        Ok((Schema::new(&self.name, columns, limits)?, places))
    }
}

/// The statement that gives every value as text, none longer than may be, and not endlessly many.
/// The line break ends a comment at the end of `text`.
fn cursor_over(text: &str, places: &[Place], limits: &Limits) -> String {
    let most = limits.cell_bytes.saturating_add(1);
    let values: Vec<String> = places
        .iter()
        .map(|place| {
            let column = format!("source_rows.{}", quoted(&place.name));
            match place.reads {
                Reads::Float | Reads::Time => format!("{column}::text"),
                Reads::Plain => format!("pg_catalog.\"left\"({column}::text, {most})"),
                Reads::List => {
                    format!("pg_catalog.\"left\"(pg_catalog.array_to_json({column})::text, {most})")
                }
            }
        })
        .collect();
    format!(
        "DECLARE deskbridge_rows NO SCROLL CURSOR FOR SELECT {} FROM (\n{text}\n) AS source_rows LIMIT {}",
        values.join(", "),
        limits.rows.saturating_add(1)
    )
}

/// The work of reading a cursor to its end.
struct Fetching {
    name: String,
    connection: PgConnection,
    places: Vec<Place>,
    limits: Limits,
    record: u64,
}

impl Fetching {
    async fn run(mut self, sender: Steps, reused: std::sync::mpsc::Receiver<Batch>) {
        let mut rows = FIRST_ROWS;
        loop {
            let draft = match reused.try_recv() {
                Ok(batch) => Draft::reuse(batch, self.places.len()),
                Err(_) => Draft::new(self.places.len()),
            };
            let fetched = tokio::select! {
                fetched = self.fetch(draft, rows) => fetched,
                () = sender.closed() => return,
            };
            let step = match fetched {
                Ok(draft) if draft.is_empty() => Ok(Step::End(None)),
                Ok(draft) => {
                    let a_row = draft.bytes.len() / usize::try_from(draft.rows()).unwrap_or(1);
                    rows = (BYTES / a_row.max(1)).clamp(1, ROWS);
                    Ok(Step::Rows(draft.seal(crate::csv::NO_UTF8)))
                }
                Err(error) => Err(error),
            };
            let goes_on = matches!(step, Ok(Step::Rows(_)));
            if sender.send(step).await.is_err() || !goes_on {
                break;
            }
        }
        drop(self.connection.close().await);
    }

    async fn fetch(&mut self, mut draft: Draft, rows: usize) -> Result<Draft, Error> {
        // As a simple query the answer comes as text, whatever the types.
        let fetch = format!("FETCH FORWARD {rows} FROM deskbridge_rows");
        let mut stream = sqlx::raw_sql(AssertSqlSafe(fetch)).fetch(&mut self.connection);
        // The database ends its own work in time; this is for one that has vanished.
        let patience = self.limits.statement_time + self.limits.silence;
        loop {
            let next = tokio::time::timeout(patience, stream.try_next())
                .await
                .map_err(|_| {
                    Error::unavailable(
                        &self.name,
                        "the database does not answer any more",
                        "check the database and the network",
                    )
                })?;
            let row =
                next.map_err(|error| explain(&self.name, &error, self.limits.statement_time))?;
            let Some(row) = row else {
                return Ok(draft);
            };
            self.record += 1;
            take_row(&row, &self.places, self.record, &self.limits, &mut draft);
        }
    }
}

fn take_row(row: &PgRow, places: &[Place], record: u64, limits: &Limits, draft: &mut Draft) {
    let before = draft.cells.len();
    let text_before = draft.bytes.len();
    for (index, place) in places.iter().enumerate() {
        let raw = row.try_get_raw(index).ok();
        let text = raw.and_then(|raw| raw.as_str().ok());
        let Some(text) = text else {
            draft.cells.push(Span::NULL);
            continue;
        };
        if text.len() > limits.cell_bytes {
            draft.cells.truncate(before);
            draft.bytes.truncate(text_before);
            let reason = format!(
                "The value of `{}` is longer than {}.",
                place.name,
                size(limits.cell_bytes as u64)
            );
            draft.rejected.push(RejectedRow::new(record, reason, &[]));
            return;
        }
        let start = draft.bytes.len();
        value::write(text, place.reads, &mut draft.bytes);
        draft.cells.push(span(start, draft.bytes.len()));
        draft.bytes.push(b'\n');
    }
    draft.lines.push(record);
}
