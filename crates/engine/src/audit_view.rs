//! The audit log as people read and download it.

use domain::profile::download::defuse;
use store::audit::{self, Entry, EntryFilter};

use crate::engine::Engine;
use crate::error::Result;

/// A page of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditPage {
    /// Its entries, the newest first.
    pub entries: Vec<Entry>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
}

/// `size` entries that the filter lets through, older than the one named `before`.
///
/// # Errors
/// As the database says.
pub async fn page(
    engine: &Engine,
    filter: &EntryFilter,
    before: Option<&str>,
    size: usize,
) -> Result<AuditPage> {
    let limit = i64::try_from(size + 1).unwrap_or(i64::MAX);
    let mut entries = audit::page(&mut *engine.store.read().await?, filter, before, limit).await?;
    let more = entries.len() > size;
    entries.truncate(size);
    let next = entries
        .last()
        .filter(|_| more)
        .map(|entry| entry.id.clone());
    Ok(AuditPage { entries, next })
}

/// The first line of the download.
pub const HEADER: [&str; 6] = ["id", "at", "actor", "action", "subject", "detail"];

/// An entry as a line of the download, after RFC 4180; what could begin a formula in a spreadsheet is
/// made text (security-and-operations.md 1, 1.2.10).
pub fn line(entry: &Entry) -> String {
    let at = entry.at.to_string();
    record([
        &entry.id,
        &at,
        &entry.actor,
        &entry.action,
        &entry.subject,
        &entry.detail,
    ])
}

/// Cells as a record of a CSV file.
pub fn record<'a>(cells: impl IntoIterator<Item = &'a String>) -> String {
    let cells: Vec<String> = cells
        .into_iter()
        .map(|cell| {
            let cell = defuse(cell);
            if cell.contains(['"', ',', '\r', '\n']) {
                format!("\"{}\"", cell.replace('"', "\"\""))
            } else {
                cell.into_owned()
            }
        })
        .collect();
    format!("{}\r\n", cells.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_quoted_where_it_must_be_and_begins_no_formula() {
        let cells = ["a", "b,c", "say \"hi\"", "=1+1", "x\ny"].map(str::to_owned);
        assert_eq!(
            record(&cells),
            "a,\"b,c\",\"say \"\"hi\"\"\",'=1+1,\"x\ny\"\r\n"
        );
    }
}
