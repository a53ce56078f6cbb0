//! Records put in as they stand, with their own ids and times: what a comparison with a recorded
//! account needs. Nothing of what an edit does happens: no audit, no webhook, no check.

use std::ops::Bound;

use super::Account;
use super::audit::Audit;
use super::reference::{Brand, CustomStatus, Group, Organization, TicketField, UserField};
use super::ticket::Ticket;
use super::user::User;
use crate::word::{Channel, Status};

impl Account {
    /// Takes everything out: people, tickets, organizations, and the lists that they point to.
    /// Jobs, webhooks and uploads stay.
    pub fn clear(&mut self) {
        let ids: Vec<i64> = self.users().map(|user| user.id).collect();
        for id in ids {
            let _ = self.take_user(id);
        }
        let ids: Vec<i64> = self.tickets().map(|ticket| ticket.id).collect();
        for id in ids {
            let _ = self.take_ticket(id);
        }
        self.audits.clear();
        self.audits_by_time.clear();
        self.organizations.clear();
        self.organizations_by_change.clear();
        self.groups.clear();
        self.brands.clear();
        self.custom_statuses.clear();
        self.ticket_fields.clear();
        self.user_fields.clear();
    }

    /// Puts a user in, in place of another with its id.
    pub fn place_user(&mut self, user: User) {
        let _ = self.take_user(user.id);
        self.insert_user(user);
    }

    /// Puts an organization in.
    pub fn place_organization(&mut self, organization: Organization) {
        self.insert_organization(organization);
    }

    /// Puts a ticket in, in place of another with its id, with its audits, oldest first.
    pub fn place_ticket(&mut self, mut ticket: Ticket, audits: Vec<Audit>) {
        let _ = self.take_ticket(ticket.id);
        ticket.audits = audits.iter().map(|audit| audit.id).collect();
        for audit in audits {
            self.settle_attachments(&audit);
            self.insert_audit(audit);
        }
        self.insert_ticket(ticket);
    }

    /// Puts a group in, behind the others.
    pub fn place_group(&mut self, group: Group) {
        self.groups.push(group);
    }

    /// Puts a brand in, behind the others.
    pub fn place_brand(&mut self, brand: Brand) {
        self.brands.push(brand);
    }

    /// Puts a custom status in, behind the others.
    pub fn place_custom_status(&mut self, status: CustomStatus) {
        self.custom_statuses.push(status);
    }

    /// Puts a ticket field in, behind the others.
    pub fn place_ticket_field(&mut self, field: TicketField) {
        self.ticket_fields.push(field);
    }

    /// Puts a user field in, behind the others.
    pub fn place_user_field(&mut self, field: UserField) {
        self.user_fields.push(field);
    }

    /// Says which ticket form tickets have.
    pub fn place_ticket_form(&mut self, id: i64) {
        self.ticket_form_id = id;
    }

    /// Whether a user, a ticket or an organization has this id.
    pub fn has_record(&self, id: i64) -> bool {
        let here = (Bound::Included(id), Bound::Included(id));
        self.users_in(here).next().is_some()
            || self.ticket(id).is_some()
            || self.organization(id).is_some()
    }
}

impl Ticket {
    /// A new ticket without anything, to be filled and put in by [`Account::place_ticket`].
    pub fn blank(id: i64, requester_id: i64, at: i64) -> Self {
        Self {
            id,
            external_id: None,
            channel: Channel::Api,
            followup_source_id: None,
            followup_ids: Vec::new(),
            created_at: at,
            updated_at: at,
            generated_timestamp: at,
            kind: None,
            subject: None,
            priority: None,
            status: Status::New,
            recipient: None,
            requester_id,
            submitter_id: requester_id,
            assignee_id: None,
            organization_id: None,
            group_id: None,
            collaborator_ids: Vec::new(),
            problem_id: None,
            has_incidents: false,
            is_public: true,
            due_at: None,
            tags: Vec::new(),
            custom_fields: Vec::new(),
            custom_status_id: None,
            brand_id: 0,
            audits: Vec::new(),
            deleted_at: None,
            scrubbed: false,
            status_before_deletion: None,
        }
    }
}
