//! One installation: data folder, configuration, database and key, opened together.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use clock::{Clock, Dice, SystemClock, SystemDice};
use engine::outgoing_webhooks::Rules;
use engine::{Engine, Sources};
use secrecy::{ExposeSecret as _, SecretString};
use store::Store;
use store::secrets::Keyring;
use zendesk::AddressPolicy;

use crate::arguments::Global;
use crate::config::Config;
use crate::environment::Environment;
use crate::failure::usage;
use crate::holder::{Holder, is_gone};
use crate::key_file::{KeyFile, KeyLock};
use crate::kill_switch;

/// Who acts, in the audit log and in runs, when somebody types a command.
pub(crate) const ACTOR: &str = "command line";

/// Where an installation is and how it is set up, before anything of it is opened.
#[derive(Debug)]
pub(crate) struct Place {
    /// The data folder.
    pub(crate) data: PathBuf,
    /// The settings in force.
    pub(crate) config: Config,
    /// What the environment said.
    pub(crate) environment: Environment,
}

/// An open installation.
pub(crate) struct Installation {
    /// Everything works with it.
    pub(crate) engine: Engine,
    _lock: Option<KeyLock>,
    _holder: Holder,
}

impl Place {
    /// Finds it: flags first, then the environment, then the default.
    ///
    /// # Errors
    /// A sentence for a setting that cannot be read, or if there is no folder to be found.
    pub(crate) fn find(global: &Global, environment: Environment) -> anyhow::Result<Self> {
        let data = global
            .data
            .clone()
            .or_else(|| environment.data.clone())
            .or_else(|| environment.home.as_ref().map(|home| home.join("deskbridge")))
            .ok_or_else(|| {
                usage("There is no home folder to keep data in. Name a data folder with --data or DESKBRIDGE_DATA.")
            })?;
        let config = Config::load(global.config.as_deref(), &data.join("config.toml"))?;
        Ok(Self {
            data,
            config,
            environment,
        })
    }

    /// The files of the key.
    pub(crate) fn key_file(&self) -> KeyFile {
        KeyFile::within(&self.data)
    }

    /// The SQLite file, in use unless a server is named.
    pub(crate) fn database_file(&self) -> PathBuf {
        self.data.join("deskbridge.db")
    }

    /// The server to use in place of the file.
    pub(crate) fn database_url(&self) -> Option<SecretString> {
        self.environment.database_url.clone().or_else(|| {
            Some(self.config.database.url.trim())
                .filter(|url| !url.is_empty())
                .map(|url| url.to_owned().into())
        })
    }

    /// Which addresses count as Zendesk.
    pub(crate) fn addresses(&self) -> AddressPolicy {
        AddressPolicy {
            allow_loopback: self.environment.allow_loopback || self.config.zendesk.allow_loopback,
            extra_hosts: self.config.zendesk.extra_hosts.clone(),
        }
    }

    /// Whether a database may be there: a file, or a server that was named.
    pub(crate) fn has_database(&self) -> bool {
        self.database_url().is_some() || self.database_file().exists()
    }

