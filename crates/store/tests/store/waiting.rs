//! Tickets whose case waits for a person.

use store::waiting;
use store::zendesk_users::{self, MirroredUser};

use crate::database::{Database, on_both};
use crate::samples::{integration, zendesk_user};
use crate::sizes::SIZES;

const ROLES: [&str; 3] = ["end-user", "agent", "admin"];

async fn arrive(database: &Database, integration: &str, id: i64, role: &str) {
    let mut user = zendesk_user(id);
    user.role = Some(role.to_owned());
    let mut tx = database.tx().await;
    let mirrored = MirroredUser {
        user: &user,
        content: 1,
        raw: "{}",
    };
    zendesk_users::put(&mut tx, integration, &[mirrored])
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

async fn note(database: &Database, integration: &str, waiting: &[(i64, i64)]) {
    let mut tx = database.tx().await;
    waiting::note(&mut tx, integration, waiting).await.unwrap();
    tx.commit().await.unwrap();
}

async fn ready(database: &Database, integration: &str, limit: i64) -> Vec<i64> {
    waiting::ready(&mut *database.reader().await, integration, ROLES, limit)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_ticket_is_ready_when_somebody_it_waits_for_has_come_with_a_known_role() {
    on_both(async |database| {
        let main = integration(database, "main").await.id;
        let other = integration(database, "other").await.id;
        note(database, &main, &[(1, 100), (2, 100), (2, 200), (3, 300)]).await;
        note(database, &main, &[(1, 100)]).await;
        note(database, &other, &[(1, 100)]).await;
        assert_eq!(ready(database, &main, 10).await, [0; 0]);
        arrive(database, &main, 3, "robot").await;
        assert_eq!(ready(database, &main, 10).await, [0; 0]);
        arrive(database, &main, 1, "end-user").await;
        assert_eq!(ready(database, &main, 10).await, [100]);
        arrive(database, &main, 2, "agent").await;
        assert_eq!(ready(database, &main, 10).await, [100, 200]);
        assert_eq!(ready(database, &main, 1).await, [100]);
        assert_eq!(ready(database, &other, 10).await, [0; 0]);

        let mut tx = database.tx().await;
        waiting::forget(&mut tx, &main, &[100, 999]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(ready(database, &main, 10).await, [200]);
        assert_eq!(database.count("waiting_ticket").await, 3);
    })
    .await;
}

#[tokio::test]
async fn any_number_of_tickets_may_wait() {
    on_both(async |database| {
        let main = integration(database, "main").await.id;
        arrive(database, &main, 1, "admin").await;
        for size in SIZES {
            let tickets: Vec<_> = (1..=size).collect();
            let waiting: Vec<_> = tickets.iter().map(|ticket| (1, *ticket)).collect();
            note(database, &main, &waiting).await;
            assert_eq!(ready(database, &main, 10_000).await, tickets);
            let mut tx = database.tx().await;
            waiting::forget(&mut tx, &main, &tickets).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(database.count("waiting_ticket").await, 0);
        }
    })
    .await;
}
