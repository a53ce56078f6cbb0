use rstest::rstest;

use super::*;

const END_USER: i64 = 1;
const AGENT: i64 = 2;
const STRANGER_AGENT: i64 = 3;
const ODD_ROLE: i64 = 4;
const AGENT_WHO_ASKED: i64 = 5;
const FORMER_AGENT: i64 = 6;
const END_USER_WITHOUT_CONTACT: i64 = 7;
const NOT_ARRIVED: i64 = 99;

fn text(text: &str) -> Value {
    Some(text.to_owned())
}

fn person(zendesk_id: i64, role: Option<Role>, contact: Value, user: Value) -> Person {
    Person {
        zendesk_id,
        role,
        contact,
        user,
        ..Person::default()
    }
}

/// One person of each kind.
fn people() -> People {
    let end_user = Some(Role::EndUser);
    let agent = Some(Role::Agent);
    [
        person(END_USER, end_user, text("contact-1"), None),
        person(AGENT, agent, None, text("user-2")),
        person(STRANGER_AGENT, Some(Role::Admin), None, None),
        person(ODD_ROLE, None, text("contact-4"), text("user-4")),
        person(AGENT_WHO_ASKED, agent, text("contact-5"), text("user-5")),
        person(FORMER_AGENT, end_user, text("contact-6"), text("user-6")),
        person(END_USER_WITHOUT_CONTACT, end_user, None, None),
    ]
    .into_iter()
    .collect()
}

fn rules(unassigned: Unassigned) -> IdentityRules {
    IdentityRules {
        owner: text("owner"),
        unassigned,
        default_user: None,
    }
}

fn told(translation: &Translation) -> String {
    match translation {
        Translation::To(value) => value.clone().unwrap_or_else(|| "nobody".to_owned()),
        Translation::Keep => "as it is".to_owned(),
        Translation::Unknown(word) => format!("waits for {word}"),
    }
}

#[rstest]
#[case::an_agent_whose_email_matched_is_that_user(Some(AGENT), Unassigned::Leave, "user-2")]
#[case::an_agent_nobody_matched_is_the_integration_owner(
    Some(STRANGER_AGENT),
    Unassigned::Leave,
    "owner"
)]
#[case::an_assignee_who_is_no_longer_staff_is_the_integration_owner(
    Some(FORMER_AGENT),
    Unassigned::Leave,
    "owner"
)]
#[case::no_assignee_stays_unassigned_by_default(None, Unassigned::Leave, "nobody")]
#[case::no_assignee_is_the_owner_if_so_set(None, Unassigned::Owner, "owner")]
#[case::an_assignee_who_has_not_arrived_is_waited_for(
    Some(NOT_ARRIVED),
    Unassigned::Leave,
    "waits for 99"
)]
#[case::an_assignee_with_an_unknown_role_is_linked_to_nobody(
    Some(ODD_ROLE),
    Unassigned::Leave,
    "waits for 4"
)]
fn the_case_is_assigned_to(
    #[case] assignee_id: Option<i64>,
    #[case] unassigned: Unassigned,
    #[case] expected: &str,
) {
    let ticket = Ticket {
        assignee_id,
        ..Ticket::default()
    };
    assert_eq!(
        told(&assignee(&ticket, &people(), &rules(unassigned))),
        expected
    );
}

#[test]
fn without_an_integration_owner_an_unmatched_assignee_is_nobody() {
    let ticket = Ticket {
        assignee_id: Some(STRANGER_AGENT),
        ..Ticket::default()
    };
    assert_eq!(
        told(&assignee(&ticket, &people(), &IdentityRules::default())),
        "nobody"
    );
}

#[rstest]
#[case::the_requesters_contact(Some(END_USER), Some(AGENT), "contact-1")]
#[case::the_requesters_contact_also_when_the_requester_is_an_agent(
    Some(AGENT_WHO_ASKED),
    Some(END_USER),
    "contact-5"
)]
#[case::else_the_submitters_contact(Some(END_USER_WITHOUT_CONTACT), Some(END_USER), "contact-1")]
#[case::the_submitters_contact_if_no_requester_is_named(None, Some(END_USER), "contact-1")]
#[case::nobody_has_one_so_the_case_stays_as_it_is(
    Some(END_USER_WITHOUT_CONTACT),
    Some(AGENT),
    "as it is"
)]
#[case::a_requester_who_has_not_arrived_is_waited_for(
    Some(NOT_ARRIVED),
    Some(END_USER),
    "waits for 99"
)]
#[case::a_requester_with_an_unknown_role_is_linked_to_nobody(
    Some(ODD_ROLE),
    Some(END_USER),
    "waits for 4"
)]
#[case::no_requester_and_no_submitter_leave_the_case_as_it_is(None, None, "as it is")]
fn the_contact_of_the_case_is(
    #[case] requester_id: Option<i64>,
    #[case] submitter_id: Option<i64>,
    #[case] expected: &str,
) {
    let ticket = Ticket {
        requester_id,
        submitter_id,
        ..Ticket::default()
    };
    assert_eq!(told(&contact(&ticket, &people())), expected);
}

