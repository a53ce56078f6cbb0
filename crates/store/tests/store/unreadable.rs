//! Records that could not be read: kept whole until they can be.

use store::unreadable::{self, Unreadable};

use crate::database::{Database, on_both};
use crate::samples::{at, integration};
use crate::sizes::SIZES;

fn record(stream: &str, key: &str, raw: &str) -> Unreadable {
    Unreadable {
        stream: stream.to_owned(),
        key: key.to_owned(),
        problem: "The field `id` is missing.".to_owned(),
        raw: raw.to_owned(),
    }
}

async fn keep(database: &Database, integration: &str, records: &[Unreadable], seconds: i64) {
    let mut tx = database.tx().await;
    unreadable::keep(&mut tx, integration, records, at(seconds))
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

async fn list(database: &Database, integration: &str) -> Vec<Unreadable> {
    unreadable::list(&mut *database.reader().await, integration, 10_000)
        .await
        .unwrap()
}

#[tokio::test]
async fn an_unreadable_record_is_kept_once_and_forgotten_when_it_was_read() {
    on_both(async |database| {
        let main = integration(database, "main").await.id;
        let other = integration(database, "other").await.id;
        let exist = async || {
            unreadable::exist(&mut *database.reader().await, &main)
                .await
                .unwrap()
        };
        assert!(!exist().await);
        let ticket = record("tickets", "1", "{\"subject\":1}");
        let user = record("users", "1", "{\"name\":1}");
        keep(database, &other, std::slice::from_ref(&ticket), 0).await;
        assert!(!exist().await);
        keep(database, &main, &[user.clone(), ticket.clone()], 0).await;
        assert!(exist().await);
        assert_eq!(list(database, &main).await, [ticket.clone(), user.clone()]);

        // The same again is no news; something else under the same key is.
        keep(database, &main, std::slice::from_ref(&ticket), 5).await;
        let moments = "SELECT MAX(at) FROM unreadable_record";
        assert_eq!(database.number(moments).await, at(0).as_microsecond());
        let changed = record("tickets", "1", "{\"subject\":2}");
        keep(database, &main, &[ticket, changed.clone()], 6).await;
        assert_eq!(database.number(moments).await, at(6).as_microsecond());
        assert_eq!(list(database, &main).await, [changed, user.clone()]);

        let mut tx = database.tx().await;
        let read_well = [("tickets", "1".to_owned()), ("tickets", "2".to_owned())];
        let forgotten = unreadable::forget(&mut tx, &main, &read_well).await;
        assert_eq!(forgotten.unwrap(), 1);
        tx.commit().await.unwrap();
        assert_eq!(list(database, &main).await, [user]);
        assert_eq!(list(database, &other).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn any_number_of_unreadable_records_is_kept_and_forgotten() {
    on_both(async |database| {
        let main = integration(database, "main").await.id;
        for size in SIZES {
            let records: Vec<_> = (0..size)
                .map(|n| record("tickets", &format!("{n:05}"), "{}"))
                .collect();
            keep(database, &main, &records, 0).await;
            assert_eq!(list(database, &main).await, records);
            let keys: Vec<_> = (0..size).map(|n| ("tickets", format!("{n:05}"))).collect();
            let mut tx = database.tx().await;
            let forgotten = unreadable::forget(&mut tx, &main, &keys).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(i64::try_from(forgotten).unwrap(), size);
        }
    })
    .await;
}

#[tokio::test]
async fn what_belongs_to_an_erased_ticket_goes_and_nothing_else() {
    on_both(async |database| {
        let main = integration(database, "main").await.id;
        let gone = [
            record("comments", "12/7", "{}"),
            record("ticket_events", "a", "{\"ticket_id\":12,\"x\":1}"),
            record("ticket_events", "b", "{\"x\":1,\"ticket_id\":12}"),
            record("ticket_events", "c", "{\"ticket_id\":\"12\",\"x\":1}"),
        ];
        let stays = [
            record("comments", "112/7", "{}"),
            record("ticket_events", "d", "{\"ticket_id\":123,\"x\":1}"),
            record("ticket_events", "e", "{\"ticket_id\":112}"),
            record("ticket_events", "f", "{\"ticket_id\":\"120\"}"),
            record("users", "12", "{\"id\":12}"),
        ];
        keep(database, &main, &[&gone[..], &stays[..]].concat(), 0).await;
        let mut tx = database.tx().await;
        unreadable::purge(&mut tx, &main, &[12]).await.unwrap();
        unreadable::purge(&mut tx, "other", &[112]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(list(database, &main).await, stays);
    })
    .await;
}
