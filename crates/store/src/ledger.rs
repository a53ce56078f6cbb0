//! Per destination and customer, what Zendesk confirmed last (profile-send.md 1, *ledger*).

mod ahead;
mod scan;

use domain::profile::RowState;
use domain::profile::failure::FailureClass;
use domain::profile::key::KeyKind;
use jiff::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use crate::bulk::{Bulk, select_within};
use crate::database::Tx;
use crate::error::{Error, Result};

pub use ahead::{Ahead, Part};
pub use scan::{Entry, of_keys, scan};

/// A hash in two halves: of a customer's key, or of what is sent.
pub type Hash = [i64; 2];

/// What Zendesk confirmed of a customer. Key and name are personal data: `Debug` shows neither.
#[derive(Clone, PartialEq, Eq)]
pub struct Confirmed {
    /// Hash of the customer's key.
    pub key: Hash,
    /// Hash of what was confirmed.
    pub body: Hash,
    /// Created, updated or unchanged.
    pub state: RowState,
    /// Zendesk's id of the user; none keeps the one that is known.
    pub zendesk_id: Option<i64>,
    /// What the customer is told by.
    pub key_kind: KeyKind,
    /// The key itself, as it was sent.
    pub key_text: String,
    /// The customer's name, for people.
    pub name: String,
    /// Our tags and fields, as JSON of the engine's own.
    pub extra: Option<String>,
    /// Number of the orchestration that the customer comes from, 0 for none.
    pub source: i64,
}

/// What Zendesk refused of a customer. Key and name are personal data: `Debug` shows neither.
#[derive(Clone, PartialEq, Eq)]
pub struct Failed {
    /// Hash of the customer's key.
    pub key: Hash,
    /// Hash of what was refused and of the plan it was made by.
    pub body: Hash,
    /// Why.
    pub class: FailureClass,
    /// What the customer is told by.
    pub key_kind: KeyKind,
    /// The key itself, as it was sent.
    pub key_text: String,
    /// The customer's name, for people.
    pub name: String,
    /// Number of the orchestration that the customer comes from, 0 for none.
    pub source: i64,
}

/// Who an entry is about. Key and name are personal data: `Debug` shows neither.
#[derive(Clone, PartialEq, Eq)]
pub struct About {
    /// Hash of the customer's key.
    pub key: Hash,
    /// What the customer is told by.
    pub key_kind: KeyKind,
    /// The key itself, as it was sent.
    pub key_text: String,
    /// The customer's name, for people.
    pub name: String,
    /// Zendesk's id of the user, if known.
    pub zendesk_id: Option<i64>,
    /// Our tags and fields, as JSON of the engine's own.
    pub extra: Option<String>,
}

impl std::fmt::Debug for Confirmed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Confirmed")
            .field("state", &self.state)
            .field("zendesk_id", &self.zendesk_id)
            .field("key_kind", &self.key_kind)
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Failed")
            .field("class", &self.class)
            .field("key_kind", &self.key_kind)
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for About {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("About")
            .field("key_kind", &self.key_kind)
            .field("zendesk_id", &self.zendesk_id)
            .finish_non_exhaustive()
    }
}

/// How many customers of a destination Zendesk has confirmed, of all orchestrations or of one; those that
/// never were do not count.
///
/// # Errors
/// As the database says.
pub async fn count(
    connection: &mut AnyConnection,
    destination: i64,
    source: Option<i64>,
) -> Result<u64> {
    let query = match source {
        Some(source) => sqlx::query_scalar(
            "SELECT COUNT(*) FROM ledger WHERE destination = $1 AND body_a IS NOT NULL AND source = $2",
        )
        .bind(destination)
        .bind(source),
        None => sqlx::query_scalar(
            "SELECT COUNT(*) FROM ledger WHERE destination = $1 AND body_a IS NOT NULL",
        )
        .bind(destination),
    };
    let count: i64 = query.fetch_one(connection).await?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// How many entries of a destination have a key whose first half is in a range, both ends included. Keys
/// are hashes, so a small range tells how many there are in all, without counting them.
///
/// # Errors
/// As the database says.
pub async fn count_within(
    connection: &mut AnyConnection,
    destination: i64,
    from_key_a: i64,
    to_key_a: i64,
) -> Result<u64> {
    let count: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM ledger WHERE destination = $1 AND key_a >= $2 AND key_a <= $3",
    )
    .bind(destination)
    .bind(from_key_a)
    .bind(to_key_a)
    .fetch_one(connection)
    .await?;
    Ok(u64::try_from(count).unwrap_or(0))
}

