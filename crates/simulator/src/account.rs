//! The simulated account: everything it holds, its indexes, and its ids.

pub(crate) mod audit;
pub(crate) mod job;
pub(crate) mod reference;
pub(crate) mod tally;
pub(crate) mod ticket;
pub(crate) mod trigger;
pub(crate) mod upload;
pub(crate) mod user;
pub(crate) mod webhook;

pub(crate) mod happening;
pub(crate) mod life;
mod transplant;

mod field_edit;
mod ticket_edit;
mod user_edit;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;

use audit::{Audit, Comment};
use job::{Job, JobBook};
use reference::{Brand, CustomStatus, Group, Organization, TicketField, UserField};
use tally::Tally;
use ticket::Ticket;
use trigger::Trigger;
use upload::{Home, Upload};
use user::User;
use webhook::{Invocation, Post, Webhook};

use crate::config::Switches;
use crate::word::Status;

/// The distance between two ids. Zendesk's own stand 128 apart (recorded).
pub(crate) const STEP: i64 = 128;

/// The smallest id given out: 13 digits, as in accounts of today.
const FIRST_ID: i64 = 6_130_830_000_000;

/// Why an edit was not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// No ticket has this id.
    #[error("the simulated account has no ticket {0}")]
    NoTicket(i64),
    /// No user has this id.
    #[error("the simulated account has no user {0}")]
    NoUser(i64),
    /// No comment has this id.
    #[error("the simulated account has no comment {0}")]
    NoComment(i64),
    /// Another active user has this email.
    #[error("another user of the simulated account has the email {0}")]
    EmailTaken(String),
    /// Another active user has this external id.
    #[error("another user of the simulated account has the external id {0}")]
    ExternalIdTaken(String),
    /// No file of the comment has this id.
    #[error("the comment has no attachment {0}")]
    NoAttachment(i64),
    /// The ticket is not deleted, so it can be neither restored nor scrubbed.
    #[error("ticket {0} is not deleted")]
    NotDeleted(i64),
}

/// Everything a Zendesk account holds. Read it with [`Simulator::read`](crate::Simulator::read),
/// change it with [`Simulator::edit`](crate::Simulator::edit): each edit does what Zendesk would
/// (audit, times, indexes).
#[derive(Debug)]
pub struct Account {
    pub(crate) now: i64,
    next_id: i64,
    users: BTreeMap<i64, User>,
    users_by_change: BTreeSet<(i64, i64)>,
    emails: HashMap<String, i64>,
    external_ids: HashMap<String, i64>,
    tickets: BTreeMap<i64, Box<Ticket>>,
    tickets_by_change: BTreeSet<(i64, i64)>,
    audits: BTreeMap<i64, Box<Audit>>,
    audits_by_time: BTreeSet<(i64, i64)>,
    deletions: BTreeSet<(i64, i64)>,
    organizations: BTreeMap<i64, Organization>,
    organizations_by_change: BTreeSet<(i64, i64)>,
    pub(crate) groups: Vec<Group>,
    pub(crate) brands: Vec<Brand>,
    pub(crate) custom_statuses: Vec<CustomStatus>,
    pub(crate) ticket_fields: Vec<TicketField>,
    pub(crate) user_fields: Vec<UserField>,
    pub(crate) ticket_form_id: i64,
    pub(crate) jobs: JobBook,
    pub(crate) tally: Tally,
    pub(crate) ceilings: Ceilings,
    triggers: Vec<Trigger>,
    /// What it does where sources disagree.
    pub(crate) switches: Switches,
    uploads: HashMap<String, Upload>,
    homes: HashMap<i64, Home>,
    pub(crate) webhooks: BTreeMap<String, Webhook>,
    invocations: Vec<Invocation>,
    /// Where webhooks' parcels go; nowhere while the account is made.
    pub(crate) post: Option<Post>,
    /// After how many seconds solved tickets are closed.
    close_solved_after: Option<i64>,
}

