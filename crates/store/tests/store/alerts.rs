//! What people are told of workflows.

use clock::SystemDice;
use store::alerts::{self, Alert};

use crate::database::{Database, on_both};
use crate::samples::at;
use crate::sending::{destination, workflow};

async fn add(database: &Database, workflow: Option<&str>, second: i64) -> Alert {
    let mut tx = database.tx().await;
    let sentence = "The credential is no longer valid.";
    let made = alerts::add(
        &mut tx,
        workflow,
        "workflow_failed",
        sentence,
        at(second),
        &SystemDice,
    )
    .await;
    tx.commit().await.unwrap();
    made.unwrap()
}

async fn list(database: &Database, only_unseen: bool, limit: i64) -> Vec<Alert> {
    alerts::list(&mut *database.reader().await, only_unseen, limit)
        .await
        .unwrap()
}

#[tokio::test]
async fn alerts_are_listed_newest_first_and_no_longer_as_unseen_once_somebody_saw_them() {
    on_both(async |database| {
        let unseen = async || {
            alerts::count_unseen(&mut *database.reader().await)
                .await
                .unwrap()
        };
        assert_eq!(unseen().await, 0);
        let first = add(database, None, 1).await;
        let second = add(database, None, 2).await;
        let third = add(database, None, 3).await;
        assert_eq!(
            list(database, false, 10).await,
            [third.clone(), second.clone(), first.clone()]
        );
        assert_eq!(
            list(database, true, 2).await,
            [third.clone(), second.clone()]
        );
        assert_eq!(unseen().await, 3);
        for second_of_seeing in [9, 10] {
            let mut tx = database.tx().await;
            alerts::mark_seen(&mut tx, &second.id, at(second_of_seeing))
                .await
                .unwrap();
            tx.commit().await.unwrap();
        }
        assert_eq!(list(database, true, 10).await, [third, first]);
        assert_eq!(unseen().await, 2);
        let seen = alerts::find(&mut *database.reader().await, &second.id).await;
        let seen = seen.unwrap().unwrap();
        assert_eq!(seen.seen_at, Some(at(9)));
        assert_eq!(list(database, false, 10).await[1], seen);
    })
    .await;
}

#[tokio::test]
async fn what_went_out_is_kept_and_an_alert_goes_with_its_workflow() {
    on_both(async |database| {
        let live = destination(database, "live").await;
        let about = workflow(database, &live, 0).await.id;
        let made = add(database, Some(&about), 1).await;
        assert_eq!(made.workflow_id.as_ref(), Some(&about));
        let mut tx = database.tx().await;
        alerts::keep_mailed(&mut tx, &made.id, "{\"mail\":1}")
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let found = alerts::find(&mut *database.reader().await, &made.id).await;
        let expected = Alert {
            mailed: Some("{\"mail\":1}".to_owned()),
            ..made.clone()
        };
        assert_eq!(found.unwrap(), Some(expected));
        database.execute("DELETE FROM workflow").await;
        let found = alerts::find(&mut *database.reader().await, &made.id).await;
        assert_eq!(found.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn the_pane_is_paged_and_leaves_out_what_is_about_a_destination_that_is_not_open() {
    on_both(async |database| {
        let (live, spare) = (
            destination(database, "live").await,
            destination(database, "spare").await,
        );
        let (open, shut) = (
            workflow(database, &live, 1).await,
            workflow(database, &spare, 2).await,
        );
        let first = add(database, Some(&open.id), 1).await;
        let second = add(database, Some(&shut.id), 2).await;
        let third = add(database, None, 3).await;
        let page = async |before: Option<&Alert>, among: Option<&[String]>, limit| {
            let before = before.map(|alert| (alert.created_at, alert.id.as_str()));
            let found = alerts::page(&mut *database.reader().await, before, among, limit).await;
            let found = found.unwrap().into_iter();
            found.map(|alert| alert.id).collect::<Vec<_>>()
        };
        assert_eq!(
            page(None, None, 2).await,
            [third.id.clone(), second.id.clone()]
        );
        assert_eq!(
            page(Some(&second), None, 2).await,
            std::slice::from_ref(&first.id)
        );
        let among = [live.id.clone()];
        assert_eq!(
            page(None, Some(&among), 10).await,
            [third.id.clone(), first.id.clone()]
        );
        assert_eq!(
            page(None, Some(&[]), 10).await,
            std::slice::from_ref(&third.id)
        );
        let mut tx = database.tx().await;
        let marked = alerts::mark_all_seen(&mut tx, Some(&among), at(5)).await;
        tx.commit().await.unwrap();
        assert_eq!(marked.unwrap(), 2);
        let left = list(database, true, 10).await;
        assert_eq!(left, [second]);
    })
    .await;
}