    /// Opens the database, making it if it is a file and not there.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub(crate) async fn open_store(&self) -> anyhow::Result<Store> {
        Ok(match self.database_url() {
            Some(url) => Store::open(url.expose_secret()).await?,
            None => {
                let file = self.database_file();
                let fresh = !file.exists();
                let store = Store::open_file(&file).await?;
                if fresh {
                    keep_private(&file);
                }
                store
            }
        })
    }

    /// Whether the key comes from the environment, where no command can change it.
    pub(crate) fn key_is_given(&self) -> bool {
        self.environment.key.is_some()
    }

    /// Opens the installation for a command.
    ///
    /// # Errors
    /// If there is none yet: how to make one. Else as the key and the database say.
    pub(crate) async fn open(&self) -> anyhow::Result<Installation> {
        if !self.has_database() {
            return Err(self.nothing_there());
        }
        self.open_or_make().await
    }

    fn nothing_there(&self) -> anyhow::Error {
        anyhow!(
            "There is no Deskbridge installation in {} yet. Make one with `deskbridge init --admin-email YOU@EXAMPLE.COM --admin-password-env VARIABLE`, or name its folder with --data or DESKBRIDGE_DATA.",
            self.data.display()
        )
    }

    /// Opens the installation; its database is made if it is not there. Its key is not.
    ///
    /// # Errors
    /// As the key and the database say.
    pub(crate) async fn open_or_make(&self) -> anyhow::Result<Installation> {
        let dice = SystemDice;
        if let Some(text) = &self.environment.key {
            let keyring = Keyring::parse(text, "DESKBRIDGE_KEY")?;
            let store = self.open_store().await?;
            keyring.check(&store, &dice).await?;
            return self.assemble(store, keyring, None);
        }
        let file = self.key_file();
        if !file.exists() {
            // Said before anything else is touched: without its key nothing is started.
            file.load()?;
        }
        let lock = file.share()?;
        let store = self.open_store().await?;
        let keyring = file.open(&store, &dice).await?;
        self.assemble(store, keyring, Some(lock))
    }

    fn assemble(
        &self,
        store: Store,
        keyring: Keyring,
        lock: Option<KeyLock>,
    ) -> anyhow::Result<Installation> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let dice: Arc<dyn Dice> = Arc::new(SystemDice);
        // Unique for each process that ever works here, so that nobody holds another's lease.
        let name = format!(
            "{}-{}",
            std::process::id(),
            store::ids::new_id(clock.now(), &*dice)
        );
        let folder = self.data.join("running");
        let holder = Holder::begin(&folder, name).with_context(|| {
            format!("The folder {} cannot be written to. Make it writable for the user that runs Deskbridge.", folder.display())
        })?;
        let settings = engine::Settings {
            sources: self.sources()?,
            alerts: self
                .config
                .alerts
                .channels(&self.config.web.public_url)
                .map_err(|said| anyhow!("The configuration: {said}"))?,
            ..self.engine_settings(&holder.name)
        };
        let engine = Engine {
            store,
            keyring: Arc::new(keyring),
            settings: Arc::new(settings),
            is_gone: is_gone(folder),
            memory: Arc::default(),
            clock,
            dice,
            checkpoint: kill_switch::checkpoint(&self.environment),
        };
        Ok(Installation {
            engine,
            _lock: lock,
            _holder: holder,
        })
    }

    /// What may be read as a source of profiles, with a folder of our own for what is kept meanwhile.
    fn sources(&self) -> anyhow::Result<Sources> {
        Ok(Sources {
            scratch: scratch_folder(&self.data.join("scratch"))?,
            import_folders: self
                .config
                .sources
                .import_folders
                .iter()
                .map(PathBuf::from)
                .collect(),
            own_database: self.database_url(),
            uploads: Some(engine::Uploads {
                folder: self.data.join("uploads"),
                largest: self.config.sources.largest_upload_mb * 1_000_000,
            }),
        })
    }

    fn engine_settings(&self, holder: &str) -> engine::Settings {
        engine::Settings {
            holder: holder.to_owned(),
            lease: self.config.lease(),
            page_size: self.config.zendesk.page_size,
            request_timeout: self.config.request_timeout(),
            addresses: self.addresses(),
            settle: self.config.settle(),
            files: self.config.files(),
            sources: Sources::default(),
            alerts: engine::alerts::Channels::default(),
            outgoing_webhooks: Rules {
                allow_private: self.config.outgoing_webhooks.allow_private,
            },
        }
    }
}

impl Installation {
    /// Closes the database in good order.
    pub(crate) async fn close(self) {
        self.engine.store.close().await;
    }
}

/// The folder for files that live as long as a workflow works, for the owner alone. What lies in it was
/// left by a process that was killed: those who work have their files open without a name.
fn scratch_folder(folder: &Path) -> anyhow::Result<PathBuf> {
    use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
    let refused = |error: std::io::Error| {
        anyhow!(
            "The folder {} cannot be made or written to: {error}. Make it writable for the user that runs Deskbridge.",
            folder.display()
        )
    };
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(refused)?;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700)).map_err(refused)?;
    for left in std::fs::read_dir(folder).map_err(refused)?.flatten() {
        drop(std::fs::remove_file(left.path()));
    }
    Ok(folder.to_path_buf())
}

/// Only the owner may read the database file. Where that cannot be set, the folder still protects it.
fn keep_private(file: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    drop(std::fs::set_permissions(
        file,
        std::fs::Permissions::from_mode(0o600),
    ));
}
