//! Reading ticket events a second time, to find comments that are not here as they are there.

use std::collections::{HashMap, HashSet};

use domain::comment::TicketComment;
use domain::desk::Marker;
use store::comments::{self as kept, CaseComment, KnownComment};
use store::{links, tickets as ticket_mirror};
use zendesk::TicketEvent;

use super::writing::same_words;
use super::{Arrived, Batch, list, put};
use crate::case_sync::pull::Pull;
use crate::content::content_of;
use crate::error::Result;

/// Of so many tickets of a page the comments are listed, where an event's text is another one than
/// ours: the list is the present truth, and an event may be older. Those of more tickets wait until
/// the events come round again.
const LISTED: usize = 20;

/// What a page of events came to.
pub(in crate::case_sync) struct Reread {
    /// From which second to go on; none at the end.
    pub(in crate::case_sync) next: Option<i64>,
    /// Comments that were wanting here, or differed.
    pub(in crate::case_sync) differences: usize,
}

/// Reads the page of ticket events that begins at the second `start` and ends before `until`, both on
/// Zendesk's clock, and writes what of its comments is not here in the ordinary way. Where the pull
/// stands in its own reading is not moved.
///
/// # Errors
/// As the database or Zendesk says.
pub(in crate::case_sync) async fn reread(
    pull: &mut Pull<'_>,
    start: i64,
    until: i64,
) -> Result<Reread> {
    if start >= until {
        return Ok(Reread {
            next: None,
            differences: 0,
        });
    }
    let page = pull.client.incremental_ticket_events(start).await?;
    let next = page
        .end_time
        .filter(|end| !page.end_of_stream && *end < until);
    let read = page
        .events
        .into_iter()
        .filter_map(|record| record.parsed.ok());
    let is_old = |event: &TicketEvent| event.created_at.is_some_and(|at| at.as_second() < until);
    let events: Vec<TicketEvent> = read.filter(is_old).collect();
    let (batch, differences) = differing(pull, events).await?;
    if differences > 0 {
        put(pull, batch, None).await?;
    }
    Ok(Reread { next, differences })
}

/// The comments of these events that are not here as they are there, and how many they are.
async fn differing(pull: &Pull<'_>, events: Vec<TicketEvent>) -> Result<(Batch, usize)> {
    let here = Here::read(pull, &events).await?;
    let (mut batch, mut differences) = (Batch::default(), 0);
    let mut listed = HashSet::new();
    for event in events {
        if !here.linked.contains_key(&event.ticket_id) || here.scrubbed.contains(&event.ticket_id) {
            continue;
        }
        let marker = event.deskbridge_op.map_or(Marker::Unchecked, Marker::Ours);
        for (comment, raw) in event.comments {
            match here.stands(&comment, raw.get()) {
                Standing::Alike => {}
                Standing::Wanting => {
                    differences += 1;
                    batch.comments.push(Arrived {
                        comment,
                        raw: raw.get().to_owned(),
                        marker: marker.clone(),
                    });
                }
                Standing::Differs if listed.contains(&comment.ticket_id) => differences += 1,
                Standing::Differs if listed.len() < LISTED => {
                    differences += 1;
                    listed.insert(comment.ticket_id);
                }
                Standing::Differs => {}
            }
        }
    }
    for ticket in listed {
        list(pull, ticket, &mut batch).await?;
    }
    Ok((batch, differences))
}

/// How a comment of Zendesk's stands here.
enum Standing {
    /// It is here, and says the same to the same people.
    Alike,
    /// It is not here, or not on its case.
    Wanting,
    /// It is here with another text, or where it is private there more people may see it here.
    Differs,
}

/// What is here of the comments of some events.
struct Here {
    linked: HashMap<i64, String>,
    scrubbed: HashSet<i64>,
    known: HashMap<i64, KnownComment>,
    ours: HashMap<String, CaseComment>,
}

impl Here {
    async fn read(pull: &Pull<'_>, events: &[TicketEvent]) -> Result<Self> {
        let all = || events.iter().flat_map(|event| &event.comments);
        let ids: Vec<i64> = all().map(|(comment, _)| comment.id).collect();
        let mut tickets: Vec<i64> = events.iter().map(|event| event.ticket_id).collect();
        tickets.sort_unstable();
        tickets.dedup();
        let integration = &pull.integration.id;
        let mut reader = pull.engine.store.read().await?;
        let known = kept::known(&mut reader, integration, &ids).await?;
        // Only where the mirrored text is another one is ours worth reading.
        let differing = all().filter_map(|(comment, raw)| {
            let known = known.get(&comment.id)?;
            (!known.was_seen_as(content_of(raw.get()))).then_some(known)
        });
        let ours: Vec<String> = differing
            .filter_map(|known| known.case_comment_id.clone())
            .collect();
        Ok(Self {
            linked: links::cases_of(&mut reader, integration, &tickets).await?,
            scrubbed: ticket_mirror::scrubbed(&mut reader, integration, &tickets).await?,
            ours: kept::by_ids(&mut reader, &ours).await?,
            known,
        })
    }

    fn stands(&self, comment: &TicketComment, raw: &str) -> Standing {
        let Some(known) = self.known.get(&comment.id) else {
            return Standing::Wanting;
        };
        let Some(id) = &known.case_comment_id else {
            return Standing::Wanting;
        };
        // What we sent stays as we wrote it, until Zendesk's form of it has been seen.
        if known.was_seen_as(content_of(raw)) || known.content == 0 {
            return Standing::Alike;
        }
        let Some(ours) = self.ours.get(id) else {
            return Standing::Alike;
        };
        let is_exposed = ours.public && !comment.public;
        // A text that is missing says nothing.
        let differs = !comment.body.is_empty() && !same_words(&comment.body, &ours.message);
        if is_exposed || differs {
            Standing::Differs
        } else {
            Standing::Alike
        }
    }
}
