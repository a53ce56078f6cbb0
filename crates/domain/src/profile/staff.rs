//! The staff shield: agents and admins are never touched by a send (profile-send.md 2).

use std::collections::HashMap;

use super::key::{Ids, key_of};

/// Agents and admins by all their identities. Holds personal data: `Debug` shows only how many.
#[derive(Clone, Default)]
pub struct StaffShield {
    by_email: HashMap<String, i64>,
    by_external_id: HashMap<String, i64>,
}

impl std::fmt::Debug for StaffShield {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StaffShield")
            .field("emails", &self.by_email.len())
            .field("external_ids", &self.by_external_id.len())
            .finish()
    }
}

impl StaffShield {
    /// A shield over nobody.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a member of staff with Zendesk's id, the external id and all emails.
    pub fn add<'a>(
        &mut self,
        id: i64,
        external_id: Option<&str>,
        emails: impl IntoIterator<Item = &'a str>,
    ) {
        if let Some(external_id) = external_id.filter(|text| !text.trim().is_empty()) {
            self.by_external_id.insert(key_of(external_id), id);
        }
        for email in emails {
            if !email.trim().is_empty() {
                self.by_email.insert(key_of(email), id);
            }
        }
    }

    /// The member of staff that one of these ids belongs to. Such a row is skipped.
    pub fn covers(&self, ids: Ids<'_>) -> Option<i64> {
        let look = |map: &HashMap<String, i64>, id: Option<&str>| {
            id.filter(|_| !map.is_empty())
                .and_then(|id| map.get(&key_of(id)).copied())
        };
        look(&self.by_external_id, ids.external_id).or_else(|| look(&self.by_email, ids.email))
    }

    /// Why a row was skipped, for a person. Zendesk's id names whom; the row's own data is not in it.
    pub fn sentence(staff: i64) -> String {
        format!(
            "This row is Zendesk user {staff}, who is an agent or admin, and staff are never changed by \
             a send. Take the row out of the query if that is wrong."
        )
    }
}
