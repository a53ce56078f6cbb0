//! The account's latest jobs, whoever queued them (zendesk-api.md 3.3).

use super::lists::list_of;
use crate::calls::jobs::{JobStatus, read_job};
use crate::client::Client;
use crate::error::Error;
use crate::error::body::About;
use crate::records::read_page;

impl Client {
    /// The latest jobs of the account, at most a hundred, the newest first: what tells whether a job may
    /// still run whose id nobody heard.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn recent_jobs(&self) -> Result<Vec<JobStatus>, Error> {
        let about = About::call("the latest jobs");
        let path = "job_statuses?page%5Bsize%5D=100";
        self.get(about, path, |body| {
            let page = read_page(about.call, "job_statuses", body)?;
            list_of(about.call, "job_statuses", &page)?
                .iter()
                .map(|raw| read_job(about.call, raw))
                .collect()
        })
        .await
    }
}
