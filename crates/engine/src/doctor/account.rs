//! One integration's account: address, sign-in, role, clock, limits.

use futures_util::future::FutureExt as _;
use jiff::{SignedDuration, Timestamp};
use store::budgets;
use store::credentials::{self, CredentialKind};
use store::integrations::{self, Integration};
use store::runs::{self, RunState};
use zendesk::{Budget, Client};

use super::{Finding, Grade, Look, PATIENCE, ask, looked};
use crate::connection::{connect, look_around};
use crate::engine::Engine;

/// The most that two clocks may differ (security-and-operations.md 5).
const MOST_SKEW: SignedDuration = SignedDuration::from_secs(5);

/// A look at each integration.
pub(super) async fn looks(engine: &Engine) -> Vec<Look<'_>> {
    let listed = async { integrations::list(&mut *engine.store.read().await?).await };
    match listed.await {
        Err(error) => vec![looked(Finding::error("integrations", error.to_string()))],
        Ok(all) if all.is_empty() => vec![looked(Finding::warning(
            "integrations",
            "There is none yet, so nothing is synchronised. Create one under System, Integrations.",
        ))],
        Ok(all) => all
            .into_iter()
            .map(|integration| look(engine, integration).boxed())
            .collect(),
    }
}

async fn look(engine: &Engine, integration: Integration) -> Vec<Finding> {
    let at = |what: &str| format!("{}, {what}", integration.settings.name);
    let mut findings = Vec::new();
    if !integration.active {
        findings.push(Finding::warning(
            at("state"),
            "It is inactive, so nothing is synchronised. Activate it under System, Integrations.",
        ));
    }
    let asked = ask(engine, async {
        let client = connect(engine, &integration.settings).await?;
        let client = client.impatient(PATIENCE);
        let probe = look_around(&client, &integration.settings).await?;
        Ok((client, probe))
    });
    match asked.await {
        Ok((client, probe)) => {
            findings.push(Finding::ok(
                at("sign-in"),
                format!(
                    "Zendesk account {} accepts it, as an administrator.",
                    probe.account
                ),
            ));
            for finding in probe.findings {
                findings.push(Finding::warning(at("default user"), finding));
            }
            findings.push(clock(engine, &client, at("clock")).await);
        }
        Err((grade, why)) => findings.push(Finding::of(grade, at("sign-in"), why)),
    }
    findings.extend(token(engine, &integration, at("API token")).await);
    findings.extend(limits(engine, &integration, at("limits")).await);
    findings.extend(last_run(engine, &integration, at("last run")).await);
    findings
}

/// Zendesk's `Date` against our clock: cursors, leases and expiries all rely on it.
async fn clock(engine: &Engine, client: &Client, check: String) -> Finding {
    let asked = ask(engine, async {
        let before = engine.now();
        client.me().await?;
        Ok((before, client.server_time(), engine.now()))
    });
    match asked.await {
        Ok((before, Some(theirs), after)) => compare(check, before, theirs, after),
        Ok((_, None, _)) => {
            Finding::warning(check, "Zendesk's answer names no time to compare with.")
        }
        Err((_, why)) => Finding::warning(check, why),
    }
}

fn compare(check: String, before: Timestamp, theirs: Timestamp, after: Timestamp) -> Finding {
    // Theirs is cut to the second and was said at some moment in between.
    let ahead = before.duration_since(theirs) - SignedDuration::from_secs(1);
    let behind = theirs.duration_since(after);
    let skew = ahead.max(behind).max(SignedDuration::ZERO);
    if skew < MOST_SKEW {
        return Finding::ok(
            check,
            "The clock of the machine that Deskbridge runs on agrees with Zendesk's.",
        );
    }
    Finding::error(
        check,
        format!(
            "The clock of the machine that Deskbridge runs on is about {} seconds off from Zendesk's. Switch on time synchronisation there (for example systemd-timesyncd) and look again.",
            skew.as_secs()
        ),
    )
}

async fn token(engine: &Engine, integration: &Integration, check: String) -> Option<Finding> {
    let found = async {
        credentials::find(
            &mut *engine.store.read().await?,
            &integration.settings.credential_id,
        )
        .await
    };
    let credential = found.await.ok().flatten()?;
    if credential.kind != CredentialKind::ApiToken {
        return None;
    }
    let sunset = zendesk::api_token_countdown(engine.now());
    let grade = match sunset.stopped {
        true => Grade::Error,
        false => Grade::Warning,
    };
    Some(Finding::of(grade, check, sunset.sentence))
}

async fn limits(engine: &Engine, integration: &Integration, check: String) -> Option<Finding> {
    let address =
        zendesk::Address::parse(&integration.settings.url, &engine.settings.addresses).ok()?;
    let kept =
        async { budgets::load(&mut *engine.store.read().await?, &address.subdomain()).await };
    let budget = match kept.await {
        Ok(kept) => kept.and_then(|kept| serde_json::from_str::<Budget>(&kept).ok()),
        Err(error) => return Some(Finding::warning(check, error.to_string())),
    };
    let known = budget
        .as_ref()
        .and_then(|budget| Some((budget.limit()?, budget)));
    Some(match known {
        Some((limit, budget)) => {
            let now = engine.now();
            let ours = budget.allowance(now).unwrap_or(limit);
            Finding::ok(
                check,
                format!(
                    "Zendesk allows {limit} requests a minute; {ours} of them are ours, {} were sent in this minute.",
                    budget.spent(now)
                ),
            )
        }
        None => Finding::ok(check, "Zendesk has named no request limit so far."),
    })
}

async fn last_run(engine: &Engine, integration: &Integration, check: String) -> Option<Finding> {
    let latest = async { runs::latest(&mut *engine.store.read().await?, &integration.id, 1).await };
    let latest = latest.await.ok()?;
    let run = latest.first()?;
    (run.state == RunState::Failed).then(|| {
        let problem = run.problem.clone();
        Finding::warning(check, problem.unwrap_or_else(|| "It failed.".to_owned()))
    })
}
