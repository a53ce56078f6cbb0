//! Endpoints of other systems that are told what happens here, with the sealed secrets that sign for them.
//!
//! What they are told is in [`crate::outgoing_events`]. Webhooks that come in are in [`crate::webhooks`].

mod standing;

use jiff::Timestamp;
use secrecy::SecretString;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use crate::audit::{self, Act, Change};
use crate::bulk::clean;
use crate::cases::{maybe_moment, moment};
use crate::database::Tx;
use crate::error::{Error, Result, exists_already};
use crate::leases::still_held;
use crate::secrets::Keyring;

pub use standing::{delivered, due, note_gave_up, put_off, switch_off, take, try_now};

/// What a person sets of an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingWebhookDraft {
    /// Its name, unique.
    pub name: String,
    /// Where it is.
    pub url: String,
    /// The kinds of event that it wants, as words.
    pub kinds: Vec<String>,
    /// Whether it is told anything.
    pub active: bool,
    /// The user who answers for it.
    pub owner_id: String,
}

/// An endpoint as people see it: without its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingWebhook {
    /// Our id.
    pub id: String,
    /// What a person set.
    pub draft: OutgoingWebhookDraft,
    /// Until when the previous secret signs too, while it is exchanged.
    pub previous_until: Option<Timestamp>,
    /// Why we switched it off ourselves, if we did.
    pub off_reason: Option<String>,
    /// How many tries in a row found it unavailable.
    pub failures: i64,
    /// Before when no try is made.
    pub paused_until: Option<Timestamp>,
    /// Why the last try failed; none if it did not.
    pub problem: Option<String>,
    /// Whether an event was given up since one last arrived.
    pub gave_up: bool,
    /// When an event last arrived.
    pub delivered_at: Option<Timestamp>,
    /// Rises with every edit by a person.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last edited.
    pub updated_at: Timestamp,
}

pub(crate) fn place(id: &str, column: &str) -> String {
    format!("outgoing_webhook/{id}/{column}")
}

fn outgoing_webhook(row: &AnyRow) -> Result<OutgoingWebhook> {
    let kinds: String = row.try_get("kinds")?;
    Ok(OutgoingWebhook {
        id: row.try_get("id")?,
        draft: OutgoingWebhookDraft {
            name: row.try_get("name")?,
            url: row.try_get("url")?,
            kinds: kinds.split_whitespace().map(str::to_owned).collect(),
            active: row.try_get::<i64, _>("active")? != 0,
            owner_id: row.try_get("owner_id")?,
        },
        previous_until: maybe_moment(row, "previous_until")?,
        off_reason: row.try_get("off_reason")?,
        failures: row.try_get("failures")?,
        paused_until: maybe_moment(row, "paused_until")?.filter(|at| *at > Timestamp::UNIX_EPOCH),
        problem: row.try_get("problem")?,
        gave_up: row.try_get::<i64, _>("gave_up")? != 0,
        delivered_at: maybe_moment(row, "delivered_at")?,
        version: row.try_get("version")?,
        created_at: moment(row, "created_at")?,
        updated_at: moment(row, "updated_at")?,
    })
}

fn taken(error: sqlx::Error, name: &str) -> Error {
    exists_already(error, &format!("An outgoing webhook named {name}"))
}

/// Adds an endpoint with this id and secret.
///
/// # Errors
/// [`Error::Exists`] if the name, or the id, is taken.
pub async fn add(
    tx: &mut Tx,
    keyring: &Keyring,
    id: &str,
    draft: &OutgoingWebhookDraft,
    secret: &SecretString,
    act: Act<'_>,
) -> Result<OutgoingWebhook> {
    let row = sqlx::query(
        "INSERT INTO outgoing_webhook (id, name, url, kinds, owner_id, sealed_secret, active, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) RETURNING *",
    )
    .bind(clean(id))
    .bind(clean(&draft.name))
    .bind(clean(&draft.url))
    .bind(clean(&draft.kinds.join(" ")))
    .bind(clean(&draft.owner_id))
    .bind(keyring.seal(secret, &place(id, "secret"), act.dice))
    .bind(i64::from(draft.active))
    .bind(act.now.as_microsecond())
    .fetch_one(&mut **tx)
    .await
    .map_err(|error| taken(error, &draft.name))?;
    let detail = draft.kinds.join(" ");
    audit::note(tx, act, "outgoing_webhook.add", &draft.name, &detail).await?;
    outgoing_webhook(&row)
}

