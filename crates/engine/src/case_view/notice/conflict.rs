//! Fields that were changed on both sides, with both values as a person reads them.

mod detail;

pub use detail::{ConflictDetail, Did, show};

use std::collections::{BTreeSet, HashMap, HashSet};

use domain::case::{CaseField, CasePriority, CaseStatus};
use domain::plan::PersonField;
use jiff::Timestamp;
use serde::Serialize;
use store::Connection;
use store::conflicts::{self, Filter, Recorded, Subject};

use crate::case_view::names::{Name, Names, Wanted};
use crate::engine::Engine;
use crate::error::{Error, Result};

/// A field that was changed on both sides, and how that was settled.
#[derive(Serialize)]
pub struct ConflictView {
    /// Its id: what a restore names.
    pub id: String,
    /// Between us and which integration, by name.
    pub integration: Option<String>,
    /// The number of the case, if it is a case's field.
    pub case_number: Option<i64>,
    /// The contact, if it is a contact's field.
    pub contact: Option<Name>,
    /// The ticket or the user on the other side, by Zendesk's id.
    pub zendesk_id: i64,
    /// The field's word.
    pub field: String,
    /// What a person calls the field.
    pub label: String,
    /// What both sides had agreed on before.
    pub agreed: Option<String>,
    /// What stood here.
    pub crm: Option<String>,
    /// What stood in Zendesk: its own word, or the name of its user.
    pub zendesk: Option<String>,
    /// Whether Zendesk's value is not known any more, since Zendesk erased its ticket.
    pub erased: bool,
    /// The side whose value stands: `crm` or `zendesk`.
    pub winner: String,
    /// By which rule: `remote wins`, `local wins`, `one-way`.
    pub rule: String,
    /// In which run, if in one.
    pub run: Option<String>,
    /// When it was settled.
    pub at: Timestamp,
    /// When the value that lost was restored, if it was.
    pub restored_at: Option<Timestamp>,
}

/// Without names and values: they are people's own.
impl std::fmt::Debug for ConflictView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConflictView")
            .field("id", &self.id)
            .field("case_number", &self.case_number)
            .field("field", &self.field)
            .field("winner", &self.winner)
            .finish_non_exhaustive()
    }
}

impl ConflictView {
    /// Whether Zendesk's value stands.
    pub fn is_zendesks(&self) -> bool {
        self.winner == "zendesk"
    }

    /// What stood in Zendesk, as a person reads it.
    pub fn zendesk_told(&self) -> &str {
        match (&self.zendesk, self.erased) {
            (Some(value), _) => value,
            (None, true) => "erased in Zendesk",
            (None, false) => "nothing",
        }
    }

    /// Whose value stands, as a person reads it.
    pub fn outcome(&self) -> &'static str {
        match (self.is_zendesks(), self.restored_at.is_some()) {
            (true, false) => "Zendesk's value stands",
            (false, false) => "the value here stands",
            (true, true) => "Zendesk's value stood; the one from here was restored",
            (false, true) => "the value here stood; Zendesk's was restored",
        }
    }
}

/// One page of conflicts, newest first.
#[derive(Debug, Serialize)]
pub struct ConflictPage {
    /// The conflicts.
    pub conflicts: Vec<ConflictView>,
    /// The id to give as `after` for the next page; none on the last one.
    pub next: Option<String>,
}

/// The conflicts that `filter` names, newest first, at most `limit` of them, behind the one with the id
/// `after`.
///
/// # Errors
/// [`Error::Refused`] if there is no conflict `after`.
pub async fn conflicts(
    engine: &Engine,
    filter: Filter<'_>,
    after: Option<&str>,
    limit: i64,
) -> Result<ConflictPage> {
    let connection = &mut *engine.store.read().await?;
    let cursor = match after {
        Some(id) => Some(conflicts::find(connection, id).await?.ok_or_else(|| {
            Error::Refused(format!(
                "There is no conflict {id:?} to go on behind. Begin again without it."
            ))
        })?),
        None => None,
    };
    let cursor = cursor.map(|found| found.cursor());
    let limit = limit.clamp(1, i64::MAX - 1);
    let mut rows = conflicts::list(connection, filter, cursor.as_ref(), limit + 1).await?;
    let more = i64::try_from(rows.len()).is_ok_and(|found| found > limit);
    if more {
        rows.pop();
    }
    let next = rows.last().filter(|_| more).map(|row| row.id.clone());
    Ok(ConflictPage {
        conflicts: tell(connection, rows).await?,
        next,
    })
}

