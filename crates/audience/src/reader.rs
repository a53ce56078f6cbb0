//! A source that is open: its columns, and its rows batch by batch.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{mpsc, oneshot};

use crate::batch::{Batch, Draft};
use crate::error::Error;
use crate::form::Found;
use crate::input::Fingerprint;
use crate::limits::Limits;
use crate::schema::Schema;

/// So many batches may wait for whoever reads.
const WAITING: usize = 2;

/// Makes rows of a source's bytes, on a thread of its own.
pub(crate) trait Decode: Send {
    /// Adds some rows to an empty draft. Returns whether there may be more.
    fn fill(&mut self, draft: &mut Draft) -> Result<bool, Error>;
    /// Called once after the last row.
    fn finish(&mut self) -> Result<Option<Fingerprint>, Error>;
    /// The reason for which a row is rejected that is not UTF-8.
    fn not_text(&self) -> &'static str;
}

/// What a decoder is before its first row.
pub(crate) type Ready = (Box<dyn Decode>, Schema, Found);

/// What goes from the thread that decodes to the reader.
#[derive(Debug)]
pub(crate) enum Step {
    Rows(Batch),
    End(Option<Fingerprint>),
}

pub(crate) type Steps = mpsc::Sender<Result<Step, Error>>;

/// A source that is open.
///
/// Decoding runs ahead by two batches and waits then, so memory does not grow with rows. Dropping
/// the reader ends it.
pub struct Reader {
    name: String,
    schema: Schema,
    found: Found,
    steps: mpsc::Receiver<Result<Step, Error>>,
    used: std::sync::mpsc::SyncSender<Batch>,
    progress: Arc<AtomicU64>,
    counted: Counted,
    limits: Limits,
    ended: Option<Result<Option<Fingerprint>, Error>>,
}

/// How far a reading is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// Rows handed out, those among them that were rejected included.
    pub rows: u64,
    /// How many of them were rejected by the format.
    pub rejected: u64,
}

impl Reader {
    /// The name of the source as people know it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The columns.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// What the source turned out to be.
    pub fn found(&self) -> &Found {
        &self.found
    }

    /// The next rows; `None` after the last ones. A batch may have rejected rows only.
    ///
    /// # Errors
    /// Any [`Error`]; the same one again when asked again.
    pub async fn next(&mut self) -> Result<Option<Batch>, Error> {
        if let Some(ended) = &self.ended {
            return ended.clone().map(|_| None);
        }
        let outcome = match self.steps.recv().await {
            Some(Ok(Step::Rows(batch))) => {
                self.counted.rejected += batch.rejected().len() as u64;
                self.counted.rows += (batch.len() + batch.rejected().len()) as u64;
                if self.counted.rows <= self.limits.rows {
                    return Ok(Some(batch));
                }
                self.steps.close();
                let why = format!("it has more than {} rows", self.limits.rows);
                Err(Error::too_much(
                    &self.name,
                    None,
                    why,
                    "Send it in several parts",
                ))
            }
            Some(Ok(Step::End(fingerprint))) => Ok(fingerprint),
            Some(Err(error)) => Err(error),
            None if self.found.format.is_some() => Err(stumbled(&self.name)),
            None => Err(Error::EndedEarly {
                source_name: self.name.clone(),
            }),
        };
        self.ended = Some(outcome.clone());
        outcome.map(|_| None)
    }

    /// Gives a batch back that is no longer needed, so that its memory is used again.
    pub fn give_back(&self, batch: Batch) {
        // Nobody may be left to use it, or there are enough: then it is simply dropped.
        drop(self.used.try_send(batch));
    }

    /// Rows so far.
    pub fn counted(&self) -> Counted {
        self.counted
    }

    /// How many bytes of the source have been read, for a progress bar beside [`Found::bytes`].
    pub fn bytes_read(&self) -> u64 {
        self.progress.load(Ordering::Relaxed)
    }

    /// SHA-256 of the source's bytes as they lie there; known once the last row is read, for
    /// sources that are files or objects.
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        match &self.ended {
            Some(Ok(fingerprint)) => *fingerprint,
            Some(Err(_)) | None => None,
        }
    }

    /// A reader of rows that something else puts into `steps`.
    pub(crate) fn over(
        name: &str,
        schema: Schema,
        found: Found,
        limits: &Limits,
        steps: mpsc::Receiver<Result<Step, Error>>,
    ) -> (Self, std::sync::mpsc::Receiver<Batch>) {
        let (used, reused) = std::sync::mpsc::sync_channel(WAITING + 2);
        let reader = Self {
            name: name.to_owned(),
            schema,
            found,
            steps,
            used,
            progress: Arc::default(),
            counted: Counted::default(),
            limits: limits.clone(),
            ended: None,
        };
        (reader, reused)
    }
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader")
            .field("name", &self.name)
            .field("counted", &self.counted)
            .finish_non_exhaustive()
    }
}

/// A channel as wide as a reader may run ahead.
pub(crate) fn steps() -> (Steps, mpsc::Receiver<Result<Step, Error>>) {
    mpsc::channel(WAITING)
}

/// Opens a source by `open` on a thread of its own, which decodes until the reader is dropped.
pub(crate) async fn start(
    name: &str,
    limits: &Limits,
    open: impl FnOnce(&Limits, Arc<AtomicU64>) -> Result<Ready, Error> + Send + 'static,
) -> Result<Reader, Error> {
    let (opened, opening) = oneshot::channel();
    let (sender, receiver) = steps();
    let (used, reused) = std::sync::mpsc::sync_channel(WAITING + 2);
    let progress = Arc::new(AtomicU64::new(0));
    let (of_thread, its_limits) = (progress.clone(), limits.clone());
    let work = tokio::task::spawn_blocking(move || match open(&its_limits, of_thread) {
        Err(error) => drop(opened.send(Err(error))),
        Ok((decoder, schema, found)) => {
            let columns = schema.len();
            if opened.send(Ok((schema, found))).is_ok() {
                decode(decoder, columns, &sender, &reused);
            }
        }
    });
    // Nobody waits for the thread: it ends with its channel.
    drop(work);
    // A decoder that panics takes its end of the channel with it.
    let (schema, found) = opening.await.unwrap_or_else(|_| Err(stumbled(name)))?;
    Ok(Reader {
        name: name.to_owned(),
        schema,
        found,
        steps: receiver,
        used,
        progress,
        counted: Counted::default(),
        limits: limits.clone(),
        ended: None,
    })
}

fn decode(
    mut decoder: Box<dyn Decode>,
    columns: usize,
    sender: &Steps,
    reused: &std::sync::mpsc::Receiver<Batch>,
) {
    loop {
        let mut draft = match reused.try_recv() {
            Ok(batch) => Draft::reuse(batch, columns),
            Err(_) => Draft::new(columns),
        };
        let outcome = decoder.fill(&mut draft);
        if !draft.is_empty() {
            let batch = draft.seal(decoder.not_text());
            if sender.blocking_send(Ok(Step::Rows(batch))).is_err() {
                return;
            }
        } else if sender.is_closed() {
            return;
        }
        let last = match outcome {
            Ok(true) => continue,
            Ok(false) => decoder.finish().map(Step::End),
            Err(error) => Err(error),
        };
        drop(sender.blocking_send(last));
        return;
    }
}

/// Said where a decoder gives up in a way that it should not: damage that nobody has foreseen.
fn stumbled(name: &str) -> Error {
    Error::damaged(
        name,
        None,
        "it is damaged in a way that cannot be told",
        "Export it again; if it stays like this, report it",
    )
}
