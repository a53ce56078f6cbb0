//! Files of a comment that is about to be sent: uploaded first, each token kept before it is used.

use domain::guard::Guards;
use domain::outbox::{Operation, Parked};
use domain::push::Reply;
use jiff::{SignedDuration, Timestamp};
use store::attachments::{self, Attachment, FileState};
use store::{Tx, desks, outbox};
use zendesk::{Client, Error as Zendesk, When};

use super::Limits;
use super::pump::outgoing;
use crate::engine::Engine;
use crate::error::{Error, Result};

/// How long a token is relied on: it lives for an hour by the documents (zendesk-api.md 3.8).
const TOKEN_LIFE: SignedDuration = SignedDuration::from_mins(50);
/// A wait for a limit that names none.
const LIMITED: SignedDuration = SignedDuration::from_secs(10);

/// The tokens of a comment's files, in order.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    /// For [`zendesk::NewComment::uploads`].
    pub(crate) tokens: Vec<String>,
    /// Whether any of them is from an earlier attempt, so that it may be dead.
    are_old: bool,
}

/// Uploads the files of `comment` for the operation that sends it. A token of an earlier attempt is
/// used again while it lives; each new one is kept with the operation before this returns, so that a
/// crash costs at most one upload. Gives the reply instead if they cannot be sent: then the comment must
/// not be sent either.
///
/// # Errors
/// As the database says; [`store::Error::LeaseLost`] if the operation has passed to another worker.
pub(crate) async fn upload(
    engine: &Engine,
    client: &Client,
    integration: &str,
    operation: &mut Operation,
    comment: &str,
    limits: Limits,
) -> Result<Result<Tokens, Reply>> {
    let mut reader = engine.store.read().await?;
    let ids = [comment.to_owned()];
    let files = attachments::of_comments(&mut reader, &ids).await?;
    drop(reader);
    let mut tokens = Tokens::default();
    for file in files.into_values().flatten() {
        let is_there =
            file.remote_id.is_some() && file.integration_id.as_deref() == Some(integration);
        if is_there {
            continue;
        }
        if let Some(reason) = unfit(&file, limits) {
            return Ok(Err(Reply::Unfit(reason)));
        }
        if let Some(token) = living_token(operation, &file, engine.now()) {
            tokens.tokens.push(token);
            tokens.are_old = true;
            continue;
        }
        let length = u64::try_from(file.size).unwrap_or(0);
        let content = outgoing(engine.store.clone(), file.id.clone(), length);
        let sent = client.upload(&file.file_name, &file.content_type, &content);
        let uploaded = match Box::pin(sent).await {
            Ok(uploaded) => uploaded,
            Err(error) => return Ok(Err(reply_of(&file, &error, engine.now()))),
        };
        engine.reached("push: after a file is uploaded");
        keep_token(engine, integration, operation, &file.id, &uploaded.token).await?;
        tokens.tokens.push(uploaded.token);
    }
    Ok(Ok(tokens))
}

/// What a reply to a comment with these files means: one that was refused may have been so for a token
/// that is dead, so the files are uploaded again before the refusal is believed.
///
/// # Errors
/// As [`upload`].
pub(crate) async fn judge(
    engine: &Engine,
    integration: &str,
    operation: &mut Operation,
    tokens: &Tokens,
    reply: Reply,
) -> Result<Reply> {
    if !(tokens.are_old && matches!(reply, Reply::Refused { .. })) {
        return Ok(reply);
    }
    let mut tx = engine.store.begin().await?;
    let mut held = held(&mut tx, operation).await?;
    held.payload.uploads.clear();
    outbox::put(&mut tx, integration, "sync", &[held], engine.now()).await?;
    tx.commit().await?;
    operation.payload.uploads.clear();
    Ok(Reply::Unsent {
        problem: "Zendesk refused the comment, perhaps because it had dropped the files uploaded for it. They are uploaded again first.".to_owned(),
    })
}

