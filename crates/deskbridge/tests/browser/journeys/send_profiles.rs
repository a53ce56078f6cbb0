//! A file is uploaded, mapped with its preview, tried, and sent; its rows stand by what became of them.

use crate::desk::{Desk, Zendesk};
use crate::person::Person;
use crate::picture;

use super::sending;

const PEOPLE: &str = "customer,first,last,email\n\
    c1,Rosa,Parks,rosa@customer.example\n\
    c2,Ada,Byron,ada.byron@customer.example\n\
    c3,,,grace@customer.example\n";

#[test]
fn a_file_is_uploaded_mapped_tried_and_sent_and_its_rows_are_told_by_outcome() {
    let zendesk = Zendesk::start(0);
    let desk = Desk::connected_to(&zendesk);
    let Some(ada) = Person::new(&desk.url) else {
        return;
    };
    ada.signs_in();
    sending::adds_a_destination(&ada, &zendesk);
    sending::uploads(&ada, PEOPLE);
    ada.sees("rosa@customer.example");
    ada.clicks("Activate");
    ada.sees("Active");
    ada.clicks("New orchestration");
    sending::orchestrates(&ada);

    ada.clicks("Mapping");
    for (line, target, origin, value) in [
        (1, "external_id", "Column", "customer"),
        (2, "name", "Template", "{{ first }} {{ last }}"),
        (3, "email", "Column", "email"),
    ] {
        ada.types(&format!("Attribute or field, line {line}"), target);
        ada.chooses(&format!("Filled from, line {line}"), origin);
        ada.types(&format!("Column, text or template, line {line}"), value);
    }
    ada.sees("Rosa Parks");
    ada.clicks("Preview");
    ada.sees("Every field exists in Zendesk.");
    ada.sees("Would be rejected");
    ada.clicks("Save mapping");
    ada.sees("3 fields mapped");

    ada.chooses("What", "Dry run: compares with Zendesk and writes nothing");
    ada.clicks("Run");
    ada.sees("Nothing was written.");
    ada.sees("would be created");
    assert_eq!(zendesk.user("c1"), None, "a dry run writes nothing");
    ada.clicks("nightly");
    ada.chooses("What", "Send: all rows that changed");
    ada.clicks("Run");
    ada.sees("completed");
    ada.sees("created");
    picture(ada.browser(), "workflow");
    for (key, name, email) in [
        ("c1", "Rosa Parks", "rosa@customer.example"),
        ("c2", "Ada Byron", "ada.byron@customer.example"),
    ] {
        let there = zendesk.user(key);
        assert_eq!(there, Some((name.to_owned(), email.to_owned())));
    }
    ada.clicks_in("rejected", "Rows");
    ada.sees("c3");
    ada.clicks("Cells");
    ada.sees("grace@customer.example");
    ada.leaves();
}
