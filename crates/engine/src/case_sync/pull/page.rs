//! A page being written, and what it has to tell.

use jiff::Timestamp;
use store::Tx;
use store::runs::{Counters, Level};
use store::unreadable::Unreadable;
use zendesk::{BadRecord, Record};

use crate::content::content_of;

/// A page being written: everything in it is kept together, or nothing is.
pub(in crate::case_sync) struct Page {
    pub(in crate::case_sync) tx: Tx,
    pub(in crate::case_sync) counters: Counters,
    pub(in crate::case_sync) now: Timestamp,
    pub(super) log: Vec<(Level, String)>,
    pub(super) unreadable: Vec<Unreadable>,
    pub(super) read_well: Option<Vec<(&'static str, String)>>,
}

impl Page {
    /// What `record`, which came in `stream`, says. One that cannot be read is kept whole and told
    /// of.
    pub(in crate::case_sync) fn sort_out<'a, T>(
        &mut self,
        stream: &'static str,
        record: &'a Record<T>,
    ) -> Option<&'a T> {
        match &record.parsed {
            Ok(read) => {
                self.note_read_well(stream, || key_of(record));
                Some(read)
            }
            Err(bad) => {
                self.set_aside(stream, key_of(record), bad, record.raw.get());
                None
            }
        }
    }

    /// Keeps a record that cannot be read, and tells of it.
    pub(in crate::case_sync) fn set_aside(
        &mut self,
        stream: &'static str,
        key: String,
        bad: &BadRecord,
        raw: &str,
    ) {
        self.warn(bad.to_string());
        self.unreadable.push(Unreadable {
            stream: stream.to_owned(),
            key,
            problem: bad.to_string(),
            raw: raw.to_owned(),
        });
    }

    /// Notes that a record was read well, which it may not have been earlier.
    pub(in crate::case_sync) fn note_read_well(
        &mut self,
        stream: &'static str,
        key: impl FnOnce() -> String,
    ) {
        if let Some(read_well) = &mut self.read_well {
            read_well.push((stream, key()));
        }
    }

    /// Notes something that a person may want to look at.
    pub(in crate::case_sync) fn warn(&mut self, sentence: String) {
        self.counters.warnings += 1;
        self.log.push((Level::Warning, sentence));
    }

    /// Notes what happened.
    pub(in crate::case_sync) fn tell(&mut self, sentence: String) {
        self.log.push((Level::Info, sentence));
    }
}

/// Whether a record that changed at `arrived` is an older form of one that changed at `known`. One
/// that does not say when it changed is taken as it comes.
pub(in crate::case_sync) fn is_late(known: Option<Timestamp>, arrived: Option<Timestamp>) -> bool {
    known
        .zip(arrived)
        .is_some_and(|(known, arrived)| known > arrived)
}

/// What tells a record from the others of its stream when it is kept unread.
pub(in crate::case_sync) fn key_of<T>(record: &Record<T>) -> String {
    match record.id {
        Some(id) => id.to_string(),
        None => format!("#{:016x}", content_of(record.raw.get())),
    }
}
