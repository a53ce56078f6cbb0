//! What somebody wants a case to be like, whether a form or a program says it: checked, and told by field
//! what is wrong.

use domain::case::{CasePriority, CaseStatus};
use engine::actions::{self, CaseEdit, NewCase};
use store::cases::Case;
use store::users::User;

use crate::app::App;
use crate::form::Wrongs;
use crate::mask;
use crate::problem::Problem;

/// What a blank subject is told.
const NO_SUBJECT: &str = "Say in a few words what it is about.";

/// What is said of a masked text that was changed.
pub(crate) const MASKED: &str = "Parts of this text are masked for you (•••), so it cannot be changed here without losing them. Leave it as it was, or ask somebody who sees it whole.";

/// What is wanted; what is `None` is to stay as it is.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    pub(crate) subject: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) status: Option<CaseStatus>,
    pub(crate) priority: Option<CasePriority>,
    /// A contact's primary email or id; empty for nobody.
    pub(crate) contact: Option<String>,
    /// A user's id, or nobody.
    pub(crate) assigned_to: Option<Option<String>>,
}

impl Wanted {
    /// The case to be made of it, or what is wrong beside what `wrongs` tells already.
    pub(crate) async fn new_case(
        self,
        app: &App,
        user: &User,
        mut wrongs: Wrongs,
    ) -> Result<Result<NewCase, Wrongs>, Problem> {
        let subject = self.subject.unwrap_or_default();
        check_subject(&subject, &mut wrongs);
        if !wrongs.is_empty() {
            return Ok(Err(wrongs));
        }
        let contact = match named(app, self.contact).await? {
            Ok(contact) => contact.flatten(),
            Err(wrongs) => return Ok(Err(wrongs)),
        };
        Ok(Ok(NewCase {
            subject,
            description: self.description.unwrap_or_default(),
            priority: self.priority.unwrap_or(CasePriority::Normal),
            contact,
            assigned_to: self.assigned_to.flatten(),
            owner: user.id.clone(),
        }))
    }

    /// What it changes about `case`, or what is wrong beside what `wrongs` tells already.
    pub(crate) async fn edit(
        self,
        app: &App,
        user: &User,
        case: &Case,
        mut wrongs: Wrongs,
    ) -> Result<Result<CaseEdit, Wrongs>, Problem> {
        let subject = changed(
            user,
            ("subject", &case.fields.subject),
            self.subject,
            &mut wrongs,
        );
        if let Some(subject) = &subject {
            check_subject(subject, &mut wrongs);
        }
        let before = ("description", case.fields.description.as_str());
        let description = changed(user, before, self.description, &mut wrongs);
        if !wrongs.is_empty() {
            return Ok(Err(wrongs));
        }
        let contact = match named(app, self.contact).await? {
            Ok(contact) => contact,
            Err(wrongs) => return Ok(Err(wrongs)),
        };
        Ok(Ok(CaseEdit {
            subject,
            description,
            status: self.status,
            priority: self.priority,
            assigned_to: self.assigned_to,
            contact,
        }))
    }
}

fn check_subject(subject: &str, wrongs: &mut Wrongs) {
    if subject.trim().is_empty() {
        wrongs.add("subject", NO_SUBJECT);
    } else if let Some(sentence) = actions::subject_fault(subject) {
        wrongs.add("subject", sentence);
    }
}

/// The contact that is named.
async fn named(
    app: &App,
    contact: Option<String>,
) -> Result<Result<Option<Option<String>>, Wrongs>, Problem> {
    let Some(contact) = contact else {
        return Ok(Ok(None));
    };
    match actions::contact_named(&app.engine, &contact).await {
        Ok(contact) => Ok(Ok(Some(contact))),
        Err(error) => {
            let sentence = Wrongs::refusal(error)?.summary().unwrap_or_default();
            Ok(Err(Wrongs::field("contact", sentence)))
        }
    }
}

/// A text that is to be another one.
fn changed(
    user: &User,
    (field, stored): (&'static str, &str),
    typed: Option<String>,
    wrongs: &mut Wrongs,
) -> Option<String> {
    let written = typed.map(|typed| written(user, stored, &typed));
    match written.transpose() {
        Ok(text) => text.flatten(),
        Err(()) => {
            wrongs.add(field, MASKED);
            None
        }
    }
}

/// A text as it was typed: nothing, if it is to stay as it is. Whoever sees it masked sends the masked
/// one back, which must never replace the real one.
pub(crate) fn written(user: &User, stored: &str, typed: &str) -> Result<Option<String>, ()> {
    // A form's lines end with two signs.
    let typed = typed.replace("\r\n", "\n");
    if typed == stored.replace("\r\n", "\n") {
        return Ok(None);
    }
    if user.restrict_pii {
        let shown = mask::text(stored).replace("\r\n", "\n");
        if typed == shown {
            return Ok(None);
        }
        if typed.contains("•••") {
            return Err(());
        }
    }
    Ok(Some(typed))
}
