//! One change of a case on its way to its ticket (reliability.md 5).
//!
//! A worker claims an operation and drives [`domain::push::Attempt`] through it: this file does what
//! the attempt asks for, one action after another, and decides nothing.

mod foreseeing;
mod foretelling;
mod holding;
mod pausing;
mod reading;
mod replying;
mod requester;
mod sending;

use std::time::Duration;

use domain::case::CaseField;
use domain::desk::Written;
use domain::guard::Guards;
use domain::merge::Mode;
use domain::outbox::{Kind, Operation, Parked, State};
use domain::push::{Action, Attempt, Closing, Happened, Planned, Reply, Sending};
use domain::ticket::Ticket;
use jiff::{SignedDuration, Timestamp};
use store::desks::{self, Held};
use store::integrations::{self, Integration};
use store::leases;
use store::outbox::{self, Claimed};
use store::runs::Counters;
use zendesk::{Record, Urgency};

use foreseeing::Foreseen;
pub(crate) use foreseeing::foresee;
use holding::{give_back, keep_claim, renew};
pub(in crate::case_sync) use reading::audit_of;
pub(in crate::case_sync) use replying::reply_of;

use super::pull::{Page, Pull};
use super::{person, room, tickets, users};
use crate::connection::client_of;
use crate::desk::{By, Decision, Setting, keep};
use crate::engine::Engine;
use crate::error::{Error, Result};

/// The longest a worker is held by Zendesk's limits before the operation is put off: others may go.
const PATIENCE: Duration = Duration::from_secs(5);
/// Zendesk takes 30 updates of one ticket from one agent in 10 minutes (zendesk-api.md 2); two are
/// left for what the agent does by hand.
const UPDATES: i64 = 28;
const UPDATES_WITHIN: SignedDuration = SignedDuration::from_mins(10);
/// How long an operation waits that could not even be begun.
const UNREACHED: SignedDuration = SignedDuration::from_secs(30);
/// Under which name a push writes.
const STAGE: &str = "push";

/// What came of an attempt at one operation.
pub(crate) struct Pushed {
    /// How it left the operation.
    pub(crate) state: State,
    /// What else was written here on the way: merged cases and contacts, conflicts.
    pub(crate) counters: Counters,
}

impl Pushed {
    fn nothing_but(state: State) -> Self {
        let counters = Counters::default();
        Self { state, counters }
    }
}

/// Claims the operation that is due and makes one attempt at it. Returns what came of it; `None` if none
/// was due.
///
/// # Errors
/// As the database says. What Zendesk says ends the attempt and is kept with the operation.
pub(crate) async fn push_next(
    engine: &Engine,
    integration: Option<&str>,
) -> Result<Option<Pushed>> {
    leases::free_abandoned(&engine.store, &*engine.is_gone).await?;
    let claimed = outbox::claim(
        &engine.store,
        integration,
        &engine.settings.holder,
        engine.now(),
        engine.settings.lease,
    );
    let Some(claimed) = claimed.await? else {
        return Ok(None);
    };
    engine.reached("push: after the claim is committed");
    let operation = claimed.operation.clone();
    let account = claimed.integration_id.clone();
    let ended = keep_claim(engine, &operation, Box::pin(attempt(engine, claimed))).await;
    match ended {
        Ok(pushed) => {
            pausing::judge(engine, &account, &operation, pushed.state).await?;
            Ok(Some(pushed))
        }
        // Somebody else has the operation now and will end it.
        Err(Error::Store(store::Error::LeaseLost)) => Ok(Some(Pushed::nothing_but(State::Waiting))),
        Err(error) => {
            give_back(engine, &operation).await;
            Err(error)
        }
    }
}

