//! A contact is made here, edited, or takes back the value that lost a conflict.
//!
//! A contact that is made here is nobody in Zendesk until a ticket of somebody with its email is pulled, or
//! a case of its is published. Only what the sync keeps in step can be edited: name, phone, primary email. With two-way sync on, what
//! changed goes to the end users that the contact is (ticket-sync.md 3), never to staff. A contact has no
//! history: the audit log tells who edited it, without the values.

use domain::merge::{Mode, Winner};
use domain::outbox::State;
use domain::person::{PersonName, Role, email_key};
use domain::plan::{ContactFields, PersonField, contact_value};
use domain::value::{Value, not_blank};
use store::conflicts::{self, Recorded};
use store::contacts::{self, Contact};
use store::integrations::{self, Integration};
use store::zendesk_users::{self, ContactLink};
use store::{Tx, accounts, audit, counters, outbox};

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

/// A contact that is made here.
#[derive(Debug, Clone, Default)]
pub struct NewContact {
    /// Their name in one line, not blank.
    pub name: String,
    /// Their primary email; blank is none.
    pub email: Value,
    /// Their phone number; blank is none.
    pub phone: Value,
    /// The account they belong to, by id.
    pub account: Option<String>,
    /// The user who looks after them, by id.
    pub owner: String,
}

/// Makes a contact. Returns its id.
///
/// # Errors
/// [`Error::Field`] for a blank name, an email without an `@` or one that is another contact's primary
/// email already, and an unknown account.
pub async fn create_contact(engine: &Engine, new: NewContact, actor: &str) -> Result<String> {
    create_contact_as(engine, engine.new_id(), new, actor).await
}

/// As [`create_contact`], under an id that was chosen before: asked for twice, one contact is made.
///
/// # Errors
/// As [`create_contact`].
pub async fn create_contact_as(
    engine: &Engine,
    id: String,
    new: NewContact,
    actor: &str,
) -> Result<String> {
    let mut tx = engine.store.begin().await?;
    // A pull that meets this email at the same moment must find the contact, or be found by it.
    lock_integrations(&mut tx).await?;
    // Whoever else makes a contact waits here, also where there is no integration to wait for.
    counters::take(&mut tx, "contact", 1).await?;
    let ids = [id];
    if !contacts::by_ids(&mut tx, &ids).await?.is_empty() {
        let [id] = ids;
        return Ok(id);
    }
    let [id] = ids;
    let blank = Contact {
        id: id.clone(),
        name: PersonName::default(),
        email: None,
        phone: None,
        owner_id: Some(new.owner),
    };
    let typed = ContactEdit {
        name: Some(new.name),
        phone: Some(new.phone),
        email: Some(new.email),
    };
    let contact = edited(&blank, typed, false)?;
    refuse_known_email(&mut tx, contact.email.as_deref()).await?;
    contacts::put(&mut tx, std::slice::from_ref(&contact), engine.now()).await?;
    if let Some(account) = &new.account {
        if accounts::lock(&mut tx, account).await?.is_none() {
            return Err(Error::Field {
                field: "account",
                sentence: "There is no such account; it may have been deleted meanwhile."
                    .to_owned(),
            });
        }
        accounts::set_of_contact(&mut tx, &id, Some(account), engine.now()).await?;
    }
    audit::note(&mut tx, engine.act(actor), "contact.add", &id, "").await?;
    tx.commit().await?;
    Ok(id)
}

/// Refuses an email that is a contact's primary one already. The sentence neither names the contact nor
/// leads to it: somebody may read it who sees personal data masked, and learns no more than the form of a
/// case tells them, which also takes a whole email or none.
async fn refuse_known_email(tx: &mut Tx, email: Option<&str>) -> Result<()> {
    let Some(email) = email else { return Ok(()) };
    let known = contacts::ids_by_primary_email(tx, &[email_key(email)]).await?;
    if known.is_empty() {
        return Ok(());
    }
    Err(Error::Field {
        field: "email",
        sentence: format!(
            "A contact with the primary email {email:?} exists already, so no second one was made. Use that one: cases and accounts take it by this email. Or give another email."
        ),
    })
}

/// Changes a contact, and has what changed sent to the end users that it is.
///
/// # Errors
/// [`Error::Field`] for a blank name and an email without an `@`; [`Error::Refused`] for an unknown contact,
/// and for taking away the email of somebody whom two-way sync keeps in step, since Zendesk gives up no
/// primary email.
pub async fn edit_contact(
    engine: &Engine,
    contact: &str,
    edit: ContactEdit,
    actor: &str,
) -> Result<Contact> {
    let mut tx = engine.store.begin().await?;
    let held = Held::lock(&mut tx, contact).await?;
    let changed = change(engine, &mut tx, held, edit, ("contact.edit", actor)).await?;
    tx.commit().await?;
    engine.memory.ring();
    Ok(changed)
}

/// As [`edit_contact`], if the contact is still as `read`: `None` if it is not, and nothing was changed.
///
/// # Errors
/// As [`edit_contact`].
pub async fn edit_contact_as_read(
    engine: &Engine,
    read: &Contact,
    edit: ContactEdit,
    actor: &str,
) -> Result<Option<Contact>> {
    let mut tx = engine.store.begin().await?;
    let held = Held::lock(&mut tx, &read.id).await?;
    if held.contact != *read {
        return Ok(None);
    }
    let changed = change(engine, &mut tx, held, edit, ("contact.edit", actor)).await?;
    tx.commit().await?;
    engine.memory.ring();
    Ok(Some(changed))
}

/// A contact that nobody else changes until the transaction ends, with the integrations that keep it so.
struct Held {
    contact: Contact,
    integrations: Vec<Integration>,
}

impl Held {
    async fn lock(tx: &mut Tx, contact: &str) -> Result<Self> {
        let integrations = lock_integrations(tx).await?;
        let ids = [contact.to_owned()];
        let found = contacts::by_ids(tx, &ids).await?.remove(contact);
        let contact = found.ok_or_else(|| {
            Error::Refused(format!(
                "There is no contact {contact:?}. `deskbridge contact list` shows those there are."
            ))
        })?;
        Ok(Self {
            contact,
            integrations,
        })
    }
}

/// Lets no pull write contacts until the transaction ends. Returns the integrations.
async fn lock_integrations(tx: &mut Tx) -> Result<Vec<Integration>> {
    // A pull writes contacts under its integration's lock, whole: an edit between its reading and its
    // writing would be lost. One after the other in the order of their ids, so that nobody waits for
    // somebody who waits.
    let mut all = integrations::list(tx).await?;
    all.sort_by(|one, other| one.id.cmp(&other.id));
    for integration in &all {
        integrations::lock(tx, &integration.id).await?;
    }
    Ok(all)
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
    let held = Held::lock(&mut tx, contact).await?;
    let changed = change(engine, &mut tx, held, edit, did).await?;
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
    held: Held,
    edit: ContactEdit,
    (did, actor): (&str, &str),
) -> Result<Contact> {
    let Held {
        contact: before,
        integrations: all,
    } = held;
    let ids = [before.id.clone()];
    let contact = before.id.as_str();
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
        after.name = parsed.ok_or_else(|| Error::Field {
            field: "name",
            sentence: "A contact's name cannot be blank. Give one.".to_owned(),
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
                return Err(Error::Field {
                    field: "email",
                    sentence: format!(
                        "{email:?} is no email address. Give one like name@example.com."
                    ),
                });
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
