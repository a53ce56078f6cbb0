//! From which query to which destination, how and when (profile-send.md 1, *orchestration*).

use jiff::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use crate::audit::{self, Act, Change};
use crate::bulk::clean;
use crate::cases::{maybe_moment, moment};
use crate::counters;
use crate::database::Tx;
use crate::error::{Error, Result, exists_already};
use crate::ids::new_id;
use crate::versions::{self, Read};

/// What makes an orchestration run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A person.
    Manual,
    /// A clock.
    Cron,
    /// Another one that has completed.
    After,
}

impl Mode {
    /// The word that is stored and shown in `--json`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Cron => "cron",
            Self::After => "after",
        }
    }

    /// The mode of a word, exactly as written.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Manual, Self::Cron, Self::After]
            .into_iter()
            .find(|mode| mode.as_str() == word)
    }
}

/// What a new or edited orchestration carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrchestrationDraft {
    /// Its name, unique.
    pub name: String,
    /// What it is for, in a person's words.
    pub description: String,
    /// Where its rows come from.
    pub query_id: String,
    /// Where they go.
    pub destination_id: String,
    /// The engine's own settings, as JSON: mapping, rules, guards, alerts.
    pub settings: String,
    /// What makes it run.
    pub mode: Mode,
    /// When, for [`Mode::Cron`].
    pub cron: Option<String>,
    /// By which clock, for [`Mode::Cron`].
    pub time_zone: Option<String>,
    /// After which one, for [`Mode::After`].
    pub after_id: Option<String>,
    /// Whether it runs by itself only if the source changed.
    pub only_if_changed: bool,
}

/// From a query to a destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Orchestration {
    /// Our id.
    pub id: String,
    /// What names it in the ledger; never given to another one.
    pub number: i64,
    /// Its name, unique.
    pub name: String,
    /// What it is for, in a person's words.
    pub description: String,
    /// Where its rows come from.
    pub query_id: String,
    /// Where they go.
    pub destination_id: String,
    /// The engine's own settings, as JSON: mapping, rules, guards, alerts.
    pub settings: String,
    /// What makes it run.
    pub mode: Mode,
    /// When, for [`Mode::Cron`].
    pub cron: Option<String>,
    /// By which clock, for [`Mode::Cron`].
    pub time_zone: Option<String>,
    /// After which one, for [`Mode::After`].
    pub after_id: Option<String>,
    /// Whether it runs by itself only if the source changed.
    pub only_if_changed: bool,
    /// Whether it runs by itself at all.
    pub active: bool,
    /// When it runs next, if it is active and planned.
    pub next_run_at: Option<Timestamp>,
    /// Hash, in hex, of the source that the last completed workflow read.
    pub last_fingerprint: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed by a person.
    pub updated_at: Timestamp,
}

impl Orchestration {
    /// This one with what a person set of it; not planned yet.
    fn with(self, draft: &OrchestrationDraft) -> Self {
        let draft = draft.clone();
        Self {
            name: draft.name,
            description: draft.description,
            query_id: draft.query_id,
            destination_id: draft.destination_id,
            settings: draft.settings,
            mode: draft.mode,
            cron: draft.cron,
            time_zone: draft.time_zone,
            after_id: draft.after_id,
            only_if_changed: draft.only_if_changed,
            next_run_at: None,
            ..self
        }
    }
}

fn orchestration(row: &AnyRow) -> Result<Orchestration> {
    let word: String = row.try_get("mode")?;
    Ok(Orchestration {
        id: row.try_get("id")?,
        number: row.try_get("number")?,
        name: row.try_get("name")?,
        description: row.try_get("description")?,
        query_id: row.try_get("query_id")?,
        destination_id: row.try_get("destination_id")?,
        settings: row.try_get("settings")?,
        mode: Mode::parse(&word)
            .ok_or_else(|| Error::Damaged(format!("mode {word:?} of an orchestration")))?,
        cron: row.try_get("cron")?,
        time_zone: row.try_get("time_zone")?,
        after_id: row.try_get("after_id")?,
        only_if_changed: row.try_get::<i64, _>("only_if_changed")? != 0,
        active: row.try_get::<i64, _>("active")? != 0,
        next_run_at: maybe_moment(row, "next_run_at")?,
        last_fingerprint: row.try_get("last_fingerprint")?,
        created_at: moment(row, "created_at")?,
        updated_at: moment(row, "updated_at")?,
    })
}

/// Adds an orchestration, inactive.
///
/// # Errors
/// [`Error::Exists`] if the name is taken.
pub async fn add(tx: &mut Tx, draft: &OrchestrationDraft, act: Act<'_>) -> Result<Orchestration> {
    add_as(tx, new_id(act.now, act.dice), draft, act).await
}

