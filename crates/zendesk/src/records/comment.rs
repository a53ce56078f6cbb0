//! Comments, as the comments list gives them (zendesk-api.md 3.8).

use domain::comment::TicketComment;
use jiff::Timestamp;
use serde::Deserialize;

use super::Mirrored;
use super::scalar::{flag, id, text, time};
use super::via::{Via, via};

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct CommentWire {
    #[serde(deserialize_with = "id")]
    pub(super) id: Option<i64>,
    #[serde(deserialize_with = "id")]
    pub(super) ticket_id: Option<i64>,
    #[serde(deserialize_with = "id")]
    pub(super) author_id: Option<i64>,
    #[serde(deserialize_with = "text")]
    pub(super) body: Option<String>,
    #[serde(deserialize_with = "flag")]
    pub(super) public: Option<bool>,
    pub(super) attachments: Option<Vec<Attachment>>,
    #[serde(deserialize_with = "id")]
    pub(super) audit_id: Option<i64>,
    #[serde(deserialize_with = "via")]
    pub(super) via: Via,
    #[serde(deserialize_with = "time")]
    pub(super) created_at: Option<Timestamp>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Attachment {
    #[serde(deserialize_with = "text")]
    pub(super) file_name: Option<String>,
}

impl Mirrored for TicketComment {
    const NOUN: &'static str = "Comment";
    type Wire<'a> = CommentWire;

    /// The ticket is set by the caller, who asked for it: the context wins (case L10).
    fn from_wire(wire: CommentWire) -> Result<Self, &'static str> {
        let body = wire.body.unwrap_or_default();
        Ok(Self {
            id: wire.id.ok_or("id")?,
            ticket_id: wire.ticket_id.unwrap_or(0),
            author_id: wire.author_id,
            // Visibility never widens (I-08): what does not say that it is public is private.
            public: wire.public.unwrap_or(false),
            created_at: wire.created_at,
            is_description: false,
            audit_id: wire.audit_id,
            merged_into: wire
                .via
                .merge_target()
                .or_else(|| merged_into(&body, wire.via.is_merge())),
            attachments: file_names(wire.attachments),
            body,
        })
    }

    fn id(&self) -> i64 {
        self.id
    }
}

/// The names of attached files.
pub(super) fn file_names(attachments: Option<Vec<Attachment>>) -> Vec<String> {
    let attachments = attachments.unwrap_or_default().into_iter();
    attachments.filter_map(|file| file.file_name).collect()
}

/// The survivor named by the note that a merge leaves on the ticket that was merged away. It is
/// written in the language of the account, so the English opening counts, or any `#number` in a
/// comment that says by its `via` that it came from a merge.
pub(super) fn merged_into(body: &str, by_via: bool) -> Option<i64> {
    const OPENING: &str = "This request was closed and merged into request #";
    let rest = match body.trim_start().strip_prefix(OPENING) {
        Some(rest) => rest,
        None if by_via => body.split_once('#')?.1,
        None => return None,
    };
    let end = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    rest[..end].parse().ok()
}