/// The most that an account takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ceilings {
    /// Comments of one ticket.
    pub(crate) comments: usize,
    /// Bytes of one upload.
    pub(crate) upload: usize,
}

impl Default for Ceilings {
    fn default() -> Self {
        Self {
            comments: 5_000,
            upload: 50 * 1024 * 1024,
        }
    }
}

impl Account {
    /// An empty account whose time is `now`.
    pub(crate) fn new(now: i64) -> Self {
        Self {
            now,
            next_id: FIRST_ID,
            users: BTreeMap::new(),
            users_by_change: BTreeSet::new(),
            emails: HashMap::new(),
            external_ids: HashMap::new(),
            tickets: BTreeMap::new(),
            tickets_by_change: BTreeSet::new(),
            audits: BTreeMap::new(),
            audits_by_time: BTreeSet::new(),
            deletions: BTreeSet::new(),
            organizations: BTreeMap::new(),
            organizations_by_change: BTreeSet::new(),
            groups: Vec::new(),
            brands: Vec::new(),
            custom_statuses: Vec::new(),
            ticket_fields: Vec::new(),
            user_fields: Vec::new(),
            ticket_form_id: 0,
            jobs: JobBook::default(),
            tally: Tally::default(),
            ceilings: Ceilings::default(),
            triggers: Vec::new(),
            switches: Switches::default(),
            uploads: HashMap::new(),
            homes: HashMap::new(),
            webhooks: BTreeMap::new(),
            invocations: Vec::new(),
            post: None,
            close_solved_after: None,
        }
    }

    /// The account's time, Unix seconds.
    pub fn now(&self) -> i64 {
        self.now
    }

    /// Takes the next id and leaves room for `more` that follow it.
    pub(crate) fn take_id(&mut self, more: usize) -> i64 {
        let id = self.next_id;
        self.next_id += STEP * (1 + i64::try_from(more).unwrap_or(0));
        id
    }

    /// Keeps ids free for events that join the audit made last.
    pub(crate) fn reserve_ids(&mut self, count: usize) {
        self.next_id += STEP * i64::try_from(count).unwrap_or(0);
    }

    /// The administrator that the API token belongs to: always the first user.
    pub fn administrator(&self) -> i64 {
        self.users.keys().next().copied().unwrap_or_default()
    }

    /// All users by id, deleted ones too.
    pub fn users(&self) -> impl DoubleEndedIterator<Item = &User> {
        self.users.values()
    }

    /// A user.
    pub fn user(&self, id: i64) -> Option<&User> {
        self.users.get(&id)
    }

    /// The active user with this email, primary or secondary, in any case of letters.
    pub fn user_by_email(&self, email: &str) -> Option<&User> {
        self.emails
            .get(&fold(email))
            .and_then(|id| self.users.get(id))
    }

    /// The active user with this external id, in any case of letters.
    pub fn user_by_external_id(&self, external_id: &str) -> Option<&User> {
        self.external_ids
            .get(&fold(external_id))
            .and_then(|id| self.users.get(id))
    }

    /// All tickets by id, deleted ones too.
    pub fn tickets(&self) -> impl DoubleEndedIterator<Item = &Ticket> {
        self.tickets.values().map(Box::as_ref)
    }

    /// A ticket, deleted or not.
    pub fn ticket(&self, id: i64) -> Option<&Ticket> {
        self.tickets.get(&id).map(Box::as_ref)
    }

    /// All audits by id.
    pub fn audits(&self) -> impl Iterator<Item = &Audit> {
        self.audits.values().map(Box::as_ref)
    }

    /// A ticket's audits, oldest first.
    pub fn audits_of(&self, ticket_id: i64) -> impl Iterator<Item = &Audit> {
        self.tickets
            .get(&ticket_id)
            .into_iter()
            .flat_map(|ticket| &ticket.audits)
            .filter_map(|id| self.audit(*id))
    }

    /// A ticket's comments with the audits they came in, oldest first.
    pub fn comments_of(&self, ticket_id: i64) -> impl Iterator<Item = (&Audit, &Comment)> {
        self.audits_of(ticket_id)
            .filter_map(|audit| audit.comment().map(|comment| (audit, comment)))
    }

