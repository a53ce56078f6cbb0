//! What is parked is tried again, or given up.

use domain::outbox::{Kind, State};
use jiff::Timestamp;
use store::attachments::{self, Attachment, FileState};
use store::outbox::{self, Entry, ParkedCursor, ParkedFilter};
use store::{audit, integrations};

use super::Open;
use super::deed::{Deed, parked};
use crate::engine::Engine;
use crate::error::{Error, Result};

/// So many are read at a time.
const ROWS: i64 = 1_000;

/// Puts a parked operation back into its line, or a parked file of a comment among those that are fetched.
///
/// # Errors
/// [`Error::Refused`] if there is no such operation or file, or it is not parked; and for a file that
/// cannot come another time.
pub async fn retry(engine: &Engine, op_id: &str, actor: &str) -> Result<()> {
    if let Some(file) = file(engine, op_id).await? {
        return retry_file(engine, &file, actor).await;
    }
    let entry = find(engine, op_id).await?;
    if !belongs_to_a_case(&entry) {
        return settle_person(engine, &entry, true, actor).await;
    }
    let open = Open::case(engine, &entry.operation.line).await?;
    let (retried, _) = open
        .decide(engine, actor, |desk, room, written| {
            let what = parked(desk, Some(op_id));
            let retried = desk.retry(op_id, room, written);
            (retried, retried.then_some(Deed::Retried { what }))
        })
        .await?;
    match retried {
        true => Ok(()),
        false => Err(not_parked()),
    }
}

/// Puts everything that is parked in an integration (or in all) back into its line, and the files among
/// those that are fetched. Returns how many. What is parked again meanwhile is left to the next call.
///
/// # Errors
/// As the database says.
pub async fn retry_all(engine: &Engine, integration: Option<&str>, actor: &str) -> Result<usize> {
    let filter = ParkedFilter {
        integration,
        ..ParkedFilter::default()
    };
    let mut retried = 0;
    let mut after: Option<ParkedCursor> = None;
    loop {
        let mut reader = engine.store.read().await?;
        let page = outbox::parked(&mut reader, filter, after.as_ref(), ROWS).await?;
        drop(reader);
        let Some(last) = page.last() else {
            break;
        };
        after = Some(last.cursor());
        for found in &page {
            retried += retry_one(engine, &found.entry.operation.op_id, actor).await?;
        }
    }
    let mut after: Option<(Timestamp, String)> = None;
    loop {
        let mut reader = engine.store.read().await?;
        let behind = after.as_ref().map(|(at, id)| (*at, id.as_str()));
        let page = attachments::parked(&mut reader, integration, None, behind, ROWS).await?;
        drop(reader);
        let Some(last) = page.last() else {
            return Ok(retried);
        };
        after = Some((last.file.created_at, last.file.id.clone()));
        for found in &page {
            retried += retry_one(engine, &found.file.id, actor).await?;
        }
    }
}

async fn retry_one(engine: &Engine, id: &str, actor: &str) -> Result<usize> {
    match retry(engine, id, actor).await {
        Ok(()) => Ok(1),
        // Somebody else was faster, its case was deleted, or the file can never come.
        Err(Error::Refused(_)) => Ok(0),
        Err(error) => Err(error),
    }
}

/// The parked file with this id.
async fn file(engine: &Engine, id: &str) -> Result<Option<Attachment>> {
    let found = attachments::find(&mut *engine.store.read().await?, id).await?;
    Ok(found.filter(|file| file.state == FileState::Parked))
}

async fn retry_file(engine: &Engine, file: &Attachment, actor: &str) -> Result<()> {
    if file.sha256.is_some() {
        return Err(Error::Refused(
            "The file's comment is in Zendesk already, without the file as it is here, and a comment takes no file later. Send it with another comment (`deskbridge case attach`), then give this one up.".to_owned(),
        ));
    }
    let mut tx = engine.store.begin().await?;
    if !attachments::retry(&mut tx, &file.id).await? {
        return Err(Error::Refused(
            "The file cannot be fetched: no integration here knows where it is. Get it from Zendesk."
                .to_owned(),
        ));
    }
    let act = engine.act(actor);
    audit::note(
        &mut tx,
        act,
        "parked.retry",
        &file.case_comment_id,
        &file.id,
    )
    .await?;
    tx.commit().await?;
    engine.memory.ring();
    Ok(())
}

