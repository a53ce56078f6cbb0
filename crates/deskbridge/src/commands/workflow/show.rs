//! What people see of a workflow.

use std::collections::HashMap;

use domain::profile::action::{Action, ActionKind, Link, Step, Trouble};
use engine::profile_send::{Counts, Report, TaskReport};
use engine::workflow_view::{self, counts_of, credential_of, grouped, links};
use engine::{Engine, workflows};
use jiff::Timestamp;
use serde_json::{Value, json};
use store::workflows::{Task, Workflow};
use store::{Connection, destinations, orchestrations};

use crate::output;

/// The names of what workflows belong to.
pub(super) struct Names {
    destinations: HashMap<String, String>,
    orchestrations: HashMap<String, String>,
}

impl Names {
    pub(super) async fn read(reader: &mut Connection) -> anyhow::Result<Self> {
        let destinations = destinations::list(reader).await?.into_iter();
        let orchestrations = orchestrations::list(reader).await?.into_iter();
        Ok(Self {
            destinations: destinations.map(|one| (one.id, one.name)).collect(),
            orchestrations: orchestrations.map(|one| (one.id, one.name)).collect(),
        })
    }

    fn destination(&self, workflow: &Workflow) -> Option<&str> {
        self.destinations
            .get(&workflow.destination_id)
            .map(String::as_str)
    }

    fn orchestration(&self, workflow: &Workflow) -> Option<&str> {
        let id = workflow.orchestration_id.as_ref()?;
        self.orchestrations.get(id).map(String::as_str)
    }
}

/// A workflow in a list, for programs.
pub(super) fn line(workflow: &Workflow, names: &Names) -> Value {
    json!({
        "id": workflow.id,
        "title": workflow.title,
        "kind": workflow.kind.as_str(),
        "destination": names.destination(workflow),
        "orchestration": names.orchestration(workflow),
        "state": workflow.state.as_str(),
        "task": workflow.task.as_str(),
        "rows": counts_of(workflow).rows,
        "trouble": workflow.trouble,
        "sentence": workflow.sentence,
        "waits": workflow.waits,
        "requested_by": workflow.requested_by,
        "created_at": workflow.created_at.to_string(),
        "started_at": workflow.started_at.map(|at| at.to_string()),
        "ended_at": workflow.ended_at.map(|at| at.to_string()),
    })
}

/// A workflow in a list, for people.
pub(super) fn cells(workflow: &Workflow, names: &Names) -> Vec<String> {
    let trouble = workflows::trouble(workflow);
    vec![
        workflow.id.clone(),
        second(workflow.created_at),
        workflow.kind.as_str().replace('_', " "),
        output::shown(&workflow.title, 40),
        output::shown(names.destination(workflow).unwrap_or("-"), 30),
        workflow.state.as_str().to_owned(),
        grouped(counts_of(workflow).rows.read),
        trouble.map_or("", Trouble::title).to_owned(),
    ]
}

fn second(at: Timestamp) -> String {
    at.strftime("%F %TZ").to_string()
}

/// What one task of a workflow came to, in their order.
fn tasks(workflow: &Workflow) -> Vec<(Task, TaskReport)> {
    let report: Report = serde_json::from_str(&workflow.tasks).unwrap_or_default();
    Task::ALL
        .iter()
        .filter_map(|task| Some((*task, report.tasks.get(task.as_str())?.clone())))
        .collect()
}

/// Everything about one workflow.
pub(super) async fn one(engine: &Engine, workflow: &Workflow, as_json: bool) -> anyhow::Result<()> {
    let mut reader = engine.store.read().await?;
    let names = Names::read(&mut reader).await?;
    let trouble = workflows::trouble(workflow);
    let credential = match trouble {
        Some(trouble) if trouble.shows_credential() => {
            credential_of(&mut reader, &workflow.destination_id).await?
        }
        Some(_) | None => None,
    };
    drop(reader);
    let counts = counts_of(workflow);
    let links = links(engine, workflow).await?;
    if as_json {
        let mut told = line(workflow, &names);
        let more = details(workflow, &counts, trouble, credential.as_deref(), &links);
        if let (Some(told), Value::Object(more)) = (told.as_object_mut(), more) {
            told.extend(more);
        }
        return output::json(&told);
    }
    print(workflow, &names, &counts);
    for (place, link) in links.iter().enumerate() {
        if place == 0 {
            output::line("Look at its users in Zendesk:");
        }
        output::line(&format!("  {link}"));
    }
    if let Some(trouble) = trouble {
        print_trouble(workflow, trouble, credential.as_deref());
    } else if let Some(sentence) = &workflow.sentence {
        output::line("");
        output::line(&output::shown(sentence, 2_000));
    }
    Ok(())
}

