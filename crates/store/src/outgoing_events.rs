//! What the endpoints of [`crate::outgoing_webhooks`] are told: events on their way, and what became of
//! them. One row for each event and endpoint, written in the transaction of what it tells about.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use crate::bulk::{Bulk, clean};
use crate::cases::{maybe_moment, moment};
use crate::database::Tx;
use crate::error::{Error, Result};

/// Where an event stands with its endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutgoingState {
    /// It is to be sent, or sent again.
    Waiting,
    /// The endpoint took it.
    Delivered,
    /// It was tried for long enough.
    GivenUp,
}

impl OutgoingState {
    /// The word that is stored and shown in `--json`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::GivenUp => "given_up",
        }
    }

    fn parse(word: &str) -> Result<Self> {
        [Self::Waiting, Self::Delivered, Self::GivenUp]
            .into_iter()
            .find(|state| state.as_str() == word)
            .ok_or_else(|| Error::Damaged(format!("state {word:?} of an outgoing event")))
    }
}

/// An event for one endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingEvent {
    /// The id that every delivery of it carries.
    pub id: String,
    /// Who is told.
    pub webhook_id: String,
    /// What happened, as a word.
    pub kind: String,
    /// What there is to know about it, as JSON.
    pub body: String,
    /// When it happened.
    pub at: Timestamp,
    /// Where it stands.
    pub state: OutgoingState,
    /// How often it was sent.
    pub attempts: i64,
    /// From when its tries count.
    pub tried_since: Timestamp,
    /// When it is sent next; while it waits.
    pub next_at: Timestamp,
    /// The HTTP status of the last answer, if there was one.
    pub status: Option<i64>,
    /// Why the last try failed.
    pub problem: Option<String>,
    /// When it arrived or was given up.
    pub ended_at: Option<Timestamp>,
}

fn outgoing_event(row: &AnyRow) -> Result<OutgoingEvent> {
    Ok(OutgoingEvent {
        id: row.try_get("id")?,
        webhook_id: row.try_get("webhook_id")?,
        kind: row.try_get("kind")?,
        body: row.try_get("body")?,
        at: moment(row, "at")?,
        state: OutgoingState::parse(&row.try_get::<String, _>("state")?)?,
        attempts: row.try_get("attempts")?,
        tried_since: moment(row, "tried_since")?,
        next_at: moment(row, "next_at")?,
        status: row.try_get("status")?,
        problem: row.try_get("problem")?,
        ended_at: maybe_moment(row, "ended_at")?,
    })
}

/// Which endpoints want which kinds of event.
#[derive(Debug, Clone, Default)]
pub struct Wanted(BTreeMap<String, BTreeSet<String>>);

impl Wanted {
    /// Whether nobody wants anything.
    pub fn is_nothing(&self) -> bool {
        self.0.is_empty()
    }

    /// The endpoints that want events of this kind.
    pub fn by(&self, kind: &str) -> impl Iterator<Item = &str> {
        let wants = self.0.iter();
        wants
            .filter(move |(_, kinds)| kinds.contains(kind))
            .map(|(id, _)| id.as_str())
    }
}

/// Which endpoints that are on want which kinds of event.
///
/// # Errors
/// As the database says.
pub async fn wanted(connection: &mut AnyConnection) -> Result<Wanted> {
    let rows = sqlx::query("SELECT id, kinds FROM outgoing_webhook WHERE active = 1")
        .fetch_all(connection)
        .await?;
    let mut wanted = BTreeMap::new();
    for row in &rows {
        let kinds: String = row.try_get("kinds")?;
        let kinds = kinds.split_whitespace().map(str::to_owned).collect();
        wanted.insert(row.try_get("id")?, kinds);
    }
    Ok(Wanted(wanted))
}

/// An event that is to be sent to one endpoint.
#[derive(Debug, Clone)]
pub struct NewOutgoingEvent<'a> {
    /// Its id, used for nothing before.
    pub id: String,
    /// Who is told.
    pub webhook_id: &'a str,
    /// What happened, as a word.
    pub kind: &'a str,
    /// What there is to know about it, as JSON.
    pub body: &'a str,
}

static INSERT: Bulk = Bulk::new(
    "INSERT INTO outgoing_event (id, webhook_id, kind, body, at, place, state, tried_since, next_at)",
    9,
    "",
);

/// Adds events, to be sent in the order given.
///
/// # Errors
/// As the database says.
pub async fn add(tx: &mut Tx, events: &[NewOutgoingEvent<'_>], now: Timestamp) -> Result<()> {
    let rows: Vec<_> = (0_i64..).zip(events).collect();
    let now = now.as_microsecond();
    INSERT
        .run(tx, &rows, |row, (place, event)| {
            row.text(&event.id)
                .text(event.webhook_id)
                .text(event.kind)
                .text(event.body)
                .int(now)
                .int(*place)
                .text(OutgoingState::Waiting.as_str())
                .int(now)
                .int(now);
        })
        .await?;
    Ok(())
}

/// What an endpoint is to be told next: the oldest event that is due.
///
/// # Errors
/// As the database says.
pub async fn next(
    connection: &mut AnyConnection,
    webhook: &str,
    now: Timestamp,
) -> Result<Option<OutgoingEvent>> {
    let row = sqlx::query(
        "SELECT * FROM outgoing_event WHERE webhook_id = $1 AND state = 'waiting' AND next_at <= $2 ORDER BY at, place, id LIMIT 1",
    )
    .bind(clean(webhook))
    .bind(now.as_microsecond())
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(outgoing_event).transpose()
}

/// What came of one try.
#[derive(Debug, Clone, Copy)]
pub struct Try<'a> {
    /// The HTTP status of the answer, if there was one.
    pub status: Option<i64>,
    /// Why it failed, if it did.
    pub problem: Option<&'a str>,
    /// Where the event stands now.
    pub state: OutgoingState,
    /// When it is sent again, if it waits.
    pub next_at: Timestamp,
}