#[rstest]
#[case::the_submitters_user(Some(AGENT), Some(AGENT_WHO_ASKED), "user-2")]
#[case::else_the_requesters_user(Some(END_USER), Some(AGENT_WHO_ASKED), "user-5")]
#[case::else_the_integration_owner(Some(END_USER), Some(END_USER), "owner")]
#[case::an_unknown_role_owns_nothing(Some(ODD_ROLE), Some(END_USER), "owner")]
#[case::a_link_from_an_earlier_role_owns_nothing(Some(FORMER_AGENT), None, "owner")]
#[case::people_who_have_not_arrived_own_nothing(Some(NOT_ARRIVED), Some(NOT_ARRIVED), "owner")]
fn the_owner_of_the_case_is(
    #[case] submitter_id: Option<i64>,
    #[case] requester_id: Option<i64>,
    #[case] expected: &str,
) {
    let ticket = Ticket {
        requester_id,
        submitter_id,
        ..Ticket::default()
    };
    assert_eq!(
        owner(&ticket, &people(), &rules(Unassigned::Leave)),
        text(expected)
    );
}

#[rstest]
#[case::an_end_users_contact(Some(END_USER), Some("contact-1"), None)]
#[case::an_agents_user(Some(AGENT), None, Some("user-2"))]
#[case::the_user_of_an_agent_who_has_a_contact_too(Some(AGENT_WHO_ASKED), None, Some("user-5"))]
#[case::the_owner_for_an_agent_nobody_matched(Some(STRANGER_AGENT), None, Some("owner"))]
#[case::the_contact_of_a_former_agent(Some(FORMER_AGENT), Some("contact-6"), None)]
#[case::the_owner_for_an_end_user_without_a_contact(
    Some(END_USER_WITHOUT_CONTACT),
    None,
    Some("owner")
)]
#[case::the_owner_for_an_unknown_role(Some(ODD_ROLE), None, Some("owner"))]
#[case::the_owner_for_somebody_who_has_not_arrived(Some(NOT_ARRIVED), None, Some("owner"))]
#[case::the_owner_for_nobody(None, None, Some("owner"))]
fn the_author_of_a_comment_is(
    #[case] author_id: Option<i64>,
    #[case] contact: Option<&str>,
    #[case] user: Option<&str>,
) {
    let found = author(author_id, &people(), &rules(Unassigned::Leave));
    assert_eq!(
        (found.contact.as_deref(), found.user.as_deref()),
        (contact, user)
    );
}

#[rstest]
#[case::an_end_user_as_contact(Some(END_USER), Some("contact-1"), None)]
#[case::an_agent_as_user(Some(AGENT), None, Some("user-2"))]
#[case::an_agent_nobody_matched_as_the_owner(Some(STRANGER_AGENT), None, Some("owner"))]
#[case::a_former_agent_as_contact(Some(FORMER_AGENT), Some("contact-6"), None)]
#[case::an_unknown_role_as_nobody(Some(ODD_ROLE), None, None)]
#[case::somebody_who_has_not_arrived_as_nobody(Some(NOT_ARRIVED), None, None)]
fn the_panel_shows_the_submitter(
    #[case] submitter_id: Option<i64>,
    #[case] contact: Option<&str>,
    #[case] user: Option<&str>,
) {
    let ticket = Ticket {
        submitter_id,
        ..Ticket::default()
    };
    let found = submitter(&ticket, &people(), &rules(Unassigned::Leave));
    assert_eq!(
        (found.contact.as_deref(), found.user.as_deref()),
        (contact, user)
    );
}

