//! A comment as its case shows it.

use domain::identity::Author;
use jiff::Timestamp;
use serde::Serialize;
use store::comments::CommentRow;

use super::mirror::Mirror;
use super::names::{Names, PersonView};
use crate::attachments::FileView;

/// A comment.
#[derive(Serialize)]
pub struct CommentView {
    /// Our id.
    pub id: String,
    /// Its id in Zendesk, if it came from or went to there.
    pub zendesk_id: Option<i64>,
    /// Who said it.
    pub author: PersonView,
    /// Plain text, as typed.
    pub message: String,
    /// Whether the customer may see it.
    pub public: bool,
    /// Whether it is the case's description too.
    pub is_description: bool,
    /// When it was said.
    pub created_at: Timestamp,
    /// Its files.
    pub files: Vec<FileView>,
}

/// Without names and texts: they are people's own.
impl std::fmt::Debug for CommentView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CommentView")
            .field("id", &self.id)
            .field("zendesk_id", &self.zendesk_id)
            .field("author", &self.author)
            .field("public", &self.public)
            .field("is_description", &self.is_description)
            .field("created_at", &self.created_at)
            .field("files", &self.files)
            .finish_non_exhaustive()
    }
}

/// The author is who the links of today say, so that a role that changed, or a person who arrived
/// late, shows at once; else who was noted when the comment came.
pub(super) fn view(
    row: CommentRow,
    files: Vec<FileView>,
    mirror: Option<&Mirror>,
    names: &Names,
) -> CommentView {
    let CommentRow {
        comment,
        remote_id,
        author_remote_id,
    } = row;
    let zendesk = author_remote_id.zip(mirror);
    let ours = zendesk
        .and_then(|(id, mirror)| mirror.author(id))
        .unwrap_or(Author {
            contact: comment.contact_id,
            user: comment.user_id,
        });
    CommentView {
        author: names.person(
            author_remote_id,
            zendesk.and_then(|(id, mirror)| mirror.zendesk_name(id)),
            &ours,
        ),
        id: comment.id,
        zendesk_id: remote_id,
        message: comment.message,
        public: comment.public,
        is_description: comment.is_description,
        created_at: comment.created_at,
        files,
    }
}
