//! *Why is this not in sync?* One sentence for a case (ticket-sync.md 6).

use domain::merge::Mode;
use domain::outbox::{Kind, Operation, Parked, State};
use domain::plan::case_value;
use jiff::Timestamp;
use serde::Serialize;
use store::attachments::{self, ParkedFile};
use store::desks::{self, Held};
use store::integrations::{self, Integration};
use store::outbox::{self, SignInPause};

use crate::actions::case_id;
use crate::attachments::safe_name;
use crate::engine::Engine;
use crate::error::{Error, Result};

/// The most parked files that are named.
const FILES: i64 = 20;

/// Whether a case and its ticket are in step, and if not, why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Why {
    /// The case's number.
    pub case: i64,
    /// Whether nothing of the case is still to reach Zendesk, and no file of its comments is parked. Never of a case that has no ticket or was
    /// deleted here: it follows nothing.
    pub in_sync: bool,
    /// One sentence.
    pub sentence: String,
    /// Each change that is not there yet, with its reason; empty if there is none.
    pub details: Vec<String>,
}

/// Says why a case (by number or id) is not in sync, or that it is.
///
/// # Errors
/// [`Error::Refused`] if there is no such case.
pub async fn why(engine: &Engine, case: &str) -> Result<Why> {
    let mut reader = engine.store.read().await?;
    let id = case_id(&mut reader, case).await?;
    let held = desks::read(&mut reader, &id).await?;
    let held = held.ok_or_else(|| Error::Refused("The case is gone.".to_owned()))?;
    let integration = match &held.integration_id {
        Some(id) => integrations::find(&mut reader, id).await?,
        None => None,
    };
    let pause = match &integration {
        Some(found) => outbox::sign_in_pause(&mut reader, &found.id).await?,
        None => None,
    };
    let files = attachments::parked(&mut reader, None, Some(&id), None, FILES).await?;
    drop(reader);
    let mut why = explain(&held, integration.as_ref(), pause, engine.now());
    if let Some(told) = told_of_files(files) {
        why.sentence = match why.in_sync {
            true => told.clone(),
            false => format!("{} {told}", why.sentence),
        };
        why.in_sync = false;
        why.details.push(told);
    }
    Ok(why)
}

/// The files that are not on both sides, in one sentence, with why the last one is not.
fn told_of_files(files: Vec<ParkedFile>) -> Option<String> {
    let names: Vec<String> = files
        .iter()
        .map(|found| format!("“{}”", safe_name(&found.file.file_name)))
        .collect();
    let problem = files.into_iter().next()?.file.problem.unwrap_or_default();
    Some(match names.as_slice() {
        [one] => format!("The file {one} is not on both sides: {problem}"),
        several => format!(
            "The files {} are not on both sides; the first: {problem}",
            several.join(", ")
        ),
    })
}

