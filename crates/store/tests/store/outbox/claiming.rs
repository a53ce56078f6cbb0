//! Who takes which operation, and that nobody else has it too.

use std::collections::{BTreeMap, BTreeSet};

use clock::{Dice, SeededDice};
use domain::guard::Guards;
use domain::outbox::{Kind, Line, Operation, Parked, State, head};
use jiff::Timestamp;
use store::outbox::{self, Claimed};
use store::{Error, Store, desks, integrations, leases};

use super::{LEASE, put};
use crate::database::{Database, execute, on_both, on_postgres};
use crate::samples::{act, active, at, case, operation};

async fn claim(store: &Store, now: Timestamp) -> Option<Claimed> {
    outbox::claim(store, None, "worker", now, LEASE)
        .await
        .unwrap()
}

pub(super) async fn claimed_id(database: &Database, seconds: i64) -> Option<String> {
    let claimed = claim(&database.store, at(seconds)).await;
    claimed.map(|claimed| claimed.operation.op_id)
}

async fn next_due(database: &Database) -> Option<Timestamp> {
    outbox::next_due(&mut *database.reader().await, None)
        .await
        .unwrap()
}

/// A number below `below`.
fn draw(dice: &SeededDice, below: usize) -> usize {
    let mut bytes = [0; 2];
    dice.fill(&mut bytes);
    usize::from(u16::from_be_bytes(bytes)) % below
}

/// A line of up to five operations in any state that the database allows.
fn any_line(dice: &SeededDice, id: &str) -> Vec<Operation> {
    let (mut has_claim, mut has_maker) = (false, false);
    let mut line = Vec::new();
    for seq in 1..=draw(dice, 6) {
        let kind = Kind::ALL[draw(dice, Kind::ALL.len())];
        let mut one = operation(id, i64::try_from(seq).unwrap(), kind);
        one.not_before = at(i64::try_from(draw(dice, 5)).unwrap() * 50);
        match draw(dice, 8) {
            0 => one.end(State::Done),
            1 => one.park(Parked::TicketClosed),
            2 if !has_claim => {
                let before = at(i64::try_from(draw(dice, 5)).unwrap() * 50 - 60);
                // What is claimed was due.
                one.not_before = at(0);
                one.claim(before, LEASE);
            }
            3 | 4 => one.unknown_until = Some(at(700)),
            _ => {}
        }
        let is_maker = kind.makes_ticket() && one.state != State::Done;
        if is_maker && has_maker {
            continue;
        }
        has_claim |= one.state == State::Claimed;
        has_maker |= is_maker;
        line.push(one);
    }
    line
}

#[tokio::test]
async fn what_is_claimed_is_what_the_core_says_goes_first_of_each_line() {
    on_both(async |database| {
        let main = active(database, "main").await.id;
        let (dice, now) = (SeededDice::new(7), at(100));
        let mut expected = BTreeMap::new();
        for n in 0..400 {
            let id = format!("line{n:03}");
            let operations = any_line(&dice, &id);
            let line = Line {
                id: &id,
                operations: &operations,
                last_seq: 9,
            };
            if let Some(first) = head(line, now, Guards::ALL) {
                expected.insert(first.op_id.clone(), first.clone());
            }
            put(database, &main, &operations).await;
        }
        assert!(expected.len() > 120, "{}", expected.len());
        let mut claimed = Vec::new();
        while let Some(Claimed {
            operation,
            integration_id,
        }) = claim(&database.store, now).await
        {
            assert_eq!(integration_id, main);
            let before = expected.remove(&operation.op_id);
            let mut before = before.expect("the head of its line, once");
            before.claim(now, LEASE);
            assert_eq!(operation, before);
            let kept = outbox::find(&mut *database.reader().await, &operation.op_id).await;
            let kept = kept.unwrap().unwrap();
            assert_eq!(kept.operation, operation);
            assert_eq!(kept.lease_holder.as_deref(), Some("worker"));
            claimed.push(operation);
        }
        assert_eq!(expected, BTreeMap::new(), "due, and never claimed");
        let order: Vec<_> = claimed
            .iter()
            .map(|operation| (operation.kind, operation.not_before))
            .collect();
        assert!(order.is_sorted(), "{order:?}");
        // Nothing is due before the first lease ends or the first pause.
        let due = next_due(database).await.unwrap();
        assert!(due > now && due <= at(160), "{due}");
    })
    .await;
}

