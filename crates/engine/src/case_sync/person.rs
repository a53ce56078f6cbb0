//! A contact's edits on their way to its Zendesk user (ticket-sync.md 3).
//!
//! Only end users are written, never staff. Setting a name or a phone twice is setting it once, so a
//! user needs neither marker nor stamp: what is not known to have arrived is read again and, if it is
//! still missing, set again. What is agreed moves to what the answer shows.

use domain::outbox::{Kind, Line, Operation, Parked, Payload, State, pause_after};
use domain::person::{Role, ZendeskUser};
use domain::plan::{ContactFields, PersonField, contact_value, plan_person, user_value};
use domain::push::Reply;
use domain::value::{Pair, Value};
use jiff::Timestamp;
use store::zendesk_users::{self, PersonLink};
use store::{Tx, contacts, outbox};
use zendesk::{Record, UserChange};

use super::pull::{Page, Pull};
use super::push::{Pushed, reply_of};
use super::users;
use crate::case_view::contact_name;
use crate::engine::Engine;
use crate::error::Result;

const STAGE: &str = "people";
/// Who asks for an operation that a merge led to.
const BY_SYNC: &str = "sync";

/// The line of a contact: one for each integration, since it may be somebody in several.
fn line_of(integration: &str, contact: &str) -> String {
    format!("{integration}:{contact}")
}

/// The contact of a line.
fn contact_of(line: &str) -> &str {
    line.split_once(':').map_or(line, |(_, contact)| contact)
}

/// Has contacts sent, unless they are about to be.
pub(super) async fn ask(pull: &Pull<'_>, page: &mut Page, contacts: &[String]) -> Result<()> {
    let integration = &pull.integration.id;
    ask_for(pull.engine, &mut page.tx, integration, contacts, BY_SYNC).await
}

/// Has contacts sent to the end users of an integration that they are, unless they are about to be. What
/// is parked of them is superseded: a push always brings up the whole contact. The caller holds the
/// integration's lock.
///
/// # Errors
/// As the database says.
pub(crate) async fn ask_for(
    engine: &Engine,
    tx: &mut Tx,
    integration: &str,
    contacts: &[String],
    by: &str,
) -> Result<()> {
    let now = engine.now();
    let contacts: Vec<String> = contacts
        .iter()
        .map(|contact| line_of(integration, contact))
        .collect();
    let mut lines = outbox::lines(tx, &contacts).await?;
    let mut new = Vec::new();
    for contact in &contacts {
        let (known, last_seq) = lines.remove(contact).unwrap_or_default();
        let line = Line {
            id: contact,
            operations: &known,
            last_seq,
        };
        for parked in known.iter().filter(|known| known.state == State::Parked) {
            let mut superseded = parked.clone();
            superseded.end(State::Discarded);
            new.push(superseded);
        }
        if line
            .open()
            .any(|operation| operation.state == State::Waiting)
        {
            continue;
        }
        let op_id = engine.new_op_id();
        let mut asked = Operation::new(op_id, &line, Kind::Person, Payload::default(), now);
        asked.not_before = now.checked_add(engine.settings.settle).unwrap_or(now);
        new.push(asked);
    }
    Ok(outbox::put(tx, integration, by, &new, now).await?)
}

/// What waits or is parked of a contact in an integration.
///
/// # Errors
/// As the database says.
pub(crate) async fn operations_of(
    connection: &mut store::Connection,
    integration: &str,
    contact: &str,
) -> Result<Vec<Operation>> {
    let line = [line_of(integration, contact)];
    let mut lines = outbox::lines(connection, &line).await?;
    Ok(lines
        .remove(&line[0])
        .map(|(operations, _)| operations)
        .unwrap_or_default())
}

/// Makes one attempt to bring the end users that a contact is up to it. Returns how that left the
/// operation.
pub(super) async fn push(mut pull: Pull<'_>, operation: &Operation) -> Result<Pushed> {
    let contact = contact_of(&operation.line).to_owned();
    let mut ended = Ended::Done;
    for user in end_users(&pull, &contact).await? {
        if let Some(reply) = bring_up(&mut pull, user, &contact).await? {
            ended = Ended::of(reply, operation, pull.engine.now());
            break;
        }
    }
    let mut page = pull.begin().await?;
    let (now, lease) = (page.now, pull.engine.settings.lease);
    outbox::confirm(&mut page.tx, operation, now, lease).await?;
    let mut operation = operation.clone();
    if let Ended::Later(_, Parked::Limits) = &ended {
        // A wait for Zendesk's limits is no attempt that failed.
        operation.attempts = (operation.attempts - 1).max(0);
    }
    match ended {
        Ended::Done => operation.end(State::Done),
        Ended::Later(until, reason) => {
            operation.wait_until(until);
            operation.reason = Some(reason);
        }
        Ended::Parked(reason) => operation.park(reason),
    }
    let integration = pull.integration.id.clone();
    let state = operation.state;
    outbox::put(&mut page.tx, &integration, BY_SYNC, &[operation], now).await?;
    pull.commit(page, STAGE, None).await?;
    Ok(Pushed {
        state,
        counters: pull.into_counted(),
    })
}

