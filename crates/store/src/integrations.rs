//! Connected remote accounts and their settings (ticket-sync.md 2).

pub mod consents;

use std::time::Duration;

use domain::identity::Unassigned;
use domain::mapping::Maps;
use domain::merge::{Mode, Priority};
use jiff::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};

use crate::audit::{self, Act};
use crate::bulk::clean;
use crate::database::{Dialect, Tx};
use crate::error::{Error, Result, exists_already};
use crate::former;
use crate::ids::new_short_id;

/// Which end users become contacts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContactPolicy {
    /// Those who requested or submitted a ticket (default).
    TicketPeople,
    /// Every end user of the account.
    All,
}

/// Which addresses of a contact count when it is looked for by email.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmailMatch {
    /// The primary one (default).
    Primary,
    /// The primary one of any contact, else a secondary one.
    PrimaryThenSecondary,
}

/// The settings a person edits.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// 3 to 255 characters, unique.
    pub name: String,
    /// Which kind of remote account; today always `zendesk`.
    pub kind: String,
    /// The account's address, normalised.
    pub url: String,
    /// Which credential signs in.
    pub credential_id: String,
    /// Gets tickets whose assignee is unknown in Zendesk.
    pub default_email: Option<String>,
    /// A user: fallback for unmatched staff; manages the integration.
    pub owner_id: String,
    /// Whether case edits go to Zendesk.
    pub two_way: bool,
    /// Who wins a conflict.
    pub priority: Priority,
    /// How often to pull: 60 s to 24 h.
    pub interval: Duration,
    /// Which end users become contacts.
    pub contacts: ContactPolicy,
    /// What an unassigned ticket does to its case.
    pub unassigned: Unassigned,
    /// Which addresses count.
    pub email_match: EmailMatch,
    /// Share of the account's API budget we use, percent.
    pub budget_share: i64,
    /// Status and priority, both ways.
    pub maps: Maps,
}

impl Settings {
    /// How the two sides are merged under these settings.
    pub fn mode(&self) -> Mode {
        if self.two_way {
            Mode::TwoWay(self.priority)
        } else {
            Mode::OneWay
        }
    }
}

/// A connected remote account.
#[derive(Debug, Clone, PartialEq)]
pub struct Integration {
    /// Our id: short, since every mirrored row carries it.
    pub id: String,
    /// What a person set.
    pub settings: Settings,
    /// Which account it is, once it was reached: a used integration stays with its account.
    pub account: Option<String>,
    /// Whether it runs.
    pub active: bool,
    /// When it runs next, if active.
    pub next_run_at: Option<Timestamp>,
    /// When groups, brands and the like were last read.
    pub references_at: Option<Timestamp>,
}

const WORDS_REMOTE: &str = "remote";
const WORDS_LOCAL: &str = "local";

fn moment(row: &AnyRow, column: &str) -> Result<Option<Timestamp>> {
    Ok(row
        .try_get::<Option<i64>, _>(column)?
        .and_then(|at| Timestamp::from_microsecond(at).ok()))
}

fn integration(row: &AnyRow) -> Result<Integration> {
    let word = |column: &str| row.try_get::<String, _>(column);
    let damaged = |column: &str| Error::Damaged(format!("integration.{column}"));
    Ok(Integration {
        id: word("id")?,
        settings: Settings {
            name: word("name")?,
            kind: word("kind")?,
            url: word("url")?,
            credential_id: word("credential_id")?,
            default_email: row.try_get("default_email")?,
            owner_id: word("owner_id")?,
            two_way: row.try_get::<i64, _>("two_way")? != 0,
            priority: match word("priority")?.as_str() {
                WORDS_REMOTE => Priority::Remote,
                WORDS_LOCAL => Priority::Local,
                _ => return Err(damaged("priority")),
            },
            interval: Duration::from_secs(
                u64::try_from(row.try_get::<i64, _>("interval_seconds")?).unwrap_or(60),
            ),
            contacts: match word("contacts")?.as_str() {
                "ticket people" => ContactPolicy::TicketPeople,
                "all" => ContactPolicy::All,
                _ => return Err(damaged("contacts")),
            },
            unassigned: match word("unassigned")?.as_str() {
                "leave unassigned" => Unassigned::Leave,
                "assign to the owner" => Unassigned::Owner,
                _ => return Err(damaged("unassigned")),
            },
            email_match: match word("email_match")?.as_str() {
                "primary only" => EmailMatch::Primary,
                "primary, then secondary" => EmailMatch::PrimaryThenSecondary,
                _ => return Err(damaged("email_match")),
            },
            budget_share: row.try_get("budget_share")?,
            maps: serde_json::from_str(&word("maps")?).map_err(|_| damaged("maps"))?,
        },
        account: row.try_get("account")?,
        active: row.try_get::<i64, _>("active")? != 0,
        next_run_at: moment(row, "next_run_at")?,
        references_at: moment(row, "references_at")?,
    })
}

