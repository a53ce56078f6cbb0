//! What was said: the case comments people read, and the mirror of Zendesk's comments beside them.

use std::collections::HashMap;

use domain::comment::TicketComment;
use jiff::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use crate::bulk::{Bulk, clean, select_in};
use crate::cases::moment;
use crate::database::Tx;
use crate::error::Result;

/// A comment on a case.
#[derive(Clone, PartialEq, Eq)]
pub struct CaseComment {
    /// Our id.
    pub id: String,
    /// The case.
    pub case_id: String,
    /// Plain text.
    pub message: String,
    /// Whether the customer may see it.
    pub public: bool,
    /// Whether it is the case's description too.
    pub is_description: bool,
    /// The contact who said it, if one did.
    pub contact_id: Option<String>,
    /// The user who said it, or stands in for somebody unknown.
    pub user_id: Option<String>,
    /// When it was said.
    pub created_at: Timestamp,
}

impl std::fmt::Debug for CaseComment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CaseComment")
            .field("id", &self.id)
            .field("case_id", &self.case_id)
            .field("public", &self.public)
            .finish_non_exhaustive()
    }
}

/// A Zendesk comment as the mirror keeps it.
pub struct MirroredComment<'a> {
    /// What we understand of it.
    pub comment: &'a TicketComment,
    /// Which case comment it is; none while its ticket has not arrived.
    pub case_comment_id: Option<&'a str>,
    /// Hash of what matters in `raw`.
    pub content: i64,
    /// All that Zendesk sent, as JSON.
    pub raw: &'a str,
}

/// What is known here of a Zendesk comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownComment {
    /// Its id in Zendesk.
    pub remote_id: i64,
    /// Which case comment it is; none while its ticket has not arrived.
    pub case_comment_id: Option<String>,
    /// Hash of the mirrored content. 0 for one that we sent until Zendesk's form of it was seen; the
    /// complement of the hash for one whose account is connected again, until it is mirrored anew.
    pub content: i64,
}

impl KnownComment {
    /// Whether Zendesk's form of it was last seen with this content, mirrored or before its account was
    /// connected again.
    pub const fn was_seen_as(&self, content: i64) -> bool {
        self.content == content || self.content == !content
    }
}

static PUT_CASE: Bulk = Bulk::new(
    "INSERT INTO crm_case_comment (id, case_id, message, public, is_description, contact_id, user_id, created_at, updated_at)",
    9,
    "ON CONFLICT (id) DO UPDATE SET message = excluded.message, public = excluded.public, updated_at = excluded.updated_at",
);

/// Adds case comments; of known ones only the text and who may see it are replaced, which only a
/// redaction or a change to private in Zendesk asks for.
///
/// # Errors
/// As the database says.
pub async fn put(tx: &mut Tx, comments: &[CaseComment], now: Timestamp) -> Result<()> {
    PUT_CASE
        .run(tx, comments, |row, comment| {
            row.text(&comment.id)
                .text(&comment.case_id)
                .text(&comment.message)
                .flag(comment.public)
                .flag(comment.is_description)
                .maybe_text(comment.contact_id.as_deref())
                .maybe_text(comment.user_id.as_deref())
                .int(comment.created_at.as_microsecond())
                .int(now.as_microsecond());
        })
        .await?;
    Ok(())
}

static PUT_MIRROR: Bulk = Bulk::new(
    "INSERT INTO zendesk_comment (integration_id, remote_id, ticket_remote_id, author_remote_id, case_comment_id, content, raw)",
    7,
    "ON CONFLICT (integration_id, remote_id) DO UPDATE SET author_remote_id = excluded.author_remote_id, \
     case_comment_id = COALESCE(zendesk_comment.case_comment_id, excluded.case_comment_id), content = excluded.content, raw = excluded.raw",
);

