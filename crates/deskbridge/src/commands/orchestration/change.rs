//! Adding, editing, scheduling and deleting an orchestration.

use engine::Engine;
use engine::alerts::recipients;
use engine::orchestrations::{self, draft_of, when};
use engine::profile_send::SendSettings;
use store::orchestrations::{Mode, Orchestration, OrchestrationDraft};

use super::timing::TimingFlags;
use super::{SettingsFlags, find};
use crate::commands::naming::checked;
use crate::commands::{destination, query};
use crate::failure::usage;
use crate::installation::ACTOR;
use crate::{map_file, output};

pub(super) async fn add(
    engine: &Engine,
    name: &str,
    (from, to): (&str, &str),
    settings: &SettingsFlags,
    timing: &TimingFlags,
) -> anyhow::Result<()> {
    let name = checked("an orchestration", name)?;
    let mut draft = OrchestrationDraft {
        name: name.to_owned(),
        description: String::new(),
        query_id: query::find(engine, from).await?.id,
        destination_id: destination::find(engine, to).await?.id,
        settings: String::new(),
        mode: Mode::Manual,
        cron: None,
        time_zone: None,
        after_id: None,
        only_if_changed: false,
    };
    settings.lay_over(&mut draft)?;
    timing.lay_over(&mut draft, after_id(engine, timing).await?)?;
    let added = orchestrations::add(engine, &draft, ACTOR).await;
    added.map_err(said_wrongly)?;
    output::line(&format!(
        "Added the orchestration {name}, inactive. Try it with `deskbridge orchestration run {name} --dry-run`."
    ));
    Ok(())
}

/// What `edit` was told.
pub(super) struct Edit {
    pub(super) new_name: Option<String>,
    pub(super) query: Option<String>,
    pub(super) to: Option<String>,
    pub(super) settings: SettingsFlags,
    pub(super) timing: TimingFlags,
}

pub(super) async fn edit(engine: &Engine, name: &str, edit: &Edit) -> anyhow::Result<()> {
    let found = find(engine, name).await?;
    let mut draft = draft_of(&found);
    if let Some(new_name) = &edit.new_name {
        checked("an orchestration", new_name)?.clone_into(&mut draft.name);
    }
    if let Some(from) = &edit.query {
        draft.query_id = query::find(engine, from).await?.id;
    }
    if let Some(to) = &edit.to {
        draft.destination_id = destination::find(engine, to).await?.id;
    }
    edit.settings.lay_over(&mut draft)?;
    edit.timing
        .lay_over(&mut draft, after_id(engine, &edit.timing).await?)?;
    if keep(engine, &found, &draft).await? {
        output::line(&format!("Changed the orchestration {}.", draft.name));
    } else {
        output::line(&format!(
            "Nothing to change in the orchestration {}.",
            found.name
        ));
    }
    Ok(())
}

pub(super) async fn schedule(
    engine: &Engine,
    name: &str,
    timing: TimingFlags,
) -> anyhow::Result<()> {
    if !timing.are_given() {
        return Err(usage(
            "Say when it runs: --cron '0 6 * * *', --after ORCHESTRATION, or --mode manual.",
        ));
    }
    let found = find(engine, name).await?;
    let mut draft = draft_of(&found);
    timing.lay_over(&mut draft, after_id(engine, &timing).await?)?;
    keep(engine, &found, &draft).await?;
    output::line(&format!(
        "The orchestration {} runs {}{}.",
        draft.name,
        when(&draft),
        if found.active {
            ""
        } else {
            ", once it is active"
        }
    ));
    Ok(())
}

/// Keeps what was changed, if it can run when it says so. Returns whether it was another than before.
async fn keep(
    engine: &Engine,
    found: &Orchestration,
    draft: &OrchestrationDraft,
) -> anyhow::Result<bool> {
    let edited = orchestrations::edit(engine, found, draft, ACTOR).await;
    edited.map_err(said_wrongly)
}

/// What was refused is how the command was called.
fn said_wrongly(error: engine::Error) -> anyhow::Error {
    match error {
        engine::Error::Refused(said) => usage(said),
        engine::Error::Store(_)
        | engine::Error::Zendesk(_)
        | engine::Error::Field { .. }
        | engine::Error::Stopped
        | engine::Error::Rejected { .. }
        | engine::Error::Stuck { .. } => error.into(),
    }
}

async fn after_id(engine: &Engine, timing: &TimingFlags) -> anyhow::Result<Option<String>> {
    Ok(match &timing.after {
        Some(name) => Some(find(engine, name).await?.id),
        None => None,
    })
}

impl SettingsFlags {
    /// Puts what was given over what the draft has.
    fn lay_over(&self, draft: &mut OrchestrationDraft) -> anyhow::Result<()> {
        if let Some(description) = &self.description {
            description.trim().clone_into(&mut draft.description);
        }
        let stored = match draft.settings.as_str() {
            "" => Ok(SendSettings::default()),
            json => serde_json::from_str::<SendSettings>(json),
        };
        let mut settings = match &self.map {
            // A file says what becomes of rows, and not who is told; it also replaces what cannot be read.
            Some(map) => SendSettings {
                alert_to: stored.unwrap_or_default().alert_to,
                ..map_file::read(map)?
            },
            None => stored?,
        };
        if let Some(typed) = &self.alert_to {
            settings.alert_to = recipients(typed).map_err(usage)?;
        }
        if let Some(leaving) = self.on_leave {
            settings.on_leave = leaving.kind();
        }
        draft.settings = serde_json::to_string(&settings)?;
        Ok(())
    }
}

pub(super) async fn set_active(engine: &Engine, name: &str, active: bool) -> anyhow::Result<()> {
    let found = find(engine, name).await?;
    orchestrations::set_active(engine, &found, active, ACTOR).await?;
    output::line(&if active {
        format!(
            "The orchestration {} is active and runs {}, by `deskbridge serve`.",
            found.name,
            when(&draft_of(&found))
        )
    } else {
        format!(
            "The orchestration {} is inactive and runs only when asked for.",
            found.name
        )
    });
    Ok(())
}

pub(super) async fn delete(engine: &Engine, name: &str) -> anyhow::Result<()> {
    let found = find(engine, name).await?;
    orchestrations::delete(engine, &found, ACTOR).await?;
    output::line(&format!(
        "Deleted the orchestration {}. Its workflows stay.",
        found.name
    ));
    Ok(())
}
