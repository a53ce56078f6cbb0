//! Background jobs: list and show (zendesk-api.md 3.3).

use super::listing::{Listing, Part};
use crate::account::Account;
use crate::account::job::{Job, JobState};
use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::wire::Object;

/// Jobs are kept for a day, in milliseconds.
const KEPT: i64 = 86_400_000;

/// A job as JSON.
pub(super) fn write_job(job: &Job, call: &Call) -> Vec<u8> {
    let url = format!("{}/api/v2/job_statuses/{}.json", call.base, job.id);
    let (status, progress, message) = match job.state(call.now_ms) {
        JobState::Queued => ("queued", None, None),
        JobState::Working => {
            let progress = job.progress(call.now_ms);
            let message = format!("{} #{progress}", job.doing);
            ("working", Some(progress), Some(message))
        }
        JobState::Completed => (
            "completed",
            Some(job.total),
            Some(format!("Completed at {}", ended(job))),
        ),
        JobState::Failed => ("failed", None, Some(format!("Failed at {}", ended(job)))),
        JobState::Killed => ("killed", None, Some(format!("Killed at {}", ended(job)))),
    };
    let results = job
        .results
        .as_deref()
        .filter(|_| status == "completed")
        .unwrap_or(b"null");
    Object::new()
        .with("id", &job.id)
        .with("job_type", job.kind)
        .with("url", &url)
        .with("total", &job.total)
        .with("progress", &progress)
        .with("status", status)
        .with("message", &message)
        .with_raw("results", results)
        .finish()
}

/// When it ended, as its message says.
fn ended(job: &Job) -> String {
    let at = crate::wire::stamp(job.done_ms.div_euclid(1000));
    at.replace('T', " ").replace('Z', " +0000")
}

fn kept(job: &Job, call: &Call) -> bool {
    call.now_ms - job.done_ms <= KEPT
}

/// `GET job_statuses`: newest first, by cursor only.
pub(super) fn list(account: &Account, call: &Call) -> Outcome {
    let jobs: Vec<&Job> = account
        .jobs
        .all()
        .values()
        .filter(|job| kept(job, call))
        .collect();
    let mut rows: Vec<_> = jobs
        .iter()
        .enumerate()
        .map(|(place, job)| {
            let place = i64::try_from(place).unwrap_or(0);
            (vec![Part::Date(job.done_ms), Part::Number(place)], place)
        })
        .collect();
    rows.sort();
    rows.reverse();
    Listing::of("-completed_at,id", rows, true).by_cursor(call, "job_statuses", |place, out| {
        if let Some(job) = usize::try_from(place)
            .ok()
            .and_then(|place| jobs.get(place))
        {
            out.extend_from_slice(&write_job(job, call));
        }
    })
}

/// `GET job_statuses/{id}`
pub(super) fn show(account: &Account, call: &Call) -> Outcome {
    let job = call
        .places
        .first()
        .and_then(|id| account.jobs.all().get(id))
        .filter(|job| kept(job, call))
        .ok_or_else(Answer::record_not_found)?;
    Ok(Answer::ok(
        Object::new().with_raw("job_status", &write_job(job, call)),
    ))
}

/// `GET job_statuses/show_many`
pub(super) fn show_many(account: &Account, call: &Call) -> Outcome {
    let ids = call
        .query("ids")
        .ok_or_else(|| Answer::text(400, "Required parameter missing: ids"))?;
    let found: Vec<&Job> = ids
        .split(',')
        .take(super::users::MOST_IDS)
        .filter_map(|id| account.jobs.all().get(id.trim()))
        .filter(|job| kept(job, call))
        .collect();
    let none: Option<&str> = None;
    let count = found.len();
    Ok(Answer::ok(
        Object::new()
            .with_rows("job_statuses", found, |job, out| {
                out.extend_from_slice(&write_job(job, call));
            })
            .with("next_page", &none)
            .with("previous_page", &none)
            .with("count", &count),
    ))
}