/// A file of ours stays here. One that only Zendesk has is not ours to give up.
async fn discard_file(engine: &Engine, file: &Attachment, actor: &str) -> Result<()> {
    let mut tx = engine.store.begin().await?;
    if !attachments::keep_here(&mut tx, &file.id).await? {
        return Err(Error::Refused(
            "The file is only in Zendesk, so there is nothing here to give up. Retry it, or redact it in Zendesk."
                .to_owned(),
        ));
    }
    let act = engine.act(actor);
    audit::note(
        &mut tx,
        act,
        "parked.discard",
        &file.case_comment_id,
        &file.id,
    )
    .await?;
    Ok(tx.commit().await?)
}

/// Gives up a parked operation: fields go back to what both sides last agreed on, a comment stays on
/// the case and is not sent, and so does a file of ours.
///
/// # Errors
/// [`Error::Refused`] if there is no such operation, or it is not parked; and for a file that is only in
/// Zendesk.
pub async fn discard(engine: &Engine, op_id: &str, actor: &str) -> Result<()> {
    if let Some(file) = file(engine, op_id).await? {
        return discard_file(engine, &file, actor).await;
    }
    let entry = find(engine, op_id).await?;
    if !belongs_to_a_case(&entry) {
        return settle_person(engine, &entry, false, actor).await;
    }
    let open = Open::even_deleted(engine, &entry.operation.line).await?;
    let (discarded, _) = open
        .decide(engine, actor, |desk, room, written| {
            let what = parked(desk, Some(op_id));
            let discarded = desk.discard(op_id, room, written);
            (discarded, discarded.then_some(Deed::Discarded { what }))
        })
        .await?;
    match discarded {
        true => Ok(()),
        false => Err(not_parked()),
    }
}

/// Gives up everything that is parked for a case, deleted or not, at once. Returns how many.
///
/// # Errors
/// [`Error::Refused`] if there is no such case.
pub async fn discard_all(engine: &Engine, case: &str, actor: &str) -> Result<usize> {
    let open = Open::even_deleted(engine, case).await?;
    let (given_up, _) = open
        .decide(engine, actor, |desk, room, written| {
            let mut what = parked(desk, None);
            for parked in &what {
                desk.discard(&parked.id, room, written);
            }
            // One may have ended with another one: the value it was to send is no longer the case's.
            what.retain(|parked| {
                let ended = desk.operation(&parked.id);
                ended.is_some_and(|ended| ended.state == State::Discarded)
            });
            let given_up = what.len();
            (given_up, (given_up > 0).then_some(Deed::Discarded { what }))
        })
        .await?;
    Ok(given_up)
}

async fn find(engine: &Engine, op_id: &str) -> Result<Entry> {
    let found = outbox::find(&mut *engine.store.read().await?, op_id).await?;
    found
        .filter(|entry| entry.operation.state == State::Parked)
        .ok_or_else(not_parked)
}

fn belongs_to_a_case(entry: &Entry) -> bool {
    entry.operation.kind != Kind::Person
}

/// A contact's operation has no desk: it is put back or ended as it is. It is read once more under the
/// integration's lock, since of two people who settle it the second finds it settled. A contact has no
/// history either: the audit log tells who did it.
async fn settle_person(engine: &Engine, seen: &Entry, again: bool, actor: &str) -> Result<()> {
    let now = engine.now();
    let mut tx = engine.store.begin().await?;
    integrations::lock(&mut tx, &seen.integration_id).await?;
    let found = outbox::find(&mut tx, &seen.operation.op_id).await?;
    let Some(entry) = found.filter(|entry| entry.operation.state == State::Parked) else {
        return Err(not_parked());
    };
    let mut operation = entry.operation;
    if again {
        operation.reason = None;
        operation.wait_until(now);
    } else {
        operation.end(State::Discarded);
    }
    let (integration, asker) = (&entry.integration_id, &entry.requested_by);
    let did = if again {
        "parked.retry"
    } else {
        "parked.discard"
    };
    let line = operation.line.clone();
    outbox::put(&mut tx, integration, asker, &[operation], now).await?;
    audit::note(
        &mut tx,
        engine.act(actor),
        did,
        &line,
        &seen.operation.op_id,
    )
    .await?;
    tx.commit().await?;
    engine.memory.ring();
    Ok(())
}

fn not_parked() -> Error {
    Error::Refused(
        "Nothing with this id is parked; it may have been settled meanwhile. `deskbridge parked list` shows what is."
            .to_owned(),
    )
}
