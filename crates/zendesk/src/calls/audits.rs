//! The audits of one ticket (zendesk-api.md 3.7): what each update did, with our own marker.

use jiff::Timestamp;

use super::lists::list_of;
use super::with_query;
use crate::client::Client;
use crate::error::Error;
use crate::error::body::About;
use crate::records::{Record, TicketEvent, read_page, read_records};

/// More than any ticket that a person can still use.
const MOST_PAGES: usize = 200;
/// Audits a page.
const PAGE_SIZE: usize = 100;
/// The last page that can be asked for by its number (zendesk-api.md 3.1: 10,000 records).
const LAST_PAGE: usize = 100;
const CALL: &str = "the audits of a ticket";

/// One page that was asked for by its number.
struct Page {
    audits: Vec<Record<TicketEvent>>,
    count: Option<usize>,
    goes_on: bool,
}

impl Client {
    /// All audits of a ticket, newest first. They need the global `read` scope.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::NotFound`] if there is no such ticket.
    pub async fn audits(&self, ticket_id: i64) -> Result<Vec<Record<TicketEvent>>, Error> {
        let path = format!("tickets/{ticket_id}/audits");
        let about = About::call(CALL);
        let mut all = self
            .list::<TicketEvent>(about, &path, "audits", MOST_PAGES)
            .await?;
        // Zendesk lists them oldest first, and documents no other order for this endpoint.
        all.reverse();
        Ok(all)
    }

    /// The audits of a ticket, newest first, at least down to `since`; `None` for all of them.
    /// Older ones that came along on the same page are among them.
    ///
    /// Zendesk lists audits oldest first and documents no other order, so pages are asked for by
    /// their number, from the last one backwards: one request for a ticket of up to 100 audits,
    /// two for most others.
    ///
    /// # Errors
    /// As [`Client::audits`].
    pub async fn audits_back_to(
        &self,
        ticket_id: i64,
        since: Option<Timestamp>,
    ) -> Result<Vec<Record<TicketEvent>>, Error> {
        let Some(since) = since else {
            return self.audits(ticket_id).await;
        };
        let first = self.audits_page(ticket_id, 1).await?;
        let last = match first.count {
            _ if !first.goes_on => 1,
            Some(count) if count > PAGE_SIZE => count.div_ceil(PAGE_SIZE),
            // It goes on without saying how far: then it is read from its start.
            Some(_) | None => return self.audits(ticket_id).await,
        };
        if last > LAST_PAGE {
            return self.audits(ticket_id).await;
        }
        let mut newest_first = Vec::new();
        if last > 1 {
            // What was added since the count was made stands on the last page or behind it.
            let mut tail = Vec::new();
            for number in last..=LAST_PAGE {
                let page = self.audits_page(ticket_id, number).await?;
                tail.extend(page.audits);
                if !page.goes_on {
                    break;
                }
            }
            tail.reverse();
            newest_first.extend(tail);
        }
        for number in (2..last).rev() {
            if reaches(&newest_first, since) {
                return Ok(newest_first);
            }
            let page = self.audits_page(ticket_id, number).await?;
            newest_first.extend(page.audits.into_iter().rev());
        }
        if !reaches(&newest_first, since) {
            newest_first.extend(first.audits.into_iter().rev());
        }
        Ok(newest_first)
    }

    async fn audits_page(&self, ticket_id: i64, number: usize) -> Result<Page, Error> {
        let path = with_query(
            &format!("tickets/{ticket_id}/audits"),
            &[
                ("per_page", &PAGE_SIZE.to_string()),
                ("page", &number.to_string()),
            ],
        );
        self.get(About::call(CALL), &path, |body| {
            let page = read_page(CALL, "audits", body)?;
            Ok(Page {
                audits: read_records(list_of(CALL, "audits", &page)?),
                count: page.count.and_then(|count| usize::try_from(count).ok()),
                goes_on: page.next_page.is_some(),
            })
        })
        .await
    }
}

/// Whether an audit older than `since` is among them.
fn reaches(audits: &[Record<TicketEvent>], since: Timestamp) -> bool {
    let read = audits
        .iter()
        .filter_map(|record| record.parsed.as_ref().ok());
    let mut times = read.filter_map(|audit| audit.created_at);
    times.any(|at| at < since)
}
