//! The audits of a ticket, read from the newest on, over real sockets.

use jiff::Timestamp;
use serde_json::json;
use zendesk::{Record, TicketEvent};

use crate::served::{Answer, Asked, Served, client_of};

/// A ticket with `count` audits, one a minute since noon, ids from 1 on, paged by offset, or by
/// cursor when that is asked for.
async fn ticket_with(count: usize) -> Served {
    Served::by(move |asked: &Asked| {
        let number = |key: &str| -> usize {
            let query = asked.path.split_once('?').map_or("", |(_, query)| query);
            let mut pairs = url::form_urlencoded::parse(query.as_bytes());
            let found = pairs.find(|(name, _)| name == key);
            found.map_or(1, |(_, value)| value.parse().unwrap())
        };
        let by_cursor = asked.path.contains("page%5B");
        let page = number(if by_cursor { "page[after]" } else { "page" });
        let first = (page - 1) * 100;
        let audits: Vec<_> = (first..count.min(first + 100))
            .map(|index| {
                json!({"id": index + 1, "ticket_id": 35, "author_id": 7, "events": [],
                    "created_at": at(index).to_string()})
            })
            .collect();
        let more = first + audits.len() < count;
        let body = if by_cursor {
            json!({"audits": audits, "meta": {"has_more": more, "after_cursor": (page + 1).to_string()}})
        } else {
            let next = more.then(|| format!("https://x.zendesk.com/?page={}", page + 1));
            json!({"audits": audits, "next_page": next, "previous_page": null, "count": count})
        };
        Answer::json(200, body.to_string())
    })
    .await
}

fn at(minutes: usize) -> Timestamp {
    let seconds = i64::try_from(minutes).unwrap() * 60;
    let noon: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
    noon + jiff::SignedDuration::from_secs(seconds)
}

fn ids(audits: &[Record<TicketEvent>]) -> Vec<i64> {
    audits.iter().map(|audit| audit.id.unwrap()).collect()
}

#[tokio::test]
async fn the_audits_of_most_tickets_take_one_request() {
    let served = ticket_with(3).await;
    let client = client_of(&served);
    let audits = client.audits_back_to(35, Some(at(2))).await.unwrap();
    assert_eq!(ids(&audits), [3, 2, 1], "newest first");
    assert_eq!(served.asked().len(), 1);
}

#[tokio::test]
async fn only_the_pages_down_to_the_moment_asked_for_are_read() {
    let served = ticket_with(750).await;
    let client = client_of(&served);
    let audits = client.audits_back_to(35, Some(at(745))).await.unwrap();
    assert_eq!(ids(&audits)[..3], [750, 749, 748]);
    assert_eq!(audits.len(), 50);
    assert_eq!(served.asked().len(), 2, "{:?}", served.paths());
    let audits = client.audits_back_to(35, Some(at(650))).await.unwrap();
    assert_eq!(ids(&audits), (601..=750).rev().collect::<Vec<i64>>());
}

#[tokio::test]
async fn all_audits_are_read_where_none_is_old_enough() {
    let served = ticket_with(250).await;
    let client = client_of(&served);
    for since in [Some(at(0)), None] {
        let audits = client.audits_back_to(35, since).await.unwrap();
        assert_eq!(ids(&audits), (1..=250).rev().collect::<Vec<i64>>());
    }
}

#[tokio::test]
async fn an_exactly_full_page_has_no_empty_one_behind_it() {
    for count in [0, 100, 200] {
        let served = ticket_with(count).await;
        let client = client_of(&served);
        let audits = client.audits_back_to(35, Some(at(0))).await.unwrap();
        assert_eq!(audits.len(), count);
        assert_eq!(served.asked().len(), count.div_ceil(100).max(1));
    }
}

/// An audit that is written while pages are read must not be missed: it may be ours.
#[tokio::test]
async fn an_audit_added_while_pages_are_read_is_found() {
    let page = |from: usize, to: usize, next: bool, count: usize| {
        let audits: Vec<_> = (from..=to)
            .map(|id| json!({"id": id, "ticket_id": 35, "events": [], "created_at": at(id).to_string()}))
            .collect();
        let next = next.then_some("https://x.zendesk.com/?page=9");
        Answer::json(
            200,
            json!({"audits": audits, "next_page": next, "count": count}).to_string(),
        )
    };
    let served = Served::start([
        page(1, 100, true, 200),
        page(101, 200, true, 201),
        page(201, 201, false, 201),
    ])
    .await;
    let audits = client_of(&served)
        .audits_back_to(35, Some(at(150)))
        .await
        .unwrap();
    assert_eq!(ids(&audits), (101..=201).rev().collect::<Vec<i64>>());
}

#[tokio::test]
async fn audits_that_cannot_be_paged_by_number_are_read_from_their_start() {
    let served = Served::by(|asked: &Asked| {
        let audit = json!({"id": 1, "ticket_id": 35, "events": []});
        let next = (!asked.path.contains("page%5B")).then_some("https://x.zendesk.com/?page=2");
        Answer::json(
            200,
            json!({"audits": [audit], "next_page": next}).to_string(),
        )
    })
    .await;
    let audits = client_of(&served)
        .audits_back_to(35, Some(at(0)))
        .await
        .unwrap();
    assert_eq!(ids(&audits), [1]);
}
