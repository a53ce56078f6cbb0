//! Bytes of a source on their way in: counted, hashed, decompressed, and made UTF-8.

pub(crate) mod compression;
pub(crate) mod encoding;

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use sha2::{Digest as _, Sha256};

use crate::error::Error;
use crate::limits::{Limits, size};

/// SHA-256 of a source's bytes as they lie there.
pub type Fingerprint = [u8; 32];

/// A file that is read at places of the reader's own choosing, so that several may read it at once.
#[derive(Debug, Clone)]
pub(crate) struct Raw {
    pub(crate) name: String,
    pub(crate) file: Arc<File>,
    pub(crate) length: u64,
    modified: Option<SystemTime>,
    progress: Arc<AtomicU64>,
}

impl Raw {
    /// Takes over an open regular file.
    pub(crate) fn new(
        name: &str,
        file: Arc<File>,
        limits: &Limits,
        progress: Arc<AtomicU64>,
    ) -> Result<Self, Error> {
        let about = file
            .metadata()
            .map_err(|error| Error::from_io(name, error))?;
        if about.len() > limits.input_bytes {
            let why = format!(
                "it has {}, and {} is the most",
                size(about.len()),
                size(limits.input_bytes)
            );
            return Err(Error::too_much(name, None, why, "Send it in several parts"));
        }
        if about.len() == 0 {
            return Err(Error::damaged(
                name,
                None,
                "it is empty",
                "Check the export that writes it",
            ));
        }
        Ok(Self {
            name: name.to_owned(),
            length: about.len(),
            modified: about.modified().ok(),
            file,
            progress,
        })
    }

    /// Reads at `position`, less than asked for only at the end.
    pub(crate) fn read_at(&self, position: u64, into: &mut [u8]) -> std::io::Result<usize> {
        let mut done = 0;
        while let Some(rest) = into.get_mut(done..).filter(|rest| !rest.is_empty()) {
            match self.file.read_at(rest, position + done as u64) {
                Ok(0) => break,
                Ok(read) => done += read,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    /// Tells how far the reading is: at least `bytes` of the source.
    pub(crate) fn has_read(&self, bytes: u64) {
        self.progress.fetch_max(bytes, Ordering::Relaxed);
    }

    /// Tells that `bytes` more of the source were read.
    pub(crate) fn has_read_more(&self, bytes: u64) {
        self.progress.fetch_add(bytes, Ordering::Relaxed);
    }

    /// The first bytes.
    pub(crate) fn head(&self, bytes: usize) -> Result<Vec<u8>, Error> {
        let mut head = vec![0; bytes];
        let read = self
            .read_at(0, &mut head)
            .map_err(|error| Error::from_io(&self.name, error))?;
        head.truncate(read);
        Ok(head)
    }

    /// Refuses what was written to while it was read: rows may be missing in it.
    fn is_unchanged(&self) -> Result<(), Error> {
        let about = self
            .file
            .metadata()
            .map_err(|error| Error::from_io(&self.name, error))?;
        if about.len() == self.length && about.modified().ok() == self.modified {
            return Ok(());
        }
        Err(Error::unavailable(
            &self.name,
            "it was written to while it was being read",
            "wait until the export is finished, or have it written under another name and moved",
        ))
    }
}

/// Reads a [`Raw`] from its start and hashes what it reads.
#[derive(Clone)]
pub(crate) struct Tap {
    raw: Raw,
    state: Arc<Mutex<Hashed>>,
}

struct Hashed {
    position: u64,
    sha256: Sha256,
}

impl Tap {
    pub(crate) fn new(raw: Raw) -> Self {
        let state = Hashed {
            position: 0,
            sha256: Sha256::new(),
        };
        Self {
            raw,
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// How many bytes have been read.
    pub(crate) fn position(&self) -> u64 {
        self.lock().position
    }

    /// Reads what is left, and makes sure that the file is still the one that was opened.
    pub(crate) fn finish(&self) -> Result<Fingerprint, Error> {
        let mut piece = vec![0; 256 * 1024];
        let mut rest = self.clone();
        loop {
            let read = rest
                .read(&mut piece)
                .map_err(|error| Error::from_io(&self.raw.name, error))?;
            if read == 0 {
                break;
            }
        }
        self.raw.is_unchanged()?;
        Ok(self.lock().sha256.clone().finalize().into())
    }

    /// The state stays valid whoever panics, so the poison is ignored.
    fn lock(&self) -> std::sync::MutexGuard<'_, Hashed> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Read for Tap {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let mut state = self.lock();
        // A file that grows is not followed: that is found out at the end.
        let left = usize::try_from(self.raw.length.saturating_sub(state.position));
        let most = left.unwrap_or(usize::MAX).min(into.len());
        let into = into.get_mut(..most).unwrap_or_default();
        let read = self.raw.read_at(state.position, into)?;
        state.sha256.update(into.get(..read).unwrap_or_default());
        state.position += read as u64;
        self.raw.has_read(state.position);
        Ok(read)
    }
}

/// The text of a source as UTF-8, and what it lies in.
pub(crate) struct Input {
    name: String,
    text: Box<dyn Read + Send>,
    tap: Tap,
}

impl Input {
    pub(crate) fn new(name: &str, text: Box<dyn Read + Send>, tap: Tap) -> Self {
        Self {
            name: name.to_owned(),
            text,
            tap,
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The next piece of text.
    pub(crate) fn read_text(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        self.text.read(into)
    }

    /// Appends text to `buffer` until it has `length` bytes. Returns whether there is more.
    pub(crate) fn fill(&mut self, buffer: &mut Vec<u8>, length: usize) -> Result<bool, Error> {
        let mut filled = buffer.len();
        if filled >= length {
            return Ok(true);
        }
        buffer.resize(length, 0);
        let outcome = loop {
            let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) else {
                break Ok(true);
            };
            match self.text.read(rest) {
                Ok(0) => break Ok(false),
                Ok(read) => filled += read.min(rest.len()),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => break Err(Error::from_io(&self.name, error)),
            }
        };
        buffer.truncate(filled);
        outcome
    }

    /// The fingerprint, once all text is read.
    pub(crate) fn finish(&self) -> Result<Fingerprint, Error> {
        self.tap.finish()
    }
}
