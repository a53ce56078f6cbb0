//! `deskbridge case create`, `edit`, `comment`, `delete`, `restore`: what people do to a case itself.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use domain::case::{CasePriority, CaseStatus};
use engine::Engine;
use engine::actions::{self, CaseEdit, NewCase};
use serde_json::json;
use store::cases::Case;

use super::people::{self, Acting};
use super::ticket::{Asking, sync_of};
use crate::commands::attachment;
use crate::output;

/// The states of a case as they are typed.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum StatusWord {
    /// Nobody has finished or paused it
    Open,
    /// Being worked on, or waiting for the customer
    #[value(alias = "in_progress")]
    InProgress,
    /// Answered; may come back
    Resolved,
    /// Done
    Closed,
}

impl From<StatusWord> for CaseStatus {
    fn from(word: StatusWord) -> Self {
        match word {
            StatusWord::Open => Self::Open,
            StatusWord::InProgress => Self::InProgress,
            StatusWord::Resolved => Self::Resolved,
            StatusWord::Closed => Self::Closed,
        }
    }
}

/// The priorities of a case as they are typed.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum PriorityWord {
    /// It can wait
    Low,
    /// As usual
    Normal,
    /// Before others
    High,
}

impl From<PriorityWord> for CasePriority {
    fn from(word: PriorityWord) -> Self {
        match word {
            PriorityWord::Low => Self::Low,
            PriorityWord::Normal => Self::Normal,
            PriorityWord::High => Self::High,
        }
    }
}

/// What `case create` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  deskbridge case create --subject \"Printer on fire\" --description \"Third floor.\" --priority high\n  deskbridge case create --subject \"Invoice\" --contact grace@example.com --assigned-to ada@example.com --json"
)]
pub(crate) struct Create {
    /// What it is about, in a few words
    #[arg(long, value_name = "TEXT")]
    subject: String,
    /// What it is about, at length
    #[arg(long, value_name = "TEXT", default_value = "")]
    description: String,
    /// How urgent it is
    #[arg(long, value_enum, default_value = "normal")]
    priority: PriorityWord,
    /// The customer it is for: a contact's primary email or id
    #[arg(long, value_name = "EMAIL|ID")]
    contact: Option<String>,
    /// The user who works on it
    #[arg(long, value_name = "EMAIL")]
    assigned_to: Option<String>,
    /// The user who owns it (default: who makes it)
    #[arg(long, value_name = "EMAIL")]
    owner: Option<String>,
    #[command(flatten)]
    acting: Acting,
    /// Prints one JSON object
    #[arg(long)]
    json: bool,
}

/// What `case edit` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  deskbridge case edit 12 --status resolved\n  deskbridge case edit 12 --priority high --assigned-to grace@example.com\n  deskbridge case edit 12 --assigned-to ''",
    group = clap::ArgGroup::new("change").required(true).multiple(true)
)]
pub(crate) struct Edit {
    /// The case's number or id
    case: String,
    /// A new subject
    #[arg(long, value_name = "TEXT", group = "change")]
    subject: Option<String>,
    /// A new description; it stays here, since Zendesk's cannot be changed
    #[arg(long, value_name = "TEXT", group = "change")]
    description: Option<String>,
    /// A new status
    #[arg(long, value_enum, group = "change")]
    status: Option<StatusWord>,
    /// A new priority
    #[arg(long, value_enum, group = "change")]
    priority: Option<PriorityWord>,
    /// The user who works on it from now on; '' for nobody
    #[arg(long, value_name = "EMAIL", group = "change")]
    assigned_to: Option<String>,
    /// The customer it is for: a contact's primary email or id; '' for nobody
    #[arg(long, value_name = "EMAIL|ID", group = "change")]
    contact: Option<String>,
    #[command(flatten)]
    acting: Acting,
    /// Prints one JSON object
    #[arg(long)]
    json: bool,
}

/// What `case comment` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  deskbridge case comment 12 \"Call the fire brigade.\"\n  deskbridge case comment 12 \"We look at it.\" --public\n  deskbridge case comment 12 \"See the report.\" --public --attach report.pdf"
)]
pub(crate) struct Comment {
    /// The case's number or id
    case: String,
    /// What it says: plain text, shown as typed
    #[arg(allow_hyphen_values = true)]
    text: String,
    /// Lets the customer see it
    #[arg(long)]
    public: bool,
    /// Files that go with it, 20 at most, each of 50 MB at most unless the settings say otherwise
    #[arg(long, value_name = "FILE", num_args = 1..)]
    attach: Vec<PathBuf>,
    #[command(flatten)]
    acting: Acting,
    /// Prints one JSON object
    #[arg(long)]
    json: bool,
}

