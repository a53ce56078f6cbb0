//! One field, three sides, one decision: the same rule in both directions (ticket-sync.md 4).

use crate::mapping::Translation;
use crate::value::{Hide, Pair, Value};
use crate::word::words;

words! {
    /// Whose value a conflict takes, as set with *Sync Priority* (ticket-sync.md 2).
    #[derive(Default)]
    pub enum Priority {
        /// *Remote wins*: Zendesk's. The default.
        #[default]
        Remote = "remote",
        /// *Local wins*: ours.
        Local = "local",
    }
}

impl Priority {
    /// What a person reads.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Remote => "Remote wins",
            Self::Local => "Local wins",
        }
    }
}

/// Whether anything may be written to Zendesk, and who wins a conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Two-way sync is off: nothing is ever written to Zendesk, and Zendesk wins.
    OneWay,
    /// Two-way sync is on.
    TwoWay(Priority),
}

impl Mode {
    /// Whose value a conflict takes.
    pub const fn winner(self) -> Winner {
        match self {
            Self::OneWay | Self::TwoWay(Priority::Remote) => Winner::Zendesk,
            Self::TwoWay(Priority::Local) => Winner::Crm,
        }
    }
}

words! {
    /// The side whose value stands after a conflict.
    pub enum Winner {
        /// Zendesk's value goes to the case.
        Zendesk = "zendesk",
        /// The case's value goes to the ticket.
        Crm = "crm",
    }
}

/// The three sides of one field, and what each of the two living ones is in the other's words.
#[derive(Clone, Copy)]
pub struct Sides<'a> {
    /// What both last agreed on; none if they never did.
    pub agreed: Option<&'a Pair>,
    /// The case's value now.
    pub crm: &'a Value,
    /// Zendesk's raw value now.
    pub zendesk: &'a Value,
    /// Zendesk's value in the case's words.
    pub zendesk_in_crm: &'a Translation,
    /// The case's value in Zendesk's words.
    pub crm_in_zendesk: &'a Translation,
}

/// What is to be done about one field. Closed: acting code decides nothing.
#[derive(Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Neither side has changed.
    Nothing,
    /// Nothing is written to either side; only the agreed pair becomes this one.
    Agree(Pair),
    /// The case takes a value, and the agreed pair becomes this one with it.
    ToCrm {
        /// In the case's words.
        value: Value,
        /// Both halves from now on.
        agreed: Pair,
    },
    /// The ticket is to take a value. The agreed pair moves once Zendesk has accepted it, not before.
    ToZendesk {
        /// In Zendesk's words.
        value: Value,
    },
    /// Changed here only, and two-way sync is off: it stays here. The agreed pair stays, so that the
    /// edit is still known as one when two-way sync is switched on, or when Zendesk changes it too.
    KeptHere,
    /// Both sides changed and do not match; a conflict record is to be written.
    Conflict {
        /// Whose value stands.
        winner: Winner,
        /// What the losing side takes, in its own words. If the winner is the case, this is still to
        /// be sent, as with [`Outcome::ToZendesk`].
        value: Value,
        /// The agreed pair from now on. If the winner is the case, Zendesk's value counts as seen and
        /// the case's as an edit on top of it: so the next merge answers [`Outcome::ToZendesk`] until
        /// Zendesk has accepted it, and finds no second conflict.
        agreed: Pair,
        /// The losing side's value, in its own words, kept in the conflict record.
        losing: Value,
    },
    /// Zendesk's value is a word that no map knows. The case stays as it is and the agreed pair does
    /// not move: so Zendesk still counts as changed when a map learns the word, and the field takes it
    /// then; and if Zendesk takes the word back, nothing has happened. The word is carried along.
    Unmapped(String),
    /// The case's value is to be sent but is nothing in Zendesk's words (a user whom Zendesk does not
    /// know): the push parks it with this word. The agreed pair does not move.
    Unsendable(String),
}

