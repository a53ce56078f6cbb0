//! Checks that people asked for (`asked_check`): what is looked at, how far it has come, what was found.

use jiff::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use crate::bulk::clean;
use crate::database::Tx;
use crate::error::{Error, Result, gone_already};

/// What a check looks at, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CheckKind {
    /// Disk, database, people, accounts and sources of the whole installation. It changes nothing.
    Installation,
    /// Every linked ticket and comment of an integration against Zendesk. It puts right what differs.
    Verify,
    /// What a run of an integration would change. It changes nothing.
    DryRun,
    /// How the Zendesk account of an integration or destination behaves. It makes a throw-away user and
    /// ticket there, and deletes them.
    Live,
}

impl CheckKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Installation, Self::Verify, Self::DryRun, Self::Live];

    /// The word that is stored, and that the API says.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Installation => "installation",
            Self::Verify => "verify",
            Self::DryRun => "dry_run",
            Self::Live => "live",
        }
    }

    /// The kind of a word, exactly as written.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// What a check is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// The installation.
    Installation,
    /// An integration, by its id.
    Integration(String),
    /// A destination, by its id.
    Destination(String),
}

impl Subject {
    /// The id, "" for the installation.
    pub fn id(&self) -> &str {
        match self {
            Self::Installation => "",
            Self::Integration(id) | Self::Destination(id) => id,
        }
    }
}

/// A check that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Our id; a later one is greater.
    pub id: String,
    /// What it looks at, and how.
    pub kind: CheckKind,
    /// What it is of.
    pub subject: Subject,
    /// Whether its report may name the account.
    pub names_account: bool,
    /// Who asked for it.
    pub actor: String,
    /// Whether somebody asked it to stop.
    pub stop_asked: bool,
    /// What it is at, as a sentence.
    pub stage: Option<String>,
    /// Why it could not be seen through, as a sentence.
    pub problem: Option<String>,
    /// What it found, as JSON.
    pub result: Option<String>,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// When it began.
    pub began_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

fn check(row: &AnyRow) -> Result<Check> {
    let word: String = row.try_get("kind")?;
    let kind = CheckKind::parse(&word)
        .ok_or_else(|| Error::Damaged(format!("a check of the kind {word:?}")))?;
    let integration: Option<String> = row.try_get("integration_id")?;
    let destination: Option<String> = row.try_get("destination_id")?;
    let subject = match (integration, destination) {
        (Some(id), _) => Subject::Integration(id),
        (None, Some(id)) => Subject::Destination(id),
        (None, None) => Subject::Installation,
    };
    let began: Option<i64> = row.try_get("began_at")?;
    let ended: Option<i64> = row.try_get("ended_at")?;
    let moment = |at: i64| {
        Timestamp::from_microsecond(at)
            .map_err(|_| Error::Damaged("a check at a moment that cannot be".to_owned()))
    };
    Ok(Check {
        id: row.try_get("id")?,
        kind,
        subject,
        names_account: row.try_get::<i64, _>("names_account")? != 0,
        actor: row.try_get("actor")?,
        stop_asked: row.try_get::<i64, _>("stop_asked")? != 0,
        stage: row.try_get("stage")?,
        problem: row.try_get("problem")?,
        result: row.try_get("result")?,
        asked_at: crate::cases::moment(row, "asked_at")?,
        began_at: began.map(moment).transpose()?,
        ended_at: ended.map(moment).transpose()?,
    })
}

/// Keeps a check that is asked for, unless one of its kind and subject is open already. Returns the id of
/// the one that is, and whether it is new.
///
/// # Errors
/// [`Error::Stale`] if its subject was deleted meanwhile.
pub async fn open_or_join(tx: &mut Tx, new: &Check) -> Result<(String, bool)> {
    let (integration, destination) = match &new.subject {
        Subject::Installation => (None, None),
        Subject::Integration(id) => (Some(clean(id)), None),
        Subject::Destination(id) => (None, Some(clean(id))),
    };
    let added = sqlx::query(
        "INSERT INTO asked_check (id, kind, subject, integration_id, destination_id, names_account, actor, asked_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
    )
    .bind(clean(&new.id))
    .bind(new.kind.as_str())
    .bind(clean(new.subject.id()))
    .bind(integration)
    .bind(destination)
    .bind(i64::from(new.names_account))
    .bind(clean(&new.actor))
    .bind(new.asked_at.as_microsecond())
    .execute(&mut **tx)
    .await
    .map_err(|error| gone_already(error, "what it is to look at"))?;
    if added.rows_affected() > 0 {
        return Ok((new.id.clone(), true));
    }
    let open = sqlx::query_scalar(
        "SELECT id FROM asked_check WHERE kind = $1 AND subject = $2 AND ended_at IS NULL",
    )
    .bind(new.kind.as_str())
    .bind(clean(new.subject.id()))
    .fetch_one(&mut **tx)
    .await?;
    Ok((open, false))
}

/// The check with this id.
///
/// # Errors
/// As the database says.
pub async fn find(connection: &mut AnyConnection, id: &str) -> Result<Option<Check>> {
    let row = sqlx::query("SELECT * FROM asked_check WHERE id = $1")
        .bind(clean(id))
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(check).transpose()
}

