//! Zendesk's users into the mirror, and their changes into the contacts they are.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use domain::person::{Role, ZendeskUser, email_key};
use domain::plan::{ContactFields, plan_person};
use jiff::{SignedDuration, Timestamp};
use store::conflicts::{self, Conflict, Subject};
use store::contacts::{self, Contact};
use store::integrations::ContactPolicy;
use store::zendesk_users::{self, MirroredUser, PersonLink};
use zendesk::{Position, Record};

use super::pull::{Page, Pull, is_late};
use super::stream::{Ask, CursorStream};
use super::{link, person};
use crate::content::content_of;
use crate::error::Result;
use crate::outgoing_webhooks::{Happening, tell};

const STREAM: &str = "users";

/// The users export leaves no minute out, so what is younger may still be joined by users that
/// were changed earlier and come to light later.
const SETTLED: Duration = Duration::from_secs(60);

/// Reads the stream from where it was left to its end.
pub(super) async fn read(pull: &mut Pull<'_>) -> Result<()> {
    let ask: Ask<ZendeskUser> = |client, position, size| {
        Box::pin(async move { client.incremental_users(&position, size).await })
    };
    let mut stream = CursorStream::open(pull, STREAM, ask).await?;
    let mut keep_from = None;
    while let Some((records, next)) = stream.page(pull).await? {
        // From the first young user on, only the moment before it is kept as the place to go on
        // from; the young ones are read again then, and cost no write if nothing changed.
        keep_from = keep_from.or_else(|| unsettled(pull, &records));
        let kept = keep_from.map_or(next, Position::Start);
        let mut writing = pull.begin().await?;
        put(pull, &mut writing, &records).await?;
        pull.commit(writing, STREAM, Some(&kept.to_string()))
            .await?;
    }
    Ok(())
}

/// If a user of the page changed within the last minute: the second to read again from.
fn unsettled(pull: &Pull<'_>, records: &[Record<ZendeskUser>]) -> Option<i64> {
    let now = pull
        .client
        .server_time()
        .unwrap_or_else(|| pull.engine.now());
    let settled = now
        .saturating_sub(SignedDuration::try_from(SETTLED).ok()?)
        .ok()?;
    let young = records
        .iter()
        .filter_map(|record| record.parsed.as_ref().ok()?.updated_at)
        .any(|changed| changed > settled);
    young.then(|| settled.as_second() - 1)
}

/// Writes users into the mirror, and what changed about them into their contacts.
pub(super) async fn put(
    pull: &Pull<'_>,
    page: &mut Page,
    records: &[Record<ZendeskUser>],
) -> Result<()> {
    let integration = &pull.integration.id;
    let mut latest: HashMap<i64, (&ZendeskUser, &str)> = HashMap::with_capacity(records.len());
    for record in records {
        page.counters.users.read += 1;
        let Some(user) = page.sort_out(STREAM, record) else {
            continue;
        };
        // A record that comes twice in a page counts as its newer form.
        match latest.get(&user.id) {
            Some((other, _)) if is_late(other.updated_at, user.updated_at) => {}
            Some(_) | None => {
                latest.insert(user.id, (user, record.raw.get()));
            }
        }
    }
    let ids: Vec<i64> = latest.keys().copied().collect();
    let known = zendesk_users::by_ids(&mut page.tx, integration, &ids).await?;
    let mut changed: Vec<MirroredUser<'_>> = Vec::new();
    for (user, raw) in latest.into_values() {
        let content = content_of(raw);
        let tally = &mut page.counters.users;
        match known.get(&user.id) {
            None => tally.created += 1,
            // A late row never overwrites a newer one.
            Some(old) if old.content == content || is_late(old.updated_at, user.updated_at) => {
                tally.unchanged += 1;
                continue;
            }
            Some(_) => tally.updated += 1,
        }
        changed.push(MirroredUser { user, content, raw });
    }
    changed.sort_unstable_by_key(|mirrored| mirrored.user.id);
    warn_of_shared_emails(page, integration, &changed).await?;
    zendesk_users::put(&mut page.tx, integration, &changed).await?;
    // Also somebody new to the mirror may be a contact: one of an account that is connected again.
    let users: Vec<&ZendeskUser> = changed.iter().map(|mirrored| mirrored.user).collect();
    let ids: Vec<i64> = users.iter().map(|user| user.id).collect();
    let links = zendesk_users::links(&mut page.tx, integration, &ids).await?;
    let (linked, unlinked): (Vec<&ZendeskUser>, Vec<&ZendeskUser>) = users
        .into_iter()
        .partition(|user| links.contains_key(&user.id));
    update_contacts(pull, page, &linked, links).await?;
    match pull.integration.settings.contacts {
        ContactPolicy::TicketPeople => Ok(()),
        ContactPolicy::All => {
            let unlinked: Vec<&ZendeskUser> = unlinked
                .into_iter()
                .filter(|user| user.known_role() == Some(Role::EndUser) && user.active)
                .collect();
            link::make_contacts(pull, page, &unlinked).await.map(drop)
        }
    }
}

