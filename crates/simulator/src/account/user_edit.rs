//! Edits of users.

use std::sync::Arc;

use serde_json::{Value, json};

use super::happening::Happening;
use super::ticket::TicketChange;
use super::ticket_edit::tidy_tags;
use super::user::{NewUser, User, UserChange};
use super::webhook::Subject;
use super::{Account, EditError, fold};
use crate::word::Role;

impl Account {
    /// Makes a user and returns its id.
    ///
    /// # Errors
    /// An email or external id that another active user has.
    pub fn add_user(&mut self, new: NewUser) -> Result<i64, EditError> {
        if let Some(email) = &new.email {
            self.check_email(email, None)?;
        }
        if let Some(external_id) = &new.external_id {
            self.check_external_id(external_id, None)?;
        }
        let id = self.take_id(0);
        let role = new.role.unwrap_or(Role::EndUser);
        let user = User {
            id,
            name: new.name.into(),
            email: new.email.map(|email| fold(&email).into()),
            more_emails: Vec::new(),
            known_emails: Vec::new(),
            created_at: self.now,
            updated_at: self.now,
            phone: new.phone.map(Into::into),
            organization_id: new.organization_id,
            role,
            verified: new.verified,
            external_id: new.external_id.map(Into::into),
            tags: tidy_tags(&new.tags),
            alias: new.alias.map(Into::into),
            active: true,
            suspended: new.suspended,
            details: new.details.map(Into::into),
            notes: new.notes.map(Into::into),
            locale: (1, "en-US"),
            time_zone: "Europe/Brussels",
            default_group_id: role
                .is_staff()
                .then(|| self.groups.first().map(|group| group.id))
                .flatten(),
            fields: Vec::new(),
            permanently_deleted: false,
            merged_into: None,
        };
        self.insert_user(user);
        if !new.user_fields.is_empty() {
            let change = UserChange {
                user_fields: new.user_fields,
                ..UserChange::default()
            };
            self.update_user(id, change)?;
        }
        Ok(id)
    }

    /// Changes a user; says whether anything differed. `updated_at` moves only then.
    ///
    /// # Errors
    /// An unknown user; an email or external id that another active user has.
    pub fn update_user(&mut self, id: i64, change: UserChange) -> Result<bool, EditError> {
        self.user(id).ok_or(EditError::NoUser(id))?;
        for email in change.email.iter().flatten().chain(&change.add_email) {
            self.check_email(email, Some(id))?;
        }
        if let Some(Some(external_id)) = &change.external_id {
            self.check_external_id(external_id, Some(id))?;
        }
        let known_as = self.user(id).map(|user| user.name.clone());
        // Unknown keys are dropped silently (zendesk-api.md 3.5).
        let values: Vec<(Arc<str>, Value)> = change
            .user_fields
            .into_iter()
            .filter_map(|(key, value)| {
                let mut fields = self.user_fields.iter();
                let field = fields.find(|field| *field.key == key)?;
                Some((field.key.clone(), value))
            })
            .collect();
        let mut user = self.take_user(id)?;
        let mut moved = false;
        let boxed = |text: Option<String>| text.map(String::into_boxed_str);
        set(&mut moved, &mut user.name, change.name.map(Into::into));
        set(
            &mut moved,
            &mut user.email,
            change
                .email
                .map(|email| email.map(|email| fold(&email).into())),
        );
        set(&mut moved, &mut user.role, change.role);
        set(&mut moved, &mut user.phone, change.phone.map(boxed));
        set(
            &mut moved,
            &mut user.external_id,
            change.external_id.map(boxed),
        );
        set(
            &mut moved,
            &mut user.organization_id,
            change.organization_id,
        );
        set(
            &mut moved,
            &mut user.tags,
            change.tags.map(|tags| tidy_tags(&tags)),
        );
        set(&mut moved, &mut user.verified, change.verified);
        set(&mut moved, &mut user.suspended, change.suspended);
        set(&mut moved, &mut user.alias, change.alias.map(boxed));
        set(&mut moved, &mut user.details, change.details.map(boxed));
        set(&mut moved, &mut user.notes, change.notes.map(boxed));
        if let Some(email) = change.add_email {
            let email: Box<str> = fold(&email).into();
            if user.email.is_none() {
                user.email = Some(email);
                moved = true;
            } else if user.email.as_ref() != Some(&email) && !user.more_emails.contains(&email) {
                user.more_emails.push(email);
                moved = true;
            }
        }
        for (key, value) in values {
            moved |= set_field(&mut user, key, value);
        }
        if moved {
            user.updated_at = user.updated_at.max(self.now);
        }
        let name = user.name.clone();
        self.insert_user(user);
        if let Some(previous) = known_as
            && previous != name
        {
            let renamed = json!({"current": name, "previous": previous});
            self.tell_of_user(id, &Happening::new("user.name_changed", renamed));
        }
        Ok(moved)
    }

