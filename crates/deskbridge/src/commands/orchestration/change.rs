//! Adding, editing, scheduling and deleting an orchestration.

use engine::Engine;
use engine::profile_send::SendSettings;
use store::orchestrations::{self, Mode, Orchestration, OrchestrationDraft};

use super::timing::TimingFlags;
use super::{SettingsFlags, find};
use crate::commands::naming::{checked, in_use};
use crate::commands::{destination, query};
use crate::failure::usage;
use crate::installation::ACTOR;
use crate::{map_file, output};

/// So many orchestrations may follow one another before it must be a circle.
const LONGEST_CHAIN: usize = 1_000;

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
    let mut tx = engine.store.begin().await?;
    orchestrations::add(&mut tx, &draft, engine.act(ACTOR)).await?;
    tx.commit().await?;
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
    if draft == draft_of(&found) {
        output::line(&format!(
            "Nothing to change in the orchestration {}.",
            found.name
        ));
        return Ok(());
    }
    keep(engine, &found, &draft).await?;
    output::line(&format!("Changed the orchestration {}.", draft.name));
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

/// Keeps what was changed, unless orchestrations would then wait for each other in a circle.
async fn keep(
    engine: &Engine,
    found: &Orchestration,
    draft: &OrchestrationDraft,
) -> anyhow::Result<()> {
    let mut tx = engine.store.begin().await?;
    let mut next = draft.after_id.clone();
    for _ in 0..LONGEST_CHAIN {
        let Some(id) = next else { break };
        if id == found.id {
            return Err(usage(format!(
                "The orchestration {} would run after itself. Name one with --after that does not run after it.",
                found.name
            )));
        }
        next = orchestrations::find(&mut tx, &id)
            .await?
            .and_then(|earlier| earlier.after_id);
    }
    orchestrations::edit(&mut tx, found, draft, engine.act(ACTOR)).await?;
    Ok(tx.commit().await?)
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
        let mut settings: SendSettings = match (&self.map, draft.settings.as_str()) {
            (Some(map), _) => map_file::read(map)?,
            (None, "") => SendSettings::default(),
            (None, json) => serde_json::from_str(json)?,
        };
        if let Some(leaving) = self.on_leave {
            settings.on_leave = leaving.kind();
        }
        draft.settings = serde_json::to_string(&settings)?;
        Ok(())
    }
}

/// When it runs, for people.
pub(super) fn when(draft: &OrchestrationDraft) -> String {
    let changed = if draft.only_if_changed {
        ", if the source changed"
    } else {
        ""
    };
    match draft.mode {
        Mode::Manual => "when asked for".to_owned(),
        Mode::Cron => format!(
            "at {} {}{changed}",
            draft.cron.as_deref().unwrap_or_default(),
            draft.time_zone.as_deref().unwrap_or("UTC")
        ),
        Mode::After => format!("after another one{changed}"),
    }
}

/// An orchestration as it would be stored again.
pub(super) fn draft_of(found: &Orchestration) -> OrchestrationDraft {
    let found = found.clone();
    OrchestrationDraft {
        name: found.name,
        description: found.description,
        query_id: found.query_id,
        destination_id: found.destination_id,
        settings: found.settings,
        mode: found.mode,
        cron: found.cron,
        time_zone: found.time_zone,
        after_id: found.after_id,
        only_if_changed: found.only_if_changed,
    }
}

pub(super) async fn set_active(engine: &Engine, name: &str, active: bool) -> anyhow::Result<()> {
    let found = find(engine, name).await?;
    let query = query::find(engine, &found.query_id).await?;
    if active && !query.active {
        return Err(anyhow::anyhow!(
            "The query {0} is a draft, and only an activated query feeds an orchestration. Look at its rows and activate it: `deskbridge query activate {0}`.",
            query.name
        ));
    }
    let mut tx = engine.store.begin().await?;
    orchestrations::set_active(&mut tx, &found, active, engine.act(ACTOR)).await?;
    tx.commit().await?;
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
    let mut tx = engine.store.begin().await?;
    // Looked up inside the transaction, so that none can begin to use it meanwhile.
    let uses = orchestrations::uses(&mut tx, &found.id).await?;
    if !uses.is_empty() {
        return Err(in_use("orchestration", &found.name, &uses));
    }
    orchestrations::delete(&mut tx, &found, engine.act(ACTOR)).await?;
    tx.commit().await?;
    output::line(&format!(
        "Deleted the orchestration {}. Its workflows stay.",
        found.name
    ));
    Ok(())
}
