//! Uploads and objects: kept in a file without a name while they are read, so that neither memory
//! nor a crash keeps them.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use sha2::{Digest as _, Sha256};

use crate::error::Error;
use crate::input::Fingerprint;
use crate::limits::{Limits, size};

/// All bytes of an upload or an object. The file has no name, so it is gone when the last copy of
/// this is, and after a crash.
#[derive(Debug, Clone)]
pub struct Spooled {
    pub(crate) name: String,
    pub(crate) file: Arc<File>,
    bytes: u64,
    fingerprint: Fingerprint,
}

impl Spooled {
    /// The name it came with.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many bytes.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// SHA-256 of the bytes.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }
}

/// Takes in the bytes of an upload, piece by piece, into a file in a folder of ours.
#[derive(Debug)]
pub struct Spool {
    name: String,
    file: Arc<File>,
    bytes: u64,
    most: u64,
    silence: Duration,
    sha256: Sha256,
    waiting: Vec<u8>,
}

/// Pieces smaller than this are gathered before they are written.
const PIECE: usize = 256 * 1024;

impl Spool {
    /// Begins a file in `folder` (a data folder: an upload does not fit into every `/tmp`).
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the folder cannot be written to.
    pub fn new(name: &str, folder: &Path, limits: &Limits) -> Result<Self, Error> {
        let file = tempfile::tempfile_in(folder).map_err(|error| no_room(name, &error))?;
        Ok(Self {
            name: name.to_owned(),
            file: Arc::new(file),
            bytes: 0,
            most: limits.input_bytes,
            silence: limits.silence,
            sha256: Sha256::new(),
            waiting: Vec::new(),
        })
    }

    /// Takes in some bytes.
    ///
    /// # Errors
    /// [`Error::TooMuch`] past `limits.input_bytes`; [`Error::Unavailable`] if the disk is full.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.bytes += bytes.len() as u64;
        if self.bytes > self.most {
            let why = format!("{} is the most", size(self.most));
            return Err(Error::too_much(
                &self.name,
                None,
                why,
                "Send it in several parts",
            ));
        }
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= PIECE {
            self.flush().await?;
        }
        Ok(())
    }

    /// All bytes are in.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the disk is full.
    pub async fn finish(mut self) -> Result<Spooled, Error> {
        self.flush().await?;
        Ok(Spooled {
            name: self.name,
            file: self.file,
            bytes: self.bytes,
            fingerprint: self.sha256.finalize().into(),
        })
    }

    /// Takes in a whole stream: the body of a request, for one.
    ///
    /// # Errors
    /// As for [`Spool::write`]; [`Error::Unavailable`] if the stream fails, or gives nothing for
    /// `limits.silence`.
    pub async fn take<E: std::fmt::Display>(
        mut self,
        stream: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<Spooled, Error> {
        const REMEDY: &str = "check the connection to where it comes from";
        let mut stream = std::pin::pin!(stream);
        loop {
            let piece = tokio::time::timeout(self.silence, stream.next())
                .await
                .map_err(|_| {
                    let why = format!("nothing came for {} seconds", self.silence.as_secs());
                    Error::unavailable(&self.name, why, REMEDY)
                })?;
            match piece {
                None => return self.finish().await,
                Some(Ok(bytes)) => self.write(&bytes).await?,
                Some(Err(error)) => {
                    let why = format!("it stopped coming ({error})");
                    return Err(Error::unavailable(&self.name, why, REMEDY));
                }
            }
        }
    }

    async fn flush(&mut self) -> Result<(), Error> {
        let bytes = std::mem::take(&mut self.waiting);
        let file = self.file.clone();
        let mut sha256 = self.sha256.clone();
        let work = tokio::task::spawn_blocking(move || {
            let written = (&*file).write_all(&bytes);
            sha256.update(&bytes);
            (written, sha256, bytes)
        });
        let (written, sha256, mut bytes) = work.await.map_err(|_| {
            Error::unavailable(&self.name, "the writing was broken off", "start again")
        })?;
        written.map_err(|error| no_room(&self.name, &error))?;
        self.sha256 = sha256;
        bytes.clear();
        self.waiting = bytes;
        Ok(())
    }
}

fn no_room(name: &str, error: &std::io::Error) -> Error {
    Error::unavailable(
        name,
        format!("it could not be kept while it is read ({error})"),
        "check the room in the data folder and that Deskbridge may write there",
    )
}
