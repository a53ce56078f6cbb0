//! What a test of profile sends starts from: a destination, a query, an orchestration, workflows.

use clock::SystemDice;
use store::destinations::{self, Destination, DestinationDraft, Environment};
use store::orchestrations::{self, Mode, Orchestration, OrchestrationDraft};
use store::queries::{self, Query, QueryDraft, QueryKind};
use store::workflows::{self, NewWorkflow, Workflow, WorkflowKind};

use crate::database::Database;
use crate::samples::{act, at, credential};

pub(crate) fn destination_draft(name: &str, credential_id: &str) -> DestinationDraft {
    DestinationDraft {
        name: name.to_owned(),
        description: "The help desk's own".to_owned(),
        credential_id: credential_id.to_owned(),
        url: "https://socktown.zendesk.com".to_owned(),
        account: "socktown".to_owned(),
        environment: Environment::Sandbox,
        admin_only: false,
        allow_restricted: true,
        settings: "{\"rate\":100}".to_owned(),
    }
}

/// A destination of this name with a credential of its own.
pub(crate) async fn destination(database: &Database, name: &str) -> Destination {
    let credential = credential(database, &format!("for {name}")).await;
    let mut tx = database.tx().await;
    let made = destinations::add(&mut tx, &destination_draft(name, &credential), act()).await;
    tx.commit().await.unwrap();
    made.unwrap()
}

pub(crate) fn query_draft(name: &str) -> QueryDraft {
    QueryDraft {
        name: name.to_owned(),
        description: "Everybody who bought socks".to_owned(),
        kind: QueryKind::File,
        credential_id: None,
        source: "{\"path\":\"customers.csv\"}".to_owned(),
    }
}

pub(crate) async fn query(database: &Database, name: &str) -> Query {
    let mut tx = database.tx().await;
    let made = queries::add(&mut tx, &query_draft(name), act()).await;
    tx.commit().await.unwrap();
    made.unwrap()
}

pub(crate) fn orchestration_draft(
    name: &str,
    query: &Query,
    destination: &Destination,
) -> OrchestrationDraft {
    OrchestrationDraft {
        name: name.to_owned(),
        description: "Every night".to_owned(),
        query_id: query.id.clone(),
        destination_id: destination.id.clone(),
        settings: "{\"mapping\":{}}".to_owned(),
        mode: Mode::Cron,
        cron: Some("0 3 * * *".to_owned()),
        time_zone: Some("America/New_York".to_owned()),
        after_id: None,
        only_if_changed: true,
    }
}

/// An orchestration of this name, inactive, with a query and a destination of its own.
pub(crate) async fn orchestration(database: &Database, name: &str) -> Orchestration {
    let query = query(database, &format!("of {name}")).await;
    let destination = destination(database, &format!("of {name}")).await;
    orchestration_between(database, name, &query, &destination).await
}

pub(crate) async fn orchestration_between(
    database: &Database,
    name: &str,
    query: &Query,
    destination: &Destination,
) -> Orchestration {
    let mut tx = database.tx().await;
    let draft = orchestration_draft(name, query, destination);
    let made = orchestrations::add(&mut tx, &draft, act()).await;
    tx.commit().await.unwrap();
    made.unwrap()
}

pub(crate) fn new_workflow(destination: &Destination) -> NewWorkflow {
    NewWorkflow {
        orchestration_id: None,
        destination_id: destination.id.clone(),
        kind: WorkflowKind::Send,
        title: "customers.csv".to_owned(),
        source: "{\"path\":\"customers.csv\"}".to_owned(),
        settings: "{\"mapping\":{}}".to_owned(),
        requested_by: "ada@example.com".to_owned(),
    }
}

/// A workflow that waits, asked for `second` seconds after noon.
pub(crate) async fn workflow(
    database: &Database,
    destination: &Destination,
    second: i64,
) -> Workflow {
    let mut tx = database.tx().await;
    let new = new_workflow(destination);
    let made = workflows::add(&mut tx, &new, at(second), &SystemDice).await;
    tx.commit().await.unwrap();
    made.unwrap()
}

/// What the audit log says of actions of this name, sorted: `subject: detail`.
pub(crate) async fn noted(database: &Database, action: &str) -> Vec<String> {
    let query = format!(
        "SELECT subject || ': ' || detail AS told FROM audit_log WHERE action = '{action}' ORDER BY told"
    );
    database.texts(&query).await
}