/// The words in which settings are stored, and shown in `--json`.
pub fn words(settings: &Settings) -> [(&'static str, &'static str); 4] {
    [
        (
            "priority",
            match settings.priority {
                Priority::Remote => WORDS_REMOTE,
                Priority::Local => WORDS_LOCAL,
            },
        ),
        (
            "contacts",
            match settings.contacts {
                ContactPolicy::TicketPeople => "ticket people",
                ContactPolicy::All => "all",
            },
        ),
        (
            "unassigned",
            match settings.unassigned {
                Unassigned::Leave => "leave unassigned",
                Unassigned::Owner => "assign to the owner",
            },
        ),
        (
            "email_match",
            match settings.email_match {
                EmailMatch::Primary => "primary only",
                EmailMatch::PrimaryThenSecondary => "primary, then secondary",
            },
        ),
    ]
}

/// Adds an integration, inactive. Returns its id.
///
/// # Errors
/// [`Error::Exists`] if the name is taken.
pub async fn add(tx: &mut Tx, settings: &Settings, act: Act<'_>) -> Result<String> {
    let id = new_short_id(act.dice);
    add_as(tx, &id, settings, act).await?;
    Ok(id)
}

/// As [`add`], under an id that was chosen before.
///
/// # Errors
/// [`Error::Exists`] if the name is taken, or there is an integration with this id.
pub async fn add_as(tx: &mut Tx, id: &str, settings: &Settings, act: Act<'_>) -> Result<()> {
    write(tx, id, settings, "", act.now).await?;
    audit::note(tx, act, "integration.add", &settings.name, &settings.url).await
}

/// Adds an integration under the id that a deleted one of the same account had, and joins the account's
/// records to ours as they were joined then. Returns how many tickets have their case again.
///
/// # Errors
/// [`Error::Exists`] if the name is taken, or there is an integration with this id.
pub async fn add_again(tx: &mut Tx, integration: &Integration, act: Act<'_>) -> Result<u64> {
    let Integration {
        id,
        settings,
        account,
        ..
    } = integration;
    let account = account.as_deref().unwrap_or_default();
    add_as(tx, id, settings, act).await?;
    // From its first day it belongs to that account: elsewhere its links would join the wrong tickets.
    sqlx::query("UPDATE integration SET account = $2 WHERE id = $1")
        .bind(clean(id))
        .bind(clean(account))
        .execute(&mut **tx)
        .await?;
    let rejoined = former::rejoin(tx, id).await?;
    let detail = format!("{account}, {rejoined} tickets have their cases again");
    audit::note(tx, act, "integration.rejoin", &settings.name, &detail).await?;
    Ok(rejoined)
}

/// Replaces the settings of an integration.
///
/// # Errors
/// [`Error::Exists`] if the new name is taken.
pub async fn edit(
    tx: &mut Tx,
    id: &str,
    settings: &Settings,
    changed: &str,
    act: Act<'_>,
) -> Result<()> {
    write(tx, id, settings, REPLACES, act.now).await?;
    audit::note(tx, act, "integration.edit", &settings.name, changed).await
}

/// What becomes of settings that are there already.
const REPLACES: &str = "ON CONFLICT (id) DO UPDATE SET name = excluded.name, url = excluded.url, credential_id = excluded.credential_id, \
     default_email = excluded.default_email, owner_id = excluded.owner_id, two_way = excluded.two_way, \
     priority = excluded.priority, interval_seconds = excluded.interval_seconds, contacts = excluded.contacts, \
     unassigned = excluded.unassigned, email_match = excluded.email_match, budget_share = excluded.budget_share, \
     maps = excluded.maps, updated_at = excluded.updated_at";

async fn write(
    tx: &mut Tx,
    id: &str,
    settings: &Settings,
    if_there: &'static str,
    now: Timestamp,
) -> Result<()> {
    let [priority, contacts, unassigned, email_match] = words(settings).map(|(_, word)| word);
    let maps =
        serde_json::to_string(&settings.maps).map_err(|error| Error::Damaged(error.to_string()))?;
    let text = format!(
        "INSERT INTO integration (id, name, kind, url, credential_id, default_email, owner_id, two_way, priority, \
         interval_seconds, contacts, unassigned, email_match, budget_share, maps, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16) {if_there}"
    );
    sqlx::query(AssertSqlSafe(text))
        .bind(clean(id))
        .bind(clean(&settings.name))
        .bind(clean(&settings.kind))
        .bind(clean(&settings.url))
        .bind(settings.credential_id.clone())
        .bind(settings.default_email.as_deref().map(clean))
        .bind(settings.owner_id.clone())
        .bind(i64::from(settings.two_way))
        .bind(clean(priority))
        .bind(i64::try_from(settings.interval.as_secs()).unwrap_or(i64::MAX))
        .bind(clean(contacts))
        .bind(clean(unassigned))
        .bind(clean(email_match))
        .bind(settings.budget_share)
        .bind(maps)
        .bind(now.as_microsecond())
        .execute(&mut **tx)
        .await
        .map_err(|error| {
            exists_already(error, &format!("An integration named {}", settings.name))
        })?;
    Ok(())
}