/// How an attempt ended.
enum Ended {
    Done,
    Later(Timestamp, Parked),
    Parked(Parked),
}

impl Ended {
    fn of(reply: Reply, operation: &Operation, now: Timestamp) -> Self {
        let later = now
            .saturating_add(pause_after(operation.attempts))
            .unwrap_or(now);
        match reply {
            Reply::Busy { until } => Self::Later(until, Parked::Limits),
            Reply::Locked { fix } => Self::Later(later, Parked::SignIn { fix }),
            Reply::Unknown { problem } | Reply::Unsent { problem } => {
                Self::Later(later, Parked::NoAnswer { problem })
            }
            Reply::Changed | Reply::Taken { .. } => {
                let problem = "Zendesk was busy with the same user.".to_owned();
                Self::Later(later, Parked::NoAnswer { problem })
            }
            // A user who is gone has nothing to be brought up to.
            Reply::Gone => Self::Done,
            Reply::Refused { fields } => {
                let said: Vec<String> = fields.into_iter().map(|(_, said)| said).collect();
                Self::Parked(Parked::Refused {
                    said: said.join("; "),
                })
            }
            Reply::Unfit(reason) => Self::Parked(reason),
        }
    }
}

/// What a push of this contact would set in Zendesk, for a dry run: as sentences; and what could not be
/// looked at or set.
///
/// # Errors
/// As the database says.
pub(super) async fn foresee(
    pull: &mut Pull<'_>,
    operation: &Operation,
) -> Result<(Vec<String>, Option<String>)> {
    let contact = contact_of(&operation.line).to_owned();
    let mut said = Vec::new();
    for user in end_users(pull, &contact).await? {
        let lacking = match lacking(pull, user, &contact).await? {
            Ok(Some(lacking)) => lacking,
            Ok(None) => continue,
            Err(Reply::Gone) => break,
            Err(reply) => {
                let name = name_of(pull, &contact).await?;
                let why = match Ended::of(reply, operation, pull.engine.now()) {
                    Ended::Done => String::new(),
                    Ended::Later(_, reason) | Ended::Parked(reason) => reason.to_string(),
                };
                let kept = format!("Contact {name}: it would not be sent, but wait. {why}");
                return Ok((said, Some(kept)));
            }
        };
        let name = contact_name(&lacking.here.name, lacking.here.email.as_deref());
        for field in &lacking.waiting {
            let value = match field {
                PersonField::Email => lacking.here.email.clone(),
                PersonField::Name | PersonField::Phone => contact_value(&lacking.here, *field),
            };
            let value = value.map_or_else(|| "nothing".to_owned(), |text| format!("“{text}”"));
            let field = field.as_str();
            said.push(format!(
                "Contact {name}: {field} of Zendesk user {user} would become {value}."
            ));
        }
    }
    Ok((said, None))
}

async fn name_of(pull: &Pull<'_>, contact: &str) -> Result<String> {
    let ids = [contact.to_owned()];
    let found = contacts::by_ids(&mut *pull.engine.store.read().await?, &ids).await?;
    Ok(found.get(contact).map_or_else(String::new, |found| {
        contact_name(&found.name, found.email.as_deref())
    }))
}

/// The end users that a contact is: staff, and who was deleted, is never written.
async fn end_users(pull: &Pull<'_>, contact: &str) -> Result<Vec<i64>> {
    let contacts = [contact.to_owned()];
    let mut reader = pull.engine.store.read().await?;
    let known = zendesk_users::by_contact(&mut reader, &pull.integration.id, &contacts).await?;
    Ok(known
        .iter()
        .filter(|user| user.active)
        .filter(|user| user.role.as_deref().and_then(Role::parse) == Some(Role::EndUser))
        .map(|user| user.remote_id)
        .collect())
}

