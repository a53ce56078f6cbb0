//! Files that people send with a form: kept in a folder of ours, for their query alone.

use std::path::{Path, PathBuf};

use audience::Form;
use tokio::fs::{self, File};
use tokio::io::AsyncWriteExt as _;

use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::profile_send::SourceSpec;

/// The longest name of a file that is kept, in bytes.
const LONGEST_NAME: usize = 100;

/// A file on its way here. If it is not finished, nothing of it is left.
#[derive(Debug)]
pub struct Upload {
    file: File,
    folder: PathBuf,
    path: PathBuf,
    written: u64,
    largest: u64,
    is_done: bool,
}

/// A file that is whole, and no query's yet. If it becomes none's, nothing of it is left.
#[derive(Debug)]
pub struct Uploaded {
    source: SourceSpec,
    folder: PathBuf,
    is_kept: bool,
}

impl Uploaded {
    /// The file as the source of a query.
    pub(super) fn source(&self) -> &SourceSpec {
        &self.source
    }

    /// It is a query's now.
    pub(super) fn keep(mut self) {
        self.is_kept = true;
    }
}

impl Drop for Uploaded {
    fn drop(&mut self) {
        if !self.is_kept {
            // What is left over costs room and nothing else.
            drop(std::fs::remove_dir_all(&self.folder));
        }
    }
}

/// The largest file that is taken, in bytes; none if none is.
pub fn most_bytes(engine: &Engine) -> Option<u64> {
    let uploads = engine.settings.sources.uploads.as_ref();
    uploads.map(|uploads| uploads.largest)
}

/// Begins to take a file that its owner calls `name`.
///
/// # Errors
/// [`Error::Refused`] if uploads are not configured, or there is no room.
pub async fn begin_upload(engine: &Engine, name: &str) -> Result<Upload> {
    let Some(uploads) = &engine.settings.sources.uploads else {
        return Err(Error::Refused(
            "Files cannot be uploaded here: no folder for them is configured.".to_owned(),
        ));
    };
    let folder = uploads.folder.join(engine.new_id());
    let path = folder.join(plain(name));
    // Rows are personal data, so nobody else on the machine may read them.
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true).mode(0o700);
    builder
        .create(&folder)
        .await
        .map_err(|error| no_room(&error))?;
    let file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)
        .await
        .map_err(|error| no_room(&error))?;
    Ok(Upload {
        file,
        folder,
        path,
        written: 0,
        largest: uploads.largest,
        is_done: false,
    })
}

impl Upload {
    /// Takes the next piece.
    ///
    /// # Errors
    /// [`Error::Refused`] if the file is larger than it may be, or the disk is full.
    pub async fn write(&mut self, piece: &[u8]) -> Result<()> {
        self.written = self.written.saturating_add(piece.len() as u64);
        if self.written > self.largest {
            return Err(Error::Refused(format!(
                "The file is larger than the {} MB that may be uploaded. Compress it with gzip or Zstandard, put it into an import folder, or raise the setting sources.largest_upload_mb.",
                self.largest / 1_000_000
            )));
        }
        self.file
            .write_all(piece)
            .await
            .map_err(|error| no_room(&error))
    }

    /// The file is whole. Returns it as the source of a query.
    ///
    /// # Errors
    /// [`Error::Refused`] if it is empty, or the disk is full.
    pub async fn finish(mut self) -> Result<Uploaded> {
        if self.written == 0 {
            return Err(Error::Refused(
                "The file is empty. Choose a file with rows.".to_owned(),
            ));
        }
        self.file.flush().await.map_err(|error| no_room(&error))?;
        self.file
            .sync_all()
            .await
            .map_err(|error| no_room(&error))?;
        self.is_done = true;
        Ok(Uploaded {
            source: SourceSpec::File {
                path: self.path.clone(),
                anywhere: false,
                form: Form::default(),
            },
            folder: self.folder.clone(),
            is_kept: false,
        })
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if !self.is_done {
            // What is left over costs room and nothing else.
            drop(std::fs::remove_dir_all(&self.folder));
        }
    }
}

fn no_room(error: &std::io::Error) -> Error {
    Error::Refused(format!(
        "The file cannot be kept here: {error}. Nothing was stored. Whoever looks after this installation should look at the room on its disk."
    ))
}

/// The name of a file without anything that could lead elsewhere.
fn plain(name: &str) -> String {
    let name: String = name
        .rsplit(['/', '\\'])
        .next()
        .unwrap_or_default()
        .chars()
        .map(|c| match c {
            c if c.is_ascii_alphanumeric() || "._-".contains(c) => c,
            _ => '_',
        })
        .collect();
    let name = name.trim_start_matches('.');
    let from = name.len().saturating_sub(LONGEST_NAME);
    match name.get(from..) {
        None | Some("") => "upload".to_owned(),
        Some(name) => name.to_owned(),
    }
}

/// Whether a file is one that was uploaded, by whatever way its path leads there.
pub(super) async fn is_ours(engine: &Engine, path: &Path) -> bool {
    let Some(uploads) = &engine.settings.sources.uploads else {
        return false;
    };
    let Ok(folder) = fs::canonicalize(&uploads.folder).await else {
        return false;
    };
    let real = fs::canonicalize(path).await;
    real.as_deref().unwrap_or(path).starts_with(folder)
}

/// Whether a source is a file that was uploaded for its query.
pub fn is_upload(engine: &Engine, source: &SourceSpec) -> bool {
    match (source, &engine.settings.sources.uploads) {
        (SourceSpec::File { path, .. }, Some(uploads)) => path.starts_with(&uploads.folder),
        (SourceSpec::File { .. }, None)
        | (SourceSpec::Object { .. } | SourceSpec::Sql { .. } | SourceSpec::Contacts { .. }, _) => {
            false
        }
    }
}

/// Removes an uploaded file that no query needs any more.
pub(super) async fn forget(engine: &Engine, source: &SourceSpec) {
    let SourceSpec::File { path, .. } = source else {
        return;
    };
    let Some(folder) = path.parent() else {
        return;
    };
    let Some(uploads) = &engine.settings.sources.uploads else {
        return;
    };
    if folder.parent() == Some(&uploads.folder)
        && let Err(error) = fs::remove_dir_all(folder).await
    {
        tracing::warn!(%error, "an uploaded file could not be removed");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_lead_out_of_its_folder() {
        assert_eq!(plain("people.csv"), "people.csv");
        assert_eq!(plain("../../etc/passwd"), "passwd");
        assert_eq!(plain("C:\\x\\people 1.csv"), "people_1.csv");
        assert_eq!(plain(".."), "upload");
        assert_eq!(plain("雪.csv"), "_.csv");
        assert_eq!(plain(&"a".repeat(300)).len(), LONGEST_NAME);
    }
}
