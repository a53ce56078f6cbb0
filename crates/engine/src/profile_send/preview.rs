//! The first rows of a query, for a person to look at before it is activated (profile-send.md 1).

use audience::{Limits, PREVIEW_ROWS};
use domain::profile::Column;

use super::halt::Halt;
use super::settings::SourceSpec;
use super::source::{RowOf, columns, open};
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
