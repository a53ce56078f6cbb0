//! What Zendesk confirmed of each customer, and what it refused.

use domain::profile::RowState;
use domain::profile::failure::FailureClass;
use domain::profile::key::KeyKind;
use store::ledger::{self, About, Ahead, Confirmed, Entry, Failed, Hash, Part};

use crate::database::{Database, on_both};
use crate::samples::at;
use crate::sizes::SIZES;

/// A number as a hash would have it: anywhere, negative too, and not in the order of `n`.
fn scattered(n: i64) -> i64 {
    n.wrapping_add(1).wrapping_mul(-7_046_029_254_386_353_131)
}

pub(crate) fn confirmed(n: i64) -> Confirmed {
    Confirmed {
        key: [scattered(n), -n],
        body: [n, scattered(n)],
        state: RowState::Created,
        zendesk_id: Some(7_000_000_000_000 + n),
        key_kind: KeyKind::ExternalId,
        key_text: format!("customer-{n}"),
        name: format!("Grace; Hopper, {n}"),
        extra: Some("{\"tags\":[\"loyal\"]}".to_owned()),
        source: 3,
    }
}

fn failed(n: i64) -> Failed {
    Failed {
        key: confirmed(n).key,
        body: [i64::MIN, i64::MAX],
        class: FailureClass::BadEmail,
        key_kind: KeyKind::Email,
        key_text: format!("grace{n}@example.com"),
        name: format!("Grace {n}"),
        source: 4,
    }
}

fn entry_of(one: &Confirmed, workflow: i64) -> Entry {
    Entry {
        key: one.key,
        body: Some(one.body),
        state: Some(one.state),
        failed: None,
        failure: None,
        workflow,
        source: one.source,
    }
}