/// As [`add`], under an id that was chosen before.
///
/// # Errors
/// As [`add`].
pub async fn add_as(
    tx: &mut Tx,
    id: String,
    draft: &OrchestrationDraft,
    act: Act<'_>,
) -> Result<Orchestration> {
    let blank = Orchestration {
        id,
        number: counters::take(tx, "orchestration", 1).await?,
        name: String::new(),
        description: String::new(),
        query_id: String::new(),
        destination_id: String::new(),
        settings: String::new(),
        mode: draft.mode,
        cron: None,
        time_zone: None,
        after_id: None,
        only_if_changed: false,
        active: false,
        next_run_at: None,
        last_fingerprint: None,
        created_at: act.now,
        updated_at: act.now,
    };
    let made = blank.with(draft);
    write(tx, &made).await?;
    audit::note(tx, act, "orchestration.add", &made.name, made.mode.as_str()).await?;
    Ok(made)
}

/// Makes sure that an orchestration is still as it was read, and stays so until the transaction ends.
///
/// # Errors
/// [`Error::Stale`] if somebody changed or deleted it since.
pub async fn hold(tx: &mut Tx, read: &Orchestration) -> Result<()> {
    let read = Read {
        table: "orchestration",
        id: &read.id,
        name: &read.name,
        updated_at: read.updated_at,
    };
    versions::hold(tx, read).await
}

/// Replaces what a person set of an orchestration; returns it as it is now. When it runs next is
/// forgotten, since the clock may be another one: the caller plans it anew ([`plan_next`]).
///
/// # Errors
/// [`Error::Exists`] if the new name is taken.
pub async fn edit(
    tx: &mut Tx,
    old: &Orchestration,
    draft: &OrchestrationDraft,
    act: Act<'_>,
) -> Result<Orchestration> {
    let mut new = old.clone().with(draft);
    new.updated_at = act.now;
    write(tx, &new).await?;
    let told = |old: &'_ Option<String>| old.clone().unwrap_or_default();
    let changes = audit::changes(&[
        ("name", Change::Told(&old.name, &new.name)),
        (
            "description",
            Change::Told(&old.description, &new.description),
        ),
        ("query", Change::Told(&old.query_id, &new.query_id)),
        (
            "destination",
            Change::Told(&old.destination_id, &new.destination_id),
        ),
        ("mode", Change::Told(old.mode.as_str(), new.mode.as_str())),
        ("cron", Change::Told(&told(&old.cron), &told(&new.cron))),
        (
            "time zone",
            Change::Told(&told(&old.time_zone), &told(&new.time_zone)),
        ),
        (
            "after",
            Change::Told(&told(&old.after_id), &told(&new.after_id)),
        ),
        (
            "only if changed",
            Change::Switched(old.only_if_changed, new.only_if_changed),
        ),
        ("settings", Change::Noted(old.settings != new.settings)),
    ]);
    audit::note(tx, act, "orchestration.edit", &new.name, &changes).await?;
    Ok(new)
}

async fn write(tx: &mut Tx, made: &Orchestration) -> Result<()> {
    sqlx::query(
        "INSERT INTO orchestration (id, number, name, description, query_id, destination_id, settings, mode, cron, \
         time_zone, after_id, only_if_changed, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) \
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, description = excluded.description, \
         query_id = excluded.query_id, destination_id = excluded.destination_id, settings = excluded.settings, \
         mode = excluded.mode, cron = excluded.cron, time_zone = excluded.time_zone, after_id = excluded.after_id, \
         only_if_changed = excluded.only_if_changed, next_run_at = NULL, updated_at = excluded.updated_at",
    )
    .bind(made.id.clone())
    .bind(made.number)
    .bind(clean(&made.name))
    .bind(clean(&made.description))
    .bind(clean(&made.query_id))
    .bind(clean(&made.destination_id))
    .bind(clean(&made.settings))
    .bind(made.mode.as_str().to_owned())
    .bind(made.cron.as_deref().map(clean))
    .bind(made.time_zone.as_deref().map(clean))
    .bind(made.after_id.as_deref().map(clean))
    .bind(i64::from(made.only_if_changed))
    .bind(made.created_at.as_microsecond())
    .bind(made.updated_at.as_microsecond())
    .execute(&mut **tx)
    .await
    .map_err(|error| exists_already(error, &format!("An orchestration named {}", made.name)))?;
    Ok(())
}

/// Lets an orchestration run by itself, or not any more. When it runs next is forgotten; the caller plans
/// it ([`plan_next`]).
///
/// # Errors
/// As the database says.
pub async fn set_active(
    tx: &mut Tx,
    orchestration: &Orchestration,
    active: bool,
    act: Act<'_>,
) -> Result<()> {
    sqlx::query(
        "UPDATE orchestration SET active = $2, next_run_at = NULL, updated_at = $3 WHERE id = $1",
    )
    .bind(orchestration.id.clone())
    .bind(i64::from(active))
    .bind(act.now.as_microsecond())
    .execute(&mut **tx)
    .await?;
    let action = if active {
        "orchestration.activate"
    } else {
        "orchestration.deactivate"
    };
    audit::note(tx, act, action, &orchestration.name, "").await
}