async fn attempt(engine: &Engine, claimed: Claimed) -> Result<Pushed> {
    let Claimed {
        operation,
        integration_id,
    } = claimed;
    let found = integrations::find(&mut *engine.store.read().await?, &integration_id).await?;
    let Some(integration) = found else {
        // It was deleted meanwhile, and its operations with it.
        return Ok(Pushed::nothing_but(State::Discarded));
    };
    let client = match client_of(engine, &integration).await {
        Ok(client) => client,
        Err(error) => {
            unreached(engine, &integration, &operation, &error).await?;
            return Ok(Pushed::nothing_but(State::Waiting));
        }
    };
    if operation.kind == Kind::Person {
        let client = client.with(urgency(&operation)).impatient(PATIENCE);
        let pull = Pull::quietly(engine, integration, client).await?;
        return person::push(pull, &operation).await;
    }
    let client = client.with(urgency(&operation)).impatient(PATIENCE);
    let pull = Pull::quietly(engine, integration, client).await?;
    let mut push = Push {
        pull,
        operation,
        record: None,
        gone_author: None,
        foreseen: None,
    };
    let state = push.drive().await?;
    Ok(Pushed {
        state,
        counters: push.pull.into_counted(),
    })
}

/// Puts an operation off whose account cannot even be addressed (a credential that is gone).
async fn unreached(
    engine: &Engine,
    integration: &Integration,
    operation: &Operation,
    error: &Error,
) -> Result<()> {
    let now = engine.now();
    let until = now.saturating_add(UNREACHED).unwrap_or(now);
    let closing = Closing::PutOff {
        until,
        reason: Parked::SignIn {
            fix: error.to_string(),
        },
        unknown_until: operation.unknown_until,
        not_taken: false,
    };
    let setting = Setting::without_people(Some(integration));
    let mut tx = engine.store.begin().await?;
    let Some(held) = desks::lock(&mut tx, &operation.line).await? else {
        // A contact has no desk.
        outbox::give_back(&mut tx, operation, until).await?;
        return Ok(tx.commit().await?);
    };
    let (mut desk, mut written) = (held.desk.clone(), Written::default());
    let token = operation.lease_token;
    setting.decide(engine, now, |room| {
        desk.close(&operation.op_id, token, closing, room, &mut written)
    });
    let by = BY_PUSH;
    let decision = Decision {
        held: &held,
        desk: &desk,
        written: &written,
    };
    keep(engine, &mut tx, &setting, &decision, &by, now).await?;
    Ok(tx.commit().await?)
}

const BY_PUSH: By<'static> = By {
    side: "zendesk",
    actor: "push",
    run: None,
};

fn urgency(operation: &Operation) -> Urgency {
    match operation.kind {
        Kind::Publish | Kind::FollowUp | Kind::Comment => Urgency::Comments,
        // Until it is known whether the status is among them.
        Kind::Fields => Urgency::Status,
        Kind::Person => Urgency::Profiles,
    }
}

/// One operation at work.
struct Push<'a> {
    pull: Pull<'a>,
    operation: Operation,
    /// The ticket as it was last read or replied, whole.
    record: Option<(Record<Ticket>, Timestamp)>,
    /// Who was found to be gone in Zendesk while a comment of theirs was sent.
    gone_author: Option<i64>,
    /// What would be sent, if it is only to be told (a dry run).
    foreseen: Option<Foreseen>,
}

