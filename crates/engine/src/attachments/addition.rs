//! A comment with files, added here: the files first, so that nobody can send it without them.

use std::pin::Pin;

use domain::desk::{DeskComment, Written};
use jiff::SignedDuration;
use sha2::{Digest as _, Sha256};
use store::attachments::{self, Attachment, CHUNK, FileState, Whole};
use store::comments::{self, CaseComment};
use store::{cases, desks, integrations};
use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::{Limits, MOST_FILES, content_type_of, safe_name};
use crate::actions::Deed;
use crate::desk::{By, Decision, Setting, keep_deed};
use crate::engine::Engine;
use crate::error::{Error, Result};

/// What is said.
#[derive(Clone, Copy)]
pub struct NewComment<'a> {
    /// The case, by number or id.
    pub case: &'a str,
    /// Plain text, not blank.
    pub text: &'a str,
    /// Whether the customer may see it.
    pub public: bool,
    /// The user who says it, by id.
    pub author: &'a str,
    /// Who does this, for the records: the user's email.
    pub actor: &'a str,
}

impl std::fmt::Debug for NewComment<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewComment")
            .field("case", &self.case)
            .field("public", &self.public)
            .finish_non_exhaustive()
    }
}

/// What a blank comment is told.
pub const NO_TEXT: &str = "A comment needs a text. Write one beside its files.";

/// A file to be added, read once from its start to its end.
pub struct Source {
    /// What it is called; of a path only the last part is kept.
    pub name: String,
    /// Its bytes.
    pub content: Pin<Box<dyn AsyncRead + Send>>,
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source").finish_non_exhaustive()
    }
}

/// A comment that was added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    /// Its id.
    pub comment: String,
    /// The ids of its files, in order.
    pub files: Vec<String>,
}

/// Adds a comment with files to a case, and has it sent if the case has a ticket that is kept in step.
///
/// # Errors
/// [`Error::Refused`] for an unknown or deleted case, a blank text, too many files, or one that is too
/// large or cannot be read: nothing is added then.
pub async fn comment(
    engine: &Engine,
    new: NewComment<'_>,
    files: Vec<Source>,
    limits: Limits,
) -> Result<Added> {
    comment_as(engine, engine.new_id(), new, files, limits).await
}

/// As [`comment()`], under an id that was chosen before: asked for twice, one comment is added.
///
/// # Errors
/// As [`comment()`].
pub async fn comment_as(
    engine: &Engine,
    id: String,
    new: NewComment<'_>,
    files: Vec<Source>,
    limits: Limits,
) -> Result<Added> {
    if let Some(added) = added(engine, &id).await? {
        return Ok(added);
    }
    if new.text.trim().is_empty() {
        return Err(Error::Refused(NO_TEXT.to_owned()));
    }
    if files.len() > MOST_FILES {
        return Err(too_many(files.len()));
    }
    let case = cases::find(&mut *engine.store.read().await?, new.case).await?;
    let case = case.map(|case| case.id).ok_or_else(|| {
        Error::Refused(format!(
            "There is no case {:?}. `deskbridge case list` shows those there are.",
            new.case
        ))
    })?;
    // Under an id of this attempt's own until the comment is there: another attempt at the same comment
    // may be at work, or have been cut off, and its files must not come to ours.
    let attempt = match files.is_empty() {
        true => id.clone(),
        false => engine.new_id(),
    };
    let mut stored = Vec::with_capacity(files.len());
    let kept = async {
        for file in files {
            store_file(engine, &attempt, file, limits, &mut stored).await?;
        }
        engine.reached("files: before their comment is added");
        let files = Kept {
            attempt: &attempt,
            count: stored.len(),
        };
        say(engine, &id, &case, new, files).await
    };
    let said = kept.await;
    if !matches!(said, Ok(Said::Now)) && !stored.is_empty() {
        forget(engine, &attempt).await?;
    }
    match said? {
        Said::Now => {
            engine.memory.ring();
            Ok(Added {
                comment: id,
                files: stored,
            })
        }
        Said::Before => {
            let gone = || Error::Refused("The comment was removed while it was added.".to_owned());
            added(engine, &id).await?.ok_or_else(gone)
        }
    }
}

