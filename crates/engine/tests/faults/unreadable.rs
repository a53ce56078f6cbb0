//! Records that cannot be read: each is kept whole beside the mirror, told of, and stops no other; it
//! is forgotten once it is read well.

use simulator::{NewComment, TicketChange};
use store::unreadable::{self, Unreadable};
use world::World;

use crate::{assert_same, hurt, small, undisturbed};

async fn set_aside(world: &World) -> Vec<Unreadable> {
    let integration = world.integration().await;
    let mut reader = world.store().read().await.unwrap();
    unreadable::list(&mut reader, &integration.id, 100)
        .await
        .unwrap()
}

fn keys(records: &[Unreadable]) -> Vec<(&str, &str)> {
    records
        .iter()
        .map(|record| (record.stream.as_str(), record.key.as_str()))
        .collect()
}

/// A real change, after which the ticket is exported again.
fn tag(world: &World, ticket: i64) {
    let change = TicketChange {
        tags: Some(vec!["looked-at".to_owned()]),
        ..TicketChange::default()
    };
    let changed = world
        .zendesk()
        .edit(|account| account.update_ticket(ticket, change));
    changed.unwrap().unwrap();
    world.pass_minutes(2);
}

#[tokio::test]
async fn a_ticket_that_cannot_be_read_is_kept_aside_until_it_can() {
    small()
        .each(async |world| {
            // In the export, and also when it is asked for by name because of its comments.
            for route in ["incremental/tickets/cursor", "tickets/show_many"] {
                hurt(
                    world,
                    &format!("set=created_at:value=soonish:id=5:route={route}"),
                );
            }
            let run = world.sync_well().await;
            assert_eq!(run.counters.cases.created, 19);
            assert!(world.find_case_of(5).await.is_none());
            let warnings = world.warnings(&run).await.join("\n");
            insta::allow_duplicates! { insta::assert_snapshot!(warnings, @r"
        Ticket 5 (number 5 in its answer) cannot be read: invalid value: string …, expected a date and time at created_at. It was skipped and its JSON kept; report it with the version of Deskbridge.
        Ticket 5 (number 1 in its answer) cannot be read: invalid value: string …, expected a date and time at created_at. It was skipped and its JSON kept; report it with the version of Deskbridge.
        "); }
            let aside = set_aside(world).await;
            assert_eq!(keys(&aside), [("tickets", "5")]);
            assert!(aside[0].raw.contains("soonish"), "its JSON is kept");
            assert!(!aside[0].problem.contains("soonish"), "and told nowhere");

            // It stays through pulls that do not show it, and through a restart.
            world.restart().await;
            tag(world, 6);
            world.sync_well().await;
            assert_eq!(set_aside(world).await, aside);

            world.zendesk().clear_faults();
            tag(world, 5);
            let run = world.sync_well().await;
            assert_eq!(run.counters.cases.created, 1);
            assert_eq!(set_aside(world).await, []);
            assert_eq!(world.warnings(&run).await, Vec::<String>::new());
            // The comments that had waited for their ticket are on its case now.
            assert_eq!(world.comments_of(5).await.len(), 2);
        })
        .await;
}

#[tokio::test]
async fn a_user_that_the_export_spoils_is_asked_for_by_name() {
    small()
        .each(async |world| {
            let expected = undisturbed(&small(), world).await;
            let requester = world
                .zendesk()
                .read(|account| account.ticket(5).unwrap().requester_id);
            let fault = format!("set=updated_at:value=soonish:id={requester}");
            hurt(world, &format!("{fault}:route=incremental/users/cursor"));
            let run = world.sync_well().await;
            assert_eq!(world.warnings(&run).await.len(), 1);
            assert_eq!(set_aside(world).await, []);
            // Asked for by name, a user has a key more than in the export.
            let rest = |dump: &str| {
                let lines = dump
                    .lines()
                    .filter(|line| !line.starts_with("zendesk_user "));
                lines.collect::<Vec<_>>().join("\n")
            };
            assert_same(&rest(&expected), &rest(&world.dump().await));
        })
        .await;
}

#[tokio::test]
async fn a_requester_that_cannot_be_read_at_all_leaves_the_case_without_a_contact() {
    small()
        .each(async |world| {
            let (requester, others) = world.zendesk().read(|account| {
                let requester = account.ticket(5).unwrap().requester_id;
                let others = account.tickets().filter(|t| t.requester_id != requester);
                (requester, others.count())
            });
            let fault =
                format!("set=updated_at:value=soonish:id={requester}:route=users/show_many");
            hurt(world, &fault);
            hurt(
                world,
                &fault.replace("users/show_many", "incremental/users/cursor"),
            );
            let run = world.sync_well().await;
            assert_eq!(run.counters.cases.created, 20);
            let case = world.case_of(5).await;
            assert_eq!(case.fields.contact, None);
            assert!(others > 0, "the others have theirs");
            let key = requester.to_string();
            assert_eq!(keys(&set_aside(world).await), [("users", key.as_str())]);

            world.zendesk().clear_faults();
            tag(world, 5);
            world.sync_well().await;
            assert_eq!(set_aside(world).await, []);
        })
        .await;
}

#[tokio::test]
async fn the_comment_of_an_event_that_cannot_be_read_is_fetched_from_its_ticket() {
    small()
        .each(async |world| {
            let event = world
                .zendesk()
                .read(|account| account.audits_of(6).next().unwrap().id);
            let fault = format!("set=child_events:value=x:id={event}");
            hurt(world, &format!("{fault}:route=incremental/ticket_events"));
            let run = world.sync_well().await;
            assert_eq!(run.counters.comments.created, 40);
            let comments = world.comments_of(6).await;
            assert_eq!(comments.len(), 2);
            assert!(comments[0].comment.is_description);
            let key = event.to_string();
            assert_eq!(
                keys(&set_aside(world).await),
                [("ticket_events", key.as_str())]
            );

            // What Zendesk erases is erased here too.
            world.zendesk().clear_faults();
            world.zendesk().edit(|account| {
                account.delete_ticket(6).unwrap();
                account.scrub_ticket(6).unwrap();
            });
            world.pass_minutes(2);
            world.sync_well().await;
            assert_eq!(set_aside(world).await, []);
        })
        .await;
}

#[tokio::test]
async fn events_without_an_id_or_a_ticket_are_kept_aside_under_their_content() {
    small()
        .each(async |world| {
            hurt(
                world,
                "null=id:record=3:route=incremental/ticket_events:times=1",
            );
            hurt(
                world,
                "null=ticket_id:record=4:route=incremental/ticket_events:times=1",
            );
            let run = world.sync_well().await;
            let aside = set_aside(world).await;
            assert_eq!(aside.len(), 2);
            assert!(aside[0].key.starts_with('#'), "{aside:?}");
            assert!(aside.iter().all(|record| record.stream == "ticket_events"));
            assert_eq!(world.warnings(&run).await.len(), 2);
            assert_eq!(run.counters.cases.created, 20);
        })
        .await;
}

#[tokio::test]
async fn a_comment_of_a_list_that_cannot_be_read_leaves_the_others_and_what_was_stored() {
    small()
        .each(async |world| {
            world.sync_well().await;
            let before = world.comments_of(7).await;
            let second = before[1].remote_id.unwrap();
            world.zendesk().edit(|account| {
                account.redact_comment(second, None).unwrap();
                account
                    .add_comment(7, NewComment::public("One more."))
                    .unwrap();
            });
            world.pass_minutes(2);
            hurt(
                world,
                "set=created_at:value=soonish:record=1:route=tickets/{id}/comments",
            );
            world.sync_well().await;
            let key = format!("7/{}", before[0].remote_id.unwrap());
            assert_eq!(keys(&set_aside(world).await), [("comments", key.as_str())]);
            let comments = world.comments_of(7).await;
            assert_eq!(comments.len(), 3);
            assert_eq!(comments[0], before[0]);
            assert_ne!(comments[1].comment.message, before[1].comment.message);

            world.zendesk().clear_faults();
            world
                .zendesk()
                .edit(|account| account.make_comment_private(second))
                .unwrap();
            let third = comments[2].remote_id.unwrap();
            world
                .zendesk()
                .edit(|account| account.redact_comment(third, None))
                .unwrap();
            world.pass_minutes(2);
            world.sync_well().await;
            assert_eq!(set_aside(world).await, []);
        })
        .await;
}

#[tokio::test]
async fn an_entry_of_a_reference_list_that_cannot_be_read_stops_no_run() {
    small()
        .each(async |world| {
            hurt(world, "set=id:value={}:record=1:route=groups");
            let run = world.sync_well().await;
            assert_eq!(run.counters.cases.created, 20);
            let aside = set_aside(world).await;
            assert_eq!(aside.len(), 1);
            assert_eq!(aside[0].stream, "group");
            let warnings = world.warnings(&run).await.join("\n");
            insta::allow_duplicates! { insta::assert_snapshot!(warnings, @"Reference without an id (number 1 in its answer) cannot be read: invalid type: map, expected an id at id. It was skipped and its JSON kept; report it with the version of Deskbridge."); }
        })
        .await;
}

#[tokio::test]
async fn an_export_of_another_form_is_kept_aside_and_costs_no_request_for_each_of_its_rows() {
    small()
        .each(async |world| {
            let events: Vec<i64> = world
                .zendesk()
                .read(|account| account.audits().map(|audit| audit.id).collect());
            assert!(events.len() > 30);
            for event in &events {
                let fault = format!("null=child_events:id={event}");
                hurt(world, &format!("{fault}:route=incremental/ticket_events"));
            }
            let run = world.sync_well().await;
            assert_eq!(run.counters.cases.created, 20);
            assert_eq!(run.counters.comments.created, 0);
            assert_eq!(set_aside(world).await.len(), events.len());
            let asked = world.zendesk().requests_by_route();
            assert_eq!(asked.get("GET tickets/{id}/comments"), None);
        })
        .await;
}
