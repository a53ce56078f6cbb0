//! What is kept of a deleted integration, and an account that is connected again.

use store::integrations::{self, Integration};
use store::links::{self, Link};
use store::{comments, former, zendesk_users};

use crate::database::{Database, on_both};
use crate::integrations::fill;
use crate::samples::{act, at, case, case_comment, contact, integration, link};

/// An integration with one row of everything, numbered `n`, that belongs to an account.
async fn used(database: &Database, name: &str, n: i64) -> Integration {
    let made = integration(database, name).await;
    let mut tx = database.tx().await;
    integrations::activate(&mut tx, &made, "acme", act())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    fill(database, &made.id, n).await;
    let mut reader = database.reader().await;
    let found = integrations::find(&mut reader, name).await.unwrap();
    found.unwrap()
}

async fn delete(database: &Database, integration: &Integration) {
    let mut tx = database.tx().await;
    integrations::delete(&mut tx, integration, act())
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

async fn add_again(database: &Database, integration: &Integration) -> u64 {
    let mut tx = database.tx().await;
    let taken = former::take_over(&mut tx, &integration.id, "asked").await;
    assert!(taken.unwrap());
    let rejoined = integrations::add_again(&mut tx, integration, act())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    rejoined
}

async fn of_account(database: &Database, account: &str) -> Option<String> {
    former::of_account(&mut *database.reader().await, account)
        .await
        .unwrap()
}

/// How many rows are set aside.
async fn set_aside(database: &Database) -> i64 {
    let mut rows = 0;
    for table in ["former_link", "former_comment", "former_person"] {
        rows += database.count(table).await;
    }
    rows
}

async fn links_of(database: &Database, id: &str, ticket: i64) -> Option<Link> {
    let mut reader = database.reader().await;
    let mut found = links::by_tickets(&mut reader, id, &[ticket]).await.unwrap();
    found.remove(&ticket)
}

#[tokio::test]
async fn tickets_comments_and_people_are_who_they_were() {
    on_both(async |database| {
        let gone = used(database, "gone", 1).await;
        let stays = used(database, "stays", 2).await;
        assert_eq!(of_account(database, "acme").await, None);
        let said = case_comment(1, "").id;
        let file = format!("UPDATE attachment SET case_comment_id = '{said}' WHERE id = 'file1'");
        database.execute(&file).await;
        delete(database, &gone).await;
        assert_eq!(links_of(database, &gone.id, 1).await, None);
        assert_eq!(set_aside(database).await, 3);
        assert_eq!(of_account(database, "other").await, None);
        assert_eq!(of_account(database, "acme").await, Some(gone.id.clone()));

        assert_eq!(add_again(database, &gone).await, 1);
        let found = integrations::find(&mut *database.reader().await, "gone").await;
        let found = found.unwrap().unwrap();
        assert_eq!((found.id.as_str(), found.active), (gone.id.as_str(), false));
        assert_eq!(found.account.as_deref(), Some("acme"));
        assert_eq!(found.settings, gone.settings);
        let again = links_of(database, &gone.id, 1).await;
        assert_eq!(again, Some(link(1, &case(1).id)));
        let mut reader = database.reader().await;
        let people = zendesk_users::links(&mut reader, &gone.id, &[1]).await;
        assert_eq!(people.unwrap()[&1].contact_id, contact(1).id);
        let known = comments::known(&mut reader, &gone.id, &[1]).await.unwrap();
        let said = comments::of_case(&mut reader, &case(1).id, 0, 10).await;
        assert_eq!(said.unwrap()[0].remote_id, Some(1));
        // Its text is read again; whether it is another one can be told.
        assert_ne!(known[&1].content, 1);
        assert!(known[&1].was_seen_as(1) && !known[&1].was_seen_as(2));
        let other = comments::known(&mut reader, &stays.id, &[2]).await.unwrap();
        assert_eq!(other[&2].content, 1);
        drop(reader);
        // The file comes with its comment, and nothing is left to be taken up.
        assert_eq!(database.texts("SELECT id FROM attachment").await, ["file2"]);
        assert_eq!(set_aside(database).await, 0);
        assert_eq!(of_account(database, "acme").await, None);
        let mut tx = database.tx().await;
        let taken = former::take_over(&mut tx, &gone.id, "late").await.unwrap();
        assert!(!taken, "nobody else gets the id");
        let asked = former::taken_over_as(&mut tx, "asked").await.unwrap();
        assert_eq!(asked, Some(gone.id.clone()));
        drop(tx);

        delete(database, &found).await;
        assert_eq!(of_account(database, "acme").await, Some(gone.id.clone()));
        assert_eq!(add_again(database, &found).await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_case_that_has_another_ticket_or_is_to_have_one_keeps_it() {
    on_both(async |database| {
        let gone = used(database, "gone", 1).await;
        let stays = used(database, "stays", 9).await;
        for n in 2..=5 {
            let mut tx = database.tx().await;
            links::put(&mut tx, &gone.id, &[link(n, &case(n).id)], at(0))
                .await
                .unwrap();
            tx.commit().await.unwrap();
        }
        // A predecessor and the ticket that follows it are taken up together.
        let before = Link {
            open: false,
            ..link(6, &case(5).id)
        };
        let mut tx = database.tx().await;
        links::put(&mut tx, &gone.id, &[before], at(0)).await.unwrap();
        tx.commit().await.unwrap();
        delete(database, &gone).await;

        let mut tx = database.tx().await;
        let former = Link {
            open: false,
            ..link(12, &case(2).id)
        };
        let elsewhere = [link(11, &case(1).id), former];
        links::put(&mut tx, &stays.id, &elsewhere, at(0))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        database
            .execute(&format!(
                "INSERT INTO outbox (op_id, integration_id, line, seq, kind, payload, state, not_before, created_at, requested_by) \
                 VALUES ('op', '{}', '{}', 1, 'publish', '{{}}', 'parked', 0, 0, 'sync')",
                stays.id,
                case(3).id
            ))
            .await;
        assert_eq!(add_again(database, &gone).await, 3);
        for (ticket, is_back) in [(1, false), (2, false), (3, false), (4, true), (5, true), (6, true)] {
            let found = links_of(database, &gone.id, ticket).await;
            assert_eq!(found.is_some(), is_back, "ticket {ticket}");
        }
        let known = comments::known(&mut *database.reader().await, &gone.id, &[1]).await;
        assert!(known.unwrap().is_empty(), "a comment goes with its ticket");
        assert_eq!(set_aside(database).await, 0);
    })
    .await;
}

#[tokio::test]
async fn the_one_deleted_last_is_taken_up_and_one_without_an_account_leaves_nothing() {
    on_both(async |database| {
        let unused = integration(database, "unused").await;
        fill(database, &unused.id, 1).await;
        delete(database, &unused).await;
        assert_eq!(database.count("former_integration").await, 0);
        assert_eq!(set_aside(database).await, 0);

        let first = used(database, "first", 2).await;
        let second = used(database, "second", 3).await;
        delete(database, &second).await;
        let mut tx = database.tx().await;
        let later = store::audit::Act {
            now: at(60),
            ..act()
        };
        integrations::delete(&mut tx, &first, later).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(of_account(database, "acme").await, Some(first.id));
    })
    .await;
}
