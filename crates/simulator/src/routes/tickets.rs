//! Tickets: list, show, comments, audits.

use std::ops::Bound;

use super::listing::{Key, Listing, Part, invalid_parameter};
use super::users::{read_ids, whole};
use crate::account::Account;
use crate::account::ticket::Ticket;
use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::wire::audit::{AuditView, CommentForm, CommentView};
use crate::wire::ticket::TicketView;
use crate::wire::{Object, Stamp, write_json};
use crate::word::Status;

/// Lists leave out tickets closed longer ago than this (zendesk-api.md 3.7), in seconds.
const ARCHIVED_AFTER: i64 = 120 * 86_400;

pub(super) fn view<'a>(account: &'a Account, ticket: &'a Ticket, call: &'a Call) -> TicketView<'a> {
    TicketView {
        account,
        ticket,
        base: &call.base,
        export: false,
        repeats_fields: true,
    }
}

fn writer<'a>(account: &'a Account, call: &'a Call) -> impl Fn(i64, &mut Vec<u8>) + 'a {
    let pages = call.query.iter().any(|(key, _)| key.starts_with("page["));
    // A view's list by cursor has them again (recorded).
    let by_cursor = pages && call.path == "tickets";
    move |id, out| {
        if let Some(ticket) = account.ticket(id) {
            let mut view = view(account, ticket, call);
            view.repeats_fields = !by_cursor;
            write_json(out, &view);
        }
    }
}

/// The ticket in the path, unless it is deleted.
pub(super) fn living<'a>(account: &'a Account, call: &Call) -> Result<&'a Ticket, Answer> {
    account
        .ticket(call.id(0)?)
        .filter(|ticket| ticket.deleted_at.is_none())
        .ok_or_else(Answer::record_not_found)
}

fn listed(ticket: &Ticket, now: i64) -> bool {
    ticket.deleted_at.is_none()
        && !(ticket.status == Status::Closed && ticket.updated_at < now - ARCHIVED_AFTER)
}

/// `GET tickets`
pub(super) fn list(account: &Account, call: &Call) -> Outcome {
    let now = call.now();
    if let Some(external_id) = call.query("external_id") {
        let rows = account
            .tickets()
            .filter(|ticket| {
                listed(ticket, now) && ticket.external_id.as_deref() == Some(external_id)
            })
            .map(|ticket| (vec![Part::Number(ticket.id)], ticket.id));
        return Listing::of("nice_id", rows.collect(), false).answer(
            call,
            "tickets",
            writer(account, call),
        );
    }
    let by_cursor = call.query.iter().any(|(key, _)| key.starts_with("page["));
    let (sort, descending) = match (by_cursor, call.query("sort"), call.query("sort_by")) {
        (true, Some(sort), _) => match sort.strip_prefix('-') {
            Some(sort) => (sort, true),
            None => (sort, false),
        },
        (false, _, Some(sort)) => (sort, call.query("sort_order") == Some("desc")),
        _ => ("id", false),
    };
    let key: fn(&Ticket) -> Part = match (sort, by_cursor) {
        ("id", _) if !descending => {
            return by_id(account, now).answer(call, "tickets", writer(account, call));
        }
        ("id", _) => |ticket| Part::Number(ticket.id),
        ("updated_at", _) => |ticket| Part::Date(ticket.updated_at),
        ("status", _) => |ticket| Part::Text(ticket.status.as_str().to_owned()),
        ("created_at", false) => |ticket| Part::Date(ticket.created_at),
        ("assignee" | "assignee.name" | "group" | "locale" | "requester", false) => {
            |ticket| Part::Number(ticket.requester_id)
        }
        _ => return Err(invalid_parameter("sort is not valid")),
    };
    let mut rows: Vec<(Key, i64)> = account
        .tickets()
        .filter(|ticket| listed(ticket, now))
        .map(|ticket| (vec![key(ticket), Part::Number(ticket.id)], ticket.id))
        .collect();
    rows.sort();
    if descending {
        rows.reverse();
    }
    let sign = if descending { "-" } else { "" };
    Listing::of(&format!("{sign}{sort},id"), rows, descending).answer(
        call,
        "tickets",
        writer(account, call),
    )
}

/// All listed tickets in order of their ids, without going through those before the page.
fn by_id(account: &Account, now: i64) -> Listing<'_> {
    let row = |ticket: &Ticket| (vec![Part::Number(ticket.id)], ticket.id);
    let number = |key: &Key| match key.first() {
        Some(Part::Number(id)) => *id,
        _ => i64::MIN,
    };
    Listing {
        order: "nice_id".to_owned(),
        count: account
            .tickets()
            .filter(|ticket| listed(ticket, now))
            .count(),
        after: Box::new(move |place| {
            let from = place.map_or(Bound::Unbounded, |key| Bound::Excluded(number(key)));
            let tickets = account.tickets_in((from, Bound::Unbounded));
            Box::new(tickets.filter(move |ticket| listed(ticket, now)).map(row))
        }),
        before: Box::new(move |key| {
            let tickets = account.tickets_in((Bound::Unbounded, Bound::Excluded(number(key))));
            Box::new(
                tickets
                    .rev()
                    .filter(move |ticket| listed(ticket, now))
                    .map(row),
            )
        }),
        beside: None,
    }
}

/// `GET tickets/{id}`: a deleted one is 404, unless the switch says otherwise.
pub(super) fn show(account: &Account, call: &Call) -> Outcome {
    let shown = account.ticket(call.id(0)?);
    let ticket = match shown.filter(|_| call.switches.deleted_tickets_show) {
        Some(ticket) => ticket,
        None => living(account, call)?,
    };
    Ok(Answer::ok(
        Object::new().with("ticket", &view(account, ticket, call)),
    ))
}

