//! A database restored from a backup knows of a change, and not that it was sent (F49).

use super::stage::*;
use crate::case::{CaseField, CasePriority, CaseStatus};
use crate::identity::Person;
use crate::person::Role;
use crate::value::Pair;

const UMA: i64 = 16;

/// A case whose edit was carried out, in a database restored from just before that.
fn restored(edit: impl FnOnce(&mut crate::case::CaseFields)) -> Stage {
    let mut stage = Stage::linked(REMOTE);
    stage.people.insert(Person {
        zendesk_id: UMA,
        role: Some(Role::EndUser),
        contact: text("uma"),
        ..Person::default()
    });
    stage.edit(edit);
    let backup = stage.desk.clone();
    stage.rest();
    stage.desk = backup;
    stage.pass(3600);
    stage
}

#[test]
fn a_write_that_was_forgotten_is_found_by_its_marker() {
    let mut stage = restored(|fields| {
        fields.priority = CasePriority::High;
        fields.status = CaseStatus::Resolved;
    });
    stage.rest();
    assert_eq!(stage.zendesk.writes, 1);
    assert_eq!(stage.desk.fields.status, CaseStatus::Resolved);
    let status = Pair::new(text("resolved"), text("solved"));
    assert!(stage.agreed(CaseField::Status) == Some(status));
    assert!(stage.line().is_empty() && stage.written.conflicts.is_empty());
}

#[test]
fn what_was_edited_since_the_restore_goes_on_top_of_the_forgotten_write() {
    let mut stage = restored(|fields| fields.priority = CasePriority::High);
    stage.edit(|fields| {
        fields.priority = CasePriority::Low;
        fields.subject = "Printer cold".to_owned();
    });
    stage.rest();
    assert_eq!(stage.zendesk.ticket(TICKET).priority, text("low"));
    assert!(stage.written.conflicts.is_empty());
    stage.assert_in_step();
}

#[test]
fn a_forgotten_write_is_agreed_on_as_what_it_meant_and_not_as_what_the_ticket_says_now() {
    let mut stage = restored(|fields| {
        fields.contact = text("eva");
        fields.assigned_to = text("bob");
    });
    stage.edit(|fields| {
        fields.contact = text("uma");
        fields.assigned_to = None;
    });
    stage.change(CaseField::Contact, "11");
    stage.change(CaseField::AssignedTo, "12");
    stage.rest();
    let agreed: Vec<_> = stage
        .written
        .conflicts
        .iter()
        .map(|c| c.agreed.clone())
        .collect();
    let was = [("bob", "13"), ("eva", "14")];
    let was = was.map(|(crm, zendesk)| Some(Pair::new(text(crm), text(zendesk))));
    assert!(agreed == was, "{:?}", stage.written.conflicts);
    assert_eq!(stage.desk.fields.contact, text("ivo"));
    assert_eq!(stage.desk.fields.assigned_to, text("ada"));
    stage.assert_in_step();
}

#[test]
fn a_word_that_loses_something_is_agreed_on_with_the_value_that_says_it() {
    let mut stage = restored(|fields| fields.status = CaseStatus::Resolved);
    stage.change(CaseField::Status, "open");
    stage.rest();
    assert_eq!(stage.desk.fields.status, CaseStatus::Open);
    assert!(stage.written.conflicts.is_empty(), "theirs came after ours");
}
