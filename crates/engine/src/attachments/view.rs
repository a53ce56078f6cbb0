//! Files as people see them.

use std::collections::HashMap;

use serde::Serialize;
use store::Connection;
use store::attachments::{self, Attachment, FileState};
use store::comments;

use super::safe_name;
use crate::engine::Engine;
use crate::error::Result;

/// A file of a comment, as pages and commands show it.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct FileView {
    /// Our id.
    pub id: String,
    /// Its name, safe to show and to save it under.
    pub name: String,
    /// What it says it is.
    pub content_type: String,
    /// How many bytes it has; none if Zendesk does not say.
    pub size: Option<i64>,
    /// `remote`: only in Zendesk as yet; `stored`: on both sides; `local`: only here as yet; `parked`:
    /// see `problem`.
    pub state: &'static str,
    /// Why it could not be fetched or sent, with what to do.
    pub problem: Option<String>,
    /// Whether its bytes are here.
    pub is_here: bool,
}

/// Without the name, which is somebody's own.
impl std::fmt::Debug for FileView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FileView")
            .field("id", &self.id)
            .field("size", &self.size)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

impl FileView {
    /// How it is shown.
    pub fn of(file: Attachment) -> Self {
        Self {
            name: safe_name(&file.file_name),
            content_type: file.content_type,
            size: Some(file.size).filter(|size| *size >= 0),
            state: file.state.as_str(),
            problem: file.problem,
            is_here: match file.state {
                FileState::Remote => false,
                FileState::Stored | FileState::Local | FileState::Parked => file.sha256.is_some(),
            },
            id: file.id,
        }
    }

    /// Its size in words: `17 bytes`, `3 kB`, `5.0 MB`.
    pub fn size_in_words(&self) -> String {
        let Some(size) = self.size else {
            return "size unknown".to_owned();
        };
        let tenths = |unit: i64| {
            let tenths = size.saturating_mul(10) / unit;
            format!("{}.{}", tenths / 10, tenths % 10)
        };
        match size {
            1 => "1 byte".to_owned(),
            0..1_000 => format!("{size} bytes"),
            1_000..1_000_000 => format!("{} kB", size.saturating_add(500) / 1_000),
            _ => format!("{} MB", tenths(1_000_000)),
        }
    }
}

/// The files of these comments, by comment, in the order in which they were added.
///
/// # Errors
/// As the database says.
pub async fn of_comments(
    connection: &mut Connection,
    comments: &[String],
) -> Result<HashMap<String, Vec<FileView>>> {
    let found = attachments::of_comments(connection, comments).await?;
    let shown = |files: Vec<Attachment>| files.into_iter().map(FileView::of).collect();
    Ok(found
        .into_iter()
        .map(|(comment, files)| (comment, shown(files)))
        .collect())
}

/// All files of a case, oldest comment first.
///
/// # Errors
/// As the database says.
pub async fn of_case(engine: &Engine, case_id: &str) -> Result<Vec<FileView>> {
    let mut reader = engine.store.read().await?;
    let rows = comments::of_case(&mut reader, case_id, 0, i64::MAX).await?;
    let ids: Vec<String> = rows.into_iter().map(|row| row.comment.id).collect();
    let mut found = of_comments(&mut reader, &ids).await?;
    Ok(ids
        .iter()
        .flat_map(|id| found.remove(id).unwrap_or_default())
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_told_in_the_unit_a_person_would_use() {
        let words = |size| {
            FileView {
                id: String::new(),
                name: String::new(),
                content_type: String::new(),
                size,
                state: "stored",
                problem: None,
                is_here: true,
            }
            .size_in_words()
        };
        assert_eq!(words(Some(0)), "0 bytes");
        assert_eq!(words(Some(1)), "1 byte");
        assert_eq!(words(Some(999)), "999 bytes");
        assert_eq!(words(Some(1_499)), "1 kB");
        assert_eq!(words(Some(5_242_880)), "5.2 MB");
        assert_eq!(words(None), "size unknown");
    }
}
