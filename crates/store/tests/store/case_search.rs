//! Cases by a beginning that very many different words have.

use store::cases::{self, CaseFilter, Found, Place};

use crate::database::{Database, on_both};
use crate::samples::case;

/// More words than are read with one statement, fewer than are looked at (64).
const WORDS: i64 = 60;
/// Cases of each.
const EACH: i64 = 3;
const PAGE: i64 = 25;

async fn page(database: &Database, place: Place) -> Found {
    let filter = CaseFilter {
        text: "777".to_owned(),
        ..CaseFilter::default()
    };
    let mut reader = database.reader().await;
    cases::search(&mut reader, &filter, place, PAGE)
        .await
        .unwrap()
}

fn numbers(found: &Found) -> Vec<i64> {
    found.lines.iter().map(|line| line.number).collect()
}

#[tokio::test]
async fn many_words_with_one_beginning_are_walked_together_in_the_order_of_the_cases() {
    on_both(async |database| {
        let all: Vec<_> = (1..=WORDS * EACH)
            .map(|n| {
                let mut one = case(n);
                one.fields.subject = match n % 10 {
                    0 => format!("Order 778{:03}", n % WORDS),
                    _ => format!("Order 777{:03} again", n % WORDS),
                };
                one
            })
            .collect();
        let mut tx = database.tx().await;
        cases::put(&mut tx, &all).await.unwrap();
        tx.commit().await.unwrap();
        let mut expected: Vec<i64> = (1..=WORDS * EACH).filter(|n| n % 10 != 0).collect();
        expected.reverse();

        let (mut down, mut place) = (Vec::new(), Place::Newest);
        loop {
            let found = page(database, place).await;
            down.extend(numbers(&found));
            let Some(older) = found.older else { break };
            place = Place::Below(older);
        }
        assert_eq!(down, expected);
        let up = page(database, Place::Above(0)).await;
        assert_eq!(numbers(&up), expected[expected.len() - 25..]);
        let up = page(database, Place::Above(up.newer.unwrap())).await;
        assert_eq!(
            numbers(&up),
            expected[expected.len() - 50..expected.len() - 25]
        );
    })
    .await;
}
