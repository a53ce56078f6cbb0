//! The value that lost a conflict is restored: an ordinary edit of the case.

use domain::case::CaseField;
use domain::desk::set_field;
use domain::identity;
use domain::mapping::{self, Maps, Translation};
use domain::merge::Winner;
use domain::ticket::Ticket;
use domain::value::Value;
use store::cases::Case;
use store::conflicts::{self, Recorded, Subject};
use store::contacts::Contact;
use store::{Connection, tickets, zendesk_users};

use super::{Deed, Open, contact};
use crate::case_sync::persons;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::outgoing_webhooks::{Happening, tell};

/// What has the value again that lost.
#[derive(Debug, Clone)]
pub enum Restored {
    /// A case.
    Case(Box<Case>),
    /// A contact.
    Contact(Box<Contact>),
}

/// Gives a case or a contact the value that lost a conflict. It reaches the ticket or the end user like
/// any other edit.
///
/// # Errors
/// [`Error::Refused`] if there is no such conflict, if it was restored before, if Zendesk's value has
/// no counterpart here, or if it was erased there and so here too; and as
/// [`super::edit_contact`] for a value that a contact cannot have. Nothing is changed then.
pub async fn restore_conflict(engine: &Engine, conflict: &str, actor: &str) -> Result<Restored> {
    let found = conflicts::find(&mut *engine.store.read().await?, conflict).await?;
    let Some(found) = found else {
        return Err(no_conflict(conflict));
    };
    if found.restored_at.is_some() {
        return Err(Error::Refused(
            "The other value of this conflict was restored before. Edit the case to change it again."
                .to_owned(),
        ));
    }
    let case = match &found.subject {
        Subject::Case(case) => case,
        Subject::Contact(contact) => {
            let restored = contact::restore(engine, &found, contact, actor).await?;
            return Ok(Restored::Contact(Box::new(restored)));
        }
    };
    let Some(field) = CaseField::parse(&found.field) else {
        return Err(Error::Refused(
            "This conflict is about something that cannot be set here. Set it in Zendesk."
                .to_owned(),
        ));
    };
    if field == CaseField::Description {
        return Err(Error::Refused(
            "A description is never taken from one side to the other; both texts are kept where they are.".to_owned(),
        ));
    }
    let mut open = Open::case(engine, case).await?;
    // Once more, under the case's lock: what Zendesk erases is emptied here at any time.
    let Some(found) = conflicts::find(&mut open.tx, conflict).await? else {
        return Err(no_conflict(conflict));
    };
    let value = match Winner::parse(&found.winner) {
        Some(Winner::Zendesk) => found.crm.clone(),
        Some(Winner::Crm) | None if was_erased(&mut open.tx, &found).await? => {
            return Err(Error::Refused(format!(
                "Zendesk has erased the content of ticket {}, and its value of this conflict was erased here with it, so there is nothing to restore. The case is as it was; edit it if the field should say something else.",
                found.remote_id
            )));
        }
        Some(Winner::Crm) | None => zendesks(&mut open, &found, field).await?,
    };
    let mut fields = open.held.desk.fields.clone();
    set_field(&mut fields, field, &value);
    if !conflicts::mark_restored(&mut open.tx, &found.id, engine.now()).await? {
        return Err(Error::Refused(
            "Somebody else restored it just now.".to_owned(),
        ));
    }
    let told = [Happening::conflict_restored(&found)];
    tell(engine, &mut open.tx, &told, engine.now()).await?;
    let restored = open
        .decide(engine, actor, |desk, room, written| {
            desk.edit(fields, room, written);
            let deed = Deed::ConflictRestored {
                conflict: found.id.clone(),
                field: found.field.clone(),
            };
            ((), Some(deed))
        })
        .await?;
    Ok(Restored::Case(Box::new(restored.1)))
}

fn no_conflict(conflict: &str) -> Error {
    Error::Refused(format!(
        "There is no conflict {conflict:?}. `deskbridge conflict list` shows those there are."
    ))
}

/// Whether Zendesk's value of a conflict was emptied, since Zendesk erased the ticket that had it.
///
/// # Errors
/// As the database says.
async fn was_erased(connection: &mut Connection, found: &Recorded) -> Result<bool> {
    let ticket = found.remote_id;
    let scrubbed = tickets::scrubbed(connection, &found.integration_id, &[ticket]).await?;
    Ok(found.zendesk.is_none() && scrubbed.contains(&ticket))
}

/// Zendesk's losing value in the case's words.
async fn zendesks(open: &mut Open, found: &Recorded, field: CaseField) -> Result<Value> {
    let maps = match &open.integration {
        Some(integration) => integration.settings.maps.clone(),
        None => Maps::default(),
    };
    let raw = found.zendesk.as_deref();
    let said = match field {
        CaseField::Subject => mapping::subject_to_case(raw),
        CaseField::Status => mapping::status_to_case(raw, &maps),
        CaseField::Priority => mapping::priority_to_case(raw, &maps),
        CaseField::AssignedTo => {
            let (ticket, people) = whom(open, found).await?;
            identity::assignee(&ticket, &people, &identity::IdentityRules::default())
        }
        CaseField::Contact => {
            let (ticket, people) = whom(open, found).await?;
            identity::contact(&ticket, &people)
        }
        CaseField::Description => Translation::Keep,
    };
    match said {
        Translation::To(value) => Ok(value),
        Translation::Keep | Translation::Unknown(_) => Err(Error::Refused(
            "Zendesk's value of this conflict means nothing here (nobody here, or a word no map knows). Set the field by hand.".to_owned(),
        )),
    }
}

/// A ticket that names the person of a conflict, and who they are here.
async fn whom(open: &mut Open, found: &Recorded) -> Result<(Ticket, identity::People)> {
    let id = found
        .zendesk
        .as_deref()
        .and_then(|raw| raw.parse::<i64>().ok());
    let ids: Vec<i64> = id.into_iter().collect();
    let known = zendesk_users::by_ids(&mut open.tx, &found.integration_id, &ids).await?;
    let people = persons(&mut open.tx, known.into_values()).await?;
    let ticket = Ticket {
        assignee_id: id,
        requester_id: id,
        ..Ticket::default()
    };
    Ok((ticket, people))
}
