//! Orchestrations that run by themselves, and what people are told without looking, on both databases
//! (profile-send.md 1 and 4).
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod alerts;
mod brake;
mod receivers;
mod schedule;

use std::path::PathBuf;

use engine::Engine;
use engine::profile_send::{DestinationSettings, SendSettings, SourceSpec};
use engine::workflows::see_through;
use store::destinations::{self, Destination, DestinationDraft, Environment};
use store::orchestrations::{self, Mode, Orchestration, OrchestrationDraft};
use store::queries::{self, Query, QueryDraft, QueryKind};
use store::workflows::{self, Workflow};
use world::{ADMIN_EMAIL, Builder, World};

/// A world whose Zendesk has three people of staff and no customers.
fn quiet() -> Builder {
    let world = World::builder().tickets(0).users(3).comments(1).inactive();
    world.simulator(|config| config.switches.bulk_user_import = true)
}

/// The file that every query of these stories reads.
fn file_of(world: &World) -> PathBuf {
    world.database().folder().join("people.csv")
}

fn write_people(world: &World, people: usize) {
    let mut csv = "external_id,name,email\n".to_owned();
    for number in 1..=people {
        csv.push_str(&format!(
            "c{number},Person {number},p{number}@customer.example\n"
        ));
    }
    std::fs::write(file_of(world), csv).unwrap();
}

/// The destination, made when first asked for.
async fn destination(world: &World) -> Destination {
    let engine = world.engine();
    let found = destinations::find(&mut engine.store.read().await.unwrap(), "support").await;
    if let Some(found) = found.unwrap() {
        return found;
    }
    let integration = world.integration().await;
    let settings = DestinationSettings {
        users_per_second: 0,
        ..DestinationSettings::default()
    };
    let draft = DestinationDraft {
        name: "support".to_owned(),
        description: String::new(),
        credential_id: integration.settings.credential_id.clone(),
        url: integration.settings.url.clone(),
        account: "simulated".to_owned(),
        environment: Environment::Sandbox,
        admin_only: false,
        allow_restricted: false,
        settings: serde_json::to_string(&settings).unwrap(),
    };
    let mut tx = engine.store.begin().await.unwrap();
    let act = engine.act(ADMIN_EMAIL);
    let added = destinations::add(&mut tx, &draft, act).await.unwrap();
    tx.commit().await.unwrap();
    added
}

/// The query of the file, activated, made when first asked for.
async fn query(world: &World) -> Query {
    let engine = world.engine();
    let found = queries::find(&mut engine.store.read().await.unwrap(), "people").await;
    if let Some(found) = found.unwrap() {
        return found;
    }
    let source = SourceSpec::File {
        path: file_of(world),
        anywhere: true,
        form: Default::default(),
    };
    let draft = QueryDraft {
        name: "people".to_owned(),
        description: String::new(),
        kind: QueryKind::File,
        credential_id: None,
        source: serde_json::to_string(&source).unwrap(),
    };
    let mut tx = engine.store.begin().await.unwrap();
    let added = queries::add(&mut tx, &draft, engine.act(ADMIN_EMAIL))
        .await
        .unwrap();
    queries::activate(&mut tx, &added, "[]", engine.act(ADMIN_EMAIL))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    queries::find(&mut engine.store.read().await.unwrap(), "people")
        .await
        .unwrap()
        .unwrap()
}

/// An orchestration of the file, active.
async fn orchestration(
    world: &World,
    name: &str,
    change: impl FnOnce(&mut OrchestrationDraft),
) -> Orchestration {
    let engine = world.engine();
    let mut draft = OrchestrationDraft {
        name: name.to_owned(),
        description: String::new(),
        query_id: query(world).await.id,
        destination_id: destination(world).await.id,
        settings: serde_json::to_string(&SendSettings::default()).unwrap(),
        mode: Mode::Manual,
        cron: None,
        time_zone: None,
        after_id: None,
        only_if_changed: false,
    };
    change(&mut draft);
    let mut tx = engine.store.begin().await.unwrap();
    let act = engine.act(ADMIN_EMAIL);
    let added = orchestrations::add(&mut tx, &draft, act).await.unwrap();
    orchestrations::set_active(&mut tx, &added, true, act)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    found(world, name).await
}

/// One that runs at the full hour.
async fn hourly(world: &World, change: impl FnOnce(&mut OrchestrationDraft)) -> Orchestration {
    orchestration(world, "hourly", |draft| {
        draft.mode = Mode::Cron;
        draft.cron = Some("0 * * * *".to_owned());
        change(draft);
    })
    .await
}

async fn found(world: &World, name: &str) -> Orchestration {
    let mut reader = world.store().read().await.unwrap();
    orchestrations::find(&mut reader, name)
        .await
        .unwrap()
        .unwrap()
}

/// Lets the schedule look once. Returns how many began.
async fn look(engine: &Engine) -> usize {
    engine::orchestrations::schedule_due(engine).await.unwrap()
}

/// All workflows, the oldest first.
async fn all(world: &World) -> Vec<Workflow> {
    let mut reader = world.store().read().await.unwrap();
    let mut all = workflows::list(&mut reader, None, 100).await.unwrap();
    all.reverse();
    all
}

/// Sees every open workflow through; returns the last one.
async fn see_all_through(world: &World) -> Workflow {
    for open in all(world).await.iter().filter(|one| !one.state.is_over()) {
        see_through(world.engine(), open, |_| {}).await.unwrap();
    }
    all(world).await.pop().unwrap()
}
