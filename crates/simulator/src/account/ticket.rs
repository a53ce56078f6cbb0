//! Tickets, and what an edit of one can say.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::text::Text;
use crate::word::{Channel, Kind, Priority, Status};

/// A ticket (zendesk-api.md 3.7). Times are Unix seconds.
#[derive(Debug, Clone)]
pub struct Ticket {
    /// 1, 2, 3, and so on.
    pub id: i64,
    /// Somebody else's id; need not be unique.
    pub external_id: Option<Box<str>>,
    /// How it came in.
    pub channel: Channel,
    /// The closed ticket it follows.
    pub followup_source_id: Option<i64>,
    /// The tickets that follow it.
    pub followup_ids: Vec<i64>,
    /// When it was made.
    pub created_at: i64,
    /// When it last changed.
    pub updated_at: i64,
    /// When it last changed or was touched by the system: what exports order by.
    pub generated_timestamp: i64,
    /// Type.
    pub kind: Option<Kind>,
    /// Subject.
    pub subject: Option<Text>,
    /// Priority.
    pub priority: Option<Priority>,
    /// Status.
    pub status: Status,
    /// The support address it was sent to.
    pub recipient: Option<Box<str>>,
    /// Who asks.
    pub requester_id: i64,
    /// Who wrote the first comment.
    pub submitter_id: i64,
    /// Who answers.
    pub assignee_id: Option<i64>,
    /// The requester's organization.
    pub organization_id: Option<i64>,
    /// The group that answers.
    pub group_id: Option<i64>,
    /// People in copy.
    pub collaborator_ids: Vec<i64>,
    /// The problem it is an incident of.
    pub problem_id: Option<i64>,
    /// Whether incidents point to it.
    pub has_incidents: bool,
    /// Whether the requester sees it.
    pub is_public: bool,
    /// Due date of a task.
    pub due_at: Option<i64>,
    /// Tags.
    pub tags: Vec<Cow<'static, str>>,
    /// Values of custom fields that are set: field id, value.
    pub custom_fields: Vec<(i64, Value)>,
    /// Custom status.
    pub custom_status_id: Option<i64>,
    /// Brand.
    pub brand_id: i64,
    /// Ids of its audits, oldest first.
    pub audits: Vec<i64>,
    /// When it was deleted.
    pub deleted_at: Option<i64>,
    /// Whether its personal data has been scrubbed, 30 days after deletion.
    pub scrubbed: bool,
    /// The status it gets back when it is restored.
    pub status_before_deletion: Option<Status>,
}

/// A ticket to make. What is left out is as an agent's first save would have it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NewTicket {
    /// Subject.
    pub subject: Option<String>,
    /// The first comment.
    pub comment: NewComment,
    /// Who asks; the administrator without it.
    pub requester_id: Option<i64>,
    /// Who wrote the first comment; the requester without it.
    pub submitter_id: Option<i64>,
    /// Who makes it; the submitter without it.
    pub by: Option<i64>,
    /// Status; new, or open with an assignee, without it.
    pub status: Option<Status>,
    /// Priority.
    pub priority: Option<Priority>,
    /// Type.
    #[serde(rename = "type")]
    pub kind: Option<Kind>,
    /// How it comes in; by the API without it.
    pub channel: Option<Channel>,
    /// Who answers.
    pub assignee_id: Option<i64>,
    /// The group that answers; the assignee's without it.
    pub group_id: Option<i64>,
    /// Organization; the requester's without it.
    pub organization_id: Option<i64>,
    /// The problem it is an incident of.
    pub problem_id: Option<i64>,
    /// Somebody else's id.
    pub external_id: Option<String>,
    /// The support address it was sent to.
    pub recipient: Option<String>,
    /// People in copy.
    pub collaborator_ids: Vec<i64>,
    /// Tags.
    pub tags: Vec<String>,
    /// Custom fields: id and value.
    pub custom_fields: Vec<CustomValue>,
    /// Custom status; the default of its status without it.
    pub custom_status_id: Option<i64>,
    /// Brand; the default one without it.
    pub brand_id: Option<i64>,
    /// Due date of a task.
    pub due_at: Option<i64>,
    /// The closed ticket it follows.
    pub followup_source_id: Option<i64>,
    /// `metadata.custom` of its first audit.
    pub metadata: Option<Value>,
}

