//! Single tickets, and many by their ids (zendesk-api.md 3.7).

use domain::ticket::Ticket;

use super::lists::list_of;
use super::{MANY, joined, missing_is_none, with_query};
use crate::client::Client;
use crate::error::Error;
use crate::error::body::About;
use crate::records::{Record, read_one, read_page, read_record, read_records};

impl Client {
    /// One ticket; `None` if there is none with this id, or it was deleted.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn ticket(&self, id: i64) -> Result<Option<Record<Ticket>>, Error> {
        let about = About::call("a ticket");
        let path = format!("tickets/{id}");
        let found = self.get(about, &path, |body| {
            Ok(read_record(0, read_one(about.call, "ticket", body)?))
        });
        missing_is_none(found.await)
    }

    /// Many tickets, 100 a request. Those that are missing are left out.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn tickets_show_many(&self, ids: &[i64]) -> Result<Vec<Record<Ticket>>, Error> {
        let about = About::call("tickets by their ids");
        let mut all = Vec::with_capacity(ids.len());
        for chunk in ids.chunks(MANY) {
            let path = with_query("tickets/show_many", &[("ids", &joined(chunk))]);
            let found = self.get(about, &path, |body| {
                let page = read_page(about.call, "tickets", body)?;
                Ok(read_records(list_of(about.call, "tickets", &page)?))
            });
            all.extend(found.await?);
        }
        Ok(all)
    }
}
