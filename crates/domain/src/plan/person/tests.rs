use rstest::rstest;

use super::*;
use crate::merge::{Priority, Winner};

const REMOTE: Mode = Mode::TwoWay(Priority::Remote);
const LOCAL: Mode = Mode::TwoWay(Priority::Local);
const MODES: [Mode; 3] = [REMOTE, LOCAL, Mode::OneWay];

fn text(text: &str) -> Value {
    Some(text.to_owned())
}

/// An ordinary customer.
fn user() -> ZendeskUser {
    ZendeskUser {
        id: 123,
        name: text("Ivo Berg"),
        email: text("Ivo@Cust.test"),
        phone: text("+49 30 1"),
        role: text("end-user"),
        active: true,
        ..ZendeskUser::default()
    }
}

/// Plans a user onto a contact and carries the plan out, twice: the second plan must find nothing
/// left to do here, nor a conflict a second time.
fn pull(user: &ZendeskUser, contact: &NewContact, mode: Mode) -> PersonUpdate {
    let update = plan_person(user, &contact.fields, &contact.agreed, mode);
    let again = plan_person(user, &update.fields, &update.agreed, mode);
    assert!(
        again.changes.is_empty() && again.conflicts.is_empty(),
        "{again:?}"
    );
    assert!(!again.agreed_moved, "{again:?}");
    assert_eq!(again.waiting_for_zendesk, update.waiting_for_zendesk);
    update
}

fn told(fields: &ContactFields) -> String {
    format!(
        "{} / {} / {}",
        fields.name.full(),
        fields.phone.as_deref().unwrap_or("-"),
        fields.email.as_deref().unwrap_or("-")
    )
}

fn changed(update: &PersonUpdate) -> Vec<PersonField> {
    update.changes.iter().map(|change| change.field).collect()
}

#[test]
fn an_end_user_becomes_a_contact_with_every_field_and_every_pair() {
    let contact = new_contact(&user());
    assert_eq!(told(&contact.fields), "Ivo Berg / +49 30 1 / Ivo@Cust.test");
    assert_eq!(contact.fields.name.last, text("Berg"));
    let pair = contact.agreed.get(PersonField::Email).unwrap();
    assert!(*pair == Pair::new(text("ivo@cust.test"), text("ivo@cust.test")));
    assert_eq!(contact.agreed.0.len(), PersonField::ALL.len());
    for mode in MODES {
        assert!(pull(&user(), &contact, mode).is_empty());
    }
}

#[rstest]
#[case::with_their_own_name(Some("Dr Eva Holm"), Some("eva@cust.test"), "Dr Eva Holm")]
#[case::with_one_word_for_a_name(Some("Eva"), Some("eva@cust.test"), "Eva")]
#[case::else_by_the_email(None, Some("eva.holm@cust.test"), "eva.holm")]
#[case::a_blank_name_is_none(Some("  "), Some("eva.holm@cust.test"), "eva.holm")]
#[case::a_placeholder_is_nobodys_name(Some("Permanently Deleted User"), None, "Zendesk user 123")]
#[case::without_name_and_email(None, None, "Zendesk user 123")]
#[case::with_an_email_that_is_only_an_at_sign(None, Some("@"), "Zendesk user 123")]
fn everyone_gets_a_contact_with_a_name(
    #[case] name: Option<&str>,
    #[case] email: Option<&str>,
    #[case] expected: &str,
) {
    let user = ZendeskUser {
        name: name.map(str::to_owned),
        email: email.map(str::to_owned),
        ..user()
    };
    let contact = new_contact(&user);
    assert_eq!(contact.fields.name.full(), expected);
    for mode in MODES {
        assert!(pull(&user, &contact, mode).is_empty());
    }
}