/// `GET tickets/{id}/incidents`: the tickets that are incidents of this problem; none for others.
pub(super) fn incidents(account: &Account, call: &Call) -> Outcome {
    let problem = living(account, call)?.id;
    let now = call.now();
    let rows = account
        .tickets()
        .filter(|ticket| ticket.problem_id == Some(problem) && listed(ticket, now))
        .map(|ticket| ticket.id);
    Listing::by_id(rows).answer(call, "tickets", writer(account, call))
}

/// `GET tickets/show_many`: unknown and deleted ones are left out.
pub(super) fn show_many(account: &Account, call: &Call) -> Outcome {
    let ids = call
        .query("ids")
        .ok_or_else(|| Answer::text(400, "Required parameter missing: ids"))?;
    // In order of their ids, whatever the order they were asked for in (recorded).
    let mut found = read_ids(ids)?;
    found.sort_unstable();
    found.retain(|id| {
        account
            .ticket(*id)
            .is_some_and(|ticket| ticket.deleted_at.is_none())
    });
    whole(found, "tickets", writer(account, call))
}

/// `GET tickets/{id}/comments`
pub(super) fn comments(account: &Account, call: &Call) -> Outcome {
    let ticket = living(account, call)?;
    let mut rows: Vec<(Key, i64)> = account
        .comments_of(ticket.id)
        .map(|(audit, _)| {
            let id = audit.comment_id();
            (
                vec![Part::Date(audit.created_at), Part::Number(id)],
                audit.id,
            )
        })
        .collect();
    // By cursor `sort` says the order, by offset `sort_order`; the other one is ignored.
    let by_cursor = call.query.iter().any(|(key, _)| key.starts_with("page["));
    let descending = if by_cursor {
        call.query("sort") == Some("-created_at")
    } else {
        call.query("sort_order") == Some("desc")
    };
    if descending {
        rows.reverse();
    }
    let order = if descending {
        "-created_at,id"
    } else {
        "created_at,id"
    };
    let listing = Listing::of(order, rows, descending);
    with_people(listing, account, call).answer(call, "comments", |id, out| {
        if let Some(audit) = account.audit(id)
            && let Some(comment) = audit.comment()
        {
            let view = CommentView {
                account,
                audit,
                comment,
                base: &call.base,
                form: CommentForm::Row,
            };
            write_json(out, &view);
        }
    })
}

/// Adds the people of a page of audits where `include=users` asks for them (recorded for audits).
fn with_people<'a>(listing: Listing<'a>, account: &'a Account, call: &'a Call) -> Listing<'a> {
    let asked = call
        .query("include")
        .is_some_and(|include| include.split(',').any(|one| one.trim() == "users"));
    if !asked {
        return listing;
    }
    listing.beside(move |audits, object| {
        let mut people: Vec<i64> = audits
            .iter()
            .filter_map(|id| account.audit(*id))
            .flat_map(|audit| {
                let author = audit.comment().map(|comment| comment.author_id);
                [Some(audit.author_id), author]
            })
            .flatten()
            .collect();
        people.sort_unstable();
        people.dedup();
        let people = people.into_iter().filter_map(|id| account.user(id));
        object.with_list(
            "users",
            people.map(|user| super::users::view(account, user, call)),
        )
    })
}

/// `GET tickets/{id}/audits`: needs the global `read` scope (zendesk-api.md 1). Oldest first; the
/// OpenAPI document gives no parameter for another order, so none is understood. The newest are
/// reached by the last page by offset, or by `page[before]`.
pub(super) fn audits(account: &Account, call: &Call) -> Outcome {
    let ticket = living(account, call)?;
    let rows = account
        .audits_of(ticket.id)
        .map(|audit| {
            let key = vec![Part::Date(audit.created_at), Part::Number(audit.id)];
            (key, audit.id)
        })
        .collect();
    let listing = Listing::of("created_at,id", rows, false);
    with_people(listing, account, call).answer(call, "audits", |id, out| {
        if let Some(audit) = account.audit(id) {
            let view = AuditView {
                account,
                audit,
                base: &call.base,
                fresh: false,
            };
            write_json(out, &view);
        }
    })
}

/// `GET tickets/{id}/audits/{id}`
pub(super) fn audit(account: &Account, call: &Call) -> Outcome {
    let ticket = living(account, call)?;
    let audit = account
        .audit(call.id(1)?)
        .filter(|audit| audit.ticket_id == ticket.id)
        .ok_or_else(Answer::record_not_found)?;
    let view = AuditView {
        account,
        audit,
        base: &call.base,
        fresh: false,
    };
    Ok(Answer::ok(Object::new().with("audit", &view)))
}

/// `GET deleted_tickets`: those not scrubbed yet.
pub(super) fn deleted(account: &Account, call: &Call) -> Outcome {
    let rows = account
        .tickets()
        .filter(|ticket| ticket.deleted_at.is_some() && !ticket.scrubbed)
        .map(|ticket| ticket.id);
    let by = account.administrator();
    Listing::by_id(rows).answer(call, "deleted_tickets", |id, out| {
        let Some(ticket) = account.ticket(id) else {
            return;
        };
        let actor = Object::new()
            .with("id", &by)
            .with("name", &account.user(by).map(|user| &user.name))
            .finish();
        let row = Object::new()
            .with("id", &id)
            .with("subject", &ticket.subject)
            .with_raw("actor", &actor)
            .with("deleted_at", &ticket.deleted_at.map(Stamp))
            .with("previous_state", &ticket.status_before_deletion);
        out.extend_from_slice(&row.finish());
    })
}