impl Outcome {
    /// The agreed pair that holds at once, if this outcome moves it.
    pub const fn moved(&self) -> Option<&Pair> {
        match self {
            Self::Agree(agreed) | Self::ToCrm { agreed, .. } | Self::Conflict { agreed, .. } => {
                Some(agreed)
            }
            Self::Nothing
            | Self::ToZendesk { .. }
            | Self::KeptHere
            | Self::Unmapped(_)
            | Self::Unsendable(_) => None,
        }
    }
}

impl std::fmt::Debug for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Nothing => f.write_str("Nothing"),
            Self::Agree(agreed) => f.debug_tuple("Agree").field(agreed).finish(),
            Self::ToCrm { value, agreed } => f
                .debug_struct("ToCrm")
                .field("value", &value.hidden())
                .field("agreed", agreed)
                .finish(),
            Self::ToZendesk { value } => f
                .debug_struct("ToZendesk")
                .field("value", &value.hidden())
                .finish(),
            Self::KeptHere => f.write_str("KeptHere"),
            Self::Conflict {
                winner,
                value,
                agreed,
                losing,
            } => f
                .debug_struct("Conflict")
                .field("winner", winner)
                .field("value", &value.hidden())
                .field("agreed", agreed)
                .field("losing", &losing.hidden())
                .finish(),
            Self::Unmapped(word) => f.debug_tuple("Unmapped").field(&word.hidden()).finish(),
            Self::Unsendable(word) => f.debug_tuple("Unsendable").field(&word.hidden()).finish(),
        }
    }
}

/// Decides one field (ticket-sync.md 4, and section 2 for two-way off).
///
/// A side has changed if it differs from its own half of the agreed pair. The two sides match if the
/// Zendesk value maps to the case value, or the case value maps to the Zendesk value.
///
/// | agreed | crm | zendesk | two-way on | two-way off |
/// |---|---|---|---|---|
/// | yes | unchanged | unchanged | nothing, whatever the maps say | nothing |
/// | yes | unchanged | changed | case takes the mapped value; agreed = both | the same |
/// | yes | changed | unchanged | ticket takes the mapped value; agreed = both once accepted | stays here |
/// | yes | changed | changed, match | agreed = both | the same |
/// | yes | changed | changed, no match | conflict, by priority | conflict, Zendesk wins |
/// | none | | match | agreed = both | the same |
/// | none | | no match | conflict, by priority | conflict, Zendesk wins |
///
/// Where a translation is not a value:
/// - *Keep* (a ticket without a priority) has nothing to say: alone it changes nothing and the agreed
///   pair moves; in a conflict it never wins; on a first meeting the sides simply agree.
/// - *Unknown* from Zendesk decides nothing in any row: [`Outcome::Unmapped`]. A match found through
///   the other direction still counts.
/// - *Unknown* towards Zendesk matters only if that value is to be sent: [`Outcome::Unsendable`].
///
/// An unchanged side is never written because of its own translation, so a map that loses something
/// never writes back by itself.
pub fn merge(sides: &Sides<'_>, mode: Mode) -> Outcome {
    let matched = sides.zendesk_in_crm.says(sides.crm) || sides.crm_in_zendesk.says(sides.zendesk);
    let changed = sides
        .agreed
        .map(|agreed| (agreed.crm != *sides.crm, agreed.zendesk != *sides.zendesk));
    match (changed, matched) {
        (Some((false, false)), true | false) => Outcome::Nothing,
        (Some((false, true)), true | false) => take(sides),
        (Some((true, false)), true | false) => give(sides, mode),
        (Some((true, true)), true) => agree(sides),
        (Some((true, true)), false) => contest(sides, mode),
        (None, true) => agree(sides),
        (None, false) => meet(sides, mode),
    }
}

/// Both sides stay as they are and that is what is agreed.
fn agree(sides: &Sides<'_>) -> Outcome {
    Outcome::Agree(Pair::new(sides.crm.clone(), sides.zendesk.clone()))
}

