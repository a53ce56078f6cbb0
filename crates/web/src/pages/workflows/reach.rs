//! Which destinations somebody may send to, and so whose workflows and orchestrations they see.

use store::destinations::{self, Destination};
use store::users::User;
use store::workflows::Workflow;

use crate::access;
use crate::app::App;
use crate::pages;
use crate::problem::Problem;

/// The destinations, by name, and those of them that are open to somebody.
pub(crate) struct Reach {
    all: Vec<Destination>,
    open: Vec<Destination>,
}

impl Reach {
    /// What is open to `user`.
    pub(crate) async fn of(app: &App, user: &User) -> Result<Self, Problem> {
        let all = destinations::list(&mut *app.engine.store.read().await?).await?;
        let open = all
            .iter()
            .filter(|one| access::may_send(user, one).is_ok())
            .cloned()
            .collect();
        Ok(Self { all, open })
    }

    /// The ids of those that are open, if some are not.
    pub(crate) fn among(&self) -> Option<Vec<String>> {
        let is_all = self.all.len() == self.open.len();
        (!is_all).then(|| self.open.iter().map(|one| one.id.clone()).collect())
    }

    /// Those that are open.
    pub(crate) fn open(&self) -> &[Destination] {
        &self.open
    }

    /// Whether this one is open.
    pub(crate) fn has(&self, id: &str) -> bool {
        self.open.iter().any(|one| one.id == id)
    }

    /// The one with this id, if `user` may send to it.
    pub(crate) fn check(&self, user: &User, id: &str) -> Result<&Destination, Problem> {
        let found = self.all.iter().find(|one| one.id == id);
        let found = found.ok_or_else(|| Problem::missing("There is no such destination."))?;
        access::may_send(user, found).map_err(Problem::refused)?;
        Ok(found)
    }
}

/// The workflow an address names, and where it goes, if `user` may send there.
pub(crate) async fn find(
    app: &App,
    user: &User,
    id: &str,
) -> Result<(Workflow, Destination), Problem> {
    let missing = || Problem::missing("There is no such workflow.");
    let id = pages::record_id(id).ok_or_else(missing)?;
    let found = store::workflows::find(&mut *app.engine.store.read().await?, id).await?;
    let found = found.filter(|found| found.id == id).ok_or_else(missing)?;
    let reach = Reach::of(app, user).await?;
    let destination = reach.check(user, &found.destination_id)?.clone();
    Ok((found, destination))
}
