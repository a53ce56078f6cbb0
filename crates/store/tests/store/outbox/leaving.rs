//! What no worker takes: an account whose sign-in is refused, and what cannot be read.

use domain::outbox::{Kind, Parked};
use store::outbox;

use super::claiming::claimed_id;
use super::put;
use crate::database::on_both;
use crate::samples::{active, at, operation};

#[tokio::test]
async fn nothing_of_an_account_is_claimed_while_its_sign_in_is_refused() {
    on_both(async |database| {
        let main = active(database, "main").await.id;
        let other = active(database, "other").await.id;
        put(database, &main, &[operation("case1", 1, Kind::Comment)]).await;
        put(database, &other, &[operation("case2", 1, Kind::Comment)]).await;
        let pause = outbox::SignInPause {
            until: at(50),
            fix: "Type a new token.".to_owned(),
        };
        let mut tx = database.tx().await;
        outbox::pause_for_sign_in(&mut tx, &main, &pause, at(20))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let standing = outbox::sign_in_pause(&mut *database.reader().await, &main).await;
        assert_eq!(standing.unwrap(), Some(pause));
        assert_eq!(claimed_id(database, 20).await.as_deref(), Some("case2-1"));
        assert_eq!(claimed_id(database, 49).await, None);
        assert_eq!(claimed_id(database, 50).await.as_deref(), Some("case1-1"));
        let mut tx = database.tx().await;
        outbox::end_sign_in_pause(&mut tx, &main, at(50))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let standing = outbox::sign_in_pause(&mut *database.reader().await, &main).await;
        assert_eq!(standing.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn what_a_newer_version_noted_stands_in_its_line_and_is_left_as_it_is() {
    on_both(async |database| {
        let main = active(database, "main").await.id;
        put(database, &main, &[operation("case1", 1, Kind::Comment)]).await;
        put(database, &main, &[operation("case1", 2, Kind::Fields)]).await;
        let noted = r#"{"comment":"c1","of_tomorrow":7}"#;
        database
            .execute(&format!(
                "UPDATE outbox SET payload = '{noted}' WHERE seq = 1"
            ))
            .await;
        let mut reader = database.reader().await;
        let line = ["case1".to_owned()];
        let (operations, _) = outbox::lines(&mut reader, &line).await.unwrap()["case1"].clone();
        drop(reader);
        assert_eq!(operations[0].reason, Some(Parked::Unreadable));
        assert!(!operations[0].is_due(at(1_000_000)));
        assert!(operations[1].reason.is_none());
        assert_eq!(claimed_id(database, 20).await.as_deref(), Some("case1-2"));
        assert_eq!(claimed_id(database, 20).await, None);
        put(database, &main, &operations[..1]).await;
        let kept = database
            .texts("SELECT payload FROM outbox WHERE seq = 1")
            .await;
        assert_eq!(kept, [noted]);
        // Parked ones, and with them all others, can be listed.
        database
            .execute("UPDATE outbox SET state = 'parked' WHERE seq = 1")
            .await;
        let mut reader = database.reader().await;
        let filter = outbox::ParkedFilter::default();
        let parked = outbox::parked(&mut reader, filter, None, 10).await.unwrap();
        assert_eq!(parked.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn an_operation_that_nobody_can_read_holds_back_no_other_line() {
    on_both(async |database| {
        let main = active(database, "main").await.id;
        for n in 1..=2 {
            put(
                database,
                &main,
                &[operation(&format!("case{n}"), n, Kind::Comment)],
            )
            .await;
        }
        database
            .execute("UPDATE outbox SET kind = 'comment', state = 'waiting', payload = 'nonsense' WHERE line = 'case1'")
            .await;
        assert_eq!(claimed_id(database, 20).await.as_deref(), Some("case2-2"));
        assert_eq!(claimed_id(database, 20).await, None);
    })
    .await;
}
