//! The sweep: what is linked is verified again in rotation, so that nothing stays wrong that no
//! export, webhook or push has shown (ticket-sync.md 3, reliability.md 7).
//!
//! A round walks over all linked tickets by their ids, 100 a request, and reads the export of ticket
//! events again from a start of its own that goes round and round. It takes its place behind all other
//! requests and never more than 5 % of what we may spend. Nothing is written but the sweep's own row,
//! unless a difference is found; that is counted, and merged like any other state that comes in.

mod cases;
mod fields;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use store::integrations::Integration;
use store::runs::{self, RunState};
use store::sweeps::{self, Round, SweepState};
use store::{Connection, links};
use zendesk::{Bucket, Client, Urgency};

use super::pull::{Page, Pull};
use super::{comments, tickets, users};
use crate::budget;
use crate::connection::client_of;
use crate::engine::Engine;
use crate::error::{Error, Result};

/// How long after the beginning of a round the next one begins at the earliest.
pub(crate) const ROUND_EVERY: SignedDuration = SignedDuration::from_hours(6);
/// Tickets of one request.
const AT_ONCE: usize = 100;
/// Requests for tickets in one turn: so often the list of what is linked is read anew.
const REQUESTS: usize = 10;
/// Exports leave the newest minute out, and clocks differ: what is younger than this before the last
/// pull may not have been pulled, so that it differs is right.
const YOUNG: SignedDuration = SignedDuration::from_secs(120);
/// How many runs are looked through for the last one that completed.
const RUNS: i64 = 50;
/// Tickets that were missing once, of which that many are kept in mind until they are asked for again.
const MISSING: usize = 100;
/// How long the sweep is held after trouble: it is never in a hurry.
const HELD: SignedDuration = SignedDuration::from_mins(5);
/// How long a whole round gives way to a worker that has gone on with it.
const GIVE_WAY: Duration = Duration::from_millis(200);
const STAGE: &str = "sweep";

/// Where a round stands, as the sweep keeps it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Place {
    /// The last ticket verified.
    after: i64,
    /// Whether the round has come to the end of them.
    tickets_done: bool,
    /// From which second on ticket events are read next. Goes on from round to round.
    events: i64,
    /// Whether the round has read its share of them, or all of them if it is whole.
    events_done: bool,
    /// Whether the round is to read all events.
    whole: bool,
    /// Tickets that Zendesk did not have when they were asked for, and when that was.
    missing: Vec<(i64, Timestamp)>,
    /// Since when two-way sync is known to be on: what piled up before is sent once a person says so
    /// (ticket-sync.md 2), not because it is found here.
    two_way_since: Option<Timestamp>,
    /// After trouble: not to be gone on with before.
    held_until: Option<Timestamp>,
}

impl Place {
    fn read(state: &SweepState) -> Self {
        let kept = state.position.as_deref();
        kept.and_then(|kept| serde_json::from_str(kept).ok())
            .unwrap_or_default()
    }

    /// Notes whether two-way sync is on. Returns whether that is new.
    fn note_two_way(&mut self, is_on: bool, now: Timestamp) -> bool {
        let is_new = self.two_way_since.is_some() != is_on;
        if is_new {
            self.two_way_since = is_on.then_some(now);
        }
        is_new
    }

    fn words(&self) -> Result<String> {
        let words = serde_json::to_string(self);
        Ok(words.map_err(|error| store::Error::Damaged(error.to_string()))?)
    }
}