#[rstest]
#[case::an_end_user_as_contact(Some(END_USER), Some("contact-1"), None)]
#[case::an_agent_as_contact_and_user(Some(AGENT_WHO_ASKED), Some("contact-5"), Some("user-5"))]
#[case::an_unknown_role_as_nobody(Some(ODD_ROLE), None, None)]
#[case::nobody_as_nobody(None, None, None)]
fn the_panel_shows_the_requester(
    #[case] requester_id: Option<i64>,
    #[case] contact: Option<&str>,
    #[case] user: Option<&str>,
) {
    let ticket = Ticket {
        requester_id,
        ..Ticket::default()
    };
    let found = requester(&ticket, &people());
    assert_eq!(
        (found.contact.as_deref(), found.user.as_deref()),
        (contact, user)
    );
}

#[rstest]
#[case::unassigned_here_is_unassigned_there(None, None, "nobody")]
#[case::a_user_is_the_agent_linked_to_it(Some("user-2"), None, "2")]
#[case::a_link_from_an_earlier_role_does_not_count(Some("user-6"), None, "waits for user-6")]
#[case::else_the_default_zendesk_user(Some("user-x"), Some(50), "50")]
#[case::else_it_waits(Some("user-x"), None, "waits for user-x")]
fn a_case_is_assigned_in_zendesk_to(
    #[case] user: Option<&str>,
    #[case] default: Option<i64>,
    #[case] expected: &str,
) {
    let user = user.map(str::to_owned);
    let found = assignee_to_ticket(&user, &Ticket::default(), &people(), default);
    assert_eq!(told(&found), expected);
}

#[test]
fn of_two_agents_with_one_user_the_present_assignee_stays() {
    let mut people = people();
    people.insert(person(10, Some(Role::Agent), None, text("user-2")));
    let user = text("user-2");
    let present = Ticket {
        assignee_id: Some(10),
        ..Ticket::default()
    };
    assert_eq!(
        told(&assignee_to_ticket(&user, &present, &people, None)),
        "10"
    );
    assert_eq!(
        told(&assignee_to_ticket(
            &user,
            &Ticket::default(),
            &people,
            None
        )),
        "2"
    );
}

#[rstest]
#[case::a_contact_is_the_person_linked_to_it(Some("contact-1"), "1")]
#[case::no_contact_leaves_the_requester(None, "as it is")]
#[case::a_contact_unknown_to_zendesk_waits(Some("contact-x"), "waits for contact-x")]
fn a_contact_is_in_zendesk(#[case] contact: Option<&str>, #[case] expected: &str) {
    let contact = contact.map(str::to_owned);
    let found = contact_to_ticket(&contact, &Ticket::default(), &people());
    assert_eq!(told(&found), expected);
}

#[test]
fn whoever_was_merged_away_is_named_to_zendesk_only_where_the_ticket_has_them_already() {
    let mut people = people();
    let contact = text("contact-1");
    let named = |people: &People, requester_id| {
        let ticket = Ticket {
            requester_id,
            ..Ticket::default()
        };
        told(&contact_to_ticket(&contact, &ticket, people))
    };
    people.0.get_mut(&END_USER).unwrap().gone = true;
    assert_eq!(named(&people, None), "waits for contact-1");
    assert_eq!(named(&people, Some(END_USER)), "1");
    // The survivor is the same contact's.
    people.insert(person(8, Some(Role::EndUser), text("contact-1"), None));
    assert_eq!(named(&people, None), "8");
    people.0.get_mut(&AGENT).unwrap().gone = true;
    let assignee = assignee_to_ticket(&text("user-2"), &Ticket::default(), &people, Some(3));
    assert_eq!(told(&assignee), "3");
}

#[rstest]
#[case::every_end_user(Some(Role::EndUser), false, true)]
#[case::an_end_user_who_asked(Some(Role::EndUser), true, true)]
#[case::an_agent_who_asked(Some(Role::Agent), true, true)]
#[case::an_administrator_who_asked(Some(Role::Admin), true, true)]
#[case::no_other_agent(Some(Role::Agent), false, false)]
#[case::no_unknown_role(None, true, false)]
fn a_contact_is_made_for(
    #[case] role: Option<Role>,
    #[case] as_requester: bool,
    #[case] expected: bool,
) {
    assert_eq!(needs_contact(role, as_requester), expected);
}

#[test]
fn debug_of_people_tells_no_name_and_no_email() {
    let person = Person {
        zendesk_id: 7,
        name: text("Ivo Berg"),
        email: text("ivo@cust.test"),
        ..Person::default()
    };
    let told = format!("{:?}", People::from_iter([person]));
    assert!(told.contains("zendesk_id: 7"), "{told}");
    assert!(
        !told.contains("Ivo") && !told.contains("cust.test"),
        "{told}"
    );
}
