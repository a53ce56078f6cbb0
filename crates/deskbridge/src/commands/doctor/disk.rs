//! Room on the disk that holds the data folder.

use std::path::Path;
use std::process::Command;

use super::{Findings, Grade};

/// Below this share of free room a full disk is near (security-and-operations.md 5, `/readyz`).
const LEAST_PERCENT: u64 = 5;
/// Below this much room, in KiB, a first import may not fit.
const LEAST_KIB: u64 = 512 * 1024;

pub(super) fn check(folder: &Path, findings: &mut Findings) {
    // The standard library does not say how full a disk is; the program `df` of POSIX does.
    let said = Command::new("df").arg("-Pk").arg(existing(folder)).output();
    let room = said
        .ok()
        .filter(|said| said.status.success())
        .and_then(|said| parse(&String::from_utf8_lossy(&said.stdout)));
    let Some((total, free)) = room else {
        findings.add(
            "disk",
            Grade::Warning,
            "How much room is free could not be found out (the program `df` is missing or failed).",
        );
        return;
    };
    let percent = free.saturating_mul(100) / total.max(1);
    let words = format!("{} MiB are free, {percent} % of the disk.", free / 1024);
    if free < LEAST_KIB / 16 || percent == 0 {
        findings.add(
            "disk",
            Grade::Error,
            format!("{words} Free some room before anything else: a full disk ends every run."),
        );
    } else if free < LEAST_KIB || percent < LEAST_PERCENT {
        findings.add(
            "disk",
            Grade::Warning,
            format!("{words} Free some room soon: a full disk ends every run."),
        );
    } else {
        findings.add("disk", Grade::Ok, words);
    }
}

/// The folder, or the nearest one above it that is there.
fn existing(folder: &Path) -> &Path {
    folder
        .ancestors()
        .find(|folder| folder.exists())
        .unwrap_or(Path::new("/"))
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
    use super::*;

    #[test]
    fn free_room_is_read_from_the_form_that_posix_prescribes() {
        let text = "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/sda1 1000 400 600 40% /data\n";
        assert_eq!(parse(text), Some((1000, 600)));
        assert_eq!(parse("df: no such file\n"), None);
    }
}
