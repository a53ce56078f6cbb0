//! Rows that the caller has: our own contacts, chosen by a filter.

use tokio::sync::mpsc;

use crate::batch::Batch;
use crate::error::Error;
use crate::form::Found;
use crate::limits::Limits;
use crate::reader::{Reader, Step, Steps, steps};
use crate::schema::Schema;

/// The end of the channel that is read: a [`crate::Source`].
#[derive(Debug)]
pub struct HandedOver {
    name: String,
    schema: Schema,
    steps: mpsc::Receiver<Result<Step, Error>>,
}

/// The end of the channel into which the caller puts its rows.
#[derive(Debug)]
pub struct Handing {
    columns: usize,
    steps: Steps,
}

/// Whoever reads the rows has stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("nobody reads these rows any more")]
pub struct NobodyReads;

/// A channel for rows with the columns of `schema`; `name` stands for them in sentences.
pub fn hand_over(name: &str, schema: Schema) -> (Handing, HandedOver) {
    let (sender, receiver) = steps();
    let columns = schema.len();
    (
        Handing {
            columns,
            steps: sender,
        },
        HandedOver {
            name: name.to_owned(),
            schema,
            steps: receiver,
        },
    )
}

impl Handing {
    /// An empty batch to [`Batch::push`] rows into: some two thousand, or a mebibyte.
    pub fn batch(&self) -> Batch {
        Batch::new(self.columns)
    }

    /// Hands rows over, and waits while two batches are unread.
    ///
    /// # Errors
    /// [`NobodyReads`] once the reader is dropped.
    pub async fn send(&mut self, batch: Batch) -> Result<(), NobodyReads> {
        if batch.is_empty() {
            return Ok(());
        }
        self.steps
            .send(Ok(Step::Rows(batch)))
            .await
            .map_err(|_| NobodyReads)
    }

    /// Says that these were all. Without it the reading ends with [`Error::EndedEarly`], so that a
    /// caller that dies does not look like one with fewer rows.
    ///
    /// # Errors
    /// [`NobodyReads`] once the reader is dropped.
    pub async fn finish(self) -> Result<(), NobodyReads> {
        self.steps
            .send(Ok(Step::End(None)))
            .await
            .map_err(|_| NobodyReads)
    }
}

impl HandedOver {
    pub(crate) fn into_reader(self, limits: &Limits) -> Reader {
        let (reader, _) = Reader::over(
            &self.name,
            self.schema,
            Found::default(),
            limits,
            self.steps,
        );
        reader
    }
}
