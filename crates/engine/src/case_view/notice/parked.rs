//! Changes that cannot be delivered now, each with the reason and what to do.

use std::collections::HashMap;

use domain::case::CaseField;
use domain::outbox::{Kind, State};
use jiff::Timestamp;
use serde::Serialize;
use store::Connection;
use store::attachments::{self, ParkedFile};
use store::outbox::{self, ParkedCursor, ParkedEntry, ParkedFilter};

use crate::attachments::safe_name;
use crate::case_view::names::{Name, Names, Wanted};
use crate::engine::Engine;
use crate::error::{Error, Result};

/// What is said where nothing is known.
const NO_REASON: &str = "No reason was kept. Retry it or give it up.";

/// What a parked change does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ParkedKind {
    /// Makes the ticket of a case.
    Publish,
    /// Makes a ticket that follows a closed one.
    FollowUp,
    /// Adds a comment.
    Comment,
    /// Brings the ticket's fields up to the case's.
    Fields,
    /// Brings an end user up to a contact.
    Person,
    /// Brings a file of a comment to where it is not yet.
    File,
}

impl From<Kind> for ParkedKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Publish => Self::Publish,
            Kind::FollowUp => Self::FollowUp,
            Kind::Comment => Self::Comment,
            Kind::Fields => Self::Fields,
            Kind::Person => Self::Person,
        }
    }
}

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
    pub kind: ParkedKind,
    /// The words of the fields that it was to send.
    pub fields: Vec<&'static str>,
    /// The comment that it was to send, or whose file it is.
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
            ParkedKind::Publish | ParkedKind::FollowUp => {
                format!("{what}: not made in Zendesk. {}", self.reason)
            }
            ParkedKind::Comment | ParkedKind::Fields | ParkedKind::Person => {
                format!("{what}: not sent to Zendesk. {}", self.reason)
            }
            ParkedKind::File => format!("{what}: not on both sides. {}", self.reason),
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
        Some(id) => Some(place_of(connection, id).await?),
        None => None,
    };
    let limit = limit.clamp(1, i64::MAX - 1);
    let rows = outbox::parked(connection, filter, cursor.as_ref(), limit + 1).await?;
    let mut all = tell(connection, rows).await?;
    // Files are kept elsewhere, and stand among the others by their age.
    if filter.kind.is_none() {
        let behind = cursor.as_ref();
        let behind = behind.map(|cursor| (cursor.created_at, cursor.op_id.as_str()));
        let (integration, case) = (filter.integration, filter.case);
        let files = attachments::parked(connection, integration, case, behind, limit + 1).await?;
        let names = integration_names(connection).await?;
        all.extend(files.into_iter().map(|found| file_view(found, &names)));
        all.sort_by(|one, other| (other.at, &other.id).cmp(&(one.at, &one.id)));
    }
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = all.len() > limit;
    all.truncate(limit);
    let next = all.last().filter(|_| more).map(|last| last.id.clone());
    Ok(ParkedPage { parked: all, next })
}

/// The parked change or file with this id.
///
/// # Errors
/// As the store says.
pub async fn parked_one(engine: &Engine, id: &str) -> Result<Option<ParkedView>> {
    let connection = &mut *engine.store.read().await?;
    if let Some(entry) = outbox::find(connection, id).await? {
        if entry.operation.state != State::Parked {
            return Ok(None);
        }
        let case = store::cases::find(connection, &entry.operation.line).await?;
        let row = ParkedEntry {
            case_number: case.map(|case| case.number),
            entry,
        };
        return Ok(tell(connection, vec![row]).await?.pop());
    }
    let Some(file) = attachments::find(connection, id).await? else {
        return Ok(None);
    };
    let of = [file.case_comment_id.clone()];
    let comment = store::comments::by_ids(connection, &of).await?;
    let case = match comment.into_values().next() {
        Some(comment) => store::cases::find(connection, &comment.case_id).await?,
        None => None,
    };
    let Some(case) = case.filter(|_| file.state == attachments::FileState::Parked) else {
        return Ok(None);
    };
    let found = ParkedFile {
        file,
        case_id: case.id,
        case_number: case.number,
    };
    let names = integration_names(connection).await?;
    Ok(Some(file_view(found, &names)))
}

/// Where a list goes on behind the change or the file of this id.
async fn place_of(connection: &mut Connection, id: &str) -> Result<ParkedCursor> {
    let created_at = match outbox::find(connection, id).await? {
        Some(found) => Some(found.operation.created_at),
        None => attachments::find(connection, id)
            .await?
            .map(|file| file.created_at),
    };
    let created_at = created_at.ok_or_else(|| {
        Error::Refused(format!(
            "There is no change {id:?} to go on behind. Begin again without it."
        ))
    })?;
    Ok(ParkedCursor {
        created_at,
        op_id: id.to_owned(),
    })
}

async fn integration_names(connection: &mut Connection) -> Result<HashMap<String, String>> {
    Ok(store::integrations::list(connection)
        .await?
        .into_iter()
        .map(|found| (found.id, found.settings.name))
        .collect())
}

fn file_view(found: ParkedFile, integrations: &HashMap<String, String>) -> ParkedView {
    let file = found.file;
    let integration = file.integration_id.as_ref();
    ParkedView {
        integration: integration.and_then(|id| integrations.get(id)).cloned(),
        case_number: Some(found.case_number),
        contact: None,
        kind: ParkedKind::File,
        fields: Vec::new(),
        what: format!("File {}", safe_name(&file.file_name)),
        reason: file.problem.unwrap_or_else(|| NO_REASON.to_owned()),
        comment: Some(file.case_comment_id),
        at: file.created_at,
        id: file.id,
    }
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
    let integrations = integration_names(connection).await?;
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
        reason: operation
            .reason
            .as_ref()
            .map_or_else(|| NO_REASON.to_owned(), ToString::to_string),
        integration: integrations.get(&row.entry.integration_id).cloned(),
        case_number: row.case_number,
        contact,
        kind: operation.kind.into(),
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