/// Adds comments to the mirror, or replaces them. A comment never changes its case comment.
///
/// # Errors
/// As the database says.
pub async fn mirror(
    tx: &mut Tx,
    integration: &str,
    comments: &[MirroredComment<'_>],
) -> Result<()> {
    PUT_MIRROR
        .run(tx, comments, |row, mirrored| {
            row.text(integration)
                .int(mirrored.comment.id)
                .int(mirrored.comment.ticket_id)
                .maybe_int(mirrored.comment.author_id)
                .maybe_text(mirrored.case_comment_id)
                .int(mirrored.content)
                .text(mirrored.raw);
        })
        .await?;
    Ok(())
}

/// What is known of the comments with these Zendesk ids.
///
/// # Errors
/// As the database says.
pub async fn known(
    connection: &mut AnyConnection,
    integration: &str,
    ids: &[i64],
) -> Result<HashMap<i64, KnownComment>> {
    select_in(
        connection,
        "SELECT remote_id, case_comment_id, content FROM zendesk_comment WHERE integration_id = $1 AND remote_id IN",
        Some(integration),
        ids,
        "",
    )
    .await?
    .iter()
    .map(|row| {
        let known = KnownComment {
            remote_id: row.try_get("remote_id")?,
            case_comment_id: row.try_get("case_comment_id")?,
            content: row.try_get("content")?,
        };
        Ok((known.remote_id, known))
    })
    .collect()
}

/// Tickets that have a case and comments that arrived before it, at most 1,000.
///
/// # Errors
/// As the database says.
pub async fn tickets_with_waiting(
    connection: &mut AnyConnection,
    integration: &str,
) -> Result<Vec<i64>> {
    Ok(sqlx::query_scalar(
        "SELECT DISTINCT z.ticket_remote_id FROM zendesk_comment z \
         JOIN link l ON l.integration_id = z.integration_id AND l.remote_id = z.ticket_remote_id \
         WHERE z.case_comment_id IS NULL AND z.integration_id = $1 LIMIT 1000",
    )
    .bind(clean(integration))
    .fetch_all(connection)
    .await?)
}

/// The case comments with these ids.
///
/// # Errors
/// As the database says.
pub async fn by_ids(
    connection: &mut AnyConnection,
    ids: &[String],
) -> Result<HashMap<String, CaseComment>> {
    select_in(
        connection,
        "SELECT id, case_id, message, public, is_description, contact_id, user_id, created_at FROM crm_case_comment WHERE id IN",
        None,
        ids,
        "",
    )
    .await?
    .iter()
    .map(|row| case_comment(row).map(|comment| (comment.id.clone(), comment)))
    .collect()
}

fn case_comment(row: &AnyRow) -> Result<CaseComment> {
    Ok(CaseComment {
        id: row.try_get("id")?,
        case_id: row.try_get("case_id")?,
        message: row.try_get("message")?,
        public: row.try_get::<i64, _>("public")? != 0,
        is_description: row.try_get::<i64, _>("is_description")? != 0,
        contact_id: row.try_get("contact_id")?,
        user_id: row.try_get("user_id")?,
        created_at: moment(row, "created_at")?,
    })
}

/// Empties the mirrored comments of cases whose tickets Zendesk has scrubbed, and removes those of
/// the tickets that no case has. The case comments themselves are ours and stay (ticket-sync.md 3,
/// *scrubbed*).
///
/// # Errors
/// As the database says.
pub async fn purge_mirror(
    tx: &mut Tx,
    integration: &str,
    cases: &[String],
    tickets: &[i64],
) -> Result<()> {
    for ticket in tickets {
        sqlx::query(
            "DELETE FROM zendesk_comment WHERE integration_id = $1 AND ticket_remote_id = $2 AND case_comment_id IS NULL",
        )
        .bind(integration.to_owned())
        .bind(*ticket)
        .execute(&mut **tx)
        .await?;
    }
    for case in cases {
        sqlx::query(
            "UPDATE zendesk_comment SET raw = '{}', content = 0 WHERE integration_id = $1 AND case_comment_id IN \
             (SELECT id FROM crm_case_comment WHERE case_id = $2)",
        )
        .bind(clean(integration))
        .bind(case.clone())
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// A comment as its case's page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommentRow {
    /// The comment.
    pub comment: CaseComment,
    /// Its id in Zendesk, if it came from or went to there.
    pub remote_id: Option<i64>,
    /// Who said it in Zendesk.
    pub author_remote_id: Option<i64>,
}

/// The comments of a case, oldest first, at most `limit` after the first `skip`.
///
/// # Errors
/// As the database says.
pub async fn of_case(
    connection: &mut AnyConnection,
    case: &str,
    skip: i64,
    limit: i64,
) -> Result<Vec<CommentRow>> {
    sqlx::query(
        "SELECT c.id, c.case_id, c.message, c.public, c.is_description, c.contact_id, c.user_id, c.created_at, z.remote_id, z.author_remote_id \
         FROM crm_case_comment c LEFT JOIN zendesk_comment z ON z.case_comment_id = c.id \
         WHERE c.case_id = $1 ORDER BY c.created_at, CASE WHEN z.remote_id IS NULL THEN 1 ELSE 0 END, z.remote_id, c.id LIMIT $2 OFFSET $3",
    )
    .bind(clean(case))
    .bind(limit)
    .bind(skip)
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| {
        Ok(CommentRow {
            comment: case_comment(row)?,
            remote_id: row.try_get("remote_id")?,
            author_remote_id: row.try_get("author_remote_id")?,
        })
    })
    .collect()
}

/// The comments of a case that no Zendesk comment is known to be, oldest first.
///
/// # Errors
/// As the database says.
pub async fn unmapped(connection: &mut AnyConnection, case: &str) -> Result<Vec<CaseComment>> {
    sqlx::query(
        "SELECT id, case_id, message, public, is_description, contact_id, user_id, created_at FROM crm_case_comment c \
         WHERE case_id = $1 AND NOT EXISTS (SELECT 1 FROM zendesk_comment z WHERE z.case_comment_id = c.id) ORDER BY created_at, id",
    )
    .bind(clean(case))
    .fetch_all(connection)
    .await?
    .iter()
    .map(case_comment)
    .collect()
}

/// The comments of these cases that no Zendesk comment is known to be, by case: their id, and whether
/// each is the description.
///
/// # Errors
/// As the database says.
pub async fn unmapped_of(
    connection: &mut AnyConnection,
    cases: &[String],
) -> Result<HashMap<String, Vec<(String, bool)>>> {
    let rows = select_in(
        connection,
        "SELECT c.id, c.case_id, c.is_description FROM crm_case_comment c \
         WHERE NOT EXISTS (SELECT 1 FROM zendesk_comment z WHERE z.case_comment_id = c.id) AND c.case_id IN",
        None,
        cases,
        "",
    )
    .await?;
    let mut found: HashMap<String, Vec<(String, bool)>> = HashMap::new();
    for row in &rows {
        let is_description = row.try_get::<i64, _>("is_description")? != 0;
        found
            .entry(row.try_get("case_id")?)
            .or_default()
            .push((row.try_get("id")?, is_description));
    }
    Ok(found)
}

/// Notes which operation of ours made each of these Zendesk comments: `(comment, operation)`.
///
/// # Errors
/// As the database says.
pub async fn note_operations(tx: &mut Tx, integration: &str, made: &[(i64, String)]) -> Result<()> {
    for (comment, op_id) in made {
        sqlx::query(
            "UPDATE zendesk_comment SET op_id = $3 WHERE remote_id = $2 AND integration_id = $1",
        )
        .bind(clean(integration))
        .bind(*comment)
        .bind(clean(op_id))
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// How many comments a case has.
///
/// # Errors
/// As the database says.
pub async fn count(connection: &mut AnyConnection, case: &str) -> Result<i64> {
    Ok(
        sqlx::query_scalar("SELECT COUNT(*) FROM crm_case_comment WHERE case_id = $1")
            .bind(clean(case))
            .fetch_one(connection)
            .await?,
    )
}