    /// Deletes a user: it stays, inactive, without email and external id, which are free again
    /// (zendesk-api.md 3.4, recorded).
    ///
    /// # Errors
    /// An unknown user.
    pub fn delete_user(&mut self, id: i64) -> Result<(), EditError> {
        let mut user = self.take_user(id)?;
        let was_active = std::mem::replace(&mut user.active, false);
        user.email = None;
        user.more_emails.clear();
        user.external_id = None;
        user.verified = false;
        user.updated_at = user.updated_at.max(self.now);
        self.insert_user(user);
        if was_active {
            self.tell_of_user(id, &Happening::new("user.deleted", json!({})));
        }
        Ok(())
    }

    /// Removes a deleted user's personal data for good.
    ///
    /// # Errors
    /// An unknown user.
    pub fn forget_user(&mut self, id: i64) -> Result<(), EditError> {
        self.delete_user(id)?;
        let mut user = self.take_user(id)?;
        user.name = "Permanently Deleted User".into();
        user.phone = None;
        user.alias = None;
        user.details = None;
        user.notes = None;
        user.fields.clear();
        user.permanently_deleted = true;
        self.insert_user(user);
        Ok(())
    }

    /// Merges `loser` into `winner`: the loser becomes inactive, its emails become secondary ones of
    /// the winner, its tickets get the winner as requester.
    ///
    /// # Errors
    /// An unknown user.
    pub fn merge_users(&mut self, loser: i64, winner: i64) -> Result<(), EditError> {
        self.user(winner).ok_or(EditError::NoUser(winner))?;
        let mut gone = self.take_user(loser)?;
        let emails: Vec<Box<str>> = gone
            .email
            .take()
            .into_iter()
            .chain(std::mem::take(&mut gone.more_emails))
            .collect();
        gone.active = false;
        gone.external_id = None;
        gone.verified = false;
        gone.merged_into = Some(winner);
        gone.updated_at = gone.updated_at.max(self.now);
        self.insert_user(gone);
        let mut kept = self.take_user(winner)?;
        for email in emails {
            if kept.email.is_none() {
                kept.email = Some(email);
            } else {
                kept.more_emails.push(email);
            }
        }
        kept.updated_at = kept.updated_at.max(self.now);
        self.insert_user(kept);
        let moved: Vec<i64> = self
            .tickets()
            .filter(|ticket| ticket.requester_id == loser)
            .map(|ticket| ticket.id)
            .collect();
        for ticket in moved {
            let change = TicketChange {
                requester_id: Some(winner),
                ..TicketChange::default()
            };
            self.update_ticket(ticket, change)?;
        }
        let merged = json!({"target_user_id": winner.to_string()});
        self.tell_of_user(loser, &Happening::new("user.merged", merged));
        Ok(())
    }

    /// Tells the webhooks what the administrator did to a user.
    fn tell_of_user(&mut self, id: i64, happening: &Happening) {
        let by = self.administrator();
        self.announce(Subject::User(id), by, happening);
    }

    /// After a secondary email became the primary one: the old one takes its place.
    pub(crate) fn keep_as_secondary(&mut self, id: i64, primary: &str, old: Option<String>) {
        let Ok(mut user) = self.take_user(id) else {
            return;
        };
        user.more_emails.retain(|email| email.as_ref() != primary);
        if let Some(old) = old
            && old != primary
        {
            user.more_emails.insert(0, old.into());
        }
        self.insert_user(user);
    }

    fn check_email(&self, email: &str, of: Option<i64>) -> Result<(), EditError> {
        match self.user_by_email(email) {
            Some(user) if Some(user.id) != of => Err(EditError::EmailTaken(email.to_owned())),
            _ => Ok(()),
        }
    }

    fn check_external_id(&self, external_id: &str, of: Option<i64>) -> Result<(), EditError> {
        match self.user_by_external_id(external_id) {
            Some(user) if Some(user.id) != of => {
                Err(EditError::ExternalIdTaken(external_id.to_owned()))
            }
            _ => Ok(()),
        }
    }
}

fn set<T: PartialEq>(moved: &mut bool, place: &mut T, value: Option<T>) {
    if let Some(value) = value
        && *place != value
    {
        *place = value;
        *moved = true;
    }
}

fn set_field(user: &mut User, key: Arc<str>, value: Value) -> bool {
    let place = user.fields.iter().position(|(known, _)| *known == key);
    match place {
        Some(place) if user.fields[place].1 == value => false,
        Some(place) if value.is_null() => {
            user.fields.remove(place);
            true
        }
        Some(place) => {
            user.fields[place].1 = value;
            true
        }
        None if value.is_null() => false,
        None => {
            user.fields.push((key, value));
            true
        }
    }
}
