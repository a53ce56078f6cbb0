//! The files of comments (zendesk-api.md 3.8).

use std::fmt;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::scalar::{flag, id, loose_text};

/// A file of a comment, or one just uploaded: all but its bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct AttachmentMeta {
    /// Its id.
    pub id: i64,
    /// Its name; may hold personal data, and anything at all: it is no path.
    pub file_name: String,
    /// Where its bytes are, for [`Client::download`](crate::Client::download). Whoever has it may
    /// well read the file, so it is as good as a secret.
    pub content_url: String,
    /// Its media type, as its uploader gave it.
    pub content_type: Option<String>,
    /// How many bytes it has.
    pub size: Option<u64>,
    /// Whether it is shown inside the text rather than below it.
    pub inline: bool,
    /// The word of Zendesk's scanner: `not_scanned`, `malware_not_found`, `malware_found`, ...
    pub malware: Option<String>,
    /// Whether its bytes were removed (redacted).
    pub deleted: bool,
}

impl AttachmentMeta {
    /// Whether Zendesk's scanner found malware in it.
    pub fn is_malware(&self) -> bool {
        self.malware.as_deref() == Some("malware_found")
    }
}

impl fmt::Debug for AttachmentMeta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AttachmentMeta")
            .field("id", &self.id)
            .field("content_type", &self.content_type)
            .field("size", &self.size)
            .field("inline", &self.inline)
            .field("malware", &self.malware)
            .field("deleted", &self.deleted)
            .finish_non_exhaustive()
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wire {
    #[serde(deserialize_with = "id")]
    id: Option<i64>,
    #[serde(deserialize_with = "loose_text")]
    file_name: Option<String>,
    #[serde(deserialize_with = "loose_text")]
    content_url: Option<String>,
    #[serde(deserialize_with = "loose_text")]
    content_type: Option<String>,
    #[serde(deserialize_with = "id")]
    size: Option<i64>,
    #[serde(deserialize_with = "flag")]
    inline: Option<bool>,
    #[serde(deserialize_with = "loose_text")]
    malware_scan_result: Option<String>,
    #[serde(deserialize_with = "flag")]
    deleted: Option<bool>,
}

/// Reads one file; `None` if it has no id.
pub(crate) fn read_attachment(raw: &RawValue) -> Option<AttachmentMeta> {
    let wire: Wire = serde_json::from_str(raw.get()).ok()?;
    Some(AttachmentMeta {
        id: wire.id?,
        file_name: wire.file_name.unwrap_or_default(),
        content_url: wire.content_url.unwrap_or_default(),
        content_type: wire.content_type,
        size: wire.size.and_then(|size| u64::try_from(size).ok()),
        inline: wire.inline.unwrap_or(false),
        malware: wire.malware_scan_result,
        deleted: wire.deleted.unwrap_or(false),
    })
}

/// The files of a comment, in order, from its raw JSON: a row of the ticket's list, an event of an
/// audit, or a child of a ticket event. One that cannot be read is left out.
pub fn attachments_of(raw: &RawValue) -> Vec<AttachmentMeta> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Comment<'a> {
        #[serde(borrow)]
        attachments: Option<Vec<&'a RawValue>>,
    }
    let comment: Comment<'_> = serde_json::from_str(raw.get()).unwrap_or_default();
    let files = comment.attachments.unwrap_or_default();
    files.into_iter().filter_map(read_attachment).collect()
}

#[cfg(test)]
mod tests;
