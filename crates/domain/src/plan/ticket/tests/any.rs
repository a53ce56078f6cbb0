//! Any edit here against any change there: what must hold whatever they are.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;

/// An edit of the ordinary case.
fn any_edit() -> impl Strategy<Value = CaseFields> {
    (
        select(vec!["Printer on fire", "Other", "(no subject)"]),
        select(vec!["It smokes.", "It burns.", ""]),
        select(CaseStatus::ALL.to_vec()),
        select(CasePriority::ALL.to_vec()),
        select(vec![
            text("ada"),
            text("bob"),
            text("somebody"),
            text("owner"),
            None,
        ]),
        select(vec![text("ivo"), text("eva"), text("somebody"), None]),
    )
        .prop_map(
            |(subject, description, status, priority, assigned_to, contact)| CaseFields {
                subject: subject.to_owned(),
                description: description.to_owned(),
                status,
                priority,
                assigned_to,
                contact,
                closed_at: None,
            },
        )
}

/// A change of the ordinary ticket.
fn any_ticket() -> impl Strategy<Value = Ticket> {
    let status = [
        "new", "open", "pending", "hold", "solved", "closed", "deleted", "snoozed", "",
    ];
    (
        select(vec![text("Printer on fire"), text("New"), text(""), None]),
        select(vec![text("It smokes."), text("It ▇."), None]),
        select(status.to_vec()),
        select(vec![
            text("low"),
            text("normal"),
            text("high"),
            text("urgent"),
            text("odd"),
            None,
        ]),
        select(vec![
            Some(AGENT),
            Some(OTHER_AGENT),
            Some(REQUESTER),
            Some(NOT_ARRIVED),
            None,
        ]),
        select(vec![
            Some(REQUESTER),
            Some(OTHER_CUSTOMER),
            Some(AGENT),
            Some(NOT_ARRIVED),
            None,
        ]),
    )
        .prop_map(
            |(subject, description, status, priority, assignee_id, requester_id)| Ticket {
                subject,
                description,
                status: text(status),
                priority,
                assignee_id,
                requester_id,
                ..ticket()
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_pull_carried_out_leaves_nothing_to_pull(
        first in any_ticket(),
        edit in any_edit(),
        then in any_ticket(),
        mode in select(MODES.to_vec()),
        is_edited in any::<bool>(),
    ) {
        let setting = Setting::new(mode);
        let mut case = setting.create(&first);
        if is_edited {
            case.fields = edit;
        }
        let update = setting.pull(&then, &case);
        // A case never loses its subject, and is closed exactly while it is done, if the sync did it.
        prop_assert!(!update.fields.subject.is_empty());
        if update.fields.status != case.fields.status {
            prop_assert_eq!(update.fields.closed_at.is_some(), update.fields.status.is_done());
        }
        // Without an edit here there is no conflict and nothing to send.
        if !is_edited {
            prop_assert!(update.conflicts.is_empty(), "{:?}", update);
            prop_assert!(update.waiting_for_zendesk.is_empty(), "{:?}", update);
        }
        // Two-way off sends nothing, and no description is ever sent.
        if mode == Mode::OneWay {
            prop_assert!(update.waiting_for_zendesk.is_empty(), "{:?}", update);
        }
        prop_assert!(!update.waiting_for_zendesk.contains(&CaseField::Description));
        // A field changes exactly if a change is told.
        for &field in CaseField::ALL {
            let moved = case_value(&case.fields, field) != case_value(&update.fields, field);
            prop_assert_eq!(moved, changed(&update).contains(&field), "{}: {:?}", field, update);
        }
    }
}
