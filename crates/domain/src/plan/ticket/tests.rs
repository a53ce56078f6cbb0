use rstest::rstest;

use super::*;
use crate::identity::{Person, Unassigned};
use crate::merge::Priority;
use crate::person::Role;

mod any;
mod change;
mod new;
mod special;

const REQUESTER: i64 = 11;
const AGENT: i64 = 12;
const OTHER_AGENT: i64 = 13;
const OTHER_CUSTOMER: i64 = 14;
const NOT_ARRIVED: i64 = 99;
const MODES: [Mode; 3] = [
    Mode::TwoWay(Priority::Remote),
    Mode::TwoWay(Priority::Local),
    Mode::OneWay,
];

fn text(text: &str) -> Value {
    Some(text.to_owned())
}

fn time(text: &str) -> Option<Timestamp> {
    Some(text.parse().unwrap())
}

/// An ordinary open ticket of a customer, assigned to an agent.
fn ticket() -> Ticket {
    Ticket {
        id: 123,
        subject: text("Printer on fire"),
        description: text("It smokes."),
        status: text("open"),
        priority: text("normal"),
        kind: text("question"),
        requester_id: Some(REQUESTER),
        submitter_id: Some(REQUESTER),
        assignee_id: Some(AGENT),
        channel: text("email"),
        created_at: time("2026-11-01T08:00:00Z"),
        updated_at: time("2026-11-02T09:00:00Z"),
        ..Ticket::default()
    }
}

/// Everything but the ticket that a plan depends on.
struct Setting {
    people: People,
    rules: IdentityRules,
    maps: Maps,
    mode: Mode,
}

impl Setting {
    fn new(mode: Mode) -> Self {
        let person = |zendesk_id, role, contact: Option<&str>, user: Option<&str>| Person {
            zendesk_id,
            role: Some(role),
            contact: contact.map(str::to_owned),
            user: user.map(str::to_owned),
            ..Person::default()
        };
        Self {
            people: [
                person(REQUESTER, Role::EndUser, Some("ivo"), None),
                person(OTHER_CUSTOMER, Role::EndUser, Some("eva"), None),
                person(AGENT, Role::Agent, None, Some("ada")),
                person(OTHER_AGENT, Role::Agent, None, Some("bob")),
            ]
            .into_iter()
            .collect(),
            rules: IdentityRules {
                owner: text("owner"),
                unassigned: Unassigned::Leave,
                default_user: None,
            },
            maps: Maps::default(),
            mode,
        }
    }

    fn facts<'a>(&'a self, ticket: &'a Ticket) -> TicketFacts<'a> {
        TicketFacts {
            ticket,
            people: &self.people,
            rules: &self.rules,
            maps: &self.maps,
            mode: self.mode,
        }
    }

    fn create(&self, ticket: &Ticket) -> NewCase {
        plan_new(self.facts(ticket)).unwrap()
    }

    fn change(&self, ticket: &Ticket, case: &NewCase) -> CaseUpdate {
        plan_change(self.facts(ticket), &case.fields, &case.agreed)
    }

    /// Plans a changed ticket onto a case and carries the plan out, twice: the second plan must find
    /// nothing left to do here, nor a conflict a second time.
    fn pull(&self, ticket: &Ticket, case: &NewCase) -> CaseUpdate {
        let update = self.change(ticket, case);
        let again = plan_change(self.facts(ticket), &update.fields, &update.agreed);
        assert!(again.changes.is_empty(), "{again:?}");
        assert!(again.conflicts.is_empty(), "{again:?}");
        assert!(!again.agreed_moved, "{again:?}");
        assert_eq!(again.waiting_for_zendesk, update.waiting_for_zendesk);
        assert_eq!(again.warnings, update.warnings);
        update
    }
}

/// The fields of a case in words.
fn told(fields: &CaseFields) -> String {
    format!(
        "{} / {} / {} / {} / {} / {}",
        fields.subject,
        fields.description,
        fields.status,
        fields.priority,
        fields.assigned_to.as_deref().unwrap_or("-"),
        fields.contact.as_deref().unwrap_or("-"),
    )
}

/// The halves of an agreed pair in words.
fn halves(agreed: &Agreed<CaseField>, field: CaseField) -> (Option<&str>, Option<&str>) {
    let pair = agreed.get(field).unwrap();
    (pair.crm.as_deref(), pair.zendesk.as_deref())
}

fn changed(update: &CaseUpdate) -> Vec<CaseField> {
    update.changes.iter().map(|change| change.field).collect()
}

#[test]
fn a_description_is_compared_by_a_short_key() {
    let key = description_key(Some("It smokes.")).unwrap();
    assert_eq!(key.len(), 16);
    assert!(key.chars().all(|c| c.is_ascii_hexdigit()));
    assert_eq!(description_key(Some("abc")), text("ba7816bf8f01cfea"));
    assert_ne!(description_key(Some("It smokes!")).unwrap(), key);
    assert_eq!(description_key(Some("")), None);
    assert_eq!(description_key(None), None);
}

#[test]
fn debug_of_a_change_and_of_a_conflict_names_the_field_and_tells_no_value() {
    let change = FieldChange {
        field: CaseField::Subject,
        from: text("Printer"),
        to: text("Fire"),
    };
    let conflict = FieldConflict {
        field: CaseField::Subject,
        crm: text("Printer"),
        zendesk: text("Fire"),
        agreed: None,
        winner: Winner::Crm,
    };
    for told in [format!("{change:?}"), format!("{conflict:?}")] {
        assert!(
            told.contains("Subject") && told.contains("7 bytes"),
            "{told}"
        );
        assert!(
            !told.contains("Printer") && !told.contains("Fire"),
            "{told}"
        );
    }
}

#[test]
fn an_update_with_anything_to_write_or_to_say_is_not_empty() {
    let setting = Setting::new(Mode::OneWay);
    let idle = setting.change(&ticket(), &setting.create(&ticket()));
    assert!(idle.is_empty());
    let change = FieldChange {
        field: CaseField::Subject,
        from: text("a"),
        to: text("b"),
    };
    let conflict = FieldConflict {
        field: CaseField::Subject,
        crm: text("a"),
        zendesk: text("b"),
        agreed: None,
        winner: Winner::Crm,
    };
    let mut updates = vec![idle; 5];
    updates[0].changes.push(change);
    updates[1].agreed_moved = true;
    updates[2].conflicts.push(conflict);
    updates[3].waiting_for_zendesk.push(CaseField::Subject);
    updates[4]
        .warnings
        .push(Warning::NoRequester { ticket: 123 });
    for update in updates {
        assert!(!update.is_empty(), "{update:?}");
    }
}
