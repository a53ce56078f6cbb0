//! The pages: one file an action, with its errors and its answer.

pub(crate) mod accounts;
pub(crate) mod alert_channels;
pub(crate) mod api_reference;
pub(crate) mod assets;
pub(crate) mod attachments;
pub(crate) mod audit;
pub(crate) mod cases;
pub(crate) mod checks;
pub(crate) mod conflicts;
pub(crate) mod contacts;
pub(crate) mod credentials;
pub(crate) mod destinations;
pub(crate) mod health;
pub(crate) mod home;
pub(crate) mod hooks;
pub(crate) mod integrations;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod me;
pub(crate) mod missing;
pub(crate) mod notifications;
pub(crate) mod orchestrations;
pub(crate) mod outgoing_webhooks;
pub(crate) mod parked;
pub(crate) mod queries;
pub(crate) mod ready;
pub(crate) mod runs;
pub(crate) mod setup;
pub(crate) mod staff;
pub(crate) mod tokens;
pub(crate) mod users;
pub(crate) mod workflows;

use crate::access::Right;
use crate::routes::Routes;

/// All pages.
pub(crate) fn routes() -> Routes {
    let open = Routes::default()
        .get("/login", Right::Open, login::form::show)
        .post("/login", Right::Open, login::submit::submit)
        // Whoever has no session any more may end it all the same.
        .post("/logout", Right::Open, logout::submit)
        .get("/assets/{name}", Right::Open, assets::show);
    let routes = open.get("/", Right::SignedIn, home::show);
    let nouns: [fn(Routes) -> Routes; 23] = [
        accounts::routes,
        alert_channels::routes,
        api_reference::routes,
        attachments::routes,
        audit::routes,
        cases::routes,
        checks::routes,
        conflicts::routes,
        contacts::routes,
        credentials::routes,
        destinations::routes,
        integrations::routes,
        me::routes,
        notifications::routes,
        orchestrations::routes,
        outgoing_webhooks::routes,
        parked::routes,
        queries::routes,
        runs::routes,
        setup::routes,
        tokens::routes,
        users::routes,
        workflows::routes,
    ];
    nouns.into_iter().fold(routes, |routes, add| add(routes))
}

/// An id or a number as an address names it, if it can be one at all. What cannot is not asked for:
/// the databases differ in what they make of odd characters.
pub(crate) fn record_id(text: &str) -> Option<&str> {
    let plain =
        (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    plain.then_some(text)
}