async fn confirm(database: &Database, destination: i64, workflow: i64, all: &[Confirmed]) {
    let mut tx = database.tx().await;
    ledger::confirm(&mut tx, destination, workflow, at(workflow), all)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

async fn fail(database: &Database, destination: i64, workflow: i64, all: &[Failed]) {
    let mut tx = database.tx().await;
    ledger::fail(&mut tx, destination, workflow, all)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

async fn scan(database: &Database, destination: i64, from: i64, to: i64) -> Vec<Entry> {
    let mut out = Vec::new();
    ledger::scan(
        &mut *database.reader().await,
        destination,
        from,
        to,
        &mut out,
    )
    .await
    .unwrap();
    out
}

async fn all(database: &Database, destination: i64) -> Vec<Entry> {
    scan(database, destination, i64::MIN, i64::MAX).await
}

async fn about(database: &Database, destination: i64, keys: &[Hash]) -> Vec<About> {
    let found = ledger::about(&mut *database.reader().await, destination, keys).await;
    let mut found = found.unwrap();
    found.sort_by_key(|about| about.key);
    found
}

#[tokio::test]
async fn entries_of_any_number_are_written_twice_and_come_back_in_the_order_of_their_keys() {
    on_both(async |database| {
        for (destination, size) in (1..).zip(SIZES.into_iter().chain([4_000, 4_001])) {
            for workflow in [1, 2] {
                let rows: Vec<_> = (0..size)
                    .map(|n| Confirmed {
                        body: [workflow, n],
                        state: RowState::Updated,
                        ..confirmed(n)
                    })
                    .collect();
                confirm(database, destination, workflow, &rows).await;
                let mut expected: Vec<_> = rows.iter().map(|one| entry_of(one, workflow)).collect();
                expected.sort_by_key(|entry| entry.key);
                assert!(all(database, destination).await == expected, "{size}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_range_of_keys_is_read_with_both_its_ends_and_what_shares_half_a_key() {
    on_both(async |database| {
        let with = |key: Hash| Confirmed {
            key,
            ..confirmed(0)
        };
        let keys = [
            [i64::MIN, i64::MIN],
            [i64::MIN, i64::MAX],
            [-5, 9],
            [-5, 10],
            [0, 0],
            [7, -1],
            [i64::MAX, i64::MIN],
            [i64::MAX, i64::MAX],
        ];
        let rows: Vec<_> = keys.iter().rev().map(|key| with(*key)).collect();
        confirm(database, 1, 1, &rows).await;
        confirm(database, 2, 1, &[with([1, 1])]).await;
        let read = async |from, to| {
            let read: Vec<Hash> = scan(database, 1, from, to)
                .await
                .iter()
                .map(|entry| entry.key)
                .collect();
            read
        };
        assert_eq!(read(i64::MIN, i64::MAX).await, keys);
        assert_eq!(read(i64::MIN, i64::MIN).await, keys[..2]);
        assert_eq!(read(-5, 0).await, keys[2..5]);
        assert_eq!(read(1, 6).await, keys[..0]);
        assert_eq!(read(6, i64::MAX).await, keys[5..]);
        assert_eq!(read(7, -5).await, keys[..0]);
        let mut out = scan(database, 1, 0, 0).await;
        ledger::scan(&mut *database.reader().await, 1, -5, -5, &mut out)
            .await
            .unwrap();
        let added: Vec<Hash> = out.iter().map(|entry| entry.key).collect();
        assert_eq!(added, [[0, 0], [-5, 9], [-5, 10]]);
    })
    .await;
}

#[tokio::test]
async fn many_entries_that_share_half_a_key_are_all_read_once() {
    on_both(async |database| {
        let rows: Vec<_> = (0..9_000)
            .map(|n| Confirmed {
                key: [n / 4_500, n],
                ..confirmed(n)
            })
            .collect();
        confirm(database, 1, 1, &rows).await;
        let read: Vec<Hash> = all(database, 1)
            .await
            .iter()
            .map(|entry| entry.key)
            .collect();
        let expected: Vec<Hash> = rows.iter().map(|one| one.key).collect();
        assert!(read == expected);
    })
    .await;
}

#[tokio::test]
async fn every_outcome_and_every_class_of_failure_is_read_back() {
    on_both(async |database| {
        let states = [RowState::Created, RowState::Updated, RowState::Unchanged];
        for (n, state) in (0..).zip(states) {
            confirm(
                database,
                1,
                1,
                &[Confirmed {
                    state,
                    ..confirmed(n)
                }],
            )
            .await;
            let read = scan(database, 1, scattered(n), scattered(n)).await;
            assert_eq!(read[0].state, Some(state));
        }
        for (n, class) in (10..).zip(FailureClass::ALL) {
            let class = *class;
            fail(database, 1, 1, &[Failed { class, ..failed(n) }]).await;
            let read = scan(database, 1, scattered(n), scattered(n)).await;
            assert_eq!(read[0].failure, Some(class));
        }
    })
    .await;
}

#[tokio::test]
async fn a_refusal_keeps_what_was_confirmed_and_a_confirmation_forgets_the_refusal() {
    on_both(async |database| {
        confirm(database, 1, 1, &[confirmed(1)]).await;
        fail(database, 1, 2, &[failed(1)]).await;
        let refused = Entry {
            failed: Some(failed(1).body),
            failure: Some(FailureClass::BadEmail),
            ..entry_of(&confirmed(1), 2)
        };
        assert_eq!(all(database, 1).await, [refused]);
        let known = about(database, 1, &[confirmed(1).key]).await.remove(0);
        assert_eq!(known.zendesk_id, confirmed(1).zendesk_id);
        assert_eq!(known.extra, confirmed(1).extra);
        assert_eq!(
            (known.key_kind, known.key_text.as_str()),
            (KeyKind::Email, "grace1@example.com")
        );

        let again = Confirmed {
            body: [8, 9],
            state: RowState::Unchanged,
            zendesk_id: None,
            extra: None,
            source: 5,
            ..confirmed(1)
        };
        confirm(database, 1, 3, std::slice::from_ref(&again)).await;
        assert_eq!(all(database, 1).await, [entry_of(&again, 3)]);
        let known = about(database, 1, &[confirmed(1).key]).await.remove(0);
        assert_eq!(
            (known.zendesk_id, known.extra),
            (confirmed(1).zendesk_id, None)
        );
        let at_last = "SELECT confirmed_at FROM ledger";
        assert_eq!(database.number(at_last).await, at(3).as_microsecond());
    })
    .await;
}

#[tokio::test]
async fn a_customer_who_was_only_ever_refused_is_no_customer_in_zendesk() {
    on_both(async |database| {
        fail(database, 1, 2, &[failed(1)]).await;
        let expected = Entry {
            key: failed(1).key,
            body: None,
            state: None,
            failed: Some(failed(1).body),
            failure: Some(FailureClass::BadEmail),
            workflow: 2,
            source: 4,
        };
        assert_eq!(all(database, 1).await, [expected]);
        let rows: Vec<_> = (2..5)
            .map(|n| Confirmed {
                source: n % 2,
                ..confirmed(n)
            })
            .collect();
        confirm(database, 1, 1, &rows).await;
        confirm(database, 2, 1, &[confirmed(9)]).await;
        let count = async |source| {
            ledger::count(&mut *database.reader().await, 1, source)
                .await
                .unwrap()
        };
        assert_eq!(count(None).await, 3);
        assert_eq!(count(Some(0)).await, 2);
        assert_eq!(count(Some(1)).await, 1);
        assert_eq!(count(Some(4)).await, 0);
        let within = async |from, to| {
            ledger::count_within(&mut *database.reader().await, 1, from, to)
                .await
                .unwrap()
        };
        assert_eq!(within(i64::MIN, i64::MAX).await, 4);
        let key = confirmed(3).key[0];
        assert_eq!(
            (within(key, key).await, within(key + 1, key + 1).await),
            (1, 0)
        );
        // Refused by another orchestration, it now comes from that one; confirmed by one, it stays there.
        fail(
            database,
            1,
            3,
            &[
                Failed {
                    source: 8,
                    ..failed(1)
                },
                Failed {
                    source: 8,
                    ..failed(2)
                },
            ],
        )
        .await;
        let read = all(database, 1).await;
        let source = |key: Hash| read.iter().find(|entry| entry.key == key).unwrap().source;
        assert_eq!((source(failed(1).key), source(failed(2).key)), (8, 0));
    })
    .await;
}

#[tokio::test]
async fn of_two_with_one_key_the_last_counts() {
    on_both(async |database| {
        let with = |name: &str| Confirmed {
            name: name.to_owned(),
            ..confirmed(1)
        };
        confirm(database, 1, 1, &[with("first"), confirmed(2), with("last")]).await;
        assert_eq!(
            about(database, 1, &[confirmed(1).key]).await[0].name,
            "last"
        );
        let mut second = failed(1);
        second.class = FailureClass::Collision;
        fail(database, 1, 1, &[failed(1), second]).await;
        let read = scan(database, 1, confirmed(1).key[0], confirmed(1).key[0]).await;
        assert_eq!(read[0].failure, Some(FailureClass::Collision));
    })
    .await;
}

#[tokio::test]
async fn who_entries_are_about_is_told_for_those_asked_alone() {
    on_both(async |database| {
        let rows: Vec<_> = (0..600).map(confirmed).collect();
        confirm(database, 1, 1, &rows).await;
        // Half its key is another one's.
        let twin = Confirmed {
            key: [confirmed(7).key[0], 99],
            ..confirmed(1_000)
        };
        confirm(database, 1, 1, &[twin]).await;
        confirm(database, 2, 1, &[confirmed(7)]).await;
        assert!(about(database, 1, &[]).await.is_empty());
        for asked in [1, 16, 17, 600] {
            let mut keys: Vec<_> = rows[..asked].iter().map(|one| one.key).collect();
            keys.extend([confirmed(0).key, [1, 1]]);
            let mut expected: Vec<_> = rows[..asked].iter().collect();
            expected.sort_by_key(|one| one.key);
            let found = about(database, 1, &keys).await;
            assert_eq!(found.len(), asked);
            for (found, expected) in found.iter().zip(expected) {
                assert_eq!(found.key, expected.key);
                assert_eq!(found.key_kind, expected.key_kind);
                assert_eq!(found.key_text, expected.key_text);
                assert_eq!(found.name, expected.name);
                assert_eq!(found.zendesk_id, expected.zendesk_id);
                assert_eq!(found.extra, expected.extra);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn removed_entries_are_gone_and_no_others() {
    on_both(async |database| {
        for size in SIZES {
            let rows: Vec<_> = (0..size).map(confirmed).collect();
            confirm(database, 1, 1, &rows).await;
            confirm(database, 1, 1, &[confirmed(5_000)]).await;
            confirm(database, 2, 1, &[confirmed(0)]).await;
            let keys: Vec<_> = rows.iter().map(|one| one.key).collect();
            let mut tx = database.tx().await;
            ledger::remove(&mut tx, 1, &keys).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(all(database, 1).await, [entry_of(&confirmed(5_000), 1)]);
            assert_eq!(all(database, 2).await.len(), 1);
        }
    })
    .await;
}

#[tokio::test]
async fn the_failures_of_one_workflow_are_forgotten_and_nothing_that_was_confirmed() {
    on_both(async |database| {
        confirm(database, 1, 1, &[confirmed(1), confirmed(2), confirmed(3)]).await;
        fail(database, 1, 2, &[failed(1), failed(4)]).await;
        fail(database, 1, 3, &[failed(2), failed(5)]).await;
        fail(database, 2, 2, &[failed(6)]).await;
        let mut tx = database.tx().await;
        ledger::forget_failures(&mut tx, 1, 2).await.unwrap();
        tx.commit().await.unwrap();
        let read = all(database, 1).await;
        let of = |n| read.iter().find(|entry| entry.key == confirmed(n).key);
        assert_eq!(of(1), Some(&entry_of(&confirmed(1), 2)));
        assert_eq!(of(2).unwrap().failed, Some(failed(2).body));
        assert_eq!(of(3), Some(&entry_of(&confirmed(3), 1)));
        assert_eq!(of(4), None);
        assert!(of(5).is_some());
        assert_eq!(all(database, 2).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_word_that_nobody_knows_is_damage() {
    on_both(async |database| {
        confirm(database, 1, 1, &[confirmed(1)]).await;
        for change in ["state = 'odd'", "state = NULL, failure = 'odd'"] {
            database
                .execute(&format!("UPDATE ledger SET {change}"))
                .await;
            let mut out = Vec::new();
            let mut reader = database.reader().await;
            let read = ledger::scan(&mut reader, 1, i64::MIN, i64::MAX, &mut out).await;
            let error = read.unwrap_err();
            assert!(error.to_string().contains("ledger"), "{error}");
        }
    })
    .await;
}

#[test]
fn neither_key_nor_name_of_a_customer_is_shown() {
    let about = About {
        key: [1, 2],
        key_kind: KeyKind::Email,
        key_text: "grace@example.com".to_owned(),
        name: "Grace".to_owned(),
        zendesk_id: Some(7),
        extra: None,
    };
    for shown in [
        format!("{:?}", confirmed(1)),
        format!("{:?}", failed(1)),
        format!("{about:?}"),
    ] {
        assert!(
            !shown.contains("grace") && !shown.contains("Grace"),
            "{shown}"
        );
        assert!(!shown.contains("customer"), "{shown}");
    }
}

#[tokio::test]
async fn a_few_customers_are_found_among_many() {
    on_both(async |database| {
        let rows: Vec<_> = (0..3_000).map(confirmed).collect();
        confirm(database, 1, 1, &rows).await;
        confirm(database, 2, 1, &rows[..50]).await;
        let few = || rows.iter().step_by(7);
        // Nobody has the last two; half of one is the half of somebody else.
        let strangers = [[1, 2], [rows[3].key[0], 77]];
        let asked: Vec<Hash> = few().map(|one| one.key).chain(strangers).collect();
        let mut expected: Vec<_> = few().map(|one| entry_of(one, 1)).collect();
        expected.sort_by_key(|entry| entry.key);
        let mut reader = database.reader().await;
        let found = ledger::of_keys(&mut reader, 1, &asked).await.unwrap();
        assert_eq!(found, expected);
        assert_eq!(ledger::of_keys(&mut reader, 3, &asked).await.unwrap(), []);
        assert_eq!(ledger::of_keys(&mut reader, 1, &[]).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn parts_that_are_read_ahead_come_in_the_order_in_which_they_were_asked_for() {
    on_both(async |database| {
        let rows: Vec<_> = (0..3_000).map(confirmed).collect();
        confirm(database, 1, 1, &rows).await;
        let (low, high) = (
            scan(database, 1, i64::MIN, -1).await,
            scan(database, 1, 0, i64::MAX).await,
        );
        assert_eq!(low.len() + high.len(), 3_000);
        let mut ahead = Ahead::new(&database.store, 1);
        assert!(ahead.has_room());
        ahead.ask(Part::Range(0, i64::MAX));
        ahead.ask(Part::Keys(vec![rows[5].key]));
        assert!(!ahead.has_room());
        assert_eq!(ahead.next().await.unwrap(), high);
        ahead.ask(Part::Range(i64::MIN, -1));
        assert_eq!(ahead.next().await.unwrap(), [entry_of(&rows[5], 1)]);
        assert_eq!(ahead.next().await.unwrap(), low);
        assert_eq!(ahead.next().await.unwrap(), []);
    })
    .await;
}
