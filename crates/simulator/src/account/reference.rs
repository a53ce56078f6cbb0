//! The lists that tickets and users point to. Times are Unix seconds.

use std::sync::Arc;

use crate::word::Status;

/// A customer's company.
#[derive(Debug, Clone)]
pub struct Organization {
    /// Zendesk's id.
    pub id: i64,
    /// Name, unique.
    pub name: String,
    /// Somebody else's id.
    pub external_id: Option<String>,
    /// Mail domains of its people.
    pub domain_names: Vec<String>,
    /// Details.
    pub details: Option<String>,
    /// Notes.
    pub notes: Option<String>,
    /// Tags.
    pub tags: Vec<String>,
    /// When it was made.
    pub created_at: i64,
    /// When it last changed.
    pub updated_at: i64,
    /// When it was deleted.
    pub deleted_at: Option<i64>,
}

/// A group of agents.
#[derive(Debug, Clone)]
pub struct Group {
    /// Zendesk's id.
    pub id: i64,
    /// Name.
    pub name: String,
    /// Description.
    pub description: String,
    /// Whether new agents join it.
    pub default: bool,
    /// When it was made.
    pub created_at: i64,
    /// When it last changed.
    pub updated_at: i64,
}

/// A brand.
#[derive(Debug, Clone)]
pub struct Brand {
    /// Zendesk's id.
    pub id: i64,
    /// Name.
    pub name: String,
    /// Subdomain.
    pub subdomain: String,
    /// Whether new tickets belong to it.
    pub default: bool,
    /// When it was made.
    pub created_at: i64,
}

/// A custom status of a ticket.
#[derive(Debug, Clone)]
pub struct CustomStatus {
    /// Zendesk's id.
    pub id: i64,
    /// The status it belongs to; closed belongs to solved (zendesk-api.md 3.11).
    pub category: Status,
    /// What agents read.
    pub agent_label: String,
    /// What customers read.
    pub end_user_label: String,
    /// Description.
    pub description: String,
    /// Whether tickets of the category have it unless told otherwise.
    pub default: bool,
    /// When it was made.
    pub created_at: i64,
}

/// A field of a ticket.
#[derive(Debug, Clone)]
pub struct TicketField {
    /// Zendesk's id.
    pub id: i64,
    /// `subject`, `status`, `text`, `tagger`, and so on.
    pub kind: &'static str,
    /// Title.
    pub title: String,
    /// Whether a ticket cannot be solved without it.
    pub required: bool,
    /// True for custom fields.
    pub removable: bool,
    /// Options of a tagger: id, name, tag.
    pub options: Vec<(i64, String, String)>,
    /// When it was made.
    pub created_at: i64,
}

/// A field of a user.
#[derive(Debug, Clone)]
pub struct UserField {
    /// Zendesk's id.
    pub id: i64,
    /// `text`, `checkbox`, `date`, `dropdown`, and so on.
    pub kind: &'static str,
    /// Its key inside `user_fields`, shared with the users that have a value.
    pub key: Arc<str>,
    /// Title.
    pub title: String,
    /// Description.
    pub description: String,
    /// What a value must match.
    pub pattern: Option<String>,
    /// The tag a ticked checkbox adds.
    pub tag: Option<String>,
    /// Options of a dropdown: id, name, tag.
    pub options: Vec<(i64, String, String)>,
    /// When it was made.
    pub created_at: i64,
}