/// Replaces what a person set, of an endpoint as it was read; returns it as it is now. One that is switched
/// on, or that has moved, is tried at once.
///
/// # Errors
/// [`Error::LeaseLost`] if somebody edited or removed it since, [`Error::Exists`] if the new name is taken.
pub async fn edit(
    tx: &mut Tx,
    old: &OutgoingWebhook,
    draft: &OutgoingWebhookDraft,
    act: Act<'_>,
) -> Result<OutgoingWebhook> {
    let done = sqlx::query(
        "UPDATE outgoing_webhook SET name = $3, url = $4, kinds = $5, owner_id = $6, active = $7, updated_at = $8, version = version + 1 \
         WHERE id = $1 AND version = $2",
    )
    .bind(old.id.clone())
    .bind(old.version)
    .bind(clean(&draft.name))
    .bind(clean(&draft.url))
    .bind(clean(&draft.kinds.join(" ")))
    .bind(clean(&draft.owner_id))
    .bind(i64::from(draft.active))
    .bind(act.now.as_microsecond())
    .execute(&mut **tx)
    .await
    .map_err(|error| taken(error, &draft.name))?;
    still_held(&done)?;
    let was = &old.draft;
    if (draft.active && !was.active) || draft.url != was.url {
        try_now(tx, &old.id).await?;
    }
    let (old_kinds, new_kinds) = (was.kinds.join(" "), draft.kinds.join(" "));
    let changes = audit::changes(&[
        ("name", Change::Told(&was.name, &draft.name)),
        // An address may hold what only its receiver should know.
        ("address", Change::Noted(was.url != draft.url)),
        ("events", Change::Told(&old_kinds, &new_kinds)),
        ("owner", Change::Told(&was.owner_id, &draft.owner_id)),
        ("on", Change::Switched(was.active, draft.active)),
    ]);
    audit::note(tx, act, "outgoing_webhook.edit", &draft.name, &changes).await?;
    find(tx, &old.id).await?.ok_or(Error::LeaseLost)
}

/// Gives an endpoint a new secret; the present one signs beside it until `previous_until`.
///
/// # Errors
/// [`crate::error::KeyProblem::Wrong`] if the key does not open the present one, [`Error::LeaseLost`] if
/// the endpoint is gone.
pub async fn roll(
    tx: &mut Tx,
    keyring: &Keyring,
    webhook: &OutgoingWebhook,
    secret: &SecretString,
    previous_until: Timestamp,
    act: Act<'_>,
) -> Result<()> {
    let id = &webhook.id;
    let present = secrets(tx, keyring, id, act.now).await?.into_iter().next();
    let present = present.ok_or(Error::LeaseLost)?;
    let done = sqlx::query(
        "UPDATE outgoing_webhook SET sealed_secret = $2, sealed_previous = $3, previous_until = $4 WHERE id = $1",
    )
    .bind(id.clone())
    .bind(keyring.seal(secret, &place(id, "secret"), act.dice))
    .bind(keyring.seal(&present, &place(id, "previous"), act.dice))
    .bind(previous_until.as_microsecond())
    .execute(&mut **tx)
    .await?;
    still_held(&done)?;
    let name = &webhook.draft.name;
    audit::note(tx, act, "outgoing_webhook.roll", name, "secret changed").await
}

/// The secrets that sign at `now`: the present one, then the previous one while it is still good. None if
/// there is no such endpoint.
///
/// # Errors
/// [`crate::error::KeyProblem::Wrong`] if the key does not open them.
pub async fn secrets(
    connection: &mut AnyConnection,
    keyring: &Keyring,
    id: &str,
    now: Timestamp,
) -> Result<Vec<SecretString>> {
    let row = sqlx::query(
        "SELECT sealed_secret, sealed_previous, previous_until FROM outgoing_webhook WHERE id = $1",
    )
    .bind(clean(id))
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else {
        return Ok(Vec::new());
    };
    let present: String = row.try_get("sealed_secret")?;
    let mut secrets = vec![keyring.open(&present, &place(id, "secret"))?];
    if let Some(previous) = row.try_get::<Option<String>, _>("sealed_previous")?
        && maybe_moment(&row, "previous_until")?.is_some_and(|until| until > now)
    {
        secrets.push(keyring.open(&previous, &place(id, "previous"))?);
    }
    Ok(secrets)
}

/// Removes an endpoint as it was read, with everything that it was told, or was to be told. False if
/// somebody edited or removed it since.
///
/// # Errors
/// As the database says.
pub async fn remove(tx: &mut Tx, webhook: &OutgoingWebhook, act: Act<'_>) -> Result<bool> {
    let removed = sqlx::query("DELETE FROM outgoing_webhook WHERE id = $1 AND version = $2")
        .bind(webhook.id.clone())
        .bind(webhook.version)
        .execute(&mut **tx)
        .await?;
    if removed.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query("DELETE FROM outgoing_event WHERE webhook_id = $1")
        .bind(webhook.id.clone())
        .execute(&mut **tx)
        .await?;
    sqlx::query("DELETE FROM lease WHERE name = $1")
        .bind(standing::lock_of(&webhook.id))
        .execute(&mut **tx)
        .await?;
    audit::note(tx, act, "outgoing_webhook.remove", &webhook.draft.name, "").await?;
    Ok(true)
}

/// All endpoints, by name.
///
/// # Errors
/// As the database says.
pub async fn list(connection: &mut AnyConnection) -> Result<Vec<OutgoingWebhook>> {
    sqlx::query("SELECT * FROM outgoing_webhook ORDER BY name")
        .fetch_all(connection)
        .await?
        .iter()
        .map(outgoing_webhook)
        .collect()
}

/// The endpoint with this id or name.
///
/// # Errors
/// As the database says.
pub async fn find(connection: &mut AnyConnection, which: &str) -> Result<Option<OutgoingWebhook>> {
    let row = sqlx::query("SELECT * FROM outgoing_webhook WHERE id = $1 OR name = $1 ORDER BY CASE WHEN id = $1 THEN 0 ELSE 1 END LIMIT 1")
        .bind(clean(which))
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(outgoing_webhook).transpose()
}
