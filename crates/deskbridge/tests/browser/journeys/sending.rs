//! What both journeys of profiles begin with.

use crate::desk::Zendesk;
use crate::person::Person;

/// Adds a destination that signs in with the integration's own credential.
pub(super) fn adds_a_destination(ada: &Person, zendesk: &Zendesk) {
    ada.clicks("Settings");
    ada.clicks("Add credential");
    ada.clicks("Zendesk");
    ada.types("Name", "sends");
    ada.ticks("API token");
    ada.types("API token", "token");
    ada.types("Email address", "agent@example.com");
    ada.clicks("Save");
    ada.sees("The credential was stored.");
    ada.clicks("Sends");
    ada.clicks("Destinations");
    ada.clicks("New destination");
    ada.clicks("Zendesk");
    ada.chooses("Credential", "sends");
    ada.clicks("Continue");
    ada.types("Name", "support");
    ada.clicks("Continue");
    ada.types("Subdomain", &zendesk.url);
    ada.clicks("Save");
    ada.sees("support");
}

/// Uploads a file as the query `people`, and is on its page.
pub(super) fn uploads(ada: &Person, rows: &str) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("people.csv");
    std::fs::write(&file, rows).unwrap();
    ada.clicks("Queries");
    ada.clicks("New query");
    ada.clicks("A file from this computer");
    ada.types("Name", "people");
    ada.hands_over("File", &file);
    ada.clicks("Upload");
    ada.sees("Draft");
}

/// Makes the orchestration `nightly` of the query to the destination, and is on its page.
pub(super) fn orchestrates(ada: &Person) {
    ada.types("Name", "nightly");
    ada.chooses("Query", "people");
    ada.chooses("Destination", "support (sandbox)");
    ada.clicks("Add orchestration");
    ada.sees("It has not run yet.");
}
