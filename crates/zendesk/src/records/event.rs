//! Ticket events and audits: the two shapes of one thing, "what one update of a ticket did".
//!
//! The export's rows (`child_events`, fields flattened) are known by hearsay only (K in
//! zendesk-api.md 3.9), the audits' (`events`, `field_name` and `value`) are recorded. One reader
//! takes both, and mixtures.

use std::fmt;

use domain::comment::TicketComment;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::Mirrored;
use super::change::{FieldEvent, changes_of};
use super::comment::{Attachment, file_names, merged_into};
use super::scalar::{flag, id, loose_text, time};
use super::via::{Via, object, via};

/// One update of one ticket.
#[derive(Clone, Default)]
pub struct TicketEvent {
    /// The audit's id.
    pub id: i64,
    /// The ticket.
    pub ticket_id: i64,
    /// Who did it: the author of the audit.
    pub updater_id: Option<i64>,
    /// When.
    pub created_at: Option<Timestamp>,
    /// The comments it made, each with its raw JSON.
    pub comments: Vec<(TicketComment, Box<RawValue>)>,
    /// Whether it created the ticket (any `Create` among its children).
    pub creates: bool,
    /// Changes of the status, as previous and new word; no previous one at creation.
    pub status_changes: Vec<(Option<String>, String)>,
    /// Every field it set, in order; a custom field under its id.
    pub changes: Vec<FieldEvent>,
    /// Changes of a comment's visibility: its id, and whether it is public now.
    pub privacy_changes: Vec<(i64, bool)>,
    /// Comments of which something was redacted: text or a file.
    pub redacted: Vec<i64>,
    /// Comments named without their text (an export without `comment_events`, or a form we do not
    /// know): to be read from the ticket's own list.
    pub textless: Vec<i64>,
    /// The marker of our own operation (`metadata.custom.deskbridge_op`, reliability.md 5).
    pub deskbridge_op: Option<String>,
}

impl fmt::Debug for TicketEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TicketEvent")
            .field("id", &self.id)
            .field("ticket_id", &self.ticket_id)
            .field("updater_id", &self.updater_id)
            .field("created_at", &self.created_at)
            .field("comments", &self.comments.len())
            .field("creates", &self.creates)
            .field("status_changes", &self.status_changes)
            .field("changes", &self.changes)
            .field("privacy_changes", &self.privacy_changes)
            .field("redacted", &self.redacted)
            .field("textless", &self.textless)
            .field("deskbridge_op", &self.deskbridge_op)
            .finish()
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct EventWire<'a> {
    #[serde(deserialize_with = "id")]
    id: Option<i64>,
    #[serde(deserialize_with = "id")]
    ticket_id: Option<i64>,
    #[serde(deserialize_with = "id")]
    updater_id: Option<i64>,
    #[serde(deserialize_with = "id")]
    author_id: Option<i64>,
    #[serde(deserialize_with = "time")]
    created_at: Option<Timestamp>,
    #[serde(deserialize_with = "time")]
    timestamp: Option<Timestamp>,
    #[serde(deserialize_with = "object")]
    metadata: Metadata,
    #[serde(borrow)]
    child_events: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    events: Option<Vec<&'a RawValue>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Metadata {
    #[serde(deserialize_with = "object")]
    custom: Custom,
    #[serde(deserialize_with = "loose_text")]
    deskbridge_op: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Custom {
    #[serde(deserialize_with = "loose_text")]
    deskbridge_op: Option<String>,
}

/// Anything that may stand among the children; keys we do not name are passed over.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Child {
    #[serde(deserialize_with = "id")]
    id: Option<i64>,
    /// What the child is, in the export. `type` may then be the ticket's type that changed.
    #[serde(deserialize_with = "loose_text")]
    event_type: Option<String>,
    /// What the child is, in an audit.
    #[serde(rename = "type", deserialize_with = "loose_text")]
    kind: Option<String>,
    #[serde(deserialize_with = "id")]
    author_id: Option<i64>,
    #[serde(deserialize_with = "loose_text")]
    body: Option<String>,
    #[serde(deserialize_with = "flag")]
    public: Option<bool>,
    attachments: Option<Vec<Attachment>>,
    #[serde(deserialize_with = "id")]
    audit_id: Option<i64>,
    #[serde(deserialize_with = "via")]
    via: Via,
    #[serde(deserialize_with = "time")]
    created_at: Option<Timestamp>,
    #[serde(deserialize_with = "id")]
    comment_id: Option<i64>,
    #[serde(deserialize_with = "loose_text")]
    field_name: Option<String>,
    #[serde(deserialize_with = "loose_text")]
    value: Option<String>,
    #[serde(deserialize_with = "loose_text")]
    previous_value: Option<String>,
    /// The flattened form of a change of the status.
    #[serde(deserialize_with = "loose_text")]
    status: Option<String>,
}

