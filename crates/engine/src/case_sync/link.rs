//! Who is who on a page: Zendesk's users as our contacts and users.

use std::collections::{HashMap, HashSet};

use domain::identity::{People, Person, needs_contact};
use domain::merge::{Mode, Priority};
use domain::person::{Role, ZendeskUser, email_key};
use domain::plan::{ContactFields, new_contact, plan_person};
use domain::value::Agreed;
use store::contacts::{self, Contact};
use store::integrations::EmailMatch;
use store::zendesk_users::{self, KnownUser, PersonLink};
use store::{Connection, users};

use super::pull::{Page, Pull};
use crate::error::Result;

/// The users with these Zendesk ids, each with the contact and the user they are here. Those in
/// `requesters` and `submitters` who need a contact and have none get one.
pub(super) async fn people(
    pull: &Pull<'_>,
    page: &mut Page,
    ids: &[i64],
    requesters: &HashSet<i64>,
    submitters: &HashSet<i64>,
) -> Result<People> {
    let mut known = zendesk_users::by_ids(&mut page.tx, &pull.integration.id, ids).await?;
    let lacking: Vec<ZendeskUser> = known
        .values()
        .filter(|user| user.contact_id.is_none())
        .filter(|user| {
            let role = user.role.as_deref().and_then(Role::parse);
            (requesters.contains(&user.remote_id) && needs_contact(role, true))
                || (submitters.contains(&user.remote_id) && needs_contact(role, false))
        })
        .map(as_zendesk_user)
        .collect();
    let lacking: Vec<&ZendeskUser> = lacking.iter().collect();
    for (user, contact) in make_contacts(pull, page, &lacking).await? {
        if let Some(known) = known.get_mut(&user) {
            known.contact_id = Some(contact);
        }
    }
    persons(&mut page.tx, known.into_values()).await
}

/// Known Zendesk users as people: their contact as linked, their user by email if they are staff.
pub(crate) async fn persons(
    connection: &mut Connection,
    known: impl Iterator<Item = KnownUser>,
) -> Result<People> {
    let known: Vec<KnownUser> = known.collect();
    let mut keys: Vec<String> = known
        .iter()
        .filter(|user| {
            user.role
                .as_deref()
                .and_then(Role::parse)
                .is_some_and(Role::is_staff)
        })
        .filter_map(|user| user.email.as_deref().map(email_key))
        .collect();
    keys.sort_unstable();
    keys.dedup();
    let staff = users::by_email_keys(connection, &keys).await?;
    Ok(known
        .into_iter()
        .map(|user| {
            let key = user.email.as_deref().map(email_key);
            Person {
                zendesk_id: user.remote_id,
                role: user.role.as_deref().and_then(Role::parse),
                user: key
                    .and_then(|key| staff.get(&key))
                    .map(|user| user.id.clone()),
                contact: user.contact_id,
                gone: !user.active,
                name: user.name,
                email: user.email,
            }
        })
        .collect())
}

/// Links users to the contacts that have their email, and makes contacts for the others. Returns
/// which contact each became.
pub(super) async fn make_contacts(
    pull: &Pull<'_>,
    page: &mut Page,
    people: &[&ZendeskUser],
) -> Result<HashMap<i64, String>> {
    let mut people: Vec<&ZendeskUser> = people.to_vec();
    people.sort_unstable_by_key(|user| user.id);
    let mut by_email = contacts_by_email(pull, page, &people).await?;
    let found: Vec<String> = by_email.values().cloned().collect();
    let mut here = contacts::by_ids(&mut page.tx, &found).await?;
    let mut became = HashMap::with_capacity(people.len());
    let (mut new, mut filled, mut links) = (HashSet::new(), HashSet::new(), Vec::new());
    for user in people {
        let key = user.email.as_deref().map(email_key);
        let met = key
            .as_ref()
            .and_then(|key| by_email.get(key))
            .and_then(|id| here.get_mut(id));
        let (contact_id, agreed) = match met {
            // The contact keeps what it has; what it lacks comes from Zendesk, and from now on
            // both are merged.
            Some(contact) => {
                let current = ContactFields {
                    name: contact.name.clone(),
                    phone: contact.phone.clone(),
                    email: contact.email.clone(),
                };
                let update = plan_person(user, &current, &Agreed::default(), pull.mode());
                if !update.changes.is_empty() {
                    contact.name = update.fields.name;
                    contact.phone = update.fields.phone;
                    contact.email = update.fields.email;
                    filled.insert(contact.id.clone());
                }
                (contact.id.clone(), update.agreed)
            }
            None => {
                let made = new_contact(user);
                let contact = Contact {
                    id: pull.engine.new_id(),
                    name: made.fields.name,
                    email: made.fields.email,
                    phone: made.fields.phone,
                    owner_id: Some(pull.integration.settings.owner_id.clone()),
                };
                let id = contact.id.clone();
                if let Some(key) = key {
                    by_email.insert(key, id.clone());
                }
                here.insert(id.clone(), contact);
                new.insert(id.clone());
                (id, made.agreed)
            }
        };
        became.insert(user.id, contact_id.clone());
        links.push(PersonLink {
            remote_id: user.id,
            contact_id,
            agreed,
        });
    }
    filled.retain(|id| !new.contains(id));
    page.counters.contacts.created += u64::try_from(new.len()).unwrap_or(0);
    page.counters.contacts.updated += u64::try_from(filled.len()).unwrap_or(0);
    let mut written: Vec<Contact> = here
        .into_values()
        .filter(|contact| new.contains(&contact.id) || filled.contains(&contact.id))
        .collect();
    written.sort_unstable_by(|a, b| a.id.cmp(&b.id));
    contacts::put(&mut page.tx, &written, page.now).await?;
    zendesk_users::link(&mut page.tx, &pull.integration.id, &links, page.now).await?;
    Ok(became)
}

async fn contacts_by_email(
    pull: &Pull<'_>,
    page: &mut Page,
    people: &[&ZendeskUser],
) -> Result<HashMap<String, String>> {
    let mut keys: Vec<String> = people
        .iter()
        .filter_map(|user| user.email.as_deref())
        .map(email_key)
        .filter(|key| !key.is_empty())
        .collect();
    keys.sort_unstable();
    keys.dedup();
    let mut found = contacts::ids_by_primary_email(&mut page.tx, &keys).await?;
    match pull.integration.settings.email_match {
        EmailMatch::Primary => {}
        EmailMatch::PrimaryThenSecondary => {
            keys.retain(|key| !found.contains_key(key));
            found.extend(contacts::ids_by_secondary_email(&mut page.tx, &keys).await?);
        }
    }
    Ok(found)
}

fn as_zendesk_user(known: &KnownUser) -> ZendeskUser {
    ZendeskUser {
        id: known.remote_id,
        name: known.name.clone(),
        email: known.email.clone(),
        phone: known.phone.clone(),
        role: known.role.clone(),
        active: known.active,
        updated_at: known.updated_at,
        ..ZendeskUser::default()
    }
}

/// The rule of a mode, as conflict records and log lines say it.
pub(crate) fn rule_words(mode: Mode) -> &'static str {
    match mode {
        Mode::OneWay => "Zendesk's value was taken, since two-way sync is off",
        Mode::TwoWay(Priority::Remote) => "remote wins",
        Mode::TwoWay(Priority::Local) => "local wins",
    }
}
