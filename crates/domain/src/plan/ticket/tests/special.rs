//! Descriptions, unknown words and people, and the special states of ticket-sync.md 3.

use super::change::{case, edited};
use super::*;

const REMOTE: Mode = Mode::TwoWay(Priority::Remote);

#[test]
fn a_redaction_in_zendesk_reaches_a_description_nobody_edited_here() {
    for mode in MODES {
        let redacted = Ticket {
            description: text("It ▇."),
            ..ticket()
        };
        let update = Setting::new(mode).pull(&redacted, &case());
        assert_eq!(update.fields.description, "It ▇.");
        let [change] = update.changes.as_slice() else {
            panic!("{update:?}")
        };
        assert_eq!(change.from, description_key(Some("It smokes.")));
        assert_eq!(change.to, description_key(Some("It ▇.")));
    }
}

#[test]
fn a_description_edited_here_stays_here_and_is_never_sent() {
    let case = edited(|fields| fields.description = "It burns.".to_owned());
    for mode in MODES {
        let update = Setting::new(mode).pull(&ticket(), &case);
        assert!(update.is_empty());
        assert_eq!(update.fields.description, "It burns.");
    }
}

#[test]
fn a_description_changed_on_both_sides_stays_here_with_one_conflict_record() {
    let case = edited(|fields| fields.description = "It burns.".to_owned());
    let redacted = Ticket {
        description: text("It ▇."),
        ..ticket()
    };
    for mode in MODES {
        let update = Setting::new(mode).pull(&redacted, &case);
        assert_eq!(update.fields.description, "It burns.");
        assert!(update.waiting_for_zendesk.is_empty());
        let [conflict] = update.conflicts.as_slice() else {
            panic!("{update:?}")
        };
        assert_eq!(
            (conflict.field, conflict.winner),
            (CaseField::Description, Winner::Crm)
        );
    }
}

#[test]
fn a_description_that_zendesk_leaves_out_stays_on_the_case() {
    let update = Setting::new(REMOTE).pull(
        &Ticket {
            description: None,
            ..ticket()
        },
        &case(),
    );
    assert_eq!(update.fields.description, "It smokes.");
    assert!(update.changes.is_empty());
}

#[test]
fn an_unknown_status_leaves_the_case_as_it_is_and_says_so() {
    for mode in MODES {
        let setting = Setting::new(mode);
        let update = setting.pull(
            &Ticket {
                status: text("snoozed"),
                ..ticket()
            },
            &case(),
        );
        assert!(update.changes.is_empty() && update.conflicts.is_empty() && !update.agreed_moved);
        assert_eq!(
            update.warnings,
            [Warning::UnknownStatus {
                ticket: 123,
                word: "snoozed".to_owned()
            }]
        );
    }
}

#[rstest]
#[case::on_a_case_made_with_the_unknown_word(true)]
#[case::on_a_case_whose_ticket_took_the_unknown_word_later(false)]
fn a_map_that_learns_the_word_brings_the_status_in_without_a_conflict(
    #[case] from_the_start: bool,
) {
    for mode in MODES {
        let mut setting = Setting::new(mode);
        let snoozed = Ticket {
            status: text("snoozed"),
            ..ticket()
        };
        let case = if from_the_start {
            setting.create(&snoozed)
        } else {
            case()
        };
        assert_eq!(setting.pull(&snoozed, &case).warnings.len(), 1);
        setting
            .maps
            .status
            .from_zendesk
            .other
            .insert("snoozed".into(), CaseStatus::InProgress);
        let update = setting.pull(&snoozed, &case);
        assert_eq!(update.fields.status, CaseStatus::InProgress);
        assert!(update.conflicts.is_empty() && update.warnings.is_empty());
        assert_eq!(changed(&update), [CaseField::Status]);
    }
}

#[test]
fn people_who_arrive_later_take_their_places_without_a_conflict() {
    for mode in MODES {
        let mut setting = Setting::new(mode);
        let early = Ticket {
            requester_id: Some(NOT_ARRIVED),
            submitter_id: Some(OTHER_CUSTOMER),
            assignee_id: Some(98),
            ..ticket()
        };
        let case = setting.create(&early);
        assert_eq!(
            told(&case.fields),
            "Printer on fire / It smokes. / open / normal / owner / eva"
        );
        assert_eq!(setting.pull(&early, &case).warnings.len(), 2);
        for (zendesk_id, role, contact, user) in [
            (NOT_ARRIVED, Role::EndUser, text("late"), None),
            (98, Role::Agent, None, text("bob")),
        ] {
            setting.people.insert(Person {
                zendesk_id,
                role: Some(role),
                contact,
                user,
                ..Person::default()
            });
        }
        let update = setting.pull(&early, &case);
        assert_eq!(update.fields.contact, text("late"));
        assert_eq!(update.fields.assigned_to, text("bob"));
        assert!(update.conflicts.is_empty() && update.warnings.is_empty());
    }
}

#[test]
fn a_deleted_ticket_changes_nothing_on_its_case() {
    for mode in MODES {
        let deleted = Ticket {
            id: 123,
            status: text("deleted"),
            subject: None,
            kind: text("riddle"),
            ..Ticket::default()
        };
        let update = Setting::new(mode).pull(&deleted, &case());
        assert!(update.is_empty());
        assert_eq!(update.fields, case().fields);
    }
}

#[test]
fn a_restored_ticket_goes_on_where_it_was() {
    let setting = Setting::new(REMOTE);
    let deleted = setting.pull(
        &Ticket {
            status: text("deleted"),
            ..ticket()
        },
        &case(),
    );
    let restored = Ticket {
        status: text("pending"),
        ..ticket()
    };
    let update = plan_change(setting.facts(&restored), &deleted.fields, &deleted.agreed);
    assert_eq!(update.fields.status, CaseStatus::InProgress);
    assert!(update.conflicts.is_empty());
}

#[test]
fn a_scrubbed_ticket_changes_nothing_on_its_case() {
    let scrubbed = Ticket {
        id: 123,
        status: text("deleted"),
        subject: text("SCRUBBED"),
        description: text("X"),
        ..Ticket::default()
    };
    let update = Setting::new(REMOTE).pull(&scrubbed, &case());
    assert!(update.is_empty());
    assert_eq!(update.fields, case().fields);
}

#[test]
fn a_first_meeting_of_a_case_and_a_ticket_merges_them() {
    let setting = Setting::new(REMOTE);
    let mut case = case();
    case.agreed = Agreed::default();
    case.fields.priority = CasePriority::Low;
    case.fields.description = "As it was published.".to_owned();
    let update = setting.pull(&ticket(), &case);
    assert_eq!(changed(&update), [CaseField::Priority]);
    let [conflict] = update.conflicts.as_slice() else {
        panic!("{update:?}")
    };
    assert_eq!(conflict.field, CaseField::Priority);
    assert!(conflict.agreed.is_none());
    assert_eq!(update.agreed.0.len(), CaseField::ALL.len());
    assert_eq!(update.fields.description, "As it was published.");
}

#[test]
fn a_description_edited_here_outlives_every_later_change_in_zendesk() {
    let case = edited(|fields| fields.description = "It burns.".to_owned());
    for mode in MODES {
        let setting = Setting::new(mode);
        let once = setting.pull(
            &Ticket {
                description: text("It ▇."),
                ..ticket()
            },
            &case,
        );
        let twice = Ticket {
            description: text("▇▇."),
            ..ticket()
        };
        let update = plan_change(setting.facts(&twice), &once.fields, &once.agreed);
        assert_eq!(update.fields.description, "It burns.");
        assert_eq!(update.conflicts.len(), 1);
    }
}