/// Carries what changed about users into the contacts they are linked to.
async fn update_contacts(
    pull: &Pull<'_>,
    page: &mut Page,
    users: &[&ZendeskUser],
    mut links: HashMap<i64, PersonLink>,
) -> Result<()> {
    if users.is_empty() {
        return Ok(());
    }
    let contact_ids: Vec<String> = links.values().map(|link| link.contact_id.clone()).collect();
    let mut here = contacts::by_ids(&mut page.tx, &contact_ids).await?;
    let (mut moved, mut fought, mut waiting) = (Vec::new(), Vec::new(), Vec::new());
    let mut written: HashMap<String, Contact> = HashMap::new();
    for user in users {
        let Some(mut link) = links.remove(&user.id) else {
            continue;
        };
        let Some(contact) = here.get_mut(&link.contact_id) else {
            continue;
        };
        let current = ContactFields {
            name: contact.name.clone(),
            phone: contact.phone.clone(),
            email: contact.email.clone(),
        };
        let update = plan_person(user, &current, &link.agreed, pull.mode());
        for warning in &update.warnings {
            page.warn(warning.sentence());
        }
        if !update.conflicts.is_empty() {
            page.counters.conflicts += u64::try_from(update.conflicts.len()).unwrap_or(0);
            let settled = update.conflicts.iter();
            fought.extend(settled.map(|conflict| Conflict {
                id: pull.engine.new_id(),
                subject: Subject::Contact(contact.id.clone()),
                remote_id: user.id,
                field: conflict.field.as_str().to_owned(),
                agreed: conflict.agreed.as_ref().and_then(|pair| pair.crm.clone()),
                crm: conflict.crm.clone(),
                zendesk: conflict.zendesk.clone(),
                winner: conflict.winner.as_str(),
                rule: link::rule_words(pull.mode()),
            }));
            let fields: Vec<&str> = update
                .conflicts
                .iter()
                .map(|conflict| conflict.field.as_str())
                .collect();
            page.warn(format!(
                "Zendesk user {} and its contact were both changed ({}); {}.",
                user.id,
                fields.join(", "),
                link::rule_words(pull.mode()),
            ));
        }
        if !update.changes.is_empty() {
            page.counters.contacts.updated += 1;
            contact.name = update.fields.name;
            contact.phone = update.fields.phone;
            contact.email = update.fields.email;
            written.insert(contact.id.clone(), contact.clone());
        }
        if !update.waiting_for_zendesk.is_empty() {
            waiting.push(contact.id.clone());
        }
        if update.agreed_moved {
            link.agreed = update.agreed;
            moved.push(link);
        }
    }
    if !waiting.is_empty() {
        person::ask(pull, page, &waiting).await?;
    }
    let written: Vec<Contact> = written.into_values().collect();
    contacts::put(&mut page.tx, &written, page.now).await?;
    conflicts::record(
        &mut page.tx,
        &pull.integration.id,
        pull.run_id(),
        &fought,
        page.now,
    )
    .await?;
    let told: Vec<_> = fought.iter().map(Happening::conflict_recorded).collect();
    tell(pull.engine, &mut page.tx, &told, page.now).await?;
    Ok(zendesk_users::link(&mut page.tx, &pull.integration.id, &moved, page.now).await?)
}

/// Tells of changed users whose email another user has too, of the page or of the mirror.
async fn warn_of_shared_emails(
    page: &mut Page,
    integration: &str,
    users: &[MirroredUser<'_>],
) -> Result<()> {
    let mut keys: Vec<String> = users
        .iter()
        .filter_map(|mirrored| mirrored.user.email.as_deref())
        .map(email_key)
        .filter(|key| !key.is_empty())
        .collect();
    keys.sort_unstable();
    keys.dedup();
    let changed: HashSet<i64> = users.iter().map(|mirrored| mirrored.user.id).collect();
    // What the mirror says of somebody who has just changed is no longer true.
    let mut seen: HashMap<String, i64> =
        zendesk_users::by_email_keys(&mut page.tx, integration, &keys)
            .await?
            .into_iter()
            .filter(|(_, user)| !changed.contains(user))
            .collect();
    for mirrored in users {
        let user = mirrored.user.id;
        let Some(key) = mirrored.user.email.as_deref().map(email_key) else {
            continue;
        };
        if !key.is_empty()
            && let Some(other) = seen.insert(key, user)
        {
            page.warn(format!(
                "Zendesk users {other} and {user} have the same email address, so both are the same person here. Merge them in Zendesk if that is right, or give one another address."
            ));
        }
    }
    Ok(())
}

/// Fetches users that tickets or comments name and the mirror lacks, before a page is begun.
pub(super) async fn fetch(
    pull: &mut Pull<'_>,
    ids: impl Iterator<Item = i64>,
) -> Result<Vec<Record<ZendeskUser>>> {
    let strangers = pull.strangers(ids).await?;
    if strangers.is_empty() {
        return Ok(Vec::new());
    }
    Ok(pull.client.users_show_many(&strangers).await?)
}

/// For a moment that a record should have and may lack.
pub(super) fn or_now(moment: Option<Timestamp>, page: &Page) -> Timestamp {
    moment.unwrap_or(page.now)
}
