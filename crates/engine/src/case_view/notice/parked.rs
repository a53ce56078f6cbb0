//! Changes that cannot be delivered now, each with the reason and what to do.

use std::collections::HashMap;

use domain::case::CaseField;
use domain::outbox::Kind;
use jiff::Timestamp;
use serde::Serialize;
use store::Connection;
use store::outbox::{self, ParkedCursor, ParkedEntry, ParkedFilter};

use crate::case_view::names::{Name, Names, Wanted};
use crate::engine::Engine;
use crate::error::{Error, Result};

/// A change that is parked.
#[derive(Debug, Serialize)]
pub struct ParkedView {
    /// Its id: what a retry or a discard names.
    pub id: String,
    /// For which integration, by name.
    pub integration: Option<String>,
    /// The number of its case, if it is a case's.
    pub case_number: Option<i64>,
    /// Its contact, if it is a contact's.
    pub contact: Option<Name>,
    /// What it does.
    pub kind: Kind,
    /// The words of the fields that it was to send.
    pub fields: Vec<&'static str>,
    /// The comment that it was to send.
    pub comment: Option<String>,
    /// What it is, in a few words.
    pub what: String,
    /// Why it is parked and what to do, as sentences.
    pub reason: String,
    /// When the change was noted.
    pub at: Timestamp,
}

impl ParkedView {
    /// What was not delivered and why, as sentences.
    pub fn sentence(&self) -> String {
        let what = &self.what;
        match self.kind {
            Kind::Publish | Kind::FollowUp => {
                format!("{what}: not made in Zendesk. {}", self.reason)
            }
            Kind::Comment | Kind::Fields | Kind::Person => {
                format!("{what}: not sent to Zendesk. {}", self.reason)
            }
        }
    }
}

/// One page of what is parked, newest first.
#[derive(Debug, Serialize)]
pub struct ParkedPage {
    /// The changes.
    pub parked: Vec<ParkedView>,
    /// The id to give as `after` for the next page; none on the last one.
    pub next: Option<String>,
}

/// The parked changes that `filter` names, newest first, at most `limit` of them, behind the one with
/// the id `after`.
///
/// # Errors
/// [`Error::Refused`] if there is no change `after`.
pub async fn parked(
    engine: &Engine,
    filter: ParkedFilter<'_>,
    after: Option<&str>,
    limit: i64,
) -> Result<ParkedPage> {
    let connection = &mut *engine.store.read().await?;
    let cursor = match after {
        Some(id) => {
            let found = outbox::find(connection, id).await?.ok_or_else(|| {
                Error::Refused(format!(
                    "There is no change {id:?} to go on behind. Begin again without it."
                ))
            })?;
            Some(ParkedCursor {
                created_at: found.operation.created_at,
                op_id: found.operation.op_id,
            })
        }
        None => None,
    };
    let limit = limit.clamp(1, i64::MAX - 1);
    let mut rows = outbox::parked(connection, filter, cursor.as_ref(), limit + 1).await?;
    let more = i64::try_from(rows.len()).is_ok_and(|found| found > limit);
    if more {
        rows.pop();
    }
    let next = rows.last().filter(|_| more);
    let next = next.map(|row| row.entry.operation.op_id.clone());
    Ok(ParkedPage {
        parked: tell(connection, rows).await?,
        next,
    })
}

/// What is parked of a case, newest first.
pub(in crate::case_view) async fn of_case(
    connection: &mut Connection,
    case: &str,
    limit: i64,
) -> Result<Vec<ParkedView>> {
    let filter = ParkedFilter {
        case: Some(case),
        ..ParkedFilter::default()
    };
    let rows = outbox::parked(connection, filter, None, limit).await?;
    tell(connection, rows).await
}

async fn tell(connection: &mut Connection, rows: Vec<ParkedEntry>) -> Result<Vec<ParkedView>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut wanted = Wanted::default();
    for row in &rows {
        wanted.contact(contact_of(row).as_ref());
    }
    let names = Names::read(connection, wanted).await?;
    let integrations: HashMap<String, String> = store::integrations::list(connection)
        .await?
        .into_iter()
        .map(|found| (found.id, found.settings.name))
        .collect();
    Ok(rows
        .into_iter()
        .map(|row| view(row, &names, &integrations))
        .collect())
}

/// The contact whose change it is. The line of a contact names the integration before it.
fn contact_of(row: &ParkedEntry) -> Option<String> {
    let operation = &row.entry.operation;
    match operation.kind {
        Kind::Person => {
            let line = operation.line.as_str();
            Some(line.split_once(':').map_or(line, |(_, id)| id).to_owned())
        }
        Kind::Publish | Kind::FollowUp | Kind::Comment | Kind::Fields => None,
    }
}

fn view(row: ParkedEntry, names: &Names, integrations: &HashMap<String, String>) -> ParkedView {
    let contact = names.contact(contact_of(&row).as_ref());
    let operation = row.entry.operation;
    let fields: Vec<CaseField> = operation.payload.parked.keys().copied().collect();
    ParkedView {
        what: what(operation.kind, &fields, contact.as_ref()),
        reason: operation.reason.as_ref().map_or_else(
            || "No reason was kept. Retry or discard it.".to_owned(),
            ToString::to_string,
        ),
        integration: integrations.get(&row.entry.integration_id).cloned(),
        case_number: row.case_number,
        contact,
        kind: operation.kind,
        fields: fields.into_iter().map(CaseField::as_str).collect(),
        comment: operation.payload.comment,
        at: operation.created_at,
        id: operation.op_id,
    }
}

/// What a change does, in a few words.
pub(crate) fn what(kind: Kind, fields: &[CaseField], contact: Option<&Name>) -> String {
    match kind {
        Kind::Publish => "New ticket".to_owned(),
        Kind::FollowUp => "Follow-up ticket".to_owned(),
        Kind::Comment => "Comment".to_owned(),
        Kind::Fields if fields.is_empty() => "Changed fields".to_owned(),
        Kind::Fields => {
            let labels: Vec<&str> = fields.iter().map(|field| field.label()).collect();
            labels.join(", ")
        }
        Kind::Person => contact.map_or_else(
            || "Contact".to_owned(),
            |contact| format!("Contact {}", contact.name),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_parked_is_told_in_a_few_words() {
        let fields = [CaseField::Status, CaseField::AssignedTo];
        assert_eq!(what(Kind::Fields, &fields, None), "Status, Assigned to");
        assert_eq!(what(Kind::Fields, &[], None), "Changed fields");
        assert_eq!(what(Kind::Publish, &[], None), "New ticket");
        let ada = Name {
            id: "1".to_owned(),
            name: "Ada".to_owned(),
        };
        assert_eq!(what(Kind::Person, &[], Some(&ada)), "Contact Ada");
    }
}
