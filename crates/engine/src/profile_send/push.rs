//! Send: parcels go out as fast as the account lets them, and are confirmed as their jobs end.
//!
//! A parcel is in our database before it is posted, and its job's id before it is asked for. Posts and
//! polls run beside each other; whatever ends the sending waits for the posts under way, so that only a
//! dying process leaves some of unknown outcome. The slot of a job that has ended is filled before its
//! results are written down.

mod refusal;

use std::collections::VecDeque;
use std::pin::pin;
use std::time::Duration;

use domain::profile::RowState;
use domain::profile::job::JobState;
use futures_util::future::{Either, select};
use jiff::{SignedDuration, Timestamp};
use store::send_batches::BatchKind;
use tokio::task::JoinSet;
use zendesk::{JobStatus, Upserted};

use super::Send;
use super::confirm::{Said, has_outcomes};
use super::feed::Feed;
use super::halt::Halt;
use super::link::Compared;
use super::parcel::{Parcel, Sent};
use super::polls::{Outlook, Polls};
use super::post::{Event, Post};
use super::read::Reading;
use super::window::Window;
use crate::error::{Error, Result};

/// How often is looked whether somebody asked to stop.
const LOOK: SignedDuration = SignedDuration::from_secs(1);
/// Posts wait for jobs to end if the window was full within so long.
const LATELY: SignedDuration = SignedDuration::from_secs(5);
/// The wait after a failure that names none, doubled at each further one.
const PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(120);
/// Sent one by one, users go out one a second (zendesk-api.md 3.2).
const ONE_BY_ONE: u32 = 1;

/// The sending of one workflow.
struct Push<'s, 'a> {
    send: &'s mut Send<'a>,
    feed: Option<Feed>,
    /// To be posted before anything new.
    waiting: VecDeque<Parcel>,
    /// Jobs that have not ended.
    open: Vec<Parcel>,
    /// Jobs that have, whose results are still to be written down.
    ended: VecDeque<(Parcel, JobState)>,
    /// Posts and polls, each a task of its own: one that holds a transaction must go on while the results of
    /// another are kept.
    under_way: JoinSet<Event>,
    posting: usize,
    polling: bool,
    polls: Polls,
    window: Window,
    /// When a post last had to wait for a job to end.
    full_at: Timestamp,
    /// Why nothing more is posted.
    ending: Option<Halt>,
    /// Since when Zendesk has made us wait without a break.
    held: Option<Held>,
    single: bool,
    looked: Timestamp,
}

/// Failures that nobody has to act on, without a success between them.
#[derive(Debug, Clone, Copy)]
struct Held {
    since: Timestamp,
    last: Timestamp,
    times: u32,
}

/// Sends every row that changed, says goodbye to leavers, and confirms all of it.
pub(super) async fn push(
    send: &mut Send<'_>,
    reading: Reading,
    compared: Compared,
) -> Result<(), Halt> {
    let Compared { fates, leavers, .. } = compared;
    let feed = Feed::open(send, reading, fates).await?;
    let mut push = Push::new(send, Some(feed));
    push.run().await?;
    super::leave::say_goodbye(push.send, &leavers).await
}

/// Sends these parcels and confirms them: leavers, or what an earlier try left open.
pub(super) async fn push_parcels(send: &mut Send<'_>, parcels: Vec<Parcel>) -> Result<(), Halt> {
    let mut push = Push::new(send, None);
    for parcel in parcels {
        match parcel.job_id {
            Some(_) => push.open.push(parcel),
            None => push.waiting.push_back(parcel),
        }
    }
    push.run().await
}

impl<'s, 'a> Push<'s, 'a> {
    fn new(send: &'s mut Send<'a>, feed: Option<Feed>) -> Self {
        let single = send.settings.one_by_one || send.approved.one_by_one;
        let rate = match single {
            true => ONE_BY_ONE,
            false => send.terms.users_per_second,
        };
        Self {
            feed,
            waiting: VecDeque::new(),
            open: Vec::new(),
            ended: VecDeque::new(),
            under_way: JoinSet::new(),
            posting: 0,
            polling: false,
            polls: Polls::new(),
            window: Window::new(send.terms.jobs_at_once, rate),
            full_at: Timestamp::MIN,
            ending: None,
            held: None,
            single,
            looked: send.engine.now(),
            send,
        }
    }

    async fn run(&mut self) -> Result<(), Halt> {
        loop {
            let waits = self.start_what_may_start().await?;
            if let Some((parcel, ended)) = self.ended.pop_front() {
                let next = self.send.confirm_job(parcel, &ended).await?;
                self.go_on(next);
                continue;
            }
            if self.under_way.is_empty() && self.is_done() {
                return match self.ending.take() {
                    Some(halt) => Err(halt),
                    None => Ok(()),
                };
            }
            self.wait(waits).await?;
            self.look_for_a_stop().await?;
        }
    }

