//! For tests only: ends this process by SIGKILL at a chosen durable step, so that a test can prove
//! that every one of them is survived. Nothing here runs unless one of the two `DESKBRIDGE_TEST_…`
//! variables is set.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use engine::Checkpoint;

use crate::environment::Environment;

/// What the engine calls at each durable step.
pub(crate) fn checkpoint(environment: &Environment) -> Checkpoint {
    let kill_at = environment.test_kill_at;
    let names = environment.test_checkpoints.clone();
    if kill_at.is_none() && names.is_none() {
        return Arc::new(|_| {});
    }
    let reached = AtomicU64::new(0);
    Arc::new(move |name| {
        let number = reached.fetch_add(1, Ordering::SeqCst) + 1;
        if let Some(file) = &names {
            append(file, name);
        }
        if kill_at == Some(number) {
            kill_myself();
        }
    })
}

fn append(file: &Path, name: &str) {
    let opened = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(file);
    if let Ok(mut file) = opened {
        drop(writeln!(file, "{name}"));
    }
}

/// SIGKILL cannot be sent to oneself without unsafe code, so the program `kill` does it.
fn kill_myself() {
    let own = std::process::id().to_string();
    drop(Command::new("kill").args(["-9", &own]).status());
    // Where there is no such program, an abort comes closest: no destructor runs either.
    std::process::abort();
}
