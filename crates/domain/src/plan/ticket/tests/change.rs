use super::*;

const REMOTE: Mode = Mode::TwoWay(Priority::Remote);
const LOCAL: Mode = Mode::TwoWay(Priority::Local);

/// The case of the ordinary ticket.
pub(super) fn case() -> NewCase {
    Setting::new(Mode::OneWay).create(&ticket())
}

/// The same case after an edit here.
pub(super) fn edited(edit: fn(&mut CaseFields)) -> NewCase {
    let mut case = case();
    edit(&mut case.fields);
    case
}

#[test]
fn an_unchanged_ticket_changes_nothing() {
    for mode in MODES {
        let setting = Setting::new(mode);
        assert!(setting.pull(&ticket(), &case()).is_empty());
        let later = Ticket {
            updated_at: time("2026-11-03T00:00:00Z"),
            ..ticket()
        };
        assert!(setting.pull(&later, &case()).is_empty());
    }
}

#[test]
fn where_an_agent_becomes_the_requester_the_submitter_is_the_contact() {
    let ticket = Ticket {
        requester_id: Some(AGENT),
        submitter_id: Some(OTHER_CUSTOMER),
        ..ticket()
    };
    for mode in MODES {
        let update = Setting::new(mode).pull(&ticket, &case());
        assert_eq!(update.fields.contact, text("eva"));
    }
}

#[test]
fn every_field_changed_in_zendesk_reaches_the_case() {
    for mode in MODES {
        let setting = Setting::new(mode);
        let ticket = Ticket {
            subject: text("Printer cold"),
            description: text("It ▇▇▇▇▇▇."),
            status: text("pending"),
            priority: text("urgent"),
            assignee_id: Some(OTHER_AGENT),
            requester_id: Some(OTHER_CUSTOMER),
            ..ticket()
        };
        let update = setting.pull(&ticket, &case());
        assert_eq!(
            told(&update.fields),
            "Printer cold / It ▇▇▇▇▇▇. / in_progress / high / bob / eva"
        );
        assert_eq!(changed(&update), CaseField::ALL);
        assert!(update.agreed_moved && update.conflicts.is_empty());
        assert!(update.waiting_for_zendesk.is_empty() && update.warnings.is_empty());
        assert_eq!(
            halves(&update.agreed, CaseField::Priority),
            (Some("high"), Some("urgent"))
        );
        assert_eq!(
            halves(&update.agreed, CaseField::AssignedTo),
            (Some("bob"), Some("13"))
        );
    }
}

#[test]
fn a_change_tells_what_was_and_what_is() {
    let update = Setting::new(REMOTE).pull(
        &Ticket {
            status: text("pending"),
            ..ticket()
        },
        &case(),
    );
    let [change] = update.changes.as_slice() else {
        panic!("{update:?}")
    };
    assert_eq!(change.field, CaseField::Status);
    assert_eq!(
        (change.from.clone(), change.to.clone()),
        (text("open"), text("in_progress"))
    );
}

#[rstest]
#[case::solved("solved")]
#[case::closed("closed")]
fn a_case_is_closed_at_the_time_its_ticket_was(#[case] status: &str) {
    let update = Setting::new(REMOTE).pull(
        &Ticket {
            status: text(status),
            ..ticket()
        },
        &case(),
    );
    assert_eq!(update.fields.status, CaseStatus::Closed);
    assert_eq!(update.fields.closed_at, ticket().updated_at);
}

#[test]
fn a_solved_ticket_that_is_closed_later_keeps_the_time_of_the_solve() {
    let setting = Setting::new(REMOTE);
    let solved = Ticket {
        status: text("solved"),
        ..ticket()
    };
    let closed = Ticket {
        status: text("closed"),
        updated_at: time("2026-11-20T00:00:00Z"),
        ..ticket()
    };
    let update = setting.pull(&closed, &setting.create(&solved));
    assert!(update.changes.is_empty() && update.agreed_moved);
    assert_eq!(update.fields.closed_at, solved.updated_at);
}

#[test]
fn a_resolved_case_whose_ticket_is_closed_keeps_the_time_it_was_resolved() {
    let setting = Setting::new(REMOTE);
    let mut case = setting.create(&Ticket {
        status: text("solved"),
        ..ticket()
    });
    case.fields.status = CaseStatus::Resolved;
    case.fields.closed_at = time("2026-11-01T12:00:00Z");
    case.agreed.put(
        CaseField::Status,
        Pair::new(text("resolved"), text("solved")),
    );
    let update = setting.pull(
        &Ticket {
            status: text("closed"),
            ..ticket()
        },
        &case,
    );
    assert_eq!(update.fields.status, CaseStatus::Closed);
    assert_eq!(update.fields.closed_at, time("2026-11-01T12:00:00Z"));
}

#[test]
fn a_re_opened_ticket_opens_the_case_and_clears_its_closing_time() {
    let setting = Setting::new(REMOTE);
    let case = setting.create(&Ticket {
        status: text("solved"),
        ..ticket()
    });
    assert!(case.fields.closed_at.is_some());
    let update = setting.pull(&ticket(), &case);
    assert_eq!(update.fields.status, CaseStatus::Open);
    assert_eq!(update.fields.closed_at, None);
}

#[test]
fn a_priority_that_zendesk_no_longer_names_stays_on_the_case() {
    let update = Setting::new(REMOTE).pull(
        &Ticket {
            priority: None,
            ..ticket()
        },
        &case(),
    );
    assert!(update.changes.is_empty());
    assert_eq!(
        halves(&update.agreed, CaseField::Priority),
        (Some("normal"), None)
    );
}