/// What is said where a comment has `count` files, which is more than it may have.
pub fn too_many(count: usize) -> Error {
    Error::Refused(format!(
        "A comment takes {MOST_FILES} files at most, and {count} were given. Send them in several comments."
    ))
}

/// Removes the files of an attempt that no comment came to have: they are of no use to anybody. Where
/// only the answer to a commit was lost, the comment has them and is sent with them.
async fn forget(engine: &Engine, attempt: &str) -> Result<()> {
    let attempt = [attempt.to_owned()];
    let mut tx = engine.store.begin().await?;
    let left = attachments::of_comments(&mut tx, &attempt).await?;
    for file in left.values().flatten() {
        attachments::remove(&mut tx, &file.id).await?;
    }
    Ok(tx.commit().await?)
}

/// The comment of this id, if it was added before.
async fn added(engine: &Engine, id: &str) -> Result<Option<Added>> {
    let ids = [id.to_owned()];
    let mut reader = engine.store.read().await?;
    if comments::by_ids(&mut reader, &ids).await?.is_empty() {
        return Ok(None);
    }
    let files = attachments::of_comments(&mut reader, &ids).await?;
    let [comment] = ids;
    Ok(Some(Added {
        files: files.into_values().flatten().map(|file| file.id).collect(),
        comment,
    }))
}

/// Stores one file, and notes its id before anything of it is kept.
async fn store_file(
    engine: &Engine,
    comment: &str,
    source: Source,
    limits: Limits,
    stored: &mut Vec<String>,
) -> Result<()> {
    let Source { name, mut content } = source;
    let name = safe_name(&name);
    let id = engine.new_id();
    stored.push(id.clone());
    let row = Attachment {
        id: id.clone(),
        case_comment_id: comment.to_owned(),
        integration_id: None,
        remote_id: None,
        content_type: content_type_of(&name).to_owned(),
        file_name: name.clone(),
        size: 0,
        sha256: None,
        state: FileState::Local,
        problem: None,
        content_url: None,
        uploaded_at: None,
        created_at: engine.now(),
    };
    let mut tx = engine.store.begin().await?;
    attachments::add(&mut tx, &[row]).await?;
    tx.commit().await?;
    let (mut hash, mut size, mut seq) = (Sha256::new(), 0_u64, 0_i64);
    loop {
        let chunk = read_chunk(&mut content, &name).await?;
        size += u64::try_from(chunk.len()).unwrap_or(u64::MAX);
        if size > limits.largest {
            return Err(limits.refusal(&name));
        }
        if !chunk.is_empty() {
            hash.update(&chunk);
            let mut tx = engine.store.begin().await?;
            attachments::append(&mut tx, &id, seq, &chunk).await?;
            tx.commit().await?;
            seq += 1;
        }
        if chunk.len() < CHUNK {
            break;
        }
    }
    let sha256: String = hash
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let whole = Whole {
        chunks: seq,
        size: i64::try_from(size).unwrap_or(i64::MAX),
        sha256: &sha256,
    };
    let mut tx = engine.store.begin().await?;
    attachments::finish(&mut tx, &id, whole, FileState::Local).await?;
    Ok(tx.commit().await?)
}

/// The next full piece, or what is left.
async fn read_chunk(content: &mut Pin<Box<dyn AsyncRead + Send>>, name: &str) -> Result<Vec<u8>> {
    let mut chunk = vec![0; CHUNK];
    let mut filled = 0;
    while filled < CHUNK {
        let read = content.read(&mut chunk[filled..]).await.map_err(|error| {
            Error::Refused(format!(
                "The file {name:?} could not be read ({}), so nothing was added. Try again.",
                error.kind()
            ))
        })?;
        if read == 0 {
            break;
        }
        filled += read;
    }
    chunk.truncate(filled);
    Ok(chunk)
}

