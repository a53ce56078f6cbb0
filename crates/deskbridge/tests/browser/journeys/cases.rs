//! A case is edited and commented, another one is made here and published, and all of it is in Zendesk.

use crate::desk::{Desk, Zendesk};
use crate::person::Person;

#[test]
fn an_edit_a_comment_and_a_case_made_here_reach_zendesk() {
    let zendesk = Zendesk::start(40);
    let desk = Desk::connected_to(&zendesk);
    let Some(ada) = Person::new(&desk.url) else {
        return;
    };
    ada.signs_in();
    ada.clicks("Cases");
    let (ticket, subject) = zendesk.open_ticket();
    ada.clicks(&subject);
    let shown = ada.browser().text("#ticket-panel dd a");
    assert_eq!(shown, ticket.to_string());
    let before = zendesk.comments(ticket).len();

    ada.clicks("Edit");
    ada.types("Subject", "The kettle does not boil");
    ada.chooses("Priority", "Low");
    ada.clicks("Save");
    ada.sees("The kettle does not boil");
    ada.reloads_until("In sync");
    let there = zendesk.ticket(ticket);
    assert_eq!(there["subject"], "The kettle does not boil");
    assert_eq!(there["priority"], "low");

    ada.types("Comment", "Another kettle is on its way.");
    ada.ticks("Public");
    ada.clicks("Add comment");
    ada.sees("Another kettle is on its way.");
    ada.types("Comment", "The third one this week.");
    ada.clicks("Add comment");
    ada.sees("The third one this week.");
    ada.reloads_until("In sync");
    let comments = zendesk.comments(ticket);
    let told: Vec<(&str, bool)> = comments[before..]
        .iter()
        .map(|(text, public)| (text.as_str(), *public))
        .collect();
    assert_eq!(
        told,
        [
            ("Another kettle is on its way.", true),
            ("The third one this week.", false)
        ]
    );

    let folder = tempfile::tempdir().unwrap();
    let photo = folder.path().join("kettle.png");
    std::fs::write(&photo, [0x89; 300_000]).unwrap();
    ada.types("Comment", "This is the one.");
    ada.hands_over("Files", &photo);
    ada.clicks("Add comment");
    ada.sees("kettle.png");
    ada.reloads_until("In sync");
    let files = zendesk.newest_files(ticket);
    assert_eq!(files, [("kettle.png".to_owned(), 300_000)]);

    ada.clicks("Cases");
    ada.clicks("New case");
    ada.types("Subject", "Somebody rang about a kettle");
    ada.types("Description", "They would like a blue one.");
    ada.chooses("Priority", "High");
    ada.clicks("Create case");
    ada.sees("This case has no ticket.");
    ada.clicks("Publish to Zendesk");
    // The part about the ticket moves by itself until there is one.
    ada.sees("Ticket Number");
    let ticket: i64 = ada.browser().text("#ticket-panel dd a").parse().unwrap();
    assert_eq!(
        zendesk.ticket(ticket)["subject"],
        "Somebody rang about a kettle"
    );
    let comments = zendesk.comments(ticket);
    assert_eq!(comments, [("They would like a blue one.".to_owned(), true)]);
    ada.leaves();
}
