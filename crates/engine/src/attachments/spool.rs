//! Files that come in piece by piece, before it is known whether they become a comment's: each in a file
//! without a name, so that it is gone with whoever holds it, after a crash too.

use sha2::{Digest as _, Sha256};
use tokio::fs::File;
use tokio::io::{AsyncSeekExt as _, AsyncWriteExt as _};

use super::{Limits, Source, safe_name};
use crate::engine::Engine;
use crate::error::{Error, Result};

/// A file on its way here. Dropped, it leaves nothing.
pub struct Spool {
    name: String,
    file: File,
    size: u64,
    hash: Sha256,
    limits: Limits,
}

impl std::fmt::Debug for Spool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Spool")
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

/// A file that is here whole, and no comment's yet. Dropped, it leaves nothing.
pub struct Spooled {
    name: String,
    file: File,
    sha256: Vec<u8>,
}

impl std::fmt::Debug for Spooled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Spooled").finish_non_exhaustive()
    }
}

impl Spool {
    /// Begins to take a file that its owner calls `name`, of at most as many bytes as the settings allow.
    ///
    /// # Errors
    /// [`Error::Refused`] if there is no room for it.
    pub async fn begin(engine: &Engine, name: &str) -> Result<Self> {
        let folder = engine.settings.sources.scratch.clone();
        let opened = tokio::task::spawn_blocking(move || tempfile::tempfile_in(folder)).await;
        let file = opened
            .map_err(std::io::Error::other)
            .flatten()
            .map_err(|error| no_room(&error))?;
        Ok(Self {
            name: safe_name(name),
            file: File::from_std(file),
            size: 0,
            hash: Sha256::new(),
            limits: engine.settings.files,
        })
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// [`Error::Refused`] if the file is larger than it may be, or the disk is full.
    pub async fn write(&mut self, piece: &[u8]) -> Result<()> {
        let more = u64::try_from(piece.len()).unwrap_or(u64::MAX);
        self.size = self.size.saturating_add(more);
        if self.size > self.limits.largest {
            return Err(self.limits.refusal(&self.name));
        }
        self.hash.update(piece);
        let written = self.file.write_all(piece).await;
        written.map_err(|error| no_room(&error))
    }

    /// The file is whole.
    ///
    /// # Errors
    /// [`Error::Refused`] if the disk is full.
    pub async fn finish(mut self) -> Result<Spooled> {
        self.file.flush().await.map_err(|error| no_room(&error))?;
        self.file.rewind().await.map_err(|error| no_room(&error))?;
        Ok(Spooled {
            name: self.name,
            file: self.file,
            sha256: self.hash.finalize().to_vec(),
        })
    }
}

impl Spooled {
    /// What it is called, safe to show.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// SHA-256 of its bytes: by this the same file is known again.
    pub fn sha256(&self) -> &[u8] {
        &self.sha256
    }
}

impl From<Spooled> for Source {
    fn from(file: Spooled) -> Self {
        Self {
            name: file.name,
            content: Box::pin(file.file),
        }
    }
}

fn no_room(error: &std::io::Error) -> Error {
    Error::Refused(format!(
        "The file cannot be taken here: {error}. Nothing was added. Whoever looks after this installation should look at the room on its disk."
    ))
}
