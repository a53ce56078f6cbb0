use super::*;

fn one_way() -> Setting {
    Setting::new(Mode::OneWay)
}

#[test]
fn a_ticket_becomes_a_case_with_every_field_and_every_pair() {
    let case = one_way().create(&ticket());
    assert_eq!(
        told(&case.fields),
        "Printer on fire / It smokes. / open / normal / ada / ivo"
    );
    assert_eq!(case.reported_at, time("2026-11-01T08:00:00Z"));
    assert_eq!(case.fields.closed_at, None);
    assert_eq!(case.source, CaseSource::Email);
    assert_eq!(case.owner, text("owner"));
    assert!(case.warnings.is_empty());
    let key = description_key(Some("It smokes."));
    let key = key.as_deref();
    for (field, expected) in [
        (
            CaseField::Subject,
            (Some("Printer on fire"), Some("Printer on fire")),
        ),
        (CaseField::Description, (key, key)),
        (CaseField::Status, (Some("open"), Some("open"))),
        (CaseField::Priority, (Some("normal"), Some("normal"))),
        (CaseField::AssignedTo, (Some("ada"), Some("12"))),
        (CaseField::Contact, (Some("ivo"), Some("11"))),
    ] {
        assert_eq!(halves(&case.agreed, field), expected, "{field}");
    }
}

#[test]
fn a_case_just_made_plans_to_nothing_whatever_the_ticket_was() {
    let odd = |change: fn(&mut Ticket)| {
        let mut ticket = ticket();
        change(&mut ticket);
        ticket
    };
    for mode in MODES {
        let setting = Setting::new(mode);
        for ticket in [
            ticket(),
            odd(|ticket| ticket.subject = None),
            odd(|ticket| ticket.description = None),
            odd(|ticket| ticket.priority = None),
            odd(|ticket| ticket.priority = text("urgent")),
            odd(|ticket| ticket.status = text("hold")),
            odd(|ticket| ticket.status = text("new")),
            odd(|ticket| ticket.status = text("closed")),
            odd(|ticket| ticket.status = text("deleted")),
            odd(|ticket| ticket.status = None),
            odd(|ticket| ticket.assignee_id = None),
            odd(|ticket| ticket.requester_id = None),
            odd(|ticket| ticket.requester_id = Some(AGENT)),
        ] {
            let case = setting.create(&ticket);
            let plan = plan_ticket(setting.facts(&ticket), Some((&case.fields, &case.agreed)));
            assert!(plan == TicketPlan::Nothing, "{plan:?}");
        }
    }
}

#[rstest]
#[case::a_new_ticket_makes_an_open_case("new", CaseStatus::Open)]
#[case::an_open_ticket_makes_an_open_case("open", CaseStatus::Open)]
#[case::a_pending_ticket_makes_a_case_in_progress("pending", CaseStatus::InProgress)]
#[case::a_ticket_on_hold_makes_an_open_case("hold", CaseStatus::Open)]
#[case::a_solved_ticket_makes_a_closed_case("solved", CaseStatus::Closed)]
#[case::a_closed_ticket_makes_a_closed_case("closed", CaseStatus::Closed)]
#[case::a_deleted_ticket_still_makes_a_case("deleted", CaseStatus::Open)]
fn the_status_of_a_new_case(#[case] status: &str, #[case] expected: CaseStatus) {
    let case = one_way().create(&Ticket {
        status: text(status),
        ..ticket()
    });
    assert_eq!(case.fields.status, expected);
    assert_eq!(
        halves(&case.agreed, CaseField::Status),
        (Some(expected.as_str()), Some(status))
    );
    let closed = if expected.is_done() {
        ticket().updated_at
    } else {
        None
    };
    assert_eq!(case.fields.closed_at, closed);
    assert!(case.warnings.is_empty());
}

#[test]
fn a_ticket_without_a_priority_makes_a_case_of_normal_priority() {
    let case = one_way().create(&Ticket {
        priority: None,
        ..ticket()
    });
    assert_eq!(case.fields.priority, CasePriority::Normal);
    assert_eq!(
        halves(&case.agreed, CaseField::Priority),
        (Some("normal"), None)
    );
    assert!(case.warnings.is_empty());
}

#[test]
fn a_ticket_without_a_subject_makes_a_case_that_says_so() {
    let case = one_way().create(&Ticket {
        subject: None,
        ..ticket()
    });
    assert_eq!(case.fields.subject, "(no subject)");
    assert_eq!(
        halves(&case.agreed, CaseField::Subject),
        (Some("(no subject)"), None)
    );
}

#[rstest]
#[case::an_agents_user(Some(AGENT), Some(REQUESTER), Some("ada"))]
#[case::else_the_requesters_user(Some(REQUESTER), Some(OTHER_AGENT), Some("bob"))]
#[case::else_the_integration_owner(Some(REQUESTER), Some(REQUESTER), Some("owner"))]
fn the_owner_of_a_new_case_is(
    #[case] submitter_id: Option<i64>,
    #[case] requester_id: Option<i64>,
    #[case] expected: Option<&str>,
) {
    let case = one_way().create(&Ticket {
        submitter_id,
        requester_id,
        ..ticket()
    });
    assert_eq!(case.owner.as_deref(), expected);
}

