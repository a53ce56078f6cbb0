//! Audits, comments and ticket events as JSON.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::ser::{SerializeMap, SerializeSeq, SerializeStruct};
use serde::{Serialize, Serializer};

use super::{Empty, Stamp, Via, ViaRule, html};
use crate::account::audit::{Attachment, Audit, Comment, Event};
use crate::account::{Account, STEP};
use crate::markup::plain;
use crate::word::Channel;

/// What Zendesk notes about the machine a change came from.
#[derive(Serialize)]
struct System {
    client: &'static str,
    ip_address: &'static str,
    location: &'static str,
    latitude: f64,
    longitude: f64,
}

const SYSTEM: System = System {
    client: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    ip_address: "203.0.113.7",
    location: "Brussels, BRU, Belgium",
    latitude: 50.85,
    longitude: 4.35,
};

/// What an audit or a comment says about where it came from.
struct Metadata<'a> {
    audit: &'a Audit,
    /// Whether flags are added, of a comment that has one.
    flagged: bool,
}

impl Serialize for Metadata<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self.audit.channel {
            Channel::Rule | Channel::System => map.serialize_entry("system", &Empty)?,
            Channel::Email | Channel::Web | Channel::Api | Channel::Phone => {
                map.serialize_entry("system", &SYSTEM)?;
            }
        }
        match &self.audit.custom {
            Some(custom) => map.serialize_entry("custom", custom)?,
            None => map.serialize_entry("custom", &Empty)?,
        }
        if self.flagged {
            map.serialize_entry("flags", &[17])?;
            map.serialize_entry(
                "flags_options",
                &BTreeMap::from([("17", BTreeMap::from([("trusted", false)]))]),
            )?;
            map.serialize_entry("trusted", &false)?;
        }
        map.end()
    }
}

/// A file as comments carry it.
struct AttachmentView<'a> {
    base: &'a str,
    file: &'a Attachment,
}

impl Serialize for AttachmentView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { base, file } = self;
        let content = format!(
            "{base}/attachments/token/t{}/?name={}",
            file.id, file.file_name
        );
        let mut map = serializer.serialize_struct("attachment", 14)?;
        map.serialize_field(
            "url",
            &format!("{base}/api/v2/attachments/{}.json", file.id),
        )?;
        map.serialize_field("id", &file.id)?;
        map.serialize_field("file_name", &file.file_name)?;
        map.serialize_field("content_url", &content)?;
        map.serialize_field("mapped_content_url", &content)?;
        map.serialize_field("content_type", &file.content_type)?;
        map.serialize_field("size", &file.size)?;
        map.serialize_field("width", &None::<u32>)?;
        map.serialize_field("height", &None::<u32>)?;
        map.serialize_field("inline", &false)?;
        map.serialize_field("deleted", &false)?;
        map.serialize_field("malware_access_override", &false)?;
        map.serialize_field("malware_scan_result", "malware_not_found")?;
        map.serialize_field("thumbnails", &[0_i64; 0])?;
        map.end()
    }
}

struct Attachments<'a> {
    base: &'a str,
    comment: &'a Comment,
}

impl Serialize for Attachments<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let base = self.base;
        serializer.collect_seq(
            self.comment
                .attachments
                .iter()
                .map(|file| AttachmentView { base, file }),
        )
    }
}

/// A comment as `tickets/{id}/comments` lists it, as an event of an audit, or as a child of a ticket event.
pub(crate) struct CommentView<'a> {
    pub(crate) account: &'a Account,
    pub(crate) audit: &'a Audit,
    pub(crate) comment: &'a Comment,
    pub(crate) base: &'a str,
    pub(crate) form: CommentForm,
}

/// Where a comment stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum CommentForm {
    /// In the list of a ticket's comments.
    Row,
    /// Among the events of an audit.
    Event,
    /// Among the children of a ticket event.
    Child,
}

impl Serialize for CommentView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self {
            account,
            audit,
            comment,
            base,
            form,
        } = *self;
        let via = Via {
            account,
            channel: audit.channel,
            author_id: comment.author_id,
            followup_source_id: None,
        };
        let body = comment.body.read();
        let (html_body, plain_body) = match &comment.html {
            Some(html) => (Cow::Borrowed(html.as_ref()), Cow::Owned(plain(html))),
            None => (Cow::Owned(html(&body)), Cow::Borrowed(body.as_ref())),
        };
        let mut map = serializer.serialize_struct("comment", 13)?;
        map.serialize_field("id", &audit.comment_id())?;
        if form == CommentForm::Child {
            map.serialize_field("via", &via)?;
            map.serialize_field("via_reference_id", &None::<i64>)?;
        }
        map.serialize_field("type", "Comment")?;
        map.serialize_field("author_id", &comment.author_id)?;
        map.serialize_field("body", &body)?;
        map.serialize_field("html_body", &html_body)?;
        map.serialize_field("plain_body", &plain_body)?;
        map.serialize_field("public", &comment.public)?;
        map.serialize_field("attachments", &Attachments { base, comment })?;
        map.serialize_field("audit_id", &audit.id)?;
        match form {
            CommentForm::Row => {
                map.serialize_field("via", &via)?;
                map.serialize_field("created_at", &Stamp(audit.created_at))?;
                let flagged = comment.flagged;
                map.serialize_field("metadata", &Metadata { audit, flagged })?;
            }
            CommentForm::Event => {}
            CommentForm::Child => {
                map.serialize_field("created_at", &Stamp(audit.created_at))?;
                map.serialize_field("event_type", "Comment")?;
            }
        }
        map.end()
    }
}