#[test]
fn a_change_in_zendesk_reaches_the_contact() {
    let known = user();
    for mode in MODES {
        let user = ZendeskUser {
            name: text("Mr Ivo K. Berg Jr"),
            email: text("Berg@Cust.test"),
            phone: text("+49 30 2"),
            ..user()
        };
        let update = pull(&user, &new_contact(&known), mode);
        assert_eq!(
            told(&update.fields),
            "Mr Ivo K. Berg Jr / +49 30 2 / Berg@Cust.test"
        );
        assert_eq!(update.fields.name.suffix, text("Jr"));
        assert_eq!(changed(&update), PersonField::ALL);
    }
}

#[test]
fn a_phone_or_email_cleared_in_zendesk_is_cleared_here() {
    let cleared = ZendeskUser {
        email: None,
        phone: text(" "),
        ..user()
    };
    let update = pull(&cleared, &new_contact(&user()), REMOTE);
    assert_eq!(told(&update.fields), "Ivo Berg / - / -");
}

#[rstest]
#[case::nothing(None)]
#[case::a_blank(Some(" "))]
#[case::a_placeholder(Some("SCRUBBED"))]
fn a_name_is_never_blanked_by(#[case] name: Option<&str>) {
    for mode in MODES {
        let nameless = ZendeskUser {
            name: name.map(str::to_owned),
            ..user()
        };
        let update = pull(&nameless, &new_contact(&user()), mode);
        assert_eq!(update.fields.name.full(), "Ivo Berg");
        assert!(update.changes.is_empty());
    }
}

#[test]
fn an_email_in_other_letter_case_is_the_same_email() {
    let shouted = ZendeskUser {
        email: text("IVO@CUST.TEST"),
        ..user()
    };
    assert!(pull(&shouted, &new_contact(&user()), REMOTE).is_empty());
}

#[test]
fn nothing_of_a_deleted_user_reaches_the_contact() {
    for name in [
        None,
        text("Permanently Deleted User"),
        text("Somebody Else"),
    ] {
        let deleted = ZendeskUser {
            active: false,
            email: None,
            phone: None,
            name,
            ..user()
        };
        for mode in MODES {
            let update = pull(&deleted, &new_contact(&user()), mode);
            assert!(update.is_empty());
            assert_eq!(told(&update.fields), "Ivo Berg / +49 30 1 / Ivo@Cust.test");
        }
    }
}

#[test]
fn a_suspended_user_is_a_customer_like_any_other() {
    let suspended = ZendeskUser {
        suspended: true,
        phone: text("+49 30 2"),
        ..user()
    };
    assert_eq!(
        changed(&pull(&suspended, &new_contact(&user()), REMOTE)),
        [PersonField::Phone]
    );
}

#[test]
fn an_edit_here_waits_for_the_push_to_an_end_user_and_never_to_staff() {
    let mut contact = new_contact(&user());
    contact.fields.name.last = text("Holm");
    contact.fields.phone = None;
    for mode in [REMOTE, LOCAL] {
        let update = pull(&user(), &contact, mode);
        assert_eq!(update.fields, contact.fields);
        assert_eq!(
            update.waiting_for_zendesk,
            [PersonField::Name, PersonField::Phone]
        );
        for role in ["agent", "admin"] {
            let staff = ZendeskUser {
                role: text(role),
                ..user()
            };
            assert!(pull(&staff, &contact, mode).is_empty());
        }
    }
    assert!(pull(&user(), &contact, Mode::OneWay).is_empty());
}

#[test]
fn a_conflict_is_decided_by_the_same_priority_as_cases_are() {
    let mut contact = new_contact(&user());
    contact.fields.phone = text("+49 30 3");
    let changed_there = ZendeskUser {
        phone: text("+49 30 2"),
        ..user()
    };
    for (mode, winner, phone) in [
        (REMOTE, Winner::Zendesk, "+49 30 2"),
        (LOCAL, Winner::Crm, "+49 30 3"),
        (Mode::OneWay, Winner::Zendesk, "+49 30 2"),
    ] {
        let update = pull(&changed_there, &contact, mode);
        assert_eq!(update.fields.phone, text(phone));
        let [conflict] = update.conflicts.as_slice() else {
            panic!("{update:?}")
        };
        assert_eq!(
            (conflict.field, conflict.winner),
            (PersonField::Phone, winner)
        );
        assert_eq!(conflict.crm, text("+49 30 3"));
        assert_eq!(conflict.zendesk, text("+49 30 2"));
    }
}

