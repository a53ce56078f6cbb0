//! The reference lists: read at the first pull, on an unknown id, and daily (ticket-sync.md 3).

use std::collections::BTreeMap;

use super::exports::{records_of, time_end};
use super::with_query;
use crate::client::Client;
use crate::error::Error;
use crate::error::body::About;
use crate::records::{Record, Reference, read_page, read_records};

/// 20,000 entries, more than any account may have.
const MOST_PAGES: usize = 200;
/// A million organisations, 1,000 a page.
const MOST_EXPORT_PAGES: usize = 1000;

impl Client {
    /// The fields of users.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn user_fields(&self) -> Result<Vec<Record<Reference>>, Error> {
        self.references("the user fields", "user_fields").await
    }

    /// The fields of tickets.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn ticket_fields(&self) -> Result<Vec<Record<Reference>>, Error> {
        self.references("the ticket fields", "ticket_fields").await
    }

    /// The groups of agents.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn groups(&self) -> Result<Vec<Record<Reference>>, Error> {
        self.references("the groups", "groups").await
    }

    /// The brands.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn brands(&self) -> Result<Vec<Record<Reference>>, Error> {
        self.references("the brands", "brands").await
    }

    /// The custom ticket statuses; `kind` is the category.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn custom_statuses(&self) -> Result<Vec<Record<Reference>>, Error> {
        self.references("the custom statuses", "custom_statuses")
            .await
    }

    async fn references(
        &self,
        call: &'static str,
        key: &'static str,
    ) -> Result<Vec<Record<Reference>>, Error> {
        self.list(About::call(call), key, key, MOST_PAGES).await
    }

    /// All organisations, deleted ones inactive, by their export (1,000 a request).
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn organizations(&self) -> Result<Vec<Record<Reference>>, Error> {
        self.organizations_since(0).await.map(|(all, _)| all)
    }

    /// The organisations changed since `start_time` (seconds since 1970, inclusive), each once, and
    /// where to go on from the next time.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn organizations_since(
        &self,
        start_time: i64,
    ) -> Result<(Vec<Record<Reference>>, i64), Error> {
        let about = About::export("the export of organisations", false);
        let mut from = start_time;
        // Pages overlap by a second and the last record repeats: the latest of each id counts.
        let mut by_id: BTreeMap<i64, Record<Reference>> = BTreeMap::new();
        let mut nameless = Vec::new();
        for _ in 0..MOST_EXPORT_PAGES {
            let start = from.to_string();
            let path = with_query("incremental/organizations", &[("start_time", &start)]);
            let (records, end_time, done) = self
                .get(about, &path, |body| {
                    let page = read_page(about.call, "organizations", body)?;
                    let (end_time, done) = time_end(about.call, &page, "organizations", from)?;
                    let raws = records_of(about.call, "organizations", &page)?;
                    Ok((read_records::<Reference>(raws), end_time, done))
                })
                .await?;
            for record in records {
                match record.id {
                    Some(id) => drop(by_id.insert(id, record)),
                    None => nameless.push(record),
                }
            }
            from = end_time.unwrap_or(from);
            if done {
                let mut all: Vec<_> = by_id.into_values().collect();
                all.extend(nameless);
                return Ok((all, from));
            }
        }
        Err(Error::Endless { call: about.call })
    }
}
