//! Lists that tickets refer to: groups, organizations, brands, custom statuses, ticket fields.
//!
//! They are read at the first pull, when a ticket names an id that none of them has, and daily;
//! never in a pull that changed nothing (ticket-sync.md 3).

use std::collections::HashSet;

use domain::refusal::Warning;
use domain::ticket::Ticket;
use jiff::SignedDuration;
use store::integrations;
use store::references::{self as kept, Reference};
use zendesk::Record;

use super::pull::{Page, Pull};
use crate::content::content_of;
use crate::error::Result;

const STAGE: &str = "references";
/// Zendesk allows far fewer; so many are remembered at most.
const MOST_CUSTOM_STATUSES: usize = 1_000;
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Looks whether tickets name groups, brands and the like that no list has named yet.
pub(super) async fn notice(
    pull: &mut Pull<'_>,
    page: &mut Page,
    tickets: &[&Ticket],
) -> Result<()> {
    if !(pull.unknown_references || pull.integration.references_at.is_none()) {
        pull.unknown_references = any_unknown(pull, page, tickets).await?;
    }
    if pull.unknown_references || pull.integration.references_at.is_none() {
        remember_custom_statuses(pull, tickets);
    }
    Ok(())
}

/// Remembers which custom statuses tickets name, each with one ticket, until the lists are read.
fn remember_custom_statuses(pull: &mut Pull<'_>, tickets: &[&Ticket]) {
    for ticket in tickets {
        if let Some(status) = ticket.custom_status_id
            && pull.custom_statuses.len() < MOST_CUSTOM_STATUSES
        {
            pull.custom_statuses.entry(status).or_insert(ticket.id);
        }
    }
}

async fn any_unknown(pull: &Pull<'_>, page: &mut Page, tickets: &[&Ticket]) -> Result<bool> {
    let named: HashSet<i64> = tickets
        .iter()
        .flat_map(|ticket| {
            [
                ticket.group_id,
                ticket.organization_id,
                ticket.brand_id,
                ticket.custom_status_id,
            ]
        })
        .flatten()
        .collect();
    let named: Vec<i64> = named.into_iter().collect();
    let known = kept::known(&mut page.tx, &pull.integration.id, &named).await?;
    Ok(named.iter().any(|id| !known.contains(id)))
}

/// Reads the lists, if they are due.
pub(super) async fn read(pull: &mut Pull<'_>) -> Result<()> {
    let stale = pull
        .integration
        .references_at
        .is_none_or(|at| pull.engine.now().duration_since(at) >= DAY);
    let first = pull.integration.references_at.is_none();
    if !(first || pull.unknown_references || stale && pull.changed_anything()) {
        return Ok(());
    }
    let client = pull.client.clone();
    put(pull, "group", client.groups().await).await?;
    put(pull, "brand", client.brands().await).await?;
    put(pull, "custom_status", client.custom_statuses().await).await?;
    put(pull, "ticket_field", client.ticket_fields().await).await?;
    put(pull, "organization", client.organizations().await).await?;
    let mut page = pull.begin().await?;
    warn_of_custom_statuses(pull, &mut page).await?;
    integrations::note_references(&mut page.tx, &pull.integration.id, page.now).await?;
    pull.commit(page, STAGE, None).await
}

/// Tells of custom statuses that the account does not list, each once.
async fn warn_of_custom_statuses(pull: &mut Pull<'_>, page: &mut Page) -> Result<()> {
    let named = std::mem::take(&mut pull.custom_statuses);
    let ids: Vec<i64> = named.keys().copied().collect();
    let known = kept::known(&mut page.tx, &pull.integration.id, &ids).await?;
    for (status, ticket) in named {
        if !known.contains(&status) {
            page.warn(Warning::UnknownCustomStatus { ticket, status }.sentence());
        }
    }
    Ok(())
}

async fn put(
    pull: &mut Pull<'_>,
    kind: &'static str,
    answer: Result<Vec<Record<zendesk::Reference>>, zendesk::Error>,
) -> Result<()> {
    let mut page = pull.begin().await?;
    match answer {
        Ok(records) => {
            let mut entries = Vec::with_capacity(records.len());
            for record in records {
                if let Some(parsed) = page.sort_out(kind, &record) {
                    entries.push(Reference {
                        remote_id: parsed.id,
                        name: parsed.name.clone(),
                        content: content_of(record.raw.get()),
                        raw: record.raw.get().to_owned(),
                    });
                }
            }
            entries.sort_unstable_by_key(|entry| entry.remote_id);
            entries.dedup_by_key(|entry| entry.remote_id);
            kept::put(&mut page.tx, &pull.integration.id, kind, &entries).await?;
        }
        // Some plans lack some of these lists. Only names are missing then.
        Err(error @ (zendesk::Error::NotFound { .. } | zendesk::Error::Forbidden { .. })) => {
            page.warn(format!(
                "The list of {kind}s could not be read, so their names are not shown. {error}"
            ));
        }
        Err(error) => return Err(error.into()),
    }
    pull.commit(page, STAGE, None).await
}
