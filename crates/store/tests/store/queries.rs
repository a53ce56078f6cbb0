//! What is sent: drafts and activated queries.

use store::When;
use store::queries::{self, Query, QueryKind};

use crate::database::{Database, on_both};
use crate::samples::{act, at, credential};
use crate::sending::{destination, noted, orchestration_between, query, query_draft};

async fn find(database: &Database, name: &str) -> Option<Query> {
    queries::find(&mut *database.reader().await, name)
        .await
        .unwrap()
}

#[tokio::test]
async fn queries_are_listed_by_name_and_found_by_name_or_id() {
    on_both(async |database| {
        let socks = query(database, "socks").await;
        let hats = query(database, "hats").await;
        let listed = queries::list(&mut *database.reader().await).await;
        assert_eq!(listed.unwrap(), [hats, socks.clone()]);
        assert_eq!(find(database, "socks").await.as_ref(), Some(&socks));
        assert_eq!(find(database, &socks.id).await, Some(socks));
        assert_eq!(find(database, "nobody").await, None);
    })
    .await;
}

#[tokio::test]
async fn a_query_is_a_draft_until_it_is_activated_and_when_it_is_deactivated() {
    on_both(async |database| {
        let draft = query(database, "socks").await;
        assert!(!draft.active && draft.columns.is_none());
        let mut tx = database.tx().await;
        queries::keep_columns(&mut tx, &draft.id, "[\"email\"]")
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let seen = find(database, "socks").await.unwrap();
        assert!(!seen.active);
        assert_eq!(seen.columns.as_deref(), Some("[\"email\"]"));

        let mut tx = database.tx().await;
        queries::activate(&mut tx, &draft, "[\"email\",\"name\"]", act())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let active = find(database, "socks").await.unwrap();
        assert!(active.active);
        assert_eq!(active.columns.as_deref(), Some("[\"email\",\"name\"]"));

        let mut tx = database.tx().await;
        queries::deactivate(&mut tx, &active, act()).await.unwrap();
        tx.commit().await.unwrap();
        let again = find(database, "socks").await.unwrap();
        assert!(!again.active);
        assert_eq!(again.columns, active.columns);
        for action in ["query.add", "query.activate", "query.deactivate"] {
            assert_eq!(noted(database, action).await.len(), 1, "{action}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_edit_changes_what_a_person_set_and_nothing_else() {
    on_both(async |database| {
        let mut old = query(database, "socks").await;
        let mut tx = database.tx().await;
        queries::activate(&mut tx, &old, "[\"email\"]", act())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        old = find(database, &old.id).await.unwrap();
        let opens = credential(database, "warehouse").await;
        let mut draft = query_draft("buyers");
        draft.kind = QueryKind::Sql;
        draft.credential_id = Some(opens.clone());
        draft.source = "{\"sql\":\"SELECT 1\"}".to_owned();
        let mut later = act();
        later.now = at(60);
        let mut tx = database.tx().await;
        let new = queries::edit(&mut tx, &old, &draft, later).await;
        tx.commit().await.unwrap();
        let new = new.unwrap();
        assert_eq!(find(database, "buyers").await, Some(new.clone()));
        assert!(new.active);
        assert_eq!(new.columns, old.columns);
        assert_eq!(new.credential_id, Some(opens.clone()));
        assert_eq!((new.created_at, new.updated_at), (at(0), at(60)));
        assert_eq!(
            noted(database, "query.edit").await,
            [format!(
                "buyers: name: \"socks\" -> \"buyers\"; kind: \"file\" -> \"sql\"; \
                 credential: \"\" -> \"{opens}\"; source changed"
            )]
        );
    })
    .await;
}

#[tokio::test]
async fn two_queries_cannot_have_one_name() {
    on_both(async |database| {
        query(database, "socks").await;
        let other = query(database, "hats").await;
        let mut tx = database.tx().await;
        let added = queries::add(&mut tx, &query_draft("socks"), act()).await;
        drop(tx);
        let mut tx = database.tx().await;
        let edited = queries::edit(&mut tx, &other, &query_draft("socks"), act()).await;
        drop(tx);
        for error in [added.unwrap_err(), edited.unwrap_err()] {
            assert_eq!(
                error.to_string(),
                "A query named socks exists already. Choose another name."
            );
            assert_eq!(error.when(), When::AfterFix);
        }
    })
    .await;
}

#[tokio::test]
async fn a_query_that_feeds_an_orchestration_says_so_and_cannot_be_deleted() {
    on_both(async |database| {
        let used = query(database, "socks").await;
        let spare = query(database, "hats").await;
        let live = destination(database, "live").await;
        orchestration_between(database, "weekly", &used, &live).await;
        orchestration_between(database, "nightly", &used, &live).await;
        let mut reader = database.reader().await;
        let uses = queries::uses(&mut reader, &used.id).await.unwrap();
        assert_eq!(uses, ["orchestration nightly", "orchestration weekly"]);
        let uses = queries::uses(&mut reader, &spare.id).await.unwrap();
        assert!(uses.is_empty());
        drop(reader);
        let mut tx = database.tx().await;
        assert!(queries::delete(&mut tx, &used, act()).await.is_err());
        drop(tx);
        let mut tx = database.tx().await;
        queries::delete(&mut tx, &spare, act()).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(find(database, "hats").await, None);
        assert_eq!(noted(database, "query.delete").await, ["hats: file"]);
    })
    .await;
}
