//! The ticket panel of a case (ticket-sync.md 3): Zendesk's values unmapped, its people mapped.

use serde::Serialize;
use store::references::{BRANDS, CUSTOM_STATUSES, GROUPS, ORGANIZATIONS, TICKET_FIELDS};

use super::mirror::Mirror;
use super::names::{Names, PersonView};

/// What the panel shows, in its order.
#[derive(Serialize)]
pub struct TicketPanel {
    /// The name of the integration the ticket came by.
    pub integration: String,
    /// The ticket's number.
    pub number: i64,
    /// Zendesk's page of it.
    pub url: Option<String>,
    /// The support address it was sent to.
    pub recipient: Option<String>,
    /// Zendesk's status.
    pub status: Option<String>,
    /// Zendesk's type.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Who typed it.
    pub submitter: Option<PersonView>,
    /// Who works on it.
    pub assignee: Option<PersonView>,
    /// Who asked.
    pub requester: Option<PersonView>,
    /// Zendesk's priority.
    pub priority: Option<String>,
    /// The problem it is an incident of.
    pub problem: Option<Problem>,
    /// Who is in copy.
    pub collaborators: Vec<PersonView>,
    /// Its tags.
    pub tags: Vec<String>,
    /// The group it is with.
    pub group: Option<String>,
    /// The requester's organisation.
    pub organization: Option<String>,
    /// The brand it came by.
    pub brand: Option<String>,
    /// Its custom status.
    pub custom_status: Option<String>,
    /// Its custom fields that have a value.
    pub custom_fields: Vec<CustomField>,
    /// `alive`, `closed`, `deleted` or `scrubbed`.
    pub state: String,
}

/// Without names and texts: they are people's own.
impl std::fmt::Debug for TicketPanel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TicketPanel")
            .field("integration", &self.integration)
            .field("number", &self.number)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// The problem ticket of an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Its number.
    pub ticket: i64,
    /// The number of its case, once it has arrived.
    pub case_number: Option<i64>,
}

/// A custom field that has a value.
#[derive(Serialize)]
pub struct CustomField {
    /// The field's id.
    pub id: i64,
    /// Its title, or its id while that is unknown.
    pub name: String,
    /// Its value, as text.
    pub value: String,
}

/// A line of the panel: its label and what stands behind it.
pub struct PanelField<'a> {
    /// What a person reads.
    pub label: &'static str,
    /// What is shown.
    pub value: PanelValue<'a>,
}

/// What a line of the panel shows.
pub enum PanelValue<'a> {
    /// The ticket's number, and Zendesk's page of it.
    Number(i64, Option<&'a str>),
    /// A word of Zendesk.
    Text(Option<&'a str>),
    /// Somebody.
    Person(Option<&'a PersonView>),
    /// Another ticket.
    Problem(Option<&'a Problem>),
    /// Several people.
    People(&'a [PersonView]),
}

impl TicketPanel {
    /// The lines, with the labels and in the order that the specification promises to users.
    pub fn fields(&self) -> [PanelField<'_>; 10] {
        let field = |label, value| PanelField { label, value };
        [
            field(
                "Ticket Number",
                PanelValue::Number(self.number, self.url.as_deref()),
            ),
            field(
                "Recipients Email",
                PanelValue::Text(self.recipient.as_deref()),
            ),
            field("Status", PanelValue::Text(self.status.as_deref())),
            field("Type", PanelValue::Text(self.kind.as_deref())),
            field("Submitter", PanelValue::Person(self.submitter.as_ref())),
            field("Assignee", PanelValue::Person(self.assignee.as_ref())),
            field("Requester", PanelValue::Person(self.requester.as_ref())),
            field("Priority", PanelValue::Text(self.priority.as_deref())),
            field("Problem", PanelValue::Problem(self.problem.as_ref())),
            field("Collaborators", PanelValue::People(&self.collaborators)),
        ]
    }
}

/// The panel of a mirrored ticket.
pub(super) fn panel(mirror: &Mirror, names: &Names) -> TicketPanel {
    let person =
        |id: Option<i64>, ours| id.map(|id| names.person(Some(id), mirror.zendesk_name(id), &ours));
    let named = |kind: &str, id: Option<i64>| {
        let id = id?;
        let name = mirror.references.get(&(kind.to_owned(), id));
        Some(name.cloned().unwrap_or_else(|| id.to_string()))
    };
    let (row, details) = (&mirror.row, &mirror.details);
    TicketPanel {
        number: row.remote_id,
        url: ticket_page(&mirror.integration.settings.url, row.remote_id),
        submitter: person(row.submitter_id, mirror.submitter()),
        assignee: row
            .assignee_id
            .and_then(|id| person(Some(id), mirror.assignee())),
        requester: person(row.requester_id, mirror.requester()),
        problem: row.problem_id.map(|ticket| Problem {
            ticket,
            case_number: mirror.case_of(ticket),
        }),
        collaborators: details
            .collaborator_ids
            .iter()
            .filter_map(|id| person(Some(*id), mirror.collaborator(*id)))
            .collect(),
        group: named(GROUPS, details.group_id),
        organization: named(ORGANIZATIONS, details.organization_id),
        brand: named(BRANDS, details.brand_id),
        custom_status: named(CUSTOM_STATUSES, details.custom_status_id),
        custom_fields: details
            .custom_fields
            .iter()
            .map(|(id, value)| CustomField {
                id: *id,
                name: named(TICKET_FIELDS, Some(*id)).unwrap_or_default(),
                value: value.clone(),
            })
            .collect(),
        tags: details.tags.clone(),
        recipient: row.recipient.clone(),
        status: row.status.clone(),
        kind: row.kind.clone(),
        priority: row.priority.clone(),
        state: row.state.clone(),
        integration: mirror.integration.settings.name.clone(),
    }
}

/// Zendesk's page of a ticket. Anything but a web address makes no link, whatever was stored.
fn ticket_page(account: &str, ticket: i64) -> Option<String> {
    let is_web = account.starts_with("https://") || account.starts_with("http://");
    is_web.then(|| format!("{}/agent/tickets/{ticket}", account.trim_end_matches('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_web_address_becomes_a_link() {
        assert_eq!(
            ticket_page("https://acme.zendesk.com/", 7).as_deref(),
            Some("https://acme.zendesk.com/agent/tickets/7")
        );
        assert_eq!(ticket_page("javascript:alert(1)//", 7), None);
    }
}