/// What a user in Zendesk lacks of its contact.
struct Lacking {
    there: ZendeskUser,
    here: ContactFields,
    link: PersonLink,
    waiting: Vec<PersonField>,
}

/// Reads a user, merges it, and sets what the contact has and it has not. Returns what kept it from
/// being done.
async fn bring_up(pull: &mut Pull<'_>, user: i64, contact: &str) -> Result<Option<Reply>> {
    let lacking = match lacking(pull, user, contact).await? {
        Ok(Some(lacking)) => lacking,
        Ok(None) => return Ok(None),
        Err(reply) => return Ok(Some(reply)),
    };
    let Lacking {
        there,
        here,
        link,
        waiting,
    } = lacking;
    match set(pull, &there, &here, &waiting).await {
        Ok(after) => agree(pull, link, &here, &waiting, &after).await,
        Err(error) => Ok(Some(reply_of(&error, pull.engine.now()))),
    }
}

/// Reads a user and merges it: what it then lacks of the contact, or why that cannot be said.
async fn lacking(
    pull: &mut Pull<'_>,
    user: i64,
    contact: &str,
) -> Result<Result<Option<Lacking>, Reply>> {
    let now = pull.engine.now();
    let record = match pull.client.user(user).await {
        Ok(Some(record)) => record,
        Ok(None) => return Ok(Err(Reply::Gone)),
        Err(error) => return Ok(Err(reply_of(&error, now))),
    };
    let Ok(there) = record.parsed.clone() else {
        return Ok(Ok(None));
    };
    // What changed there is merged first, as any other change of a user is.
    let mut page = pull.begin().await?;
    users::put(pull, &mut page, std::slice::from_ref(&record)).await?;
    let ids = [user];
    let mut links = zendesk_users::links(&mut page.tx, &pull.integration.id, &ids).await?;
    let mut here = contacts::by_ids(&mut page.tx, &[contact.to_owned()]).await?;
    pull.commit(page, STAGE, None).await?;
    let (Some(link), Some(here)) = (links.remove(&user), here.remove(contact)) else {
        return Ok(Ok(None));
    };
    let current = ContactFields {
        name: here.name,
        phone: here.phone,
        email: here.email,
    };
    let waiting = plan_person(&there, &current, &link.agreed, pull.mode()).waiting_for_zendesk;
    Ok(Ok((!waiting.is_empty()).then_some(Lacking {
        there,
        here: current,
        link,
        waiting,
    })))
}

/// Sets these fields of a user. The primary email is another identity, made primary.
async fn set(
    pull: &Pull<'_>,
    user: &ZendeskUser,
    current: &ContactFields,
    waiting: &[PersonField],
) -> Result<Record<ZendeskUser>, zendesk::Error> {
    let client = &pull.client;
    if waiting.contains(&PersonField::Email)
        && let Some(email) = &current.email
    {
        let known = client.identities(user.id).await?;
        let identity = match known.into_iter().find(|identity| identity.is_email(email)) {
            Some(identity) => identity,
            None => client.add_email(user.id, email).await?,
        };
        client.make_primary(user.id, identity.id).await?;
    }
    let value = |field| contact_value(current, field);
    let wanted = |field| waiting.contains(&field);
    let change = UserChange {
        name: wanted(PersonField::Name)
            .then(|| value(PersonField::Name))
            .flatten(),
        phone: wanted(PersonField::Phone).then(|| value(PersonField::Phone)),
    };
    client.update_user(user.id, &change).await
}

/// Moves what is agreed to what the answer shows. A value that it does not show was not taken.
async fn agree(
    pull: &mut Pull<'_>,
    mut link: PersonLink,
    current: &ContactFields,
    waiting: &[PersonField],
    after: &Record<ZendeskUser>,
) -> Result<Option<Reply>> {
    let Ok(there) = &after.parsed else {
        return Ok(None);
    };
    let mut taken = true;
    for field in waiting {
        let (crm, zendesk): (Value, Value) =
            (contact_value(current, *field), user_value(there, *field));
        if crm == zendesk {
            link.agreed.put(*field, Pair::new(crm, zendesk));
        } else {
            taken = false;
        }
    }
    let mut page = pull.begin().await?;
    let integration = pull.integration.id.clone();
    zendesk_users::link(&mut page.tx, &integration, &[link], page.now).await?;
    users::put(pull, &mut page, std::slice::from_ref(after)).await?;
    pull.commit(page, STAGE, None).await?;
    Ok((!taken).then_some(Reply::Unfit(Parked::NotTaken)))
}
