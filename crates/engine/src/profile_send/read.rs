//! Read and check: every row of the source once, and of each that may be sent 48 bytes to compare.
//!
//! Checking a row takes several times as long as reading it, so batches are checked beside each other, on
//! as many processors as there are, and what came of them is taken up in the order of the source.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use audience::{Batch, Fingerprint, Limits, RejectedRow};
use domain::profile::key::Ids;
use domain::profile::staff::StaffShield;
use domain::profile::{Checker, Note, Profile, RowState, Tally, Verdict};
use store::workflow_rows::WorkflowRow;
use store::workflows::Task;
use tokio::task::{JoinHandle, spawn_blocking};

use super::Send;
use super::halt::Halt;
use super::record::{Left, Record, key_hash};
use super::source::{RowOf, Tape, columns, guess, is_repeatable, open};
use super::spill::Spill;
use crate::error::Error;

/// No more batches than this are checked beside each other: each of them is a megabyte or two.
const MOST_AT_ONCE: usize = 8;
/// Rows that are told about are written so many at a time.
const TOLD_AT_ONCE: usize = 1_000;
/// So many rows lie between two looks at whether somebody asked to stop, and two notes of progress.
const LOOK_EVERY: u64 = 50_000;

/// All rows, read and checked.
pub(super) struct Reading {
    /// The plan of columns they were checked by.
    pub(super) checker: Arc<Checker>,
    /// Those that may be sent.
    pub(super) records: Spill<Record>,
    /// Whom rows are about that are not sent: they have not left.
    pub(super) held_back: Spill<Left>,
    /// Rows that do not even say whom they are about.
    pub(super) nameless: u64,
    /// The source's bytes, if it has any.
    pub(super) fingerprint: Option<Fingerprint>,
    /// The rows themselves, where they cannot be read again.
    pub(super) tape: Option<Tape>,
}

/// Reads and checks all rows. What is rejected or skipped is told at once.
pub(super) async fn read(send: &mut Send<'_>, staff: &StaffShield) -> Result<Reading, Halt> {
    let limits = Limits::default();
    let mut reader = open(send.engine, &send.source, &limits).await?;
    let known = columns(reader.schema());
    send.counts.columns = reader
        .schema()
        .columns()
        .iter()
        .map(|column| column.name.clone())
        .collect();
    send.must_have_columns(&known)?;
    let checker = Arc::new(send.plan_columns(&known)?);
    send.plan = checker.fingerprint();
    send.counts.bytes = reader.found().bytes;
    send.counts.warnings.extend(guess(&send.source, &reader));
    send.begin(Task::Check).await?;
    let folder = send.engine.settings.sources.scratch.clone();
    let mut records = Spill::new(&folder)?;
    let mut tape = match is_repeatable(&send.source) {
        true => None,
        false => Some(Tape::new(&folder, known.len())?),
    };
    let mut checking = Checking::new(checker.clone(), Arc::new(staff.clone()));
    let mut held_back = Spill::new(&folder)?;
    let (mut notes, mut told) = (HashMap::new(), Vec::new());
    let (mut tally, mut nameless) = (Tally::default(), 0);
    // How many rows may still be read.
    let mut left = send.settings.first.unwrap_or(u64::MAX);
    let mut looked = 0;
    loop {
        while left > 0
            && checking.has_room()
            && let Some(batch) = reader.next().await?
        {
            if let Some(tape) = &mut tape {
                tape.keep(&batch)?;
            }
            left -= checking.begin(batch, left);
        }
        let Some((batch, checked)) = checking.next().await? else {
            break;
        };
        for record in &checked.records {
            records.push(*record)?;
        }
        checking.spare.push(checked.records);
        for left in checked.held_back {
            held_back.push(left)?;
        }
        nameless += checked.nameless;
        for (note, (rows, line)) in checked.notes {
            notes.entry(note).or_insert((0, line)).0 += rows;
        }
        tally.read += checked.tally.read;
        tally.add(RowState::Rejected, checked.tally.rejected);
        tally.add(RowState::Skipped, checked.tally.skipped);
        told.extend(checked.told);
        reader.give_back(batch);
        if told.len() >= TOLD_AT_ONCE {
            send.tell(&std::mem::take(&mut told)).await?;
        }
        if tally.read >= looked + LOOK_EVERY {
            looked = tally.read;
            send.counts.rows = tally.into();
            send.counts.bytes_read = reader.bytes_read();
            send.keep().await?;
            send.heed_stop().await?;
        }
    }
    send.tell(&told).await?;
    send.tally = tally;
    send.counts.bytes_read = reader.bytes_read();
    for (note, (rows, line)) in notes {
        let sentence = format!("{} First in line {line}.", checker.sentence(note));
        send.counts.notes.insert(sentence, rows);
    }
    send.fingerprint = reader
        .fingerprint()
        .map(|bytes| bytes.iter().map(|byte| format!("{byte:02x}")).collect());
    Ok(Reading {
        fingerprint: reader.fingerprint(),
        records,
        held_back,
        nameless,
        tape,
        checker,
    })
}

/// Batches that are being checked, in the order of the source.
struct Checking {
    checker: Arc<Checker>,
    staff: Arc<StaffShield>,
    under_way: VecDeque<JoinHandle<(Batch, Checked)>>,
    /// The memory of records that were taken up.
    spare: Vec<Vec<Record>>,
    at_once: usize,
}

