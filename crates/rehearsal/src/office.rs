//! Our side: the database as it is kept, and who works on it.

mod hints;
mod people;
mod poller;
mod request;
mod worker;

use std::collections::BTreeMap;

use domain::comment::TicketComment;
use domain::desk::Desk;
use domain::merge::Mode;

pub(crate) use hints::Looker;
pub(crate) use people::EDITED;
pub(crate) use poller::{Poller, due_at};
pub(crate) use worker::Worker;

use crate::ledger::Edit;

/// Everything that survives a crash.
#[derive(Debug, Clone)]
pub(crate) struct Database {
    /// The cases, by number.
    pub(crate) desks: Vec<Desk>,
    /// Every ticket that has a case, also the former ones.
    pub(crate) links: Vec<(i64, usize)>,
    /// Tickets to look at again.
    pub(crate) hints: BTreeMap<i64, Hint>,
    /// Comments, with their markers, whose ticket has not arrived.
    pub(crate) orphans: Vec<(TicketComment, Option<String>)>,
    /// How far the tickets' export was read.
    pub(crate) tickets_read: (i64, i64),
    /// How far the comments' export was read.
    pub(crate) comments_read: (i64, i64),
    /// Both ways or not, and who wins.
    pub(crate) mode: Mode,
    /// Whether the latecomers are known.
    pub(crate) arrived: bool,
    /// The customer who is known to have been merged away: the users' export was read since.
    pub(crate) gone: Option<i64>,
    /// The claim on the pull: its token, and until when, by our clock in milliseconds.
    pub(crate) pull: (i64, i64),
}

/// A ticket to look at again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hint {
    /// Rises with each new hint, so that one that comes while another is worked on stays.
    pub(crate) number: i64,
    /// Not before, by our clock in milliseconds.
    pub(crate) due_ms: i64,
}

/// An old state, to be put back.
#[derive(Debug)]
pub(crate) struct Backup {
    pub(crate) db: Database,
    pub(crate) edits_here: Vec<Edit>,
}

impl Database {
    pub(crate) const fn new(mode: Mode) -> Self {
        Self {
            desks: Vec::new(),
            links: Vec::new(),
            hints: BTreeMap::new(),
            orphans: Vec::new(),
            tickets_read: (0, 0),
            comments_read: (0, 0),
            mode,
            arrived: false,
            gone: None,
            pull: (0, 0),
        }
    }

    /// The case of a ticket.
    pub(crate) fn case_of(&self, ticket: i64) -> Option<usize> {
        let found = self.links.iter().find(|(known, _)| *known == ticket);
        found.map(|(_, case)| *case)
    }

    /// Whether two-way sync is off.
    pub(crate) const fn is_one_way(&self) -> bool {
        match self.mode {
            Mode::OneWay => true,
            Mode::TwoWay(_) => false,
        }
    }
}
