//! Zendesk accounts that profiles are sent to.

use store::destinations::{self, Destination, Environment};
use store::{When, ledger, workflows};

use crate::database::{Database, on_both};
use crate::ledger::confirmed;
use crate::samples::{act, at, credential};
use crate::sending::{
    destination, destination_draft, noted, orchestration_between, query, workflow,
};

async fn find(database: &Database, name: &str) -> Option<Destination> {
    destinations::find(&mut *database.reader().await, name)
        .await
        .unwrap()
}

async fn uses(database: &Database, id: &str) -> Vec<String> {
    destinations::uses(&mut *database.reader().await, id)
        .await
        .unwrap()
}

#[tokio::test]
async fn destinations_are_listed_by_name_and_found_by_name_or_id() {
    on_both(async |database| {
        let live = destination(database, "live").await;
        let beta = destination(database, "beta").await;
        assert_eq!((live.number, beta.number), (1, 2));
        let listed = destinations::list(&mut *database.reader().await).await;
        assert_eq!(listed.unwrap(), [beta.clone(), live.clone()]);
        assert_eq!(find(database, "live").await.as_ref(), Some(&live));
        assert_eq!(find(database, &live.id).await, Some(live));
        assert_eq!(find(database, "nobody").await, None);
        assert_eq!(noted(database, "destination.add").await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn an_edit_is_kept_and_the_log_says_what_it_changed_but_not_the_settings() {
    on_both(async |database| {
        let old = destination(database, "live").await;
        let other = credential(database, "other").await;
        let mut draft = destination_draft("real", &other);
        draft.environment = Environment::Production;
        draft.admin_only = true;
        draft.settings = "{\"rate\":50}".to_owned();
        let mut later = act();
        later.now = at(60);
        let mut tx = database.tx().await;
        let new = destinations::edit(&mut tx, &old, &draft, later).await;
        tx.commit().await.unwrap();
        let new = new.unwrap();
        assert_eq!(find(database, "real").await, Some(new.clone()));
        assert_eq!(find(database, "live").await, None);
        assert_eq!((&new.id, new.number), (&old.id, old.number));
        assert_eq!((new.created_at, new.updated_at), (at(0), at(60)));
        assert_eq!(
            noted(database, "destination.edit").await,
            [format!(
                "real: name: \"live\" -> \"real\"; credential: \"{}\" -> \"{other}\"; \
                 environment: \"sandbox\" -> \"production\"; admin only: no -> yes; settings changed",
                old.credential_id
            )]
        );
    })
    .await;
}

#[tokio::test]
async fn two_destinations_cannot_have_one_name() {
    on_both(async |database| {
        destination(database, "live").await;
        let other = destination(database, "beta").await;
        let draft = destination_draft("live", &other.credential_id);
        let mut tx = database.tx().await;
        let added = destinations::add(&mut tx, &draft, act()).await;
        drop(tx);
        let mut tx = database.tx().await;
        let edited = destinations::edit(&mut tx, &other, &draft, act()).await;
        drop(tx);
        for error in [added.unwrap_err(), edited.unwrap_err()] {
            assert_eq!(
                error.to_string(),
                "A destination named live exists already. Choose another name."
            );
            assert_eq!(error.when(), When::AfterFix);
        }
    })
    .await;
}

#[tokio::test]
async fn a_destination_goes_with_its_ledger_and_its_past_and_leaves_the_others_alone() {
    on_both(async |database| {
        let gone = destination(database, "live").await;
        let kept = destination(database, "beta").await;
        let mut tx = database.tx().await;
        for of in [&gone, &kept] {
            ledger::confirm(&mut tx, of.number, 1, at(0), &[confirmed(1), confirmed(2)])
                .await
                .unwrap();
        }
        tx.commit().await.unwrap();
        workflow(database, &kept, 1).await;
        let past = workflow(database, &gone, 2).await;
        assert_eq!(uses(database, &gone.id).await, ["workflow customers.csv"]);
        let mut tx = database.tx().await;
        assert!(destinations::delete(&mut tx, &gone, act()).await.is_err());
        drop(tx);

        let mut tx = database.tx().await;
        workflows::complete(&mut tx, &past.id, "{}", at(3))
            .await
            .unwrap();
        destinations::delete(&mut tx, &gone, act()).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(find(database, "live").await, None);
        assert_eq!(database.count("workflow").await, 1);
        let left = "SELECT COUNT(*) FROM ledger WHERE destination = 2";
        assert_eq!(database.number(left).await, 2);
        assert_eq!(database.count("ledger").await, 2);
        assert_eq!(
            noted(database, "destination.delete").await,
            ["live: https://socktown.zendesk.com"]
        );
    })
    .await;
}

#[tokio::test]
async fn the_number_of_a_deleted_destination_is_never_given_to_another_one() {
    on_both(async |database| {
        let gone = destination(database, "live").await;
        let mut tx = database.tx().await;
        destinations::delete(&mut tx, &gone, act()).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(destination(database, "beta").await.number, gone.number + 1);
    })
    .await;
}

#[tokio::test]
async fn what_uses_a_destination_is_named() {
    on_both(async |database| {
        let live = destination(database, "live").await;
        let people = query(database, "people").await;
        assert_eq!(uses(database, &live.id).await, [""; 0]);
        workflow(database, &live, 1).await;
        orchestration_between(database, "weekly", &people, &live).await;
        orchestration_between(database, "nightly", &people, &live).await;
        assert_eq!(
            uses(database, &live.id).await,
            [
                "orchestration nightly",
                "orchestration weekly",
                "workflow customers.csv"
            ]
        );
        let mut tx = database.tx().await;
        let refused = destinations::delete(&mut tx, &live, act()).await;
        assert!(refused.is_err());
    })
    .await;
}