/// An audit as `tickets/{id}/audits` lists it.
pub(crate) struct AuditView<'a> {
    pub(crate) account: &'a Account,
    pub(crate) audit: &'a Audit,
    pub(crate) base: &'a str,
}

struct Events<'a>(&'a AuditView<'a>);

#[derive(Serialize)]
struct FieldEvent<'a, V: Serialize> {
    id: i64,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    via: Option<ViaRule<'a>>,
    value: &'a V,
    field_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_value: Option<&'a V>,
}

#[derive(Serialize)]
struct CommentEvent {
    id: i64,
    #[serde(rename = "type")]
    kind: &'static str,
    comment_id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    public: Option<bool>,
}

impl Serialize for Events<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let AuditView {
            account,
            audit,
            base,
        } = *self.0;
        let mut list = serializer.serialize_seq(None)?;
        let mut id = audit.id;
        for event in &audit.events {
            id += STEP;
            match event {
                Event::Comment(comment) => list.serialize_element(&CommentView {
                    account,
                    audit,
                    comment,
                    base,
                    form: CommentForm::Event,
                })?,
                Event::Created(creation) => {
                    for (field_name, value) in creation.fields(account.ticket_form_id) {
                        list.serialize_element(&FieldEvent {
                            id,
                            kind: "Create",
                            value: &value,
                            field_name,
                            previous_value: None,
                            via: None,
                        })?;
                        id += STEP;
                    }
                }
                Event::Changed(change) => list.serialize_element(&FieldEvent {
                    id,
                    kind: "Change",
                    value: &change.value,
                    field_name: &change.field,
                    previous_value: Some(&change.previous),
                    via: change.rule.as_deref().map(ViaRule),
                })?,
                Event::MadePrivate { comment_id } => list.serialize_element(&CommentEvent {
                    id,
                    kind: "CommentPrivacyChange",
                    comment_id: *comment_id,
                    public: Some(false),
                })?,
                Event::Redacted { comment_id } => list.serialize_element(&CommentEvent {
                    id,
                    kind: "CommentRedactionEvent",
                    comment_id: *comment_id,
                    public: None,
                })?,
            }
        }
        list.end()
    }
}

impl Serialize for AuditView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let audit = self.audit;
        let via = Via {
            account: self.account,
            channel: audit.channel,
            author_id: audit.author_id,
            followup_source_id: None,
        };
        let mut map = serializer.serialize_struct("audit", 7)?;
        map.serialize_field("id", &audit.id)?;
        map.serialize_field("ticket_id", &audit.ticket_id)?;
        map.serialize_field("created_at", &Stamp(audit.created_at))?;
        map.serialize_field("author_id", &audit.author_id)?;
        let flagged = audit.comment().is_some_and(|comment| comment.flagged);
        map.serialize_field("metadata", &Metadata { audit, flagged })?;
        map.serialize_field("events", &Events(self))?;
        match audit.rule.as_deref() {
            Some(rule) => map.serialize_field("via", &ViaRule(rule))?,
            None => map.serialize_field("via", &via)?,
        }
        map.end()
    }
}

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

struct EventMetadata<'a>(&'a Audit);

impl Serialize for EventMetadata<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(custom) = &self.0.custom {
            map.serialize_entry("custom", custom)?;
        }
        map.end()
    }
}

impl Serialize for TicketEventView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let audit = self.audit;
        let mut map = serializer.serialize_struct("ticket_event", 10)?;
        map.serialize_field("child_events", &Children(self))?;
        map.serialize_field("id", &audit.id)?;
        map.serialize_field("ticket_id", &audit.ticket_id)?;
        map.serialize_field("timestamp", &audit.created_at)?;
        map.serialize_field("created_at", &Stamp(audit.created_at))?;
        map.serialize_field("updater_id", &audit.author_id)?;
        map.serialize_field("via", audit.channel.event_name())?;
        map.serialize_field("system", &SYSTEM)?;
        map.serialize_field("metadata", &EventMetadata(audit))?;
        map.serialize_field("event_type", "Audit")?;
        map.end()
    }
}
