//! Lists that tickets refer to by id: groups, organizations, brands, custom statuses, ticket fields.

use std::collections::{HashMap, HashSet};

use sqlx::{AnyConnection, Row as _};

use crate::bulk::{Bulk, select_in};
use crate::database::Tx;
use crate::error::Result;

/// The kind of a group.
pub const GROUPS: &str = "group";
/// The kind of an organisation.
pub const ORGANIZATIONS: &str = "organization";
/// The kind of a brand.
pub const BRANDS: &str = "brand";
/// The kind of a custom status.
pub const CUSTOM_STATUSES: &str = "custom_status";
/// The kind of a ticket field.
pub const TICKET_FIELDS: &str = "ticket_field";

/// One entry of such a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Its id in Zendesk.
    pub remote_id: i64,
    /// What a person reads.
    pub name: String,
    /// Hash of what matters in `raw`.
    pub content: i64,
    /// All that Zendesk sent, as JSON.
    pub raw: String,
}

static UPSERT: Bulk = Bulk::new(
    "INSERT INTO zendesk_reference (integration_id, kind, remote_id, name, content, raw)",
    6,
    "ON CONFLICT (integration_id, kind, remote_id) DO UPDATE SET name = excluded.name, content = excluded.content, raw = excluded.raw \
     WHERE zendesk_reference.content <> excluded.content",
);

/// Adds entries of one kind, or replaces those that changed. Returns how many rows it wrote.
///
/// # Errors
/// As the database says.
pub async fn put(tx: &mut Tx, integration: &str, kind: &str, entries: &[Reference]) -> Result<u64> {
    UPSERT
        .run(tx, entries, |row, entry| {
            row.text(integration)
                .text(kind)
                .int(entry.remote_id)
                .text(&entry.name)
                .int(entry.content)
                .text(&entry.raw);
        })
        .await
}

/// The names of these entries of one kind.
///
/// # Errors
/// As the database says.
pub async fn names(
    connection: &mut AnyConnection,
    integration: &str,
    kind: &'static str,
    ids: &[i64],
) -> Result<HashMap<i64, String>> {
    let rows = select_in(
        connection,
        "SELECT kind, remote_id, name FROM zendesk_reference WHERE integration_id = $1 AND remote_id IN",
        Some(integration),
        ids,
        "",
    )
    .await?;
    let mut names = HashMap::new();
    for row in rows {
        if row.try_get::<String, _>("kind")? == kind {
            names.insert(row.try_get("remote_id")?, row.try_get("name")?);
        }
    }
    Ok(names)
}

/// The names of these entries of every kind a ticket refers to, by kind and id.
///
/// # Errors
/// As the database says.
pub async fn all_names(
    connection: &mut AnyConnection,
    integration: &str,
    ids: &[i64],
) -> Result<HashMap<(String, i64), String>> {
    // The kinds are named so that the primary key finds the rows, and no list is walked.
    select_in(
        connection,
        "SELECT kind, remote_id, name FROM zendesk_reference WHERE integration_id = $1 \
         AND kind IN ('group', 'organization', 'brand', 'custom_status', 'ticket_field') AND remote_id IN",
        Some(integration),
        ids,
        "",
    )
    .await?
    .iter()
    .map(|row| {
        Ok((
            (row.try_get("kind")?, row.try_get("remote_id")?),
            row.try_get("name")?,
        ))
    })
    .collect()
}

/// Which of these ids any list of the integration has.
///
/// # Errors
/// As the database says.
pub async fn known(
    connection: &mut AnyConnection,
    integration: &str,
    ids: &[i64],
) -> Result<HashSet<i64>> {
    select_in(
        connection,
        "SELECT remote_id FROM zendesk_reference WHERE integration_id = $1 AND remote_id IN",
        Some(integration),
        ids,
        "",
    )
    .await?
    .iter()
    .map(|row| Ok(row.try_get("remote_id")?))
    .collect()
}