#[tokio::test]
async fn lines_that_must_wait_never_hide_one_that_need_not() {
    on_both(async |database| {
        let main = active(database, "main").await.id;
        for n in 0..100 {
            let line = format!("stuck{n}");
            let mut first = operation(&line, 1, Kind::Publish);
            first.wait_until(at(1_000));
            put(
                database,
                &main,
                &[first, operation(&line, 2, Kind::Comment)],
            )
            .await;
        }
        put(database, &main, &[operation("free", 50, Kind::Fields)]).await;
        assert_eq!(next_due(database).await, Some(at(50)));
        assert_eq!(claimed_id(database, 60).await.as_deref(), Some("free-50"));
        assert_eq!(claimed_id(database, 60).await, None);
        assert_eq!(
            next_due(database).await,
            Some(at(120)),
            "the end of the lease"
        );
    })
    .await;
}

#[tokio::test]
async fn a_follow_up_waits_for_what_may_have_been_sent_and_calls_for_nobody_before() {
    on_both(async |database| {
        let main = active(database, "main").await.id;
        for n in 0..20 {
            let line = format!("stuck{n:02}");
            let mut sent = operation(&line, 1, Kind::Comment);
            sent.unknown_until = Some(at(700));
            sent.wait_until(at(130));
            let makes = operation(&line, 2, Kind::FollowUp);
            put(database, &main, &[sent, makes]).await;
        }
        // None is due, so nobody looks again at once, and none hides the one that is.
        assert_eq!(claimed_id(database, 100).await, None);
        assert_eq!(next_due(database).await, Some(at(130)));
        put(database, &main, &[operation("free", 90, Kind::FollowUp)]).await;
        assert_eq!(claimed_id(database, 100).await.as_deref(), Some("free-90"));
        assert_eq!(
            claimed_id(database, 130).await.as_deref(),
            Some("stuck00-1")
        );
    })
    .await;
}

#[tokio::test]
async fn what_may_have_been_sent_goes_also_while_the_follow_up_has_a_pause() {
    on_both(async |database| {
        let main = active(database, "main").await.id;
        let mut never_sent = operation("case1", 1, Kind::Comment);
        never_sent.wait_until(at(40));
        let mut sent = operation("case1", 2, Kind::Comment);
        sent.unknown_until = Some(at(700));
        sent.wait_until(at(50));
        let mut makes = operation("case1", 3, Kind::FollowUp);
        makes.wait_until(at(1_000));
        put(database, &main, &[never_sent, sent, makes]).await;
        assert_eq!(next_due(database).await, Some(at(50)));
        assert_eq!(claimed_id(database, 60).await.as_deref(), Some("case1-2"));
    })
    .await;
}

