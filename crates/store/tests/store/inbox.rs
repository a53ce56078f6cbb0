//! What came in by itself: each event once, each record one look.

use jiff::Timestamp;
use store::inbox::{self, Hint, OpenCounts, Subject};
use store::{Store, integrations};

use crate::database::{Database, on_both};
use crate::samples::{act, active, at};

async fn receive(store: &Store, integration: &str, event: &str, ticket: i64, n: i64) -> bool {
    let mut tx = store.begin().await.unwrap();
    let subject = Subject::Ticket(ticket);
    let is_new = inbox::receive(&mut tx, "webhook", event, integration, subject, at(n))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    is_new
}

async fn hint(database: &Database, integration: &str, subjects: &[Subject], from: i64, now: i64) {
    let mut tx = database.tx().await;
    inbox::hint(&mut tx, integration, subjects, at(now), at(from))
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

async fn due(database: &Database, now: i64) -> Vec<Hint> {
    inbox::due(&mut *database.reader().await, at(now), 1_000)
        .await
        .unwrap()
}

async fn done(database: &Database, hints: &[Hint]) -> u64 {
    let mut tx = database.tx().await;
    let answered = inbox::done(&mut tx, hints).await.unwrap();
    tx.commit().await.unwrap();
    answered
}

fn subjects(hints: &[Hint]) -> Vec<Subject> {
    hints.iter().map(|hint| hint.subject).collect()
}

#[test]
fn a_subject_reads_back_and_other_words_are_none() {
    for subject in [
        Subject::Ticket(7),
        Subject::User(-1),
        Subject::Ticket(i64::MAX),
    ] {
        assert_eq!(Subject::parse(&subject.to_string()), Some(subject));
    }
    assert_eq!(Subject::Ticket(7).to_string(), "ticket:7");
    assert_eq!(Subject::User(7).to_string(), "user:7");
    for text in [
        "",
        "ticket",
        "ticket:",
        "ticket:x",
        "group:7",
        "ticket:7:8",
        "Ticket:7",
    ] {
        assert_eq!(Subject::parse(text), None, "{text}");
    }
}

#[tokio::test]
async fn an_event_that_came_in_before_is_refused_and_asks_for_nothing() {
    on_both(async |database| {
        let main = active(database, "main").await.id;
        let other = active(database, "other").await.id;
        assert!(receive(&database.store, &main, "event1", 7, 1).await);
        done(database, &due(database, 9).await).await;
        // However late, and whatever it says.
        assert!(!receive(&database.store, &main, "event1", 7, 2).await);
        assert!(!receive(&database.store, &main, "event1", 8, 3).await);
        assert_eq!(due(database, 9).await, []);
        // Two integrations of one account hear of the same event, each of them once.
        assert!(receive(&database.store, &other, "event1", 7, 4).await);
        assert_eq!(due(database, 9).await.len(), 1);
        assert_eq!(database.count("inbox").await, 2);
    })
    .await;
}

#[tokio::test]
async fn a_burst_about_one_ticket_is_one_look() {
    on_both(async |database| {
        let main = active(database, "main").await.id;
        for n in 0..30 {
            assert!(receive(&database.store, &main, &format!("event{n}"), 7 + n % 2, n).await);
        }
        let due = due(database, 100).await;
        assert_eq!(subjects(&due), [Subject::Ticket(7), Subject::Ticket(8)]);
        assert_eq!(due[0].received_at, at(0), "it has waited since the first");
        assert_eq!(done(database, &due).await, 2);
        assert_eq!(
            inbox::due(&mut *database.reader().await, at(100), 10)
                .await
                .unwrap(),
            []
        );
    })
    .await;
}

#[tokio::test]
async fn what_came_in_while_its_ticket_was_fetched_is_looked_at_again() {
    on_both(async |database| {
        let main = active(database, "main").await.id;
        receive(&database.store, &main, "event1", 7, 1).await;
        let first = due(database, 1).await;
        // All at one moment of the clock.
        receive(&database.store, &main, "event2", 7, 1).await;
        assert_eq!(done(database, &first).await, 0);
        let second = due(database, 1).await;
        assert_eq!(subjects(&second), [Subject::Ticket(7)]);
        // Nor is it put off by who had looked before.
        let mut tx = database.tx().await;
        inbox::postpone(&mut tx, &first, at(500)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(due(database, 1).await, second);
        assert_eq!(done(database, &second).await, 1);
        assert_eq!(done(database, &second).await, 0);
        assert_eq!(due(database, 900).await, []);
    })
    .await;
}

#[tokio::test]
async fn a_look_that_was_put_off_waits_and_a_nearer_one_wins() {
    on_both(async |database| {
        let main = active(database, "main").await.id;
        let (ticket, user) = (Subject::Ticket(7), Subject::User(7));
        hint(database, &main, &[user, ticket, user], 50, 0).await;
        let next = async || {
            inbox::next_due(&mut *database.reader().await)
                .await
                .unwrap()
        };
        assert_eq!(next().await, Some(at(50)));
        let of = inbox::next_due_of(&mut *database.reader().await, &main).await;
        assert_eq!(of.unwrap(), Some(at(50)));
        assert_eq!(due(database, 49).await, []);
        assert_eq!(subjects(&due(database, 50).await), [ticket, user]);
        // Asked for later, it is looked at as early as before; asked for sooner, sooner.
        hint(database, &main, &[ticket], 80, 1).await;
        assert_eq!(subjects(&due(database, 50).await), [ticket, user]);
        hint(database, &main, &[ticket], 20, 2).await;
        assert_eq!(subjects(&due(database, 20).await), [ticket]);

        let mut tx = database.tx().await;
        inbox::postpone(&mut tx, &due(database, 20).await, at(90))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(subjects(&due(database, 60).await), [user]);
        done(database, &due(database, 100).await).await;
        assert_eq!(next().await, None);
        // Answered, it waits anew from the moment that is asked for, not from an older one.
        hint(database, &main, &[ticket], 200, 150).await;
        let again = due(database, 200).await;
        assert_eq!(
            (again[0].received_at, again[0].not_before),
            (at(150), at(200))
        );
        assert_eq!(due(database, 199).await, []);
    })
    .await;
}

#[tokio::test]
async fn hints_of_an_inactive_integration_wait_and_are_counted() {
    on_both(async |database| {
        let main = active(database, "main").await;
        let other = active(database, "other").await.id;
        hint(
            database,
            &main.id,
            &[Subject::Ticket(1), Subject::User(2)],
            10,
            5,
        )
        .await;
        hint(database, &other, &[Subject::Ticket(3)], 11, 6).await;
        let of = async |integration: &str, limit| {
            let reader = &mut *database.reader().await;
            let due = inbox::due_of(reader, integration, at(20), limit)
                .await
                .unwrap();
            subjects(&due)
        };
        assert_eq!(
            of(&main.id, 9).await,
            [Subject::Ticket(1), Subject::User(2)]
        );
        assert_eq!(of(&main.id, 1).await, [Subject::Ticket(1)]);
        let mut tx = database.tx().await;
        integrations::deactivate(&mut tx, &main, act())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(of(&main.id, 9).await, []);
        assert_eq!(subjects(&due(database, 20).await), [Subject::Ticket(3)]);
        let next: Option<Timestamp> = inbox::next_due(&mut *database.reader().await)
            .await
            .unwrap();
        assert_eq!(next, Some(at(11)));
        let counts = async |integration: &str| {
            inbox::open_counts(&mut *database.reader().await, integration)
                .await
                .unwrap()
        };
        let expected = OpenCounts {
            waiting: 2,
            oldest_at: Some(at(5)),
        };
        assert_eq!(counts(&main.id).await, expected);
        done(database, &due(database, 20).await).await;
        assert_eq!(counts(&other).await, OpenCounts::default());
    })
    .await;
}

#[tokio::test]
async fn events_are_remembered_until_they_are_old_and_open_hints_are_never_swept() {
    on_both(async |database| {
        let main = active(database, "main").await.id;
        receive(&database.store, &main, "old", 1, 1).await;
        done(database, &due(database, 50).await).await;
        receive(&database.store, &main, "open", 2, 2).await;
        receive(&database.store, &main, "new", 3, 30).await;
        let mut tx = database.tx().await;
        // Two events, and the one hint that was answered.
        assert_eq!(inbox::sweep(&mut tx, at(30)).await.unwrap(), 3);
        tx.commit().await.unwrap();
        assert!(!receive(&database.store, &main, "new", 3, 31).await);
        let due = due(database, 50).await;
        assert_eq!(subjects(&due), [Subject::Ticket(2), Subject::Ticket(3)]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_webhook_many_times_at_once_counts_once() {
    on_both(async |database| {
        let main = active(database, "main").await.id;
        let again = database.again().await;
        let calls: Vec<_> = (0..12)
            .map(|n| {
                let store = if n % 2 == 0 { &database.store } else { &again }.clone();
                let (main, event) = (main.clone(), format!("event{}", n % 3));
                tokio::spawn(async move { receive(&store, &main, &event, 7, n).await })
            })
            .collect();
        let mut new = 0;
        for call in calls {
            new += i64::from(call.await.unwrap());
        }
        assert_eq!((new, database.count("inbox").await), (3, 3));
        let due = due(database, 50).await;
        assert_eq!((due.len(), due[0].version), (1, 3));
        again.close().await;
    })
    .await;
}
