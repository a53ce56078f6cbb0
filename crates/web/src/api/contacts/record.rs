//! A contact as programs read it.

use engine::contact_view::{ContactLine, ContactView, LinkView};
use serde::Serialize;
use store::contacts::Told;
use store::users::User;
use utoipa::ToSchema;

use crate::api::cases::RecordName;
use crate::api::conflicts::ConflictRecord;
use crate::pages::contacts::show::told;

/// A contact in a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct ContactSummary {
    /// Their id.
    id: String,
    /// Their name; without one their email address.
    name: String,
    /// Their primary email address.
    email: Option<String>,
    /// Their telephone number.
    phone: Option<String>,
}

impl From<ContactLine> for ContactSummary {
    fn from(line: ContactLine) -> Self {
        Self {
            id: line.id,
            name: line.name,
            email: line.email,
            phone: line.phone,
        }
    }
}

/// Whom in Zendesk a contact is.
#[derive(Serialize, ToSchema)]
struct ContactLinkRecord {
    /// The name of the integration in whose account.
    integration: Option<String>,
    /// Their id there.
    zendesk_id: i64,
    /// Their role there. Staff is never written.
    role: Option<String>,
    /// False once they were deleted there.
    active: bool,
}

impl From<LinkView> for ContactLinkRecord {
    fn from(link: LinkView) -> Self {
        Self {
            integration: link.integration,
            zendesk_id: link.user,
            role: link.role,
            active: link.active,
        }
    }
}

/// Something that was done to a contact, never with the values.
#[derive(Serialize, ToSchema)]
struct ContactDeed {
    /// When.
    #[schema(format = DateTime)]
    at: String,
    /// Who did it.
    actor: String,
    /// What, in a few words.
    what: String,
    /// To which of its fields.
    detail: String,
}

impl From<Told> for ContactDeed {
    fn from(line: Told) -> Self {
        Self {
            at: line.at.to_string(),
            actor: line.actor,
            what: told(&line.action).to_owned(),
            detail: line.detail,
        }
    }
}

/// A contact.
#[derive(Serialize, ToSchema)]
pub(super) struct ContactRecord {
    /// Their id.
    id: String,
    /// Their name; without one their email address.
    name: String,
    /// Their primary email address.
    email: Option<String>,
    /// Their telephone number.
    phone: Option<String>,
    /// The account they belong to.
    account: Option<RecordName>,
    /// The user who owns them.
    owner: Option<RecordName>,
    /// Whom in Zendesk they are.
    zendesk: Vec<ContactLinkRecord>,
    /// Whether nothing of them is still to reach Zendesk.
    in_sync: bool,
    /// The same in one sentence.
    sentence: String,
    /// Each thing that is not there yet, with its reason.
    details: Vec<String>,
    /// Their fields that were changed on both sides, the newest first, at most 50.
    conflicts: Vec<ConflictRecord>,
    /// What people did to them, the newest first, at most 50.
    history: Vec<ContactDeed>,
}

impl ContactRecord {
    /// A contact as it is shown, and who owns it.
    pub(super) fn new(view: ContactView, owner: Option<User>) -> Self {
        let conflicts = view.conflicts.into_iter();
        Self {
            id: view.line.id,
            name: view.line.name,
            email: view.line.email,
            phone: view.line.phone,
            account: view
                .account
                .map(|account| RecordName::new(account.id, account.name)),
            owner: owner.map(|user| RecordName::new(user.id, user.name)),
            zendesk: view
                .zendesk
                .into_iter()
                .map(ContactLinkRecord::from)
                .collect(),
            in_sync: view.in_sync,
            sentence: view.sentence,
            details: view.details,
            conflicts: conflicts.map(ConflictRecord::from).collect(),
            history: view.history.into_iter().map(ContactDeed::from).collect(),
        }
    }
}
