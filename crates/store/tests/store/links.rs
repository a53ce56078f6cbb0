//! When a ticket and its case were last compared, and which tickets a case has had.

use store::links;

use crate::database::{Database, on_both};
use crate::samples::{at, link};

async fn oldest(database: &Database, integration: &str, limit: i64) -> Vec<i64> {
    links::oldest_verified(&mut *database.reader().await, integration, limit)
        .await
        .unwrap()
}

#[tokio::test]
async fn what_was_compared_longest_ago_comes_first_and_a_new_link_is_as_good_as_compared() {
    on_both(async |database| {
        let age = async |integration: &str| {
            links::oldest_verification(&mut *database.reader().await, integration)
                .await
                .unwrap()
        };
        assert_eq!(age("main").await, None);
        let mut tx = database.tx().await;
        for n in 1..=60 {
            let link = link(n, &format!("case{n}"));
            links::put(&mut tx, "main", &[link], at(100 + n / 2))
                .await
                .unwrap();
        }
        let mut closed = link(900, "case1");
        closed.open = false;
        links::put(&mut tx, "main", &[closed], at(0)).await.unwrap();
        links::put(&mut tx, "other", &[link(1, "case of other")], at(50))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(age("main").await, Some(at(100)));
        assert_eq!(oldest(database, "main", 4).await, [1, 2, 3, 4]);

        let first: Vec<i64> = (1..=50).collect();
        let mut tx = database.tx().await;
        links::mark_verified(&mut tx, "main", &first, at(500))
            .await
            .unwrap();
        links::mark_verified(&mut tx, "main", &[404], at(500))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(age("main").await, Some(at(125)));
        let rotation = oldest(database, "main", 100).await;
        let expected: Vec<i64> = (51..=60).chain(1..=50).collect();
        assert_eq!(rotation, expected);
        assert_eq!(
            age("other").await,
            Some(at(50)),
            "another account's is its own"
        );
        // Moving what is agreed is no comparison.
        let mut tx = database.tx().await;
        links::put(&mut tx, "main", &[link(51, "case51")], at(900))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(oldest(database, "main", 1).await, [51]);
    })
    .await;
}

#[tokio::test]
async fn a_case_tells_its_ticket_and_those_before_it() {
    on_both(async |database| {
        let mut tx = database.tx().await;
        for (n, open) in [(5, false), (9, false), (7, true)] {
            let mut link = link(n, "case1");
            link.open = open;
            links::put(&mut tx, "main", &[link], at(n)).await.unwrap();
        }
        links::mark_verified(&mut tx, "main", &[7], at(70))
            .await
            .unwrap();
        links::put(&mut tx, "main", &[link(8, "case2")], at(0))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let of = async |case: &str| {
            let found = links::of_case(&mut *database.reader().await, case).await;
            found
                .unwrap()
                .into_iter()
                .map(|ticket| (ticket.remote_id, ticket.open, ticket.verified_at))
                .collect::<Vec<_>>()
        };
        let expected = [(7, true, at(70)), (9, false, at(9)), (5, false, at(5))];
        assert_eq!(of("case1").await, expected);
        assert_eq!(of("case3").await, []);
    })
    .await;
}
