//! How an integration does: its budget, its sweep, its webhook.

use engine::Engine;
use engine::budget::BudgetView;
use engine::integration_view::Health;
use engine::sweep::{self, RoundView};

use super::find;
use crate::output;

/// How an integration does, as lines of a label and what it says.
pub(super) fn lines(health: &Health) -> Vec<(&'static str, String)> {
    let mut lines = vec![("Requests", requests(&health.budget))];
    for closed in &health.budget.closed {
        lines.push(("Closed", format!("{} until {}", closed.what, closed.until)));
    }
    lines.push((
        "Oldest verification",
        health
            .sweep
            .oldest_verified_at
            .map_or_else(|| "no full round yet".to_owned(), |at| at.to_string()),
    ));
    if let Some(round) = &health.sweep.last {
        lines.push(("Last full round", told(round)));
    }
    if let Some(round) = &health.sweep.present {
        lines.push(("Present round", told(round)));
    }
    lines.push((
        "Webhook",
        match &health.webhook {
            None => "none; changes come in by polling".to_owned(),
            Some(webhook) => webhook.last_seen_at.map_or_else(
                || "nothing has come in yet".to_owned(),
                |at| format!("last delivery {at}"),
            ),
        },
    ));
    if let Some(silence) = health
        .webhook
        .as_ref()
        .and_then(|hook| hook.silence.as_ref())
    {
        lines.push(("", silence.clone()));
    }
    lines
}

fn requests(budget: &BudgetView) -> String {
    let BudgetView {
        share,
        limit,
        allowance,
        spent,
        ..
    } = budget;
    match allowance.zip(*limit) {
        Some((allowance, limit)) => format!(
            "{spent} in the last minute of {allowance} we may send ({share} % of what others leave of {limit})"
        ),
        None => format!("{spent} in the last minute; Zendesk has named no limit yet"),
    }
}

fn told(round: &RoundView) -> String {
    let when = match (round.began_at, round.ended_at) {
        (Some(began), Some(ended)) => format!("{began} to {ended}, "),
        (Some(began), None) => format!("since {began}, "),
        (None, _) => String::new(),
    };
    format!("{when}{}", counted(round))
}

fn counted(round: &RoundView) -> String {
    let kinds: Vec<String> = round
        .by_kind
        .iter()
        .map(|(kind, count)| format!("{kind} {count}"))
        .collect();
    let kinds = match kinds.is_empty() {
        true => String::new(),
        false => format!(" ({})", kinds.join(", ")),
    };
    format!(
        "{} tickets verified, {} differences{kinds}",
        round.verified, round.differences
    )
}

/// `deskbridge integration verify`.
pub(super) async fn verify(engine: &Engine, name: &str, as_json: bool) -> anyhow::Result<()> {
    let found = find(engine, name).await?;
    let round = Box::pin(sweep::verify(engine, &found)).await?;
    if as_json {
        return output::json(&round);
    }
    output::line(&format!("{}.", counted(&round)));
    Ok(())
}
