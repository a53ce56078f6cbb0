//! The mirror of Zendesk's users, and which contact each one is.

use std::collections::HashMap;

use domain::person::ZendeskUser;
use domain::person::email_key;
use domain::plan::PersonField;
use domain::value::Agreed;
use jiff::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use crate::bulk::{Bulk, clean, select_in};
use crate::database::Tx;
use crate::error::{Error, Result};

/// A Zendesk user as the mirror keeps it.
pub struct MirroredUser<'a> {
    /// What we understand of it.
    pub user: &'a ZendeskUser,
    /// Hash of what matters in `raw`.
    pub content: i64,
    /// All that Zendesk sent, as JSON.
    pub raw: &'a str,
}

/// What is known here of a Zendesk user.
#[derive(Clone, PartialEq, Eq)]
pub struct KnownUser {
    /// Their id in Zendesk.
    pub remote_id: i64,
    /// Their name there.
    pub name: Option<String>,
    /// Their email there.
    pub email: Option<String>,
    /// Their phone there.
    pub phone: Option<String>,
    /// Their role there, as sent.
    pub role: Option<String>,
    /// False once they were deleted there.
    pub active: bool,
    /// When they last changed there.
    pub updated_at: Option<Timestamp>,
    /// Hash of the mirrored content.
    pub content: i64,
    /// Which contact they are, if any.
    pub contact_id: Option<String>,
}

impl std::fmt::Debug for KnownUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KnownUser")
            .field("remote_id", &self.remote_id)
            .field("role", &self.role)
            .field("contact_id", &self.contact_id)
            .finish_non_exhaustive()
    }
}

/// Which contact a Zendesk user is.
#[derive(Debug, Clone, PartialEq)]
pub struct PersonLink {
    /// Their id in Zendesk.
    pub remote_id: i64,
    /// The contact.
    pub contact_id: String,
    /// What both sides last agreed on.
    pub agreed: Agreed<PersonField>,
}

static UPSERT: Bulk = Bulk::new(
    "INSERT INTO zendesk_user (integration_id, remote_id, name, email, email_key, phone, role, active, updated_at, content, raw)",
    11,
    "ON CONFLICT (integration_id, remote_id) DO UPDATE SET name = excluded.name, email = excluded.email, \
     email_key = excluded.email_key, phone = excluded.phone, role = excluded.role, active = excluded.active, \
     updated_at = excluded.updated_at, content = excluded.content, raw = excluded.raw",
);

/// Adds users to the mirror, or replaces them.
///
/// # Errors
/// As the database says.
pub async fn put(tx: &mut Tx, integration: &str, users: &[MirroredUser<'_>]) -> Result<()> {
    UPSERT
        .run(tx, users, |row, MirroredUser { user, content, raw }| {
            row.text(integration)
                .int(user.id)
                .maybe_text(user.name.as_deref())
                .maybe_text(user.email.as_deref())
                .maybe_text(user.email.as_deref().map(email_key).as_deref())
                .maybe_text(user.phone.as_deref())
                .maybe_text(user.role.as_deref())
                .flag(user.active)
                .maybe_int(user.updated_at.map(Timestamp::as_microsecond))
                .int(*content)
                .text(raw);
        })
        .await?;
    Ok(())
}

fn known(row: &AnyRow) -> Result<KnownUser> {
    Ok(KnownUser {
        remote_id: row.try_get("remote_id")?,
        name: row.try_get("name")?,
        email: row.try_get("email")?,
        phone: row.try_get("phone")?,
        role: row.try_get("role")?,
        active: row.try_get::<i64, _>("active")? != 0,
        updated_at: crate::cases::maybe_moment(row, "updated_at")?,
        content: row.try_get("content")?,
        contact_id: row.try_get("contact_id")?,
    })
}

/// What is known of the users with these Zendesk ids.
///
/// # Errors
/// As the database says.
pub async fn by_ids(
    connection: &mut AnyConnection,
    integration: &str,
    ids: &[i64],
) -> Result<HashMap<i64, KnownUser>> {
    select_in(
        connection,
        "SELECT u.remote_id, u.name, u.email, u.phone, u.role, u.active, u.updated_at, u.content, l.contact_id FROM zendesk_user u \
         LEFT JOIN person_link l ON l.integration_id = u.integration_id AND l.remote_id = u.remote_id \
         WHERE u.integration_id = $1 AND u.remote_id IN",
        Some(integration),
        ids,
        "",
    )
    .await?
    .iter()
    .map(|row| known(row).map(|user| (user.remote_id, user)))
    .collect()
}

/// Who has one of these primary emails, given as [`email_key`]s: `(email key, user)`.
///
/// # Errors
/// As the database says.
pub async fn by_email_keys(
    connection: &mut AnyConnection,
    integration: &str,
    keys: &[String],
) -> Result<Vec<(String, i64)>> {
    select_in(
        connection,
        "SELECT email_key, remote_id FROM zendesk_user WHERE integration_id = $1 AND email_key IN",
        Some(integration),
        keys,
        "",
    )
    .await?
    .iter()
    .map(|row| Ok((row.try_get("email_key")?, row.try_get("remote_id")?)))
    .collect()
}

/// The active agents and administrators with one of these primary emails, given as [`email_key`]s, in
/// the order of their ids: who in Zendesk a user of ours is.
///
/// # Errors
/// As the database says.
pub async fn staff_by_email_keys(
    connection: &mut AnyConnection,
    integration: &str,
    keys: &[String],
) -> Result<Vec<KnownUser>> {
    let rows = select_in(
        connection,
        "SELECT u.remote_id, u.name, u.email, u.phone, u.role, u.active, u.updated_at, u.content, l.contact_id FROM zendesk_user u \
         LEFT JOIN person_link l ON l.integration_id = u.integration_id AND l.remote_id = u.remote_id \
         WHERE u.active = 1 AND u.role IN ('agent', 'admin') AND u.integration_id = $1 AND u.email_key IN",
        Some(integration),
        keys,
        "",
    )
    .await?;
    in_order(&rows)
}

/// The Zendesk users that are one of these contacts, deleted ones too, in the order of their ids.
///
/// # Errors
/// As the database says.
pub async fn by_contact(
    connection: &mut AnyConnection,
    integration: &str,
    contacts: &[String],
) -> Result<Vec<KnownUser>> {
    let rows = select_in(
        connection,
        "SELECT u.remote_id, u.name, u.email, u.phone, u.role, u.active, u.updated_at, u.content, l.contact_id FROM person_link l \
         JOIN zendesk_user u ON u.remote_id = l.remote_id AND u.integration_id = l.integration_id \
         WHERE l.integration_id = $1 AND l.contact_id IN",
        Some(integration),
        contacts,
        "",
    )
    .await?;
    in_order(&rows)
}

/// Somebody in Zendesk whom a contact is.
#[derive(Debug, Clone)]
pub struct ContactLink {
    /// In which integration's account.
    pub integration_id: String,
    /// Their id there.
    pub remote_id: i64,
    /// Their role there, as sent.
    pub role: Option<String>,
    /// False once they were deleted there or merged into somebody else.
    pub active: bool,
    /// What both sides last agreed on.
    pub agreed: Agreed<PersonField>,
}

/// Whom a contact is in Zendesk, in all integrations, in the order of their ids.
///
/// # Errors
/// [`Error::Damaged`] if what was agreed cannot be read.
pub async fn of_contact(connection: &mut AnyConnection, contact: &str) -> Result<Vec<ContactLink>> {
    sqlx::query(
        "SELECT l.integration_id, l.remote_id, l.agreed, u.role, u.active FROM person_link l \
         JOIN zendesk_user u ON u.remote_id = l.remote_id AND u.integration_id = l.integration_id \
         WHERE l.contact_id = $1 ORDER BY l.integration_id, l.remote_id",
    )
    .bind(clean(contact))
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| {
        let remote_id = row.try_get("remote_id")?;
        Ok(ContactLink {
            integration_id: row.try_get("integration_id")?,
            remote_id,
            role: row.try_get("role")?,
            active: row.try_get::<i64, _>("active")? != 0,
            agreed: serde_json::from_str(&row.try_get::<String, _>("agreed")?)
                .map_err(|error| Error::Damaged(format!("person_link {remote_id}: {error}")))?,
        })
    })
    .collect()
}

