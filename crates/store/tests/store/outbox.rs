//! What waits to be sent: kept as it is, told to people, removed in time.

mod claiming;
mod leaving;
mod working;

use std::time::Duration;

use domain::case::CaseField;
use domain::outbox::{Kind, Operation, Parked, Payload, State};
use domain::push::{Draft, Requester};
use domain::value::Pair;
use jiff::Timestamp;
use store::outbox::{self, Counts, ParkedFilter};
use store::{cases, integrations};

use crate::database::{Database, on_both};
use crate::samples::{active, at, case, operation};

pub(crate) const LEASE: Duration = Duration::from_secs(60);

pub(crate) async fn put(database: &Database, integration: &str, operations: &[Operation]) {
    put_at(database, integration, operations, at(0)).await;
}

async fn put_at(database: &Database, integration: &str, all: &[Operation], now: Timestamp) {
    let mut tx = database.tx().await;
    outbox::put(&mut tx, integration, "ada", all, now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

async fn found(database: &Database, op_id: &str) -> Option<Operation> {
    let entry = outbox::find(&mut *database.reader().await, op_id).await;
    entry.unwrap().map(|entry| entry.operation)
}

/// An operation with everything that it can carry.
fn laden(line: &str, seq: i64) -> Operation {
    let value = Some("quo\"ted — 🖨️".to_owned());
    let pair = Pair::new(value.clone(), None);
    Operation {
        payload: Payload {
            comment: Some("comment".to_owned()),
            draft: Some(Draft {
                external_id: "deskbridge:main:case".to_owned(),
                subject: "The printer".to_owned(),
                comment: "comment".to_owned(),
                public: false,
                requester: Requester::Inline {
                    name: "Grace".to_owned(),
                    email: None,
                },
                values: [(CaseField::Status, value)].into(),
                sent: [(CaseField::Subject, pair.clone())].into(),
                follows: Some(9_007_199_254_740_993),
            }),
            sent: [(CaseField::Priority, pair)].into(),
            parked: [(CaseField::AssignedTo, None)].into(),
            follows: Some(7),
            uploads: [("file".to_owned(), "token".to_owned())].into(),
            not_taken: 2,
            ..Payload::default()
        },
        state: State::Parked,
        reason: Some(Parked::Refused {
            said: "„Nein“".to_owned(),
        }),
        attempts: 3,
        lease_token: 4,
        lease_until: at(5),
        sent_at: Some(at(6)),
        unknown_until: Some(at(7)),
        ..operation(line, seq, Kind::FollowUp)
    }
}

#[tokio::test]
async fn an_operation_is_read_back_as_it_was_kept() {
    on_both(async |database| {
        let mut all = vec![laden("case1", 1)];
        for (seq, kind) in (2..).zip(Kind::ALL) {
            all.push(operation("case1", seq, *kind));
        }
        // One of a line makes its ticket.
        all.retain(|operation| operation.seq == 1 || !operation.kind.makes_ticket());
        put(database, "main", &all).await;
        let mut reader = database.reader().await;
        let told = outbox::of_line(&mut reader, "case1").await.unwrap();
        assert!(told.iter().all(|entry| entry.requested_by == "ada"));
        assert!(told.iter().all(|entry| entry.integration_id == "main"));
        let told: Vec<_> = told.into_iter().map(|entry| entry.operation).collect();
        assert_eq!(told, all);
        drop(reader);

        // Changed, it keeps who asked for it.
        let mut changed = all[1].clone();
        changed.end(State::Done);
        let mut tx = database.tx().await;
        outbox::put(&mut tx, "main", "sync", &[changed.clone()], at(90))
            .await
            .unwrap();
        outbox::put(&mut tx, "main", "sync", &[changed.clone()], at(95))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let ids = all.iter().map(|o| o.op_id.clone()).collect::<Vec<_>>();
        let by_ids = outbox::by_ids(&mut *database.reader().await, &ids).await;
        let by_ids = by_ids.unwrap();
        assert_eq!(by_ids.len(), all.len());
        let entry = &by_ids[&changed.op_id];
        assert_eq!(entry.operation, changed);
        assert_eq!(entry.requested_by, "ada");
        assert_eq!(entry.ended_at, Some(at(90)), "it ended once");
        assert_eq!(by_ids["case1-1"].ended_at, None, "parked is no end");
    })
    .await;
}

#[tokio::test]
async fn an_operation_that_nobody_can_read_is_named() {
    on_both(async |database| {
        put(database, "main", &[operation("case1", 1, Kind::Comment)]).await;
        for (column, good) in [("kind", "comment"), ("state", "waiting")] {
            let set = |value: &str| format!("UPDATE outbox SET {column} = '{value}'");
            database.execute(&set("nonsense")).await;
            let error = outbox::find(&mut *database.reader().await, "case1-1").await;
            let said = error.unwrap_err().to_string();
            let expected = format!("{column} of the operation case1-1");
            assert!(said.contains(&expected), "{said}");
            database.execute(&set(good)).await;
        }
        assert!(found(database, "case1-1").await.is_some());
    })
    .await;
}

#[tokio::test]
async fn a_line_that_has_only_ended_operations_goes_on_counting() {
    on_both(async |database| {
        let mut done = operation("case1", 3, Kind::Comment);
        done.end(State::Done);
        let mut parked = operation("case2", 1, Kind::Comment);
        parked.park(Parked::TicketClosed);
        let waiting = operation("case2", 2, Kind::Fields);
        let mut ended = operation("case2", 7, Kind::Fields);
        ended.end(State::Discarded);
        let all = [done, parked.clone(), waiting.clone(), ended];
        put(database, "main", &all).await;
        let asked: Vec<_> = (0..300).map(|n| format!("case{n}")).collect();
        let lines = outbox::lines(&mut *database.reader().await, &asked).await;
        let lines = lines.unwrap();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines["case1"], (Vec::new(), 3));
        assert_eq!(lines["case2"], (vec![parked, waiting], 7));
    })
    .await;
}

#[tokio::test]
async fn parked_operations_are_listed_newest_first_page_by_page() {
    on_both(async |database| {
        let mut tx = database.tx().await;
        cases::put(&mut tx, &[case(1), case(2)]).await.unwrap();
        tx.commit().await.unwrap();
        let line = |n: i64| match n % 3 {
            0 => "contact".to_owned(),
            n => case(n).id,
        };
        for n in 1..=9 {
            let kind = if n % 3 == 0 {
                Kind::Person
            } else {
                Kind::Comment
            };
            let mut parked = operation(&line(n), n, kind);
            parked.created_at = at(n / 2);
            parked.park(Parked::TicketClosed);
            let integration = if n < 6 { "main" } else { "other" };
            put(database, integration, &[parked]).await;
        }
        put(database, "main", &[operation("contact", 10, Kind::Comment)]).await;

        let pages = async |filter: ParkedFilter<'_>, limit| {
            let mut reader = database.reader().await;
            let (mut all, mut cursor) = (Vec::new(), None);
            loop {
                let page = outbox::parked(&mut reader, filter, cursor.as_ref(), limit)
                    .await
                    .unwrap();
                let Some(last) = page.last() else { return all };
                cursor = Some(last.cursor());
                all.extend(page);
            }
        };
        let seqs = async |filter, limit| -> Vec<i64> {
            let all = pages(filter, limit).await;
            all.iter().map(|p| p.entry.operation.seq).collect()
        };
        let all = ParkedFilter::default();
        let first = pages(all, 1).await;
        assert_eq!(first.len(), 9);
        let order: Vec<_> = first.iter().map(outbox::ParkedEntry::cursor).collect();
        let mut sorted = order.clone();
        sorted.sort_by(|a, b| (b.created_at, &b.op_id).cmp(&(a.created_at, &a.op_id)));
        assert_eq!(order, sorted);
        for limit in [2, 5, 100] {
            assert_eq!(pages(all, limit).await, first, "{limit}");
        }
        let numbers: Vec<_> = first
            .iter()
            .map(|parked| (parked.entry.operation.seq % 3, parked.case_number))
            .collect();
        assert!(
            numbers
                .iter()
                .all(|(n, number)| *number == (*n > 0).then_some(*n))
        );
        let main = ParkedFilter {
            integration: Some("main"),
            ..all
        };
        assert_eq!(seqs(main, 2).await, [5, 4, 3, 2, 1]);
        let one = case(1).id;
        let of_case = ParkedFilter {
            case: Some(&one),
            ..all
        };
        assert_eq!(seqs(of_case, 10).await, [7, 4, 1]);
        let people = ParkedFilter {
            kind: Some(Kind::Person),
            integration: Some("main"),
            ..all
        };
        assert_eq!(seqs(people, 10).await, [3]);
    })
    .await;
}

