//! Batches on their way: nothing of them is lost when a worker dies.

use store::send_batches::{self, BatchKind, SendBatch};

use crate::database::{Database, on_both};
use crate::samples::at;
use crate::sending::{destination, workflow};

fn batch(n: i64, workflow: &str, kind: BatchKind) -> SendBatch {
    SendBatch {
        id: format!("batch{n:03}"),
        workflow_id: workflow.to_owned(),
        kind,
        job_id: None,
        posted_at: None,
        tries: 0,
        again: false,
        rows: "[{\"email\":\"grace@example.com\"}]".to_owned(),
    }
}

async fn open(database: &Database, workflow: &str) -> Vec<SendBatch> {
    send_batches::open(&mut *database.reader().await, workflow)
        .await
        .unwrap()
}

#[tokio::test]
async fn batches_of_every_kind_are_open_until_they_are_taken_out() {
    on_both(async |database| {
        let live = destination(database, "live").await;
        let id = workflow(database, &live, 0).await.id;
        let other = workflow(database, &live, 1).await.id;
        let kinds = [
            BatchKind::Users,
            BatchKind::Single,
            BatchKind::Leave,
            BatchKind::Delete,
        ];
        let mut batches: Vec<_> = (0..)
            .zip(kinds)
            .map(|(n, kind)| batch(n, &id, kind))
            .collect();
        batches[3].job_id = Some("job".to_owned());
        batches[3].posted_at = Some(at(3));
        (batches[3].tries, batches[3].again) = (2, true);
        let mut tx = database.tx().await;
        for batch in batches.iter().rev() {
            send_batches::add(&mut tx, batch).await.unwrap();
        }
        let stranger = batch(9, &other, BatchKind::Users);
        send_batches::add(&mut tx, &stranger).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(open(database, &id).await, batches);
        let mut tx = database.tx().await;
        send_batches::remove(&mut tx, &batches[1].id).await.unwrap();
        tx.commit().await.unwrap();
        batches.remove(1);
        assert_eq!(open(database, &id).await, batches);
        assert_eq!(open(database, &other).await, [stranger]);
        database.execute("DELETE FROM workflow").await;
        assert_eq!(database.count("send_batch").await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_job_is_kept_and_forgotten_when_its_batch_is_sent_again() {
    on_both(async |database| {
        let live = destination(database, "live").await;
        let id = workflow(database, &live, 0).await.id;
        let made = batch(1, &id, BatchKind::Users);
        let mut tx = database.tx().await;
        send_batches::add(&mut tx, &made).await.unwrap();
        send_batches::keep_job(&mut tx, &made.id, "job1", at(7))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let posted = SendBatch {
            job_id: Some("job1".to_owned()),
            posted_at: Some(at(7)),
            ..made.clone()
        };
        assert_eq!(open(database, &id).await, [posted]);
        let mut tx = database.tx().await;
        send_batches::again(&mut tx, &made.id).await.unwrap();
        tx.commit().await.unwrap();
        let again = SendBatch {
            tries: 1,
            again: true,
            ..made.clone()
        };
        assert_eq!(open(database, &id).await, [again]);
    })
    .await;
}

#[test]
fn the_rows_of_a_batch_are_not_shown() {
    let shown = format!("{:?}", batch(1, "workflow1", BatchKind::Users));
    assert!(
        shown.contains("batch001") && !shown.contains("grace"),
        "{shown}"
    );
}
