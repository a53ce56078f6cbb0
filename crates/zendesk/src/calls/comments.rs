//! The comments of one ticket (zendesk-api.md 3.8): for a hint, a repair, a publish; never in bulk.

use domain::comment::TicketComment;

use crate::client::Client;
use crate::error::Error;
use crate::error::body::About;
use crate::records::Record;

/// A ticket has at most 5,000 comments, which is 50 pages.
const MOST_PAGES: usize = 60;

impl Client {
    /// All comments of a ticket, oldest first. The first one is the description.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::NotFound`] if there is no such ticket.
    pub async fn comments(&self, ticket_id: i64) -> Result<Vec<Record<TicketComment>>, Error> {
        let path = format!("tickets/{ticket_id}/comments");
        let about = About::call("the comments of a ticket");
        let mut all = self
            .list::<TicketComment>(about, &path, "comments", MOST_PAGES)
            .await?;
        for (place, record) in all.iter_mut().enumerate() {
            if let Ok(comment) = &mut record.parsed {
                // What we asked for wins over what the record says (case L10).
                comment.ticket_id = ticket_id;
                comment.is_description = place == 0;
            }
        }
        Ok(all)
    }
}
