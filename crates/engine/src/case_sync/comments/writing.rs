//! Comments into the mirror, and onto the cases of their tickets.

use std::collections::{HashMap, HashSet};

use domain::comment::visible;
use domain::desk::Place;
use domain::identity::{People, author};
use domain::person::Role;
use jiff::Timestamp;
use serde_json::json;
use store::cases;
use store::comments::{self as kept, CaseComment, MirroredComment};
use store::history::{self, Event};
use store::{links, tickets as ticket_mirror};

use super::{Arrived, Batch, places};
use crate::attachments;
use crate::case_sync::pull::{Page, Pull};
use crate::case_sync::{hints, link, users};
use crate::content::content_of;
use crate::desk::state;
use crate::error::Result;

/// Writes comments into the mirror, and onto the cases of their tickets.
pub(in crate::case_sync) async fn write(
    pull: &Pull<'_>,
    page: &mut Page,
    batch: &Batch,
) -> Result<()> {
    let integration = &pull.integration.id;
    // The last word on a comment within the page counts.
    let mut latest: HashMap<i64, (&Arrived, i64)> = HashMap::with_capacity(batch.comments.len());
    for arrived in &batch.comments {
        page.counters.comments.read += 1;
        latest.insert(arrived.comment.id, (arrived, content_of(&arrived.raw)));
    }
    let ids: Vec<i64> = latest.keys().copied().collect();
    let known = kept::known(&mut page.tx, integration, &ids).await?;
    let mut tickets: Vec<i64> = latest
        .values()
        .map(|(arrived, _)| arrived.comment.ticket_id)
        .collect();
    tickets.extend(batch.over.keys());
    tickets.sort_unstable();
    tickets.dedup();
    let cases = links::cases_of(&mut page.tx, integration, &tickets).await?;
    let scrubbed = ticket_mirror::scrubbed(&mut page.tx, integration, &tickets).await?;
    let hidden: HashSet<i64> = made_private(&batch.privacy).collect();
    let mut authors: Vec<i64> = latest
        .values()
        .filter_map(|(arrived, _)| arrived.comment.author_id)
        .collect();
    authors.sort_unstable();
    authors.dedup();
    let nobody = HashSet::new();
    let people = link::people(pull, page, &authors, &nobody, &nobody).await?;
    let rules = pull.identity_rules();
    let unknown: Vec<&Arrived> = latest
        .values()
        .map(|(arrived, _)| *arrived)
        .filter(|arrived| {
            let known = known.get(&arrived.comment.id);
            known.is_none_or(|known| known.case_comment_id.is_none())
        })
        .collect();
    let mut ours = places::read(pull, page, &unknown, &cases).await?;

    let (mut new, mut altered, mut mirrored) = (Vec::new(), HashMap::new(), Vec::new());
    let mut look_again = HashSet::new();
    for (arrived, content) in latest.values().copied() {
        let Arrived {
            comment,
            raw,
            marker,
        } = arrived;
        let old = known.get(&comment.id);
        let tally = &mut page.counters.comments;
        // Of a comment that Zendesk has erased there is nothing to be had: the case keeps its own.
        if scrubbed.contains(&comment.ticket_id) {
            tally.unchanged += 1;
            continue;
        }
        let public = comment.public && !hidden.contains(&comment.id);
        let mut case_comment_id = old.and_then(|old| old.case_comment_id.clone());
        let was_placed = case_comment_id.is_some();
        let is_anew = batch.anew.contains(&comment.ticket_id);
        let case = cases.get(&comment.ticket_id);
        let mut sent_by = None;
        if let (None, Some(case)) = (&case_comment_id, case) {
            match ours.place(comment, marker, case) {
                Place::Ours { comment, op_id } => {
                    case_comment_id = Some(comment);
                    sent_by = op_id;
                }
                Place::New => {}
                // One of ours may be on its way; the ticket is looked at with its audits.
                Place::Wait => {
                    look_again.insert(comment.ticket_id);
                    continue;
                }
            }
        }
        match old {
            None => tally.created += 1,
            Some(old) if old.content == content && !is_anew && (was_placed || case.is_none()) => {
                tally.unchanged += 1;
                continue;
            }
            Some(_) => tally.updated += 1,
        }
        match (&case_comment_id, case) {
            // What we wrote ourselves comes back as Zendesk shows it, and stays as we wrote it.
            (Some(id), _)
                if !was_placed
                    || old.is_none_or(|old| old.content == 0 || old.was_seen_as(content)) =>
            {
                altered.insert(id.clone(), (None, public));
            }
            (Some(id), _) => {
                altered.insert(id.clone(), (Some(comment.body.as_str()), public));
            }
            (None, Some(case_id)) => {
                let by = author(comment.author_id, &people, &rules);
                let id = pull.engine.new_id();
                new.push(CaseComment {
                    id: id.clone(),
                    case_id: case_id.clone(),
                    message: comment.body.clone(),
                    public,
                    is_description: comment.is_description,
                    contact_id: by.contact,
                    user_id: by.user,
                    created_at: users::or_now(comment.created_at, page),
                });
                case_comment_id = Some(id);
            }
            // Kept in the mirror until its ticket arrives.
            (None, None) => {}
        }
        mirrored.push((comment, case_comment_id, sent_by, content, raw.as_str()));
    }
    for ticket in look_again {
        hints::look_again(&mut page.tx, integration, ticket, page.now).await?;
    }
    hide(page, integration, &batch.privacy, &mut altered).await?;
    new.sort_unstable_by(|a, b| {
        (&a.case_id, a.created_at, &a.id).cmp(&(&b.case_id, b.created_at, &b.id))
    });
    mirrored.sort_unstable_by_key(|(comment, ..)| comment.id);
    kept::put(&mut page.tx, &new, page.now).await?;
    let rows: Vec<MirroredComment<'_>> = mirrored
        .iter()
        .map(
            |(comment, case_comment_id, _, content, raw)| MirroredComment {
                comment,
                case_comment_id: case_comment_id.as_deref(),
                content: *content,
                raw,
            },
        )
        .collect();
    kept::mirror(&mut page.tx, integration, &rows).await?;
    attachments::hear(
        pull.engine,
        &mut page.tx,
        integration,
        &rows,
        &new,
        page.now,
    )
    .await?;
    let made: Vec<(i64, String)> = mirrored
        .iter()
        .filter_map(|(comment, _, sent_by, ..)| Some((comment.id, sent_by.clone()?)))
        .collect();
    kept::note_operations(&mut page.tx, integration, &made).await?;
    alter(pull, page, altered).await?;
    note_merges(page, integration, &rows, &people).await?;
    note_ends(page, batch, &cases).await
}

