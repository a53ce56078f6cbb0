//! Tickets that bear our id and are not, or not yet, the case's: copies, deleted ones, one that is being
//! made, strange ids.

use simulator::Fault;
use world::World;

use super::*;

fn delete(world: &World, ticket: i64) {
    let deleted = world
        .zendesk()
        .edit(|account| account.delete_ticket(ticket));
    deleted.unwrap();
}

#[tokio::test]
async fn a_case_keeps_its_ticket_and_another_one_with_its_id_gets_a_case_of_its_own() {
    two_way()
        .each(async |world| {
            let (case, ticket) = published(world).await;
            let cases = count_cases(world).await;
            let copy = add_with(world, &external_id(world, ticket));
            pull(world).await;
            assert_at_rest(world).await;
            assert_eq!(world.ticket_of(&case).await, Some(ticket));
            let own = world.case_of(copy).await;
            assert_ne!(own.id, case);
            assert_eq!(own.fields.subject, "Another moth");
            assert_eq!(said(world, &own.id).await, said_there(world, copy));
            assert_eq!(count_cases(world).await, cases + 1);
        })
        .await;
}

#[tokio::test]
async fn a_copy_does_not_take_the_case_though_it_is_seen_first() {
    two_way()
        .each(async |world| {
            let (case, ticket) = published(world).await;
            let copy = add_with(world, &external_id(world, ticket));
            forget(world, &case, ticket).await;
            // Before anything is pulled.
            tell_of(world, copy).await;
            heed(world).await;
            assert_ne!(world.case_of(copy).await.id, case);
            assert_eq!(world.ticket_of(&case).await, None);
            let before = count(world);
            pull(world).await;
            assert_at_rest(world).await;
            assert_eq!(world.ticket_of(&case).await, Some(ticket));
            assert_eq!(count(world), before);
            assert_eq!(said(world, &case).await, said_there(world, ticket));
        })
        .await;
}

#[tokio::test]
async fn a_ticket_that_is_being_made_is_left_to_whoever_makes_it() {
    two_way()
        .each(async |world| {
            world.sync_well().await;
            let admin = world.admin();
            let case = admin.open_case("A moth", "In relay 70.", None).await.id;
            let cases = count_cases(world).await;
            let (tickets, comments) = count(world);
            // Its answer is lost, and nobody finds it.
            for fault in [
                "apply-then=503:method=POST:route=tickets:times=1",
                "unavailable:method=GET:route=tickets:after=2",
            ] {
                world.zendesk().add_fault(Fault::parse(fault).unwrap());
            }
            assert!(admin.publish(&case).await);
            pull(world).await;
            pull(world).await;
            assert_eq!(count(world), (tickets + 1, comments + 1));
            assert_eq!(world.ticket_of(&case).await, None);
            assert_eq!(count_cases(world).await, cases);
            // Nothing is asked of it meanwhile.
            let asked = world.zendesk().requests_by_route();
            let audits = asked.iter().find(|(route, _)| route.ends_with("audits"));
            assert_eq!(audits, None, "{asked:?}");
            world.zendesk().clear_faults();
            world.pass_minutes(30);
            pull(world).await;
            pull(world).await;
            assert_at_rest(world).await;
            let ticket = world.ticket_of(&case).await.unwrap();
            assert_eq!(count(world), (tickets + 1, comments + 1));
            assert_eq!(count_cases(world).await, cases);
            assert_eq!(said(world, &case).await, said_there(world, ticket));
        })
        .await;
}

#[tokio::test]
async fn one_that_is_deleted_waits_until_it_is_restored() {
    two_way()
        .each(async |world| {
            let (case, ticket) = published(world).await;
            forget(world, &case, ticket).await;
            let cases = count_cases(world).await;
            let deleted = world
                .zendesk()
                .edit(|account| account.delete_ticket(ticket));
            deleted.unwrap();
            pull(world).await;
            assert_at_rest(world).await;
            assert!(world.find_case_of(ticket).await.is_none());
            assert_eq!(count_cases(world).await, cases);
            let restored = world
                .zendesk()
                .edit(|account| account.restore_ticket(ticket));
            restored.unwrap();
            let before = count(world);
            pull(world).await;
            assert_at_rest(world).await;
            assert_eq!(world.ticket_of(&case).await, Some(ticket));
            assert_eq!(count(world), before);
            assert_eq!(said(world, &case).await, said_there(world, ticket));
        })
        .await;
}

#[tokio::test]
async fn a_deleted_copy_does_not_wait_for_the_case() {
    two_way()
        .each(async |world| {
            let (case, ticket) = published(world).await;
            let copy = add_with(world, &external_id(world, ticket));
            delete(world, copy);
            pull(world).await;
            assert_at_rest(world).await;
            assert_ne!(world.case_of(copy).await.id, case);
            assert_eq!(world.ticket_of(&case).await, Some(ticket));
        })
        .await;
}

#[tokio::test]
async fn a_look_at_one_that_is_gone_ends() {
    // Gone before the look, and gone in the middle of it.
    for away in [None, Some("status=404:route=tickets/{id}/audits:times=1")] {
        two_way()
            .each(async |world| {
                let (case, ticket) = published(world).await;
                forget(world, &case, ticket).await;
                tell_of(world, ticket).await;
                match away {
                    None => delete(world, ticket),
                    Some(fault) => world.zendesk().add_fault(Fault::parse(fault).unwrap()),
                }
                assert_eq!(heed(world).await, 1);
                assert_eq!(heed(world).await, 0);
                assert!(world.find_case_of(ticket).await.is_none());
                if away.is_some() {
                    delete(world, ticket);
                }
                // The export tells of it.
                pull(world).await;
                assert_at_rest(world).await;
                assert!(world.find_case_of(ticket).await.is_none());
            })
            .await;
    }
}

#[tokio::test]
async fn an_id_of_no_case_or_of_another_integration_says_nothing() {
    two_way()
        .each(async |world| {
            let (case, ticket) = published(world).await;
            forget(world, &case, ticket).await;
            let integration = world.integration().await.id;
            let strange = [
                format!("deskbridge:{integration}:no-such-case"),
                format!("deskbridge:elsewhere:{case}"),
                format!("deskbridge:{integration}{case}"),
                format!("deskbridge:{integration}:{case}:2"),
                case.clone(),
            ];
            let strange = strange.map(|id| add_with(world, &id));
            pull(world).await;
            assert_at_rest(world).await;
            for other in strange {
                assert_ne!(world.case_of(other).await.id, case);
            }
            assert_eq!(world.ticket_of(&case).await, Some(ticket));
        })
        .await;
}