/// A comment to add.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NewComment {
    /// Whom it shows as author; whoever makes the change without it.
    pub author_id: Option<i64>,
    /// Plain text.
    pub body: String,
    /// HTML; made from the text without it.
    pub html_body: Option<String>,
    /// Whether the requester sees it; true without it.
    pub public: bool,
    /// File names; each becomes an attachment with made-up content.
    pub attachments: Vec<String>,
    /// Files with their content.
    pub files: Vec<NewFile>,
    /// Tokens of uploads, whose files the comment takes.
    pub uploads: Vec<String>,
}

/// A file to add.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewFile {
    /// Its name.
    pub file_name: String,
    /// Its media type; what its name says without it.
    #[serde(default)]
    pub content_type: Option<String>,
    /// Its bytes; base64 in the control route.
    #[serde(rename = "base64", deserialize_with = "from_base64")]
    pub bytes: Vec<u8>,
}

fn from_base64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(deserializer)?;
    STANDARD.decode(text).map_err(serde::de::Error::custom)
}

impl Default for NewComment {
    fn default() -> Self {
        Self {
            author_id: None,
            body: String::new(),
            html_body: None,
            public: true,
            attachments: Vec::new(),
            files: Vec::new(),
            uploads: Vec::new(),
        }
    }
}

impl NewComment {
    /// A public comment with this text.
    pub fn public(body: impl Into<String>) -> Self {
        Self {
            body: body.into(),
            ..Self::default()
        }
    }

    /// A private note with this text.
    pub fn private(body: impl Into<String>) -> Self {
        Self {
            body: body.into(),
            public: false,
            ..Self::default()
        }
    }

    /// The same comment by this author.
    #[must_use]
    pub fn by(mut self, author_id: i64) -> Self {
        self.author_id = Some(author_id);
        self
    }
}

/// A custom field's value.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct CustomValue {
    /// The field.
    pub id: i64,
    /// Its value; `null` clears it.
    #[serde(default)]
    pub value: Value,
}

/// What changes in a ticket; what is `None` stays. `Some(None)` clears a field.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TicketChange {
    /// Who makes it; the administrator without it.
    pub by: Option<i64>,
    /// How it comes in; by the API without it.
    pub channel: Option<Channel>,
    /// A comment that comes with it.
    pub comment: Option<NewComment>,
    /// Subject.
    #[serde(deserialize_with = "given")]
    pub subject: Option<Option<String>>,
    /// Status.
    pub status: Option<Status>,
    /// Priority.
    #[serde(deserialize_with = "given")]
    pub priority: Option<Option<Priority>>,
    /// Type.
    #[serde(rename = "type", deserialize_with = "given")]
    pub kind: Option<Option<Kind>>,
    /// Who asks.
    pub requester_id: Option<i64>,
    /// Who answers.
    #[serde(deserialize_with = "given")]
    pub assignee_id: Option<Option<i64>>,
    /// The group that answers.
    #[serde(deserialize_with = "given")]
    pub group_id: Option<Option<i64>>,
    /// Organization.
    #[serde(deserialize_with = "given")]
    pub organization_id: Option<Option<i64>>,
    /// The problem it is an incident of.
    #[serde(deserialize_with = "given")]
    pub problem_id: Option<Option<i64>>,
    /// Somebody else's id.
    #[serde(deserialize_with = "given")]
    pub external_id: Option<Option<String>>,
    /// The support address.
    #[serde(deserialize_with = "given")]
    pub recipient: Option<Option<String>>,
    /// People in copy: the whole list.
    pub collaborator_ids: Option<Vec<i64>>,
    /// Tags: the whole list.
    pub tags: Option<Vec<String>>,
    /// Custom fields: only those named change.
    pub custom_fields: Vec<CustomValue>,
    /// Custom status; sets `status` to its category.
    pub custom_status_id: Option<i64>,
    /// Brand.
    pub brand_id: Option<i64>,
    /// Due date.
    #[serde(deserialize_with = "given")]
    pub due_at: Option<Option<i64>>,
    /// `metadata.custom` of the audit.
    pub metadata: Option<Value>,
}

/// Tells `null` (`Some(None)`) from a key left out (`None`).
pub(crate) fn given<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}