/// The last conflicts of a case, newest first.
pub(in crate::case_view) async fn of_case(
    connection: &mut Connection,
    case: &str,
    limit: i64,
) -> Result<Vec<ConflictView>> {
    let filter = Filter {
        case: Some(case),
        ..Filter::default()
    };
    let rows = conflicts::list(connection, filter, None, limit).await?;
    tell(connection, rows).await
}

/// Everybody and everything that the rows name.
struct Known {
    names: Names,
    integrations: HashMap<String, String>,
    /// Zendesk's people, by integration and id.
    zendesk: HashMap<(String, i64), String>,
    /// The tickets that Zendesk has erased, by integration and id.
    erased: HashSet<(String, i64)>,
}

async fn tell(connection: &mut Connection, rows: Vec<Recorded>) -> Result<Vec<ConflictView>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut wanted = Wanted::default();
    let mut people: HashMap<String, BTreeSet<i64>> = HashMap::new();
    let mut emptied: HashMap<String, BTreeSet<i64>> = HashMap::new();
    for row in &rows {
        if let Subject::Contact(contact) = &row.subject {
            wanted.contact(Some(contact));
        }
        for id in [&row.agreed, &row.crm] {
            match person_field(row) {
                Some(CaseField::AssignedTo) => wanted.user(id.as_ref()),
                Some(CaseField::Contact) => wanted.contact(id.as_ref()),
                Some(
                    CaseField::Subject
                    | CaseField::Description
                    | CaseField::Status
                    | CaseField::Priority,
                )
                | None => {}
            }
        }
        people
            .entry(row.integration_id.clone())
            .or_default()
            .extend(zendesk_person(row));
        if row.zendesk.is_none() && matches!(row.subject, Subject::Case(_)) {
            let tickets = emptied.entry(row.integration_id.clone()).or_default();
            tickets.insert(row.remote_id);
        }
    }
    let mut erased = HashSet::new();
    for (integration, tickets) in emptied {
        let tickets: Vec<i64> = tickets.into_iter().collect();
        let found = store::tickets::scrubbed(connection, &integration, &tickets).await?;
        erased.extend(
            found
                .into_iter()
                .map(|ticket| (integration.clone(), ticket)),
        );
    }
    let mut zendesk = HashMap::new();
    for (integration, ids) in people {
        let ids: Vec<i64> = ids.into_iter().collect();
        let found = store::zendesk_users::by_ids(connection, &integration, &ids).await?;
        zendesk.extend(found.into_iter().filter_map(|(id, user)| {
            let name = user.name.or(user.email)?;
            Some(((integration.clone(), id), name))
        }));
    }
    let known = Known {
        names: Names::read(connection, wanted).await?,
        integrations: store::integrations::list(connection)
            .await?
            .into_iter()
            .map(|found| (found.id, found.settings.name))
            .collect(),
        zendesk,
        erased,
    };
    Ok(rows.into_iter().map(|row| view(row, &known)).collect())
}

/// The field of a case that names a person, if it is one.
fn person_field(row: &Recorded) -> Option<CaseField> {
    match &row.subject {
        Subject::Case(_) => CaseField::parse(&row.field)
            .filter(|field| matches!(field, CaseField::AssignedTo | CaseField::Contact)),
        Subject::Contact(_) => None,
    }
}

/// Whom Zendesk's value names.
fn zendesk_person(row: &Recorded) -> Option<i64> {
    person_field(row)?;
    row.zendesk.as_deref()?.parse().ok()
}