/// The least that a child says of itself.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Label {
    #[serde(deserialize_with = "id")]
    id: Option<i64>,
    #[serde(deserialize_with = "loose_text")]
    event_type: Option<String>,
    #[serde(rename = "type", deserialize_with = "loose_text")]
    kind: Option<String>,
}

impl Mirrored for TicketEvent {
    const NOUN: &'static str = "Ticket event";
    type Wire<'a> = EventWire<'a>;

    fn from_wire(wire: EventWire<'_>) -> Result<Self, &'static str> {
        let mut event = Self {
            id: wire.id.ok_or("id")?,
            ticket_id: wire.ticket_id.ok_or("ticket_id")?,
            updater_id: wire.updater_id.or(wire.author_id),
            created_at: wire.created_at.or(wire.timestamp),
            deskbridge_op: wire
                .metadata
                .custom
                .deskbridge_op
                .or(wire.metadata.deskbridge_op),
            ..Self::default()
        };
        // Without what it did, an event says nothing, and may have held a comment.
        if wire.child_events.is_none() && wire.events.is_none() {
            return Err("child_events");
        }
        let lists = [wire.child_events, wire.events];
        for raw in lists.into_iter().flatten().flatten() {
            match serde_json::from_str::<Child>(raw.get()) {
                Ok(child) => event.take(child, raw),
                Err(_) => event.take_unreadable(raw),
            }
        }
        if event.creates
            && let Some((first, _)) = event.comments.first_mut()
        {
            first.is_description = true;
        }
        Ok(event)
    }

    fn id(&self) -> i64 {
        self.id
    }
}

impl TicketEvent {
    fn take(&mut self, child: Child, raw: &RawValue) {
        let word = child.event_type.as_deref().or(child.kind.as_deref());
        match word.unwrap_or_default() {
            "Comment" | "VoiceComment" | "FacebookComment" => self.take_comment(child, raw),
            "Create" => {
                self.creates = true;
                self.changes.extend(changes_of(raw));
                self.take_status(child);
            }
            "Change" => {
                self.changes.extend(changes_of(raw));
                self.take_status(child);
            }
            "CommentPrivacyChange" => {
                // Zendesk knows one direction only, so a change that does not say is to private.
                if let Some(comment) = child.comment_id {
                    let public = child.public.unwrap_or(false);
                    self.privacy_changes.push((comment, public));
                }
            }
            word if word.contains("Redaction") => self.redacted.extend(child.comment_id),
            _ => {}
        }
    }

    /// One child of a form we do not know must not lose its siblings. A comment among such is
    /// still named, so that it is read from the ticket's own list; others stay in the raw JSON.
    fn take_unreadable(&mut self, raw: &RawValue) {
        let Ok(label) = serde_json::from_str::<Label>(raw.get()) else {
            return;
        };
        let word = label.event_type.or(label.kind).unwrap_or_default();
        if word.ends_with("Comment") {
            self.textless.extend(label.id);
        } else if matches!(word.as_str(), "Create" | "Change") {
            self.changes.extend(changes_of(raw));
        }
    }

    fn take_status(&mut self, child: Child) {
        let flattened = child.status;
        let named = match child.field_name.as_deref() {
            Some("status") => child.value,
            Some(_) | None => None,
        };
        if let Some(status) = flattened.or(named) {
            self.status_changes.push((child.previous_value, status));
        }
    }

    fn take_comment(&mut self, child: Child, raw: &RawValue) {
        let Some(id) = child.id else { return };
        let Some(body) = child.body else {
            self.textless.push(id);
            return;
        };
        let comment = TicketComment {
            id,
            ticket_id: self.ticket_id,
            author_id: child.author_id.or(self.updater_id),
            public: child.public.unwrap_or(false),
            created_at: child.created_at.or(self.created_at),
            is_description: false,
            audit_id: child.audit_id.or(Some(self.id)),
            merged_into: child
                .via
                .merge_target()
                .or_else(|| merged_into(&body, child.via.is_merge())),
            attachments: file_names(child.attachments),
            body,
        };
        self.comments.push((comment, raw.to_owned()));
    }
}
