//! Incremental exports, by cursor and by time (zendesk-api.md 3.9).

use std::ops::Bound;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::account::Account;
use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::wire::reference::OrganizationView;
use crate::wire::ticket::TicketView;
use crate::wire::ticket_event::TicketEventView;
use crate::wire::user::{UserForm, UserView};
use crate::wire::{Object, write_json};
use crate::word::Status;

/// Where an export begins: a timestamp and an id.
type Place = Bound<(i64, i64)>;

/// Rows that a page holds unless the call says otherwise, and at most.
const PAGE: usize = 1_000;

/// Which rows an export may show, and which start it accepts.
#[derive(Clone, Copy)]
struct Window {
    /// The newest second shown.
    until: i64,
    /// The newest `start_time` accepted.
    newest_start: i64,
}

impl Window {
    /// Tickets and their events: the newest minute is left out since October 2024.
    fn of_tickets(call: &Call) -> Self {
        let minute = if call.switches.leave_out_newest_minute {
            60
        } else {
            0
        };
        Self {
            until: call.now() - minute,
            newest_start: call.now() - 60,
        }
    }

    /// Users and organizations: no minute is left out.
    fn of_users(call: &Call) -> Self {
        let minute = if call.switches.refuse_recent_start_for_users {
            60
        } else {
            0
        };
        Self {
            until: call.now(),
            newest_start: call.now() - minute,
        }
    }

    fn start(self, call: &Call) -> Result<i64, Answer> {
        let text = call.query("start_time").ok_or_else(|| {
            Answer::error(
                400,
                "InvalidValue",
                "Missing required parameter: start_time",
            )
        })?;
        // Fractions of a second are taken and do not count: a client in wide use asks with a
        // decimal point, as in `1795248000.0`.
        let whole = match text.split_once('.') {
            Some((whole, part)) if part.bytes().all(|byte| byte.is_ascii_digit()) => whole,
            _ => text,
        };
        let start: i64 = whole
            .parse()
            .map_err(|_| Answer::error(400, "InvalidValue", "Invalid start_time"))?;
        if start > self.newest_start {
            let status = if call.switches.recent_start_is_422 {
                422
            } else {
                400
            };
            return Err(Answer::error(
                status,
                "StartTimeTooRecent",
                "Too recent start_time. Use a start_time older than 60 seconds",
            ));
        }
        Ok(start)
    }
}

fn page_size(call: &Call) -> usize {
    call.query("per_page")
        .and_then(|text| text.parse().ok())
        .unwrap_or(PAGE)
        .clamp(1, PAGE)
}

fn exclude_deleted(call: &Call) -> bool {
    call.query("exclude_deleted") == Some("true")
}

/// Where a cursor export goes on: after a row, or at a start time, which is inclusive.
fn place(call: &Call, window: Window) -> Result<(Place, Option<String>), Answer> {
    match call.query("cursor") {
        Some(cursor) => {
            let place = read_cursor(cursor).ok_or_else(|| {
                Answer::error(400, "InvalidPaginationParameter", "cursor is not valid")
            })?;
            Ok((Bound::Excluded(place), Some(write_cursor(place))))
        }
        None => Ok((Bound::Included((window.start(call)?, i64::MIN)), None)),
    }
}

/// `<timestamp>.0||<id>|` in base64 (recorded).
fn write_cursor((at, id): (i64, i64)) -> String {
    STANDARD.encode(format!("{at}.0||{id}|"))
}

fn read_cursor(text: &str) -> Option<(i64, i64)> {
    let text = String::from_utf8(STANDARD.decode(text).ok()?).ok()?;
    let (at, id) = text.strip_suffix('|')?.split_once("||")?;
    Some((at.strip_suffix(".0")?.parse().ok()?, id.parse().ok()?))
}

