//! What somebody asks the list of cases for, as its address says it.

use domain::case::{CasePriority, CaseStatus};
use serde::Deserialize;
use store::cases::{Assigned, CaseFilter};
use store::users::User;

use crate::page::encode;

/// What is asked for. What an address says wrongly is not asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    /// Words, or a number.
    pub(crate) q: String,
    pub(crate) status: String,
    pub(crate) priority: String,
    /// `me`, `anybody`, `nobody` or a user's id; as it is typed, an email or a name too.
    pub(crate) assigned: String,
    /// An integration's id.
    pub(crate) integration: String,
    /// A contact's id.
    pub(crate) contact: String,
    /// Anything, if only cases with a conflict are asked for.
    pub(crate) conflict: String,
    /// Anything, if only cases with something parked are asked for.
    pub(crate) parked: String,
}

impl Asked {
    /// What the store looks for.
    pub(crate) fn filter(&self, user: &User) -> CaseFilter {
        let some = |text: &String| (!text.is_empty()).then(|| text.clone());
        CaseFilter {
            text: self.q.trim().to_owned(),
            // Who may not see whom a letter belongs to shall not find out by asking letter by letter.
            people: !user.restrict_pii,
            status: CaseStatus::parse(&self.status),
            priority: CasePriority::parse(&self.priority),
            assigned: match self.assigned.as_str() {
                "" => None,
                "me" => Some(Assigned::To(user.id.clone())),
                "anybody" => Some(Assigned::Anybody),
                "nobody" => Some(Assigned::Nobody),
                other => Some(Assigned::To(other.to_owned())),
            },
            integration: some(&self.integration),
            contact: some(&self.contact),
            with_conflict: !self.conflict.is_empty(),
            with_parked: !self.parked.is_empty(),
        }
    }

    /// Whether it names one of the staff.
    pub(super) fn is_assigned_to_somebody(&self) -> bool {
        !matches!(self.assigned.as_str(), "" | "me" | "anybody" | "nobody")
    }

    /// Each thing asked for, by its name in the address.
    pub(super) fn pairs(&self) -> Vec<(&'static str, &str)> {
        let all = [
            ("q", self.q.trim()),
            ("status", self.status.as_str()),
            ("priority", self.priority.as_str()),
            ("assigned", self.assigned.as_str()),
            ("integration", self.integration.as_str()),
            ("contact", self.contact.as_str()),
            ("conflict", self.conflict.as_str()),
            ("parked", self.parked.as_str()),
        ];
        let said = all.into_iter().filter(|(_, value)| !value.is_empty());
        said.collect()
    }

    /// As an address has it behind its `?`; empty if nothing is asked for.
    pub(super) fn query(&self) -> String {
        let pairs = self.pairs().into_iter();
        let pairs = pairs.map(|(name, value)| format!("{name}={}", encode(value, "-_.")));
        pairs.collect::<Vec<_>>().join("&")
    }

    /// The address of the list as asked for, with one more word.
    pub(super) fn address(&self, more: &str) -> String {
        let query = self.query();
        match (query.is_empty(), more.is_empty()) {
            (true, true) => "/cases".to_owned(),
            (true, false) => format!("/cases?{more}"),
            (false, true) => format!("/cases?{query}"),
            (false, false) => format!("/cases?{query}&{more}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_goes_into_an_address_and_nothing_else() {
        let asked = Asked {
            q: " Ada & Söhne ".to_owned(),
            status: "open".to_owned(),
            ..Asked::default()
        };
        assert_eq!(asked.query(), "q=Ada%20%26%20S%C3%B6hne&status=open");
        assert_eq!(
            asked.address("before=7"),
            "/cases?q=Ada%20%26%20S%C3%B6hne&status=open&before=7"
        );
        assert_eq!(Asked::default().address("before=7"), "/cases?before=7");
        assert_eq!(Asked::default().address(""), "/cases");
    }
}
