//! Which ticket a case is, and which Zendesk comment a comment of it: each at most one.

use domain::desk::{DeskLink, Mapped, Version};
use domain::value::Agreed;
use store::comments::{self, MirroredComment};
use store::desks::NotMapped;
use store::{Error, links};

use super::{change, furnish, furnished, mirror, read};
use crate::database::on_both;
use crate::samples::{at, case, link, ticket_comment};

fn to(ticket: i64) -> DeskLink {
    DeskLink {
        ticket,
        agreed: Agreed::default(),
        seen: Version::default(),
    }
}

#[tokio::test]
async fn a_follow_up_takes_the_case_over_and_its_predecessor_is_counted() {
    on_both(async |database| {
        furnish(database).await;
        change(database, 1, async |tx, desk, written| {
            mirror(tx, 40, 410).await;
            desk.predecessors += 1;
            desk.link = Some(DeskLink {
                ticket: 40,
                agreed: Agreed::default(),
                seen: Version::default(),
            });
            written.link = true;
            written.closed_link = Some(30);
            desk.map("comment000002", 902, None, written);
        })
        .await
        .unwrap();
        let held = read(database, 1).await;
        assert_eq!(held.desk.predecessors, 3);
        let link = held.desk.link.unwrap();
        assert_eq!(link.ticket, 40);
        let as_mirrored = Version {
            updated_at: Some(at(40)),
            read_at: Some(at(410)),
        };
        assert_eq!(link.seen, as_mirrored);
        assert_eq!(held.desk.comments[1].remote, Some(902));
        let of_case = links::of_case(&mut *database.reader().await, &case(1).id).await;
        let told: Vec<_> = of_case
            .unwrap()
            .into_iter()
            .map(|ticket| (ticket.remote_id, ticket.open, ticket.created_at))
            .collect();
        let expected = [
            (40, true, at(500)),
            (30, false, at(30)),
            (20, false, at(20)),
            (10, false, at(10)),
        ];
        assert_eq!(told, expected);
        let there = "SELECT ticket_remote_id FROM zendesk_comment WHERE remote_id = 902";
        assert_eq!(database.number(there).await, 40);
    })
    .await;
}

#[tokio::test]
async fn a_ticket_keeps_its_number_although_those_before_it_are_forgotten() {
    on_both(async |database| {
        furnish(database).await;
        for (ticket, number) in [(40, 5), (41, 6)] {
            change(database, 1, async |tx, desk, written| {
                mirror(tx, ticket, 410).await;
                written.closed_link = desk.link.replace(to(ticket)).map(|link| link.ticket);
                desk.predecessors = number;
                written.link = true;
            })
            .await
            .unwrap();
            assert_eq!(read(database, 1).await.desk.predecessors, number);
            let case = case(1).id;
            let reader = &mut *database.reader().await;
            let told = links::of_cases(reader, std::slice::from_ref(&case)).await;
            assert_eq!(told.unwrap()[&case], (Some(ticket), number));
        }
    })
    .await;
}

#[tokio::test]
async fn a_ticket_that_is_another_cases_is_not_taken_from_it() {
    on_both(async |database| {
        furnish(database).await;
        for ticket in [30, 20] {
            let taken = change(database, 2, async |_, desk, written| {
                desk.fields.subject = "Ours?".to_owned();
                desk.link = Some(to(ticket));
                written.link = true;
            })
            .await;
            let error = taken.unwrap_err();
            assert!(matches!(error, Error::Taken { .. }), "{error:?}");
            assert_eq!(error.when(), store::When::Later);
            let said = error.to_string();
            assert!(
                said.starts_with(&format!("Ticket {ticket} belongs")),
                "{said}"
            );
        }
        assert_eq!(read(database, 1).await.desk, furnished());
        assert_eq!(read(database, 2).await.case, case(2));
    })
    .await;
}

#[tokio::test]
async fn a_case_that_was_linked_behind_ones_back_gets_no_second_ticket() {
    on_both(async |database| {
        furnish(database).await;
        let taken = change(database, 2, async |tx, desk, _| {
            let other = link(50, &case(2).id);
            links::put(tx, "other", &[other], at(1)).await.unwrap();
            desk.link = Some(to(51));
        })
        .await;
        assert!(matches!(taken, Err(Error::Taken { .. })), "{taken:?}");
        assert_eq!(read(database, 2).await.desk.link, None);
    })
    .await;
}

#[tokio::test]
async fn the_import_of_a_comment_that_was_mapped_before_only_fills_its_row() {
    on_both(async |database| {
        furnish(database).await;
        change(database, 1, async |_, desk, written| {
            desk.map("comment000002", 905, Some("op7"), written);
        })
        .await
        .unwrap();
        let known = async || {
            let known = comments::known(&mut *database.reader().await, "main", &[905]).await;
            known.unwrap().remove(&905).unwrap()
        };
        let placeholder = known().await;
        assert_eq!(
            placeholder.case_comment_id.as_deref(),
            Some("comment000002")
        );
        assert_eq!(placeholder.content, 0);
        let there = ticket_comment(905, 30);
        let mirrored = MirroredComment {
            comment: &there,
            case_comment_id: Some("somebody else's"),
            content: 42,
            raw: "{\"id\":905}",
        };
        let mut tx = database.tx().await;
        comments::mirror(&mut tx, "main", &[mirrored])
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let filled = known().await;
        assert_eq!(filled.case_comment_id.as_deref(), Some("comment000002"));
        assert_eq!(filled.content, 42);
        let op = database
            .texts("SELECT op_id || ' ' || raw FROM zendesk_comment WHERE remote_id = 905")
            .await;
        assert_eq!(op, ["op7 {\"id\":905}"]);
    })
    .await;
}

#[tokio::test]
async fn a_comment_that_is_something_else_already_stays_it_and_is_handed_back() {
    on_both(async |database| {
        furnish(database).await;
        // One waits for its ticket in the mirror, of nobody yet.
        let waiting = ticket_comment(906, 30);
        let mirrored = MirroredComment {
            comment: &waiting,
            case_comment_id: None,
            content: 5,
            raw: "{}",
        };
        let mut tx = database.tx().await;
        comments::mirror(&mut tx, "main", &[mirrored])
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let mapped = |comment: &str, remote| Mapped {
            comment: comment.to_owned(),
            ticket: 1,
            remote,
            op_id: None,
        };
        let not_mapped = change(database, 1, async |_, _, written| {
            written.mapped = vec![
                // The Zendesk comment is another one of ours; ours is another one of Zendesk's.
                mapped("comment000002", 900),
                mapped("comment000001", 907),
                // Known to be so already; free.
                mapped("comment000001", 900),
                mapped("comment000003", 906),
            ];
        })
        .await
        .unwrap();
        let expected = [("comment000002", 900), ("comment000001", 907)];
        let expected = expected.map(|(comment, remote_id)| NotMapped {
            comment: comment.to_owned(),
            remote_id,
        });
        assert_eq!(not_mapped, expected);
        let remotes: Vec<_> = read(database, 1)
            .await
            .desk
            .comments
            .iter()
            .map(|comment| comment.remote)
            .collect();
        // Of two of one moment the one that Zendesk has comes first.
        assert_eq!(remotes, [Some(900), Some(906), None]);
    })
    .await;
}
