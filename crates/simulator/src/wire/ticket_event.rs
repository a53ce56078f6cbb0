//! Ticket events as JSON: audits in the form of their export.

use serde::ser::{SerializeMap, SerializeSeq, SerializeStruct};
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::Stamp;
use super::audit::{CommentForm, CommentView, SYSTEM, seen};
use crate::account::audit::{Audit, Event};
use crate::account::{Account, STEP};
use crate::word::Channel;

/// An audit as `incremental/ticket_events` exports it (zendesk-api.md 3.9: general knowledge and a
/// client's test data).
pub(crate) struct TicketEventView<'a> {
    pub(crate) account: &'a Account,
    pub(crate) audit: &'a Audit,
    pub(crate) base: &'a str,
    /// Whether `include=comment_events` was asked for.
    pub(crate) with_comments: bool,
}

struct Children<'a>(&'a TicketEventView<'a>);

struct Child<'a, V> {
    id: i64,
    via: &'static str,
    /// The rule behind it.
    reference: Option<i64>,
    field: &'a str,
    value: &'a V,
    previous: Option<&'a V>,
    event_type: &'static str,
}

impl<V: Serialize> Serialize for Child<'_, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &self.id)?;
        map.serialize_entry("via", self.via)?;
        map.serialize_entry("via_reference_id", &self.reference)?;
        map.serialize_entry(self.field, self.value)?;
        if let Some(previous) = self.previous {
            map.serialize_entry("previous_value", previous)?;
        }
        map.serialize_entry("event_type", self.event_type)?;
        map.end()
    }
}

#[derive(Serialize)]
struct CommentChild {
    id: i64,
    via: &'static str,
    via_reference_id: Option<i64>,
    comment_present: bool,
    comment_public: bool,
    event_type: &'static str,
}

impl Serialize for Children<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let TicketEventView {
            account,
            audit,
            base,
            with_comments,
        } = *self.0;
        let via = audit.channel.event_name();
        let reference = audit.rule.as_ref().map(|rule| rule.id);
        let mut list = serializer.serialize_seq(None)?;
        let mut id = audit.id;
        for event in &audit.events {
            id += STEP;
            match event {
                Event::Comment(comment) if with_comments => {
                    list.serialize_element(&CommentView {
                        account,
                        audit,
                        comment,
                        base,
                        form: CommentForm::Child,
                    })?;
                }
                Event::Comment(comment) => list.serialize_element(&CommentChild {
                    id,
                    via,
                    via_reference_id: reference,
                    comment_present: true,
                    comment_public: comment.public,
                    event_type: "Comment",
                })?,
                Event::Created(creation) => {
                    for (field, value) in creation.fields(account.ticket_form_id) {
                        list.serialize_element(&Child {
                            id,
                            via,
                            reference,
                            field,
                            value: &value,
                            previous: None,
                            event_type: "Create",
                        })?;
                        id += STEP;
                    }
                }
                Event::Changed(change) => list.serialize_element(&Child {
                    id,
                    via: change
                        .rule
                        .as_ref()
                        .map_or(via, |_| Channel::Rule.event_name()),
                    reference: change.rule.as_ref().map(|rule| rule.id).or(reference),
                    field: &change.field,
                    value: &change.value,
                    previous: Some(&change.previous),
                    event_type: "Change",
                })?,
                Event::MadePrivate { comment_id } => list.serialize_element(&Child {
                    id,
                    via,
                    reference,
                    field: "comment_id",
                    value: comment_id,
                    previous: None,
                    event_type: "CommentPrivacyChange",
                })?,
                Event::AttachmentRedacted { attachment_id, .. } => {
                    list.serialize_element(&Child {
                        id,
                        via,
                        reference,
                        field: "attachment_id",
                        value: attachment_id,
                        previous: None,
                        event_type: "AttachmentRedactionEvent",
                    })?;
                }
                Event::Redacted { comment_id } => list.serialize_element(&Child {
                    id,
                    via,
                    reference,
                    field: "comment_id",
                    value: comment_id,
                    previous: None,
                    event_type: "CommentRedactionEvent",
                })?,
            }
        }
        list.end()
    }
}

struct EventMetadata<'a>(Option<&'a Value>);

impl Serialize for EventMetadata<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(custom) = self.0 {
            map.serialize_entry("custom", custom)?;
        }
        map.end()
    }
}

impl Serialize for TicketEventView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let audit = self.audit;
        let is_told = self.account.switches.events_have_metadata;
        let custom = seen(self.account, audit).filter(|_| is_told);
        let mut map = serializer.serialize_struct("ticket_event", 10)?;
        map.serialize_field("child_events", &Children(self))?;
        map.serialize_field("id", &audit.id)?;
        map.serialize_field("ticket_id", &audit.ticket_id)?;
        map.serialize_field("timestamp", &audit.created_at)?;
        map.serialize_field("created_at", &Stamp(audit.created_at))?;
        map.serialize_field("updater_id", &audit.author_id)?;
        map.serialize_field("via", audit.channel.event_name())?;
        map.serialize_field("system", &SYSTEM)?;
        map.serialize_field("metadata", &EventMetadata(custom))?;
        map.serialize_field("event_type", "Audit")?;
        map.end()
    }
}