/// What one page came to.
#[derive(Debug, Default)]
struct Found {
    verified: usize,
    /// How many differences of which kind.
    differences: Vec<(&'static str, usize)>,
}

/// Goes on with the round of an integration, or begins the next one if it is time. Ends as soon as
/// the budget says so. Returns whether there is more to do at once. Costs a few reads where there is
/// nothing to do, so it may be called every second.
///
/// # Errors
/// As the database or Zendesk says; the round goes on from where it was.
pub(crate) async fn turn(engine: &Engine, integration: &Integration) -> Result<bool> {
    let mut reader = engine.store.read().await?;
    let mut state = sweeps::load(&mut reader, &integration.id).await?;
    drop(reader);
    if !integration.active {
        return Ok(false);
    }
    note_two_way(engine, integration, &mut state).await?;
    if !is_due(&state, engine.now()) {
        return Ok(false);
    }
    let went = go_on(engine, integration, state).await;
    if let Err(error) = &went {
        // A sign-in that is refused is not asked for twice a second.
        hold(engine, integration).await?;
        tracing::debug!("the sweep is held for a while: {error}");
    }
    went
}

async fn go_on(engine: &Engine, integration: &Integration, state: SweepState) -> Result<bool> {
    let mut reader = engine.store.read().await?;
    let Some(pulled_at) = last_pull(&mut reader, integration).await? else {
        return Ok(false);
    };
    let budget = budget::of(engine, &mut reader, integration).await?;
    drop(reader);
    // Asked before anything is read, since the answer is mostly no.
    let may = budget.is_none_or(|mut budget| {
        let asked = budget.admit(engine.now(), Bucket::Account, Urgency::Sweep);
        asked.is_ok()
    });
    if !may {
        return Ok(false);
    }
    let client = client_of(engine, integration).await?;
    let client = client.with(Urgency::Sweep).impatient(Duration::ZERO);
    let mut sweep = Sweep::open(engine, integration, client, state, pulled_at).await?;
    let went = sweep.go_on(REQUESTS).await;
    match went {
        Ok(()) => Ok(sweep.state.round.began_at.is_some()),
        Err(Error::Zendesk(zendesk::Error::Limited { .. })) => Ok(false),
        // Another process has gone on with it.
        Err(Error::Store(store::Error::LeaseLost)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Verifies everything now, in a round of its own in place of the one under way. Waits where the
/// budget says so. Workers that verify at the same time take part in it. Returns the round.
///
/// # Errors
/// [`Error::Refused`] if nothing was ever pulled, or if somebody else began another round; as the database or
/// Zendesk says, and then the round goes on by itself later.
pub(crate) async fn verify_all(engine: &Engine, integration: &Integration) -> Result<Round> {
    let name = &integration.settings.name;
    let mut reader = engine.store.read().await?;
    let Some(pulled_at) = last_pull(&mut reader, integration).await? else {
        return Err(Error::Refused(format!(
            "Nothing of integration {name} was pulled yet, so there is nothing to verify. Sync it first: *Schedule sync* on its page, or `deskbridge sync {name}`."
        )));
    };
    drop(reader);
    let client = client_of(engine, integration).await?.with(Urgency::Sweep);
    let mut began = None;
    loop {
        let mut state = sweeps::load(&mut *engine.store.read().await?, &integration.id).await?;
        if began.is_none() {
            note_two_way(engine, integration, &mut state).await?;
        }
        let client = client.clone();
        let sweep = Sweep::open(engine, integration, client, state, pulled_at).await?;
        let went = match began {
            None => begin_whole(sweep).await,
            Some(began) => see_round_through(sweep, began).await,
        };
        match went {
            Ok(Turn::Began(at)) => began = Some(at),
            Ok(Turn::Ended(round)) => return Ok(round),
            Ok(Turn::Replaced) => {
                return Err(Error::Refused(format!(
                    "Somebody else had integration {name} verified meanwhile, in a round of their own, so this one was not ended. The integration's details tell what theirs finds."
                )));
            }
            // A worker has gone on with it in between: it is taken up from there.
            Err(Error::Store(store::Error::LeaseLost)) => engine.clock.sleep(GIVE_WAY).await,
            Err(error) => return Err(error),
        }
    }
}

/// How a whole round stands.
enum Turn {
    /// It began at this moment.
    Began(Timestamp),
    /// It ended.
    Ended(Round),
    /// Another one took its place.
    Replaced,
}

async fn begin_whole(mut sweep: Sweep<'_>) -> Result<Turn> {
    sweep.begin(true).await?;
    let began = sweep.state.round.began_at;
    Ok(began.map_or(Turn::Replaced, Turn::Began))
}

/// Goes on with the round that began at `began` until it has ended, by us or by others.
async fn see_round_through(mut sweep: Sweep<'_>, began: Timestamp) -> Result<Turn> {
    while sweep.state.round.began_at == Some(began) {
        sweep.go_on(usize::MAX).await?;
    }
    let last = sweep.state.last.filter(|last| last.began_at == Some(began));
    Ok(last.map_or(Turn::Replaced, Turn::Ended))
}

/// Keeps since when two-way sync is on, if somebody has switched it.
async fn note_two_way(
    engine: &Engine,
    integration: &Integration,
    state: &mut SweepState,
) -> Result<()> {
    let now = engine.now();
    let mut place = Place::read(state);
    if !place.note_two_way(integration.settings.two_way, now) {
        return Ok(());
    }
    state.position = Some(place.words()?);
    let mut tx = engine.store.begin().await?;
    sweeps::store(&mut tx, &integration.id, state, now).await?;
    Ok(tx.commit().await?)
}

/// Puts the sweep off for a while.
async fn hold(engine: &Engine, integration: &Integration) -> Result<()> {
    let now = engine.now();
    let mut tx = engine.store.begin().await?;
    let mut state = sweeps::load(&mut tx, &integration.id).await?;
    let mut place = Place::read(&state);
    place.held_until = now.saturating_add(HELD).ok();
    state.position = Some(place.words()?);
    sweeps::store(&mut tx, &integration.id, &state, now).await?;
    Ok(tx.commit().await?)
}

fn is_due(state: &SweepState, now: Timestamp) -> bool {
    if Place::read(state)
        .held_until
        .is_some_and(|until| until > now)
    {
        return false;
    }
    let last = state.last.as_ref().and_then(|last| last.began_at);
    let is_time = |began: Timestamp| now.duration_since(began) >= ROUND_EVERY;
    state.round.began_at.is_some() || last.is_none_or(is_time)
}

/// When the last pull that completed began: what had changed by then is here.
async fn last_pull(
    connection: &mut Connection,
    integration: &Integration,
) -> Result<Option<Timestamp>> {
    let runs = runs::latest(connection, &integration.id, RUNS).await?;
    Ok(runs
        .into_iter()
        .find(|run| run.state == RunState::Completed)
        .map(|run| run.started_at.unwrap_or(run.created_at)))
}

/// A sweep at work.
struct Sweep<'a> {
    pull: Pull<'a>,
    /// As it was kept last, to find out whether another process has gone on with it.
    kept: SweepState,
    state: SweepState,
    place: Place,
    pulled_at: Timestamp,
}

impl<'a> Sweep<'a> {
    async fn open(
        engine: &'a Engine,
        integration: &Integration,
        client: Client,
        state: SweepState,
        pulled_at: Timestamp,
    ) -> Result<Self> {
        Ok(Self {
            pull: Pull::quietly(engine, integration.clone(), client).await?,
            kept: state.clone(),
            place: Place::read(&state),
            state,
            pulled_at,
        })
    }

    /// Goes on with the round: tickets with at most so many requests, then a page of events; all of
    /// them for a person who waits for a whole round.
    async fn go_on(&mut self, requests: usize) -> Result<()> {
        if self.state.round.began_at.is_none() {
            self.begin(false).await?;
        }
        let mut left = requests;
        while left > 0 && !self.place.tickets_done {
            // One more than is asked for tells whether there is more.
            let linked = self.linked(left.min(REQUESTS) * AT_ONCE + 1).await?;
            let pages = linked.chunks(AT_ONCE);
            let last = pages.len();
            self.place.tickets_done = last == 0;
            let is_all = linked.len() <= left.min(REQUESTS) * AT_ONCE;
            for (n, ids) in (1..).zip(pages.take(left.min(REQUESTS))) {
                self.verify_tickets(ids, is_all && n == last).await?;
            }
            left -= left.min(REQUESTS);
        }
        self.verify_events().await
    }

    /// Begins a round.
    async fn begin(&mut self, whole: bool) -> Result<()> {
        let former = std::mem::take(&mut self.place);
        self.place = Place {
            events: if whole { 0 } else { former.events },
            whole,
            after: 0,
            tickets_done: false,
            events_done: false,
            ..former
        };
        let page = self.pull.begin().await?;
        self.state.round = Round {
            began_at: Some(page.now),
            ..Round::default()
        };
        self.keep(page, Found::default()).await
    }

    /// The tickets with an open link that this round has not verified, by id, at most so many.
    async fn linked(&self, limit: usize) -> Result<Vec<i64>> {
        let mut reader = self.pull.engine.store.read().await?;
        let (id, after) = (&self.pull.integration.id, self.place.after);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        Ok(links::open_after(&mut reader, id, after, limit).await?)
    }

    /// Verifies these tickets against mirror and cases, with one request.
    async fn verify_tickets(&mut self, ids: &[i64], is_last: bool) -> Result<()> {
        let records = self.pull.client.tickets_show_many(ids).await?;
        let read_at = self.pull.read_at();
        let since = self.place.two_way_since;
        let seen = fields::compare(&self.pull, ids, records, self.pulled_until()).await?;
        let left_behind = cases::left_behind(&self.pull, &seen.alike, since).await?;
        let missing = self.confirm_missing(&seen.missing, ids);
        let named = tickets::people_of(&seen.differing).collect::<Vec<_>>();
        let strangers = users::fetch(&mut self.pull, named.into_iter()).await?;
        let mut page = self.pull.begin().await?;
        users::put(&self.pull, &mut page, &strangers).await?;
        if !seen.differing.is_empty() {
            tickets::put(&mut self.pull, &mut page, &seen.differing, read_at).await?;
        }
        let behind = cases::catch_up(&self.pull, &mut page, &left_behind, read_at).await?;
        for ticket in &missing {
            page.warn(format!(
                "Zendesk does not have ticket {ticket} any more, and no export has told of it. Its case stays as it is. If the ticket was deleted for good, nothing need be done."
            ));
        }
        self.place.after = ids.last().copied().unwrap_or(self.place.after);
        self.place.tickets_done = is_last;
        let found = Found {
            verified: ids.len() - seen.missing.len(),
            differences: vec![
                ("fields", seen.differing.len()),
                ("missing", missing.len()),
                ("cases", behind),
            ],
        };
        self.keep(page, found).await
    }

    /// Of tickets that Zendesk does not have, those that it had not before the last pull either: one
    /// that was deleted since will be told by an export. The others are kept in mind, and asked for
    /// again in the next round.
    fn confirm_missing(&mut self, missing: &[i64], asked: &[i64]) -> Vec<i64> {
        let now = self.pull.engine.now();
        let known = std::mem::take(&mut self.place.missing);
        let first_seen = |ticket: &i64| {
            let found = known.iter().find(|(id, _)| id == ticket);
            found.map_or(now, |(_, at)| *at)
        };
        let pulled_at = self.pulled_at;
        let confirmed = missing.iter().copied().filter(|ticket| {
            let since = pulled_at.duration_since(first_seen(ticket));
            since > YOUNG
        });
        let confirmed = confirmed.collect();
        let seen_now = missing.iter().map(|ticket| (*ticket, first_seen(ticket)));
        let others = known.iter().filter(|(ticket, _)| !asked.contains(ticket));
        self.place.missing = others.copied().chain(seen_now).take(MISSING).collect();
        confirmed
    }

    /// Until when changes in Zendesk, on its own clock, have surely been pulled.
    fn pulled_until(&self) -> Timestamp {
        let ahead = self.pull.read_at().duration_since(self.pull.engine.now());
        let until = self.pulled_at.saturating_add(ahead - YOUNG);
        until.unwrap_or(Timestamp::MIN)
    }

    /// Reads a page of ticket events again; at the end of what was pulled, the next begins anew.
    async fn verify_events(&mut self) -> Result<()> {
        let until = self.pulled_until().as_second();
        let (pull, start) = (&mut self.pull, self.place.events);
        let reread = comments::reread(pull, start, until).await?;
        self.place.events = reread.next.unwrap_or(0);
        self.place.events_done =
            self.place.tickets_done && (reread.next.is_none() || !self.place.whole);
        let found = Found {
            verified: 0,
            differences: vec![("comments", reread.differences)],
        };
        let page = self.pull.begin().await?;
        self.keep(page, found).await
    }

    /// Keeps what was verified, in one transaction with what was found.
    ///
    /// # Errors
    /// [`store::Error::LeaseLost`] if another process has gone on with the round meanwhile.
    async fn keep(&mut self, mut page: Page, found: Found) -> Result<()> {
        let id = self.pull.integration.id.clone();
        if sweeps::load(&mut page.tx, &id).await? != self.kept {
            return Err(Error::Store(store::Error::LeaseLost));
        }
        let round = &mut self.state.round;
        round.verified += count_of(found.verified);
        for (kind, count) in found.differences {
            if count > 0 {
                *round.differences.entry(kind.to_owned()).or_default() += count_of(count);
            }
        }
        if self.place.tickets_done && self.place.events_done {
            round.ended_at = Some(page.now);
            self.state.last = Some(std::mem::take(round));
        }
        self.state.position = Some(self.place.words()?);
        sweeps::store(&mut page.tx, &id, &self.state, page.now).await?;
        self.pull.commit(page, STAGE, None).await?;
        self.kept = self.state.clone();
        Ok(())
    }
}

fn count_of(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