/// Which checks are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Those of this subject only.
    pub of: Option<Subject>,
    /// Those before this one only: the last id of the page before.
    pub before: Option<String>,
}

/// Checks, the one asked for last first, without what they found.
///
/// # Errors
/// As the database says.
pub async fn list(
    connection: &mut AnyConnection,
    filter: &Filter,
    limit: i64,
) -> Result<Vec<Check>> {
    let (integration, destination, installation) = match &filter.of {
        None => (None, None, 0_i64),
        Some(Subject::Integration(id)) => (Some(clean(id)), None, 0),
        Some(Subject::Destination(id)) => (None, Some(clean(id)), 0),
        Some(Subject::Installation) => (None, None, 1),
    };
    sqlx::query(
        "SELECT id, kind, integration_id, destination_id, names_account, actor, stop_asked, stage, problem, \
         NULL AS result, asked_at, began_at, ended_at FROM asked_check \
         WHERE ($1 = '' OR id < $1) AND ($2 = '' OR integration_id = $2) AND ($3 = '' OR destination_id = $3) \
         AND ($4 = 0 OR subject = '') ORDER BY id DESC LIMIT $5",
    )
    .bind(filter.before.as_deref().map(clean).unwrap_or_default())
    .bind(integration.unwrap_or_default())
    .bind(destination.unwrap_or_default())
    .bind(installation)
    .bind(limit)
    .fetch_all(connection)
    .await?
    .iter()
    .map(check)
    .collect()
}

/// Notes that a check begins, or begins again since whoever was at it died.
///
/// # Errors
/// As the database says.
pub async fn begin(tx: &mut Tx, id: &str, now: Timestamp) -> Result<()> {
    sqlx::query(
        "UPDATE asked_check SET began_at = $2, stage = NULL WHERE id = $1 AND ended_at IS NULL",
    )
    .bind(clean(id))
    .bind(now.as_microsecond())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Notes what a check is at.
///
/// # Errors
/// As the database says.
pub async fn note_stage(tx: &mut Tx, id: &str, stage: &str) -> Result<()> {
    sqlx::query("UPDATE asked_check SET stage = $2 WHERE id = $1 AND ended_at IS NULL")
        .bind(clean(id))
        .bind(clean(stage))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Asks a check to stop. False if it has ended, or there is none.
///
/// # Errors
/// As the database says.
pub async fn ask_to_stop(tx: &mut Tx, id: &str) -> Result<bool> {
    let asked =
        sqlx::query("UPDATE asked_check SET stop_asked = 1 WHERE id = $1 AND ended_at IS NULL")
            .bind(clean(id))
            .execute(&mut **tx)
            .await?;
    Ok(asked.rows_affected() > 0)
}

/// Why a dry run that was to stop says nothing, though it had come to its end.
const NOT_TOLD: &str = "It was stopped: somebody asked for it, or Zendesk has just erased a ticket that it may quote. Ask again.";

/// Ends a check with what it found, or why it found nothing. A dry run that is to stop tells nothing any more, since
/// what it quotes may have been erased meanwhile.
///
/// # Errors
/// As the database says.
pub async fn end(tx: &mut Tx, id: &str, found: Result<&str, &str>, now: Timestamp) -> Result<()> {
    let (result, problem) = match found {
        Ok(result) => (Some(result), None),
        Err(problem) => (None, Some(problem)),
    };
    sqlx::query(
        "UPDATE asked_check SET result = CASE WHEN kind = 'dry_run' AND stop_asked = 1 THEN NULL ELSE $2 END, \
         problem = CASE WHEN kind = 'dry_run' AND stop_asked = 1 THEN COALESCE($3, $4) ELSE $3 END, \
         stage = NULL, ended_at = $5 WHERE id = $1 AND ended_at IS NULL",
    )
    .bind(clean(id))
    .bind(result.map(clean))
    .bind(problem.map(clean))
    .bind(NOT_TOLD)
    .bind(now.as_microsecond())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Removes what dry runs of an integration found, and stops the one that is open: a ticket that they may quote was
/// erased.
///
/// # Errors
/// As the database says.
pub async fn purge(tx: &mut Tx, integration: &str) -> Result<()> {
    // In this order: one that ends at the same moment either sees that it is to stop, or is seen to have ended.
    for text in [
        "UPDATE asked_check SET stop_asked = 1 WHERE integration_id = $1 AND kind = 'dry_run'",
        "DELETE FROM asked_check WHERE integration_id = $1 AND kind = 'dry_run' AND ended_at IS NOT NULL",
    ] {
        sqlx::query(text)
            .bind(clean(integration))
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

/// Removes dry runs that ended before `quoting`, since they quote customers' data, and all checks that
/// ended before `all`. Returns how many.
///
/// # Errors
/// As the database says.
pub async fn sweep(tx: &mut Tx, quoting: Timestamp, all: Timestamp) -> Result<u64> {
    let gone = sqlx::query(
        "DELETE FROM asked_check WHERE ended_at < $2 OR (kind = 'dry_run' AND ended_at < $1)",
    )
    .bind(quoting.as_microsecond())
    .bind(all.as_microsecond())
    .execute(&mut **tx)
    .await?;
    Ok(gone.rows_affected())
}
