//! The installation's key as a file: `DATA/key`, readable by its owner only.
//!
//! How a key is exchanged so that the installation opens again whatever happens in between:
//!
//! 1. The new key is written to `key.new` and reaches the disk.
//! 2. One transaction seals every stored secret again, together with the check value that tells
//!    which key is the right one.
//! 3. The old key is kept as `key.previous` (for backups of the database made before), and
//!    `key.new` takes the place of `key` in one rename.
//!
//! A crash before the commit of step 2 leaves a `key` that opens and a `key.new` that means
//! nothing. A crash after it leaves a `key` that does not open and a `key.new` that does: whoever
//! opens the installation next finishes step 3 ([`KeyFile::open`]).
//!
//! A process that works with the installation holds a shared lock on `key.lock`; an exchange needs
//! the lock alone. So no process can go on sealing with a key that is no longer the one.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use clock::Dice;
use secrecy::{ExposeSecret as _, SecretString};
use store::secrets::Keyring;
use store::{KeyProblem, Store};

/// The files of the key in one data folder.
#[derive(Debug, Clone)]
pub(crate) struct KeyFile {
    folder: PathBuf,
}

/// Proof that the key will not be exchanged while it is held; or, held alone, the right to do so.
#[derive(Debug)]
pub(crate) struct KeyLock {
    _file: File,
}

impl KeyFile {
    /// The key of the data folder `folder`.
    pub(crate) fn within(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    /// Where the key is.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.join("key")
    }

    fn new_path(&self) -> PathBuf {
        self.folder.join("key.new")
    }

    /// Where the key is kept that the last exchange replaced.
    pub(crate) fn previous_path(&self) -> PathBuf {
        self.folder.join("key.previous")
    }

    /// Whether there is a key.
    pub(crate) fn exists(&self) -> bool {
        self.path().exists() || self.new_path().exists()
    }

    /// Takes part in using the key. Waits while it is being exchanged.
    ///
    /// # Errors
    /// If the data folder cannot be written to.
    pub(crate) fn share(&self) -> anyhow::Result<KeyLock> {
        let file = self.lock_file()?;
        file.lock_shared()
            .map_err(|error| self.trouble("lock", &self.lock_path(), &error))?;
        Ok(KeyLock { _file: file })
    }

    /// Takes the key for this process alone.
    ///
    /// # Errors
    /// If another process works with the installation.
    pub(crate) fn claim(&self) -> anyhow::Result<KeyLock> {
        let file = self.lock_file()?;
        match file.try_lock() {
            Ok(()) => Ok(KeyLock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(anyhow!(
                "Another Deskbridge process works with the data folder {}. End it (`deskbridge serve`, a running sync) and run the command again.",
                self.folder.display()
            )),
            Err(TryLockError::Error(error)) => Err(self.trouble("lock", &self.lock_path(), &error)),
        }
    }

    fn lock_path(&self) -> PathBuf {
        self.folder.join("key.lock")
    }

    fn lock_file(&self) -> anyhow::Result<File> {
        let path = self.lock_path();
        OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(|error| self.trouble("open", &path, &error))
    }

    /// The key in force.
    ///
    /// # Errors
    /// [`KeyProblem::Missing`] and [`KeyProblem::Unreadable`], each with its place; and a sentence
    /// if others may read the file.
    pub(crate) fn load(&self) -> anyhow::Result<Keyring> {
        self.read(&self.path())
    }

    fn read(&self, path: &Path) -> anyhow::Result<Keyring> {
        let place = path.display().to_string();
        let text = match fs::read_to_string(path) {
            Ok(text) => SecretString::from(text),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(store::Error::Key(KeyProblem::Missing { place }).into());
            }
            Err(error) if error.kind() == ErrorKind::InvalidData => {
                return Err(store::Error::Key(KeyProblem::Unreadable { place }).into());
            }
            Err(error) => return Err(self.trouble("read", path, &error)),
        };
        let mode = fs::metadata(path)
            .map_err(|error| self.trouble("read", path, &error))?
            .permissions()
            .mode();
        if mode & 0o077 != 0 {
            return Err(anyhow!(
                "Other users of this machine may read the key at {place}. Run `chmod 600 {place}`, and consider `deskbridge keys rotate` if somebody may have."
            ));
        }
        Ok(Keyring::parse(&text, &place)?)
    }

    /// Makes a key where there is none.
    ///
    /// # Errors
    /// If there is one: a key is never overwritten.
    pub(crate) fn make(&self, dice: &dyn Dice) -> anyhow::Result<Keyring> {
        make_folder(&self.folder)?;
        if self.exists() {
            return Err(anyhow!(
                "There is a key at {} already, and it is never overwritten: what is stored would not open any more. To exchange it run `deskbridge keys rotate`.",
                self.path().display()
            ));
        }
        let text = Keyring::generate(dice);
        self.write(&self.path(), &text)?;
        self.load()
    }

