//! Somebody looks whether all is well: a comparison, a dry run, the installation, the account itself.

use crate::desk::{Desk, Zendesk};
use crate::person::Person;
use crate::picture;

#[test]
fn checks_are_asked_for_watched_and_tell_what_they_found() {
    let zendesk = Zendesk::start(8);
    let desk = Desk::connected_to(&zendesk);
    let Some(ada) = Person::new(&desk.url) else {
        return;
    };
    ada.signs_in();
    ada.clicks("System");
    ada.clicks("main");
    ada.clicks("Dry run");
    ada.sees("A sync now would make 0 cases");
    picture(ada.browser(), "check-dry-run");
    ada.clicks("Back to main");
    ada.clicks("Compare with Zendesk");
    ada.sees("8 tickets were compared with Zendesk, and 0 differences were found");
    picture(ada.browser(), "check-comparison");

    ada.clicks("Checks");
    ada.sees("Comparison with Zendesk");
    ada.clicks("Check this installation");
    ada.sees("main, sign-in");
    picture(ada.browser(), "check-installation");

    ada.clicks("Integrations");
    ada.clicks("main");
    ada.clicks("Live check");
    ada.sees("this would create one user");
    picture(ada.browser(), "live-check");
    ada.clicks("Agree, and check the account");
    ada.sees("running");
    ada.clicks("Stop");
    ada.sees("Not everything could be found out");
    ada.leaves();
}