/// A page by cursor. `rows` begin at the place; records are never repeated.
fn by_cursor<T>(
    call: &Call,
    name: &str,
    here: Option<String>,
    mut rows: impl Iterator<Item = ((i64, i64), T)>,
    write: impl Fn(T, &mut Vec<u8>),
) -> Outcome {
    let page: Vec<_> = rows.by_ref().take(page_size(call)).collect();
    let end_of_stream = rows.next().is_none();
    // At the end of the stream the cursor is still given, to be kept for the next poll (recorded).
    let cursor = page.last().map(|(place, _)| write_cursor(*place)).or(here);
    let url = cursor
        .as_ref()
        .map(|cursor| call.link(true, &[("cursor", cursor)], &["start_time"]));
    let none: Option<&str> = None;
    Ok(Answer::ok(
        Object::new()
            .with_rows(name, page, |(_, row), out| write(row, out))
            .with("after_url", &url)
            .with("before_url", &none)
            .with("after_cursor", &cursor)
            .with("before_cursor", &none)
            .with("end_of_stream", &end_of_stream),
    ))
}

/// The keys around the rows of a time-based export, in the order of the recordings.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Frame {
    /// Rows, count, end_of_stream, next_page, end_time; the next page has `.json`.
    Tickets,
    /// Rows, next_page, count, end_of_stream, end_time; the next page is as the request.
    Users,
    /// As users, but the next page has `.json`.
    Others,
}

/// A page by time. `rows` begin at the start time.
///
/// A page that is full goes on through the second of its last record. `end_time` is one second
/// later when the page holds one second only, else it is the last record's, which the next page
/// repeats. The last page gives its newest second, and so returns its last records for ever.
fn by_time<T>(
    call: &Call,
    name: &str,
    frame: Frame,
    rows: impl Iterator<Item = ((i64, i64), T)>,
    write: impl Fn(T, &mut Vec<u8>),
) -> Outcome {
    let size = page_size(call);
    let mut rows = rows.peekable();
    let mut page: Vec<((i64, i64), T)> = Vec::new();
    while let Some(row) = rows.next_if(|((at, _), _)| {
        page.len() < size || page.last().is_some_and(|((last, _), _)| last == at)
    }) {
        page.push(row);
    }
    let end_of_stream = rows.peek().is_none();
    let first = page.first().map(|((at, _), _)| *at);
    let last = page.last().map(|((at, _), _)| *at);
    let end_time = last.map(|last| {
        if !end_of_stream && first == Some(last) {
            last + 1
        } else {
            last
        }
    });
    let next_page = end_time.map(|at| {
        let json = call.suffix || frame != Frame::Users;
        call.link(json, &[("start_time", &at.to_string())], &[])
    });
    let count = page.len();
    let object = Object::new().with_rows(name, page, |(_, row), out| write(row, out));
    let object = match frame {
        Frame::Tickets => object
            .with("count", &count)
            .with("end_of_stream", &end_of_stream)
            .with("next_page", &next_page),
        Frame::Users | Frame::Others => object
            .with("next_page", &next_page)
            .with("count", &count)
            .with("end_of_stream", &end_of_stream),
    };
    Ok(Answer::ok(object.with("end_time", &end_time)))
}

fn users(
    account: &Account,
    place: Place,
    until: i64,
) -> impl Iterator<Item = ((i64, i64), &crate::account::user::User)> {
    account
        .users_from(place)
        .take_while(move |(at, _)| *at <= until)
        .map(|(at, user)| ((at, user.id), user))
}

fn tickets(
    account: &Account,
    place: Place,
    until: i64,
    exclude_deleted: bool,
) -> impl Iterator<Item = ((i64, i64), &crate::account::ticket::Ticket)> {
    account
        .tickets_from(place)
        .take_while(move |(at, _)| *at <= until)
        .filter(move |(_, ticket)| !(exclude_deleted && ticket.status == Status::Deleted))
        .map(|(at, ticket)| ((at, ticket.id), ticket))
}

