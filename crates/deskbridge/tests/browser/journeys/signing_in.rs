//! The first set-up, signing in and out, a wrong password, and a session that is ended from another one.

use crate::desk::{Desk, EMAIL, PASSWORD};
use crate::person::Person;

#[test]
fn the_first_administrator_sets_up_signs_in_and_ends_a_session_left_open_elsewhere() {
    let desk = Desk::untouched();
    let Some(ada) = Person::new(&desk.url) else {
        return;
    };
    ada.opens("/");
    ada.sees("This Deskbridge has no users yet.");
    ada.opens(desk.setup.as_deref().unwrap());
    ada.types("Name", "Ada Lovelace");
    ada.types("Email", EMAIL);
    ada.types("Password", "password1");
    ada.clicks("Set up");
    ada.is_refused("among those that are guessed first");
    ada.types("Password", PASSWORD);
    ada.clicks("Set up");
    ada.sees("Ada Lovelace");
    assert_eq!(ada.place(), "/");

    ada.clicks("Sign out");
    ada.sees("Sign in");
    ada.opens("/cases");
    ada.types("Email", EMAIL);
    ada.types("Password", "not her password");
    ada.clicks("Sign in");
    ada.is_refused("do not belong together");
    ada.types("Password", PASSWORD);
    ada.clicks("Sign in");
    ada.sees("Cases");
    assert_eq!(ada.place(), "/cases", "she is where she wanted to go");

    let Some(elsewhere) = Person::new(&desk.url) else {
        return;
    };
    elsewhere.signs_in();
    ada.clicks("Ada Lovelace");
    ada.sees("This browser");
    ada.clicks("End");
    ada.sees("That session has ended");
    elsewhere.clicks("Cases");
    elsewhere.sees("Sign in");
    assert_eq!(elsewhere.place(), "/login?next=/cases");
    ada.clicks("Home");
    ada.sees("Ada Lovelace");
    elsewhere.leaves();
    ada.leaves();
}
