//! Sends of profiles over real sockets, on both databases: every row ends in exactly one outcome, nobody is
//! created twice, and whatever fails tells a person what to do (profile-send.md). Each story counts on both
//! sides.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod budget;
mod cases;
mod crash;
mod outcomes;
mod pace;
mod tags;
mod troubles;

use domain::profile::action::ActionKind;
use engine::profile_send::{Counts, DestinationSettings, Rows, SendSettings, SourceSpec};
use engine::workflows::{self, Plan};
use store::destinations::{self, Destination, DestinationDraft, Environment};
use store::workflow_rows::{self, WorkflowRow};
use store::workflows::{Workflow, WorkflowKind, WorkflowState};
use world::{Builder, World};

/// What the destination of every story is called.
const DESTINATION: &str = "support";

/// A world whose Zendesk has three people of staff and no customers. It takes bulk jobs, since what becomes
/// of them is what the stories are about; what happens where it takes none has a story of its own.
fn quiet() -> Builder {
    let world = World::builder().tickets(0).users(3).comments(1).inactive();
    world.simulator(|config| config.switches.bulk_user_import = true)
}

/// The destination, made when first asked for, with settings that a story wants.
async fn destination(world: &World, change: impl FnOnce(&mut DestinationSettings)) -> Destination {
    let engine = world.engine();
    let found = destinations::find(&mut engine.store.read().await.unwrap(), DESTINATION).await;
    if let Some(found) = found.unwrap() {
        return found;
    }
    let integration = world.integration().await;
    // No cap: the clock of the stories would only run further.
    let mut settings = DestinationSettings {
        users_per_second: 0,
        ..DestinationSettings::default()
    };
    change(&mut settings);
    let draft = DestinationDraft {
        name: DESTINATION.to_owned(),
        description: String::new(),
        credential_id: integration.settings.credential_id.clone(),
        url: integration.settings.url.clone(),
        account: "simulated".to_owned(),
        environment: Environment::Sandbox,
        admin_only: false,
        allow_restricted: false,
        settings: serde_json::to_string(&settings).unwrap(),
    };
    engine::profile_send::probe(engine, &draft).await.unwrap();
    let mut tx = engine.store.begin().await.unwrap();
    let act = engine.act(world::ADMIN_EMAIL);
    let added = destinations::add(&mut tx, &draft, act).await.unwrap();
    tx.commit().await.unwrap();
    added
}

/// Sends the rows of a CSV text and sees the workflow through.
async fn send(world: &World, csv: &str) -> Workflow {
    send_with(world, csv, WorkflowKind::Send, |_| {}).await
}

/// As [`send`], of another kind or with other settings.
async fn send_with(
    world: &World,
    csv: &str,
    kind: WorkflowKind,
    change: impl FnOnce(&mut SendSettings),
) -> Workflow {
    let workflow = begin(world, csv, kind, change).await;
    see_through(world, &workflow).await
}

/// Begins a workflow, and does not work on it.
async fn begin(
    world: &World,
    csv: &str,
    kind: WorkflowKind,
    change: impl FnOnce(&mut SendSettings),
) -> Workflow {
    let path = world.database().folder().join("people.csv");
    std::fs::write(&path, csv).unwrap();
    let mut settings = SendSettings::default();
    change(&mut settings);
    let plan = Plan {
        destination: &destination(world, |_| {}).await,
        orchestration: None,
        kind,
        source: SourceSpec::File {
            path,
            anywhere: true,
            form: Default::default(),
        },
        settings,
        requested_by: world::ADMIN_EMAIL,
    };
    workflows::begin(world.engine(), plan).await.unwrap()
}

async fn see_through(world: &World, workflow: &Workflow) -> Workflow {
    let ended = workflows::see_through(world.engine(), workflow, |_| {})
        .await
        .unwrap();
    let sends = world.zendesk().sends();
    assert!(sends.created_again.is_empty(), "nobody is created twice");
    assert_eq!((sends.staff_writes, sends.requests_too_early), (0, 0));
    ended
}

/// Acts on a workflow that failed, and sees it through; it is the same one.
async fn act(world: &World, failed: &Workflow, action: ActionKind) -> Workflow {
    let opened = workflows::act(world.engine(), failed, action, false, "ada").await;
    let ended = see_through(world, &opened.unwrap()).await;
    assert_eq!(ended.id, failed.id);
    ended
}

/// It was completed; what it says instead, if not.
fn assert_completed(workflow: &Workflow) {
    let said = &workflow.sentence;
    assert_eq!(workflow.state, WorkflowState::Completed, "{said:?}");
}

/// It failed with this trouble; what it says instead, if not.
fn assert_failed(workflow: &Workflow, trouble: &str) {
    let said = &workflow.sentence;
    assert_eq!(workflow.trouble.as_deref(), Some(trouble), "{said:?}");
    assert_eq!(workflow.state, WorkflowState::Failed);
}

fn counts(workflow: &Workflow) -> Counts {
    serde_json::from_str(&workflow.counts).unwrap()
}

/// The outcomes of a workflow, which add up to the rows read.
fn rows(workflow: &Workflow) -> Rows {
    let rows = counts(workflow).rows;
    let sum = rows.created
        + rows.updated
        + rows.unchanged
        + rows.rejected
        + rows.failed
        + rows.conflict
        + rows.skipped;
    if workflow.sentence.is_none() {
        assert_eq!(sum, rows.read, "{rows:?}");
        assert_eq!((rows.pending, rows.unknown), (0, 0), "{rows:?}");
    }
    rows
}

/// The rows that a workflow tells about, by line.
async fn told(world: &World, workflow: &Workflow) -> Vec<WorkflowRow> {
    let mut reader = world.store().read().await.unwrap();
    workflow_rows::page(&mut reader, &workflow.id, None, i64::MIN, 1_000)
        .await
        .unwrap()
}

/// How many requests of this method and route Zendesk has seen.
fn seen(world: &World, route: &str) -> u64 {
    world
        .zendesk()
        .requests_by_route()
        .iter()
        .filter(|(name, _)| name.contains(route))
        .map(|(_, count)| count)
        .sum()
}

/// Customers in Zendesk, by external id.
fn customer(world: &World, external_id: &str) -> Option<simulator::User> {
    world
        .zendesk()
        .edit(|account| account.user_by_external_id(external_id).cloned())
}

/// `people` customers with all there is to say about them.
fn people(people: usize) -> String {
    let mut csv = "external_id,name,email,phone\n".to_owned();
    for number in 1..=people {
        csv.push_str(&format!(
            "c{number},Person {number},person{number}@customer.example,+1503555{number:04}\n"
        ));
    }
    csv
}
