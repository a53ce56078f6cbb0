//! Compare: which rows are new or changed, by the ledger; who stands in the source twice; who left it.
//!
//! Rows and ledger come in the order of their keys, part by part, so that memory does not grow with them;
//! the next parts of the ledger are read while one is compared.

use std::collections::VecDeque;

use domain::profile::failure::FailureClass;
use domain::profile::key::SameKey;
use domain::profile::leaver::OnLeave;
use domain::profile::{RowState, Tally};
use store::ledger::{self, Ahead, Entry, Part};

use super::Send;
use super::fate::{Fate, Fates};
use super::halt::Halt;
use super::read::Reading;
use super::record::{Bearer, Hash, Left, Record, with_plan};
use super::spill::{Laid as _, PARTS, Spill, range};

/// So many rows and customers are compared at a time.
const AT_ONCE: u64 = 8_000;
/// A customer that is looked up costs as much as so many that are walked through.
const FEW: u64 = 16;

/// What a compared row may be counted as at once, by its place in [`Bearer::counted`]; the last stands
/// for one that is still to be dealt with.
pub(super) const SETTLED: [Option<RowState>; 4] = [
    Some(RowState::Unchanged),
    Some(RowState::Created),
    Some(RowState::Updated),
    None,
];

/// All rows, compared.
pub(super) struct Compared {
    /// What is still to be done about each.
    pub(super) fates: Fates,
    /// Customers who left the query.
    pub(super) leavers: Spill<Left>,
    /// Customers in the ledger whom this orchestration sent.
    pub(super) known: u64,
    /// Rows whose key another row has too.
    pub(super) same_key: u64,
}

/// What is decided about the row that counts for its customer.
enum Decision {
    /// Nothing is to be done, and it counts as this.
    Settled(RowState),
    /// It is dealt with in the second reading.
    Open(Fate),
}

/// Compares all rows with the ledger of the destination.
pub(super) async fn compare(send: &mut Send<'_>, reading: &Reading) -> Result<Compared, Halt> {
    let records = &reading.records;
    let folder = send.engine.settings.sources.scratch.clone();
    let (destination, source) = (send.destination.number, send.source_number);
    let mut reader = send.engine.store.read().await?;
    let (low, high) = range(0, 1);
    // Keys are hashes: each part has about as many.
    let total = ledger::count_within(&mut reader, destination, low, high).await? * PARTS as u64;
    drop(reader);
    let mut judge = Judge {
        workflow: send.workflow.number,
        full: send.settings.full,
        repeat_failed: send.settings.repeat_failed,
        acted: send.approved.acted,
        same_key: send.settings.same_key,
        plan: send.plan,
        tally: send.tally,
        compared: Compared {
            fates: Fates::default(),
            leavers: Spill::new(&folder)?,
            known: 0,
            same_key: 0,
        },
        bearers: Spill::new(&folder)?,
        held_back: Vec::new(),
        may_leave: source != 0 && reading.nameless == 0,
    };
    if source != 0 && reading.nameless > 0 && send.settings.on_leave != OnLeave::Keep {
        send.counts.warnings.insert(format!(
            "{}, and may be about anybody who seems to have left. So nobody counts as having left this time. Mend the source.",
            match reading.nameless {
                1 => "1 row does not say whom it is about".to_owned(),
                several => format!("{several} rows do not say whom they are about"),
            }
        ));
    }
    // Few rows look up their customers; many walk through all of them. Who left is found only by a walk.
    let looks_up = source == 0 && records.len() * FEW < total;
    let largest = records.len().max(reading.held_back.len());
    let step = step(match looks_up {
        true => largest,
        false => largest.max(total),
    });
    let mut ahead = Ahead::new(&send.engine.store, destination);
    let mut parts = (0..PARTS).step_by(step);
    let mut asked = VecDeque::new();
    let mut read: Option<(Rows, Vec<Entry>)> = None;
    loop {
        while ahead.has_room()
            && let Some(from) = parts.next()
        {
            let to = (from + step).min(PARTS);
            let rows = Rows::read(reading, from, to)?;
            let (low, high) = range(from, to);
            ahead.ask(match looks_up {
                true => Part::Keys(rows.sent.iter().map(|row| row.key).collect()),
                // Also where nobody was ever confirmed: what Zendesk refused for good is in the ledger too.
                false => Part::Range(low, high),
            });
            asked.push_back(rows);
        }
        // The next ones are on their way while these are compared.
        if let Some((rows, entries)) = read.take() {
            judge.held_back = rows.held_back;
            judge.merge(&rows.sent, &entries, source)?;
            // Another worker may have taken over while a large ledger was read.
            send.heed_stop().await?;
        }
        let Some(rows) = asked.pop_front() else {
            break;
        };
        read = Some((rows, ahead.next().await?));
    }
    judge.find_shared_emails(step)?;
    send.tally = judge.tally;
    Ok(judge.compared)
}

/// The rows of some parts.
struct Rows {
    /// Those that may be sent, in the order of their keys and then of the source.
    sent: Vec<Record>,
    /// Whom the others are about, in the order of their keys.
    held_back: Vec<Left>,
}

