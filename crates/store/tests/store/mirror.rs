//! The mirror of Zendesk: users, tickets, comments, lists; and what shows of it on a case's page.

use std::collections::{HashMap, HashSet};

use domain::plan::PersonField;
use domain::value::{Agreed, Pair};
use store::comments::{self, MirroredComment};
use store::references::{self, Reference};
use store::tickets::{self, MirroredTicket};
use store::zendesk_users::{self, MirroredUser, PersonLink};
use store::{cases, links, outbox};

use crate::database::{Database, on_both};
use crate::samples::{
    at, case, case_comment, integration, link, ticket, ticket_comment, zendesk_user,
};

async fn put_ticket(
    database: &Database,
    integration: &str,
    ticket: &domain::ticket::Ticket,
    content: i64,
) {
    let mut tx = database.tx().await;
    let raw = format!("{{\"id\":{}}}", ticket.id);
    let mirrored = MirroredTicket {
        ticket,
        content,
        raw: &raw,
    };
    tickets::put(&mut tx, integration, &[mirrored])
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_user_is_mirrored_replaced_and_known_with_its_contact() {
    on_both(async |database| {
        let integration = integration(database, "main").await.id;
        let mut user = zendesk_user(7);
        let put = async |user: &domain::person::ZendeskUser, content| {
            let mut tx = database.tx().await;
            let mirrored = MirroredUser {
                user,
                content,
                raw: "{}",
            };
            zendesk_users::put(&mut tx, &integration, &[mirrored])
                .await
                .unwrap();
            tx.commit().await.unwrap();
        };
        let known = async || {
            zendesk_users::by_ids(&mut *database.reader().await, &integration, &[7, 8])
                .await
                .unwrap()
        };
        put(&user, i64::MIN).await;
        let found = known().await.remove(&7).unwrap();
        assert_eq!(found.remote_id, 7);
        assert_eq!((&found.name, &found.email), (&user.name, &user.email));
        assert_eq!((&found.phone, &found.role), (&user.phone, &user.role));
        assert_eq!((found.active, found.updated_at), (true, user.updated_at));
        assert_eq!((found.content, &found.contact_id), (i64::MIN, &None));

        user.active = false;
        user.email = None;
        user.updated_at = None;
        put(&user, i64::MAX).await;
        let mut agreed = Agreed::default();
        agreed.put(PersonField::Name, Pair::new(Some("G".to_owned()), None));
        let mut person = PersonLink {
            remote_id: 7,
            contact_id: "contact1".to_owned(),
            agreed,
        };
        for contact in ["contact1", "contact2"] {
            person.contact_id = contact.to_owned();
            let mut tx = database.tx().await;
            zendesk_users::link(&mut tx, &integration, &[person.clone()], at(0))
                .await
                .unwrap();
            tx.commit().await.unwrap();
            let found = known().await.remove(&7).unwrap();
            assert_eq!(found.contact_id.as_deref(), Some(contact));
            assert_eq!((found.active, found.content), (false, i64::MAX));
            assert_eq!((found.email, found.updated_at), (None, None));
            let mut reader = database.reader().await;
            let links = zendesk_users::links(&mut reader, &integration, &[7]).await;
            assert_eq!(links.unwrap(), HashMap::from([(7, person.clone())]));
        }
        assert_eq!(known().await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_ticket_is_mirrored_replaced_and_shown_on_its_case() {
    on_both(async |database| {
        let integration = integration(database, "main").await.id;
        put_ticket(database, &integration, &ticket(1), 1).await;
        let mut changed = ticket(1);
        changed.status = Some("closed".to_owned());
        changed.assignee_id = None;
        changed.followup_source_id = Some(9);
        changed.updated_at = Some(at(77));
        put_ticket(database, &integration, &changed, 2).await;
        let mut tx = database.tx().await;
        cases::put(&mut tx, &[case(1)]).await.unwrap();
        links::put(&mut tx, &integration, &[link(1, &case(1).id)], at(0))
            .await
            .unwrap();
        tickets::note_merged(&mut tx, &integration, &[(1, 5), (404, 5)])
            .await
            .unwrap();
        tickets::note_merged(&mut tx, &integration, &[(1, 6)])
            .await
            .unwrap();
        tickets::note_merged(&mut tx, &integration, &[])
            .await
            .unwrap();
        tx.commit().await.unwrap();

        let mut reader = database.reader().await;
        let known = tickets::by_ids(&mut reader, &integration, &[1, 2])
            .await
            .unwrap();
        assert_eq!(known.len(), 1);
        assert_eq!((known[&1].content, known[&1].updated_at), (2, Some(at(77))));
        let shown = tickets::of_case(&mut reader, &case(1).id).await;
        let shown = shown.unwrap().unwrap();
        assert_eq!(
            shown,
            tickets::TicketRow {
                integration_id: integration.clone(),
                remote_id: 1,
                state: "closed".to_owned(),
                status: Some("closed".to_owned()),
                kind: Some("incident".to_owned()),
                priority: Some("urgent".to_owned()),
                recipient: Some("help@example.com".to_owned()),
                requester_id: Some(7_000_000_000_001),
                submitter_id: Some(1),
                assignee_id: None,
                problem_id: Some(3),
                followup_source_id: Some(9),
                merged_into: Some(6),
                raw: "{\"id\":1}".to_owned(),
            }
        );
        assert_eq!(tickets::count(&mut reader, &integration).await.unwrap(), 1);
        assert_eq!(tickets::count(&mut reader, "other").await.unwrap(), 0);
        let numbers = tickets::case_numbers(&mut reader, &integration, &[1, 2]).await;
        assert_eq!(numbers.unwrap(), HashMap::from([(1, 1)]));
        let followups = tickets::followups(&mut reader, &integration, 9).await;
        assert_eq!(followups.unwrap(), [1]);
        assert_eq!(tickets::of_case(&mut reader, "nobody").await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_ticket_keeps_the_word_of_its_life() {
    on_both(async |database| {
        let integration = integration(database, "main").await.id;
        let mut scrubbed = ticket(4);
        scrubbed.status = Some("deleted".to_owned());
        scrubbed.subject = Some("SCRUBBED".to_owned());
        scrubbed.description = Some("X".to_owned());
        let with_status = |n, status: &str| {
            let mut ticket = ticket(n);
            ticket.status = Some(status.to_owned());
            ticket
        };
        for ticket in [
            with_status(1, "pending"),
            with_status(2, "closed"),
            with_status(3, "deleted"),
            scrubbed,
        ] {
            put_ticket(database, &integration, &ticket, 1).await;
        }
        let states = database.texts("SELECT state FROM zendesk_ticket ORDER BY remote_id");
        assert_eq!(states.await, ["alive", "closed", "deleted", "scrubbed"]);
    })
    .await;
}

#[tokio::test]
async fn a_case_shows_its_open_ticket_else_the_last_closed_one() {
    on_both(async |database| {
        let integration = integration(database, "main").await.id;
        for n in [10, 20, 30] {
            put_ticket(database, &integration, &ticket(n), 1).await;
        }
        let mut closed = [link(10, "case1"), link(30, "case1")];
        closed.iter_mut().for_each(|link| link.open = false);
        let mut tx = database.tx().await;
        links::put(&mut tx, &integration, &closed, at(0))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let shown = async || {
            tickets::of_case(&mut *database.reader().await, "case1")
                .await
                .unwrap()
                .unwrap()
                .remote_id
        };
        assert_eq!(shown().await, 30);
        let mut tx = database.tx().await;
        links::put(&mut tx, &integration, &[link(20, "case1")], at(0))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(shown().await, 20);
        let mut reader = database.reader().await;
        let found = links::by_tickets(&mut reader, &integration, &[10, 20, 40]).await;
        let found = found.unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found[&10], closed[0]);
        assert_eq!(found[&20], link(20, "case1"));
    })
    .await;
}

#[tokio::test]
async fn comments_that_came_before_their_ticket_wait_until_it_has_a_case() {
    on_both(async |database| {
        let integration = integration(database, "main").await.id;
        let other = crate::samples::integration(database, "other").await.id;
        for integration in [&integration, &other] {
            let said = [
                ticket_comment(1, 100),
                ticket_comment(2, 100),
                ticket_comment(3, 200),
            ];
            let mirrored: Vec<_> = said
                .iter()
                .map(|comment| MirroredComment {
                    comment,
                    case_comment_id: None,
                    content: comment.id,
                    raw: "{}",
                })
                .collect();
            let mut tx = database.tx().await;
            comments::mirror(&mut tx, integration, &mirrored)
                .await
                .unwrap();
            tx.commit().await.unwrap();
        }
        let waiting = async || {
            comments::tickets_with_waiting(&mut *database.reader().await, &integration)
                .await
                .unwrap()
        };
        assert_eq!(waiting().await, [0; 0]);
        let mut tx = database.tx().await;
        links::put(&mut tx, &integration, &[link(100, "case1")], at(0))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(waiting().await, [100]);
    })
    .await;
}

#[tokio::test]
async fn comments_of_a_case_are_shown_oldest_first_with_their_authors() {
    on_both(async |database| {
        let integration = integration(database, "main").await.id;
        let ours: Vec<_> = (1..=5).map(|n| case_comment(n, "case1")).collect();
        let mut shuffled = ours.clone();
        shuffled.reverse();
        let theirs = ticket_comment(2, 1);
        let mirrored = MirroredComment {
            comment: &theirs,
            case_comment_id: Some(&ours[1].id),
            content: 1,
            raw: "{\"secret\":1}",
        };
        let mut tx = database.tx().await;
        comments::put(&mut tx, &shuffled, at(0)).await.unwrap();
        comments::put(&mut tx, &[case_comment(9, "case2")], at(0))
            .await
            .unwrap();
        comments::mirror(&mut tx, &integration, &[mirrored])
            .await
            .unwrap();
        // A redaction: text and visibility change, nothing else does.
        let mut redacted = ours[3].clone();
        redacted.message = "▇▇▇".to_owned();
        redacted.public = false;
        let mut sent = redacted.clone();
        sent.case_id = "case2".to_owned();
        sent.created_at = at(99);
        comments::put(&mut tx, &[sent], at(1)).await.unwrap();
        tx.commit().await.unwrap();

        let mut reader = database.reader().await;
        assert_eq!(comments::count(&mut reader, "case1").await.unwrap(), 5);
        let shown = comments::of_case(&mut reader, "case1", 0, 100)
            .await
            .unwrap();
        let expected = [&ours[0], &ours[1], &ours[2], &redacted, &ours[4]];
        assert_eq!(shown.len(), 5);
        for (row, expected) in shown.iter().zip(expected) {
            assert_eq!(row.comment, *expected);
        }
        assert_eq!(
            (shown[1].remote_id, shown[1].author_remote_id),
            (Some(2), Some(72))
        );
        assert_eq!(
            (shown[0].remote_id, shown[0].author_remote_id),
            (None, None)
        );
        let page = comments::of_case(&mut reader, "case1", 3, 1).await.unwrap();
        assert_eq!(page.len(), 1);
        assert_eq!(page[0].comment, redacted);
        let ids = [ours[0].id.clone(), "nobody".to_owned()];
        let found = comments::by_ids(&mut reader, &ids).await.unwrap();
        assert_eq!(
            found,
            HashMap::from([(ours[0].id.clone(), ours[0].clone())])
        );
        drop(reader);

        let mut tx = database.tx().await;
        comments::purge_mirror(&mut tx, &integration, &["case1".to_owned()], &[])
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(
            database.texts("SELECT raw FROM zendesk_comment").await,
            ["{}"]
        );
        let known = comments::known(&mut *database.reader().await, &integration, &[2]).await;
        let known = known.unwrap().remove(&2).unwrap();
        assert_eq!(
            (known.content, known.case_comment_id),
            (0, Some(ours[1].id.clone()))
        );
        assert_eq!(database.count("crm_case_comment").await, 6);
    })
    .await;
}

#[tokio::test]
async fn what_waits_about_an_erased_ticket_is_parked_without_its_text() {
    on_both(async |database| {
        for (seq, op, integration, case, state) in [
            (1, "op1", "main", "case1", "claimed"),
            (2, "op2", "main", "case2", "waiting"),
            (3, "op3", "other", "case1", "waiting"),
            (4, "op4", "main", "case1", "done"),
        ] {
            database
                .execute(&format!(
                    "INSERT INTO outbox (op_id, integration_id, line, seq, kind, payload, state, not_before, created_at, requested_by) \
                     VALUES ('{op}', '{integration}', '{case}', {seq}, 'comment', 'personal', '{state}', 0, 0, 'sync')"
                ))
                .await;
        }
        let mut tx = database.tx().await;
        outbox::purge(&mut tx, "main", &["case1".to_owned()])
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let rows = database
            .texts("SELECT op_id || ' ' || payload || ' ' || state || ' ' || COALESCE(reason, '-') FROM outbox ORDER BY op_id")
            .await;
        assert_eq!(
            rows,
            [
                "op1 {} parked {\"why\":\"ticket_erased\"}",
                "op2 personal waiting -",
                "op3 personal waiting -",
                "op4 {} done -",
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn names_are_found_by_kind_and_an_unchanged_list_costs_no_write() {
    on_both(async |database| {
        let integration = integration(database, "main").await.id;
        let entry = |remote_id, name: &str, content| Reference {
            remote_id,
            name: name.to_owned(),
            content,
            raw: "{}".to_owned(),
        };
        let put = async |kind, entries: &[Reference]| {
            let mut tx = database.tx().await;
            let written = references::put(&mut tx, &integration, kind, entries)
                .await
                .unwrap();
            tx.commit().await.unwrap();
            written
        };
        let groups = [entry(1, "Support", 1), entry(2, "Sales", 1)];
        assert_eq!(put(references::GROUPS, &groups).await, 2);
        assert_eq!(put(references::BRANDS, &[entry(1, "Acme", 1)]).await, 1);
        assert_eq!(put(references::GROUPS, &groups).await, 0);
        let renamed = [entry(1, "Help desk", 2), entry(2, "Sales", 1)];
        assert_eq!(put(references::GROUPS, &renamed).await, 1);

        let mut reader = database.reader().await;
        let names = references::names(&mut reader, &integration, references::GROUPS, &[1, 2, 3]);
        assert_eq!(
            names.await.unwrap(),
            HashMap::from([(1, "Help desk".to_owned()), (2, "Sales".to_owned())])
        );
        let all = references::all_names(&mut reader, &integration, &[1]).await;
        assert_eq!(
            all.unwrap(),
            HashMap::from([
                (("group".to_owned(), 1), "Help desk".to_owned()),
                (("brand".to_owned(), 1), "Acme".to_owned()),
            ])
        );
        let known = references::known(&mut reader, &integration, &[1, 2, 3]).await;
        assert_eq!(known.unwrap(), HashSet::from([1, 2]));
        let other = references::known(&mut reader, "other", &[1]).await;
        assert_eq!(other.unwrap(), HashSet::new());
    })
    .await;
}

#[tokio::test]
async fn of_two_states_of_one_second_the_one_read_later_is_known() {
    on_both(async |database| {
        let read = async |changed: i64, read: Option<i64>| {
            let mut state = ticket(7);
            state.updated_at = Some(at(changed));
            let mirrored = MirroredTicket {
                ticket: &state,
                content: changed,
                raw: "{}",
            };
            let mut tx = database.tx().await;
            tickets::put_read(&mut tx, "main", &[mirrored], read.map(at))
                .await
                .unwrap();
            tx.commit().await.unwrap();
            let known = tickets::by_ids(&mut *database.reader().await, "main", &[7]).await;
            let known = known.unwrap()[&7];
            assert_eq!(known.updated_at, Some(at(changed)));
            known.read_at
        };
        assert_eq!(read(10, Some(12)).await, Some(at(12)));
        assert_eq!(read(10, Some(15)).await, Some(at(15)));
        assert_eq!(read(10, Some(13)).await, Some(at(15)));
        assert_eq!(read(10, None).await, Some(at(15)));
        assert_eq!(
            read(20, None).await,
            None,
            "of another second nothing is known"
        );
        assert_eq!(read(20, Some(21)).await, Some(at(21)));
    })
    .await;
}

#[tokio::test]
async fn a_ticket_says_where_it_was_merged_to() {
    on_both(async |database| {
        put_ticket(database, "main", &ticket(7), 1).await;
        let merged = async |ticket| {
            tickets::merged_into(&mut *database.reader().await, "main", ticket)
                .await
                .unwrap()
        };
        assert_eq!(merged(7).await, None);
        assert_eq!(merged(404).await, None);
        let mut tx = database.tx().await;
        tickets::note_merged(&mut tx, "main", &[(7, 9)])
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(merged(7).await, Some(9));
    })
    .await;
}
