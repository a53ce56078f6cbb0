//! What people are told without looking: one alert for each change of state, in the notifications pane, and
//! by mail and webhook where they are configured (profile-send.md 4).
//!
//! An alert is a row, written in the transaction that changed the state. What goes out says the same as the
//! row, without personal data: title, cause, counts and a way to the page. Each channel has its own account
//! of each alert, kept with it, so that one that fails holds up neither the other nor any workflow.

mod delivery;
mod message;
mod recipients;
mod trial;

use std::collections::BTreeMap;

use domain::profile::action::Trouble;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::Tx;
use store::alerts::{self, Alert};
use store::orchestrations::{self, Orchestration};
use store::workflows::{self, Workflow, WorkflowKind};

use crate::engine::Engine;
use crate::error::Result;
use crate::orchestrations::SCHEDULE;
use crate::profile_send::{Counts, Rows};

pub use delivery::{Channel, deliver, deliver_once};
pub use notify::mail::{MailSettings, Tls};
pub use notify::webhook::WebhookSettings;
pub use recipients::recipients;
pub use trial::test;

/// A workflow waits for a person.
pub const FAILED: &str = "workflow_failed";
/// A workflow was completed that had failed, or whose orchestration had.
pub const GOES_AGAIN: &str = "workflow_goes_again";
/// An orchestration was due and could not begin.
pub const NOT_RUN: &str = "orchestration_not_run";
/// An outgoing webhook was tried for so long that events for it were given up.
pub const WEBHOOK_GAVE_UP: &str = "outgoing_webhook_gave_up";
/// An outgoing webhook was switched off, since its receiver is gone.
pub const WEBHOOK_OFF: &str = "outgoing_webhook_off";

/// Where alerts go beside the notifications pane. By default nowhere.
#[derive(Debug, Clone, Default)]
pub struct Channels {
    /// By mail.
    pub mail: Option<MailSettings>,
    /// By signed webhook.
    pub webhook: Option<WebhookSettings>,
    /// The address of our own pages, without a slash at its end, for links.
    pub pages: Option<String>,
}

impl Channels {
    /// Looks whether what is configured can work, without connecting to anything.
    ///
    /// # Errors
    /// Which setting cannot.
    pub fn check(&self) -> Result<(), notify::Error> {
        if let Some(settings) = &self.mail {
            notify::mail::Mailer::new(settings)?;
        }
        if let Some(settings) = &self.webhook {
            notify::webhook::Caller::new(settings)?;
        }
        Ok(())
    }
}

/// What is known of an alert's subject, as it was when the alert was made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct About {
    /// The title of the workflow, or the name of the orchestration.
    title: String,
    /// The word of what stopped it, if something did.
    trouble: Option<String>,
    /// What had become of its rows.
    rows: Rows,
    /// Who is mailed beside those of the installation.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    also_to: Vec<String>,
}

/// What went out of an alert, as it is kept with it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Mailed {
    /// Whether nothing is left to send. It stays the first field: the store looks for [`alerts::OVER`].
    over: bool,
    about: About,
    channels: BTreeMap<String, Attempts>,
}

/// How far one channel is with one alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Attempts {
    state: State,
    /// How often it was tried.
    tries: u32,
    /// When it is tried again; while it is being sent, when it counts as given up by a process that died.
    next_at: Timestamp,
    /// Why the last try failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sentence: Option<String>,
}

/// Where one channel stands with one alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    /// A process is at it. Set when a try begins.
    Sending,
    /// The last try failed. Set when it did.
    Waiting,
    /// It has gone out. Set when the other side took it.
    Sent,
    /// It was tried for a day. Set by the last try.
    GivenUp,
}

impl State {
    const fn is_over(self) -> bool {
        match self {
            Self::Sent | Self::GivenUp => true,
            Self::Sending | Self::Waiting => false,
        }
    }
}

impl Mailed {
    /// What is kept with an alert; nothing, or nothing that can be read, is nothing sent.
    fn of(alert: &Alert) -> Self {
        alert
            .mailed
            .as_deref()
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default()
    }

