//! What a refusal, or no answer at all, means for a parcel and for everything that is still to be sent.

use std::time::Duration;

use domain::profile::RowState;
use domain::profile::action::Trouble;
use domain::profile::answer::{Auth, Call, Judgement, Scope, Situation};
use domain::profile::failure::RowFailure;
use jiff::Timestamp;
use store::send_batches::{self, BatchKind};

use super::{Held, LONGEST_PAUSE, ONE_BY_ONE, PAUSE, Push};
use crate::profile_send::confirm::{Said, has_outcomes};
use crate::profile_send::halt::{Halt, passes_by_itself};
use crate::profile_send::parcel::Parcel;
use crate::profile_send::post::probe;
use crate::profile_send::preflight::is_past;
use crate::profile_send::window::Window;

impl Push<'_, '_> {
    /// What a refusal means for the rows, and for everything else that is to be sent.
    pub(super) async fn refused(
        &mut self,
        parcel: Parcel,
        error: zendesk::Error,
        single_works: Option<bool>,
    ) -> Result<(), Halt> {
        let now = self.send.engine.now();
        let posted_at = parcel.posted_at.unwrap_or(now);
        let situation = Situation {
            call: match parcel.kind {
                BatchKind::Single => Call::Single,
                BatchKind::Users | BatchKind::Leave | BatchKind::Delete => Call::Bulk,
            },
            // The client has renewed what could be renewed.
            auth: Auth::OAuth { renewed: true },
            single_works,
        };
        match error.judge(situation) {
            Judgement::Wait {
                seconds,
                scope,
                rows,
            } => {
                let after = seconds.map(Duration::from_secs);
                if scope == Scope::Jobs {
                    // Other posts may have got theirs; those that have not are heard of in a moment.
                    let open = self.open.len() + self.posting;
                    self.window.shrink(open, after, now);
                    // Other tools have their turn: that is no failure of Zendesk's.
                } else {
                    let pause = self.hold(&error, after, posted_at)?;
                    self.window.close(pause, now);
                }
                if rows == RowState::Unknown {
                    self.look_up(parcel).await
                } else {
                    self.put_back(parcel);
                    Ok(())
                }
            }
            Judgement::Again => {
                let pause = self.hold(&error, None, posted_at)?;
                self.window.close(pause, now);
                self.look_up(parcel).await
            }
            Judgement::Split(failure) => self.split(parcel, failure).await,
            Judgement::Failed(failure) => self.confirm(parcel, vec![Said::Failed(failure)]).await,
            Judgement::Probe => {
                let works = probe(self.send.client.clone(), &parcel).await?;
                Box::pin(self.refused(parcel, error, Some(works))).await
            }
            Judgement::Stop(Trouble::BulkOff)
                if self.send.terms.one_by_one && parcel.kind == BatchKind::Users =>
            {
                self.go_single(parcel).await
            }
            Judgement::Stop(trouble) => {
                self.put_back(parcel);
                self.ending
                    .get_or_insert(Halt::Trouble(trouble, error.to_string()));
                Ok(())
            }
            Judgement::RenewToken | Judgement::Accepted => {
                self.put_back(parcel);
                self.ending.get_or_insert(Halt::Trouble(
                    Trouble::InvalidCredentials,
                    error.to_string(),
                ));
                Ok(())
            }
        }
    }

    /// Sends the rows of a parcel, and all that follow, with a call each.
    async fn go_single(&mut self, parcel: Parcel) -> Result<(), Halt> {
        self.single = true;
        self.window = Window::new(1, ONE_BY_ONE);
        self.send.counts.warnings.insert(
            "Bulk import is not enabled in this account, so users are sent one by one, one a second. Ask Zendesk's support to enable it."
                .to_owned(),
        );
        let mut tx = self.send.begin_tx().await?;
        send_batches::remove(&mut tx, &parcel.id).await?;
        tx.commit().await?;
        self.move_rows(parcel.rows.len(), RowState::Unknown, RowState::Pending);
        let waiting = std::mem::take(&mut self.waiting);
        self.queue(parcel.rows);
        for other in waiting {
            match other.kind {
                BatchKind::Users => self.queue(other.rows),
                BatchKind::Single | BatchKind::Leave | BatchKind::Delete => {
                    self.waiting.push_back(other);
                }
            }
        }
        Ok(())
    }

    /// The users of a parcel could not be read before it was posted.
    pub(super) fn unread(&mut self, parcel: Parcel, error: &zendesk::Error) -> Result<(), Halt> {
        let now = self.send.engine.now();
        let posted_at = parcel.posted_at.unwrap_or(now);
        self.put_back(parcel);
        if passes_by_itself(error) {
            let pause = self.hold(error, None, posted_at)?;
            self.window.close(pause, now);
        } else {
            self.ending.get_or_insert(error.clone().into());
        }
        Ok(())
    }

    /// Surely nothing was done with this parcel: it is posted again first.
    fn put_back(&mut self, mut parcel: Parcel) {
        for row in &mut parcel.rows {
            row.tries = row.tries.saturating_sub(1);
        }
        if has_outcomes(parcel.kind) {
            self.move_rows(parcel.rows.len(), RowState::Unknown, RowState::Pending);
        }
        parcel.posted_at = None;
        self.waiting.push_front(parcel);
    }

    /// Nobody knows what was done with this parcel: Zendesk is asked, and only what is not there is sent
    /// again.
    async fn look_up(&mut self, parcel: Parcel) -> Result<(), Halt> {
        let known = self.open.iter().filter_map(|open| open.job_id.clone());
        let known: Vec<String> = known.collect();
        let next = self.send.look_up(parcel, &known).await?;
        self.go_on(next);
        Ok(())
    }

    async fn split(&mut self, parcel: Parcel, failure: RowFailure) -> Result<(), Halt> {
        if parcel.rows.len() == 1 {
            return self.confirm(parcel, vec![Said::Failed(failure)]).await;
        }
        let next = self.send.halve(parcel, failure.class).await?;
        self.go_on(next);
        Ok(())
    }

    /// How long to wait after a failure that nobody has to act on, of a request that was sent at `sent_at`.
    ///
    /// # Errors
    /// [`Trouble::Deadline`] once that has gone on for too long.
    pub(super) fn hold(
        &mut self,
        error: &zendesk::Error,
        after: Option<Duration>,
        sent_at: Timestamp,
    ) -> Result<Duration, Halt> {
        let now = self.send.engine.now();
        let mut held = self.held.unwrap_or(Held {
            since: now,
            last: Timestamp::MIN,
            times: 0,
        });
        // Requests that were on their way together fail together: that is one failure.
        if sent_at >= held.last {
            held.times = held.times.saturating_add(1);
            held.last = now;
        }
        self.held = Some(held);
        let hours = self.send.settings.deadline_hours;
        if is_past(held.since, now, hours) {
            let sentence = format!("Waiting for Zendesk took longer than {hours} hours. {error}");
            self.ending
                .get_or_insert(Halt::Trouble(Trouble::Deadline, sentence));
        }
        self.send.waits = Some(error.to_string());
        let doubled = held.times.saturating_sub(1).min(6);
        let pause = PAUSE.saturating_mul(1 << doubled).min(LONGEST_PAUSE);
        Ok(after.map_or(pause, |after| after.max(Duration::from_secs(1))))
    }
}
