//! The routes: one list, from which requests are dispatched, counted, limited and named in faults.

pub(crate) mod control;
pub(crate) mod oauth;

pub(crate) mod attachments;

mod bulk;
mod bulk_rows;
mod exports;
mod identities;
mod jobs;
mod listing;
mod merge;
mod reference;
mod ticket_rules;
mod ticket_writes;
mod tickets;
mod user_fields;
mod user_writes;
mod users;
mod webhooks;

use crate::account::Account;
use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::wire::Object;

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Everybody: the route looks at the caller itself.
    Anyone,
    /// Agents and administrators.
    Staff,
    /// Administrators (zendesk-api.md 3.9).
    Admin,
}

/// What a route does.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Act {
    /// Reads the account.
    Read(fn(&Account, &Call) -> Outcome),
    /// Changes it.
    Write(fn(&mut Account, &Call) -> Outcome),
}

/// A route below `/api/v2/`.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) method: &'static str,
    /// Segments; `{id}` stands for any one segment.
    pub(crate) pattern: &'static str,
    pub(crate) access: Access,
    pub(crate) act: Act,
}

const fn read(access: Access, pattern: &'static str, act: fn(&Account, &Call) -> Outcome) -> Route {
    Route {
        method: "GET",
        pattern,
        access,
        act: Act::Read(act),
    }
}

const fn write(
    method: &'static str,
    pattern: &'static str,
    act: fn(&mut Account, &Call) -> Outcome,
) -> Route {
    Route {
        method,
        pattern,
        access: Staff,
        act: Act::Write(act),
    }
}

/// A route that changes the account and is for administrators.
const fn manage(
    method: &'static str,
    pattern: &'static str,
    act: fn(&mut Account, &Call) -> Outcome,
) -> Route {
    Route {
        method,
        pattern,
        access: Admin,
        act: Act::Write(act),
    }
}

use Access::{Admin, Anyone, Staff};

/// Every route, special paths before those with places.
pub(crate) static ROUTES: &[Route] = &[
    read(Anyone, "users/me", users::me),
    read(Staff, "users", users::list),
    read(Staff, "users/show_many", users::show_many),
    read(Staff, "users/search", users::search),
    read(Staff, "users/{id}", users::show),
    read(Staff, "users/{id}/identities", identities::list),
    read(Staff, "user_fields", reference::user_fields),
    read(Staff, "user_fields/{id}", user_fields::show),
    manage("POST", "user_fields", user_fields::create),
    manage("PUT", "user_fields/{id}", user_fields::update),
    read(Staff, "organization_fields", reference::organization_fields),
    read(Staff, "ticket_fields", reference::ticket_fields),
    read(Staff, "ticket_fields/{id}", reference::ticket_field),
    read(Staff, "groups", reference::groups),
    read(Staff, "groups/{id}", reference::group),
    read(Staff, "brands", reference::brands),
    read(Staff, "brands/{id}", reference::brand),
    read(Staff, "custom_statuses", reference::custom_statuses),
    read(Staff, "custom_statuses/{id}", reference::custom_status),
    read(Staff, "organizations", reference::organizations),
    read(
        Staff,
        "organizations/show_many",
        reference::organizations_named,
    ),
    read(Staff, "organizations/{id}", reference::organization),
    read(Admin, "incremental/users/cursor", exports::users_by_cursor),
    read(
        Admin,
        "incremental/tickets/cursor",
        exports::tickets_by_cursor,
    ),
    read(Admin, "incremental/users", exports::users_by_time),
    read(Admin, "incremental/tickets", exports::tickets_by_time),
    read(Admin, "incremental/ticket_events", exports::ticket_events),
    read(Admin, "incremental/organizations", exports::organizations),
    read(Staff, "tickets", tickets::list),
    read(Staff, "tickets/show_many", tickets::show_many),
    read(Staff, "tickets/{id}", tickets::show),
    read(Staff, "tickets/{id}/incidents", tickets::incidents),
    read(Staff, "tickets/{id}/comments", tickets::comments),
    read(Staff, "tickets/{id}/audits", tickets::audits),
    read(Staff, "tickets/{id}/audits/{id}", tickets::audit),
    read(Staff, "deleted_tickets", tickets::deleted),
    read(Staff, "job_statuses", jobs::list),
    read(Staff, "job_statuses/show_many", jobs::show_many),
    read(Staff, "job_statuses/{id}", jobs::show),
    write("POST", "tickets", ticket_writes::create),
    write("PUT", "tickets/{id}", ticket_writes::update),
    write("DELETE", "tickets/{id}", ticket_writes::delete),
    write("POST", "tickets/{id}/merge", merge::merge),
    write(
        "PUT",
        "deleted_tickets/{id}/restore",
        ticket_writes::restore,
    ),
    write(
        "PUT",
        "tickets/{id}/comments/{id}/make_private",
        ticket_writes::make_private,
    ),
    write(
        "PUT",
        "tickets/{id}/comments/{id}/redact",
        ticket_writes::redact,
    ),
    write("POST", "users", user_writes::create),
    write(
        "POST",
        "users/create_or_update",
        user_writes::create_or_update,
    ),
    write("POST", "users/create_many", bulk::create_many),
    write(
        "POST",
        "users/create_or_update_many",
        bulk::create_or_update_many,
    ),
    write("PUT", "users/update_many", bulk::update_many),
    write("DELETE", "users/destroy_many", bulk::destroy_many),
    write("PUT", "users/{id}", user_writes::update),
    write(
        "PUT",
        "users/{id}/identities/{id}/make_primary",
        identities::make_primary,
    ),
    write("POST", "users/{id}/identities", identities::create),
    write("PUT", "users/{id}/merge", user_writes::merge),
    write("DELETE", "users/{id}", user_writes::delete),
    write("POST", "uploads", attachments::upload),
    write("DELETE", "uploads/{token}", attachments::delete),
    read(Staff, "attachments/{id}", attachments::show),
    write(
        "PUT",
        "tickets/{id}/comments/{id}/attachments/{id}/redact",
        attachments::redact,
    ),
    read(Admin, "webhooks", webhooks::list),
    read(Admin, "webhooks/{id}", webhooks::show),
    read(Admin, "webhooks/{id}/invocations", webhooks::invocations),
    read(
        Admin,
        "webhooks/{id}/signing_secret",
        webhooks::signing_secret,
    ),
    manage("POST", "webhooks", webhooks::create),
    manage("POST", "webhooks/test", webhooks::test),
    manage(
        "POST",
        "webhooks/{id}/signing_secret",
        webhooks::reset_secret,
    ),
    manage("PUT", "webhooks/{id}", webhooks::update),
    manage("PATCH", "webhooks/{id}", webhooks::update),
    manage("DELETE", "webhooks/{id}", webhooks::delete),
];