/// Notes when cases were closed: when the ticket that each of them follows now was over. Of one that
/// another has followed the end says nothing any more.
async fn note_ends(page: &mut Page, batch: &Batch, cases: &HashMap<i64, String>) -> Result<()> {
    let mut over: Vec<(i64, String, Timestamp)> = batch
        .over
        .iter()
        .filter_map(|(ticket, at)| Some((*ticket, cases.get(ticket)?.clone(), *at)))
        .collect();
    if over.is_empty() {
        return Ok(());
    }
    let named: Vec<String> = over.iter().map(|(_, case, _)| case.clone()).collect();
    let followed = links::of_cases(&mut page.tx, &named).await?;
    over.retain(|(ticket, case, _)| {
        let open = followed.get(case).and_then(|(open, _)| *open);
        open == Some(*ticket)
    });
    let over: Vec<(String, Timestamp)> = over.into_iter().map(|(_, case, at)| (case, at)).collect();
    cases::set_closed_at(&mut page.tx, &over).await?;
    Ok(())
}

/// The comments among these changes of visibility that were made private.
fn made_private(privacy: &[(i64, bool)]) -> impl Iterator<Item = i64> {
    let private = privacy.iter().filter(|(_, public)| !public);
    private.map(|(id, _)| *id)
}

/// Adds the comments that were made private to those that change.
async fn hide(
    page: &mut Page,
    integration: &str,
    privacy: &[(i64, bool)],
    altered: &mut HashMap<String, (Option<&str>, bool)>,
) -> Result<()> {
    let ids: Vec<i64> = made_private(privacy).collect();
    for hidden in kept::known(&mut page.tx, integration, &ids)
        .await?
        .into_values()
    {
        if let Some(id) = hidden.case_comment_id {
            altered.entry(id).or_insert((None, false)).1 = false;
        }
    }
    Ok(())
}

/// Whether two texts say the same but for blanks and line breaks, which Zendesk sets its own way.
pub(super) fn same_words(one: &str, other: &str) -> bool {
    one.split_whitespace().eq(other.split_whitespace())
}

/// Carries redactions and changes to private onto the case. Visibility never widens: what is
/// private here stays so, whatever an older event says.
async fn alter(
    pull: &Pull<'_>,
    page: &mut Page,
    altered: HashMap<String, (Option<&str>, bool)>,
) -> Result<()> {
    let ids: Vec<String> = altered.keys().cloned().collect();
    let (mut changed, mut events) = (Vec::new(), Vec::new());
    for (id, mut comment) in kept::by_ids(&mut page.tx, &ids).await? {
        let Some((body, public)) = altered.get(&id) else {
            continue;
        };
        let hidden = comment.public && !visible(comment.public, *public);
        // A redaction leaves black boxes, never nothing: a text that is missing says nothing.
        let body = body.filter(|body| !body.is_empty());
        let redacted = body.is_some_and(|body| !same_words(body, &comment.message));
        if !hidden && !redacted {
            continue;
        }
        comment.public = visible(comment.public, *public);
        if let Some(body) = body {
            comment.message = body.to_owned();
        }
        // What was before is the case as it is: its fields do not change.
        let before = cases::find(&mut page.tx, &comment.case_id).await?;
        let before = before.map(|case| json!({ "state": state(&case) }).to_string());
        // The old text is not repeated here: a redaction means that nobody should read it again.
        events.push(Event {
            case_id: comment.case_id.clone(),
            side: "zendesk",
            actor: "pull".to_owned(),
            run_id: pull.run_id().map(str::to_owned),
            body: json!({ "comment": comment.id, "made_private": hidden, "redacted": redacted })
                .to_string(),
            before: before.unwrap_or_default(),
        });
        changed.push(comment);
    }
    changed.sort_unstable_by(|a, b| a.id.cmp(&b.id));
    kept::put(&mut page.tx, &changed, page.now).await?;
    Ok(history::append(&mut page.tx, &events, page.now).await?)
}

/// Notes which ticket others were merged into, as the note says that a merge leaves. Only staff can
/// merge tickets; an end user who writes the same words has merged nothing.
async fn note_merges(
    page: &mut Page,
    integration: &str,
    rows: &[MirroredComment<'_>],
    people: &People,
) -> Result<()> {
    let by_end_user = |author| {
        let role = people.find(author).and_then(|person| person.role);
        role == Some(Role::EndUser)
    };
    let merged: HashMap<i64, i64> = rows
        .iter()
        .filter(|row| !by_end_user(row.comment.author_id))
        .filter_map(|row| Some((row.comment.ticket_id, row.comment.merged_into?)))
        .collect();
    let merged: Vec<(i64, i64)> = merged.into_iter().collect();
    Ok(ticket_mirror::note_merged(&mut page.tx, integration, &merged).await?)
}
