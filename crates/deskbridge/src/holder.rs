//! Who this process is, and whether another one still lives.
//!
//! A process holds a lock on a file named after it for as long as it lives; the operating system
//! lets go of it however the process ends, by kill -9 too. So a restarted Deskbridge need not wait
//! for the lease of the one before it to run out. A process whose file is not here (on another
//! machine, on one PostgreSQL) is told by its lease alone.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use engine::IsGone;

/// How long the file of a killed process is kept: far longer than any lease.
const LEFT_FOR: Duration = Duration::from_secs(7 * 86_400);

/// This process, for as long as it lives.
pub(crate) struct Holder {
    /// What leases call it.
    pub(crate) name: String,
    path: PathBuf,
    _locked: File,
}

impl Holder {
    /// Takes the lock of the process called `name`, in `folder`.
    ///
    /// # Errors
    /// As the file system says.
    pub(crate) fn begin(folder: &Path, name: String) -> std::io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        tidy(folder);
        let path = folder.join(&name);
        let file = File::create(&path)?;
        file.lock()?;
        Ok(Self {
            name,
            path,
            _locked: file,
        })
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        // A file that stays behind tells that its process was killed; a later process removes it.
        drop(std::fs::remove_file(&self.path));
    }
}

/// Tells whether the process called by a name has ended, by its file in `folder`.
pub(crate) fn is_gone(folder: PathBuf) -> IsGone {
    Arc::new(move |name| {
        let path = folder.join(name);
        // The file stays: the process may have held the leases of several jobs and operations, and
        // each is asked about by itself.
        File::open(&path).is_ok_and(|file| file.try_lock().is_ok())
    })
}

/// Removes what processes left behind that were killed so long ago that no lease of theirs lasts.
fn tidy(folder: &Path) {
    let Ok(files) = std::fs::read_dir(folder) else {
        return;
    };
    for file in files.flatten() {
        let age = file.metadata().and_then(|file| file.modified());
        let is_old = age.is_ok_and(|begun| begun.elapsed().is_ok_and(|age| age > LEFT_FOR));
        if is_old && File::open(file.path()).is_ok_and(|file| file.try_lock().is_ok()) {
            drop(std::fs::remove_file(file.path()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_gone_only_once_it_has_let_go_of_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let is_gone = is_gone(folder.path().to_owned());
        assert!(!is_gone("never-seen"), "it may live on another machine");
        let holder = Holder::begin(folder.path(), "me".to_owned()).unwrap();
        assert!(!is_gone("me"));
        // What a kill -9 leaves behind: the file without its lock.
        let left = folder.path().join("killed");
        drop(File::create(&left).unwrap());
        assert!(is_gone("killed"));
        assert!(is_gone("killed"), "it may have held more than one lease");
        let long_ago = std::time::SystemTime::UNIX_EPOCH;
        File::open(&left).unwrap().set_modified(long_ago).unwrap();
        let other = Holder::begin(folder.path(), "other".to_owned()).unwrap();
        assert!(!left.exists(), "no lease lasts that long");
        drop(other);
        drop(holder);
        assert!(
            !is_gone("me"),
            "it tidied up after itself, and held no lease any more"
        );
    }
}