static CONFIRM: Bulk = Bulk::new(
    "INSERT INTO ledger (destination, key_a, key_b, body_a, body_b, state, workflow, source, zendesk_id, key_kind, key, \
     name, extra, confirmed_at)",
    14,
    "ON CONFLICT (destination, key_a, key_b) DO UPDATE SET body_a = excluded.body_a, body_b = excluded.body_b, \
     state = excluded.state, failed_a = NULL, failed_b = NULL, failure = NULL, workflow = excluded.workflow, \
     source = excluded.source, zendesk_id = COALESCE(excluded.zendesk_id, ledger.zendesk_id), \
     key_kind = excluded.key_kind, key = excluded.key, name = excluded.name, extra = excluded.extra, \
     confirmed_at = excluded.confirmed_at",
);

/// Writes what Zendesk confirmed: earlier failures of these customers are forgotten. `workflow` is the
/// number of the workflow. Of two with one key the last counts.
///
/// # Errors
/// As the database says.
pub async fn confirm(
    tx: &mut Tx,
    destination: i64,
    workflow: i64,
    now: Timestamp,
    confirmed: &[Confirmed],
) -> Result<()> {
    let rows = last_by_key(confirmed, |one| one.key);
    CONFIRM
        .run(tx, &rows, |row, one| {
            row.int(destination)
                .int(one.key[0])
                .int(one.key[1])
                .int(one.body[0])
                .int(one.body[1])
                .text(one.state.as_str())
                .int(workflow)
                .int(one.source)
                .maybe_int(one.zendesk_id)
                .text(one.key_kind.as_str())
                .text(&one.key_text)
                .text(&one.name)
                .maybe_text(one.extra.as_deref())
                .int(now.as_microsecond());
        })
        .await?;
    Ok(())
}

static FAIL: Bulk = Bulk::new(
    "INSERT INTO ledger (destination, key_a, key_b, failed_a, failed_b, failure, workflow, source, key_kind, key, name)",
    11,
    // Whose customer it is, is said by what was confirmed, if anything was.
    "ON CONFLICT (destination, key_a, key_b) DO UPDATE SET failed_a = excluded.failed_a, failed_b = excluded.failed_b, \
     failure = excluded.failure, workflow = excluded.workflow, \
     source = CASE WHEN ledger.body_a IS NULL THEN excluded.source ELSE ledger.source END, \
     key_kind = excluded.key_kind, key = excluded.key, name = excluded.name",
);

/// Writes what Zendesk refused. What it confirmed before stays, and with it the orchestration that the
/// customer comes from. `workflow` is the number of the workflow. Of two with one key the last counts.
///
/// # Errors
/// As the database says.
pub async fn fail(tx: &mut Tx, destination: i64, workflow: i64, failed: &[Failed]) -> Result<()> {
    let rows = last_by_key(failed, |one| one.key);
    FAIL.run(tx, &rows, |row, one| {
        row.int(destination)
            .int(one.key[0])
            .int(one.key[1])
            .int(one.body[0])
            .int(one.body[1])
            .text(one.class.as_str())
            .int(workflow)
            .int(one.source)
            .text(one.key_kind.as_str())
            .text(&one.key_text)
            .text(&one.name);
    })
    .await?;
    Ok(())
}

