//! Workflows: where they stand, how they end, and how people find them.

use clock::SeededDice;
use store::workflows::{self, Task, Workflow, WorkflowFilter, WorkflowKind, WorkflowState};

use crate::database::{Database, on_both};
use crate::samples::{act, at};
use crate::sending::{destination, new_workflow, noted, orchestration, workflow};

async fn find(database: &Database, id: &str) -> Option<Workflow> {
    workflows::find(&mut *database.reader().await, id)
        .await
        .unwrap()
}

async fn start(database: &Database, id: &str, second: i64) {
    let mut tx = database.tx().await;
    workflows::start(&mut tx, id, at(second)).await.unwrap();
    tx.commit().await.unwrap();
}

async fn stop(database: &Database, id: &str, second: i64) {
    let mut tx = database.tx().await;
    workflows::stop(&mut tx, id, Some("{\"sent\":3}"), at(second))
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

async fn keep(database: &Database, id: &str, task: Task, waits: Option<&str>) {
    let mut tx = database.tx().await;
    workflows::keep(&mut tx, id, task, "{\"read\":1}", "{\"rows\":9}", waits)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

async fn reopen(database: &Database, workflow: &Workflow, settings: Option<&str>) -> bool {
    let mut tx = database.tx().await;
    let opened = workflows::reopen(&mut tx, workflow, settings, Some("[1]"), "retry", act()).await;
    tx.commit().await.unwrap();
    opened.unwrap()
}

#[tokio::test]
async fn a_new_workflow_waits_with_nothing_done() {
    on_both(async |database| {
        let nightly = orchestration(database, "nightly").await;
        let live = destination(database, "live").await;
        let mut new = new_workflow(&live);
        new.orchestration_id = Some(nightly.id.clone());
        new.kind = WorkflowKind::DryRun;
        let mut tx = database.tx().await;
        let made = workflows::add(&mut tx, &new, at(5), &SeededDice::new(1)).await;
        tx.commit().await.unwrap();
        let made = made.unwrap();
        let expected = Workflow {
            id: made.id.clone(),
            number: 1,
            orchestration_id: Some(nightly.id),
            destination_id: live.id.clone(),
            kind: WorkflowKind::DryRun,
            title: "customers.csv".to_owned(),
            source: new.source,
            settings: new.settings,
            state: WorkflowState::Waiting,
            task: Task::Read,
            tasks: "{}".to_owned(),
            counts: "{}".to_owned(),
            trouble: None,
            sentence: None,
            waits: None,
            approved: None,
            stop_asked: false,
            requested_by: "ada@example.com".to_owned(),
            created_at: at(5),
            started_at: None,
            ended_at: None,
            result: None,
        };
        assert_eq!(made, expected);
        assert_eq!(find(database, &made.id).await, Some(expected));
        assert_eq!(workflow(database, &live, 6).await.number, 2);
    })
    .await;
}

#[tokio::test]
async fn progress_is_kept_until_the_workflow_is_completed_and_not_after() {
    on_both(async |database| {
        let live = destination(database, "live").await;
        let id = workflow(database, &live, 0).await.id;
        start(database, &id, 10).await;
        keep(
            database,
            &id,
            Task::Send,
            Some("Zendesk allows it again at noon."),
        )
        .await;
        let running = find(database, &id).await.unwrap();
        assert_eq!(running.state, WorkflowState::Running);
        assert_eq!(running.task, Task::Send);
        assert_eq!(running.started_at, Some(at(10)));
        assert_eq!(
            (running.tasks.as_str(), running.counts.as_str()),
            ("{\"read\":1}", "{\"rows\":9}")
        );
        assert_eq!(
            running.waits.as_deref(),
            Some("Zendesk allows it again at noon.")
        );
        // A worker that takes over from one that died does not begin anew.
        start(database, &id, 20).await;
        assert_eq!(find(database, &id).await.unwrap().started_at, Some(at(10)));
        keep(database, &id, Task::Confirm, None).await;
        assert_eq!(find(database, &id).await.unwrap().waits, None);

        let mut tx = database.tx().await;
        workflows::complete(&mut tx, &id, "{\"ok\":true}", at(30))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let done = find(database, &id).await.unwrap();
        assert_eq!(
            (done.state, done.ended_at),
            (WorkflowState::Completed, Some(at(30)))
        );
        assert_eq!(done.result.as_deref(), Some("{\"ok\":true}"));
        keep(database, &id, Task::Read, Some("late")).await;
        stop(database, &id, 40).await;
        let mut tx = database.tx().await;
        workflows::fail(&mut tx, &id, None, "late", None, at(50))
            .await
            .unwrap();
        workflows::ask_to_stop(&mut tx, &id).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(find(database, &id).await, Some(done.clone()));
        // Rows of it that failed may be worth another try.
        assert!(reopen(database, &done, None).await);
        let open = find(database, &id).await.unwrap();
        assert_eq!((open.state, open.ended_at), (WorkflowState::Waiting, None));
    })
    .await;
}

#[tokio::test]
async fn a_failed_workflow_says_why_and_waits_again_once_it_is_opened() {
    on_both(async |database| {
        let live = destination(database, "live").await;
        let id = workflow(database, &live, 0).await.id;
        start(database, &id, 10).await;
        keep(database, &id, Task::Compare, Some("A limit.")).await;
        let mut tx = database.tx().await;
        let said = "More customers left than allowed.";
        workflows::fail(
            &mut tx,
            &id,
            Some("leaver_brake"),
            said,
            Some("{\"left\":9}"),
            at(20),
        )
        .await
        .unwrap();
        tx.commit().await.unwrap();
        let failed = find(database, &id).await.unwrap();
        assert_eq!(failed.state, WorkflowState::Failed);
        assert_eq!(failed.trouble.as_deref(), Some("leaver_brake"));
        assert_eq!(failed.sentence.as_deref(), Some(said));
        assert_eq!(
            (failed.waits.as_ref(), failed.ended_at),
            (None, Some(at(20)))
        );
        assert_eq!(failed.result.as_deref(), Some("{\"left\":9}"));

        assert!(reopen(database, &failed, Some("{\"new\":1}")).await);
        let open = find(database, &id).await.unwrap();
        assert_eq!(
            (open.state, open.task),
            (WorkflowState::Waiting, Task::Compare)
        );
        assert_eq!(
            (open.trouble, open.sentence, open.result, open.ended_at),
            (None, None, None, None)
        );
        assert_eq!(open.settings, "{\"new\":1}");
        assert_eq!(open.approved.as_deref(), Some("[1]"));
        assert_eq!(open.started_at, Some(at(10)));
        assert_eq!(
            noted(database, "workflow.reopen").await,
            ["customers.csv: retry"]
        );
        assert!(
            !reopen(database, &failed, None).await,
            "it was opened twice"
        );

        stop(database, &id, 30).await;
        let stopped = find(database, &id).await.unwrap();
        assert_eq!(stopped.state, WorkflowState::Stopped);
        assert_eq!(stopped.result.as_deref(), Some("{\"sent\":3}"));
        let mut tx = database.tx().await;
        assert!(
            workflows::reopen(&mut tx, &stopped, None, None, "retry", act())
                .await
                .unwrap()
        );
        tx.commit().await.unwrap();
        let open = find(database, &id).await.unwrap();
        assert_eq!(
            (open.settings.as_str(), open.approved.as_deref()),
            ("{\"new\":1}", Some("[1]"))
        );
    })
    .await;
}

#[tokio::test]
async fn a_wish_to_stop_is_seen_and_does_not_outlive_the_end() {
    on_both(async |database| {
        let live = destination(database, "live").await;
        let made = workflow(database, &live, 0).await;
        let asked = async |id: &str| {
            let asked = workflows::is_stop_asked(&mut *database.reader().await, id).await;
            asked.unwrap()
        };
        assert!(!asked(&made.id).await);
        let mut tx = database.tx().await;
        workflows::ask_to_stop(&mut tx, &made.id).await.unwrap();
        tx.commit().await.unwrap();
        assert!(asked(&made.id).await);
        assert!(find(database, &made.id).await.unwrap().stop_asked);
        stop(database, &made.id, 10).await;
        assert!(!asked(&made.id).await);
        assert!(reopen(database, &made, None).await);
        assert!(!asked(&made.id).await);
        assert!(asked("gone").await);
    })
    .await;
}

#[tokio::test]
async fn the_beginning_of_an_id_finds_its_workflow_if_it_is_the_only_one() {
    on_both(async |database| {
        let live = destination(database, "live").await;
        // Ids begin with the time: these two lie a minute apart, and share their first letters.
        let (one, other) = (
            workflow(database, &live, 0).await,
            workflow(database, &live, 60).await,
        );
        let differ = one
            .id
            .chars()
            .zip(other.id.chars())
            .position(|(a, b)| a != b);
        let differ = differ.unwrap();
        assert!(differ >= 6, "{} {}", one.id, other.id);
        assert_eq!(find(database, &one.id[..differ]).await, None);
        assert_eq!(find(database, &one.id[..=differ]).await, Some(one.clone()));
        assert_eq!(
            find(database, &other.id[..=differ]).await,
            Some(other.clone())
        );
        let typed = format!(" {} ", one.id[..12].to_uppercase());
        assert_eq!(find(database, &typed).await, Some(one));
        assert_eq!(find(database, &other.id[..5]).await, None);
        for nonsense in ["", "%%%%%%", "ffffffff", "zzzzzz"] {
            assert_eq!(find(database, nonsense).await, None, "{nonsense}");
        }
    })
    .await;
}

#[tokio::test]
async fn workflows_are_listed_newest_first_of_all_destinations_or_of_one() {
    on_both(async |database| {
        let live = destination(database, "live").await;
        let beta = destination(database, "beta").await;
        let mut ids = Vec::new();
        for (of, second) in [(&live, 1), (&beta, 2), (&live, 3), (&live, 3)] {
            ids.insert(0, workflow(database, of, second).await.id);
        }
        let list = async |of: Option<&str>, limit| {
            let found = workflows::list(&mut *database.reader().await, of, limit).await;
            let found: Vec<_> = found.unwrap().into_iter().map(|one| one.id).collect();
            found
        };
        assert_eq!(list(None, 10).await, ids);
        assert_eq!(list(None, 2).await, ids[..2]);
        assert_eq!(list(Some(&beta.id), 10).await, [ids[2].clone()]);
        let of_live = [0, 1, 3].map(|n: usize| ids[n].clone());
        assert_eq!(list(Some(&live.id), 10).await, of_live);
        assert_eq!(list(Some("gone"), 10).await, [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn a_destination_goes_on_with_what_runs_and_else_takes_what_waits_longest() {
    on_both(async |database| {
        let live = destination(database, "live").await;
        let beta = destination(database, "beta").await;
        workflow(database, &beta, 0).await;
        let next = async || {
            let next = workflows::next_of(&mut *database.reader().await, &live.id).await;
            next.unwrap().map(|found| found.id)
        };
        assert_eq!(next().await, None);
        let second = workflow(database, &live, 2).await.id;
        let first = workflow(database, &live, 1).await.id;
        assert_eq!(next().await.as_ref(), Some(&first));
        start(database, &second, 5).await;
        assert_eq!(next().await.as_ref(), Some(&second));
        stop(database, &second, 6).await;
        assert_eq!(next().await.as_ref(), Some(&first));
        stop(database, &first, 7).await;
        assert_eq!(next().await, None);
    })
    .await;
}

#[test]
fn every_word_of_a_workflow_is_read_back() {
    for state in WorkflowState::ALL {
        assert_eq!(WorkflowState::parse(state.as_str()), Some(*state));
        let over = !matches!(state, WorkflowState::Waiting | WorkflowState::Running);
        assert_eq!(state.is_over(), over);
    }
    for task in Task::ALL {
        assert_eq!(Task::parse(task.as_str()), Some(*task));
    }
    for kind in [WorkflowKind::Send, WorkflowKind::DryRun, WorkflowKind::Test] {
        assert_eq!(WorkflowKind::parse(kind.as_str()), Some(kind));
    }
    assert_eq!(WorkflowState::parse("Running"), None);
    assert_eq!(Task::parse(""), None);
    assert_eq!(WorkflowKind::parse("pull"), None);
}

#[tokio::test]
async fn a_word_that_nobody_knows_is_damage() {
    on_both(async |database| {
        let live = destination(database, "live").await;
        let id = workflow(database, &live, 0).await.id;
        for (column, good) in [("state", "waiting"), ("task", "read"), ("kind", "send")] {
            database
                .execute(&format!("UPDATE workflow SET {column} = 'odd'"))
                .await;
            let error = workflows::find(&mut *database.reader().await, &id)
                .await
                .unwrap_err();
            assert!(
                error
                    .to_string()
                    .contains(&format!("{column} \"odd\" of a workflow")),
                "{error}"
            );
            database
                .execute(&format!("UPDATE workflow SET {column} = '{good}'"))
                .await;
        }
        assert!(find(database, &id).await.is_some());
    })
    .await;
}

#[tokio::test]
async fn workflows_are_filtered_and_paged_newest_first() {
    on_both(async |database| {
        let (live, spare) = (
            destination(database, "live").await,
            destination(database, "spare").await,
        );
        let first = workflow(database, &live, 1).await;
        let second = workflow(database, &spare, 2).await;
        let third = workflow(database, &live, 3).await;
        start(database, &third.id, 4).await;
        let page = async |filter: WorkflowFilter, before, limit| {
            let found =
                workflows::page(&mut *database.reader().await, &filter, before, limit).await;
            let found = found.unwrap().into_iter();
            found.map(|one| one.number).collect::<Vec<_>>()
        };
        let all = WorkflowFilter::default;
        let (one, two, three) = (first.number, second.number, third.number);
        assert_eq!(page(all(), None, 10).await, [three, two, one]);
        assert_eq!(page(all(), Some(three), 1).await, [two]);
        let running = WorkflowFilter {
            state: Some(WorkflowState::Running),
            destination_id: Some(live.id.clone()),
            ..all()
        };
        assert_eq!(page(running, None, 10).await, [three]);
        let since = WorkflowFilter {
            since: Some(at(2)),
            ..all()
        };
        assert_eq!(page(since, None, 10).await, [three, two]);
        let never = WorkflowFilter {
            since: Some(at(9)),
            ..all()
        };
        assert!(page(never, None, 10).await.is_empty());
        let among = WorkflowFilter {
            among: Some(vec![spare.id.clone()]),
            ..all()
        };
        assert_eq!(page(among, None, 10).await, [two]);
        let nobody = WorkflowFilter {
            among: Some(Vec::new()),
            ..all()
        };
        assert!(page(nobody, None, 10).await.is_empty());
    })
    .await;
}
