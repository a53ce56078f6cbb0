//! `deskbridge doctor --live NAME`: how a real account behaves, with consent (docs/live-check.md).

use std::fs::File;
use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use clap::Args;
use engine::Engine;
use engine::live_check::{self, Options, Outcome, Report, Target};
use store::{destinations, integrations};

use crate::failure::{AlreadyTold, Differs, usage};
use crate::installation::Place;
use crate::output;
use crate::stop::Stop;

/// The flags that only `--live` has.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct Terms {
    /// With --live: agrees to what it creates and deletes
    #[arg(long, requires = "live")]
    yes: bool,
    /// With --live: writes the whole report to this file, as JSON, for the developers
    #[arg(long, value_name = "FILE", requires = "live")]
    report: Option<PathBuf>,
    /// With --live: the report may name the account
    #[arg(long, requires = "live")]
    name_account: bool,
}

/// Does it.
pub(super) async fn run(
    place: &Place,
    name: &str,
    terms: &Terms,
    is_json: bool,
) -> anyhow::Result<()> {
    let installation = place.open().await?;
    let target = Box::pin(find(&installation.engine, name)).await?;
    agree(&target, terms.yes)?;
    // Before anything is sent: a report that cannot be written would be a check for nothing.
    let file = terms.report.as_deref().map(open).transpose()?;
    let stop = Stop::listen();
    let options = Options {
        stop: stop.flag(),
        names_account: terms.name_account,
    };
    let watched = output::is_watched();
    let told = move |what: &str| {
        if watched {
            output::note(&format!("{what} ..."));
        }
    };
    let checked = live_check::run(&installation.engine, &target, options, &told);
    let report = Box::pin(checked).await?;
    installation.close().await;
    if let Some((mut file, path)) = file {
        let written = serde_json::to_string_pretty(&report)?;
        file.write_all(written.as_bytes())
            .and_then(|()| file.write_all(b"\n"))
            .map_err(|error| cannot_write(path, &error))?;
    }
    if is_json {
        output::json(&report)?;
    } else {
        show(&report, terms.report.as_deref());
    }
    match report.outcome {
        Outcome::AsExpected => Ok(()),
        Outcome::Differs => Err(Differs.into()),
        Outcome::Unfinished => Err(AlreadyTold.into()),
    }
}

/// The account of the integration or destination of this name; `destination:NAME` where both have it.
async fn find(engine: &Engine, name: &str) -> anyhow::Result<Target> {
    let (of_integration, of_destination) = match name.split_once(':') {
        Some(("integration", name)) => (Some(name), None),
        Some(("destination", name)) => (None, Some(name)),
        Some(_) | None => (Some(name), Some(name)),
    };
    let mut reader = engine.store.read().await?;
    let integration = match of_integration {
        Some(name) => integrations::find(&mut reader, name).await?,
        None => None,
    };
    let destination = match of_destination {
        Some(name) => destinations::find(&mut reader, name).await?,
        None => None,
    };
    drop(reader);
    match (integration, destination) {
        (Some(_), Some(_)) => Err(usage(format!(
            "{name} is an integration and a destination. Say --live integration:{name} or --live destination:{name}."
        ))),
        (Some(integration), None) => Ok(Target::integration(engine, &integration).await?),
        (None, Some(destination)) => Ok(Target::destination(engine, &destination).await?),
        (None, None) => Err(usage(format!(
            "There is no integration and no destination called {name}. `deskbridge integration list` and `deskbridge destination list` name them."
        ))),
    }
}

/// # Errors
/// A usage error that says what would be done, where nobody can be asked; else that somebody said no.
fn agree(target: &Target, yes: bool) -> anyhow::Result<()> {
    if yes {
        return Ok(());
    }
    let intention = target.intention();
    if !std::io::stdin().is_terminal() {
        return Err(usage(format!(
            "A live check changes the account, so somebody must agree to it: add --yes. {intention}"
        )));
    }
    output::note(&format!("{intention}\nType yes to go on:"));
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    if read.is_ok() && answer.trim() == "yes" {
        return Ok(());
    }
    Err(anyhow!("Nothing was sent to Zendesk."))
}

fn open(path: &Path) -> anyhow::Result<(File, &Path)> {
    let file = File::create(path).map_err(|error| cannot_write(path, &error))?;
    Ok((file, path))
}

fn cannot_write(path: &Path, error: &std::io::Error) -> anyhow::Error {
    anyhow!(
        "The report cannot be written to {}: {error}. Name another file.",
        path.display()
    )
}

fn show(report: &Report, file: Option<&Path>) {
    let rows = report.findings.iter().map(|finding| {
        vec![
            finding.title.to_owned(),
            finding.verdict.label().to_owned(),
            finding.expected.to_owned(),
            finding.seen.clone(),
            finding.meaning.clone(),
        ]
    });
    let rows: Vec<Vec<String>> = rows.collect();
    let headings = ["PROBE", "RESULT", "EXPECTED", "SEEN", "MEANING"];
    output::table(&headings, &rows);
    let cleaned = report.cleaned;
    let earlier = match cleaned.earlier {
        0 => String::new(),
        count => format!(", and {count} records of an earlier check"),
    };
    output::line(&format!(
        "{} requests. Deleted: {} tickets and {} users of this check{earlier}.",
        report.requests, cleaned.tickets, cleaned.users
    ));
    for left in &report.left_behind {
        let id = left.id.map(|id| format!(" {id}")).unwrap_or_default();
        output::line(&format!("LEFT BEHIND: {}{id}. {}", left.kind, left.why));
    }
    output::line(match report.outcome {
        Outcome::AsExpected => "All is as expected.",
        Outcome::Differs => "Something differs from what Deskbridge expects; see RESULT.",
        Outcome::Unfinished => "Not everything could be found out or deleted; see above.",
    });
    if let Some(file) = file {
        output::line(&format!(
            "The report is in {}. Read it before you send it to the developers.",
            file.display()
        ));
    }
}
