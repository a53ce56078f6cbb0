//! The check an address names, and who may see it: whoever may ask for it.

use std::collections::HashMap;

use engine::Engine;
use engine::checks::{self, CheckKind, CheckView};
use store::checks::{Filter, Subject};
use store::users::User;
use store::{destinations, integrations};

use crate::access::{self, Right, may_manage};
use crate::app::App;
use crate::pages::record_id;
use crate::problem::Problem;

/// How many of an integration's checks stand on its page.
const LAST: usize = 5;

/// A check, and what it is of in words.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Named {
    pub(crate) check: CheckView,
    /// The name of the integration or destination; none for the installation.
    pub(crate) of: Option<String>,
    /// Where that is.
    pub(crate) place: Option<String>,
}

impl Named {
    /// What it looks at, in words.
    pub(crate) fn title(&self) -> &'static str {
        title(self.check.kind)
    }

    /// Where it stands, and how it turned out, in a word.
    pub(crate) fn state(&self) -> &'static str {
        self.check.state.as_str()
    }
}

/// What a check of this kind is called.
pub(crate) const fn title(kind: CheckKind) -> &'static str {
    match kind {
        CheckKind::Installation => "Health check",
        CheckKind::Verify => "Comparison with Zendesk",
        CheckKind::DryRun => "Dry run",
        CheckKind::Live => "Live check",
    }
}

/// What a token must be for to read the check of such a subject, and to stop it.
pub(crate) const fn rights(subject: &Subject) -> (Right, Right) {
    match subject {
        Subject::Installation => (Right::ManageSettings, Right::ManageSettings),
        Subject::Integration(_) => (Right::SeeIntegrations, Right::ManageIntegrations),
        Subject::Destination(_) => (Right::SeeSends, Right::ManageDestinations),
    }
}

/// All integrations and destinations, as far as it is asked whether somebody may see their checks.
struct Subjects<'a> {
    user: &'a User,
    integrations: HashMap<String, integrations::Integration>,
    destinations: HashMap<String, String>,
}

impl<'a> Subjects<'a> {
    async fn read(engine: &Engine, user: &'a User) -> Result<Self, Problem> {
        let reader = &mut *engine.store.read().await?;
        let integrations = integrations::list(reader).await?.into_iter();
        let destinations = destinations::list(reader).await?.into_iter();
        Ok(Self {
            user,
            integrations: integrations.map(|one| (one.id.clone(), one)).collect(),
            destinations: destinations.map(|one| (one.id, one.name)).collect(),
        })
    }

    /// The check with the name of what it is of, if this person may ask for such a one.
    fn name(&self, check: CheckView) -> Option<Named> {
        let (of, place) = match &check.subject {
            Subject::Installation => {
                access::may(self.user.role, Right::ManageSettings).then_some(())?;
                (None, None)
            }
            Subject::Integration(id) => {
                let found = self.integrations.get(id)?;
                may_manage(self.user, found).then_some(())?;
                let name = found.settings.name.clone();
                (Some(name), Some(format!("/integrations/{id}")))
            }
            Subject::Destination(id) => {
                access::may(self.user.role, Right::ManageDestinations).then_some(())?;
                let name = self.destinations.get(id)?.clone();
                (Some(name), Some(format!("/destinations/{id}")))
            }
        };
        Some(Named { check, of, place })
    }
}

/// The check an address names, for somebody who may see it. To others it does not exist.
pub(crate) async fn find(app: &App, user: &User, id: &str) -> Result<Named, Problem> {
    let missing = || {
        Problem::missing(
            "There is no such check. Dry runs are kept for a day, other checks for a month. Checks, under System, lists all.",
        )
    };
    let id = record_id(id).ok_or_else(missing)?;
    let check = checks::find(&app.engine, id).await?.ok_or_else(missing)?;
    let subjects = Subjects::read(&app.engine, user).await?;
    subjects.name(check).ok_or_else(missing)
}

/// A page of the checks that somebody may see, and where it goes on. Those in between that they may not see are
/// left out, so a page may be short.
pub(crate) async fn seen(
    app: &App,
    user: &User,
    filter: &Filter,
    limit: usize,
) -> Result<(Vec<Named>, Option<String>), Problem> {
    let page = checks::list(&app.engine, filter, limit).await?;
    let subjects = Subjects::read(&app.engine, user).await?;
    let named = page
        .checks
        .into_iter()
        .filter_map(|check| subjects.name(check));
    Ok((named.collect(), page.next))
}

/// The last checks of an integration.
pub(crate) async fn of_integration(
    app: &App,
    user: &User,
    id: &str,
) -> Result<Vec<Named>, Problem> {
    let filter = Filter {
        of: Some(Subject::Integration(id.to_owned())),
        before: None,
    };
    Ok(seen(app, user, &filter, LAST).await?.0)
}
