//! An integration is created with the form, activated and run, and its tickets are found as cases.

use crate::desk::{Desk, Zendesk};
use crate::person::Person;
use crate::picture;

#[test]
fn an_integration_is_created_activated_and_watched_and_its_tickets_are_cases() {
    let zendesk = Zendesk::start(12);
    let desk = Desk::with_administrator();
    let Some(ada) = Person::new(&desk.url) else {
        return;
    };
    ada.signs_in();
    ada.clicks("System");
    ada.sees("No integration yet");
    ada.clicks("Create integration");
    ada.types("Name", "Support");
    ada.types("URL", &zendesk.url);
    ada.ticks("API token");
    ada.types("API Email", "agent@example.com");
    ada.types("API Token", "token");
    ada.types("Default Zendesk User Email", "agent@example.com");
    ada.types("Pull interval", "5");
    ada.chooses("Unit of the pull interval", "seconds");
    ada.clicks("Save");
    ada.is_refused("look at the field marked below");
    ada.types("Pull interval", "90");
    ada.types("API Token", "token");
    ada.clicks("Save");
    ada.sees("This integration is inactive");
    ada.clicks("Activate");
    ada.sees("Active");
    ada.clicks("Schedule sync");
    ada.clicks("Check progress");
    ada.sees("completed");
    picture(ada.browser(), "progress");
    // The first run began with the activation; this one has its tickets, or had nothing left to read.
    ada.clicks("Support");
    ada.sees("12 tickets");

    ada.clicks("Cases");
    let subjects = ada.browser().texts(".cases tbody .subject a");
    assert_eq!(subjects.len(), 12);
    for id in 1..=12 {
        let ticket = zendesk.ticket(id);
        let subject = ticket["subject"].as_str().unwrap();
        let subject = subject.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(subjects.contains(&subject), "{subject} in {subjects:?}");
    }
    ada.leaves();
}
