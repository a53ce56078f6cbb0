//! A subject is changed here and in Zendesk at once; what lost is seen beside what stands, and restored.

use serde_json::json;

use crate::desk::{Desk, Zendesk};
use crate::person::Person;
use crate::picture;

#[test]
fn what_was_changed_on_both_sides_is_seen_side_by_side_and_restored_into_zendesk() {
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
    let change = json!({"id": ticket, "change": {"subject": "Kettle: as the customer says"}});
    zendesk.control("tickets/update", &change);

    ada.clicks("Edit");
    ada.types("Subject", "Kettle: as we say");
    ada.clicks("Save");
    ada.reloads_until("1 field changed on both sides at once");
    ada.sees("Kettle: as the customer says");
    picture(ada.browser(), "case-with-conflict");
    ada.clicks("Conflicts");
    ada.sees("Subject");
    ada.clicks("Cases");
    ada.clicks("Kettle: as the customer says");
    ada.clicks("Side by side");
    ada.sees("Kettle: as we say");
    ada.sees("Kettle: as the customer says");
    ada.sees("stands now");
    ada.clicks("Restore the value from here");
    ada.sees("Kettle: as we say");
    ada.reloads_until("In sync");
    assert_eq!(zendesk.ticket(ticket)["subject"], "Kettle: as we say");
    ada.leaves();
}
