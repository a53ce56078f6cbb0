//! Rows that a person has to see, and what they decide about them.

use domain::profile::RowState;
use domain::profile::action::ConflictChoice;
use store::workflow_rows::{self, WorkflowRow};

use crate::database::{Database, on_both};
use crate::sending::{destination, workflow};
use crate::sizes::SIZES;

fn row(n: i64, state: RowState) -> WorkflowRow {
    WorkflowRow {
        row: n,
        line: n + 2,
        state,
        code: Some("bad_email".to_owned()),
        field: Some("email".to_owned()),
        sentence: Some("Not an email by its syntax.".to_owned()),
        key: Some(format!("customer-{n}")),
        zendesk_id: Some(7_000_000_000_000 + n),
        other_id: (n % 2 == 0).then_some(n),
        choice: None,
        cells: Some(format!("[\"grace{n}@example\",\"=1+1\"]")),
    }
}

async fn put(database: &Database, workflow: &str, rows: &[WorkflowRow]) {
    let mut tx = database.tx().await;
    workflow_rows::put(&mut tx, workflow, rows).await.unwrap();
    tx.commit().await.unwrap();
}

async fn page(
    database: &Database,
    workflow: &str,
    state: Option<&str>,
    after: i64,
    limit: i64,
) -> Vec<WorkflowRow> {
    let page =
        workflow_rows::page(&mut *database.reader().await, workflow, state, after, limit).await;
    page.unwrap()
}

async fn choose(
    database: &Database,
    workflow: &str,
    row: i64,
    choice: Option<ConflictChoice>,
) -> bool {
    let mut tx = database.tx().await;
    let chosen = workflow_rows::choose(&mut tx, workflow, row, choice).await;
    tx.commit().await.unwrap();
    chosen.unwrap()
}

