//! Who a ticket is for: the contact of its case as a Zendesk user, made there if need be.

use domain::case::CaseFields;
use domain::identity::{People, Person};
use domain::person::{Role, ZendeskUser, email_key};
use domain::plan::{ContactFields, plan_person};
use domain::push::Requester;
use domain::value::{Agreed, not_blank};
use store::cases::{self, Case};
use store::contacts::{self, Contact};
use store::zendesk_users::{self, PersonLink};
use store::{desks, users as staff};
use zendesk::{NewUser, Record};

use super::Push;
use crate::case_sync::users;
use crate::error::Result;

impl Push<'_> {
    /// Who a new ticket is for: the contact, given inline so that nothing existing is overwritten;
    /// without one the owner. None if there is nobody with a name.
    pub(super) async fn requester(&self, case: &str) -> Result<Option<Requester>> {
        let engine = self.pull.engine;
        let integration = &self.pull.integration;
        let mut reader = engine.store.read().await?;
        let Some(case) = cases::find(&mut reader, case).await? else {
            return Ok(None);
        };
        if let Some(contact) = &case.fields.contact {
            let ids = [contact.clone()];
            let known = zendesk_users::by_contact(&mut reader, &integration.id, &ids).await?;
            // Whoever was merged into somebody else is found by the email, which went along.
            let active = known.iter().filter(|user| user.active);
            if let Some(id) = active.map(|user| user.remote_id).min() {
                return Ok(Some(Requester::Known(id)));
            }
            let found = contacts::by_ids(&mut reader, &ids).await?.remove(contact);
            return Ok(found.and_then(|contact| inline(&contact)));
        }
        let owner = case
            .owner_id
            .as_ref()
            .unwrap_or(&integration.settings.owner_id);
        let Some(owner) = staff::find(&mut reader, owner).await? else {
            return Ok(None);
        };
        let keys = [email_key(&owner.email)];
        let there = zendesk_users::staff_by_email_keys(&mut reader, &integration.id, &keys).await?;
        Ok(Some(match there.iter().map(|user| user.remote_id).min() {
            Some(id) => Requester::Known(id),
            None => Requester::Inline {
                name: owner.name,
                email: Some(owner.email),
            },
        }))
    }

    /// Sees to it that the contact a case was given here is somebody in Zendesk, before that is sent:
    /// found by email, else made there. The repeat of it makes nobody twice.
    ///
    /// A contact whose users are all gone is only looked for, since whoever they were merged into has
    /// got their email (ticket-sync.md 3). The answer is that survivor if another contact is linked to
    /// them: that link stays, and the survivor asks for this contact all the same.
    pub(super) async fn meet_contact(&mut self, case: &str) -> Result<Option<Survivor>> {
        let engine = self.pull.engine;
        let integration = self.pull.integration.id.clone();
        let mut reader = engine.store.read().await?;
        let Some(held) = desks::read(&mut reader, case).await? else {
            return Ok(None);
        };
        let changed = held.desk.changed_here();
        let Some(contact) = held.desk.fields.contact.clone() else {
            return Ok(None);
        };
        if !changed.contains(&domain::case::CaseField::Contact) {
            return Ok(None);
        }
        let ids = [contact.clone()];
        let known = zendesk_users::by_contact(&mut reader, &integration, &ids).await?;
        let found = contacts::by_ids(&mut reader, &ids).await?.remove(&contact);
        drop(reader);
        let is_there = known.iter().any(|user| user.active);
        let (false, Some(contact)) = (is_there, found) else {
            return Ok(None);
        };
        let is_new = known.is_empty();
        let record = match self.user_of(&held.case, &contact, is_new).await {
            Ok(Some(record)) => record,
            Ok(None) => return Ok(None),
            // It is parked or tried again with the rest of the operation, which says why.
            Err(error) => {
                tracing::info!("a requester could not be found or made in Zendesk: {error}");
                return Ok(None);
            }
        };
        let user = record.parsed.as_ref().ok();
        let survivor = user
            .filter(|user| !is_new && user.active)
            .map(|user| user.id);
        let is_linked = self.acquaint(case, record).await?;
        let survivor = survivor.filter(|_| !is_linked);
        Ok(survivor.map(|user| Survivor {
            user,
            contact: contact.id,
        }))
    }

    /// Links a user of Zendesk with the contact of this case, unless it is somebody else's. True if it
    /// did.
    pub(super) async fn acquaint(
        &mut self,
        case: &str,
        record: Record<ZendeskUser>,
    ) -> Result<bool> {
        let integration = self.pull.integration.id.clone();
        let Ok(user) = record.parsed.clone() else {
            return Ok(false);
        };
        let found = cases::find(&mut *self.pull.engine.store.read().await?, case).await?;
        let Some(contact) = found.and_then(|case| case.fields.contact) else {
            return Ok(false);
        };
        let ids = [contact.clone()];
        let mut page = self.pull.begin().await?;
        users::put(&self.pull, &mut page, std::slice::from_ref(&record)).await?;
        let there = zendesk_users::by_ids(&mut page.tx, &integration, &[user.id]).await?;
        let taken = there
            .get(&user.id)
            .is_some_and(|known| known.contact_id.is_some());
        let here = contacts::by_ids(&mut page.tx, &ids).await?.remove(&contact);
        // Somebody else's they stay, with all that was agreed on with that contact.
        let (false, Some(mut contact)) = (taken, here) else {
            self.pull.commit(page, super::STAGE, None).await?;
            return Ok(false);
        };
        let current = ContactFields {
            name: contact.name.clone(),
            phone: contact.phone.clone(),
            email: contact.email.clone(),
        };
        let met = plan_person(&user, &current, &Agreed::default(), self.pull.mode());
        // The contact keeps what it has; what it lacks comes from Zendesk, as in a pull.
        if !met.changes.is_empty() {
            contact.name = met.fields.name;
            contact.phone = met.fields.phone;
            contact.email = met.fields.email;
            contacts::put(&mut page.tx, std::slice::from_ref(&contact), page.now).await?;
            page.counters.contacts.updated += 1;
        }
        let link = PersonLink {
            remote_id: user.id,
            contact_id: contact.id,
            agreed: met.agreed,
        };
        zendesk_users::link(&mut page.tx, &integration, &[link], page.now).await?;
        self.pull.commit(page, super::STAGE, None).await?;
        Ok(true)
    }

    /// Who this contact is in Zendesk: found by email, else made if they `may_be_made`.
    async fn user_of(
        &mut self,
        case: &Case,
        contact: &Contact,
        may_be_made: bool,
    ) -> Result<Option<Record<ZendeskUser>>, zendesk::Error> {
        let client = &self.pull.client;
        if let Some(email) = not_blank(contact.email.as_deref()) {
            let found = client.users_with_email(email).await?;
            if let Some(found) = found.into_iter().next() {
                return Ok(Some(found));
            }
        }
        let Some(Requester::Inline { name, email }) = inline(contact).filter(|_| may_be_made)
        else {
            return Ok(None);
        };
        let user = NewUser {
            name,
            email,
            external_id: Some(format!("deskbridge:contact:{}", contact.id)),
            phone: contact.phone.clone(),
        };
        if self.foreseen.is_some() {
            return Ok(self.stand_in(case, &user));
        }
        client.create_or_update_user(&user).await.map(Some)
    }

    /// In a dry run: somebody with an id that Zendesk never gives stands in, in the copy, for the user
    /// that would be made.
    fn stand_in(&mut self, case: &Case, user: &NewUser) -> Option<Record<ZendeskUser>> {
        let told: Vec<String> = [
            ("name", Some(&user.name)),
            ("email", user.email.as_ref()),
            ("phone", user.phone.as_ref()),
            ("external id", user.external_id.as_ref()),
        ]
        .into_iter()
        .filter_map(|(label, value)| Some(format!("{label} “{}”", value?)))
        .collect();
        self.say(format!(
            "Case {}: a user would be made in Zendesk for its contact: {}.",
            case.number,
            told.join(", ")
        ));
        let mut drawn = self.pull.engine.new_op_id();
        drawn.truncate(12);
        let id = -i64::from_str_radix(&drawn, 16).ok()?;
        let made = ZendeskUser {
            id,
            name: Some(user.name.clone()),
            email: user.email.clone(),
            phone: user.phone.clone(),
            role: Some(Role::EndUser.as_str().to_owned()),
            active: true,
            ..ZendeskUser::default()
        };
        let raw = serde_json::value::to_raw_value(&serde_json::json!({ "id": id })).ok()?;
        Some(Record {
            id: Some(id),
            raw,
            parsed: Ok(made),
        })
    }
}

/// Whom the users of a contact were merged into.
#[derive(Debug)]
pub(super) struct Survivor {
    /// Their id in Zendesk. Another contact is linked to them.
    user: i64,
    /// The contact whose users are gone.
    contact: String,
}

impl Survivor {
    /// Has the survivor be that contact in one decision about a case that has it.
    pub(super) fn stand_in(self, fields: &CaseFields, people: &mut People) {
        if fields.contact.as_ref() != Some(&self.contact) {
            return;
        }
        let known = people.get(self.user).cloned().unwrap_or_default();
        people.insert(Person {
            zendesk_id: self.user,
            role: known.role.or(Some(Role::EndUser)),
            contact: Some(self.contact),
            ..known
        });
    }
}

/// A contact as Zendesk is told of it; none without a name and an email.
fn inline(contact: &Contact) -> Option<Requester> {
    let full = contact.name.full();
    let name = not_blank(Some(full.as_str())).or_else(|| not_blank(contact.email.as_deref()))?;
    Some(Requester::Inline {
        name: name.to_owned(),
        email: contact.email.clone(),
    })
}
