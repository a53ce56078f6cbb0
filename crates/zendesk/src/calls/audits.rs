//! The audits of one ticket (zendesk-api.md 3.7): what each update did, with our own marker.

use crate::client::Client;
use crate::error::Error;
use crate::error::body::About;
use crate::records::{Record, TicketEvent};

/// More than any ticket that a person can still use.
const MOST_PAGES: usize = 200;

impl Client {
    /// All audits of a ticket, newest first. They need the global `read` scope.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::NotFound`] if there is no such ticket.
    pub async fn audits(&self, ticket_id: i64) -> Result<Vec<Record<TicketEvent>>, Error> {
        let path = format!("tickets/{ticket_id}/audits");
        let about = About::call("the audits of a ticket");
        let mut all = self
            .list::<TicketEvent>(about, &path, "audits", MOST_PAGES)
            .await?;
        // Zendesk lists them oldest first, and documents no other order for this endpoint.
        all.reverse();
        Ok(all)
    }
}
