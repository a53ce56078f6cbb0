//! The ticket of a case with all it refers to, read once for panel, notices and comments.

use std::collections::HashMap;

use domain::identity::{self, Author, IdentityRules, People, Person};
use domain::mapping::Translation;
use domain::person::{Role, email_key};
use domain::ticket::{Life, Ticket};
use store::Connection;
use store::integrations::Integration;
use store::tickets::{TicketRow, state_word};

use super::details::Details;
use super::names::Wanted;
use crate::error::Result;

/// The ticket of a case and what it refers to.
pub(super) struct Mirror {
    pub(super) row: TicketRow,
    pub(super) details: Details,
    pub(super) integration: Integration,
    /// Names of groups, fields and the like, by kind and id.
    pub(super) references: HashMap<(String, i64), String>,
    people: People,
    rules: IdentityRules,
    /// Case numbers of the tickets this one names.
    cases: HashMap<i64, i64>,
    follow_ups: Vec<i64>,
}

impl Mirror {
    /// Reads the ticket of `case`; `authors` are Zendesk's people who wrote its comments.
    pub(super) async fn read(
        connection: &mut Connection,
        case: &str,
        authors: &[i64],
    ) -> Result<Option<Self>> {
        let Some(row) = store::tickets::of_case(connection, case).await? else {
            return Ok(None);
        };
        let Some(integration) = store::integrations::find(connection, &row.integration_id).await?
        else {
            return Ok(None);
        };
        let id = integration.id.as_str();
        let details = Details::read(&row.raw);
        let ids: Vec<i64> = [row.submitter_id, row.assignee_id, row.requester_id]
            .into_iter()
            .flatten()
            .chain(details.collaborator_ids.iter().copied())
            .chain(authors.iter().copied())
            .collect();
        let people = read_people(connection, id, ids).await?;
        let follow_ups = store::tickets::followups(connection, id, row.remote_id).await?;
        let tickets: Vec<i64> = [row.problem_id, row.followup_source_id, row.merged_into]
            .into_iter()
            .flatten()
            .chain(follow_ups.iter().copied())
            .collect();
        Ok(Some(Self {
            references: store::references::all_names(connection, id, &details.reference_ids())
                .await?,
            cases: store::tickets::case_numbers(connection, id, &tickets).await?,
            rules: IdentityRules {
                owner: Some(integration.settings.owner_id.clone()),
                unassigned: integration.settings.unassigned,
                default_user: None,
            },
            row,
            details,
            integration,
            people,
            follow_ups,
        }))
    }

    /// Asks for the names of everybody here.
    pub(super) fn want(&self, wanted: &mut Wanted) {
        for person in self.people.0.values() {
            wanted.contact(person.contact.as_ref());
            wanted.user(person.user.as_ref());
        }
        wanted.user(self.rules.owner.as_ref());
    }

    /// What Zendesk calls somebody.
    pub(super) fn zendesk_name(&self, id: i64) -> Option<String> {
        self.people.get(id)?.name.clone()
    }

    /// The case number of a ticket this one names.
    pub(super) fn case_of(&self, ticket: i64) -> Option<i64> {
        self.cases.get(&ticket).copied()
    }

    /// The cases before and after this one: its predecessor and its follow-ups.
    pub(super) fn relatives(&self) -> (Option<i64>, Vec<i64>) {
        let before = self.row.followup_source_id.and_then(|id| self.case_of(id));
        let after = self.follow_ups.iter().filter_map(|id| self.case_of(*id));
        (before, after.collect())
    }

    /// The ticket, with what the rules of identity and the notices ask for.
    pub(super) fn ticket(&self) -> Ticket {
        Ticket {
            id: self.row.remote_id,
            requester_id: self.row.requester_id,
            submitter_id: self.row.submitter_id,
            assignee_id: self.row.assignee_id,
            tags: self.details.tags.clone(),
            ..Ticket::default()
        }
    }

    /// What can still be done with the ticket; a word of a newer version counts as alive.
    pub(super) fn life(&self) -> Life {
        [Life::Closed, Life::Deleted, Life::Scrubbed]
            .into_iter()
            .find(|life| state_word(*life) == self.row.state)
            .unwrap_or(Life::Alive)
    }

    pub(super) fn submitter(&self) -> Author {
        identity::submitter(&self.ticket(), &self.people, &self.rules)
    }

    pub(super) fn requester(&self) -> Author {
        identity::requester(&self.ticket(), &self.people)
    }

    /// The user of the ticket's assignee. Who stands in on the case for a ticket without one is no
    /// assignee of the ticket, so it is not asked for here.
    pub(super) fn assignee(&self) -> Author {
        let user = match identity::assignee(&self.ticket(), &self.people, &self.rules) {
            Translation::To(user) => user,
            Translation::Keep | Translation::Unknown(_) => None,
        };
        Author {
            contact: None,
            user,
        }
    }

    /// Who a collaborator is here: nobody stands in for them.
    pub(super) fn collaborator(&self, id: i64) -> Author {
        let person = self.people.get(id);
        let user = person.and_then(Person::linked_user);
        let contact = person.and_then(Person::linked_contact);
        Author {
            contact: contact.filter(|_| user.is_none()).cloned(),
            user: user.cloned(),
        }
    }

    /// Who a comment's author is here by today's links; none while they, or their role, are unknown.
    pub(super) fn author(&self, id: i64) -> Option<Author> {
        self.people.get(id)?.role?;
        Some(identity::author(Some(id), &self.people, &self.rules))
    }
}

/// The Zendesk people with these ids, and what they are linked to.
async fn read_people(
    connection: &mut Connection,
    integration: &str,
    mut ids: Vec<i64>,
) -> Result<People> {
    ids.sort_unstable();
    ids.dedup();
    let known = store::zendesk_users::by_ids(connection, integration, &ids).await?;
    let keys: Vec<String> = known
        .values()
        .filter_map(|user| user.email.as_deref().map(email_key))
        .collect();
    let users = store::users::by_email_keys(connection, &keys).await?;
    Ok(known
        .into_values()
        .map(|user| Person {
            zendesk_id: user.remote_id,
            role: user.role.as_deref().and_then(Role::parse),
            contact: user.contact_id,
            gone: !user.active,
            user: user
                .email
                .as_deref()
                .and_then(|email| users.get(&email_key(email)))
                .map(|user| user.id.clone()),
            name: user.name,
            email: user.email,
        })
        .collect())
}
