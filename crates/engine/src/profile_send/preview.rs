//! The first rows of a query, for a person to look at before it is activated (profile-send.md 1).

use audience::{Limits, PREVIEW_ROWS, SqlSource};
use domain::profile::Column;
use secrecy::SecretString;
use store::credentials;

use super::halt::Halt;
use super::settings::SourceSpec;
use super::source::{RowOf, columns, guess, open};
use crate::engine::Engine;
use crate::error::{Error, Result};

/// So much text is shown at most, in bytes: a hundred rows may be long.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// The first rows of a source.
#[derive(Clone)]
pub struct Preview {
    /// Its columns, as a run must find them.
    pub columns: Vec<Column>,
    /// The rows that the format lets pass.
    pub rows: Vec<PreviewRow>,
    /// Rows that it does not, with the reason.
    pub rejected: Vec<(u64, String)>,
    /// Whether these are all.
    pub complete: bool,
    /// What the source was taken for, where that may be wrong.
    pub guess: Option<String>,
}

/// One row of a [`Preview`].
#[derive(Clone)]
pub struct PreviewRow {
    /// Where it stands in the source.
    pub line: u64,
    /// Its cells; a null is none.
    pub cells: Vec<Option<String>>,
}

/// Cells are personal data: only how many there are is shown.
impl std::fmt::Debug for Preview {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Preview")
            .field("columns", &self.columns.len())
            .field("rows", &self.rows.len())
            .field("complete", &self.complete)
            .finish_non_exhaustive()
    }
}

/// As [`Preview`].
impl std::fmt::Debug for PreviewRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PreviewRow")
            .field("line", &self.line)
            .finish_non_exhaustive()
    }
}

/// Reads the first 100 rows of what a query names, and closes it.
///
/// # Errors
/// [`Error::Refused`] with what is wrong with the source.
pub async fn preview(engine: &Engine, spec: &SourceSpec) -> Result<Preview> {
    read(engine, spec).await.map_err(|halt| match halt {
        Halt::Trouble(_, sentence) => Error::Refused(sentence),
        Halt::Asked => Error::Stopped,
        Halt::Broken(error) => error,
    })
}

async fn read(engine: &Engine, spec: &SourceSpec) -> Result<Preview, Halt> {
    let mut reader = open(engine, spec, &Limits::default()).await?;
    let mut seen = Preview {
        columns: columns(reader.schema()),
        rows: Vec::new(),
        rejected: Vec::new(),
        complete: true,
        guess: guess(spec, &reader),
    };
    let mut bytes = 0;
    'batches: while let Some(batch) = reader.next().await? {
        for row in 0..batch.len() {
            if seen.rows.len() + seen.rejected.len() >= PREVIEW_ROWS || bytes >= MOST_BYTES {
                seen.complete = false;
                break 'batches;
            }
            let of = RowOf { batch: &batch, row };
            let cells = of.cells();
            bytes += cells.iter().flatten().map(String::len).sum::<usize>();
            seen.rows.push(PreviewRow {
                line: batch.line(row),
                cells,
            });
        }
        for rejected in batch.rejected() {
            if seen.rows.len() + seen.rejected.len() >= PREVIEW_ROWS {
                seen.complete = false;
                break 'batches;
            }
            let told = (rejected.line, rejected.reason.clone());
            seen.rejected.push(told);
        }
        reader.give_back(batch);
    }
    Ok(seen)
}

/// Signs in to the database of a credential. Returns what its user can do and should not, as sentences.
///
/// # Errors
/// [`Error::Refused`] with why it cannot be read from; also if it is our own database.
pub async fn try_database(engine: &Engine, credential: &str) -> Result<Vec<String>> {
    let mut reader = engine.store.read().await?;
    let found = credentials::find(&mut reader, credential)
        .await?
        .ok_or_else(|| Error::Refused("The credential is gone.".to_owned()))?;
    let address = credentials::secret(&mut reader, &engine.keyring, &found.id).await?;
    drop(reader);
    try_database_at(engine, found.name, address).await
}

/// As [`try_database`], at an address that may not be stored yet; `name` stands in sentences.
///
/// # Errors
/// As [`try_database`].
pub(crate) async fn try_database_at(
    engine: &Engine,
    name: String,
    address: SecretString,
) -> Result<Vec<String>> {
    let limits = Limits::default();
    let refused = |error: audience::Error| Error::Refused(error.to_string());
    let own = match (
        engine.store.dialect(),
        &engine.settings.sources.own_database,
    ) {
        (store::Dialect::Postgres, Some(address)) => Some(
            audience::identify("our own database", address, &limits)
                .await
                .map_err(refused)?,
        ),
        (store::Dialect::Postgres | store::Dialect::Sqlite, _) => None,
    };
    let source = SqlSource {
        name,
        address,
        statement: String::new(),
        search_path: String::new(),
        extra_functions: Vec::new(),
        own,
    };
    source.advise(&limits).await.map_err(refused)
}