/// What one workflow tells beside what a list tells.
fn details(
    workflow: &Workflow,
    counts: &Counts,
    trouble: Option<Trouble>,
    credential: Option<&str>,
    links: &[String],
) -> Value {
    let tasks: Vec<Value> = tasks(workflow)
        .into_iter()
        .map(|(task, report)| {
            json!({
                "task": task.as_str(),
                "state": report.state,
                "began_at": report.began_at.map(|at| at.to_string()),
                "ended_at": report.ended_at.map(|at| at.to_string()),
                "rows_in": report.rows_in,
                "rows_out": report.rows_out,
            })
        })
        .collect();
    json!({
        "tasks": tasks,
        "requests": counts.requests,
        "jobs": counts.jobs,
        "open_jobs": counts.open_jobs,
        "sent_again": counts.sent_again,
        "leavers": counts.leavers,
        "leavers_done": counts.leavers_done,
        "estimate": counts.estimate,
        "warnings": counts.warnings,
        "notes": counts.notes,
        "links": links,
        "problem": trouble.map(|trouble| problem(workflow, trouble, credential)),
        "result": workflow
            .result
            .as_deref()
            .and_then(|result| serde_json::from_str::<Value>(result).ok()),
    })
}

/// What made a workflow fail and what can be done, for programs.
fn problem(workflow: &Workflow, trouble: Trouble, credential: Option<&str>) -> Value {
    let actions: Vec<Value> = trouble
        .actions()
        .iter()
        .map(|action| {
            let steps: Vec<Value> = action
                .steps
                .iter()
                .map(|step| json!({ "text": step.text, "link": step.link }))
                .collect();
            json!({
                "action": action.kind.as_str(),
                "label": action.label,
                "steps": steps,
                "tip": action.tip,
                "command": command(action.kind, &workflow.id),
            })
        })
        .collect();
    json!({
        "kind": trouble.as_str(),
        "title": trouble.title(),
        "about": trouble.sentence(),
        "sentence": workflow.sentence,
        "credential": credential,
        "reasons": trouble.reasons(),
        "actions": actions,
    })
}

/// The command that carries an action out.
fn command(kind: ActionKind, id: &str) -> String {
    match kind {
        ActionKind::Resolve => format!("deskbridge workflow resolve {id}"),
        ActionKind::Retry => format!("deskbridge workflow retry {id}"),
        ActionKind::Restart => format!("deskbridge workflow restart {id}"),
        ActionKind::OneByOne | ActionKind::ApproveOnce | ActionKind::Ignore => {
            format!("deskbridge workflow resolve {id} --action {kind}")
        }
    }
}

fn print(workflow: &Workflow, names: &Names, counts: &Counts) {
    let field = |name: &str, value: &str| {
        output::line(&format!("{name:<13} {}", output::shown(value, 1_000)));
    };
    field("workflow", &workflow.id);
    field("what", &workflow.kind.as_str().replace('_', " "));
    field("source", &workflow.title);
    field("destination", names.destination(workflow).unwrap_or("-"));
    if let Some(name) = names.orchestration(workflow) {
        field("orchestration", name);
    }
    field(
        "state",
        &format!(
            "{}, at the task {}",
            workflow.state.as_str(),
            workflow.task.as_str()
        ),
    );
    field("asked for by", &workflow.requested_by);
    field("asked for at", &second(workflow.created_at));
    if let Some(ended) = workflow.ended_at {
        field("ended at", &second(ended));
    }
    if let Some(waits) = &workflow.waits {
        field("waiting", waits);
    }
    let rows: Vec<Vec<String>> = tasks(workflow).into_iter().map(task_cells).collect();
    if !rows.is_empty() {
        output::line("");
        output::table(
            &["TASK", "STATE", "ROWS IN", "ROWS OUT", "BEGAN", "ENDED"],
            &rows,
        );
    }
    output::line("");
    output::line(&outcomes(counts));
    output::line(&format!(
        "{} requests, {} jobs, {} rows sent again, {} of {} leavers done",
        grouped(counts.requests),
        grouped(counts.jobs),
        grouped(counts.sent_again),
        grouped(counts.leavers_done),
        grouped(counts.leavers)
    ));
    for warning in &counts.warnings {
        output::line(&format!("warning: {}", output::shown(warning, 1_000)));
    }
    for (note, rows) in &counts.notes {
        output::line(&format!(
            "note: {}: {}",
            workflow_view::rows(*rows),
            output::shown(note, 1_000)
        ));
    }
}

