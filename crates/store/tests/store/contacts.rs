//! Customers, and how they are found by email.

use std::collections::HashMap;

use domain::person::PersonName;
use store::contacts;

use crate::database::{Database, on_both};
use crate::samples::{at, contact};

async fn put(database: &Database, contacts: &[contacts::Contact]) {
    let mut tx = database.tx().await;
    contacts::put(&mut tx, contacts, at(0)).await.unwrap();
    tx.commit().await.unwrap();
}

async fn add_email(database: &Database, contact: &str, email: &str) {
    let mut tx = database.tx().await;
    contacts::add_email(&mut tx, contact, email).await.unwrap();
    tx.commit().await.unwrap();
}

async fn primary(database: &Database, keys: &[&str]) -> HashMap<String, String> {
    let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
    contacts::ids_by_primary_email(&mut *database.reader().await, &keys)
        .await
        .unwrap()
}

async fn secondary(database: &Database, keys: &[&str]) -> HashMap<String, String> {
    let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
    contacts::ids_by_secondary_email(&mut *database.reader().await, &keys)
        .await
        .unwrap()
}

fn map(pairs: &[(&str, &str)]) -> HashMap<String, String> {
    pairs
        .iter()
        .map(|(key, id)| ((*key).to_owned(), (*id).to_owned()))
        .collect()
}

#[tokio::test]
async fn a_contact_comes_back_as_it_was_put_and_is_replaced_by_id() {
    on_both(async |database| {
        let mut grace = contact(1);
        let nameless = contacts::Contact {
            id: "nameless".to_owned(),
            name: PersonName::default(),
            email: None,
            phone: None,
            owner_id: None,
        };
        put(database, &[grace.clone(), nameless.clone()]).await;
        grace.name.prefix = Some("Dr.".to_owned());
        grace.name.middle = Some("Brewster".to_owned());
        grace.name.suffix = Some("PhD".to_owned());
        grace.email = None;
        put(database, &[grace.clone()]).await;
        let ids = [grace.id.clone(), nameless.id.clone(), "nobody".to_owned()];
        let found = contacts::by_ids(&mut *database.reader().await, &ids)
            .await
            .unwrap();
        let expected = HashMap::from([(grace.id.clone(), grace), (nameless.id.clone(), nameless)]);
        assert_eq!(found, expected);
        assert!(primary(database, &["grace1@example.com"]).await.is_empty());
        let versions =
            database.number("SELECT MAX(version) FROM crm_contact WHERE first_name IS NOT NULL");
        assert_eq!(versions.await, 2);
    })
    .await;
}

#[tokio::test]
async fn a_contact_is_found_by_its_primary_email_and_the_first_made_wins() {
    on_both(async |database| {
        let mut twin = contact(2);
        twin.email = Some(" GRACE1@example.COM ".to_owned());
        put(database, &[twin, contact(1), contact(3)]).await;
        let found = primary(database, &["grace1@example.com", "grace3@example.com", "x"]).await;
        assert_eq!(
            found,
            map(&[
                ("grace1@example.com", "contact000001"),
                ("grace3@example.com", "contact000003"),
            ])
        );
        database
            .execute("UPDATE crm_contact SET deleted_at = 1 WHERE id = 'contact000001'")
            .await;
        let found = primary(database, &["grace1@example.com"]).await;
        assert_eq!(found, map(&[("grace1@example.com", "contact000002")]));
    })
    .await;
}

#[tokio::test]
async fn a_contact_is_found_by_a_secondary_email_only_when_that_is_asked() {
    on_both(async |database| {
        put(database, &[contact(1), contact(2)]).await;
        add_email(database, "contact000002", "Second@Example.com ").await;
        add_email(database, "contact000001", "second@example.com").await;
        add_email(database, "contact000001", "SECOND@example.com").await;
        assert_eq!(database.count("crm_contact_email").await, 2);
        assert!(primary(database, &["second@example.com"]).await.is_empty());
        let keys = ["second@example.com", "grace1@example.com"];
        assert_eq!(
            secondary(database, &keys).await,
            map(&[("second@example.com", "contact000001")])
        );
        database
            .execute("UPDATE crm_contact SET deleted_at = 1 WHERE id = 'contact000001'")
            .await;
        assert_eq!(
            secondary(database, &keys).await,
            map(&[("second@example.com", "contact000002")])
        );
    })
    .await;
}
