//! Files: uploaded first, then part of a comment (zendesk-api.md 3.8).

use std::sync::Arc;

use super::audit::{Attachment, Audit, Event};
use super::{Account, EditError};
use crate::data::dice::Dice;

/// Tokens die after three days (recorded), in seconds.
const LIFE: i64 = 3 * 86_400;

/// As the documents say, in seconds; a switch decides.
const SHORT_LIFE: i64 = 3_600;

/// Files under one token that no comment has yet.
#[derive(Debug, Clone)]
pub(crate) struct Upload {
    pub(crate) token: String,
    pub(crate) expires_at: i64,
    pub(crate) attachments: Vec<Attachment>,
}

/// Where an attachment is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Home {
    /// Under a token.
    Upload(String),
    /// In the comment of this audit.
    Comment(i64),
}

impl Account {
    /// Keeps a file under a token, or under a new one. `None` for a token that is dead or unknown.
    pub(crate) fn add_upload(
        &mut self,
        token: Option<&str>,
        file_name: String,
        content_type: String,
        bytes: &[u8],
    ) -> Option<&Upload> {
        let token = match token {
            Some(token) => {
                self.upload(token)?;
                token.to_owned()
            }
            None => letters(self.take_id(0)),
        };
        let attachment = self.make_attachment(file_name, Some(content_type), bytes);
        self.homes
            .insert(attachment.id, Home::Upload(token.clone()));
        let dies_soon = self.switches.uploads_die_in_an_hour;
        let expires_at = self.now + if dies_soon { SHORT_LIFE } else { LIFE };
        let upload = self.uploads.entry(token.clone()).or_insert(Upload {
            token,
            expires_at,
            attachments: Vec::new(),
        });
        upload.attachments.push(attachment);
        Some(upload)
    }

    /// The files under a token that is alive.
    pub(crate) fn upload(&self, token: &str) -> Option<&Upload> {
        self.uploads
            .get(token)
            .filter(|upload| upload.expires_at > self.now)
    }

    /// Takes the files from under a token, which dies.
    pub(crate) fn take_upload(&mut self, token: &str) -> Option<Upload> {
        self.upload(token)?;
        self.uploads.remove(token)
    }

    /// A file with an id of its own.
    pub(crate) fn make_attachment(
        &mut self,
        file_name: String,
        content_type: Option<String>,
        bytes: &[u8],
    ) -> Attachment {
        let id = self.take_id(0);
        Attachment {
            content_type: content_type.unwrap_or_else(|| media_type(&file_name).to_owned()),
            size: bytes.len() as u64,
            content: Some(Arc::from(bytes)),
            ..Attachment::named(id, file_name, self.now)
        }
    }

    /// Remembers which audit the files of a comment are in.
    pub(crate) fn settle_attachments(&mut self, audit: &Audit) {
        for file in audit
            .comment()
            .iter()
            .flat_map(|comment| &comment.attachments)
        {
            self.homes.insert(file.id, Home::Comment(audit.id));
        }
    }

    /// A file of a comment or of an upload.
    pub fn attachment(&self, id: i64) -> Option<&Attachment> {
        let files = match self.homes.get(&id)? {
            Home::Upload(token) => &self.upload(token)?.attachments,
            Home::Comment(audit) => &self.audit(*audit)?.comment()?.attachments,
        };
        files.iter().find(|file| file.id == id)
    }

    /// The file whose content has this key.
    pub(crate) fn attachment_with_key(&self, key: &str) -> Option<&Attachment> {
        self.homes
            .keys()
            .filter(|id| letters(**id) == key)
            .find_map(|id| self.attachment(*id))
    }

    /// Takes the content of a comment's file away for good and leaves an empty `redacted.txt`.
    /// Returns the file as it was.
    ///
    /// # Errors
    /// An unknown comment, or a file that is not in it.
    pub fn redact_attachment(
        &mut self,
        comment_id: i64,
        attachment_id: i64,
    ) -> Result<Attachment, EditError> {
        let (audit_id, ticket_id) = self.find_comment(comment_id)?;
        let file = self
            .audit_mut(audit_id)
            .and_then(Audit::comment_mut)
            .and_then(|comment| {
                comment
                    .attachments
                    .iter_mut()
                    .find(|file| file.id == attachment_id)
            })
            .ok_or(EditError::NoAttachment(attachment_id))?;
        let before = file.clone();
        "redacted.txt".clone_into(&mut file.file_name);
        "text/plain".clone_into(&mut file.content_type);
        file.size = 0;
        file.content = Some(Arc::from([]));
        let event = Event::AttachmentRedacted {
            comment_id,
            attachment_id,
        };
        self.note_event(ticket_id, event)?;
        Ok(before)
    }
}

/// 25 letters and digits that belong to an id: tokens of uploads and keys of contents.
pub(crate) fn letters(id: i64) -> String {
    const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut dice = Dice::new(id.cast_unsigned());
    (0..25)
        .map(|_| char::from(ALPHABET[dice.index(ALPHABET.len())]))
        .collect()
}

/// What a file's name says about its media type.
pub(crate) fn media_type(file_name: &str) -> &'static str {
    match file_name.rsplit('.').next().unwrap_or_default() {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "pdf" => "application/pdf",
        "txt" => "text/plain",
        _ => "application/octet-stream",
    }
}