impl Rows {
    fn read(reading: &Reading, from: usize, to: usize) -> Result<Self, Halt> {
        let (mut sent, mut held_back) = (Vec::new(), Vec::new());
        for part in from..to {
            reading.records.read(part, &mut sent)?;
            reading.held_back.read(part, &mut held_back)?;
        }
        sent.sort_unstable_by_key(|row: &Record| (row.key, row.line));
        held_back.sort_unstable();
        Ok(Self { sent, held_back })
    }
}

/// How many parts are taken together, so that few rows cost few questions.
fn step(rows: u64) -> usize {
    let groups = usize::try_from(rows / AT_ONCE + 1).unwrap_or(PARTS);
    (PARTS / groups.min(PARTS)).max(1)
}

struct Judge {
    workflow: i64,
    full: bool,
    repeat_failed: bool,
    acted: bool,
    same_key: SameKey,
    plan: [u8; 16],
    tally: Tally,
    compared: Compared,
    bearers: Spill<Bearer>,
    /// Whom the rows of the parts at hand are about that are not sent.
    held_back: Vec<Left>,
    /// Whether it can be told who left.
    may_leave: bool,
}

impl Judge {
    /// Walks through rows and customers side by side, both sorted by key.
    fn merge(&mut self, rows: &[Record], entries: &[Entry], source: i64) -> Result<(), Halt> {
        let is_known = |entry: &&Entry| entry.source == source && entry.body.is_some();
        if source != 0 {
            self.compared.known += entries.iter().filter(is_known).count() as u64;
        }
        let mut entries = entries.iter().peekable();
        for same in rows.chunk_by(|one, other| one.key == other.key) {
            let Some((last, earlier)) = same.split_last() else {
                continue;
            };
            while let Some(entry) = entries.next_if(|entry| entry.key < last.key) {
                self.leave(entry, source)?;
            }
            let entry = entries.next_if(|entry| entry.key == last.key);
            self.compared.same_key += earlier.len() as u64;
            if self.same_key == SameKey::Error && !earlier.is_empty() {
                for row in same {
                    self.compared.fates.set(row.line, Fate::SameKey);
                }
                continue;
            }
            for row in earlier {
                self.compared.fates.set(row.line, Fate::Replaced);
            }
            let counted = match self.decide(last, entry) {
                Decision::Settled(state) => {
                    self.tally.add(state, 1);
                    Some(state)
                }
                Decision::Open(fate) => {
                    self.compared.fates.set(last.line, fate);
                    None
                }
            };
            if last.email != 0 {
                let place = SETTLED.iter().position(|settled| *settled == counted);
                self.bearers.push(Bearer {
                    email: last.email,
                    key: last.key,
                    line: last.line,
                    counted: place.unwrap_or_default() as u64,
                })?;
            }
        }
        for entry in entries {
            self.leave(entry, source)?;
        }
        Ok(())
    }

    fn decide(&self, row: &Record, entry: Option<&Entry>) -> Decision {
        let Some(entry) = entry else {
            return Decision::Open(Fate::Send);
        };
        let is_ours = entry.workflow == self.workflow;
        if entry.body == Some(row.body) && (is_ours || !self.full) {
            // What an earlier try of this very workflow confirmed counts as what it was then.
            let state = entry.state.filter(|state| is_ours && state.is_confirmed());
            return Decision::Settled(state.unwrap_or(RowState::Unchanged));
        }
        match (entry.failure, self.is_same_failure(row.body, entry.failed)) {
            (Some(class), true) if !self.is_due(class) => Decision::Open(Fate::StillFailed(class)),
            (Some(_) | None, _) => Decision::Open(Fate::Send),
        }
    }

    fn is_same_failure(&self, body: Hash, failed: Option<Hash>) -> bool {
        failed == Some(with_plan(body, self.plan))
    }

    fn is_due(&self, class: FailureClass) -> bool {
        self.repeat_failed || self.full || class.retry().is_due(false, self.acted)
    }

    /// A customer whom the ledger knows and this source does not have.
    fn leave(&mut self, entry: &Entry, source: i64) -> Result<(), Halt> {
        let left = Left(entry.key);
        let is_known = entry.source == source && entry.body.is_some();
        // A row that is not let through is still a row: whom it is about has not left.
        if self.may_leave && is_known && self.held_back.binary_search(&left).is_err() {
            self.compared.leavers.push(left)?;
        }
        Ok(())
    }

    /// One email under two keys: none of these rows is sent until a person decides.
    fn find_shared_emails(&mut self, step: usize) -> Result<(), Halt> {
        let mut bearers = Vec::new();
        for from in (0..PARTS).step_by(step) {
            bearers.clear();
            for part in from..(from + step).min(PARTS) {
                self.bearers.read(part, &mut bearers)?;
            }
            bearers.sort_unstable();
            let shared = bearers
                .chunk_by(|one, other| one.email == other.email)
                .filter(|same| same.len() > 1);
            for bearer in shared.flatten() {
                let place = usize::try_from(bearer.counted).unwrap_or_default();
                if let Some(Some(state)) = SETTLED.get(place) {
                    self.tally.take(*state, 1);
                }
                self.compared.fates.set(bearer.line, Fate::SharedEmail);
            }
        }
        Ok(())
    }
}

impl std::fmt::Debug for Compared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Compared")
            .field("open", &self.fates.open())
            .field("leavers", &self.leavers.len())
            .field("known", &self.known)
            .finish_non_exhaustive()
    }
}

const _: () = assert!(Record::BYTES == 48);