    /// Takes back a key that was made a moment ago and turned out to open nothing.
    pub(crate) fn unmake(&self) {
        drop(fs::remove_file(self.path()));
    }

    fn write(&self, path: &Path, text: &SecretString) -> anyhow::Result<()> {
        let write = || -> std::io::Result<()> {
            let mut file = OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(path)?;
            file.write_all(text.expose_secret().as_bytes())?;
            file.sync_all()?;
            sync_folder(&self.folder)
        };
        write().map_err(|error| {
            if error.kind() != ErrorKind::AlreadyExists {
                // Half a key must not be mistaken for one.
                drop(fs::remove_file(path));
            }
            self.trouble("write", path, &error)
        })
    }

    fn trouble(&self, verb: &str, path: &Path, error: &std::io::Error) -> anyhow::Error {
        anyhow!(
            "Deskbridge cannot {verb} {}: {}. Check that the data folder belongs to the user who runs Deskbridge and that its disk is not full.",
            path.display(),
            error
        )
    }

    /// The key that opens `store`, after finishing an exchange that a crash cut off. Ties key and
    /// database together if the database is new.
    ///
    /// # Errors
    /// [`KeyProblem`] as it is.
    pub(crate) async fn open(&self, store: &Store, dice: &dyn Dice) -> anyhow::Result<Keyring> {
        let kept = match self.load() {
            Err(error) if self.new_path().exists() => Err(error),
            Err(error) => return Err(error),
            Ok(keyring) => match keyring.check(store, dice).await {
                Ok(()) => return Ok(keyring),
                Err(error) => Err(error.into()),
            },
        };
        match self.finish_exchange(store, dice).await? {
            Some(keyring) => Ok(keyring),
            None => kept,
        }
    }

    /// If `key.new` opens the database, an exchange was cut off after its transaction: it takes
    /// the place of `key`. Two processes may do so at once; the second finds it done.
    async fn finish_exchange(
        &self,
        store: &Store,
        dice: &dyn Dice,
    ) -> anyhow::Result<Option<Keyring>> {
        if self.new_path().exists() {
            let Ok(new) = self.read(&self.new_path()) else {
                return Ok(None);
            };
            if new.check(store, dice).await.is_err() {
                return Ok(None);
            }
            self.swap()?;
            return Ok(Some(new));
        }
        // Somebody may have finished it between our two looks.
        let Ok(again) = self.load() else {
            return Ok(None);
        };
        Ok(again.check(store, dice).await.is_ok().then_some(again))
    }

    /// Step 3.
    fn swap(&self) -> anyhow::Result<()> {
        let previous = self.previous_path();
        drop(fs::remove_file(&previous));
        // Kept for restoring older backups only; without it the exchange is as good.
        drop(fs::hard_link(self.path(), &previous));
        match fs::rename(self.new_path(), self.path()) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::NotFound && self.path().exists() => {}
            Err(error) => return Err(self.trouble("write", &self.path(), &error)),
        }
        sync_folder(&self.folder).map_err(|error| self.trouble("write", &self.path(), &error))
    }

    /// Exchanges the key; `reached` is told of each step. Returns how many secrets were sealed
    /// again. The caller holds the lock alone.
    ///
    /// # Errors
    /// Nothing is changed unless the transaction was committed; if that is unknown, the next
    /// opening finds out.
    pub(crate) async fn rotate(
        &self,
        _alone: &KeyLock,
        store: &Store,
        dice: &dyn Dice,
        reached: &(dyn Fn(&'static str) + Send + Sync),
    ) -> anyhow::Result<u64> {
        let old = self.open(store, dice).await?;
        // `key` opens, so what a former exchange left behind means nothing.
        drop(fs::remove_file(self.new_path()));
        let text = Keyring::generate(dice);
        self.write(&self.new_path(), &text)?;
        reached("keys.written");
        let new = Keyring::parse(&text, &self.new_path().display().to_string())?;
        let rewrapped = async {
            let mut tx = store.begin().await?;
            let rewrapped = old.rotate(&new, &mut tx, dice).await?;
            Ok::<_, store::Error>((tx, rewrapped))
        };
        let (tx, rewrapped) = match rewrapped.await {
            Ok(done) => done,
            Err(error) => {
                drop(fs::remove_file(self.new_path()));
                return Err(error.into());
            }
        };
        // From here on only the database knows which key is right; `key.new` stays on an error.
        tx.commit().await?;
        reached("keys.committed");
        self.swap()?;
        reached("keys.swapped");
        Ok(rewrapped)
    }
}

fn sync_folder(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Makes a data folder that only its owner can enter.
///
/// # Errors
/// A sentence that names the folder.
pub(crate) fn make_folder(folder: &Path) -> anyhow::Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|error| {
            anyhow!(
                "The data folder {} cannot be made: {error}. Name another one with --data or DESKBRIDGE_DATA.",
                folder.display()
            )
        })
}