/// One statement may touch a row only once; and rows that lie together are written together.
fn last_by_key<T>(rows: &[T], key: impl Fn(&T) -> Hash) -> Vec<&T> {
    let mut sorted: Vec<&T> = rows.iter().rev().collect();
    // The sort keeps the order of equal ones, and the first of them is the last of `rows`.
    sorted.sort_by_key(|one| key(one));
    sorted.dedup_by_key(|one| key(one));
    sorted
}

/// Who the entries with these keys are about, in no order; keys without an entry are left out.
///
/// # Errors
/// As the database says.
pub async fn about(
    connection: &mut AnyConnection,
    destination: i64,
    keys: &[Hash],
) -> Result<Vec<About>> {
    let sql = "SELECT key_a, key_b, key_kind, key, name, zendesk_id, extra FROM ledger \
               WHERE destination = $1 AND key_a IN";
    read_keys(connection, sql, destination, keys, about_of, |about| {
        about.key
    })
    .await
}

/// What `sql` finds for the first halves of these keys, each row as `read` reads it, without what only
/// shares a first half with one of them.
async fn read_keys<T>(
    connection: &mut AnyConnection,
    sql: &'static str,
    destination: i64,
    keys: &[Hash],
    read: fn(&AnyRow) -> Result<T>,
    key_of: fn(&T) -> Hash,
) -> Result<Vec<T>> {
    let halves = halves_of(keys);
    let rows = select_within(connection, sql, Some(&destination), &halves, "").await?;
    let mut asked = keys.to_vec();
    asked.sort_unstable();
    let mut found = Vec::with_capacity(rows.len());
    for row in &rows {
        let one = read(row)?;
        if asked.binary_search(&key_of(&one)).is_ok() {
            found.push(one);
        }
    }
    Ok(found)
}

/// The first halves of these keys, of which hardly two are the same: a list of pairs is more than an index
/// looks up.
fn halves_of(keys: &[Hash]) -> Vec<i64> {
    let mut halves: Vec<i64> = keys.iter().map(|key| key[0]).collect();
    halves.sort_unstable();
    halves.dedup();
    halves
}

fn about_of(row: &AnyRow) -> Result<About> {
    let word: String = row.try_get("key_kind")?;
    Ok(About {
        key: [row.try_get("key_a")?, row.try_get("key_b")?],
        key_kind: KeyKind::parse(&word)
            .ok_or_else(|| Error::Damaged(format!("kind {word:?} of a key in the ledger")))?,
        key_text: row.try_get("key")?,
        name: row.try_get("name")?,
        zendesk_id: row.try_get("zendesk_id")?,
        extra: row.try_get("extra")?,
    })
}

static REMOVE: Bulk = Bulk::new(
    "DELETE FROM ledger WHERE (destination, key_a, key_b) IN (",
    3,
    ")",
);

/// Removes entries: their customers are unknown again.
///
/// # Errors
/// As the database says.
pub async fn remove(tx: &mut Tx, destination: i64, keys: &[Hash]) -> Result<()> {
    REMOVE
        .run(tx, keys, |row, key| {
            row.int(destination).int(key[0]).int(key[1]);
        })
        .await?;
    Ok(())
}

/// Forgets the failures that a workflow wrote last, by its number, so that its failed rows are sent again
/// though nothing about them changed. Entries that were never confirmed go.
///
/// # Errors
/// As the database says.
pub async fn forget_failures(tx: &mut Tx, destination: i64, workflow: i64) -> Result<()> {
    for text in [
        "DELETE FROM ledger WHERE destination = $1 AND workflow = $2 AND failure IS NOT NULL AND body_a IS NULL",
        "UPDATE ledger SET failed_a = NULL, failed_b = NULL, failure = NULL \
         WHERE destination = $1 AND workflow = $2 AND failure IS NOT NULL",
    ] {
        sqlx::query(text)
            .bind(destination)
            .bind(workflow)
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}
