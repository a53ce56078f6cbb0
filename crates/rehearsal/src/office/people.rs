//! What people do on the case pages and the command line.

use domain::case::{CaseField, CaseFields, CasePriority, CaseStatus};
use domain::desk::{Desk, DeskComment, set_field};
use domain::merge::{Mode, Priority};
use domain::outbox::{Parked, State};
use domain::plan::case_value;
use domain::value::Value;

use super::Backup;
use crate::cast::{CONTACTS, USERS};
use crate::schedule::{Schedule, tell};
use crate::tally::Count;

/// The fields that people edit, in the order in which a schedule takes them on.
pub(crate) const EDITED: [CaseField; 5] = [
    CaseField::Subject,
    CaseField::Status,
    CaseField::Priority,
    CaseField::AssignedTo,
    CaseField::Contact,
];

impl Schedule<'_> {
    fn any_case(&mut self) -> Option<usize> {
        let cases = self.db.desks.len();
        (cases > 0).then(|| self.chance.index(cases))
    }

    /// A person makes a case.
    pub(crate) fn create_case(&mut self) {
        let case = self.db.desks.len();
        let serial = self.next_serial();
        tell!(self, [case], "case {case} is made here");
        let contact = self.chance.pick(&CONTACTS);
        let public = !self.begins_in_private();
        let description = format!("d{serial}");
        if !public {
            self.ledger.private.insert(description.clone());
        }
        self.db.desks.push(Desk {
            case: format!("case{case}.{serial}"),
            fields: CaseFields {
                subject: format!("case {serial}"),
                description: "What happened".to_owned(),
                status: CaseStatus::Open,
                priority: CasePriority::Normal,
                assigned_to: None,
                contact: Some(contact.to_owned()),
                closed_at: None,
            },
            deleted: false,
            link: None,
            predecessors: 0,
            operations: Vec::new(),
            last_seq: 0,
            comments: vec![DeskComment {
                id: description,
                public,
                is_description: true,
                remote: None,
            }],
        });
    }

    /// A person gives a field of a case another value.
    pub(crate) fn edit_here(&mut self) {
        let Some(case) = self.any_case() else {
            return;
        };
        let fields = self.swarm.life.fields as usize;
        let field = EDITED[self.chance.index(fields.min(EDITED.len()))];
        let value = self.draw_value_here(field);
        if case_value(&self.db.desks[case].fields, field) == value || self.rolls_back() {
            return;
        }
        self.tally.add(Count::LocalEdit);
        tell!(
            self,
            [case, field],
            "here: {field} of case {case} becomes {value:?}"
        );
        self.transact(case, None, |desk, room, written| {
            let mut fields = desk.fields.clone();
            set_field(&mut fields, field, &value);
            desk.edit(fields, room, written);
        });
        self.ledger.edited_here(case, &self.db.desks[case], field);
    }

    fn draw_value_here(&mut self, field: CaseField) -> Value {
        let word = match field {
            CaseField::Subject | CaseField::Description => {
                let serial = self.next_serial();
                if self.swarm.wire.refused > 0 && self.chance.below(8) == 0 {
                    format!("bad {serial}")
                } else {
                    format!("here {serial}")
                }
            }
            CaseField::Status => self.chance.pick(CaseStatus::ALL).as_str().to_owned(),
            CaseField::Priority => self.chance.pick(CasePriority::ALL).as_str().to_owned(),
            CaseField::AssignedTo => {
                if self.chance.below(5) == 0 {
                    return None;
                }
                self.chance.pick(&USERS).to_owned()
            }
            CaseField::Contact => self.chance.pick(&CONTACTS).to_owned(),
        };
        Some(word)
    }

    /// A person comments on a case.
    pub(crate) fn comment_here(&mut self) {
        let Some(case) = self.any_case() else {
            return;
        };
        if self.rolls_back() {
            return;
        }
        let serial = self.next_serial();
        let kind = if self.chance.below(40) == 0 {
            "long"
        } else {
            "l"
        };
        let comment = DeskComment {
            id: format!("{kind}{serial}"),
            public: self.chance.below(2) == 0,
            is_description: false,
            remote: None,
        };
        if !comment.public {
            self.ledger.private.insert(comment.id.clone());
        }
        if self.db.is_one_way() {
            self.ledger.parked_comments.insert(comment.id.clone());
        }
        self.tally.add(Count::LocalComment);
        tell!(
            self,
            [case, serial],
            "here: comment {} on case {case}",
            comment.id
        );
        self.transact(case, None, |desk, room, written| {
            desk.say(comment, room, written);
        });
    }

    /// A person publishes a case, or has a follow-up made for its closed ticket.
    pub(crate) fn publish(&mut self) {
        let Some(case) = self.any_case() else {
            return;
        };
        if self.rolls_back() {
            return;
        }
        let desk = &self.db.desks[case];
        let closed = desk.operations.iter().any(|operation| {
            operation.state == State::Parked && operation.reason == Some(Parked::TicketClosed)
        });
        if desk.link.is_none() {
            let asked = self.transact(case, None, Desk::publish);
            tell!(self, [case], "here: publish case {case} ({asked})");
            self.tally.add(Count::Published);
        } else if closed {
            let asked = self.transact(case, None, Desk::follow_up);
            tell!(self, [case], "here: follow up case {case} ({asked})");
            self.tally.add(Count::FollowedUp);
        }
    }

    /// A person retries or discards something that is parked.
    pub(crate) fn tend_parked(&mut self) {
        let Some(case) = self.any_case() else {
            return;
        };
        let parked: Vec<String> = self.db.desks[case]
            .operations
            .iter()
            .filter(|operation| operation.state == State::Parked)
            .map(|operation| operation.op_id.clone())
            .collect();
        if parked.is_empty() || self.rolls_back() {
            return;
        }
        let op_id = &parked[self.chance.index(parked.len())];
        if self.chance.below(2) == 0 {
            tell!(
                self,
                [case],
                "here: retry {} of case {case}",
                op_id.get(..2).unwrap_or_default()
            );
            self.tally.add(Count::Retried);
            self.transact(case, None, |desk, room, written| {
                desk.retry(op_id, room, written)
            });
            return;
        }
        tell!(
            self,
            [case],
            "here: discard {} of case {case}",
            op_id.get(..2).unwrap_or_default()
        );
        self.tally.add(Count::Discarded);
        let before = self.db.desks[case].fields.clone();
        let operation = self.db.desks[case].operation(op_id);
        if operation.is_some_and(|operation| !operation.payload.sent.is_empty()) {
            // It may have been carried out all the same, and nobody here remembers it from now on.
            self.switched = true;
        }
        self.transact(case, None, |desk, room, written| {
            desk.discard(op_id, room, written)
        });
        for field in EDITED {
            let value = case_value(&self.db.desks[case].fields, field);
            if case_value(&before, field) != value {
                self.ledger.edited_here(case, &self.db.desks[case], field);
            }
        }
    }

    /// Somebody switches the rule, or two-way sync off and on. What Zendesk has not got is held as the
    /// server does it: once two-way sync is off, and again before it is on.
    pub(crate) fn switch(&mut self) {
        self.hold_what_piled_up();
        self.db.mode = match (self.db.mode, self.chance.below(4)) {
            (Mode::OneWay, _) => Mode::TwoWay(Priority::Remote),
            (Mode::TwoWay(_), 0) => Mode::OneWay,
            (Mode::TwoWay(Priority::Remote), _) => Mode::TwoWay(Priority::Local),
            (Mode::TwoWay(Priority::Local), _) => Mode::TwoWay(Priority::Remote),
        };
        self.rule_moved = true;
        let mode = self.db.mode;
        tell!(self, [0], "here: the rule is {mode:?} from now on");
        match mode {
            Mode::OneWay => {
                self.switched = true;
                self.lose_places();
                self.tally.add(Count::TwoWaySwitched);
                self.hold_what_piled_up();
            }
            Mode::TwoWay(_) => self.tally.add(Count::RuleSwitched),
        }
    }

    fn hold_what_piled_up(&mut self) {
        if self.db.is_one_way() {
            for case in 0..self.db.desks.len() {
                self.transact(case, None, Desk::hold_piled_up);
            }
        }
    }

    /// A backup is made, or the last one put back: everybody starts anew on the old state.
    pub(crate) fn back_up_or_restore(&mut self) {
        let restores = self.backup.is_some() && self.chance.below(2) == 0;
        if !restores {
            self.tally.add(Count::Backup);
            tell!(self, [0], "here: backup");
            self.backup = Some(Box::new(Backup {
                db: self.db.clone(),
                edits_here: self.ledger.edits_here(),
            }));
            return;
        }
        if let Some(backup) = self.backup.take() {
            self.tally.add(Count::Restored);
            tell!(self, [1], "here: the backup is put back");
            self.ledger.restore(&backup.edits_here);
            self.lose_places();
            self.ledger.adrift.extend(self.wire.creations());
            self.rule_moved |= self.db.mode != backup.db.mode;
            self.db = backup.db;
            self.lose_places();
            self.crash();
        }
    }

    /// Of the comments there are now nobody can say in which order they will arrive.
    fn lose_places(&mut self) {
        let comments = self.db.desks.iter().flat_map(|desk| &desk.comments);
        let comments = comments.map(|comment| comment.id.clone());
        self.ledger.parked_comments.extend(comments);
    }

    /// Every process ends; what is in the database stays.
    pub(crate) fn crash(&mut self) {
        self.workers = Default::default();
        self.lookers = Default::default();
        self.pollers = Default::default();
    }
}
