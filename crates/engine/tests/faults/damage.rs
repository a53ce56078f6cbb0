//! Single records that are not as they should be: null where a value was, words nobody knows, texts
//! of any length and script, two people with one email, people who are missing. The run completes,
//! says so where a person should know, and no other record is touched by it.

use std::collections::BTreeSet;

use simulator::{Fault, NewComment, NewTicket, NewUser, Record, TicketChange, UserChange};
use sqlx::Row as _;
use world::{Builder, World};

use crate::{another_database, assert_same, hurt, small};

/// Enough records that each field can be null in one of them.
fn many() -> Builder {
    World::builder().tickets(60).users(60).comments(1)
}

/// The keys of a record as the mirror holds it.
async fn keys(world: &World, query: &'static str) -> Vec<String> {
    let row = sqlx::query(query)
        .fetch_one(&mut *world.store().read().await.unwrap())
        .await
        .unwrap();
    let raw: serde_json::Value = serde_json::from_str(row.get("raw")).unwrap();
    raw.as_object().unwrap().keys().cloned().collect()
}

/// The lines of a dump that begin so and name none of these records.
fn lines(dump: &str, table: &str, without: &BTreeSet<i64>) -> String {
    let named = |line: &str| {
        without
            .iter()
            .any(|id| line.contains(&format!("remote_id=\"{id}\"")))
    };
    let kept = dump
        .lines()
        .filter(|line| line.starts_with(&format!("{table} ")) && !named(line));
    kept.collect::<Vec<_>>().join("\n")
}

/// Each of `fields` is null in one of `ids`; then a pull, `repair`, and a pull without the fault. The
/// mirror's `table` must come to the end of a world without any.
async fn null_each_field(
    world: &World,
    builder: &Builder,
    table: &str,
    route: &str,
    fields: &[String],
    ids: &[i64],
    repair: fn(&World),
) {
    assert!(fields.len() > 20 && ids.len() >= fields.len());
    let calm = builder.make(another_database(world).await).await;
    calm.sync_well().await;
    let hurt_ids: BTreeSet<i64> = ids.iter().take(fields.len()).copied().collect();
    for (field, id) in fields.iter().zip(ids) {
        let kind = simulator::FaultKind::Null {
            field: field.clone(),
        };
        let fault = Fault::new(kind).on(route).record(Record::Id(*id));
        world.zendesk().add_fault(fault);
    }
    world.sync_well().await;
    // Only what was hurt differs.
    assert_same(
        &lines(&calm.dump().await, table, &hurt_ids),
        &lines(&world.dump().await, table, &hurt_ids),
    );
    world.zendesk().clear_faults();
    for either in [world, &calm] {
        repair(either);
        either.pass_minutes(2);
        either.sync_well().await;
    }
    let nobody = BTreeSet::new();
    assert_same(
        &lines(&calm.dump().await, table, &nobody),
        &lines(&world.dump().await, table, &nobody),
    );
    for ticket in 1..=60 {
        let (ours, theirs) = (world.case_of(ticket).await, calm.case_of(ticket).await);
        assert_eq!(ours.fields.subject, theirs.fields.subject, "{ticket}");
        assert_eq!(ours.fields.description, theirs.fields.description);
        assert_eq!(ours.fields.status, theirs.fields.status, "{ticket}");
        assert_eq!(ours.fields.priority, theirs.fields.priority, "{ticket}");
        assert_eq!(
            ours.fields.contact.is_some(),
            theirs.fields.contact.is_some(),
            "{ticket}"
        );
    }
    calm.end().await;
}

#[tokio::test]
async fn a_ticket_may_have_null_in_any_field() {
    many()
        .each(async |world| {
            let probe = many().make(another_database(world).await).await;
            probe.sync_well().await;
            let fields = keys(&probe, "SELECT raw FROM zendesk_ticket LIMIT 1").await;
            probe.end().await;
            let ids: Vec<i64> = (1..=60).collect();
            null_each_field(
                world,
                &many(),
                "zendesk_ticket",
                "incremental/tickets/cursor",
                &fields,
                &ids,
                |world| {
                    for id in 1..=60 {
                        let change = TicketChange {
                            tags: Some(vec!["looked-at".to_owned()]),
                            ..TicketChange::default()
                        };
                        world
                            .zendesk()
                            .edit(|account| account.update_ticket(id, change))
                            .unwrap();
                    }
                },
            )
            .await;
        })
        .await;
}

