//! The form of a case, as both making and editing show it.

use askama::Template;
use domain::case::{CasePriority, CaseStatus};
use store::cases::Case;

use crate::app::App;
use crate::form::Wrongs;
use crate::mask;
use crate::navigation::Nav;
use crate::page::Frame;
use crate::pages::staff::Staff;
use crate::problem::Problem;
use crate::session::SignedIn;

/// What is typed into it.
#[derive(Debug, Clone, Default)]
pub(super) struct Typed {
    pub(super) subject: String,
    pub(super) description: String,
    pub(super) status: String,
    pub(super) priority: String,
    /// A contact's email or id.
    pub(super) contact: String,
    /// A user's id; as it is typed, an email or a name too.
    pub(super) assigned_to: String,
}

/// The form with what was typed, and what is wrong with it.
#[derive(Template)]
#[template(path = "cases/form.html")]
pub(super) struct CaseForm {
    frame: Frame,
    wrongs: Wrongs,
    /// Which case it is, with the version that was read; none for a new one.
    case: Option<(i64, i64)>,
    typed: Typed,
    staff: Staff,
    /// Whom the case is for, where their email may not be shown.
    hidden_contact: Option<String>,
}

impl CaseForm {
    /// The form as whoever works on it sees it.
    pub(super) async fn read(
        app: &App,
        person: SignedIn,
        case: Option<&Case>,
        typed: Typed,
        wrongs: Wrongs,
    ) -> Result<Self, Problem> {
        let (staff, hidden_contact) = {
            let connection = &mut *app.engine.store.read().await?;
            let staff = Staff::read(connection, &person.user, &typed.assigned_to).await?;
            let of = case.and_then(|case| case.fields.contact.clone());
            let hidden = match of.filter(|_| person.user.restrict_pii) {
                Some(id) => {
                    let found = store::contacts::by_ids(connection, std::slice::from_ref(&id));
                    let found = found.await?.remove(&id);
                    found.map(|found| mask::name(&found.name.full()))
                }
                None => None,
            };
            (staff, hidden)
        };
        let title = case.map_or_else(
            || "New case".to_owned(),
            |case| format!("Edit case #{}", case.number),
        );
        Ok(Self {
            wrongs,
            case: case.map(|case| (case.number, case.version)),
            typed,
            staff,
            hidden_contact,
            frame: Frame::new(app, person, Nav::Cases, title).await?,
        })
    }

    /// Where the form is sent.
    fn action(&self) -> String {
        match &self.case {
            Some((number, _)) => format!("/cases/{number}/edit"),
            None => "/cases".to_owned(),
        }
    }

    /// Where one gets without sending it.
    fn back(&self) -> String {
        match &self.case {
            Some((number, _)) => format!("/cases/{number}"),
            None => "/cases".to_owned(),
        }
    }
}