#[tokio::test]
async fn a_claim_that_is_given_back_waits_with_all_that_was_noted() {
    on_both(async |database| {
        let main = active(database, "main").await.id;
        let mut sent = operation("case1", 1, Kind::Comment);
        sent.unknown_until = Some(at(700));
        sent.sent_at = Some(at(100));
        put(database, &main, &[sent]).await;
        let give_back = async |operation: &Operation| {
            let mut tx = database.tx().await;
            outbox::give_back(&mut tx, operation, at(15)).await.unwrap();
            tx.commit().await.unwrap();
        };
        let first = claim(&database.store, at(10)).await.unwrap().operation;
        give_back(&first).await;
        let kept = outbox::find(&mut *database.reader().await, "case1-1").await;
        let kept = kept.unwrap().unwrap();
        assert_eq!(kept.lease_holder, None);
        let mut waiting = first.clone();
        waiting.wait_until(at(15));
        waiting.lease_until = Timestamp::UNIX_EPOCH;
        assert_eq!(kept.operation, waiting);
        assert_eq!(next_due(database).await, Some(at(15)));
        // It is somebody else's now: who had it before takes nothing from them.
        let heir = claim(&database.store, at(15)).await.unwrap().operation;
        assert_eq!(heir.lease_token, 2);
        give_back(&first).await;
        assert_eq!(claimed_id(database, 20).await, None);
        // Nor does what has ended come back.
        let mut done = heir.clone();
        done.end(State::Done);
        put(database, &main, &[done.clone()]).await;
        give_back(&heir).await;
        let kept = outbox::find(&mut *database.reader().await, "case1-1").await;
        assert_eq!(kept.unwrap().unwrap().operation, done);
    })
    .await;
}

#[tokio::test]
async fn nothing_is_claimed_for_an_integration_that_is_off_or_syncs_one_way() {
    on_both(async |database| {
        let main = active(database, "main").await;
        put(database, &main.id, &[operation("case1", 1, Kind::Comment)]).await;
        let set = async |two_way| {
            let mut settings = main.settings.clone();
            settings.two_way = two_way;
            let mut tx = database.tx().await;
            integrations::edit(&mut tx, &main.id, &settings, "two_way", act())
                .await
                .unwrap();
            tx.commit().await.unwrap();
        };
        set(false).await;
        assert_eq!(claimed_id(database, 10).await, None);
        assert_eq!(next_due(database).await, None);
        set(true).await;
        let mut tx = database.tx().await;
        integrations::deactivate(&mut tx, &main, act())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(claimed_id(database, 10).await, None);
        assert_eq!(next_due(database).await, None);
    })
    .await;
}

#[tokio::test]
async fn a_worker_of_one_integration_takes_nothing_of_another() {
    on_both(async |database| {
        let main = active(database, "main").await.id;
        let other = active(database, "other").await.id;
        put(database, &main, &[operation("case1", 1, Kind::Publish)]).await;
        put(database, &other, &[operation("case2", 2, Kind::Fields)]).await;
        let claim = async |of: &str| {
            outbox::claim(&database.store, Some(of), "worker", at(9), LEASE)
                .await
                .unwrap()
                .map(|claimed| claimed.operation.op_id)
        };
        assert_eq!(claim(&other).await.as_deref(), Some("case2-2"));
        assert_eq!(claim(&other).await, None);
        let due = outbox::next_due(&mut *database.reader().await, Some(&main)).await;
        assert_eq!(due.unwrap(), Some(at(1)));
        assert_eq!(claim(&main).await.as_deref(), Some("case1-1"));
    })
    .await;
}