#[tokio::test]
async fn an_integration_says_how_much_of_it_is_on_its_way() {
    on_both(async |database| {
        let main = active(database, "main").await.id;
        let none = outbox::counts(&mut *database.reader().await, &main).await;
        assert_eq!(none.unwrap(), Counts::default());
        let mut all: Vec<_> = (1..=5)
            .map(|n| operation("case1", n, Kind::Comment))
            .collect();
        all[0].end(State::Done);
        all[1].park(Parked::NotTaken);
        all[2].claim(at(0), LEASE);
        put(database, &main, &all).await;
        put(database, "other", &[operation("case2", 1, Kind::Comment)]).await;
        let mut reader = database.reader().await;
        let counts = outbox::counts(&mut reader, &main).await.unwrap();
        let expected = Counts {
            waiting: 2,
            claimed: 1,
            parked: 1,
            oldest_waiting_at: Some(at(4)),
        };
        assert_eq!(counts, expected);
        assert_eq!(integrations::pending(&mut reader, &main).await.unwrap(), 4);
    })
    .await;
}

#[tokio::test]
async fn the_updates_of_a_ticket_are_counted_whatever_became_of_them() {
    on_both(async |database| {
        let mut all: Vec<_> = (1..=6)
            .map(|n| operation("case1", n, Kind::Comment))
            .collect();
        for operation in &mut all[..4] {
            operation.sent_at = Some(at(operation.seq * 100));
        }
        all[1].end(State::Done);
        all[2].park(Parked::NotTaken);
        put(database, "main", &all).await;
        let since = async |seconds| {
            outbox::sent_since(&mut *database.reader().await, "case1", at(seconds))
                .await
                .unwrap()
        };
        assert_eq!(since(0).await, (4, Some(at(100))));
        assert_eq!(since(200).await, (3, Some(at(200))));
        assert_eq!(since(401).await, (0, None));
    })
    .await;
}