/// Notes what came of a try. Nothing happens if the event does not wait any more.
///
/// # Errors
/// As the database says.
pub async fn note_try(tx: &mut Tx, id: &str, tried: Try<'_>, now: Timestamp) -> Result<()> {
    let ended = tried.state != OutgoingState::Waiting;
    sqlx::query(
        "UPDATE outgoing_event SET attempts = attempts + 1, state = $2, status = $3, problem = $4, next_at = $5, ended_at = $6 \
         WHERE id = $1 AND state = 'waiting'",
    )
    .bind(clean(id))
    .bind(tried.state.as_str().to_owned())
    .bind(tried.status)
    .bind(tried.problem.map(clean))
    .bind(tried.next_at.as_microsecond())
    .bind(ended.then(|| now.as_microsecond()))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Gives up what waits for an endpoint and is tried since before `before`. Returns how many.
///
/// # Errors
/// As the database says.
pub async fn give_up_old(
    tx: &mut Tx,
    webhook: &str,
    before: Timestamp,
    problem: &str,
    now: Timestamp,
) -> Result<u64> {
    let given_up = sqlx::query(
        "UPDATE outgoing_event SET state = 'given_up', problem = COALESCE(problem, $3), ended_at = $4 \
         WHERE webhook_id = $1 AND state = 'waiting' AND tried_since < $2",
    )
    .bind(clean(webhook))
    .bind(before.as_microsecond())
    .bind(clean(problem))
    .bind(now.as_microsecond())
    .execute(&mut **tx)
    .await?;
    Ok(given_up.rows_affected())
}

/// Has an event sent again, whatever became of it: with the same id, from now on. False if there is none.
///
/// # Errors
/// As the database says.
pub async fn send_again(tx: &mut Tx, webhook: &str, id: &str, now: Timestamp) -> Result<bool> {
    let changed = sqlx::query(
        "UPDATE outgoing_event SET state = 'waiting', tried_since = $3, next_at = $3, ended_at = NULL WHERE id = $2 AND webhook_id = $1",
    )
    .bind(clean(webhook))
    .bind(clean(id))
    .bind(now.as_microsecond())
    .execute(&mut **tx)
    .await?;
    Ok(changed.rows_affected() > 0)
}

/// The event of an endpoint with this id.
///
/// # Errors
/// As the database says.
pub async fn find(
    connection: &mut AnyConnection,
    webhook: &str,
    id: &str,
) -> Result<Option<OutgoingEvent>> {
    let row = sqlx::query("SELECT * FROM outgoing_event WHERE id = $2 AND webhook_id = $1")
        .bind(clean(webhook))
        .bind(clean(id))
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(outgoing_event).transpose()
}

/// Events of an endpoint, newest first, behind the one that happened at `before.0` with the id `before.1`,
/// at most `limit`; only those in this state, if one is given.
///
/// # Errors
/// As the database says.
pub async fn page(
    connection: &mut AnyConnection,
    webhook: &str,
    state: Option<OutgoingState>,
    before: Option<(Timestamp, &str)>,
    limit: i64,
) -> Result<Vec<OutgoingEvent>> {
    let (at, id) = before.map_or((i64::MAX, ""), |(at, id)| (at.as_microsecond(), id));
    sqlx::query(
        "SELECT * FROM outgoing_event WHERE webhook_id = $1 AND ($2 = '' OR state = $2) \
         AND (at < $3 OR (at = $3 AND id < $4)) ORDER BY at DESC, id DESC LIMIT $5",
    )
    .bind(clean(webhook))
    .bind(state.map_or("", OutgoingState::as_str).to_owned())
    .bind(at)
    .bind(clean(id))
    .bind(limit)
    .fetch_all(connection)
    .await?
    .iter()
    .map(outgoing_event)
    .collect()
}

/// How many events wait for each endpoint; those for whom none waits are left out.
///
/// # Errors
/// As the database says.
pub async fn waiting(connection: &mut AnyConnection) -> Result<BTreeMap<String, i64>> {
    sqlx::query("SELECT webhook_id, COUNT(*) AS n FROM outgoing_event WHERE state = 'waiting' GROUP BY webhook_id")
        .fetch_all(connection)
        .await?
        .iter()
        .map(|row| Ok((row.try_get("webhook_id")?, row.try_get("n")?)))
        .collect()
}

/// Removes events that arrived before `delivered_before`, that were given up before `given_up_before`, that
/// wait since before then for an endpoint that is off, and what removed endpoints left.
///
/// # Errors
/// As the database says.
pub async fn sweep(
    tx: &mut Tx,
    delivered_before: Timestamp,
    given_up_before: Timestamp,
) -> Result<u64> {
    let ended = sqlx::query(
        "DELETE FROM outgoing_event WHERE ended_at IS NOT NULL AND ended_at < CASE WHEN state = 'delivered' THEN $1 ELSE $2 END",
    )
    .bind(delivered_before.as_microsecond())
    .bind(given_up_before.as_microsecond())
    .execute(&mut **tx)
    .await?
    .rows_affected();
    let left = sqlx::query(
        "DELETE FROM outgoing_event WHERE webhook_id NOT IN (SELECT id FROM outgoing_webhook) OR (state = 'waiting' AND tried_since < $1 \
         AND webhook_id IN (SELECT id FROM outgoing_webhook WHERE active = 0))",
    )
    .bind(given_up_before.as_microsecond())
    .execute(&mut **tx)
    .await?
    .rows_affected();
    Ok(ended + left)
}
