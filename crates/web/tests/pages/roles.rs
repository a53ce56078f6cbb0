//! Who may do what: every role on every route of the list.

use axum::http::Method;
use store::users::UserRole;
use web::{Right, Route, Scope, may};

use crate::browser::{Answer, Browser};
use crate::house::{House, on_both};

/// The path with something in it that is nobody's.
fn filled(path: &str) -> String {
    let parts = path.split('/').map(|part| {
        if part.starts_with('{') {
            "999999"
        } else {
            part
        }
    });
    parts.collect::<Vec<_>>().join("/")
}

async fn call(browser: &mut Browser, route: &Route) -> Answer {
    let path = filled(route.path);
    match route.method {
        Method::GET => browser.get(&path).await,
        _ => browser.post(&path, "").await,
    }
}

#[tokio::test]
async fn every_role_gets_to_every_route_that_is_open_to_it_and_to_no_other() {
    on_both(async |house: House| {
        let routes = web::routes();
        assert!(routes.len() > 15, "the list is read");
        for role in UserRole::ALL {
            let mut browser = house.browser_of(role).await;
            for route in &routes {
                let answer = call(&mut browser, route).await;
                let cell = format!("{} {} as {}", route.method, route.path, role.as_str());
                if route.path == "/logout" {
                    // It ends the session: in again for the rest of the row.
                    assert_eq!(answer.status, 303, "{cell}");
                    browser = house.browser_of(role).await;
                } else if may(role, route.right) {
                    assert_ne!(answer.status, 403, "{cell}: {}", answer.text());
                    assert!(answer.status < 500, "{cell}: {}", answer.text());
                } else {
                    assert_eq!(answer.status, 403, "{cell}");
                    assert!(answer.text().contains("Your role does not allow this"));
                }
            }
        }
    })
    .await;
}

/// What people and programs need to look at what an address names, and to change it; nothing for a noun
/// that is to be added here.
fn needed(noun: &str) -> Option<(Right, Right)> {
    let rights = match noun {
        "login" | "logout" | "assets" | "setup" | "credential-requests" | "openapi.json" => {
            (Right::Open, Right::Open)
        }
        // Which checks of others somebody sees and stops goes by what each is of (checks.rs).
        "" | "api-reference" | "checks" | "me" | "tokens" => (Right::SignedIn, Right::SignedIn),
        "accounts" | "attachments" | "cases" | "conflicts" | "contacts" | "parked" => {
            (Right::SeeCases, Right::EditCases)
        }
        "integrations" | "runs" => (Right::SeeIntegrations, Right::ManageIntegrations),
        "oauth" => (Right::ManageIntegrations, Right::ManageIntegrations),
        "notifications" | "orchestrations" | "queries" | "workflows" => {
            (Right::SeeSends, Right::EditSends)
        }
        "destinations" => (Right::SeeSends, Right::ManageDestinations),
        "credentials" => (Right::ManageDestinations, Right::ManageDestinations),
        "alert-channels" | "audit" | "audit.csv" | "outgoing-webhooks" => {
            (Right::ManageSettings, Right::ManageSettings)
        }
        "users" => (Right::ManageUsers, Right::ManageUsers),
        _ => return None,
    };
    Some(rights)
}

#[test]
fn no_route_and_no_operation_asks_for_less_than_what_it_shows_or_changes() {
    for route in web::routes().into_iter().chain(web::operations()) {
        let path = route.path.strip_prefix("/api/v1").unwrap_or(route.path);
        let rights = needed(path.split('/').nth(1).unwrap_or_default());
        assert!(rights.is_some(), "say above who may see and change {path}");
        let (see, change) = rights.unwrap();
        // What is kept of one's own, and what only tries.
        let is_own =
            path.contains("/views") || path.ends_with("/seen") || path.ends_with("/preview");
        let needed = match (&route.method, path) {
            (&Method::GET, "/users/{id}") => Right::SignedIn,
            (&Method::GET, _) => see,
            (&Method::POST, "/checks") => Right::ManageSettings,
            // What is set up in Zendesk.
            (_, "/orchestrations/{id}/fields") => Right::ManageDestinations,
            _ if is_own => see,
            _ => change,
        };
        let lets_in = |right| {
            let roles = UserRole::ALL.map(|role| may(role, right));
            (roles, Scope::ALL.map(|scope| scope.covers(right)))
        };
        let ((roles, scopes), (few, fewer)) = (lets_in(route.right), lets_in(needed));
        let less = roles
            .iter()
            .zip(few)
            .any(|(given, needed)| *given && !needed)
            || scopes
                .iter()
                .zip(fewer)
                .any(|(given, needed)| *given && !needed)
            || (route.right == Right::Open && needed != Right::Open);
        assert!(
            !less,
            "{} {} asks for {:?}, not for {needed:?}",
            route.method, route.path, route.right
        );
    }
}

#[test]
fn what_changes_something_is_covered_by_one_scope_which_is_none_for_reading() {
    let looks = [
        Right::Open,
        Right::SignedIn,
        Right::SeeCases,
        Right::SeeIntegrations,
    ];
    for right in Right::ALL {
        if looks.contains(&right) || right == Right::SeeSends {
            continue;
        }
        let scopes = Scope::ALL.into_iter().filter(|scope| scope.covers(right));
        let words: Vec<&str> = scopes.map(Scope::as_str).collect();
        assert_eq!(words.len(), 1, "{right:?}: {words:?}");
        assert!(!words[0].ends_with(":read"), "{right:?}: {words:?}");
    }
}

#[tokio::test]
async fn who_is_not_signed_in_gets_to_open_routes_only() {
    on_both(async |house: House| {
        for route in web::routes() {
            let answer = call(&mut house.stranger(), &route).await;
            let led_to_login =
                answer.status == 303 && answer.header("location").starts_with("/login");
            let is_open = route.right == Right::Open;
            // The one open route that leads there of itself ends a session.
            if route.path != "/logout" {
                assert_eq!(led_to_login, !is_open, "{} {}", route.method, route.path);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_form_from_another_site_is_refused_on_every_route() {
    on_both(async |house: House| {
        let mut browser = house.browser_of(UserRole::Administrator).await;
        for route in web::routes() {
            if route.method == Method::GET {
                continue;
            }
            let path = filled(route.path);
            let answer = browser.post_from("https://evil.example", &path, "").await;
            assert_eq!(answer.status, 403, "{path}");
            assert!(answer.text().contains("sent from another site"), "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_role_that_is_taken_away_ends_what_is_open_at_once() {
    on_both(async |house: House| {
        let mut browser = house.browser_of(UserRole::Operator).await;
        assert_eq!(browser.get("/cases").await.status, 200);
        let mut ada = house.browser().await;
        let id = house.id_of(UserRole::Operator).await;
        let form = "name=Oda&role=agent";
        let answer = ada.post(&format!("/users/{id}/edit"), form).await;
        assert_eq!(answer.header("location"), "/users?done=saved");
        assert_eq!(browser.get("/cases").await.status, 303);
    })
    .await;
}

#[tokio::test]
async fn the_last_administrator_stays_one() {
    on_both(async |house: House| {
        let mut ada = house.browser().await;
        let id = house.ada.id.clone();
        for form in [
            "name=Ada&role=agent",
            "name=Ada&role=administrator&disabled=yes",
        ] {
            let answer = ada.post(&format!("/users/{id}/edit"), form).await;
            assert_eq!(answer.status, 422);
            assert!(
                answer.text().contains("last administrator"),
                "{}",
                answer.text()
            );
        }
        assert_eq!(ada.get("/users").await.status, 200);
    })
    .await;
}