/// What came of the rows of a batch.
#[derive(Default)]
struct Checked {
    records: Vec<Record>,
    /// With how many rows each is about, and the line of the first.
    notes: HashMap<Note, (u64, u64)>,
    told: Vec<WorkflowRow>,
    tally: Tally,
    held_back: Vec<Left>,
    nameless: u64,
}

impl Checking {
    fn new(checker: Arc<Checker>, staff: Arc<StaffShield>) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            checker,
            staff,
            under_way: VecDeque::new(),
            spare: Vec::new(),
            at_once: processors.min(MOST_AT_ONCE),
        }
    }

    fn has_room(&self) -> bool {
        self.under_way.len() < self.at_once
    }

    /// Begins with a batch, of which no more than `most` rows count. Returns how many do.
    fn begin(&mut self, batch: Batch, most: u64) -> u64 {
        let rows = (batch.len() + batch.rejected().len()) as u64;
        let (checker, staff) = (self.checker.clone(), self.staff.clone());
        let mut records = self.spare.pop().unwrap_or_default();
        records.clear();
        self.under_way.push_back(spawn_blocking(move || {
            let mut desk = Desk {
                checker: &checker,
                staff: &staff,
                profile: Profile::new(),
                done: Checked {
                    records,
                    ..Checked::default()
                },
            };
            desk.take(&batch, most);
            (batch, desk.done)
        }));
        rows.min(most)
    }

    /// What came of the first of them; nothing if there is none.
    async fn next(&mut self) -> Result<Option<(Batch, Checked)>, Halt> {
        let Some(first) = self.under_way.pop_front() else {
            return Ok(None);
        };
        match first.await {
            Ok(checked) => Ok(Some(checked)),
            Err(ended) => match ended.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // The process is ending.
                Err(_) => Err(Halt::Broken(Error::Stopped)),
            },
        }
    }
}

/// Where rows are checked one after another.
struct Desk<'a> {
    checker: &'a Checker,
    staff: &'a StaffShield,
    profile: Profile,
    done: Checked,
}

impl Desk<'_> {
    /// Checks the rows of a batch, no more than `most`.
    fn take(&mut self, batch: &Batch, most: u64) {
        for row in 0..batch.len() {
            if self.done.tally.read >= most {
                return;
            }
            self.done.tally.read += 1;
            match self.check(&RowOf { batch, row }) {
                Some(record) => self.done.records.push(record),
                None => self.hold_back(),
            }
        }
        for rejected in batch.rejected() {
            if self.done.tally.read >= most {
                return;
            }
            self.done.tally.read += 1;
            self.done.tally.add(RowState::Rejected, 1);
            self.done.nameless += 1;
            self.done.told.push(unreadable(rejected));
        }
    }

    /// Whom the row is about that was just not let through.
    fn hold_back(&mut self) {
        match self.profile.key() {
            "" => self.done.nameless += 1,
            key => self
                .done
                .held_back
                .push(Left(key_hash(self.profile.key_kind(), key))),
        }
    }

    /// The record of a row; nothing if it is not sent, which is told then.
    fn check(&mut self, row: &RowOf<'_>) -> Option<Record> {
        let line = row.batch.line(row.row);
        let verdict = self.checker.check(row, &mut self.profile);
        for note in self.profile.notes() {
            self.done.notes.entry(*note).or_insert((0, line)).0 += 1;
        }
        let (state, code, field, sentence, id) = match verdict {
            Verdict::Ready => {
                let ids = Ids {
                    external_id: self.profile.external_id(),
                    email: self.profile.email(),
                };
                match self.staff.covers(ids) {
                    None => return Some(Record::of(&self.profile, line)),
                    Some(id) => (
                        RowState::Skipped,
                        "staff",
                        None,
                        StaffShield::sentence(id),
                        Some(id),
                    ),
                }
            }
            Verdict::Rejected(rejection) => (
                RowState::Rejected,
                rejection.code.as_str(),
                Some(rejection.field.to_owned()),
                rejection.sentence(),
                None,
            ),
        };
        self.done.tally.add(state, 1);
        let key = Some(self.profile.key()).filter(|key| !key.is_empty());
        self.done.told.push(WorkflowRow {
            key: key.map(str::to_owned),
            code: Some(code.to_owned()),
            field,
            sentence: Some(sentence),
            zendesk_id: id,
            ..told(row, state)
        });
        None
    }
}

/// What is told about a row, before why.
pub(super) fn told(row: &RowOf<'_>, state: RowState) -> WorkflowRow {
    let line = row.batch.line(row.row).cast_signed();
    WorkflowRow {
        row: line,
        line,
        state,
        code: None,
        field: None,
        sentence: None,
        key: None,
        zendesk_id: None,
        other_id: None,
        choice: None,
        cells: Some(super::settings::write(&row.cells())),
    }
}

fn unreadable(rejected: &RejectedRow) -> WorkflowRow {
    let line = rejected.line.cast_signed();
    WorkflowRow {
        row: line,
        line,
        state: RowState::Rejected,
        code: Some("unreadable_row".to_owned()),
        field: None,
        sentence: Some(rejected.reason.clone()),
        key: None,
        zendesk_id: None,
        other_id: None,
        choice: None,
        cells: Some(super::settings::write(&[Some(&rejected.text)])),
    }
}