fn explain(
    held: &Held,
    integration: Option<&Integration>,
    pause: Option<SignInPause>,
    now: Timestamp,
) -> Why {
    let desk = &held.desk;
    // Everything waits for the sign-in, whichever change was the first to meet that.
    let refused = pause.map(|pause| Parked::SignIn { fix: pause.fix }.to_string());
    let halt = integration.and_then(halt).or(refused);
    let sender = sender(integration);
    let mut details: Vec<String> = desk
        .operations
        .iter()
        .filter(|operation| operation.state.is_open() || operation.state == State::Parked)
        .map(|operation| detail(operation, halt.as_deref(), &sender, now))
        .collect();
    let covered = desk.line().awaits_fields();
    for field in desk.changed_here() {
        let crm = case_value(&desk.fields, field);
        if !covered && !desk.line().is_parked(field, &crm) {
            let why = halt.as_deref().unwrap_or(
                "it was changed while nothing was sent; `deskbridge integration backlog NAME --push` sends it.",
            );
            details.push(format!("{}: {why}", field.label()));
        }
    }
    let unsent = desk
        .comments
        .iter()
        .filter(|comment| comment.remote.is_none() && !comment.is_description)
        .count();
    let sending = desk
        .operations
        .iter()
        .filter(|operation| operation.kind == Kind::Comment && operation.state != State::Discarded)
        .count();
    let makes_ticket = desk
        .operations
        .iter()
        .any(|operation| operation.kind.makes_ticket());
    if desk.link.is_some() && unsent > sending {
        details.push(match unsent - sending {
            1 => "1 comment was never sent.".to_owned(),
            many => format!("{many} comments were never sent."),
        });
    }
    let sentence = match (desk.deleted, &desk.link, details.first()) {
        (true, _, _) => "The case was deleted here; its ticket is left alone.".to_owned(),
        (false, None, _) if !makes_ticket => {
            "The case has no ticket, so there is nothing to keep in step. Publish it to make one."
                .to_owned()
        }
        (false, _, Some(first)) if details.len() == 1 => first.clone(),
        (false, _, Some(first)) => format!(
            "{} changes are not in Zendesk yet; the first: {first}",
            details.len()
        ),
        (false, Some(link), None) => format!("The case and ticket {} are in step.", link.ticket),
        (false, None, None) => "The case has no ticket.".to_owned(),
    };
    Why {
        case: held.case.number,
        in_sync: details.is_empty() && desk.link.is_some() && !desk.deleted,
        sentence,
        details,
    }
}

/// Why nothing at all is sent for an integration, if so (ticket-sync.md 2).
pub(crate) fn halt(integration: &Integration) -> Option<String> {
    let name = &integration.settings.name;
    if !integration.active {
        return Some(format!(
            "integration {name} is inactive, so nothing is sent until it is activated."
        ));
    }
    match integration.settings.mode() {
        Mode::OneWay => {
            Some("two-way sync is off, so edits stay here until it is switched on.".to_owned())
        }
        Mode::TwoWay(_) => None,
    }
}

/// Who sends what waits.
pub(crate) fn sender(integration: Option<&Integration>) -> String {
    let serve = "by `deskbridge serve`";
    match integration {
        Some(found) => format!("{serve} or by `deskbridge sync {}`", found.settings.name),
        None => serve.to_owned(),
    }
}

/// One operation and what it waits for. `halt` is why nothing at all is sent, if so.
pub(crate) fn detail(
    operation: &Operation,
    halt: Option<&str>,
    sender: &str,
    now: Timestamp,
) -> String {
    let what = match operation.kind {
        Kind::Publish => "The ticket is not made yet".to_owned(),
        Kind::FollowUp => "The follow-up ticket is not made yet".to_owned(),
        Kind::Comment => "A comment is not in Zendesk yet".to_owned(),
        Kind::Fields => match operation.payload.parked.keys().next() {
            Some(_) => {
                let fields: Vec<&str> = operation
                    .payload
                    .parked
                    .keys()
                    .map(|field| field.label())
                    .collect();
                format!("{} not in Zendesk yet", are(&fields))
            }
            None => "Edits are not in Zendesk yet".to_owned(),
        },
        Kind::Person => "The contact is not up to date in Zendesk yet".to_owned(),
    };
    format!("{what}: {}", reason(operation, halt, sender, now))
}

fn are(fields: &[&str]) -> String {
    match fields {
        [one] => format!("{one} is"),
        several => format!("{} are", several.join(", ")),
    }
}

fn reason(operation: &Operation, halt: Option<&str>, sender: &str, now: Timestamp) -> String {
    let waits = operation.not_before.duration_since(now).as_secs().max(0);
    match (operation.state, &operation.reason, halt) {
        (State::Parked, Some(reason), _) => reason.to_string(),
        (State::Claimed, _, _) => "being sent just now.".to_owned(),
        // It stands in the line, and no worker takes it.
        (_, _, Some(halt)) => halt.to_owned(),
        (_, Some(reason), None) => format!("{reason} The next attempt is in {waits} s."),
        (_, None, None) if waits > 0 => format!("to be sent in {waits} s, {sender}."),
        (_, None, None) => format!("to be sent now, {sender}."),
    }
}
