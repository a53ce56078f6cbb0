//! Incremental exports (zendesk-api.md 3.9): users and tickets by cursor, ticket events by time.

use std::fmt;
use std::str::FromStr;

use domain::person::ZendeskUser;
use domain::ticket::Ticket;

use super::with_query;
use crate::client::Client;
use crate::error::Error;
use crate::error::body::About;
use crate::records::{Mirrored, Page, Record, TicketEvent, read_page, read_records};

/// The most records a page of an export holds.
const MOST: u32 = 1000;

/// Where an export is to be read from. Stored as text: `start:0`, `cursor:MTY5...`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Position {
    /// From this moment on, in seconds since 1970. Zendesk wants it over a minute ago.
    Start(i64),
    /// From where an earlier page ended.
    Cursor(String),
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start(seconds) => write!(f, "start:{seconds}"),
            Self::Cursor(cursor) => write!(f, "cursor:{cursor}"),
        }
    }
}

/// A text that is no [`Position`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("The stored position of an export is unreadable. Read the export again from its start.")]
pub struct BadPosition;

impl Position {
    /// Reads what `to_string` wrote; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(':')? {
            ("start", seconds) => seconds.parse().ok().map(Self::Start),
            ("cursor", "") => None,
            ("cursor", cursor) => Some(Self::Cursor(cursor.to_owned())),
            _ => None,
        }
    }
}

impl FromStr for Position {
    type Err = BadPosition;

    fn from_str(text: &str) -> Result<Self, BadPosition> {
        Self::parse(text).ok_or(BadPosition)
    }
}

/// One page of a cursor export.
#[derive(Debug, Clone)]
pub struct CursorPage<T> {
    /// The records, in the order of the export.
    pub records: Vec<Record<T>>,
    /// Where to go on. Given at the end too: keep it for the next poll.
    pub next: Option<Position>,
    /// Whether there is nothing more for now.
    pub end_of_stream: bool,
}

/// One page of the ticket events export.
#[derive(Debug, Clone)]
pub struct EventPage {
    /// The events, oldest first. Pages overlap and the last event comes again at each poll.
    pub events: Vec<Record<TicketEvent>>,
    /// The `start_time` of the next page, in seconds since 1970.
    pub end_time: Option<i64>,
    /// Whether there is nothing more for now.
    pub end_of_stream: bool,
}

impl Client {
    /// One page of all users changed since `position`; `per_page` is 1 to 1000.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::CursorRefused`] if the position is no longer good,
    /// [`Error::Endless`] if the export stands still (F27).
    pub async fn incremental_users(
        &self,
        position: &Position,
        per_page: u32,
    ) -> Result<CursorPage<ZendeskUser>, Error> {
        self.cursor_export("the export of users", "users", position, per_page)
            .await
    }

    /// One page of all tickets changed since `position`, deleted ones included; `per_page` is 1
    /// to 1000. The newest minute is left out by Zendesk.
    ///
    /// # Errors
    /// As [`Client::incremental_users`].
    pub async fn incremental_tickets(
        &self,
        position: &Position,
        per_page: u32,
    ) -> Result<CursorPage<Ticket>, Error> {
        self.cursor_export("the export of tickets", "tickets", position, per_page)
            .await
    }

    async fn cursor_export<T: Mirrored>(
        &self,
        call: &'static str,
        key: &'static str,
        position: &Position,
        per_page: u32,
    ) -> Result<CursorPage<T>, Error> {
        let per_page = per_page.clamp(1, MOST).to_string();
        let path = format!("incremental/{key}/cursor");
        let (about, path) = match position {
            Position::Start(seconds) => (
                About::export(call, false),
                with_query(
                    &path,
                    &[
                        ("start_time", &seconds.to_string()),
                        ("per_page", &per_page),
                    ],
                ),
            ),
            Position::Cursor(cursor) => (
                About::export(call, true),
                with_query(&path, &[("cursor", cursor), ("per_page", &per_page)]),
            ),
        };
        self.get(about, &path, |body| {
            let page = read_page(call, key, body)?;
            let records = read_records(records_of(call, key, &page)?);
            let end_of_stream = page.end_of_stream.unwrap_or(records.is_empty());
            let next = after_cursor(&page).map(Position::Cursor);
            if !end_of_stream && next.as_ref().is_none_or(|next| next == position) {
                return Err(Error::Endless { call });
            }
            let next = next.or_else(|| match position {
                Position::Cursor(_) => Some(position.clone()),
                Position::Start(_) => None,
            });
            Ok(CursorPage {
                records,
                next,
                end_of_stream,
            })
        })
        .await
    }

    /// One page of ticket events, with the text of their comments, from `start_time` (seconds
    /// since 1970, inclusive) on. The newest minute is left out by Zendesk.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::TooRecent`] for a start less than a minute ago.
    pub async fn incremental_ticket_events(&self, start_time: i64) -> Result<EventPage, Error> {
        let call = "the export of ticket events";
        let path = with_query(
            "incremental/ticket_events",
            &[
                ("start_time", &start_time.to_string()),
                ("include", "comment_events"),
            ],
        );
        self.get(About::export(call, false), &path, |body| {
            let page = read_page(call, "ticket_events", body)?;
            let (end_time, end_of_stream) = time_end(call, &page, "ticket_events", start_time)?;
            Ok(EventPage {
                events: read_records(records_of(call, "ticket_events", &page)?),
                end_time,
                end_of_stream,
            })
        })
        .await
    }
}

/// Where a time-based page ends, and whether the stream does. Old answers say the latter only by
/// holding fewer than 1,000 records.
pub(super) fn time_end(
    call: &'static str,
    page: &Page<'_>,
    key: &'static str,
    start_time: i64,
) -> Result<(Option<i64>, bool), Error> {
    let count = records_of(call, key, page)?.len();
    let end_of_stream = page
        .end_of_stream
        .unwrap_or(count < usize::try_from(MOST).unwrap_or(usize::MAX));
    let moves_on = page.end_time.is_some_and(|end| end > start_time);
    if end_of_stream || moves_on {
        Ok((page.end_time, end_of_stream))
    } else {
        Err(Error::Endless { call })
    }
}

/// The records of an export. Its key must be there: an answer without it says nothing, least of
/// all that nothing changed.
pub(super) fn records_of<'p, 'a>(
    call: &'static str,
    key: &'static str,
    page: &'p Page<'a>,
) -> Result<&'p [&'a serde_json::value::RawValue], Error> {
    page.records.as_deref().ok_or_else(|| Error::WrongShape {
        call,
        path: key.into(),
        what: "missing".into(),
    })
}

/// The cursor, or the one in `after_url` where it stands only there.
fn after_cursor(page: &Page<'_>) -> Option<String> {
    if let Some(cursor) = page.after_cursor.as_deref().filter(|c| !c.is_empty()) {
        return Some(cursor.to_owned());
    }
    let url = url::Url::parse(page.after_url.as_deref()?).ok()?;
    let mut pairs = url.query_pairs();
    let (_, cursor) = pairs.find(|(key, _)| key == "cursor")?;
    Some(cursor.into_owned())
}

#[cfg(test)]
mod tests;
