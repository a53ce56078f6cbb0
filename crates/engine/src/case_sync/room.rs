//! Who must be known before a case and its ticket can be merged or sent.

use std::collections::HashSet;

use domain::desk::Desk;
use domain::identity::{IdentityRules, People};
use domain::person::email_key;
use domain::ticket::Ticket;
use store::{users, zendesk_users};

use super::link;
use super::pull::{Page, Pull};
use crate::desk::Setting;
use crate::error::Result;

/// What a decision about this case may draw on: the people its ticket names, who in Zendesk its
/// assigned user and its contact are, the integration's rules.
pub(super) async fn setting(
    pull: &Pull<'_>,
    page: &mut Page,
    ticket: Option<&Ticket>,
    desk: &Desk,
) -> Result<Setting> {
    Ok(Setting {
        integration: pull.integration.id.clone(),
        people: people(pull, page, ticket, desk).await?,
        rules: IdentityRules {
            default_user: pull.default_user(),
            ..pull.identity_rules()
        },
        maps: pull.integration.settings.maps.clone(),
        mode: pull.mode(),
    })
}

async fn people(
    pull: &Pull<'_>,
    page: &mut Page,
    ticket: Option<&Ticket>,
    desk: &Desk,
) -> Result<People> {
    let integration = &pull.integration.id;
    let requesters: HashSet<i64> = ticket
        .and_then(|ticket| ticket.requester_id)
        .into_iter()
        .collect();
    let submitters: HashSet<i64> = ticket
        .and_then(|ticket| ticket.submitter_id)
        .into_iter()
        .collect();
    let mut ids: Vec<i64> = requesters.iter().chain(&submitters).copied().collect();
    ids.extend(ticket.and_then(|ticket| ticket.assignee_id));
    if let Some(contact) = &desk.fields.contact {
        let contacts = [contact.clone()];
        let theirs = zendesk_users::by_contact(&mut page.tx, integration, &contacts).await?;
        ids.extend(theirs.iter().map(|user| user.remote_id));
    }
    if let Some(user) = &desk.fields.assigned_to
        && let Some(user) = users::find(&mut page.tx, user).await?
    {
        let keys = [email_key(&user.email)];
        let staff = zendesk_users::staff_by_email_keys(&mut page.tx, integration, &keys).await?;
        ids.extend(staff.iter().map(|user| user.remote_id));
    }
    ids.sort_unstable();
    ids.dedup();
    link::people(pull, page, &ids, &requesters, &submitters).await
}
