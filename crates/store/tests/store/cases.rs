//! Cases: put, found, listed, deleted and restored.

use domain::case::{CasePriority, CaseSource, CaseStatus};
use store::cases::{self, Case};
use store::{links, tombstones};

use crate::database::{Database, on_both};
use crate::samples::{at, case, link};

async fn put(database: &Database, cases: &[Case]) {
    let mut tx = database.tx().await;
    cases::put(&mut tx, cases).await.unwrap();
    tx.commit().await.unwrap();
}

async fn find(database: &Database, number_or_id: &str) -> Option<Case> {
    cases::find(&mut *database.reader().await, number_or_id)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_case_comes_back_as_it_was_put_in_every_state() {
    on_both(async |database| {
        let mut n = 0;
        for status in CaseStatus::ALL {
            for priority in CasePriority::ALL {
                for source in CaseSource::ALL {
                    n += 1;
                    let mut written = case(n);
                    written.fields.status = *status;
                    written.fields.priority = *priority;
                    written.fields.closed_at = status.is_done().then(|| at(n));
                    written.source = *source;
                    put(database, &[written.clone()]).await;
                    assert_eq!(find(database, &n.to_string()).await, Some(written));
                }
            }
        }
        let mut bare = case(n + 1);
        bare.fields.contact = None;
        bare.owner_id = None;
        bare.created_by_run = None;
        put(database, &[bare.clone()]).await;
        assert_eq!(find(database, &bare.id).await, Some(bare));
        assert_eq!(find(database, "nobody").await, None);
        assert_eq!(find(database, "999999").await, None);
    })
    .await;
}

#[tokio::test]
async fn a_known_case_takes_new_merged_fields_and_keeps_what_it_was_made_with() {
    on_both(async |database| {
        put(database, &[case(1)]).await;
        let mut changed = case(1);
        changed.fields.subject = "It is out".to_owned();
        changed.fields.description = "Water helped.".to_owned();
        changed.fields.status = CaseStatus::Resolved;
        changed.fields.priority = CasePriority::Low;
        changed.fields.assigned_to = Some("ada".to_owned());
        changed.fields.contact = None;
        changed.fields.closed_at = Some(at(50));
        changed.updated_at = at(51);
        let mut sent = changed.clone();
        sent.source = CaseSource::Phone;
        sent.owner_id = None;
        sent.reported_at = at(99);
        sent.created_by_run = None;
        sent.created_at = at(99);
        put(database, &[sent]).await;
        changed.version = 2;
        assert_eq!(find(database, "1").await, Some(changed));
    })
    .await;
}

#[tokio::test]
async fn locked_cases_are_given_by_id_deleted_ones_too() {
    on_both(async |database| {
        put(database, &[case(1), case(2), case(3)]).await;
        let mut tx = database.tx().await;
        cases::set_deleted(&mut tx, &case(2).id, Some(at(9)), at(9))
            .await
            .unwrap();
        let ids = [case(2).id, case(1).id, case(1).id, "nobody".to_owned()];
        let locked = cases::lock(&mut tx, &ids).await.unwrap();
        assert_eq!(locked.len(), 2);
        assert_eq!(locked[&case(1).id], case(1));
        assert_eq!(locked[&case(2).id].deleted_at, Some(at(9)));
    })
    .await;
}

#[tokio::test]
async fn the_closing_time_is_set_only_where_a_case_is_closed_and_it_differs() {
    on_both(async |database| {
        let mut closed = case(1);
        closed.fields.closed_at = Some(at(10));
        let mut right = case(2);
        right.fields.closed_at = Some(at(20));
        put(database, &[closed, right, case(3)]).await;
        let mut tx = database.tx().await;
        let moments = [1, 2, 3, 4].map(|n| (case(n).id, at(20)));
        assert_eq!(cases::set_closed_at(&mut tx, &moments).await.unwrap(), 1);
        assert_eq!(cases::set_closed_at(&mut tx, &[]).await.unwrap(), 0);
        tx.commit().await.unwrap();
        for (n, expected) in [(1, Some(at(20))), (2, Some(at(20))), (3, None)] {
            let found = find(database, &n.to_string()).await.unwrap();
            assert_eq!(found.fields.closed_at, expected, "case {n}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_deleted_case_leaves_the_list_with_a_tombstone_and_comes_back_whole() {
    on_both(async |database| {
        put(database, &[case(1), case(2)]).await;
        let set_deleted = async |deleted_at, seconds| {
            let mut tx = database.tx().await;
            cases::set_deleted(&mut tx, &case(1).id, deleted_at, at(seconds))
                .await
                .unwrap();
            tx.commit().await.unwrap();
        };
        let listed = async || {
            let mut reader = database.reader().await;
            let lines = cases::list(&mut reader, None, 10).await.unwrap();
            let count = cases::count(&mut reader).await.unwrap();
            assert_eq!(i64::try_from(lines.len()).unwrap(), count);
            let buried = tombstones::exists(&mut reader, "case", &case(1).id).await;
            (lines.len(), buried.unwrap())
        };
        set_deleted(Some(at(5)), 5).await;
        set_deleted(Some(at(6)), 6).await;
        assert_eq!(listed().await, (1, true));
        let deleted = find(database, "1").await.unwrap();
        assert_eq!(deleted.deleted_at, Some(at(6)));
        set_deleted(None, 7).await;
        assert_eq!(listed().await, (2, false));
        let restored = find(database, "1").await.unwrap();
        assert_eq!(restored.fields, case(1).fields);
        assert_eq!((restored.version, restored.updated_at), (4, at(7)));
    })
    .await;
}

#[tokio::test]
async fn cases_are_listed_newest_first_page_by_page_with_their_open_ticket() {
    on_both(async |database| {
        let all: Vec<Case> = (1..=25).map(case).collect();
        put(database, &all).await;
        let mut tx = database.tx().await;
        let mut old = link(100, &case(25).id);
        old.open = false;
        links::put(&mut tx, "main", &[old, link(200, &case(25).id)], at(0))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let mut numbers = Vec::new();
        let mut before = None;
        loop {
            let page = cases::list(&mut *database.reader().await, before, 10).await;
            let page = page.unwrap();
            let Some(last) = page.last() else { break };
            before = Some(last.number);
            numbers.extend(page.iter().map(|line| line.number));
        }
        let expected: Vec<i64> = (1..=25).rev().collect();
        assert_eq!(numbers, expected);
        let page = cases::list(&mut *database.reader().await, None, 2).await;
        let page = page.unwrap();
        assert_eq!(page[0].ticket, Some(200));
        assert_eq!(page[0].integration_id.as_deref(), Some("main"));
        assert_eq!((page[1].ticket, &page[1].integration_id), (None, &None));
        assert_eq!(page[1].id, case(24).id);
        assert_eq!(page[1].subject, case(24).fields.subject);
        assert_eq!(page[1].status, CaseStatus::Open);
        assert_eq!(page[1].priority, CasePriority::High);
        assert_eq!(page[1].contact_id, case(24).fields.contact);
        assert_eq!(page[1].updated_at, at(24));
    })
    .await;
}