    /// Whether nothing is left that could go on.
    fn is_done(&self) -> bool {
        match &self.ending {
            None => self.feed.is_none() && self.waiting.is_empty() && self.open.is_empty(),
            // Somebody asked: what is open is seen through. A trouble: it is asked for once somebody acted.
            Some(Halt::Asked) => self.open.is_empty(),
            Some(Halt::Trouble(..) | Halt::Broken(_)) => true,
        }
    }

    /// Starts posts and a poll. Returns how long to wait for the next one, if nothing happens before.
    async fn start_what_may_start(&mut self) -> Result<Option<Duration>, Halt> {
        let mut waits = None;
        while self.ending.is_none() && self.posting < self.window.posts_at_once() {
            let now = self.send.engine.now();
            let Some(wait) = self.window.wait(self.open.len() + self.posting, now) else {
                self.full_at = now;
                break;
            };
            if !wait.is_zero() {
                waits = Some(wait);
                break;
            }
            let Some(parcel) = self.next_parcel().await? else {
                break;
            };
            self.start_post(parcel);
        }
        let now = self.send.engine.now();
        let may_poll = matches!(self.ending, None | Some(Halt::Asked));
        if may_poll && !self.polling && !self.open.is_empty() {
            let next = self.polls.next();
            let wait = Duration::try_from(next.duration_since(now)).unwrap_or_default();
            if wait.is_zero() {
                self.start_poll();
            } else {
                waits = Some(waits.map_or(wait, |other| other.min(wait)));
            }
        }
        Ok(waits)
    }

    async fn next_parcel(&mut self) -> Result<Option<Parcel>, Halt> {
        if self.waiting.is_empty()
            && let Some(feed) = &mut self.feed
        {
            match feed.next(self.send).await {
                Ok(Some(rows)) => self.queue(rows),
                Ok(None) => self.feed = None,
                // What is under way is seen through before the source's trouble is told.
                Err(halt @ (Halt::Trouble(..) | Halt::Asked)) => self.ending = Some(halt),
                Err(halt @ Halt::Broken(_)) => return Err(halt),
            }
        }
        Ok(self.waiting.pop_front())
    }

    /// Rows to be sent, as one parcel or, where bulk import is off, as one each.
    fn queue(&mut self, rows: Vec<Sent>) {
        let parts: Vec<Vec<Sent>> = match self.single {
            true => rows.into_iter().map(|row| vec![row]).collect(),
            false => vec![rows],
        };
        let kind = if self.single {
            BatchKind::Single
        } else {
            BatchKind::Users
        };
        for rows in parts {
            let id = self.send.engine.new_id();
            self.waiting.push_back(Parcel::new(id, kind, rows));
        }
    }

    fn start_post(&mut self, mut parcel: Parcel) {
        let now = self.send.engine.now();
        self.window.post(parcel.rows.len(), now);
        self.send.counts.first_post_at.get_or_insert(now);
        parcel.posted_at = Some(now);
        for row in &mut parcel.rows {
            row.tries += 1;
        }
        if has_outcomes(parcel.kind) {
            self.move_rows(parcel.rows.len(), RowState::Pending, RowState::Unknown);
        }
        self.posting += 1;
        let post = Post {
            engine: self.send.engine.clone(),
            job: self.send.job.clone(),
            client: self.send.client.clone(),
            workflow_id: self.send.workflow.id.clone(),
            tags: self.send.tag_desk(),
        };
        self.under_way.spawn(post.post(parcel));
    }

    fn start_poll(&mut self) {
        self.polling = true;
        self.polls.ask(self.send.engine.now());
        let client = self.send.client.clone();
        let ids: Vec<String> = self
            .open
            .iter()
            .filter_map(|parcel| parcel.job_id.clone())
            .collect();
        self.under_way.spawn(async move {
            let answer = client.job_statuses(&ids).await;
            Event::Polled(ids, answer)
        });
    }

