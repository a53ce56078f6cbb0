//! What happened to each case, and that nobody can change it unseen.

use store::history::{self, Event};

use crate::database::{Database, on_both};
use crate::samples::{at, case};

fn event(case: &str, n: i64) -> Event {
    Event {
        case_id: case.to_owned(),
        side: if n % 2 == 0 { "crm" } else { "zendesk" },
        actor: "pull".to_owned(),
        run_id: Some("run1".to_owned()),
        body: format!("{{\"change\":{n}}}"),
        before: "{\"state\":\"before\"}".to_owned(),
    }
}

async fn append(database: &Database, events: &[Event], seconds: i64) {
    let mut tx = database.tx().await;
    history::append(&mut tx, events, at(seconds)).await.unwrap();
    tx.commit().await.unwrap();
}

async fn is_whole(database: &Database, case: &str) -> bool {
    history::chain_is_whole(&mut *database.reader().await, case)
        .await
        .unwrap()
}

async fn bodies(database: &Database, case: &str) -> Vec<(i64, Option<String>)> {
    history::of_case(&mut *database.reader().await, case)
        .await
        .unwrap()
        .into_iter()
        .map(|entry| (entry.seq, entry.body))
        .collect()
}

fn told(seq: i64, body: &str) -> (i64, Option<String>) {
    (seq, Some(body.to_owned()))
}

/// Five entries of case `a` and three of case `b`.
async fn two_cases(database: &Database) {
    append(database, &[event("a", 1), event("b", 1)], 1).await;
    append(database, &[event("a", 2), event("a", 3)], 2).await;
    append(database, &[event("b", 2), event("a", 4)], 3).await;
}

#[tokio::test]
async fn the_state_before_is_written_once_and_each_change_after_it() {
    on_both(async |database| {
        two_cases(database).await;
        assert_eq!(
            bodies(database, "a").await,
            [
                told(1, "{\"state\":\"before\"}"),
                told(2, "{\"change\":1}"),
                told(3, "{\"change\":2}"),
                told(4, "{\"change\":3}"),
                told(5, "{\"change\":4}"),
            ]
        );
        assert_eq!(
            bodies(database, "b").await,
            [
                told(1, "{\"state\":\"before\"}"),
                told(2, "{\"change\":1}"),
                told(3, "{\"change\":2}"),
            ]
        );
        let entries = history::of_case(&mut *database.reader().await, "a")
            .await
            .unwrap();
        let last = entries.last().unwrap();
        assert_eq!(
            (last.at, last.side.as_str(), last.actor.as_str()),
            (at(3), "crm", "pull")
        );
        assert_eq!(last.run_id.as_deref(), Some("run1"));
        assert_eq!(bodies(database, "nobody").await, []);
    })
    .await;
}

#[tokio::test]
async fn nothing_to_tell_writes_nothing() {
    on_both(async |database| {
        append(database, &[], 1).await;
        assert_eq!(database.count("history").await, 0);
        assert!(is_whole(database, "a").await);
    })
    .await;
}

#[tokio::test]
async fn a_chain_that_nobody_touched_is_whole() {
    on_both(async |database| {
        two_cases(database).await;
        assert!(is_whole(database, "a").await);
        assert!(is_whole(database, "b").await);
    })
    .await;
}

#[tokio::test]
async fn whatever_is_altered_in_an_entry_shows() {
    on_both(async |database| {
        two_cases(database).await;
        for (column, forged) in [
            ("body", "'{\"change\":9}'"),
            ("body_hash", "prev_hash"),
            ("at", "at + 1"),
            ("side", "'nobody'"),
            ("actor", "'nobody'"),
            ("prev_hash", "hash"),
            ("hash", "prev_hash"),
            ("seq", "seq + 100"),
        ] {
            let real =
                format!("(SELECT t.{column} FROM kept t WHERE t.case_id = 'a' AND t.seq = 3)");
            database
                .execute("CREATE TABLE kept AS SELECT * FROM history")
                .await;
            database
                .execute(&format!(
                    "UPDATE history SET {column} = {forged} WHERE case_id = 'a' AND seq = 3"
                ))
                .await;
            assert!(!is_whole(database, "a").await, "{column}");
            assert!(is_whole(database, "b").await, "{column}");
            database
                .execute(&format!(
                    "UPDATE history SET {column} = {real} WHERE case_id = 'a' AND seq IN (3, 103)"
                ))
                .await;
            database.execute("DROP TABLE kept").await;
            assert!(is_whole(database, "a").await, "{column} put back");
        }
    })
    .await;
}

