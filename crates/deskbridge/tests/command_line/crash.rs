//! kill -9 at every durable step of a pull, and then once more from there: the end is the same,
//! row for row.

use std::path::Path;

use crate::desk::{Desk, zendesk};

/// Small pages, so that a small account takes several of them.
const SETTINGS: &str = "[zendesk]\npage_size = 5\n";

fn copy_folder(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

async fn steps_of_a_pull(desk: &mut Desk) -> Vec<String> {
    let file = desk.data().join("steps");
    desk.set("DESKBRIDGE_TEST_CHECKPOINTS", file.to_str().unwrap());
    desk.ok(&["sync", "main", "--json"]).await;
    desk.unset("DESKBRIDGE_TEST_CHECKPOINTS");
    let names = std::fs::read_to_string(file).unwrap();
    names.lines().map(str::to_owned).collect()
}

/// Kills at `step`, then lets the next process go on.
async fn kill_and_go_on(desk: &mut Desk, step: usize) -> String {
    desk.set("DESKBRIDGE_TEST_KILL_AT", &step.to_string());
    let killed = desk.run(&["sync", "main", "--json"]).await;
    assert_eq!(killed.status, None, "killed at step {step}: {killed:?}");
    desk.unset("DESKBRIDGE_TEST_KILL_AT");
    let summary = desk.json(&["sync", "main", "--json"]).await;
    assert_eq!(summary["state"], "completed", "after a kill at step {step}");
    desk.dump().await
}

fn assert_same(undisturbed: &str, found: &str, step: usize) {
    for (expected, found) in undisturbed.lines().zip(found.lines()) {
        assert_eq!(expected, found, "after a kill at step {step}");
    }
    assert_eq!(
        undisturbed.lines().count(),
        found.lines().count(),
        "after a kill at step {step}"
    );
}

#[tokio::test]
async fn killed_at_any_step_of_a_pull_the_next_one_comes_to_the_same_end() {
    let zendesk = zendesk(|config| config.tickets = 8).await;
    let prepared = Desk::bare();
    std::fs::write(prepared.data().join("config.toml"), SETTINGS).unwrap();
    prepared.set_up(&zendesk.url()).await;
    let copy = || {
        let desk = Desk::bare();
        copy_folder(prepared.data(), desk.data());
        desk
    };
    let mut calm = copy();
    let steps = steps_of_a_pull(&mut calm).await;
    assert!(steps.len() > 5, "{steps:?}");
    let undisturbed = calm.dump().await;
    for step in 1..=steps.len() {
        let found = kill_and_go_on(&mut copy(), step).await;
        assert_same(&undisturbed, &found, step);
    }
}

#[tokio::test]
async fn killed_on_postgresql_the_next_pull_comes_to_the_same_end() {
    let zendesk = zendesk(|config| config.tickets = 8).await;
    let name = "killed_on_postgresql";
    let Some(database) = world::Database::postgres(name).await else {
        return;
    };
    let prepare = async |url: &str| {
        let mut desk = Desk::bare();
        desk.database_url = Some(url.to_owned());
        std::fs::write(desk.data().join("config.toml"), SETTINGS).unwrap();
        desk.set_up(&zendesk.url()).await;
        desk
    };
    let mut calm = prepare(database.url()).await;
    let steps = steps_of_a_pull(&mut calm).await;
    let undisturbed = calm.dump().await;
    database.remove().await;
    // Every step is killed at on SQLite above, and within one process on both; here some.
    for step in (1..=steps.len()).step_by(4) {
        let database = world::Database::postgres(name).await.unwrap();
        let mut desk = prepare(database.url()).await;
        let found = kill_and_go_on(&mut desk, step).await;
        assert_same(&undisturbed, &found, step);
        database.remove().await;
    }
}