/// Each user once: long lists of keys are asked for in parts, which may name one twice.
fn in_order(rows: &[AnyRow]) -> Result<Vec<KnownUser>> {
    let mut users = rows.iter().map(known).collect::<Result<Vec<_>>>()?;
    users.sort_unstable_by_key(|user| user.remote_id);
    users.dedup_by_key(|user| user.remote_id);
    Ok(users)
}

/// The links of the users with these Zendesk ids.
///
/// # Errors
/// [`Error::Damaged`] if what was agreed cannot be read.
pub async fn links(
    connection: &mut AnyConnection,
    integration: &str,
    ids: &[i64],
) -> Result<HashMap<i64, PersonLink>> {
    select_in(
        connection,
        "SELECT remote_id, contact_id, agreed FROM person_link WHERE integration_id = $1 AND remote_id IN",
        Some(integration),
        ids,
        "",
    )
    .await?
    .iter()
    .map(|row| {
        let remote_id = row.try_get("remote_id")?;
        let link = PersonLink {
            remote_id,
            contact_id: row.try_get("contact_id")?,
            agreed: serde_json::from_str(&row.try_get::<String, _>("agreed")?)
                .map_err(|error| Error::Damaged(format!("person_link {remote_id}: {error}")))?,
        };
        Ok((remote_id, link))
    })
    .collect()
}

static LINK: Bulk = Bulk::new(
    "INSERT INTO person_link (integration_id, remote_id, contact_id, agreed, created_at)",
    5,
    "ON CONFLICT (integration_id, remote_id) DO UPDATE SET contact_id = excluded.contact_id, agreed = excluded.agreed",
);

/// Links users to contacts, or moves what is agreed on.
///
/// # Errors
/// As the database says.
pub async fn link(
    tx: &mut Tx,
    integration: &str,
    links: &[PersonLink],
    now: Timestamp,
) -> Result<()> {
    let encoded = encode(links.iter().map(|link| &link.agreed))?;
    let rows: Vec<_> = links.iter().zip(encoded).collect();
    LINK.run(tx, &rows, |row, (link, agreed)| {
        row.text(integration)
            .int(link.remote_id)
            .text(&link.contact_id)
            .text(agreed)
            .int(now.as_microsecond());
    })
    .await?;
    Ok(())
}

/// What is agreed, as JSON texts. Our half is what our record reads back as, or the next pull would
/// take the difference for an edit.
pub(crate) fn encode<'a, F: Ord + Copy + serde::Serialize + 'a>(
    values: impl Iterator<Item = &'a Agreed<F>>,
) -> Result<Vec<String>> {
    let is_kept_as_it_is =
        |half: &Option<String>| half.as_ref().is_none_or(|text| !text.contains('\0'));
    values
        .map(|value| {
            let text = if value.0.values().all(|pair| is_kept_as_it_is(&pair.crm)) {
                serde_json::to_string(value)
            } else {
                let mut cleaned = value.clone();
                for pair in cleaned.0.values_mut() {
                    pair.crm = pair.crm.as_deref().map(clean);
                }
                serde_json::to_string(&cleaned)
            };
            text.map_err(|error| Error::Damaged(error.to_string()))
        })
        .collect()
}
