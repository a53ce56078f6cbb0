//! One integration's account: address, sign-in, role, clock, limits.

use engine::{Engine, connection};
use jiff::SignedDuration;
use store::budgets;
use store::credentials::{self, CredentialKind};
use store::integrations::Integration;
use store::runs::{self, RunState};
use zendesk::Budget;

use super::{Findings, Grade};

/// The most that two clocks may differ (security-and-operations.md 5).
const MOST_SKEW: SignedDuration = SignedDuration::from_secs(5);

pub(super) async fn check(engine: &Engine, integration: &Integration, findings: &mut Findings) {
    let name = &integration.settings.name;
    let at = |what: &str| format!("{name}, {what}");
    if !integration.active {
        findings.add(
            at("state"),
            Grade::Warning,
            format!("It is inactive, so nothing is synchronised. Switch it on with `deskbridge integration activate {name}`."),
        );
    }
    match Box::pin(connection::probe(engine, &integration.settings)).await {
        Ok(probe) => {
            findings.add(
                at("sign-in"),
                Grade::Ok,
                format!(
                    "Zendesk account {} accepts it, as an administrator.",
                    probe.account
                ),
            );
            for finding in probe.findings {
                findings.add(at("default user"), Grade::Warning, finding);
            }
            check_clock(engine, integration, findings).await;
        }
        Err(error) => findings.add(at("sign-in"), Grade::Error, error.to_string()),
    }
    check_token(engine, integration, findings).await;
    check_limits(engine, integration, findings).await;
    check_last_run(engine, integration, findings).await;
}

/// Zendesk's `Date` against our clock: cursors, leases and expiries all rely on it.
async fn check_clock(engine: &Engine, integration: &Integration, findings: &mut Findings) {
    let check = format!("{}, clock", integration.settings.name);
    let asked = async {
        let client = connection::connect(engine, &integration.settings).await?;
        let before = engine.now();
        client.me().await?;
        Ok::<_, engine::Error>((before, client.server_time(), engine.now()))
    };
    let (before, theirs, after) = match Box::pin(asked).await {
        Ok(times) => times,
        Err(error) => return findings.add(check, Grade::Warning, error.to_string()),
    };
    let Some(theirs) = theirs else {
        return findings.add(
            check,
            Grade::Warning,
            "Zendesk's answer names no time to compare with.",
        );
    };
    // Theirs is cut to the second and was said at some moment in between.
    let ahead = before.duration_since(theirs) - SignedDuration::from_secs(1);
    let behind = theirs.duration_since(after);
    let skew = ahead.max(behind).max(SignedDuration::ZERO);
    if skew < MOST_SKEW {
        findings.add(
            check,
            Grade::Ok,
            "This machine's clock agrees with Zendesk's.",
        );
    } else {
        findings.add(
            check,
            Grade::Error,
            format!(
                "This machine's clock is about {} seconds off from Zendesk's. Switch on time synchronisation (for example systemd-timesyncd) and run this again.",
                skew.as_secs()
            ),
        );
    }
}

async fn check_token(engine: &Engine, integration: &Integration, findings: &mut Findings) {
    let found = async {
        credentials::find(
            &mut *engine.store.read().await?,
            &integration.settings.credential_id,
        )
        .await
    };
    if let Ok(Some(credential)) = found.await
        && credential.kind == CredentialKind::ApiToken
    {
        let sunset = zendesk::api_token_countdown(engine.now());
        findings.add(
            format!("{}, API token", integration.settings.name),
            if sunset.stopped {
                Grade::Error
            } else {
                Grade::Warning
            },
            sunset.sentence,
        );
    }
}

async fn check_limits(engine: &Engine, integration: &Integration, findings: &mut Findings) {
    let check = format!("{}, limits", integration.settings.name);
    let Ok(address) =
        zendesk::Address::parse(&integration.settings.url, &engine.settings.addresses)
    else {
        return;
    };
    let kept =
        async { budgets::load(&mut *engine.store.read().await?, &address.subdomain()).await };
    let budget = match kept.await {
        Ok(kept) => kept.and_then(|kept| serde_json::from_str::<Budget>(&kept).ok()),
        Err(error) => return findings.add(check, Grade::Warning, error.to_string()),
    };
    match budget
        .as_ref()
        .and_then(|budget| Some((budget.limit()?, budget)))
    {
        Some((limit, budget)) => {
            let now = engine.now();
            let ours = budget.allowance(now).unwrap_or(limit);
            findings.add(
                check,
                Grade::Ok,
                format!(
                    "Zendesk allows {limit} requests a minute; {ours} of them are ours, {} were sent in this minute.",
                    budget.spent(now)
                ),
            );
        }
        None => findings.add(
            check,
            Grade::Ok,
            "Zendesk has named no request limit so far.",
        ),
    }
}

async fn check_last_run(engine: &Engine, integration: &Integration, findings: &mut Findings) {
    let latest = async { runs::latest(&mut *engine.store.read().await?, &integration.id, 1).await };
    if let Ok(latest) = latest.await
        && let Some(run) = latest.first()
        && run.state == RunState::Failed
    {
        findings.add(
            format!("{}, last run", integration.settings.name),
            Grade::Warning,
            run.problem
                .clone()
                .unwrap_or_else(|| "It failed.".to_owned()),
        );
    }
}
