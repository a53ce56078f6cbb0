//! Tags of users: those that others set are kept (profile-send.md 2).
//!
//! A user who is sent with tags has those and no others afterwards. So the users of a batch are read just
//! before it is posted and once after it was carried out. Between the two somebody may still set a tag that
//! is then lost: nothing in Zendesk's API can prevent it, and docs/send.md says so.

use std::collections::HashMap;

use domain::person::ZendeskUser;
use domain::profile::UserField;
use domain::profile::key::key_of;
use domain::profile::tag::{TagPlan, Tags, confirm, normalise, plan};
use serde_json::{Map, Value};
use store::ledger;
use zendesk::{Client, Record};

use super::confirm::Said;
use super::parcel::{Extra, Parcel, Sent};
use crate::engine::Engine;
use crate::error::{Error, Result};

/// What the tags of a parcel are made from.
#[derive(Clone)]
pub(super) struct TagDesk {
    pub(super) engine: Engine,
    pub(super) client: Client,
    /// The number of the destination in the ledger.
    pub(super) destination: i64,
    /// The account's fields, whose options are tags too.
    pub(super) fields: std::sync::Arc<[UserField]>,
}

impl TagDesk {
    /// Puts into every row that says something about tags all tags its user is to have: ours, and those
    /// that others set. Rows that say nothing about tags are sent as they are; the tags that are ours stay
    /// ours.
    ///
    /// # Errors
    /// If the users cannot be read now: nothing is posted then.
    pub(super) async fn complete(&self, parcel: &mut Parcel) -> Result<()> {
        let keys: Vec<_> = parcel.rows.iter().map(|row| row.key).collect();
        let known = ledger::about(
            &mut *self.engine.store.read().await?,
            self.destination,
            &keys,
        )
        .await?;
        let known: HashMap<_, _> = known.into_iter().map(|about| (about.key, about)).collect();
        let users = match parcel.rows.iter().any(|row| tags_in(row).is_some()) {
            false => Found::default(),
            true => {
                for row in &mut parcel.rows {
                    row.zendesk_id = known.get(&row.key).and_then(|about| about.zendesk_id);
                }
                self.users(&parcel.rows).await?
            }
        };
        for row in &mut parcel.rows {
            let ours: Tags = match known.get(&row.key).and_then(|about| about.extra.as_deref()) {
                None => Tags::new(),
                Some(json) => {
                    let extra: Extra = super::settings::read("ledger", json)?;
                    extra.tags.into_iter().collect()
                }
            };
            let Some(wanted) = tags_in(row) else {
                own(row, &ours)?;
                continue;
            };
            let current = users.of(row).unwrap_or_default();
            let planned = plan(&current, &ours, &wanted, &self.field_tags(row, &wanted));
            put(row, &planned)?;
        }
        Ok(())
    }

    /// What became of the tags of rows that were carried out: the ledger keeps as ours what is really
    /// there.
    ///
    /// # Errors
    /// If the users cannot be read now.
    pub(super) async fn check(&self, rows: &mut [Sent], said: &[Said]) -> Result<Option<String>> {
        let done: Vec<i64> = rows
            .iter()
            .zip(said)
            .filter(|(row, _)| tags_in(row).is_some())
            .filter_map(|(_, said)| said.user())
            .collect();
        if done.is_empty() {
            return Ok(None);
        }
        let users = self.client.users_show_many(&done).await?;
        let after: HashMap<i64, Tags> = users
            .iter()
            .filter_map(|user| Some((user.id?, tags(user)?)))
            .collect();
        let mut missing = 0;
        for (row, said) in rows.iter_mut().zip(said) {
            let (Some(send), Some(after)) =
                (tags_in(row), said.user().and_then(|id| after.get(&id)))
            else {
                continue;
            };
            let ours = extra(row)?.tags.into_iter().collect();
            let found = confirm(&TagPlan { send, ours }, after);
            missing += usize::from(!found.missing.is_empty());
            own(row, &found.ours)?;
        }
        Ok((missing > 0).then(|| {
            "Some tags are not on their users after the send: somebody took them away meanwhile, or Zendesk refused them."
                .to_owned()
        }))
    }