    fn text(&self) -> String {
        // Texts, numbers and keys of text always serialise.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Tells people that a workflow waits for them: once for each change of state. A scheduled one that fails
/// as the one before it did changes nothing.
pub(crate) async fn failed(
    engine: &Engine,
    tx: &mut Tx,
    workflow: &Workflow,
    trouble: Trouble,
    sentence: &str,
) -> Result<()> {
    let is_untouched = workflow.requested_by == SCHEDULE && workflow.approved.is_none();
    if is_untouched && let Some(last) = last_of(tx, workflow).await? {
        let before = Mailed::of(&last).about.trouble;
        let same = before.as_deref() == Some(trouble.as_str());
        // Its own failure is told anew: it was opened again, so a person has acted.
        if last.kind == FAILED && same && last.workflow_id.as_deref() != Some(&workflow.id) {
            return Ok(());
        }
    }
    let text = format!("{}: {}. {sentence}", workflow.title, trouble.title());
    let about = about(engine, tx, workflow, Some(trouble)).await?;
    add(engine, tx, Some(&workflow.id), FAILED, &text, about).await
}

/// Tells people that what had failed was completed; says nothing if nothing had.
pub(crate) async fn completed(engine: &Engine, tx: &mut Tx, workflow: &Workflow) -> Result<()> {
    match last_of(tx, workflow).await? {
        Some(last) if last.kind == FAILED => {}
        Some(_) | None => return Ok(()),
    }
    let text = format!(
        "{}: goes again. The workflow was completed.",
        workflow.title
    );
    let about = about(engine, tx, workflow, None).await?;
    add(engine, tx, Some(&workflow.id), GOES_AGAIN, &text, about).await
}

/// Tells people that an orchestration was due and could not begin, unless they have yet to read the same.
pub(crate) async fn not_run(
    engine: &Engine,
    tx: &mut Tx,
    orchestration: &Orchestration,
    sentence: &str,
) -> Result<()> {
    let text = format!("{}: could not begin. {sentence}", orchestration.name);
    if alerts::is_told(tx, NOT_RUN, &text).await? {
        return Ok(());
    }
    let about = About {
        title: orchestration.name.clone(),
        also_to: recipients::of(engine, orchestration),
        ..About::default()
    };
    add(engine, tx, None, NOT_RUN, &text, about).await
}

/// Tells people that events do not reach another system any more: `name` is what it is called here.
pub(crate) async fn webhook_trouble(
    engine: &Engine,
    tx: &mut Tx,
    kind: &str,
    name: &str,
    sentence: &str,
) -> Result<()> {
    let about = About {
        title: name.to_owned(),
        ..About::default()
    };
    add(engine, tx, None, kind, sentence, about).await
}

/// What was last told of a workflow, or of its orchestration's sends if it is one of them.
async fn last_of(tx: &mut Tx, workflow: &Workflow) -> Result<Option<Alert>> {
    let orchestration = match workflow.kind {
        WorkflowKind::Send => workflow.orchestration_id.as_deref(),
        WorkflowKind::DryRun | WorkflowKind::Test => None,
    };
    Ok(alerts::last_of(tx, &workflow.id, orchestration).await?)
}

/// What is known of a workflow now.
async fn about(
    engine: &Engine,
    tx: &mut Tx,
    workflow: &Workflow,
    trouble: Option<Trouble>,
) -> Result<About> {
    let counts = workflows::find(tx, &workflow.id)
        .await?
        .and_then(|found| serde_json::from_str::<Counts>(&found.counts).ok())
        .unwrap_or_default();
    let also_to = match &workflow.orchestration_id {
        // As it is configured now, and not as it was when the workflow began.
        Some(id) => orchestrations::find(tx, id)
            .await?
            .map(|found| recipients::of(engine, &found)),
        None => None,
    };
    Ok(About {
        title: workflow.title.clone(),
        trouble: trouble.map(|trouble| trouble.as_str().to_owned()),
        rows: counts.rows,
        also_to: also_to.unwrap_or_default(),
    })
}

async fn add(
    engine: &Engine,
    tx: &mut Tx,
    workflow: Option<&str>,
    kind: &str,
    sentence: &str,
    about: About,
) -> Result<()> {
    let made = alerts::add(tx, workflow, kind, sentence, engine.now(), &*engine.dice).await?;
    let mailed = Mailed {
        about,
        ..Mailed::default()
    };
    alerts::keep_mailed(tx, &made.id, &mailed.text()).await?;
    Ok(())
}
