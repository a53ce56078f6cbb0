//! Who changed which setting. Written in the transaction of the change itself.

use clock::Dice;
use jiff::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};

use crate::bulk::clean;
use crate::cases::moment;
use crate::database::Tx;
use crate::error::Result;
use crate::ids::new_id;

/// Who did it, and when.
#[derive(Clone, Copy)]
pub struct Act<'a> {
    /// Who: an email address, or `command line`.
    pub actor: &'a str,
    /// When.
    pub now: Timestamp,
    /// For the entry's own id.
    pub dice: &'a dyn Dice,
}

/// Adds one entry. `detail` is what changed, from what to what, with secrets left out.
///
/// # Errors
/// As the database says.
pub async fn note(
    tx: &mut Tx,
    act: Act<'_>,
    action: &str,
    subject: &str,
    detail: &str,
) -> Result<()> {
    sqlx::query("INSERT INTO audit_log (id, at, actor, action, subject, detail) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(new_id(act.now, act.dice))
        .bind(act.now.as_microsecond())
        .bind(clean(act.actor))
        .bind(clean(action))
        .bind(clean(subject))
        .bind(clean(detail))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// An entry of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its id, which begins with its time: the place in the log.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// Who: an email address, or `command line`.
    pub actor: String,
    /// What was done: `destination.edit`.
    pub action: String,
    /// To what, by its name.
    pub subject: String,
    /// What changed.
    pub detail: String,
}

/// Which entries are wanted. What is not said lets every one through; all compare exactly.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntryFilter {
    /// Who did it.
    pub actor: Option<String>,
    /// What was done.
    pub action: Option<String>,
    /// To what.
    pub subject: Option<String>,
}

fn entry(row: &AnyRow) -> Result<Entry> {
    Ok(Entry {
        id: row.try_get("id")?,
        at: moment(row, "at")?,
        actor: row.try_get("actor")?,
        action: row.try_get("action")?,
        subject: row.try_get("subject")?,
        detail: row.try_get("detail")?,
    })
}

/// At most `limit` entries, the newest first, older than the one named `before`.
///
/// # Errors
/// As the database says.
pub async fn page(
    connection: &mut AnyConnection,
    filter: &EntryFilter,
    before: Option<&str>,
    limit: i64,
) -> Result<Vec<Entry>> {
    let wanted = [
        ("actor = ", filter.actor.as_deref()),
        ("action = ", filter.action.as_deref()),
        ("subject = ", filter.subject.as_deref()),
        ("id < ", before),
    ];
    let given: Vec<(&str, &str)> = wanted
        .into_iter()
        .filter_map(|(test, value)| Some((test, value?)))
        .collect();
    // Only the tests that are asked for: so each has its index.
    let tests: Vec<String> = given
        .iter()
        .enumerate()
        .map(|(at, (test, _))| format!("{test}${}", at + 2))
        .collect();
    let tests = if tests.is_empty() {
        String::new()
    } else {
        format!("WHERE {} ", tests.join(" AND "))
    };
    let text = format!("SELECT * FROM audit_log {tests}ORDER BY id DESC LIMIT $1");
    let mut query = sqlx::query(AssertSqlSafe(text)).bind(limit);
    for (_, value) in given {
        query = query.bind(clean(value));
    }
    query
        .fetch_all(connection)
        .await?
        .iter()
        .map(entry)
        .collect()
}

/// What an edit did to one setting.
pub(crate) enum Change<'a> {
    /// From what to what.
    Told(&'a str, &'a str),
    /// A yes or no, before and after.
    Switched(bool, bool),
    /// Whether it changed; too long to tell, or not to be told.
    Noted(bool),
}

/// The detail of an edit: `name: "a" -> "b"; settings changed`. Empty if nothing changed.
pub(crate) fn changes(settings: &[(&str, Change<'_>)]) -> String {
    let said: Vec<String> = settings
        .iter()
        .filter_map(|(name, change)| match change {
            Change::Told(old, new) => (old != new).then(|| format!("{name}: {old:?} -> {new:?}")),
            Change::Switched(old, new) => (old != new).then(|| {
                let word = |yes: &bool| if *yes { "yes" } else { "no" };
                format!("{name}: {} -> {}", word(old), word(new))
            }),
            Change::Noted(changed) => changed.then(|| format!("{name} changed")),
        })
        .collect();
    said.join("; ")
}
