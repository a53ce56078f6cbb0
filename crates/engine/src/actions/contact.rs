//! A contact is edited, or takes back the value that lost a conflict.
//!
//! Only what the sync keeps in step can be edited: name, phone, primary email. With two-way sync on, what
//! changed goes to the end users that the contact is (ticket-sync.md 3), never to staff. A contact has no
//! history: the audit log tells who edited it, without the values.

use domain::merge::{Mode, Winner};
use domain::outbox::State;
use domain::person::{PersonName, Role};
use domain::plan::{ContactFields, PersonField, contact_value};
use domain::value::{Value, not_blank};
use store::conflicts::{self, Recorded};
use store::contacts::{self, Contact};
use store::zendesk_users::{self, ContactLink};
use store::{Tx, audit, integrations, outbox};

use crate::case_sync::{ask_for, operations_of};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::outgoing_webhooks::{Happening, tell};

/// What is to be changed about a contact; what is `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct ContactEdit {
    /// A new name in one line, not blank.
    pub name: Option<String>,
    /// A new phone number, or none.
    pub phone: Option<Value>,
    /// A new primary email, or none.
    pub email: Option<Value>,
}

/// Changes a contact, and has what changed sent to the end users that it is.
///
/// # Errors
/// [`Error::Refused`] for an unknown contact, a blank name, an email without an `@`, and for taking away
/// the email of somebody whom two-way sync keeps in step, since Zendesk gives up no primary email.
pub async fn edit_contact(
    engine: &Engine,
    contact: &str,
    edit: ContactEdit,
    actor: &str,
) -> Result<Contact> {
    let mut tx = engine.store.begin().await?;
    let changed = change(engine, &mut tx, contact, edit, ("contact.edit", actor)).await?;
    tx.commit().await?;
    engine.memory.ring();
    Ok(changed)
}

/// Gives a contact the value that lost a conflict. It reaches the end user like any other edit.
pub(super) async fn restore(
    engine: &Engine,
    found: &Recorded,
    contact: &str,
    actor: &str,
) -> Result<Contact> {
    let value = match Winner::parse(&found.winner) {
        Some(Winner::Zendesk) => found.crm.clone(),
        Some(Winner::Crm) | None => found.zendesk.clone(),
    };
    let edit = match PersonField::parse(&found.field) {
        Some(PersonField::Name) => ContactEdit {
            name: Some(value.unwrap_or_default()),
            ..ContactEdit::default()
        },
        Some(PersonField::Phone) => ContactEdit {
            phone: Some(value),
            ..ContactEdit::default()
        },
        Some(PersonField::Email) => ContactEdit {
            email: Some(value),
            ..ContactEdit::default()
        },
        None => {
            return Err(Error::Refused(
                "This conflict is about something that cannot be set here. Set it in Zendesk."
                    .to_owned(),
            ));
        }
    };
    let mut tx = engine.store.begin().await?;
    let did = ("conflict.restore", actor);
    let changed = change(engine, &mut tx, contact, edit, did).await?;
    if !conflicts::mark_restored(&mut tx, &found.id, engine.now()).await? {
        return Err(Error::Refused(
            "Somebody else restored it just now.".to_owned(),
        ));
    }
    let told = [Happening::conflict_restored(found)];
    tell(engine, &mut tx, &told, engine.now()).await?;
    tx.commit().await?;
    engine.memory.ring();
    Ok(changed)
}

async fn change(
    engine: &Engine,
    tx: &mut Tx,
    contact: &str,
    edit: ContactEdit,
    (did, actor): (&str, &str),
) -> Result<Contact> {
    // A pull writes contacts under its integration's lock, whole: an edit between its reading and its
    // writing would be lost. One after the other in the order of their ids, so that nobody waits for
    // somebody who waits.
    let mut all = integrations::list(tx).await?;
    all.sort_by(|one, other| one.id.cmp(&other.id));
    for integration in &all {
        integrations::lock(tx, &integration.id).await?;
    }
    let ids = [contact.to_owned()];
    let found = contacts::by_ids(tx, &ids).await?.remove(contact);
    let before = found.ok_or_else(|| {
        Error::Refused(format!(
            "There is no contact {contact:?}. `deskbridge contact list` shows those there are."
        ))
    })?;
    let links = zendesk_users::of_contact(tx, contact).await?;
    let kept_in_step: Vec<(&ContactLink, Mode)> = links
        .iter()
        .filter(|link| link.active)
        .filter(|link| link.role.as_deref().and_then(Role::parse) == Some(Role::EndUser))
        .filter_map(|link| {
            let integration = all.iter().find(|known| known.id == link.integration_id)?;
            Some((link, integration.settings.mode()))
        })
        .filter(|(_, mode)| *mode != Mode::OneWay)
        .collect();
    let after = edited(&before, edit, !kept_in_step.is_empty())?;
    let fields = |contact: &Contact| ContactFields {
        name: contact.name.clone(),
        phone: contact.phone.clone(),
        email: contact.email.clone(),
    };
    let (was, is) = (fields(&before), fields(&after));
    if was == is {
        return Ok(before);
    }
    contacts::put(tx, std::slice::from_ref(&after), engine.now()).await?;
    for (link, _) in kept_in_step {
        let differs = PersonField::ALL.iter().any(|field| {
            let agreed = link.agreed.get(*field);
            agreed.is_some_and(|pair| pair.crm != contact_value(&is, *field))
        });
        if differs {
            ask_for(engine, tx, &link.integration_id, &ids, actor).await?;
        } else {
            give_up(engine, tx, &link.integration_id, contact, actor).await?;
        }
    }
    let changed: Vec<&str> = PersonField::ALL
        .iter()
        .filter(|field| contact_value(&was, **field) != contact_value(&is, **field))
        .map(|field| field.as_str())
        .collect();
    audit::note(tx, engine.act(actor), did, contact, &changed.join(", ")).await?;
    Ok(after)
}

/// The contact is as both sides agreed again: what was parked of it is about nothing any more.
async fn give_up(
    engine: &Engine,
    tx: &mut Tx,
    integration: &str,
    contact: &str,
    actor: &str,
) -> Result<()> {
    let mut parked = operations_of(tx, integration, contact).await?;
    parked.retain(|operation| operation.state == State::Parked);
    for operation in &mut parked {
        operation.end(State::Discarded);
    }
    Ok(outbox::put(tx, integration, actor, &parked, engine.now()).await?)
}

fn edited(before: &Contact, edit: ContactEdit, in_step: bool) -> Result<Contact> {
    let mut after = before.clone();
    if let Some(name) = edit.name {
        let parsed = PersonName::parse(&name);
        after.name = parsed.ok_or_else(|| {
            Error::Refused("A contact's name cannot be blank. Give one.".to_owned())
        })?;
    }
    let tidy = |value: Value| not_blank(value.as_deref()).map(|text| text.trim().to_owned());
    if let Some(phone) = edit.phone {
        after.phone = tidy(phone);
    }
    if let Some(email) = edit.email {
        after.email = tidy(email);
        match &after.email {
            Some(email) if !email.contains('@') => {
                return Err(Error::Refused(format!(
                    "{email:?} is no email address. Give one like name@example.com."
                )));
            }
            None if in_step && before.email.is_some() => {
                return Err(Error::Refused(
                    "The contact is a user in Zendesk, who cannot be left without an email there. Give another one, or take it away in Zendesk."
                        .to_owned(),
                ));
            }
            Some(_) | None => {}
        }
    }
    Ok(after)
}