#[test]
fn a_subject_emptied_in_zendesk_says_so_on_the_case_and_is_never_sent_back() {
    let setting = Setting::new(LOCAL);
    let update = setting.pull(
        &Ticket {
            subject: text(""),
            ..ticket()
        },
        &case(),
    );
    assert_eq!(update.fields.subject, "(no subject)");
    assert!(update.waiting_for_zendesk.is_empty());
}

#[test]
fn a_ticket_unassigned_in_zendesk_unassigns_the_case() {
    let update = Setting::new(REMOTE).pull(
        &Ticket {
            assignee_id: None,
            ..ticket()
        },
        &case(),
    );
    assert_eq!(update.fields.assigned_to, None);
}

#[test]
fn an_edit_here_waits_for_the_push_and_stays() {
    let case = edited(|fields| {
        fields.subject = "Printer was on fire".to_owned();
        fields.status = CaseStatus::InProgress;
        fields.priority = CasePriority::High;
        fields.assigned_to = text("bob");
        fields.contact = text("eva");
    });
    for mode in [REMOTE, LOCAL] {
        let update = Setting::new(mode).pull(&ticket(), &case);
        assert_eq!(update.fields, case.fields);
        assert_eq!(
            update.waiting_for_zendesk,
            [
                CaseField::Subject,
                CaseField::Status,
                CaseField::Priority,
                CaseField::AssignedTo,
                CaseField::Contact,
            ]
        );
        assert!(!update.agreed_moved && update.conflicts.is_empty());
    }
}

#[test]
fn with_two_way_off_an_edit_here_stays_and_nothing_waits() {
    let case = edited(|fields| fields.priority = CasePriority::High);
    let update = Setting::new(Mode::OneWay).pull(&ticket(), &case);
    assert!(update.is_empty());
    assert_eq!(update.fields, case.fields);
}

#[test]
fn an_edit_made_with_two_way_off_waits_for_the_push_once_it_is_on() {
    let case = edited(|fields| fields.priority = CasePriority::High);
    let off = Setting::new(Mode::OneWay).pull(&ticket(), &case);
    let on = plan_change(
        Setting::new(REMOTE).facts(&ticket()),
        &off.fields,
        &off.agreed,
    );
    assert_eq!(on.waiting_for_zendesk, [CaseField::Priority]);
}

#[test]
fn a_case_given_to_somebody_the_pull_does_not_know_waits_for_the_push() {
    let case = edited(|fields| fields.assigned_to = text("somebody"));
    let update = Setting::new(REMOTE).pull(&ticket(), &case);
    assert_eq!(update.fields.assigned_to, text("somebody"));
    assert_eq!(update.waiting_for_zendesk, [CaseField::AssignedTo]);
    assert!(update.warnings.is_empty());
}

#[test]
fn the_same_edit_on_both_sides_is_agreed() {
    let case = edited(|fields| fields.status = CaseStatus::InProgress);
    for mode in MODES {
        let update = Setting::new(mode).pull(
            &Ticket {
                status: text("pending"),
                ..ticket()
            },
            &case,
        );
        assert!(update.changes.is_empty() && update.conflicts.is_empty() && update.agreed_moved);
    }
}

#[test]
fn where_remote_wins_or_two_way_is_off_a_conflict_takes_zendesks_value_and_keeps_ours() {
    let case = edited(|fields| fields.status = CaseStatus::InProgress);
    for mode in [REMOTE, Mode::OneWay] {
        let update = Setting::new(mode).pull(
            &Ticket {
                status: text("solved"),
                ..ticket()
            },
            &case,
        );
        assert_eq!(update.fields.status, CaseStatus::Closed);
        assert_eq!(update.fields.closed_at, ticket().updated_at);
        let [conflict] = update.conflicts.as_slice() else {
            panic!("{update:?}")
        };
        assert_eq!(conflict.winner, Winner::Zendesk);
        assert_eq!(conflict.crm, text("in_progress"));
        assert_eq!(conflict.zendesk, text("solved"));
        assert!(conflict.agreed == Some(Pair::new(text("open"), text("open"))));
        assert!(update.waiting_for_zendesk.is_empty());
    }
}

#[test]
fn where_local_wins_a_conflict_keeps_ours_and_waits_for_the_push() {
    let case = edited(|fields| fields.status = CaseStatus::InProgress);
    let solved = Ticket {
        status: text("solved"),
        ..ticket()
    };
    let update = Setting::new(LOCAL).pull(&solved, &case);
    assert_eq!(update.fields, case.fields);
    assert_eq!(update.waiting_for_zendesk, [CaseField::Status]);
    let [conflict] = update.conflicts.as_slice() else {
        panic!("{update:?}")
    };
    assert_eq!(conflict.winner, Winner::Crm);
    assert_eq!(conflict.zendesk, text("solved"));
}

#[test]
fn one_field_in_conflict_does_not_hold_back_the_others() {
    let case = edited(|fields| fields.status = CaseStatus::InProgress);
    let ticket = Ticket {
        status: text("solved"),
        priority: text("low"),
        kind: text("riddle"),
        ..ticket()
    };
    let update = Setting::new(LOCAL).pull(&ticket, &case);
    assert_eq!(changed(&update), [CaseField::Priority]);
    assert_eq!(update.conflicts.len(), 1);
    assert_eq!(
        update.warnings,
        [Warning::UnknownType {
            ticket: 123,
            word: "riddle".to_owned()
        }]
    );
}
