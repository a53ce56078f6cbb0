//! The bytes of a file that is to be uploaded, wherever they are.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::stream::{self, BoxStream, Stream, StreamExt};
use http_body::{Body, Frame, SizeHint};
use tokio::fs::File;
use tokio::io::AsyncReadExt;

use super::PIECE;

type Opener = dyn Fn() -> BoxStream<'static, io::Result<Vec<u8>>> + Send + Sync;

/// A file that is to be uploaded. It is read in pieces while it is sent, and can be read again
/// from its start, for the one repeat that a renewal of the sign-in needs. Cloning it is cheap.
#[derive(Clone)]
pub struct FileContent {
    length: u64,
    open: Arc<Opener>,
}

impl fmt::Debug for FileContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileContent")
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

impl FileContent {
    /// Bytes that `open` brings, `length` of them in all. Its pieces should be small (64 kB).
    pub fn of_stream<S>(length: u64, open: impl Fn() -> S + Send + Sync + 'static) -> Self
    where
        S: Stream<Item = io::Result<Vec<u8>>> + Send + 'static,
    {
        Self {
            length,
            open: Arc::new(move || open().boxed()),
        }
    }

    /// The file at `path`, which has `length` bytes.
    pub fn of_file(path: impl Into<PathBuf>, length: u64) -> Self {
        let path = path.into();
        Self::of_stream(length, move || {
            stream::try_unfold(Reading::At(path.clone()), read_piece)
        })
    }

    /// Bytes in memory, for what is small.
    pub fn of_bytes(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes: Arc<[u8]> = bytes.into().into();
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        Self::of_stream(length, move || {
            let bytes = bytes.clone();
            let starts = (0..bytes.len()).step_by(PIECE);
            stream::iter(starts.map(move |start| {
                let end = bytes.len().min(start + PIECE);
                Ok(bytes[start..end].to_vec())
            }))
        })
    }

    /// How many bytes it has.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// The content from its start, as the body of a request.
    pub(crate) fn open(&self) -> Sending {
        Sending {
            pieces: Mutex::new((self.open)()),
            left: self.length,
        }
    }
}

/// A file being read.
enum Reading {
    At(PathBuf),
    In(File),
}

async fn read_piece(reading: Reading) -> io::Result<Option<(Vec<u8>, Reading)>> {
    let mut file = match reading {
        Reading::At(path) => File::open(path).await?,
        Reading::In(file) => file,
    };
    let mut piece = vec![0; PIECE];
    let read = file.read(&mut piece).await?;
    piece.truncate(read);
    Ok((read > 0).then_some((piece, Reading::In(file))))
}

/// A body that announces its length and brings exactly so many bytes, or fails.
pub(crate) struct Sending {
    /// Only ever reached by `get_mut`; the lock is there because a body must be `Sync`.
    pieces: Mutex<BoxStream<'static, io::Result<Vec<u8>>>>,
    left: u64,
}

/// The file itself could not be read, or has another length: no fault of Zendesk's.
#[derive(Debug, thiserror::Error)]
#[error("the file to be sent {0}")]
pub(crate) struct SourceFailed(String);

impl Body for Sending {
    type Data = Bytes;
    type Error = SourceFailed;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, SourceFailed>>> {
        let this = self.get_mut();
        let pieces = this
            .pieces
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        let piece = match pieces.poll_next_unpin(cx) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(piece) => piece,
        };
        Poll::Ready(match piece {
            Some(Ok(piece)) => {
                let length = u64::try_from(piece.len()).unwrap_or(u64::MAX);
                match this.left.checked_sub(length) {
                    Some(left) => {
                        this.left = left;
                        Some(Ok(Frame::data(Bytes::from(piece))))
                    }
                    None => Some(Err(SourceFailed("is longer than it was".into()))),
                }
            }
            Some(Err(error)) => {
                let kind = error.kind();
                Some(Err(SourceFailed(format!("could not be read ({kind})"))))
            }
            None if this.left > 0 => Some(Err(SourceFailed("is shorter than it was".into()))),
            None => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