/// Notes when an active orchestration runs next; one that is inactive stays unplanned.
///
/// # Errors
/// As the database says.
pub async fn plan_next(tx: &mut Tx, id: &str, at: Option<Timestamp>) -> Result<()> {
    sqlx::query("UPDATE orchestration SET next_run_at = $2 WHERE id = $1 AND active = 1")
        .bind(clean(id))
        .bind(at.map(Timestamp::as_microsecond))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Locks an orchestration until the transaction ends, so that of several processes one decides whether it
/// begins. Returns it as it is now.
///
/// # Errors
/// As the database says.
pub async fn lock(tx: &mut Tx, id: &str) -> Result<Option<Orchestration>> {
    let text = format!(
        "SELECT * FROM orchestration WHERE id = $1{}",
        tx.dialect().locking()
    );
    let row = sqlx::query(sqlx::AssertSqlSafe(text))
        .bind(clean(id))
        .fetch_optional(&mut **tx)
        .await?;
    row.as_ref().map(orchestration).transpose()
}

/// The send of this orchestration that waits or runs, as its id, if there is one.
///
/// # Errors
/// As the database says.
pub async fn open_send(connection: &mut AnyConnection, id: &str) -> Result<Option<String>> {
    Ok(sqlx::query_scalar(
        "SELECT id FROM workflow WHERE orchestration_id = $1 AND kind = 'send' AND state IN ('waiting', 'running') \
         ORDER BY number LIMIT 1",
    )
    .bind(clean(id))
    .fetch_optional(connection)
    .await?)
}

/// Plans the orchestrations that run after this one for now: a worker begins them.
///
/// # Errors
/// As the database says.
pub async fn plan_followers(tx: &mut Tx, id: &str, now: Timestamp) -> Result<()> {
    sqlx::query(
        "UPDATE orchestration SET next_run_at = $2 WHERE after_id = $1 AND mode = 'after' AND active = 1",
    )
    .bind(clean(id))
    .bind(now.as_microsecond())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Keeps the hash, in hex, of the source that a workflow read which is now completed.
///
/// # Errors
/// As the database says.
pub async fn keep_fingerprint(tx: &mut Tx, id: &str, fingerprint: &str) -> Result<()> {
    sqlx::query("UPDATE orchestration SET last_fingerprint = $2 WHERE id = $1")
        .bind(clean(id))
        .bind(clean(fingerprint))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Deletes an orchestration. Its workflows stay, and so does what the ledger knows of its customers. The
/// caller has made sure that none runs after it ([`uses`]); the database refuses otherwise.
///
/// # Errors
/// As the database says.
pub async fn delete(tx: &mut Tx, orchestration: &Orchestration, act: Act<'_>) -> Result<()> {
    sqlx::query("DELETE FROM orchestration WHERE id = $1")
        .bind(orchestration.id.clone())
        .execute(&mut **tx)
        .await?;
    audit::note(tx, act, "orchestration.delete", &orchestration.name, "").await
}

/// All orchestrations, by name.
///
/// # Errors
/// As the database says.
pub async fn list(connection: &mut AnyConnection) -> Result<Vec<Orchestration>> {
    sqlx::query("SELECT * FROM orchestration ORDER BY name")
        .fetch_all(connection)
        .await?
        .iter()
        .map(orchestration)
        .collect()
}

/// The orchestration with this name or id.
///
/// # Errors
/// As the database says.
pub async fn find(
    connection: &mut AnyConnection,
    name_or_id: &str,
) -> Result<Option<Orchestration>> {
    let row = sqlx::query("SELECT * FROM orchestration WHERE name = $1 OR id = $1")
        .bind(clean(name_or_id))
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(orchestration).transpose()
}

/// Active orchestrations whose time has come, the longest due first.
///
/// # Errors
/// As the database says.
pub async fn due(connection: &mut AnyConnection, now: Timestamp) -> Result<Vec<Orchestration>> {
    sqlx::query(
        "SELECT * FROM orchestration WHERE active = 1 AND next_run_at <= $1 ORDER BY next_run_at, id",
    )
    .bind(now.as_microsecond())
    .fetch_all(connection)
    .await?
    .iter()
    .map(orchestration)
    .collect()
}

/// Active orchestrations that run after this one has completed, by name.
///
/// # Errors
/// As the database says.
pub async fn after(connection: &mut AnyConnection, id: &str) -> Result<Vec<Orchestration>> {
    sqlx::query(
        "SELECT * FROM orchestration WHERE after_id = $1 AND mode = 'after' AND active = 1 ORDER BY name",
    )
    .bind(clean(id))
    .fetch_all(connection)
    .await?
    .iter()
    .map(orchestration)
    .collect()
}

/// What keeps an orchestration from being deleted: others that name it as the one they run after, active
/// or not (`orchestration later`), and workflows of it that are not over (`workflow customers.csv`).
///
/// # Errors
/// As the database says.
pub async fn uses(connection: &mut AnyConnection, id: &str) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar(
        "SELECT said FROM (SELECT 1 AS place, 'orchestration ' || name AS said FROM orchestration WHERE after_id = $1 AND id <> $1 \
         UNION ALL SELECT 2 AS place, 'workflow ' || title AS said FROM workflow \
         WHERE orchestration_id = $1 AND state IN ('waiting', 'running')) AS used ORDER BY place, said",
    )
    .bind(clean(id))
    .fetch_all(connection)
    .await?)
}
