//! Files of case comments, with their bytes in pieces, so that none is ever in memory whole.

use std::collections::HashMap;

use jiff::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};

use crate::bulk::{Bulk, clean, select_in};
use crate::cases::{maybe_moment, moment};
use crate::database::Tx;
use crate::error::{Error, Result};

/// How many bytes a piece has, but for a file's last one.
pub const CHUNK: usize = 256 * 1024;

/// Where a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileState {
    /// Zendesk has it and we have not yet: set by a pull.
    Remote,
    /// Zendesk has it and so have we: set by whoever fetched it, or sent it.
    Stored,
    /// We have it and Zendesk has not: set when somebody here adds it.
    Local,
    /// It could not be fetched or sent; a person can read why.
    Parked,
}

impl FileState {
    const ALL: [Self; 4] = [Self::Remote, Self::Stored, Self::Local, Self::Parked];

    /// The word that is stored and shown in `--json`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Remote => "remote",
            Self::Stored => "stored",
            Self::Local => "local",
            Self::Parked => "parked",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// A file of a case comment, without its bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Our id.
    pub id: String,
    /// The comment it belongs to.
    pub case_comment_id: String,
    /// Whose Zendesk has it, or is to get it.
    pub integration_id: Option<String>,
    /// Zendesk's id of it, once known.
    pub remote_id: Option<i64>,
    /// What it is called.
    pub file_name: String,
    /// What it says it is.
    pub content_type: String,
    /// How many bytes it has; what Zendesk says of one we have not fetched.
    pub size: i64,
    /// SHA-256 of its bytes in hex, once we have them.
    pub sha256: Option<String>,
    /// Where it is.
    pub state: FileState,
    /// Why it is parked, as a sentence.
    pub problem: Option<String>,
    /// Where Zendesk hands it out.
    pub content_url: Option<String>,
    /// When it was last uploaded to Zendesk; the token for it lives an hour from then.
    pub uploaded_at: Option<Timestamp>,
    /// When it became known here.
    pub created_at: Timestamp,
}

impl std::fmt::Debug for Attachment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Attachment")
            .field("id", &self.id)
            .field("case_comment_id", &self.case_comment_id)
            .field("remote_id", &self.remote_id)
            .field("size", &self.size)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

fn attachment(row: &AnyRow) -> Result<Attachment> {
    let id: String = row.try_get("id")?;
    let state: String = row.try_get("state")?;
    Ok(Attachment {
        case_comment_id: row.try_get("case_comment_id")?,
        integration_id: row.try_get("integration_id")?,
        remote_id: row.try_get("remote_id")?,
        file_name: row.try_get("file_name")?,
        content_type: row.try_get("content_type")?,
        size: row.try_get("size")?,
        sha256: row.try_get("sha256")?,
        state: FileState::parse(&state)
            .ok_or_else(|| Error::Damaged(format!("state of the attachment {id}")))?,
        problem: row.try_get("problem")?,
        content_url: row.try_get("content_url")?,
        uploaded_at: maybe_moment(row, "uploaded_at")?,
        created_at: moment(row, "created_at")?,
        id,
    })
}

static INSERT: Bulk = Bulk::new(
    "INSERT INTO attachment (id, case_comment_id, integration_id, remote_id, file_name, content_type, size, sha256, state, problem, content_url, created_at)",
    12,
    "ON CONFLICT DO NOTHING",
);

/// Adds files, without their bytes. One that is known already, by our id or by Zendesk's, is left as it
/// is. Returns how many were new.
///
/// # Errors
/// As the database says.
pub async fn add(tx: &mut Tx, attachments: &[Attachment]) -> Result<u64> {
    INSERT
        .run(tx, attachments, |row, file| {
            row.text(&file.id)
                .text(&file.case_comment_id)
                .maybe_text(file.integration_id.as_deref())
                .maybe_int(file.remote_id)
                .text(&file.file_name)
                .text(&file.content_type)
                .int(file.size)
                .maybe_text(file.sha256.as_deref())
                .text(file.state.as_str())
                .maybe_text(file.problem.as_deref())
                .maybe_text(file.content_url.as_deref())
                .int(file.created_at.as_microsecond());
        })
        .await
}