fn user_writer<'a>(
    account: &'a Account,
    call: &'a Call,
) -> impl Fn(&'a crate::account::user::User, &mut Vec<u8>) {
    move |user, out| {
        let view = UserView {
            account,
            user,
            base: &call.base,
            form: UserForm::Export,
        };
        write_json(out, &view);
    }
}

fn ticket_writer<'a>(
    account: &'a Account,
    call: &'a Call,
) -> impl Fn(&'a crate::account::ticket::Ticket, &mut Vec<u8>) {
    move |ticket, out| {
        let view = TicketView {
            account,
            ticket,
            base: &call.base,
            export: true,
            repeats_fields: true,
        };
        write_json(out, &view);
    }
}

/// `GET incremental/users/cursor`
pub(super) fn users_by_cursor(account: &Account, call: &Call) -> Outcome {
    let window = Window::of_users(call);
    let (place, here) = place(call, window)?;
    let rows = users(account, place, window.until);
    by_cursor(call, "users", here, rows, user_writer(account, call))
}

/// `GET incremental/users`
pub(super) fn users_by_time(account: &Account, call: &Call) -> Outcome {
    let window = Window::of_users(call);
    let start = Bound::Included((window.start(call)?, i64::MIN));
    let rows = users(account, start, window.until);
    by_time(
        call,
        "users",
        Frame::Users,
        rows,
        user_writer(account, call),
    )
}

/// `GET incremental/tickets/cursor`
pub(super) fn tickets_by_cursor(account: &Account, call: &Call) -> Outcome {
    let window = Window::of_tickets(call);
    let (place, here) = place(call, window)?;
    let rows = tickets(account, place, window.until, exclude_deleted(call));
    by_cursor(call, "tickets", here, rows, ticket_writer(account, call))
}

/// `GET incremental/tickets`
pub(super) fn tickets_by_time(account: &Account, call: &Call) -> Outcome {
    let window = Window::of_tickets(call);
    let start = Bound::Included((window.start(call)?, i64::MIN));
    let rows = tickets(account, start, window.until, exclude_deleted(call));
    by_time(
        call,
        "tickets",
        Frame::Tickets,
        rows,
        ticket_writer(account, call),
    )
}

/// `GET incremental/ticket_events`
pub(super) fn ticket_events(account: &Account, call: &Call) -> Outcome {
    let window = Window::of_tickets(call);
    let start = Bound::Included((window.start(call)?, i64::MIN));
    let with_comments = call
        .query("include")
        .is_some_and(|include| include.split(',').any(|one| one.trim() == "comment_events"));
    let rows = account
        .audits_from(start)
        .take_while(|(at, _)| *at <= window.until)
        .map(|(at, audit)| ((at, audit.id), audit));
    by_time(call, "ticket_events", Frame::Others, rows, |audit, out| {
        let view = TicketEventView {
            account,
            audit,
            base: &call.base,
            with_comments,
        };
        write_json(out, &view);
    })
}

/// `GET incremental/organizations`
pub(super) fn organizations(account: &Account, call: &Call) -> Outcome {
    let window = Window::of_users(call);
    let start = Bound::Included((window.start(call)?, i64::MIN));
    let rows = account
        .organizations_from(start)
        .take_while(|(at, _)| *at <= window.until)
        .map(|(at, one)| ((at, one.id), one));
    by_time(call, "organizations", Frame::Others, rows, |one, out| {
        write_json(out, &OrganizationView::new(one, &call.base, true));
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_has_the_recorded_form() {
        assert_eq!(
            write_cursor((1_695_052_663, 29)),
            "MTY5NTA1MjY2My4wfHwyOXw="
        );
        assert_eq!(
            read_cursor("MTY5NTA1MjY2My4wfHwyOXw="),
            Some((1_695_052_663, 29))
        );
        assert_eq!(read_cursor("rubbish"), None);
        assert_eq!(read_cursor(""), None);
    }
}
