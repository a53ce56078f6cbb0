//! What an earlier try left open, because it was broken off or its process died.

use store::send_batches;

use super::Send;
use super::halt::Halt;
use super::parcel::Parcel;

impl Send<'_> {
    /// What an earlier try left open: jobs are asked for, and batches of unknown outcome looked up. What
    /// was not done is found again when rows are compared.
    pub(super) async fn settle_open_batches(&mut self) -> Result<(), Halt> {
        let kept =
            send_batches::open(&mut *self.engine.store.read().await?, &self.workflow.id).await?;
        let mut open = Vec::new();
        let known: Vec<String> = kept
            .iter()
            .filter_map(|batch| batch.job_id.clone())
            .collect();
        // The process before may have died after it kept the id of a job and before it counted the job, or
        // noted that it had begun to send. A job that has ended was counted as open no longer in the
        // transaction that took its batch out, so what has ended is known, and what is open is here.
        let counts = &mut self.counts;
        counts.jobs = counts.jobs.saturating_sub(counts.open_jobs) + known.len() as u64;
        counts.open_jobs = known.len() as u64;
        let first_post = kept.iter().filter_map(|batch| batch.posted_at).min();
        let known_first = counts.first_post_at;
        counts.first_post_at = known_first.into_iter().chain(first_post).min();
        for batch in kept {
            let parcel = Parcel::of_batch(batch)?;
            if parcel.job_id.is_some() {
                open.push(parcel);
            } else {
                drop(self.look_up(parcel, &known).await?);
            }
        }
        if open.is_empty() {
            return Ok(());
        }
        super::push::push_parcels(self, open).await
    }
}
