//! Every "at most one" is enforced by the database itself, not by looking first.

use clock::SystemDice;
use store::comments::{self, MirroredComment};
use store::runs::{self, Counters, RunState};
use store::{Error, links};

use crate::database::{Database, execute, on_both};
use crate::samples::{at, case_comment, integration, link, ticket_comment};

/// The statement must fail because something exists already.
async fn is_refused(database: &Database, sql: &str) -> bool {
    let mut tx = database.tx().await;
    let outcome = execute(&mut tx, sql).await;
    outcome.is_err_and(|error| {
        error
            .as_database_error()
            .is_some_and(|said| said.is_unique_violation())
    })
}

#[tokio::test]
async fn a_case_has_one_open_link_and_any_number_of_closed_ones() {
    on_both(async |database| {
        let mut closed = link(1, "case1");
        closed.open = false;
        let mut tx = database.tx().await;
        links::put(&mut tx, "main", &[closed.clone(), link(2, "case1")], at(0))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        for (integration, ticket) in [("main", 3), ("other", 4)] {
            let mut tx = database.tx().await;
            let second = links::put(&mut tx, integration, &[link(ticket, "case1")], at(1)).await;
            assert!(matches!(second, Err(Error::Database(_))), "{second:?}");
        }
        let mut tx = database.tx().await;
        closed.open = true;
        let reopened = links::put(&mut tx, "main", &[closed], at(1)).await;
        assert!(matches!(reopened, Err(Error::Database(_))), "{reopened:?}");
        drop(tx);

        let both = ["case1".to_owned(), "case2".to_owned()];
        let open = links::open_cases(&mut *database.reader().await, &both).await;
        assert_eq!(open.unwrap(), ["case1"]);
    })
    .await;
}

#[tokio::test]
async fn a_link_never_changes_its_case() {
    on_both(async |database| {
        let mut tx = database.tx().await;
        links::put(&mut tx, "main", &[link(1, "case1")], at(0))
            .await
            .unwrap();
        links::put(&mut tx, "main", &[link(1, "case2")], at(0))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let cases = links::cases_of(&mut *database.reader().await, "main", &[1]).await;
        assert_eq!(cases.unwrap()[&1], "case1");
    })
    .await;
}

#[tokio::test]
async fn a_zendesk_comment_is_one_case_comment_and_the_other_way_round() {
    on_both(async |database| {
        let integration = integration(database, "main").await;
        let mirror = async |remote_id, case_comment| {
            let comment = ticket_comment(remote_id, 1);
            let mut tx = database.tx().await;
            let mirrored = MirroredComment {
                comment: &comment,
                case_comment_id: case_comment,
                content: 1,
                raw: "{}",
            };
            comments::mirror(&mut tx, &integration.id, &[mirrored]).await?;
            tx.commit().await
        };
        let mut tx = database.tx().await;
        let ours = [case_comment(1, "case1"), case_comment(2, "case1")];
        comments::put(&mut tx, &ours, at(0)).await.unwrap();
        tx.commit().await.unwrap();

        mirror(1, None).await.unwrap();
        mirror(1, Some("comment000001")).await.unwrap();
        // It stays what it is, whatever is said later.
        mirror(1, Some("comment000002")).await.unwrap();
        mirror(1, None).await.unwrap();
        let known = comments::known(&mut *database.reader().await, &integration.id, &[1]).await;
        let known = known.unwrap().remove(&1).unwrap();
        assert_eq!(known.case_comment_id.as_deref(), Some("comment000001"));
        let second = mirror(2, Some("comment000001")).await;
        assert!(matches!(second, Err(Error::Database(_))), "{second:?}");
        // Any number may wait for their ticket.
        mirror(3, None).await.unwrap();
        mirror(4, None).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn an_integration_has_one_open_run_of_a_kind() {
    on_both(async |database| {
        let integration = integration(database, "main").await;
        let ask = async |kind, seconds| {
            let mut tx = database.tx().await;
            let answer = runs::open_or_join(
                &mut tx,
                &integration.id,
                kind,
                "schedule",
                at(seconds),
                &SystemDice,
            )
            .await
            .unwrap();
            tx.commit().await.unwrap();
            answer
        };
        let (first, is_new) = ask("pull", 0).await;
        assert!(is_new);
        assert_eq!(ask("pull", 1).await, (first.clone(), false));
        assert!(ask("push", 1).await.1);
        assert!(
            is_refused(
                database,
                "INSERT INTO run (id, integration_id, kind, state, stage, counters, requested_by, created_at) \
                 SELECT 'second', integration_id, kind, 'running', stage, counters, requested_by, created_at FROM run WHERE kind = 'pull'",
            )
            .await
        );
        let mut tx = database.tx().await;
        runs::end(
            &mut tx,
            &first,
            RunState::Completed,
            None,
            &Counters::default(),
            at(2),
        )
        .await
        .unwrap();
        tx.commit().await.unwrap();
        let (second, is_new) = ask("pull", 3).await;
        assert!(is_new);
        assert_ne!(second, first);
    })
    .await;
}

#[tokio::test]
async fn a_case_number_and_a_place_in_a_cases_line_are_taken_once() {
    on_both(async |database| {
        let mut tx = database.tx().await;
        store::cases::put(&mut tx, &[crate::samples::case(1)])
            .await
            .unwrap();
        let mut twin = crate::samples::case(2);
        twin.number = 1;
        let second = store::cases::put(&mut tx, &[twin]).await;
        assert!(matches!(second, Err(Error::Database(_))), "{second:?}");
        drop(tx);

        let change = "INSERT INTO outbox (op_id, integration_id, line, seq, kind, payload, state, not_before, created_at, requested_by) \
                      VALUES ('op1', 'main', 'case1', 1, 'comment', '{}', 'done', 0, 0, 'sync')";
        database.execute(change).await;
        assert!(is_refused(database, &change.replace("op1", "op2")).await);
        // At most one of a line is claimed, and at most one that makes its ticket is open or parked.
        let next = |n: i64, kind: &str, state: &str| {
            change
                .replace("op1", &format!("op{n}"))
                .replace("'case1', 1", &format!("'case1', {n}"))
                .replace("'comment'", &format!("'{kind}'"))
                .replace("'done'", &format!("'{state}'"))
        };
        database.execute(&next(2, "comment", "claimed")).await;
        assert!(is_refused(database, &next(3, "fields", "claimed")).await);
        database.execute(&next(4, "publish", "parked")).await;
        for state in ["waiting", "claimed", "parked"] {
            assert!(is_refused(database, &next(5, "follow_up", state)).await, "{state}");
        }
        database.execute(&next(5, "publish", "done")).await;
        let other = next(6, "publish", "waiting").replace("case1", "case2");
        database.execute(&other).await;
    })
    .await;
}
