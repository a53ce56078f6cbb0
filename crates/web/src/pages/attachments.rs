//! Files of comments.

pub(crate) mod download;
mod fetch;

use engine::attachments::{self, FileView};

use crate::access::Right;
use crate::app::App;
use crate::pages;
use crate::problem::Problem;
use crate::routes::Routes;

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .get("/attachments/{id}", Right::SeeCases, download::show)
        .post("/attachments/{id}/fetch", Right::EditCases, fetch::submit)
}

/// The file an address names, and the id of the case whose comment has it.
pub(crate) async fn find(app: &App, id: &str) -> Result<(FileView, String), Problem> {
    let missing = || Problem::missing("There is no such file.");
    let id = pages::record_id(id).ok_or_else(missing)?;
    let connection = &mut *app.engine.store.read().await?;
    let file = store::attachments::find(connection, id).await?;
    let file = file.ok_or_else(missing)?;
    // A file whose comment was never added is nobody's.
    let comment = [file.case_comment_id.clone()];
    let found = store::comments::by_ids(connection, &comment).await?;
    let (_, comment) = found.into_iter().next().ok_or_else(missing)?;
    Ok((FileView::of(file), comment.case_id))
}

/// Has a file fetched from Zendesk now, also one that went wrong before; one that is here stays as it is.
///
/// # Errors
/// As [`attachments::fetch`].
pub(crate) async fn fetch(app: &App, file: FileView) -> engine::Result<FileView> {
    if file.is_here {
        return Ok(file);
    }
    let limits = app.engine.settings.files;
    Box::pin(attachments::fetch(&app.engine, &file.id, limits)).await
}
