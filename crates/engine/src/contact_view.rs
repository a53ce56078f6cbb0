//! A contact as people see it: who it is, whom in Zendesk it is, and what of it is not there yet.

use std::collections::HashMap;

use domain::merge::Mode;
use domain::person::Role;
use domain::plan::{ContactFields, PersonField, contact_value};
use serde::Serialize;
use store::conflicts::Filter;
use store::contacts::{self, Contact, Told};
use store::integrations::{self, Integration};
use store::zendesk_users::{self, ContactLink};

use crate::account_view::AccountLine;
use crate::case_sync::operations_of;
use crate::case_view::{self, ConflictView, contact_name};
use crate::engine::Engine;
use crate::error::Result;
use crate::why;

/// How many conflicts one view of a contact holds at most.
const CONFLICTS: i64 = 50;

/// How many lines of the audit log.
const HISTORY: i64 = 50;

/// A contact in a list.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct ContactLine {
    /// Our id.
    pub id: String,
    /// Their name; without one their email.
    pub name: String,
    /// Primary email.
    pub email: Option<String>,
    /// Primary phone.
    pub phone: Option<String>,
}

/// Without the names, which are people's own.
impl std::fmt::Debug for ContactLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ContactLine")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl From<Contact> for ContactLine {
    fn from(contact: Contact) -> Self {
        Self {
            name: contact_name(&contact.name, contact.email.as_deref()),
            email: contact.email,
            phone: contact.phone,
            id: contact.id,
        }
    }
}

/// One page of the list, the contact made last first.
#[derive(Debug, Serialize)]
pub struct ContactPage {
    /// The contacts.
    pub contacts: Vec<ContactLine>,
    /// What to give as `before` for the next page; none on the last one.
    pub next: Option<String>,
}

/// The contacts with an id below `before` if given, at most `limit` (at least 1).
///
/// # Errors
/// As the store says.
pub async fn list(engine: &Engine, before: Option<&str>, limit: i64) -> Result<ContactPage> {
    search(engine, "", before, limit).await
}

/// As [`list`], only the contacts whose name or email has the words of `text`, if it is not blank.
///
/// # Errors
/// As the store says.
pub async fn search(
    engine: &Engine,
    text: &str,
    before: Option<&str>,
    limit: i64,
) -> Result<ContactPage> {
    let connection = &mut *engine.store.read().await?;
    let limit = limit.clamp(1, 1_000_000);
    let mut found = match text.trim() {
        "" => contacts::list(connection, before, limit + 1).await?,
        text => contacts::search(connection, text, before, limit + 1).await?,
    };
    let more = i64::try_from(found.len()).is_ok_and(|found| found > limit);
    if more {
        found.pop();
    }
    Ok(ContactPage {
        next: found.last().filter(|_| more).map(|last| last.id.clone()),
        contacts: found.into_iter().map(ContactLine::from).collect(),
    })
}

/// Whom in Zendesk a contact is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LinkView {
    /// In which integration's account, by name.
    pub integration: Option<String>,
    /// Their id there.
    pub user: i64,
    /// Their role there. Staff is never written.
    pub role: Option<String>,
    /// False once they were deleted there.
    pub active: bool,
}

/// A contact with all that is to be known of it.
#[derive(Debug, Serialize)]
pub struct ContactView {
    /// The contact.
    #[serde(flatten)]
    pub line: ContactLine,
    /// Whom in Zendesk it is.
    pub zendesk: Vec<LinkView>,
    /// Whether nothing of it is still to reach Zendesk.
    pub in_sync: bool,
    /// The same in one sentence.
    pub sentence: String,
    /// Each thing that is not there yet, with its reason.
    pub details: Vec<String>,
    /// Its fields that were changed on both sides, newest first.
    pub conflicts: Vec<ConflictView>,
    /// The account it belongs to.
    pub account: Option<AccountLine>,
    /// What people did to it, newest first, as the audit log tells: never with the values.
    pub history: Vec<Told>,
}

/// The contact with this id.
///
/// # Errors
/// As the store says.
pub async fn show(engine: &Engine, id: &str) -> Result<Option<ContactView>> {
    let mut reader = engine.store.read().await?;
    let found = contacts::by_ids(&mut reader, &[id.to_owned()])
        .await?
        .remove(id);
    let Some(contact) = found else {
        return Ok(None);
    };
    let links = zendesk_users::of_contact(&mut reader, id).await?;
    let account = store::accounts::of_contact(&mut reader, id).await?;
    let history = contacts::told(&mut reader, id, HISTORY).await?;
    let all: HashMap<String, Integration> = integrations::list(&mut reader)
        .await?
        .into_iter()
        .map(|found| (found.id.clone(), found))
        .collect();
    drop(reader);
    let fields = ContactFields {
        name: contact.name.clone(),
        phone: contact.phone.clone(),
        email: contact.email.clone(),
    };
    let mut details = Vec::new();
    for link in &links {
        if let Some(integration) = all.get(&link.integration_id) {
            details.extend(missing(engine, id, &fields, link, integration).await?);
        }
    }
    details.dedup();
    let filter = Filter {
        contact: Some(id),
        ..Filter::default()
    };
    let conflicts = case_view::conflicts(engine, filter, None, CONFLICTS).await?;
    Ok(Some(ContactView {
        in_sync: details.is_empty() && !links.is_empty(),
        sentence: match (details.as_slice(), links.is_empty()) {
            ([], true) => "The contact is nobody in Zendesk yet.".to_owned(),
            ([], false) => "The contact and its user in Zendesk are in step.".to_owned(),
            ([one], _) => one.clone(),
            ([first, ..], _) => format!(
                "{} changes are not in Zendesk yet; the first: {first}",
                details.len()
            ),
        },
        details,
        zendesk: links
            .into_iter()
            .map(|link| LinkView {
                integration: all
                    .get(&link.integration_id)
                    .map(|found| found.settings.name.clone()),
                user: link.remote_id,
                role: link.role,
                active: link.active,
            })
            .collect(),
        conflicts: conflicts.conflicts,
        account: account.map(AccountLine::from),
        history,
        line: contact.into(),
    }))
}

/// What of a contact is not with one of its users yet, and why.
async fn missing(
    engine: &Engine,
    contact: &str,
    fields: &ContactFields,
    link: &ContactLink,
    integration: &Integration,
) -> Result<Vec<String>> {
    let role = link.role.as_deref().and_then(Role::parse);
    if !link.active || role != Some(Role::EndUser) {
        return Ok(Vec::new());
    }
    let halt = why::halt(integration);
    let sender = why::sender(Some(integration));
    let mut reader = engine.store.read().await?;
    let operations = operations_of(&mut reader, &integration.id, contact).await?;
    let mut details: Vec<String> = operations
        .iter()
        .map(|operation| why::detail(operation, halt.as_deref(), &sender, engine.now()))
        .collect();
    let changed: Vec<&str> = PersonField::ALL
        .iter()
        .filter(|field| {
            let agreed = link.agreed.get(**field);
            agreed.is_some_and(|pair| pair.crm != contact_value(fields, **field))
        })
        .map(|field| field.label())
        .collect();
    if !changed.is_empty() && details.is_empty() {
        let changed = changed.join(", ");
        details.push(match (halt, integration.settings.mode()) {
            (Some(halt), _) => format!("{changed}: {halt}"),
            (None, Mode::OneWay | Mode::TwoWay(_)) => format!(
                "{changed}: changed while nothing was sent; it is sent when the contact is next edited, or its user changes in Zendesk."
            ),
        });
    }
    Ok(details)
}