    /// How many comments the account holds.
    pub fn count_comments(&self) -> usize {
        self.audits
            .values()
            .filter(|audit| audit.comment().is_some())
            .count()
    }

    /// A ticket's description: the text of its first comment.
    pub fn description_of(&self, ticket: &Ticket) -> Option<&Comment> {
        ticket
            .audits
            .first()
            .and_then(|id| self.audit(*id))
            .and_then(Audit::comment)
    }

    /// Organizations by id.
    pub fn organizations(&self) -> impl DoubleEndedIterator<Item = &Organization> {
        self.organizations.values()
    }

    /// An organization.
    pub fn organization(&self, id: i64) -> Option<&Organization> {
        self.organizations.get(&id)
    }

    /// Groups.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// Brands.
    pub fn brands(&self) -> &[Brand] {
        &self.brands
    }

    /// Custom statuses.
    pub fn custom_statuses(&self) -> &[CustomStatus] {
        &self.custom_statuses
    }

    /// Ticket fields, system and custom.
    pub fn ticket_fields(&self) -> &[TicketField] {
        &self.ticket_fields
    }

    /// User fields.
    pub fn user_fields(&self) -> &[UserField] {
        &self.user_fields
    }

    /// Jobs by id.
    pub fn jobs(&self) -> &BTreeMap<String, Job> {
        self.jobs.all()
    }

    /// Sets whether a ticket cannot be solved without a field; false for an unknown field.
    pub fn require_field(&mut self, id: i64, required: bool) -> bool {
        match self.ticket_fields.iter_mut().find(|field| field.id == id) {
            Some(field) => {
                field.required = required;
                true
            }
            None => false,
        }
    }

    /// The default custom status of a status.
    pub(crate) fn custom_status_for(&self, status: Status) -> Option<i64> {
        let category = match status {
            Status::Closed | Status::Deleted => Status::Solved,
            Status::New | Status::Open | Status::Pending | Status::Hold | Status::Solved => status,
        };
        self.custom_statuses
            .iter()
            .find(|one| one.default && one.category == category)
            .map(|one| one.id)
    }

    pub(crate) fn default_brand(&self) -> i64 {
        self.brands
            .iter()
            .find(|brand| brand.default)
            .or(self.brands.first())
            .map(|brand| brand.id)
            .unwrap_or_default()
    }

    /// Users in export order from a place on: `(updated_at, id)`.
    pub(crate) fn users_from(
        &self,
        place: Bound<(i64, i64)>,
    ) -> impl Iterator<Item = (i64, &User)> {
        self.users_by_change
            .range((place, Bound::Unbounded))
            .filter_map(|(at, id)| self.users.get(id).map(|user| (*at, user)))
    }

    /// Tickets in export order from a place on: `(generated_timestamp, id)`.
    pub(crate) fn tickets_from(
        &self,
        place: Bound<(i64, i64)>,
    ) -> impl Iterator<Item = (i64, &Ticket)> {
        self.tickets_by_change
            .range((place, Bound::Unbounded))
            .filter_map(|(at, id)| self.ticket(*id).map(|ticket| (*at, ticket)))
    }

    /// Audits in export order from a place on: `(created_at, id)`.
    pub(crate) fn audits_from(
        &self,
        place: Bound<(i64, i64)>,
    ) -> impl Iterator<Item = (i64, &Audit)> {
        self.audits_by_time
            .range((place, Bound::Unbounded))
            .filter_map(|(at, id)| self.audit(*id).map(|audit| (*at, audit)))
    }

    /// Organizations in export order from a place on: `(updated_at, id)`.
    pub(crate) fn organizations_from(
        &self,
        place: Bound<(i64, i64)>,
    ) -> impl Iterator<Item = (i64, &Organization)> {
        self.organizations_by_change
            .range((place, Bound::Unbounded))
            .filter_map(|(at, id)| self.organizations.get(id).map(|one| (*at, one)))
    }