/// How long a file may wait for the comment that it is added with: far longer than adding takes.
const AT_ADDING: SignedDuration = SignedDuration::from_hours(24);
/// So many files are removed in one go; the rest an hour later.
const SWEPT_AT_ONCE: i64 = 1_000;

/// Removes files whose comment never came, since the process that added them ended in the middle.
///
/// # Errors
/// As the database says.
pub(crate) async fn sweep(engine: &Engine) -> Result<()> {
    let now = engine.now();
    let before = now.saturating_sub(AT_ADDING).unwrap_or(now);
    let mut reader = engine.store.read().await?;
    let left = attachments::left_behind(&mut reader, before, SWEPT_AT_ONCE).await?;
    drop(reader);
    for id in &left {
        // One transaction each: a file's pieces are many, and others write too.
        let mut tx = engine.store.begin().await?;
        attachments::remove(&mut tx, id).await?;
        tx.commit().await?;
    }
    if !left.is_empty() {
        tracing::info!(files = left.len(), "files that no comment has were removed");
    }
    Ok(())
}

/// The files that an attempt has kept.
struct Kept<'a> {
    /// The id under which they are kept.
    attempt: &'a str,
    /// How many.
    count: usize,
}

/// When a comment was added.
enum Said {
    /// Just now.
    Now,
    /// By another attempt.
    Before,
}

async fn say(
    engine: &Engine,
    id: &str,
    case: &str,
    new: NewComment<'_>,
    files: Kept<'_>,
) -> Result<Said> {
    let now = engine.now();
    let mut tx = engine.store.begin().await?;
    let held = desks::lock(&mut tx, case).await?;
    let Some(held) = held.filter(|held| !held.desk.deleted) else {
        return Err(Error::Refused(
            "The case was deleted, so nothing can be added to it. Restore it first.".to_owned(),
        ));
    };
    let integration = match &held.integration_id {
        Some(id) => integrations::find(&mut tx, id).await?,
        None => None,
    };
    // Who asked for it a moment ago under the same id was faster.
    if !comments::by_ids(&mut tx, &[id.to_owned()])
        .await?
        .is_empty()
    {
        return Ok(Said::Before);
    }
    if files.count > 0 {
        let handed = attachments::hand_over(&mut tx, files.attempt, id).await?;
        if usize::try_from(handed).ok() != Some(files.count) {
            return Err(Error::Refused(
                "The files were removed while their comment was added, so nothing was added. Try again.".to_owned(),
            ));
        }
    }
    let setting = Setting::without_people(integration.as_ref());
    let comment = CaseComment {
        id: id.to_owned(),
        case_id: case.to_owned(),
        message: new.text.to_owned(),
        public: new.public,
        is_description: false,
        contact_id: None,
        user_id: Some(new.author.to_owned()),
        created_at: now,
    };
    comments::put(&mut tx, &[comment], now).await?;
    let (mut desk, mut written) = (held.desk.clone(), Written::default());
    setting.decide(engine, now, |room| {
        let comment = DeskComment {
            id: id.to_owned(),
            public: new.public,
            is_description: false,
            remote: None,
        };
        desk.say(comment, room, &mut written);
    });
    let by = By {
        side: "crm",
        actor: new.actor,
        run: None,
    };
    let decision = Decision {
        held: &held,
        desk: &desk,
        written: &written,
    };
    let deed = Deed::Commented {
        comment: id.to_owned(),
        public: new.public,
        files: files.count,
    };
    let by = (&by, Some(&deed));
    keep_deed(engine, &mut tx, &setting, &decision, by, now).await?;
    engine.reached("files: before their comment is committed");
    tx.commit().await?;
    Ok(Said::Now)
}
