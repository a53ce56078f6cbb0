//! A copy of the whole database, of either kind, into an empty one: for dry runs.

use sqlx::any::{AnyArguments, AnyRow};
use sqlx::{Arguments as _, AssertSqlSafe, Column as _, Row as _, TypeInfo as _, ValueRef as _};

use crate::database::{MIGRATIONS, Store, table_comments};
use crate::error::Result;

/// Rows written per transaction.
const CHUNK: i64 = 1_000;

impl Store {
    /// Copies every row into `target`, whose tables must be empty. Rows are read in pages, so a
    /// large database needs no more memory than a small one.
    ///
    /// # Errors
    /// As the databases say.
    pub async fn copy_into(&self, target: &Self) -> Result<()> {
        let tables = MIGRATIONS
            .iter()
            .flat_map(|migration| table_comments(migration.sql.as_str()));
        for (table, _) in tables {
            self.copy_table(&table, target).await?;
        }
        Ok(())
    }

    async fn copy_table(&self, table: &str, target: &Self) -> Result<()> {
        // One snapshot of the table: a read transaction, paged by offset inside it.
        let mut reader = self.read().await?;
        let begin = match self.dialect() {
            crate::Dialect::Sqlite => "BEGIN",
            crate::Dialect::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        sqlx::raw_sql(begin).execute(&mut *reader).await?;
        let mut skip = 0;
        loop {
            let order = match self.dialect() {
                crate::Dialect::Sqlite => "rowid",
                crate::Dialect::Postgres => "ctid",
            };
            let text =
                format!("SELECT * FROM {table} ORDER BY {order} LIMIT {CHUNK} OFFSET {skip}");
            let rows = sqlx::query(AssertSqlSafe(text))
                .fetch_all(&mut *reader)
                .await?;
            if rows.is_empty() {
                break;
            }
            skip += CHUNK;
            let mut tx = target.begin().await?;
            for row in &rows {
                let (text, values) = insert(table, row)?;
                sqlx::query_with(AssertSqlSafe(text), values)
                    .execute(&mut *tx)
                    .await?;
            }
            tx.commit().await?;
        }
        sqlx::raw_sql("COMMIT").execute(&mut *reader).await?;
        Ok(())
    }
}

fn insert(table: &str, row: &AnyRow) -> Result<(String, AnyArguments)> {
    let names: Vec<&str> = row.columns().iter().map(|column| column.name()).collect();
    let places: Vec<String> = (1..=names.len()).map(|n| format!("${n}")).collect();
    let mut values = AnyArguments::default();
    for n in 0..names.len() {
        let raw = row.try_get_raw(n)?;
        let added = if raw.is_null() {
            values.add(None::<String>)
        } else if raw.type_info().name() == "TEXT" {
            values.add(row.try_get::<String, _>(n)?)
        } else {
            values.add(row.try_get::<i64, _>(n)?)
        };
        added.map_err(sqlx::Error::Encode)?;
    }
    let text = format!(
        "INSERT INTO {table} ({}) VALUES ({})",
        names.join(", "),
        places.join(", ")
    );
    Ok((text, values))
}
