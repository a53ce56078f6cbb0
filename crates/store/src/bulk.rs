//! Many rows in few statements: the hot path of every pull.
//!
//! A statement carries 40 rows, 8 or 1. Few sizes mean few different texts, so that each is
//! prepared once per connection; 20 to 50 rows a statement is where both databases are fastest
//! (DESIGN.md 3.5). On SQLite the places of the values are plain `?`: it finds a numbered one by
//! walking the list of all of them, which made binding a sixth of a pull's time.

use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};

use sqlx::any::{AnyArguments, AnyRow};
use sqlx::{AnyConnection, Arguments as _, AssertSqlSafe};

use crate::database::{Dialect, Tx};
use crate::error::Result;

const SIZES: [usize; 3] = [40, 8, 1];

/// How many ids one `IN (…)` asks for. Shorter lists repeat their last id, so that the text, and
/// with it the prepared statement, stays the same.
const IN_SIZES: [usize; 2] = [256, 16];

/// A statement over many rows of values: an insert, or an update from a list of values.
pub(crate) struct Bulk {
    head: &'static str,
    columns: usize,
    tail: &'static str,
    texts: [OnceLock<[Arc<str>; 3]>; 2],
}

impl Bulk {
    /// `head` is what stands before the word `VALUES`, `columns` how many values a row has, `tail`
    /// what follows them. Both databases call the columns of a list of values `column1`, `column2`.
    pub(crate) const fn new(head: &'static str, columns: usize, tail: &'static str) -> Self {
        Self {
            head,
            columns,
            tail,
            texts: [OnceLock::new(), OnceLock::new()],
        }
    }

    fn text(&self, size: usize, dialect: Dialect) -> Arc<str> {
        let mut text = format!("{} VALUES ", self.head);
        for row in 0..size {
            text.push_str(if row == 0 { "(" } else { ", (" });
            for column in 0..self.columns {
                if column > 0 {
                    text.push(',');
                }
                place(&mut text, dialect, row * self.columns + column + 1);
            }
            text.push(')');
        }
        text.push(' ');
        text.push_str(self.tail);
        text.into()
    }

    /// Writes `rows`, each bound by `bind`, which must bind exactly the named columns in order.
    pub(crate) async fn run<T>(
        &self,
        tx: &mut Tx,
        rows: &[T],
        bind: impl Fn(&mut Row, &T),
    ) -> Result<u64> {
        let dialect = tx.dialect();
        let texts = match dialect {
            Dialect::Sqlite => &self.texts[0],
            Dialect::Postgres => &self.texts[1],
        };
        let texts = texts.get_or_init(|| SIZES.map(|size| self.text(size, dialect)));
        let mut written = 0;
        let mut rest = rows;
        for (size, text) in SIZES.iter().zip(texts) {
            while rest.len() >= *size {
                let (chunk, after) = rest.split_at(*size);
                rest = after;
                let mut row = Row(AnyArguments::default());
                for item in chunk {
                    bind(&mut row, item);
                }
                debug_assert_eq!(row.0.len(), size * self.columns, "{}", self.head);
                let done = sqlx::query_with(AssertSqlSafe(text.clone()), row.0)
                    .execute(&mut **tx)
                    .await?;
                written += done.rows_affected();
            }
        }
        Ok(written)
    }
}

/// Appends the place of the `n`-th value of a statement.
fn place(text: &mut String, dialect: Dialect, n: usize) {
    match dialect {
        Dialect::Sqlite => text.push('?'),
        // Writing to a String cannot fail.
        Dialect::Postgres => drop(write!(text, "${n}")),
    }
}

/// Text as it is bound. PostgreSQL cannot hold a zero character, and nobody means one: in its place
/// stands the character for what could not be read, on both databases.
pub(crate) fn clean(text: &str) -> String {
    if text.contains('\0') {
        text.replace('\0', "\u{fffd}")
    } else {
        text.to_owned()
    }
}

/// Values being bound to a statement, in order.
pub(crate) struct Row(AnyArguments);

impl Row {
    fn add<'q, T>(&mut self, value: T) -> &mut Self
    where
        T: sqlx::Encode<'q, sqlx::Any> + sqlx::Type<sqlx::Any>,
    {
        // Text and integers always encode; a statement short of an argument would be refused.
        let added = self.0.add(value);
        debug_assert!(added.is_ok());
        self
    }

    pub(crate) fn text(&mut self, value: &str) -> &mut Self {
        self.add(clean(value))
    }

    pub(crate) fn maybe_text(&mut self, value: Option<&str>) -> &mut Self {
        match value {
            Some(value) => self.text(value),
            None => self.add(None::<String>),
        }
    }

    pub(crate) fn int(&mut self, value: i64) -> &mut Self {
        self.add(value)
    }

    pub(crate) fn maybe_int(&mut self, value: Option<i64>) -> &mut Self {
        self.add(value)
    }

    pub(crate) fn flag(&mut self, value: bool) -> &mut Self {
        self.add(i64::from(value))
    }
}

/// A key that an `IN (…)` can be asked for.
pub(crate) trait Key: Sync {
    fn bind(&self, row: &mut Row);
}

impl Key for i64 {
    fn bind(&self, row: &mut Row) {
        row.int(*self);
    }
}

impl Key for String {
    fn bind(&self, row: &mut Row) {
        row.text(self);
    }
}

impl Key for &str {
    fn bind(&self, row: &mut Row) {
        row.text(self);
    }
}

/// Reads all rows whose key is among `keys`. `head` must end right before the list. With a `scope`,
/// `head` says `$1` for it, once: `SELECT … WHERE integration_id = $1 AND remote_id IN`.
pub(crate) async fn select_in<K: Key>(
    connection: &mut AnyConnection,
    head: &'static str,
    scope: Option<&str>,
    keys: &[K],
    tail: &'static str,
) -> Result<Vec<AnyRow>> {
    let scope = scope.as_ref().map(|scope| scope as &dyn Key);
    select_within(connection, head, scope, keys, tail).await
}

/// As [`select_in`], with a scope of any kind.
pub(crate) async fn select_within<K: Key>(
    connection: &mut AnyConnection,
    head: &'static str,
    scope: Option<&dyn Key>,
    keys: &[K],
    tail: &'static str,
) -> Result<Vec<AnyRow>> {
    let mut found = Vec::new();
    let dialect = Dialect::of(connection);
    let mut rest = keys;
    while let Some(last) = rest.last() {
        let size = if rest.len() > IN_SIZES[1] {
            IN_SIZES[0]
        } else {
            IN_SIZES[1]
        };
        let (chunk, after) = rest.split_at(size.min(rest.len()));
        rest = after;
        let mut row = Row(AnyArguments::default());
        if let Some(scope) = scope {
            scope.bind(&mut row);
        }
        let first = usize::from(scope.is_some()) + 1;
        let mut text = String::with_capacity(head.len() + size * 5);
        match dialect {
            Dialect::Sqlite => text.push_str(&head.replace("$1", "?")),
            Dialect::Postgres => text.push_str(head),
        }
        for n in 0..size {
            text.push_str(if n == 0 { " (" } else { "," });
            place(&mut text, dialect, first + n);
            chunk.get(n).unwrap_or(last).bind(&mut row);
        }
        text.push_str(") ");
        text.push_str(tail);
        found.extend(
            sqlx::query_with(AssertSqlSafe(text), row.0)
                .fetch_all(&mut *connection)
                .await?,
        );
    }
    Ok(found)
}
