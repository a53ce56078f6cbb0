//! Who in Zendesk a user or a contact of ours is.

use store::users;
use store::zendesk_users::{self, MirroredUser, PersonLink};

use crate::database::{Database, on_both};
use crate::samples::{at, integration, user, zendesk_user};

async fn mirror(database: &Database, integration: &str, n: i64, role: Option<&str>, active: bool) {
    let mut person = zendesk_user(n);
    person.role = role.map(str::to_owned);
    person.active = active;
    let mirrored = MirroredUser {
        user: &person,
        content: 1,
        raw: "{}",
    };
    let mut tx = database.tx().await;
    zendesk_users::put(&mut tx, integration, &[mirrored])
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn only_active_agents_and_administrators_stand_for_a_user() {
    on_both(async |database| {
        let main = integration(database, "main").await.id;
        for (n, role, active) in [
            (1, Some("agent"), true),
            (2, Some("admin"), true),
            (3, Some("end-user"), true),
            (4, Some("agent"), false),
            (5, None, true),
        ] {
            mirror(database, &main, n, role, active).await;
        }
        mirror(database, "other", 6, Some("agent"), true).await;
        // More keys than are asked for at once, and some of them twice.
        let keys: Vec<_> = (1..=300)
            .chain(1..=9)
            .map(|n| format!("grace{n}@example.com"))
            .collect();
        let staff =
            zendesk_users::staff_by_email_keys(&mut *database.reader().await, &main, &keys).await;
        let staff: Vec<_> = staff.unwrap().iter().map(|user| user.remote_id).collect();
        assert_eq!(staff, [1, 2]);
        let none =
            zendesk_users::staff_by_email_keys(&mut *database.reader().await, &main, &[]).await;
        assert!(none.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_contact_may_be_several_users_and_is_told_with_what_is_known_of_them() {
    on_both(async |database| {
        let main = integration(database, "main").await.id;
        for (n, contact) in [(3, "contact1"), (1, "contact1"), (2, "contact2")] {
            mirror(database, &main, n, Some("end-user"), n != 3).await;
            let link = PersonLink {
                remote_id: n,
                contact_id: contact.to_owned(),
                agreed: domain::value::Agreed::default(),
            };
            let mut tx = database.tx().await;
            zendesk_users::link(&mut tx, &main, &[link], at(0))
                .await
                .unwrap();
            tx.commit().await.unwrap();
        }
        let asked: Vec<_> = (1..=400)
            .map(|n| format!("contact{}", n % 7 * 2 + 1))
            .collect();
        let found = zendesk_users::by_contact(&mut *database.reader().await, &main, &asked).await;
        let found = found.unwrap();
        let told: Vec<_> = found
            .iter()
            .map(|user| (user.remote_id, user.active))
            .collect();
        assert_eq!(told, [(1, true), (3, false)]);
        assert!(
            found
                .iter()
                .all(|user| user.contact_id.as_deref() == Some("contact1"))
        );
        assert_eq!(found[0].email.as_deref(), Some("Grace1@Example.com"));
        let other = zendesk_users::by_contact(&mut *database.reader().await, "other", &asked).await;
        assert!(other.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_user_is_found_by_id_even_when_they_have_left() {
    on_both(async |database| {
        let ada = user(database, "ada@example.com").await;
        database
            .execute("UPDATE crm_user SET disabled_at = 1")
            .await;
        let mut reader = database.reader().await;
        assert_eq!(users::find(&mut reader, &ada.id).await.unwrap(), Some(ada));
        assert_eq!(users::find(&mut reader, "nobody").await.unwrap(), None);
    })
    .await;
}