#[tokio::test]
async fn rows_of_any_number_are_written_twice_and_read_back() {
    on_both(async |database| {
        let live = destination(database, "live").await;
        for size in SIZES {
            let id = workflow(database, &live, size).await.id;
            let first: Vec<_> = (0..size).map(|n| row(n, RowState::Rejected)).collect();
            let then: Vec<_> = (0..size)
                .map(|n| WorkflowRow {
                    code: None,
                    field: None,
                    sentence: None,
                    key: None,
                    zendesk_id: None,
                    other_id: None,
                    cells: None,
                    ..row(n, RowState::Skipped)
                })
                .collect();
            for rows in [&first, &then] {
                put(database, &id, rows).await;
                assert_eq!(page(database, &id, None, -1, 2_000).await, *rows, "{size}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn of_rows_with_one_number_the_last_counts() {
    on_both(async |database| {
        let live = destination(database, "live").await;
        let id = workflow(database, &live, 0).await.id;
        let rows = [
            row(1, RowState::Rejected),
            row(2, RowState::Rejected),
            row(1, RowState::Failed),
        ];
        put(database, &id, &rows).await;
        let kept = page(database, &id, None, -1, 10).await;
        assert_eq!(kept, [rows[2].clone(), rows[1].clone()]);
    })
    .await;
}

#[tokio::test]
async fn rows_are_read_page_by_page_of_one_state_or_of_all() {
    on_both(async |database| {
        let live = destination(database, "live").await;
        let id = workflow(database, &live, 0).await.id;
        let other = workflow(database, &live, 1).await.id;
        let state = |n| match n % 3 {
            0 => RowState::Rejected,
            1 => RowState::Failed,
            _ => RowState::Conflict,
        };
        let rows: Vec<_> = (0..10).map(|n| row(n, state(n))).collect();
        put(database, &id, &rows).await;
        put(database, &other, &rows[..1]).await;
        let numbers = async |state, after, limit| {
            let page = page(database, &id, state, after, limit).await;
            let numbers: Vec<_> = page.into_iter().map(|row| row.row).collect();
            numbers
        };
        assert_eq!(numbers(None, -1, 4).await, [0, 1, 2, 3]);
        assert_eq!(numbers(None, 3, 100).await, [4, 5, 6, 7, 8, 9]);
        assert_eq!(numbers(Some("rejected"), -1, 3).await, [0, 3, 6]);
        assert_eq!(numbers(Some("rejected"), 6, 3).await, [9]);
        assert_eq!(numbers(Some("created"), -1, 3).await, [0; 0]);
        let counts = workflow_rows::count(&mut *database.reader().await, &id).await;
        assert_eq!(
            counts.unwrap(),
            [
                (RowState::Conflict, 3),
                (RowState::Failed, 3),
                (RowState::Rejected, 4)
            ]
        );
        let mut tx = database.tx().await;
        workflow_rows::clear(&mut tx, &id, &["rejected", "conflict", "created"])
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(numbers(None, -1, 100).await, [1, 4, 7]);
        assert_eq!(page(database, &other, None, -1, 10).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn what_a_person_decided_stays_when_the_row_is_written_again() {
    on_both(async |database| {
        let live = destination(database, "live").await;
        let id = workflow(database, &live, 0).await.id;
        let rows: Vec<_> = (0..3).map(|n| row(n, RowState::Conflict)).collect();
        put(database, &id, &rows).await;
        put(database, &id, &[row(3, RowState::Failed)]).await;
        assert!(choose(database, &id, 0, Some(ConflictChoice::Merge)).await);
        assert!(choose(database, &id, 2, Some(ConflictChoice::Skip)).await);
        assert!(!choose(database, &id, 3, Some(ConflictChoice::Skip)).await);
        assert!(!choose(database, &id, 9, Some(ConflictChoice::Skip)).await);
        put(database, &id, &rows).await;
        let chosen = async || {
            let rows = workflow_rows::with_choice(&mut *database.reader().await, &id).await;
            let rows: Vec<_> = rows
                .unwrap()
                .iter()
                .map(|row| (row.row, row.choice))
                .collect();
            rows
        };
        let (merge, skip) = (Some(ConflictChoice::Merge), Some(ConflictChoice::Skip));
        assert_eq!(chosen().await, [(0, merge), (2, skip)]);
        put(
            database,
            &id,
            &[WorkflowRow {
                choice: skip,
                ..rows[0].clone()
            }],
        )
        .await;
        assert!(choose(database, &id, 2, None).await);
        assert_eq!(chosen().await, [(0, skip)]);
    })
    .await;
}

#[tokio::test]
async fn rows_go_with_their_workflow() {
    on_both(async |database| {
        let live = destination(database, "live").await;
        let id = workflow(database, &live, 0).await.id;
        put(database, &id, &[row(1, RowState::Failed)]).await;
        database.execute("DELETE FROM workflow").await;
        assert_eq!(database.count("workflow_row").await, 0);
    })
    .await;
}

#[test]
fn neither_key_nor_cells_of_a_row_are_shown() {
    let shown = format!("{:?}", row(1, RowState::Failed));
    assert!(shown.contains("bad_email"), "{shown}");
    assert!(
        !shown.contains("customer-1") && !shown.contains("grace"),
        "{shown}"
    );
}

#[tokio::test]
async fn rows_to_decide_about_are_those_in_conflict_and_those_refused_as_one_page_by_page() {
    on_both(async |database| {
        let live = destination(database, "live").await;
        let workflow = workflow(database, &live, 1).await.id;
        let mut refused = row(5, RowState::Failed);
        refused.code = Some("identity_conflict".to_owned());
        let rows = [
            row(1, RowState::Conflict),
            row(2, RowState::Failed),
            row(3, RowState::Rejected),
            refused,
            row(7, RowState::Conflict),
        ];
        put(database, &workflow, &rows).await;
        let undecided = async |after, limit| {
            let mut reader = database.reader().await;
            let found = workflow_rows::undecided(&mut reader, &workflow, after, limit).await;
            let found = found.unwrap().into_iter();
            found.map(|row| row.row).collect::<Vec<_>>()
        };
        assert_eq!(undecided(-1, 10).await, [1, 5, 7]);
        assert_eq!(undecided(-1, 2).await, [1, 5]);
        assert_eq!(undecided(5, 10).await, [7]);
    })
    .await;
}
