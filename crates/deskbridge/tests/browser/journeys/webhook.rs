//! Zendesk is asked to tell of its changes by itself: the webhook is installed, watched, given another secret,
//! mended and removed, on its page.

use serde_json::json;

use crate::desk::{Desk, Zendesk};
use crate::person::Person;

#[test]
fn a_webhook_is_installed_exchanged_mended_and_removed_by_whoever_looks_after_the_account() {
    let zendesk = Zendesk::start(12);
    let desk = Desk::connected_to(&zendesk);
    let Some(ada) = Person::new(&desk.url) else {
        return;
    };
    let called = || {
        let found = zendesk.get("webhooks");
        let webhooks = found["webhooks"].as_array().unwrap().iter();
        let endpoints = webhooks.filter_map(|webhook| webhook["endpoint"].as_str());
        endpoints.map(str::to_owned).collect::<Vec<String>>()
    };
    ada.signs_in();
    ada.clicks("System");
    ada.clicks("main");
    ada.clicks("Install a webhook");
    ada.sees("This integration has no webhook");
    ada.types("Address of this installation", "http://desk.example.com");
    ada.clicks("Install");
    ada.is_refused("without encryption");
    ada.types("Address of this installation", &desk.url);
    ada.clicks("Install");
    ada.sees("The webhook was made in Zendesk.");
    ada.sees("active");
    let here = format!("{}/hooks/zendesk/", desk.url);
    let there = called();
    assert!(
        there.len() == 1 && there[0].starts_with(&here),
        "{there:?} is not {here}"
    );
    let (ticket, _) = zendesk.open_ticket();
    let change = json!({"id": ticket, "change": {"subject": "Kettle: told at once"}});
    zendesk.control("tickets/update", &change);
    ada.clicks("main");
    ada.reloads_until("Last delivery");
    ada.clicks("Look after the webhook");
    ada.misses("Nothing has come in yet");
    ada.clicks("Exchange the secret");
    ada.sees("Zendesk signs with a new secret.");
    ada.sees("The former one is good until");
    ada.clicks("Mend");
    ada.sees("The webhook is as it should be.");

    zendesk.fault("unavailable:route=webhooks/*");
    ada.clicks("main");
    ada.clicks("Look after the webhook");
    ada.sees("Not known");
    zendesk.control("faults/clear", &json!({}));
    ada.clicks("Remove");
    ada.sees("None is lost; each comes later.");
    ada.clicks("Cancel");
    assert_eq!(called().len(), 1);
    ada.clicks("Remove");
    ada.clicks("Remove webhook");
    ada.sees("The webhook was removed.");
    ada.sees("This integration has no webhook");
    assert_eq!(called(), [""; 0]);
    ada.leaves();
}
