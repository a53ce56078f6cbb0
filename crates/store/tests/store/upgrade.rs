//! A database that the first release made, with what a company has in it, opened by this version.

use domain::outbox::Kind;
use sqlx::Connection as _;
use sqlx::migrate::Migrator;
use store::cases::{CaseFilter, Place::Newest};
use store::words::backlog;
use store::{Store, accounts, cases, contacts, desks, outbox, tickets};

use crate::database::{Place, execute, in_both_places};
use crate::samples::{at, case, operation};
use crate::schema::GROUND;

/// What the first release leaves behind: its tables, and some of its rows.
async fn first_release(place: &Place) {
    let folder = place.folder().join("migrations");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("0001_ground.sql"), GROUND).unwrap();
    let migrator = Migrator::new(folder.as_path()).await.unwrap();
    let mut connection = place.stranger().await;
    migrator
        .run_direct(None, &mut connection, false)
        .await
        .unwrap();
    for row in [
        "INSERT INTO crm_case (id, number, subject, description, status, priority, source, reported_at, created_at, updated_at) \
         VALUES ('case000001', 1, 'The printer', 'It burns.', 'open', 'high', 'email', 1, 1, 1)",
        "INSERT INTO link (integration_id, remote_id, case_id, state, agreed, created_at) VALUES ('main', 7, 'case000001', 'open', '{}', 9)",
        "INSERT INTO zendesk_ticket (integration_id, remote_id, state, updated_at, content, raw) VALUES ('main', 7, 'alive', 5000000, 1, '{}')",
        "INSERT INTO crm_case_comment (id, case_id, message, created_at, updated_at) VALUES ('comment1', 'case000001', 'It burns.', 1, 1)",
        "INSERT INTO zendesk_comment (integration_id, remote_id, ticket_remote_id, case_comment_id, content, raw) VALUES ('main', 70, 7, 'comment1', 1, '{}')",
    ] {
        execute(&mut connection, row).await.unwrap();
    }
    connection.close().await.unwrap();
}

#[tokio::test]
async fn a_database_of_the_first_release_is_brought_up_to_date_with_all_that_is_in_it() {
    in_both_places(async |place| {
        first_release(&place).await;
        let store = Store::open(&place.url).await.unwrap();
        let mut tx = store.begin().await.unwrap();
        let held = desks::lock(&mut tx, "case000001").await.unwrap().unwrap();
        assert_eq!(held.case.fields.subject, "The printer");
        let link = held.desk.link.as_ref().unwrap();
        assert_eq!((link.ticket, link.seen.read_at), (7, None));
        assert_eq!(link.seen.updated_at.unwrap().as_second(), 5);
        assert_eq!(held.desk.comments[0].remote, Some(70));
        assert_eq!(held.integration_id.as_deref(), Some("main"));
        // And is worked with as any other.
        let line = case(1).id;
        let change = operation(&line, 1, Kind::Fields);
        outbox::put(&mut tx, "main", "ada", std::slice::from_ref(&change), at(0))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let mut reader = store.read().await.unwrap();
        let again = desks::read(&mut reader, &line).await.unwrap().unwrap();
        assert_eq!(again.desk.operations, [change]);
        let known = tickets::by_ids(&mut reader, "main", &[7]).await.unwrap();
        assert_eq!(known[&7].read_at, None);
        drop(reader);
        store.close().await;

        let again = Store::open(&place.url).await.unwrap();
        let found = cases::count(&mut again.read().await.unwrap()).await;
        assert_eq!(found.unwrap(), 1);
        again.close().await;
    })
    .await;
}

#[tokio::test]
async fn several_processes_may_bring_a_database_up_to_date_at_once() {
    in_both_places(async |place| {
        first_release(&place).await;
        let open = || Store::open(&place.url);
        let (a, b, c, d) = tokio::join!(open(), open(), open(), open());
        for opened in [a, b, c, d] {
            let store = opened.unwrap();
            let counts = outbox::counts(&mut store.read().await.unwrap(), "main").await;
            assert_eq!(counts.unwrap(), outbox::Counts::default());
            store.close().await;
        }
    })
    .await;
}

