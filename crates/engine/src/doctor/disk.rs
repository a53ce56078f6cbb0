//! Room on the disk that holds a folder.

use std::path::Path;

use clock::Clock;
use tokio::process::Command;

use super::{Finding, promptly};

/// Below this share of free room a full disk is near (security-and-operations.md 5, `/readyz`).
const LEAST_PERCENT: u64 = 5;
/// Below this much room, in KiB, a first import may not fit.
const LEAST_KIB: u64 = 512 * 1024;

pub(super) async fn look(folder: &Path, clock: &dyn Clock) -> Finding {
    match promptly(clock, room(folder)).await.flatten() {
        Some((total, free)) => judge(total, free),
        None => Finding::warning(
            "disk",
            "How much room is free could not be found out (the program `df` is missing, failed or gave no answer).",
        ),
    }
}

/// Total and free KiB of the disk that holds `folder`.
async fn room(folder: &Path) -> Option<(u64, u64)> {
    // The standard library does not say how full a disk is; the program `df` of POSIX does.
    let said = Command::new("df")
        .arg("-Pk")
        .arg(existing(folder).await)
        .kill_on_drop(true)
        .output()
        .await
        .ok()?;
    said.status
        .success()
        .then(|| parse(&String::from_utf8_lossy(&said.stdout)))?
}

fn judge(total: u64, free: u64) -> Finding {
    let percent = free.saturating_mul(100) / total.max(1);
    let words = format!("{} MiB are free, {percent} % of the disk.", free / 1024);
    if free < LEAST_KIB / 16 || percent == 0 {
        Finding::error(
            "disk",
            format!("{words} Free some room before anything else: a full disk ends every run."),
        )
    } else if free < LEAST_KIB || percent < LEAST_PERCENT {
        Finding::warning(
            "disk",
            format!("{words} Free some room soon: a full disk ends every run."),
        )
    } else {
        Finding::ok("disk", words)
    }
}

/// The folder, or the nearest one above it that is there.
async fn existing(folder: &Path) -> &Path {
    for folder in folder.ancestors() {
        if tokio::fs::try_exists(folder).await.unwrap_or(false) {
            return folder;
        }
    }
    Path::new("/")
}

/// Total and free KiB, from the second line of `df -Pk`.
fn parse(text: &str) -> Option<(u64, u64)> {
    let mut cells = text.lines().nth(1)?.split_whitespace().skip(1);
    let total = cells.next()?.parse().ok()?;
    let free = cells.nth(1)?.parse().ok()?;
    Some((total, free))
}

#[cfg(test)]
mod tests {
    use super::super::Grade;
    use super::*;

    #[test]
    fn free_room_is_read_from_the_form_that_posix_prescribes() {
        let text = "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/sda1 1000 400 600 40% /data\n";
        assert_eq!(parse(text), Some((1000, 600)));
        assert_eq!(parse("df: no such file\n"), None);
    }

    #[test]
    fn little_room_is_a_warning_and_hardly_any_is_an_error() {
        const GIB: u64 = 1024 * 1024;
        let grade = |total, free| judge(total, free).grade;
        assert_eq!(grade(100 * GIB, 50 * GIB), Grade::Ok);
        assert_eq!(grade(100 * GIB, 4 * GIB), Grade::Warning);
        assert_eq!(grade(GIB, LEAST_KIB - 1), Grade::Warning);
        assert_eq!(grade(1000 * GIB, 9 * GIB), Grade::Error);
        assert_eq!(grade(GIB / 4, LEAST_KIB / 16 - 1), Grade::Error);
    }
}
