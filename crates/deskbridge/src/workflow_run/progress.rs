//! How far a workflow is, on standard error.

use engine::profile_send::Counts;
use engine::workflow_view::{counts_of, grouped, lasting, pace, percent, settled};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use store::workflows::{Task, Workflow, WorkflowState};

use crate::output;

/// How often, in seconds, a plain line is written while the task stays the same.
const LINE: i64 = 5;

/// Where it is shown.
pub(super) enum Display {
    /// Nowhere: the result alone is wanted.
    Nowhere,
    /// A line that moves.
    Bar(ProgressBar),
    /// Lines, one for each task and some seconds: the last one's task and time.
    Lines(Option<(Task, Timestamp)>),
}

impl Display {
    /// A bar where a person watches.
    pub(super) fn choose(quiet: bool) -> Self {
        if quiet {
            return Self::Nowhere;
        }
        if !output::is_watched() {
            return Self::Lines(None);
        }
        let style = ProgressStyle::with_template("{spinner} [{bar:20}] {percent:>3} %  {wide_msg}");
        Self::Bar(
            ProgressBar::new(100)
                .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())),
        )
    }

    /// Shows how the workflow stands now.
    pub(super) fn show(&mut self, workflow: &Workflow, now: Timestamp) {
        if workflow.state != WorkflowState::Running {
            return;
        }
        match self {
            Self::Nowhere => {}
            Self::Bar(bar) => {
                let counts = counts_of(workflow);
                bar.set_message(words(workflow, &counts, now));
                bar.set_position(percent(workflow.task, &counts));
                bar.tick();
            }
            Self::Lines(said) => {
                let due = said.is_none_or(|(task, at)| {
                    task != workflow.task || now.duration_since(at).as_secs() >= LINE
                });
                if due {
                    output::note(&words(workflow, &counts_of(workflow), now));
                    *said = Some((workflow.task, now));
                }
            }
        }
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        match self {
            // Then the line is cleared, whatever ended the workflow.
            Self::Bar(bar) => bar.finish_and_clear(),
            Self::Nowhere | Self::Lines(_) => {}
        }
    }
}

/// `send: 1,200 of 3,000 rows, 98/s, 19 s left, 3 jobs open`.
fn words(workflow: &Workflow, counts: &Counts, now: Timestamp) -> String {
    let rows = &counts.rows;
    let task = workflow.task.as_str();
    let mut text = match workflow.task {
        Task::Read | Task::Check => format!("{task}: {} rows read", grouped(rows.read)),
        Task::Compare | Task::Send | Task::Confirm => format!(
            "{task}: {} of {} rows",
            grouped(settled(counts)),
            grouped(rows.read)
        ),
    };
    if let Some(pace) = pace(counts, now) {
        text.push_str(&format!(
            ", {}/s, {} left",
            grouped(pace.rate),
            lasting(pace.seconds_left)
        ));
    }
    match counts.open_jobs {
        0 => {}
        1 => text.push_str(", 1 job open"),
        jobs => text.push_str(&format!(", {jobs} jobs open")),
    }
    if let Some(waits) = &workflow.waits {
        text.push_str(&format!("; waiting: {}", output::shown(waits, 200)));
    }
    text
}

#[cfg(test)]
mod tests {
    use engine::profile_send::Rows;
    use store::workflows::WorkflowKind;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn workflow(task: Task) -> Workflow {
        Workflow {
            id: "1".to_owned(),
            number: 1,
            orchestration_id: None,
            destination_id: "d".to_owned(),
            kind: WorkflowKind::Send,
            title: "people.csv".to_owned(),
            source: String::new(),
            settings: String::new(),
            state: WorkflowState::Running,
            task,
            tasks: String::new(),
            counts: String::new(),
            trouble: None,
            sentence: None,
            waits: None,
            approved: None,
            stop_asked: false,
            requested_by: String::new(),
            created_at: at(0),
            started_at: None,
            ended_at: None,
            result: None,
        }
    }

    #[test]
    fn a_send_tells_rows_rate_time_left_and_open_jobs() {
        let counts = Counts {
            rows: Rows {
                read: 3_000,
                created: 900,
                updated: 100,
                unchanged: 200,
                pending: 1_700,
                unknown: 100,
                ..Rows::default()
            },
            first_post_at: Some(at(100)),
            open_jobs: 3,
            ..Counts::default()
        };
        assert_eq!(
            words(&workflow(Task::Send), &counts, at(110)),
            "send: 1,200 of 3,000 rows, 100/s, 18 s left, 3 jobs open"
        );
        assert_eq!(percent(Task::Send, &counts), 40);
    }

    #[test]
    fn reading_is_measured_by_bytes() {
        let counts = Counts {
            bytes: Some(400),
            bytes_read: 100,
            rows: Rows {
                read: 12,
                ..Rows::default()
            },
            ..Counts::default()
        };
        assert_eq!(percent(Task::Check, &counts), 25);
        assert_eq!(
            words(&workflow(Task::Check), &counts, at(0)),
            "check: 12 rows read"
        );
        assert_eq!(percent(Task::Read, &Counts::default()), 0);
    }

    #[test]
    fn waiting_says_what_for() {
        let waiting = Workflow {
            waits: Some("Zendesk\nis busy".to_owned()),
            ..workflow(Task::Send)
        };
        let text = words(&waiting, &Counts::default(), at(0));
        assert_eq!(text, "send: 0 of 0 rows; waiting: Zendesk is busy");
    }
}
