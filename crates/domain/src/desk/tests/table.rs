//! The truth table, exhaustive (reliability.md 3, T0), carried out to its end on both sides: what was
//! last agreed on x the case x the ticket, over nothing and three values each, x the rules x what
//! became of the ticket. What is expected is written from the table of ticket-sync.md 4, not from the
//! code.

use super::stage::*;
use crate::case::CaseField;
use crate::identity::Person;
use crate::merge::{Mode, Winner};
use crate::outbox::State;
use crate::person::Role;
use crate::value::{Pair, Value};

const FIELD: CaseField = CaseField::AssignedTo;
const CYD: i64 = 15;
/// A field with the same values on both sides: who the case, and the ticket, is assigned to.
const VALUES: [(Option<&str>, Option<i64>); 4] = [
    (None, None),
    (Some("ada"), Some(ADA)),
    (Some("bob"), Some(BOB)),
    (Some("cyd"), Some(CYD)),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    Alive,
    Deleted,
    Closed,
    Merged,
}

const LIVES: [Life; 4] = [Life::Alive, Life::Deleted, Life::Closed, Life::Merged];
const MODES: [Mode; 3] = [REMOTE, LOCAL, Mode::OneWay];

/// One cell: indices into [`VALUES`]; no `agreed` for sides that never met.
#[derive(Debug, Clone, Copy)]
struct Cell {
    agreed: Option<usize>,
    crm: usize,
    zendesk: usize,
    mode: Mode,
    life: Life,
}

/// How a cell ends, with both sides at rest. Values are indices too.
#[derive(Debug, PartialEq, Eq)]
struct End {
    crm: usize,
    zendesk: usize,
    agreed: Option<(usize, usize)>,
    /// Who won a conflict that was recorded.
    conflict: Option<Winner>,
    /// Why a change of the case is parked.
    parked: Option<&'static str>,
}

/// The rows of ticket-sync.md 4, in its order.
fn expected(cell: Cell) -> End {
    let Cell {
        agreed,
        crm,
        zendesk,
        mode,
        life,
    } = cell;
    // Nothing happens to either side.
    let rest = End {
        crm,
        zendesk,
        agreed: agreed.map(|both| (both, both)),
        conflict: None,
        parked: None,
    };
    let case_takes = End {
        crm: zendesk,
        agreed: Some((zendesk, zendesk)),
        ..rest
    };
    let both_agree = End {
        agreed: Some((crm, zendesk)),
        ..rest
    };
    // What the ticket is to take, it takes if it lives; else the change is parked with the reason.
    let ticket_takes = |agreed| match life {
        Life::Alive => End {
            zendesk: crm,
            agreed: Some((crm, crm)),
            ..rest
        },
        Life::Closed => End {
            agreed,
            parked: Some("ticket_closed"),
            ..rest
        },
        Life::Merged => End {
            agreed,
            parked: Some("ticket_merged"),
            ..rest
        },
        Life::Deleted => End {
            agreed,
            parked: Some("ticket_deleted"),
            ..rest
        },
    };
    // "A deletion's values never reach the case; pushes are parked."
    if life == Life::Deleted {
        let edited = agreed.is_some_and(|agreed| agreed != crm);
        return match mode {
            REMOTE | LOCAL if edited => ticket_takes(rest.agreed),
            REMOTE | LOCAL | Mode::OneWay => rest,
        };
    }
    let conflict = || match mode {
        // "The case takes Zendesk's value"; with two-way off "takes Zendesk's value with a conflict
        // record".
        REMOTE | Mode::OneWay => End {
            conflict: Some(Winner::Zendesk),
            ..case_takes
        },
        // "The case keeps its value and it is written to the ticket."
        LOCAL => End {
            conflict: Some(Winner::Crm),
            ..ticket_takes(Some((zendesk, zendesk)))
        },
    };
    match agreed {
        // unchanged, unchanged: nothing
        Some(agreed) if crm == agreed && zendesk == agreed => rest,
        // unchanged, changed: the case takes the mapped value; agreed = both
        Some(agreed) if crm == agreed => case_takes,
        // changed, unchanged: the ticket takes the mapped value; with two-way off it stays here
        Some(agreed) if zendesk == agreed => match mode {
            REMOTE | LOCAL => ticket_takes(rest.agreed),
            Mode::OneWay => rest,
        },
        // changed, changed, match: agreed = both
        Some(_) if crm == zendesk => both_agree,
        // changed, changed, no match: conflict
        Some(_) => conflict(),
        // no agreed yet: match, agreed = both; else conflict
        None if crm == zendesk => both_agree,
        None => conflict(),
    }
}

/// Sets a cell up, and lets everything that there is to do be done.
fn carried_out(cell: Cell) -> (Stage, End) {
    let mut stage = Stage::linked(cell.mode);
    stage.people.insert(Person {
        zendesk_id: CYD,
        role: Some(Role::Agent),
        user: text("cyd"),
        ..Person::default()
    });
    let crm = |at: usize| VALUES[at].0.map(str::to_owned);
    let zendesk = |at: usize| VALUES[at].1.map(|id| id.to_string());
    let link = stage.desk.link.as_mut().unwrap();
    link.agreed.0.remove(&FIELD);
    if let Some(agreed) = cell.agreed {
        link.agreed
            .put(FIELD, Pair::new(crm(agreed), zendesk(agreed)));
    }
    stage.desk.fields.assigned_to = crm(cell.crm);
    let ticket = stage.zendesk.ticket(TICKET);
    ticket.assignee_id = VALUES[cell.zendesk].1;
    let (status, tags) = match cell.life {
        Life::Alive => ("open", vec![]),
        Life::Deleted => ("deleted", vec![]),
        Life::Closed => ("closed", vec![]),
        Life::Merged => ("closed", vec!["closed_by_merge".to_owned()]),
    };
    (ticket.status, ticket.tags) = (text(status), tags);
    stage.pull();
    stage.rest();
    let end = ended(&stage);
    (stage, end)
}