/// Every route of the API by method and pattern: `("GET", "users/{id}")`.
pub fn routes() -> impl Iterator<Item = (&'static str, &'static str)> {
    ROUTES.iter().map(|route| (route.method, route.pattern))
}

/// Does the work of background jobs whose time has come.
pub(crate) fn finish_jobs(account: &mut Account, now_ms: i64) {
    bulk_rows::finish(account, now_ms);
}

/// Whether a route queues a background job.
pub(crate) fn makes_job(route: &Route) -> bool {
    let queues = route.pattern.ends_with("_many") || route.pattern == "tickets/{id}/merge";
    route.method != "GET" && queues
}

/// The refusal of a job too many (zendesk-api.md 2).
pub(crate) fn too_many_jobs(route: &Route, open: &[String], status: u16) -> Answer {
    let name = match route.pattern {
        "users/create_many" => "UserBulkCreateJob",
        "users/create_or_update_many" => "UserBulkUpsertJob",
        "tickets/{id}/merge" => "TicketMergeJob",
        _ => "UserBulkUpdateJobV2",
    };
    let description =
        format!("Too many {name} jobs are currently queued or running. Try again later.");
    Object::new()
        .with("error", "TooManyJobs")
        .with("description", &description)
        .with("current_job_ids", open)
        .into_answer(status)
}

/// The route of a request, with what stands in its places. `None` for an unknown path.
pub(crate) fn find(method: &str, path: &str) -> Option<(&'static Route, Vec<String>)> {
    ROUTES
        .iter()
        .filter(|route| route.method == method)
        .find_map(|route| places(route.pattern, path).map(|places| (route, places)))
}

fn places(pattern: &str, path: &str) -> Option<Vec<String>> {
    let mut places = Vec::new();
    let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return Some(places),
            (Some(one), Some(other)) if one.starts_with('{') => places.push(other.to_owned()),
            (Some(one), Some(other)) if one == other => {}
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_names_every_route() {
        let page = include_str!("../../../docs/simulator.md");
        for route in ROUTES {
            let named = page
                .lines()
                .filter(|line| line.starts_with(&format!("| {} |", route.method)))
                .any(|line| line.contains(&format!("`{}`", route.pattern)));
            assert!(
                named,
                "{} {} is not in docs/simulator.md",
                route.method, route.pattern
            );
        }
    }

    #[test]
    fn a_special_path_is_found_before_a_place() {
        let (route, places) = find("GET", "users/me").unwrap();
        assert_eq!((route.pattern, places.len()), ("users/me", 0));
        let (route, places) = find("GET", "tickets/12/comments").unwrap();
        assert_eq!(
            (route.pattern, places[0].as_str()),
            ("tickets/{id}/comments", "12")
        );
        assert!(find("GET", "tickets/12/nonsense").is_none());
        assert!(find("DELETE", "groups").is_none());
    }
}
