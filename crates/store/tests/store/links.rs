//! Which tickets a case has had.

use store::links;

use crate::database::on_both;
use crate::samples::{at, link};

#[tokio::test]
async fn a_case_tells_its_ticket_and_those_before_it() {
    on_both(async |database| {
        let mut tx = database.tx().await;
        for (n, open) in [(5, false), (9, false), (7, true)] {
            let mut link = link(n, "case1");
            link.open = open;
            links::put(&mut tx, "main", &[link], at(n)).await.unwrap();
        }
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
        let expected = [(7, true, at(7)), (9, false, at(9)), (5, false, at(5))];
        assert_eq!(of("case1").await, expected);
        assert_eq!(of("case3").await, []);
    })
    .await;
}