/// Keeps the `seq`-th piece of a file, from 0, in place of one that a former attempt may have left.
/// Every piece but the last has [`CHUNK`] bytes.
///
/// # Errors
/// As the database says, also if there is no such file.
pub async fn append(tx: &mut Tx, id: &str, seq: i64, bytes: &[u8]) -> Result<()> {
    sqlx::query(
        "INSERT INTO attachment_chunk (attachment_id, seq, bytes) VALUES ($1, $2, $3) \
         ON CONFLICT (attachment_id, seq) DO UPDATE SET bytes = excluded.bytes",
    )
    .bind(clean(id))
    .bind(seq)
    .bind(bytes.to_vec())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What the pieces of a file came to.
#[derive(Debug, Clone, Copy)]
pub struct Whole<'a> {
    /// How many pieces were kept.
    pub chunks: i64,
    /// How many bytes they have together.
    pub size: i64,
    /// SHA-256 over them in hex.
    pub sha256: &'a str,
}

/// Ends the keeping of a file's bytes: it is now [`FileState::Stored`] or [`FileState::Local`].
///
/// # Errors
/// [`Error::Damaged`] if what is kept is not as many pieces and bytes as were said; the caller commits
/// nothing then and begins again.
pub async fn finish(tx: &mut Tx, id: &str, whole: Whole<'_>, state: FileState) -> Result<()> {
    sqlx::query("DELETE FROM attachment_chunk WHERE attachment_id = $1 AND seq >= $2")
        .bind(clean(id))
        .bind(whole.chunks)
        .execute(&mut **tx)
        .await?;
    let kept = sqlx::query(
        "SELECT COUNT(*) AS n, CAST(COALESCE(SUM(LENGTH(bytes)), 0) AS BIGINT) AS size FROM attachment_chunk WHERE attachment_id = $1",
    )
    .bind(clean(id))
    .fetch_one(&mut **tx)
    .await?;
    if kept.try_get::<i64, _>("n")? != whole.chunks || kept.try_get::<i64, _>("size")? != whole.size
    {
        return Err(Error::Damaged(format!("the bytes of the attachment {id}")));
    }
    sqlx::query(
        "UPDATE attachment SET size = $2, sha256 = $3, state = $4, problem = NULL WHERE id = $1",
    )
    .bind(clean(id))
    .bind(whole.size)
    .bind(clean(whole.sha256))
    .bind(state.as_str().to_owned())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The `seq`-th piece of a file, from 0; none behind its last one. Reading piece after piece needs no
/// more memory than one.
///
/// # Errors
/// As the database says.
pub async fn chunk(connection: &mut AnyConnection, id: &str, seq: i64) -> Result<Option<Vec<u8>>> {
    Ok(sqlx::query_scalar(
        "SELECT bytes FROM attachment_chunk WHERE attachment_id = $1 AND seq = $2",
    )
    .bind(clean(id))
    .bind(seq)
    .fetch_optional(connection)
    .await?)
}

/// Takes a file out of the flow, with the reason as a sentence. Pieces of it that were kept go, unless
/// it is ours to send.
///
/// # Errors
/// As the database says.
pub async fn park(tx: &mut Tx, id: &str, problem: &str) -> Result<()> {
    sqlx::query(
        "DELETE FROM attachment_chunk WHERE attachment_id IN (SELECT id FROM attachment WHERE id = $1 AND state = 'remote')",
    )
    .bind(clean(id))
    .execute(&mut **tx)
    .await?;
    sqlx::query("UPDATE attachment SET state = 'parked', problem = $2 WHERE id = $1")
        .bind(clean(id))
        .bind(clean(problem))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Puts a parked file back into the flow: to be sent if we have its bytes, else to be fetched. False if
/// it was not parked.
///
/// # Errors
/// As the database says.
pub async fn retry(tx: &mut Tx, id: &str) -> Result<bool> {
    Ok(sqlx::query(
        "UPDATE attachment SET state = CASE WHEN sha256 IS NULL THEN 'remote' ELSE 'local' END, problem = NULL \
         WHERE id = $1 AND state = 'parked' AND (sha256 IS NOT NULL OR content_url IS NOT NULL)",
    )
    .bind(clean(id))
    .execute(&mut **tx)
    .await?
    .rows_affected()
        > 0)
}

/// Notes that a file was uploaded to Zendesk, before the comment that shows it.
///
/// # Errors
/// As the database says.
pub async fn note_uploaded(tx: &mut Tx, id: &str, now: Timestamp) -> Result<()> {
    sqlx::query("UPDATE attachment SET uploaded_at = $2 WHERE id = $1")
        .bind(clean(id))
        .bind(now.as_microsecond())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Notes which attachment of Zendesk a file of ours has become: it is now on both sides. False if
/// another file is that one already.
///
/// # Errors
/// As the database says.
pub async fn note_remote(
    tx: &mut Tx,
    id: &str,
    integration: &str,
    remote_id: i64,
    content_url: &str,
) -> Result<bool> {
    Ok(sqlx::query(
        "UPDATE attachment SET integration_id = $2, remote_id = $3, content_url = $4, state = 'stored', problem = NULL \
         WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM attachment o WHERE o.remote_id = $3 AND o.integration_id = $2 AND o.id <> $1)",
    )
    .bind(clean(id))
    .bind(clean(integration))
    .bind(remote_id)
    .bind(clean(content_url))
    .execute(&mut **tx)
    .await?
    .rows_affected()
        > 0)
}

/// Removes a file with its bytes: it was redacted in Zendesk.
///
/// # Errors
/// As the database says.
pub async fn remove(tx: &mut Tx, id: &str) -> Result<()> {
    sqlx::query("DELETE FROM attachment WHERE id = $1")
        .bind(clean(id))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Gives the files of one comment to another. Returns how many.
///
/// # Errors
/// As the database says.
pub async fn hand_over(tx: &mut Tx, from: &str, to: &str) -> Result<u64> {
    let handed =
        sqlx::query("UPDATE attachment SET case_comment_id = $2 WHERE case_comment_id = $1")
            .bind(clean(from))
            .bind(clean(to))
            .execute(&mut **tx)
            .await?;
    Ok(handed.rows_affected())
}

/// The file with this id.
///
/// # Errors
/// As the database says.
pub async fn find(connection: &mut AnyConnection, id: &str) -> Result<Option<Attachment>> {
    let row = sqlx::query("SELECT * FROM attachment WHERE id = $1")
        .bind(clean(id))
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(attachment).transpose()
}

/// The files of these case comments, by comment, in the order in which they were added.
///
/// # Errors
/// As the database says.
pub async fn of_comments(
    connection: &mut AnyConnection,
    comments: &[String],
) -> Result<HashMap<String, Vec<Attachment>>> {
    let rows = select_in(
        connection,
        "SELECT * FROM attachment WHERE case_comment_id IN",
        None,
        comments,
        "ORDER BY created_at, remote_id, id",
    )
    .await?;
    let mut found: HashMap<String, Vec<Attachment>> = HashMap::new();
    for row in &rows {
        let file = attachment(row)?;
        let files = found.entry(file.case_comment_id.clone()).or_default();
        // A comment that is asked for twice may have been answered twice.
        if files.iter().all(|known| known.id != file.id) {
            files.push(file);
        }
    }
    Ok(found)
}

/// The files of an integration that are still to be fetched, at most `limit`, the oldest first.
///
/// # Errors
/// As the database says.
pub async fn missing(
    connection: &mut AnyConnection,
    integration: &str,
    limit: i64,
) -> Result<Vec<Attachment>> {
    sqlx::query(
        "SELECT * FROM attachment WHERE state = 'remote' AND integration_id = $1 ORDER BY created_at, id LIMIT $2",
    )
    .bind(clean(integration))
    .bind(limit)
    .fetch_all(connection)
    .await?
    .iter()
    .map(attachment)
    .collect()
}

/// A file that is parked, with the case whose comment has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParkedFile {
    /// The file.
    pub file: Attachment,
    /// The case's id.
    pub case_id: String,
    /// The case's number.
    pub case_number: i64,
}

/// The files that are parked, of one integration and of one case if named, the one that became known last
/// first, at most `limit` behind the one of this moment and id.
///
/// # Errors
/// As the database says.
pub async fn parked(
    connection: &mut AnyConnection,
    integration: Option<&str>,
    case: Option<&str>,
    after: Option<(Timestamp, &str)>,
    limit: i64,
) -> Result<Vec<ParkedFile>> {
    let (at, id) = after.map_or((i64::MAX, ""), |(at, id)| (at.as_microsecond(), id));
    let of = match case {
        Some(_) => "c.case_id = $2",
        None => "$2 = ''",
    };
    sqlx::query(AssertSqlSafe(format!(
        "SELECT a.*, k.id AS of_case, k.number AS case_number FROM attachment a \
         JOIN crm_case_comment c ON c.id = a.case_comment_id JOIN crm_case k ON k.id = c.case_id \
         WHERE a.state = 'parked' AND {of} AND ($1 = '' OR a.integration_id = $1) AND (a.created_at, a.id) < ($3, $4) \
         ORDER BY a.created_at DESC, a.id DESC LIMIT $5",
    )))
    .bind(clean(integration.unwrap_or_default()))
    .bind(clean(case.unwrap_or_default()))
    .bind(at)
    .bind(clean(id))
    .bind(limit)
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| {
        Ok(ParkedFile {
            file: attachment(row)?,
            case_id: row.try_get("of_case")?,
            case_number: row.try_get("case_number")?,
        })
    })
    .collect()
}

/// A parked file of ours stays here, and nothing is said of it any more. False if it is not parked, or is
/// not here.
///
/// # Errors
/// As the database says.
pub async fn keep_here(tx: &mut Tx, id: &str) -> Result<bool> {
    Ok(sqlx::query(
        "UPDATE attachment SET state = 'local', problem = NULL WHERE id = $1 AND state = 'parked' AND sha256 IS NOT NULL",
    )
    .bind(clean(id))
    .execute(&mut **tx)
    .await?
    .rows_affected()
        > 0)
}

/// Files of ours, at most `limit`, that became known before `before` and that no comment has: whoever
/// was adding them ended before the comment was kept.
///
/// # Errors
/// As the database says.
pub async fn left_behind(
    connection: &mut AnyConnection,
    before: Timestamp,
    limit: i64,
) -> Result<Vec<String>> {
    sqlx::query(
        "SELECT a.id FROM attachment a WHERE a.state = 'local' AND a.created_at < $1 \
         AND NOT EXISTS (SELECT 1 FROM crm_case_comment c WHERE c.id = a.case_comment_id) LIMIT $2",
    )
    .bind(before.as_microsecond())
    .bind(limit)
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| Ok(row.try_get("id")?))
    .collect()
}

/// The files stay with their comments when their integration is deleted. What was not fetched by then
/// never can be; the pieces that came of it are of no use.
pub(crate) async fn detach(tx: &mut Tx, integration: &str) -> Result<()> {
    sqlx::query(
        "DELETE FROM attachment_chunk WHERE attachment_id IN (SELECT id FROM attachment WHERE state = 'remote' AND integration_id = $1)",
    )
    .bind(clean(integration))
    .execute(&mut **tx)
    .await?;
    sqlx::query(
        "UPDATE attachment SET integration_id = NULL, remote_id = NULL, content_url = NULL, \
         problem = CASE state WHEN 'remote' THEN 'It was not fetched before its integration was deleted. Get it from Zendesk.' ELSE problem END, \
         state = CASE state WHEN 'remote' THEN 'parked' ELSE state END WHERE integration_id = $1",
    )
    .bind(clean(integration))
    .execute(&mut **tx)
    .await?;
    Ok(())
}
