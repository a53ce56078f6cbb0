//! What the second reading does with each row: half a byte a line.
//!
//! Comparing goes through the rows in the order of their keys, sending in the order of the source. What
//! has been decided about a row waits here in between, and rows that nothing is to be done about cost
//! nothing more.

use domain::profile::failure::FailureClass;

/// What is still to be done about a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Nothing: it is unchanged, was rejected while it was checked, or was confirmed by an earlier try of
    /// this workflow.
    Settled,
    /// It is sent.
    Send,
    /// A later row of the same key takes its place: it is listed as rejected.
    Replaced,
    /// Another row has the same key, which the settings make an error: it is listed as rejected.
    SameKey,
    /// It shares its email with a row of another key: it is listed as a conflict.
    SharedEmail,
    /// Zendesk refused exactly this before, for good: it is listed as failed, and not sent.
    StillFailed(FailureClass),
}

/// Classes of failures that are not repeated before something changes, each with its place among the
/// sixteen numbers of half a byte.
const LASTING: [FailureClass; 8] = [
    FailureClass::BadEmail,
    FailureClass::BadPhone,
    FailureClass::MissingName,
    FailureClass::Duplicate,
    FailureClass::BadValue,
    FailureClass::NotAllowed,
    FailureClass::Unrecognised,
    FailureClass::IdentityConflict,
];

impl Fate {
    fn to_half(self) -> u8 {
        match self {
            Self::Settled => 0,
            Self::Send => 1,
            Self::Replaced => 2,
            Self::SameKey => 3,
            Self::SharedEmail => 4,
            Self::StillFailed(class) => LASTING
                .iter()
                .zip(8..)
                .find(|(lasting, _)| **lasting == class)
                // A failure that may be repeated is repeated.
                .map_or(1, |(_, half)| half),
        }
    }

    fn of_half(half: u8) -> Self {
        match half {
            1 => Self::Send,
            2 => Self::Replaced,
            3 => Self::SameKey,
            4 => Self::SharedEmail,
            8..16 => LASTING
                .get(usize::from(half - 8))
                .map_or(Self::Settled, |class| Self::StillFailed(*class)),
            _ => Self::Settled,
        }
    }
}

/// The fates of all rows, by their line.
#[derive(Default)]
pub(super) struct Fates {
    halves: Vec<u8>,
    open: u64,
}

impl Fates {
    /// Decides about a line, in place of what was decided before.
    pub(super) fn set(&mut self, line: u64, fate: Fate) {
        let was_open = self.get(line) != Fate::Settled;
        let place = usize::try_from(line / 2).unwrap_or(usize::MAX - 1);
        if place >= self.halves.len() {
            if fate == Fate::Settled {
                return;
            }
            self.halves.resize(place + 1, 0);
        }
        if let Some(byte) = self.halves.get_mut(place) {
            let half = fate.to_half();
            *byte = if line.is_multiple_of(2) {
                (*byte & 0xF0) | half
            } else {
                (*byte & 0x0F) | (half << 4)
            };
        }
        self.open = self.open + u64::from(fate != Fate::Settled) - u64::from(was_open);
    }

    /// What was decided about a line.
    pub(super) fn get(&self, line: u64) -> Fate {
        let place = usize::try_from(line / 2).unwrap_or(usize::MAX);
        let byte = self.halves.get(place).copied().unwrap_or_default();
        Fate::of_half(if line.is_multiple_of(2) {
            byte & 0x0F
        } else {
            byte >> 4
        })
    }

    /// For how many lines something is to be done: with none, the source is not read again.
    pub(super) fn open(&self) -> u64 {
        self.open
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_do_not_touch_each_other() {
        let mut fates = Fates::default();
        let all = [Fate::Send, Fate::Replaced, Fate::SameKey, Fate::SharedEmail]
            .into_iter()
            .chain(LASTING.map(Fate::StillFailed));
        for (line, fate) in (2..).zip(all.clone()) {
            fates.set(line, fate);
        }
        for (line, fate) in (2..).zip(all) {
            assert_eq!(fates.get(line), fate);
        }
        assert_eq!(fates.open(), 12);
        fates.set(3, Fate::Settled);
        assert_eq!((fates.get(2), fates.get(3)), (Fate::Send, Fate::Settled));
        assert_eq!(fates.open(), 11);
        assert_eq!(fates.get(1_000_000), Fate::Settled);
    }

    #[test]
    fn a_failure_that_may_be_repeated_is_sent() {
        let mut fates = Fates::default();
        fates.set(1, Fate::StillFailed(FailureClass::Collision));
        assert_eq!(fates.get(1), Fate::Send);
    }
}