    /// The users that rows lead to, as they are now.
    async fn users(&self, rows: &[Sent]) -> Result<Found> {
        let mut found = Found::default();
        let ids: Vec<&String> = rows
            .iter()
            .filter_map(|row| row.external_id.as_ref())
            .collect();
        found.add(self.client.users_by_external_ids(&ids).await?);
        let known: Vec<i64> = rows
            .iter()
            .filter(|row| row.external_id.is_none())
            .filter_map(|row| row.zendesk_id)
            .collect();
        if !known.is_empty() {
            found.add(self.client.users_show_many(&known).await?);
        }
        // A user who has the email and not yet the external id is the one the row lands on.
        let unseen = rows.iter().filter(|row| found.of(row).is_none());
        let emails: Vec<&String> = unseen.filter_map(|row| row.email.as_ref()).collect();
        for email in emails {
            found.add(self.client.users_with_email(email).await?);
        }
        Ok(found)
    }

    /// Tags that belong to options of fields which the row sets: to send one back would undo the field.
    fn field_tags(&self, row: &Sent, wanted: &Tags) -> Tags {
        let json: Map<String, Value> = serde_json::from_str(row.json.get()).unwrap_or_default();
        let set = json.get("user_fields").and_then(Value::as_object);
        let is_set = |field: &&UserField| set.is_some_and(|set| set.contains_key(&field.key));
        self.fields
            .iter()
            .filter(is_set)
            .flat_map(|field| &field.options)
            .map(|option| option.value.clone())
            .filter(|tag| !wanted.contains(tag))
            .collect()
    }
}

/// Users by all that a row may lead to them by.
#[derive(Default)]
struct Found {
    by_external_id: HashMap<String, Tags>,
    by_email: HashMap<String, Tags>,
    by_id: HashMap<i64, Tags>,
}

impl Found {
    fn add(&mut self, users: Vec<Record<ZendeskUser>>) {
        for user in users {
            let Some(tags) = tags(&user) else {
                continue;
            };
            if let Some(id) = user.id {
                self.by_id.insert(id, tags.clone());
            }
            let Ok(user) = user.parsed else {
                continue;
            };
            if let Some(email) = user.email {
                self.by_email.insert(key_of(&email), tags.clone());
            }
            if let Some(external_id) = user.external_id {
                self.by_external_id.insert(key_of(&external_id), tags);
            }
        }
    }

    fn of(&self, row: &Sent) -> Option<Tags> {
        let by_external_id = row
            .external_id
            .as_ref()
            .and_then(|id| self.by_external_id.get(&key_of(id)));
        let by_id = || row.zendesk_id.and_then(|id| self.by_id.get(&id));
        let by_email = || {
            row.email
                .as_ref()
                .and_then(|email| self.by_email.get(&key_of(email)))
        };
        by_external_id.or_else(by_id).or_else(by_email).cloned()
    }
}

fn tags(user: &Record<ZendeskUser>) -> Option<Tags> {
    let raw: Value = serde_json::from_str(user.raw.get()).ok()?;
    let tags = raw.get("tags")?.as_array()?;
    Some(normalise(tags.iter().filter_map(Value::as_str)))
}

/// The tags that a row is sent with; none if it says nothing about tags.
fn tags_in(row: &Sent) -> Option<Tags> {
    // Most rows of most sends say nothing: those are not parsed.
    if !row.json.get().contains("\"tags\"") {
        return None;
    }
    let json: Map<String, Value> = serde_json::from_str(row.json.get()).ok()?;
    let tags = json.get("tags")?.as_array()?;
    Some(normalise(tags.iter().filter_map(Value::as_str)))
}

fn extra(row: &Sent) -> Result<Extra> {
    super::settings::read("ledger", row.extra.as_deref().unwrap_or_default())
}

fn put(row: &mut Sent, planned: &TagPlan) -> Result<()> {
    let unwritable = |error: serde_json::Error| {
        Error::Refused(format!("A row could not be written as JSON ({error})."))
    };
    let mut json: Map<String, Value> = serde_json::from_str(row.json.get()).map_err(unwritable)?;
    json.insert("tags".to_owned(), planned.send.iter().cloned().collect());
    row.json = serde_json::value::to_raw_value(&json).map_err(unwritable)?;
    own(row, &planned.ours)
}

/// The ledger is to keep these tags as ours, once the row is confirmed.
fn own(row: &mut Sent, ours: &Tags) -> Result<()> {
    let mut extra = extra(row)?;
    extra.tags = ours.iter().cloned().collect();
    row.extra = (extra != Extra::default()).then(|| super::settings::write(&extra));
    Ok(())
}