#[tokio::test]
async fn a_user_may_have_null_in_any_field() {
    many()
        .each(async |world| {
            let probe = many().make(another_database(world).await).await;
            probe.sync_well().await;
            let fields = keys(&probe, "SELECT raw FROM zendesk_user LIMIT 1").await;
            probe.end().await;
            let ids: Vec<i64> = world
                .zendesk()
                .read(|account| account.users().map(|user| user.id).collect());
            null_each_field(
                world,
                &many(),
                "zendesk_user",
                "incremental/users/cursor",
                &fields,
                &ids,
                |world| {
                    world.zendesk().edit(|account| {
                        let ids: Vec<i64> = account.users().map(|user| user.id).collect();
                        for id in ids {
                            let change = UserChange {
                                notes: Some(Some("Looked at.".to_owned())),
                                ..UserChange::default()
                            };
                            account.update_user(id, change).unwrap();
                        }
                    });
                },
            )
            .await;
        })
        .await;
}

#[tokio::test]
async fn an_event_may_have_null_in_any_field_and_no_comment_is_lost() {
    small()
        .each(async |world| {
            let events: Vec<i64> = world
                .zendesk()
                .read(|account| account.audits().map(|audit| audit.id).collect());
            let fields = [
                "id",
                "timestamp",
                "created_at",
                "updater_id",
                "via",
                "system",
                "metadata",
                "event_type",
                "child_events",
            ];
            let route = "incremental/ticket_events";
            for (field, id) in fields.iter().zip(&events) {
                hurt(world, &format!("null={field}:id={id}:route={route}"));
            }
            let run = world.sync_well().await;
            assert_eq!(run.counters.comments.created, 40);
            for ticket in 1..=20 {
                assert_eq!(world.comments_of(ticket).await.len(), 2, "{ticket}");
            }
        })
        .await;
}

#[tokio::test]
async fn a_comment_may_have_null_in_any_field_and_keeps_what_was_stored() {
    small()
        .each(async |world| {
            world.sync_well().await;
            let fields = [
                "type",
                "author_id",
                "body",
                "html_body",
                "plain_body",
                "public",
                "attachments",
                "audit_id",
                "via",
                "created_at",
                "metadata",
            ];
            for (field, ticket) in fields.into_iter().zip(1..) {
                let before = world.comments_of(ticket).await;
                let second = before[1].remote_id.unwrap();
                // A redaction of one comment has the whole list of its ticket read.
                world
                    .zendesk()
                    .edit(|account| account.redact_comment(second, None))
                    .unwrap();
                world.pass_minutes(2);
                hurt(
                    world,
                    &format!("null={field}:record=1:route=tickets/{{id}}/comments"),
                );
                world.sync_well().await;
                world.zendesk().clear_faults();
                let after = world.comments_of(ticket).await;
                assert_eq!(after.len(), 2, "{field}");
                assert_eq!(
                    after[0].comment.message, before[0].comment.message,
                    "{field}"
                );
                assert!(
                    before[0].comment.public || !after[0].comment.public,
                    "{field}"
                );
                assert_ne!(
                    after[1].comment.message, before[1].comment.message,
                    "{field}"
                );
            }
        })
        .await;
}

