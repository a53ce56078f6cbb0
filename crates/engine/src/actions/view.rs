//! Views of the list of cases are kept, and forgotten.

use store::saved_views::{self, SavedView};
use store::users::{User, UserRole};

use crate::engine::Engine;
use crate::error::{Error, Result};

/// The longest name of a view.
const LONGEST: usize = 80;

/// Keeps a view: a name for what the filters of the list say, `query` as its address has it.
///
/// # Errors
/// [`Error::Refused`] for a blank or long name; and if the user has a view of this name.
pub async fn keep_view(
    engine: &Engine,
    user: &User,
    name: &str,
    query: &str,
    shared: bool,
) -> Result<()> {
    let name = name.trim();
    if name.is_empty() {
        return Err(Error::Refused(
            "A view needs a name. Say in a few words what it shows.".to_owned(),
        ));
    }
    if name.chars().count() > LONGEST {
        return Err(Error::Refused(format!(
            "The name is too long: {LONGEST} characters are the most."
        )));
    }
    let view = SavedView {
        id: engine.new_id(),
        owner_id: user.id.clone(),
        name: name.to_owned(),
        query: query.to_owned(),
        shared,
    };
    let mut tx = engine.store.begin().await?;
    saved_views::add(&mut tx, &view, engine.now()).await?;
    Ok(tx.commit().await?)
}

/// Forgets a view: one's own, or as an administrator any.
///
/// # Errors
/// [`Error::Refused`] if there is none, or it is somebody else's.
pub async fn forget_view(engine: &Engine, user: &User, view: &str) -> Result<()> {
    let mut tx = engine.store.begin().await?;
    let found = saved_views::find(&mut tx, view).await?;
    let may = |view: &SavedView| {
        view.owner_id == user.id || (view.shared && user.role == UserRole::Administrator)
    };
    if !found.is_some_and(|found| may(&found)) {
        return Err(Error::Refused(
            "There is no such view of yours. Only whoever saved a view, or an administrator, deletes it."
                .to_owned(),
        ));
    }
    saved_views::delete(&mut tx, view).await?;
    Ok(tx.commit().await?)
}
