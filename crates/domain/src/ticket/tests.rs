use rstest::rstest;

use super::*;

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[rstest]
#[case::a_new_ticket_lives(Some("new"), "Printer", "On fire", Life::Alive)]
#[case::a_solved_ticket_lives(Some("solved"), "Printer", "On fire", Life::Alive)]
#[case::an_unknown_status_lives(Some("snoozed"), "Printer", "On fire", Life::Alive)]
#[case::no_status_lives(None, "Printer", "On fire", Life::Alive)]
#[case::a_closed_ticket_is_closed(Some("closed"), "Printer", "On fire", Life::Closed)]
#[case::a_deleted_ticket_is_deleted(Some("deleted"), "Printer", "On fire", Life::Deleted)]
#[case::a_deleted_ticket_that_was_emptied_is_scrubbed(
    Some("deleted"),
    "SCRUBBED",
    "X",
    Life::Scrubbed
)]
#[case::an_emptied_ticket_without_a_status_is_scrubbed(None, "SCRUBBED", "X", Life::Scrubbed)]
#[case::a_customer_who_writes_those_words_has_still_written_a_ticket(
    Some("new"),
    "SCRUBBED",
    "X",
    Life::Alive
)]
#[case::the_subject_alone_does_not_make_it_scrubbed(
    Some("deleted"),
    "SCRUBBED",
    "On fire",
    Life::Deleted
)]
#[case::the_description_alone_does_not_make_it_scrubbed(
    Some("deleted"),
    "Printer",
    "X",
    Life::Deleted
)]
fn what_can_still_be_done_with_a_ticket(
    #[case] status: Option<&str>,
    #[case] subject: &str,
    #[case] description: &str,
    #[case] expected: Life,
) {
    let ticket = Ticket {
        status: status.map(str::to_owned),
        subject: text(subject),
        description: text(description),
        ..Ticket::default()
    };
    assert_eq!(ticket.life(), expected);
}

#[test]
fn a_merged_ticket_is_known_by_zendesks_tag() {
    let with = |tag: &str| Ticket {
        tags: vec!["vip".into(), tag.into()],
        ..Ticket::default()
    };
    assert!(with("closed_by_merge").is_merged());
    assert!(!with("closed_by_merger").is_merged());
    assert!(!Ticket::default().is_merged());
}

#[test]
fn every_word_reads_back_as_itself() {
    for status in TicketStatus::ALL {
        assert_eq!(TicketStatus::parse(status.as_str()), Some(*status));
    }
    for priority in TicketPriority::ALL {
        assert_eq!(TicketPriority::parse(priority.as_str()), Some(*priority));
    }
    for kind in TicketKind::ALL {
        assert_eq!(TicketKind::parse(kind.as_str()), Some(*kind));
    }
    assert_eq!(TicketStatus::parse("OPEN"), None);
    assert_eq!(TicketKind::parse(""), None);
}

#[test]
fn debug_of_a_ticket_tells_ids_and_lengths_only() {
    let ticket = Ticket {
        id: 123,
        url: text("https://acme.test/123"),
        external_id: text("acme-123"),
        subject: text("Printer on fire"),
        description: text("Call Ivo"),
        recipient: text("help@acme.test"),
        tags: vec!["ivo".to_owned()],
        status: text("open"),
        ..Ticket::default()
    };
    let told = format!("{ticket:?}");
    for secret in ["acme", "Printer", "Ivo", "ivo"] {
        assert!(!told.contains(secret), "{told}");
    }
    for shown in [
        "id: 123",
        "subject: 15 bytes",
        "status: Some(\"open\")",
        "priority: None",
    ] {
        assert!(told.contains(shown), "{told}");
    }
}