fn task_cells((task, report): (Task, TaskReport)) -> Vec<String> {
    let at = |at: Option<Timestamp>| at.map_or_else(|| "-".to_owned(), second);
    vec![
        task.as_str().to_owned(),
        report.state,
        grouped(report.rows_in),
        grouped(report.rows_out),
        at(report.began_at),
        at(report.ended_at),
    ]
}

fn outcomes(counts: &Counts) -> String {
    let rows = &counts.rows;
    let mut text = format!("{} read", workflow_view::rows(rows.read));
    for (count, word) in [
        (rows.created, "created"),
        (rows.updated, "updated"),
        (rows.unchanged, "unchanged"),
        (rows.rejected, "rejected"),
        (rows.failed, "failed"),
        (rows.conflict, "in conflict"),
        (rows.skipped, "skipped"),
        (rows.pending, "not sent yet"),
        (rows.unknown, "sent, outcome unknown"),
    ] {
        if count > 0 {
            text.push_str(&format!(", {} {word}", grouped(count)));
        }
    }
    text
}

fn print_trouble(workflow: &Workflow, trouble: Trouble, credential: Option<&str>) {
    output::line("");
    output::line(trouble.title());
    if let Some(sentence) = &workflow.sentence {
        output::line(&output::shown(sentence, 4_000));
    }
    output::line(trouble.sentence());
    if let Some(credential) = credential {
        output::line(&format!("  {}", output::shown(credential, 300)));
    }
    output::line("");
    output::line("What may be the reason:");
    for reason in trouble.reasons() {
        output::line(&format!("  - {reason}"));
    }
    output::line("");
    output::line("What can be done:");
    for action in trouble.actions() {
        print_action(&action, &workflow.id);
    }
}

fn print_action(action: &Action, id: &str) {
    output::line(&format!("{}: {}", action.label, command(action.kind, id)));
    for (place, step) in action.steps.iter().enumerate() {
        output::line(&format!("  {}. {}", place + 1, text_of(step, id)));
    }
    if let Some(tip) = action.tip {
        output::line(&format!("  Tip: {tip}"));
    }
}

/// A step, with the command that stands for the page it leads to.
fn text_of(step: &Step, id: &str) -> String {
    let command = match step.link {
        Some(Link::Credentials) => "deskbridge credential edit",
        Some(Link::Destination) => "deskbridge destination edit",
        Some(Link::Orchestration) => "deskbridge orchestration edit",
        Some(Link::Mapping) => "deskbridge orchestration edit --map",
        Some(Link::Query) => "deskbridge query edit",
        Some(Link::Rows) => return format!("{} (deskbridge workflow rows {id})", step.text),
        Some(Link::Fields | Link::Diff | Link::Zendesk) | None => return step.text.to_owned(),
    };
    format!("{} ({command})", step.text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_names_a_command_that_the_command_line_takes() {
        use clap::Parser as _;
        for trouble in Trouble::ALL {
            for action in trouble.actions() {
                let command = command(action.kind, "0123456789ab");
                let words: Vec<&str> = command.split(' ').collect();
                let parsed = crate::arguments::Arguments::try_parse_from(words);
                assert!(parsed.is_ok(), "{command}: {}", parsed.unwrap_err());
            }
        }
    }

    #[test]
    fn a_step_about_the_credential_says_where() {
        let step = Step {
            text: "Update it.",
            link: Some(Link::Credentials),
        };
        assert_eq!(
            text_of(&step, "1"),
            "Update it. (deskbridge credential edit)"
        );
    }
}
