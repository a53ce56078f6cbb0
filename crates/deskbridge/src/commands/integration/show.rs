//! Integrations as a person or a script reads them.

use engine::{Engine, integration_view};
use serde_json::json;
use store::integrations::{self, Integration};
use store::{credentials, runs, users};

use super::find;
use super::health;
use crate::output;

/// How many runs are shown.
const RUNS: i64 = 5;

pub(super) async fn all(engine: &Engine, as_json: bool) -> anyhow::Result<()> {
    let lines = integration_view::list(engine).await?;
    if as_json {
        return output::json(&json!({ "integrations": lines }));
    }
    if lines.is_empty() {
        output::note("There are no integrations yet. Add one with `deskbridge integration add`.");
        return Ok(());
    }
    let rows: Vec<Vec<String>> = lines
        .iter()
        .map(|line| {
            vec![
                output::shown(&line.name, 40),
                if line.active { "active" } else { "inactive" }.to_owned(),
                output::shown(&line.url, 60),
                line.last_run
                    .as_ref()
                    .map_or_else(|| "never".to_owned(), |run| run.state.to_owned()),
                line.next_run_at
                    .map_or_else(|| "-".to_owned(), |at| at.to_string()),
            ]
        })
        .collect();
    output::table(&["NAME", "STATE", "URL", "LAST RUN", "NEXT RUN"], &rows);
    for line in &lines {
        if let Some(notice) = &line.sign_in_notice {
            output::note(&format!("note: {}: {notice}", line.name));
        }
    }
    Ok(())
}

pub(super) async fn one(engine: &Engine, name: &str, as_json: bool) -> anyhow::Result<()> {
    let found = find(engine, name).await?;
    let mut reader = engine.store.read().await?;
    let settings = &found.settings;
    let credential = credentials::find(&mut reader, &settings.credential_id).await?;
    let owner = users::by_ids(&mut reader, std::slice::from_ref(&settings.owner_id))
        .await?
        .remove(&settings.owner_id);
    let last: Vec<integration_view::RunLine> = runs::latest(&mut reader, &found.id, RUNS)
        .await?
        .into_iter()
        .map(Into::into)
        .collect();
    drop(reader);
    let well = integration_view::health(engine, &found).await?;
    let words = integrations::words(settings);
    if as_json {
        let mut shown = json!({
            "id": found.id,
            "name": settings.name,
            "type": settings.kind,
            "url": settings.url,
            "account": found.account,
            "active": found.active,
            "credential": credential.as_ref().map(|credential| &credential.name),
            "sign_in": credential.as_ref().map(|credential| credential.kind.as_str()),
            "api_email": credential.as_ref().and_then(|credential| credential.email.as_ref()),
            "oauth_client_id": credential.as_ref().and_then(|credential| credential.client_id.as_ref()),
            "default_user_email": settings.default_email,
            "owner": owner.as_ref().map(|owner| &owner.email),
            "two_way": settings.two_way,
            "interval_seconds": settings.interval.as_secs(),
            "budget_share": settings.budget_share,
            "maps": settings.maps,
            "next_run_at": found.next_run_at,
            "runs": last,
            "health": well,
        });
        for (name, word) in words {
            shown[name] = word.into();
        }
        return output::json(&shown);
    }
    let none = || "none".to_owned();
    let line = |label: &str, value: &str| output::line(&format!("{label:<20} {value}"));
    line("Name", &settings.name);
    line("State", state(&found));
    line("URL", &settings.url);
    line(
        "Account",
        &found
            .account
            .clone()
            .unwrap_or_else(|| "not reached yet".to_owned()),
    );
    line(
        "Signs in with",
        &credential.map_or_else(none, |credential| {
            format!("{} ({})", credential.name, credential.kind.as_str())
        }),
    );
    line(
        "Default user",
        &settings.default_email.clone().unwrap_or_else(none),
    );
    line("Owner", &owner.map_or_else(none, |owner| owner.email));
    line("Two-way", if settings.two_way { "on" } else { "off" });
    for (name, word) in words {
        line(&capitalised(&name.replace('_', " ")), word);
    }
    line("Interval", &format!("{} s", settings.interval.as_secs()));
    line("Budget share", &format!("{} %", settings.budget_share));
    line(
        "Next run",
        &found.next_run_at.map_or_else(none, |at| at.to_string()),
    );
    for (label, value) in health::lines(&well) {
        line(label, &value);
    }
    for run in &last {
        let problem = run.problem.as_deref().unwrap_or_default();
        line(
            "Run",
            format!("{} {} {problem}", run.created_at, run.state).trim_end(),
        );
    }
    Ok(())
}

fn state(integration: &Integration) -> &'static str {
    if integration.active {
        "active"
    } else {
        "inactive"
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}
