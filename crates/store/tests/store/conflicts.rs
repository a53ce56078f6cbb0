//! Conflicts as they are read back, page by page.

use store::conflicts::{self, Conflict, Cursor, Filter, Recorded, Subject};
use store::{Error, cases};

use crate::database::{Database, on_both};
use crate::samples::{at, case};

fn conflict(n: i64) -> Conflict {
    Conflict {
        id: format!("conflict{n:03}"),
        subject: match n % 3 {
            0 => Subject::Contact("contact".to_owned()),
            n => Subject::Case(case(n).id),
        },
        remote_id: n,
        field: "subject".to_owned(),
        agreed: Some("agreed".to_owned()),
        crm: Some("ours".to_owned()),
        zendesk: (n % 2 == 0).then(|| "theirs".to_owned()),
        winner: "crm",
        rule: "local wins",
    }
}

/// Nine of them, two at a time; those from the seventh on of another integration, in no run.
async fn record(database: &Database) {
    let mut tx = database.tx().await;
    cases::put(&mut tx, &[case(1)]).await.unwrap();
    for n in 1..=9 {
        let (integration, run) = if n < 7 {
            ("main", Some("run1"))
        } else {
            ("other", None)
        };
        conflicts::record(&mut tx, integration, run, &[conflict(n)], at(n / 2))
            .await
            .unwrap();
    }
    tx.commit().await.unwrap();
}

async fn all(database: &Database, filter: Filter<'_>, limit: i64) -> Vec<Recorded> {
    let mut reader = database.reader().await;
    let (mut all, mut cursor): (Vec<Recorded>, Option<Cursor>) = (Vec::new(), None);
    loop {
        let page = conflicts::list(&mut reader, filter, cursor.as_ref(), limit)
            .await
            .unwrap();
        let Some(last) = page.last() else { return all };
        cursor = Some(last.cursor());
        all.extend(page);
    }
}

#[tokio::test]
async fn conflicts_are_listed_newest_first_page_by_page() {
    on_both(async |database| {
        record(database).await;
        let none = Filter::default();
        let ids = |found: &[Recorded]| found.iter().map(|c| c.remote_id).collect::<Vec<_>>();
        let first = all(database, none, 1).await;
        assert_eq!(ids(&first), [9, 8, 7, 6, 5, 4, 3, 2, 1]);
        for limit in [2, 4, 100] {
            assert!(all(database, none, limit).await == first, "{limit}");
        }
        let (one, gone) = (case(1).id, case(2).id);
        let of_case = |case| Filter {
            case: Some(case),
            ..none
        };
        let found = all(database, of_case(&one), 2).await;
        assert_eq!(ids(&found), [7, 4, 1]);
        assert!(found.iter().all(|conflict| conflict.case_number == Some(1)));
        let found = all(database, of_case(&gone), 2).await;
        assert!(found.len() == 3 && found.iter().all(|c| c.case_number.is_none()));
        let of_contact = Filter {
            contact: Some("contact"),
            integration: Some("main"),
            ..none
        };
        assert_eq!(ids(&all(database, of_contact, 9).await), [6, 3]);
        let of_both = Filter {
            contact: Some("contact"),
            ..of_case(&one)
        };
        assert_eq!(ids(&all(database, of_both, 9).await), [0; 0]);
    })
    .await;
}

#[tokio::test]
async fn a_conflict_is_read_back_as_it_was_recorded_and_restored_once() {
    on_both(async |database| {
        record(database).await;
        let find = async |id: &str| conflicts::find(&mut *database.reader().await, id).await;
        let mut expected = Recorded {
            id: "conflict001".to_owned(),
            integration_id: "main".to_owned(),
            subject: Subject::Case(case(1).id),
            case_number: Some(1),
            remote_id: 1,
            field: "subject".to_owned(),
            agreed: Some("agreed".to_owned()),
            crm: Some("ours".to_owned()),
            zendesk: None,
            winner: "crm".to_owned(),
            rule: "local wins".to_owned(),
            run_id: Some("run1".to_owned()),
            at: at(0),
            restored_at: None,
        };
        assert!(find("conflict001").await.unwrap().as_ref() == Some(&expected));
        let other = find("conflict009").await.unwrap().unwrap();
        assert_eq!(other.subject, Subject::Contact("contact".to_owned()));
        assert_eq!(
            (other.run_id, other.integration_id.as_str()),
            (None, "other")
        );
        assert!(find("nothing").await.unwrap().is_none());
        for (id, now, is_first) in [
            ("conflict001", 50, true),
            ("conflict001", 60, false),
            ("nothing", 60, false),
        ] {
            let mut tx = database.tx().await;
            let marked = conflicts::mark_restored(&mut tx, id, at(now))
                .await
                .unwrap();
            tx.commit().await.unwrap();
            assert_eq!(marked, is_first, "{id} {now}");
        }
        expected.restored_at = Some(at(50));
        assert!(find("conflict001").await.unwrap() == Some(expected));
        // What it tells stays out of the log.
        let said = format!("{:?}", find("conflict002").await.unwrap().unwrap());
        assert!(!said.contains("ours") && !said.contains("theirs"), "{said}");

        database
            .execute("UPDATE conflict SET case_id = NULL WHERE id = 'conflict002'")
            .await;
        let damaged = find("conflict002").await;
        assert!(matches!(damaged, Err(Error::Damaged(_))), "{damaged:?}");
    })
    .await;
}
