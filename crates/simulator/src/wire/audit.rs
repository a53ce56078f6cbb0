//! Audits, comments and ticket events as JSON.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::ser::{SerializeMap, SerializeSeq, SerializeStruct};
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::attachment::AttachmentView;
use super::{Empty, Stamp, Via, ViaRule, html};
use crate::account::audit::{Audit, Comment, Event};
use crate::account::{Account, STEP};
use crate::markup::plain;
use crate::word::Channel;

/// What Zendesk notes about the machine a change came from.
#[derive(Serialize)]
pub(super) struct System {
    client: &'static str,
    ip_address: &'static str,
    location: &'static str,
    latitude: f64,
    longitude: f64,
}

pub(super) const SYSTEM: System = System {
    client: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    ip_address: "203.0.113.7",
    location: "Brussels, BRU, Belgium",
    latitude: 50.85,
    longitude: 4.35,
};

/// What an audit or a comment says about where it came from.
struct Metadata<'a> {
    audit: &'a Audit,
    /// What the caller said, if it is to be seen.
    custom: Option<&'a Value>,
    /// Whether flags are added, of a comment that has one.
    flagged: bool,
}

/// What the caller said with an update, once it is to be seen: a switch holds it back for a while.
pub(super) fn seen<'a>(account: &Account, audit: &'a Audit) -> Option<&'a Value> {
    audit
        .custom
        .as_deref()
        .filter(|_| audit.created_at + account.switches.marker_delay <= account.now())
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
        match self.custom {
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

struct Attachments<'a> {
    account: &'a Account,
    base: &'a str,
    comment: &'a Comment,
}

impl Serialize for Attachments<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self {
            account,
            base,
            comment,
        } = *self;
        serializer.collect_seq(comment.attachments.iter().map(|file| AttachmentView {
            account,
            base,
            file,
        }))
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
        map.serialize_field(
            "attachments",
            &Attachments {
                account,
                base,
                comment,
            },
        )?;
        map.serialize_field("audit_id", &audit.id)?;
        match form {
            CommentForm::Row => {
                map.serialize_field("via", &via)?;
                map.serialize_field("created_at", &Stamp(audit.created_at))?;
                let metadata = Metadata {
                    audit,
                    custom: seen(account, audit),
                    flagged: comment.flagged,
                };
                map.serialize_field("metadata", &metadata)?;
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
    /// Whether it is in the answer to the update that it tells of.
    pub(crate) fresh: bool,
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

#[derive(Serialize)]
struct FileEvent {
    id: i64,
    #[serde(rename = "type")]
    kind: &'static str,
    attachment_id: i64,
    comment_id: i64,
}

impl Serialize for Events<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let AuditView {
            account,
            audit,
            base,
            ..
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
                Event::AttachmentRedacted {
                    comment_id,
                    attachment_id,
                } => list.serialize_element(&FileEvent {
                    id,
                    kind: "AttachmentRedactionEvent",
                    attachment_id: *attachment_id,
                    comment_id: *comment_id,
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
        let custom = if self.fresh {
            audit.custom.as_deref()
        } else {
            seen(self.account, audit)
        };
        let metadata = Metadata {
            audit,
            custom,
            flagged: audit.comment().is_some_and(|comment| comment.flagged),
        };
        map.serialize_field("metadata", &metadata)?;
        map.serialize_field("events", &Events(self))?;
        match audit.rule.as_deref() {
            Some(rule) => map.serialize_field("via", &ViaRule(rule))?,
            None => map.serialize_field("via", &via)?,
        }
        map.end()
    }
}