impl Push<'_> {
    async fn drive(&mut self) -> Result<State> {
        let engine = self.pull.engine;
        let case = self.operation.line.clone();
        let Some(held) = desks::read(&mut *engine.store.read().await?, &case).await? else {
            return Ok(State::Discarded);
        };
        let follows = self.operation.payload.follows.is_some();
        let external_id = held.desk.external_id(&self.pull.integration.id, follows);
        let ticket = held.desk.link.as_ref().map(|link| link.ticket);
        if self.operation.kind == Kind::Fields
            && !held.desk.changed_here().contains(&CaseField::Status)
        {
            self.pull.client = self.pull.client.with(Urgency::Fields);
        }
        let mut attempt = Attempt::new(self.operation.clone(), ticket, Guards::ALL);
        let paced = self.paced().await?;
        if let Some(foreseen) = &mut self.foreseen {
            foreseen.later = paced;
        }
        let mut action = match paced.filter(|_| self.foreseen.is_none()) {
            Some(until) => Action::Close(Box::new(Closing::PutOff {
                until,
                reason: Parked::Limits,
                unknown_until: self.operation.unknown_until,
                not_taken: false,
            })),
            None => attempt.begin(&external_id, held.desk.has_unsent_comments()),
        };
        loop {
            let happened = match action {
                Action::Find { external_id } => self.find(&external_id).await,
                Action::Read { ticket, past } => self.read(ticket, past).await,
                Action::Plan => Happened::Planned(self.plan(&attempt).await?),
                Action::Send(sending) => Happened::Replied(self.send(sending).await?),
                Action::Close(closing) => return self.close(*closing).await,
            };
            action = attempt.advance(happened, engine.now());
        }
    }

    /// Until when the ticket's own limit of updates is spent, if it is.
    async fn paced(&self) -> Result<Option<Timestamp>> {
        if self.operation.kind.makes_ticket() {
            return Ok(None);
        }
        let engine = self.pull.engine;
        let now = engine.now();
        let since = now.saturating_sub(UPDATES_WITHIN).unwrap_or(now);
        let mut reader = engine.store.read().await?;
        let (count, oldest) = outbox::sent_since(&mut reader, &self.operation.line, since).await?;
        // Put off until a moment that has come, it would be taken up again at once, and so on.
        Ok(oldest
            .filter(|_| count >= UPDATES)
            .and_then(|oldest| oldest.saturating_add(UPDATES_WITHIN).ok())
            .filter(|until| *until > now))
    }

    /// Step 4, one transaction: the ticket as read is mirrored and merged, and what is left to send
    /// is noted before it is sent.
    async fn plan(&mut self, attempt: &Attempt) -> Result<Planned> {
        let case = self.operation.line.clone();
        let survivor = match self.operation.kind {
            Kind::Fields => self.meet_contact(&case).await?,
            Kind::Publish | Kind::FollowUp | Kind::Comment | Kind::Person => None,
        };
        let requester = match self.operation.kind.makes_ticket() {
            true => self.requester(&case).await?,
            false => None,
        };
        let (mut page, held, mut setting) = match self.open(&case).await? {
            Some(open) => open,
            None => return Ok(Planned::Lost),
        };
        if let Some(survivor) = survivor {
            survivor.stand_in(&held.desk.fields, &mut setting.people);
        }
        let (mut desk, mut written) = (held.desk.clone(), Written::default());
        let (op_id, token) = (&self.operation.op_id, self.operation.lease_token);
        let planned = setting.decide(self.pull.engine, page.now, |room| {
            desk.plan(
                op_id,
                token,
                attempt.reading(),
                requester,
                room,
                &mut written,
            )
        });
        if planned == Planned::Lost {
            return Ok(planned);
        }
        if let Some(now) = desk.operation(op_id) {
            self.operation.payload = now.payload.clone();
        }
        let decision = Decision {
            held: &held,
            desk: &desk,
            written: &written,
        };
        self.write(&mut page, &setting, &decision).await?;
        self.pull
            .engine
            .reached("push: before the plan is committed");
        self.pull.commit(page, STAGE, None).await?;
        self.pull
            .engine
            .reached("push: after the plan is committed");
        Ok(planned)
    }

    /// Step 6. The claim must stand for as long as the request may take.
    async fn send(&mut self, sending: Sending) -> Result<Reply> {
        let engine = self.pull.engine;
        if self.foreseen.is_some() {
            self.foretell(&sending).await?;
            // In the copy that this is told from, the operation goes no further.
            return Ok(Reply::Unfit(Parked::NotTaken));
        }
        renew(engine, &self.operation).await?;
        if let Some(halted) = self.halted().await? {
            return Ok(halted);
        }
        engine.reached("push: before it is sent");
        let reply = match sending {
            Sending::Create(draft) => self.create(&draft).await?,
            Sending::Comment {
                ticket,
                comment,
                public,
                stamp,
            } => self.add_comment(ticket, &comment, public, stamp).await?,
            Sending::Fields {
                ticket,
                values,
                stamp,
            } => self.set_fields(ticket, &values, stamp).await,
        };
        engine.reached("push: after it is sent");
        Ok(reply)
    }

    /// Why nothing may be sent any more since the attempt began, if so: with two-way sync off nothing
    /// is ever written, not even by a push that is under way (ticket-sync.md 2).
    pub(super) async fn halted(&self) -> Result<Option<Reply>> {
        let mut reader = self.pull.engine.store.read().await?;
        let found = integrations::find(&mut reader, &self.pull.integration.id).await?;
        Ok(match found {
            None => Some(Reply::Unfit(Parked::TwoWayOff)),
            Some(now) if now.settings.mode() == Mode::OneWay => {
                Some(Reply::Unfit(Parked::TwoWayOff))
            }
            Some(now) if !now.active => Some(Reply::Unsent {
                problem: "The integration was deactivated.".to_owned(),
            }),
            Some(_) => None,
        })
    }

    /// Step 7, one transaction, refused if the claim has passed on.
    async fn close(&mut self, closing: Closing) -> Result<State> {
        if closing == Closing::Lost {
            return Err(Error::Store(store::Error::LeaseLost));
        }
        let engine = self.pull.engine;
        if let Closing::PutOff {
            reason: Parked::SignIn { .. },
            ..
        } = &closing
        {
            engine.memory.forget_client(&self.pull.integration.id);
        }
        let case = self.operation.line.clone();
        let Some((mut page, held, setting)) = self.open(&case).await? else {
            return Ok(State::Discarded);
        };
        let (mut desk, mut written) = (held.desk.clone(), Written::default());
        let is_limited = matches!(
            &closing,
            Closing::PutOff {
                reason: Parked::Limits,
                ..
            }
        );
        let (op_id, token) = (&self.operation.op_id, self.operation.lease_token);
        let held_still = setting.decide(engine, page.now, |room| {
            desk.close(op_id, token, closing, room, &mut written)
        });
        if !held_still {
            return Err(Error::Store(store::Error::LeaseLost));
        }
        if is_limited {
            uncount(&mut desk.operations, op_id);
        }
        let decision = Decision {
            held: &held,
            desk: &desk,
            written: &written,
        };
        self.write(&mut page, &setting, &decision).await?;
        engine.reached("push: before its end is committed");
        self.pull.commit(page, STAGE, None).await?;
        engine.reached("push: after its end is committed");
        engine.memory.ring();
        let ended = desk
            .operation(&self.operation.op_id)
            .map(|operation| operation.state);
        Ok(ended.unwrap_or(State::Done))
    }

    /// Begins a transaction on the case: the people its ticket names are known then, the case is
    /// locked.
    async fn open(&mut self, case: &str) -> Result<Option<(Page, Held, Setting)>> {
        let ticket = self.record.as_ref();
        let named: Vec<i64> = ticket
            .map(|(record, _)| tickets::people_of(std::slice::from_ref(record)).collect())
            .unwrap_or_default();
        let strangers = users::fetch(&mut self.pull, named.into_iter()).await?;
        let mut page = self.pull.begin().await?;
        users::put(&self.pull, &mut page, &strangers).await?;
        let Some(held) = desks::lock(&mut page.tx, case).await? else {
            return Ok(None);
        };
        let ticket = self
            .record
            .as_ref()
            .and_then(|(record, _)| record.parsed.as_ref().ok());
        let setting = room::setting(&self.pull, &mut page, ticket, &held.desk).await?;
        Ok(Some((page, held, setting)))
    }

    /// Writes what a decision changed, with the mirror of the ticket it was made on.
    async fn write(
        &mut self,
        page: &mut Page,
        setting: &Setting,
        decision: &Decision<'_>,
    ) -> Result<()> {
        let engine = self.pull.engine;
        if let Some((record, read_at)) = &self.record {
            tickets::mirror_one(&mut self.pull, page, record, *read_at).await?;
        }
        page.counters.conflicts += count(decision.written.conflicts.len());
        page.counters.cases.updated += u64::from(!decision.written.changes.is_empty());
        for warning in &decision.written.warnings {
            page.warn(warning.sentence());
        }
        let now = page.now;
        keep(engine, &mut page.tx, setting, decision, &BY_PUSH, now).await
    }
}

fn count(many: usize) -> u64 {
    u64::try_from(many).unwrap_or(u64::MAX)
}

/// A wait for Zendesk's limits is no attempt that failed: it must not make the pause after the next
/// failure any longer. Whatever was sent in it was refused, so its number may be used again.
fn uncount(operations: &mut [Operation], op_id: &str) {
    for operation in operations {
        if operation.op_id == op_id {
            operation.attempts = (operation.attempts - 1).max(0);
        }
    }
}
