//! Our own contacts as a source of rows (profile-send.md 1, *query*).

use audience::{Column, ColumnKind, HandedOver, Limits, Schema, hand_over as hand};
use store::contacts::{self, Listed};

use super::settings::ContactFilter;
use crate::engine::Engine;
use crate::error::Result;

/// Contacts read at a time.
const PAGE: i64 = 500;

/// The columns of our contacts. They bear the names of Zendesk's attributes where they mean the same, so
/// that no mapping is needed.
const COLUMNS: [&str; 9] = [
    "external_id",
    "name",
    "email",
    "phone",
    "prefix",
    "first_name",
    "middle_name",
    "last_name",
    "suffix",
];

/// Hands all contacts over that the filter lets through, while they are being read.
///
/// # Errors
/// What is wrong with the columns, which would be a mistake of ours.
pub(super) fn hand_over(
    engine: &Engine,
    filter: &ContactFilter,
) -> Result<HandedOver, audience::Error> {
    let columns = COLUMNS.map(|name| Column {
        name: name.to_owned(),
        kind: ColumnKind::Text,
    });
    let schema = Schema::new("our contacts", columns.to_vec(), &Limits::default())?;
    let (mut handing, rows) = hand("our contacts", schema);
    let (engine, filter) = (engine.clone(), filter.clone());
    tokio::spawn(async move {
        let mut after = String::new();
        let mut line = 0;
        // Without `finish` the reading ends with a sentence, so that contacts which could not be read do
        // not look like customers who left.
        loop {
            let page = match page(&engine, &after).await {
                Ok(page) => page,
                Err(error) => return tracing::warn!("contacts could not be read: {error}"),
            };
            let Some(last) = page.last() else {
                break;
            };
            after.clone_from(&last.contact.id);
            let mut batch = handing.batch();
            for listed in page.iter().filter(|listed| is_meant(listed, &filter)) {
                line += 1;
                batch.push(line, cells(listed));
            }
            if handing.send(batch).await.is_err() {
                return;
            }
        }
        if handing.finish().await.is_err() {
            tracing::debug!("nobody read the contacts to their end");
        }
    });
    Ok(rows)
}

async fn page(engine: &Engine, after: &str) -> Result<Vec<Listed>> {
    Ok(contacts::page(&mut *engine.store.read().await?, after, PAGE).await?)
}

fn is_meant(listed: &Listed, filter: &ContactFilter) -> bool {
    let email = listed.contact.email.as_deref().unwrap_or_default().trim();
    let ends_so = |end: &String| email.to_lowercase().ends_with(&end.trim().to_lowercase());
    (!filter.with_email || !email.is_empty())
        && filter.email_ends_with.as_ref().is_none_or(ends_so)
        && filter
            .changed_since
            .is_none_or(|since| listed.updated_at >= since)
}

fn cells(listed: &Listed) -> [Option<String>; 9] {
    let contact = &listed.contact;
    let name = &contact.name;
    let whole = name.full();
    [
        Some(contact.id.clone()),
        Some(whole).filter(|name| !name.is_empty()),
        contact.email.clone(),
        contact.phone.clone(),
        name.prefix.clone(),
        name.first.clone(),
        name.middle.clone(),
        name.last.clone(),
        name.suffix.clone(),
    ]
}
