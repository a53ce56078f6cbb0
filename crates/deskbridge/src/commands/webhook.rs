//! `deskbridge webhook`: what Zendesk tells by itself, so that its changes are here at once.

use clap::Subcommand;
use engine::Engine;
use engine::webhooks::{self, Change, Standing, Status};
use serde_json::json;
use store::integrations::Integration;

use crate::commands::integration::find;
use crate::installation::{ACTOR, Place};
use crate::output;

/// What to do with the webhook of an integration.
#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Makes it in Zendesk, or mends the one that is there. Safe to repeat
    #[command(
        after_help = "Examples:\n  deskbridge webhook install acme\n  deskbridge webhook install acme --url https://desk.example.com"
    )]
    Install {
        /// Which integration
        name: String,
        /// The address at which Zendesk reaches this installation (default: web.public_url of the
        /// configuration)
        #[arg(long, value_name = "PUBLIC_URL")]
        url: Option<String>,
    },
    /// Has Zendesk sign with another secret; the former one is good for 24 hours more
    Rotate {
        /// Which integration
        name: String,
    },
    /// Removes it, in Zendesk and here. Changes then come in by polling only
    Remove {
        /// Which integration
        name: String,
    },
    /// Shows whether deliveries come in, and what became of them
    Status {
        /// Which integration
        name: String,
        /// Prints one JSON object
        #[arg(long)]
        json: bool,
    },
}

/// Does it.
pub(crate) async fn run(place: Place, action: Action) -> anyhow::Result<()> {
    let installation = place.open().await?;
    let engine = &installation.engine;
    match action {
        Action::Install { name, url } => {
            let url = url.as_deref().unwrap_or(&place.config.web.public_url);
            install(engine, &name, url).await?;
        }
        Action::Rotate { name } => {
            let found = find(engine, &name).await?;
            let until = Box::pin(webhooks::rotate(engine, &found, ACTOR)).await?;
            output::line(&format!(
                "Zendesk signs with a new secret. The former one is good until {until}."
            ));
        }
        Action::Remove { name } => {
            let found = find(engine, &name).await?;
            let said = match Box::pin(webhooks::remove(engine, &found, ACTOR)).await? {
                true => "was removed; its changes come in by polling only",
                false => "has no webhook, so there was nothing to remove",
            };
            output::line(&format!(
                "Integration {}: the webhook {said}.",
                found.settings.name
            ));
        }
        Action::Status { name, json } => status(engine, &name, json).await?,
    }
    installation.close().await;
    Ok(())
}

async fn install(engine: &Engine, name: &str, url: &str) -> anyhow::Result<()> {
    let found = find(engine, name).await?;
    let done = Box::pin(webhooks::install(engine, &found, url, ACTOR)).await?;
    let said = match done.change {
        Change::Made => "was made in Zendesk",
        Change::Mended => "was there and was mended",
        Change::None => "is as it should be",
    };
    output::line(&format!(
        "The webhook {said}. Zendesk calls {}.",
        done.endpoint
    ));
    if !found.active {
        output::note(&format!(
            "note: Integration {0} is inactive, so what comes in waits until it is activated: `deskbridge integration activate {0}`.",
            found.settings.name
        ));
    }
    Ok(())
}

async fn status(engine: &Engine, name: &str, as_json: bool) -> anyhow::Result<()> {
    let found = find(engine, name).await?;
    let Some(status) = webhooks::status(engine, &found).await? else {
        if as_json {
            return output::json(&json!({ "webhook": null }));
        }
        output::note(&format!(
            "Integration {0} has no webhook; its changes come in by polling. Make one with `deskbridge webhook install {0}`.",
            found.settings.name
        ));
        return Ok(());
    };
    let there = in_zendesk(engine, &found, &status).await;
    if as_json {
        return output::json(&json!({ "webhook": status, "in_zendesk": there }));
    }
    let line = |label: &str, value: &str| output::line(&format!("{label:<20} {value}"));
    let none = || "never".to_owned();
    line("Address", &status.endpoint);
    line("In Zendesk", &there);
    line("Set up", &status.created_at.to_string());
    let seen = status.last_seen_at.map_or_else(none, |at| at.to_string());
    line("Last delivery", &seen);
    if let Some(until) = status.previous_until {
        line("Former secret", &format!("good until {until}"));
    }
    line("Noted", &status.counts.noted.to_string());
    line("Repeated", &status.counts.repeated.to_string());
    line("Ignored", &status.counts.ignored.to_string());
    line("Refused", &status.counts.rejected.to_string());
    let waiting = match status.oldest_waiting_at {
        Some(since) => format!("{} since {since}", status.waiting),
        None => status.waiting.to_string(),
    };
    line("Waiting", &waiting);
    if let Some(silence) = &status.silence {
        output::note(&format!("warning: {silence}"));
    }
    Ok(())
}

/// What Zendesk says of it, or why that is not known.
async fn in_zendesk(engine: &Engine, found: &Integration, status: &Status) -> String {
    match Box::pin(webhooks::standing(engine, found, status)).await {
        Standing::Known(word) => word,
        Standing::Unknown(why) => format!("unknown: {why}"),
    }
}
