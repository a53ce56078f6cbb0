//! Bytes between Zendesk and the database, one piece at a time.

use std::io;
use std::mem::take;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use futures_util::stream::{Stream, try_unfold};
use store::Store;
use store::attachments::{CHUNK, chunk};
use tokio::runtime::Handle;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, spawn_blocking};
use zendesk::{Client, Downloaded, FileContent};

/// What is handed to the connection at once.
const SENT_AT_ONCE: usize = 64 * 1024;

/// A download that goes on only as fast as its pieces are taken.
///
/// The client hands bytes to a function that cannot wait, and keeping them has to wait for the
/// database. So the download has a thread of its own, which stops there until the piece is kept: a
/// fast connection never fills the memory. Dropping this ends the thread.
pub(super) struct Incoming {
    pieces: UnboundedReceiver<Vec<u8>>,
    kept: SyncSender<()>,
    is_out: bool,
    ended: JoinHandle<Result<(Downloaded, Vec<u8>), zendesk::Error>>,
    _wanted: oneshot::Sender<()>,
}

impl Incoming {
    /// Begins to fetch the file at `url`, of at most `limit` bytes.
    pub(super) fn begin(client: Client, url: String, limit: u64) -> Self {
        let (hand, pieces) = unbounded_channel();
        let (kept, is_kept) = sync_channel(1);
        let (wanted, unwanted) = oneshot::channel::<()>();
        let runtime = Handle::current();
        let ended = spawn_blocking(move || {
            let mut gathered = Gathered {
                chunk: Vec::new(),
                hand,
                is_kept,
            };
            let mut sink = |bytes: &[u8]| gathered.take(bytes);
            let downloaded = runtime.block_on(async {
                let download = Box::pin(client.download(&url, limit, &mut sink));
                tokio::select! {
                    done = download => done,
                    _ = unwanted => Err(zendesk::Error::Store("nobody waits for the file any more".to_owned())),
                }
            })?;
            Ok((downloaded, gathered.chunk))
        });
        Self {
            pieces,
            kept,
            is_out: false,
            ended,
            _wanted: wanted,
        }
    }

    /// The next full piece; asking for it says that the one before is kept. None at the end.
    pub(super) async fn next(&mut self) -> Option<Vec<u8>> {
        if take(&mut self.is_out) && self.kept.send(()).is_err() {
            // The thread has ended; it hands nothing over any more.
            return None;
        }
        let piece = self.pieces.recv().await;
        self.is_out = piece.is_some();
        piece
    }

    /// What came, and the last piece, which is not a full one.
    ///
    /// # Errors
    /// Why the file did not come whole.
    pub(super) async fn end(self) -> Result<(Downloaded, Vec<u8>), zendesk::Error> {
        let stopped = || zendesk::Error::Store("the download stopped in the middle".to_owned());
        self.ended.await.unwrap_or_else(|_| Err(stopped()))
    }
}

/// The piece that is being filled.
struct Gathered {
    chunk: Vec<u8>,
    hand: UnboundedSender<Vec<u8>>,
    is_kept: Receiver<()>,
}

impl Gathered {
    /// Adds bytes; waits whenever they make a full piece, until that is kept.
    fn take(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        let unwanted = || io::Error::from(io::ErrorKind::BrokenPipe);
        while !bytes.is_empty() {
            let room = CHUNK - self.chunk.len();
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.chunk.extend_from_slice(now);
            bytes = later;
            if self.chunk.len() == CHUNK {
                self.hand
                    .send(take(&mut self.chunk))
                    .map_err(|_| unwanted())?;
                self.is_kept.recv().map_err(|_| unwanted())?;
            }
        }
        Ok(())
    }
}

/// The kept bytes of a file, to be sent: read piece by piece while they go.
pub(super) fn outgoing(store: Store, id: String, length: u64) -> FileContent {
    FileContent::of_stream(length, move || kept_bytes(store.clone(), id.clone()))
}

/// How far a file has been read: the piece at hand, how much of it is gone, and which comes next.
struct Place {
    store: Store,
    id: String,
    piece: Vec<u8>,
    gone: usize,
    next: i64,
}

fn kept_bytes(store: Store, id: String) -> impl Stream<Item = io::Result<Vec<u8>>> + Send {
    let place = Place {
        store,
        id,
        piece: Vec::new(),
        gone: 0,
        next: 0,
    };
    try_unfold(place, async |mut place: Place| {
        if place.gone == place.piece.len() {
            let found = async {
                let mut reader = place.store.read().await?;
                chunk(&mut reader, &place.id, place.next).await
            };
            match found.await.map_err(io::Error::other)? {
                Some(piece) => place.piece = piece,
                None => return Ok(None),
            }
            place.gone = 0;
            place.next += 1;
        }
        let end = place.piece.len().min(place.gone + SENT_AT_ONCE);
        let sent = place.piece[place.gone..end].to_vec();
        place.gone = end;
        Ok(Some((sent, place)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_is_waited_for_before_the_next_one_is_filled() {
        let (hand, mut pieces) = unbounded_channel();
        let (kept, is_kept) = sync_channel(1);
        let mut gathered = Gathered {
            chunk: Vec::new(),
            hand,
            is_kept,
        };
        gathered.take(&vec![1; CHUNK - 1]).unwrap();
        assert!(pieces.try_recv().is_err(), "not full yet");
        kept.send(()).unwrap();
        gathered.take(&[2, 3]).unwrap();
        assert_eq!(pieces.try_recv().unwrap().len(), CHUNK);
        assert_eq!(gathered.chunk, [3]);
        drop(kept);
        let error = gathered.take(&vec![4; CHUNK]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }
}
