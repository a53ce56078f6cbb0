//! The bytes of files that Zendesk has, brought here one file at a time, behind everything that is
//! more pressing.

use std::time::Duration;

use store::attachments::{self, Attachment, FileState, Whole};
use store::integrations::{self, Integration};
use store::leases;
use zendesk::{Client, Downloaded, Error as Zendesk, Trouble, Urgency};

use super::pauses::Pauses;
use super::pump::Incoming;
use super::{FileView, Limits};
use crate::connection::client_of;
use crate::engine::Engine;
use crate::error::{Error, Result};

/// How many waiting files one look considers.
const LOOKED_AT: i64 = 200;
/// So often is a file tried before it is parked: for some two hours.
const MOST_TRIES: u32 = 8;
/// How long one worker may be at a file before another one may try it too, which does no harm.
const AT_A_FILE: Duration = Duration::from_secs(5 * 60);
/// The longest a fetch waits for Zendesk's limits before it gives way.
const PATIENCE: Duration = Duration::from_secs(5);

/// What became of an attempt at a file.
enum Fetched {
    /// It is here, or not wanted any more.
    Done,
    /// It can never be fetched as it is: the reason as a sentence.
    Unfit(String),
    /// It may come another time.
    Failed(Zendesk),
}

/// Fetches the file that has waited longest, of any active integration. Returns whether one was tried,
/// so that more may be waiting. Looking costs no write.
///
/// # Errors
/// As the database says. What goes wrong with Zendesk is kept: the file is tried again after a pause,
/// or parked.
pub async fn fetch_next(engine: &Engine, limits: Limits) -> Result<bool> {
    let all = integrations::list(&mut *engine.store.read().await?).await?;
    for integration in all.iter().filter(|integration| integration.active) {
        if fetch_of(engine, integration, limits).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Puts a parked file back into the flow: to be fetched if Zendesk has it. False if it was not parked,
/// or there is nowhere to fetch it from.
///
/// # Errors
/// As the database says.
pub async fn retry(engine: &Engine, id: &str) -> Result<bool> {
    let mut tx = engine.store.begin().await?;
    let retried = attachments::retry(&mut tx, id).await?;
    tx.commit().await?;
    engine.memory.ring();
    Ok(retried)
}

/// Fetches one file now, parked or not, whatever pause it has.
///
/// # Errors
/// [`Error::Refused`] for a file that is not in Zendesk, or can never be fetched as it is: it is parked
/// then. [`Error::Zendesk`] if it may come another time. As the database says.
pub async fn fetch(engine: &Engine, id: &str, limits: Limits) -> Result<FileView> {
    retry(engine, id).await?;
    let file = find(engine, id).await?;
    let mut reader = engine.store.read().await?;
    let integration = match &file.integration_id {
        Some(id) => integrations::find(&mut reader, id).await?,
        None => None,
    };
    drop(reader);
    let (FileState::Remote, Some(integration)) = (file.state, integration) else {
        return match FileView::of(file) {
            here if here.is_here => Ok(here),
            _ => Err(Error::Refused(
                "The file cannot be fetched: no integration here knows where it is. Get it from Zendesk.".to_owned(),
            )),
        };
    };
    match attempt(engine, &integration, &file, limits).await? {
        Fetched::Done => Ok(FileView::of(find(engine, id).await?)),
        Fetched::Failed(error) => Err(error.into()),
        Fetched::Unfit(problem) => {
            let mut tx = engine.store.begin().await?;
            attachments::park(&mut tx, id, &problem).await?;
            tx.commit().await?;
            Err(Error::Refused(problem))
        }
    }
}

async fn find(engine: &Engine, id: &str) -> Result<Attachment> {
    let found = attachments::find(&mut *engine.store.read().await?, id).await?;
    found.ok_or_else(|| Error::Refused("There is no such file any more.".to_owned()))
}

async fn fetch_of(engine: &Engine, integration: &Integration, limits: Limits) -> Result<bool> {
    let now = engine.now();
    let mut reader = engine.store.read().await?;
    let missing = attachments::missing(&mut reader, &integration.id, LOOKED_AT).await?;
    if missing.is_empty() {
        return Ok(false);
    }
    let mut pauses = Pauses::load(&mut reader, &integration.id).await?;
    drop(reader);
    if !pauses.is_over(now) {
        return Ok(false);
    }
    let Some(file) = missing.iter().find(|file| pauses.is_due(&file.id, now)) else {
        return Ok(false);
    };
    let name = format!("files/{}", integration.id);
    let holder = &engine.settings.holder;
    let taken = leases::take(&engine.store, &name, holder, now, AT_A_FILE).await?;
    let Some(lease) = taken else {
        return Ok(false);
    };
    let tried = attempt(engine, integration, file, limits).await;
    let before = pauses.clone();
    pauses.keep_only(|id| missing.iter().any(|file| file.id == id));
    let mut tx = engine.store.begin().await?;
    match &tried {
        Ok(Fetched::Done) => pauses.went_well(&file.id),
        Ok(Fetched::Unfit(problem)) => {
            pauses.went_well(&file.id);
            attachments::park(&mut tx, &file.id, problem).await?;
        }
        Ok(Fetched::Failed(error)) => {
            if let Some(problem) = failed(&mut pauses, file, error, engine) {
                attachments::park(&mut tx, &file.id, &problem).await?;
            }
        }
        // Nothing is known of the file: whoever comes next tries it again.
        Err(_) => {}
    }
    if pauses != before {
        pauses.keep(&mut tx, &integration.id, engine.now()).await?;
    }
    leases::give_back(&mut tx, &lease).await?;
    tx.commit().await?;
    tried.map(|_| true)
}

/// Notes a failure. Returns why the file is to be parked, if it was tried often enough.
fn failed(
    pauses: &mut Pauses,
    file: &Attachment,
    error: &Zendesk,
    engine: &Engine,
) -> Option<String> {
    let now = engine.now();
    tracing::info!(file = file.id, "a file could not be fetched: {error}");
    match error {
        Zendesk::Limited { after, .. } => pauses.account_failed(*after, now),
        Zendesk::NotSignedIn { .. } | Zendesk::Setup(_) | Zendesk::Store(_) => {
            pauses.account_failed(None, now);
        }
        // No connection at all says nothing of the file.
        Zendesk::Unavailable {
            trouble: Trouble::Lookup | Trouble::Connect,
            after,
            ..
        } => pauses.account_failed(*after, now),
        Zendesk::Unavailable {
            trouble: Trouble::Timeout | Trouble::CutOff | Trouble::Status(_),
            ..
        }
        | Zendesk::Forbidden { .. }
        | Zendesk::NotFound { .. }
        | Zendesk::NotJson { .. }
        | Zendesk::WrongShape { .. }
        | Zendesk::Endless { .. }
        | Zendesk::CursorRefused { .. }
        | Zendesk::TooRecent { .. }
        | Zendesk::Redirected { .. }
        | Zendesk::TooLarge { .. }
        | Zendesk::Invalid { .. }
        | Zendesk::Conflict { .. }
        | Zendesk::Refused { .. }
        | Zendesk::Address(_)
        | Zendesk::Certificate { .. } => {
            if pauses.file_failed(&file.id, now) >= MOST_TRIES {
                pauses.went_well(&file.id);
                return Some(format!(
                    "It could not be fetched in {MOST_TRIES} tries. {error}"
                ));
            }
        }
    }
    None
}

async fn attempt(
    engine: &Engine,
    integration: &Integration,
    file: &Attachment,
    limits: Limits,
) -> Result<Fetched> {
    let Some(url) = file.content_url.clone() else {
        let problem = "Zendesk does not say where it can be fetched.";
        return Ok(Fetched::Unfit(problem.to_owned()));
    };
    if limits.is_over(file.size) {
        return Ok(Fetched::Unfit(too_large(limits)));
    }
    let client = match client_of(engine, integration).await {
        Ok(client) => client.with(Urgency::Pull).impatient(PATIENCE),
        Err(Error::Zendesk(error)) => return Ok(Fetched::Failed(error)),
        Err(Error::Refused(problem)) => return Ok(Fetched::Failed(Zendesk::Setup(problem))),
        Err(other) => return Err(other),
    };
    match Box::pin(take_in(engine, &client, url, file, limits)).await? {
        Taken::Whole(downloaded, chunks) => finish(engine, file, &downloaded, chunks).await,
        Taken::Unwanted => Ok(Fetched::Done),
        Taken::Broken(error) => Ok(judge(the_cause(&client, error).await, limits)),
    }
}

/// A stranger is refused a private file just like somebody who may not see it, or is sent to the page
/// for signing in, so whether we are known is asked before the file is blamed.
async fn the_cause(client: &Client, error: Zendesk) -> Zendesk {
    if !matches!(
        error,
        Zendesk::Forbidden { .. } | Zendesk::Redirected { .. }
    ) {
        return error;
    }
    match client.me().await {
        Err(stranger @ Zendesk::NotSignedIn { .. }) => stranger,
        Ok(_) | Err(_) => error,
    }
}

/// What came of a download.
enum Taken {
    /// All of it, in so many pieces.
    Whole(Downloaded, i64),
    /// Part of it, or nothing.
    Broken(Zendesk),
    /// The file was removed or parked here meanwhile.
    Unwanted,
}

/// Keeps the bytes as they come, each piece in a transaction of its own.
async fn take_in(
    engine: &Engine,
    client: &Client,
    url: String,
    file: &Attachment,
    limits: Limits,
) -> Result<Taken> {
    let mut incoming = Incoming::begin(client.clone(), url, limits.largest);
    let mut seq = 0;
    while let Some(piece) = incoming.next().await {
        if !keep_piece(engine, file, seq, &piece).await? {
            return Ok(Taken::Unwanted);
        }
        seq += 1;
    }
    let (downloaded, rest) = match incoming.end().await {
        Ok(ended) => ended,
        Err(error) => return Ok(Taken::Broken(error)),
    };
    if !rest.is_empty() {
        if !keep_piece(engine, file, seq, &rest).await? {
            return Ok(Taken::Unwanted);
        }
        seq += 1;
    }
    Ok(Taken::Whole(downloaded, seq))
}

/// Keeps a piece. False if the file is not waited for any more: it was redacted, or parked.
async fn keep_piece(engine: &Engine, file: &Attachment, seq: i64, piece: &[u8]) -> Result<bool> {
    let mut tx = engine.store.begin().await?;
    let known = attachments::find(&mut tx, &file.id).await?;
    if known.is_none_or(|known| known.state != FileState::Remote) {
        return Ok(false);
    }
    attachments::append(&mut tx, &file.id, seq, piece).await?;
    tx.commit().await?;
    engine.reached("files: after a piece is committed");
    Ok(true)
}

/// Ends the keeping of a file, if as many bytes came as Zendesk says it has (I-15).
async fn finish(
    engine: &Engine,
    file: &Attachment,
    downloaded: &Downloaded,
    chunks: i64,
) -> Result<Fetched> {
    let size = i64::try_from(downloaded.bytes).unwrap_or(i64::MAX);
    if file.size >= 0 && size != file.size {
        return Ok(Fetched::Unfit(format!(
            "Zendesk says that it has {} bytes, and sent {size}. Look at it in Zendesk, then try again.",
            file.size
        )));
    }
    let mut tx = engine.store.begin().await?;
    let known = attachments::find(&mut tx, &file.id).await?;
    if known.is_none_or(|known| known.state != FileState::Remote) {
        return Ok(Fetched::Done);
    }
    let sha256 = downloaded.sha256_hex();
    let whole = Whole {
        chunks,
        size,
        sha256: &sha256,
    };
    attachments::finish(&mut tx, &file.id, whole, FileState::Stored).await?;
    engine.reached("files: before a file is committed");
    tx.commit().await?;
    engine.reached("files: after a file is committed");
    Ok(Fetched::Done)
}

/// Whether an error is the file's own and lasts.
fn judge(error: Zendesk, limits: Limits) -> Fetched {
    match error {
        Zendesk::TooLarge { .. } => Fetched::Unfit(too_large(limits)),
        Zendesk::NotFound { .. } => Fetched::Unfit(
            "Zendesk does not have it any more. If it is there after all, try again.".to_owned(),
        ),
        Zendesk::Redirected { to } => Fetched::Unfit(format!(
            "Zendesk sends whoever asks for it to {}, which is no host of its files, so it was not fetched. If the link is right in Zendesk, report it to Zendesk's support.",
            to.as_deref().unwrap_or("no host at all")
        )),
        Zendesk::Address(error) => Fetched::Unfit(format!(
            "The link to it leads to a host that is not asked for files, so it was not fetched. {error}"
        )),
        Zendesk::NotSignedIn { .. }
        | Zendesk::Forbidden { .. }
        | Zendesk::Limited { .. }
        | Zendesk::Unavailable { .. }
        | Zendesk::NotJson { .. }
        | Zendesk::WrongShape { .. }
        | Zendesk::Endless { .. }
        | Zendesk::CursorRefused { .. }
        | Zendesk::TooRecent { .. }
        | Zendesk::Invalid { .. }
        | Zendesk::Conflict { .. }
        | Zendesk::Refused { .. }
        | Zendesk::Certificate { .. }
        | Zendesk::Setup(_)
        | Zendesk::Store(_) => Fetched::Failed(error),
    }
}

fn too_large(limits: Limits) -> String {
    format!(
        "{} It is only in Zendesk; open it there.",
        limits.sentence()
    )
}
