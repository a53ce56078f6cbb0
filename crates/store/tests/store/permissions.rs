//! Files and folders that may not be written. Root may write everywhere, so as root these tests
//! run once more as somebody without rights.

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use store::{Error, Store, When, cases};

use crate::rerun::{allow, is_root, run_again};
use crate::samples::case;

/// The user and group that own nothing, on every Linux.
const NOBODY: u32 = 65_534;

/// Whether the test goes on here. As root it is started again as nobody, and does not.
fn is_bound_by_permissions() -> bool {
    if !is_root() {
        return true;
    }
    run_again("a user without rights", |program| {
        let mut command = Command::new(program);
        command.uid(NOBODY).gid(NOBODY);
        command
    });
    false
}

#[track_caller]
fn assert_names_the_file(error: &Error, file: &Path) {
    let said = error.to_string();
    assert!(said.contains(&file.display().to_string()), "{said}");
    assert_eq!(error.when(), When::AfterFix, "{said}");
}

async fn made(folder: &Path) -> std::path::PathBuf {
    let file = folder.join("desk.db");
    let store = Store::open_file(&file).await.unwrap();
    let mut tx = store.begin().await.unwrap();
    cases::put(&mut tx, &[case(1)]).await.unwrap();
    tx.commit().await.unwrap();
    store.close().await;
    file
}

#[tokio::test]
async fn a_file_that_may_not_be_written_is_told_with_its_path() {
    if !is_bound_by_permissions() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = made(folder.path()).await;
    allow(&file, 0o444);
    let error = Store::open_file(&file).await.unwrap_err();
    assert!(matches!(error, Error::ReadOnly { .. }), "{error:?}");
    assert_names_the_file(&error, &file);
    // SQLite gives the files beside it the same permissions.
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        allow(&entry.unwrap().path(), 0o644);
    }
    let store = Store::open_file(&file).await.unwrap();
    let kept = cases::count(&mut store.read().await.unwrap()).await;
    assert_eq!(kept.unwrap(), 1);
}

#[tokio::test]
async fn a_folder_that_may_not_be_written_is_told_with_the_path_of_the_file() {
    if !is_bound_by_permissions() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = made(folder.path()).await;
    allow(folder.path(), 0o555);
    let known = Store::open_file(&file).await.map(drop).unwrap_err();
    let new_file = folder.path().join("new.db");
    let new = Store::open_file(&new_file).await.map(drop).unwrap_err();
    allow(folder.path(), 0o755);
    assert_names_the_file(&known, &file);
    assert_names_the_file(&new, &new_file);
    assert!(matches!(known, Error::ReadOnly { .. }), "{known:?}");
    assert!(matches!(new, Error::ReadOnly { .. }), "{new:?}");
}
