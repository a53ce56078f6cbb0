//! A copy of the database, of either kind, into an empty one: for dry runs of pulls.

use std::collections::HashSet;

use sqlx::any::{AnyArguments, AnyRow};
use sqlx::{
    AnyConnection, Arguments as _, AssertSqlSafe, Column as _, Row as _, TypeInfo as _,
    ValueRef as _,
};

use crate::database::{Dialect, MIGRATIONS, Store, table_comments};
use crate::error::Result;

/// Rows written per transaction.
const CHUNK: usize = 1_000;
/// The same of a table whose rows are large.
const FEW: usize = 16;

/// What the walk over a SQLite table is called in its own result.
const PLACE: &str = "copied_at";

/// Tables that stay empty in the copy: what sends of profiles keep of each of millions of customers, which no
/// pull looks into; who is told what by webhooks, since what happens in a copy is told to nobody; and checks, of
/// which a dry run is one.
const LEFT_EMPTY: [&str; 6] = [
    "ledger",
    "workflow_row",
    "send_batch",
    "outgoing_webhook",
    "outgoing_event",
    "asked_check",
];

impl Store {
    /// Copies every row, as all tables are at one moment, into `target`, whose tables must be empty; but for
    /// the rows that sends of profiles keep of their customers, and outgoing webhooks, which no pull needs. Rows are read in pages,
    /// so a large database needs no more memory than a small one.
    ///
    /// # Errors
    /// As the databases say; what was copied until then stays in `target`.
    pub async fn copy_into(&self, target: &Self) -> Result<()> {
        // A transaction that is given back by itself, also after an error.
        let mut source = self.snapshot().await?;
        let mut copied = HashSet::new();
        let tables = MIGRATIONS
            .iter()
            .flat_map(|migration| table_comments(migration.sql.as_str()));
        for (table, _) in tables {
            // A later migration may have made a table anew.
            if !LEFT_EMPTY.contains(&table.as_str()) && copied.insert(table.clone()) {
                copy_table(&mut source, &table, target).await?;
            }
        }
        Ok(source.rollback().await?)
    }
}

async fn copy_table(source: &mut AnyConnection, table: &str, target: &Store) -> Result<()> {
    let page = if table == "attachment_chunk" {
        FEW
    } else {
        CHUNK
    };
    // No way walks over rows that were copied already. PostgreSQL's cursor knows its place itself.
    let text = match Dialect::of(source) {
        Dialect::Sqlite => format!(
            "SELECT rowid AS {PLACE}, * FROM {table} WHERE rowid > $1 ORDER BY rowid LIMIT {page}"
        ),
        Dialect::Postgres => {
            sqlx::raw_sql(AssertSqlSafe(format!(
                "DECLARE copy_{table} NO SCROLL CURSOR FOR SELECT * FROM {table}"
            )))
            .execute(&mut *source)
            .await?;
            format!("FETCH {page} FROM copy_{table}")
        }
    };
    let mut last = i64::MIN;
    loop {
        let mut page = sqlx::query(AssertSqlSafe(text.clone())).persistent(false);
        if Dialect::of(source) == Dialect::Sqlite {
            page = page.bind(last);
        }
        let rows = page.fetch_all(&mut *source).await?;
        let Some(row) = rows.last() else {
            return Ok(());
        };
        if Dialect::of(source) == Dialect::Sqlite {
            last = row.try_get(PLACE)?;
        }
        let mut tx = target.begin().await?;
        for row in &rows {
            let (text, values) = insert(table, row)?;
            sqlx::query_with(AssertSqlSafe(text), values)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
    }
}

fn insert(table: &str, row: &AnyRow) -> Result<(String, AnyArguments)> {
    let columns = row.columns().iter().enumerate();
    let mut names = Vec::new();
    let mut values = AnyArguments::default();
    for (n, column) in columns.filter(|(_, column)| column.name() != PLACE) {
        names.push(column.name());
        // Even nothing has a type, which PostgreSQL insists on.
        let is_text = column.type_info().name() == "TEXT";
        let raw = row.try_get_raw(n)?;
        let added = match (is_text, raw.is_null()) {
            (true, true) => values.add(None::<String>),
            (false, true) => values.add(None::<i64>),
            (true, false) => values.add(row.try_get::<String, _>(n)?),
            (false, false) if raw.type_info().name() == "BLOB" => {
                values.add(row.try_get::<Vec<u8>, _>(n)?)
            }
            (false, false) => values.add(row.try_get::<i64, _>(n)?),
        };
        added.map_err(sqlx::Error::Encode)?;
    }
    let places: Vec<String> = (1..=names.len()).map(|n| format!("${n}")).collect();
    let text = format!(
        "INSERT INTO {table} ({}) VALUES ({})",
        names.join(", "),
        places.join(", ")
    );
    Ok((text, values))
}
