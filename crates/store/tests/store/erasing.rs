//! What is emptied when Zendesk erases a ticket. What is ours stays.

use store::conflicts::{self, Conflict};
use store::links;
use store::tickets::{self, MirroredTicket};

use crate::database::on_both;
use crate::samples::{at, integration, link, ticket};

#[tokio::test]
async fn a_link_forgets_what_was_agreed_and_stays() {
    on_both(async |database| {
        let mut tx = database.tx().await;
        for name in ["main", "other"] {
            let both = [1, 2].map(|n| link(n, &format!("case {n} of {name}")));
            links::put(&mut tx, name, &both, at(0)).await.unwrap();
        }
        links::purge(&mut tx, "main", &[1, 404]).await.unwrap();
        tx.commit().await.unwrap();
        let mut reader = database.reader().await;
        for (name, ticket, is_purged) in
            [("main", 1, true), ("main", 2, false), ("other", 1, false)]
        {
            let found = links::by_tickets(&mut reader, name, &[ticket])
                .await
                .unwrap();
            let found = &found[&ticket];
            assert_eq!(found.agreed.0.is_empty(), is_purged, "{name} {ticket}");
            assert_eq!(found.case_id, format!("case {ticket} of {name}"));
            assert!(found.open);
        }
    })
    .await;
}

#[tokio::test]
async fn a_conflict_forgets_the_tickets_words_and_keeps_ours() {
    on_both(async |database| {
        let conflict = |remote_id| Conflict {
            id: format!("conflict{remote_id}"),
            subject: conflicts::Subject::Case("case1".to_owned()),
            remote_id,
            field: "subject".to_owned(),
            agreed: Some("agreed".to_owned()),
            crm: Some("ours".to_owned()),
            zendesk: Some("theirs".to_owned()),
            winner: "crm",
            rule: "local wins",
        };
        let mut tx = database.tx().await;
        conflicts::record(&mut tx, "main", Some("run1"), &[conflict(1), conflict(2)], at(0))
            .await
            .unwrap();
        conflicts::purge(&mut tx, "main", &[1]).await.unwrap();
        conflicts::purge(&mut tx, "other", &[2]).await.unwrap();
        tx.commit().await.unwrap();
        let kept = database
            .texts(
                "SELECT COALESCE(agreed, '-') || ' ' || COALESCE(crm, '-') || ' ' || COALESCE(zendesk, '-') \
                 FROM conflict ORDER BY remote_id",
            )
            .await;
        assert_eq!(kept, ["- ours -", "agreed ours theirs"]);
        let mut reader = database.reader().await;
        assert_eq!(conflicts::count(&mut reader, "case1").await.unwrap(), 2);
        assert_eq!(conflicts::count(&mut reader, "case2").await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn what_zendesk_sent_is_read_again_by_ticket_and_the_scrubbed_ones_are_known() {
    on_both(async |database| {
        let main = integration(database, "main").await.id;
        let all: Vec<_> = (1..=300)
            .map(|n| {
                let mut ticket = ticket(n);
                if n % 100 == 0 {
                    ticket.status = Some("deleted".to_owned());
                    ticket.subject = Some("SCRUBBED".to_owned());
                    ticket.description = Some("X".to_owned());
                }
                (ticket, format!("{{\"id\":{n}}}"))
            })
            .collect();
        let rows: Vec<_> = all
            .iter()
            .map(|(ticket, raw)| MirroredTicket {
                ticket,
                content: 1,
                raw,
            })
            .collect();
        let mut tx = database.tx().await;
        tickets::put(&mut tx, &main, &rows).await.unwrap();
        tx.commit().await.unwrap();
        // In any order, and some of them twice.
        let asked: Vec<i64> = (1..=400).rev().chain(1..=300).collect();
        let mut reader = database.reader().await;
        let raws = tickets::raws(&mut reader, &main, &asked).await.unwrap();
        let expected: Vec<_> = all.iter().map(|(_, raw)| raw.clone()).collect();
        assert_eq!(raws, expected);
        assert!(
            tickets::raws(&mut reader, "other", &asked)
                .await
                .unwrap()
                .is_empty()
        );
        let mut scrubbed: Vec<_> = tickets::scrubbed(&mut reader, &main, &asked)
            .await
            .unwrap()
            .into_iter()
            .collect();
        scrubbed.sort_unstable();
        assert_eq!(scrubbed, [100, 200, 300]);
    })
    .await;
}