/// Why a file can surely not be sent as it is.
fn unfit(file: &Attachment, limits: Limits) -> Option<Parked> {
    let problem = if file.sha256.is_none() || file.state == FileState::Remote {
        "Its bytes are not here. Get it from Zendesk and add it to another comment, then give this one up.".to_owned()
    } else if file.state == FileState::Parked {
        file.problem.clone().unwrap_or_default()
    } else if limits.is_over(file.size) {
        format!(
            "{} Send a smaller one with another comment, then give this one up.",
            limits.sentence()
        )
    } else {
        return None;
    };
    Some(Parked::Attachment {
        name: file.file_name.clone(),
        problem,
    })
}

fn living_token(operation: &Operation, file: &Attachment, now: Timestamp) -> Option<String> {
    let since = file.uploaded_at?;
    let lives = now.duration_since(since).abs() < TOKEN_LIFE;
    let token = operation.payload.uploads.get(&file.id)?;
    lives.then(|| token.clone())
}

/// The operation as it is kept, locked with its case, if this worker still has it.
async fn held(tx: &mut Tx, operation: &Operation) -> Result<Operation> {
    let lost = || Error::Store(store::Error::LeaseLost);
    let case = desks::lock(tx, &operation.line).await?.ok_or_else(lost)?;
    let kept = case.desk.operation(&operation.op_id);
    kept.filter(|kept| kept.is_held(operation.lease_token, Guards::ALL))
        .cloned()
        .ok_or_else(lost)
}

async fn keep_token(
    engine: &Engine,
    integration: &str,
    operation: &mut Operation,
    file: &str,
    token: &str,
) -> Result<()> {
    let now = engine.now();
    let mut tx = engine.store.begin().await?;
    let mut held = held(&mut tx, operation).await?;
    held.payload
        .uploads
        .insert(file.to_owned(), token.to_owned());
    outbox::put(&mut tx, integration, "sync", &[held], now).await?;
    // An upload may take longer than a claim lasts; what follows needs a whole one.
    outbox::confirm(&mut tx, operation, now, engine.settings.lease).await?;
    attachments::note_uploaded(&mut tx, file, now).await?;
    tx.commit().await?;
    engine.reached("push: after the token of a file is committed");
    operation
        .payload
        .uploads
        .insert(file.to_owned(), token.to_owned());
    Ok(())
}

/// What an error of an upload means to the comment. An upload that may or may not have arrived leaves
/// nothing in the ticket, so nothing is unknown.
fn reply_of(file: &Attachment, error: &Zendesk, now: Timestamp) -> Reply {
    let problem = || error.to_string();
    match error {
        Zendesk::Limited { after, .. } => {
            let wait = after.and_then(|after| SignedDuration::try_from(after).ok());
            let until = now.saturating_add(wait.unwrap_or(LIMITED)).unwrap_or(now);
            Reply::Busy { until }
        }
        Zendesk::NotSignedIn { .. }
        | Zendesk::Forbidden { .. }
        | Zendesk::Address(_)
        | Zendesk::Certificate { .. }
        | Zendesk::Setup(_) => Reply::Locked { fix: problem() },
        Zendesk::Invalid { refusal } | Zendesk::Refused { refusal, .. } => {
            let problem = match refusal.status {
                413 => "Zendesk takes no file of this size. Send a smaller one with another comment, then give this one up.".to_owned(),
                _ => format!(
                    "Zendesk refuses it: “{}”. Send another one with another comment, then give this one up.",
                    refusal.text()
                ),
            };
            Reply::Unfit(Parked::Attachment {
                name: file.file_name.clone(),
                problem,
            })
        }
        Zendesk::NotFound { .. }
        | Zendesk::Unavailable { .. }
        | Zendesk::NotJson { .. }
        | Zendesk::WrongShape { .. }
        | Zendesk::Endless { .. }
        | Zendesk::CursorRefused { .. }
        | Zendesk::TooRecent { .. }
        | Zendesk::Redirected { .. }
        | Zendesk::TooLarge { .. }
        | Zendesk::Conflict { .. }
        | Zendesk::Store(_) => match error.when() {
            When::AfterFix(_) => Reply::Locked { fix: problem() },
            When::Later { .. } | When::Never => Reply::Unsent { problem: problem() },
        },
    }
}