#[test]
fn an_unassigned_ticket_makes_a_case_for_the_owner_if_so_set() {
    let mut setting = one_way();
    let ticket = Ticket {
        assignee_id: None,
        ..ticket()
    };
    assert_eq!(setting.create(&ticket).fields.assigned_to, None);
    setting.rules.unassigned = Unassigned::Owner;
    assert_eq!(setting.create(&ticket).fields.assigned_to, text("owner"));
}

#[test]
fn words_nobody_knows_make_a_plain_case_and_a_sentence_each() {
    let case = one_way().create(&Ticket {
        status: text("snoozed"),
        priority: text("blocker"),
        kind: text("riddle"),
        ..ticket()
    });
    assert_eq!(case.fields.status, CaseStatus::Open);
    assert_eq!(case.fields.priority, CasePriority::Normal);
    assert_eq!(
        case.warnings,
        [
            Warning::UnknownStatus {
                ticket: 123,
                word: "snoozed".to_owned()
            },
            Warning::UnknownPriority {
                ticket: 123,
                word: "blocker".to_owned()
            },
            Warning::UnknownType {
                ticket: 123,
                word: "riddle".to_owned()
            },
        ]
    );
}

#[test]
fn people_who_have_not_arrived_are_stood_in_for_and_named() {
    let case = one_way().create(&Ticket {
        requester_id: Some(NOT_ARRIVED),
        assignee_id: Some(98),
        submitter_id: Some(97),
        ..ticket()
    });
    assert_eq!(case.fields.contact, None);
    assert_eq!(case.fields.assigned_to, text("owner"));
    assert_eq!(case.owner, text("owner"));
    assert_eq!(
        case.warnings,
        [
            Warning::MissingAssignee {
                ticket: 123,
                user: 98
            },
            Warning::MissingRequester {
                ticket: 123,
                user: NOT_ARRIVED
            },
            Warning::MissingSubmitter {
                ticket: 123,
                user: 97
            },
        ]
    );
}

#[test]
fn until_the_requester_arrives_the_submitters_contact_stands_in() {
    let case = one_way().create(&Ticket {
        requester_id: Some(NOT_ARRIVED),
        submitter_id: Some(OTHER_CUSTOMER),
        ..ticket()
    });
    assert_eq!(case.fields.contact, text("eva"));
    assert_eq!(
        case.warnings,
        [Warning::MissingRequester {
            ticket: 123,
            user: NOT_ARRIVED
        }]
    );
}

#[test]
fn a_ticket_that_names_no_requester_makes_a_case_and_a_sentence() {
    let ticket = Ticket {
        requester_id: None,
        submitter_id: None,
        ..ticket()
    };
    let case = one_way().create(&ticket);
    assert_eq!(case.fields.contact, None);
    assert_eq!(case.warnings, [Warning::NoRequester { ticket: 123 }]);
}

#[test]
fn a_person_with_an_unknown_role_is_linked_to_nobody() {
    let mut setting = one_way();
    setting.people.insert(Person {
        zendesk_id: REQUESTER,
        role: None,
        contact: text("ivo"),
        ..Person::default()
    });
    let case = setting.create(&ticket());
    assert_eq!(case.fields.contact, None);
    assert_eq!(
        case.warnings,
        [Warning::UnknownRole {
            user: REQUESTER,
            word: None
        }]
    );
}

#[test]
fn a_deleted_ticket_seen_for_the_first_time_gets_its_case() {
    let case = one_way().create(&Ticket {
        status: text("deleted"),
        ..ticket()
    });
    assert_eq!(
        told(&case.fields),
        "Printer on fire / It smokes. / open / normal / ada / ivo"
    );
}

#[test]
fn nothing_is_made_of_a_scrubbed_ticket() {
    let setting = one_way();
    let ticket = Ticket {
        status: text("deleted"),
        subject: text("SCRUBBED"),
        description: text("X"),
        ..ticket()
    };
    assert!(plan_new(setting.facts(&ticket)).is_none());
    assert!(plan_ticket(setting.facts(&ticket), None) == TicketPlan::Nothing);
}

#[test]
fn debug_of_a_plan_tells_no_text_of_the_ticket() {
    let setting = one_way();
    let ticket = ticket();
    let plan = plan_ticket(setting.facts(&ticket), None);
    let TicketPlan::Create(case) = &plan else {
        panic!("{plan:?}")
    };
    let update = setting.change(
        &Ticket {
            subject: text("Smoke"),
            ..ticket.clone()
        },
        case,
    );
    assert_eq!(changed(&update), [CaseField::Subject]);
    let told = format!("{plan:?} {update:?} {:?}", setting.facts(&ticket));
    assert!(
        !told.contains("Printer") && !told.contains("moke"),
        "{told}"
    );
}
