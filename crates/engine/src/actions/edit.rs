//! A case is edited, or made here.

use domain::case::{CaseFields, CasePriority, CaseSource, CaseStatus};
use domain::value::{Value, not_blank};
use store::cases::{self, Case};
use store::{Connection, contacts, counters, users};

use super::Open;
use super::deed::{Deed, entry};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::outgoing_webhooks::{EventKind, Happening, tell};

/// The longest subject that Zendesk is known to take.
const LONGEST_SUBJECT: usize = 255;

/// What is to be changed about a case; what is `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct CaseEdit {
    /// A new subject, not blank.
    pub subject: Option<String>,
    /// A new description. It stays here: Zendesk's cannot be changed.
    pub description: Option<String>,
    /// A new status.
    pub status: Option<CaseStatus>,
    /// A new priority.
    pub priority: Option<CasePriority>,
    /// Another user's id, or nobody.
    pub assigned_to: Option<Value>,
    /// Another contact's id, or nobody.
    pub contact: Option<Value>,
}

/// A case that is made here.
#[derive(Debug, Clone)]
pub struct NewCase {
    /// Its subject, not blank.
    pub subject: String,
    /// What it is about.
    pub description: String,
    /// How urgent it is.
    pub priority: CasePriority,
    /// The contact it is for, by id.
    pub contact: Option<String>,
    /// The user it is assigned to, by id.
    pub assigned_to: Option<String>,
    /// The user who owns it, by id.
    pub owner: String,
}

/// Changes a case, and has what changed sent to its ticket if it has one that is kept in step.
///
/// # Errors
/// [`Error::Refused`] for an unknown or deleted case, a blank subject, an unknown user or contact.
pub async fn edit(engine: &Engine, case: &str, edit: CaseEdit, actor: &str) -> Result<Case> {
    let open = Open::case(engine, case).await?;
    carry_out(engine, open, edit, actor).await
}

/// As [`edit`], of a case as it was read: `version` is the one it had then ([`Case::version`]). So an
/// edit never overwrites unseen what somebody else, or the sync, did meanwhile.
///
/// # Errors
/// [`Error::Refused`] as for [`edit`], and if the case has changed since.
pub async fn edit_as_read(
    engine: &Engine,
    case: &str,
    edit: CaseEdit,
    version: i64,
    actor: &str,
) -> Result<Case> {
    let open = Open::case(engine, case).await?;
    let now = &open.held.case;
    if now.version != version {
        return Err(Error::Refused(format!(
            "Case {} was changed since you read it, so nothing was changed now. Read it again, and repeat what is still wanted.",
            now.number
        )));
    }
    carry_out(engine, open, edit, actor).await
}

async fn carry_out(engine: &Engine, mut open: Open, edit: CaseEdit, actor: &str) -> Result<Case> {
    check(
        &mut open.tx,
        edit.subject.as_deref(),
        edit.assigned_to.as_ref().and_then(Option::as_deref),
        edit.contact.as_ref().and_then(Option::as_deref),
    )
    .await?;
    let before = open.held.desk.fields.clone();
    let after = CaseFields {
        subject: edit.subject.unwrap_or(before.subject),
        description: edit.description.unwrap_or(before.description),
        status: edit.status.unwrap_or(before.status),
        priority: edit.priority.unwrap_or(before.priority),
        assigned_to: edit.assigned_to.unwrap_or(before.assigned_to),
        contact: edit.contact.unwrap_or(before.contact),
        closed_at: before.closed_at,
    };
    let edited = open
        .decide(engine, actor, |desk, room, written| {
            desk.edit(after, room, written);
            ((), None)
        })
        .await?;
    Ok(edited.1)
}

/// Makes a case that has no ticket. [`super::publish`] gives it one.
///
/// # Errors
/// [`Error::Refused`] as for [`edit`].
pub async fn create(engine: &Engine, new: NewCase, actor: &str) -> Result<Case> {
    let now = engine.now();
    let mut tx = engine.store.begin().await?;
    check(
        &mut tx,
        Some(&new.subject),
        new.assigned_to.as_deref(),
        new.contact.as_deref(),
    )
    .await?;
    let case = Case {
        id: engine.new_id(),
        number: counters::take(&mut tx, "case", 1).await?,
        fields: CaseFields {
            subject: new.subject,
            description: new.description,
            status: CaseStatus::Open,
            priority: new.priority,
            assigned_to: new.assigned_to,
            contact: new.contact,
            closed_at: None,
        },
        source: CaseSource::Other,
        owner_id: Some(new.owner),
        reported_at: now,
        created_by_run: None,
        created_at: now,
        updated_at: now,
        version: 1,
        deleted_at: None,
    };
    cases::put(&mut tx, std::slice::from_ref(&case)).await?;
    let event = entry(&case, &Deed::Created, actor);
    store::history::append(&mut tx, &[event], now).await?;
    let told = [Happening::of_case(
        EventKind::CaseCreated,
        &case,
        None,
        "crm",
    )];
    tell(engine, &mut tx, &told, now).await?;
    tx.commit().await?;
    Ok(case)
}

/// Refuses what a case cannot have.
async fn check(
    connection: &mut Connection,
    subject: Option<&str>,
    user: Option<&str>,
    contact: Option<&str>,
) -> Result<()> {
    if let Some(subject) = subject {
        if not_blank(Some(subject)).is_none() {
            return Err(Error::Refused(
                "A case needs a subject. Say in a few words what it is about.".to_owned(),
            ));
        }
        let length = subject.chars().count();
        if length > LONGEST_SUBJECT {
            return Err(Error::Refused(format!(
                "The subject has {length} characters; {LONGEST_SUBJECT} are the most. Put the rest into the description or a comment."
            )));
        }
    }
    if let Some(user) = user
        && users::find(connection, user).await?.is_none()
    {
        return Err(Error::Refused(
            "There is no such user to assign the case to. Name somebody who can log in here."
                .to_owned(),
        ));
    }
    if let Some(contact) = contact {
        let ids = [contact.to_owned()];
        if contacts::by_ids(connection, &ids).await?.is_empty() {
            return Err(Error::Refused(
                "There is no such contact. Name one by email, or by its id.".to_owned(),
            ));
        }
    }
    Ok(())
}