#[tokio::test]
async fn an_upgrade_that_fails_leaves_the_database_as_it_was() {
    in_both_places(async |place| {
        first_release(&place).await;
        let mut stranger = place.stranger().await;
        execute(&mut stranger, "CREATE TABLE webhook (theirs TEXT)")
            .await
            .unwrap();
        let error = Store::open(&place.url).await.unwrap_err();
        assert!(matches!(error, store::Error::Schema(_)), "{error:?}");
        assert!(error.to_string().contains("migration 2"), "{error}");
        // What comes before it in the same migration was undone with it.
        execute(&mut stranger, "SELECT case_id FROM outbox")
            .await
            .unwrap();
        execute(&mut stranger, "SELECT state FROM inbox")
            .await
            .unwrap();
        execute(&mut stranger, "DROP TABLE webhook").await.unwrap();
        stranger.close().await.unwrap();
        let store = Store::open(&place.url).await.unwrap();
        let found = cases::count(&mut store.read().await.unwrap()).await;
        assert_eq!(found.unwrap(), 1);
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn records_older_than_the_words_are_found_by_them_once_their_turn_has_come() {
    in_both_places(async |place| {
        first_release(&place).await;
        let mut connection = place.stranger().await;
        for number in 2..=1_300 {
            execute(&mut connection, &format!(
                "INSERT INTO crm_case (id, number, subject, description, status, priority, source, reported_at, created_at, updated_at) \
                 VALUES ('case{number:06}', {number}, 'Invoice {number}', '', 'open', 'high', 'email', 1, 1, 1)"
            )).await.unwrap();
        }
        for row in [
            "INSERT INTO crm_contact (id, first_name, email, created_at, updated_at) VALUES ('contact1', 'Grace', 'grace@navy.example', 1, 1)",
            "INSERT INTO crm_account (id, name, created_at, updated_at) VALUES ('account1', 'Navy Yard', 1, 1)",
        ] {
            execute(&mut connection, row).await.unwrap();
        }
        connection.close().await.unwrap();
        let store = Store::open(&place.url).await.unwrap();
        let found = async |typed: &str| {
            let mut reader = store.read().await.unwrap();
            let filter = CaseFilter { text: typed.to_owned(), ..CaseFilter::default() };
            let found = cases::search(&mut reader, &filter, Newest, 200).await.unwrap();
            found.lines.iter().map(|line| line.number).collect::<Vec<_>>()
        };
        let older = async || backlog::is_left(&mut store.read().await.unwrap()).await.unwrap();
        assert!(older().await);
        assert_eq!(found("printer").await, [0; 0]);
        // A new record is found at once, and older ones turn by turn, the newest first.
        let mut tx = store.begin().await.unwrap();
        let mut new = case(1_301);
        new.fields.subject = "Printer ink".to_owned();
        cases::put(&mut tx, &[new]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(found("printer").await, [1_301]);
        let mut turns = 0;
        while backlog::go_on(&store).await.unwrap() {
            turns += 1;
            assert!(turns < 20, "it comes to an end");
        }
        assert!(!older().await);
        assert_eq!(found("printer").await, [1_301, 1]);
        assert_eq!(found("invoice").await.len(), 200);
        for number in [20, 799, 800, 801, 1_300] {
            assert_eq!(found(&format!("invoice {number}")).await.last(), Some(&number));
        }
        let mut reader = store.read().await.unwrap();
        let contacts = contacts::search(&mut reader, "grac", None, 5).await.unwrap();
        assert_eq!(contacts.len(), 1);
        let accounts = accounts::search(&mut reader, "navy", None, 5).await.unwrap();
        assert_eq!(accounts.len(), 1);
        drop(reader);
        // Nothing is left, and a turn more does nothing.
        assert!(!backlog::go_on(&store).await.unwrap());
        store.close().await;
    })
    .await;
}
