//! `deskbridge outgoing-webhook`: other systems that are told what happens here. What Zendesk tells us is
//! `deskbridge webhook`.

mod change;
mod show;

use anyhow::anyhow;
use clap::{Args, Subcommand};
use engine::Engine;
use engine::outgoing_webhooks::{self, EventKind};
use store::outgoing_webhooks::OutgoingWebhook;

use crate::commands::naming::one_of;
use crate::installation::{ACTOR, Place};
use crate::output;

/// What to do with outgoing webhooks.
#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Lists them
    List {
        /// Prints one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Adds one and prints its secret, this once
    #[command(
        after_help = "Example:\n  deskbridge outgoing-webhook add crm --url https://crm.example.com/deskbridge \\\n      --event case.created --event case.published --owner ada@example.com"
    )]
    Add {
        /// What the receiver is called
        name: String,
        /// What it is to be
        #[command(flatten)]
        settings: Settings,
        /// Prints one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Changes what is given; the rest stays
    Edit {
        /// Which one, by name or id
        name: String,
        /// What it is called from now on
        #[arg(long, value_name = "NAME")]
        rename: Option<String>,
        /// What it is to be
        #[command(flatten)]
        settings: Settings,
        /// Switches it on
        #[arg(long, conflicts_with = "off")]
        on: bool,
        /// Switches it off
        #[arg(long)]
        off: bool,
    },
    /// Gives it a new secret and prints it, this once; the one before signs too for 24 hours
    Roll {
        /// Which one, by name or id
        name: String,
        /// Prints one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Removes it with everything that waits for it
    Remove {
        /// Which one, by name or id
        name: String,
    },
    /// Sends it a test event now
    Test {
        /// Which one, by name or id
        name: String,
    },
    /// Shows what it was or is to be told, the newest first
    Events {
        /// Which one, by name or id
        name: String,
        /// How many at most
        #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1_000))]
        limit: u16,
        /// Goes on behind the event with this id
        #[arg(long, value_name = "ID")]
        after: Option<String>,
        /// Prints one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Sends an event again, whatever became of it
    Again {
        /// To which one, by name or id
        name: String,
        /// Which event, by its id
        event: String,
    },
}

/// What a webhook is to be.
#[derive(Debug, Args)]
pub(crate) struct Settings {
    /// Where it takes events: https://…
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// A kind of event that it is told of; may be given several times
    #[arg(long = "event", value_name = "KIND", value_parser = kind_words())]
    events: Vec<String>,
    /// The user who answers for it
    #[arg(long, value_name = "EMAIL")]
    owner: Option<String>,
}

fn kind_words() -> clap::builder::PossibleValuesParser {
    EventKind::ALL
        .into_iter()
        .map(|kind| clap::builder::PossibleValue::new(kind.as_str()).help(kind.explain()))
        .collect::<Vec<_>>()
        .into()
}

/// Does it.
pub(crate) async fn run(place: Place, action: Action) -> anyhow::Result<()> {
    let installation = place.open().await?;
    let done = act(&installation.engine, action).await;
    installation.close().await;
    done
}

async fn act(engine: &Engine, action: Action) -> anyhow::Result<()> {
    match action {
        Action::List { json } => show::list(engine, json).await,
        Action::Add {
            name,
            settings,
            json,
        } => change::add(engine, name, settings, json).await,
        Action::Edit {
            name,
            rename,
            settings,
            on,
            off,
        } => {
            let found = find(engine, &name).await?;
            let switch = (on || off).then_some(on);
            change::edit(engine, &found, rename, settings, switch).await
        }
        Action::Roll { name, json } => {
            change::roll(engine, &find(engine, &name).await?, json).await
        }
        Action::Remove { name } => change::remove(engine, &find(engine, &name).await?).await,
        Action::Test { name } => test(engine, &find(engine, &name).await?).await,
        Action::Events {
            name,
            limit,
            after,
            json,
        } => {
            let found = find(engine, &name).await?;
            show::events(engine, &found, usize::from(limit), after.as_deref(), json).await
        }
        Action::Again { name, event } => again(engine, &find(engine, &name).await?, &event).await,
    }
}

async fn find(engine: &Engine, name: &str) -> anyhow::Result<OutgoingWebhook> {
    let all = store::outgoing_webhooks::list(&mut *engine.store.read().await?).await?;
    one_of("outgoing-webhook", name, all, |one| {
        (&one.id, &one.draft.name)
    })
}

async fn test(engine: &Engine, found: &OutgoingWebhook) -> anyhow::Result<()> {
    let tested = Box::pin(outgoing_webhooks::test(engine, found, ACTOR)).await?;
    if !tested.arrived {
        return Err(anyhow!(
            "The test event did not arrive. {}",
            tested.sentence
        ));
    }
    output::line(&tested.sentence);
    Ok(())
}

async fn again(engine: &Engine, found: &OutgoingWebhook, event: &str) -> anyhow::Result<()> {
    if !outgoing_webhooks::send_again(engine, found, event, ACTOR).await? {
        return Err(anyhow!(
            "There is no event {event:?}. `deskbridge outgoing-webhook events {}` shows them.",
            found.draft.name
        ));
    }
    output::line("`deskbridge serve` sends it again now, with the same id.");
    Ok(())
}
