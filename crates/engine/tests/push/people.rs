//! Contacts edited here, and the end users they are.

use store::contacts;

use crate::*;

async fn rename(world: &World, contact: &str, change: impl FnOnce(&mut Contact)) {
    let mut tx = world.store().begin().await.unwrap();
    let mut found = contacts::by_ids(&mut tx, &[contact.to_owned()])
        .await
        .unwrap();
    let mut known = found.remove(contact).unwrap();
    change(&mut known);
    contacts::put(&mut tx, &[known], world.now()).await.unwrap();
    tx.commit().await.unwrap();
}

/// What Zendesk knows of somebody: name, email, phone.
fn person(world: &World, id: i64) -> (String, Option<String>, Option<String>) {
    world.zendesk().read(|account| {
        let user = account.user(id).unwrap();
        (
            user.name.to_string(),
            user.email.as_deref().map(str::to_owned),
            user.phone.as_deref().map(str::to_owned),
        )
    })
}

fn user_writes(world: &World) -> u64 {
    let writes = world.zendesk().writes_by_route();
    let users = writes.iter().filter(|(route, _)| route.contains("users"));
    users.map(|(_, count)| count).sum()
}

#[tokio::test]
async fn what_zendesk_changes_about_a_customer_is_no_write_back() {
    for wins in [Wins::Remote, Wins::Local] {
        quiet(wins)
            .each(async |world| {
                let (_, case) = pulled(world).await;
                let contact = world.case(&case).await.fields.contact.unwrap();
                let rosa = rosa(world);
                world.zendesk().edit(|account| {
                    let change = simulator::UserChange {
                        name: Some("Rosa Louise Parks".to_owned()),
                        phone: Some(Some("+1 313 555 0100".to_owned())),
                        ..simulator::UserChange::default()
                    };
                    account.update_user(rosa, change).unwrap();
                });
                let writes = user_writes(world);
                pull(world).await;
                pull(world).await;
                let mut reader = world.store().read().await.unwrap();
                let ids = [contact.clone()];
                let known = contacts::by_ids(&mut reader, &ids).await.unwrap();
                drop(reader);
                assert_eq!(known[&contact].name.full(), "Rosa Louise Parks");
                assert_eq!(known[&contact].phone.as_deref(), Some("+1 313 555 0100"));
                assert_eq!(user_writes(world), writes);
                assert_at_rest(world).await;
            })
            .await;
    }
}

#[tokio::test]
async fn a_contact_edited_here_reaches_its_end_user_once() {
    for fault in [
        "",
        "reset-after:times=1",
        "status=503:times=1",
        "late=5000:times=1",
    ] {
        quiet(Wins::Local)
            .each(async |world| {
                let (_, case) = pulled(world).await;
                let contact = world.case(&case).await.fields.contact.unwrap();
                let rosa = rosa(world);
                let on = ":method=PUT:route=users/{id}";
                if !fault.is_empty() {
                    hurt(world, &format!("{fault}{on}"));
                }
                rename(world, &contact, |known| {
                    known.name = PersonName::parse("Rosa Louise Parks").unwrap();
                    known.phone = Some("+13135550100".to_owned());
                })
                .await;
                // Whatever looks at the user next sees what the contact has and it has not.
                world.zendesk().edit(|account| {
                    let change = simulator::UserChange {
                        notes: Some(Some("VIP".to_owned())),
                        ..simulator::UserChange::default()
                    };
                    account.update_user(rosa, change).unwrap();
                });
                for _ in 0..4 {
                    pull(world).await;
                }
                let (name, email, phone) = person(world, rosa);
                assert_eq!(name, "Rosa Louise Parks", "{fault}");
                assert_eq!(email.as_deref(), Some("rosa@customer.example"));
                assert_eq!(phone.as_deref(), Some("+13135550100"));
                world.zendesk().clear_faults();
                if fault.is_empty() {
                    assert_eq!(user_writes(world), 1);
                }
                assert_at_rest(world).await;
            })
            .await;
    }
}

#[tokio::test]
async fn staff_is_never_written() {
    quiet(Wins::Local)
        .each(async |world| {
            // An agent who asks for something has a contact too, and it is edited here.
            let agent = world.zendesk().edit(|account| {
                let new = NewUser::agent("Alan Turing", "alan@bletchley.example");
                account.add_user(new).unwrap()
            });
            let (_, case) = pulled_with(world, |new| new.requester_id = Some(agent)).await;
            let contact = world.case(&case).await.fields.contact.unwrap();
            rename(world, &contact, |known| {
                known.name = PersonName::parse("Somebody Else").unwrap();
                known.phone = Some("+13135550100".to_owned());
            })
            .await;
            world.zendesk().edit(|account| {
                let change = simulator::UserChange {
                    notes: Some(Some("VIP".to_owned())),
                    ..simulator::UserChange::default()
                };
                account.update_user(agent, change).unwrap();
            });
            for _ in 0..4 {
                pull(world).await;
            }
            assert_eq!(person(world, agent).0, "Alan Turing");
            assert_eq!(user_writes(world), 0);
        })
        .await;
}