fn ended(stage: &Stage) -> End {
    let crm = |value: &Value| {
        let at = VALUES.iter().position(|(crm, _)| value.as_deref() == *crm);
        at.unwrap()
    };
    let zendesk = |value: &Value| {
        let id = value.as_deref().map(|id| id.parse().unwrap());
        VALUES
            .iter()
            .position(|(_, zendesk)| id == *zendesk)
            .unwrap()
    };
    let pair = stage.agreed(FIELD);
    let parked = stage.desk.operations.iter().find(|operation| {
        operation.state == State::Parked && operation.payload.parked.contains_key(&FIELD)
    });
    let parked = parked.map(|operation| why(operation.reason.as_ref().unwrap()));
    let known = ["ticket_closed", "ticket_merged", "ticket_deleted"];
    let conflicts = stage
        .written
        .conflicts
        .iter()
        .filter(|conflict| conflict.field == FIELD);
    let conflicts: Vec<Winner> = conflicts.map(|conflict| conflict.winner).collect();
    assert!(conflicts.len() <= 1, "a conflict is recorded once");
    End {
        crm: crm(&stage.desk.fields.assigned_to),
        zendesk: zendesk(
            &stage.zendesk.tickets[0]
                .assignee_id
                .map(|id| id.to_string()),
        ),
        agreed: pair.map(|pair| (crm(&pair.crm), zendesk(&pair.zendesk))),
        conflict: conflicts.first().copied(),
        parked: parked.map(|told| *known.iter().find(|word| **word == told).unwrap()),
    }
}

fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    for agreed in [None, Some(0), Some(1), Some(2), Some(3)] {
        for at in 0..4 * 4 * MODES.len() * LIVES.len() {
            cells.push(Cell {
                agreed,
                crm: at % 4,
                zendesk: at / 4 % 4,
                mode: MODES[at / 16 % 3],
                life: LIVES[at / 48],
            });
        }
    }
    cells
}

#[test]
fn every_cell_of_the_truth_table_ends_as_the_specification_says() {
    assert_eq!(cells().len(), 5 * 4 * 4 * 3 * 4);
    for cell in cells() {
        let (_, end) = carried_out(cell);
        assert_eq!(end, expected(cell), "{cell:?}");
    }
}

#[test]
fn in_every_cell_what_was_carried_out_leaves_nothing_to_do() {
    for cell in cells() {
        let (mut stage, end) = carried_out(cell);
        let (desk, writes) = (stage.desk.clone(), stage.zendesk.writes);
        assert!(writes <= 1, "{cell:?}");
        for _ in 0..3 {
            stage.pass(60);
            stage.pull();
            stage.rest();
        }
        assert_eq!(stage.zendesk.writes, writes, "{cell:?}");
        assert_eq!(stage.desk.fields, desk.fields, "{cell:?}");
        assert_eq!(stage.desk.operations, desk.operations, "{cell:?}");
        assert_eq!(ended(&stage), end, "{cell:?}");
    }
}

#[test]
fn in_every_cell_a_conflict_keeps_the_value_that_lost() {
    for cell in cells() {
        let (stage, end) = carried_out(cell);
        let Some(conflict) = stage.written.conflicts.iter().find(|c| c.field == FIELD) else {
            continue;
        };
        let kept = (conflict.crm.as_deref(), conflict.zendesk.clone());
        let zendesk = VALUES[cell.zendesk].1.map(|id| id.to_string());
        assert_eq!(kept, (VALUES[cell.crm].0, zendesk), "{cell:?}");
        assert_eq!(end.conflict, Some(cell.mode.winner()), "{cell:?}");
    }
}

#[test]
fn mirrored_cells_under_the_mirrored_rule_end_mirrored() {
    for cell in cells() {
        let mirror = match cell.mode {
            REMOTE => LOCAL,
            LOCAL => REMOTE,
            Mode::OneWay => continue,
        };
        if cell.life != Life::Alive {
            continue;
        }
        let (_, end) = carried_out(cell);
        let (_, mirrored) = carried_out(Cell {
            crm: cell.zendesk,
            zendesk: cell.crm,
            mode: mirror,
            ..cell
        });
        assert_eq!(
            (end.crm, end.zendesk),
            (mirrored.zendesk, mirrored.crm),
            "{cell:?}"
        );
        assert_eq!(
            end.agreed,
            mirrored.agreed.map(|(crm, zendesk)| (zendesk, crm)),
            "{cell:?}"
        );
        let winner = mirrored.conflict.map(|winner| match winner {
            Winner::Zendesk => Winner::Crm,
            Winner::Crm => Winner::Zendesk,
        });
        assert_eq!(end.conflict, winner, "{cell:?}");
    }
}
