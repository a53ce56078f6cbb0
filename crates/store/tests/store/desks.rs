//! A case with everything that belongs to it: read whole, kept as far as it changed.

mod joins;

use domain::case::{CaseField, CaseStatus};
use domain::desk::{Desk, DeskComment, DeskLink, Version, Written};
use domain::outbox::{Kind, Parked, State};
use domain::value::Pair;
use store::comments::{self, MirroredComment};
use store::desks::{self, Held, NotMapped};
use store::tickets::{self, MirroredTicket};
use store::{Error, Tx, cases, links, outbox};

use crate::database::{Database, execute, on_both, on_postgres};
use crate::samples::{at, case, case_comment, link, operation, ticket, ticket_comment};

async fn mirror(tx: &mut Tx, id: i64, read: i64) {
    let ticket = ticket(id);
    let mirrored = MirroredTicket {
        ticket: &ticket,
        content: 1,
        raw: "{\"a\":1}",
    };
    tickets::put_read(tx, "main", &[mirrored], Some(at(read)))
        .await
        .unwrap();
}

/// Case 1 with ticket 30, which followed 10 and 20; three comments, the first of which Zendesk has.
async fn furnish(database: &Database) {
    let mut tx = database.tx().await;
    cases::put(&mut tx, &[case(1), case(2)]).await.unwrap();
    for id in [10, 20, 30] {
        mirror(&mut tx, id, 77).await;
        let mut link = link(id, &case(1).id);
        link.open = id == 30;
        links::put(&mut tx, "main", &[link], at(id)).await.unwrap();
    }
    // In no order, and two of one moment.
    let said = [3, 1, 2].map(|n| {
        let mut said = case_comment(n, &case(1).id);
        said.created_at = at(n / 2);
        said
    });
    comments::put(&mut tx, &said, at(0)).await.unwrap();
    let there = ticket_comment(900, 30);
    let mirrored = MirroredComment {
        comment: &there,
        case_comment_id: Some("comment000001"),
        content: 1,
        raw: "{}",
    };
    comments::mirror(&mut tx, "main", &[mirrored])
        .await
        .unwrap();
    let line = case(1).id;
    let mut all: Vec<_> = (1..=4)
        .map(|n| operation(&line, n, Kind::Comment))
        .collect();
    all[0].end(State::Done);
    all[1].park(Parked::TicketClosed);
    all[3].end(State::Discarded);
    all.push(operation(&line, 5, Kind::Fields));
    all[4].end(State::Discarded);
    outbox::put(&mut tx, "main", "ada", &all, at(0))
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

fn furnished() -> Desk {
    let comment = |n: i64, remote| DeskComment {
        id: case_comment(n, "").id,
        public: n % 2 == 0,
        is_description: n == 1,
        remote,
    };
    let line = case(1).id;
    let mut parked = operation(&line, 2, Kind::Comment);
    parked.park(Parked::TicketClosed);
    let mut given_up = operation(&line, 4, Kind::Comment);
    given_up.end(State::Discarded);
    Desk {
        case: line.clone(),
        fields: case(1).fields,
        deleted: false,
        link: Some(DeskLink {
            ticket: 30,
            agreed: link(30, "").agreed,
            seen: Version {
                updated_at: Some(at(30)),
                read_at: Some(at(77)),
            },
        }),
        predecessors: 2,
        operations: vec![parked, operation(&line, 3, Kind::Comment), given_up],
        last_seq: 5,
        comments: vec![comment(1, Some(900)), comment(2, None), comment(3, None)],
    }
}

async fn read(database: &Database, n: i64) -> Held {
    desks::read(&mut *database.reader().await, &case(n).id)
        .await
        .unwrap()
        .unwrap()
}

/// Takes case `n`, changes it, keeps it.
async fn change(
    database: &Database,
    n: i64,
    change: impl AsyncFn(&mut Tx, &mut Desk, &mut Written),
) -> Result<Vec<NotMapped>, Error> {
    let mut tx = database.tx().await;
    let held = desks::lock(&mut tx, &case(n).id).await?.unwrap();
    let (mut desk, mut written) = (held.desk.clone(), Written::default());
    change(&mut tx, &mut desk, &mut written).await;
    let not_mapped = desks::save(&mut tx, "main", &held, &desk, &written, "ada", at(500)).await?;
    tx.commit().await?;
    Ok(not_mapped)
}

#[tokio::test]
async fn a_case_is_read_with_all_that_belongs_to_it() {
    on_both(async |database| {
        furnish(database).await;
        let held = read(database, 1).await;
        assert_eq!(held.desk, furnished());
        assert_eq!(held.case, case(1));
        assert_eq!(held.integration_id.as_deref(), Some("main"));
        let mut tx = database.tx().await;
        let locked = desks::lock(&mut tx, &case(1).id).await.unwrap();
        assert_eq!(locked.as_ref(), Some(&held));
        let by_ticket = desks::lock_by_ticket(&mut tx, "main", 30).await.unwrap();
        assert_eq!(by_ticket, Some(held));
        // A predecessor is not the case's ticket any more; nor is another account's.
        for (integration, ticket) in [("main", 10), ("main", 31), ("other", 30)] {
            let none = desks::lock_by_ticket(&mut tx, integration, ticket).await;
            assert_eq!(none.unwrap(), None, "{integration} {ticket}");
        }
        assert_eq!(desks::lock(&mut tx, "nobody").await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_case_without_a_ticket_belongs_to_where_it_is_being_published() {
    on_both(async |database| {
        let mut tx = database.tx().await;
        cases::put(&mut tx, &[case(1)]).await.unwrap();
        cases::set_deleted(&mut tx, &case(1).id, Some(at(9)), at(9))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let held = read(database, 1).await;
        assert_eq!((&held.desk.link, held.desk.last_seq), (&None, 0));
        assert!(held.desk.deleted);
        assert_eq!(held.integration_id, None);

        let mut publish = operation(&case(1).id, 5, Kind::Publish);
        let keep = async |operation: &domain::outbox::Operation| {
            let mut tx = database.tx().await;
            let all = std::slice::from_ref(operation);
            outbox::put(&mut tx, "other", "ada", all, at(0))
                .await
                .unwrap();
            tx.commit().await.unwrap();
            read(database, 1).await.integration_id
        };
        assert_eq!(keep(&publish).await.as_deref(), Some("other"));
        publish.park(Parked::NoRequester);
        assert_eq!(keep(&publish).await.as_deref(), Some("other"));
        publish.end(State::Done);
        assert_eq!(keep(&publish).await, None);
    })
    .await;
}

#[tokio::test]
async fn what_changed_is_kept_and_reads_back_the_same() {
    on_both(async |database| {
        furnish(database).await;
        let mut expected = furnished();
        let not_mapped = change(database, 1, async |_, desk, written| {
            desk.fields.subject = "Water\0 this time".to_owned();
            desk.fields.status = CaseStatus::Resolved;
            desk.fields.closed_at = Some(at(400));
            desk.fields.assigned_to = Some("ada".to_owned());
            desk.fields.contact = None;
            let link = desk.link.as_mut().unwrap();
            let pair = Pair::new(Some("high".to_owned()), Some("urgent".to_owned()));
            link.agreed.put(CaseField::Priority, pair);
            link.seen = Version {
                updated_at: Some(at(300)),
                read_at: Some(at(301)),
            };
            desk.operations[0].wait_until(at(600));
            desk.operations[1].end(State::Done);
            desk.operations.push(operation(&desk.case, 6, Kind::Fields));
            desk.last_seq = 6;
            for operation in &desk.operations {
                written.operations.insert(operation.op_id.clone());
            }
            desk.map("comment000002", 901, Some("op"), written);
        })
        .await;
        assert_eq!(not_mapped.unwrap(), []);
        let held = read(database, 1).await;
        expected.fields = held.desk.fields.clone();
        assert_eq!(expected.fields.subject, "Water\u{fffd} this time");
        assert_eq!(expected.fields.closed_at, Some(at(400)));
        assert_eq!(expected.fields.contact, None);
        let link = expected.link.as_mut().unwrap();
        link.agreed = held.desk.link.as_ref().unwrap().agreed.clone();
        assert_eq!(link.agreed.0.len(), 3);
        link.seen.updated_at = Some(at(300));
        link.seen.read_at = Some(at(301));
        expected.operations[0].wait_until(at(600));
        expected.operations.remove(1);
        expected
            .operations
            .push(operation(&case(1).id, 6, Kind::Fields));
        expected.last_seq = 6;
        expected.comments[1].remote = Some(901);
        assert_eq!(held.desk, expected);
        assert_eq!((held.case.version, held.case.updated_at), (2, at(500)));
        let entry = outbox::find(&mut *database.reader().await, "case000001-3").await;
        let entry = entry.unwrap().unwrap();
        assert_eq!(entry.ended_at, Some(at(500)));
        assert_eq!(entry.requested_by, "ada");
        // The mirror keeps what Zendesk sent.
        let raws = tickets::raws(&mut *database.reader().await, "main", &[30]).await;
        assert_eq!(raws.unwrap(), ["{\"a\":1}"]);
    })
    .await;
}

#[tokio::test]
async fn what_did_not_change_costs_no_statement() {
    on_both(async |database| {
        furnish(database).await;
        let count = if database.is_postgres() {
            "SELECT CAST(SUM(n_tup_ins + n_tup_upd + n_tup_del) AS BIGINT) FROM pg_stat_xact_user_tables"
        } else {
            "SELECT total_changes()"
        };
        let mut tx = database.tx().await;
        let held = desks::lock(&mut tx, &case(1).id).await.unwrap().unwrap();
        let before: i64 = sqlx::query_scalar(count).fetch_one(&mut *tx).await.unwrap();
        // Named, and the same.
        let mut written = Written {
            link: true,
            ..Written::default()
        };
        for operation in &held.desk.operations {
            written.operations.insert(operation.op_id.clone());
        }
        desks::save(&mut tx, "main", &held, &held.desk, &written, "ada", at(500))
            .await
            .unwrap();
        let after: i64 = sqlx::query_scalar(count).fetch_one(&mut *tx).await.unwrap();
        assert_eq!(after, before);
        // The count is one that counts: the case, and the one word it is found by.
        let mut desk = held.desk.clone();
        desk.fields.subject = "Another".to_owned();
        desks::save(&mut tx, "main", &held, &desk, &written, "ada", at(500))
            .await
            .unwrap();
        let after: i64 = sqlx::query_scalar(count).fetch_one(&mut *tx).await.unwrap();
        assert_eq!(after, before + 2);
    })
    .await;
}

#[tokio::test]
async fn what_was_decided_on_an_old_picture_is_refused() {
    on_both(async |database| {
        furnish(database).await;
        let old = read(database, 1).await;
        let subject = |desk: &mut Desk, text: &str| desk.fields.subject = text.to_owned();
        change(database, 1, async |_, desk, _| subject(desk, "Newer"))
            .await
            .unwrap();
        let mut desk = old.desk.clone();
        subject(&mut desk, "Older");
        let mut tx = database.tx().await;
        let none = Written::default();
        let refused = desks::save(&mut tx, "main", &old, &desk, &none, "ada", at(9)).await;
        assert!(matches!(refused, Err(Error::LeaseLost)), "{refused:?}");
        drop(tx);
        assert_eq!(read(database, 1).await.desk.fields.subject, "Newer");
    })
    .await;
}

#[tokio::test]
async fn a_case_that_is_decided_on_is_decided_on_by_nobody_else() {
    // SQLite has one writer at a time; PostgreSQL must be told which rows are meant.
    on_postgres(async |database| {
        furnish(database).await;
        let mut first = database.tx().await;
        desks::lock(&mut first, &case(1).id).await.unwrap();
        for (n, is_free) in [(1, false), (2, true)] {
            let mut second = database.tx().await;
            execute(&mut second, "SET LOCAL lock_timeout = '20ms'")
                .await
                .unwrap();
            match desks::lock(&mut second, &case(n).id).await {
                Ok(_) => assert!(is_free, "case {n}"),
                Err(error) => assert!(matches!(error, Error::Busy) && !is_free, "{error:?}"),
            }
        }
        // Looking waits for nobody.
        assert_eq!(read(database, 1).await.desk, furnished());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_who_publish_a_case_at_once_ask_for_one_ticket() {
    on_both(async |database| {
        let mut tx = database.tx().await;
        cases::put(&mut tx, &[case(1)]).await.unwrap();
        tx.commit().await.unwrap();
        let again = database.again().await;
        let clicks: Vec<_> = (0..8)
            .map(|n| {
                let store = if n % 2 == 0 { &database.store } else { &again }.clone();
                tokio::spawn(async move {
                    let mut tx = store.begin().await.unwrap();
                    let id = case(1).id;
                    let held = desks::lock(&mut tx, &id).await.unwrap().unwrap();
                    let (mut desk, mut written) = (held.desk.clone(), Written::default());
                    // What the core decides: none while one is asked for.
                    if desk.operations.is_empty() {
                        let mut publish = operation(&id, desk.last_seq + 1, Kind::Publish);
                        publish.op_id = format!("click {n}");
                        written.operations.insert(publish.op_id.clone());
                        desk.operations.push(publish);
                    }
                    let by = format!("user {n}");
                    desks::save(&mut tx, "main", &held, &desk, &written, &by, at(n))
                        .await
                        .unwrap();
                    tx.commit().await.unwrap();
                })
            })
            .collect();
        for click in clicks {
            click.await.unwrap();
        }
        assert_eq!(database.count("outbox").await, 1);
        again.close().await;
    })
    .await;
}
