//! What a person at a terminal sees, and what Ctrl-C does.

use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::desk::{Desk, in_time, people};

#[tokio::test]
async fn on_a_terminal_one_line_moves_and_is_gone_at_the_end() {
    let version = Command::new("script").arg("--version").output().await;
    if !version.is_ok_and(|said| String::from_utf8_lossy(&said.stdout).contains("util-linux")) {
        eprintln!(
            "skipped: on_a_terminal_one_line_moves_and_is_gone_at_the_end needs script of util-linux"
        );
        return;
    }
    let desk = Desk::bare();
    let _zendesk = desk.destination("support", &[]).await;
    let file = desk.file("people.csv", people(150));
    let binary = env!("CARGO_BIN_EXE_deskbridge");
    let line = format!("'{binary}' send '{file}' --to support");
    let mut command = desk.program(
        "script",
        &["--quiet", "--return", "--command", &line, "/dev/null"],
    );
    let ran = in_time(command.output()).await.unwrap();
    let seen = String::from_utf8(ran.stdout).unwrap();
    assert_eq!(ran.status.code(), Some(0), "{seen:?}");
    assert!(
        seen.contains(" %  send: ") && seen.contains(" of 150 rows"),
        "{seen:?}"
    );
    // Each picture takes the place of the one before, and the last one is wiped off before the result.
    let (moving, result) = seen.rsplit_once("\r\u{1b}[2K").unwrap();
    assert!(moving.matches("\r\u{1b}[2K").count() > 1, "{seen:?}");
    assert!(
        result.starts_with("150 rows: 150 created\r\n"),
        "{result:?}"
    );
    assert!(!result.contains('%'), "{result:?}");
}

async fn interrupt(child: &Child) {
    let id = child.id().unwrap().to_string();
    let sent = Command::new("kill").args(["-INT", &id]).status();
    assert!(sent.await.unwrap().success());
}

#[tokio::test]
async fn a_second_ctrl_c_ends_at_once_and_nothing_is_lost() {
    let desk = Desk::bare();
    let zendesk = desk.destination("support", &[]).await;
    zendesk.set_job_time(Duration::from_secs(5));
    let file = desk.file("people.csv", people(50));
    let mut child = desk
        .command(&["send", &file, "--to", "support"])
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    in_time(async {
        while zendesk.sends().jobs_open == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    interrupt(&child).await;
    let mut said = String::new();
    while let Some(line) = in_time(lines.next_line()).await.unwrap() {
        said.push_str(&line);
        if line.starts_with("Stopping: what Zendesk is working on is seen through first.") {
            break;
        }
    }
    // A key may be pressed more than once more.
    while in_time(async {
        interrupt(&child).await;
        tokio::time::timeout(Duration::from_millis(200), child.wait()).await
    })
    .await
    .is_err()
    {}
    let status = in_time(child.wait()).await.unwrap();
    while let Some(line) = in_time(lines.next_line()).await.unwrap() {
        said.push_str(&line);
    }
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(
        said.contains("Ended at once; what Zendesk is working on goes on there."),
        "{said}"
    );
    assert_eq!(zendesk.sends().jobs_open, 1, "it did not wait for it");
    let all = desk.json(&["workflow", "list", "--json"]).await;
    let id = all["workflows"][0]["id"].as_str().unwrap();
    assert!(
        said.contains(&format!("deskbridge workflow retry {id}")),
        "{said}"
    );
    let result = desk.json(&["workflow", "retry", id, "--json"]).await;
    assert_eq!(result["rows"]["created"], 50, "{result}");
    let sends = zendesk.sends();
    assert_eq!((sends.users_created, sends.jobs_queued), (50, 1));
    assert!(sends.created_again.is_empty());
}
