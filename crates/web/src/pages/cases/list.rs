//! `GET /cases`: cases by what is looked for, newest first, page by page.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use domain::case::{CasePriority, CaseStatus};
use engine::case_view::{self, CaseSearch};
use serde::Deserialize;
use store::cases::Place;
use store::saved_views::{self, SavedView};

use super::asked::Asked;
use crate::app::App;
use crate::form::Wrongs;
use crate::mask;
use crate::navigation::Nav;
use crate::page::{Done, Frame, html};
use crate::pages::staff::{self, Staff};
use crate::problem::Problem;
use crate::session::SignedIn;

/// Cases on a page.
const PAGE: i64 = 50;

#[derive(Default, Deserialize)]
pub(crate) struct Where {
    /// Only cases with a number below this one.
    before: Option<i64>,
    /// The cases next above this number.
    after: Option<i64>,
}

impl Where {
    fn place(&self) -> Place {
        match (self.before, self.after) {
            (Some(number), _) => Place::Below(number),
            (None, Some(number)) => Place::Above(number),
            (None, None) => Place::Newest,
        }
    }
}

#[derive(Template)]
#[template(path = "cases/list.html")]
pub(super) struct CasesPage {
    frame: Frame,
    page: CaseSearch,
    asked: Asked,
    /// Whom a case may be assigned to.
    staff: Staff,
    /// Every integration: id and name.
    integrations: Vec<(String, String)>,
    /// The contact whose cases are asked for.
    contact: Option<String>,
    views: Vec<SavedView>,
    /// Who looks.
    me: String,
    /// Whether they may look for names and emails of contacts.
    people: bool,
    /// Whether this is not the first page.
    is_later: bool,
    wrongs: Wrongs,
    done: Option<&'static str>,
}

impl CasesPage {
    pub(super) async fn read(
        app: &App,
        person: SignedIn,
        mut asked: Asked,
        at: &Where,
        mut wrongs: Wrongs,
        done: Option<&'static str>,
    ) -> Result<Self, Problem> {
        if asked.is_assigned_to_somebody() {
            let connection = &mut *app.engine.store.read().await?;
            match staff::named(connection, &asked.assigned).await? {
                Ok(id) => asked.assigned = id,
                Err(sentence) => wrongs.add("assigned", sentence),
            }
        }
        let page =
            case_view::search(&app.engine, &asked.filter(&person.user), at.place(), PAGE).await?;
        let connection = &mut *app.engine.store.read().await?;
        let staff = Staff::read(connection, &person.user, &asked.assigned).await?;
        let integrations = store::integrations::list(connection).await?.into_iter();
        let views = saved_views::of_user(connection, &person.user.id).await?;
        let contact = contact(connection, &person, &asked.contact).await?;
        Ok(Self {
            page: person.see(page),
            staff,
            integrations: integrations
                .map(|found| (found.id, found.settings.name))
                .collect(),
            contact,
            views,
            me: person.user.id.clone(),
            people: !person.user.restrict_pii,
            is_later: at.place() != Place::Newest,
            asked,
            wrongs,
            done,
            frame: Frame::new(app, person, Nav::Cases, "Cases").await?,
        })
    }

    /// Whether anything is asked for.
    fn is_asked(&self) -> bool {
        !self.asked.pairs().is_empty()
    }

    /// Whether a view is the one that is shown, as `aria-current` wants it.
    fn current(&self, view: &SavedView) -> &'static str {
        if self.is_asked() && view.query == self.asked.query() {
            "page"
        } else {
            "false"
        }
    }

    /// Whether whoever looks may delete a view.
    fn may_forget(&self, view: &SavedView) -> bool {
        view.owner_id == self.me
            || (view.shared && self.frame.may(crate::access::Right::ManageUsers))
    }
}

/// The name of the contact whose cases are asked for, as whoever looks may see it.
async fn contact(
    connection: &mut store::Connection,
    person: &SignedIn,
    id: &str,
) -> Result<Option<String>, Problem> {
    if id.is_empty() {
        return Ok(None);
    }
    let id = id.to_owned();
    let found = store::contacts::by_ids(connection, std::slice::from_ref(&id)).await?;
    let name = found.get(&id).map(|found| {
        let name = case_view::contact_name(&found.name, found.email.as_deref());
        match person.user.restrict_pii {
            true => mask::name(&name),
            false => name,
        }
    });
    Ok(Some(name.unwrap_or_else(|| "nobody known".to_owned())))
}

pub(crate) async fn show(
    State(app): State<App>,
    person: SignedIn,
    Query(asked): Query<Asked>,
    Query(at): Query<Where>,
    Query(done): Query<Done>,
) -> Result<Response, Problem> {
    let done = done.sentence(&[
        ("kept", "The view was saved. It stands above the list."),
        (
            "forgotten",
            "The view was deleted. The cases in it are as they were.",
        ),
    ]);
    html(&CasesPage::read(&app, person, asked, &at, Wrongs::default(), done).await?)
}
