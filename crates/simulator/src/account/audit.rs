//! Audits: what happened to a ticket, one entry per change, with the comments inside.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::STEP;
use super::upload::media_type;
use crate::text::Text;
use crate::word::{Channel, Kind, Priority, Status};

/// One change of a ticket by one person at one moment (zendesk-api.md 3.7).
#[derive(Debug, Clone)]
pub struct Audit {
    /// Zendesk's id; its events have the ids that follow it.
    pub id: i64,
    /// The ticket it belongs to.
    pub ticket_id: i64,
    /// When, in Unix seconds.
    pub created_at: i64,
    /// Who: the caller, whoever the comment's author is.
    pub author_id: i64,
    /// How it came in.
    pub channel: Channel,
    /// The comment first, if there is one, then the field changes.
    pub events: Vec<Event>,
    /// `metadata.custom`, as the caller sent it.
    pub custom: Option<Box<Value>>,
    /// The trigger or automation that made it, where one did.
    pub rule: Option<Box<Rule>>,
}

/// A trigger or an automation, as events name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Zendesk's id.
    pub id: i64,
    /// Its title.
    pub title: Box<str>,
    /// `trigger` or `automation`.
    pub rel: &'static str,
}

impl Audit {
    /// The comment that came with it.
    pub fn comment(&self) -> Option<&Comment> {
        match self.events.first() {
            Some(Event::Comment(comment)) => Some(comment),
            _ => None,
        }
    }

    pub(crate) fn comment_mut(&mut self) -> Option<&mut Comment> {
        match self.events.first_mut() {
            Some(Event::Comment(comment)) => Some(comment),
            _ => None,
        }
    }

    /// The id of its comment. Comment ids are ids of audit events (zendesk-api.md 3.8, recorded).
    pub fn comment_id(&self) -> i64 {
        self.id + STEP
    }
}

/// One thing an audit tells.
#[derive(Debug, Clone)]
pub enum Event {
    /// A comment was added.
    Comment(Comment),
    /// The ticket was made with these fields: one `Create` event each on the wire.
    Created(Box<Creation>),
    /// A field changed.
    Changed(Box<Change>),
    /// A public comment was made private.
    MadePrivate {
        /// The comment.
        comment_id: i64,
    },
    /// Words of a comment were blacked out.
    Redacted {
        /// The comment.
        comment_id: i64,
    },
    /// The content of a file was taken away.
    AttachmentRedacted {
        /// The comment.
        comment_id: i64,
        /// The file.
        attachment_id: i64,
    },
}

/// A comment of a ticket.
#[derive(Debug, Clone)]
pub struct Comment {
    /// Whom it shows as author.
    pub author_id: i64,
    /// The plain text.
    pub body: Text,
    /// The HTML the caller sent, where it did; else it is made from the text.
    pub html: Option<Box<str>>,
    /// Whether the requester sees it.
    pub public: bool,
    /// Whether it was made as a private comment of an end user, which Zendesk marks with flag 17
    /// (zendesk-api.md 3.8).
    pub flagged: bool,
    /// Files.
    pub attachments: Vec<Attachment>,
}

/// A file of a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Zendesk's id.
    pub id: i64,
    /// The file's name.
    pub file_name: String,
    /// Its media type.
    pub content_type: String,
    /// Its size in bytes.
    pub size: u64,
    /// When it was added, in Unix seconds.
    pub added_at: i64,
    /// Its bytes; a file that was given by its name only has none, and is filled when it is read.
    pub content: Option<Arc<[u8]>>,
}

impl Attachment {
    /// A file of which only the name was given.
    pub(crate) fn named(id: i64, file_name: String, added_at: i64) -> Self {
        Self {
            id,
            content_type: media_type(&file_name).to_owned(),
            size: 1_024 + 7 * file_name.len() as u64,
            file_name,
            added_at,
            content: None,
        }
    }

    /// What it holds: the same bytes each time.
    pub fn bytes(&self) -> Vec<u8> {
        match &self.content {
            Some(content) => content.to_vec(),
            None => self
                .file_name
                .bytes()
                .chain([b'\n'])
                .cycle()
                .take(usize::try_from(self.size).unwrap_or(0))
                .collect(),
        }
    }
}

/// The fields a ticket was made with.
#[derive(Debug, Clone)]
pub struct Creation {
    /// The subject.
    pub subject: Option<Text>,
    /// Who asks.
    pub requester_id: i64,
    /// Priority.
    pub priority: Option<Priority>,
    /// Type.
    pub kind: Option<Kind>,
    /// Status.
    pub status: Status,
    /// Who answers.
    pub assignee_id: Option<i64>,
    /// The group that answers.
    pub group_id: Option<i64>,
    /// The requester's organization.
    pub organization_id: Option<i64>,
    /// Brand.
    pub brand_id: i64,
    /// Custom status.
    pub custom_status_id: Option<i64>,
}

impl Creation {
    /// The events as Zendesk lists them: subject, requester, priority, type, status, and so on
    /// (recorded order); assignee and group only where they are set.
    pub(crate) fn fields(&self, form_id: i64) -> Vec<(&'static str, Detail)> {
        let subject = self.subject.as_ref().map_or(Detail::Nothing, |text| {
            Detail::Text(text.read().into_owned().into())
        });
        let mut fields = vec![
            ("subject", subject),
            ("requester_id", Detail::Id(self.requester_id)),
            (
                "priority",
                self.priority
                    .map_or(Detail::Nothing, |word| Detail::Word(word.as_str())),
            ),
            (
                "type",
                self.kind
                    .map_or(Detail::Nothing, |word| Detail::Word(word.as_str())),
            ),
            ("status", Detail::Word(self.status.as_str())),
        ];
        let ids = [
            ("organization_id", self.organization_id),
            ("brand_id", Some(self.brand_id)),
            ("ticket_form_id", Some(form_id)),
            ("custom_status_id", self.custom_status_id),
            ("group_id", self.group_id),
            ("assignee_id", self.assignee_id),
        ];
        fields.extend(
            ids.into_iter()
                .filter_map(|(name, id)| id.map(|id| (name, Detail::Id(id)))),
        );
        fields
    }
}

/// A field's old and new value.
#[derive(Debug, Clone)]
pub struct Change {
    /// The field's name; a custom field's id.
    pub field: Cow<'static, str>,
    /// The new value.
    pub value: Detail,
    /// The old one.
    pub previous: Detail,
    /// The trigger that changed it, right after the rest of its audit.
    pub rule: Option<Box<Rule>>,
}

/// A value inside an event. Ids are strings there (zendesk-api.md 3.7, recorded).
#[derive(Debug, Clone, PartialEq)]
pub enum Detail {
    /// `null`.
    Nothing,
    /// One of Zendesk's own words.
    Word(&'static str),
    /// Any text.
    Text(Box<str>),
    /// An id.
    Id(i64),
    /// A list of words: tags.
    List(Vec<Cow<'static, str>>),
    /// Any other value: custom fields.
    Any(Box<Value>),
}

impl Serialize for Detail {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Nothing => serializer.serialize_none(),
            Self::Word(word) => serializer.serialize_str(word),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Id(id) => serializer.collect_str(id),
            Self::List(words) => serializer.collect_seq(words),
            Self::Any(value) => value.serialize(serializer),
        }
    }
}