/// Makes a case.
///
/// # Errors
/// A sentence; nothing is made then.
pub(crate) async fn create(engine: &Engine, arguments: Create) -> anyhow::Result<()> {
    let actor = arguments.acting.find(engine).await?;
    let contact = arguments.contact.as_deref().unwrap_or_default();
    let assigned_to = arguments.assigned_to.as_deref().unwrap_or_default();
    let owner = arguments.owner.as_deref().unwrap_or_default();
    let new = NewCase {
        subject: arguments.subject,
        description: arguments.description,
        priority: arguments.priority.into(),
        contact: people::contact(engine, contact).await?,
        assigned_to: people::user(engine, assigned_to).await?,
        owner: people::user(engine, owner).await?.unwrap_or(actor.id),
    };
    let made = actions::create(engine, new, &actor.email).await?;
    tell(engine, &made, "was made", arguments.json).await
}

/// Changes a case.
///
/// # Errors
/// A sentence; nothing is changed then.
pub(crate) async fn edit(engine: &Engine, arguments: Edit) -> anyhow::Result<()> {
    let actor = arguments.acting.find(engine).await?;
    let assigned_to = match &arguments.assigned_to {
        Some(email) => Some(people::user(engine, email).await?),
        None => None,
    };
    let contact = match &arguments.contact {
        Some(email) => Some(people::contact(engine, email).await?),
        None => None,
    };
    let edit = CaseEdit {
        subject: arguments.subject,
        description: arguments.description,
        status: arguments.status.map(Into::into),
        priority: arguments.priority.map(Into::into),
        assigned_to,
        contact,
    };
    let edited = actions::edit(engine, &arguments.case, edit, &actor.email).await?;
    tell(engine, &edited, "is as you said", arguments.json).await
}

/// Adds a comment to a case.
///
/// # Errors
/// A sentence; nothing is added then.
pub(crate) async fn comment(engine: &Engine, arguments: Comment) -> anyhow::Result<()> {
    let author = arguments.acting.find(engine).await?;
    let said = attachment::Said {
        case: &arguments.case,
        text: Some(&arguments.text),
        public: arguments.public,
        files: &arguments.attach,
    };
    attachment::say(engine, said, &author, arguments.json).await
}

/// Deletes a case here.
///
/// # Errors
/// A sentence; nothing is deleted then.
pub(crate) async fn delete(engine: &Engine, arguments: Asking) -> anyhow::Result<()> {
    let Asking { case, acting, json } = &arguments;
    let actor = acting.find(engine).await?;
    actions::delete(engine, case, &actor.email).await?;
    done(
        engine,
        case,
        &format!(
            "was deleted here. Its ticket, if it has one, is left as it is. `deskbridge case restore {case}` brings the case back"
        ),
        *json,
    )
    .await
}

/// Restores a case that was deleted here.
///
/// # Errors
/// A sentence; nothing is restored then.
pub(crate) async fn restore(engine: &Engine, arguments: Asking) -> anyhow::Result<()> {
    let Asking { case, acting, json } = &arguments;
    let actor = acting.find(engine).await?;
    actions::restore(engine, case, &actor.email).await?;
    let what = "is back. If it has a ticket, it catches up with it at the next sync";
    done(engine, case, what, *json).await
}

/// Says that something was done to a case, and nothing of its ticket, which has no part in it yet.
async fn done(engine: &Engine, case: &str, what: &str, as_json: bool) -> anyhow::Result<()> {
    let sync = sync_of(engine, case).await?;
    if as_json {
        return output::json(&json!({ "case": sync.case, "sync": sync }));
    }
    output::line(&format!("Case {} {what}.", sync.case));
    Ok(())
}

/// Says what became of a case, and whether it is in step with its ticket.
///
/// # Errors
/// As the database says.
pub(crate) async fn tell(
    engine: &Engine,
    case: &Case,
    what: &str,
    as_json: bool,
) -> anyhow::Result<()> {
    let sync = sync_of(engine, &case.id).await?;
    if as_json {
        return output::json(&json!({ "case": case.number, "id": case.id, "sync": sync }));
    }
    output::line(&format!("Case {} {what}.", case.number));
    output::line(&sync.sentence);
    Ok(())
}
