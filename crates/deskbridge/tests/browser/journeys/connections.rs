//! A credential and a destination: with a wrong token they are refused with a sentence and nothing is
//! stored; with the right one they are there.

use serde_json::json;

use crate::desk::{Desk, Zendesk};
use crate::person::Person;

#[test]
fn a_wrong_token_stores_nothing_and_a_right_one_makes_a_credential_and_a_destination() {
    let zendesk = Zendesk::start(0);
    let desk = Desk::with_administrator();
    let Some(ada) = Person::new(&desk.url) else {
        return;
    };
    ada.signs_in();
    ada.clicks("Settings");
    ada.sees("No credentials yet");
    ada.clicks("Add credential");
    ada.types("Filter", "zen");
    ada.clicks("Zendesk");
    ada.types("Name", "sandbox");
    ada.ticks("API token");
    ada.types("API token", "not the token");
    ada.types("Email address", "agent@example.com");
    ada.types("Subdomain to test on", &zendesk.url);
    ada.clicks("Save");
    ada.is_refused("Nothing was saved.");
    ada.clicks("Credentials");
    ada.sees("No credentials yet");

    ada.clicks("Add credential");
    ada.clicks("Zendesk");
    ada.types("Name", "sandbox");
    ada.ticks("API token");
    ada.types("API token", "token");
    ada.types("Email address", "agent@example.com");
    ada.types("Subdomain to test on", &zendesk.url);
    ada.clicks("Save");
    ada.sees("The credential was stored.");

    // What the account refuses makes no destination either.
    zendesk.fault("revoke-token");
    ada.clicks("Sends");
    ada.clicks("Destinations");
    add(&ada, &zendesk);
    ada.is_refused("Nothing was");
    ada.clicks("Destinations");
    ada.sees("No destinations yet");
    zendesk.control("faults/clear", &json!({}));
    add(&ada, &zendesk);
    ada.sees("support");
    ada.sees("sandbox");
    ada.clicks("Test");
    ada.sees("It works");
    ada.leaves();
}

/// Walks through the three steps of a new destination.
fn add(ada: &Person, zendesk: &Zendesk) {
    ada.clicks("New destination");
    ada.clicks("Zendesk");
    ada.chooses("Credential", "sandbox");
    ada.clicks("Continue");
    ada.types("Name", "support");
    ada.types("Description", "Where we try things out.");
    ada.clicks("Continue");
    ada.types("Subdomain", &zendesk.url);
    ada.chooses("Environment", "sandbox: for trying out");
    ada.clicks("Save");
}