    /// Users by id after an id.
    pub(crate) fn users_in(
        &self,
        range: (Bound<i64>, Bound<i64>),
    ) -> impl DoubleEndedIterator<Item = &User> {
        self.users.range(range).map(|(_, user)| user)
    }

    /// Tickets by id after an id.
    pub(crate) fn tickets_in(
        &self,
        range: (Bound<i64>, Bound<i64>),
    ) -> impl DoubleEndedIterator<Item = &Ticket> {
        self.tickets.range(range).map(|(_, ticket)| ticket.as_ref())
    }

    pub(crate) fn audit(&self, id: i64) -> Option<&Audit> {
        self.audits.get(&id).map(Box::as_ref)
    }

    /// How many tickets are not deleted.
    pub(crate) fn count_tickets(&self) -> usize {
        self.tickets.len() - self.deletions.len()
    }

    pub(crate) fn count_users(&self) -> usize {
        self.users.len()
    }

    pub(crate) fn insert_user(&mut self, mut user: User) {
        user.note_emails();
        self.users_by_change.insert((user.updated_at, user.id));
        if user.active {
            for email in user.email.iter().chain(&user.more_emails) {
                self.emails.insert(fold(email), user.id);
            }
            if let Some(external_id) = &user.external_id {
                self.external_ids.insert(fold(external_id), user.id);
            }
        }
        self.users.insert(user.id, user);
    }

    /// Takes a user out of the maps, to be changed and put back by [`Self::insert_user`].
    pub(crate) fn take_user(&mut self, id: i64) -> Result<User, EditError> {
        let user = self.users.remove(&id).ok_or(EditError::NoUser(id))?;
        self.users_by_change.remove(&(user.updated_at, id));
        for email in user.email.iter().chain(&user.more_emails) {
            let key = fold(email);
            if self.emails.get(&key) == Some(&id) {
                self.emails.remove(&key);
            }
        }
        if let Some(external_id) = &user.external_id {
            let key = fold(external_id);
            if self.external_ids.get(&key) == Some(&id) {
                self.external_ids.remove(&key);
            }
        }
        Ok(user)
    }

    pub(crate) fn insert_ticket(&mut self, ticket: impl Into<Box<Ticket>>) {
        let ticket = ticket.into();
        self.tickets_by_change
            .insert((ticket.generated_timestamp, ticket.id));
        if let Some(at) = ticket.deleted_at {
            self.deletions.insert((at, ticket.id));
        }
        self.tickets.insert(ticket.id, ticket);
    }

    /// Takes a ticket out of the maps, to be changed and put back by [`Self::insert_ticket`].
    pub(crate) fn take_ticket(&mut self, id: i64) -> Result<Box<Ticket>, EditError> {
        let ticket = self.tickets.remove(&id).ok_or(EditError::NoTicket(id))?;
        self.tickets_by_change
            .remove(&(ticket.generated_timestamp, id));
        if let Some(at) = ticket.deleted_at {
            self.deletions.remove(&(at, id));
        }
        Ok(ticket)
    }

    pub(crate) fn insert_audit(&mut self, audit: impl Into<Box<Audit>>) {
        let audit = audit.into();
        self.audits_by_time.insert((audit.created_at, audit.id));
        self.audits.insert(audit.id, audit);
    }

    pub(crate) fn audit_mut(&mut self, id: i64) -> Option<&mut Audit> {
        self.audits.get_mut(&id).map(Box::as_mut)
    }

    pub(crate) fn insert_organization(&mut self, organization: Organization) {
        self.organizations_by_change
            .insert((organization.updated_at, organization.id));
        self.organizations.insert(organization.id, organization);
    }

    pub(crate) fn next_ticket_id(&self) -> i64 {
        self.tickets.keys().next_back().map_or(1, |id| id + 1)
    }
}

/// How emails, external ids and names compare: without regard to case (zendesk-api.md 3.4).
pub(crate) fn fold(text: &str) -> String {
    text.trim().to_lowercase()
}
