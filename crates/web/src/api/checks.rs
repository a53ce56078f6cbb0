//! Checks over the API: asked for, watched, and what they found.

use std::collections::BTreeMap;

use axum::Json as Answer;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use engine::checks::{self, DryRunView, Found, Wish};
use engine::doctor::Finding;
use engine::dry_run::Told;
use engine::sweep::RoundView;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::checks::{Filter, Subject};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::body::{Json, Query};
use super::page::{Page, Place};
use super::{Caller, Operations};
use crate::access::Right;
use crate::app::App;
use crate::pages::checks::{Named, find, rights, seen};
use crate::pages::{destinations, integrations};
use crate::problem::{Problem, ProblemBody};

pub(crate) fn operations(operations: Operations) -> Operations {
    let manage = Right::ManageIntegrations;
    operations
        // Which checks a token reads and stops goes by what each is of.
        .with(Right::SignedIn, routes!(list_checks))
        .with(Right::ManageSettings, routes!(check_installation))
        .with(Right::SignedIn, routes!(read_check))
        .with(Right::SignedIn, routes!(stop_check))
        .with(manage, routes!(verify_integration))
        .with(manage, routes!(dry_run_integration))
        .with(manage, routes!(live_check_integration))
        .with(Right::ManageDestinations, routes!(live_check_destination))
}

/// A check that was asked for.
#[derive(Serialize, ToSchema)]
struct CheckAsked {
    /// The check's id.
    check: String,
    /// Whether one of its kind was waiting or under way already.
    joined: bool,
}

/// What a live check may do, and that somebody agreed to it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LiveTerms {
    /// Must be true: the check makes a throw-away user and ticket in the account and deletes them, and triggers of
    /// the account may fire.
    agree: bool,
    /// Whether the report may name the account.
    #[serde(default)]
    names_account: bool,
}

/// A check.
#[derive(Serialize, ToSchema)]
struct CheckRecord {
    /// Its id.
    id: String,
    /// `installation`, `verify`, `dry_run` or `live`.
    kind: &'static str,
    /// `waiting`, `running`, `done` or `failed`.
    state: &'static str,
    /// The integration it is of.
    integration_id: Option<String>,
    /// The destination it is of.
    destination_id: Option<String>,
    /// Who asked for it.
    asked_by: String,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    asked_at: jiff::Timestamp,
    /// When it began.
    #[schema(value_type = Option<String>, format = DateTime)]
    began_at: Option<jiff::Timestamp>,
    /// When it ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<jiff::Timestamp>,
    /// What it is at.
    stage: Option<String>,
    /// Why it could not be seen through, with what to do.
    problem: Option<String>,
}

impl From<&Named> for CheckRecord {
    fn from(named: &Named) -> Self {
        let check = &named.check;
        let (integration_id, destination_id) = match &check.subject {
            Subject::Installation => (None, None),
            Subject::Integration(id) => (Some(id.clone()), None),
            Subject::Destination(id) => (None, Some(id.clone())),
        };
        Self {
            id: check.id.clone(),
            kind: check.kind.as_str(),
            state: check.state.as_str(),
            integration_id,
            destination_id,
            asked_by: check.actor.clone(),
            asked_at: check.asked_at,
            began_at: check.began_at,
            ended_at: check.ended_at,
            stage: check.stage.clone(),
            problem: check.problem.clone(),
        }
    }
}

/// A check with what it found.
#[derive(Serialize, ToSchema)]
struct CheckDetails {
    #[serde(flatten)]
    check: CheckRecord,
    /// What a check of the installation found.
    findings: Option<Vec<FindingRecord>>,
    /// What a comparison with Zendesk found.
    round: Option<RoundRecord>,
    /// What a dry run found.
    dry_run: Option<DryRunRecord>,
    /// The report of a live check.
    #[schema(value_type = Option<Object>)]
    report: Option<Value>,
}

/// One finding about the installation.
#[derive(Serialize, ToSchema)]
struct FindingRecord {
    /// What was looked at.
    check: String,
    /// `ok`, `warning` or `error`.
    grade: &'static str,
    /// How it is, and what to do.
    finding: String,
}

impl From<Finding> for FindingRecord {
    fn from(finding: Finding) -> Self {
        Self {
            check: finding.check,
            grade: finding.grade.as_str(),
            finding: finding.finding,
        }
    }
}

/// What was compared with Zendesk.
#[derive(Serialize, ToSchema)]
struct RoundRecord {
    /// Tickets that were compared.
    verified: u64,
    /// Differences that were found.
    differences: u64,
    /// The same by kind: `fields`, `comments`, `cases`, `missing`.
    by_kind: BTreeMap<String, u64>,
}

impl From<RoundView> for RoundRecord {
    fn from(round: RoundView) -> Self {
        Self {
            verified: round.verified,
            differences: round.differences,
            by_kind: round.by_kind,
        }
    }
}