/// All integrations, by name.
///
/// # Errors
/// As the database says.
pub async fn list(connection: &mut AnyConnection) -> Result<Vec<Integration>> {
    sqlx::query("SELECT * FROM integration ORDER BY name")
        .fetch_all(connection)
        .await?
        .iter()
        .map(integration)
        .collect()
}

/// The integration with this name or id.
///
/// # Errors
/// As the database says.
pub async fn find(connection: &mut AnyConnection, name_or_id: &str) -> Result<Option<Integration>> {
    let row = sqlx::query("SELECT * FROM integration WHERE name = $1 OR id = $1")
        .bind(clean(name_or_id))
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(integration).transpose()
}

/// Marks the integration active, for the account it was found to reach, and due now.
///
/// # Errors
/// As the database says.
pub async fn activate(
    tx: &mut Tx,
    integration: &Integration,
    account: &str,
    act: Act<'_>,
) -> Result<()> {
    sqlx::query("UPDATE integration SET active = 1, account = $2, next_run_at = $3, updated_at = $3 WHERE id = $1")
        .bind(integration.id.clone())
        .bind(clean(account))
        .bind(act.now.as_microsecond())
        .execute(&mut **tx)
        .await?;
    audit::note(
        tx,
        act,
        "integration.activate",
        &integration.settings.name,
        account,
    )
    .await
}

/// Marks the integration inactive: nothing runs by itself any more.
///
/// # Errors
/// As the database says.
pub async fn deactivate(tx: &mut Tx, integration: &Integration, act: Act<'_>) -> Result<()> {
    sqlx::query(
        "UPDATE integration SET active = 0, next_run_at = NULL, updated_at = $2 WHERE id = $1",
    )
    .bind(integration.id.clone())
    .bind(act.now.as_microsecond())
    .execute(&mut **tx)
    .await?;
    audit::note(
        tx,
        act,
        "integration.deactivate",
        &integration.settings.name,
        "",
    )
    .await
}

/// Deletes the integration with its mirrors, links, runs, hints, webhook and what waits to be sent
/// ([`pending`] says how much that is). Cases, comments, contacts, files, conflict records and histories
/// stay: they are ours. What joined them to the account is set aside ([`crate::former`]).
///
/// # Errors
/// As the database says.
pub async fn delete(tx: &mut Tx, integration: &Integration, act: Act<'_>) -> Result<()> {
    if let Some(account) = &integration.account {
        former::keep(tx, &integration.id, account, act.now).await?;
    }
    for table in [
        "link",
        "outbox",
        "zendesk_comment",
        "zendesk_ticket",
        "zendesk_user",
        "person_link",
    ] {
        let text = format!("DELETE FROM {table} WHERE integration_id = $1");
        sqlx::query(AssertSqlSafe(text))
            .bind(integration.id.clone())
            .execute(&mut **tx)
            .await?;
    }
    crate::attachments::detach(tx, &integration.id).await?;
    sqlx::query("DELETE FROM integration WHERE id = $1")
        .bind(integration.id.clone())
        .execute(&mut **tx)
        .await?;
    audit::note(
        tx,
        act,
        "integration.delete",
        &integration.settings.name,
        &integration.settings.url,
    )
    .await
}

/// Notes when the integration runs next.
///
/// # Errors
/// As the database says.
pub async fn plan_next(tx: &mut Tx, id: &str, at: Timestamp) -> Result<()> {
    sqlx::query("UPDATE integration SET next_run_at = $2 WHERE id = $1 AND active = 1")
        .bind(clean(id))
        .bind(at.as_microsecond())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Notes when the reference lists were read.
///
/// # Errors
/// As the database says.
pub async fn note_references(tx: &mut Tx, id: &str, at: Timestamp) -> Result<()> {
    sqlx::query("UPDATE integration SET references_at = $2 WHERE id = $1")
        .bind(clean(id))
        .bind(at.as_microsecond())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// How many changes would be lost with the integration: those that wait, those a worker is at, and
/// those that are parked.
///
/// # Errors
/// As the database says.
pub async fn pending(connection: &mut AnyConnection, id: &str) -> Result<i64> {
    let counts = crate::outbox::counts(connection, id).await?;
    Ok(counts.waiting + counts.claimed + counts.parked)
}

/// Lets nobody else write for this integration by the same lock until the transaction ends: what two of
/// them find unknown must not be made twice. SQLite has one writer anyway. Returns it as it is now; none
/// if it was deleted.
///
/// # Errors
/// As the database says.
pub async fn lock(tx: &mut Tx, id: &str) -> Result<Option<Integration>> {
    let text = match tx.dialect() {
        Dialect::Sqlite => "SELECT * FROM integration WHERE id = $1",
        // Not the stronger lock: rows that refer to the integration are written beside it.
        Dialect::Postgres => "SELECT * FROM integration WHERE id = $1 FOR NO KEY UPDATE",
    };
    sqlx::query(text)
        .bind(clean(id))
        .fetch_optional(&mut **tx)
        .await?
        .as_ref()
        .map(integration)
        .transpose()
}
