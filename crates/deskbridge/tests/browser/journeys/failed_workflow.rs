//! Zendesk takes the credential no more while a workflow runs: from the notification through the wizard to
//! a workflow that finishes.

use serde_json::json;

use crate::desk::{Desk, Zendesk};
use crate::person::Person;

use super::sending;

const PEOPLE: &str = "external_id,name,email\n\
    c1,Rosa Parks,rosa@customer.example\n\
    c2,Ada Byron,ada.byron@customer.example\n";

#[test]
fn a_workflow_whose_credential_was_revoked_is_resolved_step_by_step_and_finishes() {
    let zendesk = Zendesk::start(0);
    let desk = Desk::connected_to(&zendesk);
    let Some(ada) = Person::new(&desk.url) else {
        return;
    };
    ada.signs_in();
    sending::adds_a_destination(&ada, &zendesk);
    sending::uploads(&ada, PEOPLE);
    ada.clicks("Activate");
    ada.sees("Active");
    ada.clicks("New orchestration");
    sending::orchestrates(&ada);

    zendesk.fault("revoke-token");
    ada.chooses("What", "Send: all rows that changed");
    ada.clicks("Run");
    ada.sees("Invalid credentials");
    ada.clicks("Notifications");
    ada.sees("Not seen yet");
    ada.clicks("View workflow");
    ada.sees("What may be the reason");
    ada.clicks("Show resolutions");
    ada.sees("Resolve failed workflow");
    ada.ticks("Resolve invalid credentials");
    ada.clicks("Continue");
    ada.sees("Steps");
    // The cause is still there: nothing goes on.
    ada.clicks("Resolve");
    ada.is_refused("Zendesk");
    zendesk.control("faults/clear", &json!({}));
    assert_eq!(zendesk.user("c1"), None, "nothing was sent");
    ada.clicks("Resolve");
    ada.sees("completed");
    ada.sees("created");
    let there = zendesk.user("c1").map(|(name, _)| name);
    assert_eq!(there.as_deref(), Some("Rosa Parks"));

    ada.clicks("Notifications");
    ada.clicks("Mark all as seen");
    ada.misses("Not seen yet");
    ada.leaves();
}