/// Only Zendesk has changed: the case follows.
fn take(sides: &Sides<'_>) -> Outcome {
    match sides.zendesk_in_crm {
        Translation::To(value) if value == sides.crm => agree(sides),
        Translation::To(value) => Outcome::ToCrm {
            value: value.clone(),
            agreed: Pair::new(value.clone(), sides.zendesk.clone()),
        },
        Translation::Keep => agree(sides),
        Translation::Unknown(word) => Outcome::Unmapped(word.clone()),
    }
}

/// Only the case has changed: the ticket is to follow, if it may be written at all.
fn give(sides: &Sides<'_>, mode: Mode) -> Outcome {
    match mode {
        Mode::OneWay => return Outcome::KeptHere,
        Mode::TwoWay(Priority::Remote | Priority::Local) => {}
    }
    match sides.crm_in_zendesk {
        Translation::To(value) if value == sides.zendesk => agree(sides),
        Translation::To(value) => Outcome::ToZendesk {
            value: value.clone(),
        },
        Translation::Keep => agree(sides),
        Translation::Unknown(word) => Outcome::Unsendable(word.clone()),
    }
}

/// Both have changed and do not match.
fn contest(sides: &Sides<'_>, mode: Mode) -> Outcome {
    match (sides.zendesk_in_crm, sides.crm_in_zendesk) {
        (Translation::Unknown(word), _) => Outcome::Unmapped(word.clone()),
        (Translation::Keep, Translation::Keep) => agree(sides),
        (Translation::Keep, Translation::To(_) | Translation::Unknown(_)) => crm_wins(sides, mode),
        (Translation::To(value), Translation::Keep) => zendesk_wins(sides, value),
        (Translation::To(value), Translation::To(_) | Translation::Unknown(_)) => {
            match mode.winner() {
                Winner::Zendesk => zendesk_wins(sides, value),
                Winner::Crm => crm_wins(sides, mode),
            }
        }
    }
}

/// The sides never agreed and do not match: a conflict too, but for a side with nothing to say.
fn meet(sides: &Sides<'_>, mode: Mode) -> Outcome {
    match (sides.zendesk_in_crm, sides.crm_in_zendesk) {
        (Translation::Unknown(word), _) => Outcome::Unmapped(word.clone()),
        (Translation::Keep, _) | (Translation::To(_), Translation::Keep) => agree(sides),
        (Translation::To(_), Translation::To(_) | Translation::Unknown(_)) => contest(sides, mode),
    }
}

/// The case takes Zendesk's value, here already in its own words.
fn zendesk_wins(sides: &Sides<'_>, value: &Value) -> Outcome {
    Outcome::Conflict {
        winner: Winner::Zendesk,
        value: value.clone(),
        agreed: Pair::new(value.clone(), sides.zendesk.clone()),
        losing: sides.crm.clone(),
    }
}

/// The ticket is to take the case's value, if it may be written and can be said there.
fn crm_wins(sides: &Sides<'_>, mode: Mode) -> Outcome {
    match mode {
        Mode::OneWay => return Outcome::KeptHere,
        Mode::TwoWay(Priority::Remote | Priority::Local) => {}
    }
    let value = match sides.crm_in_zendesk {
        Translation::To(value) => value.clone(),
        Translation::Keep => return agree(sides),
        Translation::Unknown(word) => return Outcome::Unsendable(word.clone()),
    };
    // The case's half must differ from the case, so that its value still counts as an edit. What
    // Zendesk's value would have made of the case does (they do not match); where that is nothing to
    // go by, the old half does (the case has changed against it).
    let crm = match sides.zendesk_in_crm {
        Translation::To(value) => value.clone(),
        Translation::Keep | Translation::Unknown(_) => {
            sides.agreed.and_then(|agreed| agreed.crm.clone())
        }
    };
    Outcome::Conflict {
        winner: Winner::Crm,
        value,
        agreed: Pair::new(crm, sides.zendesk.clone()),
        losing: sides.zendesk.clone(),
    }
}

#[cfg(test)]
mod tests;
