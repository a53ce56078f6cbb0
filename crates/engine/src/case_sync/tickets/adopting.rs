//! Tickets that name one of our cases: made by us, whoever sees them first.

use std::collections::{HashMap, HashSet};

use domain::ticket::Ticket;
use store::links::{self, Link};
use store::{cases, outbox};

use crate::case_sync::pull::{Page, Pull};
use crate::error::Result;

/// A ticket whose `external_id` names one of our cases is that case's, whoever sees it first. Returns
/// those that are being made just now: they are left to whoever makes them.
pub(super) async fn adopt_our_own(
    pull: &Pull<'_>,
    page: &mut Page,
    tickets: &[&Ticket],
    links: &mut HashMap<i64, Link>,
) -> Result<HashSet<i64>> {
    let prefix = format!("deskbridge:{}:", pull.integration.id);
    let mut ours: Vec<(i64, String)> = tickets
        .iter()
        .filter(|ticket| !links.contains_key(&ticket.id))
        .filter_map(|ticket| {
            Some((
                ticket.id,
                ticket
                    .external_id
                    .as_deref()?
                    .strip_prefix(&prefix)?
                    .to_owned(),
            ))
        })
        .collect();
    if ours.is_empty() {
        return Ok(HashSet::new());
    }
    // `deskbridge:<integration>:<case>`, with `:<n>` behind it for the n-th follow-up of a case.
    for (_, case) in &mut ours {
        if let Some((id, _)) = case.split_once(':') {
            *case = id.to_owned();
        }
    }
    let wanted: Vec<String> = ours.iter().map(|(_, case)| case.clone()).collect();
    let exist = cases::lock(&mut page.tx, &wanted).await?;
    let making: HashSet<String> = outbox::lines(&mut page.tx, &wanted)
        .await?
        .into_iter()
        .filter(|(_, (line, _))| {
            line.iter()
                .any(|operation| operation.kind.makes_ticket() && operation.state.is_open())
        })
        .map(|(case, _)| case)
        .collect();
    let mut being_made = HashSet::new();
    let mut taken: HashSet<String> = links::open_cases(&mut page.tx, &wanted)
        .await?
        .into_iter()
        .collect();
    for (remote_id, case_id) in ours {
        if making.contains(&case_id) {
            being_made.insert(remote_id);
        } else if exist.contains_key(&case_id) && taken.insert(case_id.clone()) {
            let agreed = domain::value::Agreed::default();
            links.insert(
                remote_id,
                Link {
                    remote_id,
                    case_id,
                    open: true,
                    agreed,
                },
            );
        }
    }
    let adopted: Vec<Link> = links
        .values()
        .filter(|link| link.agreed.0.is_empty())
        .cloned()
        .collect();
    links::put(&mut page.tx, &pull.integration.id, &adopted, page.now).await?;
    Ok(being_made)
}
