//! Single tickets, and many by their ids (zendesk-api.md 3.7).

use domain::ticket::Ticket;
use jiff::Timestamp;

use super::lists::list_of;
use super::{MANY, joined, missing_is_none, with_query};
use crate::client::Client;
use crate::error::Error;
use crate::error::body::About;
use crate::governor::{Bucket, date};
use crate::records::{Record, read_one, read_page, read_record, read_records};

impl Client {
    /// One ticket; `None` if there is none with this id, or it was deleted.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn ticket(&self, id: i64) -> Result<Option<Record<Ticket>>, Error> {
        let (ticket, _) = self.ticket_with_date(id).await?;
        Ok(ticket)
    }

    /// One ticket, as [`Client::ticket`], and Zendesk's time when it answered, to the second: the
    /// guard against edits within one second needs both from one answer (reliability.md 5, step
    /// 5). For a missing ticket it is the time of the client's last answer.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn ticket_with_date(
        &self,
        id: i64,
    ) -> Result<(Option<Record<Ticket>>, Option<Timestamp>), Error> {
        let about = About::call("a ticket");
        let path = format!("tickets/{id}");
        let found = self.get_reply(about, &path, |reply| {
            let raw = read_one(about.call, "ticket", &reply.body)?;
            Ok((read_record(0, raw), date(&reply.headers)))
        });
        Ok(match missing_is_none(found.await)? {
            Some((ticket, date)) => (Some(ticket), date),
            None => (None, self.server_time()),
        })
    }

    /// The tickets whose external id is exactly this one (`GET /tickets?external_id=`, which is
    /// the table itself and not the lagging search index, reliability.md 6). It need not be
    /// unique; only the first 100 are looked at.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn tickets_with_external_id(
        &self,
        external_id: &str,
    ) -> Result<Vec<Record<Ticket>>, Error> {
        let about = About {
            bucket: Bucket::TicketLists,
            ..About::call("tickets by their external id")
        };
        let path = with_query("tickets", &[("external_id", external_id)]);
        let found = self.get(about, &path, |body| {
            let page = read_page(about.call, "tickets", body)?;
            Ok(read_records::<Ticket>(list_of(
                about.call, "tickets", &page,
            )?))
        });
        let mut found = found.await?;
        found.retain(|record| {
            let ticket = record.parsed.as_ref().ok();
            ticket.and_then(|ticket| ticket.external_id.as_deref()) == Some(external_id)
        });
        Ok(found)
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