#[test]
fn on_the_first_meeting_the_contact_keeps_its_own_name() {
    let steven = NewContact {
        fields: ContactFields {
            name: PersonName::parse("Steven Spielberg").unwrap(),
            phone: None,
            email: text("founder@studio.test"),
        },
        agreed: Agreed::default(),
    };
    let founder = ZendeskUser {
        name: text("DreamWorks Founder"),
        email: text("founder@studio.test"),
        phone: text("+1 818 1"),
        ..user()
    };
    for mode in MODES {
        let update = pull(&founder, &steven, mode);
        assert_eq!(
            told(&update.fields),
            "Steven Spielberg / +1 818 1 / founder@studio.test"
        );
        assert_eq!(changed(&update), [PersonField::Phone]);
        assert!(update.conflicts.is_empty() && update.waiting_for_zendesk.is_empty());
    }
}

#[test]
fn after_the_first_meeting_a_new_name_in_zendesk_is_a_change() {
    let steven = ContactFields {
        name: PersonName::parse("Steven Spielberg").unwrap(),
        ..ContactFields::default()
    };
    let met = plan_person(&user(), &steven, &Agreed::default(), REMOTE);
    let renamed = ZendeskUser {
        name: text("Ivo Holm"),
        ..user()
    };
    let update = plan_person(&renamed, &met.fields, &met.agreed, REMOTE);
    assert_eq!(update.fields.name.full(), "Ivo Holm");
}

#[test]
fn a_user_with_an_unknown_role_changes_nothing_and_is_named() {
    for role in [None, text("overlord")] {
        let odd = ZendeskUser {
            role: role.clone(),
            phone: text("+49 30 2"),
            ..user()
        };
        let update = pull(&odd, &new_contact(&user()), REMOTE);
        assert!(update.changes.is_empty() && !update.agreed_moved);
        assert_eq!(
            update.warnings,
            [Warning::UnknownRole {
                user: 123,
                word: role
            }]
        );
    }
}

#[test]
fn debug_of_a_persons_plan_tells_no_name_no_email_and_no_telephone() {
    let contact = new_contact(&user());
    let renamed = ZendeskUser {
        name: text("Eva Holm"),
        ..user()
    };
    let update = plan_person(&renamed, &contact.fields, &contact.agreed, REMOTE);
    let told = format!("{contact:?} {update:?}");
    for secret in ["Ivo", "Berg", "Eva", "Holm", "cust", "Cust", "+49"] {
        assert!(!told.contains(secret), "{told}");
    }
}

#[test]
fn an_update_with_anything_to_write_or_to_say_is_not_empty() {
    let contact = new_contact(&user());
    let idle = pull(&user(), &contact, REMOTE);
    assert!(idle.is_empty());
    let pair = || Some(Pair::new(text("a"), text("b")));
    let change = FieldChange {
        field: PersonField::Email,
        from: text("a"),
        to: text("b"),
    };
    let conflict = FieldConflict {
        field: PersonField::Email,
        crm: text("a"),
        zendesk: text("b"),
        agreed: pair(),
        winner: Winner::Crm,
    };
    let mut updates = vec![idle; 5];
    updates[0].changes.push(change);
    updates[1].agreed_moved = true;
    updates[2].conflicts.push(conflict);
    updates[3].waiting_for_zendesk.push(PersonField::Email);
    let warning = Warning::UnknownRole {
        user: 7,
        word: None,
    };
    updates[4].warnings.push(warning);
    for update in updates {
        assert!(!update.is_empty(), "{update:?}");
    }
}

#[test]
fn a_person_reads_plain_words_for_the_fields_of_a_contact() {
    let labels: Vec<&str> = PersonField::ALL.iter().map(|field| field.label()).collect();
    assert_eq!(labels, ["Name", "Phone", "Email"]);
}
