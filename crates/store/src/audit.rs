//! Who changed which setting. Written in the transaction of the change itself.

use clock::Dice;
use jiff::Timestamp;

use crate::bulk::clean;
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
