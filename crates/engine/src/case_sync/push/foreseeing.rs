//! A dry run: what would be sent, found out on a copy of the database and never sent.

use std::collections::HashSet;

use domain::outbox::{Kind, Operation, State};
use domain::push::Sending;
use jiff::{SignedDuration, Timestamp};
use store::integrations::Integration;
use store::{cases, outbox};
use zendesk::Client;

use super::Push;
use crate::case_sync::drain::WORTH_WAITING;
use crate::case_sync::person;
use crate::case_sync::pull::Pull;
use crate::case_view::what;
use crate::dry_run::Told;
use crate::engine::Engine;
use crate::error::{Error, Result};

/// What waits for so long in the copy is told, too, as something for later.
const AHEAD: SignedDuration = SignedDuration::from_hours(24 * 365);
/// Who changes the lines of the copy.
const BY: &str = "dry run";

/// What an operation that is only told has come to.
#[derive(Default)]
pub(super) struct Foreseen {
    /// What it would write, as sentences.
    pub(super) sendings: Vec<String>,
    /// What would be parked since it cannot be sent as it is.
    pub(super) parked: Vec<String>,
    /// Until when it would wait, if it would not be sent by a run now.
    pub(super) later: Option<Timestamp>,
}

/// Goes through everything that waits for `integration` in `copy`, up to the moment where it would be
/// sent, and tells what would be sent and what could not be. Tickets and users are read for real.
///
/// # Errors
/// As the database says.
pub(crate) async fn foresee(
    copy: &Engine,
    integration: &Integration,
    client: &Client,
    sendings: &mut Told,
    parked: &mut Told,
) -> Result<()> {
    let now = copy.now();
    let after = |pause| now.saturating_add(pause).unwrap_or(now);
    // One moment for all, so that what is claimed in the copy is never due again.
    let (ahead, soon) = (after(AHEAD), after(WORTH_WAITING));
    let mut people = HashSet::new();
    loop {
        let claimed = outbox::claim(
            &copy.store,
            Some(&integration.id),
            &copy.settings.holder,
            ahead,
            copy.settings.lease,
        );
        let Some(claimed) = claimed.await? else {
            return Ok(());
        };
        let operation = claimed.operation;
        let mut pull = Pull::quietly(copy, integration.clone(), client.clone()).await?;
        let (foreseen, state) = if operation.kind == Kind::Person {
            let is_new = people.insert(operation.line.clone());
            // Looking at a user may ask for the same again, which is done by then.
            let (said, kept) = match is_new {
                true => person::foresee(&mut pull, &operation).await?,
                false => (Vec::new(), None),
            };
            let foreseen = Foreseen {
                sendings: said,
                parked: kept.into_iter().collect(),
                later: None,
            };
            (foreseen, State::Done)
        } else {
            let mut push = Push {
                pull,
                operation: operation.clone(),
                record: None,
                gone_author: None,
                foreseen: Some(Foreseen::default()),
            };
            let state = match push.drive().await {
                Ok(state) => state,
                // Somebody else's business by now, as far as a copy has somebody else.
                Err(Error::Store(store::Error::LeaseLost)) => State::Discarded,
                Err(error) => return Err(error),
            };
            (push.foreseen.unwrap_or_default(), state)
        };
        let waits = Some(operation.not_before).filter(|moment| *moment > soon);
        let later = foreseen.later.max(waits);
        for said in foreseen.sendings {
            sendings.add(match later {
                Some(until) => format!("{said} Later: not by a run before {until}."),
                None => said,
            });
        }
        for said in foreseen.parked {
            parked.add(said);
        }
        if let Some(said) = set_aside(copy, &operation, state).await? {
            parked.add(said);
        }
    }
}

/// Takes what was told out of its line in the copy. Returns what is to be said of it if it would only
/// wait on: it could not be looked at.
async fn set_aside(copy: &Engine, told: &Operation, state: State) -> Result<Option<String>> {
    let mut tx = copy.store.begin().await?;
    let Some(entry) = outbox::find(&mut tx, &told.op_id).await? else {
        return Ok(None);
    };
    let (integration, now) = (entry.integration_id.clone(), copy.now());
    let mut changed = Vec::new();
    if told.kind.makes_ticket() {
        // What stands behind it goes to the ticket that it would make, and was told with it.
        for other in outbox::of_line(&mut tx, &told.line).await? {
            let mut other = other.operation;
            if other.op_id != told.op_id && other.state.is_open() {
                other.end(State::Discarded);
                changed.push(other);
            }
        }
    }
    let mut said = None;
    let mut operation = entry.operation;
    match (operation.state, told.kind) {
        (State::Waiting, _) => {
            let number = cases::find(&mut tx, &told.line).await?;
            said = Some(format!(
                "Case {}: {} would wait. {}",
                number.map(|case| case.number).unwrap_or_default(),
                what(told.kind, &[], None),
                operation
                    .reason
                    .as_ref()
                    .map_or_else(String::new, ToString::to_string)
            ));
            operation.wait_until(Timestamp::MAX);
            changed.push(operation);
        }
        (State::Claimed, _) if state != State::Waiting => {
            operation.end(State::Done);
            changed.push(operation);
        }
        (State::Claimed | State::Parked | State::Done | State::Discarded, _) => {}
    }
    outbox::put(&mut tx, &integration, BY, &changed, now).await?;
    tx.commit().await?;
    Ok(said)
}

impl Push<'_> {
    /// Notes what would be sent.
    pub(super) async fn foretell(&mut self, sending: &Sending) -> Result<()> {
        let case = self.operation.line.clone();
        let found = cases::find(&mut *self.pull.engine.store.read().await?, &case).await?;
        let number = found.map(|case| case.number).unwrap_or_default();
        match sending {
            Sending::Create(draft) => self.foretell_ticket(number, draft).await,
            Sending::Comment {
                ticket,
                comment,
                public,
                ..
            } => {
                let ticket = format!("ticket {ticket}");
                self.foretell_comment(number, &ticket, (comment, *public), None)
                    .await
            }
            Sending::Fields { ticket, values, .. } => {
                let ticket = format!("ticket {ticket}");
                for (field, value) in values {
                    let value = self.told(*field, value).await?;
                    let field = field.as_str();
                    self.say(format!(
                        "Case {number}: {field} of {ticket} would become {value}."
                    ));
                }
                Ok(())
            }
        }
    }

    /// Notes a sentence about something that would be written.
    pub(super) fn say(&mut self, sentence: String) {
        if let Some(foreseen) = &mut self.foreseen {
            foreseen.sendings.push(sentence);
        }
    }

    /// Notes a sentence about something that would be parked.
    pub(super) fn say_parked(&mut self, sentence: String) {
        if let Some(foreseen) = &mut self.foreseen {
            foreseen.parked.push(sentence);
        }
    }
}
