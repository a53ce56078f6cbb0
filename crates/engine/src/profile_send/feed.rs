//! The second reading: rows that are sent come together in parcels, all others are told about.

use std::collections::VecDeque;
use std::sync::Arc;

use audience::{Batch, Limits};
use domain::profile::action::ConflictChoice;
use domain::profile::failure::FailureClass;
use domain::profile::key::SHARED_EMAIL;
use domain::profile::{Checker, Profile, RowCode, RowState, Verdict};
use store::workflow_rows::WorkflowRow;

use super::Send;
use super::fate::{Fate, Fates};
use super::halt::Halt;
use super::parcel::{Gathering, Sent};
use super::read::{Reading, told};
use super::source::{Again, RowOf, open};

/// Rows that are told about are written so many at a time.
const TOLD_AT_ONCE: usize = 500;

/// Gives parcels of rows, in the order of the source.
pub(super) struct Feed {
    checker: Arc<Checker>,
    fates: Fates,
    again: Option<Again>,
    batch: Option<(Batch, usize)>,
    profile: Profile,
    gathering: Gathering,
    full: VecDeque<Vec<Sent>>,
    told: Vec<WorkflowRow>,
}

impl Feed {
    /// Opens the source again, if there is anything to be done about a row.
    pub(super) async fn open(
        send: &Send<'_>,
        reading: Reading,
        fates: Fates,
    ) -> Result<Self, Halt> {
        let again = match (fates.open(), reading.tape) {
            (0, _) => None,
            (_, Some(tape)) => Some(Again::Tape(tape.rewind()?)),
            (_, None) => {
                let reader = open(send.engine, &send.source, &Limits::default()).await?;
                Some(Again::Source(Box::new(reader), reading.fingerprint))
            }
        };
        Ok(Self {
            checker: reading.checker,
            fates,
            again,
            batch: None,
            profile: Profile::new(),
            gathering: Gathering::default(),
            full: VecDeque::new(),
            told: Vec::new(),
        })
    }

    /// The next rows to send, at most as many as one request takes; none at the end.
    pub(super) async fn next(&mut self, send: &mut Send<'_>) -> Result<Option<Vec<Sent>>, Halt> {
        loop {
            if let Some(rows) = self.full.pop_front() {
                return Ok(Some(rows));
            }
            let Some((batch, from)) = self.next_batch().await? else {
                send.tell(&std::mem::take(&mut self.told)).await?;
                let rest = self.gathering.take();
                return Ok((!rest.is_empty()).then_some(rest));
            };
            let mut row = from;
            while row < batch.len() && self.full.is_empty() {
                self.take(send, &RowOf { batch: &batch, row })?;
                row += 1;
            }
            if row < batch.len() {
                self.batch = Some((batch, row));
            }
            if self.told.len() >= TOLD_AT_ONCE {
                send.tell(&std::mem::take(&mut self.told)).await?;
            }
        }
    }

    async fn next_batch(&mut self) -> Result<Option<(Batch, usize)>, Halt> {
        if let Some(begun) = self.batch.take() {
            return Ok(Some(begun));
        }
        match &mut self.again {
            None => Ok(None),
            Some(again) => {
                let next = again.next().await?;
                if next.is_none() {
                    self.again = None;
                }
                Ok(next.map(|batch| (batch, 0)))
            }
        }
    }

    fn take(&mut self, send: &mut Send<'_>, row: &RowOf<'_>) -> Result<(), Halt> {
        let line = row.batch.line(row.row);
        let fate = self.fates.get(line);
        if fate == Fate::Settled {
            return Ok(());
        }
        self.fates.set(line, Fate::Settled);
        let is_ready = self.checker.check(row, &mut self.profile) == Verdict::Ready;
        let chosen = send.choices.get(self.profile.key()).copied();
        match (fate, chosen) {
            (Fate::Settled, _) => {}
            (Fate::Replaced, _) => self.reject(send, row, RowCode::Replaced),
            (Fate::SameKey, _) => self.reject(send, row, RowCode::SameKey),
            // The source is another one than a moment ago; its fingerprint says so at its end.
            (Fate::Send | Fate::SharedEmail | Fate::StillFailed(_), _) if !is_ready => self.tell(
                send,
                row,
                RowState::Rejected,
                "source_changed",
                "The row was changed while the workflow ran. Start it again.",
            ),
            (Fate::Send | Fate::SharedEmail | Fate::StillFailed(_), Some(ConflictChoice::Skip)) => {
                self.tell(
                    send,
                    row,
                    RowState::Skipped,
                    "chosen",
                    "Somebody chose to leave this row out.",
                );
            }
            (
                Fate::Send | Fate::SharedEmail | Fate::StillFailed(_),
                Some(ConflictChoice::KeepSecondary),
            ) => self.gather(row, true)?,
            // The users were merged before the workflow went on: the row has one user now.
            (Fate::Send | Fate::StillFailed(_), Some(ConflictChoice::Merge))
            | (Fate::Send, None) => {
                self.gather(row, false)?;
            }
            (Fate::SharedEmail, Some(ConflictChoice::Merge) | None) => {
                self.tell(send, row, RowState::Conflict, "shared_email", SHARED_EMAIL);
            }
            (Fate::StillFailed(class), None) => {
                send.two_users += u64::from(class == FailureClass::IdentityConflict);
                self.tell(
                    send,
                    row,
                    RowState::Failed,
                    class.as_str(),
                    class.sentence(),
                );
            }
        }
        Ok(())
    }

    fn gather(&mut self, row: &RowOf<'_>, without_email: bool) -> Result<(), Halt> {
        let mut sent = Sent::of(&self.profile, &self.checker, row)?;
        if without_email {
            sent.drop_email();
        }
        self.full.extend(self.gathering.add(sent));
        if self.gathering.is_full() {
            self.full.push_back(self.gathering.take());
        }
        Ok(())
    }

    fn reject(&mut self, send: &mut Send<'_>, row: &RowOf<'_>, code: RowCode) {
        let field = self.profile.key_kind().as_str();
        let sentence = format!("{field} {}", code.advice());
        self.tell(send, row, RowState::Rejected, code.as_str(), &sentence);
    }

    fn tell(
        &mut self,
        send: &mut Send<'_>,
        row: &RowOf<'_>,
        state: RowState,
        code: &str,
        sentence: &str,
    ) {
        send.tally.take(RowState::Pending, 1);
        send.tally.add(state, 1);
        self.told.push(WorkflowRow {
            key: Some(self.profile.key().to_owned()),
            code: Some(code.to_owned()),
            sentence: Some(sentence.to_owned()),
            ..told(row, state)
        });
    }
}
