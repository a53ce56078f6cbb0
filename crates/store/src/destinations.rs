//! Zendesk accounts that profiles are sent to (profile-send.md 1).

use jiff::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use crate::audit::{self, Act, Change};
use crate::bulk::clean;
use crate::cases::moment;
use crate::counters;
use crate::database::Tx;
use crate::error::{Error, Result, exists_already};
use crate::ids::new_id;
use crate::versions::{self, Read};

/// What an account is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// For trying out.
    Sandbox,
    /// The one whose users are real.
    Production,
}

impl Environment {
    /// The word that is stored and shown in `--json`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sandbox => "sandbox",
            Self::Production => "production",
        }
    }

    /// The environment of a word, exactly as written.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "sandbox" => Some(Self::Sandbox),
            "production" => Some(Self::Production),
            _ => None,
        }
    }
}

/// What a new or edited destination carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DestinationDraft {
    /// Its name, unique.
    pub name: String,
    /// What it is for, in a person's words.
    pub description: String,
    /// Which credential signs in.
    pub credential_id: String,
    /// The account's address, normalised.
    pub url: String,
    /// The account's subdomain.
    pub account: String,
    /// What the account is for.
    pub environment: Environment,
    /// Whether only administrators and operators may send to it.
    pub admin_only: bool,
    /// Whether people who may not see personal data may send to it.
    pub allow_restricted: bool,
    /// The engine's own settings, as JSON.
    pub settings: String,
}

/// A Zendesk account to send to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// Our id.
    pub id: String,
    /// What names it in the ledger; never given to another one.
    pub number: i64,
    /// Its name, unique.
    pub name: String,
    /// What it is for, in a person's words.
    pub description: String,
    /// Which credential signs in.
    pub credential_id: String,
    /// The account's address, normalised.
    pub url: String,
    /// The account's subdomain.
    pub account: String,
    /// What the account is for.
    pub environment: Environment,
    /// Whether only administrators and operators may send to it.
    pub admin_only: bool,
    /// Whether people who may not see personal data may send to it.
    pub allow_restricted: bool,
    /// The engine's own settings, as JSON.
    pub settings: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last edited.
    pub updated_at: Timestamp,
}

impl Destination {
    /// A new one, or this one after an edit.
    fn of(
        id: String,
        number: i64,
        draft: &DestinationDraft,
        created_at: Timestamp,
        now: Timestamp,
    ) -> Self {
        let draft = draft.clone();
        Self {
            id,
            number,
            name: draft.name,
            description: draft.description,
            credential_id: draft.credential_id,
            url: draft.url,
            account: draft.account,
            environment: draft.environment,
            admin_only: draft.admin_only,
            allow_restricted: draft.allow_restricted,
            settings: draft.settings,
            created_at,
            updated_at: now,
        }
    }
}

fn destination(row: &AnyRow) -> Result<Destination> {
    let word: String = row.try_get("environment")?;
    Ok(Destination {
        id: row.try_get("id")?,
        number: row.try_get("number")?,
        name: row.try_get("name")?,
        description: row.try_get("description")?,
        credential_id: row.try_get("credential_id")?,
        url: row.try_get("url")?,
        account: row.try_get("account")?,
        environment: Environment::parse(&word)
            .ok_or_else(|| Error::Damaged(format!("environment {word:?} of a destination")))?,
        admin_only: row.try_get::<i64, _>("admin_only")? != 0,
        allow_restricted: row.try_get::<i64, _>("allow_restricted")? != 0,
        settings: row.try_get("settings")?,
        created_at: moment(row, "created_at")?,
        updated_at: moment(row, "updated_at")?,
    })
}

/// Adds a destination.
///
/// # Errors
/// [`Error::Exists`] if the name is taken.
pub async fn add(tx: &mut Tx, draft: &DestinationDraft, act: Act<'_>) -> Result<Destination> {
    add_as(tx, new_id(act.now, act.dice), draft, act).await
}

/// As [`add`], under an id that was chosen before.
///
/// # Errors
/// As [`add`].
pub async fn add_as(
    tx: &mut Tx,
    id: String,
    draft: &DestinationDraft,
    act: Act<'_>,
) -> Result<Destination> {
    let number = counters::take(tx, "destination", 1).await?;
    let made = Destination::of(id, number, draft, act.now, act.now);
    write(tx, &made).await?;
    audit::note(tx, act, "destination.add", &made.name, &made.url).await?;
    Ok(made)
}

/// Makes sure that a destination is still as it was read, and stays so until the transaction ends.
///
/// # Errors
/// [`Error::Stale`] if somebody changed or deleted it since.
pub async fn hold(tx: &mut Tx, read: &Destination) -> Result<()> {
    let read = Read {
        table: "destination",
        id: &read.id,
        name: &read.name,
        updated_at: read.updated_at,
    };
    versions::hold(tx, read).await
}

