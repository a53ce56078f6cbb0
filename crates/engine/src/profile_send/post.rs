//! One request on its way: kept in our database before it is sent, and its job's id after.

use store::jobs::{self, Job};
use store::send_batches::{self, BatchKind};
use zendesk::{Client, JobStatus, Upserted};

use super::confirm::has_outcomes;
use super::halt::Halt;
use super::parcel::Parcel;
use super::tags::TagDesk;
use crate::engine::Engine;
use crate::error::{Error, Result};

/// What came of something that was under way.
pub(super) enum Event {
    /// A post with its answer.
    Posted(Parcel, std::result::Result<JobStatus, zendesk::Error>),
    /// The users of a parcel could not be read, so it was not posted.
    Unread(Parcel, zendesk::Error),
    /// A single call with its answer.
    Answered(Parcel, Box<std::result::Result<Upserted, zendesk::Error>>),
    /// The jobs that were open when it was asked.
    Polled(
        Vec<String>,
        std::result::Result<Vec<JobStatus>, zendesk::Error>,
    ),
    /// Our own database failed.
    Broken(Halt),
}

/// Whether a call for one user works where the bulk endpoint does not: what tells a missing right
/// from bulk import that is switched off.
pub(super) async fn probe(client: Client, parcel: &Parcel) -> Result<bool, Halt> {
    let Some(row) = parcel.rows.first() else {
        return Ok(false);
    };
    let one = Parcel::new(parcel.id.clone(), BatchKind::Single, vec![row.clone()]);
    match client.upsert_user(&one.body()).await {
        Ok(_) => Ok(true),
        // That this row is refused says that the call itself is allowed.
        Err(zendesk::Error::Invalid { .. } | zendesk::Error::Limited { .. }) => Ok(true),
        Err(zendesk::Error::Store(what)) => Err(Halt::Broken(zendesk::Error::Store(what).into())),
        Err(_) => Ok(false),
    }
}

/// What one post needs; it runs beside everything else.
pub(super) struct Post {
    pub(super) engine: Engine,
    pub(super) job: Job,
    pub(super) client: Client,
    pub(super) workflow_id: String,
    pub(super) tags: TagDesk,
}

impl Post {
    /// Posts a parcel, come what may.
    pub(super) async fn post(self, parcel: Parcel) -> Event {
        match self.try_post(parcel).await {
            Ok(event) => event,
            Err(error) => Event::Broken(Halt::Broken(error)),
        }
    }

    async fn try_post(&self, mut parcel: Parcel) -> Result<Event> {
        if has_outcomes(parcel.kind)
            && let Err(error) = self.tags.complete(&mut parcel).await
        {
            // Nothing was posted: the parcel is refused as its reading was.
            return match error {
                Error::Zendesk(error) => Ok(Event::Unread(parcel, error)),
                other @ (Error::Store(_)
                | Error::Refused(_)
                | Error::Field { .. }
                | Error::Stopped
                | Error::Rejected { .. }
                | Error::Stuck { .. }) => Err(other),
            };
        }
        let Engine {
            store, settings, ..
        } = &self.engine;
        let mut tx = store.begin().await?;
        jobs::confirm(&mut tx, &self.job, self.engine.now(), settings.lease).await?;
        if parcel.is_kept {
            send_batches::remove(&mut tx, &parcel.id).await?;
        }
        send_batches::add(&mut tx, &parcel.to_batch(&self.workflow_id)).await?;
        tx.commit().await?;
        self.engine.reached("batch_kept");
        let body = parcel.body();
        let answer = match parcel.kind {
            BatchKind::Single => {
                let answer = self.client.upsert_user(&body).await;
                self.engine.reached("batch_posted");
                return Ok(Event::Answered(parcel, Box::new(answer)));
            }
            BatchKind::Users | BatchKind::Leave => self.client.bulk_upsert_users(&body).await,
            BatchKind::Delete => {
                let ids: Vec<i64> = parcel
                    .rows
                    .iter()
                    .filter_map(|row| row.zendesk_id)
                    .collect();
                self.client.bulk_delete_users(&ids).await
            }
        };
        self.engine.reached("batch_posted");
        if let Ok(status) = &answer {
            let mut tx = store.begin().await?;
            jobs::confirm(&mut tx, &self.job, self.engine.now(), settings.lease).await?;
            send_batches::keep_job(&mut tx, &parcel.id, &status.id, self.engine.now()).await?;
            tx.commit().await?;
            self.engine.reached("job_kept");
        }
        Ok(Event::Posted(parcel, answer))
    }
}