#[tokio::test]
async fn looking_for_work_that_is_not_there_costs_no_write() {
    on_both(async |database| {
        let main = active(database, "main").await.id;
        put(database, &main, &[operation("case1", 100, Kind::Comment)]).await;
        // Somebody writes for as long as they like.
        let writing = database.tx().await;
        assert_eq!(claimed_id(database, 99).await, None);
        leases::free_abandoned(&database.store, &|_| true)
            .await
            .unwrap();
        drop(writing);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_claimers_at_once_no_two_get_one_line() {
    on_both(async |database| {
        let main = active(database, "main").await.id;
        let lines = 12;
        for n in 0..lines {
            let line = format!("case{n}");
            let all: Vec<_> = (1..=3)
                .map(|seq| operation(&line, seq, Kind::Comment))
                .collect();
            put(database, &main, &all).await;
        }
        let again = database.again().await;
        let workers: Vec<_> = (0..6)
            .map(|n| {
                let store = if n % 2 == 0 { &database.store } else { &again }.clone();
                tokio::spawn(async move {
                    let mut mine = Vec::new();
                    // Others may have been at every line that was seen; the next look is a new one.
                    for _ in 0..40 {
                        mine.extend(claim(&store, at(10)).await);
                    }
                    mine
                })
            })
            .collect();
        let mut lines_claimed = BTreeSet::new();
        let mut all = 0;
        for worker in workers {
            for claimed in worker.await.unwrap() {
                all += 1;
                assert_eq!(claimed.operation.seq, 1);
                assert_eq!(claimed.operation.lease_token, 1);
                lines_claimed.insert(claimed.operation.line);
            }
        }
        assert_eq!((lines_claimed.len(), all), (lines, lines));
        again.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_zombie_cannot_write_once_its_lease_has_passed_on() {
    on_both(async |database| {
        let main = active(database, "main").await.id;
        put(database, &main, &[operation("case1", 1, Kind::Comment)]).await;
        let zombie = claim(&database.store, at(10)).await.unwrap().operation;
        let confirm = async |operation: &Operation| {
            let mut tx = database.tx().await;
            outbox::confirm(&mut tx, operation, at(20), LEASE).await?;
            tx.commit().await
        };
        confirm(&zombie).await.unwrap();
        assert_eq!(
            next_due(database).await,
            Some(at(80)),
            "the lease is longer now"
        );
        assert_eq!(claimed_id(database, 79).await, None);
        let heir = claim(&database.store, at(80)).await.unwrap().operation;
        assert_eq!((heir.lease_token, heir.attempts), (2, 2));
        let refused = confirm(&zombie).await;
        assert!(matches!(refused, Err(Error::LeaseLost)), "{refused:?}");
        confirm(&heir).await.unwrap();
        // Nor does a claim stand that was ended.
        let mut done = heir.clone();
        done.end(State::Done);
        put(database, &main, &[done]).await;
        let refused = confirm(&heir).await;
        assert!(matches!(refused, Err(Error::LeaseLost)), "{refused:?}");
        let holder = "SELECT COUNT(*) FROM outbox WHERE lease_holder IS NOT NULL";
        assert_eq!(database.number(holder).await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_line_is_left_alone_while_somebody_decides_on_its_case() {
    // SQLite has one writer at a time; PostgreSQL must be told which rows are meant.
    on_postgres(async |database| {
        let main = active(database, "main").await.id;
        let mut tx = database.tx().await;
        store::cases::put(&mut tx, &[case(1)]).await.unwrap();
        tx.commit().await.unwrap();
        let line = case(1).id;
        put(database, &main, &[operation(&line, 1, Kind::Comment)]).await;
        put(database, &main, &[operation("case2", 2, Kind::Fields)]).await;
        let mut deciding = database.tx().await;
        let held = desks::lock(&mut deciding, &line).await.unwrap().unwrap();
        assert_eq!(held.desk.operations.len(), 1);
        assert_eq!(claimed_id(database, 10).await.as_deref(), Some("case2-2"));
        assert_eq!(claimed_id(database, 10).await, None);
        // A new operation is no reason to decide by the part of the line that is free.
        let mut tx = database.tx().await;
        let more = [operation(&line, 2, Kind::Fields)];
        outbox::put(&mut tx, &main, "sync", &more, at(0))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(claimed_id(database, 10).await, None);
        drop(deciding);
        assert_eq!(claimed_id(database, 10).await, Some(format!("{line}-1")));

        // Another claim of the same line that is being written is waited for by nobody either.
        let mut claiming = database.tx().await;
        execute(
            &mut claiming,
            "SELECT * FROM outbox WHERE line = 'case2' FOR UPDATE",
        )
        .await
        .unwrap();
        assert_eq!(claimed_id(database, 500).await, Some(format!("{line}-1")));
        assert_eq!(claimed_id(database, 500).await, None);
    })
    .await;
}
