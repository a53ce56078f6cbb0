//! A case as programs read it.

use engine::case_view::{CaseLine, CaseView, Name, Notice, PersonView};
use serde::Serialize;
use utoipa::ToSchema;

use super::word::{CaseNoticeKind, CaseOrigin, CaseState, CaseUrgency};
use crate::api::conflicts::ConflictRecord;
use crate::api::parked::ParkedRecord;

/// Another record, by its id and the name that people know it by.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecordName {
    /// Its id.
    id: String,
    /// Its name; for a person without one their email address.
    name: String,
}

impl RecordName {
    /// A record of this id and name.
    pub(crate) const fn new(id: String, name: String) -> Self {
        Self { id, name }
    }
}

impl From<Name> for RecordName {
    fn from(name: Name) -> Self {
        Self::new(name.id, name.name)
    }
}

/// Somebody of Zendesk, and who they are here.
#[derive(Serialize, ToSchema)]
pub(crate) struct TicketPerson {
    /// The contact they are.
    contact: Option<RecordName>,
    /// The user they are, or who stands in for them.
    user: Option<RecordName>,
    /// Their id in Zendesk; null for somebody who never was there.
    zendesk_id: Option<i64>,
    /// What Zendesk calls them; null while they have not arrived.
    zendesk_name: Option<String>,
}

impl From<PersonView> for TicketPerson {
    fn from(person: PersonView) -> Self {
        Self {
            contact: person.contact.map(RecordName::from),
            user: person.user.map(RecordName::from),
            zendesk_id: person.zendesk_id,
            zendesk_name: person.zendesk_name,
        }
    }
}

/// A case in a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct CaseSummary {
    /// Our id: what programs keep.
    id: String,
    /// Its number: what people say to each other.
    number: i64,
    /// What it is about, in a few words.
    subject: String,
    /// Where it stands.
    status: CaseState,
    /// How urgent it is.
    priority: CaseUrgency,
    /// The customer it is for.
    contact: Option<RecordName>,
    /// The user it is assigned to.
    assigned_to: Option<RecordName>,
    /// The number of its ticket.
    ticket: Option<i64>,
    /// The name of the integration its ticket came by.
    integration: Option<String>,
    /// When it last changed here.
    #[schema(format = DateTime)]
    updated_at: String,
}

impl From<CaseLine> for CaseSummary {
    fn from(line: CaseLine) -> Self {
        Self {
            id: line.id,
            number: line.number,
            subject: line.subject,
            status: line.status.into(),
            priority: line.priority.into(),
            contact: line.contact.map(RecordName::from),
            assigned_to: line.assigned_to.map(RecordName::from),
            ticket: line.ticket,
            integration: line.integration,
            updated_at: line.updated_at.to_string(),
        }
    }
}

/// What a reader of a case must know before all else.
#[derive(Serialize, ToSchema)]
pub(crate) struct CaseNotice {
    /// Which one.
    kind: CaseNoticeKind,
    /// What happened and what follows, as a sentence.
    sentence: String,
    /// The number of another case it speaks of.
    case_number: Option<i64>,
}

impl From<Notice> for CaseNotice {
    fn from(notice: Notice) -> Self {
        Self {
            kind: notice.kind.into(),
            sentence: notice.sentence,
            case_number: notice.case_number,
        }
    }
}

/// A case.
#[derive(Serialize, ToSchema)]
pub(crate) struct CaseRecord {
    /// Our id: what programs keep.
    id: String,
    /// Its number: what people say to each other.
    number: i64,
    /// Rises with every change of the case; its ETag goes with it.
    version: i64,
    /// What it is about, in a few words.
    subject: String,
    /// What it is about. It stays here: Zendesk's cannot be changed.
    description: String,
    /// Where it stands.
    status: CaseState,
    /// How urgent it is.
    priority: CaseUrgency,
    /// How it came in.
    source: CaseOrigin,
    /// The customer it is for.
    contact: Option<RecordName>,
    /// The user it is assigned to.
    assigned_to: Option<RecordName>,
    /// The user who owns it.
    owner: Option<RecordName>,
    /// When it was reported.
    #[schema(format = DateTime)]
    reported_at: String,
    /// When it was resolved or closed; null while it is neither.
    closed_at: Option<String>,
    /// When it was made here.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it last changed here.
    #[schema(format = DateTime)]
    updated_at: String,
    /// When it was deleted here; null if it was not.
    deleted_at: Option<String>,
    /// What a reader must know before all else, the gravest first.
    notices: Vec<CaseNotice>,
    /// The number of its ticket; `/ticket` tells more of it.
    ticket: Option<i64>,
    /// The name of the integration its ticket came by.
    integration: Option<String>,
    /// The number of the case that this one follows up.
    predecessor: Option<i64>,
    /// The numbers of the cases that follow this one up.
    follow_ups: Vec<i64>,
    /// What of it cannot be delivered now, the newest first, at most 50.
    parked: Vec<ParkedRecord>,
    /// How many of its fields were changed on both sides, over its life.
    conflicts_total: i64,
    /// Those fields with both values, the newest first, at most 50.
    conflicts: Vec<ConflictRecord>,
    /// How many comments it has.
    comments_total: i64,
}

impl CaseRecord {
    /// A case as it is shown, in the version in which it was read.
    pub(super) fn new(case: CaseView, version: i64) -> Self {
        let (ticket, integration) = case.ticket.map_or((None, None), |ticket| {
            (Some(ticket.number), Some(ticket.integration))
        });
        Self {
            id: case.id,
            number: case.number,
            version,
            subject: case.subject,
            description: case.description,
            status: case.status.into(),
            priority: case.priority.into(),
            source: case.source.into(),
            contact: case.contact.map(RecordName::from),
            assigned_to: case.assigned_to.map(RecordName::from),
            owner: case.owner.map(RecordName::from),
            reported_at: case.reported_at.to_string(),
            closed_at: case.closed_at.map(|at| at.to_string()),
            created_at: case.created_at.to_string(),
            updated_at: case.updated_at.to_string(),
            deleted_at: case.deleted_at.map(|at| at.to_string()),
            notices: case.notices.into_iter().map(CaseNotice::from).collect(),
            ticket,
            integration,
            predecessor: case.predecessor,
            follow_ups: case.follow_ups,
            parked: case.parked.into_iter().map(ParkedRecord::from).collect(),
            conflicts_total: case.conflicts,
            conflicts: case
                .conflict_records
                .into_iter()
                .map(ConflictRecord::from)
                .collect(),
            comments_total: case.comments_total,
        }
    }
}