/// Sentences, of very many the first ones.
#[derive(Serialize, ToSchema)]
struct Sentences {
    /// The first ones; none for who sees personal data masked.
    sentences: Vec<String>,
    /// How many more there are.
    more: usize,
}

impl From<Told> for Sentences {
    fn from(told: Told) -> Self {
        Self {
            sentences: told.sentences,
            more: told.more,
        }
    }
}

/// What a sync would do.
#[derive(Serialize, ToSchema)]
struct DryRunRecord {
    /// How it would end: `completed` or `failed`.
    state: String,
    /// Why it would fail.
    problem: Option<String>,
    /// Cases that it would make.
    cases_created: u64,
    /// Cases that it would change.
    cases_updated: u64,
    /// Contacts that it would make.
    contacts_created: u64,
    /// Contacts that it would change.
    contacts_updated: u64,
    /// Conflicts that it would settle.
    conflicts: u64,
    /// Requests that it would take.
    requests: u64,
    /// Every field of a case or contact that would change here.
    changes: Sentences,
    /// Every field that would be written in Zendesk.
    sendings: Sentences,
    /// What would wait or be parked.
    parked: Sentences,
    /// What a person would want to look at.
    warnings: Sentences,
}

impl From<DryRunView> for DryRunRecord {
    fn from(would: DryRunView) -> Self {
        let counters = would.counters;
        Self {
            state: would.state,
            problem: would.problem,
            cases_created: counters.cases.created,
            cases_updated: counters.cases.updated,
            contacts_created: counters.contacts.created,
            contacts_updated: counters.contacts.updated,
            conflicts: counters.conflicts,
            requests: counters.requests,
            changes: would.changes.into(),
            sendings: would.sendings.into(),
            parked: would.parked.into(),
            warnings: would.warnings.into(),
        }
    }
}

impl From<Named> for CheckDetails {
    fn from(named: Named) -> Self {
        let mut details = Self {
            check: CheckRecord::from(&named),
            findings: None,
            round: None,
            dry_run: None,
            report: None,
        };
        match named.check.found {
            Some(Found::Installation(findings)) => {
                details.findings = Some(findings.into_iter().map(FindingRecord::from).collect());
            }
            Some(Found::Verify(round)) => details.round = Some(round.into()),
            Some(Found::DryRun(would)) => details.dry_run = Some((*would).into()),
            Some(Found::Live(report)) => details.report = Some(report),
            None => {}
        }
        details
    }
}

async fn ask(app: &App, caller: &Caller, wish: Wish) -> Result<Response, Problem> {
    let asked = checks::ask(&app.engine, wish, &caller.user.email).await?;
    let place = format!("/api/v1/checks/{}", asked.id);
    let answer = Answer(CheckAsked {
        check: asked.id,
        joined: asked.joined,
    });
    Ok((StatusCode::ACCEPTED, [(LOCATION, place)], answer).into_response())
}

/// The check an address names, for a token that is for such ones. To others it does not exist.
async fn known(app: &App, caller: &Caller, id: &str) -> Result<Named, Problem> {
    let named = find(app, &caller.user, id).await?;
    match caller.covers(rights(&named.check.subject).0) {
        true => Ok(named),
        false => Err(Problem::missing("There is no such check.")),
    }
}

/// List checks
///
/// What people had looked at, the last first, without what was found. Those that the caller could not ask for are
/// left out, and those that its token is not for, so a page may be short of its limit.
#[utoipa::path(
    get, path = "/api/v1/checks", tag = "Checks", params(Place),
    responses(
        (status = 200, description = "A page of checks.", body = Page<CheckRecord>),
        (status = 400, description = "A parameter cannot be as it was sent.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn list_checks(
    State(app): State<App>,
    caller: Caller,
    Query(place): Query<Place>,
) -> Result<Answer<Page<CheckRecord>>, Problem> {
    let filter = Filter {
        of: None,
        before: place.after()?.map(str::to_owned),
    };
    let (checks, next) = seen(&app, &caller.user, &filter, place.limit()).await?;
    let mut checks = caller.see(checks);
    checks.retain(|named| caller.covers(rights(&named.check.subject).0));
    Ok(Answer(Page {
        items: checks.iter().map(CheckRecord::from).collect(),
        next,
    }))
}

/// Check the installation
///
/// Looks at disk, database, people, every account and every source, and says what to do about each finding. It
/// changes nothing.
#[utoipa::path(
    post, path = "/api/v1/checks", tag = "Checks",
    responses(
        (status = 202, description = "It was asked for.", body = CheckAsked, headers(("Location" = String, description = "Where to read what it finds."))),
    ),
)]
async fn check_installation(State(app): State<App>, caller: Caller) -> Result<Response, Problem> {
    ask(&app, &caller, Wish::installation()).await
}

