//! The first rows of a source, for a person to look at.

use crate::batch::Batch;
use crate::error::Error;
use crate::form::Found;
use crate::limits::Limits;
use crate::reader::Reader;
use crate::schema::Schema;
use crate::source::Source;

/// A preview shows so many rows (profile-send.md 1).
pub const PREVIEW_ROWS: usize = 100;
/// A preview of very long rows stops here.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// The first rows of a source.
#[derive(Debug)]
pub struct Preview {
    /// The columns. Keep them: a run compares its own with them ([`Schema::must_equal`]).
    pub schema: Schema,
    /// What the source turned out to be.
    pub found: Found,
    /// The rows, and those among them that the format rejects.
    pub rows: Batch,
    /// Whether these are all.
    pub complete: bool,
}

/// Reads the first `most` rows of `source` and closes it.
///
/// # Errors
/// Any [`Error`] that opening the source or reading so far gives.
pub async fn preview(source: Source, most: usize, limits: &Limits) -> Result<Preview, Error> {
    let mut reader = Reader::open(source, limits).await?;
    let mut rows = Batch::new(reader.schema().len());
    let mut complete = true;
    'batches: while let Some(batch) = reader.next().await? {
        let mut rejected = batch.rejected().iter().peekable();
        for row in 0..=batch.len() {
            // Rejected rows are told in their place between the others.
            let line = if row < batch.len() {
                batch.line(row)
            } else {
                u64::MAX
            };
            while let Some(rejected) = rejected.next_if(|rejected| rejected.line < line) {
                if is_full(&rows, most) {
                    complete = false;
                    break 'batches;
                }
                rows.reject(rejected.clone());
            }
            if row == batch.len() {
                break;
            }
            if is_full(&rows, most) {
                complete = false;
                break 'batches;
            }
            rows.copy_row(&batch, row);
        }
        reader.give_back(batch);
    }
    Ok(Preview {
        schema: reader.schema().clone(),
        found: reader.found().clone(),
        rows,
        complete,
    })
}

fn is_full(rows: &Batch, most: usize) -> bool {
    rows.len() + rows.rejected().len() >= most || rows.text_bytes() >= MOST_BYTES
}
