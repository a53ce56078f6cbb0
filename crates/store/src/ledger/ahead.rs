//! Entries read ahead: while some are compared, the next ones are on their way.

use std::collections::VecDeque;

use tokio::task::JoinHandle;

use super::{Entry, Hash, of_keys, scan};
use crate::database::{Dialect, Reader, Store};
use crate::error::{Error, Result};

/// What is to be read of a destination's entries at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// All whose key's first half is in a range, both ends included.
    Range(i64, i64),
    /// Those of these keys.
    Keys(Vec<Hash>),
}

/// A part that is being read, by a reader that comes back with it.
type UnderWay = JoinHandle<Result<(Reader, Vec<Entry>)>>;

/// Entries of a destination, part by part in the order in which they are asked for. Each connection is kept
/// for the next part: on SQLite another one would be another thread with memory of its own.
pub struct Ahead {
    store: Store,
    destination: i64,
    idle: Vec<Reader>,
    under_way: VecDeque<UnderWay>,
}

impl Ahead {
    /// Nothing is asked for yet.
    pub fn new(store: &Store, destination: i64) -> Self {
        Self {
            store: store.clone(),
            destination,
            idle: Vec::new(),
            under_way: VecDeque::new(),
        }
    }

    /// Whether another part can be asked for now: a server reads two beside each other.
    pub fn has_room(&self) -> bool {
        let at_once = match self.store.dialect() {
            Dialect::Sqlite => 1,
            Dialect::Postgres => 2,
        };
        self.under_way.len() < at_once
    }

    /// Begins to read a part.
    pub fn ask(&mut self, part: Part) {
        let (store, destination, idle) = (self.store.clone(), self.destination, self.idle.pop());
        self.under_way.push_back(tokio::spawn(async move {
            let mut reader = match idle {
                Some(reader) => reader,
                None => store.read().await?,
            };
            let mut entries = Vec::new();
            match part {
                Part::Range(from, to) => {
                    scan(&mut reader, destination, from, to, &mut entries).await?;
                }
                Part::Keys(keys) => entries = of_keys(&mut reader, destination, &keys).await?,
            }
            Ok((reader, entries))
        }));
    }

    /// The entries of the part that was asked for first, in the order of their keys; none if no part was
    /// asked for.
    ///
    /// # Errors
    /// As the database says.
    pub async fn next(&mut self) -> Result<Vec<Entry>> {
        let Some(first) = self.under_way.pop_front() else {
            return Ok(Vec::new());
        };
        match first.await {
            Ok(read) => {
                let (reader, entries) = read?;
                self.idle.push(reader);
                Ok(entries)
            }
            Err(ended) => match ended.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // The process is ending.
                Err(_) => Err(Error::Disconnected),
            },
        }
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        for reading in &self.under_way {
            reading.abort();
        }
    }
}

impl std::fmt::Debug for Ahead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ahead")
            .field("destination", &self.destination)
            .field("under_way", &self.under_way.len())
            .finish_non_exhaustive()
    }
}
