//! A comment as its case shows it.

use std::collections::HashMap;

use domain::identity::Author;
use jiff::Timestamp;
use serde::Serialize;
use store::Connection;
use store::comments::CommentRow;

use super::mirror::Mirror;
use super::names::{Names, PersonView, Wanted};
use crate::attachments::{self, FileView};
use crate::error::Result;

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

/// Comments of a case, read but not yet told.
#[derive(Default)]
pub(super) struct Spoken {
    pub(super) rows: Vec<CommentRow>,
    files: HashMap<String, Vec<FileView>>,
}

impl Spoken {
    /// At most `limit` of them, oldest first, behind the first `skip`.
    pub(super) async fn read(
        connection: &mut Connection,
        case: &str,
        skip: i64,
        limit: i64,
    ) -> Result<Self> {
        let rows = store::comments::of_case(connection, case, skip, limit).await?;
        let ids: Vec<String> = rows.iter().map(|row| row.comment.id.clone()).collect();
        Ok(Self {
            files: attachments::of_comments(connection, &ids).await?,
            rows,
        })
    }

    /// Zendesk's people who wrote them.
    pub(super) fn authors(&self) -> Vec<i64> {
        let rows = self.rows.iter();
        rows.filter_map(|row| row.author_remote_id).collect()
    }

    /// Asks for the names of everybody who wrote them.
    pub(super) fn want(&self, wanted: &mut Wanted) {
        for row in &self.rows {
            wanted.contact(row.comment.contact_id.as_ref());
            wanted.user(row.comment.user_id.as_ref());
        }
    }

    /// Tells them.
    pub(super) fn tell(mut self, mirror: Option<&Mirror>, names: &Names) -> Vec<CommentView> {
        let rows = self.rows.into_iter();
        let told = rows.map(|row| {
            let files = self.files.remove(&row.comment.id).unwrap_or_default();
            view(row, files, mirror, names)
        });
        told.collect()
    }
}

/// The author is who the links of today say, so that a role that changed, or a person who arrived
/// late, shows at once; else who was noted when the comment came.
fn view(
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