/// Replaces what a person set of a destination; returns it as it is now.
///
/// # Errors
/// [`Error::Exists`] if the new name is taken.
pub async fn edit(
    tx: &mut Tx,
    old: &Destination,
    draft: &DestinationDraft,
    act: Act<'_>,
) -> Result<Destination> {
    let new = Destination::of(old.id.clone(), old.number, draft, old.created_at, act.now);
    write(tx, &new).await?;
    let changes = audit::changes(&[
        ("name", Change::Told(&old.name, &new.name)),
        (
            "description",
            Change::Told(&old.description, &new.description),
        ),
        (
            "credential",
            Change::Told(&old.credential_id, &new.credential_id),
        ),
        ("address", Change::Told(&old.url, &new.url)),
        (
            "environment",
            Change::Told(old.environment.as_str(), new.environment.as_str()),
        ),
        (
            "admin only",
            Change::Switched(old.admin_only, new.admin_only),
        ),
        (
            "allow restricted",
            Change::Switched(old.allow_restricted, new.allow_restricted),
        ),
        ("settings", Change::Noted(old.settings != new.settings)),
    ]);
    audit::note(tx, act, "destination.edit", &new.name, &changes).await?;
    Ok(new)
}

async fn write(tx: &mut Tx, made: &Destination) -> Result<()> {
    sqlx::query(
        "INSERT INTO destination (id, number, name, description, credential_id, url, account, environment, admin_only, \
         allow_restricted, settings, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, description = excluded.description, \
         credential_id = excluded.credential_id, url = excluded.url, account = excluded.account, \
         environment = excluded.environment, admin_only = excluded.admin_only, \
         allow_restricted = excluded.allow_restricted, settings = excluded.settings, updated_at = excluded.updated_at",
    )
    .bind(made.id.clone())
    .bind(made.number)
    .bind(clean(&made.name))
    .bind(clean(&made.description))
    .bind(clean(&made.credential_id))
    .bind(clean(&made.url))
    .bind(clean(&made.account))
    .bind(made.environment.as_str().to_owned())
    .bind(i64::from(made.admin_only))
    .bind(i64::from(made.allow_restricted))
    .bind(clean(&made.settings))
    .bind(made.created_at.as_microsecond())
    .bind(made.updated_at.as_microsecond())
    .execute(&mut **tx)
    .await
    .map_err(|error| exists_already(error, &format!("A destination named {}", made.name)))?;
    Ok(())
}

/// Deletes a destination with its ledger and its workflows that are over, whose rows and alerts go with
/// them. The caller has made sure that nothing uses it ([`uses`]); the database refuses otherwise. The
/// users in Zendesk stay as they are.
///
/// # Errors
/// As the database says.
pub async fn delete(tx: &mut Tx, destination: &Destination, act: Act<'_>) -> Result<()> {
    sqlx::query("DELETE FROM ledger WHERE destination = $1")
        .bind(destination.number)
        .execute(&mut **tx)
        .await?;
    sqlx::query("DELETE FROM workflow WHERE destination_id = $1 AND state IN ('failed', 'stopped', 'completed')")
        .bind(destination.id.clone())
        .execute(&mut **tx)
        .await?;
    sqlx::query("DELETE FROM destination WHERE id = $1")
        .bind(destination.id.clone())
        .execute(&mut **tx)
        .await?;
    audit::note(
        tx,
        act,
        "destination.delete",
        &destination.name,
        &destination.url,
    )
    .await
}

/// All destinations, by name.
///
/// # Errors
/// As the database says.
pub async fn list(connection: &mut AnyConnection) -> Result<Vec<Destination>> {
    sqlx::query("SELECT * FROM destination ORDER BY name")
        .fetch_all(connection)
        .await?
        .iter()
        .map(destination)
        .collect()
}

/// The destination with this name or id.
///
/// # Errors
/// As the database says.
pub async fn find(connection: &mut AnyConnection, name_or_id: &str) -> Result<Option<Destination>> {
    let row = sqlx::query("SELECT * FROM destination WHERE name = $1 OR id = $1")
        .bind(clean(name_or_id))
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(destination).transpose()
}

/// What keeps a destination from being deleted: orchestrations (`orchestration live`), and workflows
/// that are not over (`workflow customers.csv`).
///
/// # Errors
/// As the database says.
pub async fn uses(connection: &mut AnyConnection, id: &str) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar(
        "SELECT said FROM (SELECT 1 AS place, 'orchestration ' || name AS said FROM orchestration WHERE destination_id = $1 \
         UNION ALL SELECT 2 AS place, 'workflow ' || title AS said FROM workflow \
         WHERE destination_id = $1 AND state IN ('waiting', 'running')) AS used ORDER BY place, said",
    )
    .bind(clean(id))
    .fetch_all(connection)
    .await?)
}

/// What goes when a destination is deleted, in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Customers of whom it is known what was last sent.
    pub customers: i64,
    /// Workflows that are over, with their rows and alerts.
    pub workflows: i64,
}

/// What goes when this destination is deleted.
///
/// # Errors
/// As the database says.
pub async fn extent(connection: &mut AnyConnection, destination: &Destination) -> Result<Extent> {
    let row = sqlx::query(
        "SELECT (SELECT COUNT(*) FROM ledger WHERE destination = $1) AS customers, \
         (SELECT COUNT(*) FROM workflow WHERE destination_id = $2) AS workflows",
    )
    .bind(destination.number)
    .bind(clean(&destination.id))
    .fetch_one(connection)
    .await?;
    Ok(Extent {
        customers: row.try_get("customers")?,
        workflows: row.try_get("workflows")?,
    })
}
