//! Rows that people are told about, on the screen, as JSON, or as a file.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use clap::{Args, ValueEnum};
use domain::profile::RowState;
use domain::profile::action::ConflictChoice;
use engine::Engine;
use engine::profile_send::{self, Download};
use engine::workflow_view::counts_of;
use serde_json::{Map, Value, json};
use store::workflow_rows::{self, WorkflowRow};
use store::workflows::Workflow;

use super::find;
use crate::output;

/// Arguments of `workflow rows`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Which workflow, by its id or the beginning of it
    id: String,
    /// Only rows with this outcome
    #[arg(long, value_enum)]
    outcome: Option<Outcome>,
    /// Writes all of them into this file, with their own columns; `-` is standard output
    #[arg(long, value_name = "FILE", conflicts_with_all = ["json", "limit", "after"])]
    csv: Option<PathBuf>,
    /// How many are shown at most
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=1_000_000))]
    limit: i64,
    /// Goes on behind this line of the source
    #[arg(long, value_name = "LINE", default_value_t = -1, allow_hyphen_values = true)]
    after: i64,
    /// Prints one JSON object: the rows, and `next` for --after
    #[arg(long)]
    json: bool,
}

/// An outcome of a row.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Outcome {
    /// A new user, in a dry run
    Created,
    /// A changed user, in a dry run
    Updated,
    /// There already
    Unchanged,
    /// Not sent, by a rule
    Rejected,
    /// Refused by Zendesk
    Failed,
    /// Claimed by several people
    Conflict,
    /// Left out on purpose
    Skipped,
}

impl Outcome {
    const fn state(self) -> RowState {
        match self {
            Self::Created => RowState::Created,
            Self::Updated => RowState::Updated,
            Self::Unchanged => RowState::Unchanged,
            Self::Rejected => RowState::Rejected,
            Self::Failed => RowState::Failed,
            Self::Conflict => RowState::Conflict,
            Self::Skipped => RowState::Skipped,
        }
    }
}

pub(super) async fn run(engine: &Engine, arguments: Arguments) -> anyhow::Result<()> {
    let workflow = find(engine, &arguments.id).await?;
    let state = arguments.outcome.map(Outcome::state);
    match &arguments.csv {
        Some(path) => download(engine, &workflow, state, path).await,
        None => show(engine, &workflow, state, &arguments).await,
    }
}

async fn show(
    engine: &Engine,
    workflow: &Workflow,
    state: Option<RowState>,
    arguments: &Arguments,
) -> anyhow::Result<()> {
    let mut reader = engine.store.read().await?;
    let word = state.map(RowState::as_str);
    let (after, limit) = (arguments.after, arguments.limit);
    let mut rows = workflow_rows::page(
        &mut reader,
        &workflow.id,
        word,
        after,
        limit.saturating_add(1),
    )
    .await?;
    drop(reader);
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let is_more = rows.len() > most;
    rows.truncate(most);
    let next = rows.last().filter(|_| is_more).map(|row| row.row);
    if arguments.json {
        let columns = counts_of(workflow).columns;
        let rows: Vec<Value> = rows.iter().map(|row| described(row, &columns)).collect();
        return output::json(&json!({ "workflow": workflow.id, "rows": rows, "next": next }));
    }
    if rows.is_empty() {
        output::note("There are no such rows to tell about.");
        return Ok(());
    }
    let lines: Vec<Vec<String>> = rows.iter().map(cells).collect();
    output::table(
        &["LINE", "OUTCOME", "CODE", "FIELD", "USER", "REASON"],
        &lines,
    );
    if let Some(next) = next {
        let outcome = word.map_or_else(String::new, |word| format!(" --outcome {word}"));
        output::note(&format!(
            "There are more: deskbridge workflow rows {}{outcome} --after {next}",
            workflow.id
        ));
    }
    Ok(())
}

fn cells(row: &WorkflowRow) -> Vec<String> {
    let users: Vec<String> = [row.zendesk_id, row.other_id]
        .into_iter()
        .flatten()
        .map(|id| id.to_string())
        .collect();
    let chosen = row
        .choice
        .map_or_else(String::new, |choice| format!(" ({})", choice.label()));
    vec![
        row.line.to_string(),
        row.state.as_str().to_owned(),
        row.code.clone().unwrap_or_else(|| "-".to_owned()),
        output::shown(row.field.as_deref().unwrap_or("-"), 40),
        users.join(", "),
        format!(
            "{}{chosen}",
            output::shown(row.sentence.as_deref().unwrap_or_default(), 500)
        ),
    ]
}

/// A row for programs; its cells by the names of their columns.
fn described(row: &WorkflowRow, columns: &[String]) -> Value {
    let cells: Vec<Option<String>> = row
        .cells
        .as_deref()
        .and_then(|cells| serde_json::from_str(cells).ok())
        .unwrap_or_default();
    let named: Map<String, Value> = columns
        .iter()
        .cloned()
        .zip(cells.into_iter().map(Value::from))
        .collect();
    json!({
        "line": row.line,
        "outcome": row.state.as_str(),
        "code": row.code,
        "field": row.field,
        "reason": row.sentence,
        "key": row.key,
        "user": row.zendesk_id,
        "other_user": row.other_id,
        "choice": row.choice.map(ConflictChoice::as_str),
        "cells": named,
    })
}

async fn download(
    engine: &Engine,
    workflow: &Workflow,
    state: Option<RowState>,
    path: &Path,
) -> anyhow::Result<()> {
    let rows = profile_send::download(engine, workflow, state);
    if path == Path::new("-") {
        write(rows, std::io::stdout().lock(), path).await?;
        return Ok(());
    }
    use std::os::unix::fs::OpenOptionsExt as _;
    // Rows are personal data, so nobody else on the machine may read them.
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .map_err(|error| refused(path, &error))?;
    let count = write(rows, file, path).await?;
    output::note(&format!("Wrote {count} rows to {}.", path.display()));
    Ok(())
}

fn refused(path: &Path, error: &impl std::fmt::Display) -> anyhow::Error {
    anyhow!(
        "The file {} cannot be written: {error}. Name another one with --csv, or make room.",
        path.display()
    )
}

async fn write(mut rows: Download, to: impl Write, path: &Path) -> anyhow::Result<u64> {
    let mut file = csv::WriterBuilder::new().flexible(true).from_writer(to);
    let failed = |error: csv::Error| refused(path, &error);
    file.write_record(rows.header()).map_err(failed)?;
    let mut count = 0;
    loop {
        let page = rows.next_rows().await?;
        if page.is_empty() {
            break;
        }
        for row in &page {
            file.write_record(rows.line(row)?).map_err(failed)?;
            count += 1;
        }
    }
    file.flush().map_err(|error| refused(path, &error))?;
    Ok(count)
}