/// Read a check
///
/// How far it is, and what it found. Dry runs are kept for a day, other checks for a month.
#[utoipa::path(
    get, path = "/api/v1/checks/{id}", tag = "Checks",
    params(("id" = String, Path, description = "The check's id.", min_length = 1, max_length = 64)),
    responses(
        (status = 200, description = "The check.", body = CheckDetails),
        (status = 404, description = "There is no such check.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn read_check(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Answer<CheckDetails>, Problem> {
    let named = known(&app, &caller, &id).await?;
    Ok(Answer(caller.see(named).into()))
}

/// Stop a check
///
/// Asks it to end early. What it found is not kept; a live check deletes first what it made, and tells what it found.
/// One that has ended stays as it is.
#[utoipa::path(
    post, path = "/api/v1/checks/{id}/stop", tag = "Checks",
    params(("id" = String, Path, description = "The check's id.", min_length = 1, max_length = 64)),
    responses(
        (status = 202, description = "It was asked to end.", body = CheckDetails),
        (status = 404, description = "There is no such check.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn stop_check(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let named = known(&app, &caller, &id).await?;
    if !caller.covers(rights(&named.check.subject).1) {
        return Err(Problem::scope());
    }
    checks::stop(&app.engine, &named.check.id, &caller.user.email).await?;
    let details = CheckDetails::from(caller.see(named));
    Ok((StatusCode::ACCEPTED, Answer(details)).into_response())
}

/// Compare an integration with Zendesk
///
/// Asks Zendesk for every linked ticket and all their comments, within the account's budget, and puts right what
/// differs.
#[utoipa::path(
    post, path = "/api/v1/integrations/{id}/verify", tag = "Checks",
    params(("id" = String, Path, description = "The integration's id.", min_length = 1, max_length = 64)),
    responses(
        (status = 202, description = "It was asked for.", body = CheckAsked, headers(("Location" = String, description = "Where to read what it finds."))),
        (status = 404, description = "There is no such integration.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "It was deleted meanwhile.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn verify_integration(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = integrations::managed(&app, &caller.user, &id).await?;
    ask(&app, &caller, Wish::verify(&found)).await
}

/// Dry-run a sync
///
/// Finds out every field that a sync would change on either side, on a copy of the database. It changes nothing.
#[utoipa::path(
    post, path = "/api/v1/integrations/{id}/dry-run", tag = "Checks",
    params(("id" = String, Path, description = "The integration's id.", min_length = 1, max_length = 64)),
    responses(
        (status = 202, description = "It was asked for.", body = CheckAsked, headers(("Location" = String, description = "Where to read what it finds."))),
        (status = 404, description = "There is no such integration.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "It was deleted meanwhile.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn dry_run_integration(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = integrations::managed(&app, &caller.user, &id).await?;
    ask(&app, &caller, Wish::dry_run(&found)).await
}

/// Live-check the account of an integration
///
/// Finds out how the Zendesk account behaves where no document says so, on a throw-away user and ticket that are
/// deleted at the end.
#[utoipa::path(
    post, path = "/api/v1/integrations/{id}/live-check", tag = "Checks",
    params(("id" = String, Path, description = "The integration's id.", min_length = 1, max_length = 64)),
    request_body = LiveTerms,
    responses(
        (status = 202, description = "It was asked for.", body = CheckAsked, headers(("Location" = String, description = "Where to read what it finds."))),
        (status = 404, description = "There is no such integration.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "It was deleted meanwhile.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "Nobody agreed to it.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn live_check_integration(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Json { value: terms, .. }: Json<LiveTerms>,
) -> Result<Response, Problem> {
    let found = integrations::managed(&app, &caller.user, &id).await?;
    terms.agreed()?;
    ask(&app, &caller, Wish::live(&found, terms.names_account)).await
}

/// Live-check the account of a destination
///
/// As that of an integration.
#[utoipa::path(
    post, path = "/api/v1/destinations/{id}/live-check", tag = "Checks",
    params(("id" = String, Path, description = "The destination's id.", min_length = 1, max_length = 64)),
    request_body = LiveTerms,
    responses(
        (status = 202, description = "It was asked for.", body = CheckAsked, headers(("Location" = String, description = "Where to read what it finds."))),
        (status = 404, description = "There is no such destination.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "It was deleted meanwhile.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "Nobody agreed to it.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
async fn live_check_destination(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Json { value: terms, .. }: Json<LiveTerms>,
) -> Result<Response, Problem> {
    let found = destinations::find(&app, &caller.user, &id).await?;
    terms.agreed()?;
    ask(
        &app,
        &caller,
        Wish::live_of_destination(&found, terms.names_account),
    )
    .await
}

impl LiveTerms {
    fn agreed(&self) -> Result<(), Problem> {
        match self.agree {
            true => Ok(()),
            false => Err(Problem::invalid(
                "agree",
                "A live check makes and deletes a user and a ticket in the account, so somebody must agree to it: send true.",
            )),
        }
    }
}
