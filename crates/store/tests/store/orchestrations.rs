//! Orchestrations: what runs by itself, when, and after what.

use store::orchestrations::{self, Mode, Orchestration};
use store::{When, workflows};

use crate::database::{Database, on_both};
use crate::samples::{act, at};
use crate::sending::{
    destination, new_workflow, noted, orchestration, orchestration_between, orchestration_draft,
    query,
};

async fn find(database: &Database, name: &str) -> Option<Orchestration> {
    orchestrations::find(&mut *database.reader().await, name)
        .await
        .unwrap()
}

async fn set_active(database: &Database, orchestration: &Orchestration, active: bool) {
    let mut tx = database.tx().await;
    orchestrations::set_active(&mut tx, orchestration, active, act())
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

async fn plan(database: &Database, orchestration: &Orchestration, second: Option<i64>) {
    let mut tx = database.tx().await;
    orchestrations::plan_next(&mut tx, &orchestration.id, second.map(at))
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

async fn due(database: &Database, second: i64) -> Vec<String> {
    let due = orchestrations::due(&mut *database.reader().await, at(second)).await;
    due.unwrap().into_iter().map(|found| found.name).collect()
}

#[tokio::test]
async fn orchestrations_are_listed_by_name_and_found_by_name_or_id() {
    on_both(async |database| {
        let weekly = orchestration(database, "weekly").await;
        let nightly = orchestration(database, "nightly").await;
        assert_eq!((weekly.number, nightly.number), (1, 2));
        let listed = orchestrations::list(&mut *database.reader().await).await;
        assert_eq!(listed.unwrap(), [nightly, weekly.clone()]);
        assert_eq!(find(database, "weekly").await.as_ref(), Some(&weekly));
        assert_eq!(find(database, &weekly.id).await, Some(weekly));
        assert_eq!(find(database, "nobody").await, None);
        assert_eq!(
            noted(database, "orchestration.add").await,
            ["nightly: cron", "weekly: cron"]
        );
    })
    .await;
}

#[tokio::test]
async fn only_active_ones_that_are_planned_are_ever_due_the_longest_waiting_first() {
    on_both(async |database| {
        let socks = query(database, "socks").await;
        let live = destination(database, "live").await;
        let first = orchestration_between(database, "first", &socks, &live).await;
        let second = orchestration_between(database, "second", &socks, &live).await;
        let idle = orchestration_between(database, "idle", &socks, &live).await;
        let unplanned = orchestration_between(database, "unplanned", &socks, &live).await;
        for one in [&first, &second, &unplanned] {
            set_active(database, one, true).await;
        }
        plan(database, &first, Some(20)).await;
        plan(database, &second, Some(10)).await;
        plan(database, &idle, Some(0)).await;
        assert_eq!(due(database, 9).await, [""; 0]);
        assert_eq!(due(database, 10).await, ["second"]);
        assert_eq!(due(database, 20).await, ["second", "first"]);
        assert_eq!(find(database, "idle").await.unwrap().next_run_at, None);
        plan(database, &second, None).await;
        assert_eq!(due(database, 20).await, ["first"]);
        set_active(database, &first, false).await;
        assert_eq!(due(database, 20).await, [""; 0]);
        set_active(database, &first, true).await;
        assert_eq!(due(database, 20).await, [""; 0]);
        assert_eq!(
            noted(database, "orchestration.deactivate").await,
            ["first: "]
        );
    })
    .await;
}

#[tokio::test]
async fn an_edit_forgets_when_it_runs_next_and_says_what_changed() {
    on_both(async |database| {
        let made = orchestration(database, "nightly").await;
        let other = orchestration(database, "other").await;
        set_active(database, &made, true).await;
        plan(database, &made, Some(10)).await;
        let mut tx = database.tx().await;
        orchestrations::keep_fingerprint(&mut tx, &made.id, "c0ffee")
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let old = find(database, "nightly").await.unwrap();
        assert_eq!(old.last_fingerprint.as_deref(), Some("c0ffee"));
        let socks = query(database, "socks").await;
        let live = destination(database, "live").await;
        let mut draft = orchestration_draft("later", &socks, &live);
        draft.mode = Mode::After;
        draft.cron = None;
        draft.after_id = Some(other.id.clone());
        draft.only_if_changed = false;
        draft.settings = "{}".to_owned();
        let mut tx = database.tx().await;
        let new = orchestrations::edit(&mut tx, &old, &draft, act()).await;
        tx.commit().await.unwrap();
        let new = new.unwrap();
        assert_eq!(find(database, "later").await, Some(new.clone()));
        assert!(new.active && new.next_run_at.is_none());
        assert_eq!(new.last_fingerprint, old.last_fingerprint);
        assert_eq!((&new.id, new.number), (&old.id, old.number));
        let told = noted(database, "orchestration.edit").await.remove(0);
        for part in [
            "later: name: \"nightly\" -> \"later\"; query: ",
            "; mode: \"cron\" -> \"after\"; cron: \"0 3 * * *\" -> \"\"; after: \"\" -> ",
            "; only if changed: yes -> no; settings changed",
        ] {
            assert!(told.contains(part), "{told}");
        }
    })
    .await;
}

#[tokio::test]
async fn those_that_run_after_another_are_found_and_keep_it_from_being_deleted() {
    on_both(async |database| {
        let socks = query(database, "socks").await;
        let live = destination(database, "live").await;
        let first = orchestration_between(database, "first", &socks, &live).await;
        for (name, mode, active) in [
            ("runs", Mode::After, true),
            ("also runs", Mode::After, true),
            ("asleep", Mode::After, false),
            ("by hand", Mode::Manual, true),
        ] {
            let mut draft = orchestration_draft(name, &socks, &live);
            draft.mode = mode;
            draft.after_id = Some(first.id.clone());
            let mut tx = database.tx().await;
            let made = orchestrations::add(&mut tx, &draft, act()).await.unwrap();
            orchestrations::set_active(&mut tx, &made, active, act())
                .await
                .unwrap();
            tx.commit().await.unwrap();
        }
        let after = orchestrations::after(&mut *database.reader().await, &first.id).await;
        let after: Vec<_> = after.unwrap().into_iter().map(|one| one.name).collect();
        assert_eq!(after, ["also runs", "runs"]);
        let uses = orchestrations::uses(&mut *database.reader().await, &first.id).await;
        assert_eq!(
            uses.unwrap(),
            [
                "orchestration also runs",
                "orchestration asleep",
                "orchestration by hand",
                "orchestration runs"
            ]
        );
        let mut tx = database.tx().await;
        let refused = orchestrations::delete(&mut tx, &first, act()).await;
        assert!(refused.is_err());
    })
    .await;
}

#[tokio::test]
async fn a_deleted_orchestration_leaves_its_workflows_and_its_number_behind() {
    on_both(async |database| {
        let gone = orchestration(database, "nightly").await;
        let live = destination(database, "live").await;
        let mut new = new_workflow(&live);
        new.orchestration_id = Some(gone.id.clone());
        let mut tx = database.tx().await;
        let run = workflows::add(&mut tx, &new, at(0), &clock::SystemDice).await;
        tx.commit().await.unwrap();
        let run = run.unwrap();
        assert_eq!(run.orchestration_id.as_ref(), Some(&gone.id));
        let uses = orchestrations::uses(&mut *database.reader().await, &gone.id).await;
        assert_eq!(uses.unwrap(), ["workflow customers.csv"]);
        let mut tx = database.tx().await;
        orchestrations::delete(&mut tx, &gone, act()).await.unwrap();
        tx.commit().await.unwrap();
        let left = workflows::find(&mut *database.reader().await, &run.id).await;
        assert_eq!(left.unwrap().unwrap().orchestration_id, None);
        assert_eq!(noted(database, "orchestration.delete").await, ["nightly: "]);
        let next = orchestration(database, "again").await;
        assert_eq!(next.number, gone.number + 1);
    })
    .await;
}

#[tokio::test]
async fn two_orchestrations_cannot_have_one_name() {
    on_both(async |database| {
        let socks = query(database, "socks").await;
        let live = destination(database, "live").await;
        orchestration_between(database, "nightly", &socks, &live).await;
        let other = orchestration_between(database, "weekly", &socks, &live).await;
        let draft = orchestration_draft("nightly", &socks, &live);
        let mut tx = database.tx().await;
        let added = orchestrations::add(&mut tx, &draft, act()).await;
        drop(tx);
        let mut tx = database.tx().await;
        let edited = orchestrations::edit(&mut tx, &other, &draft, act()).await;
        drop(tx);
        for error in [added.unwrap_err(), edited.unwrap_err()] {
            assert_eq!(
                error.to_string(),
                "An orchestration named nightly exists already. Choose another name."
            );
            assert_eq!(error.when(), When::AfterFix);
        }
    })
    .await;
}