#[tokio::test]
async fn a_body_that_was_forged_together_with_its_hash_shows() {
    on_both(async |database| {
        two_cases(database).await;
        database
            .execute(
                "UPDATE history SET body = (SELECT h.body FROM history h WHERE h.case_id = 'a' AND h.seq = 5), \
                 body_hash = (SELECT h.body_hash FROM history h WHERE h.case_id = 'a' AND h.seq = 5) \
                 WHERE case_id = 'a' AND seq = 3",
            )
            .await;
        assert!(!is_whole(database, "a").await);
    })
    .await;
}

#[tokio::test]
async fn an_entry_that_was_removed_shows_unless_it_was_the_last() {
    on_both(async |database| {
        two_cases(database).await;
        database
            .execute("DELETE FROM history WHERE case_id = 'b' AND seq = 1")
            .await;
        assert!(!is_whole(database, "b").await);
        database
            .execute("DELETE FROM history WHERE case_id = 'a' AND seq = 3")
            .await;
        assert!(!is_whole(database, "a").await);
    })
    .await;
}

#[tokio::test]
async fn an_entry_that_was_moved_to_another_case_shows() {
    on_both(async |database| {
        append(database, &[event("a", 1)], 1).await;
        database
            .execute("UPDATE history SET case_id = 'c' WHERE case_id = 'a'")
            .await;
        assert!(!is_whole(database, "c").await);
    })
    .await;
}

#[tokio::test]
async fn a_purge_empties_the_bodies_of_its_cases_and_keeps_the_chain_whole() {
    on_both(async |database| {
        two_cases(database).await;
        let mut tx = database.tx().await;
        history::purge(&mut tx, &["a".to_owned(), "nobody".to_owned()])
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let purged = bodies(database, "a").await;
        assert_eq!(purged.len(), 5);
        assert!(purged.iter().all(|(_, body)| body.is_none()));
        assert!(
            bodies(database, "b")
                .await
                .iter()
                .all(|(_, body)| body.is_some())
        );
        assert!(is_whole(database, "a").await);
        append(database, &[event("a", 5)], 9).await;
        assert_eq!(bodies(database, "a").await[5], told(6, "{\"change\":5}"));
        assert!(is_whole(database, "a").await);
    })
    .await;
}

#[tokio::test]
async fn what_changed_lately_is_told_by_case_number_without_states_before_and_purged_bodies() {
    on_both(async |database| {
        let mut tx = database.tx().await;
        let mut one = case(1);
        one.id = "a".to_owned();
        let mut two = case(2);
        two.id = "b".to_owned();
        store::cases::put(&mut tx, &[one, two]).await.unwrap();
        tx.commit().await.unwrap();
        two_cases(database).await;
        let since = async |seconds, limit| {
            let mut reader = database.reader().await;
            let (mut all, mut after) = (Vec::new(), None);
            // Page by page it is the same as at once.
            loop {
                let page = history::since(&mut reader, at(seconds), after, limit);
                let page = page.await.unwrap();
                let Some((number, seq, _)) = page.last() else {
                    return all;
                };
                after = Some((*number, *seq));
                all.extend(page.into_iter().map(|(number, _, body)| (number, body)));
            }
        };
        let change = |number: i64, n: i64| (number, format!("{{\"change\":{n}}}"));
        assert_eq!(
            since(1, 100).await,
            [
                change(1, 1),
                change(1, 2),
                change(1, 3),
                change(1, 4),
                change(2, 1),
                change(2, 2)
            ]
        );
        assert_eq!(since(3, 100).await, [change(1, 4), change(2, 2)]);
        assert_eq!(since(3, 1).await, since(3, 100).await);
        assert_eq!(since(4, 100).await, []);
        let mut tx = database.tx().await;
        history::purge(&mut tx, &["a".to_owned()]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(since(3, 100).await, [change(2, 2)]);
    })
    .await;
}

#[tokio::test]
async fn text_of_any_kind_leaves_the_chain_whole() {
    on_both(async |database| {
        for (n, text) in crate::texts::DIFFICULT.iter().enumerate() {
            let mut strange = event(&format!("case {n}"), 1);
            strange.actor = (*text).to_owned();
            strange.body = format!("\"{text}\"");
            strange.before = (*text).to_owned();
            append(database, &[strange], 1).await;
            assert!(is_whole(database, &format!("case {n}")).await, "{text:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_latest_of_a_history_is_read_page_by_page_backwards() {
    on_both(async |database| {
        two_cases(database).await;
        let whole = history::of_case(&mut *database.reader().await, "a")
            .await
            .unwrap();
        for limit in [1, 2, 100] {
            let mut reader = database.reader().await;
            let (mut all, mut before) = (Vec::new(), None);
            loop {
                let page = history::latest(&mut reader, "a", before, limit)
                    .await
                    .unwrap();
                let Some(last) = page.last() else { break };
                before = Some(last.seq);
                all.extend(page);
            }
            all.reverse();
            assert_eq!(all, whole, "{limit}");
        }
    })
    .await;
}