fn view(row: Recorded, known: &Known) -> ConflictView {
    let zendesk = match zendesk_person(&row) {
        Some(id) => Some(
            known
                .zendesk
                .get(&(row.integration_id.clone(), id))
                .cloned()
                .unwrap_or_else(|| format!("Zendesk user {id}")),
        ),
        None => row.zendesk.clone(),
    };
    let (label, contact) = match &row.subject {
        Subject::Case(_) => (CaseField::parse(&row.field).map(CaseField::label), None),
        Subject::Contact(id) => (
            PersonField::parse(&row.field).map(PersonField::label),
            known.names.contact(Some(id)),
        ),
    };
    let erased = row.zendesk.is_none()
        && matches!(row.subject, Subject::Case(_))
        && known
            .erased
            .contains(&(row.integration_id.clone(), row.remote_id));
    ConflictView {
        erased,
        agreed: ours(&row, row.agreed.as_deref(), &known.names),
        crm: ours(&row, row.crm.as_deref(), &known.names),
        zendesk,
        contact,
        label: label.map_or_else(|| row.field.clone(), str::to_owned),
        integration: known.integrations.get(&row.integration_id).cloned(),
        case_number: row.case_number,
        zendesk_id: row.remote_id,
        field: row.field,
        winner: row.winner,
        rule: row.rule,
        run: row.run_id,
        at: row.at,
        restored_at: row.restored_at,
        id: row.id,
    }
}

/// A value of ours in the words people use.
fn ours(row: &Recorded, value: Option<&str>, names: &Names) -> Option<String> {
    let value = value?;
    let told = match (&row.subject, CaseField::parse(&row.field)) {
        (Subject::Case(_), Some(field)) => readable(field, value, names),
        (Subject::Case(_), None) | (Subject::Contact(_), _) => None,
    };
    Some(told.unwrap_or_else(|| value.to_owned()))
}

/// The label of a word, or the name of an id; none for what stands for itself.
pub(in crate::case_view) fn readable(
    field: CaseField,
    value: &str,
    names: &Names,
) -> Option<String> {
    let id = value.to_owned();
    match field {
        CaseField::Status => CaseStatus::parse(value).map(|status| status.label().to_owned()),
        CaseField::Priority => {
            CasePriority::parse(value).map(|priority| priority.label().to_owned())
        }
        CaseField::AssignedTo => names.user(Some(&id)).map(|user| user.name),
        CaseField::Contact => names.contact(Some(&id)).map(|contact| contact.name),
        CaseField::Subject | CaseField::Description => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(subject: Subject, field: &str, crm: &str, zendesk: &str) -> Recorded {
        Recorded {
            id: "c".to_owned(),
            integration_id: "i".to_owned(),
            subject,
            case_number: Some(3),
            remote_id: 7,
            field: field.to_owned(),
            agreed: None,
            crm: Some(crm.to_owned()),
            zendesk: Some(zendesk.to_owned()),
            winner: "zendesk".to_owned(),
            rule: "remote wins".to_owned(),
            run_id: None,
            at: Timestamp::UNIX_EPOCH,
            restored_at: None,
        }
    }

    fn told(row: Recorded) -> (String, Option<String>, Option<String>) {
        let known = Known {
            names: Names::default(),
            integrations: HashMap::new(),
            zendesk: HashMap::from([(("i".to_owned(), 12), "Grace".to_owned())]),
            erased: HashSet::new(),
        };
        let view = view(row, &known);
        (view.label, view.crm, view.zendesk)
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn both_values_of_a_conflict_are_told_in_the_words_of_their_side() {
        let case = || Subject::Case("x".to_owned());
        assert_eq!(
            told(row(case(), "status", "in_progress", "hold")),
            ("Status".to_owned(), some("In progress"), some("hold"))
        );
        let (_, _, zendesk) = told(row(case(), "assigned_to", "u", "12"));
        assert_eq!(zendesk, some("Grace"));
        let (_, _, zendesk) = told(row(case(), "contact", "u", "13"));
        assert_eq!(zendesk, some("Zendesk user 13"));
        // A subject of digits is a text, no person.
        let (_, _, zendesk) = told(row(case(), "subject", "1", "12"));
        assert_eq!(zendesk, some("12"));
    }

    #[test]
    fn a_contacts_field_has_the_label_of_a_contact() {
        let contact = Subject::Contact("x".to_owned());
        assert_eq!(
            told(row(contact, "phone", "1", "12")),
            ("Phone".to_owned(), some("1"), some("12"))
        );
    }
}