#[tokio::test]
async fn words_nobody_knows_are_kept_in_the_mirror_and_told() {
    small()
        .each(async |world| {
            let tickets = "route=incremental/tickets/cursor";
            hurt(world, &format!("set=status:value=frozen:id=1:{tickets}"));
            hurt(
                world,
                &format!("set=priority:value=whenever:id=2:{tickets}"),
            );
            hurt(world, &format!("set=type:value=rumour:id=3:{tickets}"));
            hurt(world, &format!("set=a_new_field:value=7:id=4:{tickets}"));
            let user = world
                .zendesk()
                .read(|account| account.ticket(5).unwrap().requester_id);
            hurt(
                world,
                &format!("set=role:value=robot:id={user}:route=incremental/users/cursor"),
            );
            let run = world.sync_well().await;
            assert_eq!(run.counters.cases.created, 20);
            let warnings = world.warnings(&run).await;
            let told = warnings.join("\n").replace(&user.to_string(), "USER");
            insta::allow_duplicates! { insta::assert_snapshot!(told, @r"
        Ticket 1 has the status “frozen”, which no map knows; the case keeps its own status. Add the word to the status map of the integration.
        Ticket 2 has the priority “whenever”, which no map knows; the case keeps its own priority. Add the word to the priority map of the integration.
        Ticket 3 has the type “rumour”, which Deskbridge does not know; it is kept and shown as it came. Nothing needs to be done.
        Zendesk user USER has no role that Deskbridge knows, so it is linked to no contact and no user. Give it the role end-user, agent or admin in Zendesk.
        Zendesk user USER has no role that Deskbridge knows, so it is linked to no contact and no user. Give it the role end-user, agent or admin in Zendesk.
        Zendesk user USER has no role that Deskbridge knows, so it is linked to no contact and no user. Give it the role end-user, agent or admin in Zendesk.
        Zendesk user USER has no role that Deskbridge knows, so it is linked to no contact and no user. Give it the role end-user, agent or admin in Zendesk.
        Zendesk user USER has no role that Deskbridge knows, so it is linked to no contact and no user. Give it the role end-user, agent or admin in Zendesk.
        Zendesk user USER has no role that Deskbridge knows, so it is linked to no contact and no user. Give it the role end-user, agent or admin in Zendesk.
        Zendesk user USER has no role that Deskbridge knows, so it is linked to no contact and no user. Give it the role end-user, agent or admin in Zendesk.
        Zendesk user USER has no role that Deskbridge knows, so it is linked to no contact and no user. Give it the role end-user, agent or admin in Zendesk.
        "); }
            let dump = world.dump().await;
            for word in ["frozen", "whenever", "rumour", "robot"] {
                assert!(dump.contains(word), "{word}");
            }
        })
        .await;
}

#[tokio::test]
async fn texts_of_any_length_and_script_arrive_as_they_are() {
    let subjects = [
        "x".repeat(10_000),
        "😀👩‍👩‍👧‍👦 gone 🧨".to_owned(),
        "\u{202e}שלום, זה לא עובד\u{202c} — مرحبا".to_owned(),
        "नमस्ते 你好 e\u{301}\u{327}".to_owned(),
        "tab\tand\nline and \"quotes\" and \\ and 'one' -- ; DROP TABLE".to_owned(),
        "{{ticket.id}} <script>alert(1)</script> &amp;".to_owned(),
    ];
    small()
        .each(async |world| {
            let ids = world.zendesk().edit(|account| {
                let requester = account
                    .add_user(NewUser::end_user(
                        "שָׁרָה 👩‍🚀 O'Neil\u{200f}",
                        "sara@example.net",
                    ))
                    .unwrap();
                let add = |subject: &String| {
                    let new = NewTicket {
                        subject: Some(subject.clone()),
                        comment: NewComment::public(subject.clone()).by(requester),
                        requester_id: Some(requester),
                        ..NewTicket::default()
                    };
                    account.add_ticket(new).unwrap()
                };
                subjects.iter().map(add).collect::<Vec<i64>>()
            });
            world.pass_minutes(2);
            let run = world.sync_well().await;
            assert_eq!(world.warnings(&run).await, Vec::<String>::new());
            for (id, subject) in ids.into_iter().zip(&subjects) {
                let case = world.case_of(id).await;
                assert_eq!(&case.fields.subject, subject);
                assert_eq!(&case.fields.description, subject);
                let comments = world.comments_of(id).await;
                assert_eq!(&comments[0].comment.message, subject);
            }
        })
        .await;
}

#[tokio::test]
async fn a_subject_of_ten_thousand_letters_stops_nobody() {
    small()
        .each(async |world| {
            hurt(world, "huge-subject:id=3:route=incremental/tickets/cursor");
            world.sync_well().await;
            let case = world.case_of(3).await;
            assert_eq!(case.fields.subject.chars().count(), 10_000);
        })
        .await;
}

#[tokio::test]
async fn two_users_with_one_email_are_one_person_and_the_run_says_so() {
    small()
        .each(async |world| {
            hurt(
                world,
                "same-email:record=2:route=incremental/users/cursor:after=1:times=1",
            );
            let run = world.sync_well().await;
            assert_eq!(run.counters.cases.created, 20);
            let warnings = world.warnings(&run).await;
            assert_eq!(warnings.len(), 1);
            let told: String = warnings[0]
                .chars()
                .map(|letter| if letter.is_ascii_digit() { '#' } else { letter })
                .collect();
            insta::allow_duplicates! { insta::assert_snapshot!(told, @"Zendesk users ############# and ############# have the same email address, so both are the same person here. Merge them in Zendesk if that is right, or give one another address."); }
        })
        .await;
}

#[tokio::test]
async fn a_requester_whom_zendesk_does_not_know_leaves_the_submitter_as_contact() {
    small()
        .each(async |world| {
            hurt(
                world,
                "missing-requester:id=3:route=incremental/tickets/cursor",
            );
            let run = world.sync_well().await;
            assert_eq!(run.counters.cases.created, 20);
            let warnings = world.warnings(&run).await;
            insta::allow_duplicates! { insta::assert_snapshot!(warnings.join("\n"), @"The requester of ticket 3, Zendesk user 9999999999999, has not arrived; the case gets its contact when it does. If it stays so, check that the user still exists in Zendesk."); }
        })
        .await;
}