    /// Waits until something under way has ended, or until something else may start.
    async fn wait(&mut self, waits: Option<Duration>) -> Result<(), Halt> {
        let engine = self.send.engine;
        let event = match (self.under_way.is_empty(), waits) {
            (true, wait) => {
                engine.clock.sleep(wait.unwrap_or(PAUSE)).await;
                None
            }
            (false, None) => self.under_way.join_next().await,
            (false, Some(wait)) => {
                // A beat: time does not go by for the sake of a pause beside a request.
                let pause = pin!(engine.clock.beat(wait));
                match select(pin!(self.under_way.join_next()), pause).await {
                    Either::Left((event, _)) => event,
                    Either::Right(_) => None,
                }
            }
        };
        let event = match event.transpose() {
            Ok(event) => event,
            // A defect of ours, or the end of the process: it is no less one for having happened in a task.
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(error) => {
                    return Err(Error::Refused(format!("A post was broken off: {error}.")).into());
                }
            },
        };
        match event {
            None => Ok(()),
            Some(Event::Broken(halt)) => Err(halt),
            Some(Event::Posted(parcel, answer)) => {
                self.posting -= 1;
                self.note_answer(&parcel);
                self.posted(parcel, answer).await
            }
            Some(Event::Unread(parcel, error)) => {
                self.posting -= 1;
                self.unread(parcel, &error)
            }
            Some(Event::Answered(parcel, answer)) => {
                self.posting -= 1;
                self.note_answer(&parcel);
                self.answered(parcel, *answer).await
            }
            Some(Event::Polled(asked, answer)) => {
                self.polling = false;
                self.polled(&asked, answer)
            }
        }
    }

    fn note_answer(&mut self, parcel: &Parcel) {
        let now = self.send.engine.now();
        self.window.answered(parcel.posted_at.unwrap_or(now), now);
    }

    async fn posted(
        &mut self,
        mut parcel: Parcel,
        answer: std::result::Result<JobStatus, zendesk::Error>,
    ) -> Result<(), Halt> {
        parcel.is_kept = true;
        match answer {
            Ok(status) => {
                self.went_well();
                self.send.counts.jobs += 1;
                self.send.counts.open_jobs += 1;
                parcel.job_id = Some(status.id);
                parcel.queued_at = Some(self.send.engine.now());
                self.open.push(parcel);
                Ok(())
            }
            Err(error) => self.refused(parcel, error, None).await,
        }
    }

    async fn answered(
        &mut self,
        mut parcel: Parcel,
        answer: std::result::Result<Upserted, zendesk::Error>,
    ) -> Result<(), Halt> {
        parcel.is_kept = true;
        match answer {
            Ok(upserted) => {
                self.went_well();
                let said = Said::of_user(&upserted);
                self.confirm(parcel, vec![said]).await
            }
            Err(error) => self.refused(parcel, error, None).await,
        }
    }

    fn polled(
        &mut self,
        asked: &[String],
        answer: std::result::Result<Vec<JobStatus>, zendesk::Error>,
    ) -> Result<(), Halt> {
        let now = self.send.engine.now();
        let statuses = match answer {
            Ok(statuses) => statuses,
            Err(error) if super::halt::passes_by_itself(&error) => {
                let pause = self.hold(&error, None, now)?;
                let pause = SignedDuration::try_from(pause).unwrap_or(LOOK);
                self.polls.wait(now, pause);
                return Ok(());
            }
            Err(error) => {
                self.ending.get_or_insert(error.into());
                return Ok(());
            }
        };
        self.went_well();
        for parcel in std::mem::take(&mut self.open) {
            if !asked.iter().any(|id| parcel.job_id.as_ref() == Some(id)) {
                // Posted since: nobody asked for it, so that it is not there says nothing.
                self.open.push(parcel);
                continue;
            }
            let status = statuses
                .iter()
                .find(|status| parcel.job_id.as_deref() == Some(status.id.as_str()));
            match status.map_or(JobState::Expired, JobStatus::outcome) {
                JobState::Waiting => self.open.push(parcel),
                ended @ (JobState::Completed(_)
                | JobState::Failed(_)
                | JobState::Killed(_)
                | JobState::Expired) => {
                    if let Some(queued) = parcel.queued_at {
                        self.polls.ended(queued, now);
                    }
                    self.window.grow();
                    self.ended.push_back((parcel, ended));
                }
            }
        }
        let is_last = self.feed.is_none() && self.waiting.is_empty();
        let queued = self.open.iter().map(|parcel| parcel.queued_at);
        let outlook = Outlook {
            is_urgent: is_last || now.duration_since(self.full_at) < LATELY,
            oldest: queued.min().flatten(),
        };
        self.polls.answered(now, outlook);
        Ok(())
    }

    async fn confirm(&mut self, parcel: Parcel, said: Vec<Said>) -> Result<(), Halt> {
        let next = self.send.confirm(parcel, said).await?;
        self.go_on(next);
        Ok(())
    }

    fn go_on(&mut self, next: Vec<Parcel>) {
        self.waiting.extend(next);
    }

    fn move_rows(&mut self, rows: usize, from: RowState, to: RowState) {
        self.send.tally.take(from, rows as u64);
        self.send.tally.add(to, rows as u64);
    }

    fn went_well(&mut self) {
        self.held = None;
        self.send.waits = None;
    }

    /// Looks now and then whether somebody asked to stop, and lets people see how far it is.
    async fn look_for_a_stop(&mut self) -> Result<(), Halt> {
        let now = self.send.engine.now();
        if now.duration_since(self.looked) < LOOK {
            return Ok(());
        }
        self.looked = now;
        self.send.keep().await?;
        if self.ending.is_none()
            && let Err(halt) = self.send.heed_stop().await
        {
            match halt {
                Halt::Asked => self.ending = Some(Halt::Asked),
                other @ (Halt::Trouble(..) | Halt::Broken(_)) => return Err(other),
            }
        }
        Ok(())
    }
}