#[tokio::test]
async fn ended_operations_are_removed_once_they_are_old_and_no_others() {
    on_both(async |database| {
        let mut all: Vec<_> = (1..=5)
            .map(|n| operation("case1", n, Kind::Comment))
            .collect();
        all[0].end(State::Done);
        all[1].kind = Kind::Fields;
        all[1].end(State::Discarded);
        all[2].park(Parked::TicketClosed);
        all[3].claim(at(0), LEASE);
        put_at(database, "main", &all, at(100)).await;
        let mut late = operation("case1", 6, Kind::Comment);
        late.end(State::Done);
        put_at(database, "main", &[late], at(200)).await;
        let sweep = async |before| {
            let mut tx = database.tx().await;
            let swept = outbox::sweep(&mut tx, at(before)).await.unwrap();
            tx.commit().await.unwrap();
            swept
        };
        assert_eq!(sweep(100).await, 0);
        assert_eq!(sweep(101).await, 2);
        let left = database
            .texts("SELECT op_id FROM outbox ORDER BY seq")
            .await;
        assert_eq!(left, ["case1-3", "case1-4", "case1-5", "case1-6"]);
    })
    .await;
}

#[tokio::test]
async fn a_comment_that_a_person_gave_up_is_remembered_for_good() {
    on_both(async |database| {
        let mut tx = database.tx().await;
        cases::put(&mut tx, &[case(1)]).await.unwrap();
        tx.commit().await.unwrap();
        let line = case(1).id;
        let mut given_up = operation(&line, 1, Kind::Comment);
        given_up.end(State::Discarded);
        put_at(database, "main", std::slice::from_ref(&given_up), at(100)).await;
        let mut tx = database.tx().await;
        assert_eq!(outbox::sweep(&mut tx, at(100_000)).await.unwrap(), 0);
        let held = store::desks::lock(&mut tx, &line).await.unwrap().unwrap();
        assert_eq!(held.desk.operations, [given_up]);
        // Where only what is on its way counts, it does not.
        let lines = outbox::lines(&mut tx, std::slice::from_ref(&line)).await;
        assert_eq!(lines.unwrap()[&line], (Vec::new(), 1));
        let counts = outbox::counts(&mut tx, "main").await.unwrap();
        assert_eq!(counts, Counts::default());
    })
    .await;
}

#[tokio::test]
async fn a_mended_sign_in_lets_go_what_waited_for_it_and_nothing_else() {
    on_both(async |database| {
        let fix = || Parked::SignIn {
            fix: "Type a new token.".to_owned(),
        };
        let put_off = |n, reason| {
            let mut operation = operation(&format!("case{n}"), n, Kind::Comment);
            operation.reason = Some(reason);
            operation.wait_until(at(500));
            operation
        };
        put(
            database,
            "main",
            &[put_off(1, fix()), put_off(2, Parked::Limits)],
        )
        .await;
        put(database, "other", &[put_off(3, fix())]).await;
        let mut tx = database.tx().await;
        outbox::end_sign_in_pause(&mut tx, "main", at(10))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        for (op, due) in [("case1-1", 10), ("case2-2", 500), ("case3-3", 500)] {
            assert_eq!(
                found(database, op).await.unwrap().not_before,
                at(due),
                "{op}"
            );
        }
    })
    .await;
}
