//! A disk that is really full: a small one of its own, which only the test's own process sees and
//! which is gone with it.

use std::path::{Path, PathBuf};
use std::process::Command;

use store::{Error, Store, cases};

use crate::rerun::{is_root, run_again};
use crate::samples::case;

/// Names the folder of the small disk, in the process that has one.
const VARIABLE: &str = "DESKBRIDGE_TEST_SMALL_DISK";

/// The folder of the small disk. Where there is none yet, the test is started again with one, and
/// does not go on here.
fn small_disk() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os(VARIABLE) {
        return Some(folder.into());
    }
    run_again("a small disk (unshare and mount)", |program| {
        let disk = program.with_file_name("disk");
        std::fs::create_dir(&disk).unwrap();
        let mut command = Command::new("unshare");
        command.arg(if is_root() { "-m" } else { "-rm" });
        command.args([
            "sh",
            "-c",
            "mount -t tmpfs -o size=4k none \"$1\" && shift && exec \"$@\"",
            "sh",
        ]);
        command.arg(&disk).arg(program).env(VARIABLE, &disk);
        command
    });
    None
}

/// Makes the disk as large as this, in KiB.
fn resize(disk: &Path, size: u32) {
    let done = Command::new("mount")
        .args(["-o", &format!("remount,size={size}k")])
        .arg(disk)
        .status();
    assert!(done.unwrap().success());
}

fn empty(disk: &Path) {
    for entry in std::fs::read_dir(disk).unwrap() {
        // A connection that is just being closed takes its own files along.
        match std::fs::remove_file(entry.unwrap().path()) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            done => done.unwrap(),
        }
    }
}

#[tokio::test]
async fn wherever_the_space_ends_while_a_database_is_made_the_sentence_is_the_same() {
    let Some(disk) = small_disk() else { return };
    let file = disk.join("desk.db");
    for size in (4..120).step_by(4).chain([200, 300, 400, 500]) {
        empty(&disk);
        resize(&disk, size);
        let error = Store::open_file(&file).await.unwrap_err();
        assert!(matches!(error, Error::DiskFull), "{size} KiB: {error:?}");
    }
    // What was begun is no obstacle once there is space.
    resize(&disk, 8_192);
    Store::open_file(&file).await.unwrap().close().await;
}

#[tokio::test]
async fn what_was_stored_before_the_disk_was_full_stays_and_work_goes_on_when_there_is_space() {
    let Some(disk) = small_disk() else { return };
    resize(&disk, 4_096);
    let store = Store::open_file(&disk.join("desk.db")).await.unwrap();
    let mut large = case(1);
    large.fields.description = "x".repeat(50_000);
    let mut stored = 0;
    let error = loop {
        large.number += 1;
        large.id = format!("case{}", large.number);
        let mut tx = store.begin().await.unwrap();
        let written = cases::put(&mut tx, &[large.clone()]).await;
        match written {
            Ok(()) => match tx.commit().await {
                Ok(()) => stored += 1,
                Err(error) => break error,
            },
            Err(error) => break error,
        }
        assert!(stored < 1_000, "the disk is never full");
    };
    assert!(matches!(error, Error::DiskFull), "{error:?}");
    assert!(stored > 5);
    let count = async || {
        cases::count(&mut store.read().await.unwrap())
            .await
            .unwrap()
    };
    assert_eq!(count().await, stored);

    resize(&disk, 65_536);
    for n in 1..=20 {
        large.number += 1;
        large.id = format!("case{}", large.number);
        let mut tx = store.begin().await.unwrap();
        cases::put(&mut tx, &[large.clone()]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(count().await, stored + n);
    }
    store.close().await;
}
